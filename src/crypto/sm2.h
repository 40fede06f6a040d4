/* SPDX-License-Identifier: Apache-2.0 */
/* sm2.h — SM2 keys (GB/T 32918): signatures over SM3 with a user id, encryption, and both in the
 * forms that OpenSSL and that cipher devices (GM/T 0018) use. */
#pragma once

#include "base/bytes.h"

enum {
	SM2_FIELD = 32, /* bytes of a coordinate, of a scalar, of the hash in a ciphertext */
	SM2_ID_MAX = 128,
	SM2_TEXT_MAX = 1024,   /* plain text of sm2_seal; at least 1 byte */
	SM2_SEALED_MAX = 1160, /* ciphertext of that as DER */
	SM2_SIGNATURE_MAX = 72,
	SM2_RAW_SIGNATURE = 2 * SM2_FIELD, /* r || s */
	SM2_KEY_DER = 121,                 /* a private key as sm2_key_save writes it */
	SM2_KEY_KCV = 4,
};

/* The user id where none is agreed (GM/T 0009 10): "1234567812345678". */
extern const struct str sm2_default_id;

/*
 * One key, public or a pair. Zero-initialise; deinit wipes. Any thread may use a key that nobody
 * deinits meanwhile.
 */
struct sm2_key {
	void *pkey; /* private */
	bool is_pair;
	uint8_t x[SM2_FIELD], y[SM2_FIELD];
};

/* Randomness is OpenSSL's own. CRYPTO_FAULT. */
result sm2_key_generate(struct sm2_key *k);
/* A pair from its scalar, 1 to n - 2 (GB/T 32918.1 6.1). INVALID_KEY. */
result sm2_key_from_scalar(struct sm2_key *k, const uint8_t scalar[SM2_FIELD]);
/* INVALID_KEY: not a point of the curve. */
result sm2_key_from_public(struct sm2_key *k, const uint8_t x[SM2_FIELD],
                           const uint8_t y[SM2_FIELD]);
/* A pair from SEC 1 C.4 (RFC 5915 3); the curve, where named, must be SM2's, and the public key,
 * where given, must be the scalar's. INVALID_KEY. */
result sm2_key_load(struct sm2_key *k, struct bytes der);
void sm2_key_deinit(struct sm2_key *k);

/* The scalar; the caller wipes it. INVALID_KEY without private half. */
result sm2_key_scalar(const struct sm2_key *k, uint8_t out[SM2_FIELD]);
/* Append the pair as SEC 1 with curve and public key; the caller wipes it. INVALID_KEY,
 * BUFFER_FULL. */
result sm2_key_save(const struct sm2_key *k, struct writer *out);
/* Check value: first 4 bytes of SM3 over x || y (keys 8). */
void sm2_key_kcv(const struct sm2_key *k, uint8_t out[SM2_KEY_KCV]);

/* --- signatures (GB/T 32918.2), over SM3 of the user's Z and the message --- */

/* r || s. INVALID_KEY: no private half; INVALID_BYTES: id longer than SM2_ID_MAX. */
result sm2_sign(const struct sm2_key *k, struct str id, struct bytes message,
                uint8_t out[SM2_RAW_SIGNATURE]);
/* SIGNATURE_WRONG. */
result sm2_verify(const struct sm2_key *k, struct str id, struct bytes message,
                  const uint8_t signature[SM2_RAW_SIGNATURE]);

/* r || s as the DER sequence of GM/T 0009 7.3 and back. SIGNATURE_WRONG: not such a sequence. */
result sm2_signature_to_der(const uint8_t raw[SM2_RAW_SIGNATURE], struct writer *out);
result sm2_signature_from_der(struct bytes der, uint8_t raw[SM2_RAW_SIGNATURE]);

/* --- encryption (GB/T 32918.4), C1 C3 C2 --- */

/* As ECCCipher of GM/T 0018 has it, with coordinates of 32 bytes: point, hash of the text, length,
 * text. */
struct sm2_sealed {
	uint8_t x[SM2_FIELD], y[SM2_FIELD];
	uint8_t hash[SM2_FIELD];    /* M */
	uint32_t len;               /* L: 1…SM2_TEXT_MAX */
	uint8_t text[SM2_TEXT_MAX]; /* C */
};

/* INVALID_BYTES: no text, or too long. */
result sm2_seal(const struct sm2_key *k, struct bytes text, struct sm2_sealed *out);
/*
 * Append the text, which the caller wipes. CIPHERTEXT_BROKEN for every cause, nothing is then
 * appended; BUFFER_FULL; INVALID_KEY without private half.
 */
result sm2_open(const struct sm2_key *k, const struct sm2_sealed *sealed, struct writer *out);

/* The DER sequence of GM/T 0009 7.2, as OpenSSL makes it, and back. CIPHERTEXT_BROKEN: not such a
 * sequence. */
result sm2_sealed_to_der(const struct sm2_sealed *sealed, struct writer *out);
result sm2_sealed_from_der(struct bytes der, struct sm2_sealed *out);
