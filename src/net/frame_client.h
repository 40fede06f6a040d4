/* SPDX-License-Identifier: Apache-2.0 */
/* frame_client.h — one framed TCP line used by one thread that waits: tills, tools, tests.
 * Many lines in one thread: frame_server_connect. */
#pragma once

#include "net/tls.h"

struct frame_client;

/* "127.0.0.1:8583" or "host.name:8583"; tls NULL for a plain line. CONNECT_FAILED, NET_TIMEOUT. */
result frame_client_open(const char *address, struct tls_context *tls, int64_t timeout_us, struct frame_client **out);
/* The same from one of this machine's own addresses ("127.0.0.2:0"): a host may ask for one of them (A1.4). */
result frame_client_open_from(const char *from, const char *address, struct tls_context *tls, int64_t timeout_us,
                              struct frame_client **out);
void   frame_client_close(struct frame_client *c); /* NULL is fine */

/* Send one frame of 1…FRAME_PAYLOAD_MAX bytes whole. NET_TIMEOUT and NET_CLOSED end the line: close it. */
result frame_client_send(struct frame_client *c, struct bytes payload, int64_t timeout_us);
/* The next frame, borrowed until the next receive. NET_TIMEOUT (the line stays usable), NET_CLOSED,
 * FRAME_LENGTH. */
result frame_client_receive(struct frame_client *c, int64_t timeout_us, struct bytes *payload);
int    frame_client_fd(const struct frame_client *c); /* to poll beside other descriptors */
bool   frame_client_has_input(const struct frame_client *c); /* receive would not wait: ask before polling */
