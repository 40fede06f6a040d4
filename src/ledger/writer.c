/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of the one writer: take, run, append, commit, answer. */
#include "ledger/writer.h"

#include "base/log.h"
#include "ledger/writer_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	EXIT_STORE_FAILED = 70,
	IDLE_WAIT_US = 1000000,
	PROOF_EVERY_US = 50000,
};

/* ---- rows ---- */

result writer_row(void *arg, uint64_t lsn, struct journal_row *out)
{
	struct ledger_writer *w = arg;
	const struct journal_row *row = &w->recent[lsn % WRITER_RECENT_ROWS];

	if (row->lsn == lsn) {
		*out = *row;
		return OK;
	}
	return w->store->ops->row(w->store, lsn, out);
}

static uint64_t row_of_key(void *arg, uint32_t source, uint64_t number)
{
	struct ledger_writer *w = arg;

	return w->store->ops->key(w->store, source, number);
}

static void remember_rows(struct ledger_writer *w)
{
	for (size_t i = 0; i < w->rows.count; i++)
		w->recent[w->rows.at[i].lsn % WRITER_RECENT_ROWS] = w->rows.at[i];
}

/* ---- failure ---- */

static void end_process(result r)
{
	LOG_ERROR("ledger.stopped", "code=%s detail=\"%s\"", result_name(r), result_last()->text);
	_exit(EXIT_STORE_FAILED);
}

/* The store failed: nobody knows what is durable, so nothing is answered any more. */
result writer_fatal(struct ledger_writer *w, result r)
{
	w->dead = true;
	queue_close(&w->queue);
	if (w->config.fatal)
		w->config.fatal(w->config.fatal_arg, r);
	else
		end_process(r);
	return r;
}

result writer_commit(struct ledger_writer *w)
{
	int64_t start = monotonic_us();
	result r = w->store->ops->commit(w->store);
	int64_t took = monotonic_us() - start;

	w->tx.db = NULL;
	w->figures.commit_us_total += took;
	if (took > w->figures.commit_us_max)
		w->figures.commit_us_max = took;
	return r;
}

/* ---- one batch ---- */

/* The first batch of a new day closes the old one, unless an identity stands against it. */
static result seal_day(struct ledger_writer *w)
{
	struct store_day day;
	result r = writer_seal(w, &day);

	if (r.code != LEDGER_IDENTITY)
		return r;
	LOG_ERROR("ledger.day_end_refused", "day=%u detail=\"%s\"", w->open_date,
	          result_last()->text);
	return OK;
}

static result begin_batch(struct ledger_writer *w)
{
	struct bizdate today;

	w->tx.now = clock_now(w->config.clock);
	today = bizdate_of(w->tx.now, TIME_ZONE_CHINA_S, w->config.cutover_s);
	if (today.yyyymmdd > w->tx.business_date.yyyymmdd)
		w->tx.business_date = today;
	w->sealed = false;
	TRY(w->store->ops->begin(w->store));
	w->tx.db = w->store->ops->tx(w->store);
	book_batch_begin(w->book, &w->rows);
	return w->open_date && w->open_date < w->tx.business_date.yyyymmdd ? seal_day(w) : OK;
}

/* Run one; false when the batch is full and it has to wait for the next. */
static result run_request(struct ledger_writer *w, struct ledger_request *r, bool *full)
{
	size_t before = w->rows.count;

	if (r->sql)
		TRY(w->store->ops->savepoint(w->store));
	r->result = r->work(&w->tx, r->arg);
	if (!is_ok(r->result)) {
		book_undo(w->book, 0);
		w->figures.undone++;
	}
	book_keep(w->book);
	if (r->sql)
		TRY(w->store->ops->savepoint_end(w->store, !is_ok(r->result)));
	*full = r->result.code == LEDGER_BATCH_FULL && before > 0;
	return OK;
}

/*
 * A group is told to fetch what it will read while the group before it runs: of a large ledger
 * nearly every account comes from memory, and waiting for each in turn costs more than deciding.
 */
static void fetch_group(const struct ledger_writer *w, size_t from)
{
	for (size_t i = from; i < from + WRITER_AHEAD && i < w->taken_count; i++)
		if (w->taken[i]->soon)
			w->taken[i]->soon(&w->tx, w->taken[i]->arg);
}

static result run_requests(struct ledger_writer *w)
{
	int64_t start = monotonic_us();
	bool full = false;

	fetch_group(w, 0);
	for (w->ran = 0; w->ran < w->taken_count && !full; w->ran++) {
		struct ledger_request *r = w->taken[w->ran];

		if (w->ran % WRITER_AHEAD == 0)
			fetch_group(w, w->ran + WRITER_AHEAD);
		if (r->expires_us && r->expires_us < start) {
			r->result = FAIL(LEDGER_LATE, "waited too long");
			w->figures.late++;
			continue;
		}
		TRY(run_request(w, r, &full));
		if (full)
			w->ran--; /* taken back; first of the next batch */
	}
	w->figures.work_us_total += monotonic_us() - start;
	return OK;
}

static result append_rows(struct ledger_writer *w)
{
	struct journal_batch b = {
		.no = w->last.no + 1,
		.first_lsn = w->last.last_lsn + 1,
		.last_lsn = w->last.last_lsn + w->rows.count,
		.posted_at_us = w->tx.now.us,
		.epoch = w->epoch,
		.rows = w->rows.at,
	};

	if (w->rows.count == 0)
		return OK;
	ASSERT(b.last_lsn == book_last_lsn(w->book));
	memcpy(b.previous, w->last.hash, JOURNAL_HASH_SIZE);
	journal_batch_hash(&b, b.hash);
	TRY(w->store->ops->append(w->store, &b));
	TRY(writer_sweep_batch(w, w->rows.count));
	b.rows = NULL;
	w->last = b;
	w->open_date = w->tx.business_date.yyyymmdd;
	return OK;
}

static bool any_sql(const struct ledger_writer *w)
{
	for (size_t i = 0; i < w->ran; i++)
		if (w->taken[i]->sql && is_ok(w->taken[i]->result))
			return true;
	return false;
}

static result run_batch(struct ledger_writer *w)
{
	TRY(begin_batch(w));
	TRY(run_requests(w));
	TRY(append_rows(w));
	if (w->rows.count || w->sealed || any_sql(w))
		return writer_commit(w);
	w->store->ops->rollback(w->store); /* nobody changed anything */
	w->tx.db = NULL;
	return OK;
}

/* ---- answers ---- */

/* Requests of one sink side by side, in order of submission. */
static size_t order_by_sink(struct ledger_writer *w)
{
	size_t sinks = 0;
	uint32_t at = 0;

	w->delivery++;
	for (size_t i = 0; i < w->ran; i++) {
		struct ledger_sink *sink = w->taken[i]->sink;

		if (sink->batch != w->delivery) {
			sink->batch = w->delivery;
			sink->slot = (uint32_t)sinks;
			w->sinks[sinks] = sink;
			w->sink_count[sinks++] = 0;
		}
		w->sink_count[sink->slot]++;
	}
	for (size_t i = 0; i < sinks; i++) {
		w->sinks[i]->slot = at;
		at += w->sink_count[i];
	}
	for (size_t i = 0; i < w->ran; i++)
		w->ordered[w->taken[i]->sink->slot++] = w->taken[i];
	return sinks;
}

/* A sink may go away as soon as it has its answers: nothing of it is touched afterwards. */
static void deliver(struct ledger_writer *w)
{
	struct ledger_request **at = w->ordered;
	size_t sinks;

	for (size_t i = 0; i < w->ran; i++)
		if (w->taken[i]->done)
			w->taken[i]->done(w->taken[i]->arg, w->taken[i]->result);
	sinks = order_by_sink(w);
	for (size_t i = 0; i < sinks; i++) {
		uint32_t count = w->sink_count[i];

		w->sinks[i]->deliver(w->sinks[i], at, count);
		at += count;
	}
	memmove(w->taken, w->taken + w->ran, (w->taken_count - w->ran) * sizeof *w->taken);
	w->taken_count -= w->ran;
}

static void count_batch(struct ledger_writer *w)
{
	size_t slot = 0;

	while (slot + 1 < ARRAY_LEN(w->figures.batch_histogram) && w->ran >> (slot + 1))
		slot++;
	w->figures.batch_histogram[slot]++;
	w->figures.requests += w->ran;
	w->figures.batches++;
	w->figures.rows += w->rows.count;
}

static result batch(struct ledger_writer *w)
{
	int64_t now;
	result r = run_batch(w);

	if (!is_ok(r))
		return writer_fatal(w, r);
	remember_rows(w);
	if (w->views)
		views_follower_committed(w->views, w->last.last_lsn);
	count_batch(w);
	w->rows.count = 0;
	book_batch_begin(w->book, &w->rows);
	deliver(w);
	writer_recount(w, WRITER_RECOUNT);
	now = monotonic_us();
	if (now - w->proof_us > PROOF_EVERY_US)
		writer_proof_update(w, now);
	w->batch_us = now;
	return OK;
}

static size_t take(struct ledger_writer *w, int64_t timeout_us)
{
	w->taken_count +=
	        queue_take(&w->queue, (void **)(w->taken + w->taken_count),
	                   w->config.batch_max - w->taken_count, w->taken_count ? 0 : timeout_us);
	return w->taken_count;
}

result ledger_writer_run_once(struct ledger_writer *w, size_t *n)
{
	size_t ignored;

	n = n ? n : &ignored;
	*n = 0;
	if (w->dead)
		return FAIL(LEDGER_STOPPED, "the store failed");
	if (take(w, 0) == 0)
		return OK;
	TRY(batch(w));
	*n = w->ran;
	return OK;
}

/* ---- idle ---- */

static result sweep_slice(struct ledger_writer *w)
{
	TRY(w->store->ops->begin(w->store));
	TRY(writer_sweep_some(w, WRITER_SWEEP_PAGES));
	return writer_commit(w);
}

/* Views without a thread of their own. A failure leaves the book as it is. */
static result follow(struct ledger_writer *w, bool *more)
{
	*more = false;
	return w->views && !w->has_thread ? views_follower_step(w->views, more) : OK;
}

result ledger_idle(struct ledger_writer *w, bool *more)
{
	result r;

	*more = false;
	if (w->dead)
		return FAIL(LEDGER_STOPPED, "the store failed");
	TRY(follow(w, more));
	if (!*more && writer_sweep_is_due(w)) {
		r = sweep_slice(w);
		if (!is_ok(r))
			return writer_fatal(w, r);
	}
	writer_recount(w, WRITER_RECOUNT * 8);
	*more = *more || writer_sweep_is_due(w);
	if (!*more || monotonic_us() - w->proof_us > PROOF_EVERY_US)
		writer_proof_update(w, monotonic_us());
	return OK;
}

/*
 * An empty queue is not yet idleness: terminals that were just answered ask again at once. Idle
 * work begins after a moment of quiet, or it would stand between every answer and the next request.
 */
static int64_t quiet_left_us(const struct ledger_writer *w)
{
	int64_t left = w->batch_us + WRITER_QUIET_US - monotonic_us();

	return left > 0 ? left : 0;
}

static int64_t idle_wait_us(struct ledger_writer *w)
{
	/* With views that are about to move, the proof is soon out of date. */
	if (w->views && views_follower_lsn(w->views) < w->last.last_lsn)
		return PROOF_EVERY_US;
	return writer_sweep_is_due(w) ? quiet_left_us(w) : IDLE_WAIT_US;
}

static result step(struct ledger_writer *w)
{
	bool more;

	return take(w, idle_wait_us(w)) == 0 ? ledger_idle(w, &more) : batch(w);
}

/* Everything back before the end: the next start has nothing to replay. */
static result finish(struct ledger_writer *w)
{
	bool more = true;

	while (more)
		TRY(ledger_idle(w, &more));
	return OK;
}

static void *run(void *arg)
{
	struct ledger_writer *w = arg;
	result r = OK;

	while (is_ok(r) && !(w->stopping && queue_count(&w->queue) == 0 && w->taken_count == 0))
		r = step(w);
	if (is_ok(r))
		r = finish(w);
	if (!is_ok(r) && !w->dead)
		(void)writer_fatal(w, r); /* it has said why; nobody is left to tell */
	return NULL;
}

/* ---- life ---- */

static void defaults(struct ledger_config *c)
{
	c->queue_max = c->queue_max ? c->queue_max : 16384;
	c->batch_max = c->batch_max ? c->batch_max : 1024;
	c->batch_max = c->batch_max > WRITER_SINKS_MAX ? WRITER_SINKS_MAX : c->batch_max;
	c->rows_max = c->rows_max ? c->rows_max : 8192;
	c->rows_max = c->rows_max > JOURNAL_BATCH_ROWS_MAX ? JOURNAL_BATCH_ROWS_MAX : c->rows_max;
	c->replay_rows_max = c->replay_rows_max ? c->replay_rows_max : 4000000;
}

static result make(struct ledger_writer *w)
{
	const struct book_lookup lookup = { w, writer_row, row_of_key };
	size_t batch_max = w->config.batch_max;

	w->rows.size = w->config.rows_max;
	w->rows.at = calloc(w->rows.size, sizeof *w->rows.at);
	w->recent = calloc(WRITER_RECENT_ROWS, sizeof *w->recent);
	w->taken = calloc(batch_max, sizeof(struct ledger_request *));
	w->ordered = calloc(batch_max, sizeof(struct ledger_request *));
	w->sinks = calloc(batch_max, sizeof(struct ledger_sink *));
	w->sink_count = calloc(batch_max, sizeof *w->sink_count);
	w->page = malloc(BOOK_PAGE_SIZE_MAX);
	if (!w->rows.at || !w->recent || !w->taken || !w->ordered || !w->sinks || !w->sink_count ||
	    !w->page)
		return FAIL(OUT_OF_MEMORY, "writer");
	TRY(queue_init(&w->queue, w->config.queue_max));
	return book_create(&w->config.limits, &lookup, &w->book);
}

static void unmake(struct ledger_writer *w)
{
	views_follower_close(w->views);
	book_destroy(w->book);
	queue_deinit(&w->queue);
	pthread_mutex_destroy(&w->proof_lock);
	free(w->rows.at);
	free(w->recent);
	free(w->taken);
	free(w->ordered);
	free(w->sinks);
	free(w->sink_count);
	free(w->page);
	free(w);
}

result ledger_writer_open(struct ledger_store *store, const struct ledger_config *config,
                          struct ledger_writer **out)
{
	struct ledger_writer *w = calloc(1, sizeof *w);
	result r;

	if (!w)
		return FAIL(OUT_OF_MEMORY, "writer");
	w->store = store;
	w->config = *config;
	defaults(&w->config);
	pthread_mutex_init(&w->proof_lock, NULL);
	r = make(w);
	if (is_ok(r))
		r = writer_load(w);
	if (!is_ok(r)) {
		unmake(w);
		return r;
	}
	w->tx.book = w->book;
	w->tx.writer = w;
	book_batch_begin(w->book, &w->rows);
	writer_proof_update(w, monotonic_us());
	*out = w;
	return OK;
}

result ledger_writer_start(struct ledger_writer *w)
{
	if (w->views)
		TRY(views_follower_start(w->views));
	w->has_thread = true;
	if (pthread_create(&w->thread, NULL, run, w) == 0)
		return OK;
	w->has_thread = false;
	views_follower_stop(w->views);
	return FAIL(SYSTEM_CALL, "pthread_create");
}

void ledger_writer_stop(struct ledger_writer *w)
{
	if (!w || !w->has_thread)
		return;
	w->stopping = true;
	queue_close(&w->queue);
	pthread_join(w->thread, NULL);
	views_follower_stop(w->views);
	w->has_thread = false;
	if (!w->dead)
		writer_proof_update(w, monotonic_us());
}

void ledger_writer_close(struct ledger_writer *w)
{
	if (!w)
		return;
	ledger_writer_stop(w);
	unmake(w);
}

size_t ledger_writer_submit(struct ledger_writer *w, struct ledger_request *const *requests,
                            size_t n)
{
	return w->dead ? 0 : queue_push(&w->queue, (void *const *)requests, n);
}
