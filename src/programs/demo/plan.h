/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h — an invented campus and its days: who lives there, who sells, and what happens minute by
 * minute. The same seed gives the same campus on every machine. Nobody in it is real.
 */
#pragma once

#include "base/rand.h"
#include "base/time.h"

enum {
	DEMO_PEOPLE = 2000,
	DEMO_MERCHANTS = 40,
	DEMO_TERMINALS = 120, /* tills */
	DEMO_DESKS = 4,       /* top-up desks of the finance office, beside the tills */
	DEMO_DAYS = 90,
	DEMO_NAME_SIZE = 64,
	DEMO_EVENTS_DAY_MAX = DEMO_PEOPLE * 8,
	DEMO_CARD_BASE = 26000001, /* card number of person 0 */
	DEMO_TOPUP_BELOW_FEN = 3000,
};

struct demo_person {
	char name[DEMO_NAME_SIZE]; /* Chinese */
	char department[DEMO_NAME_SIZE];
	bool is_staff;
	uint64_t card_no;
	uint16_t canteen;  /* the merchant this person likes best */
	uint16_t appetite; /* percent of an ordinary meal */
};

struct demo_merchant {
	char name[DEMO_NAME_SIZE];
	bool is_canteen;
	uint16_t first_terminal, terminal_count; /* its tills, of DEMO_TERMINALS */
};

struct demo_campus {
	struct demo_person people[DEMO_PEOPLE];
	struct demo_merchant merchants[DEMO_MERCHANTS];
	struct random_seeded random;
};

enum demo_event_kind { DEMO_PURCHASE, DEMO_TOPUP, DEMO_REFUND, DEMO_VOID };

/* One thing that happens. Refund and void concern the latest purchase of that person. */
struct demo_event {
	struct instant at;
	enum demo_event_kind kind;
	uint16_t person, terminal; /* a till, or for a top-up a desk */
	int32_t amount_fen;
};

void demo_campus_init(struct demo_campus *c, uint64_t seed);

/*
 * The events of one day in order of time, at most `size` of them; weekday and weekend differ.
 * Top-ups are not planned here: they happen when a purse runs low, which only the book knows.
 * `until` cuts a day that is not over.
 */
size_t demo_day(struct demo_campus *c, struct bizdate day, struct instant until,
                struct demo_event *out, size_t size);

/* What this person brings to the desk: 5 000…30 000 fen in whole 50 yuan. */
int32_t demo_topup_fen(struct demo_campus *c, const struct demo_person *p);
