/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal.h — sealed entry (密封录入): what an officer types into a browser is encrypted there for the
 * key manager alone, and its answer for that browser alone; the web service between them sees
 * neither. ECDH on P-256 with a fresh key for each text, HKDF-SHA-256, AES-256-GCM: what WebCrypto
 * has.
 *
 *   sealed = epk 65 ‖ nonce 12 ‖ ciphertext ‖ tag 16
 *   key    = HKDF(ikm = x of the shared point, salt = epk ‖ recipient, info = "YIKA-SEAL-1")
 *
 * Points are uncompressed, 04 ‖ x ‖ y. It proves nothing about who sealed.
 */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "base/secret.h"

enum {
	SEAL_POINT = 65,
	SEAL_EXTRA = SEAL_POINT + 12 + 16, /* a sealed text is so much longer than what it holds */
	SEAL_TEXT_MAX = 4096,              /* bytes of a text in clear */
};

/* A recipient's key pair. Zero-initialise; close wipes the private part. Any thread may open texts
 * with it. */
struct seal_key {
	void *pair;
	uint8_t recipient[SEAL_POINT]; /* the public point, to be given to browsers */
};

result seal_key_open(struct seal_key *k, struct random_source *random); /* CRYPTO_FAULT */
/* One that is kept: from its private number, 32 bytes, of which seal_key_draw makes a new one.
 * SEAL_BROKEN when it is no such number. */
enum { SEAL_NUMBER = 32 };
result seal_key_load(struct seal_key *k, const struct secret *number);
result seal_key_draw(struct random_source *random, struct secret *number); /* CRYPTO_FAULT */
void seal_key_close(struct seal_key *k);                                   /* for SCOPED */

/*
 * Append to `out` the text, sealed for `recipient`. aad: what it is for; it travels apart and must
 * be the same at both ends. SEAL_BROKEN when the point is not one of the curve or the text is too
 * long; BUFFER_FULL, CRYPTO_FAULT. On failure out->len is as it was.
 */
result seal_make(const uint8_t recipient[SEAL_POINT], struct bytes aad, struct bytes text,
                 struct random_source *random, struct writer *out);
/* Append to `out` the text that was sealed; the caller wipes it. SEAL_BROKEN when anything differs;
 * BUFFER_FULL, CRYPTO_FAULT. On failure out->len is as it was and nothing of the text is left. */
result seal_open(const struct seal_key *k, struct bytes aad, struct bytes sealed,
                 struct writer *out);
