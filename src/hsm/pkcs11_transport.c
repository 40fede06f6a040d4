/* SPDX-License-Identifier: Apache-2.0 */
/* Clear keys into a token without C_CreateObject, which many devices forbid: RSA-OAEP for a key of
 * the token, and under a key that went in that way whatever is longer (keys 3.3). */
#include "base/rand.h"
#include "crypto/keywrap.h"
#include "crypto/rsa.h"
#include "hsm/pkcs11_device.h"

enum { RSA_BITS = 2048, RSA_EXPONENT = 65537, CARRIER = 32 };

static result make_transport(struct pkcs11_device *d)
{
	CK_MECHANISM how = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	uint8_t exponent[] = { 1, 0, 1 };
	CK_ULONG bits = RSA_BITS;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_HANDLE public = 0;
	CK_ATTRIBUTE public_like[] = { { CKA_TOKEN, &no, sizeof no },
		                       { CKA_ENCRYPT, &yes, sizeof yes },
		                       { CKA_MODULUS_BITS, &bits, sizeof bits },
		                       { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent } };
	CK_ATTRIBUTE private_like[] = { { CKA_TOKEN, &no, sizeof no },
		                        { CKA_PRIVATE, &yes, sizeof yes },
		                        { CKA_SENSITIVE, &yes, sizeof yes },
		                        { CKA_EXTRACTABLE, &no, sizeof no },
		                        { CKA_UNWRAP, &yes, sizeof yes } };
	CK_ATTRIBUTE modulus = { CKA_MODULUS, d->transport.modulus, sizeof d->transport.modulus };

	if (d->transport.private)
		return OK;
	TRY(pkcs11_result(d->call->C_GenerateKeyPair(d->keeper, &how, public_like,
	                                             ARRAY_LEN(public_like), private_like,
	                                             ARRAY_LEN(private_like), &public,
	                                             &d->transport.private),
	                  "C_GenerateKeyPair"));
	TRY(pkcs11_result(d->call->C_GetAttributeValue(d->keeper, public, &modulus, 1),
	                  "C_GetAttributeValue"));
	d->transport.modulus_len = modulus.ulValueLen;
	return OK;
}

result pkcs11_bring_in(struct pkcs11_device *d, const struct secret *key,
                       struct pkcs11_template *template, CK_OBJECT_HANDLE *out)
{
	bool sha256 = d->place->oaep_sha256;
	CK_RSA_PKCS_OAEP_PARAMS oaep = { .hashAlg = sha256 ? CKM_SHA256 : CKM_SHA_1,
		                         .mgf = sha256 ? CKG_MGF1_SHA256 : CKG_MGF1_SHA1,
		                         .source = CKZ_DATA_SPECIFIED };
	CK_MECHANISM how = { CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep };
	SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
	uint8_t sealed[RSA_KEY_SIZE_MAX];

	TRY(make_transport(d));
	TRY(rsa_key_from_public(&public, bytes_of(d->transport.modulus, d->transport.modulus_len),
	                        RSA_EXPONENT));
	TRY(rsa_seal(&public, sha256 ? RSA_OAEP_SHA256 : RSA_OAEP_SHA1, bytes_of(key->at, key->len),
	             sealed));
	return pkcs11_result(d->call->C_UnwrapKey(d->keeper, &how, d->transport.private, sealed,
	                                          public.size, template->at, template->count, out),
	                     "C_UnwrapKey");
}

/* A key of the token that only opens one other and is gone then. */
static result make_carrier(struct pkcs11_device *d, struct secret *clear, CK_OBJECT_HANDLE *out)
{
	struct pkcs11_template t;

	random_fill(random_system(), clear->at, CARRIER);
	clear->len = CARRIER;
	pkcs11_template_begin(&t, CKO_SECRET_KEY, CKK_AES, false);
	pkcs11_template_bool(&t, CKA_EXTRACTABLE, false);
	pkcs11_template_bool(&t, CKA_UNWRAP, true);
	return pkcs11_bring_in(d, clear, &t, out);
}

static result carry(struct pkcs11_device *d, struct bytes key, struct pkcs11_template *t,
                    CK_OBJECT_HANDLE *out)
{
	SCOPED(secret_wipe) struct secret clear = { 0 };
	CK_MECHANISM how = { d->wrap_pad, NULL, 0 };
	CK_OBJECT_HANDLE carrier;
	uint8_t wrapped[HSM_WRAPPED_MAX];
	size_t len;

	TRY(make_carrier(d, &clear, &carrier));
	result r = keywrap_pad_wrap(bytes_of(clear.at, clear.len), key, wrapped, &len);
	if (is_ok(r))
		r = pkcs11_result(d->call->C_UnwrapKey(d->keeper, &how, carrier, wrapped, len,
		                                       t->at, t->count, out),
		                  "C_UnwrapKey");
	d->call->C_DestroyObject(d->keeper, carrier);
	return r;
}

result pkcs11_import(void *session, struct bytes key, const struct hsm_shape *shape, uint64_t *out)
{
	struct pkcs11_device *d = ((struct pkcs11_session *)session)->device;
	CK_OBJECT_HANDLE made = 0;
	struct pkcs11_template t;

	if (!d->wrap_pad)
		return FAIL(HSM_UNSUPPORTED, "key wrap with padding");
	TRY(pkcs11_shape_template(d, shape, &t));
	pthread_mutex_lock(&d->making);
	result r = carry(d, key, &t, &made);
	pthread_mutex_unlock(&d->making);
	*out = made;
	return r;
}

/* --- the other way --- */

static result wrap_under(struct pkcs11_device *d, const struct secret *key, CK_OBJECT_HANDLE object,
                         uint8_t *out, size_t *len)
{
	CK_MECHANISM how = { d->wrap_pad, NULL, 0 };
	CK_ULONG got = HSM_WRAPPED_MAX;
	CK_OBJECT_HANDLE carrier;
	struct pkcs11_template t;

	pkcs11_template_begin(&t, CKO_SECRET_KEY, CKK_AES, false);
	pkcs11_template_bool(&t, CKA_EXTRACTABLE, false);
	pkcs11_template_bool(&t, CKA_WRAP, true);
	TRY(pkcs11_bring_in(d, key, &t, &carrier));
	CK_RV rv = d->call->C_WrapKey(d->keeper, &how, carrier, object, out, &got);
	d->call->C_DestroyObject(d->keeper, carrier);
	*len = got;
	return pkcs11_result(rv, "C_WrapKey");
}

result pkcs11_wrap_under(void *session, const struct secret *key, uint64_t object, uint8_t *out,
                         size_t *len)
{
	struct pkcs11_device *d = ((struct pkcs11_session *)session)->device;

	if (!d->wrap_pad)
		return FAIL(HSM_UNSUPPORTED, "key wrap with padding");
	pthread_mutex_lock(&d->making);
	result r = wrap_under(d, key, object, out, len);
	pthread_mutex_unlock(&d->making);
	return r;
}
