/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data under keys of data (D0), days (54) and columns (60): encrypt, decrypt, from one key to
 * another. No padding is added or looked at, so that nothing tells about paddings.
 */
#include "base/secret.h"
#include "service/kms/compute_op.h"

enum { ECB = 1, CBC, CTR, DATA_MAX = WORKING_DATA_MAX };

static const char data_usages[] = "D0 54 60";

/* One side of the work: key, mode and initial value of it. */
struct side {
	const struct key_entry *entry;
	struct working_key *key;
	uint32_t mode;
	uint8_t iv[16];
	size_t block;
};

static result check_iv(const struct side *s, struct bytes iv, bool given)
{
	if (iv.len != (given ? s->block : 0))
		return FAIL(KMS_FIELD_WRONG, "an initial value of %zu bytes", iv.len);
	return OK;
}

/*
 * An initial value comes with the request, but of counter mode when encrypting: who could choose it
 * there could decrypt.
 */
static result open_side(struct compute_call *c, struct side *s, bool encrypt, struct bytes iv)
{
	s->block = s->entry->definition.algorithm == 'T' ? 8 : 16;
	if (s->mode < ECB || s->mode > CTR)
		return FAIL(KMS_FIELD_WRONG, "mode %u", s->mode);
	if (s->mode == CTR && s->block == 8)
		return FAIL(KEY_USE, "no counter mode with TDES");
	TRY(check_iv(s, iv, s->mode == CBC || (s->mode == CTR && !encrypt)));
	if (iv.len)
		memcpy(s->iv, iv.at, iv.len);
	if (s->mode == CTR && encrypt)
		TRY(hsm_random(key_cache_session(c->cache), s->iv, sizeof s->iv));
	return key_cache_key(c->cache, s->entry, &s->key);
}

static result run(const struct side *s, bool encrypt, struct bytes in, uint8_t *out)
{
	struct hsm_cipher_call call = { .mode = (enum hsm_cipher)(s->mode - 1),
		                        .encrypt = encrypt,
		                        .iv = s->mode == ECB ? NULL : s->iv,
		                        .in = in,
		                        .out = out };

	return working_key_cipher(s->key, &call);
}

static void put_iv(struct compute_call *c, const struct side *s, bool encrypted)
{
	if (s->mode == CTR && encrypted)
		kms_put(c->out, KMS_TAG_IV, bytes_of(s->iv, sizeof s->iv));
}

static result one_key(struct compute_call *c, bool encrypt)
{
	struct bytes data = kms_bytes(&c->in, KMS_TAG_DATA);
	struct side s = { .entry = c->keys[0], .mode = kms_number(&c->in, KMS_TAG_MODE) };

	TRY(open_side(c, &s, encrypt, kms_bytes(&c->in, KMS_TAG_IV)));
	put_iv(c, &s, encrypt);
	uint8_t *out = kms_put_room(c->out, KMS_TAG_RESULT, data.len);
	return out ? run(&s, encrypt, data, out) : OK;
}

/* 0010: 0001 label | 0002 mode 1 | 0003 IV (CBC) | 0004 data → 0003 IV (CTR) | 0005 result */
static result encrypt(struct compute_call *c)
{
	return one_key(c, true);
}

/* 0011: 0001 label | 0002 mode 1 | 0003 IV (CBC, CTR) | 0004 data → 0005 result */
static result decrypt(struct compute_call *c)
{
	return one_key(c, false);
}

/* 0012: 0001 label | 0002 mode 1 | 0003 IV | 0004 data | 000F second label | 0014 its mode 1 | 0015
 * its IV (CBC) → 0003 IV (CTR) | 0005 result. The clear data stay here. */
static result translate(struct compute_call *c)
{
	struct bytes data = kms_bytes(&c->in, KMS_TAG_DATA);
	struct side from = { .entry = c->keys[0], .mode = kms_number(&c->in, KMS_TAG_MODE) };
	struct side to = { .entry = c->kek, .mode = kms_number(&c->in, KMS_TAG_KEK_MODE) };
	uint8_t clear[DATA_MAX];

	TRY(open_side(c, &from, false, kms_bytes(&c->in, KMS_TAG_IV)));
	TRY(open_side(c, &to, true, kms_bytes(&c->in, KMS_TAG_KEK_IV)));
	put_iv(c, &to, true);
	uint8_t *out = kms_put_room(c->out, KMS_TAG_RESULT, data.len);
	if (!out)
		return OK;
	result r = run(&from, false, data, clear);
	if (is_ok(r))
		r = run(&to, true, bytes_of(clear, data.len), out);
	secret_wipe_bytes(clear, data.len);
	return r;
}

static const struct kms_rule one_key_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_IV, 8, 16, 0, 1 },
	{ KMS_TAG_DATA, 1, DATA_MAX, 1, 1 },
};
static const struct kms_rule translate_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_IV, 8, 16, 0, 1 },
	{ KMS_TAG_DATA, 1, DATA_MAX, 1, 1 },
	{ KMS_TAG_KEK, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_KEK_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_KEK_IV, 8, 16, 0, 1 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_ENCRYPT,
	  .name = "encrypt",
	  .usages = data_usages,
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(one_key_rules),
	  .work = encrypt },
	{ .code = KMS_DECRYPT,
	  .name = "decrypt",
	  .usages = data_usages,
	  .deed = KEY_TO_PROCESS,
	  COMPUTE_RULES(one_key_rules),
	  .work = decrypt },
	{ .code = KMS_TRANSLATE,
	  .name = "translate",
	  .usages = data_usages,
	  .deed = KEY_TO_PROCESS,
	  .kek_usages = data_usages,
	  .kek_deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(translate_rules),
	  .work = translate },
};

const struct compute_table compute_cipher_table = { ops, ARRAY_LEN(ops) };
