/* SPDX-License-Identifier: Apache-2.0 */
/* renewal_traffic.h — for the test of a renewal that is killed: a client that computes all through
 * it, and whose every answer is computed here too. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "service/kms_link/kms_link.h"

struct renewal_traffic {
	const char *socket;      /* borrowed */
	uint8_t certificate[32]; /* whose client it is */
	pthread_t thread;
	_Atomic bool stop;
	/* Answers that were right; wrong ones; refusals (there is no reason for any); lines that
	 * were cut. */
	_Atomic uint64_t right, wrong, refused, cuts;
	_Atomic unsigned status; /* of the last refusal */
	struct kms_link link;
	uint64_t number;
};

void renewal_traffic_start(struct renewal_traffic *t, const char *socket,
                           const uint8_t certificate[32]);
void renewal_traffic_stop(struct renewal_traffic *t);
