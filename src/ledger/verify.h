/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h — rebuild the book from its first row and compare everything that is kept beside it. */
#pragma once

#include "ledger/store.h"

/* The first difference, precisely. */
struct verify_difference {
	char table[32]; /* "ledger_batch", "ledger_page", "ledger_day", or one of the views:
	                   "entry", "entry_index", "account_view" … */
	uint64_t batch; /* batch number, 0 when it is not about one */
	uint64_t row;   /* lsn, or the number of the account, source or original; 0 */
	char field[32]; /* column or member */
	char text[160]; /* what was found and what should be there */
};

struct verify_report {
	bool clean;
	struct verify_difference first; /* when not clean */
	uint64_t rows, batches, accounts, sources, originals, entries, days;
	uint64_t last_lsn;
	uint8_t last_hash[JOURNAL_HASH_SIZE];
	uint64_t views_lsn;
	int64_t took_us;
};

struct verify_progress {
	void (*step)(void *arg, uint64_t rows_done, uint64_t rows_total); /* may be NULL */
	void *arg;
};

/*
 * Checks, in this order: row CRCs and batch records (numbers, hashes, chain, epochs), rows
 * (contiguous, balances follow, links point back, source numbers unique, known kinds and codes,
 * accounts exist), day heads, pages (accounts, sources, originals, turnover), views up to their
 * watermark. The store is a reader of its own; a running writer does not disturb it.
 *
 * OK with report->clean false is a difference found; other results mean that it could not be read.
 */
result ledger_verify(struct ledger_store *store, const struct verify_progress *progress,
                     struct verify_report *report);
