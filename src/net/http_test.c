/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "harness/test.h"
#include "net/address.h"
#include "net/frame_test.h"
#include "net/http_server.h"

enum { ANSWER_SIZE = 128 << 10 };

static struct http_server *server;
static struct http_topic  *topic;
static char                reply[ANSWER_SIZE];

/* --- handlers --- */

static void say_person(struct http_request *request, struct http_response *response)
{
	struct buf *b = http_response_body(response, "text/plain; charset=utf-8");
	struct str  q = STR("-"), cookie = STR("-");

	http_request_query(request, "q", &q);
	http_request_cookie(request, "sid", &cookie);
	buf_printf(b, "id=" STR_FMT " q=" STR_FMT " sid=" STR_FMT " client=" STR_FMT " owner=%s tls=%d",
	           STR_ARG(request->params[0]), STR_ARG(q), STR_ARG(cookie), STR_ARG(request->client),
	           (const char *)request->owner, request->is_tls);
}

static void echo_body(struct http_request *request, struct http_response *response)
{
	struct http_cookie cookie = { .name = "sid", .value = STR("abc"), .max_age_s = 60 };

	http_response_status(response, 201);
	http_response_cookie(response, &cookie);
	buf_str(http_response_body(response, "text/plain"), request->body);
}

static void do_nothing(struct http_request *request, struct http_response *response)
{
	(void)request;
	(void)response;
}

static void listen_to_events(struct http_request *request, struct http_response *response)
{
	struct http_stream *s = http_response_stream(response);

	(void)request;
	if (s)
		http_topic_add(topic, s);
}

static void refuse(struct http_request *request, struct http_response *response, int status)
{
	(void)request;
	buf_printf(http_response_body(response, "application/problem+json"), "{\"status\":%d}", status);
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/api/v1/people/{id}", say_person, 0 },
	{ HTTP_POST, "/api/v1/echo", echo_body, 100 },
	{ HTTP_POST, "/api/v1/large", echo_body, 0 },
	{ HTTP_DELETE, "/api/v1/echo", do_nothing, 0 },
	{ HTTP_GET, "/api/v1/events", listen_to_events, 0 },
};

/* --- client side --- */

static char owner_name[] = "test";

static bool start(struct http_config config)
{
	config.address = "127.0.0.1:0";
	config.routes = routes;
	config.route_count = ARRAY_LEN(routes);
	config.refuse = refuse;
	config.owner = owner_name;
	return is_ok(http_topic_open(&topic)) && CHECK_OK(http_server_open(&config, &server));
}

static void stop(void)
{
	http_server_close(server, 1000);
	http_topic_close(topic);
}

static int dial(void)
{
	char           text[ADDRESS_TEXT_SIZE];
	struct address a;
	int            fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)http_server_port(server));
	ASSERT(is_ok(address_parse(text, &a)) && fd >= 0);
	ASSERT(connect(fd, &a.any, a.len) == 0);
	return fd;
}

/* Read into reply until `until` is there or the line ends (or two seconds pass); bytes read. */
static size_t hear(int fd, const char *until)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t        len = 0;

	reply[0] = '\0';
	while (len < sizeof reply - 1 && poll(&p, 1, 2000) > 0) {
		ssize_t n = recv(fd, reply + len, sizeof reply - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		reply[len] = '\0';
		if (until && strstr(reply, until))
			break;
	}
	return len;
}

/* One request on its own connection; the status, 0 when there was no answer. */
static int ask_raw(const void *raw, size_t len)
{
	int fd = dial(), status = 0;

	if (send(fd, raw, len, MSG_NOSIGNAL) == (ssize_t)len) {
		hear(fd, NULL);
		if (strncmp(reply, "HTTP/1.1 ", 9) == 0)
			status = (int)strtol(reply + 9, NULL, 10);
	}
	close(fd);
	return status;
}

static int ask(const char *method, const char *target, const char *headers, const char *body)
{
	static char raw[70000];
	int         len = snprintf(raw, sizeof raw, "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s%s%zu\r\n\r\n%s",
	                           method, target, headers, *body ? "Content-Length: " : "X-Empty: ", strlen(body), body);

	return ask_raw(raw, (size_t)len);
}

static bool has(const char *text)
{
	return strcasestr(reply, text) != NULL;
}

/* --- tests --- */

TEST(a_request_reaches_its_handler_with_all_its_parts)
{
	REQUIRE(start((struct http_config){ 0 }));
	CHECK_I64("", ask("GET", "/api/v1/people/a%20b?x=1&q=%E6%B0%B4+y", "Cookie: a=1; sid=s7\r\n", ""), 200);
	CHECK(has("id=a b q=\xE6\xB0\xB4 y sid=s7 client=127.0.0.1 owner=test tls=0"));
	CHECK(has("Content-Type: text/plain; charset=utf-8\r\n"));
	CHECK_I64("HEAD", ask("HEAD", "/api/v1/people/7", "", ""), 200);
	CHECK(!has("id=7"));
	CHECK_I64("", ask("POST", "/api/v1/echo", "", "hello"), 201);
	CHECK(has("\r\n\r\nhello"));
	CHECK(has("Set-Cookie: sid=abc; Path=/; Max-Age=60; SameSite=Strict; HttpOnly\r\n"));
	CHECK_I64("", ask("DELETE", "/api/v1/echo", "", ""), 204);
	stop();
}

TEST(every_answer_carries_the_security_headers)
{
	static const char *const targets[] = { "/api/v1/people/7", "/api/v1/none", "/api/v1/echo" };

	REQUIRE(start((struct http_config){ 0 }));
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		CHECK(ask("GET", targets[i], "", "") != 0);
		CHECK(has("\r\nContent-Security-Policy: default-src 'self';"));
		CHECK(has("frame-ancestors 'none'") && has("\r\nX-Frame-Options: DENY\r\n"));
		CHECK(has("\r\nX-Content-Type-Options: nosniff\r\n"));
		CHECK(has("\r\nReferrer-Policy: same-origin\r\n"));
		CHECK(has("\r\nCache-Control: no-store\r\n"));
		CHECK(!has("Strict-Transport-Security"));
	}
	stop();
}

TEST(refusals_have_their_status_and_the_owners_body)
{
	static const struct {
		const char *name, *method, *target, *body;
		int         want;
	} rows[] = {
		{ "no such path", "GET", "/api/v1/none", "", 404 },
		{ "outside the interface", "GET", "/index.html", "", 404 },
		{ "other method", "PUT", "/api/v1/echo", "", 405 },
		{ "unknown method", "BREW", "/api/v1/echo", "", 405 },
		{ "bad escape in the path", "GET", "/api/v1/people/%zz", "", 400 },
		{ "bad escape in the query", "GET", "/api/v1/people/7?q=%", "", 400 },
		{ "no UTF-8", "GET", "/api/v1/people/%FF", "", 400 },
	}, *row;
	static char body[200], want[40];

	REQUIRE(start((struct http_config){ 0 }));
	EACH(row, rows) {
		CHECK_I64(row->name, ask(row->method, row->target, "", row->body), row->want);
		snprintf(want, sizeof want, "{\"status\":%d}", row->want);
		CHECK(has(want) && has("application/problem+json"));
		CHECK_I64(row->name, has("\r\nAllow: "), row->want == 405);
	}
	memset(body, 'x', 101);
	CHECK_I64("one byte too long", ask("POST", "/api/v1/echo", "", body), 413);
	body[100] = '\0';
	CHECK_I64("just fits", ask("POST", "/api/v1/echo", "", body), 201);
	stop();
}

TEST(odd_requests_are_refused_and_the_line_ends)
{
	static const struct {
		const char *name, *raw;
		int         want;
	} rows[] = {
		{ "no host", "GET /api/v1/people/7 HTTP/1.1\r\n\r\n", 400 },
		{ "two hosts", "GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
		{ "two lengths", "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		  400 },
		{ "length and chunked",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "chunked and length",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		  400 },
		{ "unknown encoding", "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "blank before the colon", "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400 },
		{ "length of words", "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\nhello", 400 },
		{ "negative length", "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400 },
		{ "control byte", "GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nX: a\x01\x02\r\n\r\n", 400 },
		{ "whole address", "GET http://a/api/v1/people/7 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "fragment", "GET /api/v1/people/7#x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
	}, *row;

	REQUIRE(start((struct http_config){ 0 }));
	EACH(row, rows) {
		char second[1000];

		/* A second request behind it must never be served. */
		snprintf(second, sizeof second, "%sGET /api/v1/people/smuggled HTTP/1.1\r\nHost: a\r\n\r\n", row->raw);
		CHECK_I64(row->name, ask_raw(second, strlen(second)), row->want);
		if (!CHECK(!has("smuggled")))
			test_note("%s: %s", row->name, reply);
	}
	CHECK_I64("still serving", ask("GET", "/api/v1/people/7", "", ""), 200);
	stop();
}

TEST(garbage_never_harms)
{
	static const struct {
		const char *raw;
		size_t      len;
	} rows[] = { { "\r\n\r\n\r\n", 6 },
		     { "\0\0\0\0", 4 },
		     { "GET\r\n\r\n", 7 },
		     { "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 27 },
		     { "GET / HTTP/1.1\nHost: a\n\n", 24 },
		     { "GET / HTTP/1.1\r\nHost: a\r\nX: \0y\r\n\r\n", 35 },
		     { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11 } },
	  *row;
	static char huge[60000];

	REQUIRE(start((struct http_config){ .idle_timeout_s = 1 }));
	EACH(row, rows)
		CHECK(ask_raw(row->raw, row->len) != 200);
	memset(huge, 'a', sizeof huge);
	memcpy(huge, "GET / HTTP/1.1\r\nHost: ", 22);
	CHECK(ask_raw(huge, sizeof huge) != 200);
	memcpy(huge, "GET /", 5);
	CHECK(ask_raw(huge, sizeof huge) != 200);
	CHECK_I64("still serving", ask("GET", "/api/v1/people/7", "", ""), 200);
	stop();
}

TEST(a_chunked_body_is_taken_within_its_limit)
{
	static const char good[] = "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
	static const char head[] = "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n80\r\n";
	char              big[400];

	REQUIRE(start((struct http_config){ 0 }));
	CHECK_I64("", ask_raw(good, strlen(good)), 201);
	CHECK(has("hello world"));
	memset(big, 'x', sizeof big);
	memcpy(big, head, strlen(head));
	memcpy(big + strlen(head) + 128, "\r\n0\r\n\r\n", 7);
	CHECK_I64("128 bytes where 100 fit", ask_raw(big, strlen(head) + 135), 413);
	stop();
}

TEST(a_request_that_does_not_come_to_its_end_is_cut_off)
{
	int     fd;
	int64_t from;

	REQUIRE(start((struct http_config){ .request_timeout_s = 1 }));
	fd = dial();
	from = monotonic_us();
	/* A byte now and then, so that an idle time-out alone would never come. */
	while (monotonic_us() - from < 5 * (int64_t)SECOND_US) {
		struct pollfd p = { fd, POLLIN, 0 };

		if (send(fd, "G", 1, MSG_NOSIGNAL) != 1 || poll(&p, 1, 100) > 0)
			break;
	}
	CHECK(monotonic_us() - from < 4 * (int64_t)SECOND_US);
	close(fd);
	stop();
}

TEST(keep_alive_carries_several_requests)
{
	static const char two[] = "GET /api/v1/people/1 HTTP/1.1\r\nHost: a\r\n\r\n"
				  "GET /api/v1/people/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

	REQUIRE(start((struct http_config){ 0 }));
	CHECK_I64("", ask_raw(two, strlen(two)), 200);
	CHECK(has("id=1 ") && has("id=2 "));
	stop();
}

/* --- files --- */

static void write_file(const char *dir, const char *name, const char *text)
{
	char  path[600];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	ASSERT(f);
	fputs(text, f);
	fclose(f);
}

static const char *make_site(void)
{
	static char dir[400];
	char        assets[500];

	snprintf(dir, sizeof dir, "%s/site", test_dir());
	snprintf(assets, sizeof assets, "%s/assets", dir);
	mkdir(dir, 0700);
	mkdir(assets, 0700);
	write_file(dir, "index.html", "<p>start</p>");
	write_file(dir, "robots.txt", "none");
	write_file(dir, ".secret", "hidden");
	write_file(dir, "assets/index-4f3a2b1c.js", "plain script");
	write_file(dir, "assets/index-4f3a2b1c.js.br", "brotli script");
	write_file(dir, "assets/index-4f3a2b1c.js.gz", "gzip script");
	write_file(dir, "assets/logo.svg", "<svg/>");
	return dir;
}

TEST(files_are_served_with_type_tag_and_caching)
{
	static const struct {
		const char *target, *headers, *body, *type, *caching;
		int         want;
	} rows[] = {
		{ "/", "", "<p>start</p>", "text/html; charset=utf-8", "no-cache", 200 },
		{ "/people/7", "", "<p>start</p>", "text/html; charset=utf-8", "no-cache", 200 },
		{ "/assets/index-4f3a2b1c.js", "", "plain script", "text/javascript; charset=utf-8",
		  "public, max-age=31536000, immutable", 200 },
		{ "/assets/index-4f3a2b1c.js", "Accept-Encoding: gzip, br\r\n", "brotli script",
		  "text/javascript; charset=utf-8", "immutable", 200 },
		{ "/assets/index-4f3a2b1c.js", "Accept-Encoding: gzip, br;q=0\r\n", "gzip script",
		  "text/javascript; charset=utf-8", "immutable", 200 },
		{ "/assets/logo.svg", "Accept-Encoding: br\r\n", "<svg/>", "image/svg+xml", "no-cache", 200 },
		{ "/robots.txt", "", "none", "text/plain; charset=utf-8", "no-cache", 200 },
		{ "/assets/none.js", "", "404", "problem", "no-store", 404 },
		{ "/assets/index-4f3a2b1c.js.br", "", "404", "problem", "no-store", 404 },
		{ "/.secret", "", "404", "problem", "no-store", 404 },
		{ "/../site/robots.txt", "", "404", "problem", "no-store", 404 },
		{ "/%2e%2e/site/robots.txt", "", "404", "problem", "no-store", 404 },
		{ "/api/none", "", "404", "problem", "no-store", 404 },
	}, *row;

	REQUIRE(start((struct http_config){ .static_dir = make_site() }));
	EACH(row, rows) {
		CHECK_I64(row->target, ask("GET", row->target, row->headers, ""), row->want);
		if (!CHECK(has(row->body)) || !CHECK(has(row->type)) || !CHECK(has(row->caching)))
			test_note("%s: %s", row->target, reply);
		CHECK(has("nosniff"));
		CHECK(!has("hidden"));
	}
	CHECK_I64("a file is not written to", ask("POST", "/robots.txt", "", "x"), 405);
	stop();
}

TEST(a_file_the_client_has_is_not_sent_again)
{
	char  headers[200];
	char *tag, *end;

	REQUIRE(start((struct http_config){ .static_dir = make_site() }));
	CHECK_I64("", ask("GET", "/robots.txt", "", ""), 200);
	tag = strstr(reply, "ETag: ");
	REQUIRE(tag != NULL);
	end = strchr(tag, '\r');
	snprintf(headers, sizeof headers, "If-None-Match: %.*s\r\n", (int)(end - tag - 6), tag + 6);
	CHECK_I64("", ask("GET", "/robots.txt", headers, ""), 304);
	CHECK(!has("\r\n\r\nnone"));
	CHECK_I64("", ask("GET", "/index.html", headers, ""), 200);
	stop();
}

/* --- events --- */

static int subscribe(void)
{
	static const char raw[] = "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n";
	int               fd = dial();

	CHECK_I64("", send(fd, raw, strlen(raw), 0), strlen(raw));
	CHECK(hear(fd, "\r\n\r\n") > 0);
	return fd;
}

TEST(events_reach_every_listener_and_end_with_the_server)
{
	int a, b;

	REQUIRE(start((struct http_config){ .heartbeat_s = 1 }));
	a = subscribe();
	b = subscribe();
	CHECK(has("text/event-stream") && has("no-store"));
	CHECK_I64("", http_topic_send(topic, "totals", STR("{\"n\":1}\nsecond")), 2);
	hear(a, "second\n\n");
	CHECK(has("event: totals\ndata: {\"n\":1}\ndata: second\n\n"));
	hear(b, "second\n\n");
	CHECK(has("data: second\n\n"));
	hear(b, ":\n\n");
	CHECK(has(":\n\n")); /* the heartbeat */
	CHECK_I64("", http_topic_send(topic, NULL, STR("x")), 2);
	hear(a, "data: x\n\n");
	CHECK(has("data: x\n\n"));
	close(b);
	for (int i = 0; i < 200 && http_topic_send(topic, NULL, STR("y")) > 1; i++)
		usleep(10000);
	CHECK_I64("who has left is forgotten", http_topic_send(topic, NULL, STR("z")), 1);
	http_server_close(server, 1000);
	CHECK(hear(a, NULL) > 0);
	CHECK(has("\r\n0\r\n\r\n")); /* a proper end */
	CHECK_I64("", http_topic_send(topic, NULL, STR("late")), 0);
	http_topic_close(topic);
	close(a);
}

TEST(streams_have_a_limit_and_a_slow_listener_is_cut_off)
{
	static char big[8000];
	size_t      left = 1;
	int         a;

	memset(big, 'x', sizeof big - 1);
	REQUIRE(start((struct http_config){ .streams_max = 1 }));
	a = subscribe();
	CHECK_I64("one too many", ask("GET", "/api/v1/events", "", ""), 503);
	CHECK(has("{\"status\":503}"));
	for (int i = 0; i < 20000 && left; i++)
		left = http_topic_send(topic, NULL, str_of(big));
	CHECK_I64("", left, 0);
	close(a);
	stop();
}

TEST(a_server_stops_with_listeners_and_idle_lines_open)
{
	int a, idle;

	REQUIRE(start((struct http_config){ 0 }));
	a = subscribe();
	idle = dial();
	stop();
	CHECK(hear(idle, NULL) == 0);
	close(idle);
	close(a);
}

/* --- TLS and set-up --- */

TEST(https_serves_and_says_so)
{
	struct test_pki pki;
	char            command[900];
	FILE           *client;
	size_t          len;

	REQUIRE(test_pki_make(&pki, "N1"));
	REQUIRE(start((struct http_config){ .cert_file = pki.server_cert, .key_file = pki.server_key }));
	/* An outside client; -ign_eof keeps it until the server closes. */
	snprintf(command, sizeof command,
	         "printf 'GET /api/v1/people/7 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | "
	         "openssl s_client -quiet -ign_eof -verify_return_error -CAfile %s -verify_ip 127.0.0.1 -connect 127.0.0.1:%u 2>&1",
	         pki.ca, (unsigned)http_server_port(server));
	client = popen(command, "r");
	REQUIRE(client != NULL);
	len = fread(reply, 1, sizeof reply - 1, client);
	reply[len] = '\0';
	pclose(client);
	if (!CHECK(has("id=7 q=- sid=- client=127.0.0.1 owner=test tls=1")))
		test_note("%s", reply);
	CHECK(has("Strict-Transport-Security: max-age="));
	stop();
}

TEST(a_proxy_on_this_machine_names_the_client_when_it_is_trusted)
{
	static const char forwarded[] = "X-Forwarded-For: 6.6.6.6, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n";

	REQUIRE(start((struct http_config){ 0 }));
	CHECK_I64("", ask("GET", "/api/v1/people/7", forwarded, ""), 200);
	CHECK(has("client=127.0.0.1 owner=test tls=0"));
	stop();
	REQUIRE(start((struct http_config){ .trust_forwarded = true }));
	CHECK_I64("", ask("GET", "/api/v1/people/7", forwarded, ""), 200);
	CHECK(has("client=10.1.2.3 owner=test tls=1"));
	CHECK_I64("", ask("POST", "/api/v1/echo", forwarded, "x"), 201);
	CHECK(has("HttpOnly; Secure\r\n"));
	stop();
}

TEST(a_server_that_cannot_start_says_why)
{
	struct test_pki    pki;
	struct http_config config = { .address = "127.0.0.1:0", .static_dir = "/nonexistent" };

	REQUIRE(test_pki_make(&pki, "N1"));
	CHECK_RESULT("files", http_server_open(&config, &server), FILE_READ);
	config = (struct http_config){ .address = "nonsense" };
	CHECK_RESULT("address", http_server_open(&config, &server), CONNECT_FAILED);
	config = (struct http_config){ .address = "192.0.2.1:80" };
	CHECK_RESULT("foreign address", http_server_open(&config, &server), LISTEN_FAILED);
	config = (struct http_config){ .address = "127.0.0.1:0", .cert_file = "/nonexistent", .key_file = "/x" };
	CHECK_RESULT("no certificate", http_server_open(&config, &server), TLS_SETUP);
	config = (struct http_config){ .address = "127.0.0.1:0", .cert_file = pki.ca, .key_file = pki.ca };
	CHECK_RESULT("no key", http_server_open(&config, &server), TLS_SETUP);
}
