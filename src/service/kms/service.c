/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service.h"

#include <stdlib.h>

#include "service/kms/compute_terminal.h"
#include "service/kms/service_worker.h"

struct service {
	struct service_config config;
	struct service_line *line;
	struct service_worker *workers[KMS_WORKERS_MAX];
	unsigned worker_count;
	struct client_meters *meters;
	struct service_events *events;
	struct compute_watch *watch;
	struct service_routes routes;
};

/* There are as many places in a queue as there are jobs. */
static void push(struct service_worker *w, struct service_job *const *jobs, size_t count)
{
	ASSERT(service_worker_push(w, jobs, count) == count);
}

/* To whoever has least to do; jobs of a round stay together, so that their answers do. */
static void spread(struct service *s, struct service_job *const *jobs, size_t count)
{
	size_t share = (count + s->worker_count - 1) / s->worker_count;

	for (size_t at = 0; at < count;) {
		struct service_worker *least = s->workers[0];
		size_t some = count - at < share ? count - at : share;

		for (unsigned i = 1; i < s->worker_count; i++)
			if (service_worker_load(s->workers[i]) < service_worker_load(least))
				least = s->workers[i];
		push(least, jobs + at, some);
		at += some;
	}
}

/* What only one thread can do at a time goes to the first worker. */
static void work(void *owner, struct service_job *const *jobs, size_t count)
{
	struct service *s = owner;
	struct service_job *narrow[SERVICE_ROUND], *others[SERVICE_ROUND];
	size_t narrow_count = 0, other_count = 0;

	for (size_t i = 0; i < count; i++)
		if (service_route_is_narrow(&s->routes, &jobs[i]->message))
			narrow[narrow_count++] = jobs[i];
		else
			others[other_count++] = jobs[i];
	if (narrow_count)
		push(s->workers[0], narrow, narrow_count);
	spread(s, others, other_count);
}

static result start_workers(struct service *s)
{
	struct service_worker_config worker = {
		.dsn = s->config.dsn,
		.clock = s->config.clock,
		.generation = s->config.generation,
		.keeper = s->config.keeper,
		.meters = s->meters,
		.events = s->events,
		.watch = s->watch,
		.routes = &s->routes,
		.line = &s->line,
	};

	memcpy(worker.devices, s->config.devices, sizeof worker.devices);
	for (unsigned i = 0; i < s->config.workers; i++) {
		TRY(service_worker_start(&worker, &s->workers[i]));
		s->worker_count++;
	}
	return OK;
}

static result start(struct service *s)
{
	struct service_line_config line = {
		.path = s->config.path,
		.for_group = s->config.for_group,
		.front_uid = s->config.front_uid,
		.platform_uid = s->config.platform_uid,
		.work = work,
		.owner = s,
	};

	ASSERT(s->config.workers >= 1 && s->config.workers <= KMS_WORKERS_MAX);
	TRY(compute_platform_prepare());
	TRY(client_meters_open(&s->meters));
	TRY(service_events_open(s->config.keeper, &s->events));
	TRY(compute_watch_open(&s->watch));
	TRY(start_workers(s));
	return service_line_start(&line, &s->line);
}

result service_start(const struct service_config *config, struct service **out)
{
	struct service *s = calloc(1, sizeof *s);
	result r;

	if (!s)
		return FAIL(OUT_OF_MEMORY, "computing service");
	s->config = *config;
	r = start(s);
	if (is_ok(r))
		*out = s;
	else
		service_stop(s);
	return r;
}

/* What waits in the audit's book is written on the keeper's thread. */
struct last_words {
	struct keeper_task task;
	struct service *service;
};

static void write_last_words(struct keeper *k, struct keeper_task *t)
{
	service_events_tick(((struct last_words *)t)->service->events, k, true);
}

void service_stop(struct service *s)
{
	struct last_words last = { { write_last_words }, s };

	if (!s)
		return;
	service_line_stop(s->line);
	for (unsigned i = 0; i < s->worker_count; i++)
		service_worker_stop(s->workers[i]);
	if (s->events)
		keeper_call(s->config.keeper, &last.task);
	service_events_close(s->events);
	client_meters_close(s->meters);
	compute_watch_close(&s->watch);
	free(s);
}

void service_tick(struct service *s, struct keeper *k)
{
	service_events_tick(s->events, k, false);
}

int64_t service_used(struct service *s, int64_t client, struct instant now)
{
	return client_meters_used(s->meters, client, now);
}
