/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithm.h"

#include <openssl/evp.h>
#include <pthread.h>

static const char *const names[ALGORITHM_COUNT] = {
	[ALGORITHM_AES128_CBC] = "AES-128-CBC",
	[ALGORITHM_AES192_CBC] = "AES-192-CBC",
	[ALGORITHM_AES256_CBC] = "AES-256-CBC",
	[ALGORITHM_SM4_CBC] = "SM4-CBC",
	[ALGORITHM_3DES_CBC] = "DES-EDE3-CBC",
	[ALGORITHM_AES128_ECB] = "AES-128-ECB",
	[ALGORITHM_AES192_ECB] = "AES-192-ECB",
	[ALGORITHM_AES256_ECB] = "AES-256-ECB",
	[ALGORITHM_SM4_ECB] = "SM4-ECB",
	[ALGORITHM_3DES_ECB] = "DES-EDE3-ECB",
	[ALGORITHM_AES128_CTR] = "AES-128-CTR",
	[ALGORITHM_AES192_CTR] = "AES-192-CTR",
	[ALGORITHM_AES256_CTR] = "AES-256-CTR",
	[ALGORITHM_SM4_CTR] = "SM4-CTR",
	[ALGORITHM_AES128_GCM] = "AES-128-GCM",
	[ALGORITHM_AES256_GCM] = "AES-256-GCM",
	[ALGORITHM_AES128_WRAP_PAD] = "AES-128-WRAP-PAD",
	[ALGORITHM_AES192_WRAP_PAD] = "AES-192-WRAP-PAD",
	[ALGORITHM_AES256_WRAP_PAD] = "AES-256-WRAP-PAD",
	[ALGORITHM_SHA256] = "SHA256",
	[ALGORITHM_SM3] = "SM3",
	[ALGORITHM_SHA1] = "SHA1",
};

/* Looking an algorithm up costs more than using it, so each is looked up once and kept
 * (ledger.md 8.1). */
static EVP_CIPHER *ciphers[ALGORITHM_CIPHERS];
static EVP_MD *digests[ALGORITHM_COUNT - ALGORITHM_CIPHERS];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
	for (size_t i = 0; i < ALGORITHM_CIPHERS; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		digests[i] = EVP_MD_fetch(NULL, names[ALGORITHM_CIPHERS + i], NULL);
}

static bool wraps(enum algorithm algorithm)
{
	return algorithm >= ALGORITHM_AES128_WRAP_PAD && algorithm < ALGORITHM_CIPHERS;
}

void *algorithm_open(enum algorithm algorithm, const uint8_t *key, bool encrypt)
{
	static const uint8_t zero_iv[16];
	const uint8_t *iv = wraps(algorithm) ? NULL : zero_iv;
	EVP_CIPHER_CTX *context;

	pthread_once(&fetched, fetch_all);
	if (!ciphers[algorithm])
		return NULL;
	context = EVP_CIPHER_CTX_new();
	if (!context)
		return NULL;
	if (wraps(algorithm))
		EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(context, ciphers[algorithm], key, iv, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(context, 0) != 1) {
		EVP_CIPHER_CTX_free(context);
		return NULL;
	}
	return context;
}

void algorithm_close(void **context)
{
	EVP_CIPHER_CTX_free(*context); /* cleanses the key schedule */
	*context = NULL;
}

const void *algorithm_digest(enum algorithm algorithm)
{
	pthread_once(&fetched, fetch_all);
	return digests[algorithm - ALGORITHM_CIPHERS];
}

void algorithm_encrypt(void *context, const uint8_t *in, size_t len, uint8_t *out)
{
	int done = 0;

	ASSERT(EVP_EncryptUpdate(context, out, &done, in, (int)len) == 1 && (size_t)done == len);
}

void algorithm_decrypt(void *context, const uint8_t *in, size_t len, uint8_t *out)
{
	int done = 0;

	ASSERT(EVP_DecryptUpdate(context, out, &done, in, (int)len) == 1 && (size_t)done == len);
}

void algorithm_expand_des(struct bytes key, uint8_t out[24])
{
	for (size_t i = 0; i < 24; i++)
		out[i] = key.at[i % key.len];
}
