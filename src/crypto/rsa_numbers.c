/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa_numbers.h"

#include <openssl/bn.h>
#include <openssl/err.h>

#include "base/secret.h"
#include "crypto/der.h"

/* AlgorithmIdentifier of rsaEncryption, parameters NULL (RFC 8017 A.1) */
static const uint8_t algorithm[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
	                             0x0D, 0x01, 0x01, 0x01, 0x05, 0x00 };

void rsa_numbers_wipe(struct rsa_numbers *k)
{
	secret_wipe_bytes(k, sizeof *k);
}

/* --- arithmetic --- */

static void free_context(BN_CTX **ctx)
{
	BN_CTX_free(*ctx); /* clears its numbers */
	ERR_clear_error();
}

static BIGNUM *secret_number(BN_CTX *ctx, const uint8_t *at, size_t size)
{
	BIGNUM *b = BN_CTX_get(ctx);

	if (!b || !BN_bin2bn(at, (int)size, b))
		return NULL;
	BN_set_flags(b, BN_FLG_CONSTTIME);
	return b;
}

static bool put(const BIGNUM *b, uint8_t *at, size_t size)
{
	return b && BN_bn2binpad(b, at, (int)size) >= 0;
}

static bool put_inverse(BN_CTX *ctx, const BIGNUM *of, const BIGNUM *modulus, uint8_t *at,
                        size_t size)
{
	BIGNUM *b = BN_CTX_get(ctx);

	return b && put(BN_mod_inverse(b, of, modulus, ctx), at, size);
}

/* Everything that the primes and the exponent decide; false when they are no key's. */
static bool derive(struct rsa_numbers *k, BN_CTX *ctx)
{
	BIGNUM *p = secret_number(ctx, k->p, RSA_PRIME_MAX);
	BIGNUM *q = secret_number(ctx, k->q, RSA_PRIME_MAX);
	BIGNUM *p1 = secret_number(ctx, k->p, RSA_PRIME_MAX);
	BIGNUM *q1 = secret_number(ctx, k->q, RSA_PRIME_MAX);
	BIGNUM *product = secret_number(ctx, NULL, 0), *e = BN_CTX_get(ctx);

	if (!p || !q || !p1 || !q1 || !product || !e || !BN_set_word(e, k->exponent) ||
	    !BN_sub_word(p1, 1) || !BN_sub_word(q1, 1))
		return false;
	return BN_is_odd(p) && BN_is_odd(q) && BN_mul(product, p, q, ctx) &&
	       put(product, k->n, sizeof k->n) && put_inverse(ctx, e, p1, k->dp, sizeof k->dp) &&
	       put_inverse(ctx, e, q1, k->dq, sizeof k->dq) &&
	       put_inverse(ctx, q, p, k->qi, sizeof k->qi) && BN_mul(product, p1, q1, ctx) &&
	       put_inverse(ctx, e, product, k->d, sizeof k->d);
}

result rsa_numbers_derive(struct rsa_numbers *k)
{
	SCOPED(free_context) BN_CTX *ctx = BN_CTX_secure_new();

	if (!ctx)
		return FAIL(OUT_OF_MEMORY, "numbers of an RSA key");
	BN_CTX_start(ctx);
	bool is_key = derive(k, ctx);
	BN_CTX_end(ctx);
	return is_key ? OK : FAIL(INVALID_KEY, "no RSA key has these primes and this exponent");
}

static bool is_same(const uint8_t *a, const uint8_t *b, size_t size)
{
	return bytes_equal_secret(bytes_of(a, size), bytes_of(b, size));
}

/* d modulo (prime - 1) must be the reduced exponent: d itself may be taken modulo the product or
 * the least common multiple (RFC 8017 3.2). */
static bool reduces_to(const struct rsa_numbers *k, BN_CTX *ctx, const uint8_t *prime,
                       const uint8_t *reduced)
{
	BIGNUM *d = secret_number(ctx, k->d, sizeof k->d);
	BIGNUM *less = secret_number(ctx, prime, RSA_PRIME_MAX);
	BIGNUM *rest = BN_CTX_get(ctx);
	uint8_t got[RSA_PRIME_MAX];
	bool is_right;

	if (!d || !less || !rest || !BN_sub_word(less, 1) || !BN_mod(rest, d, less, ctx) ||
	    !put(rest, got, sizeof got))
		return false;
	is_right = is_same(got, reduced, sizeof got);
	secret_wipe_bytes(got, sizeof got);
	return is_right;
}

static bool is_below(const uint8_t *a, const uint8_t *b, size_t size)
{
	return memcmp(a, b, size) < 0;
}

result rsa_numbers_check(const struct rsa_numbers *k)
{
	SCOPED(rsa_numbers_wipe) struct rsa_numbers want = { .exponent = k->exponent };
	SCOPED(free_context) BN_CTX *ctx = BN_CTX_secure_new();
	bool is_right;

	if (!ctx)
		return FAIL(OUT_OF_MEMORY, "numbers of an RSA key");
	memcpy(want.p, k->p, sizeof want.p);
	memcpy(want.q, k->q, sizeof want.q);
	TRY(rsa_numbers_derive(&want));
	BN_CTX_start(ctx);
	is_right = is_same(want.n, k->n, sizeof k->n) && is_same(want.dp, k->dp, sizeof k->dp) &&
	           is_same(want.dq, k->dq, sizeof k->dq) && is_same(want.qi, k->qi, sizeof k->qi) &&
	           is_below(k->d, k->n, sizeof k->d) && reduces_to(k, ctx, k->p, k->dp) &&
	           reduces_to(k, ctx, k->q, k->dq);
	BN_CTX_end(ctx);
	return is_right ? OK : FAIL(INVALID_KEY, "the numbers of an RSA key do not agree");
}

result rsa_numbers_size(const struct rsa_numbers *k, size_t *size)
{
	size_t zeros = 0, len;

	while (zeros < sizeof k->n && k->n[zeros] == 0)
		zeros++;
	len = sizeof k->n - zeros;
	if (len < RSA_KEY_BITS_MIN / 8 || !(k->n[zeros] & 0x80))
		return FAIL(INVALID_KEY, "an RSA modulus has %d to %d bits in steps of 8",
		            RSA_KEY_BITS_MIN, RSA_KEY_BITS_MAX);
	if (!(k->n[sizeof k->n - 1] & 1))
		return FAIL(INVALID_KEY, "an RSA modulus is odd");
	if (k->exponent != 3 && k->exponent != 65537)
		return FAIL(INVALID_KEY, "RSA exponent %u, not 3 or 65537", k->exponent);
	*size = len;
	return OK;
}

/* --- DER --- */

static void take(struct reader *r, uint8_t *out, size_t size)
{
	struct bytes b = der_read_number(r);

	if (b.len > size)
		r->bad = true;
	else if (b.len)
		memcpy(out + size - b.len, b.at, b.len);
}

static uint32_t take_exponent(struct reader *r)
{
	uint8_t word[4] = { 0 };

	take(r, word, sizeof word);
	return load_be32(word);
}

/* RFC 8017 A.1.2: version 0 is the pair of two primes. */
static void read_pkcs1(struct rsa_numbers *k, struct reader *r)
{
	take(r, k->n, sizeof k->n);
	k->exponent = take_exponent(r);
	take(r, k->d, sizeof k->d);
	take(r, k->p, sizeof k->p);
	take(r, k->q, sizeof k->q);
	take(r, k->dp, sizeof k->dp);
	take(r, k->dq, sizeof k->dq);
	take(r, k->qi, sizeof k->qi);
}

static struct reader open_sequence(struct bytes der, bool *is_whole)
{
	struct reader outer = reader_of(der);
	struct bytes content = der_read(&outer, DER_SEQUENCE);

	*is_whole = !outer.bad && outer.left == 0;
	return reader_of(content);
}

static bool is_rsa(struct reader *r)
{
	return bytes_equal(der_read(r, DER_SEQUENCE), bytes_of(algorithm, sizeof algorithm));
}

result rsa_numbers_read(struct rsa_numbers *k, struct bytes der)
{
	bool is_whole, is_inner_whole = true, is_known = true;
	struct reader r = open_sequence(der, &is_whole);
	size_t version = der_read_number(&r).len;

	if (der_next_is(&r, DER_SEQUENCE)) { /* RFC 5208 5 */
		is_known = is_rsa(&r);
		struct bytes inner = der_read(&r, DER_OCTETS);
		is_known = is_known && !r.bad && r.left == 0;
		r = open_sequence(inner, &is_inner_whole);
		version |= der_read_number(&r).len;
	}
	read_pkcs1(k, &r);
	if (!is_whole || !is_inner_whole || !is_known || version || r.bad || r.left)
		return FAIL(INVALID_KEY, "not a private RSA key of PKCS#1 or PKCS#8");
	return OK;
}

result rsa_numbers_read_info(struct rsa_numbers *k, struct bytes der)
{
	bool is_whole, is_inner_whole = false, is_known;
	struct reader r = open_sequence(der, &is_whole), inner = { 0 };
	struct bytes bits;

	is_known = is_rsa(&r);
	bits = der_read(&r, DER_BITS);
	if (is_known && !r.bad && !r.left && bits.len && bits.at[0] == 0)
		inner = open_sequence(bytes_of(bits.at + 1, bits.len - 1), &is_inner_whole);
	take(&inner, k->n, sizeof k->n);
	k->exponent = take_exponent(&inner);
	if (!is_whole || !is_inner_whole || inner.bad || inner.left)
		return FAIL(INVALID_KEY, "not a SubjectPublicKeyInfo of RSA");
	return OK;
}

/* RFC 8017 A.1.2, version 0. */
result rsa_numbers_write_pkcs1(const struct rsa_numbers *k, struct writer *out)
{
	uint8_t exponent[4];
	const struct bytes numbers[] = {
		{ NULL, 0 }, /* version 0 */
		{ k->n, sizeof k->n },   { exponent, sizeof exponent },
		{ k->d, sizeof k->d },   { k->p, sizeof k->p },
		{ k->q, sizeof k->q },   { k->dp, sizeof k->dp },
		{ k->dq, sizeof k->dq }, { k->qi, sizeof k->qi },
	}, *number;
	size_t inner = 0;

	store_be32(exponent, k->exponent);
	EACH (number, numbers)
		inner += der_number_size(*number);
	der_put_head(out, DER_SEQUENCE, inner);
	EACH (number, numbers)
		der_put_number(out, *number);
	return writer_done(out);
}

/* RFC 5208 5 around it. */
result rsa_numbers_write(const struct rsa_numbers *k, struct writer *out)
{
	uint8_t pkcs1[RSA_KEY_DER_MAX];
	struct writer inner = writer_of(pkcs1, sizeof pkcs1);
	result r = rsa_numbers_write_pkcs1(k, &inner);

	if (is_ok(r)) {
		size_t whole = 3 + der_size(sizeof algorithm) + der_size(inner.len);

		der_put_head(out, DER_SEQUENCE, whole);
		der_put_number(out, bytes_of(NULL, 0)); /* version 0 */
		der_put(out, DER_SEQUENCE, bytes_of(algorithm, sizeof algorithm));
		der_put(out, DER_OCTETS, writer_bytes(&inner));
		r = writer_done(out);
	}
	secret_wipe_bytes(pkcs1, sizeof pkcs1);
	return r;
}

result rsa_numbers_write_info(struct bytes modulus, uint32_t exponent, struct writer *out)
{
	uint8_t word[4];
	struct bytes e = bytes_of(word, sizeof word);
	size_t inner;

	store_be32(word, exponent);
	inner = der_number_size(modulus) + der_number_size(e);
	der_put_head(out, DER_SEQUENCE, der_size(sizeof algorithm) + der_size(1 + der_size(inner)));
	der_put(out, DER_SEQUENCE, bytes_of(algorithm, sizeof algorithm));
	der_put_head(out, DER_BITS, 1 + der_size(inner));
	writer_u8(out, 0); /* no bits unused */
	der_put_head(out, DER_SEQUENCE, inner);
	der_put_number(out, modulus);
	der_put_number(out, e);
	return writer_done(out);
}
