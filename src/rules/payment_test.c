/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/payment.h"

#include "base/rand.h"
#include "harness/test.h"

/* The student of finance section 7.2: 30.00 a purchase, 40.00 a window, 100.00 a day, password
 * above. */
static const struct payment_limits student = { .purchase_fen = 3000,
	                                       .window_fen = 4000,
	                                       .day_fen = 10000 };
static const struct payment_limits guest = { .purchase_fen = 5000, .refuse_above = true };
static const struct payment_limits pupil = { .window_count = 1, .refuse_above = true };
static const struct payment_limits temporary = { .purchase_fen = 2000, .cap_fen = 5000 };
static const struct payment_limits employee = { .subsidy_window_fen = 1500 };
static const struct payment_limits none = { 0 };

static struct payment_question question(const struct payment_limits *limits, int64_t amount_fen)
{
	return (struct payment_question){
		.kind = PAYMENT_PURCHASE,
		.kinds_allowed = PAYMENT_KINDS_ALL,
		.merchant_matches = true,
		.subsidy_accepted = true,
		.card = PAYMENT_CARD_STATE_GOOD,
		.card_may_pay = true,
		.card_expires = { 20301231 },
		.today = { 20260305 },
		.amount_fen = amount_fen,
		.limits = *limits,
		.purses = { .main_fen = 100000 },
	};
}

TEST(payment_decides_the_worked_examples_of_the_finance_page)
{
	static const struct {
		const char *name;
		const struct payment_limits *limits;
		int64_t amount, main, subsidy;
		struct payment_used used;
		bool pin, no_subsidy;
		enum result_code want;
		int64_t from_subsidy, from_main;
	} rows[] = {
		{ "X01", &student, 1200, 5000, 500, { 0 }, false, false, SUCCESS, 500, 700 },
		{ "X02", &student, 3500, 9000, 0, { 0 }, false, false, PAYMENT_PIN_PURCHASE, -1, -1 },
		{ "X03", &student, 3500, 9000, 0, { 0 }, true, false, SUCCESS, 0, 3500 },
		{ "X05", &student, 1500, 9000, 0, { .window_fen = 2800 }, false, false, PAYMENT_PIN_WINDOW, -1, -1 },
		{ "X05 with PIN", &student, 1500, 9000, 0, { .window_fen = 2800 }, true, false, SUCCESS, 0, 1500 },
		{ "X06", &student, 3000, 9000, 0, { 0 }, false, false, SUCCESS, 0, 3000 },
		{ "X06 one fen above", &student, 3001, 9000, 0, { 0 }, false, false, PAYMENT_PIN_PURCHASE, -1, -1 },
		{ "day limit reached", &student, 1000, 9000, 0, { .day_fen = 9000 }, false, false, SUCCESS, 0, 1000 },
		{ "day limit passed", &student, 1001, 9000, 0, { .day_fen = 9000 }, false, false, PAYMENT_PIN_DAY, -1,
		  -1 },
		{ "X12", &guest, 5175, 9000, 0, { 0 }, true, false, PAYMENT_LIMIT_PURCHASE, -1, -1 },
		{ "X17", &employee, 2000, 9000, 1350, { .subsidy_window_fen = 650 }, false, false, SUCCESS, 850,
		  1150 },
		{ "subsidy used up", &employee, 9, 90, 99, { .subsidy_window_fen = 1500 }, false, false, SUCCESS, 0,
		  9 },
		{ "X26", &none, 500, 500, 0, { 0 }, false, false, SUCCESS, 0, 500 },
		{ "X31", &none, 600, 300, 200, { 0 }, false, false, PAYMENT_SHORT, -1, -1 },
		{ "X31 exactly enough", &none, 500, 300, 200, { 0 }, false, false, SUCCESS, 200, 300 },
		{ "X32", &none, 600, 500, 2000, { 0 }, false, true, PAYMENT_SHORT, -1, -1 },
		{ "X33", &pupil, 500, 900, 0, { .window_count = 1 }, false, false, PAYMENT_COUNT_WINDOW, -1, -1 },
		{ "X34", &temporary, 6000, 9000, 0, { 0 }, true, false, PAYMENT_CAP, -1, -1 },
		{ "X34 below the cap", &temporary, 5000, 9000, 0, { 0 }, true, false, SUCCESS, 0, 5000 },
		{ "X36", &none, 0, 9000, 0, { 0 }, false, false, PAYMENT_AMOUNT, -1, -1 },
		{ "negative", &none, -1, 9000, 0, { 0 }, false, false, PAYMENT_AMOUNT, -1, -1 },
		{ "sum out of range", &student, INT64_MAX, 9000, 0, { .day_fen = INT64_MAX }, true, false,
		  PAYMENT_SHORT, -1, -1 },
	}, *row;

	EACH (row, rows) {
		struct payment_question q = question(row->limits, row->amount);
		struct payment_funding got = { -1, -1, -1 };
		q.purses = (struct payment_purses){ .main_fen = row->main,
			                            .subsidy_fen = row->subsidy };
		q.used = row->used;
		q.pin_passed = row->pin;
		q.subsidy_accepted = !row->no_subsidy;
		CHECK_RESULT(row->name, payment_decide(&q, &got), row->want);
		CHECK_I64(row->name, got.subsidy_fen, row->from_subsidy);
		CHECK_I64(row->name, got.main_fen, row->from_main);
	}
}

TEST(payment_refuses_in_the_order_of_the_steps)
{
	/* Everything is wrong at first; each row mends the first thing, so the next refusal shows.
	 */
	struct payment_question q = question(&temporary, 0);
	struct payment_funding got;

	q.terminal = PAYMENT_PLACE_CLOSED;
	q.merchant = PAYMENT_PLACE_CLOSED;
	q.merchant_matches = false;
	q.kinds_allowed = 0;
	q.card = PAYMENT_CARD_STATE_UNKNOWN;
	q.card_expires.yyyymmdd = 20260304;
	q.card_may_pay = false;
	q.limits.window_count = q.limits.day_count = 1;
	q.used = (struct payment_used){ .window_count = 1, .day_count = 1 };
	q.purses.main_fen = 99;

	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_TERMINAL_INACTIVE);
	q.terminal = PAYMENT_PLACE_SUSPENDED;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_TERMINAL_SUSPENDED);
	q.terminal = PAYMENT_PLACE_OPEN;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_MERCHANT_CLOSED);
	q.merchant = PAYMENT_PLACE_OPEN;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_MERCHANT_OTHER);
	q.merchant_matches = true;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_KIND_REFUSED);
	q.kinds_allowed = 1u << PAYMENT_PURCHASE;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_CARD_UNKNOWN);
	q.card = PAYMENT_CARD_STATE_GOOD;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_CARD_EXPIRED);
	q.card_expires = q.today; /* the last good day */
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_CARD_TYPE);
	q.card_may_pay = true;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_COUNT_WINDOW);
	q.used.window_count = 0;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_COUNT_DAY);
	q.used.day_count = 0;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_AMOUNT);
	q.amount_fen = 6000;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_CAP);
	q.amount_fen = 2001;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_PIN_PURCHASE);
	q.pin_passed = true;
	CHECK_RESULT("", payment_decide(&q, &got), PAYMENT_SHORT);
	q.purses.main_fen = 2001;
	CHECK_RESULT("", payment_decide(&q, &got), SUCCESS);
}

TEST(payment_names_the_state_of_a_card_by_its_code)
{
	static const struct {
		const char *name;
		enum payment_card_state state;
		const char *field39;
	} rows[] = {
		{ "unknown", PAYMENT_CARD_STATE_UNKNOWN, "14" }, { "good", PAYMENT_CARD_STATE_GOOD, "00" },
		{ "lost", PAYMENT_CARD_STATE_LOST, "41" },       { "stolen", PAYMENT_CARD_STATE_STOLEN, "43" },
		{ "frozen", PAYMENT_CARD_STATE_FROZEN, "62" },   { "closed", PAYMENT_CARD_STATE_CLOSED, "14" },
	}, *row;

	EACH (row, rows) {
		struct payment_question q = question(&none, 100);
		q.card = row->state;
		CHECK_STR(row->name, result_field39(payment_decide_card(&q)), row->field39);
	}
}

TEST(payment_forced_takes_what_is_there_and_leaves_the_rest_as_debt)
{
	static const struct {
		const char *name;
		int64_t amount, main, subsidy;
		bool accepted;
		struct payment_funding want;
	} rows[] = {
		{ "covered", 800, 1000, 0, true, { 0, 800, 0 } },
		{ "subsidy first", 800, 1000, 300, true, { 300, 500, 0 } },
		{ "subsidy not taken here", 800, 500, 300, false, { 0, 500, 300 } },
		{ "short", 800, 500, 100, true, { 100, 500, 200 } },
		{ "nothing there", 800, 0, 0, true, { 0, 0, 800 } },
	}, *row;

	EACH (row, rows) {
		struct payment_purses p = { .main_fen = row->main, .subsidy_fen = row->subsidy };
		struct payment_funding got = payment_fund_forced(row->amount, &p, row->accepted);
		CHECK_I64(row->name, got.subsidy_fen, row->want.subsidy_fen);
		CHECK_I64(row->name, got.main_fen, row->want.main_fen);
		CHECK_I64(row->name, got.debt_fen, row->want.debt_fen);
	}
}

TEST(payment_top_up_pays_debt_first_and_respects_the_ceiling)
{
	struct payment_question q = question(&none, 5000);
	q.kind = PAYMENT_TOP_UP;
	q.purses = (struct payment_purses){ .main_fen = 0, .debt_fen = 800 };

	struct payment_funding in = payment_credit_split(5000, &q.purses);
	CHECK_I64("", in.debt_fen, 800);
	CHECK_I64("", in.main_fen, 4200);
	CHECK_OK(payment_decide_top_up(&q, 4200));
	CHECK_RESULT("one fen above", payment_decide_top_up(&q, 4199), PAYMENT_CEILING);
	CHECK_OK(payment_decide_top_up(&q, PAYMENT_NO_LIMIT));
	q.amount_fen = 0;
	CHECK_RESULT("", payment_decide_top_up(&q, PAYMENT_NO_LIMIT), PAYMENT_AMOUNT);
	q.card = PAYMENT_CARD_STATE_LOST;
	CHECK_RESULT("", payment_decide_top_up(&q, PAYMENT_NO_LIMIT), PAYMENT_CARD_LOST);
}

TEST(payment_any_split_sums_to_its_amount)
{
	struct random_seeded seed;

	random_seeded_init(&seed, 7);
	for (int i = 0; i < 20000; i++) {
		int64_t v[4];
		for (int j = 0; j < 4; j++)
			v[j] = (int64_t)random_below(&seed, 3000);
		struct payment_purses p = { .main_fen = v[0],
			                    .subsidy_fen = v[1],
			                    .debt_fen = v[2] };
		struct payment_funding f = payment_fund_forced(v[3] + 1, &p, v[0] & 1);
		REQUIRE(f.subsidy_fen + f.main_fen + f.debt_fen == v[3] + 1);
		REQUIRE(f.main_fen <= v[0] && f.subsidy_fen <= v[1]);
	}
}
