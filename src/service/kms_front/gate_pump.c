/* SPDX-License-Identifier: Apache-2.0 */
/* gate_pump.c — frames of one client between its TLS connection and its line to the core. */
#include <errno.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "service/kms_front/gate_private.h"

enum { ROUNDS_MAX = 16 }; /* of one client, before the others have their turn */

static void core_ready(struct loop_watch *w, uint32_t events);

/* --- the line to the core --- */

void gate_client_close_core(struct gate_client *c)
{
	if (c->core.fd < 0)
		return;
	loop_remove(c->gate->loop, &c->core);
	close(c->core.fd);
	c->core.fd = -1;
	c->core_full = c->core_in = false;
}

/* What was asked on it has been answered now, or the client is closed. */
void gate_client_lose_core(struct gate_client *c, const char *why)
{
	if (c->relay.core == GATE_OPEN)
		gate_client_log(c, LOG_LEVEL_WARNING, "front.core_lost", why);
	else
		gate_note_core(c->gate, true);
	c->gate->figures.core_lost++;
	gate_client_close_core(c);
	if (!gate_relay_lost(&c->relay))
		gate_client_close(c, "does not take its answers");
}

static int connect_core(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	str_copy(str_of(path), to.sun_path, sizeof to.sun_path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool gate_client_call(struct gate_client *c)
{
	struct gate *g = c->gate;
	uint8_t frame[GATE_CALL];
	struct bytes call;
	int fd = connect_core(g->config.core);

	if (fd < 0) {
		gate_note_core(g, true);
		return false;
	}
	c->core =
	        (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = core_ready, .owner = c };
	if (!is_ok(loop_add(g->loop, &c->core))) {
		close(fd);
		c->core.fd = -1;
		return false;
	}
	call = gate_relay_call(&c->relay, c->peer.fingerprint, frame);
	/* a new socket takes so little at once */
	if (send(fd, call.at, call.len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)call.len) {
		gate_client_lose_core(c, "call");
		return false;
	}
	return true;
}

/* --- moving bytes: each says whether something went on --- */

bool gate_client_takes_requests(const struct gate_client *c)
{
	return !c->ended && !c->gate->stopping && !c->relay.turned_away;
}

static bool take_from_line(struct gate_client *c)
{
	struct gate_room room = gate_frames_room(&c->relay.up);
	size_t n = 0;

	if ((!c->line_in && !tls_line_has_pending(c->tls)) || !gate_client_takes_requests(c) ||
	    room.len == 0)
		return false;
	c->line_in = false; /* the loop says it again when there is more */
	switch (tls_line_read(c->tls, room.at, room.len, &n)) {
	case TLS_DONE:
		gate_frames_came(&c->relay.up, n);
		return true;
	case TLS_WANT_WRITE:
		c->wants_write = true;
		return false;
	case TLS_ENDED:
		c->ended = true;
		return true;
	case TLS_FAILED:
		gate_client_close(c, "connection broken");
		return false;
	case TLS_WANT_READ:
	default:
		return false;
	}
}

static bool give_to_core(struct gate_client *c)
{
	struct bytes ready = gate_frames_ready(&c->relay.up);
	ssize_t n;

	if (ready.len == 0 || c->core.fd < 0 || c->core_full)
		return false;
	n = send(c->core.fd, ready.at, ready.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		gate_frames_sent(&c->relay.up, (size_t)n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		c->core_full = true;
	else
		gate_client_lose_core(c, "send");
	return false;
}

static void look_at_answers(struct gate_client *c)
{
	if (!gate_relay_down(&c->relay)) {
		gate_client_lose_core(c, "answer");
		return;
	}
	if (c->relay.core != GATE_STRANGER) {
		if (c->relay.core == GATE_OPEN)
			gate_note_core(c->gate, false);
		return;
	}
	c->gate->figures.strangers++;
	gate_client_log(c, LOG_LEVEL_WARNING, "front.stranger",
	                "no active client has this certificate");
	gate_client_close_core(c);
	if (!gate_relay_lost(&c->relay))
		gate_client_close(c, "does not take its answers");
}

static bool take_from_core(struct gate_client *c)
{
	struct gate_room room = gate_frames_room(&c->relay.down);
	ssize_t n;

	if (!c->core_in || c->core.fd < 0 || room.len == 0)
		return false;
	c->core_in = false;
	n = recv(c->core.fd, room.at, room.len, MSG_DONTWAIT);
	if (n > 0) {
		gate_frames_came(&c->relay.down, (size_t)n);
		look_at_answers(c);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		gate_client_lose_core(c, n == 0 ? "closed" : "receive");
	return n == 0;
}

static bool give_to_line(struct gate_client *c)
{
	struct bytes ready = gate_frames_ready(&c->relay.down);
	size_t n = 0;

	if (ready.len == 0 || c->wants_write)
		return false;
	switch (tls_line_write(c->tls, ready.at, ready.len, &n)) {
	case TLS_DONE:
		gate_frames_sent(&c->relay.down, n);
		c->given += n;
		return true;
	case TLS_WANT_WRITE:
		c->wants_write = true;
		return false;
	case TLS_WANT_READ:
		return false;
	case TLS_ENDED:
	case TLS_FAILED:
	default:
		gate_client_close(c, "connection broken");
		return false;
	}
}

/* --- a round --- */

static void watch(struct gate_client *c)
{
	struct loop *loop = c->gate->loop;
	bool room = gate_frames_room(&c->relay.up).len && gate_client_takes_requests(c);

	loop_change(loop, &c->line, (room ? EPOLLIN : 0u) | (c->wants_write ? EPOLLOUT : 0u));
	if (c->core.fd >= 0)
		loop_change(loop, &c->core,
		            (gate_frames_room(&c->relay.down).len ? EPOLLIN : 0u) |
		                    (c->core_full ? EPOLLOUT : 0u));
}

static bool move(struct gate_client *c)
{
	bool (*const steps[])(struct gate_client *) = { take_from_line, take_from_core };
	bool moved = false;

	for (size_t i = 0; i < ARRAY_LEN(steps) && c->state == GATE_SERVED; i++)
		moved |= steps[i](c);
	if (c->state == GATE_SERVED && !gate_relay_up(&c->relay)) {
		gate_client_close(c, "no frame of this service");
		return false;
	}
	if (c->state == GATE_SERVED)
		moved |= give_to_core(c);
	if (c->state == GATE_SERVED)
		moved |= give_to_line(c);
	return moved && c->state == GATE_SERVED;
}

static void close_when_done(struct gate_client *c)
{
	if (gate_relay_is_over(&c->relay))
		gate_client_close(c, "stranger");
	else if (c->ended && gate_relay_is_quiet(&c->relay))
		gate_client_close(c, "done");
	else if (c->gate->stopping && gate_relay_is_quiet(&c->relay))
		gate_client_close(c, "stop");
}

void gate_client_pump_again(struct loop_timer *t)
{
	gate_client_pump(t->owner);
}

void gate_client_pump(struct gate_client *c)
{
	unsigned rounds = 0;

	while (rounds < ROUNDS_MAX && move(c))
		rounds++;
	if (c->state == GATE_SERVED)
		close_when_done(c);
	if (c->state != GATE_SERVED)
		return;
	if (rounds == ROUNDS_MAX)
		loop_timer_set(c->gate->loop, &c->again, 0);
	watch(c);
}

static void core_ready(struct loop_watch *w, uint32_t events)
{
	struct gate_client *c = w->owner;

	if (events & EPOLLOUT)
		c->core_full = false;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		c->core_in = true;
	if (events & (EPOLLHUP | EPOLLERR) && !(w->events & EPOLLIN))
		gate_client_lose_core(
		        c, "closed"); /* no room for its last answers: they are not waited for */
	if (c->state == GATE_SERVED)
		gate_client_pump(c);
}
