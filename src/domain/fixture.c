/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/fixture.h"

#include <stdio.h>

#include "base/log.h"
#include "harness/postgres.h"

const struct instant fixture_now = { 1555992000000000 };

const char *fixture_dsn(enum db_engine engine)
{
	static char text[POSTGRES_DSN_MAX];
	static int count;

	if (engine == DB_POSTGRES)
		return postgres_database(false, text);
	snprintf(text, sizeof text, "sqlite:%s/%d.db", test_dir(), ++count);
	return text;
}

struct db_tx *fixture_begin(enum db_engine engine)
{
	struct db *db = NULL;
	struct db_tx *tx = NULL;
	const char *dsn = engine == DB_SQLITE ? "sqlite::memory:" : fixture_dsn(engine);

	log_set_level(LOG_LEVEL_ERROR);
	CHECK_OK(db_open(str_of(dsn), DB_CREATE | DB_RELAXED, &db));
	if (!db)
		return NULL;
	CHECK_OK(db_migrate(db, fixture_now, NULL));
	CHECK_OK(db_begin(db, &tx));
	if (!tx)
		db_close(db);
	return tx;
}

static bool make(const char *dsn, unsigned flags)
{
	struct db *db = NULL;
	bool made;

	CHECK_OK(db_open(str_of(dsn), DB_CREATE | DB_RELAXED | flags, &db));
	made = db && is_ok(db_migrate(db, fixture_now, NULL));
	CHECK(made);
	db_close(db);
	return made;
}

struct db_tx *fixture_begin_reader(enum db_engine engine)
{
	const char *dsn = fixture_dsn(engine);
	struct db *db = NULL;
	struct db_tx *tx = NULL;

	log_set_level(LOG_LEVEL_ERROR);
	if (!make(dsn, 0) || !make(dsn, DB_VIEWS))
		return NULL;
	CHECK_OK(db_open(str_of(dsn), DB_READ_ONLY, &db));
	if (!db)
		return NULL;
	CHECK_OK(db_begin(db, &tx));
	if (!tx)
		db_close(db);
	return tx;
}

void fixture_end(struct db_tx **tx)
{
	if (*tx)
		db_close(db_of(*tx));
}

static bool next_row(struct import_rows *rows, struct import_row *out)
{
	struct fixture_rows *r = (struct fixture_rows *)rows;
	struct str line, cells;
	bool more;

	if (r->rest.len == 0)
		return false;
	str_cut(r->rest, '\n', &line, &r->rest);
	*out = (struct import_row){ .line = ++r->line, .cells = r->cells };
	cells = line;
	do {
		more = str_cut(cells, ',', &r->cells[out->count++], &cells);
	} while (more && out->count < IMPORT_COLUMNS_MAX);
	return true;
}

static result rows_done(struct import_rows *rows)
{
	(void)rows;
	return OK;
}

struct import_rows *fixture_rows(struct fixture_rows *r, struct str text)
{
	*r = (struct fixture_rows){ .rows = { next_row, rows_done }, .rest = text };
	return &r->rows;
}
