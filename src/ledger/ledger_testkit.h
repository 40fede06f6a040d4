/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_testkit.h — a small ledger on any engine for tests: accounts, purchases, restarts. */
#pragma once

#include "ledger/writer.h"

enum kit_engine { KIT_SQLITE, KIT_POSTGRES, KIT_MEMORY, KIT_ENGINES };

enum {
	KIT_HOLDERS = 8,
	KIT_MERCHANTS = 3,
	KIT_PARK = 1,
};

struct kit {
	enum kit_engine engine;
	const char *name;
	char dsn[400];
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct clock_manual clock;
	struct ledger_config config;
	uint32_t purse[KIT_HOLDERS + 1], subsidy[KIT_HOLDERS + 1]; /* account numbers, from 1 */
	uint32_t takings[KIT_MERCHANTS + 1], till, hold[KIT_HOLDERS + 1];
	uint64_t desk; /* numbers of source 2, for money that just has to be there */
};

/* An empty store with the kit's accounts opened. Without a thread: requests run when they are made.
 */
result kit_open(struct kit *kit, enum kit_engine engine);
void kit_close(struct kit *kit);
/* Close writer and store and open them again, as a new process would; the memory store stays. */
void kit_restart(struct kit *kit);

/* Run one function as a request, until its answer. */
result kit_run(struct kit *kit, result (*work)(struct ledger_tx *tx, void *arg), void *arg);
result kit_post(struct kit *kit, const struct book_event *event, struct book_outcome *out);
/* An event from the kit's accounts with digest made of its amount; holder 1…, merchant 1 + source %
 * KIT_MERCHANTS. */
struct book_event kit_purchase_event(const struct kit *kit, uint32_t source, uint64_t number,
                                     int holder, int64_t fen);
result kit_purchase(struct kit *kit, uint32_t source, uint64_t number, int holder, int64_t fen,
                    struct book_outcome *out);
result kit_reverse(struct kit *kit, uint32_t source, uint64_t number, uint64_t original,
                   struct book_outcome *out);
void kit_topup(struct kit *kit, int holder, int64_t fen);
int64_t kit_balance(struct kit *kit, uint32_t account);
/* A query-only transaction that sees store and views; the caller closes its connection. */
struct db_tx *kit_read(struct kit *kit);

void kit_idle(struct kit *kit); /* views, write-back and recount until nothing is left to do */
void kit_check_proof(struct kit *kit);  /* all identities hold */
void kit_check_verify(struct kit *kit); /* ledger_verify is clean, on a store of its own */
