/* SPDX-License-Identifier: Apache-2.0 */
/* rsa_numbers.h — the numbers of an RSA pair outside OpenSSL: derived, checked, as DER; private to
 * this folder. */
#pragma once

#include "crypto/rsa.h"

enum { RSA_PRIME_MAX = RSA_KEY_SIZE_MAX / 2 };

/* Big-endian, leading zeros up to the array's size. Zero-initialise; wipe when done. */
struct rsa_numbers {
	uint32_t exponent;
	uint8_t n[RSA_KEY_SIZE_MAX], d[RSA_KEY_SIZE_MAX];
	uint8_t p[RSA_PRIME_MAX], q[RSA_PRIME_MAX];
	uint8_t dp[RSA_PRIME_MAX], dq[RSA_PRIME_MAX], qi[RSA_PRIME_MAX];
};

void rsa_numbers_wipe(struct rsa_numbers *k); /* for SCOPED(rsa_numbers_wipe) */

/* n, d, dp, dq and qi from p, q and the exponent. INVALID_KEY. */
result rsa_numbers_derive(struct rsa_numbers *k);
/* INVALID_KEY when any number does not follow from p, q and the exponent. */
result rsa_numbers_check(const struct rsa_numbers *k);
/* Bytes of n without its leading zeros. INVALID_KEY: bits not 512…4096 in steps of 8, exponent not
 * 3 or 65537, n even. */
result rsa_numbers_size(const struct rsa_numbers *k, size_t *size);

/* PKCS#1 or PKCS#8, and SubjectPublicKeyInfo into n and exponent. INVALID_KEY: not of the form. */
result rsa_numbers_read(struct rsa_numbers *k, struct bytes der);
result rsa_numbers_read_info(struct rsa_numbers *k, struct bytes der);
/* Append: PKCS#8, PKCS#1, SubjectPublicKeyInfo. BUFFER_FULL. */
result rsa_numbers_write(const struct rsa_numbers *k, struct writer *out);
result rsa_numbers_write_pkcs1(const struct rsa_numbers *k, struct writer *out);
result rsa_numbers_write_info(struct bytes modulus, uint32_t exponent, struct writer *out);
