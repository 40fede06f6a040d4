/* SPDX-License-Identifier: Apache-2.0 */
/* events.h — live events to browsers: each gets the next number and goes to every listener, or the
 * listener is let go. */
#pragma once

#include "base/buf.h"
#include "base/time.h"
#include "net/http_server.h"

enum {
	EVENTS_LISTENERS_MAX = 200,
	EVENTS_KEY_SIZE = 65, /* of a listener: what its caller knows it by, NUL-ended */
};

struct events;

/* OUT_OF_MEMORY. The clock is borrowed. */
result events_open(const struct clock *clock, struct events **out);
void events_close(struct events *e); /* ends every stream; NULL is fine */

/*
 * A new listener: takes over the reference to `s` and sends hello with the number of the last
 * event. False when EVENTS_LISTENERS_MAX listen already; the stream is ended then. Any thread.
 */
bool events_listen(struct events *e, struct http_stream *s, const char *key);
/* Send `body` (JSON) under the next number. A listener whose queue is full is dropped: it comes
 * back and sees the gap. */
void events_publish(struct events *e, const char *name, struct str body);
/* Send a heartbeat with the number of the last event. */
void events_beat(struct events *e);
/* End the streams of the listeners for whom `keep` says no. */
void events_prune(struct events *e, bool (*keep)(void *arg, const char *key), void *arg);

size_t events_listeners(struct events *e);
