/* SPDX-License-Identifier: Apache-2.0 */
/* An edit of one byte anywhere is found and named: every member of a row, every column of every
 * table. */
#include "ledger/verify.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "harness/test.h"
#include "ledger/book_pack.h"
#include "ledger/book_page.h"
#include "ledger/ledger_test_sql.h"
#include "ledger/ledger_testkit.h"
#include "ledger/writer_state.h"

/* Two days of business with everything that leaves something behind. */
static void make_history(struct kit *kit)
{
	struct book_outcome out;
	struct book_event e;

	kit_topup(kit, 1, 100000);
	kit_topup(kit, 2, 50000);
	for (uint64_t n = 1; n <= 30; n += 1 + n % 5 / 4)
		REQUIRE_OK(kit_purchase(kit, 1000 + (uint32_t)(n % 3), n, 1 + (int)(n % 2),
		                        100 + (int64_t)n, &out));
	REQUIRE_OK(kit_reverse(kit, 1000, 100, 3, &out));
	REQUIRE_OK(kit_reverse(kit, 1000, 101, 90, &out));
	e = kit_purchase_event(kit, 1001, 200, 1, 50);
	e.kind = KIND_REFUND, e.legs[0] = (struct book_leg){ 0 }, e.leg_count = 0,
	e.amount_fen = 50;
	e.original_source = 1001, e.original_number = 1, e.counted = 0;
	REQUIRE_OK(kit_post(kit, &e, &out));
	CHECK_I64("refund", out.code, SUCCESS);
	REQUIRE_OK(kit_purchase(kit, 1002, 300, 2, 99999999, &out));
	CHECK_I64("declined", out.code, LEDGER_INSUFFICIENT);
	clock_manual_set(&kit->clock, (struct instant){ clock_now(&kit->clock.clock).us +
	                                                INT64_C(86400000000) });
	REQUIRE_OK(kit_purchase(kit, 1002, 301, 2, 10, &out));
	kit_idle(kit);
	REQUIRE_OK(kit_purchase(kit, 1002, 302, 2, 10, &out)); /* behind the pages */
	REQUIRE_OK(kit_purchase(kit, 1002, 303, 1, 10, &out));
}

static void verify(struct kit *kit, struct verify_report *report)
{
	struct ledger_store *reader;

	REQUIRE_OK(ledger_store_open(str_of(kit->dsn), STORE_READER, "verify",
	                             clock_now(&kit->clock.clock), &reader));
	CHECK_OK(ledger_verify(reader, NULL, report));
	ledger_store_close(reader);
}

/* The views have a database of their own: what changes it is named after its tables. */
static struct db *db_of_change(struct kit *kit, const struct db_statement *change)
{
	static const char *const views[] = { "test_entry", "test_total", "test_account",
		                             "test_state", "test_terminal" };

	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (strncmp(change->name, views[i], strlen(views[i])) == 0)
			return views_follower_db(kit->writer->views);
	return ledger_store_db(kit->store);
}

static void change_back(struct kit *kit, const struct db_statement *change, struct db_args args)
{
	struct db_tx *tx;
	int64_t changed;

	REQUIRE_OK(db_begin(db_of_change(kit, change), &tx));
	REQUIRE_OK(db_execute(tx, change, args, &changed));
	CHECK_I64(change->name, changed > 0, true);
	REQUIRE_OK(db_commit(tx));
}

/* Run a change on the owner's connection; verify must see it. */
static void with_change(struct kit *kit, const struct db_statement *change, struct db_args args,
                        struct verify_report *report)
{
	change_back(kit, change, args);
	verify(kit, report);
	CHECK_I64(change->name, report->clean, false);
}

static struct bytes load_blob(struct kit *kit, const struct db_statement *select, int64_t key,
                              uint8_t *out, size_t size)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct bytes got;

	CHECK_OK(db_begin(ledger_store_db(kit->store), &tx));
	CHECK_OK(db_select(tx, select, DB_ARGS(db_arg_i64(key)), &rows));
	CHECK(db_next(&rows));
	got = db_bytes(&rows, 0);
	ASSERT(got.len <= size);
	memcpy(out, got.at, got.len);
	return bytes_of(out, got.len);
}

/* One byte at a time through every member of one row. */
static void edit_rows(struct kit *kit)
{
	static uint8_t blob[1 << 16];
	struct verify_report report;

	for (size_t at = 0; at < JOURNAL_ROW_SIZE; at += 7) {
		int64_t first = 3 + (int64_t)(at % 4) * 5;
		struct bytes rows;

		first += 26; /* past the opening of accounts: one row a batch */
		rows = load_blob(kit, &sql_test_batch_rows, first, blob, sizeof blob);
		blob[at] ^= 0x01;
		with_change(kit, &sql_test_batch_rows_set,
		            DB_ARGS(db_arg_i64(first), db_arg_bytes(rows)), &report);
		CHECK_STR("row", report.first.table, "ledger_batch");
		CHECK_I64("row", report.first.row, first);
		CHECK_STR("row", report.first.field, "crc");
		blob[at] ^= 0x01;
		change_back(kit, &sql_test_batch_rows_set,
		            DB_ARGS(db_arg_i64(first), db_arg_bytes(rows)));
	}
}

/* The same with a CRC that fits: what does not follow is named. */
static void edit_row_sealed(struct kit *kit)
{
	static const struct {
		size_t at;
		const char *field;
	} members[] = {
		{ offsetof(struct journal_row, amount_fen), "hash" },
		{ offsetof(struct journal_row, business), "hash" },
		{ offsetof(struct journal_row, posted_at_us), "posted_at_us" },
	}, *m;
	static uint8_t blob[1 << 16];
	struct verify_report report;
	struct journal_row row;

	EACH (m, members) {
		const int64_t first = 35;
		struct bytes rows = load_blob(kit, &sql_test_batch_rows, first, blob, sizeof blob);

		blob[m->at] ^= 0x02;
		memcpy(&row, blob, sizeof row);
		journal_row_seal(&row);
		memcpy(blob, &row, sizeof row);
		with_change(kit, &sql_test_batch_rows_set,
		            DB_ARGS(db_arg_i64(first), db_arg_bytes(rows)), &report);
		CHECK_STR(m->field, report.first.field, m->field);
		CHECK_I64(m->field, report.first.row, first);
		blob[m->at] ^= 0x02;
		memcpy(&row, blob, sizeof row);
		journal_row_seal(&row);
		memcpy(blob, &row, sizeof row);
		change_back(kit, &sql_test_batch_rows_set,
		            DB_ARGS(db_arg_i64(first), db_arg_bytes(rows)));
	}
}

/* Change and the change back, what it is found as. */
struct planted {
	const struct db_statement *change, *back;
	const char *table, *field;
};

static void check_planted(struct kit *kit, const struct planted *p)
{
	struct verify_report report;

	with_change(kit, p->change, DB_NO_ARGS, &report);
	CHECK_STR(p->change->name, report.first.table, p->table);
	CHECK_STR(p->change->name, report.first.field, p->field);
	change_back(kit, p->back, DB_NO_ARGS);
}

static void edit_columns(struct kit *kit)
{
	static const struct planted rows[] = {
		{ &sql_test_batch_no, &sql_test_batch_no_back, "ledger_batch", "no" },
		{ &sql_test_batch_last, &sql_test_batch_last_back, "ledger_batch", "last_lsn" },
		{ &sql_test_batch_posted, &sql_test_batch_posted_back, "ledger_batch",
		  "posted_at_us" },
		{ &sql_test_batch_epoch, &sql_test_batch_epoch_back, "ledger_batch", "epoch" },
		{ &sql_test_day_turnover, &sql_test_day_turnover_back, "ledger_day",
		  "turnover_fen" },
		{ &sql_test_day_last, &sql_test_day_last_back, "ledger_day", "last_lsn" },
		{ &sql_test_day_batch, &sql_test_day_batch_back, "ledger_day", "last_lsn" },
		{ &sql_test_page_lsn, &sql_test_page_lsn_back, "ledger_page", "crc" },
		{ &sql_test_page_crc, &sql_test_page_crc_back, "ledger_page", "crc" },
		{ &sql_test_entry_amount, &sql_test_entry_amount_back, "entry", "amount_fen" },
		{ &sql_test_entry_card, &sql_test_entry_card_back, "entry", "card" },
		{ &sql_test_entry_date, &sql_test_entry_date_back, "entry", "event_date" },
		{ &sql_test_entry_balance, &sql_test_entry_balance_back, "entry", "balance_fen" },
		{ &sql_test_entry_code, &sql_test_entry_code_back, "entry", "code" },
		{ &sql_test_entry_index_value, &sql_test_entry_index_value_back, "entry_index",
		  "card" },
		{ &sql_test_entry_index_key, &sql_test_entry_index_key_back, "entry_index", "key" },
		{ &sql_test_entry_index_run, &sql_test_entry_index_run_back, "entry_index",
		  "card" },
		{ &sql_test_entry_run_last, &sql_test_entry_run_last_back, "entry_run",
		  "first_lsn" },
		{ &sql_test_entry_day_first, &sql_test_entry_day_first_back, "entry_day",
		  "first_lsn" },
		{ &sql_test_terminal_last, &sql_test_terminal_last_back, "terminal_view",
		  "last_lsn" },
		{ &sql_test_total_sum, &sql_test_total_sum_back, "day_total", "sum_fen" },
		{ &sql_test_total_events, &sql_test_total_events_back, "day_total", "events" },
		{ &sql_test_account_balance, &sql_test_account_balance_back, "account_view",
		  "balance_fen" },
		{ &sql_test_account_lsn, &sql_test_account_lsn_back, "account_view", "last_lsn" },
		{ &sql_test_state_lsn, &sql_test_state_lsn_back, "view_state", "lsn" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_planted(kit, &rows[i]);
}

static void edit_hashes(struct kit *kit)
{
	static const struct {
		const struct db_statement *load, *set;
		const char *field;
	} columns[] = {
		{ &sql_test_batch_hash, &sql_test_batch_hash_set, "hash" },
		{ &sql_test_batch_previous, &sql_test_batch_previous_set, "previous" },
		{ &sql_test_day_hash, &sql_test_day_hash_set, "hash" },
	}, *c;
	uint8_t blob[JOURNAL_HASH_SIZE];
	struct verify_report report;

	EACH (c, columns) {
		struct bytes hash = load_blob(kit, c->load, 33, blob, sizeof blob);

		blob[5] ^= 0x80;
		with_change(kit, c->set, DB_ARGS(db_arg_i64(33), db_arg_bytes(hash)), &report);
		CHECK_STR(c->load->name, report.first.field, c->field);
		blob[5] ^= 0x80;
		change_back(kit, c->set, DB_ARGS(db_arg_i64(33), db_arg_bytes(hash)));
	}
}

#define FIRST_PAGE (INT64_C(1) << 56)

/* The page with one bit of account 4, the purse of holder 2, changed. */
static void set_edited(struct kit *kit, struct bytes page, size_t at, struct verify_report *report)
{
	static struct book_account accounts[BOOK_PAGE_ACCOUNTS];
	static uint8_t packed[BOOK_PAGE_SIZE_MAX];
	struct book_unpacking u = book_unpacking_of(page);
	struct bytes bytes;
	uint32_t count = 0;

	while (count < BOOK_PAGE_ACCOUNTS && book_unpack(&u, &accounts[count]))
		count++;
	REQUIRE(count > 4 && !u.bad);
	((uint8_t *)&accounts[3])[at] ^= 0x04;
	bytes = book_pack(accounts, count, packed);
	with_change(kit, &sql_test_page_set, DB_ARGS(db_arg_i64(FIRST_PAGE), db_arg_bytes(bytes)),
	            report);
}

/* A byte of an account: the account and its member are named. */
static void edit_accounts(struct kit *kit)
{
	static const struct {
		size_t at;
		const char *field;
	} members[] = {
		{ offsetof(struct book_account, balance_fen), "balance_fen" },
		{ offsetof(struct book_account, held_fen), "held_fen" },
		{ offsetof(struct book_account, floor_fen), "floor_fen" },
		{ offsetof(struct book_account, key2), "key2" },
		{ offsetof(struct book_account, day_fen), "day_fen" },
		{ offsetof(struct book_account, day_count), "day_count" },
		{ offsetof(struct book_account, flags), "flags" },
	}, *m;
	static uint8_t page[BOOK_PAGE_SIZE_MAX];
	struct bytes bytes = load_blob(kit, &sql_test_page, FIRST_PAGE, page, sizeof page);
	struct verify_report report;

	EACH (m, members) {
		set_edited(kit, bytes, m->at, &report);
		CHECK_STR(m->field, report.first.table, "ledger_page");
		CHECK_I64(m->field, report.first.row, 4);
		CHECK_STR(m->field, report.first.field, m->field);
		change_back(kit, &sql_test_page_set,
		            DB_ARGS(db_arg_i64(FIRST_PAGE), db_arg_bytes(bytes)));
	}
}

/* A byte of the page as it is stored, whatever it comes to when it is unpacked. */
static void edit_page(struct kit *kit)
{
	static uint8_t page[BOOK_PAGE_SIZE_MAX];
	struct bytes bytes = load_blob(kit, &sql_test_page, FIRST_PAGE, page, sizeof page);
	struct verify_report report;

	for (size_t at = 0; at < bytes.len; at += 11) {
		page[at] ^= 0x10;
		with_change(kit, &sql_test_page_set,
		            DB_ARGS(db_arg_i64(FIRST_PAGE), db_arg_bytes(bytes)), &report);
		CHECK_STR("page", report.first.table, "ledger_page");
		page[at] ^= 0x10;
	}
	change_back(kit, &sql_test_page_set, DB_ARGS(db_arg_i64(FIRST_PAGE), db_arg_bytes(bytes)));
}

static void on_engine(enum kit_engine engine, void (*edits)(struct kit *kit))
{
	struct kit kit;

	REQUIRE_OK(kit_open(&kit, engine));
	make_history(&kit);
	kit_check_verify(&kit);
	edits(&kit);
	kit_check_verify(&kit);
	kit_close(&kit);
}

TEST(one_byte_changed_in_a_row_is_found_and_named)
{
	on_engine(KIT_SQLITE, edit_rows);
	on_engine(KIT_SQLITE, edit_row_sealed);
}

TEST(a_changed_column_of_any_table_is_found_and_named)
{
	on_engine(KIT_SQLITE, edit_columns);
	on_engine(KIT_POSTGRES, edit_columns);
}

TEST(a_changed_hash_is_found_and_named)
{
	on_engine(KIT_SQLITE, edit_hashes);
}

TEST(a_changed_balance_is_found_and_named)
{
	on_engine(KIT_SQLITE, edit_accounts);
	on_engine(KIT_SQLITE, edit_page);
}
