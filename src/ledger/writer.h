/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.h — the one writer of a ledger: takes what has queued, decides it in memory, commits once,
 * then answers.
 *
 * Requests are functions that run in the writer's thread with a struct ledger_tx. Answers leave
 * only after the commit that holds them is durable. A failed commit stops the writer for good (and,
 * by default, the process).
 */
#pragma once

#include "ledger/book.h"
#include "ledger/store.h"

struct ledger_writer;

/* What a request works with. Valid only inside `work`. */
struct ledger_tx {
	struct book *book;
	struct db_tx *db;             /* the store's transaction; NULL with the memory store */
	struct instant now;           /* one instant per batch */
	struct bizdate business_date; /* open business day; never goes back */
	struct ledger_writer *writer;
};

struct ledger_request;

/* Where answers go. One deliver per batch and sink, in order of submission, in the writer's thread.
 * Must not block. */
struct ledger_sink {
	void (*deliver)(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n);
	uint64_t batch; /* private to the writer */
	uint32_t slot;  /* private to the writer */
};

/* One unit of work. Caller's memory, untouched by the caller from submission until delivery. */
struct ledger_request {
	/*
	 * Runs once; again in the next batch when this one was full, everything taken back between.
	 * OK keeps everything it did (a recorded decline is OK); anything else takes back
	 * everything it did, SQL included when `sql` is set. Must not keep pointers from the tx.
	 */
	result (*work)(struct ledger_tx *tx, void *arg);
	void *arg;
	/*
	 * Optional; runs in the writer's thread some requests before `work` does: names to
	 * ledger_soon_… what work will read. Changes nothing; others run between, so it may be
	 * wrong.
	 */
	void (*soon)(const struct ledger_tx *tx, const void *arg);
	bool sql;           /* it changes SQL rows: runs inside a savepoint */
	int64_t expires_us; /* monotonic_us() after which it is dropped unrun with LEDGER_LATE; 0
	                       never */
	struct ledger_sink *sink;
	result result; /* out: of work, or LEDGER_LATE */
	/*
	 * Optional; runs in the writer's thread after the commit, or after the request was taken
	 * back (`r` not OK): for caches that must follow the SQL rows.
	 */
	void (*done)(void *arg, result r);
};

struct ledger_config {
	const struct clock *clock;
	int cutover_s; /* the business day changes so many seconds after 00:00 +08:00; 0…86399 */
	uint32_t queue_max;       /* requests waiting; 0: 16384 */
	uint32_t batch_max;       /* requests of one commit; 0: 1024 */
	uint32_t rows_max;        /* rows of one commit; 0: 8192 */
	uint64_t replay_rows_max; /* write-back is paced so that restart replays about so many rows
	                             at most; 0: 4 000 000 */
	bool no_views;            /* leave the views empty */
	struct book_limits limits;
	/* Runs when the store failed; default logs and ends the process with status 70. */
	void (*fatal)(void *arg, result r);
	void *fatal_arg;
};

/*
 * Load the state, replay the journal behind it and take ownership. The store stays the caller's,
 * used only by the writer until it is closed. Faults: LEDGER_CORRUPT, LEDGER_REPLAY (a balance does
 * not follow from its rows), those of the store.
 */
result ledger_writer_open(struct ledger_store *store, const struct ledger_config *config,
                          struct ledger_writer **out);
result ledger_writer_start(struct ledger_writer *w); /* its thread */
/* Refuse new requests, finish those that wait, write back, end the thread. NULL is fine. */
void ledger_writer_stop(struct ledger_writer *w);
void ledger_writer_close(struct ledger_writer *w); /* stops first */

/*
 * Hand over n requests in order. How many were accepted: the rest found the queue full
 * (LEDGER_BUSY, "91") or the writer stopped. Any thread. Never blocks.
 */
size_t ledger_writer_submit(struct ledger_writer *w, struct ledger_request *const *requests,
                            size_t n);
/* Submit one and wait for its result. LEDGER_BUSY, LEDGER_STOPPED, what `work` returned. Any thread
 * but the writer's. */
result ledger_call(struct ledger_writer *w, bool sql,
                   result (*work)(struct ledger_tx *tx, void *arg), void *arg);

/* Without a thread, for simulation and tools: one batch of what waits, then its answers. *n (may be
 * NULL): how many. */
result ledger_writer_run_once(struct ledger_writer *w, size_t *n);
/* A piece of idle work: views (those of a started writer have their own thread), checks,
 * write-back. *more: there is more to do. */
result ledger_idle(struct ledger_writer *w, bool *more);

/* ---- inside work ---- */

/* book_find and book_apply with now filled in (posted_at, and business_date when the event has
 * none). */
result ledger_find(struct ledger_tx *tx, uint32_t source, uint64_t number, uint64_t digest,
                   enum book_found *found, struct book_outcome *out);
result ledger_post(struct ledger_tx *tx, const struct book_event *event, struct book_outcome *out);
/* Record a refusal under the key: event->decline set to code. */
result ledger_decline(struct ledger_tx *tx, const struct book_event *event, enum result_code code,
                      struct book_outcome *out);
/* NULL when there is no such account. */
const struct book_account *ledger_account(struct ledger_tx *tx, uint32_t no);
/* LEDGER_ACCOUNT_EXISTS. */
result ledger_account_open(struct ledger_tx *tx, const struct book_key *key, int64_t floor_fen,
                           uint32_t *no);
/* Floor, held amount and flags; journalled. LEDGER_ACCOUNT_UNKNOWN. */
result ledger_account_change(struct ledger_tx *tx, uint32_t no, int64_t floor_fen, int64_t held_fen,
                             uint16_t flags);
/* 0 when there is none. */
uint32_t ledger_account_lookup(struct ledger_tx *tx, const struct book_key *key);
/* The one with the key, opened when there is none. */
result ledger_account_require(struct ledger_tx *tx, const struct book_key *key, int64_t floor_fen,
                              uint32_t *no);
result ledger_row(struct ledger_tx *tx, uint64_t lsn, struct journal_row *out);
/* Inside `soon`: book_soon_account, book_soon_source. */
void ledger_soon_account(const struct ledger_tx *tx, uint32_t no);
void ledger_soon_source(const struct ledger_tx *tx, uint32_t source);
/* A place to come back to within one request: records of an upload succeed or fail one by one. Not
 * for SQL. */
size_t ledger_mark(struct ledger_tx *tx);
void ledger_undo(struct ledger_tx *tx, size_t mark);

/* ---- proof and figures, any thread ---- */

/* One of I1…I7 (finance-and-rules.md 1.3). */
struct ledger_identity {
	const char *zh, *en; /* what it says */
	bool holds;
	int64_t left_fen, right_fen;
	uint64_t lsn; /* as of this row */
	int64_t checked_at_us;
};

enum { LEDGER_IDENTITIES = 7 };

struct ledger_proof {
	struct ledger_identity identity[LEDGER_IDENTITIES];
	uint64_t accounts, sources, rows, batches;
	uint64_t slice_rounds; /* independent recounts of all accounts finished */
	uint64_t views_lsn;    /* views hold rows up to here */
	int64_t views_lag_us;  /* age of the oldest row they do not hold yet; INT64_MAX: far behind
	                        */
	struct journal_batch last; /* rows NULL */
	struct store_day day;      /* last closed business day */
	struct bizdate business_date;
};
void ledger_writer_proof(struct ledger_writer *w, struct ledger_proof *out);

struct ledger_figures {
	uint64_t requests, batches, rows, declined_busy, late, undone;
	uint64_t queue;               /* waiting now */
	uint64_t batch_histogram[12]; /* batches of 1, 2–3, 4–7 … requests */
	int64_t commit_us_total, commit_us_max, work_us_total;
	uint64_t memory;
	uint64_t replayed; /* rows replayed at start */
	int64_t start_us;  /* time to load and replay */
	bool stopped;
};
void ledger_writer_figures(struct ledger_writer *w, struct ledger_figures *out);

/*
 * Close the business day if its cut-over has passed: its head holds the last batch and its hash.
 * Happens by itself at the first request after cut-over; this is such a request. Not closed while
 * one of I1…I4 does not hold. *out: last closed day.
 */
result ledger_seal(struct ledger_writer *w, struct store_day *out);
