/* SPDX-License-Identifier: Apache-2.0 */
/* Time, the network, and the run from the first sale to quiescence. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulation/sim.h"

enum {
	MS = 1000,
	NET_FAST_MAX_MS = 50,
	NET_SLOW_MAX_MS = 600000, /* N1: delay up to ten minutes */
	CALM_LIMIT_S = 3600,      /* after the last fault all must be settled by then */
	EVENTS_LIMIT = 200000,
};

const struct sim_rates sim_rates_default = {
	.lose_x100 = 1200,
	.repeat_x100 = 1200,
	.delay_x100 = 600,
	.crash_x100 = 200,
	.flap_x100 = 300,
};

const char *sim_mutant_name(enum sim_mutant mutant)
{
	static const char *const names[SIM_MUTANTS] = {
		"none",
		"host forgets keys",
		"host forgets declines",
		"host leaves no tombstone",
		"host answers early",
		"host tells anew",
		"till sends first",
		"till forgets at boot",
		"till takes late approvals",
		"till counts in memory",
		"till frees early",
		"till delivers first",
		"till sounds first",
		"till gives up reversing",
		"till believes anybody",
		"till ignores the floor",
	};

	return names[mutant];
}

void sim_violation(struct sim *s, const char *format, ...)
{
	va_list args;

	if (*s->violation)
		return;
	va_start(args, format);
	vsnprintf(s->violation, sizeof s->violation, format, args);
	va_end(args);
}

bool sim_chance(struct sim *s, uint32_t percent_x100)
{
	return !s->calm && random_chance(&s->random, percent_x100);
}

int64_t sim_between(struct sim *s, int64_t low, int64_t high)
{
	return low + (int64_t)random_below(&s->random, (uint64_t)(high - low) + 1);
}

/* --- the heap of what is to come --- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void sim_post(struct sim *s, struct sim_event e)
{
	size_t at = s->event_count++;

	if (s->event_count > s->heap_size) {
		s->heap_size = s->heap_size ? 2 * s->heap_size : 256;
		s->heap = reallocarray(s->heap, s->heap_size, sizeof *s->heap);
		ASSERT(s->heap);
	}
	e.order = s->event_order++;
	while (at > 0 && before(&e, &s->heap[(at - 1) / 2])) {
		s->heap[at] = s->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	s->heap[at] = e;
}

static struct sim_event next(struct sim *s)
{
	struct sim_event first = s->heap[0], last = s->heap[--s->event_count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < s->event_count) {
		if (child + 1 < s->event_count && before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &last))
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	s->heap[at] = last;
	return first;
}

/* --- the network --- */

static void carry(struct sim *s, const struct sim_message *m)
{
	struct sim_message *copy = malloc(sizeof *copy);
	int64_t ms = sim_chance(s, s->rates.delay_x100) ? sim_between(s, 1000, NET_SLOW_MAX_MS)
	                                                : sim_between(s, 1, NET_FAST_MAX_MS);

	ASSERT(copy);
	*copy = *m;
	sim_post(s, (struct sim_event){ .at_us = s->now_us + ms * MS,
	                                .kind = SIM_ARRIVE,
	                                .till = m->till,
	                                .message = copy });
}

/* Somebody on the line makes up an answer; he cannot make the MAC. */
static void forge(struct sim *s, const struct sim_message *m)
{
	static const char codes[][POS_CODE_SIZE] = { "00", "51", "77", "25", "94" };
	struct sim_message f = *m;

	f.reply = f.forged = true;
	memcpy(f.code, codes[sim_between(s, 0, ARRAY_LEN(codes) - 1)], sizeof f.code);
	carry(s, &f);
}

void sim_send(struct sim *s, const struct sim_message *m)
{
	if (!sim_chance(s, s->rates.lose_x100))
		carry(s, m);
	if (sim_chance(s, s->rates.repeat_x100))
		carry(s, m);
	if (!m->reply && sim_chance(s, SIM_FORGED_X100))
		forge(s, m);
}

/* --- the run --- */

static void arrive(struct sim *s, struct sim_message *m)
{
	if (m->reply)
		sim_till_reply(s, m);
	else
		sim_host_arrived(s, m);
	free(m);
}

static void happen(struct sim *s, const struct sim_event *e)
{
	struct sim_till *t = &s->tills[e->till];

	switch (e->kind) {
	case SIM_ARRIVE:
		arrive(s, e->message);
		break;
	case SIM_TIMER:
		if (t->up && e->generation == t->timer_generation)
			sim_till_timer(s, e->till);
		break;
	case SIM_UPLOAD_WAKE:
		if (e->generation == t->wake_generation)
			sim_till_upload(s, e->till);
		break;
	case SIM_BOOT:
		sim_till_boot(s, e->till);
		break;
	case SIM_ACT:
		sim_till_act(s, e->till);
		break;
	case SIM_LINK:
		sim_till_link(s, e->till, true);
		break;
	case SIM_HOST_RUN:
		sim_host_run(s);
		break;
	case SIM_HOST_UP:
		sim_host_up(s);
		break;
	}
}

static bool all_acted(const struct sim *s)
{
	for (unsigned i = 0; i < s->till_count; i++)
		if (s->tills[i].acts_left > 0)
			return false;
	return true;
}

static void prepare(struct sim *s, uint64_t seed, enum sim_mutant mutant, struct sim_host *host)
{
	memset(s, 0, sizeof *s);
	random_seeded_init(&s->random, seed);
	s->rates = sim_rates_default;
	s->mutant = mutant;
	s->host = host;
	s->host_up = true;
	/* Some worlds begin shortly before the business day ends (H6). */
	s->now_us = 1788264000000000 + (seed % 4 == 0 ? (int64_t)3600 * 4 - 40 : 0) * SECOND_US;
	s->start_us = s->now_us;
	s->till_count = (unsigned)sim_between(s, 1, SIM_TILLS_MAX);
	for (unsigned i = 0; i < s->till_count; i++) {
		struct sim_till *t = &s->tills[i];

		sim_disk_init(&t->disk, s, i);
		t->link = true;
		t->acts_left = (unsigned)sim_between(s, 4, SIM_SALES_MAX);
		sim_post(s, (struct sim_event){ .at_us = s->now_us, .kind = SIM_BOOT, .till = i });
		sim_post(s, (struct sim_event){
		                    .at_us = s->now_us + 10 * MS, .kind = SIM_ACT, .till = i });
	}
}

static void finish(struct sim *s)
{
	for (unsigned i = 0; i < s->till_count; i++) {
		if (s->tills[i].up)
			pos_journal_close(&s->tills[i].journal);
		free(s->tills[i].disk.at);
	}
	for (size_t i = 0; i < s->event_count; i++)
		free(s->heap[i].message);
	free(s->heap);
	free(s->inbox);
	free(s->answers);
	s->host->close(s->host);
}

/* Run until nothing is left to come. With the last sale the faults end; then everything must
 * settle. */
static unsigned live(struct sim *s)
{
	int64_t calm_since_us = 0;
	unsigned events = 0;

	while (s->event_count > 0 && !*s->violation) {
		struct sim_event e = next(s);

		s->now_us = e.at_us;
		happen(s, &e);
		if (!s->calm && all_acted(s)) {
			s->calm = true;
			calm_since_us = s->now_us;
		}
		if (++events > EVENTS_LIMIT ||
		    (s->calm && s->now_us - calm_since_us > CALM_LIMIT_S * (int64_t)SECOND_US))
			sim_violation(s, "not settled %d s after the last fault", CALM_LIMIT_S);
	}
	return events;
}

void sim_run(uint64_t seed, enum sim_mutant mutant, struct sim_host *(*host)(void),
             struct sim_report *out)
{
	struct sim *s = malloc(sizeof *s);

	ASSERT(s);
	prepare(s, seed, mutant, host());
	out->events = live(s);
	if (!*s->violation)
		sim_check(s);
	memcpy(out->violation, s->violation, sizeof out->violation);
	out->crashes = s->crashes;
	out->host_crashes = s->host_crashes;
	out->transactions = (unsigned)s->truth_count;
	finish(s);
	free(s);
}
