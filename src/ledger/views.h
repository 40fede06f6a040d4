/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views.h — SQL tables for people and reports, filled from the journal behind a watermark; how to
 * read them.
 *
 * Tables: entry (a journal row as people see it), account_view (balances), day_total (sums),
 * view_state (the watermark). Reading functions take any transaction, best that of a query-only
 * connection; lists come from the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/money.h"
#include "base/time.h"
#include "db/db.h"
#include "ledger/book.h"
#include "ledger/store.h"

enum { VIEWS_PAGE_MAX = 1000 };

/* One row of `entry`. */
struct entry {
	uint64_t lsn,
	        original_lsn; /* original_lsn: first row of the event it undoes or completes */
	uint32_t source;
	uint64_t number;
	enum event_kind kind;
	char code[40];          /* "SUCCESS" or the name of the decline */
	uint32_t debit, credit; /* accounts */
	struct money amount;
	uint32_t holder;      /* account of the cardholder it concerns; 0 none */
	struct money balance; /* of the holder after it */
	uint32_t card, merchant, terminal, operator_id, card_counter;
	struct instant event_time, posted_at;
	struct bizdate event_date, business_date;
	uint8_t leg, legs, flags, meal, mode;
	uint32_t park;
};

struct entries {
	struct entry *at;
	size_t count;
	uint64_t next; /* pass as `before` for the next page; 0: no more */
};

/* What to list; zero members do not restrict. Newest first. */
struct entry_filter {
	uint32_t holder, card, merchant, terminal;
	struct bizdate business_from, business_to; /* both included */
	enum event_kind kind;
	bool declined_too; /* else only what succeeded */
	uint64_t before;   /* lsn; 0: from the newest */
	uint32_t limit;    /* 1…VIEWS_PAGE_MAX; 0: 50 */
};
/* At least one of holder, card, merchant, terminal, business_from, or none for the latest of all.
 * Faults: DB_*. */
result views_list(struct db_tx *tx, const struct entry_filter *filter, struct arena *a,
                  struct entries *out);
/* All of one transaction: the event with this row, its original, everything that undid or completed
 * either. */
result views_chain(struct db_tx *tx, uint64_t lsn, struct arena *a, struct entries *out);
/* Rows under one key. */
result views_key(struct db_tx *tx, uint32_t source, uint64_t number, struct arena *a,
                 struct entries *out);

/* The batch record a row lies in (rows NULL). LEDGER_ROW_UNKNOWN. */
result views_batch(struct db_tx *tx, uint64_t lsn, struct journal_batch *out);
/* Last batches, newest first. */
struct views_batches {
	struct journal_batch *at;
	size_t count;
};
result views_batches(struct db_tx *tx, uint32_t limit, struct arena *a, struct views_batches *out);

/* One row of day_total: successes only, void, refund and reversal as kinds of their own. */
struct day_total {
	struct bizdate business_date, event_date;
	enum event_kind kind;
	enum event_kind undone; /* of a reversal: the kind it undid */
	uint32_t merchant;
	uint64_t count;
	struct money sum;
};
struct day_totals {
	struct day_total *at;
	size_t count;
};
/* Of business days from…to, in order of date, kind, merchant. */
result views_day_totals(struct db_tx *tx, struct bizdate from, struct bizdate to, struct arena *a,
                        struct day_totals *out);

/* Balance of an account as the views know it. LEDGER_ACCOUNT_UNKNOWN. */
struct account_view {
	uint32_t no;
	struct book_key key;
	struct money balance;
	uint64_t last_lsn;
};
result views_account(struct db_tx *tx, uint32_t no, struct account_view *out);
/* Heads of closed days, newest first. */
struct views_days {
	struct store_day *at;
	size_t count;
};
result views_days(struct db_tx *tx, uint32_t limit, struct arena *a, struct views_days *out);
/* Up to which row the views are filled; with which cut-over hour. */
result views_watermark(struct db_tx *tx, uint64_t *lsn);
result views_state(struct db_tx *tx, uint64_t *lsn, int *cutover_s);

/* Columns of a select in the order of views.sql. */
void views_read_entry(struct db_rows *rows, struct entry *e);
void views_read_total(struct db_rows *rows, struct day_total *t);
void views_read_account(struct db_rows *rows, struct account_view *v);

/* ---- for the writer ---- */

/*
 * Fills the views inside the writer's transactions. Another cut-over hour than the views were
 * filled with empties them. *lsn: the watermark. Faults: DB_*, OUT_OF_MEMORY.
 */
struct views_filler;
result views_filler_create(struct db_tx *tx, int cutover_s, struct views_filler **out,
                           uint64_t *lsn);
void views_filler_destroy(struct views_filler *f); /* NULL is fine */
/* Insert rows in order; views_flush before the transaction ends writes sums, balances and the
 * watermark. */
result views_fill(struct views_filler *f, struct db_tx *tx, struct book *book,
                  const struct journal_row *rows, size_t n);
result views_flush(struct views_filler *f, struct db_tx *tx, struct book *book);

/* The entry a journal row becomes. `book` knows the accounts. */
void views_entry_of(const struct book *book, const struct journal_row *row, int cutover_s,
                    struct entry *out);
/* Key of day_total a row counts for; false when it moves no money. `book` finds the original of a
 * reversal. */
result views_total_of(struct book *book, const struct journal_row *row, int cutover_s,
                      struct day_total *out, bool *counts);
