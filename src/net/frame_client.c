/* SPDX-License-Identifier: Apache-2.0 */
#include "net/frame_client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "net/address.h"
#include "net/frame_server.h"
#include "net/frame_split.h"
#include "net/tls_io.h"

enum { ROOM = FRAME_PREFIX_SIZE + FRAME_PAYLOAD_MAX };

struct frame_client {
	int              fd;
	struct tls_line *tls;
	size_t           in_from, in_to; /* in[in_from…in_to) is not yet handed out */
	uint8_t          in[2 * ROOM];
	uint8_t          out[ROOM];
};

/* Until the socket shows one of `events` or the moment passes. */
static result wait_for(int fd, short events, int64_t until_us)
{
	for (;;) {
		struct pollfd p = { fd, events, 0 };
		int64_t       left_us = until_us - monotonic_us();
		int           n = poll(&p, 1, left_us > 0 ? (int)((left_us + 999) / 1000) : 0);

		if (n > 0)
			return OK;
		if (n == 0)
			return FAIL(NET_TIMEOUT, "no answer in time");
		if (errno != EINTR)
			return FAIL(SYSTEM_CALL, "poll: %m");
	}
}

static result step_wait(const struct frame_client *c, enum tls_step step, int64_t until_us)
{
	switch (step) {
	case TLS_DONE:
		return OK;
	case TLS_WANT_READ:
		return wait_for(c->fd, POLLIN, until_us);
	case TLS_WANT_WRITE:
		return wait_for(c->fd, POLLOUT, until_us);
	case TLS_ENDED:
		return FAIL(NET_CLOSED, "the other side ended the line");
	case TLS_FAILED:
		break;
	}
	return (result){ NET_CLOSED }; /* tls_io has left the detail */
}

static result start_tls(struct frame_client *c, struct tls_context *tls, const char *host, int64_t until_us)
{
	enum tls_step step;

	TRY(tls_line_open(tls, c->fd, host, &c->tls));
	do {
		step = tls_line_handshake(c->tls);
		TRY(step_wait(c, step, until_us));
	} while (step != TLS_DONE);
	return OK;
}

static result bind_to(const struct frame_client *c, const char *from)
{
	struct address own;

	if (!from)
		return OK;
	TRY(address_parse(from, &own));
	return bind(c->fd, &own.any, own.len) == 0 ? OK : FAIL(CONNECT_FAILED, "from %s: %m", from);
}

static result connect_to(struct frame_client *c, const char *from, const char *text, int64_t until_us)
{
	const int      one = 1;
	struct address a;
	int            error = 0;
	socklen_t      len = sizeof error;

	TRY(address_resolve(text, &a));
	c->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return FAIL(CONNECT_FAILED, "%s: socket: %m", text);
	TRY(bind_to(c, from));
	if (connect(c->fd, &a.any, a.len) != 0 && errno != EINPROGRESS)
		return FAIL(CONNECT_FAILED, "%s: %m", text);
	TRY(wait_for(c->fd, POLLOUT, until_us));
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	errno = error;
	if (error)
		return FAIL(CONNECT_FAILED, "%s: %m", text);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return OK;
}

static result open_line(struct frame_client *c, const char *from, const char *text, struct tls_context *tls,
                        int64_t until_us)
{
	char     host[ADDRESS_HOST_SIZE];
	uint16_t port;

	TRY(address_split(text, host, &port));
	TRY(connect_to(c, from, text, until_us));
	return tls ? start_tls(c, tls, host, until_us) : OK;
}

result frame_client_open(const char *address, struct tls_context *tls, int64_t timeout_us, struct frame_client **out)
{
	return frame_client_open_from(NULL, address, tls, timeout_us, out);
}

result frame_client_open_from(const char *from, const char *address, struct tls_context *tls, int64_t timeout_us,
                              struct frame_client **out)
{
	struct frame_client *c = calloc(1, sizeof *c);
	result               r;

	if (!c)
		return FAIL(OUT_OF_MEMORY, "line");
	c->fd = -1;
	r = open_line(c, from, address, tls, monotonic_us() + timeout_us);
	if (!is_ok(r)) {
		frame_client_close(c);
		return r;
	}
	*out = c;
	return OK;
}

void frame_client_close(struct frame_client *c)
{
	if (!c)
		return;
	tls_line_close(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* Some bytes out; *moved is 0 after waiting for room. */
static result write_some(struct frame_client *c, struct bytes b, int64_t until_us, size_t *moved)
{
	ssize_t n;

	*moved = 0;
	if (c->tls)
		return step_wait(c, tls_line_write(c->tls, b.at, b.len, moved), until_us);
	n = send(c->fd, b.at, b.len, MSG_NOSIGNAL);
	if (n >= 0) {
		*moved = (size_t)n;
		return OK;
	}
	if (errno == EINTR)
		return OK;
	if (errno == EAGAIN)
		return wait_for(c->fd, POLLOUT, until_us);
	return FAIL(NET_CLOSED, "send: %m");
}

result frame_client_send(struct frame_client *c, struct bytes payload, int64_t timeout_us)
{
	int64_t      until_us = monotonic_us() + timeout_us;
	struct bytes rest = { c->out, FRAME_PREFIX_SIZE + payload.len };

	if (payload.len == 0 || payload.len > FRAME_PAYLOAD_MAX)
		return FAIL(FRAME_LENGTH, "%zu bytes", payload.len);
	store_be16(c->out, (uint16_t)payload.len);
	memcpy(c->out + FRAME_PREFIX_SIZE, payload.at, payload.len);
	while (rest.len) {
		size_t moved;

		TRY(write_some(c, rest, until_us, &moved));
		rest.at += moved;
		rest.len -= moved;
	}
	return OK;
}

/* Some bytes in, behind what is there; none after waiting for them. */
static result read_some(struct frame_client *c, int64_t until_us)
{
	uint8_t *to = c->in + c->in_to;
	size_t   room = sizeof c->in - c->in_to, moved = 0;
	ssize_t  n;

	if (c->tls) {
		TRY(step_wait(c, tls_line_read(c->tls, to, room, &moved), until_us));
		c->in_to += moved;
		return OK;
	}
	n = recv(c->fd, to, room, 0);
	if (n > 0) {
		c->in_to += (size_t)n;
		return OK;
	}
	if (n == 0)
		return FAIL(NET_CLOSED, "the other side ended the line");
	if (errno == EINTR)
		return OK;
	if (errno == EAGAIN)
		return wait_for(c->fd, POLLIN, until_us);
	return FAIL(NET_CLOSED, "recv: %m");
}

static struct bytes unread(const struct frame_client *c)
{
	return bytes_of(c->in + c->in_from, c->in_to - c->in_from);
}

result frame_client_receive(struct frame_client *c, int64_t timeout_us, struct bytes *payload)
{
	int64_t until_us = monotonic_us() + timeout_us;

	/* What was handed out last time goes; the rest moves only when a whole frame might no longer fit. */
	if (c->in_from == c->in_to)
		c->in_from = c->in_to = 0;
	if (sizeof c->in - c->in_from < ROOM) {
		memmove(c->in, c->in + c->in_from, c->in_to - c->in_from);
		c->in_to -= c->in_from;
		c->in_from = 0;
	}
	for (;;) {
		struct bytes in = unread(c);

		switch (frame_split(&in, 1, FRAME_PAYLOAD_MAX, payload)) {
		case FRAME_SPLIT_WHOLE:
			c->in_from = (size_t)(in.at - c->in);
			return OK;
		case FRAME_SPLIT_BAD:
			return FAIL(FRAME_LENGTH, "a frame of %u bytes", load_be16(in.at));
		case FRAME_SPLIT_PARTIAL:
			break;
		}
		TRY(read_some(c, until_us));
	}
}

int frame_client_fd(const struct frame_client *c)
{
	return c->fd;
}

bool frame_client_has_input(const struct frame_client *c)
{
	struct bytes in = unread(c), payload;

	if (c->tls && tls_line_has_pending(c->tls))
		return true;
	return frame_split(&in, 1, FRAME_PAYLOAD_MAX, &payload) != FRAME_SPLIT_PARTIAL;
}
