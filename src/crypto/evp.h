/* SPDX-License-Identifier: Apache-2.0 */
/* evp.h — what the files over OpenSSL's public keys share; private to this folder. */
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/bytes.h"

/* For SCOPED. A refusal leaves nothing in the thread's error queue, where TLS would find it. */
static inline void evp_free_context(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
	ERR_clear_error();
}

static inline void evp_free_digest(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
	ERR_clear_error();
}

/* Between big-endian and the machine's byte order, which OSSL_PARAM numbers have; in place. */
static inline void evp_native(uint8_t *at, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (size_t i = 0; i < size / 2; i++) {
		uint8_t other = at[size - 1 - i];

		at[size - 1 - i] = at[i];
		at[i] = other;
	}
#else
	(void)at;
	(void)size;
#endif
}
