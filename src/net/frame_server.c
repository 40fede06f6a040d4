/* SPDX-License-Identifier: Apache-2.0 */
/* frame_server.c — listening, caps, rounds and time-outs of framed lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "net/frame_private.h"

enum {
	ACCEPTS_A_ROUND = 64,
	PAUSE_US        = 20000,          /* no accepting after the rate is used up, or without descriptors */
	DESCRIPTORS     = 256,            /* what the process needs besides lines */
	FINISH_US       = 5 * SECOND_US,  /* for a reader to take what waits */
};

static const char *const close_names[FRAME_CLOSE_COUNT] = {
	[FRAME_CLOSE_PEER] = "peer",   [FRAME_CLOSE_OWNER] = "owner", [FRAME_CLOSE_LENGTH] = "length",
	[FRAME_CLOSE_IDLE] = "idle",   [FRAME_CLOSE_SLOW] = "slow",   [FRAME_CLOSE_UNAUTHENTICATED] = "unauthenticated",
	[FRAME_CLOSE_ERROR] = "error", [FRAME_CLOSE_TLS] = "tls",     [FRAME_CLOSE_STOP] = "stop",
};

const char *frame_close_name(enum frame_close why)
{
	return (unsigned)why < FRAME_CLOSE_COUNT ? close_names[why] : "unknown";
}

static void flush_dirty(struct frame_server *s)
{
	while (s->dirty) {
		struct frame_conn *c = s->dirty;

		s->dirty = c->next_dirty;
		c->is_dirty = false;
		frame_conn_flush(c);
	}
}

static void reap_closed(struct frame_server *s)
{
	while (s->closed) {
		struct frame_conn *c;

		flush_dirty(s); /* so that no list holds what is freed below */
		c = s->closed;
		s->closed = c->next_closed;
		if (s->handlers.closed)
			s->handlers.closed(s->handlers.owner, c, c->why);
		frame_conn_free(c);
	}
}

static void round_ended(void *owner)
{
	struct frame_server *s = owner;

	if (s->has_frames && s->handlers.round_end)
		s->handlers.round_end(s->handlers.owner);
	s->has_frames = false;
	/* `closed` may send on other lines, and a send may close. */
	while (s->dirty || s->closed) {
		flush_dirty(s);
		reap_closed(s);
	}
}

static void server_woken(void *owner)
{
	struct frame_server *s = owner;

	if (s->handlers.woken)
		s->handlers.woken(s->handlers.owner);
}

/* --- time-outs --- */

static void check_deadlines(struct frame_server *s, struct frame_conn *c, int64_t now_us)
{
	bool is_coming_up = c->state == FRAME_STATE_CONNECTING || c->state == FRAME_STATE_HANDSHAKE;

	if (c->state == FRAME_STATE_CLOSED)
		return;
	if (c->state == FRAME_STATE_FINISHING && now_us - c->since_us > FINISH_US)
		frame_conn_end(c, FRAME_CLOSE_OWNER);
	else if ((is_coming_up || !c->is_authenticated) && now_us - c->since_us > s->config.unauthenticated_us)
		frame_conn_end(c, c->is_outbound ? FRAME_CLOSE_ERROR : FRAME_CLOSE_UNAUTHENTICATED);
	else if (!c->is_outbound && now_us - c->heard_us > s->config.idle_us)
		frame_conn_end(c, FRAME_CLOSE_IDLE);
}

static int64_t sweep_interval_us(const struct frame_config *config)
{
	int64_t shortest = config->idle_us < config->unauthenticated_us ? config->idle_us : config->unauthenticated_us;

	return shortest / 4 < SECOND_US ? shortest / 4 + 1 : SECOND_US;
}

static void swept(struct loop_timer *t)
{
	struct frame_server *s = t->owner;

	for (size_t i = 0; i < s->config.connections_max; i++)
		if (s->slots[i])
			check_deadlines(s, s->slots[i], loop_now_us(s->loop));
	loop_timer_set(s->loop, t, sweep_interval_us(&s->config));
}

/* --- accepting --- */

static void set_doors(struct frame_server *s, uint32_t events)
{
	for (size_t i = 0; i < s->door_count; i++)
		loop_change(s->loop, &s->doors[i].watch, events);
}

static void reopen_doors(struct loop_timer *t)
{
	set_doors(t->owner, EPOLLIN);
}

static void pause_doors(struct frame_server *s)
{
	set_doors(s, 0);
	loop_timer_set(s->loop, &s->reopen, PAUSE_US);
}

/* One accept costs 1/rate seconds of a credit that grows with time, up to one second. */
static bool may_accept(struct frame_server *s)
{
	int64_t cost_us = SECOND_US / s->config.accepts_per_s, now_us = loop_now_us(s->loop);

	s->tokens_us += now_us - s->tokens_at_us;
	s->tokens_at_us = now_us;
	if (s->tokens_us > SECOND_US)
		s->tokens_us = SECOND_US;
	if (s->tokens_us < cost_us)
		return false;
	s->tokens_us -= cost_us;
	return true;
}

static bool is_crowded(const struct frame_server *s, const struct address *peer)
{
	struct in6_addr source = address_source(peer);
	size_t          count = 0;

	for (size_t i = 0; i < s->config.connections_max; i++)
		count += s->slots[i] && IN6_ARE_ADDR_EQUAL(&s->sources[i], &source);
	return count >= s->config.per_address_max;
}

/* The socket belongs to this function. */
static void admit(struct frame_server *s, const struct frame_listener *at, int fd, const struct address *peer)
{
	struct frame_conn *c;

	if (s->stats.open >= s->config.connections_max) {
		s->stats.refused_full++;
		close(fd);
		return;
	}
	if (is_crowded(s, peer)) {
		s->stats.refused_address++;
		close(fd);
		return;
	}
	if (!is_ok(frame_conn_new(s, fd, at, peer, false, &c))) {
		LOG_ERROR("frame.accept", "detail=\"%s\"", result_last()->text);
		close(fd);
		return;
	}
	s->stats.accepted++;
	if (c->state == FRAME_STATE_OPEN && s->handlers.opened)
		s->handlers.opened(s->handlers.owner, c);
}

static void door_ready(struct loop_watch *w, uint32_t events)
{
	struct frame_door   *door = w->owner;
	struct frame_server *s = door->server;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		struct address peer = { .len = sizeof peer.storage };
		int            fd;

		if (!may_accept(s)) {
			pause_doors(s);
			return;
		}
		fd = accept4(w->fd, &peer.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(s, &door->at, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			LOG_ERROR("frame.accept", "detail=\"%m\"");
			pause_doors(s);
		}
		return; /* nobody waits any more, or one left before it was accepted */
	}
}

result frame_server_listen(struct frame_server *s, const struct frame_listener *at, uint16_t *port)
{
	struct frame_door *door = &s->doors[s->door_count];
	struct address     a;
	int                fd;
	result             r;

	ASSERT(s->door_count < FRAME_LISTENERS_MAX);
	ASSERT(at->frame_min > 0 && at->frame_min <= at->frame_max && at->frame_max <= FRAME_PAYLOAD_MAX);
	TRY(address_parse(at->address, &a));
	TRY(address_listen(&a, at->address, &fd, port));
	*door = (struct frame_door){ .server = s, .at = *at };
	door->at.address = NULL; /* the caller's text, not needed any more */
	door->watch = (struct loop_watch){ fd, EPOLLIN, door_ready, door };
	r = loop_add(s->loop, &door->watch);
	if (is_ok(r))
		s->door_count++;
	else
		close(fd);
	return r;
}

result frame_server_connect(struct frame_server *s, const struct frame_listener *to, struct frame_conn **out)
{
	struct address a;
	int            fd;
	result         r;

	TRY(address_parse(to->address, &a));
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FAIL(CONNECT_FAILED, "%s: socket: %m", to->address);
	if (connect(fd, &a.any, a.len) != 0 && errno != EINPROGRESS)
		r = FAIL(CONNECT_FAILED, "%s: %m", to->address);
	else
		r = frame_conn_new(s, fd, to, &a, true, out);
	if (!is_ok(r))
		close(fd);
	return r;
}

void frame_server_stop_listening(struct frame_server *s)
{
	loop_timer_stop(s->loop, &s->reopen);
	for (size_t i = 0; i < s->door_count; i++) {
		loop_remove(s->loop, &s->doors[i].watch);
		close(s->doors[i].watch.fd);
	}
	s->door_count = 0;
}

/* --- opening and closing the whole --- */

static void apply_defaults(struct frame_config *c)
{
	c->connections_max = c->connections_max ? c->connections_max : 4096;
	c->per_address_max = c->per_address_max ? c->per_address_max : 256;
	c->accepts_per_s = c->accepts_per_s ? c->accepts_per_s : 2000;
	c->unauthenticated_us = c->unauthenticated_us ? c->unauthenticated_us : 20 * SECOND_US;
	c->unauthenticated_bytes = c->unauthenticated_bytes ? c->unauthenticated_bytes : 4096;
	c->idle_us = c->idle_us ? c->idle_us : 90 * SECOND_US;
	c->send_max = c->send_max ? c->send_max : frame_pool_sizes[FRAME_POOL_CLASSES - 1];
	ASSERT(c->send_max <= frame_pool_sizes[FRAME_POOL_CLASSES - 1] && c->accepts_per_s <= SECOND_US);
}

/* The usual soft limit of 1,024 is for programs that use select. */
static void raise_descriptor_limit(size_t connections_max)
{
	rlim_t        need = connections_max + DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < need)
		LOG_WARNING("frame.descriptors", "wanted=%zu have=%zu", (size_t)need, (size_t)limit.rlim_cur);
}

static void free_server(struct frame_server *s)
{
	frame_pool_deinit(&s->pool);
	free(s->slots);
	free(s->generations);
	free(s->sources);
	free(s);
}

result frame_server_open(struct loop *l, const struct frame_config *config, const struct frame_handlers *handlers,
                         struct frame_server **out)
{
	struct frame_server *s = calloc(1, sizeof *s);
	result               r;

	if (!s)
		return FAIL(OUT_OF_MEMORY, "frame server");
	s->loop = l;
	s->config = *config;
	s->handlers = *handlers;
	apply_defaults(&s->config);
	raise_descriptor_limit(s->config.connections_max);
	s->slots = calloc(s->config.connections_max, sizeof(struct frame_conn *));
	s->generations = calloc(s->config.connections_max, sizeof *s->generations);
	s->sources = calloc(s->config.connections_max, sizeof *s->sources);
	s->sweep = (struct loop_timer){ .fired = swept, .owner = s };
	s->reopen = (struct loop_timer){ .fired = reopen_doors, .owner = s };
	s->tokens_us = SECOND_US;
	s->tokens_at_us = monotonic_us();
	r = s->slots && s->generations && s->sources ? loop_wake_open(l, &s->wake, server_woken, s)
	                                             : FAIL(OUT_OF_MEMORY, "frame server");
	if (!is_ok(r)) {
		free_server(s);
		return r;
	}
	loop_timer_set(l, &s->sweep, sweep_interval_us(&s->config));
	loop_on_round_end(l, round_ended, s);
	*out = s;
	return OK;
}

void frame_server_close(struct frame_server *s)
{
	if (!s)
		return;
	frame_server_stop_listening(s);
	for (size_t i = 0; i < s->config.connections_max; i++)
		if (s->slots[i])
			frame_conn_end(s->slots[i], FRAME_CLOSE_STOP);
	s->dirty = NULL;
	reap_closed(s);
	loop_timer_stop(s->loop, &s->sweep);
	loop_wake_close(s->loop, &s->wake);
	loop_off_round_end(s->loop, s);
	free_server(s);
}

void frame_server_wake(struct frame_server *s)
{
	loop_wake_post(&s->wake);
}

struct frame_conn *frame_server_find(struct frame_server *s, uint64_t id)
{
	uint32_t           slot = (uint32_t)id;
	struct frame_conn *c = slot < s->config.connections_max ? s->slots[slot] : NULL;

	return c && c->id == id && c->state != FRAME_STATE_CLOSED ? c : NULL;
}

void frame_server_stats(const struct frame_server *s, struct frame_stats *out)
{
	*out = s->stats;
	out->buffer_bytes = s->pool.all_bytes;
}
