/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 (GB/T 32918) with SM3: signatures, and texts that were encrypted for us. */
#include "base/secret.h"
#include "crypto/sm2.h"
#include "service/kms/compute_op.h"

enum { RAW = 0, DER = 1, POINT = 2 * SM2_FIELD, SIGNED_MAX = 8192 };

static struct str id_of(const struct compute_call *c)
{
	return kms_has(&c->in, KMS_TAG_NAME) ? kms_str(&c->in, KMS_TAG_NAME) : sm2_default_id;
}

static result read_format(const struct compute_call *c, bool *der)
{
	uint32_t format = kms_number(&c->in, KMS_TAG_FORMAT);

	*der = format == DER;
	return format == RAW || format == DER ? OK : FAIL(KMS_FIELD_WRONG, "format %u", format);
}

/* The pair, when its header lets it do this. */
static result open_pair(struct compute_call *c, const char *modes, const struct sm2_key **out)
{
	struct working_key *k;

	TRY(compute_key(c, 0, &k));
	*out = working_key_sm2_pair(k);
	if (!*out || !strchr(modes, working_key_header(k)->mode))
		return FAIL(KEY_USE, "no SM2 pair of mode %s", modes);
	return OK;
}

/* 0060: 0001 label | 0004 message | 0016 user id, optional | 0010 form 00 r ‖ s, 01 DER, optional →
 * 0005 signature */
static result sign(struct compute_call *c)
{
	uint8_t raw[SM2_RAW_SIGNATURE], der[SM2_SIGNATURE_MAX];
	struct writer w = writer_of(der, sizeof der);
	const struct sm2_key *pair;
	bool as_der;

	TRY(read_format(c, &as_der));
	TRY(open_pair(c, "ST", &pair));
	TRY(sm2_sign(pair, id_of(c), kms_bytes(&c->in, KMS_TAG_DATA), raw));
	if (as_der)
		TRY(sm2_signature_to_der(raw, &w));
	else
		writer_put(&w, bytes_of(raw, sizeof raw));
	kms_put(c->out, KMS_TAG_RESULT, writer_bytes(&w));
	return writer_done(&w);
}

/* x ‖ y from the message, or from the key it names. */
static result public_of(const struct compute_call *c, struct sm2_key *out)
{
	struct bytes point = kms_bytes(&c->in, KMS_TAG_MODULUS);

	if (c->key_count)
		point = bytes_of(c->keys[0]->version.public, c->keys[0]->version.public_len);
	if (point.len != POINT || (c->key_count && kms_has(&c->in, KMS_TAG_MODULUS)))
		return FAIL(c->key_count ? KEY_USE : KMS_FIELD_WRONG, "no SM2 public key");
	return sm2_key_from_public(out, point.at, point.at + SM2_FIELD);
}

/* 0061: 0001 label or 0017 public key x ‖ y 64 | 0004 message | 0016 user id, optional | 0010 form,
 * optional | 0011 signature → nothing */
static result verify(struct compute_call *c)
{
	SCOPED(sm2_key_deinit) struct sm2_key key = { 0 };
	struct bytes given = kms_bytes(&c->in, KMS_TAG_PROOF);
	uint8_t raw[SM2_RAW_SIGNATURE];
	bool as_der;

	TRY(read_format(c, &as_der));
	TRY(public_of(c, &key));
	if (as_der)
		TRY(sm2_signature_from_der(given, raw));
	else if (given.len == sizeof raw)
		memcpy(raw, given.at, sizeof raw);
	else
		return FAIL(KMS_FIELD_WRONG, "a signature of %zu bytes", given.len);
	return sm2_verify(&key, id_of(c), kms_bytes(&c->in, KMS_TAG_DATA), raw);
}

/* C1 C3 C2: 04 x y, hash, text */
static result read_sealed(struct bytes in, struct sm2_sealed *out)
{
	struct reader r = reader_of(in);

	if (reader_u8(&r) != 0x04)
		return FAIL(CIPHERTEXT_BROKEN, "no point");
	reader_copy(&r, out->x, sizeof out->x);
	reader_copy(&r, out->y, sizeof out->y);
	reader_copy(&r, out->hash, sizeof out->hash);
	out->len = (uint32_t)r.left;
	if (r.bad || out->len == 0 || out->len > SM2_TEXT_MAX)
		return FAIL(CIPHERTEXT_BROKEN, "%u bytes of text", out->len);
	reader_copy(&r, out->text, out->len);
	return OK;
}

/* 0062: 0001 label | 0010 form 00 C1 C3 C2, 01 DER, optional | 0004 ciphertext → 0005 text. Keys
 * that carry other keys (K2) do not decrypt here. */
static result decrypt(struct compute_call *c)
{
	struct bytes in = kms_bytes(&c->in, KMS_TAG_DATA);
	const struct sm2_key *pair;
	struct sm2_sealed sealed;
	uint8_t text[SM2_TEXT_MAX];
	struct writer w = writer_of(text, sizeof text);
	bool as_der;

	TRY(read_format(c, &as_der));
	TRY(open_pair(c, "BD", &pair));
	TRY(as_der ? sm2_sealed_from_der(in, &sealed) : read_sealed(in, &sealed));
	TRY(sm2_open(pair, &sealed, &w));
	kms_put(c->out, KMS_TAG_RESULT, writer_bytes(&w));
	secret_wipe_bytes(text, sizeof text);
	return OK;
}

static const struct kms_rule sign_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_DATA, 0, SIGNED_MAX, 1, 1 },
	{ KMS_TAG_NAME, 1, SM2_ID_MAX, 0, 1 },
	{ KMS_TAG_FORMAT, 1, 1, 0, 1 },
};
static const struct kms_rule verify_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 0, 1 },
	{ KMS_TAG_MODULUS, POINT, POINT, 0, 1 },
	{ KMS_TAG_DATA, 0, SIGNED_MAX, 1, 1 },
	{ KMS_TAG_NAME, 1, SM2_ID_MAX, 0, 1 },
	{ KMS_TAG_FORMAT, 1, 1, 0, 1 },
	{ KMS_TAG_PROOF, 8, SM2_SIGNATURE_MAX, 1, 1 },
};
static const struct kms_rule decrypt_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_FORMAT, 1, 1, 0, 1 },
	{ KMS_TAG_DATA, 98, SM2_SEALED_MAX, 1, 1 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_SM2_SIGN,
	  .name = "sm2-sign",
	  .usages = "S0 S1 S2",
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(sign_rules),
	  .work = sign },
	{ .code = KMS_SM2_VERIFY,
	  .name = "sm2-verify",
	  .usages = "S0 S1 S2",
	  .deed = KEY_TO_VERIFY,
	  COMPUTE_RULES(verify_rules),
	  .work = verify },
	{ .code = KMS_SM2_DECRYPT,
	  .name = "sm2-decrypt",
	  .usages = "S2",
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(decrypt_rules),
	  .work = decrypt },
};

const struct compute_table compute_sm2_table = { ops, ARRAY_LEN(ops) };
