/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the front uses per message is allocated here, once. */
#include "service/terminal/front.h"

#include <stdlib.h>

#include "base/secret.h"
#include "crypto/locked.h"

result front_pools_init(struct terminal_front *f)
{
	f->job_count = f->config.jobs_max ? f->config.jobs_max : FRONT_JOBS_DEFAULT;
	f->jobs = calloc(f->job_count, sizeof *f->jobs);
	f->submit = calloc(f->job_count, sizeof(struct ledger_request *));
	f->lines = calloc(f->line_count, sizeof *f->lines);
	f->uploads = calloc(FRONT_UPLOADS_MAX, sizeof *f->uploads);
	f->free_uploads = calloc(FRONT_UPLOADS_MAX, sizeof(struct payment_upload *));
	f->handshakes = locked_pages(FRONT_HANDSHAKES_MAX * sizeof *f->handshakes);
	f->asks = locked_pages(FRONT_ASKS * sizeof *f->asks);
	if (!f->jobs || !f->submit || !f->lines || !f->uploads || !f->free_uploads ||
	    !f->handshakes || !f->asks)
		return FAIL(OUT_OF_MEMORY, "%zu jobs, %zu lines", f->job_count, f->line_count);
	for (size_t i = f->job_count; i-- > 0; f->free_jobs = &f->jobs[i])
		f->jobs[i].next = f->free_jobs;
	for (size_t i = f->line_count; i-- > 0; f->free_lines = &f->lines[i])
		f->lines[i].next = f->free_lines;
	for (size_t i = FRONT_HANDSHAKES_MAX; i-- > 0; f->free_handshakes = &f->handshakes[i])
		f->handshakes[i].next = f->free_handshakes;
	for (size_t i = FRONT_ASKS; i-- > 0; f->free_asks = &f->asks[i])
		f->asks[i].next = f->free_asks;
	for (size_t i = 0; i < FRONT_UPLOADS_MAX; i++)
		f->free_uploads[f->free_upload_count++] = &f->uploads[i];
	return OK;
}

void front_pools_deinit(struct terminal_front *f)
{
	locked_pages_free(f->handshakes, FRONT_HANDSHAKES_MAX * sizeof *f->handshakes);
	locked_pages_free(f->asks, FRONT_ASKS * sizeof *f->asks);
	free(f->jobs);
	free(f->submit);
	free(f->lines);
	free(f->uploads);
	free(f->free_uploads);
}

struct terminal_job *front_job_take(struct terminal_front *f)
{
	struct terminal_job *job = f->free_jobs;

	if (!job)
		return NULL;
	f->free_jobs = job->next;
	atomic_fetch_add_explicit(&f->count.jobs, 1, memory_order_relaxed);
	*job = (struct terminal_job){ .front = f };
	return job;
}

void front_job_put(struct terminal_front *f, struct terminal_job *job)
{
	if (job->upload)
		f->free_uploads[f->free_upload_count++] = job->upload;
	if (job == &f->spare)
		return;
	atomic_fetch_sub_explicit(&f->count.jobs, 1, memory_order_relaxed);
	job->next = f->free_jobs;
	f->free_jobs = job;
}

void front_job_submit(struct terminal_front *f, struct terminal_job *job)
{
	ASSERT(f->submit_count < f->job_count);
	job->request.arg = job;
	job->request.sink = &f->sink;
	f->submit[f->submit_count++] = &job->request;
	front_bump(&f->count.requests);
}

struct payment_upload *front_upload_take(struct terminal_front *f)
{
	return f->free_upload_count ? f->free_uploads[--f->free_upload_count] : NULL;
}

void front_handshake_wipe(struct terminal_handshake *h)
{
	secret_wipe_bytes(h->ask.keyring.answer, sizeof h->ask.keyring.answer);
	secret_wipe_bytes(h->wrapped, sizeof h->wrapped);
}

/* NULL when too many are under way. The caller fills it in at once. */
struct terminal_handshake *front_handshake_take(struct terminal_front *f, struct front_line *line)
{
	struct terminal_handshake *h = f->free_handshakes;

	if (!h || line->handshakes >= (line->authenticated ? FRONT_HANDSHAKES_LINE : 1u))
		return NULL;
	f->free_handshakes = h->next;
	*h = (struct terminal_handshake){ .next = f->open_handshakes,
		                          .line = line->id,
		                          .made_us = monotonic_us() };
	f->open_handshakes = h;
	line->handshakes++;
	return h;
}

/* Out of the open ones, and to the caller: a challenge is used once. NULL when there is none, or it
 * is too old. */
struct terminal_handshake *front_handshake_find(struct terminal_front *f,
                                                const struct front_line *line, const char *node,
                                                const uint8_t rh[YTAP_CHALLENGE_SIZE])
{
	struct terminal_handshake *h = f->open_handshakes;

	while (h && (h->busy || h->line != line->id ||
	             memcmp(h->proof.ids.node, node, YTAP_NODE_SIZE) != 0 ||
	             memcmp(h->proof.rh, rh, sizeof h->proof.rh) != 0))
		h = h->next;
	return h && monotonic_us() - h->made_us <= FRONT_CHALLENGE_US ? h : NULL;
}

void front_handshake_put(struct terminal_front *f, struct terminal_handshake *h)
{
	struct terminal_handshake **at = &f->open_handshakes;
	struct front_line *line = front_line_of(f, h->line);

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	if (line)
		line->handshakes--;
	front_handshake_free(f, h);
}

void front_handshake_free(struct terminal_front *f, struct terminal_handshake *h)
{
	front_handshake_wipe(h);
	h->next = f->free_handshakes;
	f->free_handshakes = h;
}

void front_handshakes_expire(struct terminal_front *f, uint64_t line)
{
	int64_t old = monotonic_us() - FRONT_CHALLENGE_US;
	struct terminal_handshake *h = f->open_handshakes, *next;

	for (; h; h = next) {
		next = h->next;
		if (!(line ? h->line == line : h->made_us < old))
			continue;
		if (h->busy)
			h->dead = true;
		else
			front_handshake_put(f, h);
	}
}
