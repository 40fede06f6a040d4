/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "crypto/cipher.h"

#define INFO "YIKA-SEAL-1"

enum {
	SCALAR = SEAL_NUMBER,
	UNCOMPRESSED = 0x04,
	KEY = 32,
	SALT = 2 * SEAL_POINT,
	TRIES = 8, /* one of 2^32 draws is no scalar */
};

/* --- points and pairs --- */

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key); /* clears the private number */
}

static void free_number(BIGNUM **n)
{
	BN_clear_free(*n);
}

static EVP_PKEY *from_params(OSSL_PARAM *params, int selection)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (context && EVP_PKEY_fromdata_init(context) == 1)
		EVP_PKEY_fromdata(context, &key, selection, params);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* A key of this point, with the private number when there is one; NULL for a point off the curve.
 */
static EVP_PKEY *key_of(const uint8_t point[SEAL_POINT], const BIGNUM *scalar)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, SEAL_POINT) &&
	    (!scalar || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar)))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params)
		key = from_params(params, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
	OSSL_PARAM_free(params); /* the private number lies in the part that is cleared */
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* Is it in 1…n - 1? */
static bool read_scalar(const EC_GROUP *group, const uint8_t number[SCALAR], BIGNUM *scalar)
{
	return BN_bin2bn(number, SCALAR, scalar) && !BN_is_zero(scalar) &&
	       BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;
}

/* SP 800-56A 5.6.1.2.2: draw until the number is one. */
static bool draw_scalar(const EC_GROUP *group, struct random_source *random, BIGNUM *scalar)
{
	uint8_t drawn[SCALAR];
	bool found = false;

	for (int i = 0; !found && i < TRIES; i++) {
		random_fill(random, drawn, sizeof drawn);
		found = read_scalar(group, drawn, scalar);
	}
	secret_wipe_bytes(drawn, sizeof drawn);
	return found;
}

static bool multiply_base(const EC_GROUP *group, const BIGNUM *scalar, uint8_t point[SEAL_POINT])
{
	EC_POINT *p = EC_POINT_new(group);
	bool made = p && EC_POINT_mul(group, p, scalar, NULL, NULL, NULL) == 1 &&
	            EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, point, SEAL_POINT,
	                               NULL) == SEAL_POINT;

	EC_POINT_free(p);
	return made;
}

static result make_pair(struct random_source *random, EVP_PKEY **pair, uint8_t point[SEAL_POINT])
{
	SCOPED(free_number) BIGNUM *scalar = BN_secure_new();
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

	*pair = NULL;
	if (scalar && group && draw_scalar(group, random, scalar) &&
	    multiply_base(group, scalar, point))
		*pair = key_of(point, scalar);
	EC_GROUP_free(group);
	return *pair ? OK : FAIL(CRYPTO_FAULT, "no key pair on P-256");
}

/*
 * SP 800-56A 5.6.2.3.3: the coordinates are in range and on the curve; P-256 has no other points.
 * What a stranger sends leaves no trace in the thread's errors of OpenSSL.
 */
static result require_point(const uint8_t point[SEAL_POINT], EVP_PKEY **key)
{
	ERR_set_mark();
	*key = point[0] == UNCOMPRESSED ? key_of(point, NULL) : NULL;
	ERR_pop_to_mark();
	return *key ? OK : FAIL(SEAL_BROKEN, "a point that is not on the curve");
}

/* --- the key of one text --- */

static result agree(EVP_PKEY *mine, EVP_PKEY *theirs, struct secret *shared)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	bool done;

	shared->len = SCALAR;
	done = context && EVP_PKEY_derive_init(context) == 1 &&
	       EVP_PKEY_derive_set_peer(context, theirs) == 1 &&
	       EVP_PKEY_derive(context, shared->at, &shared->len) == 1 && shared->len == SCALAR;
	EVP_PKEY_CTX_free(context);
	return done ? OK : FAIL(CRYPTO_FAULT, "ECDH on P-256");
}

/* RFC 5869 with SHA-256 */
static result expand(struct secret *shared, uint8_t salt[SALT], struct secret *key)
{
	char digest[] = "SHA256", info[] = INFO;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared->at, shared->len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, SALT),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info - 1),
		OSSL_PARAM_END,
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done;

	key->len = KEY;
	done = context && EVP_KDF_derive(context, key->at, KEY, params) == 1;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return done ? OK : FAIL(CRYPTO_FAULT, "HKDF is not to be had");
}

/* Both ends come to the same key: epk and recipient stand in the salt as they are sent. */
static result gcm_of(EVP_PKEY *mine, EVP_PKEY *theirs, const uint8_t epk[SEAL_POINT],
                     const uint8_t recipient[SEAL_POINT], struct cipher_gcm *g)
{
	SCOPED(secret_wipe) struct secret shared = { .len = 0 };
	SCOPED(secret_wipe) struct secret key = { .len = 0 };
	uint8_t salt[SALT];

	memcpy(salt, epk, SEAL_POINT);
	memcpy(salt + SEAL_POINT, recipient, SEAL_POINT);
	TRY(agree(mine, theirs, &shared));
	TRY(expand(&shared, salt, &key));
	return cipher_gcm_init(g, bytes_of(key.at, key.len));
}

static result require_room(const struct writer *out, size_t len)
{
	if (out->bad || out->size - out->len < len)
		return FAIL(BUFFER_FULL, "no room for %zu bytes", len);
	return OK;
}

result seal_key_open(struct seal_key *k, struct random_source *random)
{
	EVP_PKEY *pair;

	TRY(make_pair(random, &pair, k->recipient));
	k->pair = pair;
	return OK;
}

result seal_key_load(struct seal_key *k, const struct secret *number)
{
	SCOPED(free_number) BIGNUM *scalar = BN_secure_new();
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

	k->pair = NULL;
	if (scalar && group && number->len == SCALAR && read_scalar(group, number->at, scalar) &&
	    multiply_base(group, scalar, k->recipient))
		k->pair = key_of(k->recipient, scalar);
	EC_GROUP_free(group);
	return k->pair ? OK : FAIL(SEAL_BROKEN, "not a private number of P-256");
}

result seal_key_draw(struct random_source *random, struct secret *number)
{
	SCOPED(free_number) BIGNUM *scalar = BN_secure_new();
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	bool drawn = scalar && group && draw_scalar(group, random, scalar) &&
	             BN_bn2binpad(scalar, number->at, SCALAR) == SCALAR;

	EC_GROUP_free(group);
	number->len = drawn ? SCALAR : 0;
	return drawn ? OK : FAIL(CRYPTO_FAULT, "no private number of P-256");
}

void seal_key_close(struct seal_key *k)
{
	EVP_PKEY_free(k->pair);
	secret_wipe_bytes(k, sizeof *k);
}

result seal_make(const uint8_t recipient[SEAL_POINT], struct bytes aad, struct bytes text,
                 struct random_source *random, struct writer *out)
{
	SCOPED(cipher_gcm_deinit) struct cipher_gcm g = { 0 };
	SCOPED(free_key) EVP_PKEY *theirs = NULL;
	SCOPED(free_key) EVP_PKEY *mine = NULL;
	uint8_t epk[SEAL_POINT], nonce[CIPHER_NONCE], *at;

	if (text.len > SEAL_TEXT_MAX)
		return FAIL(SEAL_BROKEN, "a text of %zu bytes", text.len);
	TRY(require_room(out, text.len + SEAL_EXTRA));
	TRY(require_point(recipient, &theirs));
	TRY(make_pair(random, &mine, epk));
	TRY(gcm_of(mine, theirs, epk, recipient, &g));
	random_fill(random, nonce, sizeof nonce);
	writer_put(out, bytes_of(epk, sizeof epk));
	writer_put(out, bytes_of(nonce, sizeof nonce));
	at = out->at + out->len;
	writer_put(out, text);
	writer_fill(out, 0, CIPHER_TAG);
	cipher_gcm_seal(&g, nonce, aad, at, text.len, at + text.len);
	return writer_done(out);
}

result seal_open(const struct seal_key *k, struct bytes aad, struct bytes sealed,
                 struct writer *out)
{
	SCOPED(cipher_gcm_deinit) struct cipher_gcm g = { 0 };
	SCOPED(free_key) EVP_PKEY *theirs = NULL;
	const uint8_t *epk = sealed.at, *nonce;
	uint8_t *at;
	size_t len;

	if (sealed.len < SEAL_EXTRA || sealed.len > SEAL_EXTRA + SEAL_TEXT_MAX)
		return FAIL(SEAL_BROKEN, "a sealed text of %zu bytes", sealed.len);
	nonce = epk + SEAL_POINT;
	len = sealed.len - SEAL_EXTRA;
	TRY(require_room(out, len));
	TRY(require_point(epk, &theirs));
	TRY(gcm_of(k->pair, theirs, epk, k->recipient, &g));
	at = out->at + out->len;
	writer_put(out, bytes_of(nonce + CIPHER_NONCE, len));
	if (cipher_gcm_open(&g, nonce, aad, at, len, nonce + CIPHER_NONCE + len))
		return OK;
	out->len -= len;
	secret_wipe_bytes(at, len);
	return FAIL(SEAL_BROKEN, "the tag of a sealed text");
}
