/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

#include <openssl/evp.h>

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/sm4.h"

static const struct {
	size_t key, block;
	enum algorithm ecb, cbc, ctr;
	bool has_ctr;
} kinds[] = {
	[CIPHER_AES128] = { 16, 16, ALGORITHM_AES128_ECB, ALGORITHM_AES128_CBC,
	                    ALGORITHM_AES128_CTR, true },
	[CIPHER_AES256] = { 32, 16, ALGORITHM_AES256_ECB, ALGORITHM_AES256_CBC,
	                    ALGORITHM_AES256_CTR, true },
	[CIPHER_SM4] = { 16, 16, ALGORITHM_SM4_ECB, ALGORITHM_SM4_CBC, ALGORITHM_SM4_CTR, true },
	[CIPHER_3DES] = { 16, 8, ALGORITHM_3DES_ECB, ALGORITHM_3DES_CBC, ALGORITHM_3DES_ECB,
	                  false },
	[CIPHER_AES192] = { 24, 16, ALGORITHM_AES192_ECB, ALGORITHM_AES192_CBC,
	                    ALGORITHM_AES192_CTR, true },
	[CIPHER_3DES_LONG] = { 24, 8, ALGORITHM_3DES_ECB, ALGORITHM_3DES_CBC, ALGORITHM_3DES_ECB,
	                       false },
	[CIPHER_DES] = { 8, 8, ALGORITHM_3DES_ECB, ALGORITHM_3DES_CBC, ALGORITHM_3DES_ECB, false },
};

size_t cipher_key_size(enum cipher_kind kind)
{
	return kinds[kind].key;
}

size_t cipher_block_size(enum cipher_kind kind)
{
	return kinds[kind].block;
}

result cipher_kind_of(char algorithm, size_t key_len, enum cipher_kind *out)
{
	static const struct {
		char algorithm;
		enum cipher_kind kind;
	} rows[] = { { 'A', CIPHER_AES128 }, { 'A', CIPHER_AES192 },    { 'A', CIPHER_AES256 },
		     { 'T', CIPHER_3DES },   { 'T', CIPHER_3DES_LONG }, { 'D', CIPHER_DES },
		     { '4', CIPHER_SM4 } },
	  *row;

	EACH (row, rows) {
		if (row->algorithm != algorithm || kinds[row->kind].key != key_len)
			continue;
		*out = row->kind;
		return OK;
	}
	return FAIL(INVALID_KEY, "no cipher for algorithm %c and %zu bytes", algorithm, key_len);
}

/* Both directions of a kind; either may be missing on failure. */
static result open_both(enum cipher_kind kind, enum algorithm algorithm, struct bytes key,
                        void **encrypt, void **decrypt)
{
	uint8_t long_key[32];

	if (key.len != kinds[kind].key)
		return FAIL(INVALID_KEY, "cipher key of %zu bytes", key.len);
	if (kinds[kind].block == 8)
		algorithm_expand_des(key, long_key);
	else
		memcpy(long_key, key.at, key.len);
	*encrypt = algorithm_open(algorithm, long_key, true);
	*decrypt = algorithm_open(algorithm, long_key, false);
	secret_wipe_bytes(long_key, sizeof long_key);
	if (*encrypt && *decrypt)
		return OK;
	algorithm_close(encrypt);
	algorithm_close(decrypt);
	return FAIL(CRYPTO_FAULT, "cipher %d is not to be had", (int)kind);
}

result cipher_key_init(struct cipher_key *k, enum cipher_kind kind, struct bytes key)
{
	*k = (struct cipher_key){ .kind = kind };
	return open_both(kind, kinds[kind].ecb, key, &k->encrypt, &k->decrypt);
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

result cipher_cbc_init(struct cipher_cbc *c, enum cipher_kind kind, struct bytes key)
{
	*c = (struct cipher_cbc){ .kind = kind };
	return open_both(kind, kinds[kind].cbc, key, &c->encrypt, &c->decrypt);
}

void cipher_cbc_deinit(struct cipher_cbc *c)
{
	algorithm_close(&c->encrypt);
	algorithm_close(&c->decrypt);
}

void cipher_cbc_encrypt(struct cipher_cbc *c, const uint8_t *iv, struct bytes in, uint8_t *out)
{
	ASSERT(in.len % kinds[c->kind].block == 0);
	ASSERT(EVP_EncryptInit_ex2(c->encrypt, NULL, NULL, iv, NULL) == 1);
	algorithm_encrypt(c->encrypt, in.at, in.len, out);
}

void cipher_cbc_decrypt(struct cipher_cbc *c, const uint8_t *iv, struct bytes in, uint8_t *out)
{
	ASSERT(in.len % kinds[c->kind].block == 0);
	ASSERT(EVP_DecryptInit_ex2(c->decrypt, NULL, NULL, iv, NULL) == 1);
	algorithm_decrypt(c->decrypt, in.at, in.len, out);
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
