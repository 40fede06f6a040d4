/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "crypto/algorithm.h"

/* One context per thread and kind; OpenSSL frees nothing of ours, so the thread's end does. */
static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

struct thread_digests {
	struct digest of[DIGEST_KINDS];
};

static const enum algorithm algorithms[DIGEST_KINDS] = {
	[DIGEST_SHA256] = ALGORITHM_SHA256,
	[DIGEST_SM3] = ALGORITHM_SM3,
	[DIGEST_SHA1] = ALGORITHM_SHA1,
};

static void thread_end(void *at)
{
	struct thread_digests *t = at;

	for (size_t i = 0; i < DIGEST_KINDS; i++)
		digest_deinit(&t->of[i]);
	free(t);
}

static void make_thread_key(void)
{
	ASSERT(pthread_key_create(&thread_key, thread_end) == 0);
}

static struct thread_digests *make_thread_digests(void)
{
	struct thread_digests *t = calloc(1, sizeof *t);

	pthread_once(&thread_once, make_thread_key);
	ASSERT(t);
	for (size_t i = 0; i < DIGEST_KINDS; i++)
		ASSERT(is_ok(digest_init(&t->of[i], (enum digest_kind)i)));
	ASSERT(pthread_setspecific(thread_key, t) == 0);
	return t;
}

size_t digest_size(enum digest_kind kind)
{
	return kind == DIGEST_SHA1 ? DIGEST_SHA1_SIZE : DIGEST_SIZE;
}

void digest_once(enum digest_kind kind, struct bytes in, uint8_t out[DIGEST_SIZE])
{
	static _Thread_local struct thread_digests *mine;
	struct digest *d;

	if (!mine)
		mine = make_thread_digests();
	d = &mine->of[kind];
	digest_begin(d);
	digest_add(d, in);
	digest_end(d, out);
}

result digest_init(struct digest *d, enum digest_kind kind)
{
	const EVP_MD *md = algorithm_digest(algorithms[kind]);

	d->kind = kind;
	d->context = md ? EVP_MD_CTX_new() : NULL;
	if (!d->context || EVP_DigestInit_ex2(d->context, md, NULL) != 1) {
		digest_deinit(d);
		return FAIL(CRYPTO_FAULT, "digest %d is not to be had", (int)kind);
	}
	return OK;
}

void digest_begin(struct digest *d)
{
	ASSERT(EVP_DigestInit_ex2(d->context, NULL, NULL) == 1);
}

void digest_add(struct digest *d, struct bytes in)
{
	ASSERT(EVP_DigestUpdate(d->context, in.at, in.len) == 1);
}

void digest_end(struct digest *d, uint8_t out[DIGEST_SIZE])
{
	ASSERT(EVP_DigestFinal_ex(d->context, out, NULL) == 1);
}

void digest_deinit(struct digest *d)
{
	EVP_MD_CTX_free(d->context);
	d->context = NULL;
}
