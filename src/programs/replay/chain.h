/* SPDX-License-Identifier: Apache-2.0 */
/* chain.h — does each card's balance follow from the one before it, counted by the card's own
 * counter? Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One record of a card, as the till told it. */
struct chain_link {
	uint64_t order;    /* of equal counters the first one given counts: the rest is ignored */
	int64_t delta_fen; /* what it did to the purse */
	int64_t after_fen; /* purse after it */
	uint32_t card, counter;
};

/* Where a chain does not hold. */
struct chain_break {
	uint32_t card, before, after; /* counters on both sides */
	int64_t amount_fen; /* what is missing between them: balance that left the purse */
	bool explained;     /* counters are missing in between */
};

struct chain_report {
	struct chain_break *breaks; /* allocated; chain_report_free */
	size_t count, size;
	uint64_t cards, links, explained, missing; /* missing: counters between known ones */
};

/* Sorts the links. Aborts when memory is out. */
void chain_check(struct chain_link *links, size_t count, struct chain_report *out);
void chain_report_free(struct chain_report *r);
