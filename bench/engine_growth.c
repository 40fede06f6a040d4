/* SPDX-License-Identifier: Apache-2.0 */
/* What a purchase costs in ledgers of different sizes, measured in turns. */
#include "engine_bench.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS_A_SECOND = 5, TURNS_MAX = 100, GROWN_MAX = 3 };

/* A ledger of some size among others that are measured in turns with it. */
struct grown {
	struct bench bench;
	char what[60];
	double cpu_us[TURNS_MAX]; /* of a purchase, by turn */
	double cpu_s, seconds;
	uint64_t done, written;
};

static double thread_cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_until(struct bench *b, uint64_t done, int64_t until_us)
{
	while (b->done < done && monotonic_us() < until_us)
		engine_must(ledger_writer_run_once(b->writer, NULL), "batch");
}

static void take_turn(struct grown *g, uint32_t turn, int64_t slice_us)
{
	uint64_t done = g->bench.done, written = engine_bytes_written();
	int64_t start = monotonic_us();
	double cpu_s = thread_cpu_s();

	engine_start_load(&g->bench, 256);
	run_until(&g->bench, UINT64_MAX, start + slice_us);
	engine_stop_load(&g->bench);
	cpu_s = thread_cpu_s() - cpu_s;
	done = g->bench.done - done;
	g->cpu_us[turn] = cpu_s * 1e6 / (double)done;
	g->cpu_s += cpu_s;
	g->seconds += (double)(monotonic_us() - start) / 1e6;
	g->done += done;
	g->written += engine_bytes_written() - written;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_grown(struct grown *g, uint32_t turns)
{
	double done = (double)g->done;

	engine_named(g->what, "rate", 256, done / g->seconds, "1/s");
	qsort(g->cpu_us, turns, sizeof g->cpu_us[0], by_value);
	engine_named(g->what, "cpu", 256, g->cpu_us[turns / 2], "us/purchase");
	engine_named(g->what, "cpu.least", 256, g->cpu_us[0], "us/purchase");
	engine_named(g->what, "written", 256, (double)g->written / done, "bytes/purchase");
}

/*
 * All of them in turns of a fifth of a second, round after round: what neighbours do to the machine
 * meanwhile, they do to all. No thread but this one runs, so that no ledger works in another's
 * turn.
 */
static void in_turns(const struct options *o, struct grown *all, size_t n)
{
	const int64_t slice_us = SECOND_US / TURNS_A_SECOND;
	uint32_t turns = o->seconds * TURNS_A_SECOND;

	turns = turns < TURNS_MAX ? turns : TURNS_MAX;
	for (size_t i = 0; i < n; i++)
		take_turn(&all[i], 0, slice_us); /* to warm up; its figure is overwritten */
	for (size_t i = 0; i < n; i++)
		all[i].cpu_s = all[i].seconds = 0, all[i].done = all[i].written = 0;
	printf("# growth: %" PRIu32 " turns begin\n", turns);
	fflush(stdout);
	for (uint32_t turn = 0; turn < turns; turn++)
		for (size_t i = 0; i < n; i++)
			take_turn(&all[i], turn, slice_us);
	for (size_t i = 0; i < n; i++)
		engine_require_clean(&all[i].bench);
	for (size_t i = 0; i < n; i++) {
		print_grown(&all[i], turns);
		engine_forget(&all[i].bench);
	}
}

void engine_by_accounts(const struct options *o)
{
	static const uint32_t accounts[GROWN_MAX] = { 100000, 1000000, 5000000 };
	static struct grown all[GROWN_MAX];

	for (size_t i = 0; i < GROWN_MAX; i++) {
		all[i] = (struct grown){ .bench.driven = true };
		snprintf(all[i].what, sizeof all[i].what, "growth.accounts.%" PRIu32, accounts[i]);
		engine_prepare(&all[i].bench, o, accounts[i], all[i].what);
	}
	in_turns(o, all, GROWN_MAX);
}

void engine_by_events(const struct options *o)
{
	static const uint64_t events[] = { 1000000, 20000000 };
	static struct grown all[ARRAY_LEN(events)];

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		all[i] = (struct grown){ .bench.driven = true };
		snprintf(all[i].what, sizeof all[i].what, "growth.events.%" PRIu64, events[i]);
		engine_prepare(&all[i].bench, o, 1000000, all[i].what);
		engine_start_load(&all[i].bench, 1024);
		run_until(&all[i].bench, events[i], INT64_MAX);
		engine_stop_load(&all[i].bench);
	}
	in_turns(o, all, ARRAY_LEN(events));
}
