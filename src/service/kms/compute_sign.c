/* SPDX-License-Identifier: Apache-2.0 */
/* RSA: signatures, and what issuers sign for their cards (keys 16.5, EMV Book 2, 5 and 6). */
#include "base/secret.h"
#include "crypto/emv_cert.h"
#include "service/kms/compute_op.h"
#include "service/kms/compute_rsa.h"

enum { RAW = 1, PKCS1, PSS, SIGNED_MAX = 8192, DAC = 2, STATIC_MAX = 4096 };

static const char issuer_usages[] = "S0 S1";

/* --- whoever holds the issuer's key --- */

/* A working key as EMV's signer; the public half says how long it is. */
struct signing {
	struct emv_signer signer; /* first: the signer is its struct */
	struct working_key *key;
};

static result raw(struct emv_signer *signer, struct bytes in, uint8_t *out)
{
	return working_key_rsa(((struct signing *)signer)->key, in, out);
}

static result open_pair(struct compute_call *c, struct signing *out)
{
	SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
	const struct key_version *v = &c->keys[0]->version;

	TRY(compute_key(c, 0, &out->key));
	const struct keyblock_header *h = working_key_header(out->key);
	if (h->algorithm != 'R' || !strchr("SNT", h->mode) ||
	    !is_ok(rsa_key_load_info(&public, bytes_of(v->public, v->public_len))))
		return FAIL(KEY_USE, "no RSA pair that signs");
	out->signer = (struct emv_signer){ raw, public.size };
	return OK;
}

/* --- 0050 --- */

/* The bare operation signs whatever it is given; it is given certificates and signed data of EMV,
 * and nothing else. */
static result sign_raw(struct compute_call *c, struct signing *signing)
{
	struct bytes block = kms_bytes(&c->in, KMS_TAG_DATA);

	if (block.len != signing->signer.size || block.at[0] != 0x6A ||
	    block.at[block.len - 1] != 0xBC)
		return FAIL(KMS_FIELD_WRONG, "not a block of EMV under a key of %zu bytes",
		            signing->signer.size);
	uint8_t *out = kms_put_room(c->out, KMS_TAG_RESULT, signing->signer.size);
	return out ? signing->signer.raw(&signing->signer, block, out) : OK;
}

/* A key in the device knows the bare operation only: it is given the padded block. */
static result sign_padded(struct compute_call *c, struct signing *signing, uint8_t *out)
{
	struct bytes message = kms_bytes(&c->in, KMS_TAG_DATA);
	size_t size = signing->signer.size;
	uint8_t block[RSA_KEY_SIZE_MAX];

	if (c->op->mode == PKCS1)
		TRY(compute_rsa_pkcs1(message, block, size));
	else
		TRY(compute_rsa_pss(key_cache_session(c->cache), message, block, size));
	return signing->signer.raw(&signing->signer, bytes_of(block, size), out);
}

static result sign_message(struct compute_call *c, struct signing *signing)
{
	enum rsa_scheme scheme = c->op->mode == PKCS1 ? RSA_SCHEME_PKCS1 : RSA_SCHEME_PSS;
	const struct rsa_key *here = working_key_rsa_pair(signing->key);
	uint8_t *out = kms_put_room(c->out, KMS_TAG_RESULT, signing->signer.size);

	if (!out)
		return OK;
	if (!here)
		return sign_padded(c, signing, out);
	return rsa_sign(here, scheme, kms_bytes(&c->in, KMS_TAG_DATA), out);
}

/* 0050: 0001 label | 0002 = 01 block of EMV, 02 PKCS#1 v1.5, 03 PSS, both over SHA-256 | 0004 block
 * or message → 0005 signature */
static result rsa_sign_data(struct compute_call *c)
{
	struct signing signing;

	TRY(open_pair(c, &signing));
	return c->op->mode == RAW ? sign_raw(c, &signing) : sign_message(c, &signing);
}

/* --- 0051, 0052 --- */

/* 0051: 0001 label | 001A data authentication code 2 | 0004 static data → 0005 tag 93 */
static result sda_sign(struct compute_call *c)
{
	struct signing signing;

	TRY(open_pair(c, &signing));
	uint8_t *out = kms_put_room(c->out, KMS_TAG_RESULT, signing.signer.size);
	if (!out)
		return OK;
	return emv_sda_make(&signing.signer, kms_bytes(&c->in, KMS_TAG_CODE).at,
	                    kms_bytes(&c->in, KMS_TAG_DATA), out);
}

static result read_holder(const struct compute_call *c, struct emv_holder *out)
{
	struct bytes pan = kms_bytes(&c->in, KMS_TAG_PAN);

	memcpy(out->id, pan.at, EMV_PAN);
	memcpy(out->expiry, kms_bytes(&c->in, KMS_TAG_TIME).at, sizeof out->expiry);
	memcpy(out->serial, kms_bytes(&c->in, KMS_TAG_SERIAL).at, sizeof out->serial);
	if (!emv_is_padded_digits(pan, 8, 19) || emv_expiry_months(out->expiry) == 0)
		return FAIL(KMS_FIELD_WRONG, "card number or expiry");
	return OK;
}

static result read_key(const struct compute_call *c, struct emv_key *out)
{
	return emv_key_init(out, kms_bytes(&c->in, KMS_TAG_MODULUS),
	                    emv_exponent_of(kms_bytes(&c->in, KMS_TAG_EXPONENT)));
}

/* 0052: 0001 label | 0008 card number 10 | 000C expiry MMYY 2 | 000A serial 3 | 0017 the card's
 * modulus | 0018 its exponent | 0004 static data → 0005 tag 9F46 | 0019 tag 9F48 | 0018 tag 9F47 */
static result icc_certificate(struct compute_call *c)
{
	struct emv_certificate made;
	struct emv_holder holder;
	struct signing signing;
	struct emv_key key;

	TRY(read_holder(c, &holder));
	TRY(read_key(c, &key));
	TRY(open_pair(c, &signing));
	TRY(emv_icc_make(&signing.signer, &holder, &key, kms_bytes(&c->in, KMS_TAG_DATA), &made));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(made.block, made.size));
	if (made.remainder_len)
		kms_put(c->out, KMS_TAG_REMAINDER, bytes_of(made.remainder, made.remainder_len));
	kms_put(c->out, KMS_TAG_EXPONENT, bytes_of(made.exponent, made.exponent_len));
	return OK;
}

static const struct kms_rule sign_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, 1, SIGNED_MAX, 1, 1 },
};
static const struct kms_rule sda_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_CODE, DAC, DAC, 1, 1 },
	{ KMS_TAG_DATA, 1, STATIC_MAX, 1, 1 },
};
static const struct kms_rule icc_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_PAN, EMV_PAN, EMV_PAN, 1, 1 },
	{ KMS_TAG_TIME, 2, 2, 1, 1 },
	{ KMS_TAG_SERIAL, 3, 3, 1, 1 },
	{ KMS_TAG_MODULUS, EMV_KEY_MIN, EMV_KEY_MAX, 1, 1 },
	{ KMS_TAG_EXPONENT, 1, EMV_EXPONENT_MAX, 1, 1 },
	{ KMS_TAG_DATA, 0, STATIC_MAX, 1, 1 },
};

#define SIGN_OP(mode_, usages_)                                                                    \
	{                                                                                          \
		.code = KMS_RSA_SIGN, .name = "rsa-sign", .mode = (mode_), .usages = (usages_),    \
		.deed = KEY_TO_PROTECT, COMPUTE_RULES(sign_rules), .work = rsa_sign_data           \
	}

static const struct compute_op ops[] = {
	SIGN_OP(RAW, issuer_usages),
	SIGN_OP(PKCS1, "S0 S1 S2"),
	SIGN_OP(PSS, "S0 S1 S2"),
	{ .code = KMS_SDA_SIGN,
	  .name = "sda-sign",
	  .usages = issuer_usages,
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(sda_rules),
	  .work = sda_sign },
	{ .code = KMS_ICC_CERTIFICATE,
	  .name = "icc-certificate",
	  .usages = issuer_usages,
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(icc_rules),
	  .work = icc_certificate },
};

const struct compute_table compute_sign_table = { ops, ARRAY_LEN(ops) };
