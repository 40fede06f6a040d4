/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service_route.h"

/* The label of the key where the request begins with one, as clients send it. */
static struct bytes subject_of(const struct kms_message *m)
{
	struct bytes b = m->body;

	if (b.len < KMS_VALUE_HEAD || load_be16(b.at) != KMS_TAG_LABEL)
		return bytes_of(NULL, 0);
	size_t len = load_be16(b.at + 2);
	return len <= b.len - KMS_VALUE_HEAD ? bytes_of(b.at + KMS_VALUE_HEAD, len)
	                                     : bytes_of(NULL, 0);
}

unsigned service_route_of(const struct kms_message *m)
{
	struct bytes label = subject_of(m);
	uint32_t h = 2166136261; /* FNV-1a */

	if (label.len == 0)
		h = (h ^ m->op) * 16777619;
	for (size_t i = 0; i < label.len; i++)
		h = (h ^ label.at[i]) * 16777619;
	return (h ^ h >> 16) % SERVICE_ROUTES;
}

bool service_route_is_narrow(const struct service_routes *r, const struct kms_message *m)
{
	return atomic_load_explicit(&r->narrow[service_route_of(m)], memory_order_relaxed);
}

void service_route_note(struct service_routes *r, const struct kms_message *m, bool narrow)
{
	_Atomic bool *at = &r->narrow[service_route_of(m)];

	/* Hardly ever another answer than before: looked at first, so that the line does not
	 * travel. */
	if (atomic_load_explicit(at, memory_order_relaxed) != narrow)
		atomic_store_explicit(at, narrow, memory_order_relaxed);
}
