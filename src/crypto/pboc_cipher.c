/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pboc_cipher.h"

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/mac.h"
#include "crypto/sm4.h"

enum { DES_WHOLE = 24 };

size_t pboc_cipher_block(const struct pboc_key *k)
{
	return k->algorithm == PBOC_SM4 ? 16 : 8;
}

/* --- SM4 by the processor's vector instructions --- */

/* The first block of a chain that begins with zeros is the block itself encrypted. */
static result encrypt_vector(const struct pboc_key *k, const uint8_t *in, size_t len, uint8_t *out)
{
	SCOPED(sm4_key_close) struct sm4_key *key = sm4_key_open(k->at);

	if (!key)
		return FAIL(OUT_OF_MEMORY, "an SM4 key");
	for (size_t i = 0; i < len; i += SM4_BLOCK) {
		struct sm4_job job = { .key = key, .runs = { { in + i, SM4_BLOCK } } };

		sm4_run(&job, 1);
		memcpy(out + i, job.block, SM4_BLOCK);
		secret_wipe_bytes(job.block, sizeof job.block); /* it may be a card's key */
	}
	return OK;
}

static result mac_vector(const struct pboc_key *k, struct bytes blocks, uint8_t mac[PBOC_MAC_SIZE])
{
	SCOPED(sm4_key_close) struct sm4_key *key = sm4_key_open(k->at);
	struct sm4_job job = { .key = key, .runs = { blocks } };

	if (!key)
		return FAIL(OUT_OF_MEMORY, "an SM4 key");
	sm4_run(&job, 1);
	memcpy(mac, job.block, PBOC_MAC_SIZE);
	return OK;
}

static bool is_vector(const struct pboc_key *k)
{
	return k->algorithm == PBOC_SM4 && sm4_is_fast();
}

/* --- by OpenSSL --- */

static enum algorithm ecb_of(const struct pboc_key *k)
{
	return k->algorithm == PBOC_SM4 ? ALGORITHM_SM4_ECB : ALGORITHM_3DES_ECB;
}

/*
 * Single DES is 3DES with equal halves, E(K) D(K) E(K): OpenSSL has DES itself in its legacy
 * provider only.
 */
result pboc_cipher_encrypt(const struct pboc_key *k, const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t whole[DES_WHOLE];

	ASSERT(k->len == PBOC_KEY_SIZE || k->len == PBOC_DES_SIZE);
	ASSERT(len % pboc_cipher_block(k) == 0);
	if (is_vector(k))
		return encrypt_vector(k, in, len, out);
	if (k->algorithm == PBOC_SM4)
		memcpy(whole, k->at, PBOC_KEY_SIZE);
	else
		algorithm_expand_des(bytes_of(k->at, k->len), whole);
	SCOPED(algorithm_close) void *cipher = algorithm_open(ecb_of(k), whole, true);
	secret_wipe_bytes(whole, sizeof whole);
	if (!cipher)
		return FAIL(CRYPTO_FAULT, "cipher %d is not to be had", (int)ecb_of(k));
	algorithm_encrypt(cipher, in, len, out);
	return OK;
}

/* ISO 9797-1 padding method 2: always at least the 80 (card 3.2). */
size_t pboc_cipher_pad(size_t block, uint8_t *at, size_t len)
{
	size_t whole = (len / block + 1) * block;

	memset(at + len, 0, whole - len);
	at[len] = 0x80;
	return whole;
}

/* X9.19's own padding adds nothing to whole blocks; with 8 bytes of key it is the plain chain. */
static result mac_des(const struct pboc_key *k, struct bytes blocks, uint8_t mac[PBOC_MAC_SIZE])
{
	SCOPED(mac_key_deinit) struct mac_key key = { 0 };
	uint8_t full[MAC_FULL_SIZE];

	TRY(mac_key_init(&key, MAC_X919, bytes_of(k->at, k->len)));
	mac_once(&key, blocks, full);
	memcpy(mac, full, PBOC_MAC_SIZE);
	return OK;
}

static result mac_sm4(const struct pboc_key *k, uint8_t *blocks, size_t len,
                      uint8_t mac[PBOC_MAC_SIZE])
{
	SCOPED(algorithm_close) void *chain = algorithm_open(ALGORITHM_SM4_CBC, k->at, true);

	if (!chain)
		return FAIL(CRYPTO_FAULT, "SM4 is not to be had");
	algorithm_encrypt(chain, blocks, len, blocks);
	memcpy(mac, blocks + len - 16, PBOC_MAC_SIZE);
	return OK;
}

result pboc_cipher_mac(const struct pboc_key *k, const uint8_t *iv, uint8_t *blocks, size_t len,
                       uint8_t mac[PBOC_MAC_SIZE])
{
	for (size_t i = 0; iv && i < pboc_cipher_block(k); i++)
		blocks[i] ^= iv[i];
	if (is_vector(k))
		return mac_vector(k, bytes_of(blocks, len), mac);
	return k->algorithm == PBOC_SM4 ? mac_sm4(k, blocks, len, mac)
	                                : mac_des(k, bytes_of(blocks, len), mac);
}
