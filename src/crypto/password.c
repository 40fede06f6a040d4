/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include <pthread.h>
#include <sodium.h>

enum { KIB = 1024 };

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "room for libsodium's text");

/* Counts who is hashing; the others wait here, so a burst of logins cannot take the machine's
 * memory. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static int at_work;

static void enter(void)
{
	pthread_mutex_lock(&lock);
	while (at_work >= PASSWORD_AT_ONCE)
		pthread_cond_wait(&left, &lock);
	at_work++;
	pthread_mutex_unlock(&lock);
}

static void leave(void)
{
	pthread_mutex_lock(&lock);
	at_work--;
	pthread_cond_signal(&left);
	pthread_mutex_unlock(&lock);
}

result password_hash(struct bytes password, char out[PASSWORD_HASH_SIZE])
{
	int failed;

	if (password.len > PASSWORD_MAX)
		return FAIL(PASSWORD_TOO_LONG, "%zu bytes", password.len);
	ASSERT(sodium_init() >= 0);
	enter();
	failed = crypto_pwhash_str_alg(out, (const char *)password.at, password.len,
	                               password_cost.passes, (size_t)password_cost.memory_kib * KIB,
	                               crypto_pwhash_ALG_ARGON2ID13);
	leave();
	return failed ? FAIL(OUT_OF_MEMORY, "argon2id wants %u KiB", password_cost.memory_kib) : OK;
}

static bool is_hash(const char *hash)
{
	return strncmp(hash, crypto_pwhash_argon2id_STRPREFIX,
	               strlen(crypto_pwhash_argon2id_STRPREFIX)) == 0 &&
	       strlen(hash) < crypto_pwhash_STRBYTES;
}

bool password_matches(struct bytes password, const char *hash)
{
	bool same;

	if (password.len > PASSWORD_MAX || !is_hash(hash))
		return false;
	ASSERT(sodium_init() >= 0);
	enter();
	same = crypto_pwhash_str_verify(hash, (const char *)password.at, password.len) == 0;
	leave();
	return same;
}

bool password_needs_rehash(const char *hash)
{
	return !is_hash(hash) ||
	       crypto_pwhash_str_needs_rehash(hash, password_cost.passes,
	                                      (size_t)password_cost.memory_kib * KIB) != 0;
}
