/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views.h — SQL tables for people and reports, filled from the journal behind a watermark; how to read them.
 *
 * Tables: entry (a journal row as people see it), account_view (balances), day_total (sums), view_state (the watermark).
 * Reading functions take any transaction, best that of a query-only connection; lists come from the arena.
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
	uint64_t         lsn, original_lsn; /* original_lsn: first row of the event it undoes or completes */
	uint32_t         source;
	uint64_t         number;
	enum event_kind  kind;
	char             code[40];      /* "SUCCESS" or the name of the decline */
	uint32_t         debit, credit; /* accounts */
	struct money     amount;
	uint32_t         holder;        /* account of the cardholder it concerns; 0 none */
	struct money     balance;       /* of the holder after it */
	uint32_t         card, merchant, terminal, operator_id, card_counter;
	struct instant   event_time, posted_at;
	struct bizdate   event_date, business_date;
	uint8_t          leg, legs, flags, meal, mode;
	uint32_t         park;
};

struct entries {
	struct entry *at;
	size_t        count;
	uint64_t      next; /* pass as `before` for the next page; 0: no more */
};

/* What to list; zero members do not restrict. Newest first. */
struct entry_filter {
	uint32_t       holder, card, merchant, terminal;
	struct bizdate business_from, business_to; /* both included */
	enum event_kind kind;
	bool           declined_too; /* else only what succeeded */
	uint64_t       before;       /* lsn; 0: from the newest */
	uint32_t       limit;        /* 1…VIEWS_PAGE_MAX; 0: 50 */
};
/* At least one of holder, card, merchant, terminal, business_from, or none for the latest of all. Faults: DB_*. */
result views_list(struct db_tx *tx, const struct entry_filter *filter, struct arena *a, struct entries *out);
/* All of one transaction: the event with this row, its original, everything that undid or completed either. */
result views_chain(struct db_tx *tx, uint64_t lsn, struct arena *a, struct entries *out);
/* Rows under one key. */
result views_key(struct db_tx *tx, uint32_t source, uint64_t number, struct arena *a, struct entries *out);

/* The batch record a row lies in (rows NULL). LEDGER_ROW_UNKNOWN. */
result views_batch(struct db_tx *tx, uint64_t lsn, struct journal_batch *out);
/* Last batches, newest first. */
struct views_batches {
	struct journal_batch *at;
	size_t                count;
};
result views_batches(struct db_tx *tx, uint32_t limit, struct arena *a, struct views_batches *out);

/* One row of day_total: successes only, void, refund and reversal as kinds of their own. */
struct day_total {
	struct bizdate  business_date, event_date;
	enum event_kind kind;
	enum event_kind undone; /* of a reversal: the kind it undid */
	uint32_t        merchant;
	uint64_t        count;
	struct money    sum;
};
struct day_totals {
	struct day_total *at;
	size_t            count;
};
/* Of business days from…to, in order of date, kind, merchant. */
result views_day_totals(struct db_tx *tx, struct bizdate from, struct bizdate to, struct arena *a, struct day_totals *out);

/* Balance of an account as the views know it. LEDGER_ACCOUNT_UNKNOWN. */
struct account_view {
	uint32_t     no;
	struct book_key key;
	struct money balance;
	uint64_t     last_lsn;
};
result views_account(struct db_tx *tx, uint32_t no, struct account_view *out);
/* Heads of closed days, newest first. */
struct views_days {
	struct store_day *at;
	size_t            count;
};
/* Up to which row the views are filled. */
result views_watermark(struct db_tx *tx, uint64_t *lsn);

/* ---- for the writer ---- */

/*
 * Insert the rows of [rows, rows+n) into the views and move the watermark; inside the writer's transaction. cutover_s as in the
 * writer's configuration. Faults: DB_*.
 */
struct views_filler;
result views_filler_create(int cutover_s, struct views_filler **out);
void   views_filler_destroy(struct views_filler *f);
result views_fill(struct views_filler *f, struct db_tx *tx, const struct book *book, const struct journal_row *rows,
                  size_t n);
