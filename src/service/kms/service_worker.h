/* SPDX-License-Identifier: Apache-2.0 */
/* service_worker.h — a thread that computes: sessions, open keys and a reading connection of its
 * own. */
#pragma once

#include "service/kms/service_clients.h"
#include "service/kms/service_events.h"
#include "service/kms/service_line.h"
#include "service/kms/service_route.h"

struct service_worker;

struct service_worker_config {
	const char *dsn; /* borrowed */
	struct hsm_device *devices[KMS_DEVICES_MAX];
	const struct clock *clock;
	const _Atomic uint64_t *generation;
	struct keeper *keeper;
	struct client_meters *meters;
	struct service_events *events;
	struct compute_watch *watch;
	struct service_routes *routes;
	/* Set before the first job. */
	struct service_line *const *line;
};

result service_worker_start(const struct service_worker_config *config,
                            struct service_worker **out);
/* What it has is answered. NULL is fine. */
void service_worker_stop(struct service_worker *w);
/* How many of the jobs it took; on the thread of the line. */
size_t service_worker_push(struct service_worker *w, struct service_job *const *jobs, size_t count);
size_t service_worker_load(const struct service_worker *w); /* jobs it has */
