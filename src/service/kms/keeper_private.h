/* SPDX-License-Identifier: Apache-2.0 */
/* keeper_private.h — the keeper's own state, for its files. */
#pragma once

#include <pthread.h>

#include "base/queue.h"
#include "service/kms/keeper.h"

struct keeper {
	struct keeper_config config;
	struct db *db; /* NULL while the store is away */
	struct master_ring ring;
	struct hsm_random random;
	struct ceremony_room *room;
	struct exchange_room *entries;
	struct exchange_outbox *letters;
	struct queue queue;
	pthread_t thread;
	bool has_queue, runs;
	bool changed;           /* the open transaction says so */
	int64_t changes;        /* of the store, as last seen or made */
	bool renewing;          /* a job is RUNNING */
	int64_t round;          /* ticks so far */
	int64_t checkpoint_day; /* of the last checkpoint, days since 1970 in China */
};

/* Every second. */
void keeper_chores(struct keeper *k);
/* One batch of a renewal; `renewing` off when there is none, or it stands still. */
void keeper_renewal_step(struct keeper *k);
