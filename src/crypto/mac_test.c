/* SPDX-License-Identifier: Apache-2.0 */
/* MACs and HMACs of key management against published answers and those of the openssl command. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "base/rand.h"
#include "crypto/hmac.h"
#include "crypto/mac.h"

#define STANDARD "standard/standard.txt"
#define KEYS     "standard/keys.txt"

static size_t mac_len(enum mac_kind kind)
{
	return kind == MAC_AES_CMAC || kind == MAC_AES_CBC || kind == MAC_SM4_CBC ? 16 : 8;
}

static void check_mac(enum mac_kind kind, struct bytes key, struct bytes message, const char *want)
{
	SCOPED(mac_key_deinit) struct mac_key k = { 0 };
	uint8_t out[MAC_FULL_SIZE];
	static const uint8_t zeros[MAC_FULL_SIZE];

	REQUIRE_OK(mac_key_init(&k, kind, key));
	mac_once(&k, message, out);
	CHECK_BYTES(want, bytes_of(out, mac_len(kind)), vector(KEYS, want));
	CHECK_BYTES("then zeros", bytes_of(out + mac_len(kind), 16 - mac_len(kind)),
	            bytes_of(zeros, 16 - mac_len(kind)));
}

TEST(cmac_of_more_keys_answers_as_published)
{
	static const struct {
		enum mac_kind kind;
		const char *key, *want;
		size_t len;
	} rows[] = {
		{ MAC_AES_CMAC, "aes192-key", "cmac192-0", 0 },
		{ MAC_AES_CMAC, "aes192-key", "cmac192-16", 16 },
		{ MAC_AES_CMAC, "aes192-key", "cmac192-40", 40 },
		{ MAC_AES_CMAC, "aes192-key", "cmac192-64", 64 },
		{ MAC_TDES_CMAC, "tdes3-key", "tdes3-cmac-0", 0 },
		{ MAC_TDES_CMAC, "tdes3-key", "tdes3-cmac-8", 8 },
		{ MAC_TDES_CMAC, "tdes3-key", "tdes3-cmac-20", 20 },
		{ MAC_TDES_CMAC, "tdes3-key", "tdes3-cmac-32", 32 },
		{ MAC_TDES_CMAC, "tdes2-key", "tdes2-cmac-0", 0 },
		{ MAC_TDES_CMAC, "tdes2-key", "tdes2-cmac-8", 8 },
		{ MAC_TDES_CMAC, "tdes2-key", "tdes2-cmac-20", 20 },
		{ MAC_TDES_CMAC, "tdes2-key", "tdes2-cmac-32", 32 },
	}, *row;
	struct bytes message = vector(STANDARD, "cmac-message");

	EACH (row, rows)
		check_mac(row->kind, vector(KEYS, row->key), bytes_of(message.at, row->len),
		          row->want);
}

TEST(cbc_macs_of_des_answer_as_the_standard_prints)
{
	static const struct {
		enum mac_kind kind;
		const char *message, *want;
	} rows[] = {
		{ MAC_DES_CBC, "Now is the time for all ", "cbcmac-des-all" },
		{ MAC_DES_CBC, "Now is the time for it", "cbcmac-des-it" },
		{ MAC_DES_CBC, "", "cbcmac-des-none" },
		{ MAC_DES_CBC, "Now", "cbcmac-des-now" },
		{ MAC_RETAIL, "Now is the time for all ", "retail-all" },
		{ MAC_RETAIL, "Now is the time for it", "retail-it" },
		{ MAC_RETAIL, "", "retail-none" },
		{ MAC_RETAIL, "Now", "retail-now" },
	}, *row;

	EACH (row, rows) {
		struct bytes key = row->kind == MAC_RETAIL ? vector(STANDARD, "sm4-key")
		                                           : vector(KEYS, "des-key");

		check_mac(row->kind, key, str_bytes(str_of(row->message)), row->want);
	}
}

TEST(cbc_macs_of_aes_and_sm4_answer_as_openssl_does)
{
	struct bytes m = vector(STANDARD, "cmac-message");
	struct bytes aes128 = vector(STANDARD, "cmac-key"),
	             aes256 = vector(STANDARD, "cmac256-key");
	struct bytes aes192 = vector(KEYS, "aes192-key"), sm4 = vector(STANDARD, "sm4-key");

	check_mac(MAC_AES_CBC, aes128, bytes_of(m.at, 0), "cbcmac-aes128-0");
	check_mac(MAC_AES_CBC, aes128, bytes_of(m.at, 16), "cbcmac-aes128-16");
	check_mac(MAC_AES_CBC, aes128, bytes_of(m.at, 40), "cbcmac-aes128-40");
	check_mac(MAC_AES_CBC, aes192, bytes_of(m.at, 40), "cbcmac-aes192-40");
	check_mac(MAC_AES_CBC, aes256, bytes_of(m.at, 64), "cbcmac-aes256-64");
	check_mac(MAC_SM4_CBC, sm4, bytes_of(m.at, 0), "cbcmac-sm4-0");
	check_mac(MAC_SM4_CBC, sm4, bytes_of(m.at, 16), "cbcmac-sm4-16");
	check_mac(MAC_SM4_CBC, sm4, bytes_of(m.at, 64), "cbcmac-sm4-64");
}

static const struct {
	const char *name;
	enum mac_kind kind;
	size_t key_len;
} kinds[] = {
	{ "AES-192 CMAC", MAC_AES_CMAC, 24 }, { "TDES-CMAC", MAC_TDES_CMAC, 16 },
	{ "TDES-CMAC", MAC_TDES_CMAC, 24 },   { "DES CBC", MAC_DES_CBC, 8 },
	{ "retail", MAC_RETAIL, 16 },         { "AES CBC", MAC_AES_CBC, 32 },
	{ "SM4 CBC", MAC_SM4_CBC, 16 },
};

/* Whole and cut anywhere, after messages of other lengths under the same key, and among others. */
TEST(the_new_macs_do_not_depend_on_how_the_data_comes)
{
	static uint8_t data[1200];
	struct random_seeded random;

	random_seeded_init(&random, 11);
	random_fill(&random.source, data, sizeof data);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		SCOPED(mac_key_deinit) struct mac_key k = { 0 };
		struct bytes key = bytes_of(data, kinds[i].key_len);
		int different = 0;

		REQUIRE_OK(mac_key_init(&k, kinds[i].kind, key));
		for (size_t len = 0; len <= sizeof data; len += 1 + len / 9) {
			SCOPED(mac_key_deinit) struct mac_key new = { 0 };
			struct mac_item item = { .key = &k, .data = bytes_of(data, len) };
			size_t cut = random_below(&random, len + 1);
			uint8_t whole[MAC_FULL_SIZE], parts[MAC_FULL_SIZE];

			REQUIRE_OK(mac_key_init(&new, kinds[i].kind, key));
			mac_once(&new, bytes_of(data, len), whole);
			mac_begin(&k);
			mac_add(&k, bytes_of(data, cut));
			mac_add(&k, bytes_of(data + cut, len - cut));
			mac_end(&k, parts);
			different += memcmp(whole, parts, sizeof whole) != 0;
			mac_many(&item, 1);
			different += memcmp(whole, item.full, sizeof whole) != 0;
		}
		CHECK_I64(kinds[i].name, different, 0);
	}
}

TEST(a_mac_takes_keys_of_its_sizes_only)
{
	static const struct {
		enum mac_kind kind;
		const char *sizes; /* by length / 8 */
	} rows[] = {
		{ MAC_AES_CMAC, "0011100" }, { MAC_SM4_CMAC, "0010000" }, { MAC_TDES_CMAC, "0011000" },
		{ MAC_DES_CBC, "0100000" },  { MAC_RETAIL, "0010000" },   { MAC_AES_CBC, "0011100" },
		{ MAC_SM4_CBC, "0010000" },  { MAC_X919, "0110000" },     { MAC_UNIONPAY, "0110000" },
	}, *row;
	static const uint8_t key[48];

	EACH (row, rows)
		for (size_t len = 0; len <= sizeof key; len++) {
			struct mac_key k = { 0 };
			bool fits = len % 8 == 0 && row->sizes[len / 8] == '1';

			CHECK_RESULT("", mac_key_init(&k, row->kind, bytes_of(key, len)),
			             fits ? SUCCESS : INVALID_KEY);
			CHECK(fits || (!k.chain && !k.last && !k.sm4));
			mac_key_deinit(&k);
		}
}

TEST(hmac_answers_as_published)
{
	static uint8_t b0[20], aa[131];
	static const char long_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	const struct {
		enum hmac_kind kind;
		struct bytes key;
		const char *message, *want;
	} rows[] = {
		{ HMAC_SHA256, bytes_of(b0, 20), "Hi There", "hmac-1" },
		{ HMAC_SHA256, bytes_of("Jefe", 4), "what do ya want for nothing?", "hmac-2" },
		{ HMAC_SHA256, bytes_of(aa, 131), long_key, "hmac-6" },
		{ HMAC_SHA1, bytes_of(b0, 20), "Hi There", "hmac-sha1-1" },
		{ HMAC_SHA1, bytes_of(aa, 80), long_key, "hmac-sha1-6" },
		{ HMAC_SM3, vector(STANDARD, "sm4-key"), "abc", "hmac-sm3-abc" },
		{ HMAC_SM3, bytes_of(aa, 131), "Hi There", "hmac-sm3-long" },
	}, *row;

	memset(b0, 0x0B, sizeof b0);
	memset(aa, 0xAA, sizeof aa);
	EACH (row, rows) {
		SCOPED(hmac_key_deinit) struct hmac_key k = { 0 };
		struct str text = str_of(row->message);
		uint8_t out[HMAC_SIZE], again[HMAC_SIZE];
		struct bytes pieces[3] = { bytes_of(text.at, 2), bytes_of(text.at, 0),
			                   bytes_of(text.at + 2, text.len - 2) };

		CHECK_OK(hmac_once(row->kind, row->key, str_bytes(text), out));
		CHECK_BYTES(row->want, bytes_of(out, hmac_size(row->kind)),
		            vector(KEYS, row->want));
		REQUIRE_OK(hmac_key_init(&k, row->kind, row->key));
		for (int round = 0; round < 2; round++) {
			hmac_pieces(&k, pieces, 3, again);
			CHECK_BYTES("in pieces", bytes_of(again, sizeof again),
			            bytes_of(out, sizeof out));
		}
	}
}
