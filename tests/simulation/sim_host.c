/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the simulation: batches, crashes, the stored answers, and the rules a mutant
 * leaves out. */
#include <stdlib.h>

#include "simulation/sim.h"

enum { MS = 1000, BATCH_MAX = 8, HOST_DOWN_MAX_MS = 20000, FRESH_SHIFT = 40 };

void sim_host_arrived(struct sim *s, const struct sim_message *m)
{
	if (!s->host_up)
		return;
	if (s->inbox_count == s->inbox_size) {
		s->inbox_size = s->inbox_size ? 2 * s->inbox_size : 16;
		s->inbox = reallocarray(s->inbox, s->inbox_size, sizeof *s->inbox);
		ASSERT(s->inbox);
	}
	s->inbox[s->inbox_count++] = *m;
	if (s->host_run_due)
		return;
	s->host_run_due = true;
	sim_post(s, (struct sim_event){ .at_us = s->now_us + sim_between(s, 0, 3 * MS),
	                                .kind = SIM_HOST_RUN });
}

static struct sim_message *first_answer(struct sim *s, const struct sim_message *m)
{
	for (size_t i = 0; i < s->answer_count; i++)
		if (s->answers[i].till == m->till && s->answers[i].tsn == m->tsn)
			return &s->answers[i];
	return NULL;
}

/* Keep the first committed answer of each number; a later one must be the same. */
static void compare_answer(struct sim *s, const struct sim_message *reply)
{
	struct sim_message *first = first_answer(s, reply);

	if (reply->kind != SIM_REQUEST && reply->kind != SIM_REVERSAL)
		return;
	if (!first) {
		if (s->answer_count == s->answer_size) {
			s->answer_size = s->answer_size ? 2 * s->answer_size : 64;
			s->answers = reallocarray(s->answers, s->answer_size, sizeof *s->answers);
			ASSERT(s->answers);
		}
		s->answers[s->answer_count++] = *reply;
	} else if (strcmp(first->code, reply->code) != 0 ||
	           first->balance_fen != reply->balance_fen || first->lsn != reply->lsn) {
		sim_violation(s, "till %u number %llu: first answered %s %lld, then %s %lld",
		              reply->till, (unsigned long long)reply->tsn, first->code,
		              (long long)first->balance_fen, reply->code,
		              (long long)reply->balance_fen);
	}
}

/* --- mutants --- */

static uint64_t fresh(struct sim *s, uint64_t tsn)
{
	return tsn + (++s->event_order << FRESH_SHIFT);
}

/* Give what was seen before a number of its own, so that the host takes it for new. */
static void make_new(struct sim *s, struct sim_message *m)
{
	const struct sim_message *first = m->kind == SIM_REQUEST ? first_answer(s, m) : NULL;

	if (s->mutant == SIM_HOST_FORGETS_KEYS && m->kind == SIM_UPLOAD)
		for (size_t i = 0; i < m->record_count; i++)
			if (s->host->stands(s->host, m->till, m->records[i].tsn, 0))
				m->records[i].tsn = fresh(s, m->records[i].tsn);
	if (!first)
		return;
	if (s->mutant == SIM_HOST_FORGETS_KEYS ||
	    (s->mutant == SIM_HOST_FORGETS_DECLINES && strcmp(first->code, "00") != 0 &&
	     strcmp(first->code, "22") != 0))
		m->tsn = fresh(s, m->tsn);
}

/* A reversal of what never came: answered, but nothing is written. */
static bool swallow(struct sim *s, const struct sim_message *m)
{
	struct sim_message original = { .till = m->till, .tsn = m->original_tsn };

	return s->mutant == SIM_HOST_NO_TOMBSTONE && m->kind == SIM_REVERSAL &&
	       !first_answer(s, &original);
}

static void restore_numbers(struct sim_message *reply)
{
	const uint64_t mask = (UINT64_C(1) << FRESH_SHIFT) - 1;

	reply->tsn &= mask;
	for (size_t i = 0; i < reply->record_count; i++)
		reply->records[i].tsn &= mask;
}

/* --- a batch --- */

static void host_crash(struct sim *s)
{
	s->host_crashes++;
	s->host_up = false;
	s->inbox_count = 0;
	sim_post(s, (struct sim_event){ .at_us = s->now_us +
	                                         sim_between(s, 500, HOST_DOWN_MAX_MS) * MS,
	                                .kind = SIM_HOST_UP });
}

static enum sim_crash choose_crash(struct sim *s)
{
	if (!sim_chance(s, s->rates.crash_x100))
		return SIM_CRASH_NEVER;
	if (sim_between(s, 0, 1) == 0)
		return SIM_CRASH_AFTER_COMMIT;
	return s->mutant == SIM_HOST_ANSWERS_EARLY ? SIM_CRASH_ANSWERED : SIM_CRASH_BEFORE_COMMIT;
}

static void answer(struct sim *s, struct sim_message *reply, enum sim_crash crash)
{
	bool repeated;

	reply->reply = true;
	restore_numbers(reply);
	repeated = first_answer(s, reply) != NULL;
	if (s->mutant == SIM_HOST_TELLS_ANEW && repeated && reply->kind == SIM_REQUEST)
		reply->balance_fen = s->host->balance_fen(s->host, reply->card);
	if (crash != SIM_CRASH_ANSWERED && s->mutant != SIM_HOST_FORGETS_KEYS &&
	    s->mutant != SIM_HOST_FORGETS_DECLINES && s->mutant != SIM_HOST_NO_TOMBSTONE)
		compare_answer(s, reply);
	else if (crash != SIM_CRASH_ANSWERED && !repeated)
		compare_answer(s, reply);
	if (crash == SIM_CRASH_NEVER || crash == SIM_CRASH_ANSWERED)
		sim_send(s, reply);
}

/* Messages the mutants swallow are answered at once; the rest go to the host. */
static size_t take(struct sim *s, struct sim_message *in)
{
	size_t n = 0, taken = 0;

	for (; taken < s->inbox_count && n < BATCH_MAX; taken++) {
		in[n] = s->inbox[taken];
		if (swallow(s, &in[n])) {
			struct sim_message reply = in[n];

			reply.reply = true;
			memcpy(reply.code, "00", sizeof reply.code);
			sim_send(s, &reply);
			continue;
		}
		make_new(s, &in[n]);
		n++;
	}
	s->inbox_count -= taken;
	memmove(s->inbox, s->inbox + taken, s->inbox_count * sizeof *s->inbox);
	return n;
}

void sim_host_run(struct sim *s)
{
	struct sim_message in[BATCH_MAX], replies[BATCH_MAX];
	enum sim_crash crash;
	size_t n;

	s->host_run_due = false;
	if (!s->host_up || s->inbox_count == 0)
		return;
	n = take(s, in);
	crash = choose_crash(s);
	if (n > 0)
		s->host->batch(s->host, (struct instant){ s->now_us }, in, n, crash, replies);
	for (size_t i = 0; i < n && crash != SIM_CRASH_BEFORE_COMMIT; i++)
		answer(s, &replies[i], crash);
	if (crash != SIM_CRASH_NEVER) {
		host_crash(s);
	} else if (s->inbox_count > 0) {
		s->host_run_due = true;
		sim_post(s, (struct sim_event){ .at_us = s->now_us + MS, .kind = SIM_HOST_RUN });
	}
}

void sim_host_up(struct sim *s)
{
	s->host->restart(s->host, (struct instant){ s->now_us });
	s->host_up = true;
}
