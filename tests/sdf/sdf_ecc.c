/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 of the SDF library for tests (GM/T 0018-2012, 6.3.9…14, 6.4.5…8), by OpenSSL. */
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "sdf/sdf_state.h"

enum { PAD = ECCref_MAX_LEN - FIELD, POINT = 1 + 2 * FIELD, DER_MAX = 1024 };

/* --- pairs --- */

static EVP_PKEY *read_pair(const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *k = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	return k;
}

static EVP_PKEY *make_pair(const char *path)
{
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	FILE *f = fopen(path, "wx");
	bool good = k && f && fchmod(fileno(f), 0600) == 0 &&
	            PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL, NULL) == 1;

	if (f)
		good = fclose(f) == 0 && good;
	if (good)
		return k;
	EVP_PKEY_free(k);
	return NULL;
}

EVP_PKEY *ecc_pair(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? read_pair(path) : make_pair(path);
}

bool ecc_point(const EVP_PKEY *k, struct ECCrefPublicKey *out)
{
	BIGNUM *x = NULL, *y = NULL;
	bool good = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
	            EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1;

	memset(out, 0, sizeof *out);
	out->bits = 8 * FIELD;
	good = good && BN_bn2binpad(x, out->x, ECCref_MAX_LEN) == ECCref_MAX_LEN &&
	       BN_bn2binpad(y, out->y, ECCref_MAX_LEN) == ECCref_MAX_LEN;
	BN_free(x);
	BN_free(y);
	return good;
}

static bool is_short(const unsigned char field[ECCref_MAX_LEN])
{
	unsigned char any = 0;

	for (int i = 0; i < PAD; i++)
		any |= field[i];
	return any == 0;
}

EVP_PKEY *ecc_public(const struct ECCrefPublicKey *k)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	unsigned char point[POINT] = { 4 };
	char group[] = "SM2";
	EVP_PKEY *out = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
		OSSL_PARAM_construct_end(),
	};

	memcpy(point + 1, k->x + PAD, FIELD);
	memcpy(point + 1 + FIELD, k->y + PAD, FIELD);
	if (k->bits == 8 * FIELD && is_short(k->x) && is_short(k->y) && ctx &&
	    EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return out;
}

static int export(const EVP_PKEY *k, unsigned index, struct ECCrefPublicKey *out)
{
	if (!out)
		return SDR_OUTARGERR;
	if (index != KEY_INDEX)
		return SDR_KEYNOTEXIST;
	return ecc_point(k, out) ? SDR_OK : SDR_PKOPERR;
}

SGD_RV SDF_ExportSignPublicKey_ECC(void *session, unsigned index, struct ECCrefPublicKey *out)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? export(s->device->sign, index, out) : rv);
}

SGD_RV SDF_ExportEncPublicKey_ECC(void *session, unsigned index, struct ECCrefPublicKey *out)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? export(s->device->enc, index, out) : rv);
}

/* --- sequences of GM/T 0009 7.2 and 7.3, which OpenSSL works with --- */

static bool put(ASN1_SEQUENCE_ANY *seq, int type, void *value)
{
	ASN1_TYPE *t = ASN1_TYPE_new();

	if (!t || !value)
		return false;
	ASN1_TYPE_set(t, type, value);
	return sk_ASN1_TYPE_push(seq, t) > 0;
}

static bool put_number(ASN1_SEQUENCE_ANY *seq, const unsigned char field[ECCref_MAX_LEN])
{
	BIGNUM *n = BN_bin2bn(field, ECCref_MAX_LEN, NULL);
	bool good = n && put(seq, V_ASN1_INTEGER, BN_to_ASN1_INTEGER(n, NULL));

	BN_free(n);
	return good;
}

static bool put_octets(ASN1_SEQUENCE_ANY *seq, const unsigned char *at, unsigned len)
{
	ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();

	return o && ASN1_OCTET_STRING_set(o, at, (int)len) == 1 && put(seq, V_ASN1_OCTET_STRING, o);
}

/* Gives the length, 0 when it did not work. */
static size_t save(ASN1_SEQUENCE_ANY *seq, bool good, unsigned char der[DER_MAX])
{
	unsigned char *to = der;
	int len = good ? i2d_ASN1_SEQUENCE_ANY(seq, NULL) : 0;

	if (len > 0 && len <= DER_MAX)
		i2d_ASN1_SEQUENCE_ANY(seq, &to);
	sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
	return len > 0 && len <= DER_MAX ? (size_t)len : 0;
}

static bool take_number(const ASN1_SEQUENCE_ANY *seq, int i, unsigned char out[ECCref_MAX_LEN])
{
	const ASN1_TYPE *t = sk_ASN1_TYPE_value(seq, i);
	BIGNUM *n =
	        t && t->type == V_ASN1_INTEGER ? ASN1_INTEGER_to_BN(t->value.integer, NULL) : NULL;
	bool good = n && BN_bn2binpad(n, out, ECCref_MAX_LEN) == ECCref_MAX_LEN;

	BN_free(n);
	return good;
}

static bool take_octets(const ASN1_SEQUENCE_ANY *seq, int i, unsigned char *out, unsigned room,
                        unsigned *len)
{
	const ASN1_TYPE *t = sk_ASN1_TYPE_value(seq, i);

	if (!t || t->type != V_ASN1_OCTET_STRING ||
	    ASN1_STRING_length(t->value.octet_string) > (int)room)
		return false;
	*len = (unsigned)ASN1_STRING_length(t->value.octet_string);
	memcpy(out, ASN1_STRING_get0_data(t->value.octet_string), *len);
	return true;
}

/* --- encryption --- */

static bool sealed_of(const unsigned char *der, size_t len, struct ECCCipher *out)
{
	ASN1_SEQUENCE_ANY *seq = d2i_ASN1_SEQUENCE_ANY(NULL, &der, (long)len);
	unsigned hash_len = 0;
	bool good = seq && take_number(seq, 0, out->x) && take_number(seq, 1, out->y) &&
	            take_octets(seq, 2, out->M, HASH, &hash_len) && hash_len == HASH &&
	            take_octets(seq, 3, out->C, SDF_CIPHER_ROOM, &out->L);

	sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
	return good;
}

static int seal(EVP_PKEY *to, const unsigned char *in, unsigned len, struct ECCCipher *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, to, NULL);
	unsigned char der[DER_MAX];
	size_t der_len = sizeof der;
	bool good = ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
	            EVP_PKEY_encrypt(ctx, der, &der_len, in, len) == 1 &&
	            sealed_of(der, der_len, out);

	EVP_PKEY_CTX_free(ctx);
	return good ? SDR_OK : SDR_PKOPERR;
}

static int external_encrypt(unsigned algorithm, const struct ECCrefPublicKey *to,
                            const unsigned char *in, unsigned len, struct ECCCipher *out)
{
	EVP_PKEY *k;

	if (state_is_plain())
		return SDR_NOTSUPPORT;
	if (algorithm != SGD_SM2_3)
		return SDR_ALGNOTSUPPORT;
	if (!to || !in || len == 0 || len > SDF_CIPHER_ROOM)
		return SDR_INARGERR;
	if (!out)
		return SDR_OUTARGERR;
	k = ecc_public(to);
	if (!k)
		return SDR_INARGERR;
	int rv = seal(k, in, len, out);
	EVP_PKEY_free(k);
	return rv;
}

SGD_RV SDF_ExternalEncrypt_ECC(void *session, unsigned algorithm, struct ECCrefPublicKey *to,
                               unsigned char *in, unsigned len, struct ECCCipher *out)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? external_encrypt(algorithm, to, in, len, out) : rv);
}

static size_t der_of(const struct ECCCipher *c, unsigned char der[DER_MAX])
{
	ASN1_SEQUENCE_ANY *seq = sk_ASN1_TYPE_new_null();
	bool good = seq && put_number(seq, c->x) && put_number(seq, c->y) &&
	            put_octets(seq, c->M, HASH) && put_octets(seq, c->C, c->L);

	return save(seq, good, der);
}

static int unseal(EVP_PKEY *k, const struct ECCCipher *c, unsigned char out[SDF_CIPHER_ROOM],
                  unsigned *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
	unsigned char der[DER_MAX];
	size_t der_len = der_of(c, der), got = SDF_CIPHER_ROOM;
	bool good = der_len && ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	            EVP_PKEY_decrypt(ctx, out, &got, der, der_len) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	*len = (unsigned)got;
	return good ? SDR_OK : SDR_ENCDATAERR;
}

static int import(struct session *s, unsigned index, const struct ECCCipher *c, void **key)
{
	unsigned char clear[SDF_CIPHER_ROOM];
	unsigned len;
	int rv;

	if (!c)
		return SDR_INARGERR;
	if (!key)
		return SDR_OUTARGERR;
	rv = state_require_right(s, index);
	if (rv != SDR_OK)
		return rv;
	if (c->L == 0 || c->L > KEY_BYTES_MAX || !is_short(c->x) || !is_short(c->y))
		return SDR_ENCDATAERR;
	rv = unseal(s->device->enc, c, clear, &len);
	if (rv == SDR_OK)
		rv = state_add_key(s, clear, len, key);
	OPENSSL_cleanse(clear, sizeof clear);
	return rv;
}

SGD_RV SDF_ImportKeyWithISK_ECC(void *session, unsigned index, struct ECCCipher *envelope,
                                void **key)
{
	struct session *s;
	int rv = state_enter(session, &s);

	return state_leave(rv == SDR_OK ? import(s, index, envelope, key) : rv);
}

/* --- signatures, over a hash that has Z in it already --- */

static int sign(const struct session *s, unsigned index, const unsigned char hash[HASH],
                struct ECCSignature *out)
{
	unsigned char der[DER_MAX];
	const unsigned char *from = der;
	size_t len = sizeof der;
	int rv = state_require_right(s, index);

	if (rv != SDR_OK)
		return rv;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->device->sign, NULL);
	bool good = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	            EVP_PKEY_sign(ctx, der, &len, hash, HASH) == 1;
	EVP_PKEY_CTX_free(ctx);
	ASN1_SEQUENCE_ANY *seq = good ? d2i_ASN1_SEQUENCE_ANY(NULL, &from, (long)len) : NULL;
	good = seq && take_number(seq, 0, out->r) && take_number(seq, 1, out->s);
	sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
	return good ? SDR_OK : SDR_SIGNERR;
}

SGD_RV SDF_InternalSign_ECC(void *session, unsigned index, unsigned char *hash, unsigned len,
                            struct ECCSignature *signature)
{
	struct session *s;
	int rv = state_enter(session, &s);

	if (rv == SDR_OK && (!hash || len != HASH))
		rv = SDR_INARGERR;
	if (rv == SDR_OK && !signature)
		rv = SDR_OUTARGERR;
	return state_leave(rv == SDR_OK ? sign(s, index, hash, signature) : rv);
}

static int verify(EVP_PKEY *by, const unsigned char hash[HASH],
                  const struct ECCSignature *signature)
{
	ASN1_SEQUENCE_ANY *seq = sk_ASN1_TYPE_new_null();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, by, NULL);
	unsigned char der[DER_MAX];
	bool good = seq && put_number(seq, signature->r) && put_number(seq, signature->s);
	size_t len = save(seq, good, der);

	good = len && ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_verify(ctx, der, len, hash, HASH) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return good ? SDR_OK : SDR_VERIFYERR;
}

SGD_RV SDF_ExternalVerify_ECC(void *session, unsigned algorithm, struct ECCrefPublicKey *by,
                              unsigned char *hash, unsigned len, struct ECCSignature *signature)
{
	struct session *s;
	int rv = state_enter(session, &s);
	EVP_PKEY *k = NULL;

	if (rv == SDR_OK && algorithm != SGD_SM2_1)
		rv = SDR_ALGNOTSUPPORT;
	if (rv == SDR_OK && (!by || !hash || len != HASH || !signature))
		rv = SDR_INARGERR;
	if (rv == SDR_OK) {
		k = ecc_public(by);
		rv = k ? verify(k, hash, signature) : SDR_INARGERR;
	}
	EVP_PKEY_free(k);
	return state_leave(rv);
}
