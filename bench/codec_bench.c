/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec_bench.c — nanoseconds of processor time for the steps a purchase takes on the line: parse,
 * build, MAC, envelope, and a whole request with its reply, for AES and SM4.
 *
 *   codec_bench [repetitions]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/frame.h"
#include "codec/iso8583_message.h"
#include "codec/tlv.h"
#include "codec/ytap_tags.h"
#include "crypto/digest.h"
#include "crypto/envelope.h"
#include "crypto/sm4.h"
#include "crypto/ytap_keys.h"

enum {
	ROUNDS = 7,
	MANY = 16,  /* of a batch */
	BODY = 200, /* room for the purchase and its envelope */
};

static const uint8_t key[SUITE_KEY_SIZE] = { 0x10, 0x11, 0x12, 0x13 };

struct line {
	enum suite suite;
	struct mac_key mac;
	struct envelope_key envelope;
};

static struct iso8583 in;
static struct iso8583_out out;
static uint8_t request[FRAME_MAX], reply[FRAME_MAX];
static uint8_t *const message = request + FRAME_HEAD_SIZE + ENVELOPE_SEC;
static size_t message_len;
static uint64_t sink;

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* The best of some rounds, so that other work on the machine does not count. */
static void measure_each(const char *what, void (*step)(struct line *), struct line *line,
                         long times, long each)
{
	int64_t best = INT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = cpu_ns(), took;

		for (long i = 0; i < times; i += each)
			step(line);
		took = cpu_ns() - start;
		best = took < best ? took : best;
	}
	printf("%-44s %7ld ns\n", what, (long)(best / times));
}

static void measure(const char *what, void (*step)(struct line *), struct line *line, long times)
{
	measure_each(what, step, line, times, 1);
}

static void make_purchase(void)
{
	static const uint8_t tags[] = { 0xDF, 0x01, 8,    0,    0, 0,    0,    0, 0x98,
		                        0x96, 0x83, 0xDF, 0x03, 4, 0x20, 0x26, 9, 1,
		                        0xDF, 0x04, 4,    0,    0, 0x10, 0x79 };

	iso8583_begin_request(&out, ISO8583_B, YTAP_PURCHASE, 0x000731);
	iso8583_set_str(&out, F_CARD_NO, STR("6230001000012345678"));
	iso8583_set_money(&out, F_AMOUNT, (struct money){ 1250 });
	iso8583_set_i64(&out, F_STAN, 3);
	iso8583_set_local_time(&out, (struct instant){ 1788235501000000 });
	iso8583_set_str(&out, F_ENTRY_MODE, STR("071"));
	iso8583_set_i64(&out, F_CARD_SEQUENCE, 1);
	iso8583_set_str(&out, F_NODE, STR("40010007"));
	iso8583_set_str(&out, F_MERCHANT, STR("YKT300100000042"));
	iso8583_set_i64(&out, F_CURRENCY, 156);
	iso8583_set_bytes(&out, F_DATA, bytes_of(tags, sizeof tags));
}

static void step_build(struct line *line)
{
	(void)line;
	make_purchase();
	ASSERT(is_ok(iso8583_build(&out, true, message, FRAME_BODY_MAX, &message_len)));
}

static void step_parse(struct line *line)
{
	(void)line;
	ASSERT(is_ok(iso8583_parse(ISO8583_B, bytes_of(message, message_len), &in)));
	sink += in.bitmap;
}

static void step_read(struct line *line)
{
	struct instant now = { 1788235502000000 };
	struct tlv_map tags;

	step_parse(line);
	ASSERT(is_ok(iso8583_check(iso8583_message_find(&in), &in)));
	sink += iso8583_str(&in, F_CARD_NO).len + (uint64_t)iso8583_money(&in, F_AMOUNT).fen;
	sink += (uint64_t)iso8583_local_time(&in, now).us;
	tlv_map_init(&tags, iso8583_bytes(&in, F_DATA));
	sink += tlv_u64(&tags, YTAP_TAG_TSN);
	ASSERT(is_ok(iso8583_done(&in)) && is_ok(tlv_map_done(&tags)));
}

static size_t build_reply(void)
{
	static const struct iso8583_balance balance = { 10, 2, { 8750 } };
	size_t len;

	iso8583_reply(&out, &in, iso8583_message_of(YTAP_PURCHASE));
	iso8583_set_local_time(&out, (struct instant){ 1788235501000000 });
	iso8583_set_business_date(&out, (struct bizdate){ 20260901 });
	iso8583_set_i64(&out, F_REFERENCE, 90109001234);
	iso8583_set_str(&out, F_APPROVAL, STR("A01230"));
	iso8583_set_str(&out, F_RESPONSE, STR("00"));
	iso8583_set_balances(&out, &balance, 1);
	iso8583_set_bytes(&out, F_DATA, bytes_of("\xDF\x01\x08\0\0\0\0\0\x98\x96\x83", 11));
	ASSERT(is_ok(iso8583_build(&out, true, reply + FRAME_HEAD_SIZE + ENVELOPE_SEC,
	                           FRAME_BODY_MAX, &len)));
	return len;
}

static void step_reply(struct line *line)
{
	(void)line;
	sink += build_reply();
}

static void step_mac(struct line *line)
{
	uint8_t f64[F64_SIZE];

	mac_f64(&line->mac, bytes_of(message, message_len - F64_SIZE), f64);
	sink += f64[0];
}

static void step_seal(struct line *line)
{
	envelope_seal(&line->envelope, ENVELOPE_TO_HOST, 3, request, request + FRAME_HEAD_SIZE,
	              message_len);
}

static void step_seal_and_open(struct line *line)
{
	struct bytes opened;

	step_seal(line);
	ASSERT(is_ok(envelope_open(&line->envelope, ENVELOPE_TO_HOST, request,
	                           request + FRAME_HEAD_SIZE, message_len + ENVELOPE_EXTRA,
	                           &opened)));
}

/* What the host does for one purchase on the line; sealing the request stands in for the till. */
static void step_host(struct line *line)
{
	uint8_t *body = reply + FRAME_HEAD_SIZE, *built = body + ENVELOPE_SEC, f64[F64_SIZE];
	size_t len;

	step_seal_and_open(line);
	step_read(line);
	sink += mac_f64_is(&line->mac, iso8583_mac_range(&in), iso8583_bytes(&in, F_MAC));
	len = build_reply();
	mac_f64(&line->mac, iso8583_built_range(&out, built, len), f64);
	iso8583_put_mac(&out, built, len, f64);
	envelope_seal(&line->envelope, ENVELOPE_TO_NODE, 3, reply, body, len);
}

/* --- as many at once as arrive in one round --- */

static uint8_t bodies[MANY][BODY], sealed[MANY][BODY];

static void fill_items(struct line *line, struct envelope_item *items, uint8_t (*at)[BODY])
{
	for (size_t i = 0; i < MANY; i++)
		items[i] = (struct envelope_item){ .key = &line->envelope,
			                           .direction = ENVELOPE_TO_HOST,
			                           .counter = i,
			                           .hdr = request,
			                           .body = at[i],
			                           .len = message_len };
}

static void step_mac_many(struct line *line)
{
	struct mac_item items[MANY];

	for (size_t i = 0; i < MANY; i++)
		items[i] = (struct mac_item){ .key = &line->mac,
			                      .data = bytes_of(message, message_len - F64_SIZE) };
	mac_many(items, MANY);
	sink += items[0].full[0];
}

static void step_seal_many(struct line *line)
{
	struct envelope_item items[MANY];

	fill_items(line, items, bodies);
	envelope_seal_many(items, MANY);
	sink += bodies[0][20];
}

static void step_open_many(struct line *line)
{
	struct envelope_item items[MANY];

	memcpy(bodies, sealed, sizeof bodies);
	fill_items(line, items, bodies);
	for (size_t i = 0; i < MANY; i++)
		items[i].len += ENVELOPE_EXTRA;
	envelope_open_many(items, MANY);
	for (size_t i = 0; i < MANY; i++)
		ASSERT(items[i].right);
}

static void prepare_sealed(struct line *line)
{
	step_seal_many(line);
	memcpy(sealed, bodies, sizeof sealed);
}

static void step_sha256(struct line *line)
{
	uint8_t digest[DIGEST_SIZE];

	(void)line;
	digest_sha256(bytes_of(message, 64), digest);
	sink += digest[0];
}

static void step_session_keys(struct line *line)
{
	static const uint8_t root[YTAP_DAY_ROOT_SIZE] = { 1 };
	struct ytap_session_spec spec = {
		.day = 20260901, .sequence = 1, .node = "40010007", .session = 1
	};
	struct ytap_session_keys keys;

	(void)line;
	ASSERT(is_ok(ytap_derive_session_keys(root, &spec, &keys)));
	sink += keys.tak[0];
}

static void measure_suite(const char *name, enum suite suite, long times)
{
	struct line line = { .suite = suite };

	printf("\n%s\n", name);
	ASSERT(is_ok(mac_key_init_suite(&line.mac, suite, key)));
	measure("F64 of the purchase", step_mac, &line, times);
	measure_each("  of 16 at once, each", step_mac_many, &line, times, MANY);
	if (suite_has_envelope(suite)) {
		ASSERT(is_ok(envelope_key_init(&line.envelope, suite, key, 0x5A000001)));
		measure("seal the purchase", step_seal, &line, times);
		measure("seal and open it", step_seal_and_open, &line, times);
		measure_each("  seal 16 at once, each", step_seal_many, &line, times, MANY);
		prepare_sealed(&line);
		measure_each("  open 16 at once, each", step_open_many, &line, times, MANY);
		measure("all of it, request sealed to reply sealed", step_host, &line, times);
		envelope_key_deinit(&line.envelope);
	}
	mac_key_deinit(&line.mac);
}

int main(int argc, char **argv)
{
	long times = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;

	if (times <= 0)
		times = 20000;
	step_build(NULL);
	printf("purchase of %zu bytes, reply of ", message_len);
	step_parse(NULL);
	printf("%zu bytes; processor time, best of %d rounds of %ld\n\n", build_reply(), ROUNDS,
	       times);
	measure("build the request", step_build, NULL, times);
	measure("parse it", step_parse, NULL, times);
	measure("parse, find, check, read eight values", step_read, NULL, times);
	measure("build the reply", step_reply, NULL, times);
	measure("SHA-256 of 64 bytes", step_sha256, NULL, times);
	measure("three session keys from the day root", step_session_keys, NULL, times / 10 + 1);
	measure_suite("suite 1, AES", SUITE_AES, times);
	measure_suite("suite 2, SM4", SUITE_SM4, times);
	if (sm4_is_fast()) {
		sm4_force_portable(true);
		measure_suite("suite 2 where the processor has no GFNI", SUITE_SM4, times);
		sm4_force_portable(false);
	}
	measure_suite("suite 3, X9.19", SUITE_3DES, times);
	return sink == 42;
}
