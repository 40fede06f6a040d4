/* SPDX-License-Identifier: Apache-2.0 */
/* card_desk.h — for tests: a new site's book and store with the table of cards, requests run at
 * once. */
#pragma once

#include "domain/cards/card_import.h"
#include "domain/fixture.h"
#include "ledger/writer.h"

struct card_desk {
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct clock_manual clock;
	struct card_cache *cache;
};

/* False (and failed checks) when it cannot be made. */
bool card_desk_open(struct card_desk *d, enum db_engine engine);
void card_desk_close(struct card_desk *d); /* for SCOPED */
/* One request with SQL; the cache keeps or undoes as a platform's done function does. */
result card_desk_run(struct card_desk *d, result (*work)(struct ledger_tx *tx, void *arg),
                     void *arg);
