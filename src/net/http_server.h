/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h — HTTP/1.1 and HTTPS: routes, strict headers, static files, server-sent events. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct http_server;
struct http_response;
struct http_stream;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE };

enum {
	HTTP_PARAMS_MAX         = 8,
	HTTP_STREAM_QUEUE_MAX   = 64 << 10, /* bytes that may wait for one listener; more closes it */
	HTTP_BODY_LIMIT_DEFAULT = 1 << 20,
};

/* One request, complete with its body. Lives for the handler's call; so does all that is borrowed from it. */
struct http_request {
	enum http_method method;
	struct str       path; /* as sent, without the query */
	struct str       body;
	struct str       client; /* source address as text, without port; behind a trusted proxy the forwarded one */
	bool             is_tls;
	struct arena    *arena; /* for the handler's use */
	void            *owner; /* of the server */
	struct str       params[HTTP_PARAMS_MAX]; /* what stood for {…} in the pattern, percent-decoded, in order */
	void            *exchange; /* the server's own */
};

/* One line of the route table. The handler runs on one of the server's threads; when it does nothing to the
 * response, the answer is 204. */
struct http_route {
	enum http_method method;
	const char      *pattern; /* "/api/v1/people/{id}": {…} matches one segment that is not empty */
	void           (*handle)(struct http_request *request, struct http_response *response);
	size_t           body_limit; /* bytes; 0: HTTP_BODY_LIMIT_DEFAULT */
};

struct http_config {
	const char              *address;             /* "127.0.0.1:8080", "[::]:8443"; port 0: the kernel's choice */
	const char              *cert_file, *key_file; /* PEM; both or neither */
	const char              *static_dir;           /* NULL: none; read once at start */
	const struct http_route *routes;
	size_t                   route_count;
	/* Fills the body for an answer the server gives by itself (400, 404, 405, 413, 503); may be NULL. */
	void   (*refuse)(struct http_request *request, struct http_response *response, int status);
	void    *owner;
	unsigned threads;           /* 0: 2 */
	unsigned connections_max;   /* 0: 1000 */
	unsigned per_address_max;   /* 0: 100 */
	unsigned streams_max;       /* 0: 200 */
	unsigned idle_timeout_s;    /* 0: 30 */
	unsigned request_timeout_s; /* 0: 60, until a request is complete; from the connection or the last answer */
	unsigned heartbeat_s;       /* 0: 15, on event streams */
	/* A proxy on this machine says who the client is (X-Forwarded-For, last entry; X-Forwarded-Proto). */
	bool        trust_forwarded;
	const char *content_policy; /* Content-Security-Policy; NULL: own origin only, inline styles allowed */
};

/* LISTEN_FAILED, TLS_SETUP, FILE_READ. */
result   http_server_open(const struct http_config *config, struct http_server **out);
uint16_t http_server_port(const struct http_server *s);
/* Take no more connections, let running requests end (at most grace_ms), end streams, free all. NULL is fine. */
void     http_server_close(struct http_server *s, int grace_ms);

/* --- request --- */

/* False when it is not there; *out is percent-decoded ('+' is a blank), in the arena. A parameter given twice
 * gives its first value. */
bool http_request_query(const struct http_request *r, const char *name, struct str *out);
bool http_request_header(const struct http_request *r, const char *name, struct str *out);
bool http_request_cookie(const struct http_request *r, const char *name, struct str *out);

/* --- response --- */

struct http_cookie {
	const char *name;
	struct str  value;     /* token characters only */
	const char *path;      /* NULL: "/" */
	int64_t     max_age_s; /* 0: until the browser closes; < 0: delete */
	bool        readable;  /* without HttpOnly */
	bool        lax;       /* SameSite=Lax instead of Strict */
};

void http_response_status(struct http_response *r, int status);
/* Control bytes in name or value are a mistake of the program. */
void http_response_header(struct http_response *r, const char *name, struct str value);
/* Secure is added under TLS or behind a trusted proxy that says https. */
void http_response_cookie(struct http_response *r, const struct http_cookie *cookie);
/* The body, to be filled; the limit is the buffer's, 16 MiB. */
struct buf *http_response_body(struct http_response *r, const char *content_type);

/* --- server-sent events --- */

/*
 * Make the answer an open event stream. The caller owns one reference; NULL when streams_max are open, then
 * the answer is 503 already.
 */
struct http_stream *http_response_stream(struct http_response *r);
/* Any thread. `event` NULL for the default; `data` may hold several lines. False when the listener is gone or
 * too slow: release it. */
bool http_stream_send(struct http_stream *s, const char *event, struct str data);
void http_stream_end(struct http_stream *s);     /* after what waits */
void http_stream_release(struct http_stream *s); /* the caller's reference */

/* Listeners that get the same events. Any thread. */
struct http_topic;
result http_topic_open(struct http_topic **out);
void   http_topic_close(struct http_topic *t); /* ends its streams */
void   http_topic_add(struct http_topic *t, struct http_stream *s); /* takes over the reference */
size_t http_topic_send(struct http_topic *t, const char *event, struct str data); /* how many got it */
