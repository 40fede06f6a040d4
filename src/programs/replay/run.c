/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/run.h"

#include <stdlib.h>

#include "codec/record.h"
#include "codec/ytap_tags.h"
#include "net/frame_server.h"
#include "programs/replay/till.h"

enum {
	CONNECT_RETRY_US = 50000,
	ANSWER_US = 4000000, /* T3 */
	BUSY_RETRY_US = 20000,
	LOOP_WAIT_US = 100000,
	GATHER_AHEAD = 4000, /* rows that one upload message may reach ahead of the first */
};

/* --- sending --- */

static struct line_greeting greeting_of(const struct player *p)
{
	return (struct line_greeting){
		.now = { atomic_load(p->run->host->clock) },
		.low_water = 1,
		.software = STR("yika-replay 1.0"),
	};
}

static void say_hello(struct till *t)
{
	struct line_greeting g = greeting_of(t->player);
	uint8_t frame[LINE_FRAME_ROOM];
	size_t len;

	if (!t->connected || !is_ok(line_hello(&t->line, &g, frame, sizeof frame, &len)))
		return;
	t->signing_in = true;
	frame_conn_send(t->conn, bytes_of(frame, len));
	loop_timer_set(t->player->loop, &t->timer, ANSWER_US);
}

/* Ask, or ask again, what this till has to ask. */
static void ask(struct till *t)
{
	struct player *p = t->player;
	uint8_t *room;
	size_t len;

	if (t->op_count == 0 || !t->connected || t->signing_in)
		return;
	if (t->line.session == 0) {
		say_hello(t);
		return;
	}
	till_message(t, t->sends > 0, &p->message_out);
	room = frame_conn_reserve(t->conn, LINE_FRAME_MAX);
	if (!room || !is_ok(line_pack(&t->line, &p->message_out, room, LINE_FRAME_MAX, &len)))
		return;
	frame_conn_commit(t->conn, len);
	p->run->resent += t->sends > 0;
	t->sends++;
	loop_timer_set(p->loop, &t->timer, ANSWER_US);
}

/* --- dispatch --- */

/* Of an upload: what else of this terminal may go in the same message. */
static void gather(struct player *p, struct till *t)
{
	uint32_t next = t->ops[0];

	while (t->op_count < RECORD_UPLOAD_MAX &&
	       p->run->schedule->ops[next].next_of_terminal < t->ops[0] + GATHER_AHEAD &&
	       (next = schedule_claim_next(p->run->schedule, next)) != SCHEDULE_NONE)
		t->ops[t->op_count++] = next;
}

static result card_event(struct player *p, uint32_t op)
{
	static const char *const commands[] = { [REPLAY_LOST] = "card-lost",
		                                [REPLAY_UNLOST] = "card-found",
		                                [REPLAY_REPLACED] = "card-replace" };
	const struct replay_row *row = p->run->schedule->ops[op].row;

	replay_host_clock(p->run->host, row->at);
	TRY(replay_host_card(p->run->host, commands[row->kind], row->card));
	str_copy(STR("00"), p->run->answers[op].code, sizeof p->run->answers[op].code);
	schedule_done(p->run->schedule, op);
	return OK;
}

static bool is_too_early(const struct player *p, uint32_t op)
{
	const struct schedule *s = p->run->schedule;

	return p->run->mode == REPLAY_ONLINE && s->low < s->count &&
	       s->ops[op].row->at.us > s->ops[s->low].row->at.us + REPLAY_HORIZON_US;
}

static result dispatch(struct player *p)
{
	struct schedule *s = p->run->schedule;
	uint32_t op;

	while ((op = schedule_peek(s)) != SCHEDULE_NONE && !is_too_early(p, op)) {
		struct till *t = &p->tills[s->ops[op].terminal];

		schedule_next(s);
		if (s->ops[op].row->terminal == 0) {
			TRY(card_event(p, op));
			continue;
		}
		ASSERT(t->op_count == 0); /* the schedule gives a terminal one row at a time */
		t->ops[0] = op;
		t->op_count = 1;
		t->sends = 0;
		if (p->run->mode == REPLAY_UPLOAD) {
			gather(p, t);
			t->upload_sequence++;
		}
		replay_host_clock(p->run->host, s->ops[op].row->at);
		ask(t);
	}
	return OK;
}

/* --- answers --- */

static void finish(struct till *t)
{
	struct player *p = t->player;

	loop_timer_stop(p->loop, &t->timer);
	for (size_t i = 0; i < t->op_count; i++) {
		p->run->answers[t->ops[i]].repeated = t->sends > 1;
		schedule_done(p->run->schedule, t->ops[i]);
	}
	t->op_count = 0;
	p->answered_us = monotonic_us();
	p->dirty = true;
}

/* The same again in a moment. */
static void retry_soon(struct till *t)
{
	loop_timer_set(t->player->loop, &t->timer, BUSY_RETRY_US);
}

static void take_reply(struct till *t, struct iso8583 *reply)
{
	enum till_verdict v = till_reply(t, reply);

	if (v == TILL_DONE)
		finish(t);
	else if (v == TILL_AGAIN)
		retry_soon(t);
	else if (v == TILL_SIGN_IN)
		say_hello(t);
}

static void on_frame(void *owner, struct frame_conn *c, struct bytes payload)
{
	struct player *p = owner;
	struct till *t = frame_conn_user(c);
	struct line_greeting g = greeting_of(p);
	uint8_t reply[LINE_FRAME_ROOM];
	struct writer out = writer_of(reply, sizeof reply);
	struct line_input in;

	memcpy(p->frame, payload.at, payload.len);
	in = line_receive(&t->line, &g, p->frame, payload.len, &p->message_in, &out);
	switch (in.event) {
	case LINE_SEND:
		frame_conn_send(c, writer_bytes(&out));
		break;
	case LINE_SIGNED_IN:
		t->signing_in = false;
		p->run->sign_ins++;
		ask(t);
		break;
	case LINE_REPLY:
		take_reply(t, &p->message_in);
		break;
	case LINE_HINT:
		if (!t->signing_in)
			say_hello(t);
		break;
	case LINE_RETRY_LATER:
	case LINE_REFUSED:
		t->signing_in = false;
		t->refused++;
		str_copy(str_of(in.code), t->refusal, sizeof t->refusal);
		retry_soon(t);
		break;
	case LINE_PUSH:
	case LINE_REGISTERED:
	case LINE_NOTHING:
		break;
	}
}

/* --- lines --- */

static void connect_till(struct till *t)
{
	struct player *p = t->player;
	struct frame_listener to = { .address = p->run->host->address,
		                     .frame_min = 10,
		                     .frame_max = LINE_FRAME_MAX };

	if (p->run->host->pid <= 0 || !is_ok(frame_server_connect(p->server, &to, &t->conn))) {
		t->conn = NULL;
		loop_timer_set(p->loop, &t->timer, CONNECT_RETRY_US);
		return;
	}
	frame_conn_set_user(t->conn, t);
}

static void on_opened(void *owner, struct frame_conn *c)
{
	struct till *t = frame_conn_user(c);

	(void)owner;
	t->connected = true;
	t->signing_in = false;
	if (t->line.session == 0)
		say_hello(t);
	else
		ask(t);
}

static void on_closed(void *owner, struct frame_conn *c, enum frame_close why)
{
	struct till *t = frame_conn_user(c);

	(void)owner;
	(void)why;
	if (!t)
		return;
	t->conn = NULL;
	t->connected = t->signing_in = false;
	line_lost(&t->line);
	if (!t->player->ending)
		loop_timer_set(t->player->loop, &t->timer, CONNECT_RETRY_US);
}

/* Nothing came in time, or the moment to try again is there. */
static void on_timer(struct loop_timer *timer)
{
	struct till *t = timer->owner;

	if (!t->conn)
		connect_till(t);
	else if (t->signing_in || t->line.session == 0)
		say_hello(t);
	else
		ask(t);
}

/* --- the whole --- */

static result kill_if_due(struct player *p)
{
	const struct schedule *s = p->run->schedule;

	if (p->next_kill >= p->run->kills || s->done < p->kill_at[p->next_kill])
		return OK;
	p->next_kill++;
	p->run->killed++;
	replay_host_kill(p->run->host);
	TRY(replay_host_start(p->run->host));
	p->answered_us = monotonic_us();
	return OK;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static result plan_kills(struct player *p)
{
	struct random_seeded random;
	const struct schedule *s = p->run->schedule;

	p->kill_at = calloc(p->run->kills + 1, sizeof *p->kill_at);
	if (!p->kill_at)
		return FAIL(OUT_OF_MEMORY, "%u kills", p->run->kills);
	random_seeded_init(&random, p->run->seed);
	for (unsigned i = 0; i < p->run->kills; i++)
		p->kill_at[i] = s->done + (uint32_t)random_below(&random, s->count - s->done + 1);
	qsort(p->kill_at, p->run->kills, sizeof *p->kill_at, by_value);
	return OK;
}

static result open_player(struct player *p)
{
	static const struct frame_config config = { .connections_max = 8192,
		                                    .per_address_max = 8192 };
	struct frame_handlers handlers = {
		.opened = on_opened, .frame = on_frame, .closed = on_closed, .owner = p
	};
	const struct replay_data *d = p->run->data;

	p->tills = calloc(d->terminal_count, sizeof *p->tills);
	if (!p->tills)
		return FAIL(OUT_OF_MEMORY, "%zu terminals", d->terminal_count);
	TRY(plan_kills(p));
	TRY(loop_open(&p->loop));
	TRY(frame_server_open(p->loop, &config, &handlers, &p->server));
	for (size_t i = 0; i < d->terminal_count; i++) {
		struct till *t = &p->tills[i];

		t->player = p;
		t->index = (uint16_t)i;
		t->timer = (struct loop_timer){ .fired = on_timer, .owner = t };
		line_init(&t->line, p->run->sams[i], p->run->suite, random_system());
		connect_till(t);
	}
	return OK;
}

static void close_player(struct player *p)
{
	p->ending = true;
	frame_server_close(p->server);
	for (size_t i = 0; p->tills && i < p->run->data->terminal_count; i++)
		line_deinit(&p->tills[i].line);
	loop_close(p->loop);
	free(p->tills);
	free(p->kill_at);
}

static result stuck(const struct player *p)
{
	for (size_t i = 0; i < p->run->data->terminal_count; i++)
		if (p->tills[i].op_count)
			return FAIL(
			        REPLAY_HOST,
			        "terminal %u waits for an answer to number %llu; sign-ins refused: "
			        "%u (%s)",
			        p->run->data->terminals[i].number,
			        (unsigned long long)p->run->schedule->ops[p->tills[i].ops[0]].tsn,
			        p->tills[i].refused, p->tills[i].refusal);
	return FAIL(REPLAY_HOST, "nothing can start although %u rows are left",
	            p->run->schedule->count - p->run->schedule->done);
}

static result play(struct player *p)
{
	struct schedule *s = p->run->schedule;

	p->answered_us = monotonic_us();
	p->dirty = true;
	while (s->done < s->count) {
		if (p->run->stop && *p->run->stop) {
			p->run->stopped = true;
			return OK;
		}
		TRY(kill_if_due(p));
		if (p->dirty) {
			p->dirty = false;
			TRY(dispatch(p));
			if (p->run->progress)
				p->run->progress(p->run->progress_arg, s->done, s->count);
		}
		if (s->done < s->count)
			TRY(loop_once(p->loop, LOOP_WAIT_US));
		if (monotonic_us() - p->answered_us > REPLAY_STUCK_MS * (int64_t)1000)
			return stuck(p);
	}
	return OK;
}

result replay_run(struct replay_run *r)
{
	struct player *p = calloc(1, sizeof *p);
	result result_of_play;

	if (!p)
		return FAIL(OUT_OF_MEMORY, "player");
	p->run = r;
	result_of_play = open_player(p);
	if (is_ok(result_of_play))
		result_of_play = play(p);
	close_player(p);
	free(p);
	return result_of_play;
}
