/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views_follow.h — keeps the views up with the journal, on connections and, when wanted, a thread
 * of its own.
 *
 * It reads what was committed and writes the views' database; the writer waits for neither. A
 * follower that fails stops no sale: it says why, tries again, and the lag shows in the proof.
 */
#pragma once

#include "base/time.h"
#include "ledger/store.h"

struct views_follower;

/*
 * Opens the views beside the store. Views filled with another cut-over hour, or from another
 * journal than the store's, are emptied and filled again. *out NULL: a store in memory has none.
 * The store and the clock live longer. Faults: those of ledger_store_views, OUT_OF_MEMORY.
 */
result views_follower_open(struct ledger_store *store, const struct clock *clock, int cutover_s,
                           struct views_follower **out);
/* Stops first. NULL is fine. */
void views_follower_close(struct views_follower *f);

/* Its thread. SYSTEM_CALL. */
result views_follower_start(struct views_follower *f);
/* Fill what is committed, end the thread. Nothing happens without a thread. */
void views_follower_stop(struct views_follower *f);

/* Rows up to here are durable: may be followed. Any thread; costs one store. */
void views_follower_committed(struct views_follower *f, uint64_t lsn);
/* Rows up to here are in the views. Any thread. */
uint64_t views_follower_lsn(const struct views_follower *f);

/* Without a thread: a piece of what is committed; *more: there is more. Faults: DB_*,
 * LEDGER_FENCED, LEDGER_CORRUPT. */
result views_follower_step(struct views_follower *f, bool *more);
/* The views' database, for tests that tamper with it. */
struct db *views_follower_db(struct views_follower *f);
