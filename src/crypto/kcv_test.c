/* SPDX-License-Identifier: Apache-2.0 */
/* Key check values and the keys that follow from others: TV-01 to TV-07, TV-15 and TV-22 of
 * keys 19. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "crypto/digest.h"
#include "crypto/kcv.h"
#include "crypto/lmk.h"
#include "crypto/mac.h"

#define STANDARD "standard/standard.txt"
#define KEYS     "standard/keys.txt"

static struct bytes known(const char *name)
{
	return vector(KEYS, name);
}

TEST(check_values_answer_as_published)
{
	struct bytes sm4 = vector(STANDARD, "sm4-key"), openemv = known("openemv-key");
	const struct {
		char algorithm;
		enum kcv_type type;
		struct bytes key;
		const char *want;
	} rows[] = {
		{ 'T', KCV_ECB, sm4, "08D7B4" },
		{ 'T', KCV_ECB, openemv, "57C409" },
		{ 'T', KCV_ECB, known("zmk-tdes"), "D1D812" },
		{ 'A', KCV_CMAC, openemv, "08793E25AB" },
		{ 'A', KCV_CMAC, known("kbpk-aes"), "2331550BC9" },
		{ 'A', KCV_CMAC, known("x9143-128-key"), "D77F007724" },
		{ '4', KCV_ECB, sm4, "2677F46B" },
		{ '4', KCV_CMAC, sm4, "909F5E6ED1" },
		{ 'A', KCV_CMAC, known("lmk-c1"), "B88AF8DD20" },
		{ 'A', KCV_CMAC, known("lmk-c2"), "14525B077A" },
		{ 'A', KCV_CMAC, known("lmk-c3"), "DFEAE98A8F" },
		{ 'A', KCV_CMAC, known("lmk"), "CC00BBC79C" },
		{ '4', KCV_ECB, known("lmk-sm4"), "72EBA303" },
		{ '4', KCV_CMAC, known("lmk-sm4"), "45445F9CEA" },
		/* These by the openssl command. */
		{ 'T', KCV_ECB, known("tdes3-key"), "C8CC74" },
		{ 'T', KCV_CMAC, known("tdes3-key"), "89DBDD55E0" },
		{ 'D', KCV_ECB, known("des-key"), "D5D44F" },
		{ 'A', KCV_ECB, openemv, "E5E07C" },
		{ 'A', KCV_CMAC, known("aes192-key"), "3A072A425D" },
		{ 'H', KCV_CMAC, sm4, "DCC3C8" },
	}, *row;

	EACH (row, rows) {
		struct kcv k;
		char text[KCV_TEXT_SIZE];

		CHECK_OK(kcv_of_secret(row->algorithm, row->type, row->key, &k));
		CHECK_I64(row->want, k.type, row->type);
		CHECK_STR(row->want, kcv_text(&k, text), row->want);
	}
}

TEST(check_values_of_keys_that_cannot_be_are_refused)
{
	static const uint8_t key[40] = { 1 };
	static const struct {
		const char *name;
		char algorithm;
		enum kcv_type type;
		size_t len;
	} rows[] = {
		{ "AES of 8", 'A', KCV_CMAC, 8 },     { "AES of none", 'A', KCV_CMAC, 0 },
		{ "TDES of 8", 'T', KCV_ECB, 8 },     { "TDES of 32", 'T', KCV_CMAC, 32 },
		{ "DES of 16", 'D', KCV_ECB, 16 },    { "CMAC of DES", 'D', KCV_CMAC, 8 },
		{ "SM4 of 32", '4', KCV_ECB, 32 },    { "HMAC of none", 'H', KCV_CMAC, 0 },
		{ "ECB of HMAC", 'H', KCV_ECB, 16 },  { "a public one", 'A', KCV_PUBLIC, 16 },
		{ "a private key", 'R', KCV_ECB, 16 }, { "nothing known", 0, KCV_CMAC, 16 },
	}, *row;

	EACH (row, rows) {
		struct kcv k = { .len = 42 };

		CHECK_RESULT(row->name,
		             kcv_of_secret(row->algorithm, row->type, bytes_of(key, row->len), &k),
		             INVALID_KEY);
		CHECK_I64(row->name, k.len, 42);
	}
}

TEST(check_values_of_public_keys_are_the_left_of_their_digest)
{
	/* GB/T 32918.5: the public key of the example; its SM3 by the openssl command */
	static const char sm2[] =
	        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
	        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
	uint8_t point[64];
	struct kcv k;
	char text[KCV_TEXT_SIZE];

	REQUIRE_OK(hex_decode(str_of(sm2), point, sizeof point));
	CHECK_OK(kcv_of_sm2(point, &k));
	CHECK_I64("", k.type, KCV_PUBLIC);
	CHECK_STR("", kcv_text(&k, text), "3D92BED6");
	CHECK_OK(kcv_of_spki(str_bytes(STR("abc")), &k));
	CHECK_STR("", kcv_text(&k, text), "BA7816BF");
	CHECK_RESULT("", kcv_of_spki(bytes_of(NULL, 0), &k), INVALID_KEY);
	CHECK_STR("", kcv_text(&k, text), "BA7816BF");
}

TEST(each_algorithm_has_its_check_value)
{
	CHECK_I64("", kcv_default('T'), KCV_ECB);
	CHECK_I64("", kcv_default('D'), KCV_ECB);
	CHECK_I64("", kcv_default('4'), KCV_ECB);
	CHECK_I64("", kcv_default('A'), KCV_CMAC);
	CHECK_I64("", kcv_default('H'), KCV_CMAC);
	CHECK_I64("", kcv_default('R'), KCV_PUBLIC);
	CHECK_I64("", kcv_default('2'), KCV_PUBLIC);
}

TEST(check_values_are_read_and_compared_on_what_both_have)
{
	static const struct {
		const char *text;
		size_t len; /* 0: refused */
	} rows[] = {
		{ "D2B91C", 3 }, { "d2b91c", 3 }, { "D2B91CE0A1B2C3D4", 8 },
		{ "D2B9", 0 },   { "D2B91", 0 },  { "D2B91CE0A1B2C3D4E5", 0 },
		{ "D2B91G", 0 }, { "", 0 },       { "D2B91CE", 0 },
	}, *row;
	struct kcv long_one, k;

	REQUIRE_OK(kcv_parse(STR("D2B91CE0"), KCV_ECB, &long_one));
	EACH (row, rows) {
		k = (struct kcv){ .len = 42 };
		CHECK_RESULT(row->text, kcv_parse(str_of(row->text), KCV_ECB, &k),
		             row->len ? SUCCESS : INVALID_HEX);
		CHECK_I64(row->text, k.len, row->len ? (int)row->len : 42);
		CHECK(kcv_is(&k, &long_one) == (row->len > 0));
		CHECK(kcv_is(&long_one, &k) == (row->len > 0));
	}
	REQUIRE_OK(kcv_parse(STR("D2B91C"), KCV_CMAC, &k));
	CHECK(!kcv_is(&k, &long_one));
	REQUIRE_OK(kcv_parse(STR("D2B91D"), KCV_ECB, &k));
	CHECK(!kcv_is(&k, &long_one));
	REQUIRE_OK(kcv_parse(STR("D2B91CE1"), KCV_ECB, &k));
	CHECK(!kcv_is(&k, &long_one));
	k.len = 2;
	CHECK(!kcv_is(&k, &long_one));
	CHECK(!kcv_is(&k, &k));
}

TEST(derived_keys_answer_as_published)
{
	static const struct {
		enum lmk_algorithm algorithm;
		const char *key;
		enum lmk_use use;
		const char *want;
	} rows[] = {
		{ LMK_AES, "lmk", LMK_KBEK, "lmk-kbek" },
		{ LMK_AES, "lmk", LMK_KBAK, "lmk-kbak" },
		{ LMK_AES, "lmk", LMK_KWK, "lmk-kwk" },
		{ LMK_AES, "lmk", LMK_AUK, "lmk-auk" },
		{ LMK_SM4, "lmk-sm4", LMK_KBEK, "lmk-sm4-kbek" },
		{ LMK_SM4, "lmk-sm4", LMK_KBAK, "lmk-sm4-kbak" },
		{ LMK_TDES, "kbpk-tdes", LMK_KBEK, "kbpk-tdes-kbek" },
		{ LMK_TDES, "kbpk-tdes", LMK_KBAK, "kbpk-tdes-kbak" },
		{ LMK_AES, "kbpk-aes", LMK_KBEK, "kbpk-aes-kbek" },
		{ LMK_AES, "kbpk-aes", LMK_KBAK, "kbpk-aes-kbak" },
		{ LMK_AES, "kbpk-aes", LMK_BATCH_MAC, "batch-mac-aes" },
		{ LMK_TDES, "zmk-tdes", LMK_BATCH_MAC, "batch-mac-tdes" },
	}, *row;

	EACH (row, rows) {
		SCOPED(secret_wipe) struct secret out = { 0 };

		CHECK_OK(lmk_derive(row->algorithm, known(row->key), row->use, &out));
		CHECK_BYTES(row->want, bytes_of(out.at, out.len), known(row->want));
	}
}

TEST(derivation_takes_keys_of_its_sizes_only)
{
	static const uint8_t key[48];
	static const struct {
		enum lmk_algorithm algorithm;
		const char *sizes; /* by length / 8 */
	} rows[] = {
		{ LMK_AES, "0011100" }, { LMK_SM4, "0010000" },
		{ LMK_TDES, "0011000" }, { (enum lmk_algorithm)'R', "0000000" },
	}, *row;

	EACH (row, rows)
		for (size_t len = 0; len <= sizeof key; len++) {
			struct secret out = { .len = 42 };
			bool fits = len % 8 == 0 && row->sizes[len / 8] == '1';

			CHECK_RESULT("",
			             lmk_derive(row->algorithm, bytes_of(key, len), LMK_KBEK, &out),
			             fits ? SUCCESS : INVALID_KEY);
			CHECK_I64("", out.len, fits ? len : 42);
		}
}

/* The 8-bit counter first, then a fixed input: the form of the derivation above. */
TEST(counter_mode_with_a_short_counter_answers_as_nist_does)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	struct bytes fixed = known("cavp-fixed");
	uint8_t counter = 1, out[MAC_FULL_SIZE];

	REQUIRE_OK(mac_key_init(&k, MAC_AES_CMAC, known("cavp-key")));
	mac_begin(&k);
	mac_add(&k, bytes_of(&counter, 1));
	mac_add(&k, fixed);
	mac_end(&k, out);
	CHECK_BYTES("", bytes_of(out, sizeof out), known("cavp-out"));
}

static struct secret secret_of(struct bytes b)
{
	struct secret s = { .len = b.len };

	memcpy(s.at, b.at, b.len);
	return s;
}

TEST(components_make_the_published_master_key)
{
	struct secret components[] = { secret_of(known("lmk-c1")), secret_of(known("lmk-c2")),
		                       secret_of(known("lmk-c3")) };
	struct secret lmk = { 0 }, sm4 = { 0 }, other = { 0 };

	lmk_combine(components, 3, &lmk);
	CHECK_BYTES("", bytes_of(lmk.at, lmk.len), known("lmk"));
	CHECK(lmk_is_published(LMK_AES, &lmk));
	lmk_combine(&lmk, 1, &lmk);
	CHECK_BYTES("of one", bytes_of(lmk.at, lmk.len), known("lmk"));
	lmk_published(LMK_AES, &other);
	CHECK_BYTES("AES", bytes_of(other.at, other.len), known("lmk"));
	lmk_published(LMK_SM4, &sm4);
	CHECK_BYTES("SM4", bytes_of(sm4.at, sm4.len), known("lmk-sm4"));
	CHECK(lmk_is_published(LMK_SM4, &sm4));
	CHECK(!lmk_is_published(LMK_SM4, &lmk));
	CHECK(!lmk_is_published(LMK_AES, &sm4));
	lmk.at[31] ^= 1;
	CHECK(!lmk_is_published(LMK_AES, &lmk));
	lmk_published(LMK_TDES, &other);
	CHECK_I64("TDES", other.len, 0);
	CHECK(!lmk_is_published(LMK_TDES, &other));
}

TEST(weak_components_are_refused)
{
	struct secret s = secret_of(known("lmk-c1"));

	CHECK_I64("", lmk_size(LMK_AES), 32);
	CHECK_I64("", lmk_size(LMK_SM4), 16);
	CHECK_I64("", lmk_size(LMK_TDES), 0);
	CHECK_OK(lmk_require_strong(LMK_AES, &s));
	CHECK_RESULT("too long", lmk_require_strong(LMK_SM4, &s), KEY_WEAK);
	CHECK_RESULT("never", lmk_require_strong(LMK_TDES, &s), KEY_WEAK);
	s.len = 31;
	CHECK_RESULT("short", lmk_require_strong(LMK_AES, &s), KEY_WEAK);
	s.len = 0;
	CHECK_RESULT("empty", lmk_require_strong(LMK_AES, &s), KEY_WEAK);
	CHECK_RESULT("empty", lmk_require_strong(LMK_TDES, &s), KEY_WEAK);
	s.len = 32;
	for (int value = 0; value < 256; value++) {
		memset(s.at, value, sizeof s.at);
		CHECK_RESULT("", lmk_require_strong(LMK_AES, &s), KEY_WEAK);
		s.at[31] ^= 0x80;
		CHECK_OK(lmk_require_strong(LMK_AES, &s));
	}
}

/* TV-22 of keys 19: the bytes that a batch file's MAC is over. */
TEST(a_batch_file_has_the_published_mac)
{
	static const char body[] =
	        "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n"
	        "K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20311121|"
	        "D011220TX01E002011054A028853CDC10672DAD5BF9F06151E3C12ACDEF79D6F301D0E54AE07499F"
	        "777B663F91D716AA352BF76C5E0372F4\n";
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	SCOPED(secret_wipe) struct secret key = { 0 };
	uint8_t digest[DIGEST_SIZE], mac[MAC_FULL_SIZE];

	digest_sha256(str_bytes(str_of(body)), digest);
	CHECK_BYTES("", bytes_of(digest, sizeof digest), known("batch-digest"));
	REQUIRE_OK(lmk_derive(LMK_AES, known("kbpk-aes"), LMK_BATCH_MAC, &key));
	REQUIRE_OK(mac_key_init(&k, MAC_AES_CMAC, bytes_of(key.at, key.len)));
	mac_begin(&k);
	mac_add(&k, str_bytes(str_of(body)));
	mac_add(&k, str_bytes(STR("E|1|")));
	mac_end(&k, mac);
	CHECK_BYTES("", bytes_of(mac, sizeof mac), known("batch-mac"));
}
