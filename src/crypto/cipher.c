/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/sm4.h"

static const struct {
	size_t key, block;
	enum algorithm ecb, ctr;
	bool has_ctr;
} kinds[] = {
	[CIPHER_AES128] = { 16, 16, ALGORITHM_AES128_ECB, ALGORITHM_AES128_CTR, true },
	[CIPHER_AES256] = { 32, 16, ALGORITHM_AES256_ECB, ALGORITHM_AES256_CTR, true },
	[CIPHER_SM4] = { 16, 16, ALGORITHM_SM4_ECB, ALGORITHM_SM4_CTR, true },
	[CIPHER_3DES] = { 16, 8, ALGORITHM_3DES_ECB, ALGORITHM_3DES_ECB, false },
};

size_t cipher_key_size(enum cipher_kind kind)
{
	return kinds[kind].key;
}

size_t cipher_block_size(enum cipher_kind kind)
{
	return kinds[kind].block;
}

result cipher_key_init(struct cipher_key *k, enum cipher_kind kind, struct bytes key)
{
	uint8_t long_key[32];

	*k = (struct cipher_key){ .kind = kind };
	if (key.len != kinds[kind].key)
		return FAIL(INVALID_KEY, "cipher key of %zu bytes", key.len);
	if (kind == CIPHER_3DES)
		algorithm_expand_3des(key.at, long_key);
	else
		memcpy(long_key, key.at, key.len);
	k->encrypt = algorithm_open(kinds[kind].ecb, long_key, true);
	k->decrypt = algorithm_open(kinds[kind].ecb, long_key, false);
	secret_wipe_bytes(long_key, sizeof long_key);
	if (!k->encrypt || !k->decrypt) {
		cipher_key_deinit(k);
		return FAIL(CRYPTO_FAULT, "cipher %d is not to be had", (int)kind);
	}
	return OK;
}

void cipher_key_deinit(struct cipher_key *k)
{
	algorithm_close(&k->encrypt);
	algorithm_close(&k->decrypt);
}

void cipher_encrypt(struct cipher_key *k, const uint8_t *in, size_t len, uint8_t *out)
{
	ASSERT(len % kinds[k->kind].block == 0);
	algorithm_encrypt(k->encrypt, in, len, out);
}

void cipher_decrypt(struct cipher_key *k, const uint8_t *in, size_t len, uint8_t *out)
{
	ASSERT(len % kinds[k->kind].block == 0);
	algorithm_decrypt(k->decrypt, in, len, out);
}

result cipher_ctr_init(struct cipher_ctr *c, enum cipher_kind kind, struct bytes key)
{
	*c = (struct cipher_ctr){ 0 };
	if (!kinds[kind].has_ctr || key.len != kinds[kind].key)
		return FAIL(INVALID_KEY, "no counter mode for cipher %d and %zu bytes", (int)kind,
		            key.len);
	if (kind == CIPHER_SM4 && sm4_is_fast())
		c->sm4 = sm4_key_open(key.at);
	else
		c->context = algorithm_open(kinds[kind].ctr, key.at, true);
	return c->context || c->sm4 ? OK
	                            : FAIL(CRYPTO_FAULT, "cipher %d is not to be had", (int)kind);
}

void cipher_ctr_deinit(struct cipher_ctr *c)
{
	algorithm_close(&c->context);
	sm4_key_close(&c->sm4);
}

void cipher_ctr_apply(struct cipher_ctr *c, const uint8_t first[16], uint8_t *in_place, size_t len)
{
	if (c->sm4) {
		struct sm4_job job = { .key = c->sm4, .stream = in_place, .len = len };

		memcpy(job.block, first, sizeof job.block);
		sm4_run(&job, 1);
		return;
	}
	ASSERT(EVP_EncryptInit_ex2(c->context, NULL, NULL, first, NULL) == 1);
	algorithm_encrypt(c->context, in_place, len, in_place);
}

result cipher_gcm_init(struct cipher_gcm *g, struct bytes key)
{
	enum algorithm algorithm = key.len == 16 ? ALGORITHM_AES128_GCM : ALGORITHM_AES256_GCM;

	*g = (struct cipher_gcm){ 0 };
	if (key.len != 16 && key.len != 32)
		return FAIL(INVALID_KEY, "GCM key of %zu bytes", key.len);
	g->encrypt = algorithm_open(algorithm, key.at, true);
	g->decrypt = algorithm_open(algorithm, key.at, false);
	if (!g->encrypt || !g->decrypt) {
		cipher_gcm_deinit(g);
		return FAIL(CRYPTO_FAULT, "AES-GCM is not to be had");
	}
	return OK;
}

void cipher_gcm_deinit(struct cipher_gcm *g)
{
	algorithm_close(&g->encrypt);
	algorithm_close(&g->decrypt);
}

void cipher_gcm_seal(struct cipher_gcm *g, const uint8_t nonce[CIPHER_NONCE], struct bytes aad,
                     uint8_t *in_place, size_t len, uint8_t tag[CIPHER_TAG])
{
	OSSL_PARAM want[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag,
		                                                CIPHER_TAG),
		              OSSL_PARAM_END };
	uint8_t none[1];
	int done = 0;

	ASSERT(EVP_EncryptInit_ex2(g->encrypt, NULL, NULL, nonce, NULL) == 1);
	ASSERT(EVP_EncryptUpdate(g->encrypt, NULL, &done, aad.at, (int)aad.len) == 1);
	algorithm_encrypt(g->encrypt, in_place, len, in_place);
	ASSERT(EVP_EncryptFinal_ex(g->encrypt, none, &done) == 1);
	ASSERT(EVP_CIPHER_CTX_get_params(g->encrypt, want) == 1);
}

bool cipher_gcm_open(struct cipher_gcm *g, const uint8_t nonce[CIPHER_NONCE], struct bytes aad,
                     uint8_t *in_place, size_t len, const uint8_t tag[CIPHER_TAG])
{
	uint8_t expected[CIPHER_TAG], none[1];
	OSSL_PARAM give[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
		                                                expected, CIPHER_TAG),
		              OSSL_PARAM_END };
	int done = 0;

	memcpy(expected, tag, CIPHER_TAG);
	ASSERT(EVP_DecryptInit_ex2(g->decrypt, NULL, NULL, nonce, NULL) == 1);
	ASSERT(EVP_CIPHER_CTX_set_params(g->decrypt, give) == 1);
	ASSERT(EVP_DecryptUpdate(g->decrypt, NULL, &done, aad.at, (int)aad.len) == 1);
	algorithm_decrypt(g->decrypt, in_place, len, in_place);
	return EVP_DecryptFinal_ex(g->decrypt, none, &done) == 1;
}
