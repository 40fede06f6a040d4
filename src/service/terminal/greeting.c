/* SPDX-License-Identifier: Apache-2.0 */
/* Hello and sign-in (terminal-protocol 7.1): each side proves that it knows the other's key, then
 * keys are handed over. */
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
	SCOPED(secret_wipe) struct secret tik = { 0 };

	TRY(choose_suite(f, node, g, &h->proof.suite));
	memcpy(h->proof.ids.node, g->node, YTAP_NODE_SIZE);
	memcpy(h->proof.ids.sam, g->sam_no, YTAP_SAM_SIZE);
	h->proof.ids.key_version = g->key_version;
	memcpy(h->proof.rt, g->rt, sizeof h->proof.rt);
	random_fill(f->config.random, h->proof.rh, sizeof h->proof.rh);
	memcpy(h->offered, g->offered, sizeof h->offered);
	h->offered_count = g->offered_count;
	TRY(keys_terminal_initial(f->config.keys, g->sam_no, g->key_version, &tik));
	return ytap_derive_node_keys(h->proof.suite, tik.at, &h->proof.ids, &h->keys);
}

static void put_challenge(struct terminal_job *job, result r, struct iso8583_out *out)
{
	const struct terminal_handshake *h = job->ask.greeting.handshake;
	uint8_t bytes[96], ch[YTAP_CHALLENGE_SIZE];
	struct writer w = writer_of(bytes, sizeof bytes);

	if (!is_ok(r) || !is_ok(ytap_proof_host(&h->proof, h->keys.kauth, ch)))
		return;
	tlv_put_u8(&w, YTAP_TAG_SUITES, (uint8_t)h->proof.suite);
	tlv_put(&w, YTAP_TAG_RH, bytes_of(h->proof.rh, sizeof h->proof.rh));
	tlv_put(&w, YTAP_TAG_CH, bytes_of(ch, sizeof ch));
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
}

static const struct terminal_message challenge = { .word = YTAP_HELLO, .answer = put_challenge };

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
	h = front_handshake_take(f, line);
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
	g->handshake = h;
	job->message = &challenge;
	front_reply(f, line, NULL, job, OK);
	front_job_put(f, job);
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

/* --- sign-in --- */

/* Both proofs: F64 under KAUTH, CT over both challenges; and the offer must be the one of the hello
 * (5.2). */
static result check_proof(struct terminal_front *f, const struct terminal_handshake *h,
                          struct tlv_map *map)
{
	struct bytes ct = tlv_bytes(map, YTAP_TAG_CT, YTAP_CHALLENGE_SIZE);
	struct bytes offered = tlv_range(map, YTAP_TAG_SUITES, 1, TERMINAL_SUITES_MAX);
	uint8_t want[YTAP_CHALLENGE_SIZE];
	struct mac_key kauth = { 0 };

	TRY(tlv_map_done(map));
	TRY(mac_key_init_suite(&kauth, h->proof.suite, h->keys.kauth));
	bool maced = iso8583_has(&f->in, F_MAC) &&
	             mac_f64_is(&kauth, iso8583_mac_range(&f->in), iso8583_bytes(&f->in, F_MAC));
	mac_key_deinit(&kauth);
	if (!maced)
		return FAIL(FRONT_MAC_WRONG, "sign-in of %.8s", h->proof.ids.node);
	TRY(ytap_proof_node(&h->proof, h->keys.kauth, want));
	if (!bytes_equal_secret(ct, bytes_of(want, sizeof want)))
		return FAIL(FRONT_CHALLENGE, "node %.8s does not know its key", h->proof.ids.node);
	if (!bytes_equal(offered, bytes_of(h->offered, h->offered_count)))
		return FAIL(FRONT_SUITES_CHANGED, "node %.8s", h->proof.ids.node);
	return OK;
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

/* The day's keys; the first sign-in of a business day goes on to that day's root (keys 15.1). */
static result day_of_keys(struct ledger_tx *tx, const struct keys *keys, struct keys_day *day)
{
	TRY(keys_day_current(tx->db, day));
	if (day->date.yyyymmdd >= tx->business_date.yyyymmdd)
		return OK;
	/* The roots are the writer's to change; every other thread only reads what a session names.
	 */
	return keys_day_advance(tx->db, (struct keys *)(uintptr_t)keys, tx->now, tx->business_date,
	                        day);
}

result front_work_session(struct ledger_tx *tx, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct keys_day day;

	TRY(day_of_keys(tx, job->front->config.keys, &day));
	g->session.terminal_id = g->row.id;
	g->session.key_date = day.date;
	g->session.key_seq = day.seq;
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
	const uint8_t *const keys[] = { h->session.tak, h->session.tdk, h->session.tpk };
	uint8_t bytes[256], field[KEYWRAP_FIELD];
	struct writer w = writer_of(bytes, sizeof bytes);

	if (!is_ok(r))
		return;
	tlv_put_u32(&w, YTAP_TAG_SESSION, g->session.id);
	for (uint16_t i = 0; i < 3; i++) {
		if (!is_ok(keywrap_field_make(h->proof.suite, h->keys.kwrap, keys[i], field)))
			w.bad = true;
		tlv_put(&w, (uint16_t)(YTAP_TAG_WRAPPED_TAK + i),
		        bytes_of(field, keywrap_field_size(h->proof.suite)));
	}
	tlv_put_bcd8(&w, YTAP_TAG_BUSINESS_DATE, g->business_date.yyyymmdd);
	put_bcd_time(&w, YTAP_TAG_VALID_UNTIL, g->session.valid_until);
	tlv_put_u64(&w, YTAP_TAG_TSN_FLOOR, g->tsn_floor);
	if (!is_ok(writer_done(&w)))
		return;
	front_put_batch(job, out);
	iso8583_set_business_date(out, g->business_date);
	iso8583_set_bytes(out, F_BULK, writer_bytes(&w));
	secret_wipe_bytes(bytes, sizeof bytes);
}

static const struct terminal_message hand_over = { .word = YTAP_SIGN_IN, .answer = put_keys };

/* The session is in the store: make it live and hand its keys over. */
static result open_session(struct terminal_front *f, struct front_line *line,
                           struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct live_node *node = live_node_put(&f->live, &g->row, str_of(g->merchant_no));
	struct live_session *s = node ? live_open(&f->live, node, &g->session) : NULL;
	struct live_keys keys;

	if (!s)
		return FAIL(LEDGER_BUSY, "no room for another session");
	s->renew_at = g->renew_at;
	TRY(front_derive_session(f, s, &keys));
	g->handshake->session = keys;
	TRY(live_load_keys(s, &keys));
	front_attach(f, line, node);
	job->message = &hand_over;
	front_reply(f, line, s, job, OK);
	front_bump(&f->count.sign_ins);
	return OK;
}

static void complete_sign_in(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_handshake *h = job->ask.greeting.handshake;
	struct front_line *line = front_line_of(f, job->line);
	result r = job->request.result;

	if (line && is_ok(r))
		r = open_session(f, line, job);
	if (line && !is_ok(r)) {
		front_bump(&f->count.sign_ins_refused);
		front_reply(f, line, NULL, job, r);
	}
	front_handshake_wipe(h);
	h->next = f->free_handshakes;
	f->free_handshakes = h;
}

/* Registering ends with an answer under KAUTH, which the node has just proven to know. */
static void complete_register(struct terminal_front *f, struct terminal_job *job)
{
	struct terminal_greeting *g = &job->ask.greeting;
	struct terminal_handshake *h = g->handshake;
	struct front_line *line = front_line_of(f, job->line);
	struct live_session once = { .suite = h->proof.suite };

	if (is_ok(job->request.result))
		once.node = live_node_put(&f->live, &g->row, str_of(g->merchant_no));
	if (line && once.node &&
	    is_ok(mac_key_init_suite(&once.tak, h->proof.suite, h->keys.kauth))) {
		once.renew_at.us = INT64_MAX;
		front_reply(f, line, &once, job, job->request.result);
		mac_key_deinit(&once.tak);
	} else if (line) {
		front_reply(f, line, NULL, job, job->request.result);
	}
	front_handshake_wipe(h);
	h->next = f->free_handshakes;
	f->free_handshakes = h;
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
	            frame_conn_address(line->conn), result_name(r));
	if (h) {
		front_handshake_wipe(h);
		h->next = f->free_handshakes;
		f->free_handshakes = h;
	}
	front_refuse_greeting(f, line, job, r);
}

static void sign_in(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
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
		r = check_proof(f, h, &map);
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
	front_lifetime(f, g);
	job->complete = job->row->word == YTAP_REGISTER ? complete_register : complete_sign_in;
	job->request.work = work_sign_in;
	job->request.sql = true;
	front_job_submit(f, job);
}

void front_greet(struct terminal_front *f, struct front_line *line, struct terminal_job *job)
{
	if (job->row->word == YTAP_HELLO)
		hello(f, line, job);
	else if (front_is_compat(job->row->word))
		front_greet_compat(f, line, job);
	else
		sign_in(f, line, job);
}
