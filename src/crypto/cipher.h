/* SPDX-License-Identifier: Apache-2.0 */
/* cipher.h — block ciphers, CBC, counter mode and AES-GCM with keys that are loaded once. */
#pragma once

#include "base/bytes.h"

enum cipher_kind {
	CIPHER_AES128,
	CIPHER_AES256,
	CIPHER_SM4,
	CIPHER_3DES, /* two keys, 16 bytes */
	CIPHER_AES192,
	CIPHER_3DES_LONG, /* three keys, 24 bytes */
	CIPHER_DES,       /* one key, 8 bytes */
};

enum {
	CIPHER_BLOCK_MAX = 16,
	CIPHER_NONCE = 12,
	CIPHER_TAG = 16,
};

size_t cipher_key_size(enum cipher_kind kind);   /* 16, 32, 16, 16, 24, 24, 8 */
size_t cipher_block_size(enum cipher_kind kind); /* 16; of the DES family 8 */
/* The kind for an algorithm letter of X9.143 or ours ('A', 'T', 'D', '4') and a key length.
 * INVALID_KEY. */
result cipher_kind_of(char algorithm, size_t key_len, enum cipher_kind *out);

/* ECB, both directions. Zero-initialise; deinit wipes; one thread at a time; nothing after init can
 * fail. */
struct cipher_key {
	void *encrypt, *decrypt;
	enum cipher_kind kind;
};

result cipher_key_init(struct cipher_key *k, enum cipher_kind kind,
                       struct bytes key); /* INVALID_KEY, CRYPTO_FAULT */
void cipher_key_deinit(struct cipher_key *k);
/* len: whole blocks. in and out may be the same. */
void cipher_encrypt(struct cipher_key *k, const uint8_t *in, size_t len, uint8_t *out);
void cipher_decrypt(struct cipher_key *k, const uint8_t *in, size_t len, uint8_t *out);

/* CBC without padding, both directions. Zero-initialise; deinit wipes; one thread at a time;
 * nothing after init can fail, and nothing is allocated. */
struct cipher_cbc {
	void *encrypt, *decrypt;
	enum cipher_kind kind;
};

result cipher_cbc_init(struct cipher_cbc *c, enum cipher_kind kind,
                       struct bytes key); /* as above */
void cipher_cbc_deinit(struct cipher_cbc *c);
/* iv: as long as a block. in: whole blocks; it and out may be the same. */
void cipher_cbc_encrypt(struct cipher_cbc *c, const uint8_t *iv, struct bytes in, uint8_t *out);
void cipher_cbc_decrypt(struct cipher_cbc *c, const uint8_t *iv, struct bytes in, uint8_t *out);

struct sm4_key;

/* Counter mode with a full 16-byte initial block; encrypting and decrypting are the same. */
struct cipher_ctr {
	void *context;
	struct sm4_key *sm4; /* SM4 by vector instructions: no `context` then */
};

result cipher_ctr_init(struct cipher_ctr *c, enum cipher_kind kind, struct bytes key);
void cipher_ctr_deinit(struct cipher_ctr *c);
void cipher_ctr_apply(struct cipher_ctr *c, const uint8_t first[16], uint8_t *in_place, size_t len);

/*
 * AES-GCM with a 12-byte nonce and a 16-byte tag, in place. Only the key is kept: each thread has
 * contexts that are keyed anew for each message, which costs less than to fetch a context of some
 * kilobytes for each of thousands of keys.
 */
struct cipher_gcm {
	uint8_t key[32];
	uint8_t key_len;
};

/* Key of 16 or 32 bytes. INVALID_KEY, CRYPTO_FAULT. */
result cipher_gcm_init(struct cipher_gcm *g, struct bytes key);
void cipher_gcm_deinit(struct cipher_gcm *g); /* wipes it, and what this thread made of it */
void cipher_gcm_seal(struct cipher_gcm *g, const uint8_t nonce[CIPHER_NONCE], struct bytes aad,
                     uint8_t *in_place, size_t len, uint8_t tag[CIPHER_TAG]);
/* False when the tag is wrong; what is in place is then worthless. */
bool cipher_gcm_open(struct cipher_gcm *g, const uint8_t nonce[CIPHER_NONCE], struct bytes aad,
                     uint8_t *in_place, size_t len, const uint8_t tag[CIPHER_TAG]);
