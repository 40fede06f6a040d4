/* SPDX-License-Identifier: Apache-2.0 */
/* http_test.h — a server with a few routes, and a client that sends what no library would. */
#pragma once

#include "net/http_server.h"

extern struct http_server *http_test_server;
extern struct http_topic  *http_test_topic;
extern char                http_test_reply[128 << 10]; /* of the last request, NUL-ended */

/* GET /api/v1/people/{id} shows its parts, POST /api/v1/echo takes 100 bytes and /api/v1/large more, DELETE
 * /api/v1/echo does nothing, GET /api/v1/events is a stream of the topic. */
bool http_test_start(struct http_config config);
void http_test_stop(void);

int    http_test_dial(void);
/* Read into the reply until `until` is there or the line ends (or five seconds pass); bytes read. */
size_t http_test_hear(int fd, const char *until);
/* One request on its own connection; the status, 0 when there was no answer. */
int    http_test_raw(const void *raw, size_t len);
int    http_test_ask(const char *method, const char *target, const char *headers, const char *body);
bool   http_test_has(const char *text); /* somewhere in the reply, in any case */
