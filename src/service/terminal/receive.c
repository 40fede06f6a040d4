/* SPDX-License-Identifier: Apache-2.0 */
/* A frame comes in: who sent it, is it whole, is it new, may it be asked here — in this order, and
 * only then read. */
#include "service/terminal/front.h"

#include "base/log.h"
#include "base/secret.h"

/* One message while it is looked at. */
struct incoming {
	struct front_line *line;
	struct terminal_job *job;
	struct front_frame *frame;
	struct bytes message;
	struct live_session *sealed;  /* whose envelope it came in */
	struct live_session *session; /* proven by F64; replies are under its keys */
	struct live_node *node;
	bool silent; /* not worth an answer */
};

void front_reject(struct terminal_front *f, struct front_line *line)
{
	if (!line->authenticated && ++line->attempts >= FRONT_ATTEMPTS_MAX)
		front_line_finish(f, line);
}

void front_detach(struct front_line *line, struct live_node *node)
{
	struct live_node **at = &line->nodes;

	while (*at && *at != node)
		at = &(*at)->line_next;
	if (*at)
		*at = node->line_next;
	node->line = NULL;
	node->line_next = NULL;
}

/* More than three moves a minute: two SAMs with one name, or two machines with one address (3.4).
 */
static void count_move(struct terminal_front *f, struct live_node *node,
                       const struct front_line *to)
{
	int64_t now = loop_now_us(f->loop);

	if (now - node->moves_since_us > 60 * (int64_t)SECOND_US) {
		node->moves_since_us = now;
		node->moves = 0;
	}
	if (node->moves < UINT8_MAX)
		node->moves++;
	front_bump(&f->count.nodes_moved);
	LOG_INFO("terminal.moved", "node=%s address=%s", node->row.node_id,
	         frame_conn_address(to->conn));
	if (node->moves == FRONT_MOVES_PER_MINUTE + 1)
		LOG_WARNING("terminal.moves_often",
		            "node=%s address=%s text=\"cloned SAM or address conflict\"",
		            node->row.node_id, frame_conn_address(to->conn));
}

void front_attach(struct terminal_front *f, struct front_line *line, struct live_node *node)
{
	struct front_line *old = node->line;

	if (!line->authenticated) {
		line->authenticated = true;
		frame_conn_authenticated(line->conn);
	}
	if (old == line)
		return;
	if (old) {
		front_detach(old, node);
		count_move(f, node, line);
		if (!old->nodes)
			front_line_close(old);
	}
	node->line = line;
	node->line_next = line->nodes;
	line->nodes = node;
}

/* --- frame and envelope --- */

static void take_head(struct incoming *in)
{
	const struct front_frame *frame = in->frame;

	in->message = frame->frame.body;
	in->job->head = (struct terminal_head){
		.kind = frame->kind,
		.dialect = in->line->port == TERMINAL_PORT_A ? ISO8583_A : ISO8583_B,
		.sealed = frame->frame.class == FRAME_SEALED,
		.frame = frame->frame,
	};
}

/* The envelope's session, counter and tag. Nothing changes unless all three are right (8, layer
 * one). */
static result open_envelope(struct terminal_front *f, struct incoming *in)
{
	struct envelope_sec sec;
	struct live_session *s;

	in->silent = true;
	TRY(envelope_peek(in->frame->frame.body, &sec));
	s = live_find(&f->live, sec.session);
	if (!s || !live_is_usable(s, f->now)) {
		in->silent = false;
		return FAIL(FRONT_NO_SESSION, "session %08X", sec.session);
	}
	if (!s->keyed) /* its keys are on their way; what comes meanwhile is sent again */
		return FAIL(FRONT_KEYS_COMING, "session %08X", sec.session);
	TRY(front_open_frame(in->frame, s, &in->message));
	if (!live_accept(s, sec.counter)) {
		front_bump(&f->count.refused_replay);
		return FAIL(FRONT_REPLAYED, "session %08X counter %llu", sec.session,
		            (unsigned long long)sec.counter);
	}
	in->sealed = s;
	in->node = s->node;
	in->silent = false;
	return OK;
}

/* --- the message --- */

/* Everything a reply may repeat, also of a message that broke off in the middle. */
static void read_head(struct iso8583 *m, struct terminal_head *h)
{
	h->mti = m->mti;
	h->bitmap = m->bitmap;
	if (iso8583_has(m, F_CARD_NO))
		str_copy(iso8583_str(m, F_CARD_NO), h->card_no, sizeof h->card_no);
	if (iso8583_has(m, F_PROCESSING))
		h->processing = (uint32_t)iso8583_bcd(m, F_PROCESSING);
	if (iso8583_has(m, F_AMOUNT))
		h->amount_fen = iso8583_money(m, F_AMOUNT).fen;
	if (iso8583_has(m, F_STAN))
		h->stan = (uint32_t)iso8583_bcd(m, F_STAN);
	if (iso8583_has(m, F_CONDITION))
		h->condition = (uint32_t)iso8583_bcd(m, F_CONDITION);
	if (iso8583_has(m, F_NODE))
		str_copy(iso8583_str(m, F_NODE), h->node, sizeof h->node);
	if (iso8583_has(m, F_MERCHANT))
		str_copy(iso8583_str(m, F_MERCHANT), h->merchant, sizeof h->merchant);
	if (iso8583_has(m, F_CURRENCY))
		str_copy(iso8583_str(m, F_CURRENCY), h->currency, sizeof h->currency);
	if (iso8583_has(m, F_CONTROL))
		h->control = iso8583_control(m);
}

/* F64 of bytes that do not parse: their last eight. */
static bool tail_is_maced(const struct incoming *in)
{
	struct bytes m = in->message;

	return m.len > F64_SIZE &&
	       front_is_maced(in->frame, in->sealed, bytes_of(m.at, m.len - F64_SIZE),
	                      bytes_of(m.at + m.len - F64_SIZE, F64_SIZE));
}

/* 30 when it can be addressed and its sender is sure; otherwise silence (3.6). */
static result parse_message(struct terminal_front *f, struct incoming *in)
{
	uint64_t addressed = iso8583_bit(F_STAN) | iso8583_bit(F_NODE);
	result parsed = iso8583_parse(in->job->head.dialect, in->message, &f->in);

	read_head(&f->in, &in->job->head);
	if (is_ok(parsed) && is_ok(iso8583_done(&f->in)))
		return OK;
	if (is_ok(parsed))
		parsed = iso8583_done(&f->in);
	front_bump(&f->count.refused_form);
	if (in->sealed && (f->in.bitmap & addressed) == addressed && in->job->head.node[0] &&
	    tail_is_maced(in))
		in->session = in->sealed;
	else
		in->silent = true;
	return parsed;
}

/* Whose key made F64? A plain message may be under the session that runs, or the one about to. */
static result prove_sender(struct terminal_front *f, struct incoming *in)
{
	struct live_session *tries[2] = { in->sealed, NULL };
	bool maced = iso8583_has(&f->in, F_MAC), usable = false, coming = false;

	if (!in->sealed) {
		tries[0] = in->node->active;
		tries[1] = in->node->pending;
	}
	for (size_t i = 0; i < 2; i++) {
		struct live_session *s = tries[i];
		coming = coming || (s && !s->keyed);
		if (!s || !live_is_usable(s, f->now) || !s->keyed)
			continue;
		usable = true;
		if (maced && front_is_maced(in->frame, s, iso8583_mac_range(&f->in),
		                            iso8583_bytes(&f->in, F_MAC))) {
			in->session = s;
			return OK;
		}
	}
	if (coming) { /* it may be under the key that is on its way: sent again, it is */
		in->silent = true;
		return FAIL(FRONT_KEYS_COMING, "node %s", in->node->row.node_id);
	}
	if (!usable)
		return FAIL(FRONT_NO_SESSION, "node %s", in->node->row.node_id);
	front_bump(&f->count.refused_mac);
	return FAIL(FRONT_MAC_WRONG, "node %s", in->node->row.node_id);
}

static result node_state(const struct live_node *node)
{
	if (node->row.state == TERMINAL_SUSPENDED)
		return FAIL(PAYMENT_TERMINAL_SUSPENDED, "node %s", node->row.node_id);
	if (node->row.state != TERMINAL_ACTIVE)
		return FAIL(PAYMENT_TERMINAL_INACTIVE, "node %s", node->row.node_id);
	return OK;
}

/* Suites without an envelope cannot be asked for one. */
static bool must_seal(const struct live_node *node)
{
	return node->row.sealed && ((node->active && suite_has_envelope(node->active->suite)) ||
	                            (node->pending && suite_has_envelope(node->pending->suite)));
}

/* Is it who it says, in an envelope where one is due, under a key we gave? */
static result check_sender(struct terminal_front *f, struct incoming *in, unsigned flags)
{
	struct live_node *node = in->node;

	if (!node || memcmp(node->row.node_id, in->job->head.node, sizeof node->row.node_id) != 0)
		node = live_node_find(&f->live, str_of(in->job->head.node));
	if (in->sealed && in->sealed->node != node) {
		in->silent = true;
		return FAIL(FRONT_NODE_OTHER, "session of %s, message of %s",
		            in->sealed->node->row.node_id, in->job->head.node);
	}
	in->node = node;
	if (flags & MESSAGE_OPEN && !in->sealed && !iso8583_has(&f->in, F_MAC))
		return OK;
	if (!node)
		return FAIL(FRONT_NO_SESSION, "unknown node");
	if (!in->sealed && !node->active && !node->pending)
		TRY(node_state(node)); /* nobody who could be proven */
	if (!in->sealed && in->line->port == TERMINAL_PORT_B && must_seal(node) &&
	    !(flags & MESSAGE_OPEN)) {
		front_bump(&f->count.refused_plain);
		return FAIL(FRONT_PLAIN, "node %s", node->row.node_id);
	}
	TRY(prove_sender(f, in));
	return node_state(node);
}

/* The first message under new keys makes them the session's, and ends the one before (7.1). */
static void take_up(struct terminal_front *f, struct incoming *in)
{
	front_attach(f, in->line, in->session->node);
	if (in->session->state != LIVE_PENDING)
		return;
	live_activate(&f->live, in->session);
	in->session->node->directive = FRAME_NO_DIRECTIVE;
	front_note(f, TERMINAL_NOTE_ACTIVE, in->session, in->session->id);
}

static result check_clock(struct terminal_front *f, const struct incoming *in)
{
	int64_t off = iso8583_local_time(&f->in, f->now).us - f->now.us;

	TRY(iso8583_done(&f->in));
	if (off <= FRONT_CLOCK_WINDOW_S * (int64_t)SECOND_US &&
	    off >= -FRONT_CLOCK_WINDOW_S * (int64_t)SECOND_US)
		return OK;
	front_bump(&f->count.late_clock);
	return FAIL(FRONT_CLOCK, "node %s is off by %lld s", in->job->head.node,
	            (long long)(off / SECOND_US));
}

/* At most one transaction and eight uploads of a node are under way (3.5). */
static result take_turn(struct live_node *node, unsigned flags)
{
	if (flags & MESSAGE_FINANCIAL && node->financial >= FRONT_FINANCIAL_MAX)
		return (result){ LEDGER_BUSY };
	if (flags & MESSAGE_UPLOAD && node->uploads >= TERMINAL_UPLOAD_WINDOW)
		return (result){ LEDGER_BUSY };
	node->financial = (uint8_t)(node->financial + (flags & MESSAGE_FINANCIAL ? 1 : 0));
	node->uploads = (uint8_t)(node->uploads + (flags & MESSAGE_UPLOAD ? 1 : 0));
	return OK;
}

static void end_turn(struct live_node *node, unsigned flags)
{
	node->financial = (uint8_t)(node->financial - (flags & MESSAGE_FINANCIAL ? 1 : 0));
	node->uploads = (uint8_t)(node->uploads - (flags & MESSAGE_UPLOAD ? 1 : 0));
}

static result run_message(struct ledger_tx *tx, void *arg)
{
	struct terminal_job *job = arg;

	return job->message->work(tx, job);
}

static void message_soon(const struct ledger_tx *tx, const void *arg)
{
	const struct terminal_job *job = arg;

	payment_soon(tx, job->front->config.payments, &job->ask.payment);
}

static void submit_message(struct terminal_front *f, struct terminal_job *job)
{
	const struct terminal_message *m = job->message;

	job->complete = front_complete_message;
	job->request.work = run_message;
	if (m->flags & MESSAGE_FINANCIAL)
		job->request.soon = message_soon;
	job->request.sql = m->flags & MESSAGE_SQL ||
	                   (m->flags & MESSAGE_FINANCIAL && job->ask.payment.has_pin);
	front_job_submit(f, job);
}

/* The writer and the store never see a PIN, nor does this process: the key manager opens its block
 * and gives a token. */
static void pin_done(struct terminal_front *f, struct front_ask *a)
{
	struct terminal_job *job = a->job;
	struct payment_request *p = &job->ask.payment;
	struct keyring_ask *k = &a->keyring;

	if (is_ok(k->result) && k->answer_len == sizeof p->pin) {
		memcpy(p->pin, k->answer, sizeof p->pin);
		p->has_pin = true;
		secret_wipe_bytes(k->answer, sizeof k->answer);
		submit_message(f, job);
		return;
	}
	job->request.result =
	        k->result.code == KMS_WRONG ? FAIL(PIN_BLOCK_BAD, "node %s", job->head.node)
	        : is_ok(k->result)          ? FAIL(KMS_AWAY, "a token of %zu bytes", k->answer_len)
	                                    : k->result;
	front_complete_message(f, job);
	front_job_put(f, job);
}

static void ask_pin(struct terminal_front *f, const struct incoming *in, struct terminal_job *job)
{
	struct front_ask *a = &job->pin;
	struct terminal_session session = { .id = in->session->id,
		                            .key_date = in->session->key_date,
		                            .key_seq = in->session->key_seq };

	a->keyring.terminal = front_terminal_of(in->node, in->session->suite, &session);
	str_copy(str_of(job->ask.payment.card_no), a->keyring.card_no, sizeof a->keyring.card_no);
	a->job = job;
	a->done = pin_done;
	front_ask(f, a, KEYRING_PIN_TOKEN);
}

/* Read it, and hand it to the writer; *answered: it needs none. */
static result ask(struct terminal_front *f, struct incoming *in, bool *answered)
{
	struct terminal_job *job = in->job;
	const struct terminal_message *m = job->message;
	struct terminal_asked a = { f, in->session, in->node, &f->in, f->now };

	*answered = !m->work;
	if (!m->work)
		return m->read(&a, job);
	if (job == &f->spare)
		return (result){ LEDGER_BUSY };
	TRY(take_turn(in->node, m->flags));
	result read = m->read(&a, job);
	if (!is_ok(read)) {
		end_turn(in->node, m->flags);
		return read;
	}
	job->node = in->node;
	if (m->flags & MESSAGE_CLOCK)
		job->request.expires_us = loop_now_us(f->loop) + FRONT_QUEUE_US;
	if (job->has_pin_block)
		ask_pin(f, in, job);
	else
		submit_message(f, job);
	return OK;
}

/* Out of its envelope, parsed, and which message it is. */
static result unpack(struct terminal_front *f, struct incoming *in)
{
	if (in->frame->frame.class == FRAME_SEALED)
		TRY(open_envelope(f, in));
	TRY(parse_message(f, in));
	in->job->row = iso8583_message_find(&f->in);
	return OK;
}

/* Terminals from before YTAP have no F57: their transactions are known by batch and STAN. */
static uint64_t pardoned(const struct incoming *in)
{
	return in->session && in->session->suite == SUITE_UNIONPAY ? iso8583_bit(F_DATA) : 0;
}

/* All checks of a message that is whole. OK with *answered false: it goes on to the writer. */
static result examine(struct terminal_front *f, struct incoming *in, bool *answered)
{
	struct terminal_job *job = in->job;

	job->message = job->row ? terminal_message_of(job->row->word) : NULL;
	TRY(check_sender(f, in, job->message ? job->message->flags : 0));
	if (in->session) {
		job->session = in->session->id;
		job->live = in->session;
		take_up(f, in);
	}
	if (!job->message)
		return FAIL(FRONT_UNKNOWN_MESSAGE, "mti %04X f3 %06X f60 %02X %03X", f->in.mti,
		            job->head.processing, job->head.control.class, job->head.control.code);
	TRY(iso8583_check_but(job->row, &f->in, pardoned(in)));
	if (job->message->allow && in->node && !(in->node->row.allow & job->message->allow) &&
	    !(job->message->flags & MESSAGE_FINANCIAL))
		return FAIL(FRONT_NOT_ALLOWED, "node %s", job->head.node);
	if (job->message->flags & MESSAGE_CLOCK)
		TRY(check_clock(f, in));
	return ask(f, in, answered);
}

/* A sealed frame of a session we do not have: nobody to address, but the sender should sign in. */
static void address_nobody(struct terminal_job *job)
{
	job->row = iso8583_message_of(YTAP_ECHO);
	job->message = NULL;
	job->head.mti = 0x0820;
	job->head.bitmap = ~UINT64_C(0);
	str_copy(STR("        "), job->head.node, sizeof job->head.node);
	job->head.control = (struct iso8583_control){ .code = 0x301 };
}

/* No session any more, and no line unless it carries others: a gateway's goes on. */
static void let_go(struct terminal_front *f, struct front_line *line, struct live_node *node)
{
	if (node) {
		live_close_node(&f->live, node);
		front_detach(line, node);
	}
	if (!line->nodes)
		front_line_finish(f, line);
}

static void refuse(struct terminal_front *f, struct incoming *in, result r)
{
	bool closing = r.code == PAYMENT_TERMINAL_SUSPENDED || r.code == PAYMENT_TERMINAL_INACTIVE;

	if (r.code == FRONT_NO_SESSION || r.code == FRONT_PLAIN)
		front_bump(&f->count.refused_session);
	if (in->node)
		in->node->rejected++;
	if (in->silent) {
		front_reject(f, in->line);
		if (r.code != FRONT_REPLAYED && r.code != FRONT_KEYS_COMING)
			front_line_close(in->line);
		return;
	}
	if (!in->job->head.mti)
		address_nobody(in->job);
	front_reply(f, in->line, in->session, in->job, r);
	front_reject(f, in->line);
	if (closing)
		let_go(f, in->line, in->session ? in->node : NULL);
}

/* Hello, sign-in and register come before there is a session. */
static bool is_greeting(const struct incoming *in)
{
	enum ytap_message word = in->job->row ? in->job->row->word : YTAP_MESSAGE_COUNT;

	return !in->sealed && (word == YTAP_HELLO || word == YTAP_SIGN_IN ||
	                       word == YTAP_REGISTER || front_is_compat(word));
}

/* The answer to a push: proof that it arrived, if it comes from whom we asked. */
static void take_acknowledgement(struct terminal_front *f, struct incoming *in)
{
	bool ours = in->job->row && in->job->row->sender == ISO8583_FROM_HOST;

	if (ours && is_ok(check_sender(f, in, 0)) && in->session)
		take_up(f, in);
	else
		front_reject(f, in->line);
}

/* True when the job went on to the writer, or was given back already. */
static bool receive(struct terminal_front *f, struct incoming *in)
{
	bool answered = true;
	result r = unpack(f, in);

	if (is_ok(r) && iso8583_is_reply(&f->in)) {
		take_acknowledgement(f, in);
		return false;
	}
	if (is_ok(r) && is_greeting(in)) {
		front_greet(f, in->line, in->job);
		return true;
	}
	if (is_ok(r))
		r = examine(f, in, &answered);
	if (is_ok(r) && !answered)
		return true;
	if (is_ok(r))
		front_reply(f, in->line, in->session, in->job, r);
	else
		refuse(f, in, r);
	return false;
}

void front_receive(struct terminal_front *f, struct front_frame *frame)
{
	struct front_line *line = frame->line;
	struct terminal_job *job = front_job_take(f);
	struct incoming in = { .line = line, .job = job ? job : &f->spare, .frame = frame };

	f->now = clock_now(f->config.clock);
	front_bump(&f->count.frames);
	if (!job)
		f->spare = (struct terminal_job){ .front = f };
	in.job->line = line->id;
	if (!frame->whole) {
		front_bump(&f->count.refused_form);
		front_job_put(f, in.job);
		front_line_close(line);
		return;
	}
	take_head(&in);
	if (!receive(f, &in))
		front_job_put(f, in.job);
}

/* The registry has it suspended by now: the copy here follows at once. */
static void leave(struct terminal_front *f, struct front_line *line, struct live_node *node)
{
	node->row.state = TERMINAL_SUSPENDED;
	if (line && node->line == line)
		let_go(f, line, node);
	else
		live_close_node(&f->live, node);
}

void front_complete_message(struct terminal_front *f, struct terminal_job *job)
{
	struct live_session *s = job->live;
	struct front_line *line = front_line_of(f, job->line);
	result r = job->request.result;

	end_turn(job->node, job->message->flags);
	if (is_ok(r) && job->message->flags & MESSAGE_FINANCIAL) {
		r.code = job->answer.code;
		job->now = job->answer.posted_at;
	}
	if (r.code == LEDGER_CONFLICT) {
		front_bump(&f->count.conflicts);
		LOG_WARNING("terminal.conflict",
		            "node=%s number=%llu text=\"same number, different content\"",
		            job->head.node, (unsigned long long)job->tsn);
	} else if (result_kind(r) == RESULT_FAULT) {
		LOG_ERROR("terminal.fault", "node=%s number=%llu code=%s", job->head.node,
		          (unsigned long long)job->tsn, result_name(r));
	}
	if (s && s->id == job->session && s->keyed && s->node == job->node && line)
		front_reply(f, line, s, job, r);
	if (is_ok(r) && job->message->flags & MESSAGE_LEAVE)
		leave(f, line, job->node);
}
