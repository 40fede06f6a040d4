/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_stream.h"

#include <stdlib.h>

#include "base/time.h"

enum { LISTENERS_MAX = 1000 }; /* of one topic */

struct http_topic {
	pthread_mutex_t     lock;
	struct http_stream *listeners[LISTENERS_MAX];
	size_t              count;
};

struct http_stream *http_stream_new(void)
{
	struct http_stream *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->references = 1;
	s->waiting.limit = HTTP_STREAM_QUEUE_MAX;
	s->sent_us = monotonic_us();
	return s;
}

void http_stream_keep(struct http_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->references++;
	pthread_mutex_unlock(&s->lock);
}

void http_stream_release(struct http_stream *s)
{
	bool is_last;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	is_last = --s->references == 0;
	pthread_mutex_unlock(&s->lock);
	if (!is_last)
		return;
	pthread_mutex_destroy(&s->lock);
	buf_free(&s->waiting);
	free(s);
}

/* With the lock held. */
static void wake(struct http_stream *s)
{
	if (!s->is_asleep)
		return;
	s->is_asleep = false;
	s->line.wake(s->line.line);
}

static void put_lines(struct buf *b, struct str data)
{
	struct str line;
	bool       more;

	do {
		more = str_cut(data, '\n', &line, &data);
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		buf_str(b, STR("data: "));
		buf_str(b, line);
		buf_str(b, STR("\n"));
	} while (more);
}

bool http_stream_send(struct http_stream *s, const char *event, struct str data)
{
	bool is_taken;

	pthread_mutex_lock(&s->lock);
	if (!s->is_gone && !s->is_ended) {
		if (event)
			buf_printf(&s->waiting, "event: %s\n", event);
		put_lines(&s->waiting, data);
		buf_str(&s->waiting, STR("\n"));
		s->sent_us = monotonic_us();
		if (s->waiting.bad)
			s->is_ended = true; /* too slow: the rest would have a hole */
		wake(s);
	}
	is_taken = !s->is_gone && !s->is_ended;
	pthread_mutex_unlock(&s->lock);
	return is_taken;
}

void http_stream_beat(struct http_stream *s, int64_t interval_us)
{
	int64_t now_us = monotonic_us();

	pthread_mutex_lock(&s->lock);
	if (!s->is_gone && !s->is_ended && now_us - s->sent_us >= interval_us) {
		buf_str(&s->waiting, STR(":\n\n"));
		s->sent_us = now_us;
		if (s->waiting.bad)
			s->is_ended = true;
		wake(s);
	}
	pthread_mutex_unlock(&s->lock);
}

void http_stream_end(struct http_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_ended = true;
	if (!s->is_gone)
		wake(s);
	pthread_mutex_unlock(&s->lock);
}

enum http_take http_stream_take(struct http_stream *s, char *to, size_t size, size_t *len)
{
	enum http_take taken = HTTP_TAKE_SOME;

	pthread_mutex_lock(&s->lock);
	*len = s->waiting.len < size ? s->waiting.len : size;
	if (s->waiting.bad)
		*len = 0; /* a listener that is cut off for slowness gets no half event */
	if (*len) {
		memcpy(to, s->waiting.at, *len);
		buf_consume(&s->waiting, *len);
		if (s->waiting.len == 0)
			buf_free(&s->waiting);
	} else if (s->is_ended) {
		taken = HTTP_TAKE_ENDED;
	} else {
		taken = HTTP_TAKE_WAIT;
		s->is_asleep = true;
		s->line.sleep(s->line.line);
	}
	pthread_mutex_unlock(&s->lock);
	return taken;
}

void http_stream_gone(struct http_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_gone = true;
	s->is_asleep = false;
	pthread_mutex_unlock(&s->lock);
	http_stream_release(s);
}

/* --- topics --- */

result http_topic_open(struct http_topic **out)
{
	struct http_topic *t = calloc(1, sizeof *t);

	if (!t)
		return FAIL(OUT_OF_MEMORY, "topic");
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return OK;
}

void http_topic_close(struct http_topic *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		http_stream_end(t->listeners[i]);
		http_stream_release(t->listeners[i]);
	}
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void http_topic_add(struct http_topic *t, struct http_stream *s)
{
	bool is_full;

	pthread_mutex_lock(&t->lock);
	is_full = t->count == LISTENERS_MAX;
	if (!is_full)
		t->listeners[t->count++] = s;
	pthread_mutex_unlock(&t->lock);
	if (!is_full)
		return;
	http_stream_end(s);
	http_stream_release(s);
}

size_t http_topic_send(struct http_topic *t, const char *event, struct str data)
{
	size_t kept = 0;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++) {
		if (http_stream_send(t->listeners[i], event, data))
			t->listeners[kept++] = t->listeners[i];
		else
			http_stream_release(t->listeners[i]);
	}
	t->count = kept;
	pthread_mutex_unlock(&t->lock);
	return kept;
}
