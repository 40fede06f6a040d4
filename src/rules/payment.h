/* SPDX-License-Identifier: Apache-2.0 */
/* payment.h — may this card pay this here, and out of which purse: the one decision of host, till
 * and gateway. */
#pragma once

#include "base/money.h"
#include "base/time.h"

/* "No limit" in every limit below; limits themselves are 1 or more. */
enum { PAYMENT_NO_LIMIT = 0 };

/* What a transaction would do; a terminal is admitted to a set of them (bit 1 << kind). */
enum payment_kind {
	PAYMENT_PURCHASE,
	PAYMENT_VOID,
	PAYMENT_REFUND,
	PAYMENT_BALANCE,
	PAYMENT_TOP_UP,
	PAYMENT_TOP_UP_VOID,
	PAYMENT_SUBSIDY,
	PAYMENT_KIND_COUNT
};

enum { PAYMENT_KINDS_ALL = (1 << PAYMENT_KIND_COUNT) - 1 };

enum payment_card_state {
	PAYMENT_CARD_STATE_UNKNOWN, /* no such card */
	PAYMENT_CARD_STATE_GOOD,
	PAYMENT_CARD_STATE_LOST,   /* reported lost (挂失) */
	PAYMENT_CARD_STATE_STOLEN, /* keep the card */
	PAYMENT_CARD_STATE_FROZEN,
	PAYMENT_CARD_STATE_CLOSED /* closed, replaced or not yet issued */
};

enum payment_place_state { PAYMENT_PLACE_OPEN, PAYMENT_PLACE_SUSPENDED, PAYMENT_PLACE_CLOSED };

/* Limits of one identity class (身份限额). A zeroed struct means "none". */
struct payment_limits {
	int64_t cap_fen;            /* one purchase; no PIN lifts it */
	int64_t purchase_fen;       /* one purchase without PIN */
	int64_t window_fen;         /* within one meal window without PIN */
	int64_t day_fen;            /* within one business day without PIN */
	int64_t subsidy_window_fen; /* out of the subsidy purse within one meal window */
	uint32_t window_count, day_count;
	bool refuse_above; /* above an amount limit: refuse, even with a PIN */
};

/* What the card has done already; of the window and the day the purchase falls in. */
struct payment_used {
	int64_t window_fen, day_fen, subsidy_window_fen;
	uint32_t window_count, day_count;
};

struct payment_purses {
	int64_t main_fen;    /* 2001, never below 0 */
	int64_t subsidy_fen; /* 2002 */
	int64_t debt_fen;    /* 1050: what the holder owes */
};

/* Everything the decision looks at; nothing else counts. */
struct payment_question {
	enum payment_kind kind;
	enum payment_place_state terminal, merchant;
	uint32_t kinds_allowed; /* of the terminal, bits 1 << payment_kind */
	bool merchant_matches;  /* the terminal belongs to the merchant it names */
	bool subsidy_accepted;  /* by the place */
	enum payment_card_state card;
	bool card_may_pay;           /* its type is open for purchases */
	struct bizdate card_expires; /* last good day; 0 never */
	struct bizdate today;
	int64_t amount_fen;
	bool pin_passed;
	struct payment_limits limits;
	struct payment_used used;
	struct payment_purses purses;
};

/* Where the money comes from; the parts sum to the amount. */
struct payment_funding {
	int64_t subsidy_fen, main_fen;
	int64_t debt_fen; /* not covered: only where money is already gone (payment_fund_forced) */
};

/*
 * Evaluate in the order of finance section 7.1; the first refusal ends it. S2, S5, S6, S7, S10 and
 * S11 have no parameters yet. `out` is written only on OK.
 *
 * Declines: PAYMENT_TERMINAL_INACTIVE, PAYMENT_TERMINAL_SUSPENDED, PAYMENT_MERCHANT_CLOSED,
 * PAYMENT_MERCHANT_OTHER, PAYMENT_KIND_REFUSED (S1); PAYMENT_CARD_* (S3, S4); PAYMENT_COUNT_* (S8);
 * PAYMENT_AMOUNT (S9); PAYMENT_CAP, PAYMENT_LIMIT_*, PAYMENT_PIN_* (S12); PAYMENT_SHORT (S13).
 */
result payment_decide(const struct payment_question *q, struct payment_funding *out);

/* The steps that a top-up, refund or inquiry shares with a purchase. */
result payment_decide_place(const struct payment_question *q);
result payment_decide_card(const struct payment_question *q);
/* A top-up: place, card, amount, and the main purse not above ceiling_fen afterwards
 * (PAYMENT_CEILING). */
result payment_decide_top_up(const struct payment_question *q, int64_t ceiling_fen);

/* DF09 of a PAYMENT_PIN_* refusal: 1 purchase, 2 window, 3 day; 0 for any other code. */
uint8_t payment_pin_reason(result refusal);

/* The goods are gone: take what the purses hold, the rest is the holder's debt (finance E45). Never
 * refuses. */
struct payment_funding payment_fund_forced(int64_t amount_fen, const struct payment_purses *purses,
                                           bool subsidy_accepted);

/* Money in: debt is paid first (finance E45), the rest goes to the main purse. subsidy_fen stays 0.
 */
struct payment_funding payment_credit_split(int64_t amount_fen,
                                            const struct payment_purses *purses);
