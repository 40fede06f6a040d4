/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/payments/payments_fixture.h"

/* One request on its way through the writer. */
struct asking {
	struct payments_fixture *s;
	struct payment_request request;
	struct payment_answer answer;
	result (*does)(struct ledger_tx *, struct payments *, const struct payment_request *,
	               struct payment_answer *);
	struct payment_upload *upload;
	struct payment_settlement *settlement;
};

static result work(struct ledger_tx *tx, void *arg)
{
	struct asking *a = arg;

	if (a->upload)
		return payment_store(tx, &a->s->payments, a->upload);
	if (a->settlement)
		return payment_settle(tx, &a->s->payments, a->settlement);
	return a->does(tx, &a->s->payments, &a->request, &a->answer);
}

static uint64_t mix(const struct payment_request *r)
{
	return r->tsn * 1000003 + (uint64_t)r->amount_fen * 31 + r->class + r->original_tsn * 7 +
	       (uint8_t)r->card_no[5];
}

static struct asking asking(struct payments_fixture *s, uint64_t tsn, const char *card,
                            int64_t amount)
{
	struct asking a = { .s = s, .does = payment_purchase };

	a.request = (struct payment_request){
		.source = FIXTURE_TILL,
		.tsn = tsn,
		.merchant_no = "M1",
		.amount_fen = amount,
		.batch = 1,
		.made_at = clock_now(&s->clock.clock),
		.class = PAYMENTS_CLASS_PURCHASE,
		.meal = 2,
	};
	snprintf(a.request.card_no, sizeof a.request.card_no, "%s", card);
	a.request.digest = mix(&a.request);
	return a;
}

/* The code of the answer, or of the request when it came to none. */
static const char *ask(struct asking *a)
{
	result r;

	a->request.digest = mix(&a->request);
	r = ledger_call(a->s->writer, a->request.has_pin, work, a);
	return is_ok(r) ? result_name((result){ a->answer.code }) : result_name(r);
}

static const char *purchase(struct payments_fixture *s, uint64_t tsn, const char *card,
                            int64_t amount)
{
	struct asking a = asking(s, tsn, card, amount);

	return ask(&a);
}

TEST(a_purchase_moves_money_once_and_a_repeat_answers_the_same)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	struct asking a = asking(&s, 7, "180001", 1250), again = a, other = a;

	CHECK_STR("first", ask(&a), "SUCCESS");
	CHECK_I64("told", a.answer.balance_fen, FIXTURE_OPENING - 1250);
	CHECK_I64("purse", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING - 1250);
	CHECK_I64("takings", payments_fixture_balance(&s, CHART_MERCHANT_TAKINGS, 1, FIXTURE_TILL),
	          1250);
	uint64_t rows = payments_fixture_rows(&s);
	CHECK_STR("again", ask(&again), "SUCCESS");
	CHECK(again.answer.replayed);
	CHECK_I64("same row", again.answer.lsn, a.answer.lsn);
	CHECK_I64("same balance", again.answer.balance_fen, a.answer.balance_fen);
	CHECK_I64("same time", again.answer.posted_at.us, a.answer.posted_at.us);
	other.request.amount_fen = 1251;
	CHECK_STR("other content", ask(&other), "LEDGER_CONFLICT");
	CHECK_I64("nothing more", payments_fixture_rows(&s), rows);
}

TEST(a_refused_purchase_stays_refused_whatever_happens_later)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));

	CHECK_STR("short", purchase(&s, 1, "180001", FIXTURE_OPENING + 1), "PAYMENT_SHORT");
	CHECK_STR("unknown", purchase(&s, 2, "999999", 100), "PAYMENT_CARD_UNKNOWN");
	CHECK_OK(payments_fixture_card(&s, "180002", card_report_lost));
	CHECK_STR("lost", purchase(&s, 3, "180002", 100), "PAYMENT_CARD_LOST");
	CHECK_OK(payments_fixture_card(&s, "180002", card_found));
	CHECK_STR("lost then, lost for ever", purchase(&s, 3, "180002", 100), "PAYMENT_CARD_LOST");
	CHECK_STR("a new number", purchase(&s, 4, "180002", 100), "SUCCESS");
	CHECK_STR("nothing", purchase(&s, 5, "180001", 0), "PAYMENT_AMOUNT");
	CHECK_I64("untouched", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
	struct asking a = asking(&s, 6, "180001", 100);
	snprintf(a.request.merchant_no, sizeof a.request.merchant_no, "M2");
	CHECK_STR("another's till", ask(&a), "PAYMENT_MERCHANT_OTHER");
	CHECK_OK(payments_fixture_state(&s, FIXTURE_TILL, TERMINAL_SUSPENDED));
	CHECK_STR("suspended", purchase(&s, 8, "180001", 100), "PAYMENT_TERMINAL_SUSPENDED");
}

/* As the key manager would give them. */
static const uint8_t token_2468[PAYMENTS_PIN_TOKEN] = "token of 2468  ";
static const uint8_t token_0000[PAYMENTS_PIN_TOKEN] = "token of 0000  ";

TEST(limits_of_a_class_ask_for_a_pin_and_the_right_one_lifts_them)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	static const struct payment_limits limits = { .purchase_fen = 1000,
		                                      .window_fen = 3000,
		                                      .day_count = 4 };

	CHECK_OK(payments_fixture_limits(&s, &limits));
	CHECK_OK(payments_fixture_pin(&s, "180001", token_2468));
	CHECK_STR("within", purchase(&s, 1, "180001", 1000), "SUCCESS");
	CHECK_STR("above", purchase(&s, 2, "180001", 1001), "PAYMENT_PIN_PURCHASE");
	struct asking a = asking(&s, 3, "180001", 1001);
	a.request.has_pin = true;
	memcpy(a.request.pin, token_2468, sizeof a.request.pin);
	CHECK_STR("right", ask(&a), "SUCCESS");
	CHECK_STR("window", purchase(&s, 4, "180001", 1000), "PAYMENT_PIN_WINDOW");
	CHECK_STR("the rest of the window", purchase(&s, 5, "180001", 999), "SUCCESS");
	struct asking b = asking(&s, 6, "180001", 1);
	b.request.meal = 3;
	CHECK_STR("another window", ask(&b), "SUCCESS");
	CHECK_STR("too many", purchase(&s, 7, "180001", 1), "PAYMENT_COUNT_DAY");
	payments_fixture_advance(&s, 86400);
	CHECK_STR("the next day", purchase(&s, 8, "180001", 1), "SUCCESS");
}

TEST(limits_are_read_as_people_write_them)
{
	static const struct {
		const char *text;
		enum result_code want;
		struct payment_limits limits;
	} rows[] = {
		{ "purchase=30 window=40.00 day=100", SUCCESS, { 0, 3000, 4000, 10000, 0, 0, 0, false } },
		{ " cap=50.5  above=refuse ", SUCCESS, { .cap_fen = 5050, .refuse_above = true } },
		{ "window-count=1 day-count=3 above=pin", SUCCESS, { .window_count = 1, .day_count = 3 } },
		{ "", SUCCESS, { 0 } },
		{ "purchase=-1", PAYMENT_LIMITS_SYNTAX, { .cap_fen = 9 } },
		{ "purchase", PAYMENT_LIMITS_SYNTAX, { .cap_fen = 9 } },
		{ "meal=3", PAYMENT_LIMITS_SYNTAX, { .cap_fen = 9 } },
		{ "day-count=1.5", PAYMENT_LIMITS_SYNTAX, { .cap_fen = 9 } },
		{ "above=maybe", PAYMENT_LIMITS_SYNTAX, { .cap_fen = 9 } },
	}, *row;

	EACH (row, rows) {
		struct payment_limits got = { .cap_fen = 9 };
		CHECK_RESULT(row->text, payment_limits_parse(str_of(row->text), &got), row->want);
		CHECK_I64(row->text, got.cap_fen, row->limits.cap_fen);
		CHECK_I64(row->text, got.purchase_fen, row->limits.purchase_fen);
		CHECK_I64(row->text, got.window_fen, row->limits.window_fen);
		CHECK_I64(row->text, got.day_fen, row->limits.day_fen);
		CHECK_I64(row->text, got.window_count, row->limits.window_count);
		CHECK_I64(row->text, got.day_count, row->limits.day_count);
		CHECK_I64(row->text, got.refuse_above, row->limits.refuse_above);
	}
}

TEST(five_wrong_pins_lock_until_they_are_reset)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	struct asking a = asking(&s, 1, "180001", 100);

	a.request.has_pin = true;
	memcpy(a.request.pin, token_0000, sizeof a.request.pin);
	CHECK_STR("none set", ask(&a), "PIN_NOT_SET");
	CHECK_OK(payments_fixture_pin(&s, "180001", token_2468));
	for (uint64_t i = 0; i < PAYMENTS_PIN_TRIES; i++) {
		a.request.tsn = 10 + i;
		CHECK_STR("wrong", ask(&a), "PIN_WRONG");
		CHECK_STR("a repeat costs no try", ask(&a), "PIN_WRONG");
	}
	a.request.tsn = 20;
	memcpy(a.request.pin, token_2468, sizeof a.request.pin);
	CHECK_STR("locked", ask(&a), "PIN_TRIES");
	payments_fixture_close(&s);
	REQUIRE_OK(payments_fixture_open(&s));
	a.request.tsn = 21;
	CHECK_STR("after a restart too", ask(&a), "PIN_TRIES");
	CHECK_OK(payments_fixture_pin(&s, "180001", token_2468));
	a.request.tsn = 22;
	CHECK_STR("set anew", ask(&a), "SUCCESS");
	a.request.tsn = 23;
	snprintf(a.request.card_no, sizeof a.request.card_no, "180002");
	CHECK_STR("of nobody else", ask(&a), "PIN_NOT_SET");
}

static struct asking undo(struct payments_fixture *s, uint64_t tsn, uint64_t original,
                          int64_t amount)
{
	struct asking a = asking(s, tsn, "180001", amount);

	a.does = payment_void;
	a.request.class = PAYMENTS_CLASS_VOID;
	a.request.original_tsn = original;
	return a;
}

TEST(a_void_gives_back_all_of_it_on_the_same_day_and_till_only)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	struct asking a;

	CHECK_STR("sale", purchase(&s, 1, "180001", 1250), "SUCCESS");
	a = undo(&s, 2, 1, 1249);
	CHECK_STR("part", ask(&a), "PAYMENT_VOID_AMOUNT");
	a = undo(&s, 3, 99, 1250);
	CHECK_STR("never sold", ask(&a), "LEDGER_ORIGINAL_UNKNOWN");
	a = undo(&s, 4, 1, 1250);
	a.request.source = FIXTURE_TILL2;
	CHECK_STR("another till", ask(&a), "LEDGER_ORIGINAL_UNKNOWN");
	a = undo(&s, 5, 1, 1250);
	snprintf(a.request.card_no, sizeof a.request.card_no, "180002");
	CHECK_STR("another card", ask(&a), "PAYMENT_ORIGINAL_OTHER");
	CHECK_I64("still sold", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING - 1250);
	a = undo(&s, 6, 1, 1250);
	CHECK_STR("whole", ask(&a), "SUCCESS");
	CHECK_I64("back", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
	CHECK_I64("takings", payments_fixture_balance(&s, CHART_MERCHANT_TAKINGS, 1, FIXTURE_TILL),
	          0);
	a = undo(&s, 7, 1, 1250);
	CHECK_STR("twice", ask(&a), "LEDGER_ORIGINAL_STATE");
	CHECK_STR("sale", purchase(&s, 8, "180001", 500), "SUCCESS");
	payments_fixture_advance(&s, 86400);
	a = undo(&s, 9, 8, 500);
	CHECK_STR("the next day", ask(&a), "PAYMENT_VOID_DAY");
	CHECK_I64("not back", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING - 500);
}

TEST(a_refund_needs_reference_number_and_supervisor_and_never_passes_the_original)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	struct asking sale = asking(&s, 1, "180001", 1250), a;

	CHECK_STR("sale", ask(&sale), "SUCCESS");
	payments_fixture_advance(&s, 3 * 86400);
	a = undo(&s, 2, 1, 1000);
	a.does = payment_refund;
	a.request.class = PAYMENTS_CLASS_REFUND;
	a.request.source = FIXTURE_TILL2; /* any till of the merchant, any day */
	a.request.original_lsn = sale.answer.lsn;
	CHECK_STR("alone", ask(&a), "PAYMENT_SUPERVISOR");
	a.request.supervised = true;
	a.request.tsn = 3;
	a.request.original_tsn = 2;
	CHECK_STR("wrong number", ask(&a), "LEDGER_ORIGINAL_UNKNOWN");
	a.request.original_tsn = 1;
	a.request.original_lsn = 999999;
	a.request.tsn = 4;
	CHECK_STR("wrong reference", ask(&a), "LEDGER_ORIGINAL_UNKNOWN");
	a.request.original_lsn = sale.answer.lsn;
	a.request.tsn = 5;
	CHECK_STR("part", ask(&a), "SUCCESS");
	a.request.tsn = 6;
	a.request.amount_fen = 251;
	CHECK_STR("one fen too much", ask(&a), "LEDGER_REFUND_EXCEEDS");
	a.request.tsn = 7;
	a.request.amount_fen = 250;
	CHECK_STR("the rest", ask(&a), "SUCCESS");
	CHECK_I64("all back", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
	a.request.tsn = 8;
	a.request.source = FIXTURE_DESK;
	snprintf(a.request.merchant_no, sizeof a.request.merchant_no, "M2");
	CHECK_STR("another merchant", ask(&a), "PAYMENT_ORIGINAL_OTHER");
}

static struct asking top_up(struct payments_fixture *s, uint64_t tsn, int64_t amount)
{
	struct asking a = asking(s, tsn, "180001", amount);

	a.does = payment_top_up;
	a.request.class = PAYMENTS_CLASS_TOP_UP;
	a.request.source = FIXTURE_DESK;
	snprintf(a.request.merchant_no, sizeof a.request.merchant_no, "M2");
	return a;
}

TEST(cash_goes_to_the_purse_and_back_only_as_its_last_movement)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	struct asking a = top_up(&s, 1, 5000);

	CHECK_STR("cash", ask(&a), "SUCCESS");
	CHECK_I64("purse", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING + 5000);
	CHECK_I64("drawer", payments_fixture_balance(&s, CHART_TILL_CASH, FIXTURE_DESK, 0), 5000);
	a = top_up(&s, 2, 40000);
	CHECK_STR("ceiling", ask(&a), "PAYMENT_CEILING");
	a = top_up(&s, 3, 100);
	a.request.source = FIXTURE_TILL;
	snprintf(a.request.merchant_no, sizeof a.request.merchant_no, "M1");
	CHECK_STR("no cash at this till", ask(&a), "PAYMENT_KIND_REFUSED");
	a = top_up(&s, 4, 5000);
	a.does = payment_confirm;
	a.request.original_tsn = 1;
	CHECK_STR("confirm", ask(&a), "SUCCESS");
	CHECK_STR("sale", purchase(&s, 1, "180001", 10), "SUCCESS");
	a = top_up(&s, 5, 5000);
	a.does = payment_top_up_void;
	a.request.class = PAYMENTS_CLASS_TOP_UP_VOID;
	a.request.original_tsn = 1;
	CHECK_STR("moved since", ask(&a), "PAYMENT_NOT_LAST");
	a = top_up(&s, 6, 700);
	CHECK_STR("cash", ask(&a), "SUCCESS");
	a = top_up(&s, 7, 700);
	a.does = payment_top_up_void;
	a.request.class = PAYMENTS_CLASS_TOP_UP_VOID;
	a.request.original_tsn = 6;
	CHECK_STR("void", ask(&a), "SUCCESS");
	CHECK_I64("drawer", payments_fixture_balance(&s, CHART_TILL_CASH, FIXTURE_DESK, 0), 5000);
	a = top_up(&s, 8, 2000);
	a.does = payment_subsidy;
	a.request.class = PAYMENTS_CLASS_SUBSIDY;
	CHECK_STR("subsidy", ask(&a), "SUCCESS");
	CHECK_I64("advance", payments_fixture_balance(&s, CHART_SUBSIDY_ADVANCE, 0, 0),
	          FIXTURE_OPENING - 2000);
}

static const char *reverse(struct payments_fixture *s, uint64_t tsn, uint64_t original,
                           int64_t amount, bool *settled)
{
	struct asking a = undo(s, tsn, original, amount);
	const char *code;

	a.does = payment_reversal;
	a.request.class = PAYMENTS_CLASS_PURCHASE;
	code = ask(&a);
	if (settled)
		*settled = a.answer.settled_before;
	return code;
}

TEST(a_reversal_is_never_refused_and_a_late_original_never_sells)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	bool settled;

	CHECK_STR("sale", purchase(&s, 1, "180001", 1250), "SUCCESS");
	CHECK_STR("reversal", reverse(&s, 2, 1, 1250, &settled), "SUCCESS");
	CHECK(!settled);
	CHECK_I64("net zero", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
	CHECK_STR("again", reverse(&s, 2, 1, 1250, NULL), "SUCCESS");
	CHECK_STR("under a new number", reverse(&s, 3, 1, 1250, NULL), "SUCCESS");
	CHECK_I64("still zero", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
	CHECK_STR("of nothing", reverse(&s, 5, 4, 700, NULL), "SUCCESS");
	CHECK_STR("the late original", purchase(&s, 4, "180001", 700), "LEDGER_REVERSED_BEFORE");
	CHECK_STR("declined", purchase(&s, 6, "180001", FIXTURE_OPENING + 1), "PAYMENT_SHORT");
	CHECK_STR("of a decline", reverse(&s, 7, 6, FIXTURE_OPENING + 1, NULL), "SUCCESS");
	CHECK_STR("sale", purchase(&s, 8, "180001", 300), "SUCCESS");
	payments_fixture_advance(&s, 86400);
	CHECK_STR("a day later", reverse(&s, 9, 8, 300, &settled), "SUCCESS");
	CHECK(settled);
	CHECK_STR("asked again", reverse(&s, 9, 8, 300, &settled), "SUCCESS");
	CHECK(settled);
	CHECK_I64("net zero", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
}

static struct payment_record record(struct payments_fixture *s, uint64_t tsn, uint8_t type,
                                    const char *card, int64_t amount)
{
	struct payment_record r = { .type = type,
		                    .authentic = true,
		                    .tsn = tsn,
		                    .digest = tsn * 77 + (uint64_t)amount,
		                    .amount_fen = amount,
		                    .made_at = clock_now(&s->clock.clock),
		                    .meal = 2 };

	store_be64(r.raw_hash, r.digest);
	snprintf(r.card_no, sizeof r.card_no, "%s", card);
	return r;
}

static result upload(struct payments_fixture *s, struct payment_upload *u)
{
	struct asking a = { .s = s, .upload = u };

	u->source = FIXTURE_TILL;
	u->batch = 1;
	return ledger_call(s->writer, true, work, &a);
}

static size_t cases(struct payments_fixture *s, struct arena *a, struct payment_case **rows);

TEST(stored_records_are_posted_or_filed_and_never_declined)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	SCOPED(arena_free) struct arena arena = { 0 };
	static struct payment_upload u;
	struct payment_case *filed;
	REQUIRE_OK(payments_fixture_make(&s));

	u.records[0] = record(&s, 1, PAYMENTS_CLASS_PURCHASE, "180001", 1250);
	u.records[1] = record(&s, 2, PAYMENTS_CLASS_PURSE, "180001",
	                      FIXTURE_OPENING); /* more than is left */
	u.records[2] = record(&s, 3, PAYMENTS_CLASS_PURCHASE, "999999", 100);
	u.records[3] = record(&s, 4, PAYMENTS_CLASS_PURCHASE, "180002", 100);
	u.records[3].authentic = false;
	u.records[4] = record(&s, 5, PAYMENTS_CLASS_PURCHASE, "180002", 100);
	u.records[4].broken = true;
	u.records[5] = record(&s, 6, 0x99, "180002", 100);
	u.records[6] = record(&s, 7, PAYMENTS_CLASS_PURCHASE, "180003", 400);
	u.records[6].flags = 0x08; /* torn: nobody knows */
	u.records[7] = record(&s, 8, 0xA1, "180003", 0);
	u.count = 8;
	CHECK_OK(upload(&s, &u));
	static const int first[] = { 0, 0, 2, 2, 3, 2, 2, 0 },
	                 second[] = { 1, 1, 1, 1, 3, 1, 1, 1 };
	for (unsigned i = 0; i < u.count; i++)
		CHECK_I64("first time", u.status[i], first[i]);
	CHECK_I64("taken to nothing", payments_fixture_purse(&s, "180001"), 0);
	CHECK_I64("the rest is owed", payments_fixture_balance(&s, CHART_HOLDER_RECEIVABLE, 1, 0),
	          1250);
	CHECK_I64("sold", payments_fixture_balance(&s, CHART_MERCHANT_TAKINGS, 1, FIXTURE_TILL),
	          FIXTURE_OPENING + 1250);
	CHECK_I64("cases", cases(&s, &arena, &filed), 4);
	uint64_t rows = payments_fixture_rows(&s);
	CHECK_OK(upload(&s, &u));
	for (unsigned i = 0; i < u.count; i++)
		CHECK_I64("second time", u.status[i], second[i]);
	CHECK_I64("nothing new", payments_fixture_rows(&s), rows);
	CHECK_I64("cases", cases(&s, &arena, &filed), 4);

	struct asking cash = top_up(&s, 1, 2000);
	CHECK_STR("cash", ask(&cash), "SUCCESS");
	CHECK_I64("debt first", payments_fixture_balance(&s, CHART_HOLDER_RECEIVABLE, 1, 0), 0);
	CHECK_I64("then the purse", payments_fixture_purse(&s, "180001"), 750);
}

struct listing {
	struct arena *arena;
	struct payment_case **rows;
	size_t count;
};

static result work_cases(struct ledger_tx *tx, void *arg)
{
	struct listing *l = arg;

	return payment_case_list(tx->db, 0, 100, l->arena, l->rows, &l->count);
}

static size_t cases(struct payments_fixture *s, struct arena *a, struct payment_case **rows)
{
	struct listing l = { .arena = a, .rows = rows };

	CHECK_OK(ledger_call(s->writer, true, work_cases, &l));
	return l.count;
}

TEST(a_record_of_a_lost_card_counts_by_when_it_was_made)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	static struct payment_upload u;
	REQUIRE_OK(payments_fixture_make(&s));

	u.records[0] = record(&s, 1, PAYMENTS_CLASS_PURCHASE, "180001", 500); /* before the loss */
	payments_fixture_advance(&s, 600);
	CHECK_OK(payments_fixture_card(&s, "180001", card_report_lost));
	payments_fixture_advance(&s, 600);
	u.records[1] = record(&s, 2, PAYMENTS_CLASS_PURCHASE, "180001", 700); /* after it */
	u.count = 2;
	CHECK_OK(upload(&s, &u));
	CHECK_I64("before", u.status[0], PAYMENT_RECORD_STORED);
	CHECK_I64("after", u.status[1], PAYMENT_RECORD_CASE);
	CHECK_I64("holder", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING - 500);
	CHECK_I64("nobody's yet",
	          payments_fixture_balance(&s, CHART_ORPHAN_RECORDS, FIXTURE_TILL, 0), 700);
	CHECK_I64("merchant", payments_fixture_balance(&s, CHART_MERCHANT_TAKINGS, 1, FIXTURE_TILL),
	          1200);
}

TEST(a_replaced_card_still_pays_for_what_it_bought)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	static struct payment_upload u;
	REQUIRE_OK(payments_fixture_make(&s));

	u.records[0] = record(&s, 1, PAYMENTS_CLASS_PURCHASE, "180001", 500);
	CHECK_OK(payments_fixture_card(&s, "180001", card_close));
	u.count = 1;
	CHECK_OK(upload(&s, &u));
	CHECK_I64("posted", u.status[0], PAYMENT_RECORD_STORED);
}

TEST(an_online_sale_uploaded_again_is_a_duplicate_and_a_different_one_a_case)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	static struct payment_upload u;
	REQUIRE_OK(payments_fixture_make(&s));

	CHECK_STR("sale", purchase(&s, 1, "180001", 1250), "SUCCESS");
	CHECK_STR("sale", purchase(&s, 2, "180001", 300), "SUCCESS");
	u.records[0] = record(&s, 1, PAYMENTS_CLASS_PURCHASE, "180001", 1250);
	u.records[1] = record(&s, 2, PAYMENTS_CLASS_PURCHASE, "180001", 999);
	u.count = 2;
	CHECK_OK(upload(&s, &u));
	CHECK_I64("same", u.status[0], PAYMENT_RECORD_DUPLICATE);
	CHECK_I64("other", u.status[1], PAYMENT_RECORD_CASE);
	CHECK_I64("nothing moved", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING - 1550);
}

static result settle(struct payments_fixture *s, struct payment_settlement *m)
{
	struct asking a = { .s = s, .settlement = m };

	m->source = FIXTURE_TILL;
	return ledger_call(s->writer, true, work, &a);
}

TEST(a_batch_is_closed_when_both_sides_have_the_same_totals)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	struct payment_settlement m = { .batch = 1 };
	static struct payment_upload u;
	REQUIRE_OK(payments_fixture_make(&s));

	CHECK_STR("sale", purchase(&s, 1, "180001", 1250), "SUCCESS");
	CHECK_STR("sale", purchase(&s, 2, "180002", 750), "SUCCESS");
	CHECK_STR("refused", purchase(&s, 3, "180002", 75000), "PAYMENT_SHORT");
	CHECK_STR("reversed", reverse(&s, 4, 2, 750, NULL), "SUCCESS");
	m.told.rows[0] = (struct payments_total){ PAYMENTS_CLASS_PURCHASE, 2, 2000 };
	CHECK_OK(settle(&s, &m));
	CHECK_I64("unequal", m.result, PAYMENT_BATCH_UNEQUAL);
	CHECK_I64("host count", m.host.rows[0].count, 1);
	CHECK_I64("host sum", m.host.rows[0].sum_fen, 1250);
	u.records[0] = record(&s, 5, PAYMENTS_CLASS_PURSE, "180003", 40);
	u.count = 1;
	CHECK_OK(upload(&s, &u));
	payments_fixture_close(&s); /* totals are found in the journal again */
	REQUIRE_OK(payments_fixture_open(&s));
	m.told.rows[0] = (struct payments_total){ PAYMENTS_CLASS_PURSE, 1, 40 };
	m.told.rows[1] = (struct payments_total){ PAYMENTS_CLASS_PURCHASE, 1, 1250 };
	CHECK_OK(settle(&s, &m));
	CHECK_I64("equal", m.result, PAYMENT_BATCH_EQUAL);
	m.told.rows[0].count = 9;
	CHECK_OK(settle(&s, &m));
	CHECK_I64("as it was answered", m.result, PAYMENT_BATCH_EQUAL);
	m.batch = 2;
	m.final = true;
	CHECK_OK(settle(&s, &m));
	CHECK_I64("closed with our figures", m.result, PAYMENT_BATCH_UNEQUAL);
	m.batch = 7;
	CHECK_OK(settle(&s, &m));
	CHECK_I64("no such batch", m.result, PAYMENT_BATCH_UNKNOWN);
}

TEST(a_balance_inquiry_moves_nothing_and_is_not_missed_later)
{
	SCOPED(payments_fixture_close) struct payments_fixture s;
	REQUIRE_OK(payments_fixture_make(&s));
	struct asking a = asking(&s, 1, "180001", 0);

	a.does = payment_balance;
	a.request.class = 0x01;
	CHECK_STR("balance", ask(&a), "SUCCESS");
	CHECK_I64("told", a.answer.balance_fen, FIXTURE_OPENING);
	CHECK_I64("purse", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
	a.request.tsn = 2;
	snprintf(a.request.card_no, sizeof a.request.card_no, "999999");
	CHECK_STR("unknown", ask(&a), "PAYMENT_CARD_UNKNOWN");
}
