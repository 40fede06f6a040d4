/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/test.h"
#include "simulation/sim.h"

enum { SEEDS = 2000, MUTANT_SEEDS_MAX = 3000 };

/* How many worlds, and from which seed on: SIMULATION_SEEDS=100000 SIMULATION_FIRST=1 for a soak.
 */
static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	uint64_t v;

	return text && is_ok(str_u64(str_of(text), &v)) ? v : fallback;
}

static void run_worlds(const char *name, struct sim_host *(*host)(void), uint64_t first,
                       uint64_t count)
{
	uint64_t crashes = 0, host_crashes = 0, transactions = 0, events = 0, broken = 0;

	for (uint64_t seed = first; seed < first + count; seed++) {
		struct sim_report r;

		sim_run(seed, SIM_NO_MUTANT, host, &r);
		crashes += r.crashes;
		host_crashes += r.host_crashes;
		transactions += r.transactions;
		events += r.events;
		if (*r.violation && broken++ < 10)
			test_note("%s seed %" PRIu64 ": %s", name, seed, r.violation);
	}
	test_note("%s: %" PRIu64 " worlds, %" PRIu64 " transactions, %" PRIu64
	          " crashes of tills, %" PRIu64 " of the host, %" PRIu64 " events, %" PRIu64
	          " violations",
	          name, count, transactions, crashes, host_crashes, events, broken);
	CHECK_I64(name, broken, 0);
}

TEST(simulation_every_transaction_takes_effect_once_on_the_model)
{
	run_worlds("model", sim_host_model, setting("SIMULATION_FIRST", 1),
	           setting("SIMULATION_SEEDS", SEEDS));
}

TEST(simulation_every_transaction_takes_effect_once_in_the_book)
{
	run_worlds("book", sim_host_real, setting("SIMULATION_FIRST", 1),
	           setting("SIMULATION_SEEDS", SEEDS));
}

TEST(simulation_is_a_function_of_its_seed)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim_report once, again;

		sim_run(seed, SIM_NO_MUTANT, sim_host_real, &once);
		sim_run(seed, SIM_NO_MUTANT, sim_host_real, &again);
		CHECK_I64("events", again.events, once.events);
		CHECK_I64("crashes", again.crashes, once.crashes);
		CHECK_I64("host crashes", again.host_crashes, once.host_crashes);
		CHECK_I64("transactions", again.transactions, once.transactions);
	}
}

/* The first seed that shows the missing rule; 0 when none of the range does. */
static uint64_t first_broken(enum sim_mutant mutant, struct sim_host *(*host)(void), uint64_t from,
                             uint64_t count, struct sim_report *r)
{
	for (uint64_t seed = from; seed < from + count; seed++) {
		sim_run(seed, mutant, host, r);
		if (*r->violation)
			return seed;
	}
	return 0;
}

TEST(simulation_notices_each_rule_that_is_left_out)
{
	for (int mutant = SIM_NO_MUTANT + 1; mutant < SIM_MUTANTS; mutant++) {
		struct sim_report r;
		const char *name = sim_mutant_name((enum sim_mutant)mutant);
		uint64_t seed = first_broken((enum sim_mutant)mutant, sim_host_real, 1,
		                             MUTANT_SEEDS_MAX, &r);

		if (seed > 0)
			test_note("%s: seed %" PRIu64 ": %s", name, seed, r.violation);
		CHECK_I64(name, seed > 0, 1);
	}
}
