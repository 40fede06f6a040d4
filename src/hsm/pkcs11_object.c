/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that live in a token for a while: unwrapped, made, derived, used (device mode, keys 3.2). */
#include "hsm/pkcs11_device.h"

enum { DES_BLOCK = 8, AES_BLOCK = 16 };

/* --- one call each --- */

result pkcs11_run_cipher(struct pkcs11_session *s, CK_MECHANISM *how, CK_OBJECT_HANDLE key,
                         bool encrypt, struct bytes in, uint8_t *out)
{
	const CK_FUNCTION_LIST *call = s->device->call;
	uint8_t copy[HSM_DATA_MAX];
	CK_ULONG len = in.len;
	CK_RV rv;

	if (in.len == 0 || in.len > sizeof copy)
		return FAIL(HSM_INPUT, "%zu bytes", in.len);
	memcpy(copy, in.at,
	       in.len); /* the interface is not const, and some modules mind in == out */
	rv = encrypt ? call->C_EncryptInit(s->at, how, key) : call->C_DecryptInit(s->at, how, key);
	TRY(pkcs11_result(rv, encrypt ? "C_EncryptInit" : "C_DecryptInit"));
	rv = encrypt ? call->C_Encrypt(s->at, copy, in.len, out, &len)
	             : call->C_Decrypt(s->at, copy, in.len, out, &len);
	secret_wipe_bytes(copy, in.len);
	TRY(pkcs11_result(rv, encrypt ? "C_Encrypt" : "C_Decrypt"));
	return len == in.len ? OK : FAIL(HSM_CALL, "%lu bytes instead of %zu", len, in.len);
}

result pkcs11_run_sign(struct pkcs11_session *s, CK_MECHANISM *how, CK_OBJECT_HANDLE key,
                       struct bytes in, uint8_t *out, CK_ULONG len)
{
	const CK_FUNCTION_LIST *call = s->device->call;
	uint8_t copy[HSM_DATA_MAX];
	CK_ULONG got = len;

	if (in.len == 0 || in.len > sizeof copy)
		return FAIL(HSM_INPUT, "%zu bytes", in.len);
	memcpy(copy, in.at, in.len);
	TRY(pkcs11_result(call->C_SignInit(s->at, how, key), "C_SignInit"));
	CK_RV rv = call->C_Sign(s->at, copy, in.len, out, &got);
	secret_wipe_bytes(copy, in.len);
	TRY(pkcs11_result(rv, "C_Sign"));
	return got == len ? OK : FAIL(HSM_CALL, "C_Sign gave %lu bytes", got);
}

/* --- shapes --- */

static result type_of(const struct pkcs11_device *d, const struct hsm_shape *shape,
                      CK_OBJECT_CLASS *class, CK_KEY_TYPE *type)
{
	*class = CKO_SECRET_KEY;
	switch (shape->algorithm) {
	case 'A':
		*type = CKK_AES;
		return OK;
	case 'T':
		*type = shape->bits == 128 ? CKK_DES2 : CKK_DES3;
		return OK;
	case 'R':
		*class = CKO_PRIVATE_KEY;
		*type = CKK_RSA;
		return OK;
	case '4':
		*type = (CK_KEY_TYPE)d->place->sm4_key_type;
		return d->capabilities & HSM_CAN_SM4 ? OK : FAIL(HSM_UNSUPPORTED, "SM4");
	default:
		return FAIL(HSM_UNSUPPORTED, "algorithm %c", shape->algorithm);
	}
}

/* Rights a template grants; for a private key encrypting and wrapping do not exist. */
static void put_rights(struct pkcs11_template *t, const struct hsm_shape *shape)
{
	bool cipher = shape->rights & (HSM_MAY_ENCRYPT | HSM_MAY_MAC);

	pkcs11_template_bool(t, CKA_EXTRACTABLE, shape->rights & HSM_MAY_LEAVE);
	if (shape->algorithm == 'R') {
		pkcs11_template_bool(t, CKA_SIGN, shape->rights & HSM_MAY_SIGN);
		pkcs11_template_bool(t, CKA_DECRYPT, shape->rights & HSM_MAY_DECRYPT);
		return;
	}
	pkcs11_template_bool(t, CKA_ENCRYPT, cipher); /* a CBC-MAC is made by encrypting */
	pkcs11_template_bool(t, CKA_DECRYPT, shape->rights & HSM_MAY_DECRYPT);
	pkcs11_template_bool(t, CKA_SIGN, shape->rights & HSM_MAY_MAC);
	pkcs11_template_bool(t, CKA_DERIVE, shape->rights & HSM_MAY_DERIVE);
	pkcs11_template_bool(t, CKA_WRAP, false);
	pkcs11_template_bool(t, CKA_UNWRAP, false);
}

result pkcs11_shape_template(const struct pkcs11_device *d, const struct hsm_shape *shape,
                             struct pkcs11_template *t)
{
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type = 0;

	TRY(type_of(d, shape, &class, &type));
	pkcs11_template_begin(t, class, type, false);
	put_rights(t, shape);
	return OK;
}

/* --- in and out --- */

result pkcs11_unwrap(void *session, unsigned slot, struct bytes wrapped,
                     const struct hsm_shape *shape, uint64_t *out)
{
	struct pkcs11_session *s = session;
	struct pkcs11_device *d = s->device;
	CK_MECHANISM how = { d->wrap_pad, NULL, 0 };
	CK_OBJECT_HANDLE key, made = 0;
	struct pkcs11_template t;
	uint8_t copy[HSM_WRAPPED_MAX];

	if (!d->wrap_pad)
		return FAIL(HSM_UNSUPPORTED, "key wrap with padding");
	TRY(pkcs11_lmk_part(d, slot, HSM_PART_KWK, &key));
	TRY(pkcs11_shape_template(d, shape, &t));
	memcpy(copy, wrapped.at, wrapped.len);
	pthread_mutex_lock(&d->making);
	CK_RV rv =
	        d->call->C_UnwrapKey(d->keeper, &how, key, copy, wrapped.len, t.at, t.count, &made);
	pthread_mutex_unlock(&d->making);
	if (rv == CKR_WRAPPED_KEY_INVALID || rv == CKR_WRAPPED_KEY_LEN_RANGE ||
	    rv == CKR_GENERAL_ERROR)
		return FAIL(KEYBLOCK_MAC, "the device does not open the body (%#lx)", rv);
	*out = made;
	return pkcs11_result(rv, "C_UnwrapKey");
}

result pkcs11_wrap(void *session, unsigned slot, uint64_t object, uint8_t *out, size_t *len)
{
	struct pkcs11_session *s = session;
	struct pkcs11_device *d = s->device;
	CK_MECHANISM how = { d->wrap_pad, NULL, 0 };
	CK_ULONG got = HSM_WRAPPED_MAX;
	CK_OBJECT_HANDLE key;

	if (!d->wrap_pad)
		return FAIL(HSM_UNSUPPORTED, "key wrap with padding");
	TRY(pkcs11_lmk_part(d, slot, HSM_PART_KWK, &key));
	TRY(pkcs11_result(d->call->C_WrapKey(s->at, &how, key, object, out, &got), "C_WrapKey"));
	*len = got;
	return OK;
}

result pkcs11_generate(void *session, const struct hsm_shape *shape, uint64_t *out)
{
	struct pkcs11_session *s = session;
	struct pkcs11_device *d = s->device;
	CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = shape->bits / 8;
	CK_OBJECT_HANDLE made;
	struct pkcs11_template t;

	TRY(pkcs11_shape_template(d, shape, &t));
	if (shape->algorithm == 'A')
		pkcs11_template_put(&t, CKA_VALUE_LEN, &len, sizeof len);
	else if (shape->algorithm == 'T')
		how.mechanism = shape->bits == 128 ? CKM_DES2_KEY_GEN : CKM_DES3_KEY_GEN;
	else
		return FAIL(HSM_UNSUPPORTED, "making a key of algorithm %c", shape->algorithm);
	pthread_mutex_lock(&d->making);
	CK_RV rv = d->call->C_GenerateKey(d->keeper, &how, t.at, t.count, &made);
	pthread_mutex_unlock(&d->making);
	*out = made;
	return pkcs11_result(rv, "C_GenerateKey");
}

result pkcs11_generate_rsa(void *session, const struct hsm_shape *shape, uint32_t exponent,
                           uint64_t *out, uint8_t *modulus, size_t *modulus_len)
{
	struct pkcs11_session *s = session;
	struct pkcs11_device *d = s->device;
	CK_MECHANISM how = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	uint8_t e3[] = { 3 }, e65537[] = { 1, 0, 1 };
	CK_ULONG bits = shape->bits;
	CK_BBOOL no = CK_FALSE;
	CK_OBJECT_HANDLE public = 0, private = 0;
	struct pkcs11_template t;
	CK_ATTRIBUTE public_like[] = {
		{ CKA_TOKEN, &no, sizeof no },
		{ CKA_MODULUS_BITS, &bits, sizeof bits },
		{ CKA_PUBLIC_EXPONENT, exponent == 3 ? e3 : e65537,
		  exponent == 3 ? sizeof e3 : sizeof e65537 },
	};
	CK_ATTRIBUTE value = { CKA_MODULUS, modulus, HSM_RSA_MAX };

	TRY(pkcs11_shape_template(d, shape, &t));
	pthread_mutex_lock(&d->making);
	CK_RV rv = d->call->C_GenerateKeyPair(d->keeper, &how, public_like, ARRAY_LEN(public_like),
	                                      t.at, t.count, &public, &private);
	pthread_mutex_unlock(&d->making);
	TRY(pkcs11_result(rv, "C_GenerateKeyPair"));
	rv = d->call->C_GetAttributeValue(s->at, public, &value, 1);
	d->call->C_DestroyObject(s->at, public);
	*modulus_len = value.ulValueLen;
	*out = private;
	return pkcs11_result(rv, "C_GetAttributeValue");
}

void pkcs11_free_object(void *session, uint64_t object)
{
	struct pkcs11_session *s = session;

	pthread_mutex_lock(&s->device->making);
	s->device->call->C_DestroyObject(s->at, object);
	pthread_mutex_unlock(&s->device->making);
}

/* --- using --- */

static result cipher_mechanism(const struct pkcs11_device *d, const struct hsm_shape *shape,
                               enum hsm_cipher mode, CK_MECHANISM_TYPE *out)
{
	bool ecb = mode == HSM_ECB;

	if (shape->algorithm == 'A')
		*out = ecb ? CKM_AES_ECB : mode == HSM_CBC ? CKM_AES_CBC : CKM_AES_CTR;
	else if (mode == HSM_CTR)
		return FAIL(HSM_UNSUPPORTED, "counter mode of algorithm %c", shape->algorithm);
	else if (shape->algorithm == 'T')
		*out = ecb ? CKM_DES3_ECB : CKM_DES3_CBC;
	else if (shape->algorithm == '4')
		*out = (CK_MECHANISM_TYPE)(ecb ? d->place->sm4_ecb : d->place->sm4_cbc);
	else
		return FAIL(HSM_UNSUPPORTED, "cipher of algorithm %c", shape->algorithm);
	return OK;
}

result pkcs11_cipher(void *session, uint64_t object, const struct hsm_shape *shape,
                     const struct hsm_cipher_call *c)
{
	struct pkcs11_session *s = session;
	CK_ULONG block = shape->algorithm == 'T' ? DES_BLOCK : AES_BLOCK;
	CK_AES_CTR_PARAMS counter = { .ulCounterBits = 128 };
	uint8_t iv[AES_BLOCK];
	CK_MECHANISM how = { 0, NULL, 0 };

	TRY(cipher_mechanism(s->device, shape, c->mode, &how.mechanism));
	if (c->mode == HSM_CBC) {
		memcpy(iv, c->iv, block);
		how.pParameter = iv;
		how.ulParameterLen = block;
	} else if (c->mode == HSM_CTR) {
		memcpy(counter.cb, c->iv, sizeof counter.cb);
		how.pParameter = &counter;
		how.ulParameterLen = sizeof counter;
	}
	return pkcs11_run_cipher(s, &how, object, c->encrypt, c->in, c->out);
}

result pkcs11_cmac(void *session, uint64_t object, const struct hsm_shape *shape, struct bytes in,
                   uint8_t out[16])
{
	bool tdes = shape->algorithm == 'T';
	CK_MECHANISM how = { tdes ? CKM_DES3_CMAC : CKM_AES_CMAC, NULL, 0 };

	if (!tdes && shape->algorithm != 'A')
		return FAIL(HSM_UNSUPPORTED, "CMAC of algorithm %c", shape->algorithm);
	return pkcs11_run_sign(session, &how, object, in, out, tdes ? DES_BLOCK : AES_BLOCK);
}

/* PKCS#11 2.40, 6.43: the encrypted data become the child's value. */
result pkcs11_derive(void *session, uint64_t object, const uint8_t data[16], unsigned rights,
                     uint64_t *child)
{
	struct pkcs11_session *s = session;
	struct pkcs11_device *d = s->device;
	uint8_t copy[AES_BLOCK];
	CK_KEY_DERIVATION_STRING_DATA string = { copy, sizeof copy };
	CK_MECHANISM how = { CKM_DES3_ECB_ENCRYPT_DATA, &string, sizeof string };
	struct hsm_shape shape = { 'T', 128, rights };
	CK_OBJECT_HANDLE made;
	struct pkcs11_template t;

	if (!(d->capabilities & HSM_CAN_DERIVE))
		return FAIL(HSM_UNSUPPORTED, "derivation");
	TRY(pkcs11_shape_template(d, &shape, &t));
	memcpy(copy, data, sizeof copy);
	pthread_mutex_lock(&d->making);
	CK_RV rv = d->call->C_DeriveKey(s->at, &how, object, t.at, t.count, &made);
	pthread_mutex_unlock(&d->making);
	*child = made;
	return pkcs11_result(rv, "C_DeriveKey");
}

result pkcs11_rsa(void *session, uint64_t object, struct bytes in, uint8_t *out)
{
	CK_MECHANISM how = { CKM_RSA_X_509, NULL, 0 };

	return pkcs11_run_sign(session, &how, object, in, out, in.len);
}
