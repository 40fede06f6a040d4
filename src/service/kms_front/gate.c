/* SPDX-License-Identifier: Apache-2.0 */
/* gate.c — the listener, the clock and the figures of the TLS front. */
#include "service/kms_front/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "service/kms_front/gate_private.h"

enum {
	SWEEP_US = 250000,
	ACCEPTS_MAX = 64,        /* in one round */
	CALL_AGAIN_US = 1000000, /* the core that was not there */
	CALLS_MAX = 256,         /* of the core, in one sweep */
	LINES_MAX = 50,          /* of the log about clients, a second */
	RECHECK_S = 60,          /* certificates of open connections may expire */
	FILES_BESIDE = 64,       /* descriptors that are not clients' */
};

bool gate_may_log(struct gate *g)
{
	if (g->lines_left == 0) {
		g->lines_lost++;
		return false;
	}
	g->lines_left--;
	return true;
}

void gate_note_core(struct gate *g, bool away)
{
	if (away)
		g->call_us = loop_now_us(g->loop) + CALL_AGAIN_US;
	if (g->core_away == away)
		return;
	g->core_away = away;
	if (away)
		LOG_WARNING("front.core_away",
		            "socket=%s text=\"yika-kms does not answer there, or not to this user "
		            "(kms.conf [socket] front_user); clients are told busy until it does\"",
		            g->config.core);
	else
		LOG_INFO("front.core_back", "socket=%s", g->config.core);
}

/* --- figures --- */

static void log_figures(struct gate *g)
{
	struct gate_figures f = g->figures;

	for (size_t i = 0; i < g->config.connections; i++) {
		const struct gate_client *c = &g->clients[i];

		f.requests += c->relay.requests;
		f.answered_here += c->relay.refused;
	}
	LOG_INFO("front.figures",
	         "open=%zu accepted=%llu let_in=%llu requests=%llu answered_here=%llu "
	         "core_lost=%llu "
	         "refused_tls=%llu refused_full=%llu refused_address=%llu refused_certificate=%llu "
	         "strangers=%llu",
	         f.open, (unsigned long long)f.accepted, (unsigned long long)f.let_in,
	         (unsigned long long)f.requests, (unsigned long long)f.answered_here,
	         (unsigned long long)f.core_lost, (unsigned long long)f.refused_tls,
	         (unsigned long long)f.refused_full, (unsigned long long)f.refused_address,
	         (unsigned long long)f.refused_certificate, (unsigned long long)f.strangers);
}

/* --- new connections --- */

static size_t count_from(const struct gate *g, const struct address *from)
{
	struct in6_addr source = address_source(from), other;
	size_t count = 0;

	for (size_t i = 0; i < g->config.connections; i++) {
		if (g->clients[i].state == GATE_FREE)
			continue;
		other = address_source(&g->clients[i].address);
		count += memcmp(&other, &source, sizeof source) == 0;
	}
	return count;
}

/* Why it may not come in; NULL: it may. */
static const char *unwelcome(struct gate *g, const struct address *from)
{
	if (!g->free) {
		g->figures.refused_full++;
		return "full";
	}
	if (count_from(g, from) >= g->config.per_address) {
		g->figures.refused_address++;
		return "too many from one address";
	}
	return NULL;
}

static void let_in(struct gate *g, int fd, const struct address *from)
{
	char text[ADDRESS_TEXT_SIZE];
	const char *why = unwelcome(g, from);

	g->figures.accepted++;
	if (!why) {
		gate_client_open(g, fd, from);
		return;
	}
	if (gate_may_log(g))
		LOG_WARNING("front.refused", "peer=%s why=\"%s\"", address_text(from, text), why);
	close(fd);
}

static void listen_again(struct gate *g, bool on)
{
	if (g->listens == on)
		return;
	g->listens = on;
	loop_change(g->loop, &g->listener, on ? EPOLLIN : 0u);
}

static void accept_clients(struct loop_watch *w, uint32_t events)
{
	struct gate *g = w->owner;

	(void)events;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct address from = { .len = sizeof from.storage };
		int fd = accept4(w->fd, &from.any, &from.len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			let_in(g, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			listen_again(g, false); /* until the next sweep */
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

/* --- the clock --- */

/* A core that is back is called by all who had it, some at a time. */
static void call_core(struct gate *g)
{
	unsigned calls = 0;

	if (loop_now_us(g->loop) < g->call_us)
		return;
	for (size_t i = 0; i < g->config.connections && calls < CALLS_MAX; i++) {
		struct gate_client *c = &g->clients[i];

		if (c->state != GATE_SERVED || c->relay.core != GATE_AWAY || g->stopping)
			continue;
		if (!gate_client_call(c))
			return;
		calls++;
		gate_client_pump(c);
	}
}

static void recheck(struct gate *g)
{
	for (size_t i = 0; i < g->config.connections; i++)
		if (g->clients[i].state == GATE_SERVED)
			gate_client_recheck(&g->clients[i]);
}

static void every_second(struct gate *g, int64_t now_us)
{
	bool changed = gate_trust_follow(&g->trust, false);

	if (changed || now_us - g->recheck_us >= RECHECK_S * GATE_US) {
		g->recheck_us = now_us;
		recheck(g);
	}
	if (g->lines_lost)
		LOG_WARNING("front.unlogged", "lines=%llu", (unsigned long long)g->lines_lost);
	g->lines_left = LINES_MAX;
	g->lines_lost = 0;
	if (g->config.figures_us && now_us - g->figures_us >= g->config.figures_us) {
		g->figures_us = now_us;
		log_figures(g);
	}
}

static void end_when_done(struct gate *g, int64_t now_us)
{
	if (now_us >= g->stop_us)
		for (size_t i = 0; i < g->config.connections; i++)
			gate_client_close(&g->clients[i], "stop");
	if (g->figures.open == 0)
		loop_stop(g->loop);
}

static void sweep(struct loop_timer *t)
{
	struct gate *g = t->owner;
	int64_t now_us = loop_now_us(g->loop);

	loop_timer_set(g->loop, t, SWEEP_US);
	for (size_t i = 0; i < g->config.connections; i++)
		if (g->clients[i].state != GATE_FREE)
			gate_client_check(&g->clients[i], now_us);
	call_core(g);
	if (now_us - g->second_us >= GATE_US) {
		g->second_us = now_us;
		every_second(g, now_us);
	}
	if (g->stopping)
		end_when_done(g, now_us);
	else
		listen_again(g, true);
}

/* --- orders --- */

static void begin_to_stop(void *owner)
{
	struct gate *g = owner;

	if (g->stopping)
		return;
	g->stopping = true;
	g->stop_us = loop_now_us(g->loop) + GATE_DRAIN_S * GATE_US;
	listen_again(g, false);
	for (size_t i = 0; i < g->config.connections; i++) {
		struct gate_client *c = &g->clients[i];

		if (c->state == GATE_HANDSHAKE)
			gate_client_close(c, "stop");
		else if (c->state == GATE_SERVED)
			gate_client_pump(c);
	}
	loop_timer_set(g->loop, &g->sweep, 0);
}

static void caught(void *owner, int signo)
{
	struct gate *g = owner;

	if (signo == SIGUSR1) {
		log_figures(g);
	} else if (signo != SIGHUP) {
		LOG_INFO("front.stopping", "signal=%d", signo);
		begin_to_stop(g);
	} else if (gate_trust_follow(&g->trust, true)) {
		recheck(g);
	}
}

result gate_on_signals(struct gate *g)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		TRY(loop_on_signal(g->loop, signals[i], caught, g));
	return OK;
}

/* --- start and stop --- */

/* Two descriptors a client. */
static result raise_limit(size_t connections)
{
	rlim_t wanted = 2 * connections + FILES_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return FAIL(SYSTEM_CALL, "RLIMIT_NOFILE: %m");
	if (limit.rlim_cur >= wanted)
		return OK;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		return FAIL(
		        SYSTEM_CALL,
		        "front.conf [limits] connections = %zu needs %zu descriptors, allowed are "
		        "%zu: raise RLIMIT_NOFILE",
		        connections, (size_t)wanted, (size_t)limit.rlim_max);
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? OK : FAIL(SYSTEM_CALL, "RLIMIT_NOFILE: %m");
}

static result open_clients(struct gate *g)
{
	g->clients = calloc(g->config.connections, sizeof *g->clients);
	if (!g->clients)
		return FAIL(OUT_OF_MEMORY, "%zu connections", g->config.connections);
	for (size_t i = g->config.connections; i-- > 0; g->free = &g->clients[i]) {
		g->clients[i].gate = g;
		g->clients[i].next = g->free;
	}
	return OK;
}

static result start(struct gate *g)
{
	struct address at;

	TRY(gate_trust_open(&g->trust, &g->config));
	TRY(raise_limit(g->config.connections));
	TRY(open_clients(g));
	TRY(loop_open(&g->loop));
	TRY(loop_wake_open(g->loop, &g->stop, begin_to_stop, g));
	TRY(address_parse(g->config.address, &at));
	TRY(address_listen(&at, g->config.address, &g->listener.fd, &g->port));
	g->listener.events = EPOLLIN;
	g->listener.ready = accept_clients;
	g->listener.owner = g;
	g->listens = true;
	TRY(loop_add(g->loop, &g->listener));
	g->sweep = (struct loop_timer){ .fired = sweep, .owner = g };
	g->lines_left = LINES_MAX;
	g->second_us = g->recheck_us = g->figures_us = loop_now_us(g->loop);
	loop_timer_set(g->loop, &g->sweep, SWEEP_US);
	return OK;
}

result gate_open(const struct gate_config *config, struct gate **out)
{
	struct gate *g = calloc(1, sizeof *g);
	result r;

	ASSERT(config->connections >= 1 && config->connections <= GATE_CONNECTIONS_MAX);
	if (!g)
		return FAIL(OUT_OF_MEMORY, "TLS front");
	g->config = *config;
	g->listener.fd = -1;
	r = start(g);
	if (is_ok(r))
		*out = g;
	else
		gate_close(g);
	return r;
}

uint16_t gate_port(const struct gate *g)
{
	return g->port;
}

result gate_run(struct gate *g)
{
	return loop_run(g->loop);
}

void gate_stop(struct gate *g)
{
	loop_wake_post(&g->stop);
}

void gate_close(struct gate *g)
{
	if (!g)
		return;
	for (size_t i = 0; g->clients && i < g->config.connections; i++)
		gate_client_close(&g->clients[i], "stop");
	if (g->listener.fd >= 0)
		close(g->listener.fd);
	if (g->loop)
		loop_wake_close(g->loop, &g->stop);
	loop_close(g->loop);
	gate_trust_close(&g->trust);
	free(g->clients);
	free(g);
}
