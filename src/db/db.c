/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

#include <stdio.h>

#include "db/engine.h"

result db_open(struct str dsn, unsigned flags, struct db **out)
{
	struct str engine, rest;

	*out = NULL;
	if (!str_cut(dsn, ':', &engine, &rest) || rest.len == 0 || rest.len >= 1000)
		return FAIL(DB_DSN, "a store address begins with sqlite: or postgres:");
	if (str_equal(engine, STR("sqlite")))
		return db_sqlite_open(rest, flags, out);
	if (str_equal(engine, STR("postgres")))
		return db_postgres_open(rest, flags, out);
	return FAIL(DB_DSN, "unknown engine " STR_FMT, STR_ARG(engine));
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->tx.open)
		db_rollback(&db->tx);
	db->ops->close(db);
}

void db_close_scoped(struct db **db)
{
	db_close(*db);
}

enum db_engine db_engine_of(const struct db *db)
{
	return db->engine;
}

result db_copy(struct db *db, const char *path, db_copy_progress show, void *arg)
{
	ASSERT(!db->tx.open);
	if (!db->ops->copy)
		return FAIL(DB_NO_COPY, "PostgreSQL");
	return db->ops->copy(db, path, &(struct db_copying){ show, arg });
}

struct db *db_of(struct db_tx *tx)
{
	return tx->db;
}

/* --- transactions --- */

result db_begin(struct db *db, struct db_tx **out)
{
	ASSERT(!db->tx.open);
	TRY(db->ops->begin(db));
	db->tx = (struct db_tx){ .db = db, .open = true };
	*out = &db->tx;
	return OK;
}

result db_commit(struct db_tx *tx)
{
	ASSERT(tx->open);
	if (tx->spoiled) {
		db_rollback(tx);
		return FAIL(DB_COMMIT, "an earlier statement failed");
	}
	tx->open = false;
	return tx->db->ops->commit(tx->db);
}

void db_rollback(struct db_tx *tx)
{
	if (!tx->open)
		return;
	tx->open = false;
	tx->db->ops->rollback(tx->db);
}

void db_rollback_scoped(struct db_tx **tx)
{
	if (*tx)
		db_rollback(*tx);
}

static result savepoint_command(struct db_tx *tx, const char *verb, int level, bool wait)
{
	char sql[48];

	ASSERT(tx->open && level >= 1 && level <= 9);
	snprintf(sql, sizeof sql, "%s s%d", verb, level);
	return tx->db->ops->command(tx->db, sql, wait);
}

result db_savepoint(struct db_tx *tx, int level)
{
	return savepoint_command(tx, "SAVEPOINT", level, false);
}

result db_release(struct db_tx *tx, int level)
{
	return savepoint_command(tx, "RELEASE SAVEPOINT", level, false);
}

result db_rollback_to(struct db_tx *tx, int level)
{
	TRY(savepoint_command(tx, "ROLLBACK TO SAVEPOINT", level, true));
	return savepoint_command(tx, "RELEASE SAVEPOINT", level, true);
}

/* --- statements --- */

static void require_args(const struct db_tx *tx, const struct db_statement *s, struct db_args args)
{
	ASSERT(tx->open);
	ASSERT(args.count == s->params && args.count <= DB_ARGS_MAX);
}

result db_execute(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                  int64_t *changed)
{
	int64_t ignored;

	require_args(tx, s, args);
	return tx->db->ops->execute(tx->db, s, args, changed ? changed : &ignored);
}

result db_execute_later(struct db_tx *tx, const struct db_statement *s, struct db_args args)
{
	require_args(tx, s, args);
	return tx->db->ops->execute_later(tx->db, s, args);
}

result db_select(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                 struct db_rows *rows)
{
	require_args(tx, s, args);
	*rows = (struct db_rows){ .tx = tx, .statement = s };
	return tx->db->ops->select(tx->db, s, args, rows);
}

bool db_next(struct db_rows *rows)
{
	if (!rows->handle || !is_ok(rows->sticky))
		return false;
	if (!rows->tx->db->ops->next(rows))
		return false;
	rows->row++;
	return true;
}

void db_rows_close(struct db_rows *rows)
{
	if (!rows->handle)
		return;
	rows->tx->db->ops->rows_close(rows);
	rows->handle = NULL;
}

result db_done(struct db_rows *rows)
{
	return rows->sticky;
}

result db_select_i64(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                     int64_t *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, s, args, &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(DB_NO_ROW, "%s", s->name);
	}
	int64_t value = db_i64(&rows, 0);
	TRY(db_done(&rows));
	*out = value;
	return OK;
}

result db_prepare(struct db *db, const struct db_statement *s)
{
	return db->ops->prepare(db, s);
}

/* --- columns --- */

static void spoil(struct db_rows *rows, int column, const char *why)
{
	if (is_ok(rows->sticky))
		rows->sticky = FAIL(DB_COLUMN, "%s: row %lld column %d: %s", rows->statement->name,
		                    (long long)rows->row, column, why);
}

/* The column when it has the wanted type. NULL is fine only where the caller says so. */
static bool column_of(struct db_rows *rows, int column, enum db_type want, bool null_ok,
                      struct db_value *out)
{
	*out = (struct db_value){ .type = DB_NULL };
	if (!is_ok(rows->sticky))
		return false;
	ASSERT(rows->handle && rows->row > 0);
	if (column < 0 || column >= rows->columns ||
	    !rows->tx->db->ops->column(rows, column, out)) {
		spoil(rows, column, "cannot be read");
		return false;
	}
	if (out->type == want || (out->type == DB_NULL && null_ok))
		return true;
	spoil(rows, column, out->type == DB_NULL ? "is null" : "is of another type");
	return false;
}

int64_t db_i64(struct db_rows *rows, int column)
{
	struct db_value v;

	return column_of(rows, column, DB_I64, false, &v) ? v.i64 : 0;
}

uint32_t db_u32(struct db_rows *rows, int column)
{
	int64_t v = db_i64(rows, column);

	if (v >= 0 && v <= UINT32_MAX)
		return (uint32_t)v;
	spoil(rows, column, "out of range");
	return 0;
}

bool db_bool(struct db_rows *rows, int column)
{
	int64_t v = db_i64(rows, column);

	if (v != 0 && v != 1)
		spoil(rows, column, "out of range");
	return v == 1;
}

bool db_is_null(struct db_rows *rows, int column)
{
	struct db_value v;

	if (!is_ok(rows->sticky))
		return true;
	if (column < 0 || column >= rows->columns || !rows->tx->db->ops->column(rows, column, &v)) {
		spoil(rows, column, "cannot be read");
		return true;
	}
	return v.type == DB_NULL;
}

void db_text(struct db_rows *rows, int column, char *out, size_t size)
{
	struct db_value v;

	out[0] = 0;
	if (!column_of(rows, column, DB_TEXT, true, &v))
		return;
	if (v.bytes.len >= size ||
	    memchr(v.bytes.at ? v.bytes.at : (const uint8_t *)"", 0, v.bytes.len)) {
		spoil(rows, column, "does not fit");
		return;
	}
	if (v.bytes.len)
		memcpy(out, v.bytes.at, v.bytes.len);
	out[v.bytes.len] = 0;
}

struct str db_str(struct db_rows *rows, int column, struct arena *a)
{
	struct db_value v;

	if (!column_of(rows, column, DB_TEXT, true, &v) || v.bytes.len == 0)
		return STR("");
	return arena_str(a, (struct str){ (const char *)v.bytes.at, v.bytes.len });
}

struct bytes db_bytes(struct db_rows *rows, int column)
{
	struct db_value v;

	return column_of(rows, column, DB_BYTES, true, &v) ? v.bytes : (struct bytes){ 0 };
}

void db_fixed(struct db_rows *rows, int column, void *out, size_t len)
{
	struct bytes b = db_bytes(rows, column);

	memset(out, 0, len);
	if (b.len != len)
		spoil(rows, column, "of another length");
	else if (len)
		memcpy(out, b.at, len);
}

int db_enum(struct db_rows *rows, int column, const char *const *names)
{
	struct db_value v;

	if (!column_of(rows, column, DB_TEXT, false, &v))
		return 0;
	for (int i = 0; names[i]; i++)
		if (bytes_equal(v.bytes, str_bytes(str_of(names[i]))))
			return i;
	spoil(rows, column, "not one of the known words");
	return 0;
}
