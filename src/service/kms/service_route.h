/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_route.h — which requests go to one worker. A software token (SoftHSM) serves short calls
 * one at a time, and threads that alternate at it are slower together than one alone. Workers note
 * what a request turned out to need; requests that look like it, by key label or operation, then go
 * the same way. A guess: whoever computes it, the answer is the same.
 */
#pragma once

#include <stdatomic.h>

#include "codec/kms_message.h"

enum { SERVICE_ROUTES = 4096 };

/* Shared by the line's thread and the workers; zero-initialised. */
struct service_routes {
	_Atomic bool narrow[SERVICE_ROUTES];
};

/* Where requests that look like this one are noted: 0…SERVICE_ROUTES-1. */
unsigned service_route_of(const struct kms_message *m);
bool service_route_is_narrow(const struct service_routes *r, const struct kms_message *m);
void service_route_note(struct service_routes *r, const struct kms_message *m, bool narrow);
