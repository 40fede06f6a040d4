/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h — for the tests of domain/: an empty store with the newest schema, on either engine,
 * and rows from text. */
#pragma once

#include "db/db.h"
#include "domain/people/import.h"
#include "harness/test.h"

/* An open transaction in a new store; NULL (and a failed check) when it cannot be made. */
struct db_tx *fixture_begin(enum db_engine engine);
/* The same query-only, with the views beside the store. */
struct db_tx *fixture_begin_reader(enum db_engine engine);
/* Roll back and close. For SCOPED. */
void fixture_end(struct db_tx **tx);
/* DSN of a new empty store; static until the next call. */
const char *fixture_dsn(enum db_engine engine);

extern const struct instant fixture_now; /* 2019-04-23 12:00 +08:00 */

/* Rows of a text: lines by '\n', cells by ','. No quotes. */
struct fixture_rows {
	struct import_rows rows;
	struct str rest;
	struct str cells[IMPORT_COLUMNS_MAX];
	int64_t line;
};
struct import_rows *fixture_rows(struct fixture_rows *r, struct str text);

/* Every rule holds on both engines: the test runs twice. */
#define TEST_BOTH(name_)                                                                           \
	static void both_##name_(enum db_engine engine);                                           \
	TEST(name_##_on_sqlite)                                                                    \
	{                                                                                          \
		both_##name_(DB_SQLITE);                                                           \
	}                                                                                          \
	TEST(name_##_on_postgres)                                                                  \
	{                                                                                          \
		both_##name_(DB_POSTGRES);                                                         \
	}                                                                                          \
	static void both_##name_(enum db_engine engine)
