/* SPDX-License-Identifier: Apache-2.0 */
/* The map of the interface, and what happens around every call. */
#include "service/rest/rest.h"

#include <stdlib.h>

#include "base/log.h"
#include "service/rest/rest_call.h"
#include "service/rest/rest_lists.h"
#include "service/rest/rest_live.h"
#include "service/rest/rest_session.h"

enum {
	HTTP_THREADS = 4 + REST_KMS_LINES, /* some may wait for the key manager */
	HTTP_GRACE_MS = 2000,
};

#define API  "/api/v1"
#define ANY  PERMISSION_COUNT
#define USER (REST_SESSION | REST_SETTLED)
#define EDIT (REST_SESSION | REST_SETTLED | REST_CSRF)
#define KMS  (REST_AWAY | REST_FILES)

/* ROUTE(method, path, function, what it needs, permission): one line a call, as api/openapi.yaml
 * has them. */
#define ROUTES(ROUTE)                                                                              \
	ROUTE(HTTP_GET, API "/health", rest_health, REST_OPEN, ANY)                                \
	ROUTE(HTTP_GET, API "/session", rest_session_get, REST_SESSION, ANY)                       \
	ROUTE(HTTP_POST, API "/session", rest_session_create, REST_OPEN, ANY)                      \
	ROUTE(HTTP_DELETE, API "/session", rest_session_delete, REST_SESSION | REST_CSRF, ANY)     \
	ROUTE(HTTP_PUT, API "/session/password", rest_session_password, REST_SESSION | REST_CSRF,  \
	      ANY)                                                                                 \
	ROUTE(HTTP_GET, API "/home/today", rest_home_today, USER, PERMISSION_TRANSACTIONS_READ)    \
	ROUTE(HTTP_GET, API "/events", rest_events, USER, PERMISSION_TRANSACTIONS_READ)            \
	ROUTE(HTTP_GET, API "/search", rest_search, USER, PERMISSION_PEOPLE_READ)                  \
	ROUTE(HTTP_GET, API "/people", rest_people_list, USER, PERMISSION_PEOPLE_READ)             \
	ROUTE(HTTP_GET, API "/people/{id}", rest_person_get, USER, PERMISSION_PEOPLE_READ)         \
	ROUTE(HTTP_GET, API "/people/{id}/transactions", rest_person_transactions, USER,           \
	      PERMISSION_TRANSACTIONS_READ)                                                        \
	ROUTE(HTTP_GET, API "/transactions", rest_transactions_list, USER,                         \
	      PERMISSION_TRANSACTIONS_READ)                                                        \
	ROUTE(HTTP_GET, API "/transactions/{lsn}", rest_transaction_get, USER,                     \
	      PERMISSION_TRANSACTIONS_READ)                                                        \
	ROUTE(HTTP_GET, API "/proof", rest_proof_get, USER, PERMISSION_PROOF)                      \
	ROUTE(HTTP_GET, API "/proof/verify", rest_verify_get, USER, PERMISSION_PROOF)              \
	ROUTE(HTTP_POST, API "/proof/verify", rest_verify_post, EDIT, PERMISSION_PROOF)            \
	ROUTE(HTTP_GET, API "/merchants", rest_merchants_list, USER, PERMISSION_MERCHANTS)         \
	ROUTE(HTTP_GET, API "/terminals", rest_terminals_list, USER, PERMISSION_TERMINALS)         \
	ROUTE(HTTP_POST, API "/kms", rest_kms_order, EDIT | KMS, PERMISSION_KEYS_PAGES)            \
	ROUTE(HTTP_GET, API "/kms/status", rest_kms_status, USER | REST_AWAY, ANY)

/* --- around a call --- */

static result check_csrf(struct rest_call *c)
{
	struct str token;

	if (!(c->route->needs & REST_CSRF))
		return OK;
	if (!http_request_header(c->request, "x-csrf-token", &token))
		return FAIL(ACCESS_CSRF, "no token");
	return access_require_csrf(&c->session, token);
}

static result check_caller(struct rest_call *c)
{
	if (!(c->route->needs & REST_SESSION))
		return OK;
	TRY(rest_session_load(c, c->route->run != rest_events));
	TRY(check_csrf(c));
	if ((c->route->needs & REST_SETTLED) && c->session.must_change)
		return FAIL(REST_PASSWORD_FIRST, "operator %s", c->session.actor.name);
	if (c->route->permission != PERMISSION_COUNT)
		TRY(access_require(&c->session.actor, c->route->permission));
	return OK;
}

static result run_with_reader(struct rest_call *c)
{
	bool away = c->route->needs & REST_AWAY;
	struct rest_reader *reader;
	result r;

	TRY(rest_readers_take(&c->rest->readers, &reader));
	c->tx = reader->tx;
	r = check_caller(c);
	if (is_ok(r) && !away)
		r = c->route->run(c);
	rest_readers_give(&c->rest->readers, reader, result_kind(r) == RESULT_FAULT);
	c->tx = NULL;
	return is_ok(r) && away ? c->route->run(c) : r;
}

static void serve(struct http_request *request, struct http_response *response,
                  const struct rest_route *route)
{
	struct rest *rest = request->owner;
	struct rest_call c = { .rest = rest,
		               .request = request,
		               .response = response,
		               .route = route,
		               .now = clock_now(rest->config.clock) };
	result r = route->needs == REST_OPEN && route->method == HTTP_GET ? route->run(&c)
	                                                                  : run_with_reader(&c);

	if (!is_ok(r))
		rest_problem(request, response, r, &c.report);
}

/* --- the table --- */

#define ROUTE_PLACE(method, pattern, function, needs, permission) PLACE_##function,
enum { ROUTES(ROUTE_PLACE) PLACES };

#define ROUTE_ROW(method, pattern, function, needs, permission)                                    \
	[PLACE_##function] = { method, pattern, function, needs, permission },
static const struct rest_route table[PLACES] = { ROUTES(ROUTE_ROW) };

#define ROUTE_ENTRY(method, pattern, function, needs, permission)                                  \
	static void enter_##function(struct http_request *request, struct http_response *response) \
	{                                                                                          \
		serve(request, response, &table[PLACE_##function]);                                \
	}
ROUTES(ROUTE_ENTRY)

#define ROUTE_HTTP(method, pattern, function, needs, permission)                                   \
	{ method, pattern, enter_##function,                                                       \
	  (needs)&REST_FILES ? REST_KMS_BODY_MAX : REST_BODY_MAX },
static const struct http_route http_routes[] = { ROUTES(ROUTE_HTTP) };

/* --- start and stop --- */

static result open_http(struct rest *r)
{
	struct http_config config = {
		.address = r->config.address,
		.cert_file = r->config.cert_file,
		.key_file = r->config.key_file,
		.static_dir = r->config.console_dir,
		.routes = http_routes,
		.route_count = ARRAY_LEN(http_routes),
		.refuse = rest_refuse,
		.owner = r,
		.threads = HTTP_THREADS,
		.streams_max = EVENTS_LISTENERS_MAX,
		.trust_forwarded = r->config.trust_forwarded,
	};

	return http_server_open(&config, &r->http);
}

static result start(struct rest *r)
{
	TRY(rest_readers_open(&r->readers, r->config.dsn));
	TRY(events_open(r->config.clock, &r->events));
	TRY(rest_feed_start(r));
	TRY(open_http(r));
	LOG_INFO("rest.ready", "address=%s port=%u", r->config.address, rest_port(r));
	return OK;
}

result rest_start(const struct rest_config *config, struct rest **out)
{
	struct rest *r = calloc(1, sizeof *r);
	result done;

	if (!r)
		return FAIL(OUT_OF_MEMORY, "rest");
	r->config = *config;
	str_copy(config->dsn, r->dsn, sizeof r->dsn);
	r->config.dsn = str_of(r->dsn);
	r->started = clock_now(config->clock);
	rest_guard_init(&r->guard, config->random);
	rest_verify_init(&r->verify, r->config.dsn, config->clock);
	rest_kms_init(&r->kms, config->kms_socket, config->kms_deadline_us);
	done = start(r);
	if (is_ok(done))
		*out = r;
	else
		rest_stop(r);
	return done;
}

uint16_t rest_port(const struct rest *r)
{
	return http_server_port(r->http);
}

void rest_stop(struct rest *r)
{
	if (!r)
		return;
	rest_feed_stop(r);
	events_close(r->events);
	http_server_close(r->http, HTTP_GRACE_MS);
	rest_kms_deinit(&r->kms);
	rest_verify_deinit(&r->verify);
	rest_guard_deinit(&r->guard);
	rest_readers_close(&r->readers);
	free(r);
}
