/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pboc_cipher.h"

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/cipher.h"
#include "crypto/mac.h"

size_t pboc_cipher_block(const struct pboc_key *k)
{
	return k->algorithm == PBOC_SM4 ? 16 : 8;
}

/*
 * Single DES is 3DES with equal halves, E(K) D(K) E(K): OpenSSL has DES itself in its legacy
 * provider only.
 */
result pboc_cipher_encrypt(const struct pboc_key *k, const uint8_t *in, size_t len, uint8_t *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key cipher = { 0 };
	uint8_t whole[PBOC_KEY_SIZE];
	result r;

	ASSERT(k->len == PBOC_KEY_SIZE || k->len == PBOC_DES_SIZE);
	for (size_t i = 0; i < sizeof whole; i++)
		whole[i] = k->at[i % k->len];
	r = cipher_key_init(&cipher, k->algorithm == PBOC_SM4 ? CIPHER_SM4 : CIPHER_3DES,
	                    bytes_of(whole, sizeof whole));
	secret_wipe_bytes(whole, sizeof whole);
	TRY(r);
	cipher_encrypt(&cipher, in, len, out);
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
	return k->algorithm == PBOC_SM4 ? mac_sm4(k, blocks, len, mac)
	                                : mac_des(k, bytes_of(blocks, len), mac);
}
