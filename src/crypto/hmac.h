/* SPDX-License-Identifier: Apache-2.0 */
/* hmac.h — HMAC (RFC 2104, GB/T 15852.2) with a key that is loaded once and used for many messages.
 */
#pragma once

#include "crypto/digest.h"

enum hmac_kind {
	HMAC_SHA256,
	HMAC_SM3,
	HMAC_SHA1, /* 20 bytes; for one-time passwords (RFC 6238) and nothing else */
};

enum { HMAC_SIZE = DIGEST_SIZE, HMAC_BLOCK = 64 };

/*
 * A key ready for use. Zero-initialise before init; deinit wipes. One thread at a time. Nothing is
 * allocated or fetched after init, and nothing after init can fail.
 */
struct hmac_key {
	struct digest digest;
	uint8_t inner[HMAC_BLOCK], outer[HMAC_BLOCK]; /* key XOR ipad, key XOR opad */
};

size_t hmac_size(enum hmac_kind kind); /* bytes of a whole MAC: 32, of SHA-1 20 */

/* A key of any length, none included. CRYPTO_FAULT. */
result hmac_key_init(struct hmac_key *k, enum hmac_kind kind, struct bytes key);
void hmac_key_deinit(struct hmac_key *k);

/* The MAC over the pieces one behind the other; beyond hmac_size zeros. */
void hmac_pieces(struct hmac_key *k, const struct bytes *pieces, size_t count,
                 uint8_t out[HMAC_SIZE]);
/* The same with a key that is used once. CRYPTO_FAULT. */
result hmac_once(enum hmac_kind kind, struct bytes key, struct bytes data, uint8_t out[HMAC_SIZE]);
