/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's secure heap: guard pages, mlock, MADV_DONTDUMP (keys 2). */
#include "crypto/locked.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/secret.h"

enum { LEAST_BLOCK = 32 };

static _Atomic size_t missed;

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

/* The call itself: sanitizers make a library's mlock do nothing. Pages are locked when they are
 * first touched, so a large table costs what it uses. */
static bool lock(void *at, size_t size)
{
	return syscall(SYS_mlock2, at, size, MLOCK_ONFAULT) == 0;
}

void *locked_pages(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (madvise(at, size, MADV_DONTDUMP) != 0 || madvise(at, size, MADV_DONTFORK) != 0) {
		munmap(at, size);
		return NULL;
	}
	if (!lock(at, size))
		atomic_fetch_add(&missed, size);
	return at;
}

void locked_pages_free(void *at, size_t size)
{
	if (!at)
		return;
	secret_wipe_bytes(at, size);
	munmap(at, size);
}

size_t locked_pages_missed(void)
{
	return atomic_load(&missed);
}
