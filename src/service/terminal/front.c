/* SPDX-License-Identifier: Apache-2.0 */
/* Start, stop, and the round of the front's thread. */
#include "service/terminal/front.h"

#include <stdlib.h>

#include "base/log.h"

enum {
	CONNECTIONS_DEFAULT = 16384,
	SIGN_INS_DEFAULT = 500, /* a second */
	SWEEP_US = 60 * SECOND_US,
	DRAIN_US = 5 * SECOND_US, /* how long a stop waits for the writer's last answers */
};

/* --- lines --- */

static void opened(void *owner, struct frame_conn *c)
{
	struct terminal_front *f = owner;
	struct front_line *line = f->free_lines;

	if (!line) { /* the server's own limit is the same number */
		frame_conn_close(c);
		return;
	}
	f->free_lines = line->next;
	*line = (struct front_line){
		.conn = c,
		.id = frame_conn_id(c),
		.port = (enum terminal_port)frame_conn_tag(c),
	};
	frame_conn_set_user(c, line);
}

static void closed(void *owner, struct frame_conn *c, enum frame_close why)
{
	struct terminal_front *f = owner;
	struct front_line *line = frame_conn_user(c);

	if (!line)
		return;
	if (why == FRAME_CLOSE_LENGTH || why == FRAME_CLOSE_UNAUTHENTICATED ||
	    why == FRAME_CLOSE_SLOW)
		LOG_INFO("terminal.line_closed", "address=%s why=%s", frame_conn_address(c),
		         frame_close_name(why));
	while (line->nodes)
		front_detach(line, line->nodes);
	front_handshakes_expire(f, line->id);
	frame_conn_set_user(c, NULL);
	line->conn = NULL;
	line->next = f->free_lines;
	f->free_lines = line;
}

static void frame(void *owner, struct frame_conn *c, struct bytes payload)
{
	struct terminal_front *f = owner;
	struct front_line *line = frame_conn_user(c);

	if (line && !f->stopping)
		front_gather(f, line, payload);
}

/* --- to the writer and back --- */

/* `complete` may take the job along, to the key manager or to the writer again. */
static void complete(struct terminal_front *f, struct terminal_job *job)
{
	job->kept = false;
	job->complete(f, job);
	if (!job->kept)
		front_job_put(f, job);
}

/* Requests the queue had no room for: nothing was recorded, so "busy" is true (91). */
static void turn_away(struct terminal_front *f, size_t from)
{
	for (size_t i = from; i < f->submit_count; i++) {
		struct terminal_job *job = f->submit[i]->arg;
		job->request.result = (result){ LEDGER_BUSY };
		front_bump(&f->count.busy);
		complete(f, job);
	}
}

/* What this turn of the loop asks of the writer. */
static void hand_over(struct terminal_front *f)
{
	size_t taken;

	if (f->submit_count) {
		taken = ledger_writer_submit(f->config.writer, f->submit, f->submit_count);
		if (taken < f->submit_count)
			turn_away(f, taken);
	}
	f->submit_count = 0;
	front_flush(f);
	atomic_store_explicit(&f->count.nodes, (uint32_t)f->live.node_count, memory_order_relaxed);
	atomic_store_explicit(&f->count.sessions, (uint32_t)f->live.session_count,
	                      memory_order_relaxed);
}

static void round_end(void *owner)
{
	struct terminal_front *f = owner;

	front_receive_all(f);
	hand_over(f);
}

/* The writer's thread, once a batch: only hand the list over. */
static void deliver(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	struct terminal_front *f =
	        (struct terminal_front *)((char *)sink - offsetof(struct terminal_front, sink));
	struct terminal_job *first = requests[0]->arg, *last = first;

	for (size_t i = 1; i < n; i++) {
		last->next = requests[i]->arg;
		last = last->next;
	}
	last->next = NULL;
	pthread_mutex_lock(&f->done.lock);
	if (f->done.first)
		f->done.last->next = first;
	else
		f->done.first = first;
	f->done.last = last;
	pthread_mutex_unlock(&f->done.lock);
	frame_server_wake(f->server);
}

static void take_done(struct terminal_front *f)
{
	struct terminal_job *job, *next;

	pthread_mutex_lock(&f->done.lock);
	job = f->done.first;
	f->done.first = f->done.last = NULL;
	pthread_mutex_unlock(&f->done.lock);
	for (; job; job = next) {
		next = job->next;
		if (next) { /* thousands of nodes: their memory is cold */
			__builtin_prefetch(next->next);
			__builtin_prefetch(next->live);
			__builtin_prefetch(next->node);
		}
		complete(f, job);
	}
}

/* --- registry changes --- */

static void read_again(struct terminal_front *f, const struct live_node *node)
{
	struct terminal_job *job = front_job_take(f);

	if (!job) { /* try again at the next tick */
		pthread_mutex_lock(&f->changes.lock);
		f->changes.all = true;
		pthread_mutex_unlock(&f->changes.lock);
		return;
	}
	memcpy(job->ask.greeting.node, node->row.node_id, sizeof job->ask.greeting.node);
	job->complete = front_complete_refresh;
	job->request.work = front_work_facts;
	front_job_submit(f, job);
}

static void take_changes(struct terminal_front *f)
{
	uint32_t ids[FRONT_CHANGES_MAX];
	size_t count;
	bool all;

	pthread_mutex_lock(&f->changes.lock);
	count = f->changes.count;
	all = f->changes.all;
	memcpy(ids, f->changes.ids, count * sizeof ids[0]);
	f->changes.count = 0;
	f->changes.all = false;
	pthread_mutex_unlock(&f->changes.lock);
	for (size_t i = 0; (count || all) && i < f->live.node_slots; i++) {
		const struct live_node *node = &f->live.nodes[i];
		bool wanted = all;
		for (size_t j = 0; !wanted && j < count; j++)
			wanted = node->row.id == ids[j];
		if (node->used && wanted)
			read_again(f, node);
	}
}

void terminal_front_changed(struct terminal_front *f, uint32_t terminal_id)
{
	pthread_mutex_lock(&f->changes.lock);
	if (f->changes.count < FRONT_CHANGES_MAX)
		f->changes.ids[f->changes.count++] = terminal_id;
	else
		f->changes.all = true;
	pthread_mutex_unlock(&f->changes.lock);
	frame_server_wake(f->server);
}

void terminal_front_changed_all(struct terminal_front *f)
{
	pthread_mutex_lock(&f->changes.lock);
	f->changes.all = true;
	pthread_mutex_unlock(&f->changes.lock);
	frame_server_wake(f->server);
}

static void woken(void *owner)
{
	struct terminal_front *f = owner;

	front_receive_all(f); /* it came before */
	f->now = clock_now(f->config.clock);
	take_done(f);
	front_take_answers(f);
	front_flush(f);
	take_changes(f);
	hand_over(f); /* also when no frame comes that would */
	if (f->stopping && atomic_load(&f->count.jobs) == 0)
		loop_stop(f->loop);
}

/* --- once a second --- */

/* Sessions that are over: their keys leave the memory. */
static void sweep(struct terminal_front *f)
{
	for (size_t i = 0; i < f->live.session_max; i++) {
		struct live_session *s = &f->live.sessions[i];
		if (s->state != LIVE_FREE && !live_is_usable(s, f->now))
			live_close(&f->live, s);
	}
}

/* A new business day: those who are signed in hear of it, some hundred a second (7.5). */
static void tell_new_day(struct terminal_front *f)
{
	struct bizdate day = bizdate_of(f->now, TIME_ZONE_CHINA_S, f->config.cutover_s);
	unsigned told = 0;

	if (f->day.yyyymmdd != day.yyyymmdd) {
		f->telling = f->day.yyyymmdd ? 0 : f->live.session_max;
		f->day = day;
	}
	for (; f->telling < f->live.session_max && told < FRONT_PUSHES_TICK; f->telling++) {
		struct live_session *s = &f->live.sessions[f->telling];
		bool wanted = s->state == LIVE_ACTIVE && s->keyed && !s->told && s->node->line &&
		              s->node->line->port != TERMINAL_PORT_A;
		if (!wanted || !live_is_usable(s, f->now) || !live_is_late(s, f->now))
			continue;
		s->told = true;
		front_push_renewal(f, s);
		told++;
	}
}

static void tick(struct loop_timer *t)
{
	struct terminal_front *f = t->owner;
	int64_t now = loop_now_us(f->loop);

	front_receive_all(f);
	f->now = clock_now(f->config.clock);
	front_handshakes_expire(f, 0);
	front_ask_unkeyed(f);
	take_changes(f);
	front_follow_root(f);
	tell_new_day(f);
	if (now - f->swept_us >= SWEEP_US) {
		f->swept_us = now;
		sweep(f);
	}
	hand_over(f);
	if (f->stopping && now > f->swept_us + DRAIN_US)
		loop_stop(f->loop);
	loop_timer_set(f->loop, t, FRONT_TICK_US);
}

static void asked_to_stop(void *owner)
{
	struct terminal_front *f = owner;

	front_receive_all(f);
	front_flush(f);
	f->stopping = true;
	f->swept_us = loop_now_us(f->loop);
	frame_server_stop_listening(f->server);
	if (atomic_load(&f->count.jobs) == 0)
		loop_stop(f->loop);
}

static void *run(void *arg)
{
	struct terminal_front *f = arg;

	pthread_setname_np(pthread_self(), "terminals");
	result r = loop_run(f->loop);

	if (!is_ok(r)) {
		LOG_ERROR("terminal.loop", "code=%s detail=\"%s\"", result_name(r),
		          result_last()->text);
		abort(); /* nobody serves the lines any more */
	}
	return NULL;
}

/* --- start --- */

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0;
}

/* The PSK of a small terminal is derived from its TIK; its identity is its node id (3.3). On the
 * front's thread. */
static bool find_psk(void *owner, struct str identity, struct secret *out)
{
	struct terminal_front *f = owner;
	const struct live_node *node = live_node_find(&f->live, identity);

	return node && node->row.state == TERMINAL_ACTIVE && front_psk(f, node, out);
}

static result open_tls(struct terminal_front *f)
{
	const struct terminal_front_config *c = &f->config;
	struct tls_config tls = {
		.cert_file =
		        c->tls_certificate && c->tls_certificate[0] ? c->tls_certificate : NULL,
		.key_file = c->tls_key && c->tls_key[0] ? c->tls_key : NULL,
		.psk_find = find_psk,
		.psk_owner = f,
	};

	return tls_server_open(&tls, &f->tls);
}

static result listen_on(struct terminal_front *f, enum terminal_port port)
{
	const char *address = f->config.listen[port];
	bool full = port == TERMINAL_PORT_B || port == TERMINAL_PORT_TLS;
	struct frame_listener at = {
		.address = address,
		.tag = (int)port,
		.frame_min = full ? FRAME_LEN_MIN : FRAME_BARE_MIN,
		.frame_max = FRAME_LEN_MAX,
	};

	if (!address || !address[0])
		return OK;
	if (!full && !is_loopback(address))
		return FAIL(FRONT_PORT_OPEN, "%s is not loopback", address);
	if (port == TERMINAL_PORT_TLS) {
		TRY(open_tls(f));
		at.tls = f->tls;
	}
	return frame_server_listen(f->server, &at, &f->ports[port]);
}

static void flush(void *owner)
{
	front_flush(owner);
}

static result open_parts(struct terminal_front *f)
{
	struct frame_config limits = { .connections_max = f->line_count,
		                       .per_address_max = f->config.per_address_max };
	struct frame_handlers handlers = { opened, frame, round_end, woken, closed, f };

	TRY(front_pools_init(f));
	TRY(front_resume(f));
	f->live.flush = flush;
	f->live.owner = f;
	TRY(loop_open(&f->loop));
	TRY(frame_server_open(f->loop, &limits, &handlers, &f->server));
	TRY(front_keys_open(f));
	front_await_keys(f);
	TRY(loop_wake_open(f->loop, &f->stop, asked_to_stop, f));
	f->stop_open = true;
	for (enum terminal_port port = 0; port < TERMINAL_PORTS; port++)
		TRY(listen_on(f, port));
	f->tick = (struct loop_timer){ .fired = tick, .owner = f };
	loop_timer_set(f->loop, &f->tick, FRONT_TICK_US);
	return OK;
}

void front_close(struct terminal_front *f)
{
	front_keys_close(f);
	frame_server_close(f->server);
	if (f->stop_open)
		loop_wake_close(f->loop, &f->stop);
	loop_close(f->loop);
	tls_close(f->tls);
	live_deinit(&f->live);
	front_pools_deinit(f);
	pthread_mutex_destroy(&f->done.lock);
	pthread_mutex_destroy(&f->answered.lock);
	pthread_mutex_destroy(&f->changes.lock);
	free(f);
}

result front_open(const struct terminal_front_config *config, struct terminal_front **out)
{
	struct terminal_front *f = calloc(1, sizeof *f);

	if (!f)
		return FAIL(OUT_OF_MEMORY, "terminal front");
	f->config = *config;
	f->config.sign_ins_per_s =
	        config->sign_ins_per_s ? config->sign_ins_per_s : SIGN_INS_DEFAULT;
	f->line_count = config->connections_max ? config->connections_max : CONNECTIONS_DEFAULT;
	f->sink.deliver = deliver;
	f->now = clock_now(config->clock);
	f->tokens = (int64_t)f->config.sign_ins_per_s * SECOND_US;
	f->tokens_at_us = monotonic_us();
	pthread_mutex_init(&f->done.lock, NULL);
	pthread_mutex_init(&f->answered.lock, NULL);
	pthread_mutex_init(&f->changes.lock, NULL);
	result r = open_parts(f);
	if (is_ok(r))
		*out = f;
	else
		front_close(f);
	return r;
}

result terminal_front_start(const struct terminal_front_config *config, struct terminal_front **out)
{
	struct terminal_front *f;

	TRY(front_open(config, &f));
	if (pthread_create(&f->thread, NULL, run, f) != 0) {
		front_close(f);
		return FAIL(SYSTEM_CALL, "pthread_create");
	}
	*out = f;
	return OK;
}

void terminal_front_stop(struct terminal_front *f)
{
	if (!f)
		return;
	loop_wake_post(&f->stop);
	pthread_join(f->thread, NULL);
	front_close(f);
}

uint16_t terminal_front_port(const struct terminal_front *f, enum terminal_port port)
{
	return f->ports[port];
}

void terminal_front_figures(const struct terminal_front *f, struct terminal_front_figures *out)
{
	const struct front_count *c = &f->count;

	*out = (struct terminal_front_figures){
		.frames = c->frames,
		.replies = c->replies,
		.requests = c->requests,
		.busy = c->busy,
		.pushed = c->pushed,
		.refused_mac = c->refused_mac,
		.refused_replay = c->refused_replay,
		.refused_plain = c->refused_plain,
		.refused_session = c->refused_session,
		.refused_form = c->refused_form,
		.conflicts = c->conflicts,
		.late_clock = c->late_clock,
		.hellos = c->hellos,
		.sign_ins = c->sign_ins,
		.sign_ins_put_off = c->sign_ins_put_off,
		.sign_ins_refused = c->sign_ins_refused,
		.nodes_moved = c->nodes_moved,
		.alarms = c->alarms,
		.sessions = c->sessions,
		.nodes = c->nodes,
		.jobs = c->jobs,
	};
}
