/* SPDX-License-Identifier: Apache-2.0 */
/* frame_conn.c — one framed line: connect, handshake, read and split, collect and send. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/frame_private.h"
#include "net/frame_split.h"

enum {
	USER_TIMEOUT_MS = 20000, /* terminal-protocol 3.4 */
	NO_SLOT         = -1,
};

static void conn_ready(struct loop_watch *w, uint32_t events);

static void set_socket_options(int fd)
{
	const int          one = 1;
	const unsigned int timeout_ms = USER_TIMEOUT_MS;

	/* Hints: a line works without them, only less well. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

static uint32_t slot_of(const struct frame_conn *c)
{
	return (uint32_t)c->id;
}

static int64_t find_slot(struct frame_server *s)
{
	for (size_t i = 0; i < s->config.connections_max; i++) {
		size_t at = (s->slot_from + i) % s->config.connections_max;

		if (s->slots[at])
			continue;
		s->slot_from = at + 1;
		return (int64_t)at;
	}
	return NO_SLOT;
}

static void take_slot(struct frame_server *s, struct frame_conn *c, uint32_t slot, const struct address *peer)
{
	if (++s->generations[slot] == 0)
		s->generations[slot] = 1;
	c->id = (uint64_t)s->generations[slot] << 32 | slot;
	s->slots[slot] = c;
	s->sources[slot] = c->is_outbound ? in6addr_any : address_source(peer);
	s->stats.open++;
	if (s->stats.open > s->stats.open_max)
		s->stats.open_max = s->stats.open;
}

result frame_conn_new(struct frame_server *s, int fd, const struct frame_listener *at, const struct address *peer,
                      bool is_outbound, struct frame_conn **out)
{
	int64_t            slot = find_slot(s);
	struct frame_conn *c = slot == NO_SLOT ? NULL : calloc(1, sizeof *c);
	result             r = OK;

	if (!c)
		return FAIL(OUT_OF_MEMORY, "no room for another line");
	c->server = s;
	c->tag = at->tag;
	c->frame_min = at->frame_min;
	c->frame_max = at->frame_max;
	c->is_outbound = c->is_authenticated = is_outbound;
	c->since_us = c->heard_us = loop_now_us(s->loop);
	c->state = is_outbound ? FRAME_STATE_CONNECTING : at->tls ? FRAME_STATE_HANDSHAKE : FRAME_STATE_OPEN;
	address_text(peer, c->address);
	set_socket_options(fd);
	if (at->tls) {
		char host[ADDRESS_TEXT_SIZE];

		r = tls_line_open(at->tls, fd, is_outbound ? address_host(peer, host) : NULL, &c->tls);
	}
	c->watch = (struct loop_watch){ fd, is_outbound ? EPOLLOUT : EPOLLIN, conn_ready, c };
	if (is_ok(r))
		r = loop_add(s->loop, &c->watch);
	if (!is_ok(r)) {
		tls_line_close(c->tls);
		free(c);
		return r;
	}
	take_slot(s, c, (uint32_t)slot, peer);
	*out = c;
	return OK;
}

void frame_conn_end(struct frame_conn *c, enum frame_close why)
{
	struct frame_server *s = c->server;

	if (c->state == FRAME_STATE_CLOSED)
		return;
	c->state = FRAME_STATE_CLOSED;
	c->why = why;
	c->next_closed = s->closed;
	s->closed = c;
	s->stats.closed[why]++;
	s->stats.open--;
	loop_remove(s->loop, &c->watch);
	tls_line_close(c->tls);
	c->tls = NULL;
	close(c->watch.fd);
	c->watch.fd = -1;
}

void frame_conn_free(struct frame_conn *c)
{
	struct frame_server *s = c->server;

	s->slots[slot_of(c)] = NULL;
	frame_pool_give(&s->pool, &c->in);
	frame_pool_give(&s->pool, &c->out);
	free(c);
}

static size_t waiting(const struct frame_conn *c)
{
	return c->out_len - c->out_sent;
}

static void set_events(struct frame_conn *c)
{
	uint32_t events = c->state == FRAME_STATE_FINISHING ? 0 : EPOLLIN;

	if (c->wants_write || waiting(c))
		events |= EPOLLOUT;
	loop_change(c->server->loop, &c->watch, events);
}

static void mark_dirty(struct frame_conn *c)
{
	if (c->is_dirty)
		return;
	c->is_dirty = true;
	c->next_dirty = c->server->dirty;
	c->server->dirty = c;
}

/* --- sending --- */

/* Bytes taken by the socket; 0 when it is full; -1 when the line has ended (closed already). */
static ssize_t send_some(struct frame_conn *c)
{
	const uint8_t *from = c->out.at + c->out_sent;
	size_t         moved = 0;
	ssize_t        n;

	if (c->tls) {
		enum tls_step step = tls_line_write(c->tls, from, waiting(c), &moved);

		if (step == TLS_DONE)
			return (ssize_t)moved;
		if (step == TLS_WANT_READ || step == TLS_WANT_WRITE)
			return 0;
		frame_conn_end(c, FRAME_CLOSE_TLS);
		return -1;
	}
	n = send(c->watch.fd, from, waiting(c), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		return 0;
	frame_conn_end(c, errno == EPIPE || errno == ECONNRESET ? FRAME_CLOSE_PEER : FRAME_CLOSE_ERROR);
	return -1;
}

void frame_conn_flush(struct frame_conn *c)
{
	ssize_t n = 0;

	if (c->state != FRAME_STATE_OPEN && c->state != FRAME_STATE_FINISHING)
		return;
	while (waiting(c)) {
		size_t asked = waiting(c);

		n = send_some(c);
		if (n < 0)
			return;
		c->out_sent += (size_t)n;
		c->server->stats.sends++;
		c->server->stats.bytes_out += (uint64_t)n;
		if (n == 0 || (!c->tls && (size_t)n < asked))
			break; /* a TLS write takes a record at a time, a send what it can */
	}
	if (!waiting(c)) {
		c->out_len = c->out_sent = 0;
		frame_pool_give(&c->server->pool, &c->out);
	}
	if (c->state == FRAME_STATE_FINISHING && !waiting(c))
		frame_conn_end(c, FRAME_CLOSE_OWNER);
	else
		set_events(c);
}

/* Make the send buffer hold `more` bytes behind what waits. */
static bool make_room(struct frame_conn *c, size_t more)
{
	struct frame_pool  *pool = &c->server->pool;
	struct frame_buffer bigger;

	if (c->out.at && c->out.size - c->out_len >= more)
		return true;
	if (c->out.at && c->out.size - waiting(c) >= more) {
		memmove(c->out.at, c->out.at + c->out_sent, waiting(c));
	} else {
		frame_pool_take(pool, waiting(c) + more, &bigger);
		if (!bigger.at)
			return false;
		if (waiting(c))
			memcpy(bigger.at, c->out.at + c->out_sent, waiting(c));
		frame_pool_give(pool, &c->out);
		c->out = bigger;
	}
	c->out_len = waiting(c);
	c->out_sent = 0;
	return true;
}

uint8_t *frame_conn_reserve(struct frame_conn *c, size_t size)
{
	size_t need = size + FRAME_PREFIX_SIZE;

	ASSERT(size > 0 && size <= FRAME_PAYLOAD_MAX);
	if (c->state != FRAME_STATE_OPEN)
		return NULL;
	if (waiting(c) + need > c->server->config.send_max) {
		frame_conn_end(c, FRAME_CLOSE_SLOW);
		return NULL;
	}
	if (!make_room(c, need)) {
		frame_conn_end(c, FRAME_CLOSE_ERROR);
		return NULL;
	}
	c->reserved = size;
	return c->out.at + c->out_len + FRAME_PREFIX_SIZE;
}

void frame_conn_commit(struct frame_conn *c, size_t len)
{
	if (c->state != FRAME_STATE_OPEN)
		return;
	ASSERT(len > 0 && len <= c->reserved);
	c->reserved = 0;
	store_be16(c->out.at + c->out_len, (uint16_t)len);
	c->out_len += FRAME_PREFIX_SIZE + len;
	c->server->stats.frames_out++;
	mark_dirty(c);
}

bool frame_conn_send(struct frame_conn *c, struct bytes payload)
{
	uint8_t *to = frame_conn_reserve(c, payload.len);

	if (!to)
		return false;
	memcpy(to, payload.at, payload.len);
	frame_conn_commit(c, payload.len);
	return true;
}

void frame_conn_close(struct frame_conn *c)
{
	frame_conn_end(c, FRAME_CLOSE_OWNER);
}

void frame_conn_finish(struct frame_conn *c)
{
	if (c->state == FRAME_STATE_CONNECTING || c->state == FRAME_STATE_HANDSHAKE) {
		frame_conn_end(c, FRAME_CLOSE_OWNER);
		return;
	}
	if (c->state != FRAME_STATE_OPEN)
		return;
	c->state = FRAME_STATE_FINISHING;
	c->since_us = loop_now_us(c->server->loop);
	mark_dirty(c);
}

/* --- receiving --- */

/* Bytes that the unfinished frame will have. */
static size_t needed(struct bytes rest)
{
	if (rest.len < FRAME_PREFIX_SIZE)
		return rest.len;
	return (size_t)load_be16(rest.at) + FRAME_PREFIX_SIZE;
}

/* An unfinished frame waits in a buffer that will hold all of it. */
static bool keep_partial(struct frame_conn *c, struct bytes rest)
{
	c->in_len = rest.len;
	if (rest.len == 0)
		return true;
	frame_pool_take(&c->server->pool, needed(rest), &c->in);
	if (!c->in.at)
		return false;
	memcpy(c->in.at, rest.at, rest.len);
	return true;
}

static bool exceeds_unauthenticated(struct frame_conn *c, size_t more)
{
	return !c->is_authenticated && c->bytes_unauthenticated + more > c->server->config.unauthenticated_bytes;
}

/* Hand out whole frames. The line may have been closed when it returns. */
static void split(struct frame_conn *c, struct bytes in)
{
	struct frame_server *s = c->server;
	struct bytes         payload;
	enum frame_split     got;

	while ((got = frame_split(&in, c->frame_min, c->frame_max, &payload)) == FRAME_SPLIT_WHOLE) {
		if (exceeds_unauthenticated(c, payload.len + FRAME_PREFIX_SIZE))
			break;
		if (!c->is_authenticated)
			c->bytes_unauthenticated += payload.len + FRAME_PREFIX_SIZE;
		s->stats.frames_in++;
		s->has_frames = true;
		s->handlers.frame(s->handlers.owner, c, payload);
		if (c->state != FRAME_STATE_OPEN)
			return;
	}
	if (got == FRAME_SPLIT_BAD)
		frame_conn_end(c, FRAME_CLOSE_LENGTH);
	else if (got == FRAME_SPLIT_WHOLE || exceeds_unauthenticated(c, needed(in)))
		frame_conn_end(c, FRAME_CLOSE_UNAUTHENTICATED);
	else if (!keep_partial(c, in))
		frame_conn_end(c, FRAME_CLOSE_ERROR);
}

/* Bytes read to `to`; 0 when there are none now; -1 when the line has ended (closed already). */
static ssize_t receive_tls(struct frame_conn *c, uint8_t *to, size_t size)
{
	size_t moved = 0;

	switch (tls_line_read(c->tls, to, size, &moved)) {
	case TLS_DONE:
		return (ssize_t)moved;
	case TLS_WANT_READ:
		return 0;
	case TLS_WANT_WRITE:
		c->wants_write = true;
		return 0;
	case TLS_ENDED:
		frame_conn_end(c, FRAME_CLOSE_PEER);
		return -1;
	case TLS_FAILED:
		break;
	}
	frame_conn_end(c, FRAME_CLOSE_TLS);
	return -1;
}

static ssize_t receive_plain(struct frame_conn *c, uint8_t *to, size_t size)
{
	ssize_t n = recv(c->watch.fd, to, size, MSG_DONTWAIT);

	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	frame_conn_end(c, n == 0 || errno == ECONNRESET ? FRAME_CLOSE_PEER : FRAME_CLOSE_ERROR);
	return -1;
}

/* One read into the server's scratch, behind what is left of the last one; false when there was nothing. */
static bool receive_once(struct frame_conn *c)
{
	struct frame_server *s = c->server;
	uint8_t             *to = s->scratch;
	ssize_t              n;

	n = c->tls ? receive_tls(c, to + c->in_len, FRAME_SCRATCH_SIZE - c->in_len)
	           : receive_plain(c, to + c->in_len, FRAME_SCRATCH_SIZE - c->in_len);
	if (n <= 0)
		return false;
	if (c->in_len)
		memcpy(to, c->in.at, c->in_len);
	frame_pool_give(&s->pool, &c->in);
	s->stats.bytes_in += (uint64_t)n;
	c->heard_us = loop_now_us(s->loop);
	split(c, bytes_of(to, c->in_len + (size_t)n));
	return c->state == FRAME_STATE_OPEN;
}

static void receive(struct frame_conn *c)
{
	bool more = receive_once(c);

	/* OpenSSL may hold the rest of a record, which epoll no longer shows. */
	while (more && c->tls && tls_line_has_pending(c->tls))
		more = receive_once(c);
}

/* --- coming up --- */

static void opened(struct frame_conn *c)
{
	struct frame_server *s = c->server;

	c->state = FRAME_STATE_OPEN;
	c->wants_write = false;
	if (c->tls)
		tls_line_name(c->tls, c->tls_name);
	if (s->handlers.opened)
		s->handlers.opened(s->handlers.owner, c);
}

static void handshake(struct frame_conn *c)
{
	enum tls_step step = tls_line_handshake(c->tls);

	c->wants_write = step == TLS_WANT_WRITE;
	if (step == TLS_DONE)
		opened(c);
	else if (step == TLS_FAILED || step == TLS_ENDED)
		frame_conn_end(c, FRAME_CLOSE_TLS);
}

static void connected(struct frame_conn *c)
{
	int       error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
		frame_conn_end(c, FRAME_CLOSE_ERROR);
		return;
	}
	c->state = FRAME_STATE_HANDSHAKE;
	if (c->tls)
		handshake(c);
	else
		opened(c);
}

static void conn_ready(struct loop_watch *w, uint32_t events)
{
	struct frame_conn *c = w->owner;

	if (c->state == FRAME_STATE_CONNECTING)
		connected(c);
	else if (c->state == FRAME_STATE_HANDSHAKE)
		handshake(c);
	if (c->state == FRAME_STATE_OPEN && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
		c->wants_write = false;
		receive(c);
	} else if (c->state == FRAME_STATE_FINISHING && (events & (EPOLLHUP | EPOLLERR))) {
		frame_conn_end(c, FRAME_CLOSE_PEER);
	}
	if (c->state == FRAME_STATE_CLOSED)
		return;
	if (events & EPOLLOUT)
		mark_dirty(c);
	set_events(c);
}

/* --- what the owner asks --- */

uint64_t frame_conn_id(const struct frame_conn *c)
{
	return c->id;
}

void frame_conn_set_user(struct frame_conn *c, void *user)
{
	c->user = user;
}

void *frame_conn_user(const struct frame_conn *c)
{
	return c->user;
}

int frame_conn_tag(const struct frame_conn *c)
{
	return c->tag;
}

const char *frame_conn_address(const struct frame_conn *c)
{
	return c->address;
}

const char *frame_conn_tls_name(const struct frame_conn *c)
{
	return c->tls_name;
}

void frame_conn_authenticated(struct frame_conn *c)
{
	c->is_authenticated = true;
}
