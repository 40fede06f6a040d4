/* SPDX-License-Identifier: Apache-2.0 */
/* gate_client.c — one client of the TLS front: handshake, deadlines, its beginning and its end. */
#include <inttypes.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/log.h"
#include "service/kms_front/gate_private.h"

static void line_ready(struct loop_watch *w, uint32_t events);

/* --- the log --- */

void gate_client_log(struct gate_client *c, enum log_level level, const char *event,
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
	gate_client_log(c, LOG_LEVEL_WARNING, "front.refused", why);
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
	gate_client_log(c, LOG_LEVEL_INFO, "front.opened", "");
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

	return gate_client_takes_requests(c) && gate_frames_begun(&c->relay.up) &&
	       gate_frames_next(&c->relay.up, &m, &whole) == GATE_PARTIAL;
}

static void check_core(struct gate_client *c, int64_t now_us)
{
	const struct gate_relay *r = &c->relay;

	if (is_stuck(&c->answer, r->core == GATE_CALLING || r->asked_count, r->answers, now_us,
	             c->gate->config.answer_us)) {
		gate_client_lose_core(c, "silent");
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
			.again = { .fired = gate_client_pump_again, .owner = c },
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
		gate_client_log(c, served ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
		                served ? "front.closed" : "front.refused", why);
	c->state = GATE_FREE;
	loop_timer_stop(g->loop, &c->again);
	gate_client_close_core(c);
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
