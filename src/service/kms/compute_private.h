/* SPDX-License-Identifier: Apache-2.0 */
/* compute_private.h — the service's inside, and the door of it; private to this folder. */
#pragma once

#include "service/kms/compute_op.h"

/* Rows of one code. */
struct compute_rows {
	const struct compute_op *at;
	size_t count;
};

struct compute {
	struct key_cache *cache;
	struct compute_sink sink;
	struct compute_watch *watch;
	void *owner;
	struct compute_rows ops[KMS_OPS];
	struct compute_call call; /* of the request under way */
	bool was_narrow;
};

/* Is this request one that this client may make, with these keys, now? Fills c->call: the row of
 * its operation, its values, its keys. */
result compute_admit(struct compute *c, struct key_client_meter *meter,
                     const struct kms_message *m);
/* The keys that call->in names, allowed to this client and fit for call->op. */
result compute_find_keys(struct compute_call *call);
/* What a code tells the client, and what a status is to the audit. */
enum kms_status compute_status_of(result r);
enum compute_event_kind compute_kind_of(enum kms_status s);
