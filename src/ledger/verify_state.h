/* SPDX-License-Identifier: Apache-2.0 */
/* verify_state.h — what the parts of verify share. */
#pragma once

#include "ledger/verify.h"
#include "ledger/views.h"

struct verify_days {
	struct store_day *at;
	size_t count, size, next; /* next: first not met yet */
};

/* Sums of day_total as the journal gives them. */
struct verify_sums {
	struct day_total *at; /* open addressing; business_date 0 is a free place */
	size_t count, size;
};

/* An account as account_view should show it. */
struct verify_balance {
	int64_t fen;
	uint64_t lsn;
};

/* The index of entries as the journal makes it. */
struct verify_run {
	uint64_t first, last;
	uint64_t sum[FACET_LIMIT], count[FACET_LIMIT]; /* of its index rows */
};

struct verify_day {
	uint32_t date;
	uint64_t first, last;
};

struct verify_last {
	uint32_t terminal; /* 0: free place */
	uint64_t lsn;
	int64_t posted_at_us;
};

struct verify_index {
	struct verify_run *runs;
	struct verify_day *days;
	struct verify_last *lasts; /* open addressing */
	size_t run_count, run_size, day_count, day_size, last_count, last_size;
};

struct verifying {
	struct ledger_store *store;
	const struct verify_progress *progress;
	struct verify_report *report;
	struct book_lookup lookup; /* rows of the store */
	struct book *book;         /* rebuilt from the first row */
	struct book *pages;        /* loaded from pages, then replayed */
	struct journal_batch last; /* previous batch */
	struct verify_days days;
	uint64_t total_rows;

	bool has_views;
	int cutover_s;
	uint64_t views_lsn;  /* watermark that this part of the run goes up to */
	uint64_t views_done; /* entries are compared up to here */
	uint32_t opened;     /* accounts opened up to there */
	struct verify_index index;
	struct verify_sums sums;
	struct verify_balance *balances; /* by account number - 1 */
	uint32_t balance_count, balance_size;

	uint64_t resume; /* from the resume page */
	bool page_damaged;
	struct verify_difference damage; /* of the first page whose checksum does not fit */
};

/* Where a difference lies: table, batch, row, column. */
struct verify_place {
	const char *table;
	uint64_t batch, row;
	const char *field;
};

#define VERIFY_AT(...) ((struct verify_place){ __VA_ARGS__ })

/* Note the first difference; always gives the same answer, which stops the run. */
result verify_differs(struct verifying *v, struct verify_place at, const char *format, ...)
        ATTR_PRINTF(3, 4);
bool verify_is_difference(result r);

/* verify_views.c */
result verify_views_begin(struct verifying *v); /* watermark; a look is open */
/* Entries of these rows (in one batch) against the table; rows beyond the watermark are left out.
 */
result verify_views_rows(struct verifying *v, const struct journal_batch *b);
result verify_views_end(struct verifying *v); /* sums and balances; a look is open */
void verify_views_free(struct verifying *v);

/* verify_index.c: batches in order, the entries of each behind it; then the tables, a look is open.
 */
result verify_index_batch(struct verify_index *x, const struct journal_batch *b);
result verify_index_entry(struct verify_index *x, const struct entry *e);
result verify_index_end(struct verifying *v, struct db_tx *tx);
void verify_index_free(struct verify_index *x);
