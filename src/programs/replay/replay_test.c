/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/test.h"
#include "programs/replay/chain.h"
#include "programs/replay/schedule.h"
#include "programs/replay/tally.h"

static const char *write_text(const char *name, const char *text)
{
	static char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", test_dir(), name);
	f = fopen(path, "we");
	ASSERT(f);
	fputs(text, f);
	fclose(f);
	return path;
}

#define UPLOAD_HEAD                                                                                \
	"Index,CardNo,PeoNo,Date,Money,FundMoney,Surplus,CardCount,Type,TermNo,TermSerNo,"         \
	"conOperNo,OperNo,Dept\n"

TEST(replay_data_refuses_a_wrong_row_and_says_where)
{
	static const struct {
		const char *row, *says;
	} rows[] = {
		{ "1,180001,1,2019-04-01 06:00:00,2.505,0.00,1.00,1,消费,31,1,,119,食堂\n", "line 2 column Money" },
		{ "1,180001,1,2019-04-01 25:00:00,2.50,0.00,1.00,1,消费,31,1,,119,食堂\n", "line 2 column Date" },
		{ "1,180001,1,2019-04-01 06:00:00,2.50,0.00,1.00,1,其他,31,1,,119,食堂\n", "line 2 column Type" },
		{ "1,x,1,2019-04-01 06:00:00,2.50,0.00,1.00,1,消费,31,1,,119,食堂\n", "line 2 column CardNo" },
		{ "1,180001,1,2019-04-01 06:00:00,2.50,0.00,1.00,1,消费,9999999,1,,119,食堂\n", "line 2 column TermNo" },
		{ "1,180001\n", "is missing" },
	}, *row;

	EACH (row, rows) {
		struct replay_data d = { 0 };
		char text[1024];

		snprintf(text, sizeof text, "%s%s", UPLOAD_HEAD, row->row);
		CHECK_RESULT(row->row, replay_read_uploads(&d, write_text("bad.csv", text)),
		             REPLAY_DATA);
		CHECK(strstr(result_last()->text, row->says) != NULL);
		replay_data_free(&d);
	}
}

TEST(replay_data_reads_the_calibrated_stream)
{
	struct replay_data d = { 0 };

	REQUIRE_OK(replay_read_uploads(&d, test_data("synthetic/stream-dev-0401-0415.csv.zst")));
	REQUIRE_OK(replay_read_openings(&d, test_data("synthetic/cards-opening.csv")));
	REQUIRE_OK(replay_read_attempts(&d, test_data("synthetic/refused-attempts-dev.csv")));
	REQUIRE_OK(replay_read_events(&d, test_data("synthetic/card-events-dev.csv")));
	CHECK_I64("uploads", d.row_count, 115964);
	CHECK_I64("openings", d.opening_count, 3203);
	CHECK_I64("attempts and events", d.extra_count, 713 + 128);
	CHECK_I64("terminals", d.terminal_count, 153);
	replay_data_free(&d);
}

/* A small campus: one card at two tills, one repeat, one missing serial, one refused attempt, one
 * event. */
static void small_data(struct replay_data *d)
{
	*d = (struct replay_data){ 0 };
	ASSERT(is_ok(replay_read_uploads(
	        d,
	        write_text(
	                "small.csv", UPLOAD_HEAD
	                "1,180001,1,2019-04-01 06:00:00,2.50,0.00,7.50,11,消费,1,1,,119,食堂\n"
	                "2,180001,1,2019-04-01 06:00:00,2.50,0.00,7.50,11,消费,1,1,,119,食堂\n"
	                "4,180001,1,2019-04-01 08:00:00,1.00,0.00,5.50,13,消费,1,3,,119,食堂\n"
	                "3,180002,2,2019-04-01 07:00:00,0.00,5.00,5.00,2,存款,9,1,,1,财务处\n"))));
	ASSERT(is_ok(replay_read_attempts(
	        d, write_text("refused.csv",
	                      "AttemptNo,Date,CardNo,Money,TermNo,Dept,Expected,BalanceAtThatTime\n"
	                      "1,2019-04-01 06:30:00,180001,99.00,1,食堂,INSUFFICIENT,7.50\n"))));
	ASSERT(is_ok(replay_read_events(
	        d,
	        write_text("events.csv", "Date,CardNo,Event\n2019-04-01 09:00:00,180001,挂失\n"))));
	ASSERT(is_ok(replay_read_openings(
	        d,
	        write_text("openings.csv", "CardNo,PeoNo,OpeningBalance,OpeningCardCount\n180001,1,"
	                                   "10.00,10\n180002,2,0.00,1\n"))));
}

TEST(schedule_online_merges_by_time_drops_repeats_and_numbers_attempts)
{
	struct replay_data d;
	struct schedule s;

	small_data(&d);
	REQUIRE_OK(schedule_init(&s, &d, REPLAY_ONLINE));
	CHECK_I64("rows", s.count, 5);
	CHECK_I64("sale", s.ops[0].tsn, 1);
	CHECK_I64("attempt takes the next number", s.ops[1].tsn, 2);
	CHECK_I64("serial 3 moves up by one attempt", s.ops[3].tsn, 4);
	CHECK_I64("number 3 is serial 2, the missing one", schedule_serial(&s, &d, 1, 3), 2);
	CHECK_I64("number 4 is serial 3", schedule_serial(&s, &d, 1, 4), 3);
	CHECK_I64("event has none", s.ops[4].tsn, 0);
	schedule_free(&s);
	replay_data_free(&d);
}

TEST(schedule_gives_rows_of_one_card_and_one_terminal_one_after_the_other)
{
	struct replay_data d;
	struct schedule s;
	uint32_t first, second;

	small_data(&d);
	REQUIRE_OK(schedule_init(&s, &d, REPLAY_ONLINE));
	first = schedule_next(&s);
	second = schedule_next(&s);
	CHECK_I64("the sale", first, 0);
	CHECK_I64("the desk is another terminal and card", s.ops[second].row->terminal, 9);
	CHECK_I64("nothing else may start", schedule_peek(&s), SCHEDULE_NONE);
	schedule_done(&s, first);
	CHECK_I64("now the attempt", s.ops[schedule_peek(&s)].row->kind, REPLAY_ATTEMPT);
	CHECK_I64("low", s.low, 1);
	for (uint32_t op; (op = schedule_next(&s)) != SCHEDULE_NONE;)
		schedule_done(&s, op);
	schedule_done(&s, second);
	CHECK_I64("all done", s.done, s.count);
	schedule_free(&s);
	replay_data_free(&d);
}

TEST(schedule_upload_keeps_file_order_and_repeats)
{
	struct replay_data d;
	struct schedule s;

	small_data(&d);
	REQUIRE_OK(schedule_init(&s, &d, REPLAY_UPLOAD));
	CHECK_I64("rows", s.count, 4);
	CHECK_I64("number is serial", s.ops[2].tsn, 3);
	schedule_free(&s);
	replay_data_free(&d);
}

TEST(chain_breaks_only_where_counters_are_missing_and_by_their_amount)
{
	struct chain_link links[] = {
		{ 3, -100, 550, 1, 13 }, { 1, 0, 1000, 1, 10 }, { 2, -250, 750, 1, 11 },
		{ 9, -999, 1, 1, 11 }, /* a second record under one counter: the first counts */
		{ 4, 0, 0, 2, 1 },       { 5, 500, 400, 2, 2 },
	};
	struct chain_report r;

	chain_check(links, ARRAY_LEN(links), &r);
	CHECK_I64("cards", r.cards, 2);
	CHECK_I64("missing", r.missing, 1);
	REQUIRE(r.count == 2);
	CHECK_I64("amount", r.breaks[0].amount_fen, 100);
	CHECK(r.breaks[0].explained);
	CHECK_I64("no counter is missing", r.breaks[1].amount_fen, 100);
	CHECK(!r.breaks[1].explained);
	CHECK_I64("explained", r.explained, 1);
	chain_report_free(&r);
}

static void answer(struct replay_answer *a, const char *code, int64_t balance_fen)
{
	str_copy(str_of(code), a->code, sizeof a->code);
	a->has_balance = balance_fen >= 0;
	a->balance_fen = balance_fen;
}

TEST(tally_explains_a_balance_by_the_record_that_never_came_and_by_nothing_else)
{
	static const struct {
		int64_t last_fen;
		int64_t explained, unexplained;
	} rows[] = { { 550, 0, 0 }, { 650, 1, 0 }, { 651, 0, 1 } }, *row;

	EACH (row, rows) {
		struct replay_data d;
		struct schedule s;
		struct replay_answer answers[5] = { 0 };
		struct replay_run run = {
			.data = &d, .schedule = &s, .mode = REPLAY_ONLINE, .answers = answers
		};
		struct tally t;

		small_data(&d);
		REQUIRE_OK(schedule_init(&s, &d, REPLAY_ONLINE));
		answer(&answers[0], "00", 750);
		answer(&answers[1], "51", -1);
		answer(&answers[2], "00", 500);
		answer(&answers[3], "00", row->last_fen);
		answer(&answers[4], "00", -1);
		tally_count(&run, &t);
		CHECK_I64("posted", t.posted, 3);
		CHECK_I64("attempts", t.attempts_as_expected, 1);
		CHECK_I64("explained", t.balances_explained, row->explained);
		CHECK_I64("unexplained", t.balances - t.balances_equal - t.balances_explained,
		          row->unexplained);
		schedule_free(&s);
		replay_data_free(&d);
	}
}

TEST(tally_counts_a_record_sent_twice_after_a_lost_answer_as_posted)
{
	struct replay_data d;
	struct schedule s;
	struct replay_answer answers[4] = { { .code = "00", .status = 1, .repeated = true },
		                            { .code = "00", .status = 1, .repeated = true },
		                            { .code = "00" },
		                            { .code = "" } };
	struct replay_run run = {
		.data = &d, .schedule = &s, .mode = REPLAY_UPLOAD, .answers = answers
	};
	struct tally t;

	small_data(&d);
	REQUIRE_OK(schedule_init(&s, &d, REPLAY_UPLOAD));
	tally_count(&run, &t);
	CHECK_I64("posted", t.posted, 2);
	CHECK_I64("duplicates", t.duplicates, 1);
	CHECK_I64("unanswered", t.unanswered, 1);
	schedule_free(&s);
	replay_data_free(&d);
}
