/* SPDX-License-Identifier: Apache-2.0 */
/* What the store of a key manager under test holds, read beside it. */
#include <stdio.h>

#include "base/buf.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"

enum { TABLES_MAX = 48, TEXT_MAX = 2048 };

/* A statement for each table: all its columns as one text. */
static struct db_statement tables[TABLES_MAX];
static char texts[TABLES_MAX][TEXT_MAX], names[TABLES_MAX][KMS_KIT_TEXT];
static size_t table_count;

static bool begin(struct kms_kit *k, struct db_tx **tx)
{
	if (!k->look)
		CHECK_OK(db_open(str_of(k->dsn), DB_READ_ONLY | DB_KMS, &k->look));
	return k->look && CHECK_RESULT("look", db_begin(k->look, tx), SUCCESS);
}

static void make_text(struct db_tx *tx, size_t i)
{
	static const struct db_statement columns = { "look_columns",
		                                     "SELECT name FROM pragma_table_info($1)", "",
		                                     1 };
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	SCOPED(arena_free) struct arena a = { 0 };
	struct writer w = writer_of(texts[i], TEXT_MAX - 1);

	writer_str(&w, STR("SELECT ''"));
	CHECK_OK(db_select(tx, &columns, DB_ARGS(db_arg_text(names[i])), &rows));
	while (db_next(&rows)) {
		writer_str(&w, STR(" || '|' || quote("));
		writer_str(&w, db_str(&rows, 0, &a));
		writer_str(&w, STR(")"));
	}
	writer_str(&w, STR(" FROM "));
	writer_str(&w, str_of(names[i]));
	writer_str(&w, STR(" ORDER BY 1"));
	CHECK_OK(writer_done(&w));
	texts[i][w.len] = '\0';
	tables[i] = (struct db_statement){ names[i], texts[i], texts[i], 0 };
}

static void find_tables(struct db_tx *tx)
{
	static const struct db_statement list = {
		"look_tables",
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'kms_%' "
		"AND name NOT IN ('kms_audit', 'kms_turn', 'kms_node') ORDER BY name",
		"", 0
	};
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	if (table_count)
		return;
	CHECK_OK(db_select(tx, &list, DB_NO_ARGS, &rows));
	while (db_next(&rows) && table_count < TABLES_MAX)
		db_text(&rows, 0, names[table_count++], KMS_KIT_TEXT);
	CHECK(table_count > 20 && table_count < TABLES_MAX);
	for (size_t i = 0; i < table_count; i++)
		make_text(tx, i);
}

static void put_rows(struct db_tx *tx, const struct db_statement *table, struct buf *all)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	SCOPED(arena_free) struct arena a = { 0 };

	buf_printf(all, "%s\n", table->name);
	CHECK_OK(db_select(tx, table, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		buf_str(all, db_str(&rows, 0, &a));
		buf_str(all, STR("\n"));
	}
	CHECK_OK(db_done(&rows));
}

void kms_kit_digest(struct kms_kit *k, uint8_t out[DIGEST_SIZE])
{
	SCOPED(buf_free) struct buf all = { 0 };
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	memset(out, 0, DIGEST_SIZE);
	if (!begin(k, &tx))
		return;
	find_tables(tx);
	for (size_t i = 0; i < table_count; i++)
		put_rows(tx, &tables[i], &all);
	CHECK_OK(buf_done(&all));
	digest_sha256(buf_bytes(&all), out);
}

int64_t kms_kit_audited(struct kms_kit *k, const char *op, const char *code, const char *detail)
{
	static const struct db_statement count = {
		"look_audit",
		"SELECT count(*) FROM kms_audit WHERE op = $1 AND result = $2 AND "
		"substr(detail, 1, length($3)) = $3",
		"", 3
	};
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	int64_t n = -1;

	if (begin(k, &tx))
		CHECK_OK(db_select_i64(
		        tx, &count,
		        DB_ARGS(db_arg_text(op), db_arg_text(code), db_arg_text(detail)), &n));
	return n;
}
