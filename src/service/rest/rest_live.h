/* SPDX-License-Identifier: Apache-2.0 */
/* rest_live.h — health, figures of the day, live events, and the proof of the book. */
#pragma once

#include "service/rest/rest_call.h"

result rest_health(struct rest_call *c);
result rest_home_today(struct rest_call *c);
result rest_events(struct rest_call *c);
result rest_proof_get(struct rest_call *c);
result rest_verify_get(struct rest_call *c);
result rest_verify_post(struct rest_call *c);
