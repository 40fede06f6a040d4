/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_call.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "ledger/verify.h"

void rest_verify_init(struct rest_verify *v, struct str dsn, const struct clock *clock)
{
	*v = (struct rest_verify){ .dsn = dsn, .clock = clock };
	pthread_mutex_init(&v->lock, NULL);
}

void rest_verify_deinit(struct rest_verify *v)
{
	if (v->has_thread)
		pthread_join(v->thread, NULL);
	pthread_mutex_destroy(&v->lock);
}

static void on_step(void *arg, uint64_t rows_done, uint64_t rows_total)
{
	struct rest_verify *v = arg;

	pthread_mutex_lock(&v->lock);
	v->status.rows_done = rows_done;
	v->status.rows_total = rows_total;
	pthread_mutex_unlock(&v->lock);
}

static void close_store(struct ledger_store **s)
{
	ledger_store_close(*s);
}

static result verify(struct rest_verify *v, struct verify_report *report)
{
	SCOPED(close_store) struct ledger_store *store = NULL;
	struct verify_progress progress = { on_step, v };

	TRY(ledger_store_open(v->dsn, STORE_READER, "verify", clock_now(v->clock), &store));
	return ledger_verify(store, &progress, report);
}

static void describe(const struct verify_difference *d, char *out, size_t size)
{
	snprintf(out, size, "%s batch %" PRIu64 " row %" PRIu64 " %s: %s", d->table, d->batch,
	         d->row, d->field, d->text);
}

static void finish(struct rest_verify *v, result r, const struct verify_report *report)
{
	struct rest_verify_status *s = &v->status;

	pthread_mutex_lock(&v->lock);
	s->result = r;
	s->finished = clock_now(v->clock);
	s->state = !is_ok(r)       ? REST_VERIFY_FAILED
	           : report->clean ? REST_VERIFY_CLEAN
	                           : REST_VERIFY_BROKEN;
	if (is_ok(r))
		s->rows_done = s->rows_total = report->rows;
	if (s->state == REST_VERIFY_BROKEN)
		describe(&report->first, s->difference, sizeof s->difference);
	pthread_mutex_unlock(&v->lock);
}

static void *run(void *arg)
{
	struct rest_verify *v = arg;
	struct verify_report report = { 0 };
	result r = verify(v, &report);

	finish(v, r, &report);
	if (!is_ok(r))
		LOG_ERROR("verify.failed", "code=%s", result_name(r));
	else if (!report.clean)
		LOG_ERROR("verify.difference", "table=%s row=%" PRIu64, report.first.table,
		          report.first.row);
	else
		LOG_INFO("verify.clean", "rows=%" PRIu64, report.rows);
	return NULL;
}

/* Start the thread, or put back how things were. With the lock held. */
static result start(struct rest_verify *v)
{
	struct rest_verify_status before = v->status;

	if (before.state == REST_VERIFY_RUNNING)
		return FAIL(REST_VERIFY_RUNS, "since %" PRId64, before.started.us);
	if (v->has_thread)
		pthread_join(v->thread,
		             NULL); /* it has written its state: only its last breath is left */
	v->status = (struct rest_verify_status){ .state = REST_VERIFY_RUNNING,
		                                 .started = clock_now(v->clock) };
	v->has_thread = pthread_create(&v->thread, NULL, run, v) == 0;
	if (v->has_thread)
		return OK;
	v->status = before;
	return FAIL(SYSTEM_CALL, "thread for verify");
}

result rest_verify_start(struct rest_verify *v)
{
	result r;

	pthread_mutex_lock(&v->lock);
	r = start(v);
	pthread_mutex_unlock(&v->lock);
	return r;
}

void rest_verify_status(struct rest_verify *v, struct rest_verify_status *out)
{
	pthread_mutex_lock(&v->lock);
	*out = v->status;
	pthread_mutex_unlock(&v->lock);
}
