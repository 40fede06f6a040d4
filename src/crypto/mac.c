/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/mac.h"

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/sm4_cmac.h"

enum {
	CHUNK = 512,   /* bytes handed to the cipher at a time; whole blocks */
	MAC_MANY = 32, /* messages side by side */
};

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
 * All four MACs are CBC chains. A CBC context keeps its last cipher block as the next chaining
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

/* RFC 4493 2.3: doubling in GF(2^128). */
static void doubled(const uint8_t in[16], uint8_t out[16])
{
	uint8_t carry = (uint8_t)(in[0] >> 7 ? 0x87 : 0);

	for (int i = 0; i < 15; i++)
		out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
	out[15] = (uint8_t)(in[15] << 1 ^ carry);
}

static result init_cmac(struct mac_key *k, enum algorithm algorithm, struct bytes key)
{
	uint8_t zero[16] = { 0 };

	k->block_size = 16;
	if (algorithm == ALGORITHM_SM4_CBC && sm4_is_fast())
		k->sm4 = sm4_key_open(key.at);
	else
		k->chain = algorithm_open(algorithm, key.at, true);
	if (!k->sm4 && !k->chain)
		return FAIL(CRYPTO_FAULT, "cipher %d is not to be had", (int)algorithm);
	k->fresh = true;
	chain(k, zero, sizeof zero);
	doubled(zero, k->k1);
	doubled(k->k1, k->k2);
	secret_wipe_bytes(zero, sizeof zero);
	return OK;
}

/*
 * DES under K1 alone is 3DES with K1 = K2 = K3: single DES would need OpenSSL's legacy provider at
 * run time. An 8-byte key makes both contexts single DES.
 */
static result init_des(struct mac_key *k, struct bytes key)
{
	uint8_t single[24], whole[24];

	for (size_t i = 0; i < sizeof single; i++)
		single[i] = key.at[i % 8];
	for (size_t i = 0; i < sizeof whole; i++)
		whole[i] = key.at[i % key.len];
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
		return len == 16 || len == 32;
	case MAC_SM4_CMAC:
		return len == 16;
	case MAC_X919:
	case MAC_UNIONPAY:
		return len == 16 || len == 8;
	}
	return false;
}

result mac_key_init(struct mac_key *k, enum mac_kind kind, struct bytes key)
{
	result r;

	*k = (struct mac_key){ .kind = kind };
	if (!key_fits(kind, key.len))
		return FAIL(INVALID_KEY, "MAC key of %zu bytes", key.len);
	if (kind == MAC_AES_CMAC)
		r = init_cmac(k, key.len == 16 ? ALGORITHM_AES128_CBC : ALGORITHM_AES256_CBC, key);
	else if (kind == MAC_SM4_CMAC)
		r = init_cmac(k, ALGORITHM_SM4_CBC, key);
	else
		r = init_des(k, key);
	if (!is_ok(r))
		mac_key_deinit(k);
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

static void end_cmac(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	const uint8_t *sub = k->held_len == 16 ? k->k1 : k->k2;
	size_t n = k->held_len;

	memset(k->held + n, 0, 16 - n);
	if (n < 16)
		k->held[n] = 0x80;
	for (size_t i = 0; i < 16; i++)
		k->held[i] ^= sub[i];
	chain(k, k->held, 16);
	memcpy(out, k->held, 16);
}

/* The chain's last DES, D under K2 and E under K1 together are one EDE: E1(D2(E1(x))). */
static void end_x919(struct mac_key *k, uint8_t out[MAC_FULL_SIZE])
{
	memset(k->held + k->held_len, 0, 8u - k->held_len);
	if (!k->fresh)
		for (size_t i = 0; i < 8; i++)
			k->held[i] ^= k->state[i];
	algorithm_encrypt(k->last, k->held, 8, out);
	memset(out + 8, 0, 8);
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
	if (k->kind == MAC_UNIONPAY)
		end_unionpay(k, out);
	else if (k->kind == MAC_X919)
		end_x919(k, out);
	else
		end_cmac(k, out);
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

/* SM4-CMACs, side by side. */
struct many {
	size_t count;
	struct mac_item *item[MAC_MANY];
	struct sm4_cmac cmac[MAC_MANY];
	struct sm4_job jobs[MAC_MANY];
};

static void finish_many(struct many *m)
{
	if (m->count == 0)
		return;
	sm4_run(m->jobs, m->count);
	for (size_t i = 0; i < m->count; i++)
		memcpy(m->item[i]->full, m->jobs[i].block, sizeof m->item[i]->full);
	secret_wipe_bytes(m->cmac, m->count * sizeof m->cmac[0]); /* subkeys can be seen in it */
	m->count = 0;
}

void mac_many(struct mac_item *items, size_t count)
{
	struct many m;

	m.count = 0;
	for (size_t i = 0; i < count; i++) {
		struct mac_item *item = &items[i];

		if (!item->key->sm4) {
			mac_once(item->key, item->data, item->full);
			continue;
		}
		m.item[m.count] = item;
		sm4_cmac_job(&m.cmac[m.count], item->key, bytes_of(NULL, 0), item->data,
		             &m.jobs[m.count]);
		if (++m.count == MAC_MANY)
			finish_many(&m);
	}
	finish_many(&m);
}
