/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/shamir.h"

#include "base/bytes.h"

/* Takes the same time and touches the same memory whatever a and b are. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0, shifted = a, bits = b;

	for (unsigned bit = 0; bit < 8; bit++) {
		product ^= shifted & (0u - (bits >> bit & 1u));
		shifted = (shifted << 1) ^ (0x11Bu & (0u - (shifted >> 7)));
	}
	return (uint8_t)product;
}

/* a^254; 0 for 0. */
static uint8_t invert(uint8_t a)
{
	uint8_t power = a, inverse = 1;

	for (unsigned i = 1; i < 8; i++) {
		power = multiply(power, power);
		inverse = multiply(inverse, power);
	}
	return inverse;
}

/* Horner, from the highest power down; `at` walks over coefficients that lie `len` apart. */
static uint8_t evaluate(const uint8_t *highest, size_t powers, size_t len, uint8_t x)
{
	uint8_t y = 0;

	for (size_t i = 0; i < powers; i++)
		y = multiply((uint8_t)(y ^ highest[-(ptrdiff_t)(i * len)]), x);
	return y;
}

result shamir_split(const struct secret *secret, struct shamir_scheme scheme,
                    struct random_source *random, struct secret *shares)
{
	uint8_t coefficients[(SHAMIR_COUNT_MAX - 1) * SHAMIR_SECRET_MAX];
	size_t len = secret->len, powers = scheme.needed - 1u;
	const uint8_t *highest;

	if (scheme.needed < SHAMIR_NEEDED_MIN || scheme.needed > scheme.count ||
	    scheme.count > SHAMIR_COUNT_MAX)
		return FAIL(SHARES_BAD, "%u of %u", scheme.needed, scheme.count);
	if (len == 0 || len > SHAMIR_SECRET_MAX)
		return FAIL(SHARES_BAD, "a secret of %zu bytes", len);
	random_fill(random, coefficients, powers * len);
	highest = coefficients + (powers - 1) * len;
	for (uint8_t x = 1; x <= scheme.count; x++) {
		struct secret *share = &shares[x - 1];

		*share = (struct secret){ .len = len + 1 };
		for (size_t i = 0; i < len; i++)
			share->at[i] = secret->at[i] ^ evaluate(highest + i, powers, len, x);
		share->at[len] = x;
	}
	secret_wipe_bytes(coefficients, sizeof coefficients);
	return OK;
}

static uint8_t x_of(const struct secret *share)
{
	return share->at[share->len - 1];
}

static result check_shares(const struct secret *shares, size_t count)
{
	if (count < SHAMIR_NEEDED_MIN || count > SHAMIR_COUNT_MAX)
		return FAIL(SHARES_BAD, "%zu shares", count);
	for (size_t i = 0; i < count; i++) {
		if (shares[i].len < 2 || shares[i].len > SECRET_MAX ||
		    shares[i].len != shares[0].len)
			return FAIL(SHARES_BAD, "share of %zu bytes", shares[i].len);
		if (x_of(&shares[i]) == 0)
			return FAIL(SHARES_BAD, "share %zu has x = 0", i + 1);
		for (size_t j = 0; j < i; j++)
			if (x_of(&shares[i]) == x_of(&shares[j]))
				return FAIL(SHARES_BAD, "share %u comes twice", x_of(&shares[i]));
	}
	return OK;
}

/* What share `of` weighs at x = 0: the product of xj / (xj - xi); - is + here. */
static uint8_t weight(const struct secret *shares, size_t count, size_t of)
{
	uint8_t above = 1, below = 1;

	for (size_t j = 0; j < count; j++) {
		if (j == of)
			continue;
		above = multiply(above, x_of(&shares[j]));
		below = multiply(below, x_of(&shares[j]) ^ x_of(&shares[of]));
	}
	return multiply(above, invert(below));
}

result shamir_combine(const struct secret *shares, size_t count, struct secret *secret)
{
	SCOPED(secret_wipe) struct secret sum = { .len = 0 };

	TRY(check_shares(shares, count));
	sum.len = shares[0].len - 1;
	for (size_t i = 0; i < count; i++) {
		uint8_t w = weight(shares, count, i);

		for (size_t j = 0; j < sum.len; j++)
			sum.at[j] ^= multiply(w, shares[i].at[j]);
	}
	*secret = sum;
	return OK;
}
