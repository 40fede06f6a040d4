/* SPDX-License-Identifier: Apache-2.0 */
#include "device/line/line.h"

#include "codec/ytap_tags.h"
#include "crypto/keywrap.h"
#include "device/line/line_frame.h"

enum { STAN_HELLO = 1, STAN_SIGN_IN = 2 };

void line_init(struct line *l, const struct sam *sam, enum suite suite,
               struct random_source *random)
{
	*l = (struct line){ .sam = sam, .suite = suite, .random = random };
}

static void forget_session(struct line *l)
{
	envelope_key_deinit(&l->envelope);
	mac_key_deinit(&l->mac);
	secret_wipe(&l->tpk);
	l->session = 0;
}

void line_deinit(struct line *l)
{
	forget_session(l);
	*l = (struct line){ 0 };
}

void line_lost(struct line *l)
{
	if (l->state != LINE_READY)
		l->state = l->session ? LINE_READY : LINE_CLOSED;
}

uint32_t line_stan(uint64_t tsn)
{
	uint32_t stan = (uint32_t)(tsn % 1000000);

	return stan ? stan : 1;
}

/* --- sign-in --- */

static void put_suites(const struct line *l, struct writer *w)
{
	const struct sam_identity *id = sam_identity(l->sam);
	uint8_t offer[SAM_SUITES_MAX] = { (uint8_t)l->suite };
	size_t count = 1;

	for (size_t i = 0; i < id->suite_count; i++)
		if (id->suites[i] != (uint8_t)l->suite && count < SAM_SUITES_MAX)
			offer[count++] = id->suites[i];
	tlv_put(w, YTAP_TAG_SUITES, bytes_of(offer, count));
}

/* Send a sign-in message plain; with_mac: F64 under KAUTH. */
static result pack_plain(struct line *l, struct iso8583_out *m, bool with_mac, struct writer *out)
{
	uint8_t f64[SAM_MAC_LEN];
	size_t body;

	line_put_identity(l, m);
	if (out->size < LINE_HEAD)
		return FAIL(BUFFER_FULL, "room of %zu bytes", out->size);
	TRY(iso8583_build(m, with_mac, out->at + LINE_HEAD, out->size - LINE_HEAD, &body));
	if (with_mac) {
		TRY(sam_sign(l->sam, (uint8_t)l->suite,
		             iso8583_built_range(m, out->at + LINE_HEAD, body), f64));
		iso8583_put_mac(m, out->at + LINE_HEAD, body, f64);
	}
	out->len = line_put_head(l, FRAME_PLAIN, body, out->at);
	return OK;
}

result line_hello(struct line *l, const struct line_greeting *g, uint8_t *out, size_t size,
                  size_t *len)
{
	const struct sam_identity *id = sam_identity(l->sam);
	struct writer frame = writer_of(out, size), w;
	struct iso8583_out m;
	uint8_t f62[128];

	random_fill(l->random, l->rt, sizeof l->rt);
	w = writer_of(f62, sizeof f62);
	put_suites(l, &w);
	tlv_put(&w, YTAP_TAG_RT, bytes_of(l->rt, sizeof l->rt));
	tlv_put(&w, YTAP_TAG_SAM_NO, bytes_of(id->sam_no, sizeof id->sam_no));
	tlv_put_u8(&w, YTAP_TAG_KEY_VERSION, id->key_version);
	tlv_put(&w, YTAP_TAG_SOFTWARE, str_bytes(g->software));
	TRY(writer_done(&w));
	iso8583_begin_request(&m, ISO8583_B, YTAP_HELLO, 0);
	iso8583_set_i64(&m, F_STAN, STAN_HELLO);
	iso8583_set_local_time(&m, g->now);
	iso8583_set_bytes(&m, F_BULK, writer_bytes(&w));
	TRY(pack_plain(l, &m, false, &frame));
	*len = frame.len;
	l->state = LINE_HELLO;
	return OK;
}

static void put_enrolment(const struct line_enrolment *e, struct writer *w)
{
	tlv_put(w, YTAP_TAG_CARD_SERIAL, bytes_of(e->card, sizeof e->card));
	tlv_put(w, YTAP_TAG_HARDWARE, str_bytes(e->machine));
	tlv_put(w, YTAP_TAG_SOFTWARE_HASH, bytes_of(e->software, sizeof e->software));
}

static result pack_sign_in(struct line *l, const struct line_greeting *g, struct writer *out)
{
	enum ytap_message word = l->enrolment ? YTAP_REGISTER : YTAP_SIGN_IN;
	struct iso8583_out m;
	uint8_t f62[256], ct[SAM_CHALLENGE_LEN];
	struct writer w = writer_of(f62, sizeof f62);

	TRY(sam_prove(l->sam, (uint8_t)l->suite, l->rt, l->rh, ct));
	put_suites(l, &w);
	tlv_put(&w, YTAP_TAG_RH, bytes_of(l->rh, sizeof l->rh));
	tlv_put(&w, YTAP_TAG_CT, bytes_of(ct, sizeof ct));
	if (l->enrolment) {
		put_enrolment(l->enrolment, &w);
	} else {
		tlv_put_u32(&w, YTAP_TAG_LIST_USED, g->list_sequence);
		tlv_put_u64(&w, YTAP_TAG_LOW_WATER, g->low_water);
	}
	TRY(writer_done(&w));
	iso8583_begin_request(&m, ISO8583_B, word, 0);
	iso8583_set_i64(&m, F_STAN, STAN_SIGN_IN);
	iso8583_set_local_time(&m, g->now);
	iso8583_set_bytes(&m, F_BULK, writer_bytes(&w));
	if (g->operator_name.len)
		iso8583_set_str(&m, F_OPERATOR, g->operator_name);
	TRY(pack_plain(l, &m, true, out));
	l->state = LINE_SIGN_IN;
	return OK;
}

/* The host's hello: it must know our key before we say anything under it. */
static result take_hello(struct line *l, const struct line_greeting *g, struct iso8583 *m,
                         struct writer *out)
{
	struct tlv_map map;
	struct bytes ch, rh;
	uint8_t suite;

	tlv_map_init(&map, iso8583_bytes(m, F_BULK));
	suite = tlv_u8(&map, YTAP_TAG_SUITES);
	rh = tlv_bytes(&map, YTAP_TAG_RH, SAM_CHALLENGE_LEN);
	ch = tlv_bytes(&map, YTAP_TAG_CH, SAM_CHALLENGE_LEN);
	TRY(iso8583_done(m));
	TRY(tlv_map_done(&map));
	if (!suite_is_known(suite))
		return FAIL(SAM_HOST_UNKNOWN, "the host chose suite %u", suite);
	TRY(sam_check_host(l->sam, suite, l->rt, rh.at, ch));
	l->suite = (enum suite)suite;
	memcpy(l->rh, rh.at, sizeof l->rh);
	return pack_sign_in(l, g, out);
}

/* Keys out of their wrappings; nothing of the line changes before all of it is right. */
struct new_session {
	struct secret tak, tdk, tpk;
	uint32_t session;
};

static void new_session_wipe(struct new_session *n)
{
	secret_wipe(&n->tak);
	secret_wipe(&n->tdk);
	secret_wipe(&n->tpk);
}

static result unwrap_keys(const struct line *l, struct tlv_map *map, struct new_session *n)
{
	uint8_t suite = (uint8_t)l->suite;
	struct bytes tak = tlv_range(map, YTAP_TAG_WRAPPED_TAK, 19, 27),
	             tdk = tlv_range(map, YTAP_TAG_WRAPPED_TDK, 19, 27),
	             tpk = tlv_range(map, YTAP_TAG_WRAPPED_TPK, 19, 27);

	n->session = tlv_u32(map, YTAP_TAG_SESSION);
	TRY(tlv_map_done(map));
	TRY(sam_unwrap(l->sam, suite, tak, &n->tak));
	TRY(sam_unwrap(l->sam, suite, tdk, &n->tdk));
	return sam_unwrap(l->sam, suite, tpk, &n->tpk);
}

static uint64_t bcd_number(struct bytes b)
{
	uint64_t v = 0;

	for (size_t i = 0; i < b.len; i++)
		v = v * 100 + (uint64_t)(b.at[i] >> 4) * 10 + (b.at[i] & 15);
	return v;
}

static result take_facts(struct iso8583 *m, struct tlv_map *map, struct instant now,
                         struct line_facts *out)
{
	struct line_facts f = {
		.business_date = { tlv_bcd8(map, YTAP_TAG_BUSINESS_DATE) },
		.valid_until = bcd_number(tlv_bytes(map, YTAP_TAG_VALID_UNTIL, 7)),
		.tsn_floor =
		        tlv_has(map, YTAP_TAG_TSN_FLOOR) ? tlv_u64(map, YTAP_TAG_TSN_FLOOR) : 0,
		.list_sequence = tlv_has(map, YTAP_TAG_LIST_SEQUENCE)
		                         ? tlv_u64(map, YTAP_TAG_LIST_SEQUENCE)
		                         : 0,
	};
	uint32_t batch = iso8583_control(m).batch;

	f.host_time = iso8583_local_time(m, now);
	for (unsigned shift = 20, weight = 100000; weight; shift -= 4, weight /= 10)
		f.batch += (batch >> shift & 15) * weight;
	TRY(iso8583_done(m));
	TRY(tlv_map_done(map));
	*out = f;
	return OK;
}

static result take_sign_in(struct line *l, struct instant now, struct iso8583 *m)
{
	SCOPED(new_session_wipe) struct new_session n = { 0 };
	struct mac_key mac = { 0 };
	struct envelope_key envelope = { 0 };
	struct line_facts facts;
	struct tlv_map map;

	tlv_map_init(&map, iso8583_bytes(m, F_BULK));
	TRY(unwrap_keys(l, &map, &n));
	TRY(take_facts(m, &map, now, &facts));
	TRY(mac_key_init_suite(&mac, l->suite, n.tak.at));
	if (!mac_f64_is(&mac, iso8583_mac_range(m), iso8583_bytes(m, F_MAC))) {
		mac_key_deinit(&mac);
		return FAIL(SAM_KEY, "the host does not confirm the new key");
	}
	if (!l->plain)
		TRY(envelope_key_init(&envelope, l->suite, n.tdk.at, n.session));
	forget_session(l);
	l->mac = mac;
	l->envelope = envelope;
	l->tpk = n.tpk;
	l->session = n.session;
	l->send_counter = l->receive_counter = 0;
	l->facts = facts;
	l->state = LINE_READY;
	return OK;
}

/* The host answers under the key that this SAM alone has. */
static result take_registration(struct line *l, struct iso8583 *m)
{
	uint8_t want[SAM_MAC_LEN];

	if (!iso8583_has(m, F_MAC))
		return FAIL(SAM_HOST_UNKNOWN, "an answer without F64");
	TRY(sam_sign(l->sam, (uint8_t)l->suite, iso8583_mac_range(m), want));
	if (!bytes_equal_secret(iso8583_bytes(m, F_MAC), bytes_of(want, sizeof want)))
		return FAIL(SAM_HOST_UNKNOWN, "the host's answer is not under this node's key");
	l->state = LINE_CLOSED;
	return OK;
}

/* --- receiving --- */

static void note_code(struct iso8583 *m, struct line_input *in)
{
	if (iso8583_has(m, F_RESPONSE))
		str_copy(iso8583_str(m, F_RESPONSE), in->code, sizeof in->code);
}

/* Replies of a sign-in that is under way. */
static void take_opening(struct line *l, const struct line_greeting *g, struct iso8583 *m,
                         struct writer *out, struct line_input *in)
{
	const struct iso8583_message *row = iso8583_message_find(m);
	result r;

	in->event = LINE_REFUSED;
	if (strcmp(in->code, "91") == 0) {
		struct tlv_map map;

		tlv_map_init(&map,
		             iso8583_has(m, F_BULK) ? iso8583_bytes(m, F_BULK) : bytes_of("", 0));
		in->retry_s = tlv_has(&map, YTAP_TAG_RETRY_AFTER)
		                      ? tlv_u16(&map, YTAP_TAG_RETRY_AFTER)
		                      : 1;
		in->event = LINE_RETRY_LATER;
		return;
	}
	if (strcmp(in->code, "00") != 0 || !row)
		return;
	if (row->word == YTAP_HELLO && l->state == LINE_HELLO) {
		r = take_hello(l, g, m, out);
		in->event = is_ok(r) ? LINE_SEND : LINE_REFUSED;
	} else if (row->word == YTAP_SIGN_IN && l->state == LINE_SIGN_IN) {
		r = take_sign_in(l, g->now, m);
		in->event = is_ok(r) ? LINE_SIGNED_IN : LINE_REFUSED;
	} else if (row->word == YTAP_REGISTER && l->state == LINE_SIGN_IN) {
		r = take_registration(l, m);
		in->event = is_ok(r) ? LINE_REGISTERED : LINE_REFUSED;
	} else {
		in->event = LINE_NOTHING;
	}
}

/* What is not sealed: the sign-in, hints, and replies of a plain session. */
static void take_plain(struct line *l, const struct line_greeting *g, struct iso8583 *m,
                       struct writer *out, struct line_input *in)
{
	bool opening = l->state == LINE_HELLO || l->state == LINE_SIGN_IN;

	if (opening && m->mti == 0x0810)
		take_opening(l, g, m, out, in);
	else if (l->plain && l->session && iso8583_has(m, F_MAC) &&
	         mac_f64_is(&l->mac, iso8583_mac_range(m), iso8583_bytes(m, F_MAC)))
		in->event = m->mti == 0x0822 ? LINE_PUSH : LINE_REPLY;
	else if (!iso8583_has(m, F_MAC))
		in->event = LINE_HINT;
}

static void take_sealed(const struct line_frame *frame, struct iso8583 *m, struct line_input *in)
{
	if (!iso8583_has(m, F_MAC))
		in->event = LINE_HINT;
	else if (line_is_maced(frame, iso8583_mac_range(m), iso8583_bytes(m, F_MAC)))
		in->event = m->mti == 0x0822 ? LINE_PUSH : LINE_REPLY;
}

struct line_input line_receive_opened(const struct line_frame *frame, const struct line_greeting *g,
                                      struct iso8583 *message, struct writer *out)
{
	struct line_input in = { .event = LINE_NOTHING };
	struct frame f = { 0 };
	struct bytes body;

	if (!line_take_apart(frame->at, frame->len, &f))
		return in;
	in.directive = f.directive;
	body = f.body;
	if (f.class == FRAME_SEALED && !line_open_sealed(frame, &f, &body))
		return in;
	if (!is_ok(iso8583_parse(ISO8583_B, body, message)))
		return in;
	note_code(message, &in);
	if (f.class == FRAME_PLAIN)
		take_plain(frame->line, g, message, out, &in);
	else
		take_sealed(frame, message, &in);
	return in;
}

struct line_input line_receive(struct line *l, const struct line_greeting *g, uint8_t *frame,
                               size_t frame_len, struct iso8583 *message, struct writer *out)
{
	struct line_frame one = { .line = l, .at = frame, .len = frame_len };

	line_open_many(&one, 1);
	return line_receive_opened(&one, g, message, out);
}
