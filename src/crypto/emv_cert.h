/* SPDX-License-Identifier: Apache-2.0 */
/* emv_cert.h — what EMV signs with RSA (Book 2, 5 and 6; keys 16.4 and 16.5): CA key checksum,
 * issuer and card certificates, signed static and dynamic data. */
#pragma once

#include "crypto/rsa.h"

enum {
	EMV_KEY_MIN = 64,  /* bytes of a modulus */
	EMV_KEY_MAX = 248, /* a response of 256 bytes must hold it */
	EMV_HASH = 20,     /* SHA-1: hash algorithm indicator 01 */
	EMV_RID = 5,
	EMV_ISSUER_ID = 4,
	EMV_PAN = 10,
	EMV_ISSUER_EXTRA = 36, /* a block's bytes that are not modulus: issuer certificate */
	EMV_ICC_EXTRA = 42,    /* card certificate */
	EMV_REMAINDER_MAX = EMV_ICC_EXTRA,
	EMV_EXPONENT_MAX = 3,
	EMV_DYNAMIC_EXTRA = 25,
};

/* SHA-1 over pieces one after another. CRYPTO_FAULT. */
result emv_sha1(const struct bytes *pieces, size_t count, uint8_t out[EMV_HASH]);

/* --- keys --- */

/* A public key as certificates carry it. */
struct emv_key {
	size_t size;       /* EMV_KEY_MIN…EMV_KEY_MAX */
	uint32_t exponent; /* 3 or 65537 */
	uint8_t modulus[EMV_KEY_MAX];
};

/* INVALID_KEY: a size out of range, an even modulus or one whose first bit is clear, another
 * exponent. */
result emv_key_init(struct emv_key *k, struct bytes modulus, uint32_t exponent);
/* The exponent in as few bytes as it needs, 1 or 3; how many. */
size_t emv_key_exponent(const struct emv_key *k, uint8_t out[EMV_EXPONENT_MAX]);
/* The exponent these bytes say, 0 when it is neither 3 nor 65537 or has leading zeros. */
uint32_t emv_exponent_of(struct bytes exponent);
/* in^e mod n; out holds k->size and may be `in`. INVALID_BYTES: wrong length or not below n. */
result emv_raw(const struct emv_key *k, struct bytes in, uint8_t *out);

static inline struct bytes emv_key_modulus(const struct emv_key *k)
{
	return bytes_of(k->modulus, k->size);
}

/* Whoever holds a private key: a device, or emv_rsa_signer. raw: x^d mod n of one block of `size`
 * bytes; out holds as much. */
struct emv_signer {
	result (*raw)(struct emv_signer *signer, struct bytes in, uint8_t *out);
	size_t size; /* of the modulus in bytes */
};

struct emv_rsa_signer {
	struct emv_signer signer;
	const struct rsa_key *key; /* borrowed */
};
void emv_rsa_signer_init(struct emv_rsa_signer *s, const struct rsa_key *key);

/* CA key checksum (认证机构公钥校验值): SHA-1(RID || index || modulus || exponent). */
result emv_ca_checksum(const uint8_t rid[EMV_RID], uint8_t index, const struct emv_key *k,
                       uint8_t out[EMV_HASH]);
/* EMV_CERTIFICATE when the published checksum is another. */
result emv_ca_check(const uint8_t rid[EMV_RID], uint8_t index, const struct emv_key *k,
                    const uint8_t published[EMV_HASH]);

/* --- certificates --- */

/* Whose key a certificate certifies. */
struct emv_holder {
	uint8_t id[EMV_PAN]; /* digits, then F: 3…8 of an issuer in 4 bytes, 8…19 of a PAN in 10 */
	uint8_t expiry[2]; /* MMYY in BCD, valid to the month's end */
	uint8_t serial[3];
};

/* The months of an MMYY, to compare two of them; YY 50…99 are 1950…1999. 0 when it is none. */
int emv_expiry_months(const uint8_t expiry[2]);
/* `min` to `max` decimal digits, then F to the end (cn, EMV Book 3 4.3). */
bool emv_is_padded_digits(struct bytes id, size_t min, size_t max);

/* Issuer certificate: tags 90, 92, 9F32. Card certificate: 9F46, 9F48, 9F47. */
struct emv_certificate {
	size_t size, remainder_len, exponent_len;
	uint8_t block[EMV_KEY_MAX];
	uint8_t remainder[EMV_REMAINDER_MAX];
	uint8_t exponent[EMV_EXPONENT_MAX];
};

struct emv_recovered {
	struct emv_holder holder;
	struct emv_key key;
	size_t size;                /* of the block */
	uint8_t block[EMV_KEY_MAX]; /* the certificate in clear: 6A … BC */
};

/*
 * Certify an issuer's key. INVALID_KEY: it is longer than the CA's; EMV_CERTIFICATE: id or expiry
 * malformed; and what the signer fails with.
 */
result emv_issuer_make(struct emv_signer *ca, const struct emv_holder *holder,
                       const struct emv_key *key, struct emv_certificate *out);
/*
 * Recover and check an issuer certificate (EMV Book 2 5.3). EMV_CERTIFICATE; the detail names the
 * check. Dates are compared by the caller. A failure leaves *out undefined.
 */
result emv_issuer_recover(const struct emv_key *ca, const struct emv_certificate *certificate,
                          struct emv_recovered *out);

/* The same for a card's key; static_data is what the card's records and 9F4A add (Book 3 10.3).
 * The caller compares PAN and dates with the card's. */
result emv_icc_make(struct emv_signer *issuer, const struct emv_holder *holder,
                    const struct emv_key *key, struct bytes static_data,
                    struct emv_certificate *out);
result emv_icc_recover(const struct emv_key *issuer, const struct emv_certificate *certificate,
                       struct bytes static_data, struct emv_recovered *out);

/* --- signed data --- */

/* Signed static application data, tag 93 (Book 2 5.4): out holds issuer->size bytes. */
result emv_sda_make(struct emv_signer *issuer, const uint8_t dac[2], struct bytes static_data,
                    uint8_t *out);
/* EMV_CERTIFICATE; dac: the data authentication code, tag 9F45. */
result emv_sda_verify(const struct emv_key *issuer, struct bytes ssad, struct bytes static_data,
                      uint8_t dac[2]);

/*
 * Signed dynamic application data, tag 9F4B (Book 2 6.5). dynamic: the card's part, first the
 * length of its number; at most the key's size - 25. terminal_data: what the DDOL asked for.
 */
result emv_dda_make(struct emv_signer *icc, struct bytes dynamic, struct bytes terminal_data,
                    uint8_t *out);
/* EMV_CERTIFICATE; number: the ICC dynamic number, tag 9F4C, 2…8 bytes, and its length. */
result emv_dda_verify(const struct emv_key *icc, struct bytes sdad, struct bytes terminal_data,
                      uint8_t number[8], size_t *number_len);
