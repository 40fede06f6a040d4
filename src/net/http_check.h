/* SPDX-License-Identifier: Apache-2.0 */
/* http_check.h — what a request may look like, and taking its target apart; pure. */
#pragma once

#include "base/arena.h"
#include "net/http_server.h"

struct http_field {
	struct str name, value;
};

enum {
	HTTP_FIELDS_MAX  = 100, /* headers of a request */
	HTTP_QUERY_MAX   = 64,  /* parameters */
	HTTP_TARGET_MAX  = 8192,
	HTTP_SEGMENT_MAX = 32, /* of a path */
};

bool http_name_equal(struct str a, struct str b); /* ASCII case does not matter */

/*
 * HTTP_HEADERS when a request must not be served (RFC 9112 3.2, 5.1, 6.1, 6.3): names that are no tokens,
 * control bytes, not exactly one sound Host, more than one Content-Length or one that is no number, any
 * Transfer-Encoding but a single "chunked", both of them, or too many fields.
 */
result http_check_headers(const struct http_field *fields, size_t count, bool is_http11);

/*
 * Whether between the end of one part of a request and the start of the next there are only blanks and then
 * `zeros` bytes of value 0. The library leaves the head of a request in one buffer, each separator and each CR
 * LF overwritten by zeros; a NUL that was sent, a bare LF or a folded line leaves something else.
 */
bool http_follows(const char *end, const char *next, size_t zeros);

/* The target's path (raw) and query (raw, may be empty). HTTP_HEADERS unless it is a sound "/path?query". */
result http_check_target(struct str target, struct str *path, struct str *query);

/* %xx decoded into the arena, '+' to a blank when is_query. HTTP_HEADERS for a bad escape, or no UTF-8. */
result http_decode(struct str raw, bool is_query, struct arena *a, struct str *out);

/* Parameters of a query; more than HTTP_QUERY_MAX or a bad escape is HTTP_HEADERS. */
result http_split_query(struct str query, struct arena *a, struct http_field *out, size_t *count);

/* Whether path fits pattern; what stood for {…} goes to params (raw). */
bool http_match(const char *pattern, struct str path, struct str params[HTTP_PARAMS_MAX], size_t *param_count);

/* The value of a cookie in a Cookie header. */
bool http_find_cookie(struct str header, struct str name, struct str *value);

/* Whether an Accept-Encoding header allows `coding`. */
bool http_accepts(struct str header, struct str coding);

/* Whether an If-None-Match header names this entity tag (with its quotes). */
bool http_etag_matches(struct str header, struct str etag);
