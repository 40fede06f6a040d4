/* SPDX-License-Identifier: Apache-2.0 */
/* CBC, the longer keys and RFC 5649 against published answers. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "base/rand.h"
#include "crypto/cipher.h"
#include "crypto/keywrap.h"

#define STANDARD "standard/standard.txt"
#define KEYS     "standard/keys.txt"

static struct bytes known(const char *name)
{
	return vector(KEYS, name);
}

TEST(cbc_answers_as_published_in_both_directions)
{
	struct bytes message = vector(STANDARD, "cmac-message"), iv = known("cbc-iv");
	struct bytes now = known("des-now"), des_iv = known("des-iv");
	const struct {
		enum cipher_kind kind;
		struct bytes key, iv, plain;
		const char *want;
	} rows[] = {
		{ CIPHER_AES128, vector(STANDARD, "cmac-key"), iv, message, "cbc-aes128" },
		{ CIPHER_AES192, known("aes192-key"), iv, message, "cbc-aes192" },
		{ CIPHER_AES256, vector(STANDARD, "cmac256-key"), iv, message, "cbc-aes256" },
		{ CIPHER_SM4, vector(STANDARD, "sm4-key"), iv, known("cbc-sm4-plain"), "cbc-sm4" },
		{ CIPHER_DES, known("des-key"), des_iv, now, "cbc-des" },
		{ CIPHER_3DES, vector(STANDARD, "sm4-key"), des_iv, now, "cbc-tdes2" },
		{ CIPHER_3DES_LONG, known("tdes3-key"), des_iv, now, "cbc-tdes3" },
	}, *row;

	EACH (row, rows) {
		SCOPED(cipher_cbc_deinit) struct cipher_cbc c = { 0 };
		size_t len = row->plain.len;
		uint8_t text[64];

		REQUIRE_OK(cipher_cbc_init(&c, row->kind, row->key));
		CHECK_I64(row->want, cipher_key_size(row->kind), row->key.len);
		CHECK_I64(row->want, cipher_block_size(row->kind), row->iv.len);
		for (int round = 0; round < 2; round++) {
			cipher_cbc_encrypt(&c, row->iv.at, row->plain, text);
			CHECK_BYTES(row->want, bytes_of(text, len), known(row->want));
			cipher_cbc_decrypt(&c, row->iv.at, bytes_of(text, len), text);
			CHECK_BYTES("and back", bytes_of(text, len), row->plain);
		}
	}
}

/* One block of CBC under an IV of zeros is ECB. */
TEST(every_kind_does_ecb_as_its_cbc_begins)
{
	static const uint8_t zeros[16];
	struct random_seeded random;
	uint8_t key[32], plain[16], ecb[16], cbc[16];

	random_seeded_init(&random, 3);
	for (int kind = CIPHER_AES128; kind <= CIPHER_DES; kind++) {
		SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };
		SCOPED(cipher_cbc_deinit) struct cipher_cbc c = { 0 };
		size_t len = cipher_key_size((enum cipher_kind)kind);
		size_t block = cipher_block_size((enum cipher_kind)kind);

		random_fill(&random.source, key, sizeof key);
		random_fill(&random.source, plain, sizeof plain);
		REQUIRE_OK(cipher_key_init(&k, (enum cipher_kind)kind, bytes_of(key, len)));
		REQUIRE_OK(cipher_cbc_init(&c, (enum cipher_kind)kind, bytes_of(key, len)));
		cipher_encrypt(&k, plain, block, ecb);
		cipher_cbc_encrypt(&c, zeros, bytes_of(plain, block), cbc);
		CHECK_BYTES("", bytes_of(cbc, block), bytes_of(ecb, block));
		cipher_decrypt(&k, ecb, block, ecb);
		CHECK_BYTES("and back", bytes_of(ecb, block), bytes_of(plain, block));
	}
}

TEST(a_cipher_takes_keys_of_its_size_only)
{
	static const uint8_t key[40];

	for (int kind = CIPHER_AES128; kind <= CIPHER_DES; kind++)
		for (size_t len = 0; len <= sizeof key; len++) {
			struct cipher_key k = { 0 };
			struct cipher_cbc c = { 0 };
			bool fits = len == cipher_key_size((enum cipher_kind)kind);
			enum result_code want = fits ? SUCCESS : INVALID_KEY;

			CHECK_RESULT(
			        "ECB",
			        cipher_key_init(&k, (enum cipher_kind)kind, bytes_of(key, len)),
			        want);
			CHECK_RESULT(
			        "CBC",
			        cipher_cbc_init(&c, (enum cipher_kind)kind, bytes_of(key, len)),
			        want);
			CHECK(fits || (!k.encrypt && !k.decrypt && !c.encrypt && !c.decrypt));
			cipher_key_deinit(&k);
			cipher_cbc_deinit(&c);
		}
}

TEST(letters_and_lengths_name_a_cipher)
{
	static const struct {
		char algorithm;
		size_t len;
		int want; /* -1: none */
	} rows[] = {
		{ 'A', 16, CIPHER_AES128 },    { 'A', 24, CIPHER_AES192 },
		{ 'A', 32, CIPHER_AES256 },    { 'A', 8, -1 },
		{ 'T', 16, CIPHER_3DES },      { 'T', 24, CIPHER_3DES_LONG },
		{ 'T', 8, -1 },                { 'T', 32, -1 },
		{ 'D', 8, CIPHER_DES },        { 'D', 16, -1 },
		{ '4', 16, CIPHER_SM4 },       { '4', 32, -1 },
		{ 'R', 16, -1 },               { 'H', 32, -1 },
	}, *row;

	EACH (row, rows) {
		enum cipher_kind kind = CIPHER_SM4;
		result r = cipher_kind_of(row->algorithm, row->len, &kind);

		CHECK_RESULT("", r, row->want < 0 ? INVALID_KEY : SUCCESS);
		CHECK_I64("", kind, row->want < 0 ? CIPHER_SM4 : row->want);
	}
}

TEST(wrapping_under_192_bits_answers_as_published)
{
	uint8_t kek[24], out[24], back[16];

	for (size_t i = 0; i < sizeof kek; i++)
		kek[i] = (uint8_t)i;
	CHECK_OK(keywrap_wrap(CIPHER_AES192, bytes_of(kek, 24), vector(STANDARD, "wrap-data-128"),
	                      out));
	CHECK_BYTES("", bytes_of(out, 24), known("wrapped-128-under-192"));
	CHECK_OK(keywrap_unwrap(CIPHER_AES192, bytes_of(kek, 24), bytes_of(out, 24), back));
	CHECK_BYTES("", bytes_of(back, 16), vector(STANDARD, "wrap-data-128"));
}

TEST(wrapping_with_padding_answers_as_published)
{
	static const char *const names[][2] = { { "kwp-20", "kwp-20-wrapped" },
		                                { "kwp-7", "kwp-7-wrapped" } },
	                         *const(*row)[2];
	struct bytes kek = known("kwp-kek");

	EACH (row, names) {
		struct bytes key = known((*row)[0]), want = known((*row)[1]);
		uint8_t out[32], back[24];
		size_t len = 0;

		CHECK_OK(keywrap_pad_wrap(kek, key, out, &len));
		CHECK_BYTES((*row)[1], bytes_of(out, len), want);
		CHECK_OK(keywrap_pad_unwrap(kek, want, back, &len));
		CHECK_BYTES((*row)[0], bytes_of(back, len), key);
	}
}

TEST(keys_of_every_length_come_back_from_wrapping_with_padding)
{
	static uint8_t key[KEYWRAP_PAD_KEY_MAX], out[KEYWRAP_PAD_MAX], back[KEYWRAP_PAD_KEY_MAX];
	static const size_t sizes[] = { 16, 24, 32 };
	struct random_seeded random;
	uint8_t kek[32];
	int different = 0;

	random_seeded_init(&random, 5);
	random_fill(&random.source, kek, sizeof kek);
	random_fill(&random.source, key, sizeof key);
	for (size_t len = 1; len <= sizeof key; len += 1 + len / 40) {
		struct bytes wrapping = bytes_of(kek, sizes[len % 3]);
		size_t out_len = 0, back_len = 0;

		CHECK_OK(keywrap_pad_wrap(wrapping, bytes_of(key, len), out, &out_len));
		CHECK_I64("", out_len, keywrap_pad_size(len));
		CHECK_OK(keywrap_pad_unwrap(wrapping, bytes_of(out, out_len), back, &back_len));
		different += back_len != len || memcmp(back, key, len) != 0;
	}
	CHECK_I64("", different, 0);
	CHECK_OK(keywrap_pad_wrap(bytes_of(kek, 32), bytes_of(key, sizeof key), out,
	                          &(size_t){ 0 }));
}

TEST(a_key_changed_after_wrapping_with_padding_is_refused_and_leaves_nothing)
{
	static const char *const names[] = { "kwp-20-wrapped", "kwp-7-wrapped" }, *const * name;
	static const uint8_t zeros[24];
	struct bytes kek = known("kwp-kek");

	EACH (name, names) {
		struct bytes right = known(*name);
		uint8_t wrapped[32], back[24];
		size_t len = 99;

		for (size_t i = 0; i < right.len; i++) {
			memcpy(wrapped, right.at, right.len);
			wrapped[i] ^= 0x40;
			memset(back, 0xEE, sizeof back);
			CHECK_RESULT(
			        "",
			        keywrap_pad_unwrap(kek, bytes_of(wrapped, right.len), back, &len),
			        KEYWRAP_BROKEN);
			CHECK_BYTES("", bytes_of(back, right.len - 8),
			            bytes_of(zeros, right.len - 8));
		}
		CHECK_I64("", len, 99);
	}
}

TEST(wrapping_with_padding_refuses_lengths_that_cannot_be)
{
	static uint8_t data[KEYWRAP_PAD_MAX + 8], out[sizeof data];
	static const size_t wrapped[] = { 0, 8, 15, 17, 23, KEYWRAP_PAD_MAX + 8 }, *len;
	struct bytes kek = known("kwp-kek");
	size_t out_len = 99;

	CHECK_RESULT("no key", keywrap_pad_wrap(kek, bytes_of(data, 0), out, &out_len),
	             INVALID_KEY);
	CHECK_RESULT("long key",
	             keywrap_pad_wrap(kek, bytes_of(data, KEYWRAP_PAD_KEY_MAX + 1), out, &out_len),
	             INVALID_KEY);
	CHECK_RESULT("KEK of 8",
	             keywrap_pad_wrap(bytes_of(data, 8), bytes_of(data, 16), out, &out_len),
	             INVALID_KEY);
	CHECK_RESULT("KEK of 33",
	             keywrap_pad_unwrap(bytes_of(data, 33), bytes_of(data, 16), out, &out_len),
	             INVALID_KEY);
	EACH (len, wrapped)
		CHECK_RESULT("wrapped",
		             keywrap_pad_unwrap(kek, bytes_of(data, *len), out, &out_len),
		             INVALID_KEY);
	CHECK_I64("", out_len, 99);
}
