/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the book, one table a rule; after each refusal nothing has moved. */
#include "ledger/book.h"

#include <string.h>

#include "harness/test.h"
#include "ledger/book_rig.h"

static struct rig rig;

static void fund(uint64_t number, int64_t fen)
{
	const struct book_event e = rig_move(KIND_TOPUP, 2, number, rig.till, rig.purse, fen);

	CHECK_I64("top-up", rig_post(&rig, &e, NULL), SUCCESS);
}

static struct book_event undo_of(enum event_kind kind, uint64_t number, uint64_t original,
                                 int64_t fen)
{
	struct book_event e = rig_event(kind, 7, number);

	e.original_source = 7;
	e.original_number = original;
	e.amount_fen = fen;
	return e;
}

TEST(a_debit_stops_at_the_floor_and_what_is_held)
{
	static const struct {
		const char *name;
		int64_t floor, held, amount;
		unsigned flags;
		enum result_code want;
	} rows[] = {
		{ "all of it", 0, 0, 1000, 0, SUCCESS },
		{ "a fen too much", 0, 0, 1001, 0, LEDGER_INSUFFICIENT },
		{ "down to a floor above zero", 300, 0, 700, 0, SUCCESS },
		{ "below a floor above zero", 300, 0, 701, 0, LEDGER_INSUFFICIENT },
		{ "into an overdraft", -500, 0, 1500, 0, SUCCESS },
		{ "past the overdraft", -500, 0, 1501, 0, LEDGER_INSUFFICIENT },
		{ "what is held stays", 0, 400, 600, 0, SUCCESS },
		{ "held money", 0, 400, 601, 0, LEDGER_INSUFFICIENT },
		{ "no floor at all", BOOK_NO_FLOOR, 0, 999999, 0, SUCCESS },
		{ "forced", 0, 0, 1001, JOURNAL_FORCED, SUCCESS },
	}, *row;

	EACH (row, rows) {
		struct book_event e;

		rig_open(&rig, 0);
		fund(1, 1000);
		e = rig_event(KIND_RECORD, 1, 1);
		CHECK_OK(book_account_change(rig.book, &e, rig.purse, row->floor, row->held, 0));
		e = rig_move(KIND_PURCHASE, 7, 1, rig.purse, rig.takings, row->amount);
		e.flags = row->flags;
		CHECK_I64(row->name, rig_post(&rig, &e, NULL), row->want);
		CHECK_I64(row->name, rig_balance(&rig, rig.purse),
		          row->want == SUCCESS ? 1000 - row->amount : 1000);
		CHECK_I64(row->name, rig_balance(&rig, rig.takings),
		          row->want == SUCCESS ? row->amount : 0);
		rig_check_copies(&rig, 0);
		rig_close(&rig);
	}
}

/* One thing wrong with what stands before the legs. */
static void spoil_head(struct book_event *e, int how)
{
	switch (how) {
	case 1:
		e->source = 0;
		break;
	case 2:
		e->number = 0;
		break;
	case 3:
		e->kind = (enum event_kind)31;
		break;
	case 4:
		e->kind = KIND_TOMBSTONE;
		break;
	case 5:
		e->business_date.yyyymmdd = 20260231;
		break;
	case 6:
		e->kind = KIND_REFUND;
		e->original_source = 7;
		e->original_number = 1;
		break;
	default:
		e->counted = 999;
	}
}

/* One thing wrong with the legs. */
static void spoil_legs(struct book_leg *leg, unsigned *count, int how)
{
	switch (how) {
	case 10:
		*count = 0;
		break;
	case 11:
		*count = BOOK_LEGS_MAX + 1;
		break;
	case 12:
		leg->amount_fen = 0;
		break;
	case 13:
		leg->amount_fen = -1;
		break;
	case 14:
		leg->amount_fen = BOOK_AMOUNT_MAX_FEN + 1;
		break;
	case 15:
		leg->credit = rig.purse;
		break;
	case 16:
		leg->debit = 999;
		break;
	case 17:
		leg->credit = 999;
		break;
	case 18:
		leg->debit = rig.elsewhere;
		break;
	default:
		leg[1] = (struct book_leg){ rig.elsewhere, rig.takings, 1 };
		*count = 2;
	}
}

TEST(an_event_that_makes_no_sense_is_refused_and_leaves_no_trace)
{
	static const struct {
		const char *name;
		int change;
		enum result_code want;
	} rows[] = {
		{ "no source", 1, LEDGER_EVENT },          { "no number", 2, LEDGER_EVENT },
		{ "unknown kind", 3, LEDGER_EVENT },       { "kind of the book's own", 4, LEDGER_EVENT },
		{ "no legs", 10, LEDGER_EVENT },            { "too many legs", 11, LEDGER_EVENT },
		{ "nothing moves", 12, MONEY_OUT_OF_RANGE }, { "negative", 13, MONEY_OUT_OF_RANGE },
		{ "too much", 14, MONEY_OUT_OF_RANGE },     { "same account twice", 15, LEDGER_EVENT },
		{ "unknown debit", 16, LEDGER_ACCOUNT_UNKNOWN }, { "unknown credit", 17, LEDGER_ACCOUNT_UNKNOWN },
		{ "another park", 18, LEDGER_PARKS },      { "no business day", 5, LEDGER_EVENT },
		{ "undoes itself", 6, LEDGER_EVENT },     { "counted account unknown", 7, LEDGER_ACCOUNT_UNKNOWN },
		{ "second leg in another park", 19, LEDGER_PARKS },
	}, *row;

	rig_open(&rig, 0);
	fund(1, 1000);
	EACH (row, rows) {
		struct book_event e = rig_move(KIND_PURCHASE, 7, 1, rig.purse, rig.takings, 100);
		uint64_t last = book_last_lsn(rig.book);

		if (row->change < 10)
			spoil_head(&e, row->change);
		else
			spoil_legs(&e.legs[0], &e.leg_count, row->change);
		CHECK_I64(row->name, rig_post(&rig, &e, NULL), row->want);
		CHECK_I64(row->name, book_last_lsn(rig.book), last);
		CHECK_I64(row->name, rig_balance(&rig, rig.purse), 1000);
	}
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

TEST(a_key_gives_its_first_outcome_for_ever)
{
	struct book_event e;
	struct book_outcome out;

	rig_open(&rig, 0);
	fund(1, 1000);
	e = rig_move(KIND_PURCHASE, 7, 5, rig.purse, rig.takings, 400);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	for (uint64_t n = 6; n < 60; n++) { /* far beyond the sixteen that are remembered */
		const struct book_event next =
		        rig_move(KIND_PURCHASE, 7, n, rig.purse, rig.takings, 10);

		CHECK_I64("", rig_post(&rig, &next, NULL), SUCCESS);
		if (n % 10 == 0)
			rig_commit(&rig);
	}
	CHECK_I64("", rig_post(&rig, &e, &out), SUCCESS);
	CHECK_I64("replayed", out.replayed, true);
	CHECK_I64("balance as told then", out.answer_fen, 600);
	CHECK_I64("number", out.row.number, 5);
	e.digest++;
	CHECK_I64("", rig_post(&rig, &e, &out), LEDGER_CONFLICT);
	e = rig_move(KIND_PURCHASE, 7, 70, rig.purse, rig.takings, 400);
	CHECK_I64("no money left", rig_post(&rig, &e, &out), LEDGER_INSUFFICIENT);
	fund(2, 5000);
	CHECK_I64("a refusal stays one although there is money now", rig_post(&rig, &e, &out),
	          LEDGER_INSUFFICIENT);
	CHECK_I64("", out.replayed, true);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

/* terminal-protocol.md 12.5 */
TEST(a_reversal_is_never_refused_and_ends_at_zero)
{
	struct book_event e, r;
	struct book_outcome out;

	rig_open(&rig, 0);
	fund(1, 1000);
	e = rig_move(KIND_PURCHASE, 7, 1, rig.purse, rig.takings, 300);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	r = undo_of(KIND_REVERSAL, 2, 1, 0);
	CHECK_I64("approved: opposite rows", rig_post(&rig, &r, &out), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.purse), 1000);
	CHECK_I64("", rig_balance(&rig, rig.takings), 0);
	CHECK_I64("told", out.answer_fen, 1000);
	CHECK_I64("its own repeat", rig_post(&rig, &r, &out), SUCCESS);
	CHECK_I64("", out.replayed, true);
	r = undo_of(KIND_REVERSAL, 3, 1, 0);
	CHECK_I64("reversed before: nothing", rig_post(&rig, &r, &out), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.purse), 1000);
	r = undo_of(KIND_REVERSAL, 4, 9, 0);
	CHECK_I64("unknown: tombstone", rig_post(&rig, &r, &out), SUCCESS);
	e = rig_move(KIND_PURCHASE, 7, 9, rig.purse, rig.takings, 300);
	CHECK_I64("the late original is declined", rig_post(&rig, &e, &out),
	          LEDGER_REVERSED_BEFORE);
	CHECK_STR("", result_field39((result){ out.code }), "22");
	CHECK_I64("", rig_balance(&rig, rig.purse), 1000);
	r = undo_of(KIND_REVERSAL, 5, 9, 0);
	CHECK_I64("tombstone: nothing", rig_post(&rig, &r, &out), SUCCESS);
	e = rig_move(KIND_PURCHASE, 7, 10, rig.purse, rig.takings, 3000);
	CHECK_I64("", rig_post(&rig, &e, NULL), LEDGER_INSUFFICIENT);
	r = undo_of(KIND_REVERSAL, 11, 10, 0);
	CHECK_I64("declined: nothing", rig_post(&rig, &r, &out), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.purse), 1000);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

TEST(a_reversed_top_up_may_take_the_purse_below_zero)
{
	struct book_event e, r;

	rig_open(&rig, 0);
	e = rig_move(KIND_TOPUP, 7, 1, rig.till, rig.purse, 500);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = rig_move(KIND_PURCHASE, 7, 2, rig.purse, rig.takings, 400);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = undo_of(KIND_TOPUP_VOID, 3, 1, 0);
	CHECK_I64("a void obeys the floor", rig_post(&rig, &e, NULL), LEDGER_INSUFFICIENT);
	r = undo_of(KIND_REVERSAL, 4, 1, 0);
	CHECK_I64("a reversal does not", rig_post(&rig, &r, NULL), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.purse), -400);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

/* finance-and-rules.md 2.4, E40 and E52 */
TEST(refunds_come_back_in_reverse_order_and_never_exceed_the_original)
{
	static const struct {
		const char *name;
		enum event_kind kind;
		int64_t amount;
		enum result_code want;
		int64_t purse, subsidy;
	} rows[] = {
		{ "part: main first", KIND_REFUND, 300, SUCCESS, 600, 0 },
		{ "the rest of main, then subsidy", KIND_REFUND, 600, SUCCESS, 1000, 200 },
		{ "more than is left", KIND_REFUND, 301, LEDGER_REFUND_EXCEEDS, 1000, 200 },
		{ "a void after refunds", KIND_PURCHASE_VOID, 0, LEDGER_ORIGINAL_STATE, 1000, 200 },
		{ "all that is left", KIND_REFUND, 300, SUCCESS, 1000, 500 },
		{ "nothing is left", KIND_REFUND, 1, LEDGER_REFUND_EXCEEDS, 1000, 500 },
		{ "void as if it were a top-up", KIND_TOPUP_VOID, 0, LEDGER_ORIGINAL_STATE, 1000, 500 },
	}, *row;
	struct book_event e;
	uint64_t number = 1;

	rig_open(&rig, 0);
	fund(1, 1000);
	e = rig_move(KIND_SUBSIDY, 2, 2, rig.bank, rig.subsidy, 500);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = rig_move(KIND_PURCHASE, 7, 1, rig.subsidy, rig.takings, 500);
	e.legs[1] = (struct book_leg){ rig.purse, rig.takings, 700 };
	e.leg_count = 2;
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	EACH (row, rows) {
		e = undo_of(row->kind, ++number, 1, row->amount);
		CHECK_I64(row->name, rig_post(&rig, &e, NULL), row->want);
		CHECK_I64(row->name, rig_balance(&rig, rig.purse), row->purse);
		CHECK_I64(row->name, rig_balance(&rig, rig.subsidy), row->subsidy);
	}
	e = undo_of(KIND_REFUND, ++number, 500, 1);
	CHECK_I64("original unknown", rig_post(&rig, &e, NULL), LEDGER_ORIGINAL_UNKNOWN);
	e = undo_of(KIND_REVERSAL, ++number, 6, 0); /* the refund of 300 */
	CHECK_I64("a refund can be reversed", rig_post(&rig, &e, NULL), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.subsidy), 200);
	e = undo_of(KIND_REFUND, ++number, 1, 300);
	CHECK_I64("and made again", rig_post(&rig, &e, NULL), SUCCESS);
	e = undo_of(KIND_REVERSAL, ++number, 1, 0);
	CHECK_I64("reversal of what was refunded whole", rig_post(&rig, &e, NULL), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.subsidy), 500);
	CHECK_I64("", rig_balance(&rig, rig.takings), 0);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

/* finance-and-rules.md 2.4, E50 */
TEST(a_hold_gives_out_no_more_than_it_has)
{
	struct book_event e;
	struct book_original o;
	struct book_outcome out;

	rig_open(&rig, 0);
	fund(1, 1000);
	e = rig_move(KIND_HOLD, 7, 1, rig.purse, rig.holds, 500);
	e.expires_s = 1767232900;
	CHECK_I64("hold", rig_post(&rig, &e, &out), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.purse), 500);
	e = rig_move(KIND_CAPTURE, 7, 2, rig.holds, rig.takings, 501);
	e.original_source = 7, e.original_number = 1;
	CHECK_I64("too much", rig_post(&rig, &e, NULL), LEDGER_HOLD_EXCEEDED);
	e = rig_move(KIND_CAPTURE, 7, 3, rig.holds, rig.takings, 320);
	e.original_source = 7, e.original_number = 1;
	CHECK_I64("part", rig_post(&rig, &e, NULL), SUCCESS);
	CHECK(book_original(rig.book, out.lsn, &o));
	CHECK_I64("", o.remaining_fen, 180);
	e = rig_move(KIND_CAPTURE, 7, 4, rig.holds, rig.takings, 10);
	e.original_source = 7, e.original_number = 1;
	e.posted_at.us = INT64_C(1767232900000000);
	CHECK_I64("too late", rig_post(&rig, &e, NULL), LEDGER_HOLD_EXPIRED);
	e = undo_of(KIND_REVERSAL, 5, 3, 0);
	CHECK_I64("capture reversed", rig_post(&rig, &e, NULL), SUCCESS);
	CHECK(book_original(rig.book, out.lsn, &o));
	CHECK_I64("", o.remaining_fen, 500);
	e = undo_of(KIND_RELEASE, 6, 1, 0);
	CHECK_I64("release", rig_post(&rig, &e, NULL), SUCCESS);
	CHECK_I64("", rig_balance(&rig, rig.purse), 1000);
	CHECK_I64("", rig_balance(&rig, rig.holds), 0);
	e = undo_of(KIND_RELEASE, 7, 1, 0);
	CHECK_I64("nothing is left", rig_post(&rig, &e, NULL), LEDGER_ORIGINAL_STATE);
	e = rig_move(KIND_CAPTURE, 7, 8, rig.holds, rig.takings, 1);
	e.original_source = 7, e.original_number = 2;
	CHECK_I64("not a hold", rig_post(&rig, &e, NULL), LEDGER_ORIGINAL_STATE);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

static void check_counters(const char *name, int64_t day_fen, uint32_t day, int64_t window_fen,
                           uint32_t window)
{
	const struct book_account *a = book_account(rig.book, rig.purse);

	CHECK_I64(name, a->day_fen, day_fen);
	CHECK_I64(name, a->day_count, day);
	CHECK_I64(name, a->window_fen, window_fen);
	CHECK_I64(name, a->window_count, window);
}

static struct book_event counted(uint64_t number, uint32_t date, uint32_t window, int64_t fen)
{
	struct book_event e = rig_move(KIND_PURCHASE, 7, number, rig.purse, rig.takings, fen);

	e.business_date.yyyymmdd = date;
	e.counted = rig.purse;
	e.window = window;
	return e;
}

TEST(limits_are_counted_by_day_and_window_and_given_back)
{
	struct book_event e;

	rig_open(&rig, 0);
	fund(1, 10000);
	e = counted(1, 20260101, 3, 100);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = counted(2, 20260101, 3, 200);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("two", 300, 2, 300, 2);
	e = undo_of(KIND_REVERSAL, 3, 2, 0);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("one given back", 100, 1, 100, 1);
	e = undo_of(KIND_REFUND, 4, 1, 40);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("a part gives back money only", 60, 1, 60, 1);
	e = counted(5, 20260101, 4, 70);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("next window", 130, 2, 70, 1);
	e = undo_of(KIND_REFUND, 6, 1, 60);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("window of the original is over", 70, 1, 70, 1);
	e = counted(7, 20260102, 5, 500);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("next day", 500, 1, 500, 1);
	e = undo_of(KIND_REVERSAL, 8, 5, 0);
	e.business_date.yyyymmdd = 20260102;
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("yesterday gives back nothing today", 500, 1, 500, 1);
	e = counted(9, 20260101, 4, 30);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	check_counters("a late record of yesterday does not count today", 500, 1, 500, 1);
	e = counted(10, 20260102, 5, 100000);
	CHECK_I64("", rig_post(&rig, &e, NULL), LEDGER_INSUFFICIENT);
	check_counters("a refusal does not count", 500, 1, 500, 1);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

TEST(frozen_and_closed_accounts_refuse)
{
	static const struct {
		const char *name;
		uint16_t flags;
		bool debit;
		unsigned event_flags;
		enum result_code want;
	} rows[] = {
		{ "frozen, debit", BOOK_ACCOUNT_FROZEN, true, 0, LEDGER_ACCOUNT_FROZEN },
		{ "frozen, credit", BOOK_ACCOUNT_FROZEN, false, 0, SUCCESS },
		{ "frozen, forced", BOOK_ACCOUNT_FROZEN, true, JOURNAL_FORCED, SUCCESS },
		{ "closed, debit", BOOK_ACCOUNT_CLOSED, true, 0, LEDGER_ACCOUNT_CLOSED },
		{ "closed, credit", BOOK_ACCOUNT_CLOSED, false, 0, LEDGER_ACCOUNT_CLOSED },
		{ "closed, forced", BOOK_ACCOUNT_CLOSED, true, JOURNAL_FORCED, SUCCESS },
	}, *row;

	EACH (row, rows) {
		struct book_event e = rig_event(KIND_RECORD, 1, 1);

		rig_open(&rig, 0);
		fund(1, 100);
		e = rig_event(KIND_RECORD, 1, 1);
		CHECK_OK(book_account_change(rig.book, &e, rig.purse, 0, 0, row->flags));
		e = row->debit ? rig_move(KIND_PURCHASE, 7, 1, rig.purse, rig.takings, 10)
		               : rig_move(KIND_TOPUP, 7, 1, rig.till, rig.purse, 10);
		e.flags = row->event_flags;
		CHECK_I64(row->name, rig_post(&rig, &e, NULL), row->want);
		rig_check_copies(&rig, 0);
		rig_close(&rig);
	}
}

TEST(taking_back_leaves_no_trace)
{
	struct book *before;
	size_t mark;
	struct book_difference d;
	struct book_event e;
	uint32_t no;
	const struct book_key key = { CHART_MAIN_PURSE, RIG_PARK, 77, 0 };

	rig_open(&rig, 0);
	fund(1, 1000);
	e = counted(1, 20260101, 3, 100);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	before = rig_reload(&rig);
	mark = book_mark(rig.book);
	e = counted(2, 20260101, 3, 100);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = undo_of(KIND_REFUND, 5, 1, 40);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = undo_of(KIND_REVERSAL, 9, 8, 0);
	CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
	e = rig_move(KIND_PURCHASE, 55, 1, rig.purse, rig.takings, 1);
	CHECK_I64("a new source", rig_post(&rig, &e, NULL), SUCCESS);
	CHECK_OK(book_account_open(rig.book, &e, &key, 0, &no));
	e = rig_move(KIND_PURCHASE, 7, 20, rig.purse, rig.takings, 100000);
	CHECK_I64("", rig_post(&rig, &e, NULL), LEDGER_INSUFFICIENT);
	book_undo(rig.book, mark);
	if (!book_equal(rig.book, before, &d))
		CHECK_I64(d.field, d.a, d.b);
	CHECK_I64("rows", rig.open.count, 0);
	CHECK_I64("account", book_account_find(rig.book, &key), 0);
	book_destroy(before);
	rig_check_copies(&rig, 0);
	rig_close(&rig);
}

TEST(the_recount_agrees_while_money_moves)
{
	bool agrees = false;
	uint64_t n = 0;
	int64_t left, right;

	rig_open(&rig, 0);
	fund(1, 100000);
	for (int round = 0; round < 200; round++) {
		const struct book_event e =
		        rig_move(KIND_PURCHASE, 7, ++n, rig.purse, rig.takings, 5);
		size_t mark = book_mark(rig.book);

		CHECK_I64("", rig_post(&rig, &e, NULL), SUCCESS);
		if (round % 3 == 0)
			book_undo(rig.book, mark);
		if (book_recount(rig.book, 2, &agrees, &left, &right))
			CHECK(agrees && left == right);
	}
	rig_close(&rig);
}

TEST(the_chart_and_the_kinds_are_in_order)
{
	for (int i = 1; i < CHART_COUNT; i++)
		CHECK(chart_rows()[i - 1].code < chart_rows()[i].code);
	CHECK_I64("", chart_find(2001)->side, CHART_CREDIT);
	CHECK(chart_find(2000) == NULL);
	CHECK(chart_is_credit(5001) && !chart_is_credit(6001) && !chart_is_credit(3001) &&
	      !chart_is_credit(1));
	CHECK_STR("", kind_find(KIND_REVERSAL)->name, "REVERSAL");
	CHECK_I64("", kind_by_name("HOLD"), KIND_HOLD);
	CHECK_I64("", kind_by_name("NO SUCH"), KIND_NONE);
}

TEST(numbers_of_codes_are_stable_and_unlike)
{
	CHECK_I64("FNV-1a of LEDGER_INSUFFICIENT", journal_code(LEDGER_INSUFFICIENT),
	          journal_code(LEDGER_INSUFFICIENT));
	CHECK_I64("", journal_code(SUCCESS), 0);
	for (unsigned a = 0; a < RESULT_CODE_COUNT; a++) {
		CHECK_I64("back", journal_code_find(journal_code((enum result_code)a)), a);
		for (unsigned b = a + 1; b < RESULT_CODE_COUNT; b++)
			CHECK(journal_code((enum result_code)a) !=
			      journal_code((enum result_code)b));
	}
	CHECK_I64("", journal_code_find(1), RESULT_CODE_COUNT);
}
