/* SPDX-License-Identifier: Apache-2.0 */
/* Imports as `yika import` does them, on a site made for the test: the real roster in both its
 * files. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "codec/csv_file.h"
#include "domain/audit/audit.h"
#include "harness/postgres.h"
#include "harness/test.h"
#include "programs/import_file.h"
#include "programs/requests.h"

/* --- a site --- */

struct place {
	struct site site;
	struct platform *platform;
};

static bool open_platform(struct place *p)
{
	p->platform = calloc(1, sizeof *p->platform);
	ASSERT(p->platform);
	result r = platform_open(&p->site, clock_system(), p->platform);
	CHECK_OK(r);
	return is_ok(r);
}

static bool open_place(struct place *p, enum db_engine engine)
{
	static int count;
	char dir[300], dsn[POSTGRES_DSN_MAX];
	struct site_order order = { .dir = dir };

	*p = (struct place){ 0 };
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(dir, sizeof dir, "%s/site%d", test_dir(), ++count);
	if (engine == DB_POSTGRES)
		order.store = postgres_database(false, dsn);
	result r = site_create(&order, clock_system());
	CHECK_OK(r);
	if (!is_ok(r))
		return false;
	CHECK_OK(site_open(dir, &p->site));
	return open_platform(p);
}

static void close_place(struct place *p)
{
	if (p->platform)
		platform_close(p->platform);
	free(p->platform);
	p->platform = NULL;
}

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

static result import_one(struct place *p, enum import_kind kind, const char *path, struct arena *a,
                         struct import_report *report)
{
	struct import_order order = {
		.kind = kind,
		.path = path,
		.people = { .park = 1, .class = 1, .person_prefix = "20" },
		.report = { .arena = a },
	};
	result r = import_file(p->platform, &order);

	*report = order.report;
	return r;
}

static int64_t findings_of(const struct import_report *report, enum result_code code)
{
	int64_t n = 0;

	for (size_t i = 0; i < report->count; i++)
		n += report->findings[i].code == code;
	return n;
}

static const char *write_text(const char *name, struct str text)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/%s", test_dir(), name);
	FILE *out = fopen(path, "w");
	CHECK(out && fwrite(text.at, 1, text.len, out) == text.len);
	if (out)
		fclose(out);
	return path;
}

static result look_at_bank(struct ledger_tx *tx, void *arg)
{
	struct book_key bank = { .chart = CHART_BANK, .park = 1 };
	uint32_t no = ledger_account_lookup(tx, &bank);

	*(int64_t *)arg = no ? ledger_account(tx, no)->balance_fen : 0;
	return OK;
}

static result count_audit(struct ledger_tx *tx, void *arg)
{
	int64_t bad;

	return audit_verify(tx->db, arg, &bad);
}

/* --- people --- */

TEST_BOTH(the_real_roster_is_imported_once_from_either_file)
{
	SCOPED(close_place) struct place p;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report first, again;
	int64_t before = 0, after = 0;

	REQUIRE(open_place(&p, engine));
	CHECK_OK(requests_run(p.platform, true, count_audit, &before));
	REQUIRE_OK(import_one(&p, IMPORT_PEOPLE, test_data("roster/taidi-roster.original-gbk.csv"),
	                      &a, &first));
	CHECK_I64("lines", first.lines, 4341);
	CHECK_I64("added", first.added, 4341);
	CHECK_I64("shared door-card numbers", findings_of(&first, CARD_ACCESS_SHARED), 2);
	CHECK_I64("nothing else", first.count, 2);
	CHECK_I64("cards", card_cache_count(p.platform->cards), 4341);
	/* The other file names the same cards, and has the grade beside. */
	const char *packed = test_data("roster/taidi-roster.csv.zst");
	REQUIRE_OK(import_one(&p, IMPORT_PEOPLE, packed, &a, &again));
	CHECK_I64("grades", again.changed, 4341);
	CHECK_I64("nobody new", again.added, 0);
	REQUIRE_OK(import_one(&p, IMPORT_PEOPLE, packed, &a, &again));
	CHECK_I64("same", again.same, 4341);
	CHECK_I64("still shared", findings_of(&again, CARD_ACCESS_SHARED), 2);
	CHECK_OK(requests_run(p.platform, true, count_audit, &after));
	CHECK_I64("one audit line each", after, before + 3);
	close_place(&p);
	REQUIRE(open_platform(&p));
	CHECK_I64("still there", card_cache_count(p.platform->cards), 4341);
}

/* The roster as a spreadsheet writes it back: door-card numbers without their leading zeros. */
static const char *without_zeros(void)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct csv_file file = { 0 };
	struct csv csv = { 0 };
	bool more = true;

	CHECK_OK(csv_file_open(&file, test_data("roster/taidi-roster.csv.zst")));
	CHECK_OK(csv_open(&csv, &file.source));
	while (is_ok(csv_next(&csv, &more)) && more) {
		struct str access = csv.fields[4];
		while (access.len > 1 && access.at[0] == '0')
			access = (struct str){ access.at + 1, access.len - 1 };
		for (size_t i = 0; i < 4; i++)
			buf_printf(&text, STR_FMT ",", STR_ARG(csv.fields[i]));
		buf_printf(&text, STR_FMT "\n", STR_ARG(access));
	}
	csv_close(&csv);
	csv_file_close(&file);
	return write_text("no-zeros.csv", buf_text(&text));
}

TEST(a_lost_leading_zero_of_the_real_roster_is_reported)
{
	SCOPED(close_place) struct place fresh, filled = { 0 };
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;
	const char *path = without_zeros();

	REQUIRE(open_place(&fresh, DB_SQLITE));
	REQUIRE_OK(import_one(&fresh, IMPORT_PEOPLE, path, &a, &report));
	CHECK_I64("a rare length", findings_of(&report, CARD_INVALID), 1);
	close_place(&fresh);

	REQUIRE(open_place(&filled, DB_SQLITE));
	REQUIRE_OK(import_one(&filled, IMPORT_PEOPLE, test_data("roster/taidi-roster.csv.zst"), &a,
	                      &report));
	REQUIRE_OK(import_one(&filled, IMPORT_PEOPLE, path, &a, &report));
	CHECK_I64("all as they were", report.same, 4341);
	CHECK_I64("against the stored one, and rare", findings_of(&report, CARD_INVALID), 2);
}

TEST_BOTH(lines_that_are_no_csv_are_all_named_and_nothing_is_imported)
{
	SCOPED(close_place) struct place p;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;

	REQUIRE(open_place(&p, engine));
	const char *path =
	        write_text("bad.csv", STR("card_no,name\n1,a\n2,b\"b\n3,c\n4,\xFF\xFF\xFF\n5,e\n"));
	CHECK_RESULT("refused", import_one(&p, IMPORT_PEOPLE, path, &a, &report), IMPORT_REFUSED);
	REQUIRE(report.count == 2);
	CHECK_I64("line of the quote", report.findings[0].line, 3);
	CHECK_I64("quote", report.findings[0].code, CSV_BAD_QUOTE);
	CHECK_I64("line of the bytes", report.findings[1].line, 5);
	CHECK_I64("bytes", report.findings[1].code, INVALID_TEXT);
	CHECK_RESULT("no file", import_one(&p, IMPORT_PEOPLE, "/nowhere", &a, &report), FILE_READ);
	CHECK_I64("nobody", card_cache_count(p.platform->cards), 0);
}

/* --- merchants, terminals, opening balances --- */

TEST_BOTH(merchants_then_terminals_are_imported_and_bad_lines_keep_all_out)
{
	SCOPED(close_place) struct place p;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;

	REQUIRE(open_place(&p, engine));
	REQUIRE_OK(import_one(&p, IMPORT_MERCHANTS,
	                      write_text("m.csv", STR("merchant_no,name\nM1,第一食堂\nM2,超市\n")),
	                      &a, &report));
	CHECK_I64("merchants", report.added, 2);
	CHECK_RESULT("second line",
	             import_one(&p, IMPORT_TERMINALS,
	                        write_text("t.csv", STR("node_id,sam_no,merchant_no,type\n01010001,"
	                                                "000000000001,M1,till\n"
	                                                "01010002,000000000001,M2,till\n")),
	                        &a, &report),
	             IMPORT_REFUSED);
	CHECK_I64("line", report.findings[0].line, 3);
	REQUIRE_OK(import_one(
	        &p, IMPORT_TERMINALS,
	        write_text("t.csv",
	                   STR("node_id,sam_no,merchant_no,type\n01010001,000000000001,M1,till\n"
	                       "01010002,000000000002,M2,till\n")),
	        &a, &report));
	CHECK_I64("both are new", report.added, 2);
}

TEST_BOTH(opening_balances_of_the_real_cards_are_posted_once)
{
	SCOPED(close_place) struct place p;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;
	int64_t sum = 0, again = 0;

	REQUIRE(open_place(&p, engine));
	const char *openings = test_data("synthetic/cards-opening.csv");
	CHECK_RESULT("before the cards", import_one(&p, IMPORT_OPENINGS, openings, &a, &report),
	             IMPORT_REFUSED);
	REQUIRE_OK(import_one(&p, IMPORT_PEOPLE, test_data("roster/taidi-roster.csv.zst"), &a,
	                      &report));
	REQUIRE_OK(import_one(&p, IMPORT_OPENINGS, test_data("synthetic/cards-opening.csv"), &a,
	                      &report));
	CHECK_I64("posted", report.added, 3203);
	CHECK_OK(requests_run(p.platform, false, look_at_bank, &sum));
	CHECK(sum > 0);
	REQUIRE_OK(import_one(&p, IMPORT_OPENINGS, test_data("synthetic/cards-opening.csv"), &a,
	                      &report));
	CHECK_I64("same", report.same, 3203);
	CHECK_I64("nothing posted", report.added, 0);
	CHECK_OK(requests_run(p.platform, false, look_at_bank, &again));
	CHECK_I64("same sum", again, sum);
}
