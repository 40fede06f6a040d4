/* SPDX-License-Identifier: Apache-2.0 */
/* Working keys in both places must be the same keys, and be held to their headers in both. */
#include <stdio.h>

#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "harness/test.h"
#include "hsm/hsm_testkit.h"
#include "hsm/working_key.h"

/* A token with the published LMK in slot 0 and another one in slot 1. */
struct bench {
	struct hsm_rig rig;
	struct working_place first, second;
};

static bool bench_open(struct bench *b)
{
	SCOPED(secret_wipe) struct secret lmk, other = { .len = 32 };
	struct hsm_lmk found;

	*b = (struct bench){ 0 };
	if (!hsm_rig_open(&b->rig))
		return false;
	lmk_published(LMK_AES, &lmk);
	memset(other.at, 0x5A, 32);
	other.at[3] = 7;
	CHECK_OK(hsm_lmk_install(b->rig.session, 0, LMK_AES, &lmk, &found));
	CHECK_OK(hsm_lmk_install(b->rig.session, 1, LMK_AES, &other, &found));
	b->first = (struct working_place){ b->rig.session, 0 };
	b->second = (struct working_place){ b->rig.session, 1 };
	return true;
}

static void bench_close(struct bench *b)
{
	hsm_rig_close(&b->rig);
}

static struct keyblock_header header_of(char version, const char *usage, char algorithm, char mode)
{
	struct keyblock_header h = { .version = version,
		                     .algorithm = algorithm,
		                     .mode = mode,
		                     .key_version = "01",
		                     .exportability = 'E',
		                     .context = '1' };

	memcpy(h.usage, usage, 3);
	return h;
}

/* Seal a value and open it again. */
static struct working_key *put(const struct working_place *at, const struct keyblock_header *h,
                               unsigned bits, const char *hex)
{
	struct working_order order = { .header = h, .lmk_check = "01CC00BBC79C", .bits = bits };
	char text[WORKING_BLOCK_MAX + 1];
	struct working_key *k = NULL;
	uint8_t value[64];
	struct kcv kcv;
	size_t len;

	CHECK_OK(hex_decode(str_of(hex), value, strlen(hex) / 2));
	CHECK_OK(working_key_seal(at, &order, bytes_of(value, strlen(hex) / 2), text, &len, &kcv));
	CHECK_OK(working_key_open(at, (struct str){ text, len }, &k));
	return k;
}

TEST(a_key_works_alike_in_the_device_and_here)
{
	static const struct {
		const char *name, *usage, *key;
		char algorithm, mode;
		unsigned bits;
	} rows[] = {
		{ "AES-128 data", "D0", "2B7E151628AED2A6ABF7158809CF4F3C", 'A', 'B', 128 },
		{ "AES-256 data", "D0",
		  "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", 'A', 'B', 256 },
		{ "TDES data", "D0", "0123456789ABCDEFFEDCBA9876543210", 'T', 'B', 112 },
		{ "TDES 3 data", "D0", "8AA83BF8CBDA10620BC1BF19FBB6CD58BC313D4A371CA8B5", 'T', 'B', 168 },
	}, *row;
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b));
	EACH (row, rows) {
		struct keyblock_header device =
		        header_of('3', row->usage, row->algorithm, row->mode);
		struct keyblock_header host = header_of('D', row->usage, row->algorithm, row->mode);
		SCOPED(working_key_close)
		struct working_key *in_device = put(&b.first, &device, row->bits, row->key);
		SCOPED(working_key_close)
		struct working_key *here = put(&b.first, &host, row->bits, row->key);
		uint8_t iv[16] = { 9, 8, 7 }, in[48], one[48], two[48], back[48];

		REQUIRE(in_device && here);
		CHECK(working_key_in_device(in_device) && !working_key_in_device(here));
		for (size_t i = 0; i < sizeof in; i++)
			in[i] = (uint8_t)(i * 7);
		for (enum hsm_cipher mode = HSM_ECB; mode <= HSM_CTR; mode++) {
			struct hsm_cipher_call c = { mode, true, mode == HSM_ECB ? NULL : iv,
				                     bytes_of(in, 48), one };
			result r = working_key_cipher(in_device, &c);

			if (mode == HSM_CTR && row->algorithm == 'T') {
				CHECK_RESULT(row->name, r, HSM_UNSUPPORTED);
				continue;
			}
			CHECK_OK(r);
			c.out = two;
			CHECK_OK(working_key_cipher(here, &c));
			CHECK_BYTES(row->name, bytes_of(one, 48), bytes_of(two, 48));
			c = (struct hsm_cipher_call){ mode, false, c.iv, bytes_of(one, 48), back };
			CHECK_OK(working_key_cipher(in_device, &c));
			CHECK_BYTES(row->name, bytes_of(back, 48), bytes_of(in, 48));
		}
		struct kcv a, c;
		CHECK_OK(working_key_kcv(in_device, &a));
		CHECK_OK(working_key_kcv(here, &c));
		CHECK(kcv_is(&a, &c));
	}
}

TEST(a_root_gives_the_same_children_and_macs_in_both_places)
{
	/* keys TV-18, TV-20, TV-23: DPK, SESPK of it, MAC1 and MAC2 of a purchase */
	static const char root[] = "11111111111111112222222222222222";
	SCOPED(bench_close) struct bench b;
	struct keyblock_header device = header_of('3', "20", 'T', 'X'),
	                       host = header_of('D', "20", 'T', 'X');
	struct pboc_factors one = { { { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } }, 1 };
	struct pboc_factors two = { { { 0x44, 0x01, 0, 0, 0, 0, 0, 1 },
		                      { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } },
		                    2 };
	uint8_t mac1[18], mac2[4], macs[WORKING_SESSION_MACS][PBOC_MAC_SIZE];

	REQUIRE(bench_open(&b));
	SCOPED(working_key_close) struct working_key *in_device = put(&b.first, &device, 112, root);
	SCOPED(working_key_close) struct working_key *here = put(&b.first, &host, 112, root);
	REQUIRE(in_device && here);
	CHECK_OK(hex_decode(STR("000003E80611223344556620261122123456"), mac1, 18));
	CHECK_OK(hex_decode(STR("000003E8"), mac2, 4));
	struct working_key *const both[] = { in_device, here };
	for (size_t i = 0; i < 2; i++) {
		struct working_session_mac m = { .factors = &one,
			                         .session = { 0xA1, 0xB2, 0xC3, 0xD4, 0x00, 0x05,
			                                      0x01, 0x23 },
			                         .in = { bytes_of(mac1, 18), bytes_of(mac2, 4) },
			                         .count = 2 };
		struct pboc_key child;

		CHECK_OK(working_key_diversify(both[i], &one, &child));
		/* parity was set when the value was stored, so compare by what DES makes of it */
		CHECK_I64("length", child.len, 16);
		CHECK_OK(working_key_session_mac(both[i], &m, macs));
		CHECK_HEX("MAC1", bytes_of(macs[0], 4), "14A2F314");
		CHECK_HEX("MAC2", bytes_of(macs[1], 4), "BFA423A8");
		CHECK_OK(working_key_diversify(both[i], &two, &child));
		CHECK_HEX("two levels", bytes_of(child.at, 16), "ED2648B5E140C4C7560C53420D3BEA69");
	}
	struct pboc_factors none = { .count = 0 };
	struct pboc_key child;
	CHECK_RESULT("a root in the device shows itself to nobody",
	             working_key_diversify(in_device, &none, &child), KEY_USE);
	CHECK_I64("nor by its value", working_key_value(in_device).len, 0);
}

TEST(a_derivation_root_gives_the_same_keys_in_both_places)
{
	/* keys TV-16 */
	static const char root[] =
	        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";
	static const char versions[] = { '3', 'D' };
	SCOPED(bench_close) struct bench b;
	uint8_t out[32];

	REQUIRE(bench_open(&b));
	for (size_t i = 0; i < 2; i++) {
		struct keyblock_header h = header_of(versions[i], "B3", 'A', 'X');
		SCOPED(working_key_close) struct working_key *k = put(&b.first, &h, 256, root);
		struct kdf_spec spec = { "label", str_bytes(STR("ctx")) };

		REQUIRE(k);
		CHECK_OK(working_key_kdf(k, &spec, out, 32));
		CHECK_HEX("TV-16", bytes_of(out, 32),
		          "BEC8239282EF72871D376C9B0E49E0422E16E46972091525295C91FA70EFF281");
	}
}

TEST(what_a_header_does_not_allow_is_refused)
{
	SCOPED(bench_close) struct bench b;
	uint8_t block[16] = { 0 }, mac[32];
	size_t len;

	REQUIRE(bench_open(&b));
	for (const char *version = "3D"; *version; version++) {
		struct keyblock_header encrypt = header_of(*version, "D0", 'A', 'E'),
		                       root = header_of(*version, "B3", 'A', 'X');
		struct keyblock_header maker = header_of(*version, "M6", 'A', 'G'),
		                       checker = header_of(*version, "M6", 'A', 'V');
		static const char key[] = "2B7E151628AED2A6ABF7158809CF4F3C";
		SCOPED(working_key_close) struct working_key *e = put(&b.first, &encrypt, 128, key);
		SCOPED(working_key_close) struct working_key *x = put(&b.first, &root, 128, key);
		SCOPED(working_key_close) struct working_key *g = put(&b.first, &maker, 128, key);
		SCOPED(working_key_close) struct working_key *v = put(&b.first, &checker, 128, key);
		struct hsm_cipher_call c = { HSM_ECB, true, NULL, bytes_of(block, 16), block };
		struct kdf_spec spec = { "l", str_bytes(STR("c")) };

		REQUIRE(e && x && g && v);
		CHECK_OK(working_key_cipher(e, &c));
		CHECK_RESULT("a root", working_key_cipher(x, &c), KEY_USE);
		CHECK_RESULT("a MAC key", working_key_cipher(g, &c), KEY_USE);
		c.encrypt = false;
		CHECK_RESULT("encrypt only", working_key_cipher(e, &c), KEY_USE);
		CHECK_OK(working_key_mac(g, WORKING_CMAC, false, bytes_of(block, 16), mac, &len));
		CHECK_RESULT("makes only",
		             working_key_mac(g, WORKING_CMAC, true, bytes_of(block, 16), mac, &len),
		             KEY_USE);
		CHECK_OK(working_key_mac(v, WORKING_CMAC, true, bytes_of(block, 16), mac, &len));
		CHECK_RESULT(
		        "checks only",
		        working_key_mac(v, WORKING_CMAC, false, bytes_of(block, 16), mac, &len),
		        KEY_USE);
		CHECK_RESULT("a data key", working_key_kdf(e, &spec, mac, 16), KEY_USE);
		CHECK_RESULT("no RSA", working_key_rsa(e, bytes_of(block, 16), mac), KEY_USE);
		c.in.len = 15;
		c.encrypt = true;
		CHECK_RESULT("15 bytes", working_key_cipher(e, &c), INVALID_BYTES);
	}
}

TEST(generated_keys_are_of_their_kind_and_survive_the_change_of_the_master_key)
{
	static const struct {
		const char *name, *usage;
		char version, algorithm, mode;
		unsigned bits;
	} rows[] = {
		{ "AES in the device", "B3", '3', 'A', 'X', 256 }, { "AES here", "B3", 'D', 'A', 'X', 128 },
		{ "TDES in the device", "20", '3', 'T', 'X', 112 }, { "TDES here", "20", 'D', 'T', 'X', 112 },
		{ "SM4 here", "20", 'D', '4', 'X', 128 },           { "HMAC here", "M7", 'D', 'H', 'C', 256 },
		{ "RSA here", "S0", 'D', 'R', 'S', 1024 },          { "RSA in the device", "S0", '3', 'R', 'S', 1024 },
		{ "SM2 here", "S0", 'D', '2', 'S', 256 },
	}, *row;
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b));
	EACH (row, rows) {
		struct keyblock_header h =
		        header_of(row->version, row->usage, row->algorithm, row->mode);
		struct working_order order = {
			.header = &h, .lmk_check = "01CC00BBC79C", .bits = row->bits, .exponent = 3
		};
		char text[WORKING_BLOCK_MAX + 1], again[WORKING_BLOCK_MAX + 1];
		SCOPED(working_key_close)
		struct working_key *before = NULL, *after = NULL, *none = NULL;
		struct working_target target = { b.second, "010123456789", 'D' };
		struct kcv made, kept, moved;
		struct str check;
		size_t len, again_len;

		CHECK_OK(keyblock_option_add(&h, "LB", str_of("A.B.C.01")));
		REQUIRE_OK(working_key_generate(&b.first, &order, text, &len, &made));
		REQUIRE_OK(working_key_open(&b.first, (struct str){ text, len }, &before));
		REQUIRE_OK(working_key_reseal(&b.first, &target, (struct str){ text, len }, again,
		                              &again_len));
		REQUIRE_OK(working_key_open(&b.second, (struct str){ again, again_len }, &after));
		CHECK_RESULT(row->name,
		             working_key_open(&b.first, (struct str){ again, again_len }, &none),
		             KEYBLOCK_MAC);
		CHECK(keyblock_option_find(working_key_header(after), "KP", &check) &&
		      str_equal(check, STR("010123456789")));
		CHECK(keyblock_option_find(working_key_header(after), "LB", &check) &&
		      str_equal(check, STR("A.B.C.01")));
		if (row->algorithm == 'R' && row->version == '3')
			continue;
		CHECK_OK(working_key_kcv(before, &kept));
		CHECK_OK(working_key_kcv(after, &moved));
		CHECK(kcv_is(&made, &kept) && kcv_is(&made, &moved));
	}
}

TEST(weak_and_misshapen_values_are_refused)
{
	static const struct {
		const char *name, *key, *want;
		char algorithm;
		unsigned bits;
	} rows[] = {
		{ "one byte", "77777777777777777777777777777777", "KEY_WEAK", 'A', 128 },
		{ "K1 is K2", "0123456789ABCDEF0123456789ABCDEF", "KEY_WEAK", 'T', 112 },
		{ "K1 is K2 but for parity", "0123456789ABCDEF0022446688AACCEE", "KEY_WEAK", 'T', 112 },
		{ "weak half", "0101010101010101FEDCBA9876543210", "KEY_WEAK", 'T', 112 },
		{ "semi-weak half", "0123456789ABCDEF01FE01FE01FE01FE", "KEY_WEAK", 'T', 112 },
		{ "K2 is K3", "0123456789ABCDEFFEDCBA9876543210FEDCBA9876543210", "KEY_WEAK", 'T', 168 },
		{ "too short", "0123456789ABCDEFFEDCBA98765432", "KEY_LENGTH", 'A', 128 },
		{ "AES as TDES", "0123456789ABCDEFFEDCBA9876543210", "KEY_LENGTH", 'T', 168 },
	}, *row;
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b));
	EACH (row, rows) {
		struct keyblock_header h = header_of('D', "D0", row->algorithm, 'B');
		struct working_order order = { .header = &h,
			                       .lmk_check = "01CC00BBC79C",
			                       .bits = row->bits };
		char text[WORKING_BLOCK_MAX + 1];
		uint8_t value[64];
		struct kcv kcv;
		size_t len;

		CHECK_OK(hex_decode(str_of(row->key), value, strlen(row->key) / 2));
		result r = working_key_seal(&b.first, &order, bytes_of(value, strlen(row->key) / 2),
		                            text, &len, &kcv);
		CHECK_STR(row->name, result_name(r), row->want);
	}
}

TEST(a_key_in_the_device_comes_back_with_the_device)
{
	SCOPED(bench_close) struct bench b;
	struct keyblock_header h = header_of('3', "D0", 'A', 'B');
	uint8_t zeros[16] = { 0 }, before[16], after[16];
	struct hsm_cipher_call c = { HSM_ECB, true, NULL, bytes_of(zeros, 16), before };

	REQUIRE(bench_open(&b));
	SCOPED(working_key_close)
	struct working_key *k = put(&b.first, &h, 128, "2B7E151628AED2A6ABF7158809CF4F3C");
	REQUIRE(k);
	CHECK_OK(working_key_cipher(k, &c));
	hsm_rig_take_away(&b.rig);
	CHECK_RESULT("noticed", hsm_device_check(b.rig.device), HSM_LOST);
	CHECK_RESULT("gone", working_key_cipher(k, &c), HSM_LOST);
	hsm_rig_put_back(&b.rig);
	REQUIRE_OK(hsm_device_reconnect(b.rig.device));
	c.out = after;
	CHECK_OK(working_key_cipher(k, &c));
	CHECK_BYTES("the same key", bytes_of(after, 16), bytes_of(before, 16));
}

/* --- out of the device, for an export --- */

static void seal_text(const struct working_place *at, const struct keyblock_header *h,
                      unsigned bits, struct bytes value, char text[WORKING_BLOCK_MAX + 1])
{
	struct working_order order = { .header = h, .lmk_check = "01CC00BBC79C", .bits = bits };
	struct kcv kcv;
	size_t len;

	CHECK_OK(working_key_seal(at, &order, value, text, &len, &kcv));
}

TEST(a_value_that_may_leave_comes_out_of_the_device_as_it_went_in)
{
	static const struct {
		const char *name, *key;
		char algorithm, exported;
		unsigned bits;
		enum result_code code;
	} rows[] = {
		{ "AES-128", "2B7E151628AED2A6ABF7158809CF4F3C", 'A', 'E', 128, SUCCESS },
		{ "AES-192", "2B7E151628AED2A6ABF7158809CF4F3C0011223344556677", 'A', 'S', 192,
		  SUCCESS },
		{ "TDES", "0123456789ABCDEFFEDCBA9876543210", 'T', 'E', 112, SUCCESS },
		{ "TDES of three", "8AA83BF8CBDA10620BC1BF19FBB6CD58BC313D4A371CA8B5", 'T', 'E', 168,
		  SUCCESS },
		{ "never", "2B7E151628AED2A6ABF7158809CF4F3C", 'A', 'N', 128, KEY_USE },
	}, *row;
	SCOPED(bench_close) struct bench b;
	char text[WORKING_BLOCK_MAX + 1];

	REQUIRE(bench_open(&b));
	EACH (row, rows) {
		SCOPED(working_key_close) struct working_key *k = NULL;
		struct keyblock_header h = header_of('3', "D0", row->algorithm, 'B');
		size_t len = strlen(row->key) / 2;
		uint8_t value[64];

		h.exportability = row->exported;
		CHECK_OK(hex_decode(str_of(row->key), value, len));
		seal_text(&b.first, &h, row->bits, bytes_of(value, len), text);
		CHECK_RESULT(row->name, working_key_open_here(&b.first, str_of(text), &k),
		             row->code);
		if (row->code != SUCCESS) {
			CHECK(k == NULL);
			continue;
		}
		CHECK(!working_key_in_device(k));
		CHECK_I64(row->name, working_key_bits(k), len * 8);
		CHECK_HEX(row->name, working_key_value(k), row->key);
	}
}

TEST(a_pair_comes_out_of_the_device_as_a_block_has_it)
{
	SCOPED(working_key_close) struct working_key *k = NULL;
	SCOPED(rsa_key_deinit) struct rsa_key rsa = { 0 };
	SCOPED(bench_close) struct bench b;
	struct keyblock_header h = header_of('3', "S0", 'R', 'S');
	uint8_t der[KEYBLOCK_KEY_MAX];
	struct writer w = writer_of(der, sizeof der);
	char text[WORKING_BLOCK_MAX + 1];

	REQUIRE(bench_open(&b));
	REQUIRE_OK(rsa_key_generate(&rsa, 1024, 3));
	REQUIRE_OK(rsa_key_save_pkcs1(&rsa, &w));
	seal_text(&b.first, &h, 1024, writer_bytes(&w), text);
	REQUIRE_OK(working_key_open_here(&b.first, str_of(text), &k));
	CHECK_BYTES("PKCS#1 again", working_key_value(k), writer_bytes(&w));
	CHECK_I64("", working_key_bits(k), 1024);
	CHECK(working_key_rsa_pair(k) != NULL);
}

TEST(a_changed_block_gives_no_value)
{
	SCOPED(bench_close) struct bench b;
	struct keyblock_header h = header_of('3', "D0", 'A', 'B');
	char text[WORKING_BLOCK_MAX + 1];
	struct working_key *k = NULL;
	uint8_t value[16] = { 1, 2, 3 };

	REQUIRE(bench_open(&b));
	h.exportability = 'N';
	seal_text(&b.first, &h, 128, bytes_of(value, sizeof value), text);
	text[11] = 'E'; /* its exportability */
	CHECK_RESULT("said to be another", working_key_open_here(&b.first, str_of(text), &k),
	             KEYBLOCK_MAC);
	CHECK(k == NULL);
	text[11] = 'N';
	CHECK_RESULT("another master key", working_key_open_here(&b.second, str_of(text), &k),
	             KEY_USE);
	h.exportability = 'E';
	seal_text(&b.first, &h, 128, bytes_of(value, sizeof value), text);
	CHECK_RESULT("another master key", working_key_open_here(&b.second, str_of(text), &k),
	             KEYBLOCK_MAC);
	CHECK(k == NULL);
}
