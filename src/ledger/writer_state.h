/* SPDX-License-Identifier: Apache-2.0 */
/* writer_state.h — what the parts of the writer share; only writer*.c and their tests include it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/queue.h"
#include "ledger/views_follow.h"
#include "ledger/writer.h"

enum {
	WRITER_RECENT_ROWS = 16384, /* newest committed rows kept in memory; a power of two */
	WRITER_SINKS_MAX = 4096,    /* as many as requests of one commit */
	WRITER_AHEAD = 16,          /* requests that are told they run soon, at once */
	WRITER_RECOUNT = 512,       /* accounts counted after each batch */
	WRITER_SEGMENT_PAGES = 64,  /* account pages of a segment */
	WRITER_SEGMENTS_MAX = BOOK_ACCOUNTS_MAX / BOOK_PAGE_ACCOUNTS / WRITER_SEGMENT_PAGES + 1,
	WRITER_SWEEP_PAGES = 16,        /* pages written back in one idle slice */
	WRITER_SWEEP_WAIT_US = 2000000, /* quiet time before idle write-back begins */
	WRITER_QUIET_US = 1500,         /* without a request so long: idle */
};

/*
 * Write-back goes round and round over everything, segment by segment. Each segment knows up to
 * which row it is stored; a restart replays from behind the oldest of them.
 */
struct writer_sweep {
	uint32_t page;       /* next account page */
	uint32_t source;     /* next source */
	uint64_t page_lsn;   /* newest row when the segment of `page` was entered */
	uint64_t source_lsn; /* newest row when the sources were entered */
	uint64_t stored[WRITER_SEGMENTS_MAX]; /* by segment of account pages: up to this row */
	uint32_t segments;
	uint64_t sources_stored, rest_stored; /* rest: originals and turnover */
	uint64_t resume;                      /* where a restart begins to replay */
	uint64_t debt;                        /* items owed x replay_rows_max */
};

struct ledger_writer {
	struct ledger_store *store;
	struct ledger_config config;
	struct book *book;
	struct ledger_tx tx;
	uint64_t epoch;

	struct queue queue;
	pthread_t thread;
	bool has_thread;
	_Atomic bool stopping, dead;

	struct ledger_request *
	        *taken; /* of the batch being run; those beyond `ran` wait for the next */
	size_t taken_count, ran;
	struct ledger_request **ordered; /* by sink, for delivery */
	struct ledger_sink **sinks;
	uint32_t *sink_count;
	uint64_t delivery;

	struct book_rows rows;      /* of the open batch */
	struct journal_row *recent; /* ring by lsn */
	struct journal_batch last;  /* last committed batch; rows NULL */
	struct store_day day;       /* last sealed */
	uint32_t open_date;         /* business day of the last batch */
	bool sealed;                /* the open batch closes a day */

	struct writer_sweep sweep;
	uint8_t *page;                /* scratch of BOOK_PAGE_SIZE_MAX */
	struct views_follower *views; /* NULL: no views */
	int64_t batch_us;             /* monotonic, of the last batch */

	pthread_mutex_t proof_lock;
	struct ledger_proof proof;
	struct ledger_figures figures, shown; /* shown: the copy others read, under the lock */
	int64_t proof_us;                     /* monotonic, of the last evaluation */
	int64_t recount_left, recount_right;
	bool recount_agrees;
	uint64_t recount_rounds, recount_lsn;
};

/* writer.c */
result writer_commit(struct ledger_writer *w); /* measured; a failure is fatal */
result writer_fatal(struct ledger_writer *w, result r);
result writer_row(void *arg, uint64_t lsn, struct journal_row *out);

/* writer_load.c */
result writer_load(struct ledger_writer *w);

/* writer_sweep.c: both inside an open batch. */
void writer_sweep_init(struct ledger_writer *w, uint64_t resume);
result writer_sweep_batch(struct ledger_writer *w, size_t rows); /* what this batch owes */
result writer_sweep_some(struct ledger_writer *w, uint32_t pages);
bool writer_sweep_is_due(const struct ledger_writer *w); /* while idle */

/* writer_proof.c */
void writer_proof_update(struct ledger_writer *w, int64_t now_us);
void writer_recount(struct ledger_writer *w, uint32_t accounts);
result writer_seal(struct ledger_writer *w, struct store_day *out); /* inside an open batch */
