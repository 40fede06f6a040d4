/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/time.h"
#include "harness/test.h"
#include "net/loop.h"

static struct loop *loop;
static int          order[64];
static int          fired_count;

struct numbered_timer {
	struct loop_timer timer;
	int               number;
};

static void note_timer(struct loop_timer *t)
{
	struct numbered_timer *n = (struct numbered_timer *)t;

	order[fired_count++] = n->number;
}

static void stop_timer(struct loop_timer *t)
{
	loop_stop(t->owner);
}

TEST(timers_fire_in_order_and_not_early)
{
	static const int64_t  delay_ms[] = { 30, 5, 20, 10, 15, 25 };
	struct numbered_timer timers[ARRAY_LEN(delay_ms)] = { 0 };
	struct loop_timer     stop = { .fired = stop_timer };
	int64_t               start_us = monotonic_us();

	REQUIRE_OK(loop_open(&loop));
	fired_count = 0;
	for (size_t i = 0; i < ARRAY_LEN(delay_ms); i++) {
		timers[i].timer.fired = note_timer;
		timers[i].number = (int)delay_ms[i];
		loop_timer_set(loop, &timers[i].timer, delay_ms[i] * 1000);
	}
	loop_timer_stop(loop, &timers[2].timer);
	loop_timer_set(loop, &timers[1].timer, 12000); /* moved from 5 to 12 ms */
	stop.owner = loop;
	loop_timer_set(loop, &stop, 35000);
	CHECK_OK(loop_run(loop));
	CHECK(monotonic_us() - start_us >= 35000);
	CHECK_I64("", fired_count, 5);
	CHECK_I64("first", order[0], 10);
	CHECK_I64("second: moved behind 10", order[1], 5);
	CHECK_I64("third", order[2], 15);
	CHECK_I64("fourth: 20 was stopped", order[3], 25);
	CHECK_I64("last", order[4], 30);
	loop_close(loop);
}

TEST(a_heap_of_many_timers_keeps_its_order)
{
	static struct numbered_timer timers[500];
	struct random_seeded         r;
	int64_t                      last = 0;

	REQUIRE_OK(loop_open(&loop));
	random_seeded_init(&r, 11);
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		timers[i].timer = (struct loop_timer){ .fired = note_timer };
		loop_timer_set(loop, &timers[i].timer, (int64_t)random_below(&r, 1000000) + 3600 * (int64_t)SECOND_US);
	}
	for (size_t i = 0; i < 1000; i++) {
		struct loop_timer *t = &timers[random_below(&r, ARRAY_LEN(timers))].timer;

		if (random_chance(&r, 5000))
			loop_timer_stop(loop, t);
		else
			loop_timer_set(loop, t, (int64_t)random_below(&r, 1000000) + 3600 * (int64_t)SECOND_US);
	}
	/* Take them off in the order in which they are due, as the loop does. */
	for (;;) {
		struct loop_timer *first = NULL;

		for (size_t i = 0; i < ARRAY_LEN(timers); i++)
			if (timers[i].timer.place == 1)
				first = &timers[i].timer;
		if (!first)
			break;
		CHECK(first->at_us >= last);
		last = first->at_us;
		loop_timer_stop(loop, first);
	}
	loop_close(loop);
}

static int woken_count;

static void woken(void *owner)
{
	woken_count++;
	if (owner)
		loop_stop(loop);
}

static void *post_soon(void *wake)
{
	usleep(5000);
	loop_wake_post(wake);
	return NULL;
}

TEST(another_thread_wakes_the_loop)
{
	struct loop_wake wake = { 0 };
	pthread_t        thread;

	REQUIRE_OK(loop_open(&loop));
	REQUIRE_OK(loop_wake_open(loop, &wake, woken, &wake));
	woken_count = 0;
	REQUIRE(pthread_create(&thread, NULL, post_soon, &wake) == 0);
	CHECK_OK(loop_run(loop));
	pthread_join(thread, NULL);
	CHECK_I64("", woken_count, 1);
	loop_wake_post(&wake);
	loop_wake_post(&wake);
	CHECK_OK(loop_once(loop, 0));
	CHECK_I64("two posts, one call", woken_count, 2);
	loop_wake_close(loop, &wake);
	loop_close(loop);
}

static int ready_count, end_count;
static struct loop_watch watches[2];

/* Whichever is served first takes the other away. */
static void take_other_away(struct loop_watch *w, uint32_t events)
{
	(void)events;
	ready_count++;
	loop_remove(loop, &watches[w == &watches[0]]);
}

static void count_end(void *owner)
{
	(void)owner;
	end_count++;
}

TEST(a_watch_removed_in_a_round_is_not_served_in_it)
{
	int pipes[2][2];

	REQUIRE_OK(loop_open(&loop));
	ready_count = end_count = 0;
	loop_on_round_end(loop, count_end, &end_count);
	for (int i = 0; i < 2; i++) {
		REQUIRE(pipe2(pipes[i], O_CLOEXEC) == 0);
		REQUIRE(write(pipes[i][1], "x", 1) == 1);
		watches[i] = (struct loop_watch){ pipes[i][0], EPOLLIN, take_other_away, NULL };
		REQUIRE_OK(loop_add(loop, &watches[i]));
	}
	CHECK_OK(loop_once(loop, 0));
	CHECK_I64("", ready_count, 1);
	CHECK_I64("", end_count, 1);
	loop_off_round_end(loop, &end_count);
	CHECK_OK(loop_once(loop, 0));
	CHECK_I64("", end_count, 1);
	for (int i = 0; i < 2; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	loop_close(loop);
}

static int caught_signal;

static void caught(void *owner, int signo)
{
	caught_signal = signo;
	loop_stop(owner);
}

TEST(a_signal_arrives_in_the_loop)
{
	REQUIRE_OK(loop_open(&loop));
	REQUIRE_OK(loop_on_signal(loop, SIGUSR1, caught, loop));
	REQUIRE_OK(loop_on_signal(loop, SIGUSR2, caught, loop));
	kill(getpid(), SIGUSR2);
	CHECK_OK(loop_run(loop));
	CHECK_I64("", caught_signal, SIGUSR2);
	loop_close(loop);
}
