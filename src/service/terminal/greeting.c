/* SPDX-License-Identifier: Apache-2.0 */
/* Hello (terminal-protocol 7.1): the host proves that it knows the node's key. */
#include "service/terminal/front.h"

#include "base/log.h"
#include "base/secret.h"

/* Answer a greeting without a session: plain, no F64. Gives the job back. */
void front_refuse_greeting(struct terminal_front *f, struct front_line *line,
                           struct terminal_job *job, result r)
{
	front_bump(&f->count.sign_ins_refused);
	front_reply(f, line, NULL, job, r);
	front_reject(f, line);
	if (r.code == PAYMENT_TERMINAL_SUSPENDED || r.code == PAYMENT_TERMINAL_INACTIVE)
		front_line_finish(f, line);
	front_job_put(f, job);
}

/* --- hello --- */

/* Refill and take one; what is left over tells how long to wait. */
bool front_may_sign_in(struct terminal_front *f)
{
	int64_t now = loop_now_us(f->loop), rate = f->config.sign_ins_per_s;

	f->tokens += (now - f->tokens_at_us) * rate;
	f->tokens_at_us = now;
	if (f->tokens > rate * SECOND_US)
		f->tokens = rate * SECOND_US;
	if (f->tokens < SECOND_US)
		return false;
	f->tokens -= SECOND_US;
	return true;
}

/* Spread over half a minute, so that a whole park does not come back at once (3.4). */
static void put_retry(struct terminal_job *job, result r, struct iso8583_out *out)
{
	uint8_t bytes[16], random;
	struct writer w = writer_of(bytes, sizeof bytes);

	(void)r;
	random_fill(job->front->config.random, &random, 1);
	tlv_put_u16(&w, YTAP_TAG_RETRY_AFTER, (uint16_t)(1 + random % FRONT_RETRY_S_MAX));
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

static const struct terminal_message later = { .word = YTAP_HELLO, .answer = put_retry };

void front_put_off(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
{
	front_bump(&f->count.sign_ins_put_off);
	job->message = &later;
	front_reply(f, line, NULL, job, (result){ FRONT_SIGN_IN_LATER });
	front_job_put(f, job);
}

static result read_hello(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(&f->in, F_BULK));
	struct bytes offered = tlv_range(&map, YTAP_TAG_SUITES, 1, TERMINAL_SUITES_MAX);
	struct bytes rt = tlv_bytes(&map, YTAP_TAG_RT, YTAP_CHALLENGE_SIZE);
	struct bytes sam = tlv_bytes(&map, YTAP_TAG_SAM_NO, TERMINAL_SAM_NO_LEN);
	g->key_version = tlv_u8(&map, YTAP_TAG_KEY_VERSION);
	TRY(iso8583_done(&f->in));
	TRY(tlv_map_done(&map));
	memcpy(g->offered, offered.at, offered.len);
	g->offered_count = offered.len;
	memcpy(g->rt, rt.at, sizeof g->rt);
	memcpy(g->sam_no, sam.at, sizeof g->sam_no);
	memcpy(g->node, job->head.node, sizeof g->node);
	return OK;
}

/* A node that is authorised may come as far as register; everyone else must be active (6). */
static result admit(const struct terminal_front *f, const struct front_line *line,
                    const struct live_node *node, const struct terminal_greeting *g)
{
	const char *name = frame_conn_tls_name(line->conn);

	(void)f;
	if (node->row.state == TERMINAL_SUSPENDED)
		return FAIL(PAYMENT_TERMINAL_SUSPENDED, "node %s", g->node);
	if (node->row.state != TERMINAL_ACTIVE && node->row.state != TERMINAL_AUTHORISED)
		return FAIL(PAYMENT_TERMINAL_INACTIVE, "node %s", g->node);
	if (memcmp(node->row.sam_no, g->sam_no, sizeof g->sam_no) != 0 ||
	    node->row.key_version != g->key_version)
		return FAIL(FRONT_SAM_OTHER, "node %s came with another SAM or key version",
		            g->node);
	if (name[0] && strcmp(name, g->node) != 0)
		return FAIL(FRONT_NODE_OTHER, "the certificate is of %s, the message of %s", name,
		            g->node);
	return OK;
}

/* The first of its offer that the registry and this host allow. */
static result choose_suite(const struct terminal_front *f, const struct live_node *node,
                           const struct terminal_greeting *g, enum suite *out)
{
	for (size_t i = 0; i < g->offered_count; i++) {
		unsigned id = g->offered[i];
		bool legacy = id == SUITE_3DES;
		if (!suite_is_known(id) || id == SUITE_UNIONPAY || !(node->row.suites & 1u << id))
			continue;
		if (legacy && !f->config.legacy_suites)
			continue;
		*out = (enum suite)id;
		return OK;
	}
	return FAIL(FRONT_SUITES, "node %s offers nothing that is allowed", g->node);
}

static result prepare(struct terminal_front *f, const struct live_node *node,
                      const struct terminal_greeting *g, struct terminal_handshake *h)
{
	TRY(choose_suite(f, node, g, &h->proof.suite));
	memcpy(h->proof.ids.node, g->node, YTAP_NODE_SIZE);
	memcpy(h->proof.ids.sam, g->sam_no, YTAP_SAM_SIZE);
	h->proof.ids.key_version = g->key_version;
	memcpy(h->proof.rt, g->rt, sizeof h->proof.rt);
	random_fill(f->config.random, h->proof.rh, sizeof h->proof.rh);
	memcpy(h->offered, g->offered, sizeof h->offered);
	h->offered_count = g->offered_count;
	return OK;
}

static void put_challenge(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct terminal_handshake *h = job->ask.greeting.handshake;
	uint8_t bytes[96];
	struct writer w = writer_of(bytes, sizeof bytes);

	if (!is_ok(r))
		return;
	tlv_put_u8(&w, YTAP_TAG_SUITES, (uint8_t)h->proof.suite);
	tlv_put(&w, YTAP_TAG_RH, bytes_of(h->proof.rh, sizeof h->proof.rh));
	tlv_put(&w, YTAP_TAG_CH, bytes_of(h->ch, sizeof h->ch));
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

static const struct terminal_message challenge = { .word = YTAP_HELLO, .answer = put_challenge };

void front_ask_handshake(struct terminal_front *f, struct terminal_job *job,
                         struct terminal_handshake *h, enum keyring_what what,
                         void (*done)(struct terminal_front *f, struct front_ask *a))
{
	struct keyring_ask *k = &h->ask.keyring;
	const struct terminal_session *s = &job->ask.greeting.session;

	h->ask.done = done;
	h->ask.job = job;
	h->ask.handshake = h;
	h->ask.session = s->id;
	k->terminal = (struct kms_terminal){ .key_version = h->proof.ids.key_version,
		                             .suite = (uint8_t)h->proof.suite,
		                             .day = s->key_date.yyyymmdd,
		                             .sequence = s->key_seq,
		                             .session = s->id };
	memcpy(k->terminal.node, h->proof.ids.node, sizeof k->terminal.node);
	memcpy(k->terminal.sam, h->proof.ids.sam, sizeof k->terminal.sam);
	k->maced = bytes_of(h->bytes, h->bytes_len);
	k->day = bizdate_of(f->now, TIME_ZONE_CHINA_S, f->config.cutover_s);
	memcpy(k->rt, h->proof.rt, sizeof k->rt);
	memcpy(k->rh, h->proof.rh, sizeof k->rh);
	h->busy = true;
	front_ask(f, &h->ask, what);
}

static void challenge_done(struct terminal_front *f, struct front_ask *a)
{
	struct terminal_handshake *h = a->handshake;
	struct terminal_job *job = a->job;
	struct front_line *line = front_line_of(f, job->line);
	struct keyring_ask *k = &a->keyring;
	result r = k->result;

	h->busy = false;
	if (is_ok(r) && k->answer_len != sizeof h->ch)
		r = FAIL(KMS_AWAY, "a challenge of %zu bytes", k->answer_len);
	if (is_ok(r) && line && !h->dead) {
		memcpy(h->ch, k->answer, sizeof h->ch);
		job->ask.greeting.handshake = h;
		job->message = &challenge;
		front_reply(f, line, NULL, job, OK);
		front_job_put(f, job);
		return;
	}
	front_handshake_put(f, h);
	if (!line)
		front_job_put(f, job);
	else if (r.code == KMS_AWAY || is_ok(r))
		front_put_off(f, line, job);
	else
		front_refuse_greeting(f, line, job, r);
}

/* The node is known now. */
static void answer_hello(struct terminal_front *f, struct front_line *line,
                         struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct live_node *node = live_node_find(&f->live, str_of(g->node));
	result r = node ? admit(f, line, node, g) : FAIL(PAYMENT_TERMINAL_INACTIVE, "%s", g->node);
	struct terminal_handshake *h = NULL;

	if (!is_ok(r)) {
		front_refuse_greeting(f, line, job, r);
		return;
	}
	if (!line->authenticated)
		front_handshakes_expire(f, line->id); /* a second hello starts over */
	h = job == &f->spare ? NULL : front_handshake_take(f, line);
	if (!h) {
		front_put_off(f, line, job);
		return;
	}
	r = prepare(f, node, g, h);
	if (!is_ok(r)) {
		front_handshake_put(f, h);
		front_refuse_greeting(f, line, job, r);
		return;
	}
	front_ask_handshake(f, job, h, KEYRING_SIGN_IN_CHALLENGE, challenge_done);
}

result front_work_facts(struct ledger_tx *tx, void *arg)
{
	struct terminal_job *job = arg;
	struct terminal_greeting *g = &job->ask.greeting;
	const struct payments *p = job->front->config.payments;
	const struct terminal *row = terminal_cache_find_node(p->terminals, str_of(g->node));
	const struct merchant *merchant =
	        row ? merchant_cache_find(p->merchants, row->merchant_id) : NULL;

	(void)tx;
	if (!row)
		return (result){ TERMINAL_NOT_FOUND };
	g->row = *row;
	if (merchant)
		str_copy(str_of(merchant->no), g->merchant_no, sizeof g->merchant_no);
	return OK;
}

static void complete_hello(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct front_line *line = front_line_of(f, job->line);

	if (is_ok(job->request.result))
		live_node_put(&f->live, &g->row, str_of(g->merchant_no));
	if (!line)
		return;
	struct terminal_job *again = front_job_take(f);
	if (!again)
		return;
	*again = *job;
	if (is_ok(job->request.result) || job->request.result.code == TERMINAL_NOT_FOUND)
		answer_hello(f, line, again);
	else
		front_refuse_greeting(f, line, again, job->request.result);
}

void front_complete_refresh(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;

	if (is_ok(job->request.result))
		live_node_put(&f->live, &g->row, str_of(g->merchant_no));
}

static void hello(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
{
	front_bump(&f->count.hellos);
	if (!front_may_sign_in(f)) {
		front_put_off(f, line, job);
		return;
	}
	result r = iso8583_check(job->row, &f->in);
	if (is_ok(r))
		r = read_hello(f, job);
	if (!is_ok(r)) {
		front_refuse_greeting(f, line, job, r);
		return;
	}
	if (live_node_find(&f->live, str_of(job->head.node)) || job == &f->spare) {
		answer_hello(f, line, job);
		return;
	}
	job->complete = complete_hello;
	job->request.work = front_work_facts;
	front_job_submit(f, job);
}

void front_greet(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
{
	if (job->row->word == YTAP_HELLO)
		hello(f, line, job);
	else if (front_is_compat(job->row->word))
		front_greet_compat(f, line, job);
	else
		front_sign_in(f, line, job);
}
