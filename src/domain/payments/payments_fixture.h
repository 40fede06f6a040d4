/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payments_fixture.h — for tests: a small site that runs. Store, two merchants, five
 * terminals, four cards, a writer with its thread, and a clock that stands still until it is moved.
 */
#pragma once

#include <stdio.h>

#include "domain/payments/payments.h"
#include "harness/test.h"

enum {
	FIXTURE_TILL = 1000,     /* 01010001 of M1: everything but cash */
	FIXTURE_TILL2 = 1001,    /* 01010002 of M1 */
	FIXTURE_DESK = 1002,     /* 01010003 of M2: everything */
	FIXTURE_SM4 = 1003,      /* 01010004 of M1: suite 2 only */
	FIXTURE_NEW = 1004,      /* 01010005 of M1: AUTHORISED */
	FIXTURE_OPENING = 10000, /* fen on each card */
};

struct payments_fixture {
	char dir[512];
	struct clock_manual clock;
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct card_cache *cards;
	struct terminal_cache terminals;
	struct merchant_cache merchants;
	struct payments payments;
	bool open;
};

extern const struct instant payments_fixture_now; /* 2026-03-05 12:00 +08:00, a Thursday */

/* A new site in a directory of its own, opened. Cards 180001…180004 hold FIXTURE_OPENING each. */
result payments_fixture_make_in(struct payments_fixture *s, const char *dir);
/* In a directory below that of the test run. */
static inline result payments_fixture_make(struct payments_fixture *s)
{
	static int count;
	char dir[512];

	snprintf(dir, sizeof dir, "%s/site%d", test_dir(), ++count);
	return payments_fixture_make_in(s, dir);
}
/* The same site again, as after a restart. */
result payments_fixture_open(struct payments_fixture *s);
void payments_fixture_close(struct payments_fixture *s);
void payments_fixture_advance(struct payments_fixture *s, int64_t seconds);

/* The main purse of a card, and any account by its key; fen. Through the writer. */
int64_t payments_fixture_purse(struct payments_fixture *s, const char *card_no);
int64_t payments_fixture_balance(struct payments_fixture *s, uint32_t chart, uint64_t key1,
                                 uint64_t key2);
uint64_t payments_fixture_rows(struct payments_fixture *s); /* in the journal */
result payments_fixture_card(struct payments_fixture *s, const char *card_no,
                             result (*change)(struct ledger_tx *, struct card_cache *, struct str,
                                              struct card *));
result payments_fixture_state(struct payments_fixture *s, uint32_t terminal,
                              enum terminal_state state);
result payments_fixture_limits(struct payments_fixture *s,
                               const struct payment_limits *limits); /* of class 1 */
result payments_fixture_pin(struct payments_fixture *s, const char *card_no,
                            const uint8_t token[PAYMENTS_PIN_TOKEN]);
