/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL by libpq, always in pipeline mode: statements nobody waits for are sent and their
 * answers read together with the next one that is waited for. Answers come back in the order of
 * sending.
 */
#include "db/engine.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

enum {
	PREPARED_SLOTS = 1024, /* hash table, at most half full */
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_VARCHAR = 1043,
	OID_NUMERIC = 1700,
	NUMERIC_NEGATIVE = 0x4000,
};

struct postgres {
	struct db base;
	PGconn *conn;
	size_t pending; /* answers not read yet */
	size_t prepared_count;
	const struct db_statement *prepared[PREPARED_SLOTS];
};

static struct postgres *of(struct db *db)
{
	return (struct postgres *)db;
}

/* --- answers --- */

/* By SQLSTATE; the primary message only: the detail would quote values. */
static result failed_by(struct postgres *p, const PGresult *res, const char *what)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *message = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	enum result_code code = DB_STATEMENT;

	if (PQstatus(p->conn) != CONNECTION_OK)
		code = DB_LOST;
	else if (state && strcmp(state, "23505") == 0)
		code = DB_DUPLICATE;
	else if (state && strncmp(state, "23", 2) == 0)
		code = DB_CONSTRAINT;
	else if (state && strncmp(state, "53", 2) == 0)
		code = DB_FULL;
	return FAIL(code, "%s: %s (%s)", what, message ? message : PQerrorMessage(p->conn),
	            state ? state : "no state");
}

static bool is_good(const PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_PIPELINE_SYNC;
}

/* The answer of one statement: its result and the NULL that ends it. */
static PGresult *take(struct postgres *p)
{
	PGresult *res = PQgetResult(p->conn);

	ASSERT(p->pending > 0);
	p->pending--;
	if (res && PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
		PGresult *end = PQgetResult(p->conn);
		PQclear(end);
	}
	return res;
}

/* Get the pipeline going again after a failed statement: the server throws away everything up to a
 * sync. */
static void resync(struct postgres *p)
{
	if (PQstatus(p->conn) == CONNECTION_OK && PQpipelineSync(p->conn))
		p->pending++;
	while (p->pending > 0)
		PQclear(take(p));
}

/* Read all answers but the last `keep`. A failure among them spoils the transaction. */
static result drain(struct postgres *p, size_t keep)
{
	while (p->pending > keep) {
		PGresult *res = take(p);
		if (!res || !is_good(res)) {
			result r = failed_by(p, res, "an earlier statement");
			PQclear(res);
			resync(p);
			p->base.tx.spoiled = true;
			return r;
		}
		PQclear(res);
	}
	return OK;
}

/* Flush, read what came before, then the answer of the statement sent last. *out is NULL on
 * failure. */
static result await(struct postgres *p, const char *what, PGresult **out)
{
	*out = NULL;
	if (!PQsendFlushRequest(p->conn))
		return failed_by(p, NULL, what);
	TRY(drain(p, 1));
	PGresult *res = take(p);
	if (res && is_good(res)) {
		*out = res;
		return OK;
	}
	result r = failed_by(p, res, what);
	PQclear(res);
	resync(p);
	return r;
}

/* --- sending --- */

static result sent(struct postgres *p, int ok, const char *what)
{
	if (!ok)
		return failed_by(p, NULL, what);
	p->pending++;
	return OK;
}

static Oid oid_of(enum db_type type)
{
	switch (type) {
	case DB_I64:
		return OID_INT8;
	case DB_TEXT:
		return OID_TEXT;
	case DB_BYTES:
		return OID_BYTEA;
	case DB_NULL:
		break;
	}
	return 0;
}

static bool is_prepared(struct postgres *p, const struct db_statement *s, size_t *slot)
{
	size_t at = ((uintptr_t)s >> 4) % PREPARED_SLOTS;

	while (p->prepared[at] && p->prepared[at] != s)
		at = (at + 1) % PREPARED_SLOTS;
	*slot = at;
	return p->prepared[at] != NULL;
}

static result require_prepared(struct postgres *p, const struct db_statement *s,
                               struct db_args args)
{
	Oid types[DB_ARGS_MAX] = { 0 };
	size_t slot;
	PGresult *res;

	if (is_prepared(p, s, &slot))
		return OK;
	ASSERT(p->prepared_count < DB_STATEMENTS_MAX);
	for (size_t i = 0; i < args.count; i++)
		types[i] = oid_of(args.at[i].type);
	TRY(sent(p, PQsendPrepare(p->conn, s->name, s->postgres, (int)args.count, types), s->name));
	TRY(await(p, s->name, &res));
	PQclear(res);
	p->prepared[slot] = s;
	p->prepared_count++;
	return OK;
}

/* Integers travel as text, so that the server may give their parameter any width; text and bytes as
 * they are. */
static result send(struct postgres *p, const struct db_statement *s, struct db_args args)
{
	const char *values[DB_ARGS_MAX];
	int lengths[DB_ARGS_MAX], formats[DB_ARGS_MAX];
	char numbers[DB_ARGS_MAX][24];

	TRY(require_prepared(p, s, args));
	if (p->pending >= DB_PENDING_MAX) {
		if (!PQsendFlushRequest(p->conn))
			return failed_by(p, NULL, s->name);
		TRY(drain(p, 0));
	}
	for (size_t i = 0; i < args.count; i++) {
		const struct db_arg *a = &args.at[i];
		if (a->bytes.len > DB_BYTES_MAX)
			return FAIL(DB_STATEMENT, "%s: $%zu is too long", s->name, i + 1);
		snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)a->i64);
		formats[i] = a->type == DB_TEXT || a->type == DB_BYTES;
		lengths[i] = (int)a->bytes.len;
		values[i] = a->type == DB_NULL ? NULL : numbers[i];
		if (formats[i])
			values[i] = a->bytes.at ? (const char *)a->bytes.at : "";
	}
	return sent(
	        p,
	        PQsendQueryPrepared(p->conn, s->name, (int)args.count, values, lengths, formats, 1),
	        s->name);
}

/* --- the operations --- */

static result postgres_command(struct db *db, const char *sql, bool wait)
{
	struct postgres *p = of(db);
	PGresult *res;

	TRY(sent(p, PQsendQueryParams(p->conn, sql, 0, NULL, NULL, NULL, NULL, 1), sql));
	if (!wait)
		return OK;
	TRY(await(p, sql, &res));
	PQclear(res);
	return OK;
}

static result postgres_begin(struct db *db)
{
	return postgres_command(db,
	                        db->flags & DB_READ_ONLY
	                                ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	                                : "BEGIN",
	                        false);
}

static void postgres_rollback(struct db *db)
{
	struct postgres *p = of(db);

	resync(p); /* answers nobody wants any more */
	if (PQstatus(p->conn) == CONNECTION_OK && !is_ok(postgres_command(db, "ROLLBACK", true)))
		LOG_ERROR("db.rollback", "detail=\"%s\"", result_last()->text);
}

/* COMMIT of a failed transaction answers "ROLLBACK" and no error: look at the tag. */
static result commit_answer(struct postgres *p)
{
	while (p->pending > 2) {
		PGresult *res = take(p);
		bool good = res && is_good(res);
		result r = good ? OK : failed_by(p, res, "an earlier statement");
		PQclear(res);
		TRY(r);
	}
	PGresult *res = take(p);
	bool good = res && is_good(res) && strcmp(PQcmdStatus(res), "COMMIT") == 0;
	result r = good ? OK : failed_by(p, res, "COMMIT");
	PQclear(res);
	TRY(r);
	PQclear(take(p)); /* the sync */
	return OK;
}

static result postgres_commit(struct db *db)
{
	struct postgres *p = of(db);
	char why[sizeof result_last()->text];

	result r = postgres_command(db, "COMMIT", false);
	if (is_ok(r))
		r = sent(p, PQpipelineSync(p->conn), "sync");
	if (is_ok(r))
		r = commit_answer(p);
	if (is_ok(r))
		return OK;
	snprintf(why, sizeof why, "%s", result_last()->text);
	postgres_rollback(db);
	return FAIL(DB_COMMIT, "%s", why);
}

static result postgres_execute(struct db *db, const struct db_statement *s, struct db_args args,
                               int64_t *changed)
{
	struct postgres *p = of(db);
	PGresult *res;

	TRY(send(p, s, args));
	TRY(await(p, s->name, &res));
	*changed = strtoll(PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return OK;
}

static result postgres_execute_later(struct db *db, const struct db_statement *s,
                                     struct db_args args)
{
	result r = send(of(db), s, args);

	if (!is_ok(r))
		db->tx.spoiled = true;
	return r;
}

static result postgres_select(struct db *db, const struct db_statement *s, struct db_args args,
                              struct db_rows *rows)
{
	struct postgres *p = of(db);
	PGresult *res;

	TRY(send(p, s, args));
	TRY(await(p, s->name, &res));
	rows->handle = res;
	rows->columns = PQnfields(res);
	return OK;
}

static bool postgres_next(struct db_rows *rows)
{
	return rows->row < PQntuples(rows->handle);
}

/* A numeric without fraction, as sum(bigint) gives it: groups of four digits, the first worth
 * 10000^weight. */
static bool numeric_i64(struct bytes b, int64_t *out)
{
	struct reader r = reader_of(b);
	uint16_t groups = reader_u16(&r);
	int16_t weight = (int16_t)reader_u16(&r);
	uint16_t sign = reader_u16(&r);
	int64_t value = 0;

	reader_u16(&r); /* digits after the point to show */
	if (r.bad || (sign != 0 && sign != NUMERIC_NEGATIVE) || groups > weight + 1)
		return false;
	for (int i = 0; i <= weight; i++) {
		int64_t group = i < groups ? reader_u16(&r) : 0;
		if (__builtin_mul_overflow(value, 10000, &value) ||
		    __builtin_sub_overflow(value, group, &value))
			return false;
	}
	if (sign == 0 && value == INT64_MIN)
		return false;
	*out = sign == 0 ? -value : value;
	return !r.bad;
}

static bool decode(Oid type, struct bytes b, struct db_value *out)
{
	out->type = DB_I64;
	switch (type) {
	case OID_INT8:
		out->i64 = b.len == 8 ? (int64_t)load_be64(b.at) : 0;
		return b.len == 8;
	case OID_INT4:
		out->i64 = b.len == 4 ? (int32_t)load_be32(b.at) : 0;
		return b.len == 4;
	case OID_INT2:
		out->i64 = b.len == 2 ? (int16_t)load_be16(b.at) : 0;
		return b.len == 2;
	case OID_BOOL:
		out->i64 = b.len == 1 && b.at[0];
		return b.len == 1;
	case OID_NUMERIC:
		return numeric_i64(b, &out->i64);
	case OID_TEXT:
	case OID_VARCHAR:
		out->type = DB_TEXT;
		break;
	case OID_BYTEA:
		out->type = DB_BYTES;
		break;
	default:
		return false;
	}
	out->bytes = b;
	return true;
}

static bool postgres_column(struct db_rows *rows, int column, struct db_value *out)
{
	const PGresult *res = rows->handle;
	int row = (int)rows->row - 1;

	*out = (struct db_value){ .type = DB_NULL };
	if (PQgetisnull(res, row, column))
		return true;
	struct bytes b =
	        bytes_of(PQgetvalue(res, row, column), (size_t)PQgetlength(res, row, column));
	return decode(PQftype(res, column), b, out);
}

static void postgres_rows_close(struct db_rows *rows)
{
	PQclear(rows->handle);
}

/* Several statements in one string need the plain mode of the protocol. */
static result postgres_script(struct db *db, const char *sql)
{
	struct postgres *p = of(db);

	if (!PQpipelineSync(p->conn))
		return failed_by(p, NULL, "script");
	p->pending++;
	TRY(drain(p, 0));
	if (!PQexitPipelineMode(p->conn))
		return failed_by(p, NULL, "script");
	PGresult *res = PQexec(p->conn, sql);
	result r = res && is_good(res) ? OK : failed_by(p, res, "script");
	PQclear(res);
	if (!PQenterPipelineMode(p->conn))
		return failed_by(p, NULL, "script");
	return r;
}

static result postgres_prepare(struct db *db, const struct db_statement *s)
{
	struct postgres *p = of(db);

	return require_prepared(p, s, DB_NO_ARGS);
}

static void postgres_close(struct db *db)
{
	struct postgres *p = of(db);

	PQfinish(p->conn);
	free(p);
}

static const struct db_ops postgres_ops = {
	.close = postgres_close,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.command = postgres_command,
	.execute = postgres_execute,
	.execute_later = postgres_execute_later,
	.select = postgres_select,
	.next = postgres_next,
	.column = postgres_column,
	.rows_close = postgres_rows_close,
	.script = postgres_script,
	.prepare = postgres_prepare,
};

/* --- opening --- */

static result ask(struct postgres *p, const char *sql, char *answer, size_t size)
{
	PGresult *res = PQexec(p->conn, sql);
	result r = res && is_good(res) ? OK : failed_by(p, res, sql);

	answer[0] = 0;
	if (is_ok(r) && PQntuples(res) == 1)
		snprintf(answer, size, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	return r;
}

/* Names are looked up in this order, and made in the first: the views stand apart, readers see
 * both.
 */
static result find_views(struct postgres *p)
{
	char none[8];

	if (p->base.flags & DB_VIEWS) {
		TRY(ask(p, "CREATE SCHEMA IF NOT EXISTS views", none, sizeof none));
		return ask(p, "SET search_path = views", none, sizeof none);
	}
	if (p->base.flags & DB_READ_ONLY)
		return ask(p, "SET search_path = public, views", none, sizeof none);
	return OK;
}

static result set_up(struct postgres *p)
{
	char answer[64];

	TRY(ask(p, "SET client_min_messages = warning", answer, sizeof answer));
	TRY(ask(p, "SET timezone = 'UTC'", answer, sizeof answer));
	TRY(find_views(p));
	if (p->base.flags & (DB_RELAXED | DB_VIEWS))
		TRY(ask(p, "SET synchronous_commit = off", answer, sizeof answer));
	if (p->base.flags & (DB_RELAXED | DB_READ_ONLY | DB_VIEWS))
		return OK;
	TRY(ask(p,
	        "SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')",
	        answer, sizeof answer));
	if (strncmp(answer, "off", 3) == 0 || strstr(answer, " off"))
		LOG_WARNING("db.sync_off",
		            "settings=\"%s\" note=\"a power cut can lose acknowledged commits\"",
		            answer);
	return OK;
}

static result connect_to(struct postgres *p, struct str conninfo)
{
	char text[1024];
	const char *keys[] = { "dbname", "client_encoding", "application_name", NULL };
	const char *values[] = { text, "UTF8", "yika", NULL };

	str_copy(conninfo, text, sizeof text);
	p->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(p->conn) != CONNECTION_OK)
		return FAIL(DB_OPEN, "%s", PQerrorMessage(p->conn));
	TRY(set_up(p));
	if (PQsetnonblocking(p->conn, 1) != 0 || !PQenterPipelineMode(p->conn))
		return FAIL(DB_OPEN, "%s", PQerrorMessage(p->conn));
	return OK;
}

result db_postgres_open(struct str conninfo, unsigned flags, struct db **out)
{
	struct postgres *p = calloc(1, sizeof *p);

	if (!p)
		return FAIL(OUT_OF_MEMORY, "connection");
	p->base = (struct db){ .ops = &postgres_ops, .engine = DB_POSTGRES, .flags = flags };
	result r = connect_to(p, conninfo);
	if (!is_ok(r)) {
		postgres_close(&p->base);
		return r.code == OUT_OF_MEMORY ? r : (result){ DB_OPEN };
	}
	*out = &p->base;
	return OK;
}
