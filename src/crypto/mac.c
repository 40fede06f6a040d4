/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/mac.h"

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/sm4.h"

enum { CHUNK = 512 }; /* bytes handed to the cipher at a time; whole blocks */

/* Only the last block of `blocks` is made. */
static void chain_sm4(struct mac_key *k, uint8_t *blocks, size_t len)
{
	struct sm4_job job = { .key = k->sm4, .runs = { { blocks, len } } };

	if (!k->fresh)
		memcpy(job.block, k->state, sizeof job.block);
	k->fresh = false;
	sm4_run(&job, 1);
	memcpy(k->state, job.block, sizeof job.block);
	memcpy(blocks + len - SM4_BLOCK, job.block, SM4_BLOCK);
}

/*
 * All these MACs are CBC chains. A CBC context keeps its last cipher block as the next chaining
 * value; instead of telling it to forget (an IV reset costs as much as the whole MAC of a short
 * message), the first block of the next message is XORed with that value, which cancels it.
 */
static void chain(struct mac_key *k, uint8_t *blocks, size_t len)
{
	if (k->sm4) {
		chain_sm4(k, blocks, len);
		return;
	}
	if (k->fresh)
		for (size_t i = 0; i < k->block_size; i++)
			blocks[i] ^= k->state[i];
	k->fresh = false;
	algorithm_encrypt(k->chain, blocks, len, blocks);
	memcpy(k->state, blocks + len - k->block_size, k->block_size);
}

/* RFC 4493 2.3: doubling in GF(2^128); SP 800-38B 5.3: in GF(2^64). */
static void doubled(const uint8_t *in, size_t size, uint8_t *out)
{
	uint8_t constant = size == 16 ? 0x87 : 0x1B;
	uint8_t carry = (uint8_t)(in[0] >> 7 ? constant : 0);

	for (size_t i = 0; i < size - 1; i++)
		out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
	out[size - 1] = (uint8_t)(in[size - 1] << 1 ^ carry);
}

static void make_subkeys(struct mac_key *k)
{
	uint8_t zero[MAC_BLOCK_MAX] = { 0 };

	k->fresh = true;
	chain(k, zero, k->block_size);
	doubled(zero, k->block_size, k->k1);
	doubled(k->k1, k->block_size, k->k2);
	secret_wipe_bytes(zero, sizeof zero);
}

static enum algorithm aes_of(size_t key_len)
{
	return key_len == 16   ? ALGORITHM_AES128_CBC
	       : key_len == 24 ? ALGORITHM_AES192_CBC
	                       : ALGORITHM_AES256_CBC;
}

/* The chain of an AES or SM4 MAC. The vector instructions know CMAC only. */
static result init_wide(struct mac_key *k, struct bytes key)
{
	bool is_aes = k->kind == MAC_AES_CMAC || k->kind == MAC_AES_CBC;
	enum algorithm algorithm = is_aes ? aes_of(key.len) : ALGORITHM_SM4_CBC;

	k->block_size = 16;
	if (k->kind == MAC_SM4_CMAC && sm4_is_fast())
		k->sm4 = sm4_key_open(key.at);
	else
		k->chain = algorithm_open(algorithm, key.at, true);
	return k->sm4 || k->chain
	               ? OK
	               : FAIL(CRYPTO_FAULT, "cipher %d is not to be had", (int)algorithm);
}

/* The chain under the whole key. */
static result init_tdes(struct mac_key *k, struct bytes key)
{
	uint8_t whole[24];

	algorithm_expand_des(key, whole);
	k->block_size = 8;
	k->chain = algorithm_open(ALGORITHM_3DES_CBC, whole, true);
	secret_wipe_bytes(whole, sizeof whole);
	return k->chain ? OK : FAIL(CRYPTO_FAULT, "3DES is not to be had");
}

/* The chain under K1, the end under the whole key. An 8-byte key makes both single DES. */
static result init_des(struct mac_key *k, struct bytes key)
{
	uint8_t single[24], whole[24];

	algorithm_expand_des(bytes_of(key.at, 8), single);
	algorithm_expand_des(key, whole);
	k->block_size = 8;
	k->chain = algorithm_open(ALGORITHM_3DES_CBC, single, true);
	k->last = algorithm_open(ALGORITHM_3DES_ECB, whole, true);
	secret_wipe_bytes(single, sizeof single);
	secret_wipe_bytes(whole, sizeof whole);
	return k->chain && k->last ? OK : FAIL(CRYPTO_FAULT, "3DES is not to be had");
}

static bool key_fits(enum mac_kind kind, size_t len)
{
	switch (kind) {
	case MAC_AES_CMAC:
	case MAC_AES_CBC:
		return len == 16 || len == 24 || len == 32;
	case MAC_SM4_CMAC:
	case MAC_SM4_CBC:
	case MAC_RETAIL:
		return len == 16;
	case MAC_X919:
	case MAC_UNIONPAY:
		return len == 16 || len == 8;
	case MAC_TDES_CMAC:
		return len == 16 || len == 24;
	case MAC_DES_CBC:
		return len == 8;
	}
	return false;
}

static result init_chain(struct mac_key *k, struct bytes key)
{
	switch (k->kind) {
	case MAC_AES_CMAC:
	case MAC_SM4_CMAC:
	case MAC_AES_CBC:
	case MAC_SM4_CBC:
		return init_wide(k, key);
	case MAC_TDES_CMAC:
	case MAC_DES_CBC:
		return init_tdes(k, key);
	default:
		return init_des(k, key);
	}
}

result mac_key_init(struct mac_key *k, enum mac_kind kind, struct bytes key)
{
	result r;

	*k = (struct mac_key){ .kind = kind };
	if (!key_fits(kind, key.len))
		return FAIL(INVALID_KEY, "MAC key of %zu bytes", key.len);
	r = init_chain(k, key);
	if (!is_ok(r))
		mac_key_deinit(k);
	else if (kind == MAC_AES_CMAC || kind == MAC_SM4_CMAC || kind == MAC_TDES_CMAC)
		make_subkeys(k);
	return r;
}

result mac_key_init_suite(struct mac_key *k, enum suite suite, const uint8_t key[SUITE_KEY_SIZE])
{
	static const enum mac_kind kinds[] = { [SUITE_AES] = MAC_AES_CMAC,
		                               [SUITE_SM4] = MAC_SM4_CMAC,
		                               [SUITE_3DES] = MAC_X919,
		                               [SUITE_UNIONPAY] = MAC_UNIONPAY };

	if (!suite_is_known(suite))
		return FAIL(SUITE_UNSUPPORTED, "suite %d", (int)suite);
	return mac_key_init(k, kinds[suite], bytes_of(key, SUITE_KEY_SIZE));
}

void mac_key_deinit(struct mac_key *k)
{
	algorithm_close(&k->chain);
	algorithm_close(&k->last);
	sm4_key_close(&k->sm4);
	secret_wipe_bytes(k, sizeof *k);
}

void mac_begin(struct mac_key *k)
{
	k->fresh = true;
	k->held_len = 0;
	if (k->kind == MAC_UNIONPAY)
		memset(k->k1, 0, sizeof k->k1);
}

/* UnionPay: XOR of all blocks, zero-padded (5.2). */
static void fold(struct mac_key *k, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++) {
		k->k1[k->held_len] ^= data.at[i];
		k->held_len = (k->held_len + 1) & 7;
	}
}

/* The last block is treated apart, so one whole block is always held back. */
void mac_add(struct mac_key *k, struct bytes data)
{
	uint8_t work[CHUNK];
	size_t from_held;

	if (k->kind == MAC_UNIONPAY) {
		fold(k, data);
		return;
	}
	while ((size_t)k->held_len + data.len > k->block_size) {
		size_t all = k->held_len + data.len;
		size_t now = (all - 1) / k->block_size * k->block_size;

		now = now < CHUNK ? now : CHUNK;
		from_held = k->held_len;
		memcpy(work, k->held, from_held);
		memcpy(work + from_held, data.at, now - from_held);
		data.at += now - from_held;
		data.len -= now - from_held;
		k->held_len = 0;
		chain(k, work, now);
	}
	if (data.len)
		memcpy(k->held + k->held_len, data.at, data.len);
	k->held_len = (uint8_t)(k->held_len + data.len);
}

/* The size is a constant where this is called: the compiler makes two of it. */
static inline void end_cmac(struct mac_key *k, size_t size, uint8_t out[MAC_FULL_SIZE])
{
	const uint8_t *sub = k->held_len == size ? k->k1 : k->k2;
	size_t n = k->held_len;

	memset(k->held + n, 0, size - n);
	if (n < size)
		k->held[n] = 0x80;
	for (size_t i = 0; i < size; i++)
		k->held[i] ^= sub[i];
	chain(k, k->held, size);
	memset(out, 0, MAC_FULL_SIZE);
	memcpy(out, k->held, size);
}

/* ISO 9797-1 6.3.3, padding method 2: one bit, then zeros; a whole block gets another one. */
static void pad_with_bit(struct mac_key *k)
{
	if (k->held_len == k->block_size) {
		chain(k, k->held, k->block_size);
		k->held_len = 0;
	}
	memset(k->held + k->held_len, 0, (size_t)(k->block_size - k->held_len));
	k->held[k->held_len] = 0x80;
}

static void end_cbc(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	pad_with_bit(k);
	chain(k, k->held, k->block_size);
	memset(out, 0, MAC_FULL_SIZE);
	memcpy(out, k->held, k->block_size);
}

/* The chain's last DES, D under K2 and E under K1 together are one EDE: E1(D2(E1(x))). */
static void end_algorithm3(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	if (!k->fresh)
		for (size_t i = 0; i < 8; i++)
			k->held[i] ^= k->state[i];
	algorithm_encrypt(k->last, k->held, 8, out);
	memset(out + 8, 0, 8);
}

static void end_x919(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	memset(k->held + k->held_len, 0, 8u - k->held_len);
	end_algorithm3(k, out);
}

static void end_retail(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	pad_with_bit(k);
	end_algorithm3(k, out);
}

static void end_unionpay(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	char text[17];
	uint8_t block[8];

	hex_encode(bytes_of(k->k1, 8), text);
	memcpy(block, text, 8);
	algorithm_encrypt(k->last, block, 8, block);
	for (size_t i = 0; i < 8; i++)
		block[i] ^= (uint8_t)text[8 + i];
	algorithm_encrypt(k->last, block, 8, block);
	hex_encode(bytes_of(block, 8), text);
	memcpy(out, text, 8);
	memset(out + 8, 0, 8);
}

void mac_end(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	switch (k->kind) {
	case MAC_AES_CMAC:
	case MAC_SM4_CMAC:
		end_cmac(k, 16, out);
		return;
	case MAC_TDES_CMAC:
		end_cmac(k, 8, out);
		return;
	case MAC_X919:
		end_x919(k, out);
		return;
	case MAC_RETAIL:
		end_retail(k, out);
		return;
	case MAC_UNIONPAY:
		end_unionpay(k, out);
		return;
	case MAC_DES_CBC:
	case MAC_AES_CBC:
	case MAC_SM4_CBC:
		end_cbc(k, out);
		return;
	}
}

void mac_once(struct mac_key *k, struct bytes data, uint8_t out[MAC_FULL_SIZE])
{
	if (k->sm4) {
		struct mac_item one = { .key = k, .data = data };

		mac_many(&one, 1);
		memcpy(out, one.full, sizeof one.full);
		return;
	}
	mac_begin(k);
	mac_add(k, data);
	mac_end(k, out);
}

void mac_f64(struct mac_key *k, struct bytes data, uint8_t out[F64_SIZE])
{
	uint8_t full[MAC_FULL_SIZE];

	mac_once(k, data, full);
	memcpy(out, full, F64_SIZE);
}

bool mac_f64_is(struct mac_key *k, struct bytes data, struct bytes f64)
{
	uint8_t right[F64_SIZE];

	mac_f64(k, data, right);
	return bytes_equal_secret(bytes_of(right, sizeof right), f64);
}
