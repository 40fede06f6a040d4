/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures: of blocks of EMV, and of messages. */
#include "service/kms/compute_op.h"
#include "service/kms/compute_rsa.h"

enum { RAW = 1, PKCS1, PSS, SIGNED_MAX = 8192 };

/* The pair, its private half wherever it is. */
struct signing {
	struct working_key *key;
	struct rsa_key public;
};

static void close_signing(struct signing *s)
{
	rsa_key_deinit(&s->public);
}

static result open_pair(struct compute_call *c, struct signing *out)
{
	const struct key_version *v = &c->keys[0]->version;

	TRY(compute_key(c, 0, &out->key));
	const struct keyblock_header *h = working_key_header(out->key);
	if (h->algorithm != 'R' || !strchr("SNT", h->mode) ||
	    !is_ok(rsa_key_load_info(&out->public, bytes_of(v->public, v->public_len))))
		return FAIL(KEY_USE, "no RSA pair that signs");
	return OK;
}

/* A signature that a faulty device got wrong can give its key away: it is looked at before it
 * leaves.
 */
static result sign_block(struct signing *s, struct bytes block, uint8_t *out)
{
	uint8_t back[RSA_KEY_SIZE_MAX];

	TRY(working_key_rsa(s->key, block, out));
	TRY(rsa_raw_public(&s->public, bytes_of(out, block.len), back));
	return memcmp(back, block.at, block.len) == 0
	               ? OK
	               : FAIL(HSM_CALL, "the private operation went wrong");
}

/* The bare operation signs whatever it is given; it is given certificates and signed data of EMV,
 * and nothing else. */
static result sign_raw(struct compute_call *c, struct signing *s, uint8_t *out)
{
	struct bytes block = kms_bytes(&c->in, KMS_TAG_DATA);

	if (block.len != s->public.size || block.at[0] != 0x6A || block.at[block.len - 1] != 0xBC)
		return FAIL(KMS_FIELD_WRONG, "not a block of EMV under a key of %zu bytes",
		            s->public.size);
	return sign_block(s, block, out);
}

/* A key in the device knows the bare operation only: it is given the padded block. */
static result sign_message(struct compute_call *c, struct signing *s, uint8_t *out)
{
	enum rsa_scheme scheme = c->op->mode == PKCS1 ? RSA_SCHEME_PKCS1 : RSA_SCHEME_PSS;
	const struct rsa_key *here = working_key_rsa_pair(s->key);
	struct bytes message = kms_bytes(&c->in, KMS_TAG_DATA);
	uint8_t block[RSA_KEY_SIZE_MAX];
	size_t size = s->public.size;

	if (here)
		return rsa_sign(here, scheme, message, out);
	if (scheme == RSA_SCHEME_PKCS1)
		TRY(compute_rsa_pkcs1(message, block, size));
	else
		TRY(compute_rsa_pss(key_cache_session(c->cache), message, block, size));
	return sign_block(s, bytes_of(block, size), out);
}

/* 0050: 0001 label | 0002 = 01 block of EMV, 02 PKCS#1 v1.5, 03 PSS, both over SHA-256 | 0004 block
 * or message → 0005 signature */
static result sign(struct compute_call *c)
{
	SCOPED(close_signing) struct signing s = { 0 };

	TRY(open_pair(c, &s));
	uint8_t *out = kms_put_room(c->out, KMS_TAG_RESULT, s.public.size);
	if (!out)
		return OK; /* the answer is full, and says so itself */
	return c->op->mode == RAW ? sign_raw(c, &s, out) : sign_message(c, &s, out);
}

static const struct kms_rule sign_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_DATA, 1, SIGNED_MAX, 1, 1 },
};

#define SIGN_OP(mode_, usages_)                                                                    \
	{                                                                                          \
		.code = KMS_RSA_SIGN, .name = "rsa-sign", .mode = (mode_), .usages = (usages_),    \
		.deed = KEY_TO_PROTECT, COMPUTE_RULES(sign_rules), .work = sign                    \
	}

static const struct compute_op ops[] = {
	SIGN_OP(RAW, "S0 S1"),
	SIGN_OP(PKCS1, "S0 S1 S2"),
	SIGN_OP(PSS, "S0 S1 S2"),
};

const struct compute_table compute_sign_table = { ops, ARRAY_LEN(ops) };
