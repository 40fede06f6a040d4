/* SPDX-License-Identifier: Apache-2.0 */
#include "base/queue.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"

result queue_init(struct queue *q, size_t size)
{
	pthread_condattr_t attr;

	*q = (struct queue){ .size = size };
	q->slots = calloc(size, sizeof *q->slots);
	if (!q->slots)
		return FAIL(OUT_OF_MEMORY, "queue of %zu", size);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->filled, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&q->lock, NULL);
	return OK;
}

void queue_deinit(struct queue *q)
{
	if (!q->slots)
		return;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->filled);
	free(q->slots);
	*q = (struct queue){ 0 };
}

size_t queue_push(struct queue *q, void *const *items, size_t n)
{
	bool   wake;
	size_t room;

	pthread_mutex_lock(&q->lock);
	room = q->closed ? 0 : q->size - q->count;
	if (n > room)
		n = room;
	for (size_t i = 0; i < n; i++)
		q->slots[(q->head + q->count + i) % q->size] = items[i];
	q->count += n;
	wake = n > 0 && q->sleeping;
	pthread_mutex_unlock(&q->lock);
	if (wake)
		pthread_cond_signal(&q->filled);
	return n;
}

/* With the lock held: wait until there is something, the queue closes, or `until_us` of the monotonic clock. */
static void wait_filled(struct queue *q, int64_t until_us)
{
	const struct timespec until = { until_us / SECOND_US, until_us % SECOND_US * 1000 };
	int                   error = 0;

	q->sleeping = true;
	while (q->count == 0 && !q->closed && error != ETIMEDOUT)
		error = until_us < 0 ? pthread_cond_wait(&q->filled, &q->lock)
				     : pthread_cond_timedwait(&q->filled, &q->lock, &until);
	q->sleeping = false;
}

size_t queue_take(struct queue *q, void **items, size_t max, int64_t timeout_us)
{
	int64_t until_us = timeout_us < 0 ? -1 : timeout_us == 0 ? 0 : monotonic_us() + timeout_us;
	size_t  n;

	pthread_mutex_lock(&q->lock);
	if (q->count == 0 && !q->closed && timeout_us != 0)
		wait_filled(q, until_us);
	n = q->count < max ? q->count : max;
	for (size_t i = 0; i < n; i++)
		items[i] = q->slots[(q->head + i) % q->size];
	q->head = (q->head + n) % q->size;
	q->count -= n;
	pthread_mutex_unlock(&q->lock);
	return n;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_broadcast(&q->filled);
}

size_t queue_count(struct queue *q)
{
	size_t count;

	pthread_mutex_lock(&q->lock);
	count = q->count;
	pthread_mutex_unlock(&q->lock);
	return count;
}

bool queue_is_closed(struct queue *q)
{
	bool closed;

	pthread_mutex_lock(&q->lock);
	closed = q->closed;
	pthread_mutex_unlock(&q->lock);
	return closed;
}
