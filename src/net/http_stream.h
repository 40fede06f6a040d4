/* SPDX-License-Identifier: Apache-2.0 */
/* http_stream.h — the waiting events of one listener, between the threads that send and the one that writes. */
#pragma once

#include <pthread.h>

#include "net/http_server.h"

enum http_take {
	HTTP_TAKE_SOME,  /* *len bytes were copied */
	HTTP_TAKE_WAIT,  /* nothing yet: sleep was called, wake follows */
	HTTP_TAKE_ENDED, /* nothing more will come */
};

/* How the connection is put to sleep and woken; both are called with the stream locked. */
struct http_stream_line {
	void (*sleep)(void *line);
	void (*wake)(void *line);
	void  *line;
};

struct http_stream {
	pthread_mutex_t         lock;
	int                     references;
	struct http_stream_line line;
	struct buf              waiting;
	bool                    is_asleep, is_ended, is_gone;
	int64_t                 sent_us; /* monotonic, the last event or heartbeat */
	struct http_stream     *previous, *next; /* in the server's list */
	void                   *server;
};

struct http_stream *http_stream_new(void); /* one reference; NULL when out of memory */
void                http_stream_keep(struct http_stream *s);
/* The connection's side. */
enum http_take http_stream_take(struct http_stream *s, char *to, size_t size, size_t *len);
void           http_stream_gone(struct http_stream *s); /* the connection has ended */
void           http_stream_beat(struct http_stream *s, int64_t interval_us); /* a remark if silent that long */
