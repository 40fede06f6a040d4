/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h — bounded many-to-one queue of pointers between threads: the only way threads share writable state. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t  filled;
	void          **slots;
	size_t          size, head, count;
	bool            closed;
	bool            sleeping; /* the taker waits on `filled` */
};

result queue_init(struct queue *q, size_t size); /* OUT_OF_MEMORY */
void   queue_deinit(struct queue *q);
/* How many of the n fitted, in order; 0 when full or closed. Never blocks. */
size_t queue_push(struct queue *q, void *const *items, size_t n);
/* Wait until something is there (at most timeout_us; < 0 for ever), then take up to max. 0 on
 * time-out or when closed and empty. */
size_t queue_take(struct queue *q, void **items, size_t max, int64_t timeout_us);
void   queue_close(struct queue *q); /* wakes the taker; further pushes are refused */
size_t queue_count(struct queue *q);
bool   queue_is_closed(struct queue *q);
