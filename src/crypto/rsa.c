/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "base/secret.h"
#include "crypto/digest.h"
#include "crypto/evp.h"
#include "crypto/rsa_numbers.h"

void rsa_key_deinit(struct rsa_key *k)
{
	EVP_PKEY_free(k->pkey); /* clears the private half */
	*k = (struct rsa_key){ 0 };
}

/* --- between our numbers and OpenSSL's parameters --- */

/* The numbers in the machine's byte order, as OSSL_PARAM wants them. */
struct native {
	struct rsa_numbers number;
	OSSL_PARAM params[9];
};

static void wipe_native(struct native *n)
{
	secret_wipe_bytes(n, sizeof *n);
}

/* Point the parameters at the numbers; public ones only, or all. */
static void lay_params(struct native *n, bool all)
{
	struct rsa_numbers *k = &n->number;
	OSSL_PARAM *p = n->params;

	*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, k->n, sizeof k->n);
	*p++ = OSSL_PARAM_construct_uint32(OSSL_PKEY_PARAM_RSA_E, &k->exponent);
	if (all) {
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_D, k->d, sizeof k->d);
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_FACTOR1, k->p, sizeof k->p);
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_FACTOR2, k->q, sizeof k->q);
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_EXPONENT1, k->dp, sizeof k->dp);
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_EXPONENT2, k->dq, sizeof k->dq);
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, k->qi,
		                               sizeof k->qi);
	}
	*p = OSSL_PARAM_construct_end();
}

static void reverse_numbers(struct rsa_numbers *k)
{
	evp_native(k->n, sizeof k->n);
	evp_native(k->d, sizeof k->d);
	evp_native(k->p, sizeof k->p);
	evp_native(k->q, sizeof k->q);
	evp_native(k->dp, sizeof k->dp);
	evp_native(k->dq, sizeof k->dq);
	evp_native(k->qi, sizeof k->qi);
}

static void put_public(struct rsa_key *k, const struct rsa_numbers *numbers, size_t size)
{
	k->size = size;
	k->exponent = numbers->exponent;
	memcpy(k->modulus, numbers->n + sizeof numbers->n - size, size);
}

/* Give the numbers to OpenSSL. */
static result import(struct rsa_key *k, const struct rsa_numbers *numbers, bool is_pair)
{
	SCOPED(wipe_native) struct native n = { .number = *numbers };
	SCOPED(evp_free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	size_t size;

	TRY(rsa_numbers_size(numbers, &size));
	reverse_numbers(&n.number);
	lay_params(&n, is_pair);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, is_pair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
	                      n.params) != 1)
		return FAIL(INVALID_KEY, "OpenSSL does not take an RSA key of %zu bytes", size);
	*k = (struct rsa_key){ .pkey = pkey, .is_pair = is_pair };
	put_public(k, numbers, size);
	return OK;
}

static result export(const struct rsa_key *k, struct rsa_numbers *out)
{
	SCOPED(wipe_native) struct native n = { .number = { .exponent = 0 } };

	if (!k->is_pair)
		return FAIL(INVALID_KEY, "an RSA key without private half");
	lay_params(&n, true);
	if (EVP_PKEY_get_params(k->pkey, n.params) != 1) {
		ERR_clear_error();
		return FAIL(CRYPTO_FAULT, "the numbers of an RSA key are not to be had");
	}
	*out = n.number;
	reverse_numbers(out);
	return OK;
}

/* --- making and loading --- */

/* A block that goes there and back: what primes that are none would not do. */
static result check_pair(struct rsa_key *k)
{
	uint8_t block[RSA_KEY_SIZE_MAX], back[RSA_KEY_SIZE_MAX];
	result r;

	memset(block, 0x5A, sizeof block);
	r = rsa_raw_private(k, bytes_of(block, k->size), back);
	if (is_ok(r))
		r = rsa_raw_public(k, bytes_of(back, k->size), back);
	if (is_ok(r) && bytes_equal(bytes_of(block, k->size), bytes_of(back, k->size)))
		return OK;
	rsa_key_deinit(k);
	return FAIL(INVALID_KEY, "an RSA pair does not undo its own work");
}

static result import_pair(struct rsa_key *k, const struct rsa_numbers *numbers)
{
	TRY(import(k, numbers, true));
	return check_pair(k);
}

static result run_generator(EVP_PKEY_CTX *ctx, unsigned bits, uint32_t exponent, EVP_PKEY **out)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits),
		OSSL_PARAM_construct_uint32(OSSL_PKEY_PARAM_RSA_E, &exponent),
		OSSL_PARAM_construct_end(),
	};

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_params(ctx, params) != 1 ||
	    EVP_PKEY_generate(ctx, out) != 1)
		return FAIL(CRYPTO_FAULT, "no RSA key of %u bits was made", bits);
	return OK;
}

result rsa_key_generate(struct rsa_key *k, unsigned bits, uint32_t exponent)
{
	SCOPED(rsa_numbers_wipe) struct rsa_numbers numbers = { 0 };
	SCOPED(evp_free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	struct rsa_key made = { .is_pair = true };
	EVP_PKEY *pkey = NULL;
	result r;

	if (bits < RSA_KEY_BITS_MIN || bits > RSA_KEY_BITS_MAX || bits % 8)
		return FAIL(INVALID_KEY, "an RSA key of %u bits", bits);
	if (exponent != 3 && exponent != 65537)
		return FAIL(INVALID_KEY, "RSA exponent %u, not 3 or 65537", exponent);
	TRY(run_generator(ctx, bits, exponent, &pkey));
	made.pkey = pkey;
	r = export(&made, &numbers);
	if (!is_ok(r)) {
		rsa_key_deinit(&made);
		return r;
	}
	put_public(&made, &numbers, bits / 8);
	*k = made;
	return check_pair(k);
}

static bool place(struct bytes number, uint8_t *out, size_t size)
{
	while (number.len && number.at[0] == 0) {
		number.at++;
		number.len--;
	}
	if (number.len > size || !number.len)
		return false;
	memcpy(out + size - number.len, number.at, number.len);
	return true;
}

result rsa_key_from_primes(struct rsa_key *k, struct bytes p, struct bytes q, uint32_t exponent)
{
	SCOPED(rsa_numbers_wipe) struct rsa_numbers numbers = { .exponent = exponent };

	if (!place(p, numbers.p, sizeof numbers.p) || !place(q, numbers.q, sizeof numbers.q))
		return FAIL(INVALID_KEY, "primes of %zu and %zu bytes", p.len, q.len);
	TRY(rsa_numbers_derive(&numbers));
	return import_pair(k, &numbers);
}

result rsa_key_from_public(struct rsa_key *k, struct bytes modulus, uint32_t exponent)
{
	struct rsa_numbers numbers = { .exponent = exponent };

	if (!modulus.len || modulus.at[0] == 0 || !place(modulus, numbers.n, sizeof numbers.n))
		return FAIL(INVALID_KEY, "an RSA modulus of %zu bytes", modulus.len);
	return import(k, &numbers, false);
}

result rsa_key_load(struct rsa_key *k, struct bytes der)
{
	SCOPED(rsa_numbers_wipe) struct rsa_numbers numbers = { 0 };

	if (der.len > RSA_KEY_DER_MAX)
		return FAIL(INVALID_KEY, "an RSA key in %zu bytes", der.len);
	TRY(rsa_numbers_read(&numbers, der));
	TRY(rsa_numbers_check(&numbers));
	return import_pair(k, &numbers);
}

result rsa_key_load_info(struct rsa_key *k, struct bytes der)
{
	struct rsa_numbers numbers = { 0 };

	TRY(rsa_numbers_read_info(&numbers, der));
	return import(k, &numbers, false);
}

/* --- saving --- */

result rsa_key_save(const struct rsa_key *k, struct writer *out)
{
	SCOPED(rsa_numbers_wipe) struct rsa_numbers numbers = { 0 };

	TRY(export(k, &numbers));
	return rsa_numbers_write(&numbers, out);
}

result rsa_key_save_pkcs1(const struct rsa_key *k, struct writer *out)
{
	SCOPED(rsa_numbers_wipe) struct rsa_numbers numbers = { 0 };

	TRY(export(k, &numbers));
	return rsa_numbers_write_pkcs1(&numbers, out);
}

result rsa_key_save_info(const struct rsa_key *k, struct writer *out)
{
	return rsa_numbers_write_info(rsa_key_modulus(k), k->exponent, out);
}

result rsa_key_kcv(const struct rsa_key *k, uint8_t out[RSA_KEY_KCV])
{
	uint8_t info[RSA_KEY_INFO_MAX], hash[DIGEST_SIZE];
	struct writer w = writer_of(info, sizeof info);

	TRY(rsa_key_save_info(k, &w));
	digest_sha256(writer_bytes(&w), hash);
	memcpy(out, hash, RSA_KEY_KCV);
	return OK;
}
