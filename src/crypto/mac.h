/* SPDX-License-Identifier: Apache-2.0 */
/* mac.h — message authentication with a key that is loaded once and used for many messages. */
#pragma once

#include "base/bytes.h"
#include "crypto/suite.h"

enum mac_kind {
	MAC_AES_CMAC, /* RFC 4493; 16-byte key, or 24, or 32 (AES-256) */
	MAC_SM4_CMAC, /* the same construction over SM4; 16-byte key */
	MAC_X919, /* ANSI X9.19 = ISO 9797-1 algorithm 3, padding 1 (zeros), DES; 16-byte key, or 8
	           */
	MAC_UNIONPAY, /* UnionPay "ECB" MAC, terminal-protocol 5.2; 16-byte key, or 8 */
	/* ISO 9797-1 algorithm 5 over TDES (SP 800-38B, constant 1B); key of 16 or 24 bytes */
	MAC_TDES_CMAC,
	/* CBC-MACs with padding 2 of ISO 9797-1 (80 00…). Algorithm 1 is for messages of one format
	 * only: whoever knows MACs of many lengths can make others. */
	MAC_DES_CBC, /* algorithm 1, single DES (PBOC session keys); 8-byte key */
	MAC_RETAIL,  /* algorithm 3, DES; 16-byte key */
	MAC_AES_CBC, /* algorithm 1; key of 16, 24 or 32 bytes */
	MAC_SM4_CBC, /* algorithm 1; 16-byte key */
};

struct sm4_key;

enum {
	MAC_BLOCK_MAX = 16,
	MAC_FULL_SIZE = 16,
};

/*
 * A key ready for use, with its cipher context inside. Zero-initialise before init; deinit wipes.
 * One thread at a time. Nothing is allocated or fetched after init, and nothing after init can
 * fail.
 */
struct mac_key {
	enum mac_kind kind;
	uint8_t block_size;
	struct sm4_key *sm4;          /* SM4 by vector instructions: no `chain` then */
	void *chain;                  /* CBC under the first half of the key */
	void *last;                   /* X9.19, retail and UnionPay: EDE under the whole key */
	uint8_t state[MAC_BLOCK_MAX]; /* what the CBC context holds as chaining value */
	uint8_t k1[MAC_BLOCK_MAX], k2[MAC_BLOCK_MAX];
	uint8_t held[MAC_BLOCK_MAX]; /* the block not yet chained */
	uint8_t held_len;
	bool fresh; /* the next block is the first of a message */
};

/* INVALID_KEY for a length the kind does not have; CRYPTO_FAULT. */
result mac_key_init(struct mac_key *k, enum mac_kind kind, struct bytes key);
/* The kind of MAC that belongs to a suite. */
result mac_key_init_suite(struct mac_key *k, enum suite suite, const uint8_t key[SUITE_KEY_SIZE]);
void mac_key_deinit(struct mac_key *k);

/* Whole MAC: as many bytes as the cipher's block (16; DES: 8, then eight zeros; UnionPay: its 8
 * ASCII characters, then zeros). */
void mac_once(struct mac_key *k, struct bytes data, uint8_t out[MAC_FULL_SIZE]);
/* F64 of a message: the left 8 bytes (terminal-protocol 5.4). */
void mac_f64(struct mac_key *k, struct bytes data, uint8_t out[F64_SIZE]);
/* Is this the F64 of the data? Takes the same time whatever differs. */
bool mac_f64_is(struct mac_key *k, struct bytes data, struct bytes f64);

/* The same in pieces: begin, add…, end. */
void mac_begin(struct mac_key *k);
void mac_add(struct mac_key *k, struct bytes data);
void mac_end(struct mac_key *k, uint8_t out[MAC_FULL_SIZE]);

/* One message of many. */
struct mac_item {
	struct mac_key *key;
	struct bytes data;
	uint8_t full[MAC_FULL_SIZE]; /* out: as mac_once; the left 8 bytes are F64 */
};

/*
 * mac_once of each, in any order and with any mix of keys: SM4's are computed side by side. A key
 * may come more than once. Pieces begun with mac_begin on one of the keys are lost.
 */
void mac_many(struct mac_item *items, size_t count);
