/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views.h — SQL tables for people and reports, filled from the journal behind a watermark; how to
 * read them.
 *
 * Tables: entry (a journal row as people see it) with its index (entry_run, entry_index,
 * entry_day), account_view (balances), terminal_view (last entries), day_total (sums), view_state
 * (the watermark), in a database of their own (DB_VIEWS). Reading functions take any transaction,
 * best that of a query-only connection; lists come from the arena.
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
/* The rows of the event that a row belongs to, first leg first. LEDGER_ROW_UNKNOWN. */
result views_event(struct db_tx *tx, uint64_t lsn, struct arena *a, struct entries *out);
/* First row under a key; 0 when the views do not hold it. */
result views_key_find(struct db_tx *tx, uint32_t source, uint64_t number, uint64_t *lsn);

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
/* Up to which row the views are filled; 0: nothing yet. */
result views_watermark(struct db_tx *tx, uint64_t *lsn);
struct views_state {
	uint64_t lsn;
	int cutover_s;                   /* they were filled with */
	uint8_t hash[JOURNAL_HASH_SIZE]; /* of the batch that ends at lsn */
};
result views_state(struct db_tx *tx, struct views_state *out); /* all zero: nothing yet */

/* Columns of a select in the order of views.sql. */
void views_read_entry(struct db_rows *rows, struct entry *e);
void views_read_total(struct db_rows *rows, struct day_total *t);
void views_read_account(struct db_rows *rows, struct account_view *v);

/* What entry_index finds entries by. */
enum views_facet {
	FACET_HOLDER = 1,
	FACET_CARD,
	FACET_MERCHANT,
	FACET_TERMINAL,
	FACET_KEY, /* value: views_key_value() of the first leg; unequal keys may share one */
	FACET_LIMIT
};
int64_t views_key_value(uint32_t source, uint64_t number);
/* The value of a row under a facet; false: it is not found by it. */
bool views_facet_of(const struct entry *e, enum views_facet facet, int64_t *value);

enum { VIEWS_RUN_ROWS = 32768 };

/* Does a batch begin a new run of the index? A run ends between two batches, so an event lies in
 * one. */
static inline bool views_run_is_full(uint64_t run_first, uint64_t batch_first)
{
	return batch_first >= run_first + VIEWS_RUN_ROWS;
}

/* ---- filling ---- */

/*
 * Turns journal rows into rows of the views, inside transactions of a DB_VIEWS connection. One
 * thread at a time.
 */
struct views_filler;
/* `originals` (copied; only its row function is used) finds what reversals undid. Faults:
 * OUT_OF_MEMORY. */
result views_filler_create(const struct book_lookup *originals, int cutover_s,
                           struct views_filler **out);
void views_filler_destroy(struct views_filler *f); /* NULL is fine */
/* Empty the views: the next batch is the first. */
result views_clear(struct db_tx *tx);
/* Insert the rows of the next whole batch. After a failure the filler is of no use any more. */
result views_fill(struct views_filler *f, struct db_tx *tx, const struct journal_batch *b);
/* Sums and balances gathered since the last flush; before the transaction ends. */
result views_flush(struct views_filler *f, struct db_tx *tx);
/* Move the watermark. LEDGER_FENCED: it is not at `from` any more. */
result views_state_save(struct db_tx *tx, const struct views_state *state, uint64_t from);

/* The entry a journal row becomes. Which of its accounts are a cardholder's purse? */
void views_entry_of(const struct journal_row *row, int cutover_s, bool debit_is_purse,
                    bool credit_is_purse, struct entry *out);
/* Key of day_total a row counts for; false when it moves no money. */
result views_total_of(const struct book_lookup *originals, const struct journal_row *row,
                      int cutover_s, struct day_total *out, bool *counts);
