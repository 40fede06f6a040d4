/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in and register (terminal-protocol 7.1): the node proves that it knows its key, then keys
 * are handed over. The key manager looks at the proof and wraps the keys. */
#include "service/terminal/front.h"

#include "base/log.h"
#include "base/secret.h"

/* What the proof is of, into the handshake: F64 under KAUTH, CT over both challenges; and whether
 * the offer is the one of the hello (5.2). */
static result read_proof(struct terminal_front *f, struct terminal_handshake *h,
                         struct tlv_map *map)
{
	struct bytes ct = tlv_bytes(map, YTAP_TAG_CT, YTAP_CHALLENGE_SIZE);
	struct bytes offered = tlv_range(map, YTAP_TAG_SUITES, 1, TERMINAL_SUITES_MAX);
	struct bytes maced, f64;

	TRY(tlv_map_done(map));
	if (!iso8583_has(&f->in, F_MAC))
		return FAIL(FRONT_MAC_WRONG, "sign-in of %.8s", h->proof.ids.node);
	maced = iso8583_mac_range(&f->in);
	f64 = iso8583_bytes(&f->in, F_MAC);
	if (maced.len > sizeof h->bytes || f64.len != F64_SIZE)
		return FAIL(ISO8583_VALUE, "a sign-in of %zu bytes", maced.len);
	memcpy(h->bytes, maced.at, maced.len);
	h->bytes_len = maced.len;
	memcpy(h->ask.keyring.f64, f64.at, F64_SIZE);
	memcpy(h->ask.keyring.ct, ct.at, YTAP_CHALLENGE_SIZE);
	h->offer_changed = !bytes_equal(offered, bytes_of(h->offered, h->offered_count));
	return OK;
}

/* What the key manager says of it. */
static result judge(const struct terminal_handshake *h, const struct keyring_ask *k)
{
	uint8_t bits = k->answer_len ? k->answer[0] : 0;

	if (!is_ok(k->result) && k->result.code != KMS_WRONG)
		return k->result;
	if (!(bits & KMS_PROOF_MACED))
		return FAIL(FRONT_MAC_WRONG, "sign-in of %.8s", h->proof.ids.node);
	if (!(bits & KMS_PROOF_CHALLENGE))
		return FAIL(FRONT_CHALLENGE, "node %.8s does not know its key", h->proof.ids.node);
	if (h->offer_changed)
		return FAIL(FRONT_SUITES_CHANGED, "node %.8s", h->proof.ids.node);
	return k->answer_len == 6 ? OK : FAIL(KMS_AWAY, "an answer of %zu bytes", k->answer_len);
}

static result find_handshake(struct terminal_front *f, const struct front_line *line,
                             const struct terminal_job *job, struct tlv_map *map,
                             struct terminal_handshake **out)
{
	struct bytes rh = tlv_bytes(map, YTAP_TAG_RH, YTAP_CHALLENGE_SIZE);

	TRY(tlv_map_done(map));
	*out = front_handshake_find(f, line, job->head.node, rh.at);
	return *out ? OK
	            : FAIL(FRONT_CHALLENGE, "node %s answers no challenge of ours", job->head.node);
}

/* End of the business day, then grace, give or take: not all nodes shall renew together (7.5). */
void front_lifetime(struct terminal_front *f, struct terminal_greeting *g)
{
	uint32_t random;

	random_fill(f->config.random, &random, sizeof random);
	int64_t jitter = (int64_t)(random % (2 * FRONT_GRACE_JITTER_S + 1)) - FRONT_GRACE_JITTER_S;
	g->renew_at = front_next_cutover(f, f->now);
	g->session.opened = f->now;
	g->session.valid_until.us = g->renew_at.us + (FRONT_GRACE_S + jitter) * SECOND_US;
}

result front_work_session(struct ledger_tx *tx, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;

	g->session.terminal_id = g->row.id;
	TRY(terminal_session_open(tx->db, &g->session));
	g->tsn_floor = payment_tsn_floor(tx, g->row.id, g->memory_lost);
	g->business_date = tx->business_date;
	return OK;
}

static result work_sign_in(struct ledger_tx *tx, void *arg)
{
	struct terminal_job *job = arg;
	struct terminal_greeting *g = &job->ask.greeting;

	TRY(front_work_facts(tx, job));
	if (g->row.state == TERMINAL_AUTHORISED && job->row->word == YTAP_REGISTER) {
		TRY(terminal_set_state(tx->db, tx->now, g->row.id, TERMINAL_ACTIVE, &g->row));
		return terminal_cache_refresh(job->front->config.payments->terminals, tx->db,
		                              g->row.id);
	}
	if (g->row.state != TERMINAL_ACTIVE)
		return (result){ PAYMENT_TERMINAL_INACTIVE };
	if (job->row->word == YTAP_REGISTER)
		return OK;
	return front_work_session(tx, job);
}

static void put_bcd_time(struct writer *w, uint16_t tag, struct instant t)
{
	struct civil c = civil_of(t, TIME_ZONE_CHINA_S);
	const int parts[] = {
		c.year / 100, c.year % 100, c.month, c.day, c.hour, c.minute, c.second
	};
	const int *part;
	uint8_t bytes[7];
	size_t n = 0;

	EACH (part, parts)
		bytes[n++] = (uint8_t)(*part / 10 << 4 | *part % 10);
	tlv_put(w, tag, bytes_of(bytes, sizeof bytes));
}

static uint32_t bcd_of(uint32_t n, int digits)
{
	uint32_t bcd = 0;

	for (int i = 0; i < digits; i++, n /= 10)
		bcd |= n % 10 << (4 * i);
	return bcd;
}

void front_put_batch(struct terminal_job *job, struct iso8583_out *out)
{
	job->head.control.batch = bcd_of(job->ask.greeting.row.batch, 6);
	iso8583_set_control(out, job->head.control);
}

static void put_keys(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct terminal_greeting *g = &job->ask.greeting;
	const struct terminal_handshake *h = g->handshake;
	size_t size = h->wrapped_len / 3;
	uint8_t bytes[256];
	struct writer w = writer_of(bytes, sizeof bytes);

	if (!is_ok(r))
		return;
	tlv_put_u32(&w, YTAP_TAG_SESSION, g->session.id);
	for (uint16_t i = 0; i < 3; i++)
		tlv_put(&w, (uint16_t)(YTAP_TAG_WRAPPED_TAK + i),
		        bytes_of(h->wrapped + i * size, size));
	tlv_put_bcd8(&w, YTAP_TAG_BUSINESS_DATE, g->business_date.yyyymmdd);
	put_bcd_time(&w, YTAP_TAG_VALID_UNTIL, g->session.valid_until);
	tlv_put_u64(&w, YTAP_TAG_TSN_FLOOR, g->tsn_floor);
	if (!is_ok(writer_done(&w)))
		return;
	front_put_batch(job, out);
	iso8583_set_business_date(out, g->business_date);
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

static const struct terminal_message hand_over = { .word = YTAP_SIGN_IN, .answer = put_keys };

/* Who asked in vain: told so, and the handshake is over. Gives the job back. */
static void end_sign_in(struct terminal_front *f, struct front_line *line, struct terminal_job *job,
                        result r)
{
	front_handshake_free(f, job->ask.greeting.handshake);
	if (!line) {
		front_job_put(f, job);
	} else if (r.code == KMS_AWAY) {
		front_put_off(f, line, job);
	} else {
		front_bump(&f->count.sign_ins_refused);
		front_reply(f, line, NULL, job, r);
		front_job_put(f, job);
	}
}

/* Keys have come: the session lives, and the node gets its own. */
static result take_keys(struct terminal_handshake *h, struct live_session *s)
{
	struct keyring_ask *k = &h->ask.keyring;

	TRY(k->result);
	if (!s)
		return FAIL(LEDGER_BUSY, "the session was closed meanwhile");
	h->wrapped_len = 3 * keywrap_field_size(h->proof.suite);
	if (k->answer_len != KMS_TERMINAL_KEYS + h->wrapped_len)
		return FAIL(KMS_AWAY, "keys of %zu bytes", k->answer_len);
	memcpy(h->wrapped, k->answer + KMS_TERMINAL_KEYS, h->wrapped_len);
	return front_load_keys(s, k);
}

static void keys_done(struct terminal_front *f, struct front_ask *a)
{
	struct terminal_handshake *h = a->handshake;
	struct terminal_job *job = a->job;
	struct terminal_greeting *g = &job->ask.greeting;
	struct front_line *line = front_line_of(f, job->line);
	struct live_session *s = live_find(&f->live, a->session);
	result r = take_keys(h, s);

	if (!is_ok(r) || !line) {
		if (s && !s->keyed)
			live_close(&f->live, s);
		end_sign_in(f, line, job, r);
		return;
	}
	s->renew_at = g->renew_at;
	front_attach(f, line, s->node);
	job->message = &hand_over;
	front_reply(f, line, s, job, OK);
	front_bump(&f->count.sign_ins);
	front_handshake_free(f, h);
	front_job_put(f, job);
}

/* The session is in the store: its keys, now that it has a number. */
static void complete_sign_in(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct terminal_handshake *h = g->handshake;
	struct front_line *line = front_line_of(f, job->line);
	result r = job->request.result;
	struct live_node *node = NULL;

	job->kept = true;
	if (is_ok(r) && line) {
		node = live_node_put(&f->live, &g->row, str_of(g->merchant_no));
		if (!node || !live_open(&f->live, node, &g->session))
			r = FAIL(LEDGER_BUSY, "no room for another session");
	}
	if (!is_ok(r) || !line) {
		end_sign_in(f, line, job, r);
		return;
	}
	front_ask_handshake(f, job, h, KEYRING_SESSION_KEYS, keys_done);
}

/* --- register: ends with an answer under KAUTH, which the node has just proven to know --- */

static void register_done(struct terminal_front *f, struct front_ask *a)
{
	struct terminal_handshake *h = a->handshake;
	struct terminal_job *job = a->job;
	struct front_line *line = front_line_of(f, job->line);
	struct keyring_ask *k = &a->keyring;

	if (line && is_ok(k->result) && k->answer_len == F64_SIZE)
		front_send_maced(f, line, job, bytes_of(h->bytes, h->bytes_len), k->answer);
	else if (line)
		front_reply(f, line, NULL, job,
		            is_ok(k->result) ? (result){ KMS_AWAY } : k->result);
	front_handshake_free(f, h);
	front_job_put(f, job);
}

static void complete_register(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct terminal_handshake *h = g->handshake;
	struct front_line *line = front_line_of(f, job->line);
	result r = job->request.result;
	bool known = is_ok(r) && live_node_put(&f->live, &g->row, str_of(g->merchant_no));

	job->kept = true;
	if (!line || !known) {
		end_sign_in(f, line, job, is_ok(r) ? (result){ LEDGER_BUSY } : r);
		return;
	}
	r = front_build_reply(f, job, r, h->bytes, sizeof h->bytes, &h->bytes_len);
	if (!is_ok(r)) {
		end_sign_in(f, line, job, r);
		return;
	}
	front_ask_handshake(f, job, h, KEYRING_REPLY_MAC, register_done);
}

/* Out of the open ones: whatever comes now, this challenge is used. */
static void claim(struct terminal_front *f, struct front_line *line, struct terminal_handshake *h)
{
	struct terminal_handshake **at = &f->open_handshakes;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	h->next = NULL;
	line->handshakes--;
}

static void refuse_proof(struct terminal_front *f, struct front_line *line,
                         struct terminal_job *job, struct terminal_handshake *h, result r)
{
	LOG_WARNING("terminal.sign_in_refused", "node=%s address=%s code=%s", job->head.node,
	            line ? frame_conn_address(line->conn) : "gone", result_name(r));
	if (h)
		front_handshake_free(f, h);
	if (!line)
		front_job_put(f, job);
	else if (r.code == KMS_AWAY)
		front_put_off(f, line, job);
	else
		front_refuse_greeting(f, line, job, r);
}

static void proof_done(struct terminal_front *f, struct front_ask *a)
{
	struct terminal_handshake *h = a->handshake;
	struct terminal_job *job = a->job;
	struct terminal_greeting *g = &job->ask.greeting;
	struct front_line *line = front_line_of(f, job->line);
	result r = judge(h, &a->keyring);

	if (!is_ok(r) || !line) {
		refuse_proof(f, line, job, h, is_ok(r) ? (result){ FRONT_CHALLENGE } : r);
		return;
	}
	g->session.key_date.yyyymmdd = load_be32(a->keyring.answer + 1);
	g->session.key_seq = a->keyring.answer[5];
	front_lifetime(f, g);
	job->complete = job->row->word == YTAP_REGISTER ? complete_register : complete_sign_in;
	job->request.work = work_sign_in;
	job->request.sql = true;
	front_job_submit(f, job);
}

void front_sign_in(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct terminal_handshake *h = NULL;
	struct tlv_map map;
	result r = iso8583_check(job->row, &f->in);

	tlv_map_init(&map, is_ok(r) ? iso8583_bytes(&f->in, F_BULK) : bytes_of("", 0));
	if (is_ok(r))
		r = find_handshake(f, line, job, &map, &h);
	if (is_ok(r)) {
		claim(f, line, h);
		r = read_proof(f, h, &map);
	}
	if (is_ok(r) && job == &f->spare)
		r = (result){ LEDGER_BUSY };
	if (!is_ok(r)) {
		refuse_proof(f, line, job, h, r);
		return;
	}
	g->handshake = h;
	memcpy(g->node, job->head.node, sizeof g->node);
	g->memory_lost = !tlv_has(&map, YTAP_TAG_LOW_WATER);
	g->session.suite = (uint8_t)h->proof.suite;
	g->session.key_version = h->proof.ids.key_version;
	front_ask_handshake(f, job, h, KEYRING_SIGN_IN_PROOF, proof_done);
}
