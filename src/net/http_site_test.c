/* SPDX-License-Identifier: Apache-2.0 */
/* http_site_test.c — files, event streams, TLS and starting of the HTTP server. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "net/frame_test.h"
#include "net/http_test.h"

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

	REQUIRE(http_test_start((struct http_config){ .static_dir = make_site() }));
	EACH(row, rows) {
		CHECK_I64(row->target, http_test_ask("GET", row->target, row->headers, ""), row->want);
		if (!CHECK(http_test_has(row->body)) || !CHECK(http_test_has(row->type)) ||
		    !CHECK(http_test_has(row->caching)))
			test_note("%s: %s", row->target, http_test_reply);
		CHECK(http_test_has("nosniff"));
		CHECK(!http_test_has("hidden"));
	}
	CHECK_I64("a file is not written to", http_test_ask("POST", "/robots.txt", "", "x"), 405);
	http_test_stop();
}

TEST(a_file_the_client_has_is_not_sent_again)
{
	char  headers[200];
	char *tag, *end;

	REQUIRE(http_test_start((struct http_config){ .static_dir = make_site() }));
	CHECK_I64("", http_test_ask("GET", "/robots.txt", "", ""), 200);
	tag = strstr(http_test_reply, "ETag: ");
	REQUIRE(tag != NULL);
	end = strchr(tag, '\r');
	snprintf(headers, sizeof headers, "If-None-Match: %.*s\r\n", (int)(end - tag - 6), tag + 6);
	CHECK_I64("", http_test_ask("GET", "/robots.txt", headers, ""), 304);
	CHECK(!http_test_has("\r\n\r\nnone"));
	CHECK_I64("", http_test_ask("GET", "/index.html", headers, ""), 200);
	http_test_stop();
}

/* --- events --- */

static int subscribe(void)
{
	static const char raw[] = "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n";
	int               fd = http_test_dial();

	CHECK_I64("", send(fd, raw, strlen(raw), 0), strlen(raw));
	CHECK(http_test_hear(fd, "\r\n\r\n") > 0);
	return fd;
}

TEST(events_reach_every_listener_and_end_with_the_server)
{
	int a, b;

	REQUIRE(http_test_start((struct http_config){ .heartbeat_s = 1 }));
	a = subscribe();
	b = subscribe();
	CHECK(http_test_has("text/event-stream") && http_test_has("no-store"));
	CHECK_I64("", http_topic_send(http_test_topic, "totals", STR("{\"n\":1}\nsecond")), 2);
	http_test_hear(a, "second\n\n");
	CHECK(http_test_has("event: totals\ndata: {\"n\":1}\ndata: second\n\n"));
	http_test_hear(b, "second\n\n");
	CHECK(http_test_has("data: second\n\n"));
	http_test_hear(b, ":\n\n");
	CHECK(http_test_has(":\n\n")); /* the heartbeat */
	CHECK_I64("", http_topic_send(http_test_topic, NULL, STR("x")), 2);
	http_test_hear(a, "data: x\n\n");
	CHECK(http_test_has("data: x\n\n"));
	close(b);
	for (int i = 0; i < 200 && http_topic_send(http_test_topic, NULL, STR("y")) > 1; i++)
		usleep(10000);
	CHECK_I64("who has left is forgotten", http_topic_send(http_test_topic, NULL, STR("z")), 1);
	http_server_close(http_test_server, 1000);
	CHECK(http_test_hear(a, NULL) > 0);
	CHECK(http_test_has("\r\n0\r\n\r\n")); /* a proper end */
	CHECK_I64("", http_topic_send(http_test_topic, NULL, STR("late")), 0);
	http_topic_close(http_test_topic);
	close(a);
}

TEST(streams_have_a_limit_and_a_slow_listener_is_cut_off)
{
	static char big[8000];
	size_t      left = 1;
	int         a;

	memset(big, 'x', sizeof big - 1);
	REQUIRE(http_test_start((struct http_config){ .streams_max = 1 }));
	a = subscribe();
	CHECK_I64("one too many", http_test_ask("GET", "/api/v1/events", "", ""), 503);
	CHECK(http_test_has("{\"status\":503}"));
	for (int i = 0; i < 20000 && left; i++)
		left = http_topic_send(http_test_topic, NULL, str_of(big));
	CHECK_I64("", left, 0);
	close(a);
	http_test_stop();
}

TEST(a_server_stops_with_listeners_and_idle_lines_open)
{
	int a, idle;

	REQUIRE(http_test_start((struct http_config){ 0 }));
	a = subscribe();
	idle = http_test_dial();
	http_test_stop();
	CHECK(http_test_hear(idle, NULL) == 0);
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
	REQUIRE(http_test_start((struct http_config){ .cert_file = pki.server_cert, .key_file = pki.server_key }));
	/* An outside client; -ign_eof keeps it until the server closes. */
	snprintf(command, sizeof command,
	         "printf 'GET /api/v1/people/7 HTTP/1.1\\r\\nHost: a\\r\\nConnection: "
	         "close\\r\\n\\r\\n' | "
	         "openssl s_client -quiet -ign_eof -verify_return_error -CAfile %s -verify_ip "
	         "127.0.0.1 -connect 127.0.0.1:%u 2>&1",
	         pki.ca, (unsigned)http_server_port(http_test_server));
	client = popen(command, "r");
	REQUIRE(client != NULL);
	len = fread(http_test_reply, 1, sizeof http_test_reply - 1, client);
	http_test_reply[len] = '\0';
	pclose(client);
	if (!CHECK(http_test_has("id=7 q=- sid=- client=127.0.0.1 owner=test tls=1")))
		test_note("%s", http_test_reply);
	CHECK(http_test_has("Strict-Transport-Security: max-age="));
	http_test_stop();
}

TEST(a_proxy_on_this_machine_names_the_client_when_it_is_trusted)
{
	static const char forwarded[] = "X-Forwarded-For: 6.6.6.6, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n";

	REQUIRE(http_test_start((struct http_config){ 0 }));
	CHECK_I64("", http_test_ask("GET", "/api/v1/people/7", forwarded, ""), 200);
	CHECK(http_test_has("client=127.0.0.1 owner=test tls=0"));
	http_test_stop();
	REQUIRE(http_test_start((struct http_config){ .trust_forwarded = true }));
	CHECK_I64("", http_test_ask("GET", "/api/v1/people/7", forwarded, ""), 200);
	CHECK(http_test_has("client=10.1.2.3 owner=test tls=1"));
	CHECK_I64("", http_test_ask("POST", "/api/v1/echo", forwarded, "x"), 201);
	CHECK(http_test_has("HttpOnly; Secure\r\n"));
	http_test_stop();
}

TEST(a_server_that_cannot_start_says_why)
{
	struct test_pki    pki;
	struct http_config config = { .address = "127.0.0.1:0", .static_dir = "/nonexistent" };

	REQUIRE(test_pki_make(&pki, "N1"));
	CHECK_RESULT("files", http_server_open(&config, &http_test_server), FILE_READ);
	config = (struct http_config){ .address = "nonsense" };
	CHECK_RESULT("address", http_server_open(&config, &http_test_server), CONNECT_FAILED);
	config = (struct http_config){ .address = "192.0.2.1:80" };
	CHECK_RESULT("foreign address", http_server_open(&config, &http_test_server), LISTEN_FAILED);
	config = (struct http_config){ .address = "127.0.0.1:0", .cert_file = "/nonexistent", .key_file = "/x" };
	CHECK_RESULT("no certificate", http_server_open(&config, &http_test_server), TLS_SETUP);
	config = (struct http_config){ .address = "127.0.0.1:0", .cert_file = pki.ca, .key_file = pki.ca };
	CHECK_RESULT("no key", http_server_open(&config, &http_test_server), TLS_SETUP);
}
