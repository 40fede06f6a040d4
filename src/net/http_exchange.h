/* SPDX-License-Identifier: Apache-2.0 */
/* http_exchange.h — one request and its response while they are in the server's hands. */
#pragma once

#include "net/http_check.h"
#include "net/http_static.h"
#include "net/http_stream.h"

enum { HTTP_RESPONSE_HEADERS_MAX = 32 };

struct http_response {
	struct http_exchange   *exchange;
	int                     status; /* 0: not set yet */
	struct http_field       headers[HTTP_RESPONSE_HEADERS_MAX]; /* in the arena */
	size_t                  header_count;
	const char             *content_type;
	struct buf              body;
	struct http_stream     *stream;
	const struct http_file *file;
	const struct http_form *file_form;
	bool                    must_close;
};

struct http_exchange {
	struct http_request       request;
	struct http_response      response;
	struct arena              arena;
	struct str                target;
	struct str                query;
	struct buf                body;
	struct http_field         fields[HTTP_FIELDS_MAX + 1]; /* one more, to see that there are too many */
	size_t                    field_count;
	struct http_field         params[HTTP_QUERY_MAX];
	size_t                    param_count;
	const struct http_route  *route;
	struct http_server       *server;
	const struct http_service *service;
	size_t                    discarded;
	const char               *target_at, *part_end; /* in the library's buffer, while the head is looked at */
	bool                      is_torn;              /* the head holds bytes that the library does not show */
	bool                      has_begun;
	int                       refused; /* status to answer instead of serving; 0 for none */
	char                      client[64];
};

/* What the exchange needs of the server. */
struct http_service {
	const struct http_route *routes;
	size_t                   route_count;
	void (*refuse)(struct http_request *request, struct http_response *response, int status);
	void                    *owner;
	const struct http_static *files;
	const char              *content_policy;
	struct http_stream *(*stream_open)(struct http_server *server); /* NULL when there are too many */
};

/* Look at method, target and headers; sets what is refused. `method` as sent. */
void http_exchange_begin(struct http_exchange *x, const struct http_service *service,
                         const char *method, bool is_http11);
/* More of the body. False: the sender goes on beyond all measure and is to be cut off. */
bool http_exchange_take(struct http_exchange *x, struct bytes more);
/* Run the handler, or make the refusal; adds the headers that every answer has. */
void http_exchange_serve(struct http_exchange *x, const struct http_service *service);
void http_exchange_free(struct http_exchange *x);
