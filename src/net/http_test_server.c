/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"
#include "net/address.h"

enum { WAIT_MS = 5000 };

struct http_server *http_test_server;
struct http_topic  *http_test_topic;
char                http_test_reply[128 << 10];

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
		http_topic_add(http_test_topic, s);
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

bool http_test_start(struct http_config config)
{
	config.address = "127.0.0.1:0";
	config.routes = routes;
	config.route_count = ARRAY_LEN(routes);
	config.refuse = refuse;
	config.owner = owner_name;
	return is_ok(http_topic_open(&http_test_topic)) && CHECK_OK(http_server_open(&config, &http_test_server));
}

void http_test_stop(void)
{
	http_server_close(http_test_server, 1000);
	http_topic_close(http_test_topic);
}

int http_test_dial(void)
{
	char           text[ADDRESS_TEXT_SIZE];
	struct address a;
	int            fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)http_server_port(http_test_server));
	ASSERT(is_ok(address_parse(text, &a)) && fd >= 0);
	ASSERT(connect(fd, &a.any, a.len) == 0);
	return fd;
}

/* Read into http_test_reply until `until` is there or the line ends (or two seconds pass); bytes read. */
size_t http_test_hear(int fd, const char *until)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t        len = 0;

	http_test_reply[0] = '\0';
	while (len < sizeof http_test_reply - 1 && poll(&p, 1, WAIT_MS) > 0) {
		ssize_t n = recv(fd, http_test_reply + len, sizeof http_test_reply - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		http_test_reply[len] = '\0';
		if (until && strstr(http_test_reply, until))
			break;
	}
	return len;
}

/* One request on its own connection; the status, 0 when there was no answer. */
int http_test_raw(const void *raw, size_t len)
{
	int fd = http_test_dial(), status = 0;

	if (send(fd, raw, len, MSG_NOSIGNAL) == (ssize_t)len) {
		http_test_hear(fd, NULL);
		if (strncmp(http_test_reply, "HTTP/1.1 ", 9) == 0)
			status = (int)strtol(http_test_reply + 9, NULL, 10);
	}
	close(fd);
	return status;
}

int http_test_ask(const char *method, const char *target, const char *headers, const char *body)
{
	static char raw[70000];
	int len = snprintf(raw, sizeof raw,
	                   "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s%s%zu\r\n\r\n%s",
	                   method, target, headers,
	                   *body ? "Content-Length: " : "X-Empty: ", strlen(body), body);

	return http_test_raw(raw, (size_t)len);
}

bool http_test_has(const char *text)
{
	return strcasestr(http_test_reply, text) != NULL;
}
