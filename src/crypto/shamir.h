/* SPDX-License-Identifier: Apache-2.0 */
/* shamir.h — a secret in shares of which any k give it back and k - 1 tell nothing (分片), over
 * GF(2^8) with polynomial 11B (keys 5.5). */
#pragma once

#include "base/rand.h"
#include "base/secret.h"

enum {
	SHAMIR_COUNT_MAX = 16,
	SHAMIR_NEEDED_MIN = 2,
	SHAMIR_SECRET_MAX = SECRET_MAX - 1,
};

/* k of n: 2 ≤ needed ≤ count ≤ SHAMIR_COUNT_MAX. */
struct shamir_scheme {
	uint8_t needed, count;
};

/*
 * shares[0…count-1]: as many y bytes as the secret has, then one byte x, which is 1…count. The
 * caller wipes them. Takes (needed - 1) × secret.len bytes from `random`: all of the first power of
 * x, then of the second, … SHARES_BAD for a scheme or a length (1…SHAMIR_SECRET_MAX) out of
 * range.
 */
result shamir_split(const struct secret *secret, struct shamir_scheme scheme,
                    struct random_source *random, struct secret *shares);

/*
 * The secret of count (2…SHAMIR_COUNT_MAX) shares. SHARES_BAD when they cannot belong together:
 * unequal lengths, an x that is 0 or comes twice; *secret is then untouched. Too few shares, or
 * some of another secret, give a wrong secret without notice: compare its check value.
 */
result shamir_combine(const struct secret *shares, size_t count, struct secret *secret);
