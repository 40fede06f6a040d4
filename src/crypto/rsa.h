/* SPDX-License-Identifier: Apache-2.0 */
/* rsa.h — RSA keys: made, read and written; the raw operation on a whole block that EMV stands on;
 * the usual paddings over SHA-256. */
#pragma once

#include "base/bytes.h"

enum {
	RSA_KEY_BITS_MIN = 512,
	RSA_KEY_BITS_MAX = 4096,
	RSA_KEY_SIZE_MAX = RSA_KEY_BITS_MAX / 8,
	RSA_KEY_DER_MAX = 2400, /* a private key of 4096 bits as PKCS#8 */
	RSA_KEY_INFO_MAX = 560, /* its SubjectPublicKeyInfo */
	RSA_KEY_KCV = 4,
};

/*
 * One key, public or a pair. Zero-initialise; deinit wipes. Any thread may use a key that nobody
 * deinits meanwhile. The exponent is 3 or 65537, the modulus a whole number of bytes with its first
 * bit set.
 */
struct rsa_key {
	void *pkey; /* private */
	bool is_pair;
	size_t size; /* of the modulus in bytes: 64…512 */
	uint32_t exponent;
	uint8_t modulus[RSA_KEY_SIZE_MAX];
};

/* Randomness is OpenSSL's own. bits: a multiple of 8, 512…4096. INVALID_KEY, CRYPTO_FAULT. */
result rsa_key_generate(struct rsa_key *k, unsigned bits, uint32_t exponent);
/* A pair from its primes, each at most 256 bytes, leading zeros allowed. INVALID_KEY. */
result rsa_key_from_primes(struct rsa_key *k, struct bytes p, struct bytes q, uint32_t exponent);
/* A public key. INVALID_KEY: also when the modulus is even or has a leading zero. */
result rsa_key_from_public(struct rsa_key *k, struct bytes modulus, uint32_t exponent);
/*
 * A pair from PKCS#1 (RFC 8017 A.1.2) or PKCS#8 without attributes (RFC 5208 5). INVALID_KEY: not
 * DER, numbers that do not belong together, or a pair that does not undo its own work.
 */
result rsa_key_load(struct rsa_key *k, struct bytes der);
/* A public key from a SubjectPublicKeyInfo (RFC 8017 A.1). INVALID_KEY. */
result rsa_key_load_info(struct rsa_key *k, struct bytes der);
void rsa_key_deinit(struct rsa_key *k);

/* Append the pair as PKCS#8; the caller wipes it. INVALID_KEY without private half, BUFFER_FULL. */
result rsa_key_save(const struct rsa_key *k, struct writer *out);
/* The same as PKCS#1, the form of a version D key block (X9.143 6.1). */
result rsa_key_save_pkcs1(const struct rsa_key *k, struct writer *out);
/* Append the SubjectPublicKeyInfo. BUFFER_FULL. */
result rsa_key_save_info(const struct rsa_key *k, struct writer *out);
/* Check value: first 4 bytes of SHA-256 over the SubjectPublicKeyInfo (keys 8). */
result rsa_key_kcv(const struct rsa_key *k, uint8_t out[RSA_KEY_KCV]);

static inline struct bytes rsa_key_modulus(const struct rsa_key *k)
{
	return bytes_of(k->modulus, k->size);
}

/*
 * The bare operation x^d or x^e mod n on one block of exactly k->size bytes; out holds as much and
 * may be where the block is. INVALID_BYTES: another length, or a number not below the modulus.
 * INVALID_KEY: rsa_raw_private without private half.
 */
result rsa_raw_private(const struct rsa_key *k, struct bytes block, uint8_t *out);
result rsa_raw_public(const struct rsa_key *k, struct bytes block, uint8_t *out);

/* RFC 8017 8.2 and 8.1; the salt of PSS is as long as its hash. */
enum rsa_scheme { RSA_SCHEME_PKCS1, RSA_SCHEME_PSS };

/* Sign SHA-256 of a message; out holds k->size. INVALID_KEY: no private half, or a key too short.
 */
result rsa_sign(const struct rsa_key *k, enum rsa_scheme scheme, struct bytes message,
                uint8_t *out);
/* SIGNATURE_WRONG. */
result rsa_verify(const struct rsa_key *k, enum rsa_scheme scheme, struct bytes message,
                  struct bytes signature);

/* Hash of OAEP and of its mask; SHA-1 for devices that know no other (keys 3.3). */
enum rsa_oaep { RSA_OAEP_SHA1, RSA_OAEP_SHA256 };

/* The longest message of rsa_seal; 0 when the key is too short for any. */
size_t rsa_seal_max(const struct rsa_key *k, enum rsa_oaep oaep);
/* RFC 8017 7.1 without label; out holds k->size. INVALID_BYTES: message too long. */
result rsa_seal(const struct rsa_key *k, enum rsa_oaep oaep, struct bytes message, uint8_t *out);
/*
 * Append the message, at most rsa_seal_max bytes, which the caller wipes. CIPHERTEXT_BROKEN for
 * every cause, nothing is then appended; BUFFER_FULL; INVALID_KEY without private half.
 */
result rsa_open(const struct rsa_key *k, enum rsa_oaep oaep, struct bytes sealed,
                struct writer *out);
