/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_events.h — what the computing service did, on its way into the audit (keys 16.1): each
 * key that goes out before its answer does, denials and failures within a second, successes summed
 * up by client, operation and key within a minute.
 */
#pragma once

#include "service/kms/compute.h"
#include "service/kms/keeper.h"

enum { SERVICE_EVENTS = 512, SERVICE_SUMMARY_S = 60 };

/* Shared by the workers. */
struct service_events;
result service_events_open(struct keeper *keeper, struct service_events **out); /* OUT_OF_MEMORY */
void service_events_close(
        struct service_events *e); /* NULL is fine; what waits was written by tick */

/* A worker's own end of it. */
struct service_sink {
	struct service_events *events;
	bool refused; /* a key that went out could not be audited: the answer must not leave */
};
struct compute_sink service_sink_of(struct service_sink *s);

/* Write what waits; every second, and with `all` at the end. On the keeper's thread. */
void service_events_tick(struct service_events *e, struct keeper *k, bool all);
