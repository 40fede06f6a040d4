/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's secure heap: guard pages, mlock, MADV_DONTDUMP (keys 2). */
#include "crypto/locked.h"

#include <openssl/crypto.h>

enum { LEAST_BLOCK = 32 };

result locked_init(size_t size)
{
	if (CRYPTO_secure_malloc_initialized())
		return OK;
	/* 1: locked; 2: there, but not locked. */
	if (CRYPTO_secure_malloc_init(size, LEAST_BLOCK) != 1)
		return FAIL(LOCKED_MEMORY, "%zu bytes", size);
	return OK;
}

bool locked_is_ready(void)
{
	return CRYPTO_secure_malloc_initialized() == 1;
}

void *locked_alloc(size_t size)
{
	return OPENSSL_secure_zalloc(size);
}

void locked_free(void *at, size_t size)
{
	OPENSSL_secure_clear_free(at, size);
}
