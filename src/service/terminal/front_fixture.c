/* SPDX-License-Identifier: Apache-2.0 */
#include "service/terminal/front_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/pin.h"

enum { HEAD = FRAME_HEAD_SIZE - FRAME_LEN_SIZE };

result front_fixture_start(struct front_fixture *f)
{
	struct terminal_front_config config = {
		.writer = f->site.writer,
		.payments = &f->site.payments,
		.kms = f->kms.service_socket,
		.clock = &f->site.clock.clock,
		.random = &f->random.source,
		.listen = { "127.0.0.1:0", f->tls ? "127.0.0.1:0" : NULL, "127.0.0.1:0",
		            "127.0.0.1:0" },
		.connections_max = 256,
		.sign_ins_per_s = f->sign_ins_per_s,
		.legacy_suites = f->legacy,
		.jobs_max = 256,
		.nodes_max = 64,
	};

	return terminal_front_start(&config, &f->front);
}

result front_fixture_make(struct front_fixture *f)
{
	f->front = NULL;
	random_seeded_init(&f->random, 42);
	TRY(payments_fixture_make(&f->site));
	if (!kms_kit_open_site(&f->kms, &f->site.clock.clock))
		return FAIL(KMS_AWAY, "no key manager for the test");
	return front_fixture_start(f);
}

result front_fixture_restart(struct front_fixture *f)
{
	terminal_front_stop(f->front);
	f->front = NULL;
	payments_fixture_close(&f->site);
	TRY(payments_fixture_open(&f->site));
	return front_fixture_start(f);
}

void front_fixture_close(struct front_fixture *f)
{
	terminal_front_stop(f->front);
	kms_kit_close(&f->kms);
	payments_fixture_close(&f->site);
}

struct node *node_make(struct front_fixture *f, int number, enum suite suite)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };
	struct node *n = calloc(1, sizeof *n);
	char id[16];

	n->f = f;
	n->suite = suite;
	n->offer[0] = (uint8_t)suite;
	n->offer_count = 1;
	n->batch = 1;
	snprintf(id, sizeof id, "0101%04d", number);
	memcpy(n->proof.ids.node, id, YTAP_NODE_SIZE);
	memcpy(n->proof.ids.sam, (uint8_t[]){ 0x10, 0, 0x20, 0, 0, (uint8_t)number },
	       YTAP_SAM_SIZE);
	n->proof.ids.key_version = 1;
	n->proof.suite = suite;
	snprintf(n->merchant, sizeof n->merchant, "%-15s", number == 3 ? "M2" : "M1");
	CHECK(kms_kit_tik(&f->kms, n->proof.ids.node, n->proof.ids.sam, &tik));
	CHECK_OK(ytap_derive_node_keys(suite, tik.at, &n->proof.ids, &n->keys));
	return n;
}

static void forget_session(struct node *n)
{
	mac_key_deinit(&n->mac);
	envelope_key_deinit(&n->envelope);
	n->mac = (struct mac_key){ 0 };
	n->envelope = (struct envelope_key){ 0 };
	n->session = 0;
}

void node_free(struct node **n)
{
	if (!*n)
		return;
	node_disconnect(*n);
	forget_session(*n);
	free(*n);
	*n = NULL;
}

/* As a small terminal does: no certificate, its node id and the PSK of its TIK. */
static result open_tls(struct node *n, char id[YTAP_NODE_SIZE + 1])
{
	struct secret psk = { .len = sizeof n->keys.psk };
	struct tls_config tls = { .psk_identity = id, .psk = &psk };

	memcpy(psk.at, n->keys.psk, sizeof n->keys.psk);
	memcpy(id, n->proof.ids.node, YTAP_NODE_SIZE);
	id[YTAP_NODE_SIZE] = '\0';
	return tls_client_open(&tls, &n->tls);
}

result node_connect(struct node *n, enum terminal_port port)
{
	char address[32], id[YTAP_NODE_SIZE + 1];

	node_disconnect(n);
	n->port = port;
	snprintf(address, sizeof address, "127.0.0.1:%u", terminal_front_port(n->f->front, port));
	if (port == TERMINAL_PORT_TLS)
		TRY(open_tls(n, id));
	return frame_client_open(address, n->tls, NODE_WAIT_US, &n->line);
}

void node_disconnect(struct node *n)
{
	frame_client_close(n->line);
	tls_close(n->tls);
	n->line = NULL;
	n->tls = NULL;
}

static bool is_full(const struct node *n)
{
	return n->port == TERMINAL_PORT_B || n->port == TERMINAL_PORT_TLS;
}

static enum iso8583_dialect dialect_of(const struct node *n)
{
	return n->port == TERMINAL_PORT_A ? ISO8583_A : ISO8583_B;
}

/* --- sending --- */

static size_t put_head(struct node *n, enum frame_class class, size_t body)
{
	struct frame head = { .destination = 3, .class = class, .software = 100 };
	uint8_t whole[FRAME_HEAD_SIZE];

	frame_head(FRAME_FULL, &head, body, whole);
	memcpy(n->frame, whole + FRAME_LEN_SIZE, HEAD);
	return HEAD + body;
}

/* Under which key: the session's TAK, or KAUTH during sign-in; NULL: without F64. */
static size_t pack(struct node *n, struct mac_key *mac, bool sealed)
{
	size_t lead = is_full(n) ? HEAD : 0, len;
	uint8_t f64[F64_SIZE], *body = n->frame + lead + (sealed ? ENVELOPE_SEC : 0);

	CHECK_OK(iso8583_build(&n->out, mac != NULL, body, sizeof n->frame - 64, &len));
	if (mac) {
		mac_f64(mac, iso8583_built_range(&n->out, body, len), f64);
		iso8583_put_mac(&n->out, body, len, f64);
	}
	if (!is_full(n))
		return len;
	if (!sealed)
		return put_head(n, FRAME_PLAIN, len);
	size_t whole = put_head(n, FRAME_SEALED, len + ENVELOPE_EXTRA);
	envelope_seal(&n->envelope, ENVELOPE_TO_HOST, ++n->counter,
	              n->frame + HEAD - FRAME_HDR_SIZE, n->frame + HEAD, len);
	return whole;
}

size_t node_pack(struct node *n)
{
	return pack(n, n->session ? &n->mac : NULL, n->session && !n->plain && is_full(n));
}

/* --- receiving --- */

static bool open_reply(struct node *n, size_t len, struct bytes *message)
{
	struct envelope_sec sec;
	struct frame f;
	uint8_t whole[FRAME_MAX];

	*message = bytes_of(n->got, len);
	n->reply_sealed = false;
	if (!is_full(n))
		return true;
	store_be16(whole, (uint16_t)len);
	memcpy(whole + 2, n->got, len);
	if (!is_ok(frame_parse(FRAME_FULL, bytes_of(whole, len + 2), &f)))
		return false;
	n->directive = f.directive;
	*message = bytes_of(n->got + HEAD, len - HEAD);
	if (f.class != FRAME_SEALED)
		return true;
	n->reply_sealed = true;
	if (!is_ok(envelope_peek(*message, &sec)) || sec.counter <= n->received)
		return false;
	n->received = sec.counter;
	return is_ok(envelope_open(&n->envelope, ENVELOPE_TO_NODE, n->got + HEAD - FRAME_HDR_SIZE,
	                           n->got + HEAD, len - HEAD, message));
}

const char *node_receive(struct node *n, int64_t timeout_us)
{
	static char code[3];
	struct bytes payload, message;

	if (!n->line || !is_ok(frame_client_receive(n->line, timeout_us, &payload)) ||
	    payload.len > sizeof n->got)
		return "";
	memcpy(n->got, payload.at, payload.len);
	if (!open_reply(n, payload.len, &message) ||
	    !is_ok(iso8583_parse(dialect_of(n), message, &n->in)))
		return "?";
	n->reply_maced =
	        iso8583_has(&n->in, F_MAC) && n->session &&
	        mac_f64_is(&n->mac, iso8583_mac_range(&n->in), iso8583_bytes(&n->in, F_MAC));
	str_copy(iso8583_str(&n->in, F_RESPONSE), code, sizeof code);
	return code;
}

const char *node_send_frame(struct node *n, struct bytes payload)
{
	if (!n->line || !is_ok(frame_client_send(n->line, payload, NODE_WAIT_US)))
		return "";
	return node_receive(n, NODE_WAIT_US);
}

const char *node_send(struct node *n)
{
	return node_send_frame(n, bytes_of(n->frame, node_pack(n)));
}

/* --- messages --- */

static void put_identity(struct node *n, const char *merchant)
{
	iso8583_set_str(&n->out, F_NODE,
	                (struct str){ (const char *)n->proof.ids.node, YTAP_NODE_SIZE });
	iso8583_set_str(&n->out, F_MERCHANT, str_of(merchant ? merchant : n->merchant));
}

void node_begin(struct node *n, enum ytap_message word, struct bytes bulk)
{
	iso8583_begin_request(&n->out, dialect_of(n), word, n->batch);
	iso8583_set_i64(&n->out, F_STAN, ++n->stan);
	iso8583_set_local_time(&n->out, clock_now(&n->f->site.clock.clock));
	put_identity(n, NULL);
	if (bulk.len)
		iso8583_set_bytes(&n->out, F_BULK, bulk);
}

static void put_pin(struct node *n, const struct sale *s, struct writer *w)
{
	uint8_t block[PIN_BLOCK_MAX];
	struct pin pin;

	CHECK_OK(pin_parse(str_of(s->pin), &pin));
	CHECK_OK(pin_seal(n->suite, n->session_keys.tpk, &pin, str_of(s->card),
	                  &n->f->random.source, block));
	tlv_put(w, YTAP_TAG_PIN_BLOCK, bytes_of(block, PIN_BLOCK_FORMAT4));
}

static void begin_words(struct node *n, const struct sale *s)
{
	struct iso8583_control control = { .class = 0x22, .batch = n->batch };

	if (s->word != YTAP_REVERSAL) {
		iso8583_begin_request(&n->out, dialect_of(n), s->word, n->batch);
	} else {
		iso8583_begin(&n->out, dialect_of(n), 0x0400);
		iso8583_set_bcd(&n->out, F_PROCESSING, 0);
		iso8583_set_bcd(&n->out, F_CONDITION, 0);
		iso8583_set_control(&n->out, control);
		iso8583_set_str(&n->out, F_RESPONSE, STR("98"));
	}
	if (s->repeat)
		n->out.mti |= 1;
}

void node_begin_sale(struct node *n, const struct sale *s)
{
	struct instant at = clock_now(&n->f->site.clock.clock);
	uint8_t data[128];
	struct writer w = writer_of(data, sizeof data);

	begin_words(n, s);
	at.us += s->off_s * SECOND_US;
	iso8583_set_str(&n->out, F_CARD_NO, str_of(s->card));
	if (s->word != YTAP_BALANCE) {
		iso8583_set_money(&n->out, F_AMOUNT, (struct money){ s->amount });
		iso8583_set_str(&n->out, F_CURRENCY, STR("156"));
	}
	iso8583_set_i64(&n->out, F_STAN, (int64_t)(s->tsn % 999999 + 1));
	iso8583_set_local_time(&n->out, at);
	iso8583_set_bcd(&n->out, F_ENTRY_MODE, s->pin ? 0x071 : 0x072);
	put_identity(n, s->merchant);
	tlv_put_u64(&w, YTAP_TAG_TSN, s->tsn);
	if (s->original)
		tlv_put_u64(&w, YTAP_TAG_ORIGINAL_TSN, s->original);
	tlv_put_bcd8(&w, YTAP_TAG_NODE_DATE, 20260305);
	if (s->pin)
		put_pin(n, s, &w);
	iso8583_set_bytes(&n->out, F_DATA, writer_bytes(&w));
	if (s->reference)
		iso8583_set_i64(&n->out, F_REFERENCE, (int64_t)s->reference);
	if (s->operator_name)
		iso8583_set_str(&n->out, F_OPERATOR, str_of(s->operator_name));
}

const char *node_sell(struct node *n, uint64_t tsn, const char *card, int64_t amount)
{
	node_begin_sale(
	        n, &(struct sale){
	                   .word = YTAP_PURCHASE, .tsn = tsn, .card = card, .amount = amount });
	return node_send(n);
}

uint64_t node_reference(struct node *n)
{
	uint64_t lsn = 0;

	CHECK_OK(str_u64(iso8583_trimmed(&n->in, F_REFERENCE), &lsn));
	return lsn;
}

int64_t node_balance(struct node *n)
{
	struct iso8583_balance groups[ISO8583_GROUPS_MAX];

	return iso8583_has(&n->in, F_BALANCE) && iso8583_balances(&n->in, groups)
	               ? groups[0].amount.fen
	               : -1;
}

/* --- sign-in --- */

const char *node_hello(struct node *n)
{
	uint8_t bulk[96];
	struct writer w = writer_of(bulk, sizeof bulk);
	struct tlv_map map;
	const char *code;

	random_fill(&n->f->random.source, n->proof.rt, sizeof n->proof.rt);
	tlv_put(&w, YTAP_TAG_SUITES, bytes_of(n->offer, n->offer_count));
	tlv_put(&w, YTAP_TAG_RT, bytes_of(n->proof.rt, sizeof n->proof.rt));
	tlv_put(&w, YTAP_TAG_SAM_NO, bytes_of(n->proof.ids.sam, YTAP_SAM_SIZE));
	tlv_put_u8(&w, YTAP_TAG_KEY_VERSION, 1);
	node_begin(n, YTAP_HELLO, writer_bytes(&w));
	code = node_send_frame(n, bytes_of(n->frame, pack(n, NULL, false)));
	if (strcmp(code, "00") != 0)
		return code;
	uint8_t want[YTAP_CHALLENGE_SIZE];
	tlv_map_init(&map, iso8583_bytes(&n->in, F_BULK));
	n->proof.suite = (enum suite)tlv_u8(&map, YTAP_TAG_SUITES);
	memcpy(n->proof.rh, tlv_bytes(&map, YTAP_TAG_RH, YTAP_CHALLENGE_SIZE).at,
	       YTAP_CHALLENGE_SIZE);
	CHECK_OK(ytap_proof_host(&n->proof, n->keys.kauth, want));
	CHECK_BYTES("the host knows our key", tlv_bytes(&map, YTAP_TAG_CH, YTAP_CHALLENGE_SIZE),
	            bytes_of(want, sizeof want));
	return code;
}

static uint32_t decimal_of(uint32_t bcd)
{
	uint32_t n = 0;

	for (int shift = 28; shift >= 0; shift -= 4)
		n = n * 10 + (bcd >> shift & 15);
	return n;
}

static void take_keys(struct node *n)
{
	struct tlv_map map;
	uint8_t *const places[] = { n->session_keys.tak, n->session_keys.tdk, n->session_keys.tpk };

	forget_session(n);
	tlv_map_init(&map, iso8583_bytes(&n->in, F_BULK));
	for (uint16_t i = 0; i < 3; i++)
		CHECK_OK(keywrap_field_open(n->proof.suite, n->keys.kwrap,
		                            tlv_bytes(&map, (uint16_t)(YTAP_TAG_WRAPPED_TAK + i),
		                                      keywrap_field_size(n->proof.suite)),
		                            places[i]));
	n->session = tlv_u32(&map, YTAP_TAG_SESSION);
	n->tsn_floor = tlv_u64(&map, YTAP_TAG_TSN_FLOOR);
	n->batch = decimal_of(iso8583_control(&n->in).batch);
	CHECK_OK(tlv_map_done(&map));
	n->counter = n->received = 0;
	CHECK_OK(mac_key_init_suite(&n->mac, n->proof.suite, n->session_keys.tak));
	if (suite_has_envelope(n->proof.suite))
		CHECK_OK(envelope_key_init(&n->envelope, n->proof.suite, n->session_keys.tdk,
		                           n->session));
	n->plain = !suite_has_envelope(n->proof.suite);
	CHECK(mac_f64_is(&n->mac, iso8583_mac_range(&n->in), iso8583_bytes(&n->in, F_MAC)));
}

/* Sign-in and register ask for the same proof. */
static const char *prove(struct node *n, enum ytap_message word)
{
	uint8_t bulk[96], ct[YTAP_CHALLENGE_SIZE];
	struct writer w = writer_of(bulk, sizeof bulk);
	struct mac_key kauth = { 0 };
	const char *code;

	CHECK_OK(ytap_proof_node(&n->proof, n->keys.kauth, ct));
	CHECK_OK(mac_key_init_suite(&kauth, n->proof.suite, n->keys.kauth));
	tlv_put(&w, YTAP_TAG_SUITES, bytes_of(n->offer, n->offer_count));
	tlv_put(&w, YTAP_TAG_RH, bytes_of(n->proof.rh, YTAP_CHALLENGE_SIZE));
	tlv_put(&w, YTAP_TAG_CT, bytes_of(ct, sizeof ct));
	if (n->keep_low_water)
		tlv_put_u64(&w, YTAP_TAG_LOW_WATER, 1);
	node_begin(n, word, writer_bytes(&w));
	code = node_send_frame(n, bytes_of(n->frame, pack(n, &kauth, false)));
	n->reply_maced = iso8583_has(&n->in, F_MAC) && mac_f64_is(&kauth, iso8583_mac_range(&n->in),
	                                                          iso8583_bytes(&n->in, F_MAC));
	mac_key_deinit(&kauth);
	return code;
}

const char *node_sign_in(struct node *n)
{
	const char *code = prove(n, YTAP_SIGN_IN);

	if (strcmp(code, "00") == 0)
		take_keys(n);
	return code;
}

const char *node_register(struct node *n)
{
	return prove(n, YTAP_REGISTER);
}

const char *node_connect_and_sign_in(struct node *n)
{
	const char *code;

	if (!is_ok(node_connect(n, TERMINAL_PORT_B)))
		return "no line";
	code = node_hello(n);
	return strcmp(code, "00") == 0 ? node_sign_in(n) : code;
}
