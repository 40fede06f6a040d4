/* SPDX-License-Identifier: Apache-2.0 */
/* rest_feed.c — the thread that turns what the book did into live events; it rests while nobody
 * listens. */
#include <time.h>

#include "base/log.h"
#include "service/rest/rest_call.h"

enum { LOOK_EVERY_MS = 250, TODAY_EVERY_MS = 1000, BEAT_EVERY_MS = 5000, ROWS_A_LOOK = 20 };

/* --- what is sent --- */

static bool is_shown(const struct reports_transaction *t)
{
	switch (t->first.kind) {
	case KIND_ACCOUNT_OPEN:
	case KIND_ACCOUNT_CHANGE:
	case KIND_TOMBSTONE:
	case KIND_RECORD:
		return false;
	default:
		return true;
	}
}

static result send_transactions(struct rest *r, struct db_tx *tx, struct arena *a)
{
	struct reports_filter filter = { .limit = ROWS_A_LOOK };
	struct reports_transactions page;

	TRY(reports_transactions(tx, &filter, a, &page));
	for (size_t i = page.count; i > 0; i--) { /* oldest first */
		SCOPED(buf_free) struct buf text = { 0 };
		struct jwrite j = { .out = &text };

		if (page.rows[i - 1].first.lsn <= r->feed.seen_lsn || !is_shown(&page.rows[i - 1]))
			continue;
		rest_write_transaction(&j, NULL, &page.rows[i - 1], true);
		TRY(buf_done(&text));
		events_publish(r->events, "transaction", buf_text(&text));
	}
	return OK;
}

static result send_today(struct rest *r, struct db_tx *tx, struct bizdate day, struct arena *a)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct jwrite j = { .out = &text };

	TRY(rest_write_today(&j, tx, day, clock_now(r->config.clock), a));
	TRY(buf_done(&text));
	events_publish(r->events, "today", buf_text(&text));
	return OK;
}

static result send_proof(struct rest *r, const struct ledger_proof *p)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct jwrite j = { .out = &text };

	if (p->last.no == r->feed.seen_batch && rest_proof_holds(p) == r->feed.seen_holds)
		return OK;
	rest_write_proof_state(&j, p);
	TRY(buf_done(&text));
	events_publish(r->events, "proof", buf_text(&text));
	r->feed.seen_batch = p->last.no;
	r->feed.seen_holds = rest_proof_holds(p);
	return OK;
}

/* --- one look --- */

static result look(struct rest *r, struct db_tx *tx, int64_t now_us, struct arena *a)
{
	struct rest_feed *f = &r->feed;
	struct ledger_proof proof;
	uint64_t lsn;

	TRY(views_watermark(tx, &lsn));
	if (f->seen_lsn == 0) /* the first listener has just asked for everything itself */
		f->seen_lsn = lsn;
	if (lsn == f->seen_lsn || now_us - f->today_us < TODAY_EVERY_MS * 1000LL)
		return OK;
	ledger_writer_proof(r->config.writer, &proof);
	TRY(send_transactions(r, tx, a));
	TRY(send_today(r, tx, proof.business_date, a));
	TRY(send_proof(r, &proof));
	f->seen_lsn = lsn;
	f->today_us = now_us;
	return OK;
}

struct sessions_now {
	struct rest *rest;
	struct db_tx *tx;
};

static bool has_session(void *arg, const char *key)
{
	const struct sessions_now *s = arg;
	struct session session;

	return is_ok(access_session_find(s->tx, clock_now(s->rest->config.clock), str_of(key),
	                                 &session));
}

/* Every few seconds: say that we live, and end the streams of sessions that are over. */
static void beat(struct rest *r, struct db_tx *tx, int64_t now_us)
{
	struct sessions_now now = { r, tx };

	if (now_us - r->feed.beat_us < BEAT_EVERY_MS * 1000LL)
		return;
	r->feed.beat_us = now_us;
	events_prune(r->events, has_session, &now);
	events_beat(r->events);
}

static void one_round(struct rest *r)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct rest_reader *reader;
	result done;

	if (events_listeners(r->events) == 0) {
		r->feed.seen_lsn = 0;
		return;
	}
	done = rest_readers_take(&r->readers, &reader);
	if (is_ok(done)) {
		done = look(r, reader->tx, monotonic_us(), &a);
		beat(r, reader->tx, monotonic_us());
		rest_readers_give(&r->readers, reader, !is_ok(done));
	}
	if (!is_ok(done))
		LOG_ERROR("feed.failed", "code=%s detail=\"%s\"", result_name(done),
		          result_last()->text);
}

/* --- the thread --- */

static bool wait_round(struct rest_feed *f)
{
	struct timespec until;
	bool goes_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_EVERY_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&f->lock);
	if (!f->is_stopping)
		pthread_cond_timedwait(&f->wake, &f->lock, &until);
	goes_on = !f->is_stopping;
	pthread_mutex_unlock(&f->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct rest *r = arg;

	while (wait_round(&r->feed))
		one_round(r);
	return NULL;
}

result rest_feed_start(struct rest *r)
{
	struct rest_feed *f = &r->feed;
	pthread_condattr_t attr;

	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	f->seen_holds = true;
	f->has_thread = pthread_create(&f->thread, NULL, run, r) == 0;
	return f->has_thread ? OK : FAIL(SYSTEM_CALL, "thread for live figures");
}

void rest_feed_stop(struct rest *r)
{
	struct rest_feed *f = &r->feed;

	if (!f->has_thread)
		return;
	pthread_mutex_lock(&f->lock);
	f->is_stopping = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->has_thread = false;
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
}
