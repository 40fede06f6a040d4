/* SPDX-License-Identifier: Apache-2.0 */
/* rest_session.h — signing in and out, the own password. */
#pragma once

#include "service/rest/rest_call.h"

#define REST_COOKIE "yika_session"

/* The session of the call's cookie, kept open by being used. ACCESS_SESSION. */
result rest_session_load(struct rest_call *c, bool touch);

result rest_session_get(struct rest_call *c);
result rest_session_create(struct rest_call *c);
result rest_session_delete(struct rest_call *c);
result rest_session_password(struct rest_call *c);
