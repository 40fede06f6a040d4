/* SPDX-License-Identifier: Apache-2.0 */
/* algorithm.h — OpenSSL's algorithms, looked up once for the life of the process; private to this
 * folder. */
#pragma once

#include "base/bytes.h"

enum algorithm {
	ALGORITHM_AES128_CBC,
	ALGORITHM_AES192_CBC,
	ALGORITHM_AES256_CBC,
	ALGORITHM_SM4_CBC,
	ALGORITHM_3DES_CBC,
	ALGORITHM_AES128_ECB,
	ALGORITHM_AES192_ECB,
	ALGORITHM_AES256_ECB,
	ALGORITHM_SM4_ECB,
	ALGORITHM_3DES_ECB,
	ALGORITHM_AES128_CTR,
	ALGORITHM_AES192_CTR,
	ALGORITHM_AES256_CTR,
	ALGORITHM_SM4_CTR,
	ALGORITHM_AES128_GCM,
	ALGORITHM_AES256_GCM,
	ALGORITHM_AES128_WRAP_PAD,
	ALGORITHM_AES192_WRAP_PAD,
	ALGORITHM_AES256_WRAP_PAD,
	ALGORITHM_CIPHERS,
	ALGORITHM_SHA256 = ALGORITHM_CIPHERS,
	ALGORITHM_SM3,
	ALGORITHM_SHA1,
	ALGORITHM_COUNT
};

/* A context keyed for one direction, IV of zeros (wrapping: the one of RFC 5649), no padding; NULL
 * when OpenSSL refuses or is out of memory. */
void *algorithm_open(enum algorithm algorithm, const uint8_t *key, bool encrypt);
void algorithm_close(void **context); /* wipes; *context becomes NULL */

/* EVP_MD of SHA-256, SM3 or SHA-1; NULL when it is missing. */
const void *algorithm_digest(enum algorithm algorithm);

/* Cipher whole blocks (CBC, ECB) or any length (CTR, GCM). Cannot fail with a context that was
 * opened. */
void algorithm_encrypt(void *context, const uint8_t *in, size_t len, uint8_t *out);
void algorithm_decrypt(void *context, const uint8_t *in, size_t len, uint8_t *out);

/* A DES key of 8, 16 or 24 bytes as the triple-length key that OpenSSL wants: K K K, K1 K2 K1, K1
 * K2 K3. DES under one key is EDE with three equal ones: single DES would need the legacy provider
 * at run time. */
void algorithm_expand_des(struct bytes key, uint8_t out[24]);
