/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DISCARD_MAX = 16 << 20 }; /* bytes of a refused body that are read to be polite */

static const struct {
	const char      *name;
	enum http_method method;
} methods[] = {
	{ "GET", HTTP_GET },     { "HEAD", HTTP_GET },     { "POST", HTTP_POST },
	{ "PUT", HTTP_PUT },     { "PATCH", HTTP_PATCH },  { "DELETE", HTTP_DELETE },
};

static const char policy_default[] = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
				     "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
				     "frame-ancestors 'none'";

/* --- what a handler asks --- */

bool http_request_header(const struct http_request *r, const char *name, struct str *out)
{
	const struct http_exchange *x = r->exchange;

	for (size_t i = 0; i < x->field_count; i++) {
		if (!http_name_equal(x->fields[i].name, str_of(name)))
			continue;
		*out = x->fields[i].value;
		return true;
	}
	return false;
}

bool http_request_query(const struct http_request *r, const char *name, struct str *out)
{
	const struct http_exchange *x = r->exchange;

	for (size_t i = 0; i < x->param_count; i++) {
		if (!str_equal(x->params[i].name, str_of(name)))
			continue;
		*out = x->params[i].value;
		return true;
	}
	return false;
}

bool http_request_cookie(const struct http_request *r, const char *name, struct str *out)
{
	const struct http_exchange *x = r->exchange;

	/* HTTP/2 to HTTP/1.1 proxies may leave several Cookie headers. */
	for (size_t i = 0; i < x->field_count; i++)
		if (http_name_equal(x->fields[i].name, STR("cookie")) &&
		    http_find_cookie(x->fields[i].value, str_of(name), out))
			return true;
	return false;
}

/* --- what a handler says --- */

static bool is_sound(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7F)
			return false;
	return true;
}

void http_response_status(struct http_response *r, int status)
{
	ASSERT(status >= 200 && status <= 599);
	r->status = status;
}

void http_response_header(struct http_response *r, const char *name, struct str value)
{
	ASSERT(r->header_count < HTTP_RESPONSE_HEADERS_MAX);
	ASSERT(is_sound(str_of(name)) && is_sound(value));
	r->headers[r->header_count++] = (struct http_field){ arena_str(&r->exchange->arena, str_of(name)),
		                                             arena_str(&r->exchange->arena, value) };
}

void http_response_cookie(struct http_response *r, const struct http_cookie *cookie)
{
	struct http_exchange *x = r->exchange;
	char                  age[40] = "";

	if (cookie->max_age_s > 0)
		snprintf(age, sizeof age, "; Max-Age=%" PRId64, cookie->max_age_s);
	else if (cookie->max_age_s < 0)
		snprintf(age, sizeof age, "; Max-Age=0");
	http_response_header(r, "Set-Cookie",
	                     arena_printf(&x->arena, "%s=" STR_FMT "; Path=%s%s; SameSite=%s%s%s", cookie->name,
	                                  STR_ARG(cookie->value), cookie->path ? cookie->path : "/", age,
	                                  cookie->lax ? "Lax" : "Strict", cookie->readable ? "" : "; HttpOnly",
	                                  x->request.is_tls ? "; Secure" : ""));
}

struct buf *http_response_body(struct http_response *r, const char *content_type)
{
	r->content_type = content_type;
	return &r->body;
}

static bool has_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (http_name_equal(r->headers[i].name, str_of(name)))
			return true;
	return false;
}

static void header_if_absent(struct http_response *r, const char *name, const char *value)
{
	if (!has_header(r, name))
		http_response_header(r, name, str_of(value));
}

/* --- refusals --- */

/* A body that the owner did not finish, or none: then one line of text. */
static void refuse(struct http_exchange *x, const struct http_service *service, int status)
{
	struct http_response *r = &x->response;

	buf_free(&r->body);
	r->content_type = NULL;
	r->status = status;
	if (service->refuse)
		service->refuse(&x->request, r, status);
	if (r->body.len == 0)
		buf_printf(http_response_body(r, "text/plain; charset=utf-8"), "%d\n", status);
	r->status = status;
}

struct http_stream *http_response_stream(struct http_response *r)
{
	struct http_exchange *x = r->exchange;
	struct http_stream   *s = r->stream ? NULL : x->service->stream_open(x->server);

	if (!s) {
		refuse(x, x->service, 503);
		return NULL;
	}
	r->stream = s;
	r->status = 200;
	r->content_type = "text/event-stream";
	http_stream_keep(s);
	return s;
}

/* --- before the body --- */

static bool find_method(const char *text, enum http_method *out)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strcmp(methods[i].name, text) != 0)
			continue;
		*out = methods[i].method;
		return true;
	}
	return false;
}

/* The parameters of the route that fits, decoded; 400 for an escape that is none. */
static int take_params(struct http_exchange *x, const struct str *raw, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_ok(http_decode(raw[i], false, &x->arena, &x->request.params[i])))
			return 400;
	return 0;
}

static int find_route(struct http_exchange *x, const struct http_service *service, bool is_known_method)
{
	struct str raw[HTTP_PARAMS_MAX];
	size_t     count;
	bool       is_elsewhere = false;

	for (size_t i = 0; i < service->route_count; i++) {
		const struct http_route *route = &service->routes[i];

		if (!http_match(route->pattern, x->request.path, raw, &count))
			continue;
		if (is_known_method && route->method == x->request.method) {
			x->route = route;
			return take_params(x, raw, count);
		}
		is_elsewhere = true;
	}
	if (is_elsewhere || !is_known_method)
		return 405;
	return 0;
}

static bool is_api(struct str path)
{
	return path.len >= 5 && memcmp(path.at, "/api/", 5) == 0;
}

static int find_file(struct http_exchange *x, const struct http_service *service)
{
	struct str path;

	if (!service->files || is_api(x->request.path))
		return 404;
	if (!is_ok(http_decode(x->request.path, false, &x->arena, &path)))
		return 400;
	x->response.file = http_static_find(service->files, path);
	if (!x->response.file)
		return 404;
	return x->request.method == HTTP_GET ? 0 : 405;
}

static size_t body_limit(const struct http_exchange *x)
{
	return x->route && x->route->body_limit ? x->route->body_limit : HTTP_BODY_LIMIT_DEFAULT;
}

static int check_length(const struct http_exchange *x)
{
	struct str text;
	uint64_t   length;

	if (!http_request_header(&x->request, "content-length", &text) || !is_ok(str_u64(text, &length)))
		return 0;
	return length > body_limit(x) ? 413 : 0;
}

static int check_all(struct http_exchange *x, const struct http_service *service, const char *method, bool is_http11)
{
	bool is_known;
	int  status;

	if (x->is_torn || !is_ok(http_check_headers(x->fields, x->field_count, is_http11)))
		return 400;
	if (!is_ok(http_check_target(x->target, &x->request.path, &x->query)) ||
	    !is_ok(http_split_query(x->query, &x->arena, x->params, &x->param_count)))
		return 400;
	is_known = find_method(method, &x->request.method);
	status = find_route(x, service, is_known);
	if (status == 0 && !x->route)
		status = find_file(x, service);
	return status ? status : check_length(x);
}

void http_exchange_begin(struct http_exchange *x, const struct http_service *service,
                         const char *method, bool is_http11)
{
	x->has_begun = true;
	x->service = service;
	x->request.path = STR("");
	x->request.arena = &x->arena;
	x->request.owner = service->owner;
	x->request.exchange = x;
	x->response.exchange = x;
	x->refused = check_all(x, service, method, is_http11);
	x->body.limit = body_limit(x);
	x->response.must_close = x->refused == 400 || x->refused == 413;
}

bool http_exchange_take(struct http_exchange *x, struct bytes more)
{
	if (!x->refused) {
		buf_put(&x->body, more);
		if (!x->body.bad)
			return true;
		x->refused = 413;
		x->response.must_close = true;
		buf_free(&x->body);
	}
	x->discarded += more.len;
	return x->discarded <= DISCARD_MAX;
}

/* --- after the body --- */

static void add_common_headers(struct http_exchange *x, const struct http_service *service)
{
	struct http_response *r = &x->response;

	http_response_header(r, "X-Content-Type-Options", STR("nosniff"));
	http_response_header(r, "Referrer-Policy", STR("same-origin"));
	http_response_header(r, "X-Frame-Options", STR("DENY"));
	header_if_absent(r, "Content-Security-Policy",
	                 service->content_policy ? service->content_policy : policy_default);
	if (!r->file)
		header_if_absent(r, "Cache-Control", "no-store");
	if (x->request.is_tls)
		http_response_header(r, "Strict-Transport-Security", STR("max-age=31536000"));
	if (r->content_type)
		http_response_header(r, "Content-Type", str_of(r->content_type));
	if (r->must_close)
		http_response_header(r, "Connection", STR("close"));
}

static void serve_file(struct http_exchange *x)
{
	struct http_response   *r = &x->response;
	const struct http_file *f = r->file;
	struct str              accepted = { 0 }, known;
	enum http_coding        coding;

	http_request_header(&x->request, "accept-encoding", &accepted);
	coding = http_static_choose(f, accepted);
	r->status = 200;
	r->file_form = &f->forms[coding];
	if (http_request_header(&x->request, "if-none-match", &known) &&
	    http_etag_matches(known, str_of(f->forms[coding].etag)))
		r->status = 304;
	r->content_type = f->type;
	http_response_header(r, "ETag", str_of(f->forms[coding].etag));
	http_response_header(r, "Vary", STR("Accept-Encoding"));
	http_response_header(r, "Cache-Control",
	                     f->is_immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
	if (coding != HTTP_PLAIN && r->status == 200)
		http_response_header(r, "Content-Encoding", str_of(http_coding_name(coding)));
}

static void allow_header(struct http_exchange *x, const struct http_service *service)
{
	SCOPED(buf_free) struct buf allow = { 0 };
	struct str                  raw[HTTP_PARAMS_MAX];
	size_t                      count;

	for (size_t i = 0; i < service->route_count; i++) {
		if (!http_match(service->routes[i].pattern, x->request.path, raw, &count))
			continue;
		for (size_t m = 0; m < ARRAY_LEN(methods); m++)
			if (methods[m].method == service->routes[i].method)
				buf_printf(&allow, "%s%s", allow.len ? ", " : "", methods[m].name);
	}
	http_response_header(&x->response, "Allow", allow.len ? buf_text(&allow) : STR("GET, HEAD"));
}

void http_exchange_serve(struct http_exchange *x, const struct http_service *service)
{
	struct http_response *r = &x->response;

	x->request.body = buf_text(&x->body);
	if (x->refused) {
		r->file = NULL;
		refuse(x, service, x->refused);
		if (x->refused == 405)
			allow_header(x, service);
	} else if (x->route) {
		x->route->handle(&x->request, r);
		if (!r->stream && r->body.bad)
			refuse(x, service, 500);
	} else {
		serve_file(x);
	}
	if (r->status == 0)
		r->status = r->body.len ? 200 : 204;
	add_common_headers(x, service);
}

void http_exchange_free(struct http_exchange *x)
{
	if (!x)
		return;
	buf_free(&x->body);
	buf_free(&x->response.body);
	arena_free(&x->arena);
	free(x);
}
