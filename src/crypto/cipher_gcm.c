/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/cipher.h"

enum { SIZES = 2 }; /* AES-128, AES-256 */

/* Contexts of one thread, without a key of their own. */
struct working {
	void *seal[SIZES], *open[SIZES];
};

static const enum algorithm algorithms[SIZES] = { ALGORITHM_AES128_GCM, ALGORITHM_AES256_GCM };

static _Thread_local struct working *mine;
static pthread_key_t of_thread;
static bool can_be_freed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_working(void *arg)
{
	struct working *w = arg;

	for (size_t i = 0; i < SIZES; i++) {
		algorithm_close(&w->seal[i]);
		algorithm_close(&w->open[i]);
	}
	free(w);
}

static void make_of_thread(void)
{
	can_be_freed = pthread_key_create(&of_thread, free_working) == 0;
}

static bool make_working(void)
{
	static const uint8_t no_key[32];
	struct working *w = calloc(1, sizeof *w);
	bool made = w != NULL;

	pthread_once(&once, make_of_thread);
	for (size_t i = 0; made && i < SIZES; i++) {
		w->seal[i] = algorithm_open(algorithms[i], no_key, true);
		w->open[i] = algorithm_open(algorithms[i], no_key, false);
		made = w->seal[i] && w->open[i];
	}
	if (made && can_be_freed && pthread_setspecific(of_thread, w) == 0) {
		mine = w;
		return true;
	}
	if (w)
		free_working(w);
	return false;
}

static struct working *working(void)
{
	ASSERT(mine || make_working());
	return mine;
}

static size_t size_of(const struct cipher_gcm *g)
{
	return g->key_len == 32;
}

result cipher_gcm_init(struct cipher_gcm *g, struct bytes key)
{
	*g = (struct cipher_gcm){ 0 };
	if (key.len != 16 && key.len != 32)
		return FAIL(INVALID_KEY, "GCM key of %zu bytes", key.len);
	if (!mine && !make_working())
		return FAIL(CRYPTO_FAULT, "AES-GCM is not to be had");
	memcpy(g->key, key.at, key.len);
	g->key_len = (uint8_t)key.len;
	return OK;
}

void cipher_gcm_deinit(struct cipher_gcm *g)
{
	static const uint8_t none[32];

	if (g->key_len && mine) {
		size_t size = size_of(g);

		ASSERT(EVP_EncryptInit_ex2(mine->seal[size], NULL, none, none, NULL) == 1);
		ASSERT(EVP_DecryptInit_ex2(mine->open[size], NULL, none, none, NULL) == 1);
	}
	secret_wipe_bytes(g, sizeof *g);
}

void cipher_gcm_seal(struct cipher_gcm *g, const uint8_t nonce[CIPHER_NONCE], struct bytes aad,
                     uint8_t *in_place, size_t len, uint8_t tag[CIPHER_TAG])
{
	EVP_CIPHER_CTX *context = working()->seal[size_of(g)];
	OSSL_PARAM want[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag,
		                                                CIPHER_TAG),
		              OSSL_PARAM_END };
	uint8_t none[1];
	int done = 0;

	ASSERT(EVP_EncryptInit_ex2(context, NULL, g->key, nonce, NULL) == 1);
	ASSERT(EVP_EncryptUpdate(context, NULL, &done, aad.at, (int)aad.len) == 1);
	algorithm_encrypt(context, in_place, len, in_place);
	ASSERT(EVP_EncryptFinal_ex(context, none, &done) == 1);
	ASSERT(EVP_CIPHER_CTX_get_params(context, want) == 1);
}

bool cipher_gcm_open(struct cipher_gcm *g, const uint8_t nonce[CIPHER_NONCE], struct bytes aad,
                     uint8_t *in_place, size_t len, const uint8_t tag[CIPHER_TAG])
{
	EVP_CIPHER_CTX *context = working()->open[size_of(g)];
	uint8_t expected[CIPHER_TAG], none[1];
	OSSL_PARAM give[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
		                                                expected, CIPHER_TAG),
		              OSSL_PARAM_END };
	int done = 0;

	memcpy(expected, tag, CIPHER_TAG);
	ASSERT(EVP_DecryptInit_ex2(context, NULL, g->key, nonce, NULL) == 1);
	ASSERT(EVP_CIPHER_CTX_set_params(context, give) == 1);
	ASSERT(EVP_DecryptUpdate(context, NULL, &done, aad.at, (int)aad.len) == 1);
	algorithm_decrypt(context, in_place, len, in_place);
	return EVP_DecryptFinal_ex(context, none, &done) == 1;
}
