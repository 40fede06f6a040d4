/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/payment.h"

/* A refusal is ordinary business: it carries no detail, because the journal row tells everything.
 */
static result refuse(enum result_code code)
{
	return (result){ code };
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool is_above(int64_t value, int64_t limit)
{
	return limit != PAYMENT_NO_LIMIT && value > limit;
}

/* Sums of fen stay far below the range of the type; a sum that does not counts as above every
 * limit. */
static int64_t sum(int64_t a, int64_t b)
{
	int64_t out;
	return __builtin_add_overflow(a, b, &out) ? INT64_MAX : out;
}

/* S1: terminal and merchant. */
result payment_decide_place(const struct payment_question *q)
{
	if (q->terminal == PAYMENT_PLACE_CLOSED)
		return refuse(PAYMENT_TERMINAL_INACTIVE);
	if (q->terminal == PAYMENT_PLACE_SUSPENDED)
		return refuse(PAYMENT_TERMINAL_SUSPENDED);
	if (q->merchant != PAYMENT_PLACE_OPEN)
		return refuse(PAYMENT_MERCHANT_CLOSED);
	if (!q->merchant_matches)
		return refuse(PAYMENT_MERCHANT_OTHER);
	if (!(q->kinds_allowed & 1u << q->kind))
		return refuse(PAYMENT_KIND_REFUSED);
	return OK;
}

/* S3 status, S4 validity and type. */
result payment_decide_card(const struct payment_question *q)
{
	switch (q->card) {
	case PAYMENT_CARD_STATE_GOOD:
		break;
	case PAYMENT_CARD_STATE_LOST:
		return refuse(PAYMENT_CARD_LOST);
	case PAYMENT_CARD_STATE_STOLEN:
		return refuse(PAYMENT_CARD_STOLEN);
	case PAYMENT_CARD_STATE_FROZEN:
		return refuse(PAYMENT_CARD_FROZEN);
	case PAYMENT_CARD_STATE_CLOSED:
		return refuse(PAYMENT_CARD_CLOSED);
	case PAYMENT_CARD_STATE_UNKNOWN:
	default:
		return refuse(PAYMENT_CARD_UNKNOWN);
	}
	if (q->card_expires.yyyymmdd && q->today.yyyymmdd > q->card_expires.yyyymmdd)
		return refuse(PAYMENT_CARD_EXPIRED);
	if (!q->card_may_pay)
		return refuse(PAYMENT_CARD_TYPE);
	return OK;
}

/* S8 */
static result decide_counts(const struct payment_question *q)
{
	const struct payment_limits *limit = &q->limits;

	if (limit->window_count != PAYMENT_NO_LIMIT && q->used.window_count >= limit->window_count)
		return refuse(PAYMENT_COUNT_WINDOW);
	if (limit->day_count != PAYMENT_NO_LIMIT && q->used.day_count >= limit->day_count)
		return refuse(PAYMENT_COUNT_DAY);
	return OK;
}

/* S12: the cap first, then purchase, window, day. Equal to the limit is allowed; a PIN lifts all
 * but the cap. */
static result decide_amounts(const struct payment_question *q)
{
	const struct payment_limits *limit = &q->limits;
	const struct {
		int64_t value, limit;
		enum result_code refused, pin;
	} steps[] = {
		{ q->amount_fen, limit->purchase_fen, PAYMENT_LIMIT_PURCHASE, PAYMENT_PIN_PURCHASE },
		{ sum(q->used.window_fen, q->amount_fen), limit->window_fen, PAYMENT_LIMIT_WINDOW, PAYMENT_PIN_WINDOW },
		{ sum(q->used.day_fen, q->amount_fen), limit->day_fen, PAYMENT_LIMIT_DAY, PAYMENT_PIN_DAY },
	}, *step;

	if (is_above(q->amount_fen, limit->cap_fen))
		return refuse(PAYMENT_CAP);
	EACH (step, steps) {
		if (!is_above(step->value, step->limit))
			continue;
		if (limit->refuse_above)
			return refuse(step->refused);
		if (!q->pin_passed)
			return refuse(step->pin);
	}
	return OK;
}

/* What the subsidy purse may give to this purchase. */
static int64_t subsidy_room(const struct payment_question *q)
{
	int64_t room = q->purses.subsidy_fen;

	if (!q->subsidy_accepted || room <= 0)
		return 0;
	if (q->limits.subsidy_window_fen == PAYMENT_NO_LIMIT)
		return room;
	int64_t left = q->limits.subsidy_window_fen - q->used.subsidy_window_fen;
	return left <= 0 ? 0 : smaller(room, left);
}

/* S13: subsidy first, then main. */
static result decide_funding(const struct payment_question *q, struct payment_funding *out)
{
	int64_t subsidy = smaller(q->amount_fen, subsidy_room(q));

	if (q->amount_fen - subsidy > q->purses.main_fen)
		return refuse(PAYMENT_SHORT);
	*out = (struct payment_funding){ .subsidy_fen = subsidy,
		                         .main_fen = q->amount_fen - subsidy };
	return OK;
}

result payment_decide(const struct payment_question *q, struct payment_funding *out)
{
	TRY(payment_decide_place(q));
	TRY(payment_decide_card(q));
	TRY(decide_counts(q));
	if (q->amount_fen <= 0)
		return refuse(PAYMENT_AMOUNT);
	TRY(decide_amounts(q));
	return decide_funding(q, out);
}

result payment_decide_top_up(const struct payment_question *q, int64_t ceiling_fen)
{
	TRY(payment_decide_place(q));
	TRY(payment_decide_card(q));
	if (q->amount_fen <= 0)
		return refuse(PAYMENT_AMOUNT);
	struct payment_funding in = payment_credit_split(q->amount_fen, &q->purses);
	if (is_above(sum(q->purses.main_fen, in.main_fen), ceiling_fen))
		return refuse(PAYMENT_CEILING);
	return OK;
}

uint8_t payment_pin_reason(result refusal)
{
	switch (refusal.code) {
	case PAYMENT_PIN_PURCHASE:
		return 1;
	case PAYMENT_PIN_WINDOW:
		return 2;
	case PAYMENT_PIN_DAY:
		return 3;
	default:
		return 0;
	}
}

struct payment_funding payment_fund_forced(int64_t amount_fen, const struct payment_purses *purses,
                                           bool subsidy_accepted)
{
	int64_t have_subsidy =
	        subsidy_accepted && purses->subsidy_fen > 0 ? purses->subsidy_fen : 0;
	int64_t have_main = purses->main_fen > 0 ? purses->main_fen : 0;
	struct payment_funding out;

	out.subsidy_fen = smaller(amount_fen, have_subsidy);
	out.main_fen = smaller(amount_fen - out.subsidy_fen, have_main);
	out.debt_fen = amount_fen - out.subsidy_fen - out.main_fen;
	return out;
}

struct payment_funding payment_credit_split(int64_t amount_fen, const struct payment_purses *purses)
{
	int64_t debt = purses->debt_fen > 0 ? smaller(amount_fen, purses->debt_fen) : 0;

	return (struct payment_funding){ .debt_fen = debt, .main_fen = amount_fen - debt };
}
