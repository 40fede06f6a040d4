/* SPDX-License-Identifier: Apache-2.0 */
/* TACs by the thousand: contexts that take one card's key after the other, or SM4 side by side. */
#include <openssl/evp.h>

#include "base/secret.h"
#include "crypto/algorithm.h"
#include "crypto/pboc_cipher.h"
#include "crypto/sm4_kernel.h"

enum {
	AT_ONCE = 32,
	PAIR = 2 * PBOC_FACTOR_SIZE,
	PADDED_MAX = 32,
	DES_WHOLE = 24,
};

/* Items worked on together; first F ‖ NOT F of each, then its TAC key. */
struct chunk {
	const struct pboc_tac_item *items;
	size_t count;
	uint8_t keys[AT_ONCE][PAIR];
};

static result open_contexts(struct pboc_tac_root *r, const struct pboc_key *root)
{
	uint8_t whole[DES_WHOLE];

	if (r->algorithm == PBOC_SM4) {
		r->root = algorithm_open(ALGORITHM_SM4_ECB, root->at, true);
		r->child = algorithm_open(ALGORITHM_SM4_CBC, root->at, true);
	} else {
		algorithm_expand_des(bytes_of(root->at, PBOC_KEY_SIZE), whole);
		r->root = algorithm_open(ALGORITHM_3DES_ECB, whole, true);
		r->child = algorithm_open(ALGORITHM_3DES_CBC, whole, true);
		secret_wipe_bytes(whole, sizeof whole);
	}
	return r->root && r->child ? OK : FAIL(CRYPTO_FAULT, "no cipher for TACs");
}

result pboc_tac_root_init(struct pboc_tac_root *r, const struct pboc_key *root)
{
	result done;

	*r = (struct pboc_tac_root){ .algorithm = root->algorithm };
	if (root->len != PBOC_KEY_SIZE)
		return FAIL(INVALID_KEY, "TAC root of %u bytes", root->len);
	if (root->algorithm == PBOC_SM4 && sm4_is_fast()) {
		r->sm4 = sm4_key_open(root->at);
		return r->sm4 ? OK : FAIL(OUT_OF_MEMORY, "an SM4 key");
	}
	done = open_contexts(r, root);
	if (!is_ok(done))
		pboc_tac_root_deinit(r);
	return done;
}

void pboc_tac_root_deinit(struct pboc_tac_root *r)
{
	algorithm_close(&r->root);
	algorithm_close(&r->child);
	sm4_key_close(&r->sm4);
}

static bool fits(const struct pboc_tac_item *item)
{
	return item->data_len <= PBOC_TAC_DATA_MAX;
}

static size_t pad(const struct pboc_tac_item *item, size_t block, uint8_t out[PADDED_MAX])
{
	memcpy(out, item->data, sizeof item->data);
	return pboc_cipher_pad(block, out, fits(item) ? item->data_len : 0);
}

static uint8_t is_tac(const struct pboc_tac_item *item, const uint8_t *mac)
{
	return bytes_equal_secret(bytes_of(mac, PBOC_MAC_SIZE), bytes_of(item->tac, PBOC_MAC_SIZE));
}

/* What the chain's context takes: SM4 the key itself, 3DES its folded halves three times over. */
static void expand(const struct pboc_tac_root *r, uint8_t key[PAIR], uint8_t whole[DES_WHOLE])
{
	if (r->algorithm == PBOC_SM4) {
		memcpy(whole, key, PAIR);
		return;
	}
	for (size_t i = 0; i < PBOC_DES_SIZE; i++)
		whole[i] = whole[i + 8] = whole[i + 16] = key[i] ^ key[PBOC_DES_SIZE + i];
}

static void check_one_by_one(struct pboc_tac_root *r, struct chunk *c, uint8_t *right)
{
	static const uint8_t zero_iv[16];
	size_t block = r->algorithm == PBOC_SM4 ? 16 : 8, len;
	uint8_t whole[DES_WHOLE], padded[PADDED_MAX];

	algorithm_encrypt(r->root, c->keys[0], c->count * PAIR, c->keys[0]);
	for (size_t i = 0; i < c->count; i++) {
		expand(r, c->keys[i], whole);
		ASSERT(EVP_EncryptInit_ex2(r->child, NULL, whole, zero_iv, NULL) == 1);
		len = pad(&c->items[i], block, padded);
		algorithm_encrypt(r->child, padded, len, padded);
		right[i] = is_tac(&c->items[i], padded + len - block);
	}
	secret_wipe_bytes(whole, sizeof whole);
}

static void chain_one(struct sm4_job *job, const struct sm4_key *key, const uint8_t *at, size_t len)
{
	*job = (struct sm4_job){ .key = key, .runs = { { at, len } } };
}

/* A chain of one block is that block under the key. */
static void check_side_by_side(struct pboc_tac_root *r, struct chunk *c, uint8_t *right)
{
	struct sm4_job jobs[AT_ONCE];
	struct sm4_key keys[AT_ONCE];
	uint8_t padded[AT_ONCE][PADDED_MAX];

	for (size_t i = 0; i < c->count; i++)
		chain_one(&jobs[i], r->sm4, c->keys[i], PAIR);
	sm4_run(jobs, c->count);
	for (size_t i = 0; i < c->count; i++) {
		sm4_kernel_expand(jobs[i].block, keys[i].round);
		secret_wipe_bytes(jobs[i].block, sizeof jobs[i].block);
		chain_one(&jobs[i], &keys[i], padded[i], pad(&c->items[i], 16, padded[i]));
	}
	sm4_run(jobs, c->count);
	for (size_t i = 0; i < c->count; i++)
		right[i] = is_tac(&c->items[i], jobs[i].block);
	secret_wipe_bytes(keys, c->count * sizeof keys[0]);
}

static void check_chunk(struct pboc_tac_root *r, struct chunk *c, uint8_t *right)
{
	for (size_t i = 0; i < c->count; i++) {
		memcpy(c->keys[i], c->items[i].factor, PBOC_FACTOR_SIZE);
		for (size_t j = 0; j < PBOC_FACTOR_SIZE; j++)
			c->keys[i][PBOC_FACTOR_SIZE + j] = (uint8_t)~c->items[i].factor[j];
	}
	if (r->sm4)
		check_side_by_side(r, c, right);
	else
		check_one_by_one(r, c, right);
}

void pboc_tac_check_many(struct pboc_tac_root *r, const struct pboc_tac_item *items, size_t count,
                         uint8_t *right)
{
	struct chunk c;

	for (size_t at = 0; at < count; at += AT_ONCE) {
		c.items = items + at;
		c.count = count - at < AT_ONCE ? count - at : AT_ONCE;
		check_chunk(r, &c, right + at);
	}
	for (size_t i = 0; i < count; i++)
		right[i] &= fits(&items[i]);
	secret_wipe_bytes(&c, sizeof c);
}
