/* SPDX-License-Identifier: Apache-2.0 */
/* The mechanisms against published answers, and each with the ways it must refuse. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "base/rand.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/keywrap.h"
#include "crypto/mac.h"

#define STANDARD "standard/standard.txt"

TEST(digests_answer_as_published)
{
	uint8_t out[DIGEST_SIZE];
	struct str abcd = STR("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd");
	struct digest d = { 0 };

	digest_sha256(str_bytes(STR("abc")), out);
	CHECK_BYTES("", bytes_of(out, sizeof out), vector(STANDARD, "sha256-abc"));
	digest_sha256(bytes_of("", 0), out);
	CHECK_BYTES("", bytes_of(out, sizeof out), vector(STANDARD, "sha256-empty"));
	digest_sm3(str_bytes(STR("abc")), out);
	CHECK_BYTES("", bytes_of(out, sizeof out), vector(STANDARD, "sm3-abc"));

	REQUIRE_OK(digest_init(&d, DIGEST_SM3));
	for (int round = 0; round < 2; round++) {
		digest_begin(&d);
		digest_add(&d, bytes_of(abcd.at, 5));
		digest_add(&d, bytes_of(abcd.at + 5, abcd.len - 5));
		digest_end(&d, out);
		CHECK_BYTES("in pieces", bytes_of(out, sizeof out), vector(STANDARD, "sm3-abcd16"));
	}
	digest_deinit(&d);
}

TEST(cmac_answers_as_published)
{
	static const struct {
		const char *key, *want;
		size_t len;
	} rows[] = {
		{ "cmac-key", "cmac-0", 0 },         { "cmac-key", "cmac-16", 16 },
		{ "cmac-key", "cmac-40", 40 },       { "cmac-key", "cmac-64", 64 },
		{ "cmac256-key", "cmac256-0", 0 },   { "cmac256-key", "cmac256-16", 16 },
		{ "cmac256-key", "cmac256-64", 64 },
	}, *row;
	struct bytes message = vector(STANDARD, "cmac-message");

	EACH (row, rows) {
		SCOPED(mac_key_deinit) struct mac_key k = { 0 };
		uint8_t out[MAC_FULL_SIZE];

		REQUIRE_OK(mac_key_init(&k, MAC_AES_CMAC, vector(STANDARD, row->key)));
		mac_once(&k, bytes_of(message.at, row->len), out);
		CHECK_BYTES(row->want, bytes_of(out, sizeof out), vector(STANDARD, row->want));
	}
}

TEST(sm4_answers_as_published)
{
	struct bytes key = vector(STANDARD, "sm4-key");
	uint8_t out[16], zeros[16] = { 0 };
	SCOPED(cipher_key_deinit) struct cipher_key c = { 0 };
	SCOPED(mac_key_deinit) struct mac_key m = { 0 };

	REQUIRE_OK(cipher_key_init(&c, CIPHER_SM4, key));
	cipher_encrypt(&c, key.at, 16, out);
	CHECK_BYTES("", bytes_of(out, 16), vector(STANDARD, "sm4-cipher"));
	cipher_decrypt(&c, out, 16, out);
	CHECK_BYTES("and back", bytes_of(out, 16), key);
	cipher_encrypt(&c, zeros, 16, out);
	CHECK_BYTES("", bytes_of(out, 16), vector(STANDARD, "sm4-ecb-zero"));

	REQUIRE_OK(mac_key_init(&m, MAC_SM4_CMAC, key));
	mac_once(&m, bytes_of(zeros, 16), out);
	CHECK_BYTES("", bytes_of(out, 16), vector(STANDARD, "sm4-cmac-zero"));
	mac_once(&m, str_bytes(STR("abc")), out);
	CHECK_BYTES("", bytes_of(out, 16), vector(STANDARD, "sm4-cmac-abc"));
}

/* The same data whole and cut at every place, with messages of many lengths before it under the
 * same key. */
TEST(a_mac_does_not_depend_on_how_the_data_comes)
{
	static const struct {
		const char *name;
		enum mac_kind kind;
	} rows[] = { { "AES", MAC_AES_CMAC },
		     { "SM4", MAC_SM4_CMAC },
		     { "X9.19", MAC_X919 },
		     { "UnionPay", MAC_UNIONPAY } },
	  *row;
	static uint8_t data[1200];
	struct random_seeded random;

	random_seeded_init(&random, 7);
	random_fill(&random.source, data, sizeof data);
	EACH (row, rows) {
		SCOPED(mac_key_deinit) struct mac_key k = { 0 };
		uint8_t whole[MAC_FULL_SIZE], parts[MAC_FULL_SIZE];
		int different = 0;

		REQUIRE_OK(mac_key_init(&k, row->kind, bytes_of(data, 16)));
		for (size_t len = 0; len <= sizeof data; len += 1 + len / 9) {
			SCOPED(mac_key_deinit) struct mac_key new = { 0 };
			size_t cut = random_below(&random, len + 1);

			REQUIRE_OK(mac_key_init(&new, row->kind, bytes_of(data, 16)));
			mac_once(&new, bytes_of(data, len), whole);
			mac_begin(&k);
			mac_add(&k, bytes_of(data, cut));
			mac_add(&k, bytes_of(data + cut, len - cut));
			mac_end(&k, parts);
			different += memcmp(whole, parts, sizeof whole) != 0;
		}
		CHECK_I64(row->name, different, 0);
	}
}

TEST(a_mac_is_right_only_whole_and_unchanged)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	struct bytes message = vector(STANDARD, "cmac-message");
	uint8_t f64[F64_SIZE];

	REQUIRE_OK(mac_key_init_suite(&k, SUITE_AES, vector(STANDARD, "cmac-key").at));
	mac_f64(&k, message, f64);
	CHECK_HEX("", bytes_of(f64, sizeof f64), "51F0BEBF7E3B9D92");
	CHECK(mac_f64_is(&k, message, bytes_of(f64, sizeof f64)));
	CHECK(!mac_f64_is(&k, bytes_of(message.at, message.len - 1), bytes_of(f64, sizeof f64)));
	CHECK(!mac_f64_is(&k, message, bytes_of(f64, 7)));
	CHECK(!mac_f64_is(&k, message, bytes_of(f64, 0)));
	f64[7] ^= 1;
	CHECK(!mac_f64_is(&k, message, bytes_of(f64, sizeof f64)));
}

TEST(keys_of_a_wrong_size_are_refused)
{
	static const uint8_t key[33];
	struct mac_key m = { 0 };
	struct cipher_key c = { 0 };
	struct cipher_gcm g = { 0 };
	struct cipher_ctr r = { 0 };

	CHECK_RESULT("AES 15", mac_key_init(&m, MAC_AES_CMAC, bytes_of(key, 15)), INVALID_KEY);
	CHECK_RESULT("AES 20", mac_key_init(&m, MAC_AES_CMAC, bytes_of(key, 20)), INVALID_KEY);
	CHECK_RESULT("SM4 32", mac_key_init(&m, MAC_SM4_CMAC, bytes_of(key, 32)), INVALID_KEY);
	CHECK_RESULT("X9.19 24", mac_key_init(&m, MAC_X919, bytes_of(key, 24)), INVALID_KEY);
	CHECK_RESULT("suite 9", mac_key_init_suite(&m, (enum suite)9, key), SUITE_UNSUPPORTED);
	CHECK_RESULT("cipher", cipher_key_init(&c, CIPHER_AES128, bytes_of(key, 17)), INVALID_KEY);
	CHECK_RESULT("GCM", cipher_gcm_init(&g, bytes_of(key, 24)), INVALID_KEY);
	CHECK_RESULT("CTR of 3DES", cipher_ctr_init(&r, CIPHER_3DES, bytes_of(key, 16)),
	             INVALID_KEY);
	CHECK_RESULT("CTR", cipher_ctr_init(&r, CIPHER_SM4, bytes_of(key, 15)), INVALID_KEY);
}

TEST(gcm_answers_as_published_and_refuses_any_change)
{
	struct bytes aad = vector(STANDARD, "gcm-aad"), plain = vector(STANDARD, "gcm-plain");
	struct bytes nonce = vector(STANDARD, "gcm-nonce");
	SCOPED(cipher_gcm_deinit) struct cipher_gcm g = { 0 };
	uint8_t text[64], tag[CIPHER_TAG];

	REQUIRE_OK(cipher_gcm_init(&g, vector(STANDARD, "gcm-key")));
	for (int round = 0; round < 2; round++) {
		memcpy(text, plain.at, plain.len);
		cipher_gcm_seal(&g, nonce.at, aad, text, plain.len, tag);
		CHECK_BYTES("", bytes_of(text, plain.len), vector(STANDARD, "gcm-cipher"));
		CHECK_BYTES("", bytes_of(tag, sizeof tag), vector(STANDARD, "gcm-tag"));
		CHECK(cipher_gcm_open(&g, nonce.at, aad, text, plain.len, tag));
		CHECK_BYTES("and back", bytes_of(text, plain.len), plain);

		cipher_gcm_seal(&g, nonce.at, aad, text, plain.len, tag);
		tag[3] ^= 0x20;
		CHECK(!cipher_gcm_open(&g, nonce.at, aad, text, plain.len, tag));
	}
}

TEST(counter_mode_continues_over_blocks)
{
	struct bytes key = vector(STANDARD, "sm4-key");
	SCOPED(cipher_ctr_deinit) struct cipher_ctr ctr = { 0 };
	SCOPED(cipher_key_deinit) struct cipher_key block = { 0 };
	uint8_t first[16], stream[40] = { 0 }, want[48];

	memset(first, 0xFF, sizeof first); /* the counter overflows at once */
	REQUIRE_OK(cipher_ctr_init(&ctr, CIPHER_SM4, key));
	REQUIRE_OK(cipher_key_init(&block, CIPHER_SM4, key));
	memset(want, 0, sizeof want);
	memset(want, 0xFF, 16);
	want[47] = 1;
	cipher_encrypt(&block, want, 48, want);
	for (int round = 0; round < 2; round++) {
		memset(stream, 0, sizeof stream);
		cipher_ctr_apply(&ctr, first, stream, sizeof stream);
		CHECK_BYTES("", bytes_of(stream, sizeof stream), bytes_of(want, sizeof stream));
	}
}

TEST(kdf_answers_as_published)
{
	struct kdf_spec spec = { "label", str_bytes(STR("ctx")) };
	uint8_t key[32], out[32];

	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;
	CHECK_OK(kdf_counter(MAC_AES_CMAC, bytes_of(key, 32), &spec, out, 32));
	CHECK_BYTES("AES-256", bytes_of(out, 32), vector(STANDARD, "kdf-aes256"));
	CHECK_OK(kdf_counter(MAC_SM4_CMAC, vector(STANDARD, "sm4-key"), &spec, out, 16));
	CHECK_BYTES("SM4", bytes_of(out, 16), vector(STANDARD, "kdf-sm4"));
	CHECK_RESULT("short key", kdf_counter(MAC_AES_CMAC, bytes_of(key, 5), &spec, out, 16),
	             INVALID_KEY);
}

static result broken_holder(struct kdf_prf *self, struct bytes in, uint8_t out[MAC_FULL_SIZE])
{
	(void)self;
	memset(out, 0x55, MAC_FULL_SIZE);
	return in.at[3] > 1 ? FAIL(CRYPTO_FAULT, "step %d", in.at[3]) : OK;
}

TEST(kdf_gives_nothing_when_the_holder_of_the_key_fails)
{
	struct kdf_prf prf = { broken_holder };
	struct kdf_spec spec = { "label", { 0 } };
	uint8_t out[48];

	CHECK_RESULT("", kdf_counter_prf(&prf, &spec, out, sizeof out), CRYPTO_FAULT);
	for (size_t i = 0; i < sizeof out; i++)
		CHECK_I64("wiped", out[i], 0);
}

TEST(wrapping_answers_as_published)
{
	uint8_t out[KEYWRAP_KEY_MAX + KEYWRAP_EXTRA], back[KEYWRAP_KEY_MAX];

	CHECK_OK(keywrap_wrap(CIPHER_AES128, vector(STANDARD, "kek-128"),
	                      vector(STANDARD, "wrap-data-128"), out));
	CHECK_BYTES("128", bytes_of(out, 24), vector(STANDARD, "wrapped-128"));
	CHECK_OK(keywrap_unwrap(CIPHER_AES128, vector(STANDARD, "kek-128"), bytes_of(out, 24),
	                        back));
	CHECK_BYTES("128 back", bytes_of(back, 16), vector(STANDARD, "wrap-data-128"));
	CHECK_OK(keywrap_wrap(CIPHER_AES256, vector(STANDARD, "kek-256"),
	                      vector(STANDARD, "wrap-data-256"), out));
	CHECK_BYTES("256", bytes_of(out, 40), vector(STANDARD, "wrapped-256"));
}

TEST(a_changed_wrapped_key_is_refused_and_leaves_nothing)
{
	uint8_t wrapped[24], back[16];

	for (size_t i = 0; i < sizeof wrapped; i++) {
		memcpy(wrapped, vector(STANDARD, "wrapped-128").at, 24);
		wrapped[i] ^= 0x40;
		memset(back, 0xEE, sizeof back);
		CHECK_RESULT("",
		             keywrap_unwrap(CIPHER_AES128, vector(STANDARD, "kek-128"),
		                            bytes_of(wrapped, 24), back),
		             KEYWRAP_BROKEN);
		CHECK_HEX("", bytes_of(back, 16), "00000000000000000000000000000000");
	}
	CHECK_RESULT("short",
	             keywrap_unwrap(CIPHER_AES128, vector(STANDARD, "kek-128"),
	                            bytes_of(wrapped, 7), back),
	             INVALID_KEY);
	CHECK_RESULT("odd",
	             keywrap_unwrap(CIPHER_AES128, vector(STANDARD, "kek-128"),
	                            bytes_of(wrapped, 23), back),
	             INVALID_KEY);
	CHECK_RESULT("DES",
	             keywrap_unwrap(CIPHER_3DES, vector(STANDARD, "kek-128"), bytes_of(wrapped, 24),
	                            back),
	             INVALID_KEY);
}

TEST(key_fields_open_to_the_key_and_refuse_a_changed_check_value)
{
	static const enum suite suites[] = { SUITE_AES, SUITE_SM4, SUITE_3DES }, *suite;
	const uint8_t *kwrap = vector(STANDARD, "sm4-key").at,
	              *key = vector(STANDARD, "cmac-key").at;
	uint8_t field[KEYWRAP_FIELD], back[SUITE_KEY_SIZE];

	EACH (suite, suites) {
		size_t len = keywrap_field_size(*suite);

		CHECK_I64("", len, *suite == SUITE_3DES ? 19 : 27);
		CHECK_OK(keywrap_field_make(*suite, kwrap, key, field));
		CHECK_OK(keywrap_field_open(*suite, kwrap, bytes_of(field, len), back));
		CHECK_BYTES("", bytes_of(back, 16), bytes_of(key, 16));
		CHECK_RESULT("short",
		             keywrap_field_open(*suite, kwrap, bytes_of(field, len - 1), back),
		             KEYWRAP_BROKEN);
		for (size_t i = 0; i < len; i++) {
			field[i] ^= 0x08;
			CHECK_RESULT("",
			             keywrap_field_open(*suite, kwrap, bytes_of(field, len), back),
			             KEYWRAP_BROKEN);
			field[i] ^= 0x08;
		}
	}
	CHECK_RESULT("", keywrap_field_make(SUITE_UNIONPAY, kwrap, key, field), SUITE_UNSUPPORTED);
	CHECK_RESULT("", keywrap_field_open(SUITE_UNIONPAY, kwrap, bytes_of(field, 27), back),
	             SUITE_UNSUPPORTED);
	CHECK_OK(keywrap_kcv(SUITE_3DES, kwrap, field));
	CHECK_BYTES("3DES KCV", bytes_of(field, KEYWRAP_KCV), vector(STANDARD, "des-kcv"));
}
