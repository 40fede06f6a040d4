/* SPDX-License-Identifier: Apache-2.0 */
/* A process that posts is killed again and again: every number it acknowledged is in the book,
 * once. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rand.h"
#include "harness/postgres.h"
#include "harness/test.h"
#include "ledger/ledger_testkit.h"

enum { KILLS = 24, KILLS_POSTGRES = 6, IN_FLIGHT = 16 };

struct tills {
	struct ledger_sink sink;
	struct kit *kit;
	int out; /* acknowledged numbers go there */
	uint64_t number;
	struct ledger_request requests[IN_FLIGHT];
	struct book_event events[IN_FLIGHT];
	struct book_outcome outcomes[IN_FLIGHT];
};

static struct tills tills;

static result sell(struct ledger_tx *tx, void *arg)
{
	size_t i = (size_t)((struct book_event *)arg - tills.events);

	return ledger_post(tx, &tills.events[i], &tills.outcomes[i]);
}

static void next_sale(size_t i)
{
	tills.number++;
	tills.events[i] = kit_purchase_event(tills.kit, 1000, tills.number,
	                                     1 + (int)(tills.number % KIT_HOLDERS), 1);
	tills.requests[i] = (struct ledger_request){ .work = sell,
		                                     .arg = &tills.events[i],
		                                     .sink = &tills.sink };
}

static void acknowledged(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	uint64_t numbers[IN_FLIGHT];
	size_t count = 0;

	(void)sink;
	for (size_t k = 0; k < n; k++) {
		size_t i = (size_t)(requests[k] - tills.requests);

		if (!is_ok(requests[k]->result) || tills.outcomes[i].code != SUCCESS)
			_exit(3);
		numbers[count++] = tills.events[i].number;
	}
	if (write(tills.out, numbers, count * sizeof *numbers) !=
	    (ssize_t)(count * sizeof *numbers))
		_exit(4);
	for (size_t k = 0; k < n; k++)
		next_sale((size_t)(requests[k] - tills.requests));
	if (ledger_writer_submit(tills.kit->writer, requests, n) != n)
		_exit(5);
}

/* In the child: own the store, sell until killed. */
ATTR_NORETURN static void sell_until_killed(struct kit *kit, uint64_t number, int out)
{
	struct ledger_request *all[IN_FLIGHT];

	if (!is_ok(ledger_store_open(str_of(kit->dsn), STORE_OWNER, "child",
	                             clock_now(&kit->clock.clock), &kit->store)) ||
	    !is_ok(ledger_writer_open(kit->store, &kit->config, &kit->writer)) ||
	    !is_ok(ledger_writer_start(kit->writer)))
		_exit(6);
	tills = (struct tills){
		.sink = { .deliver = acknowledged }, .kit = kit, .out = out, .number = number
	};
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		next_sale(i);
		all[i] = &tills.requests[i];
	}
	if (ledger_writer_submit(kit->writer, all, IN_FLIGHT) != IN_FLIGHT)
		_exit(7);
	for (;;)
		pause();
}

struct seen {
	uint8_t *acknowledged; /* by number */
	uint64_t highest, size;
};

static void drain(int in, struct seen *seen)
{
	uint64_t numbers[64];
	ssize_t got;

	while ((got = read(in, numbers, sizeof numbers)) > 0) {
		for (size_t i = 0; i < (size_t)got / sizeof *numbers; i++) {
			ASSERT(numbers[i] < seen->size);
			seen->acknowledged[numbers[i]] = 1;
			if (numbers[i] > seen->highest)
				seen->highest = numbers[i];
		}
	}
}

/* Until it sells: what comes before is only start-up. */
static void wait_for_first(int in, struct seen *seen)
{
	uint64_t number;

	if (read(in, &number, sizeof number) == sizeof number) {
		seen->acknowledged[number] = 1;
		seen->highest = number > seen->highest ? number : seen->highest;
	}
}

static void one_life(struct kit *kit, struct seen *seen, uint64_t number, long ms)
{
	const struct timespec t = { 0, ms * 1000000 };
	int pipes[2], status;
	pid_t child;

	REQUIRE_OK(pipe(pipes) == 0 ? OK : FAIL(SYSTEM_CALL, "pipe"));
	child = fork();
	if (child == 0) {
		close(pipes[0]);
		sell_until_killed(kit, number, pipes[1]);
	}
	close(pipes[1]);
	wait_for_first(pipes[0], seen);
	nanosleep(&t, NULL);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	CHECK_I64("killed, not ended by itself", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	          1);
	drain(pipes[0], seen);
	close(pipes[0]);
}

struct asked {
	uint64_t number;
	bool there;
};

static result ask(struct ledger_tx *tx, void *arg)
{
	struct asked *a = arg;
	const struct book_event e = kit_purchase_event(tills.kit, 1000, a->number,
	                                               1 + (int)(a->number % KIT_HOLDERS), 1);
	struct book_outcome out;
	enum book_found found;

	TRY(ledger_find(tx, 1000, a->number, e.digest, &found, &out));
	a->there = found == BOOK_REPLAY && out.code == SUCCESS;
	return OK;
}

static result highest_seen(struct ledger_tx *tx, void *arg)
{
	struct book_source_state s = { 0 };

	book_source(tx->book, 1000, &s);
	*(uint64_t *)arg = s.highest;
	return OK;
}

static void check_after(struct kit *kit, struct seen *seen, uint64_t *checked)
{
	tills.kit = kit;
	kit_idle(kit); /* old numbers are found by the index, not one by one */
	for (uint64_t n = *checked + 1; n <= seen->highest; n++) {
		struct asked a = { n, false };

		if (!seen->acknowledged[n])
			continue;
		CHECK_OK(kit_run(kit, ask, &a));
		if (!a.there)
			CHECK_I64("an acknowledged sale is missing", n, 0);
	}
	*checked = seen->highest;
}

static int64_t money_in_takings(struct kit *kit)
{
	int64_t sum = 0;

	for (int m = 1; m <= KIT_MERCHANTS; m++)
		sum += kit_balance(kit, kit->takings[m]);
	return sum;
}

static void kill_again_and_again(enum kit_engine engine, int kills)
{
	struct seen seen = { .size = 4000000 };
	struct random_seeded r;
	struct kit kit;
	uint64_t checked = 0, highest = 0;

	random_seeded_init(&r, 7);
	seen.acknowledged = calloc(seen.size, 1);
	REQUIRE_OK(kit_open(&kit, engine));
	for (int holder = 1; holder <= KIT_HOLDERS; holder++)
		kit_topup(&kit, holder, 100000000);
	kit.config.replay_rows_max = 2000; /* many rounds of write-back */
	for (int i = 0; i < kills; i++) {
		kit_close(&kit);
		one_life(&kit, &seen, highest, (long)random_below(&r, 40));
		REQUIRE_OK(ledger_store_open(str_of(kit.dsn), STORE_OWNER, "parent",
		                             clock_now(&kit.clock.clock), &kit.store));
		REQUIRE_OK(ledger_writer_open(kit.store, &kit.config, &kit.writer));
		check_after(&kit, &seen, &checked);
		CHECK_OK(kit_run(&kit, highest_seen, &highest));
	}
	CHECK_I64("each sale of one fen is in the book once", money_in_takings(&kit),
	          (int64_t)highest);
	test_note("%s: %d kills, %llu sales acknowledged", kit.name, kills,
	          (unsigned long long)seen.highest);
	CHECK(seen.highest > 0);
	kit_check_proof(&kit);
	kit_check_verify(&kit);
	kit_close(&kit);
	free(seen.acknowledged);
}

TEST(a_killed_process_loses_and_doubles_nothing)
{
	kill_again_and_again(KIT_SQLITE, KILLS);
	kill_again_and_again(KIT_POSTGRES, KILLS_POSTGRES);
}
