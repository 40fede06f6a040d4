/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/load.h"
#include "codec/frame.h"
#include "net/frame_server.h"

enum {
	SIGN_IN_LIMIT_US = 120 * 1000000,
	BUSY_US = 2000,
	LATE_US = 10000000, /* an answer after that is lost */
	TICK_US = 500,
	SESSION_AT = FRAME_HEAD_SIZE - FRAME_LEN_SIZE + 4, /* of a sealed frame without LEN */
	TOGETHER = 32, /* frames whose cryptography is done at once */
};

struct load;

struct link {
	struct load *load;
	struct frame_conn *conn;
	unsigned first, count; /* its nodes */
	unsigned signing;      /* the one that signs in */
};

struct node {
	struct line line;
	struct link *link;
	uint64_t tsn;
	int64_t asked_us; /* 0: idle */
	char card[12];
	int64_t amount_fen;
	bool ready;
};

/* What came in this round, and what is to be sent: the generator shares the processors with the
 * daemon, so it computes as the daemon does, many at once. */
struct round {
	struct line_frame frames[TOGETHER];
	struct node *from[TOGETHER];
	size_t frame_count, used;
	uint8_t in[TOGETHER * LINE_FRAME_ROOM];
	struct line_packed sales[TOGETHER];
	struct node *by[TOGETHER];
	size_t sale_count;
	uint8_t out[TOGETHER][LINE_FRAME_ROOM];
};

struct load {
	const struct load_plan *plan;
	struct load_outcome *out;
	struct loop *loop;
	struct frame_server *server;
	struct link *links;
	unsigned link_count, ready;
	struct node *nodes;
	unsigned *by_session; /* open addressing: node + 1 */
	size_t by_session_size;
	struct random_seeded random;
	bool selling, measuring, ending;
	int64_t begun_us; /* of selling */
	uint64_t due;     /* open loop: sales begun */
	unsigned *idle;   /* open loop: stack of nodes that may sell */
	unsigned idle_count;
	result failure;
	struct iso8583 in;
	struct iso8583_out message;
	struct round round;
};

/* --- sessions --- */

static void remember_session(struct load *l, unsigned node)
{
	size_t at = l->nodes[node].line.session * 2654435761u % l->by_session_size;

	while (l->by_session[at])
		at = (at + 1) % l->by_session_size;
	l->by_session[at] = node + 1;
}

static struct node *node_of(struct load *l, struct link *link, struct bytes frame)
{
	uint32_t session;
	size_t at;

	if (link->count == 1)
		return &l->nodes[link->first];
	if (frame.len < SESSION_AT + 4 || frame.at[FRAME_TPDU_SIZE] != 0x63)
		return &l->nodes[link->signing];
	session = load_be32(frame.at + SESSION_AT);
	for (at = session * 2654435761u % l->by_session_size; l->by_session[at];
	     at = (at + 1) % l->by_session_size)
		if (l->nodes[l->by_session[at] - 1].line.session == session)
			return &l->nodes[l->by_session[at] - 1];
	return NULL;
}

static struct line_greeting greeting(void)
{
	return (struct line_greeting){ .now = clock_now(clock_system()),
		                       .low_water = 1,
		                       .software = STR("load 1.0") };
}

static void hello(struct load *l, struct link *link)
{
	struct line_greeting g = greeting();
	uint8_t frame[LINE_FRAME_ROOM];
	size_t len;

	if (link->signing < link->first + link->count &&
	    is_ok(line_hello(&l->nodes[link->signing].line, &g, frame, sizeof frame, &len)))
		frame_conn_send(link->conn, bytes_of(frame, len));
}

/* --- selling --- */

/* F64 and envelope of all, and out. */
static void send_sales(struct load *l)
{
	struct round *r = &l->round;

	line_finish_many(r->sales, r->sale_count);
	for (size_t i = 0; i < r->sale_count; i++)
		if (!frame_conn_send(r->by[i]->link->conn,
		                     bytes_of(r->sales[i].at, r->sales[i].len)))
			l->failure = FAIL(REPLAY_HOST, "a sale could not be sent");
	r->sale_count = 0;
}

static void pack_sale(struct load *l, struct node *n)
{
	struct round *r = &l->round;

	if (r->sale_count == TOGETHER)
		send_sales(l);
	r->by[r->sale_count] = n;
	if (is_ok(line_pack_later(&n->line, &l->message, r->out[r->sale_count], LINE_FRAME_ROOM,
	                          &r->sales[r->sale_count])))
		r->sale_count++;
	else
		l->failure = FAIL(REPLAY_HOST, "a sale could not be packed");
}

static void sell(struct load *l, struct node *n, int64_t intended_us, bool again)
{
	struct line_request r = {
		.word = YTAP_PURCHASE,
		.tsn = again ? n->tsn : ++n->tsn,
		.at = clock_now(clock_system()),
		.entry_mode = 0x072,
	};

	if (!again) {
		snprintf(n->card, sizeof n->card, "%u",
		         (unsigned)(LOAD_CARD_FIRST + random_below(&l->random, l->plan->cards)));
		n->amount_fen = 100 + (int64_t)random_below(&l->random, 1900);
		n->asked_us = intended_us;
	}
	r.card_no = str_of(n->card);
	r.amount.fen = n->amount_fen;
	r.day = n->line.facts.business_date;
	line_request(&n->line, &r, again, &l->message);
	pack_sale(l, n);
}

static void next_sale(struct load *l, struct node *n)
{
	n->asked_us = 0;
	if (!l->selling)
		return;
	if (l->plan->rate)
		l->idle[l->idle_count++] = (unsigned)(n - l->nodes);
	else
		sell(l, n, monotonic_us(), false);
}

static void sold(struct load *l, struct node *n, struct iso8583 *reply)
{
	struct line_answer a;
	int64_t now = monotonic_us();

	if (!is_ok(line_answer(reply, &a)) || a.tsn != n->tsn || n->asked_us == 0)
		return;
	if (strcmp(a.code, "91") == 0 || strcmp(a.code, "96") == 0) {
		l->out->busy++;
		sell(l, n, n->asked_us, true);
		return;
	}
	if (l->measuring) {
		histogram_note(&l->out->latency, now - n->asked_us);
		l->out->approved += strcmp(a.code, "00") == 0;
		l->out->refused += strcmp(a.code, "00") != 0;
	}
	next_sale(l, n);
}

/* --- lines --- */

static void signed_in(struct load *l, struct link *link, struct node *n)
{
	n->tsn = n->line.facts.tsn_floor ? n->line.facts.tsn_floor - 1 : 0;
	n->ready = true;
	remember_session(l, (unsigned)(n - l->nodes));
	l->ready++;
	link->signing++;
	hello(l, link);
}

static void take(struct load *l, struct node *n, const struct line_frame *frame)
{
	struct link *link = n->link;
	uint8_t reply[LINE_FRAME_ROOM];
	struct writer out = writer_of(reply, sizeof reply);
	struct line_greeting g = { .software = STR("load 1.0") };
	struct line_input in;

	if (!n->ready)
		g = greeting();
	in = line_receive_opened(frame, &g, &l->in, &out);
	if (in.event == LINE_REPLY)
		sold(l, n, &l->in);
	else if (in.event == LINE_SEND)
		frame_conn_send(link->conn, writer_bytes(&out));
	else if (in.event == LINE_SIGNED_IN)
		signed_in(l, link, n);
	else if (in.event == LINE_RETRY_LATER)
		hello(l, link);
	else if (in.event != LINE_PUSH)
		l->failure = FAIL(REPLAY_HOST, "node %u: event %d code %s",
		                  (unsigned)(n - l->nodes), (int)in.event, in.code);
}

static void take_frames(struct load *l)
{
	struct round *r = &l->round;

	line_open_many(r->frames, r->frame_count);
	for (size_t i = 0; i < r->frame_count; i++)
		take(l, r->from[i], &r->frames[i]);
	r->frame_count = r->used = 0;
}

static void on_round_end(void *owner)
{
	take_frames(owner);
	send_sales(owner);
}

static void on_frame(void *owner, struct frame_conn *c, struct bytes payload)
{
	struct load *l = owner;
	struct round *r = &l->round;
	struct node *n = node_of(l, frame_conn_user(c), payload);

	if (!n)
		return;
	if (r->frame_count == TOGETHER || r->used + payload.len > sizeof r->in)
		take_frames(l);
	ASSERT(payload.len <= sizeof r->in);
	memcpy(r->in + r->used, payload.at, payload.len);
	r->from[r->frame_count] = n;
	r->frames[r->frame_count++] =
	        (struct line_frame){ .line = &n->line, .at = r->in + r->used, .len = payload.len };
	r->used += payload.len;
	if (!n->ready)
		take_frames(l); /* whose a frame is depends on who signs in */
}

static void on_opened(void *owner, struct frame_conn *c)
{
	hello(owner, frame_conn_user(c));
}

static void on_closed(void *owner, struct frame_conn *c, enum frame_close why)
{
	struct load *l = owner;

	(void)c;
	if (!l->ending)
		l->failure = FAIL(REPLAY_HOST, "a line was closed: %s", frame_close_name(why));
}

/* Open loop: begin every sale whose moment has come, as far as somebody is idle. */
static void begin_due(struct load *l)
{
	int64_t now = monotonic_us();
	uint64_t wanted = (uint64_t)((now - l->begun_us) * (int64_t)l->plan->rate / 1000000);

	for (; l->due < wanted && l->idle_count > 0; l->due++) {
		int64_t intended = l->begun_us + (int64_t)(l->due * 1000000 / l->plan->rate);

		sell(l, &l->nodes[l->idle[--l->idle_count]], intended, false);
	}
	send_sales(l);
}

/* --- the whole --- */

static result open_load(struct load *l)
{
	static const struct frame_config config = { .connections_max = 65536,
		                                    .per_address_max = 65536 };
	const struct load_plan *p = l->plan;
	struct frame_handlers handlers = { .opened = on_opened,
		                           .frame = on_frame,
		                           .round_end = on_round_end,
		                           .closed = on_closed,
		                           .owner = l };
	struct frame_listener to = { .address = p->address,
		                     .frame_min = 10,
		                     .frame_max = LINE_FRAME_MAX };

	l->link_count = p->links ? p->links : p->nodes;
	l->links = calloc(l->link_count, sizeof *l->links);
	l->nodes = calloc(p->nodes, sizeof *l->nodes);
	l->idle = calloc(p->nodes, sizeof *l->idle);
	l->by_session_size = (size_t)p->nodes * 2 + 1;
	l->by_session = calloc(l->by_session_size, sizeof *l->by_session);
	ASSERT(l->links && l->nodes && l->idle && l->by_session);
	TRY(loop_open(&l->loop));
	TRY(frame_server_open(l->loop, &config, &handlers, &l->server));
	for (unsigned i = 0; i < p->nodes; i++)
		line_init(&l->nodes[i].line, p->sams[i], p->suite, random_system());
	for (unsigned i = 0; i < l->link_count; i++) {
		struct link *link = &l->links[i];

		link->load = l;
		link->first = link->signing = (unsigned)((uint64_t)p->nodes * i / l->link_count);
		link->count =
		        (unsigned)((uint64_t)p->nodes * (i + 1) / l->link_count) - link->first;
		for (unsigned n = link->first; n < link->first + link->count; n++)
			l->nodes[n].link = link;
		TRY(frame_server_connect(l->server, &to, &link->conn));
		frame_conn_set_user(link->conn, link);
	}
	return OK;
}

static result sign_everybody_in(struct load *l)
{
	int64_t begun = monotonic_us();

	while (l->ready < l->plan->nodes) {
		TRY(loop_once(l->loop, 100000));
		TRY(l->failure);
		if (monotonic_us() - begun > SIGN_IN_LIMIT_US)
			return FAIL(REPLAY_HOST, "%u of %u terminals signed in", l->ready,
			            l->plan->nodes);
	}
	l->out->sign_in_us = monotonic_us() - begun;
	return OK;
}

static result sell_for(struct load *l, int64_t us)
{
	int64_t end = monotonic_us() + us;

	while (monotonic_us() < end) {
		if (l->plan->rate)
			begin_due(l);
		TRY(loop_once(l->loop, l->plan->rate ? TICK_US : 100000));
		TRY(l->failure);
	}
	return OK;
}

static int64_t sample(const struct load *l)
{
	return l->plan->sample ? l->plan->sample(l->plan->sample_arg) : 0;
}

static result run(struct load *l)
{
	int64_t begun;

	TRY(open_load(l));
	TRY(sign_everybody_in(l));
	l->selling = true;
	l->begun_us = monotonic_us();
	for (unsigned i = 0; i < l->plan->nodes; i++)
		next_sale(l, &l->nodes[i]);
	send_sales(l);
	TRY(sell_for(l, l->plan->warm_us));
	l->measuring = true;
	l->out->sampled = -sample(l);
	begun = monotonic_us();
	TRY(sell_for(l, l->plan->run_us));
	l->out->took_us = monotonic_us() - begun;
	l->out->sampled += sample(l);
	l->measuring = l->selling = false;
	return sell_for(l, 200000); /* let what is under way come back */
}

result load_run(const struct load_plan *plan, struct load_outcome *out)
{
	struct load *l = calloc(1, sizeof *l);
	result r;

	ASSERT(l);
	*out = (struct load_outcome){ 0 };
	l->plan = plan;
	l->out = out;
	l->failure = OK;
	random_seeded_init(&l->random, 1);
	r = run(l);
	l->ending = true;
	frame_server_close(l->server);
	for (unsigned i = 0; l->nodes && i < plan->nodes; i++)
		line_deinit(&l->nodes[i].line);
	loop_close(l->loop);
	free(l->links);
	free(l->nodes);
	free(l->idle);
	free(l->by_session);
	free(l);
	return r;
}
