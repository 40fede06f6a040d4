/* SPDX-License-Identifier: Apache-2.0 */
#include "service/events/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/json.h"

struct listener {
	struct http_stream *stream;
	char key[EVENTS_KEY_SIZE];
};

struct events {
	const struct clock *clock;
	pthread_mutex_t lock;
	uint64_t sequence;
	size_t count;
	struct listener listeners[EVENTS_LISTENERS_MAX];
};

result events_open(const struct clock *clock, struct events **out)
{
	struct events *e = calloc(1, sizeof *e);

	if (!e)
		return FAIL(OUT_OF_MEMORY, "events");
	e->clock = clock;
	pthread_mutex_init(&e->lock, NULL);
	*out = e;
	return OK;
}

void events_close(struct events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++) {
		http_stream_end(e->listeners[i].stream);
		http_stream_release(e->listeners[i].stream);
	}
	pthread_mutex_destroy(&e->lock);
	free(e);
}

/* {"sequence":"17","at":"…","body":…} */
static void wrap(struct buf *out, const struct events *e, struct str body)
{
	char at[INSTANT_TEXT_SIZE];

	instant_text(clock_now(e->clock), TIME_ZONE_CHINA_S, at);
	at[10] = 'T';
	buf_printf(out, "{\"sequence\":\"%" PRIu64 "\",\"at\":\"%s\",\"body\":", e->sequence, at);
	buf_str(out, body);
	buf_str(out, STR("}"));
}

static void drop(struct events *e, size_t i)
{
	http_stream_release(e->listeners[i].stream);
	e->listeners[i] = e->listeners[--e->count];
}

/* With the lock held. Sending never blocks: a stream that cannot take more says no. */
static void send_all(struct events *e, const char *name, struct str body)
{
	SCOPED(buf_free) struct buf text = { 0 };

	wrap(&text, e, body);
	for (size_t i = e->count; i > 0; i--)
		if (text.bad ||
		    !http_stream_send(e->listeners[i - 1].stream, name, buf_text(&text)))
			drop(e, i - 1);
}

bool events_listen(struct events *e, struct http_stream *s, const char *key)
{
	SCOPED(buf_free) struct buf text = { 0 };
	bool room;

	pthread_mutex_lock(&e->lock);
	wrap(&text, e, STR("null"));
	room = e->count < EVENTS_LISTENERS_MAX && http_stream_send(s, "hello", buf_text(&text));
	if (room) {
		struct listener *l = &e->listeners[e->count++];

		l->stream = s;
		str_copy(str_of(key), l->key, sizeof l->key);
	}
	pthread_mutex_unlock(&e->lock);
	if (!room) {
		http_stream_end(s);
		http_stream_release(s);
	}
	return room;
}

void events_publish(struct events *e, const char *name, struct str body)
{
	pthread_mutex_lock(&e->lock);
	e->sequence++;
	send_all(e, name, body);
	pthread_mutex_unlock(&e->lock);
}

void events_beat(struct events *e)
{
	pthread_mutex_lock(&e->lock);
	send_all(e, "heartbeat", STR("null"));
	pthread_mutex_unlock(&e->lock);
}

void events_prune(struct events *e, bool (*keep)(void *arg, const char *key), void *arg)
{
	pthread_mutex_lock(&e->lock);
	for (size_t i = e->count; i > 0; i--) {
		if (keep(arg, e->listeners[i - 1].key))
			continue;
		http_stream_end(e->listeners[i - 1].stream);
		drop(e, i - 1);
	}
	pthread_mutex_unlock(&e->lock);
}

size_t events_listeners(struct events *e)
{
	size_t n;

	pthread_mutex_lock(&e->lock);
	n = e->count;
	pthread_mutex_unlock(&e->lock);
	return n;
}
