/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sm2.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "base/secret.h"
#include "crypto/der.h"
#include "crypto/digest.h"
#include "crypto/evp.h"

enum {
	POINT_SIZE = 1 + 2 * SM2_FIELD,
	UNCOMPRESSED = 0x04, /* SEC 1 2.3.3 */
	CURVE_TAG = 0xA0,    /* [0] and [1] of SEC 1 C.4 */
	PUBLIC_TAG = 0xA1,
};

const struct str sm2_default_id = { "1234567812345678", 16 };

/* 1.2.156.10197.1.301 (GM/T 0006) */
static const uint8_t curve[] = { 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D };

void sm2_key_deinit(struct sm2_key *k)
{
	EVP_PKEY_free(k->pkey); /* clears the scalar */
	*k = (struct sm2_key){ 0 };
}

/* --- the point of a scalar --- */

struct curve_work {
	EC_GROUP *group;
	EC_POINT *point;
	BN_CTX *ctx;
	BIGNUM *scalar;
};

static void free_work(struct curve_work *w)
{
	BN_clear_free(w->scalar);
	BN_CTX_free(w->ctx);
	EC_POINT_free(w->point);
	EC_GROUP_free(w->group);
	ERR_clear_error();
}

static bool start_work(struct curve_work *w, const uint8_t scalar[SM2_FIELD])
{
	w->group = EC_GROUP_new_by_curve_name(NID_sm2);
	w->ctx = BN_CTX_secure_new();
	w->scalar = BN_new();
	if (!w->group || !w->ctx || !w->scalar)
		return false;
	w->point = EC_POINT_new(w->group);
	BN_set_flags(w->scalar, BN_FLG_CONSTTIME);
	return w->point && BN_bin2bn(scalar, SM2_FIELD, w->scalar);
}

/* 1…n - 2: with n - 1 no signature can be made (GB/T 32918.2 6.1 A6). */
static bool is_scalar(const struct curve_work *w)
{
	BIGNUM *top = BN_dup(EC_GROUP_get0_order(w->group));
	bool is_right =
	        top && BN_sub_word(top, 1) && !BN_is_zero(w->scalar) && BN_cmp(w->scalar, top) < 0;

	BN_free(top);
	return is_right;
}

static result point_of(const uint8_t scalar[SM2_FIELD], uint8_t point[POINT_SIZE])
{
	SCOPED(free_work) struct curve_work w = { 0 };

	if (!start_work(&w, scalar))
		return FAIL(OUT_OF_MEMORY, "the SM2 curve");
	if (!is_scalar(&w))
		return FAIL(INVALID_KEY, "an SM2 scalar out of range");
	if (EC_POINT_mul(w.group, w.point, w.scalar, NULL, NULL, w.ctx) != 1 ||
	    EC_POINT_point2oct(w.group, w.point, POINT_CONVERSION_UNCOMPRESSED, point, POINT_SIZE,
	                       w.ctx) != POINT_SIZE)
		return FAIL(CRYPTO_FAULT, "the public key of an SM2 scalar");
	return OK;
}

/* --- between our bytes and OpenSSL's parameters --- */

static result import(struct sm2_key *k, uint8_t point[POINT_SIZE], const uint8_t *scalar)
{
	SCOPED(evp_free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	SCOPED(secret_wipe) struct secret native = { .len = SM2_FIELD };
	EVP_PKEY *pkey = NULL;
	char group[] = "SM2";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, POINT_SIZE),
		OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(),
	};

	if (scalar) {
		memcpy(native.at, scalar, SM2_FIELD);
		evp_native(native.at, SM2_FIELD);
		params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.at, SM2_FIELD);
	}
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
	                      params) != 1)
		return FAIL(INVALID_KEY, "not a point of the SM2 curve");
	*k = (struct sm2_key){ .pkey = pkey, .is_pair = scalar != NULL };
	memcpy(k->x, point + 1, SM2_FIELD);
	memcpy(k->y, point + 1 + SM2_FIELD, SM2_FIELD);
	return OK;
}

result sm2_key_scalar(const struct sm2_key *k, uint8_t out[SM2_FIELD])
{
	SCOPED(secret_wipe) struct secret native = { .len = SM2_FIELD };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.at, SM2_FIELD),
		OSSL_PARAM_construct_end(),
	};

	if (!k->is_pair)
		return FAIL(INVALID_KEY, "an SM2 key without private half");
	if (EVP_PKEY_get_params(k->pkey, params) != 1) {
		ERR_clear_error();
		return FAIL(CRYPTO_FAULT, "the scalar of an SM2 key is not to be had");
	}
	memcpy(out, native.at, SM2_FIELD);
	evp_native(out, SM2_FIELD);
	return OK;
}

/* --- making, loading and saving --- */

result sm2_key_from_scalar(struct sm2_key *k, const uint8_t scalar[SM2_FIELD])
{
	uint8_t point[POINT_SIZE];

	TRY(point_of(scalar, point));
	return import(k, point, scalar);
}

result sm2_key_from_public(struct sm2_key *k, const uint8_t x[SM2_FIELD],
                           const uint8_t y[SM2_FIELD])
{
	uint8_t point[POINT_SIZE] = { UNCOMPRESSED };

	memcpy(point + 1, x, SM2_FIELD);
	memcpy(point + 1 + SM2_FIELD, y, SM2_FIELD);
	return import(k, point, NULL);
}

result sm2_key_generate(struct sm2_key *k)
{
	SCOPED(evp_free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	SCOPED(secret_wipe) struct secret scalar = { .len = SM2_FIELD };
	SCOPED(sm2_key_deinit) struct sm2_key made = { .is_pair = true };
	EVP_PKEY *pkey = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_generate(ctx, &pkey) != 1)
		return FAIL(CRYPTO_FAULT, "no SM2 key was made");
	made.pkey = pkey;
	TRY(sm2_key_scalar(&made, scalar.at));
	return sm2_key_from_scalar(k, scalar.at);
}

/* SEC 1 C.4: version 1, scalar, [0] curve, [1] public key. */
static void read_sec1(struct bytes der, struct reader *r, struct bytes *scalar, bool *is_right)
{
	struct reader outer = reader_of(der), version;

	*r = reader_of(der_read(&outer, DER_SEQUENCE));
	version = reader_of(der_read(r, DER_INTEGER));
	*is_right = !outer.bad && !outer.left && reader_u8(&version) == 1 && !version.left;
	*scalar = der_read(r, DER_OCTETS);
	if (der_next_is(r, CURVE_TAG)) {
		struct reader named = reader_of(der_read(r, CURVE_TAG));

		*is_right = *is_right &&
		            bytes_equal(der_read(&named, DER_OID), bytes_of(curve, sizeof curve));
		*is_right = *is_right && !named.bad && !named.left;
	}
}

result sm2_key_load(struct sm2_key *k, struct bytes der)
{
	struct bytes scalar, given = { 0 };
	uint8_t point[POINT_SIZE];
	struct reader r;
	bool is_right;

	read_sec1(der, &r, &scalar, &is_right);
	if (der_next_is(&r, PUBLIC_TAG)) {
		struct reader bits = reader_of(der_read(&r, PUBLIC_TAG));

		given = der_read(&bits, DER_BITS);
		is_right =
		        is_right && given.len == 1 + POINT_SIZE && given.at[0] == 0 && !bits.left;
	}
	if (!is_right || r.bad || r.left || scalar.len != SM2_FIELD)
		return FAIL(INVALID_KEY, "not a private SM2 key of SEC 1");
	TRY(point_of(scalar.at, point));
	if (given.len && memcmp(given.at + 1, point, POINT_SIZE) != 0)
		return FAIL(INVALID_KEY, "the public half of an SM2 key belongs to another");
	return import(k, point, scalar.at);
}

result sm2_key_save(const struct sm2_key *k, struct writer *out)
{
	SCOPED(secret_wipe) struct secret scalar = { .len = SM2_FIELD };
	size_t oid = der_size(sizeof curve), bits = der_size(1 + POINT_SIZE);

	TRY(sm2_key_scalar(k, scalar.at));
	der_put_head(out, DER_SEQUENCE, 3 + der_size(SM2_FIELD) + der_size(oid) + der_size(bits));
	der_put_number(out, bytes_of("\1", 1));
	der_put(out, DER_OCTETS, bytes_of(scalar.at, SM2_FIELD));
	der_put_head(out, CURVE_TAG, oid);
	der_put(out, DER_OID, bytes_of(curve, sizeof curve));
	der_put_head(out, PUBLIC_TAG, bits);
	der_put_head(out, DER_BITS, 1 + POINT_SIZE);
	writer_u8(out, 0); /* no bits unused */
	writer_u8(out, UNCOMPRESSED);
	writer_put(out, bytes_of(k->x, SM2_FIELD));
	writer_put(out, bytes_of(k->y, SM2_FIELD));
	return writer_done(out);
}

void sm2_key_kcv(const struct sm2_key *k, uint8_t out[SM2_KEY_KCV])
{
	uint8_t both[2 * SM2_FIELD], hash[DIGEST_SIZE];

	memcpy(both, k->x, SM2_FIELD);
	memcpy(both + SM2_FIELD, k->y, SM2_FIELD);
	digest_sm3(bytes_of(both, sizeof both), hash);
	memcpy(out, hash, SM2_KEY_KCV);
}
