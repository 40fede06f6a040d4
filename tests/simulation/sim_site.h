/* SPDX-License-Identifier: Apache-2.0 */
/* sim_site.h — the cards, tills and merchant of every simulated world, made once through the
 * domain. */
#pragma once

#include "domain/payments/payments.h"
#include "simulation/sim.h"

enum { SIM_ACCOUNTS_MAX = 64 };

struct sim_site {
	struct card_cache *cards;
	struct terminal_cache terminals;
	struct merchant_cache merchants;
	/* Accounts that issuing the cards opened, in order: opening the same in an empty book gives
	 * the same numbers. */
	struct book_key accounts[SIM_ACCOUNTS_MAX];
	int64_t floors[SIM_ACCOUNTS_MAX];
	uint32_t account_count;
};

/* Made at the first call, freed at exit. */
struct sim_site *sim_site(void);
/* The printed number of a card of the simulation. */
const char *sim_card_no(unsigned card);
