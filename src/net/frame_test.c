/* SPDX-License-Identifier: Apache-2.0 */
#include "net/frame_test.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/time.h"
#include "harness/test.h"

enum { TIMEOUT_US = 5 * SECOND_US };

static bool send_all(int fd, const void *at, size_t len)
{
	return send(fd, at, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool receive_exactly(int fd, void *at, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = recv(fd, (uint8_t *)at + got, len - got, 0);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* The other side ends the line within two seconds. */
static bool is_ended(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	uint8_t       sink[4096];

	for (;;) {
		ssize_t n;

		if (poll(&p, 1, 2000) <= 0)
			return false;
		n = recv(fd, sink, sizeof sink, 0);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return true;
		if (n < 0)
			return false;
	}
}

TEST(a_frame_comes_back)
{
	struct echo_server   e = { 0 };
	struct frame_client *c;
	struct bytes         got;

	REQUIRE_OK(echo_server_start(&e));
	REQUIRE_OK(frame_client_open(e.address, NULL, TIMEOUT_US, &c));
	CHECK_OK(frame_client_send(c, str_bytes(STR("hello")), TIMEOUT_US));
	CHECK_OK(frame_client_receive(c, TIMEOUT_US, &got));
	CHECK_BYTES("", got, str_bytes(STR("hello")));
	CHECK_RESULT("nothing more", frame_client_receive(c, 1000, &got), NET_TIMEOUT);
	CHECK_RESULT("empty", frame_client_send(c, bytes_of("", 0), TIMEOUT_US), FRAME_LENGTH);
	frame_client_close(c);
	CHECK(echo_server_wait(&e.closed, 1));
	CHECK_I64("", e.last_why, FRAME_CLOSE_PEER);
	echo_server_stop(&e);
	CHECK_I64("", e.stats.frames_in, 1);
	CHECK_I64("", e.stats.frames_out, 1);
	CHECK_I64("nothing is held for it", e.stats.open, 0);
}

TEST(a_frame_of_every_length_comes_back_in_one_byte_segments_and_merged)
{
	static const size_t lengths[] = { 1, 2, 253, 254, 1022, 1023, 4094, 4095 };
	struct echo_server  e = { 0 };
	uint8_t             out[20000], in[20000];
	size_t              len = 0;
	int                 fd;

	REQUIRE_OK(echo_server_start(&e));
	fd = echo_server_dial(&e);
	REQUIRE(fd >= 0);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		store_be16(out + len, (uint16_t)lengths[i]);
		memset(out + len + 2, (int)('a' + i), lengths[i]);
		len += 2 + lengths[i];
	}
	for (size_t i = 0; i < 600; i++)
		REQUIRE(send_all(fd, out + i, 1));
	REQUIRE(send_all(fd, out + 600, len - 600));
	REQUIRE(receive_exactly(fd, in, len));
	CHECK(memcmp(in, out, len) == 0);
	/* all at once: many frames in one round, few sends back */
	REQUIRE(send_all(fd, out, len));
	REQUIRE(receive_exactly(fd, in, len));
	CHECK(memcmp(in, out, len) == 0);
	close(fd);
	echo_server_stop(&e);
	CHECK_I64("", e.stats.frames_in, 2 * ARRAY_LEN(lengths));
	CHECK_I64("", e.stats.bytes_in, 2 * len);
}

TEST(the_longest_frame_passes_and_a_bad_length_closes)
{
	static const struct {
		const char *name;
		uint8_t     head[2];
		bool        is_good;
	} rows[] = { { "longest", { 0x3F, 0xFF }, true },
		     { "one longer", { 0x40, 0x00 }, false },
		     { "as long as can be", { 0xFF, 0xFF }, false },
		     { "empty", { 0, 0 }, false } },
	  *row;
	static uint8_t     body[FRAME_PAYLOAD_MAX], in[FRAME_PAYLOAD_MAX + 2];
	struct echo_server e = { 0 };

	REQUIRE_OK(echo_server_start(&e));
	EACH(row, rows) {
		int fd = echo_server_dial(&e), closed = e.closed;

		REQUIRE(fd >= 0);
		REQUIRE(send_all(fd, row->head, 2));
		if (row->is_good) {
			REQUIRE(send_all(fd, body, sizeof body));
			CHECK(receive_exactly(fd, in, sizeof in));
		} else {
			CHECK(is_ended(fd));
		}
		close(fd);
		CHECK(echo_server_wait(&e.closed, closed + 1));
		CHECK_I64(row->name, e.last_why, row->is_good ? FRAME_CLOSE_PEER : FRAME_CLOSE_LENGTH);
	}
	echo_server_stop(&e);
	CHECK_I64("", e.stats.closed[FRAME_CLOSE_LENGTH], 3);
}

TEST(random_segments_never_change_what_comes_back)
{
	struct echo_server   e = { 0 };
	struct random_seeded r;
	static uint8_t       out[60000], in[60000];
	size_t               len = 0, sent = 0;
	int                  fd;

	REQUIRE_OK(echo_server_start(&e));
	fd = echo_server_dial(&e);
	REQUIRE(fd >= 0);
	random_seeded_init(&r, 5);
	random_fill(&r.source, out, sizeof out);
	while (sizeof out - len > 3000) {
		size_t payload = (size_t)random_below(&r, 2990) + 1;

		store_be16(out + len, (uint16_t)payload);
		out[len + 2] = 'x'; /* never a command */
		len += 2 + payload;
	}
	while (sent < len) {
		size_t n = (size_t)random_below(&r, random_chance(&r, 5000) ? 5 : 5000) + 1;

		n = n < len - sent ? n : len - sent;
		REQUIRE(send_all(fd, out + sent, n));
		sent += n;
	}
	REQUIRE(receive_exactly(fd, in, len));
	CHECK(memcmp(in, out, len) == 0);
	close(fd);
	echo_server_stop(&e);
}

TEST(a_reader_that_does_not_read_is_closed)
{
	struct echo_server e = { .config = { .send_max = 128 << 10 } };
	const int          small = 4096;
	int                fd;

	REQUIRE_OK(echo_server_start(&e));
	fd = echo_server_dial(&e);
	REQUIRE(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 400 && e.closed == 0; i++) {
		if (!send_all(fd, "\0\2!b", 4))
			break;
		usleep(1000);
	}
	CHECK(echo_server_wait(&e.closed, 1));
	CHECK_I64("", e.last_why, FRAME_CLOSE_SLOW);
	close(fd);
	echo_server_stop(&e);
}

TEST(a_line_that_does_not_authenticate_is_closed_by_time_and_by_bytes)
{
	struct echo_server   e = { .needs_auth = true,
				   .config = { .unauthenticated_us = 100000, .unauthenticated_bytes = 100 } };
	uint8_t              frame[102] = { 0, 50 };
	struct frame_client *c;
	struct bytes         got;
	int                  fd;

	REQUIRE_OK(echo_server_start(&e));
	fd = echo_server_dial(&e);
	CHECK(is_ended(fd));
	CHECK(echo_server_wait(&e.closed, 1));
	CHECK_I64("time", e.last_why, FRAME_CLOSE_UNAUTHENTICATED);
	close(fd);

	fd = echo_server_dial(&e);
	CHECK(send_all(fd, frame, 52) && receive_exactly(fd, frame, 52));
	CHECK(send_all(fd, frame, 52));
	CHECK(is_ended(fd));
	CHECK(echo_server_wait(&e.closed, 2));
	CHECK_I64("bytes", e.last_why, FRAME_CLOSE_UNAUTHENTICATED);
	close(fd);

	fd = echo_server_dial(&e);
	CHECK(send_all(fd, "\0\143", 2)); /* announces 99 bytes: 101 with LEN */
	CHECK(is_ended(fd));
	CHECK(echo_server_wait(&e.closed, 3));
	CHECK_I64("bytes announced", e.last_why, FRAME_CLOSE_UNAUTHENTICATED);
	close(fd);

	REQUIRE_OK(frame_client_open(e.address, NULL, TIMEOUT_US, &c));
	CHECK_OK(frame_client_send(c, str_bytes(STR("!a")), TIMEOUT_US));
	CHECK_OK(frame_client_receive(c, TIMEOUT_US, &got));
	usleep(200000);
	CHECK_OK(frame_client_send(c, bytes_of(frame, sizeof frame), TIMEOUT_US));
	CHECK_OK(frame_client_receive(c, TIMEOUT_US, &got));
	frame_client_close(c);
	echo_server_stop(&e);
}

TEST(a_silent_line_is_closed)
{
	struct echo_server e = { .config = { .idle_us = 80000 } };
	int                fd;

	REQUIRE_OK(echo_server_start(&e));
	fd = echo_server_dial(&e);
	CHECK(is_ended(fd));
	CHECK(echo_server_wait(&e.closed, 1));
	CHECK_I64("", e.last_why, FRAME_CLOSE_IDLE);
	close(fd);
	echo_server_stop(&e);
}

TEST(caps_by_address_and_in_total_refuse_and_free_again)
{
	static const struct {
		const char         *name;
		struct frame_config config;
	} rows[] = { { "address", { .per_address_max = 2 } }, { "total", { .connections_max = 2 } } }, *row;

	EACH(row, rows) {
		struct echo_server e = { .config = row->config };
		int                a, b, c;

		REQUIRE_OK(echo_server_start(&e));
		a = echo_server_dial(&e);
		b = echo_server_dial(&e);
		CHECK(echo_server_wait(&e.opened, 2));
		c = echo_server_dial(&e);
		CHECK(is_ended(c));
		CHECK_I64(row->name, e.opened, 2);
		close(a);
		CHECK(echo_server_wait(&e.closed, 1));
		close(c);
		c = echo_server_dial(&e);
		CHECK(echo_server_wait(&e.opened, 3));
		close(b);
		close(c);
		echo_server_stop(&e);
		CHECK_I64(row->name, e.stats.refused_address + e.stats.refused_full, 1);
		CHECK_I64(row->name, e.stats.open_max, 2);
	}
}

TEST(the_accept_rate_is_kept)
{
	struct echo_server e = { .config = { .accepts_per_s = 20 } };
	int                fds[30];

	REQUIRE_OK(echo_server_start(&e));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = echo_server_dial(&e);
	CHECK(echo_server_wait(&e.opened, 20));
	CHECK(e.opened < 30); /* the others wait in the backlog */
	CHECK(echo_server_wait(&e.opened, 30));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	echo_server_stop(&e);
}

TEST(finish_sends_the_answer_first_and_close_does_not)
{
	struct echo_server   e = { 0 };
	struct frame_client *c;
	struct bytes         got;

	REQUIRE_OK(echo_server_start(&e));
	REQUIRE_OK(frame_client_open(e.address, NULL, TIMEOUT_US, &c));
	CHECK_OK(frame_client_send(c, str_bytes(STR("!f")), TIMEOUT_US));
	CHECK_OK(frame_client_receive(c, TIMEOUT_US, &got));
	CHECK_BYTES("", got, str_bytes(STR("!f")));
	CHECK_RESULT("then the end", frame_client_receive(c, TIMEOUT_US, &got), NET_CLOSED);
	frame_client_close(c);

	REQUIRE_OK(frame_client_open(e.address, NULL, TIMEOUT_US, &c));
	CHECK_OK(frame_client_send(c, str_bytes(STR("!c")), TIMEOUT_US));
	CHECK_RESULT("at once", frame_client_receive(c, TIMEOUT_US, &got), NET_CLOSED);
	frame_client_close(c);
	echo_server_stop(&e);
	CHECK_I64("", e.stats.closed[FRAME_CLOSE_OWNER], 2);
}

TEST(a_round_ends_once_for_all_its_frames_and_another_thread_can_wake)
{
	struct echo_server e = { 0 };
	uint8_t            out[300], in[300];
	int                fd;

	for (size_t i = 0; i < sizeof out; i += 3)
		memcpy(out + i, "\0\1x", 3);
	REQUIRE_OK(echo_server_start(&e));
	fd = echo_server_dial(&e);
	REQUIRE(send_all(fd, out, sizeof out) && receive_exactly(fd, in, sizeof in));
	CHECK(e.rounds >= 1 && e.rounds < 20);
	frame_server_wake(e.server);
	CHECK(echo_server_wait(&e.woken, 1));
	close(fd);
	echo_server_stop(&e);
	CHECK_I64("", e.stats.frames_in, 100);
	CHECK(e.stats.sends < 20);
}

/* --- outbound lines of the same engine --- */

struct dialler {
	struct frame_server *server;
	int                  opened, closed, frames;
	enum frame_close     why;
	uint64_t             id;
};

static void dialler_opened(void *owner, struct frame_conn *c)
{
	struct dialler *d = owner;

	d->opened++;
	d->id = frame_conn_id(c);
	CHECK(frame_server_find(d->server, d->id) == c);
	CHECK(frame_conn_send(c, str_bytes(STR("ping"))));
}

static void dialler_frame(void *owner, struct frame_conn *c, struct bytes payload)
{
	struct dialler *d = owner;

	CHECK_BYTES("", payload, str_bytes(STR("ping")));
	if (++d->frames < 3)
		frame_conn_send(c, payload);
	else
		frame_conn_close(c);
}

static void dialler_closed(void *owner, struct frame_conn *c, enum frame_close why)
{
	struct dialler *d = owner;

	(void)c;
	d->closed++;
	d->why = why;
}

TEST(an_outbound_line_opens_talks_and_its_id_dies_with_it)
{
	struct echo_server    e = { 0 };
	struct dialler        d = { 0 };
	struct frame_handlers handlers = { dialler_opened, dialler_frame, NULL, NULL, dialler_closed, &d };
	struct frame_config   config = { .connections_max = 4 };
	struct frame_listener to = { .frame_min = 1, .frame_max = 100 };
	struct frame_conn    *c;
	struct loop          *loop;
	uint64_t              first_id;

	REQUIRE_OK(echo_server_start(&e));
	to.address = e.address;
	REQUIRE_OK(loop_open(&loop));
	REQUIRE_OK(frame_server_open(loop, &config, &handlers, &d.server));
	REQUIRE_OK(frame_server_connect(d.server, &to, &c));
	for (int i = 0; i < 500 && d.closed == 0; i++)
		CHECK_OK(loop_once(loop, 10000));
	CHECK_I64("", d.opened, 1);
	CHECK_I64("", d.frames, 3);
	CHECK_I64("", d.why, FRAME_CLOSE_OWNER);
	first_id = d.id;
	CHECK(frame_server_find(d.server, first_id) == NULL);
	for (int i = 0; i < 8; i++)
		REQUIRE(is_ok(frame_server_connect(d.server, &to, &c)) == (i < 4));
	CHECK(frame_server_find(d.server, first_id) == NULL);
	frame_server_close(d.server);
	CHECK_I64("", d.closed, 5);
	CHECK_I64("", d.why, FRAME_CLOSE_STOP);
	loop_close(loop);
	echo_server_stop(&e);
}

TEST(an_outbound_line_to_nobody_ends_with_an_error)
{
	struct dialler        d = { 0 };
	struct frame_handlers handlers = { dialler_opened, dialler_frame, NULL, NULL, dialler_closed, &d };
	struct frame_config   config = { 0 };
	struct frame_listener to = { .address = "127.0.0.1:1", .frame_min = 1, .frame_max = 100 };
	struct frame_conn    *c;
	struct frame_client  *client;
	struct loop          *loop;

	REQUIRE_OK(loop_open(&loop));
	REQUIRE_OK(frame_server_open(loop, &config, &handlers, &d.server));
	if (is_ok(frame_server_connect(d.server, &to, &c))) {
		for (int i = 0; i < 500 && d.closed == 0; i++)
			CHECK_OK(loop_once(loop, 10000));
		CHECK_I64("", d.opened, 0);
		CHECK_I64("", d.why, FRAME_CLOSE_ERROR);
	}
	to.address = "nonsense";
	CHECK_RESULT("address", frame_server_connect(d.server, &to, &c), CONNECT_FAILED);
	CHECK_RESULT("client", frame_client_open("127.0.0.1:1", NULL, TIMEOUT_US, &client), CONNECT_FAILED);
	frame_server_close(d.server);
	loop_close(loop);
}
