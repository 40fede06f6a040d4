/* SPDX-License-Identifier: Apache-2.0 */
/* gate_client.c — one client of the TLS front: handshake, and frames between its TLS connection and
 * its line to the core. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "service/kms_front/gate_private.h"

enum { ROUNDS_MAX = 16 }; /* of one client, before the others have their turn */

static void line_ready(struct loop_watch *w, uint32_t events);
static void core_ready(struct loop_watch *w, uint32_t events);

/* --- the log --- */

static void log_client(struct gate_client *c, enum log_level level, const char *event,
                       const char *why)
{
	static const uint8_t nobody[TLS_FINGERPRINT];
	char address[ADDRESS_TEXT_SIZE], subject[LOG_VALUE_SIZE], hex[2 * TLS_FINGERPRINT + 1];
	bool named = memcmp(c->peer.fingerprint, nobody, sizeof nobody) != 0;

	if (!gate_may_log(c->gate))
		return;
	hex_encode(bytes_of(c->peer.fingerprint, TLS_FINGERPRINT), hex);
	log_write(level, event, "peer=%s why=\"%s\" subject=%s sha256=%s requests=%" PRIu64,
	          address_text(&c->address, address), why,
	          log_value(str_of(c->peer.subject), subject), named ? hex : "", c->relay.requests);
}

/* --- the line to the core --- */

static void core_close(struct gate_client *c)
{
	if (c->core.fd < 0)
		return;
	loop_remove(c->gate->loop, &c->core);
	close(c->core.fd);
	c->core.fd = -1;
	c->core_full = c->core_in = false;
}

/* What was asked on it has been answered now, or the client is closed. */
static void core_lost(struct gate_client *c, const char *why)
{
	if (c->relay.core == GATE_OPEN)
		log_client(c, LOG_LEVEL_WARNING, "front.core_lost", why);
	else
		gate_note_core(c->gate, true);
	c->gate->figures.core_lost++;
	core_close(c);
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
		core_lost(c, "call");
		return false;
	}
	return true;
}

/* --- moving bytes: each says whether something went on --- */

static bool takes_requests(const struct gate_client *c)
{
	return !c->ended && !c->gate->stopping && !c->relay.turned_away;
}

static bool take_from_line(struct gate_client *c)
{
	struct gate_room room = gate_frames_room(&c->relay.up);
	size_t n = 0;

	if ((!c->line_in && !tls_line_has_pending(c->tls)) || !takes_requests(c) || room.len == 0)
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
		core_lost(c, "send");
	return false;
}

static void look_at_answers(struct gate_client *c)
{
	if (!gate_relay_down(&c->relay)) {
		core_lost(c, "answer");
		return;
	}
	if (c->relay.core != GATE_STRANGER) {
		if (c->relay.core == GATE_OPEN)
			gate_note_core(c->gate, false);
		return;
	}
	c->gate->figures.strangers++;
	log_client(c, LOG_LEVEL_WARNING, "front.stranger", "no active client has this certificate");
	core_close(c);
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
		core_lost(c, n == 0 ? "closed" : "receive");
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
	bool room = gate_frames_room(&c->relay.up).len && takes_requests(c);

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

static void pump_again(struct loop_timer *t)
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

/* --- handshake --- */

static size_t count_of(const struct gate_client *c)
{
	const struct gate *g = c->gate;
	size_t count = 0;

	for (size_t i = 0; i < g->config.connections; i++)
		count += g->clients[i].state == GATE_SERVED &&
		         memcmp(g->clients[i].peer.fingerprint, c->peer.fingerprint,
		                TLS_FINGERPRINT) == 0;
	return count;
}

static void refuse(struct gate_client *c, const char *why, uint64_t *figure)
{
	log_client(c, LOG_LEVEL_WARNING, "front.refused", why);
	++*figure;
	gate_client_close(c, NULL);
}

static void welcome(struct gate_client *c)
{
	struct gate *g = c->gate;

	if (!tls_line_peer(c->tls, &c->peer)) {
		refuse(c, "no certificate", &g->figures.refused_tls);
		return;
	}
	if (count_of(c) >= g->config.per_certificate) {
		refuse(c, "too many with one certificate", &g->figures.refused_certificate);
		return;
	}
	if (!is_ok(gate_relay_open(&c->relay))) {
		refuse(c, "out of memory", &g->figures.refused_full);
		return;
	}
	c->state = GATE_SERVED;
	g->figures.let_in++;
	log_client(c, LOG_LEVEL_INFO, "front.opened", "");
	if (c->generation != g->trust.generation) /* files changed during the handshake */
		gate_client_recheck(c);
	if (c->state == GATE_SERVED) {
		gate_client_call(c);
		c->line_in = true; /* requests may have come with the end of the handshake */
		gate_client_pump(c);
	}
}

static void handshake(struct gate_client *c)
{
	const char *why;

	switch (tls_line_handshake(c->tls)) {
	case TLS_DONE:
		welcome(c);
		return;
	case TLS_WANT_READ:
		loop_change(c->gate->loop, &c->line, EPOLLIN);
		return;
	case TLS_WANT_WRITE:
		loop_change(c->gate->loop, &c->line, EPOLLOUT);
		return;
	case TLS_ENDED:
	case TLS_FAILED:
	default:
		why = tls_line_refused(c->tls, &c->peer);
		refuse(c, why ? why : result_last()->text, &c->gate->figures.refused_tls);
	}
}

/* --- events --- */

static void line_ready(struct loop_watch *w, uint32_t events)
{
	struct gate_client *c = w->owner;

	if (c->state == GATE_HANDSHAKE) {
		handshake(c);
		return;
	}
	if (events & (EPOLLHUP | EPOLLERR) && !(w->events & EPOLLIN)) {
		gate_client_close(c, "connection broken");
		return;
	}
	if (events & EPOLLOUT)
		c->wants_write = false;
	if (events & (EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->line_in = true;
	gate_client_pump(c);
}

static void core_ready(struct loop_watch *w, uint32_t events)
{
	struct gate_client *c = w->owner;

	if (events & EPOLLOUT)
		c->core_full = false;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		c->core_in = true;
	if (events & (EPOLLHUP | EPOLLERR) && !(w->events & EPOLLIN))
		core_lost(c, "closed"); /* no room for its last answers: they are not waited for */
	if (c->state == GATE_SERVED)
		gate_client_pump(c);
}

/* --- what stands still --- */

/* Waits, and nothing has changed for longer than that. */
static bool is_stuck(struct gate_still *s, bool waits, uint64_t mark, int64_t now_us,
                     int64_t limit_us)
{
	if (!waits || s->mark != mark || s->since_us == 0)
		*s = (struct gate_still){ mark, now_us };
	return now_us - s->since_us > limit_us;
}

/* Half a frame, while it is we who wait for the rest. */
static bool waits_for_frame(const struct gate_client *c)
{
	struct kms_message m;
	size_t whole;

	return takes_requests(c) && gate_frames_begun(&c->relay.up) &&
	       gate_frames_next(&c->relay.up, &m, &whole) == GATE_PARTIAL;
}

static void check_core(struct gate_client *c, int64_t now_us)
{
	const struct gate_relay *r = &c->relay;

	if (is_stuck(&c->answer, r->core == GATE_CALLING || r->asked_count, r->answers, now_us,
	             c->gate->config.answer_us)) {
		core_lost(c, "silent");
		if (c->state == GATE_SERVED)
			gate_client_pump(c);
	}
}

void gate_client_check(struct gate_client *c, int64_t now_us)
{
	const struct gate_config *config = &c->gate->config;
	const struct gate_relay *r = &c->relay;
	uint64_t taken = r->requests + r->refused;

	if (c->state == GATE_HANDSHAKE) {
		if (now_us - c->since_us > config->handshake_us)
			refuse(c, "handshake too slow", &c->gate->figures.refused_tls);
		return;
	}
	if (is_stuck(&c->frame, waits_for_frame(c), taken, now_us, config->frame_us))
		gate_client_close(c, "half a frame");
	else if (is_stuck(&c->send, gate_frames_ready(&r->down).len, c->given, now_us,
	                  config->send_us))
		gate_client_close(c, "does not take its answers");
	else if (is_stuck(&c->idle, r->asked_count == 0, taken + r->answers, now_us,
	                  config->idle_us))
		gate_client_close(c, "idle");
	else
		check_core(c, now_us);
}

void gate_client_recheck(struct gate_client *c)
{
	const char *why = tls_line_recheck(c->tls, c->gate->trust.tls);

	c->generation = c->gate->trust.generation;
	if (!why)
		return;
	refuse(c, why, &c->gate->figures.refused_tls);
}

/* --- open and close --- */

/* Hints: a connection works without them, only less well. */
static void set_options(int fd)
{
	const unsigned int timeout_ms = 20000;
	const int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

void gate_client_open(struct gate *g, int fd, const struct address *from)
{
	struct gate_client *c = g->free;
	struct tls_line *tls = NULL;
	result r;

	set_options(fd);
	r = tls_line_open(g->trust.tls, fd, NULL, &tls);
	if (is_ok(r)) {
		struct gate_client *rest = c->next;

		*c = (struct gate_client){
			.gate = g,
			.tls = tls,
			.address = *from,
			.generation = g->trust.generation,
			.since_us = loop_now_us(g->loop),
			.core = { .fd = -1 },
			.again = { .fired = pump_again, .owner = c },
			.line = { .fd = fd, .events = EPOLLIN, .ready = line_ready, .owner = c }
		};
		r = loop_add(g->loop, &c->line);
		c->next = is_ok(r) ? NULL : rest;
		g->free = is_ok(r) ? rest : c;
	}
	if (is_ok(r)) {
		c->state = GATE_HANDSHAKE;
		g->figures.open++;
		return;
	}
	LOG_ERROR("front.client", "code=%s", result_name(r));
	tls_line_close(tls);
	close(fd);
}

/* why NULL: it has been said. */
void gate_client_close(struct gate_client *c, const char *why)
{
	struct gate *g = c->gate;
	bool served = c->state == GATE_SERVED;

	if (c->state == GATE_FREE)
		return;
	if (why)
		log_client(c, served ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
		           served ? "front.closed" : "front.refused", why);
	c->state = GATE_FREE;
	loop_timer_stop(g->loop, &c->again);
	core_close(c);
	loop_remove(g->loop, &c->line);
	tls_line_close(c->tls);
	c->tls = NULL;
	close(c->line.fd);
	g->figures.requests += c->relay.requests;
	g->figures.answered_here += c->relay.refused;
	g->figures.open--;
	gate_relay_close(&c->relay);
	c->next = g->free;
	g->free = c;
}
