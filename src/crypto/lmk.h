/* SPDX-License-Identifier: Apache-2.0 */
/* lmk.h — the keys that follow from a block protection key: TR-31's derivation, with the usages of
 * our own (keys 4), and the local master key from its components (本地主控密钥, 三分量). */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

/* Which master key: AES-256 or SM4-128; as protection keys also TDES (16, 24 bytes) and AES of 16
 * and 24. */
enum lmk_algorithm { LMK_AES = 'A', LMK_SM4 = '4', LMK_TDES = 'T' };

/* What is derived: X9.143 7.2, key usage indicator; 8000 and up are ours. */
enum lmk_use {
	LMK_KBEK = 0x0000,      /* enciphers the body of a block */
	LMK_KBAK = 0x0001,      /* authenticates a block */
	LMK_KWK = 0x8000,       /* wraps keys by RFC 5649 (block version 3) */
	LMK_AUK = 0x8001,       /* HMAC of the audit log */
	LMK_BATCH_MAC = 0x8002, /* MAC of a batch file, from a transport key (ZMK) */
};

/*
 * counter 1 || usage 2 || 00 || algorithm 2 || bits 2, CMAC under the key, until as long as the key
 * itself (AUK and KWK of AES: 32). INVALID_KEY when the algorithm has no such length, CRYPTO_FAULT.
 */
result lmk_derive(enum lmk_algorithm a, struct bytes key, enum lmk_use use, struct secret *out);

/* Bytes of a local master key: 32 or 16; 0: TDES never is one. */
size_t lmk_size(enum lmk_algorithm a);
/* XOR of n components of equal length; another length is a broken promise of the program (ASSERT).
 * out may be one of them. */
void lmk_combine(const struct secret *components, size_t n, struct secret *out);
/* KEY_WEAK when all bytes are one value or the length is wrong; for one component, and for the
 * result. */
result lmk_require_strong(enum lmk_algorithm a, const struct secret *component);
/* Is it the published test key (keys 5.6, TV-05, TV-07)? Such a one never becomes live. */
bool lmk_is_published(enum lmk_algorithm a, const struct secret *lmk);
/* The published test key of the algorithm; of TDES there is none, and out is empty. */
void lmk_published(enum lmk_algorithm a, struct secret *out);
