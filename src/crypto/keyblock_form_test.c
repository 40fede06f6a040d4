/* SPDX-License-Identifier: Apache-2.0 */
/* What is no key block, and what is not sealed. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include <stdio.h>

#include "crypto/keyblock.h"

#define KEYS "standard/keys.txt"

enum { TEXT_MAX = KEYBLOCK_TEXT_MAX + 64 };

/* A text of a head and so many zeros, with its true length (and `off`) where the head has dots. */
static struct str text_of(const char *head, size_t zeros, int off)
{
	static char text[TEXT_MAX + 1];
	size_t len = strlen(head) + zeros;
	char digits[32];

	ASSERT(len < sizeof text);
	memcpy(text, head, strlen(head));
	memset(text + strlen(head), '0', zeros);
	snprintf(digits, sizeof digits, "%04d", (int)len + off);
	if (memcmp(text + 1, "....", 4) == 0)
		memcpy(text + 1, digits, 4);
	return (struct str){ text, len };
}

static void check_parse(const char *name, struct str text, enum result_code want)
{
	static struct keyblock b, zeros;

	memset(&b, 0xEE, sizeof b);
	CHECK_RESULT(name, keyblock_parse(text, &b), want);
	if (want != SUCCESS)
		CHECK(memcmp(&b, &zeros, sizeof b) == 0);
}

#define D    "D....P0AE00E0000"
#define D1   "D....P0AE00E0100"
#define D2   "D....P0AE00E0200"
#define D3   "D....P0AE00E0300"
#define PB12 "PB0C01234567"
#define LB04 "LB04"

/* body and MAC of version D, in characters */
enum { ONE = 32 + 32, TWO = 64 + 32 };

static const struct form {
	const char *name, *head;
	size_t zeros;
	int off;
	enum result_code want;
} forms[] = {
	{ "whole", D, TWO, 0, SUCCESS },
	{ "one block", D, ONE, 0, SUCCESS },
	{ "A", "A....P0TE00E0000", 48 + 8, 0, SUCCESS },
	{ "B", "B....P0TE00E0000", 48 + 16, 0, SUCCESS },
	{ "C", "C....P0TE00E0000", 48 + 8, 0, SUCCESS },
	{ "3", "3....P0AE00E0000", 48 + 32, 0, SUCCESS },
	{ "4", "4....P04E00E0000", 64 + 32, 0, SUCCESS },
	{ "with an option", D1 "LB10DPK-CAMPUS01", TWO, 0, SUCCESS },
	{ "option and PB", D2 LB04 PB12, TWO, 0, SUCCESS },
	{ "PB not counted", D1 "LB1a!@#$ ~abcdefghijklmnopPB0601", TWO, 0, KEYBLOCK_FORM },
	{ "lower-case option length", D2 "LB1a!@#$ ~abcdefghijklmnopPB0601", TWO, 0, SUCCESS },
	{ "context 2", "D....P0AE00E0020", TWO, 0, SUCCESS },

	{ "nothing", "", 0, 0, KEYBLOCK_FORM },
	{ "half a header", "D0008P0A", 0, 0, KEYBLOCK_FORM },
	{ "a header only", D, 0, 0, KEYBLOCK_FORM },
	{ "a header and a MAC only", D, 32, 0, KEYBLOCK_FORM },
	{ "longer than it says", D, TWO, -1, KEYBLOCK_FORM },
	{ "shorter than it says", D, TWO, 1, KEYBLOCK_FORM },
	{ "no number as its length", "D01x2P0AE00E0000", TWO, 0, KEYBLOCK_FORM },
	{ "longer than 9999", "D9999P0AE00E0000", 10000 - 16, 0, KEYBLOCK_FORM },
	{ "9999", D, 9999 - 16, 0, KEYBLOCK_FORM },
	{ "no version E", "E....P0AE00E0000", TWO, 0, KEYBLOCK_FORM },
	{ "no version 5", "5....P0AE00E0000", TWO, 0, KEYBLOCK_FORM },
	{ "a blank as usage", "D.... 0AE00E0000", TWO, 0, KEYBLOCK_FORM },
	{ "a minus as mode", "D....P0A-00E0000", TWO, 0, KEYBLOCK_FORM },
	{ "context 3", "D....P0AE00E0030", TWO, 0, KEYBLOCK_FORM },
	{ "reserved 1", "D....P0AE00E0001", TWO, 0, KEYBLOCK_FORM },
	{ "no number of options", "D....P0AE00E0x00", TWO, 0, KEYBLOCK_FORM },

	{ "one option too few", D1 LB04 PB12, TWO, 0, KEYBLOCK_FORM },
	{ "one option too many", D3 LB04 PB12, TWO, 0, KEYBLOCK_FORM },
	{ "99 options", "D....P0AE00E9900", TWO, 0, KEYBLOCK_FORM },
	{ "uncounted option", D "LB10DPK-CAMPUS01", TWO, 0, KEYBLOCK_FORM },
	{ "PB first", D2 PB12 LB04, TWO, 0, KEYBLOCK_FORM },
	{ "PB twice", D2 "PB04" PB12, TWO, 0, KEYBLOCK_FORM },
	{ "an option twice", D3 LB04 LB04 "PB0801234567", TWO, 0, KEYBLOCK_FORM },
	{ "an option twice, apart", D3 LB04 "KC08ABCD" LB04, TWO, 0, KEYBLOCK_FORM },
	{ "not filled up", D1 LB04, TWO, 0, KEYBLOCK_FORM },
	{ "filled up for TDES only", D1 "LB0801234567", TWO, 0, KEYBLOCK_FORM },
	{ "option of 3", D1 "LB03DPK-CAMPUS01", TWO, 0, KEYBLOCK_FORM },
	{ "option of an extended length", D1 "LB0002001012345678901234", TWO, 0, KEYBLOCK_FORM },
	{ "option beyond the end", D1 "LBFFDPK-CAMPUS01", TWO, 0, KEYBLOCK_FORM },
	{ "option length no number", D1 "LB1xDPK-CAMPUS01", TWO, 0, KEYBLOCK_FORM },
	{ "option id of a blank", D1 "L 10DPK-CAMPUS01", TWO, 0, KEYBLOCK_FORM },
	{ "option not printable", D1 "LB10DPK\tCAMPUS01", TWO, 0, KEYBLOCK_FORM },
	{ "option beyond ASCII", D1 "LB10DPK\xC3\xA9MPUS01x", TWO, 0, KEYBLOCK_FORM },
	{ "PB not printable",
	  D2 LB04 "PB0C0123\x7F"
	          "567",
	  TWO, 0, KEYBLOCK_FORM },
	{ "options to the end", D1 "LB60DPK-CAMPUS01", TWO - 16, 0, KEYBLOCK_FORM },

	{ "odd hex", D, TWO - 1, 0, KEYBLOCK_FORM },
	{ "not hex", D "0G", TWO - 2, 0, KEYBLOCK_FORM },
	{ "a blank in the body", D "0 ", TWO - 2, 0, KEYBLOCK_FORM },
	{ "half a block", D, TWO - 16, 0, KEYBLOCK_FORM },
	{ "half a block, TDES", "B....P0TE00E0000", 48 + 16 - 8, 0, KEYBLOCK_FORM },
	{ "half a MAC", "B....P0TE00E0000", 16, 0, KEYBLOCK_FORM },
	{ "one wrapped block", "3....P0AE00E0000", 16 + 32, 0, KEYBLOCK_FORM },
	{ "the longest body", D, 2 * KEYBLOCK_BODY_MAX + 32, 0, SUCCESS },
	{ "a longer body", D, 2 * KEYBLOCK_BODY_MAX + 64, 0, KEYBLOCK_FORM },
};

TEST(texts_that_are_no_blocks_are_refused)
{
	const struct form *row;

	EACH (row, forms)
		check_parse(row->name, text_of(row->head, row->zeros, row->off), row->want);
}

TEST(no_piece_of_a_block_is_a_block)
{
	struct str whole = text_of(D2 LB04 PB12, TWO, 0);

	for (size_t len = 0; len < whole.len; len++)
		check_parse("", (struct str){ whole.at, len }, KEYBLOCK_FORM);
}

TEST(options_are_limited_in_number_and_length)
{
	struct keyblock_header h = { 0 }, before;
	char id[3] = "A", data[KEYBLOCK_OPTION_MAX];

	memset(data, 'x', sizeof data);
	for (int i = 0; i < KEYBLOCK_OPTIONS_COUNT; i++) {
		id[1] = (char)('a' + i);
		CHECK_OK(keyblock_option_add(&h, id, (struct str){ data, 0 }));
	}
	before = h;
	CHECK_RESULT("one more", keyblock_option_add(&h, "B0", STR("")), KEYBLOCK_FORM);
	CHECK(memcmp(&h, &before, sizeof h) == 0);
	h = (struct keyblock_header){ 0 };
	for (id[1] = 'a'; id[1] < 'e'; id[1]++)
		CHECK_OK(keyblock_option_add(&h, id, (struct str){ data, 251 }));
	before = h;
	CHECK_RESULT("5 more", keyblock_option_add(&h, "B0", STR("1")), KEYBLOCK_FORM);
	CHECK(memcmp(&h, &before, sizeof h) == 0);
	CHECK_OK(keyblock_option_add(&h, "B0", STR("")));
	CHECK_I64("", strlen(h.options), KEYBLOCK_OPTIONS_MAX);
	CHECK_RESULT("4 more", keyblock_option_add(&h, "B1", STR("")), KEYBLOCK_FORM);
}

TEST(options_that_cannot_be_are_not_added)
{
	static const struct {
		const char *id, *data;
	} rows[] = {
		{ "LB", "again" }, { "PB", "filler" }, { "L", "short" },  { "LBL", "long" },
		{ "L.", "point" }, { "", "empty" },    { "KC", "tab\t" }, { "KC", "\xE7\xA0\x81" },
	}, *row;
	struct keyblock_header h = { 0 }, before;
	char long_data[KEYBLOCK_OPTION_MAX - 3];
	struct str found;

	memset(long_data, 'x', sizeof long_data);
	REQUIRE_OK(keyblock_option_add(&h, "LB", STR("label")));
	before = h;
	EACH (row, rows) {
		CHECK_RESULT(row->data, keyblock_option_add(&h, row->id, str_of(row->data)),
		             KEYBLOCK_FORM);
		CHECK(memcmp(&h, &before, sizeof h) == 0);
	}
	CHECK_RESULT("252",
	             keyblock_option_add(&h, "KC", (struct str){ long_data, sizeof long_data }),
	             KEYBLOCK_FORM);
	CHECK(keyblock_option_find(&h, "LB", &found) && str_equal(found, STR("label")));
	CHECK(!keyblock_option_find(&h, "la", &found));
}

static struct keyblock_loaded *load(char version, const char *key)
{
	struct keyblock_loaded *l = NULL;

	ASSERT(is_ok(keyblock_protector_open(version, vector(KEYS, key), &l)));
	return l;
}

static const struct keyblock_header right = { 'D', "K0", 'A', 'B', "01", 'E', '2', "" };

TEST(what_must_not_be_sealed_is_refused_and_nothing_written)
{
	static const struct {
		const char *name;
		struct keyblock_header header;
		size_t key_len, hidden_as, size;
		enum result_code want;
	} rows[] = {
		{ "right", { 'D', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 145, SUCCESS },
		{ "no room", { 'D', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 144, BUFFER_FULL },
		{ "A", { 'A', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "C", { 'C', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "B", { 'B', "K0", 'T', 'B', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "3", { '3', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "E", { 'E', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "usage", { 'D', "10", 'A', 'B', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_USE },
		{ "mode", { 'D', "K0", 'A', 'X', "01", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_USE },
		{ "length", { 'D', "K0", 'A', 'B', "01", 'E', '2', "" }, 17, 0, 256, KEYBLOCK_FORM },
		{ "TDES", { 'D', "K0", 'T', 'B', "01", 'E', '2', "" }, 8, 0, 256, KEYBLOCK_FORM },
		{ "SM4", { 'D', "K0", '4', 'B', "01", 'E', '2', "" }, 32, 0, 256, KEYBLOCK_FORM },
		{ "no key", { 'D', "M7", 'H', 'C', "01", 'E', '2', "" }, 0, 0, 256, KEYBLOCK_FORM },
		{ "hidden", { 'D', "K0", 'A', 'B', "01", 'E', '2', "" }, 16, 2561, 9999,
		  KEYBLOCK_FORM },
		{ "context", { 'D', "K0", 'A', 'B', "01", 'E', '3', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "context", { 'D', "K0", 'A', 'B', "01", 'E', 0, "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "version", { 'D', "K0", 'A', 'B', "1", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "version", { 'D', "K0", 'A', 'B', "0 ", 'E', '2', "" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "option", { 'D', "K0", 'A', 'B', "01", 'E', '2', "LB05" }, 16, 0, 256, KEYBLOCK_FORM },
		{ "PB", { 'D', "K0", 'A', 'B', "01", 'E', '2', "PB04" }, 16, 0, 256, KEYBLOCK_FORM },
	}, *row;
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load('D', "lmk");
	static const uint8_t key[32];
	char text[KEYBLOCK_TEXT_MAX];

	EACH (row, rows) {
		struct keyblock_order o = { &row->header, bytes_of(key, row->key_len),
			                    random_system(), row->hidden_as };
		size_t len = 42;

		memset(text, 'u', sizeof text);
		CHECK_RESULT(row->name,
		             keyblock_seal(keyblock_protector_of(l), &o, text, row->size, &len),
		             row->want);
		CHECK_I64(row->name, len, row->want == SUCCESS ? 144 : 42);
		CHECK(row->want == SUCCESS || (text[0] == 'u' && text[143] == 'u'));
	}
}

TEST(options_without_an_end_are_not_written)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load('D', "lmk");
	static const uint8_t key[16];
	struct keyblock_header h = right;
	struct keyblock_order o = { &h, bytes_of(key, 16), random_system(), 0 };
	char text[KEYBLOCK_TEXT_MAX];
	size_t len;

	memset(h.options, 'A', sizeof h.options);
	CHECK_RESULT("", keyblock_seal(keyblock_protector_of(l), &o, text, sizeof text, &len),
	             KEYBLOCK_FORM);
}

TEST(wrapped_keys_that_cannot_be_are_not_sealed)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *aes = load('3', "lmk");
	SCOPED(keyblock_protector_close) struct keyblock_loaded *tdes = load('B', "zmk-tdes");
	static const uint8_t body[KEYBLOCK_KEY_MAX + 16];
	static const size_t sizes[] = { 0, 8, 17, KEYBLOCK_KEY_MAX + 16 }, *size;
	struct keyblock_header h = right;
	struct keyblock_order o = { &h, bytes_of(body, 24), random_system(), 0 };
	char text[KEYBLOCK_TEXT_MAX];
	size_t len = 42;

	CHECK_RESULT("version D",
	             keyblock_seal_wrapped(keyblock_protector_of(aes), &o, text, sizeof text, &len),
	             KEYBLOCK_FORM);
	h.version = '3';
	CHECK_RESULT(
	        "TDES",
	        keyblock_seal_wrapped(keyblock_protector_of(tdes), &o, text, sizeof text, &len),
	        KEYBLOCK_FORM);
	EACH (size, sizes) {
		o.key.len = *size;
		CHECK_RESULT("size",
		             keyblock_seal_wrapped(keyblock_protector_of(aes), &o, text,
		                                   sizeof text, &len),
		             KEYBLOCK_FORM);
	}
	o.key.len = 24;
	h.mode = 'X';
	CHECK_RESULT("mode",
	             keyblock_seal_wrapped(keyblock_protector_of(aes), &o, text, sizeof text, &len),
	             KEYBLOCK_USE);
	CHECK_I64("", len, 42);
}

TEST(only_version_3_is_checked_without_opening)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load('D', "lmk");
	static struct keyblock b;
	struct str text = text_of(D, TWO, 0);

	REQUIRE_OK(keyblock_parse(text, &b));
	CHECK_RESULT("", keyblock_check(keyblock_protector_of(l), text, &b), KEYBLOCK_FORM);
	text = text_of("3....P0AE00E0000", 48 + 32, 0);
	REQUIRE_OK(keyblock_parse(text, &b));
	CHECK_RESULT("", keyblock_check(keyblock_protector_of(l), text, &b), KEYBLOCK_MAC);
}

/* A block that is authentic but holds `clear`. */
static struct str authentic(struct keyblock_protector *p, char algorithm, struct bytes clear)
{
	static char text[256];
	uint8_t mac[KEYBLOCK_MAC_MAX], body[64];

	snprintf(text, sizeof text, "D%04zuK1%cB00E0000", 16 + 2 * clear.len + 32, algorithm);
	ASSERT(is_ok(p->mac(p, bytes_of(text, 16), clear, mac)));
	ASSERT(is_ok(p->encrypt(p, mac, clear, body)));
	hex_encode(bytes_of(body, clear.len), text + 16);
	hex_encode(bytes_of(mac, 16), text + 16 + 2 * clear.len);
	return str_of(text);
}

TEST(nonsense_inside_an_authentic_block_is_refused)
{
	static const struct {
		const char *name;
		char algorithm;
		unsigned bits;
		size_t body;
		enum result_code want;
	} rows[] = {
		{ "right", 'A', 128, 32, SUCCESS },
		{ "no pad", 'H', 112, 16, SUCCESS },
		{ "longer than its body", 'H', 120, 16, KEYBLOCK_FORM },
		{ "much longer than its body", 'H', 0xFFF8, 32, KEYBLOCK_FORM },
		{ "no whole bytes", 'H', 127, 32, KEYBLOCK_FORM },
		{ "no bits", 'H', 0, 32, KEYBLOCK_FORM },
		{ "no such AES", 'A', 120, 32, KEYBLOCK_FORM },
		{ "no such TDES", 'T', 64, 32, KEYBLOCK_FORM },
		{ "DES", 'D', 64, 32, SUCCESS },
		{ "no such SM4", '4', 256, 48, KEYBLOCK_FORM },
	}, *row;
	SCOPED(keyblock_protector_close) struct keyblock_loaded *l = load('D', "lmk");
	struct keyblock_protector *p = keyblock_protector_of(l);
	static struct keyblock b;
	static uint8_t key[KEYBLOCK_KEY_MAX];

	EACH (row, rows) {
		uint8_t clear[64];
		size_t len = 42;
		struct str text;

		memset(clear, 0x77, sizeof clear);
		store_be16(clear, (uint16_t)row->bits);
		text = authentic(p, row->algorithm, bytes_of(clear, row->body));
		REQUIRE_OK(keyblock_parse(text, &b));
		memset(key, 0xEE, sizeof key);
		CHECK_RESULT(row->name, keyblock_open(p, text, &b, key, &len), row->want);
		CHECK_I64(row->name, len, row->want == SUCCESS ? row->bits / 8 : 0);
		CHECK_I64(row->name, key[0], row->want == SUCCESS ? 0x77 : 0);
	}
}

/* A device that breaks in the middle. */
struct broken {
	struct keyblock_protector protector;
	int calls_left;
};

static result broken_call(struct keyblock_protector *p)
{
	return ((struct broken *)p)->calls_left-- ? OK : FAIL(CRYPTO_FAULT, "pulled out");
}

static result broken_mac(struct keyblock_protector *p, struct bytes head, struct bytes tail,
                         uint8_t out[KEYBLOCK_MAC_MAX])
{
	(void)head, (void)tail;
	memset(out, 0, KEYBLOCK_MAC_MAX);
	return broken_call(p);
}

static result broken_cipher(struct keyblock_protector *p, const uint8_t iv[16], struct bytes in,
                            uint8_t *out)
{
	(void)iv;
	memcpy(out, in.at, in.len);
	return broken_call(p);
}

TEST(a_device_that_breaks_leaves_neither_text_nor_key)
{
	static const uint8_t secret[16] = { 0x11 };
	struct keyblock_order o = { &right, bytes_of(secret, 16), random_system(), 0 };
	static uint8_t key[KEYBLOCK_KEY_MAX];
	static struct keyblock b;
	char text[256] = "untouched";
	struct str block = text_of(D, TWO, 0);
	size_t len = 42;

	REQUIRE_OK(keyblock_parse(block, &b));
	for (int calls = 0; calls < 2; calls++) {
		struct broken d = { { 16, broken_mac, broken_cipher, broken_cipher }, calls };

		CHECK_RESULT("seal", keyblock_seal(&d.protector, &o, text, sizeof text, &len),
		             CRYPTO_FAULT);
		CHECK_STR("", text, "untouched");
		CHECK_I64("", len, 42);
		d.calls_left = calls;
		memset(key, 0xEE, sizeof key);
		CHECK_RESULT("open", keyblock_open(&d.protector, block, &b, key, &(size_t){ 0 }),
		             CRYPTO_FAULT);
		CHECK_I64("", key[0], 0);
		CHECK_I64("", key[KEYBLOCK_KEY_MAX - 1], 0);
	}
}

TEST(protectors_take_keys_of_their_sizes_only)
{
	static const struct {
		char version;
		const char *sizes; /* by length / 8 */
	} rows[] = {
		{ 'A', "0011000" }, { 'B', "0011000" }, { 'C', "0011000" }, { 'D', "0011100" },
		{ '3', "0011100" }, { '4', "0010000" }, { 'E', "0000000" },
	}, *row;
	static const uint8_t key[72];

	EACH (row, rows)
		for (size_t len = 0; len <= sizeof key; len++) {
			struct keyblock_loaded *l = NULL;
			bool fits = len % 8 == 0 && len < 56 && row->sizes[len / 8] == '1';

			CHECK_RESULT("",
			             keyblock_protector_open(row->version, bytes_of(key, len), &l),
			             fits ? SUCCESS : INVALID_KEY);
			CHECK(fits == (l != NULL));
			keyblock_protector_close(&l);
			CHECK(l == NULL);
		}
}
