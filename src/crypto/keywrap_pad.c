/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keywrap.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/secret.h"
#include "crypto/algorithm.h"

static bool is_aes_key(size_t len)
{
	return len == 16 || len == 24 || len == 32;
}

static void *open_context(struct bytes wrapping, bool encrypt)
{
	enum algorithm algorithm = wrapping.len == 16   ? ALGORITHM_AES128_WRAP_PAD
	                           : wrapping.len == 24 ? ALGORITHM_AES192_WRAP_PAD
	                                                : ALGORITHM_AES256_WRAP_PAD;

	return algorithm_open(algorithm, wrapping.at, encrypt);
}

size_t keywrap_pad_size(size_t key_len)
{
	return (key_len + 7) / 8 * 8 + KEYWRAP_EXTRA;
}

result keywrap_pad_wrap(struct bytes wrapping, struct bytes key, uint8_t *out, size_t *out_len)
{
	void *context;
	int len = 0;
	bool done;

	if (key.len == 0 || key.len > KEYWRAP_PAD_KEY_MAX || !is_aes_key(wrapping.len))
		return FAIL(INVALID_KEY, "key of %zu bytes under one of %zu", key.len,
		            wrapping.len);
	context = open_context(wrapping, true);
	done = context && EVP_EncryptUpdate(context, out, &len, key.at, (int)key.len) == 1;
	algorithm_close(&context);
	if (!done || (size_t)len != keywrap_pad_size(key.len))
		return FAIL(CRYPTO_FAULT, "AES key wrap is not to be had");
	*out_len = (size_t)len;
	return OK;
}

/* Through a buffer of our own: when it refuses, OpenSSL clears as many bytes as came in. */
result keywrap_pad_unwrap(struct bytes wrapping, struct bytes in, uint8_t *out, size_t *out_len)
{
	uint8_t work[KEYWRAP_PAD_MAX];
	void *context;
	int len = 0;
	bool whole;

	if (in.len < 16 || in.len > KEYWRAP_PAD_MAX || in.len % 8 || !is_aes_key(wrapping.len))
		return FAIL(INVALID_KEY, "wrapped key of %zu bytes under one of %zu", in.len,
		            wrapping.len);
	context = open_context(wrapping, false);
	if (!context)
		return FAIL(CRYPTO_FAULT, "AES key wrap is not to be had");
	whole = EVP_DecryptUpdate(context, work, &len, in.at, (int)in.len) == 1 && len > 0;
	algorithm_close(&context);
	memset(out, 0, in.len - KEYWRAP_EXTRA);
	if (whole)
		memcpy(out, work, (size_t)len);
	secret_wipe_bytes(work, sizeof work);
	if (!whole) {
		ERR_clear_error(); /* TLS on this thread would take it for the connection's */
		return FAIL(KEYWRAP_BROKEN, "integrity value of a wrapped key");
	}
	*out_len = (size_t)len;
	return OK;
}
