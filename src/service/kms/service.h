/* SPDX-License-Identifier: Apache-2.0 */
/* service.h — the secure computing service (安全计算服务) of a core: its socket, its workers, and
 * the way of what it did into the audit. */
#pragma once

#include "service/kms/keeper.h"

struct service;

struct service_config {
	const char *dsn, *path; /* borrowed */
	bool for_group;
	uid_t front_uid, platform_uid;
	unsigned workers;
	struct hsm_device *devices[KMS_DEVICES_MAX];
	const struct clock *clock;
	const _Atomic uint64_t *generation;
	struct keeper *keeper;
};

result service_start(const struct service_config *config, struct service **out);
void service_stop(struct service *s); /* before the keeper stops; NULL is fine */
/* Every second, on the keeper's thread. */
void service_tick(struct service *s, struct keeper *k);
/* Items that a client asked for on now's day, since the service started. The keeper's thread. */
int64_t service_used(struct service *s, int64_t client, struct instant now);
