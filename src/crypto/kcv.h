/* SPDX-License-Identifier: Apache-2.0 */
/* kcv.h — key check values (密钥校验值), the public fingerprint of a key (keys 8). */
#pragma once

#include "base/bytes.h"

enum kcv_type { KCV_ECB = 0, KCV_CMAC = 1, KCV_PUBLIC = 2 };

enum { KCV_MAX = 8, KCV_TEXT_SIZE = 17, KCV_COMPARED_MIN = 3 };

struct kcv {
	enum kcv_type type;
	uint8_t len; /* bytes that are stored and shown */
	uint8_t at[KCV_MAX];
};

/*
 * algorithm: 'A' AES (CMAC over 16 zeros, 5 bytes; ECB on request, 3), 'T' TDES of 16 or 24 bytes
 * (ECB of 8 zeros, 3; CMAC over 8 zeros on request, 5) and 'D' DES (ECB of 8 zeros, 3), '4' SM4
 * (ECB of 16 zeros, 4; CMAC 5), 'H' HMAC-SHA-256 of nothing (3; its type is KCV_CMAC). INVALID_KEY
 * for any other pair or length, CRYPTO_FAULT.
 */
result kcv_of_secret(char algorithm, enum kcv_type type, struct bytes key, struct kcv *out);
/* The type that is stored for an algorithm: ECB for T, D and 4, CMAC for A and H, PUBLIC for
 * others.
 */
enum kcv_type kcv_default(char algorithm);
/* RSA: left 4 bytes of SHA-256 over the SubjectPublicKeyInfo in DER. INVALID_KEY when it is empty.
 */
result kcv_of_spki(struct bytes der, struct kcv *out);
/* SM2: left 4 bytes of SM3 over x ‖ y (64 bytes). */
result kcv_of_sm2(const uint8_t point[64], struct kcv *out);

/* "D2B91C". Returns out. */
const char *kcv_text(const struct kcv *k, char out[KCV_TEXT_SIZE]);
/* Hex of 3 to 8 bytes. INVALID_HEX. */
result kcv_parse(struct str text, enum kcv_type type, struct kcv *out);
/* Equal on the shorter length, at least three bytes; types must agree. */
bool kcv_is(const struct kcv *a, const struct kcv *b);
