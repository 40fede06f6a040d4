/* SPDX-License-Identifier: Apache-2.0 */
/* From the journal to the views, in pieces of whole batches, behind the book's back. */
#include "ledger/views_follow.h"

#include "base/log.h"
#include "ledger/views.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	PIECE_ROWS = 16384, /* of one transaction: the more, the more neighbours share a page */
	PIECE_BATCHES = 4096,
	FEW_ROWS = 512,         /* in a piece: there is little going on */
	GATHER_FEW_US = 200000, /* then people see it so soon */
	GATHER_US = 1000000,    /* when more is going on, gather that long */
	RETRY_US = 10000000,    /* after a failure */
	NICE = 19,              /* who sells goes first */
};

/*
 * Batches read ahead of a piece. They are read in one go and the snapshot they come from is given
 * up before anything is written: a reader that stays keeps the store's log from being used again
 * from its start.
 */
struct piece {
	struct journal_row *rows; /* room for PIECE_ROWS and one batch more */
	struct journal_batch *batches;
	size_t row_count, batch_count;
	uint64_t last_lsn, until; /* read up to; may be read up to */
};

struct views_follower {
	struct ledger_store *journal; /* query-only */
	struct db *db;                /* the views */
	struct views_filler *filler;  /* NULL after a failure: made anew */
	struct views_state state;     /* as saved */
	struct piece piece;
	int cutover_s;
	_Atomic uint64_t committed, filled;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool has_thread, stopping; /* under the lock */
};

/* ---- one piece ---- */

static const struct result piece_is_full = { LEDGER_LATE };

static result keep_batch(void *arg, const struct journal_batch *b)
{
	struct piece *p = arg;
	size_t rows = journal_batch_rows(b);

	if (b->last_lsn > p->until)
		return piece_is_full;
	if (!b->rows || b->first_lsn != p->last_lsn + 1 || rows > JOURNAL_BATCH_ROWS_MAX)
		return FAIL(LEDGER_CORRUPT, "batch %" PRIu64 " does not follow row %" PRIu64, b->no,
		            p->last_lsn);
	memcpy(&p->rows[p->row_count], b->rows, rows * sizeof *p->rows);
	p->batches[p->batch_count] = *b;
	p->batches[p->batch_count++].rows = &p->rows[p->row_count];
	p->row_count += rows;
	p->last_lsn = b->last_lsn;
	return p->row_count >= PIECE_ROWS || p->batch_count == PIECE_BATCHES ? piece_is_full : OK;
}

static result read_piece(struct views_follower *f)
{
	struct piece *p = &f->piece;
	result r;

	p->row_count = p->batch_count = 0;
	p->last_lsn = f->state.lsn;
	p->until = atomic_load_explicit(&f->committed, memory_order_acquire);
	r = f->journal->ops->batches(f->journal, f->state.lsn + 1, keep_batch, p);
	return is_ok(r) || r.code == piece_is_full.code ? OK : r;
}

static result fill_piece(struct views_follower *f, struct db_tx *tx)
{
	const struct piece *p = &f->piece;
	const struct journal_batch *last = &p->batches[p->batch_count - 1];
	struct views_state state = { .lsn = last->last_lsn, .cutover_s = f->cutover_s };

	for (size_t i = 0; i < p->batch_count; i++)
		TRY(views_fill(f->filler, tx, &p->batches[i]));
	TRY(views_flush(f->filler, tx));
	memcpy(state.hash, last->hash, sizeof state.hash);
	TRY(views_state_save(tx, &state, f->state.lsn));
	TRY(db_commit(tx));
	f->state = state;
	atomic_store_explicit(&f->filled, state.lsn, memory_order_release);
	return OK;
}

static result original(void *arg, uint64_t lsn, struct journal_row *out)
{
	struct views_follower *f = arg;

	return f->journal->ops->row(f->journal, lsn, out);
}

static result require_filler(struct views_follower *f)
{
	const struct book_lookup originals = { f, original, NULL };

	return f->filler ? OK : views_filler_create(&originals, f->cutover_s, &f->filler);
}

result views_follower_step(struct views_follower *f, bool *more)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	result r;

	*more = false;
	f->piece.row_count = 0;
	if (f->state.lsn >= atomic_load_explicit(&f->committed, memory_order_acquire))
		return OK;
	TRY(read_piece(f));
	if (f->piece.batch_count == 0)
		return FAIL(LEDGER_CORRUPT, "no batch holds row %" PRIu64, f->state.lsn + 1);
	TRY(require_filler(f));
	TRY(db_begin(f->db, &tx));
	r = fill_piece(f, tx);
	if (!is_ok(r)) { /* what it has gathered was not kept */
		views_filler_destroy(f->filler);
		f->filler = NULL;
		return r;
	}
	*more = f->state.lsn < f->piece.until;
	return OK;
}

/* ---- the thread ---- */

/* Until somebody wants it to end, at most so long. */
static bool wait_us(struct views_follower *f, int64_t us)
{
	int64_t until = monotonic_us() + us;
	const struct timespec at = { until / SECOND_US, until % SECOND_US * 1000 };
	bool stopping;

	pthread_mutex_lock(&f->lock);
	while (!f->stopping && us > 0 &&
	       pthread_cond_timedwait(&f->wake, &f->lock, &at) != ETIMEDOUT)
		continue;
	stopping = f->stopping;
	pthread_mutex_unlock(&f->lock);
	return stopping;
}

/* A step, and how long to rest after it. */
static int64_t advance(struct views_follower *f, bool *more)
{
	result r = views_follower_step(f, more);

	if (is_ok(r) && !*more)
		return f->piece.row_count < FEW_ROWS ? GATHER_FEW_US : GATHER_US;
	if (is_ok(r))
		return 0;
	LOG_ERROR("views.stopped", "row=%" PRIu64 " code=%s detail=\"%s\"", f->state.lsn,
	          result_name(r), result_last()->text);
	*more = false;
	return RETRY_US;
}

static void *run(void *arg)
{
	struct views_follower *f = arg;
	int64_t rest_us = 0;
	bool more;

	pthread_setname_np(pthread_self(), "views");
	if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICE) != 0)
		LOG_WARNING("views.nice", "detail=\"%m\"");
	while (!wait_us(f, rest_us))
		rest_us = advance(f, &more);
	do
		(void)advance(f, &more);
	while (more);
	return NULL;
}

result views_follower_start(struct views_follower *f)
{
	f->has_thread = pthread_create(&f->thread, NULL, run, f) == 0;
	return f->has_thread ? OK : FAIL(SYSTEM_CALL, "pthread_create");
}

void views_follower_stop(struct views_follower *f)
{
	if (!f || !f->has_thread)
		return;
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->has_thread = false;
}

/* ---- life ---- */

/* Do the views end with a batch of this journal? */
static result is_of_journal(struct views_follower *f, const struct views_state *state, bool *out)
{
	struct ledger_store *journal = f->journal;
	struct journal_batch b = { 0 };
	result r;

	*out = state->lsn == 0;
	if (*out)
		return OK;
	TRY(journal->ops->look(journal));
	r = views_batch(journal->ops->tx(journal), state->lsn, &b);
	journal->ops->look_end(journal);
	if (!is_ok(r) && r.code != LEDGER_ROW_UNKNOWN)
		return r;
	*out = is_ok(r) && b.last_lsn == state->lsn &&
	       memcmp(b.hash, state->hash, sizeof b.hash) == 0;
	return OK;
}

static result start_again(struct views_follower *f)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	const struct views_state nothing = { .cutover_s = f->cutover_s };

	TRY(db_begin(f->db, &tx));
	TRY(views_clear(tx));
	TRY(views_state_save(tx, &nothing, f->state.lsn));
	TRY(db_commit(tx));
	f->state = nothing;
	return OK;
}

static result read_state(struct views_follower *f)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(f->db, &tx));
	return views_state(tx, &f->state);
}

static result open_parts(struct views_follower *f, struct ledger_store *store,
                         const struct clock *clock)
{
	bool fits;

	TRY(ledger_store_views(store, clock_now(clock), &f->journal, &f->db));
	if (!f->db)
		return OK;
	TRY(read_state(f));
	TRY(is_of_journal(f, &f->state, &fits));
	if (!fits || f->state.cutover_s != f->cutover_s) {
		if (f->state.lsn > 0)
			LOG_WARNING("views.fill_again", "row=%" PRIu64 " why=\"%s\"", f->state.lsn,
			            fits ? "another cut-over hour" : "another journal");
		TRY(start_again(f));
	}
	atomic_store(&f->filled, f->state.lsn);
	return OK;
}

result views_follower_open(struct ledger_store *store, const struct clock *clock, int cutover_s,
                           struct views_follower **out)
{
	struct views_follower *f = calloc(1, sizeof *f);
	pthread_condattr_t attr;
	result r;

	*out = NULL;
	if (!f)
		return FAIL(OUT_OF_MEMORY, "views");
	f->cutover_s = cutover_s;
	f->piece.rows = calloc(PIECE_ROWS + JOURNAL_BATCH_ROWS_MAX, sizeof *f->piece.rows);
	f->piece.batches = calloc(PIECE_BATCHES, sizeof *f->piece.batches);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	r = f->piece.rows && f->piece.batches ? open_parts(f, store, clock)
	                                      : FAIL(OUT_OF_MEMORY, "views");
	if (is_ok(r) && f->db)
		*out = f;
	else
		views_follower_close(f);
	return r;
}

void views_follower_close(struct views_follower *f)
{
	if (!f)
		return;
	views_follower_stop(f);
	views_filler_destroy(f->filler);
	ledger_store_close(f->journal);
	db_close(f->db);
	free(f->piece.rows);
	free(f->piece.batches);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void views_follower_committed(struct views_follower *f, uint64_t lsn)
{
	atomic_store_explicit(&f->committed, lsn, memory_order_release);
}

uint64_t views_follower_lsn(const struct views_follower *f)
{
	return atomic_load_explicit(&f->filled, memory_order_acquire);
}

struct db *views_follower_db(struct views_follower *f)
{
	return f->db;
}
