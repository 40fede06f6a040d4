/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service_events.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "domain/keys/key_audit.h"

/* Events that are alike, counted. */
struct heap {
	enum compute_event_kind kind;
	enum kms_status status;
	uint16_t op;
	char client[KEY_CLIENT_NAME_MAX + 1], name[32], label[KEY_LABEL_SIZE], detail[120];
	uint64_t items, times;
};

struct service_events {
	struct keeper *keeper;
	pthread_mutex_t lock;
	struct heap at[SERVICE_EVENTS];
	size_t count;
	uint64_t lost; /* kinds of events for which there was no place */
	int ticks;
};

result service_events_open(struct keeper *keeper, struct service_events **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return FAIL(OUT_OF_MEMORY, "events");
	(*out)->keeper = keeper;
	pthread_mutex_init(&(*out)->lock, NULL);
	return OK;
}

void service_events_close(struct service_events *e)
{
	if (!e)
		return;
	pthread_mutex_destroy(&e->lock);
	free(e);
}

/* --- collecting --- */

static struct heap heap_of(const struct compute_event *e)
{
	struct heap h = { .kind = e->kind, .status = e->status, .op = e->op };

	str_copy(str_of(e->client ? e->client->name : "?"), h.client, sizeof h.client);
	str_copy(str_of(e->name), h.name, sizeof h.name);
	str_copy(str_of(e->label), h.label, sizeof h.label);
	if (e->kind != COMPUTE_DONE)
		str_copy(str_of(e->detail), h.detail, sizeof h.detail);
	return h;
}

static bool alike(const struct heap *a, const struct heap *b)
{
	return a->kind == b->kind && a->status == b->status && a->op == b->op &&
	       strcmp(a->client, b->client) == 0 && strcmp(a->label, b->label) == 0 &&
	       strcmp(a->detail, b->detail) == 0;
}

static void collect(struct service_events *e, const struct heap *new, size_t items)
{
	size_t i = 0;

	pthread_mutex_lock(&e->lock);
	while (i < e->count && !alike(&e->at[i], new))
		i++;
	if (i == SERVICE_EVENTS) {
		e->lost++;
	} else {
		if (i == e->count)
			e->at[e->count++] = *new;
		e->at[i].items += items;
		e->at[i].times++;
	}
	pthread_mutex_unlock(&e->lock);
}

/* --- writing --- */

static result write_heap(struct key_act *act, const struct heap *h)
{
	char op[KEY_AUDIT_OP_MAX];

	snprintf(op, sizeof op, "SERVICE.%s", compute_event_names[h->kind]);
	snprintf(act->actor, sizeof act->actor, "client:%s", h->client);
	return key_audit_write(act, op, OK, "op=%s label=%s status=%04X items=%llu times=%llu %s",
	                       h->name, h->label, h->status, (unsigned long long)h->items,
	                       (unsigned long long)h->times, h->detail);
}

static result write_all(struct key_act *act, const struct heap *at, size_t count, uint64_t lost)
{
	for (size_t i = 0; i < count; i++)
		TRY(write_heap(act, &at[i]));
	str_copy(STR("service"), act->actor, sizeof act->actor);
	if (lost)
		return key_audit_write(act, "SERVICE.MORE", OK, "kinds=%llu",
		                       (unsigned long long)lost);
	return OK;
}

/* A key is about to leave: its line is durable first. */
struct issue {
	struct keeper_task task;
	const struct heap *heap;
	result r;
};

static void run_issue(struct keeper *k, struct keeper_task *t)
{
	struct issue *i = (struct issue *)t;
	struct key_act act;

	i->r = keeper_begin(k, "service", &act);
	if (!is_ok(i->r))
		return;
	i->r = write_heap(&act, i->heap);
	if (is_ok(i->r))
		i->r = keeper_commit(k, &act);
	else
		keeper_abandon(k, &act, i->r);
}

static void on_event(void *owner, const struct compute_event *e)
{
	struct service_sink *s = owner;
	struct heap h = heap_of(e);

	if (e->kind == COMPUTE_ALARM)
		LOG_WARNING("kms.alarm",
		            "client=%s op=%s label=%s failures=%zu %s text=\"too many wrong MACs\"",
		            h.client, h.name, h.label, e->count, e->detail);
	if (e->kind != COMPUTE_ISSUED) {
		collect(s->events, &h, e->count);
		return;
	}
	h.items = e->count;
	h.times = 1;
	struct issue issue = { .task = { run_issue }, .heap = &h, .r = OK };
	if (!keeper_call(s->events->keeper, &issue.task) || !is_ok(issue.r))
		s->refused = true;
}

struct compute_sink service_sink_of(struct service_sink *s)
{
	return (struct compute_sink){ on_event, s };
}

/* Take out what is due: successes wait for the minute. Returns how many. */
static size_t take_due(struct service_events *e, bool all, struct heap *out, uint64_t *lost)
{
	size_t taken = 0, kept = 0;

	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < e->count; i++) {
		if (all || e->at[i].kind != COMPUTE_DONE)
			out[taken++] = e->at[i];
		else
			e->at[kept++] = e->at[i];
	}
	e->count = kept;
	*lost = e->lost;
	e->lost = 0;
	pthread_mutex_unlock(&e->lock);
	return taken;
}

/* Not written: they wait for the next time. */
static void put_back(struct service_events *e, const struct heap *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		collect(e, &at[i], at[i].items);
}

void service_events_tick(struct service_events *e, struct keeper *k, bool all)
{
	struct heap *due = calloc(SERVICE_EVENTS, sizeof *due);
	bool minute = ++e->ticks % SERVICE_SUMMARY_S == 0;
	struct key_act act;
	uint64_t lost;
	size_t count;
	result r;

	if (!due)
		return;
	count = take_due(e, all || minute, due, &lost);
	if (count || lost) {
		r = keeper_begin(k, "service", &act);
		if (is_ok(r)) {
			r = write_all(&act, due, count, lost);
			if (is_ok(r))
				r = keeper_commit(k, &act);
			else
				keeper_abandon(k, &act, r);
		}
		if (!is_ok(r))
			put_back(e, due, count);
	}
	free(due);
}
