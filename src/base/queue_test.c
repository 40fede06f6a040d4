/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/queue.h"
#include "base/time.h"
#include "harness/test.h"

enum { PRODUCERS = 4, ITEMS = 5000 };

static struct queue q;
static int          values[PRODUCERS][ITEMS];

TEST(a_queue_keeps_order_and_its_bound)
{
	int   n[5] = { 0, 1, 2, 3, 4 };
	void *items[5] = { &n[0], &n[1], &n[2], &n[3], &n[4] }, *out[5];

	REQUIRE_OK(queue_init(&q, 3));
	CHECK_I64("what fits", queue_push(&q, items, 5), 3);
	CHECK_I64("full", queue_push(&q, items + 3, 1), 0);
	CHECK_I64("", queue_count(&q), 3);
	CHECK_I64("", queue_take(&q, out, 2, -1), 2);
	CHECK(out[0] == &n[0] && out[1] == &n[1]);
	CHECK_I64("", queue_push(&q, items + 3, 2), 2);
	CHECK_I64("", queue_take(&q, out, 5, -1), 3);
	CHECK(out[0] == &n[2] && out[1] == &n[3] && out[2] == &n[4]);
	queue_deinit(&q);
	queue_deinit(&q);
}

TEST(taking_waits_as_long_as_asked)
{
	void   *out[1];
	int64_t from;

	REQUIRE_OK(queue_init(&q, 3));
	from = monotonic_us();
	CHECK_I64("", queue_take(&q, out, 1, 20000), 0);
	CHECK(monotonic_us() - from >= 20000);
	CHECK_I64("not at all", queue_take(&q, out, 1, 0), 0);
	queue_deinit(&q);
}

TEST(a_closed_queue_gives_what_it_has_and_takes_nothing)
{
	int   n = 0;
	void *item = &n, *out[2];

	REQUIRE_OK(queue_init(&q, 3));
	CHECK_I64("", queue_push(&q, &item, 1), 1);
	CHECK(!queue_is_closed(&q));
	queue_close(&q);
	CHECK(queue_is_closed(&q));
	CHECK_I64("", queue_push(&q, &item, 1), 0);
	CHECK_I64("", queue_take(&q, out, 2, -1), 1);
	CHECK_I64("", queue_take(&q, out, 2, -1), 0);
	queue_deinit(&q);
}

static void *produce(void *arg)
{
	int *own = arg;

	for (int i = 0; i < ITEMS; i++) {
		void *item = &own[i];

		while (queue_push(&q, &item, 1) == 0)
			usleep(50);
	}
	return NULL;
}

static void *close_soon(void *arg)
{
	(void)arg;
	usleep(5000);
	queue_close(&q);
	return NULL;
}

TEST(many_producers_lose_nothing_and_keep_their_order)
{
	pthread_t threads[PRODUCERS];
	int       next[PRODUCERS] = { 0 };
	void     *out[64];

	REQUIRE_OK(queue_init(&q, 100));
	for (int p = 0; p < PRODUCERS; p++)
		REQUIRE(pthread_create(&threads[p], NULL, produce, values[p]) == 0);
	for (int taken = 0; taken < PRODUCERS * ITEMS;) {
		size_t n = queue_take(&q, out, ARRAY_LEN(out), -1);

		for (size_t i = 0; i < n; i++) {
			long at = (int *)out[i] - &values[0][0];

			CHECK_I64("", at % ITEMS, next[at / ITEMS]++);
		}
		taken += (int)n;
	}
	for (int p = 0; p < PRODUCERS; p++)
		pthread_join(threads[p], NULL);
	CHECK_I64("", queue_count(&q), 0);
	REQUIRE(pthread_create(&threads[0], NULL, close_soon, NULL) == 0);
	CHECK_I64("closing wakes the taker", queue_take(&q, out, 1, -1), 0);
	pthread_join(threads[0], NULL);
	queue_deinit(&q);
}
