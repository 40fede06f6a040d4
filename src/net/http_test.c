/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_test.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "harness/test.h"

TEST(a_request_reaches_its_handler_with_all_its_parts)
{
	REQUIRE(http_test_start((struct http_config){ 0 }));
	CHECK_I64("",
	          http_test_ask("GET", "/api/v1/people/a%20b?x=1&q=%E6%B0%B4+y",
	                        "Cookie: a=1; sid=s7\r\n", ""),
	          200);
	CHECK(http_test_has("id=a b q=\xE6\xB0\xB4 y sid=s7 client=127.0.0.1 owner=test tls=0"));
	CHECK(http_test_has("Content-Type: text/plain; charset=utf-8\r\n"));
	CHECK_I64("HEAD", http_test_ask("HEAD", "/api/v1/people/7", "", ""), 200);
	CHECK(!http_test_has("id=7"));
	CHECK_I64("", http_test_ask("POST", "/api/v1/echo", "", "hello"), 201);
	CHECK(http_test_has("\r\n\r\nhello"));
	CHECK(http_test_has("Set-Cookie: sid=abc; Path=/; Max-Age=60; SameSite=Strict; HttpOnly\r\n"));
	CHECK_I64("", http_test_ask("DELETE", "/api/v1/echo", "", ""), 204);
	http_test_stop();
}

TEST(every_answer_carries_the_security_headers)
{
	static const char *const targets[] = { "/api/v1/people/7", "/api/v1/none", "/api/v1/echo" };

	REQUIRE(http_test_start((struct http_config){ 0 }));
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		CHECK(http_test_ask("GET", targets[i], "", "") != 0);
		CHECK(http_test_has("\r\nContent-Security-Policy: default-src 'self';"));
		CHECK(http_test_has("frame-ancestors 'none'") && http_test_has("\r\nX-Frame-Options: DENY\r\n"));
		CHECK(http_test_has("\r\nX-Content-Type-Options: nosniff\r\n"));
		CHECK(http_test_has("\r\nReferrer-Policy: same-origin\r\n"));
		CHECK(http_test_has("\r\nCache-Control: no-store\r\n"));
		CHECK(!http_test_has("Strict-Transport-Security"));
	}
	http_test_stop();
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

	REQUIRE(http_test_start((struct http_config){ 0 }));
	EACH(row, rows) {
		CHECK_I64(row->name, http_test_ask(row->method, row->target, "", row->body), row->want);
		snprintf(want, sizeof want, "{\"status\":%d}", row->want);
		CHECK(http_test_has(want) && http_test_has("application/problem+json"));
		CHECK_I64(row->name, http_test_has("\r\nAllow: "), row->want == 405);
	}
	memset(body, 'x', 101);
	CHECK_I64("one byte too long", http_test_ask("POST", "/api/v1/echo", "", body), 413);
	body[100] = '\0';
	CHECK_I64("just fits", http_test_ask("POST", "/api/v1/echo", "", body), 201);
	http_test_stop();
}

TEST(odd_requests_are_refused_and_the_line_ends)
{
	static const struct {
		const char *name, *raw;
		int         want;
	} rows[] = {
		{ "no host", "GET /api/v1/people/7 HTTP/1.1\r\n\r\n", 400 },
		{ "two hosts", "GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
		{ "two lengths",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		  400 },
		{ "length and chunked",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\n"
		  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "chunked and length",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		  400 },
		{ "unknown encoding",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "blank before the colon",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400 },
		{ "length of words",
		  "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\nhello", 400 },
		{ "negative length", "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400 },
		{ "control byte", "GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nX: a\x01\x02\r\n\r\n", 400 },
		{ "whole address", "GET http://a/api/v1/people/7 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "fragment", "GET /api/v1/people/7#x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
	}, *row;

	REQUIRE(http_test_start((struct http_config){ 0 }));
	EACH(row, rows) {
		char second[1000];

		/* A second request behind it must never be served. */
		snprintf(second, sizeof second, "%sGET /api/v1/people/smuggled HTTP/1.1\r\nHost: a\r\n\r\n", row->raw);
		CHECK_I64(row->name, http_test_raw(second, strlen(second)), row->want);
		if (!CHECK(!http_test_has("smuggled")))
			test_note("%s: %s", row->name, http_test_reply);
	}
	CHECK_I64("still serving", http_test_ask("GET", "/api/v1/people/7", "", ""), 200);
	http_test_stop();
}

#define RAW(literal) literal, sizeof(literal) - 1

TEST(bytes_that_the_library_would_hide_are_refused)
{
	static const struct {
		const char *name, *raw;
		size_t      len;
		int         want;
	} rows[] = {
		{ "NUL in a value", RAW("GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nX: z\0y\r\nY: z\r\n\r\n"), 400 },
		{ "NUL in the last value", RAW("GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nX: z\0y\r\n\r\n"), 400 },
		{ "NUL in a length",
		  RAW("POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\0 6\r\n\r\nhello"), 400 },
		{ "NUL in a name", RAW("GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nX\0: z\r\n\r\n"), 400 },
		{ "NUL in the path", RAW("GET /api/v1/people/7\0x HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
		{ "bare line feeds", RAW("GET /api/v1/people/7 HTTP/1.1\nHost: a\n\n"), 400 },
		{ "one bare line feed", RAW("GET /api/v1/people/7 HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"), 400 },
		{ "a folded line", RAW("GET /api/v1/people/7 HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"), 400 },
		{ "two blanks", RAW("GET  /api/v1/people/7 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
		{ "no blank after the colon", RAW("GET /api/v1/people/7 HTTP/1.0\r\nHost:a\r\n\r\n"), 200 },
		{ "many blanks around a value",
		  RAW("GET /api/v1/people/7 HTTP/1.0\r\nHost:  a \t \r\nX:   b  \r\n\r\n"), 200 },
		{ "an empty value", RAW("GET /api/v1/people/7 HTTP/1.0\r\nX:\r\nHost: a\r\nY: \r\n\r\n"), 200 },
		{ "an empty line first", RAW("\r\nGET /api/v1/people/7 HTTP/1.0\r\nHost: a\r\n\r\n"), 200 },
	}, *row;

	REQUIRE(http_test_start((struct http_config){ 0 }));
	EACH(row, rows)
		CHECK_I64(row->name, http_test_raw(row->raw, row->len), row->want);
	http_test_stop();
}

TEST(a_head_may_come_in_pieces_and_be_long)
{
	static char head[9000],
	        one[] = "POST /api/v1/large HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
	static const char last[] = "GET /api/v1/people/9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	int               fd, len;

	REQUIRE(http_test_start((struct http_config){ 0 }));
	fd = http_test_dial();
	for (size_t i = 0; i < strlen(one); i++) {
		CHECK_I64("", send(fd, one + i, 1, 0), 1);
		usleep(100);
	}
	CHECK(http_test_hear(fd, "hello") > 0 && http_test_has("201"));
	memset(head, 'c', sizeof head);
	len = snprintf(head, sizeof head, "GET /api/v1/people/8 HTTP/1.1\r\nHost: a\r\nCookie: sid=");
	head[len] = 'c';
	memcpy(head + 8000, "\r\nX: y\r\n\r\n", 10);
	for (size_t at = 0; at < 8010; at += 1000) {
		CHECK(send(fd, head + at, at + 1000 < 8010 ? 1000 : 8010 - at, 0) > 0);
		usleep(1000);
	}
	CHECK(http_test_hear(fd, "owner=test") > 0 && http_test_has("id=8 ") && http_test_has("sid=ccc"));
	CHECK(send(fd, one, strlen(one), 0) > 0);
	CHECK(send(fd, last, strlen(last), 0) > 0);
	http_test_hear(fd, NULL);
	if (!CHECK(http_test_has("hello") && http_test_has("id=9 ")))
		test_note("%s", http_test_reply);
	close(fd);
	http_test_stop();
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

	REQUIRE(http_test_start((struct http_config){ .idle_timeout_s = 1 }));
	EACH(row, rows)
		CHECK(http_test_raw(row->raw, row->len) != 200);
	memset(huge, 'a', sizeof huge);
	memcpy(huge, "GET / HTTP/1.1\r\nHost: ", 22);
	CHECK(http_test_raw(huge, sizeof huge) != 200);
	memcpy(huge, "GET /", 5);
	CHECK(http_test_raw(huge, sizeof huge) != 200);
	CHECK_I64("still serving", http_test_ask("GET", "/api/v1/people/7", "", ""), 200);
	http_test_stop();
}

TEST(a_chunked_body_is_taken_within_its_limit)
{
	static const char good[] = "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
	static const char head[] = "POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n80\r\n";
	char              big[400];

	REQUIRE(http_test_start((struct http_config){ 0 }));
	CHECK_I64("", http_test_raw(good, strlen(good)), 201);
	CHECK(http_test_has("hello world"));
	memset(big, 'x', sizeof big);
	memcpy(big, head, strlen(head));
	memcpy(big + strlen(head) + 128, "\r\n0\r\n\r\n", 7);
	CHECK_I64("128 bytes where 100 fit", http_test_raw(big, strlen(head) + 135), 413);
	http_test_stop();
}

TEST(a_request_that_does_not_come_to_its_end_is_cut_off)
{
	int     fd;
	int64_t from;

	REQUIRE(http_test_start((struct http_config){ .request_timeout_s = 1 }));
	fd = http_test_dial();
	from = monotonic_us();
	/* A byte now and then, so that an idle time-out alone would never come. */
	while (monotonic_us() - from < 5 * (int64_t)SECOND_US) {
		struct pollfd p = { fd, POLLIN, 0 };

		if (send(fd, "G", 1, MSG_NOSIGNAL) != 1 || poll(&p, 1, 100) > 0)
			break;
	}
	CHECK(monotonic_us() - from < 4 * (int64_t)SECOND_US);
	close(fd);
	http_test_stop();
}

TEST(keep_alive_carries_several_requests)
{
	static const char two[] = "GET /api/v1/people/1 HTTP/1.1\r\nHost: a\r\n\r\n"
				  "GET /api/v1/people/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

	REQUIRE(http_test_start((struct http_config){ 0 }));
	CHECK_I64("", http_test_raw(two, strlen(two)), 200);
	CHECK(http_test_has("id=1 ") && http_test_has("id=2 "));
	http_test_stop();
}
