/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/cards/card_desk.h"
#include "ledger/chart.h"

static const struct card_import how = { .park = 1, .class = 1, .person_prefix = "20" };

struct import_job {
	struct card_desk *desk;
	struct import_rows *rows;
	struct import_report report;
	int64_t skip;
	struct card_openings openings;
	int64_t sum_fen;
};

static result import_people(struct ledger_tx *tx, void *arg)
{
	struct import_job *j = arg;

	return card_import_people(tx, j->desk->cache, &how, j->rows, &j->report);
}

static result read_openings(struct ledger_tx *tx, void *arg)
{
	struct import_job *j = arg;

	return card_read_openings(tx->db, j->desk->cache, j->rows, &j->report, &j->openings);
}

static result post_openings(struct ledger_tx *tx, void *arg)
{
	struct import_job *j = arg;
	size_t left = j->openings.count - (size_t)j->skip;

	return card_post_openings(tx, j->openings.rows + j->skip,
	                          left > CARD_OPENINGS_MAX ? CARD_OPENINGS_MAX : left);
}

static result import_text(struct card_desk *d, const char *text, struct arena *a,
                          struct import_report *report)
{
	struct fixture_rows rows;
	struct import_job j = { .desk = d, .report = { .arena = a } };

	j.rows = fixture_rows(&rows, str_of(text));
	result r = card_desk_run(d, import_people, &j);
	*report = j.report;
	return r;
}

TEST_BOTH(a_file_with_errors_changes_nothing_and_names_each)
{
	SCOPED(card_desk_close) struct card_desk d;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;
	static const struct {
		int64_t line;
		int column;
		enum result_code code;
	} want[] = {
		{ 3, 1, CARD_INVALID },    /* letters */
		{ 4, 5, CARD_INVALID },    /* door number */
		{ 5, 4, PERSON_INVALID },  /* grade */
		{ 6, 1, CARD_EXISTS },     /* card twice */
		{ 7, 2, PERSON_EXISTS },   /* person twice */
		{ 8, 2, PERSON_INVALID },  /* person number too long */
		{ 10, 3, PERSON_INVALID }, /* sex: a note */
	};

	REQUIRE(card_desk_open(&d, engine));
	CHECK_RESULT(
	        "refused",
	        import_text(
	                &d,
	                "card_no,person_no,sex,grade,access_no\n"
	                "1,A,M,2018,11\n12x,B,M,2018,12\n3,C,M,2018,1-3\n4,D,F,18,14\n1,E,F,2018,"
	                "15\n"
	                "6,A,F,2018,16\n7,A234567890123456789012345,F,2018,17\n8,G,M,,\n9,H,?,,\n",
	                &a, &report),
	        IMPORT_REFUSED);
	REQUIRE(report.count == ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CHECK_I64("line", report.findings[i].line, want[i].line);
		CHECK_I64("column", report.findings[i].column, want[i].column);
		CHECK_I64("code", report.findings[i].code, want[i].code);
	}
	CHECK_I64("errors", report.errors, 6);
	CHECK_I64("notes", report.notes, 1);
	CHECK_I64("no card", card_cache_count(d.cache), 0);
	CHECK_OK(import_text(&d, "card_no,person_no\n1,A\n", &a, &report));
	CHECK_I64("and the person is new", report.added, 1);
}

TEST_BOTH(a_card_of_somebody_else_stops_the_file)
{
	SCOPED(card_desk_close) struct card_desk d;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(import_text(&d, "card_no,person_no\n1,A\n2,B\n", &a, &report));
	CHECK_RESULT("refused", import_text(&d, "card_no,person_no\n3,C\n1,B\n", &a, &report),
	             IMPORT_REFUSED);
	CHECK_I64("code", report.findings[0].code, CARD_EXISTS);
	CHECK_I64("two cards", card_cache_count(d.cache), 2);
	CHECK_RESULT("no card column", import_text(&d, "person_no\nA\n", &a, &report),
	             IMPORT_HEADER);
	CHECK_RESULT("empty", import_text(&d, "", &a, &report), IMPORT_HEADER);
}

TEST_BOTH(leading_zeros_against_another_card_are_told_apart)
{
	SCOPED(card_desk_close) struct card_desk d;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(import_text(&d, "card_no,access_no\n1,0555\n2,555\n", &a, &report));
	CHECK_I64("one note", report.notes, 1);
	CHECK_I64("line", report.findings[0].line, 3);
	CHECK_STR("what", report.findings[0].what,
	          "the door-card number differs only by leading zeros from another card's, line 2");
	REQUIRE_OK(import_text(&d, "card_no,access_no\n1,0556\n", &a, &report));
	CHECK_I64("a new number is a change", report.changed, 1);
}

/* --- opening balances --- */

static result sum_openings(struct ledger_tx *tx, void *arg)
{
	struct import_job *j = arg;
	struct book_key bank = { .chart = CHART_BANK, .park = 1 };
	const struct book_account *account = ledger_account(tx, ledger_account_lookup(tx, &bank));

	j->sum_fen = account ? account->balance_fen : 0;
	return OK;
}

static result import_openings(struct import_job *j, struct import_rows *rows, struct arena *a)
{
	j->rows = rows;
	j->report = (struct import_report){ .arena = a };
	TRY(card_desk_run(j->desk, read_openings, j));
	for (j->skip = 0; (size_t)j->skip < j->openings.count; j->skip += CARD_OPENINGS_MAX)
		TRY(card_desk_run(j->desk, post_openings, j));
	return card_desk_run(j->desk, sum_openings, j);
}

TEST_BOTH(opening_balances_with_errors_post_nothing)
{
	SCOPED(card_desk_close) struct card_desk d;
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report;
	struct fixture_rows rows;
	struct import_job j = { .desk = &d };

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(import_text(&d, "card_no\n1\n2\n3\n", &a, &report));
	CHECK_RESULT("refused",
	             import_openings(
	                     &j,
	                     fixture_rows(&rows,
	                                  STR("卡号,余额\n1,5.00\n9,1.00\n2,-1.00\n2,x\n1,5.00\n")),
	                     &a),
	             IMPORT_REFUSED);
	CHECK_I64("errors", j.report.errors, 4);
	CHECK_OK(card_desk_run(&d, sum_openings, &j));
	CHECK_I64("bank", j.sum_fen, 0);
	CHECK_OK(import_openings(&j, fixture_rows(&rows, STR("卡号,余额\n1,5.00\n2,0\n")), &a));
	CHECK_I64("bank", j.sum_fen, 500);
	CHECK_RESULT(
	        "other balance",
	        import_openings(&j, fixture_rows(&rows, STR("卡号,余额\n1,5.01\n3,1.00\n")), &a),
	        IMPORT_REFUSED);
	CHECK_OK(card_desk_run(&d, sum_openings, &j));
	CHECK_I64("bank stays", j.sum_fen, 500);
}
