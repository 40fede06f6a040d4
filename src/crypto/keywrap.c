/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keywrap.h"

#include "base/secret.h"
#include "crypto/mac.h"

/* RFC 3394 2.2.3.1 */
static const uint8_t initial_value[8] = { 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6 };

enum { ROUNDS = 6 };

static result check_sizes(enum cipher_kind kind, size_t key_len)
{
	if (cipher_block_size(kind) != 16 || key_len < 16 || key_len > KEYWRAP_KEY_MAX ||
	    key_len % 8)
		return FAIL(INVALID_KEY, "key of %zu bytes under cipher %d", key_len, (int)kind);
	return OK;
}

static void mix_counter(uint8_t a[8], uint64_t t)
{
	store_be64(a, load_be64(a) ^ t);
}

/* RFC 3394 2.2.1, index based */
result keywrap_wrap(enum cipher_kind kind, struct bytes wrapping, struct bytes key, uint8_t *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };
	size_t n = key.len / 8;
	uint8_t block[16];

	TRY(check_sizes(kind, key.len));
	TRY(cipher_key_init(&k, kind, wrapping));
	memcpy(block, initial_value, 8);
	memmove(out + 8, key.at, key.len);
	for (size_t step = 0; step < ROUNDS * n; step++) {
		uint8_t *r = out + 8 + 8 * (step % n);

		memcpy(block + 8, r, 8);
		cipher_encrypt(&k, block, 16, block);
		mix_counter(block, step + 1);
		memcpy(r, block + 8, 8);
	}
	memcpy(out, block, 8);
	secret_wipe_bytes(block, sizeof block);
	return OK;
}

/* RFC 3394 2.2.2, index based */
result keywrap_unwrap(enum cipher_kind kind, struct bytes wrapping, struct bytes in, uint8_t *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };
	size_t len = in.len < 8 ? 0 : in.len - 8;
	size_t n = len / 8;
	uint8_t block[16];
	bool whole;

	TRY(check_sizes(kind, len));
	TRY(cipher_key_init(&k, kind, wrapping));
	memcpy(block, in.at, 8);
	memmove(out, in.at + 8, len);
	for (size_t step = ROUNDS * n; step > 0; step--) {
		uint8_t *r = out + 8 * ((step - 1) % n);

		mix_counter(block, step);
		memcpy(block + 8, r, 8);
		cipher_decrypt(&k, block, 16, block);
		memcpy(r, block + 8, 8);
	}
	whole = bytes_equal_secret(bytes_of(block, 8), bytes_of(initial_value, 8));
	secret_wipe_bytes(block, sizeof block);
	if (whole)
		return OK;
	secret_wipe_bytes(out, len);
	return FAIL(KEYWRAP_BROKEN, "integrity value of a wrapped key");
}

result keywrap_kcv(enum suite suite, const uint8_t key[SUITE_KEY_SIZE], uint8_t out[KEYWRAP_KCV])
{
	static const uint8_t zeros[16];
	uint8_t full[16];

	if (suite_has_envelope(suite)) {
		SCOPED(mac_key_deinit) struct mac_key m = { 0 };

		TRY(mac_key_init_suite(&m, suite, key));
		mac_once(&m, bytes_of(zeros, 16), full);
	} else {
		SCOPED(cipher_key_deinit) struct cipher_key c = { 0 };

		TRY(cipher_key_init(&c, CIPHER_3DES, bytes_of(key, SUITE_KEY_SIZE)));
		cipher_encrypt(&c, zeros, 8, full);
	}
	memcpy(out, full, KEYWRAP_KCV);
	return OK;
}

static size_t wrapped_size(enum suite suite)
{
	return suite == SUITE_3DES ? SUITE_KEY_SIZE : SUITE_KEY_SIZE + KEYWRAP_EXTRA;
}

size_t keywrap_field_size(enum suite suite)
{
	return wrapped_size(suite) + KEYWRAP_KCV;
}

static enum cipher_kind cipher_of(enum suite suite)
{
	return suite == SUITE_AES ? CIPHER_AES128 : suite == SUITE_SM4 ? CIPHER_SM4 : CIPHER_3DES;
}

result keywrap_field_make(enum suite suite, const uint8_t kwrap[SUITE_KEY_SIZE],
                          const uint8_t key[SUITE_KEY_SIZE], uint8_t out[KEYWRAP_FIELD])
{
	struct bytes wrapping = bytes_of(kwrap, SUITE_KEY_SIZE);

	if (suite == SUITE_3DES) {
		SCOPED(cipher_key_deinit) struct cipher_key c = { 0 };

		TRY(cipher_key_init(&c, CIPHER_3DES, wrapping));
		cipher_encrypt(&c, key, SUITE_KEY_SIZE, out);
	} else if (suite_has_envelope(suite)) {
		TRY(keywrap_wrap(cipher_of(suite), wrapping, bytes_of(key, SUITE_KEY_SIZE), out));
	} else {
		return FAIL(SUITE_UNSUPPORTED, "suite %d wraps no keys", (int)suite);
	}
	return keywrap_kcv(suite, key, out + wrapped_size(suite));
}

static result unwrap_of_suite(enum suite suite, struct bytes wrapping, struct bytes wrapped,
                              uint8_t key[SUITE_KEY_SIZE])
{
	SCOPED(cipher_key_deinit) struct cipher_key c = { 0 };

	if (suite_has_envelope(suite))
		return keywrap_unwrap(cipher_of(suite), wrapping, wrapped, key);
	TRY(cipher_key_init(&c, CIPHER_3DES, wrapping));
	cipher_decrypt(&c, wrapped.at, SUITE_KEY_SIZE, key);
	return OK;
}

result keywrap_field_open(enum suite suite, const uint8_t kwrap[SUITE_KEY_SIZE], struct bytes field,
                          uint8_t key[SUITE_KEY_SIZE])
{
	size_t len = wrapped_size(suite);
	uint8_t kcv[KEYWRAP_KCV];

	if (!suite_has_envelope(suite) && suite != SUITE_3DES)
		return FAIL(SUITE_UNSUPPORTED, "suite %d wraps no keys", (int)suite);
	if (field.len != keywrap_field_size(suite))
		return FAIL(KEYWRAP_BROKEN, "wrapped key of %zu bytes", field.len);
	TRY(unwrap_of_suite(suite, bytes_of(kwrap, SUITE_KEY_SIZE), bytes_of(field.at, len), key));
	TRY(keywrap_kcv(suite, key, kcv));
	if (bytes_equal_secret(bytes_of(kcv, KEYWRAP_KCV), bytes_of(field.at + len, KEYWRAP_KCV)))
		return OK;
	secret_wipe_bytes(key, SUITE_KEY_SIZE);
	return FAIL(KEYWRAP_BROKEN, "check value of a wrapped key");
}
