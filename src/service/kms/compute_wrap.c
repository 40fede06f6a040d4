/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that leave: diversified ones and random ones, always under another key. As a key block under
 * a KEK, or bare (ECB) under a KEK or under a card's own transport or control key, when the header
 * lets them go that way.
 */
#include <stdio.h>

#include "base/secret.h"
#include "service/kms/compute_target.h"

enum { USE_SIZE = 6 }; /* usage 2 ‖ algorithm 1 ‖ mode 1 ‖ bits 2 */

static const char root_usages[] =
        "20 21 22 23 24 25 26 27 28 29 30 31 33 34 35 36 40 41 42 50 B3 E0 "
        "E1 E2 E3 E4 E5 E6";
static const char kek_usages[] = "K0 K1 30 31 40 41 42";
/* Labels of derivations that are keys of cards and nothing else. */
static const struct str div_prefix = { "KMS-DIV-", 8 };

/* --- diversified keys --- */

/* SP 800-108 for each level; the next level's root is what came of the one before (keys 14). */
static result derive_levels(struct working_key *root, const struct pboc_factors *f,
                            const char *label, struct compute_child *k)
{
	for (size_t i = 0; i < f->count; i++) {
		struct kdf_spec spec = { label, bytes_of(f->at[i], PBOC_FACTOR_SIZE) };
		uint8_t next[COMPUTE_CHILD_MAX];

		if (i == 0)
			TRY(working_key_kdf(root, &spec, next, k->len));
		else
			TRY(kdf_counter(MAC_AES_CMAC, bytes_of(k->value, k->len), &spec, next,
			                k->len));
		memcpy(k->value, next, k->len);
		secret_wipe_bytes(next, sizeof next);
	}
	return OK;
}

static result derive_aes(struct compute_call *c, struct working_key *root,
                         const struct pboc_factors *f, struct compute_child *k)
{
	struct str name = kms_str(&c->in, KMS_TAG_NAME);
	uint32_t len = kms_number(&c->in, KMS_TAG_LENGTH);
	char label[KDF_LABEL_MAX + 1];

	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~')
			return FAIL(KMS_FIELD_WRONG, "name of a derivation");
	if (name.len <= div_prefix.len ||
	    !str_equal((struct str){ name.at, div_prefix.len }, div_prefix))
		return FAIL(KMS_FIELD_WRONG, "name of a derivation");
	if (len != 0 && len != 16 && len != 32)
		return FAIL(KMS_FIELD_WRONG, "a key of %u bytes", len);
	str_copy(name, label, sizeof label);
	k->len = len ? len : 16;
	return derive_levels(root, f, label, k);
}

static result diversify(struct compute_call *c, size_t i, const struct pboc_factors *f,
                        struct compute_child *k)
{
	struct pboc_key key = { 0 };
	struct working_key *root;

	TRY(compute_key(c, i, &root));
	k->header = *working_key_header(root);
	if (k->header.algorithm == 'A' && k->header.usage[0] == 'E')
		return FAIL(KEY_USE, "no rule for AES roots of EMV");
	if (k->header.algorithm == 'A')
		return derive_aes(c, root, f, k);
	if (kms_has(&c->in, KMS_TAG_NAME) || kms_has(&c->in, KMS_TAG_LENGTH))
		return FAIL(KMS_FIELD_WRONG, "name or length");
	TRY(working_key_diversify(root, f, &key));
	memcpy(k->value, key.at, key.len);
	k->len = key.len;
	pboc_key_wipe(&key);
	return OK;
}

static result wrap_one(struct compute_call *c, struct compute_target *t, size_t i)
{
	SCOPED(compute_child_wipe) struct compute_child k = { 0 };
	const struct key_entry *e = c->keys[i];
	char card[COMPUTE_CARD_OPTION];
	struct pboc_factors factors;

	TRY(compute_factors(c, KMS_TAG_FACTOR, e, false, &factors));
	TRY(diversify(c, i, &factors, &k));
	compute_card_option(e, factors.count, card);
	kms_put_str(c->out, KMS_TAG_LABEL, str_of(e->label));
	TRY(compute_target_put(c, t, &k, e->label, card));
	compute_note_issued(c, e, &k.kcv);
	return OK;
}

/* "card=4401000000000001/1234567890123456 kek=… form=D" */
static void note_where(struct compute_call *c, const struct compute_target *t)
{
	struct kms_values values = kms_values_of(&c->in, KMS_TAG_FACTOR);
	char card[PBOC_LEVELS_MAX * (2 * PBOC_FACTOR_SIZE + 1) + 1];
	struct bytes value;
	size_t len = 0;

	while (kms_values_next(&values, &value)) {
		hex_encode(value, card + len);
		len += 2 * value.len;
		card[len++] = '/';
	}
	card[len - 1] = '\0';
	snprintf(c->detail, sizeof c->detail, "card=%s kek=%s form=%c", card, c->kek->label,
	         t->form);
}

/*
 * 0030: 0001 label | 0007 factor 8, 1…3 times | 000F KEK | 0010 form 1 [‖ 'S'] | 0013 factor of the
 * KEK, 0…3 times | 0016 name, 001B length (AES) → 0001 label | 0005 sealed key | 0006 check value
 *
 * 0040: the same with 1…32 labels; the three values for each, in order.
 */
static result wrap_keys(struct compute_call *c)
{
	SCOPED(compute_target_close) struct compute_target t = { 0 };

	TRY(compute_target_open(c, &t));
	for (size_t i = 0; i < c->key_count; i++)
		TRY(wrap_one(c, &t, i));
	note_where(c, &t);
	return OK;
}

/* --- random keys --- */

static result check_random_use(const struct keyblock_header *h, unsigned bits)
{
	size_t bytes;

	if (!compute_is_among("D0 M1 M3 M6 M7 53 54", h->usage))
		return FAIL(KEY_USE, "no random keys of this usage");
	TRY(keyblock_check_use(h));
	return is_ok(key_definition_size(h->algorithm, bits, &bytes))
	               ? OK
	               : FAIL(KMS_FIELD_WRONG, "%u bits", bits);
}

/* Made as every key is made, under the master key, and opened again: the device's randomness,
 * parity, no weak ones. */
static result make_random(struct compute_call *c, unsigned bits, struct compute_child *k)
{
	SCOPED(working_key_close) struct working_key *made = NULL;
	char text[WORKING_BLOCK_MAX + 1];
	struct key_cache_place place;
	size_t len;

	TRY(key_cache_place(c->cache, k->header.algorithm, &place));
	struct keyblock_header storage = k->header;
	storage.version = place.version;
	struct working_order order = { .header = &storage, .lmk_check = place.check, .bits = bits };
	TRY(working_key_generate(&place.at, &order, text, &len, &k->kcv));
	TRY(working_key_open(&place.at, (struct str){ text, len }, &made));
	struct bytes value = working_key_value(made);
	ASSERT(value.len && value.len <= sizeof k->value);
	memcpy(k->value, value.at, value.len);
	k->len = value.len;
	return OK;
}

/* 0071: 000F KEK | 0010 form 'D' 'B' '4' | 001E usage 2 ‖ algorithm 1 ‖ mode 1 ‖ bits 2 → 0005
 * block | 0006 check value. The key is kept nowhere. */
static result random_key(struct compute_call *c)
{
	SCOPED(compute_target_close) struct compute_target t = { 0 };
	SCOPED(compute_child_wipe) struct compute_child k = { 0 };
	struct bytes use = kms_bytes(&c->in, KMS_TAG_USE);
	unsigned bits = load_be16(use.at + 4);

	k.header = (struct keyblock_header){ .version = 'D',
		                             .usage = { (char)use.at[0], (char)use.at[1] },
		                             .algorithm = (char)use.at[2],
		                             .mode = (char)use.at[3],
		                             .key_version = "00",
		                             .exportability = 'E',
		                             .context = '1' };
	TRY(check_random_use(&k.header, bits));
	TRY(compute_target_open(c, &t));
	TRY(make_random(c, bits, &k));
	TRY(compute_target_put(c, &t, &k, NULL, NULL));
	snprintf(c->detail, sizeof c->detail, "random use=%s%c bits=%u form=%c", k.header.usage,
	         k.header.algorithm, bits, t.form);
	compute_note_issued(c, c->kek, &k.kcv);
	return OK;
}

/* --- the table --- */

#define RULES_BESIDE_LABELS                                                                        \
	{ KMS_TAG_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 1, PBOC_LEVELS_MAX },                \
	        { KMS_TAG_KEK, 1, COMPUTE_LABEL_MAX, 1, 1 }, { KMS_TAG_FORMAT, 1, 2, 1, 1 },       \
	        { KMS_TAG_KEK_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 0, PBOC_LEVELS_MAX },    \
	        { KMS_TAG_NAME, 1, KDF_LABEL_MAX, 0, 1 },                                          \
	{                                                                                          \
		KMS_TAG_LENGTH, 2, 2, 0, 1                                                         \
	}

static const struct kms_rule wrap_rules[] = { { KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	                                      RULES_BESIDE_LABELS };
static const struct kms_rule card_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, COMPUTE_KEYS_MAX }, RULES_BESIDE_LABELS
};
static const struct kms_rule random_rules[] = { { KMS_TAG_KEK, 1, COMPUTE_LABEL_MAX, 1, 1 },
	                                        { KMS_TAG_FORMAT, 1, 2, 1, 1 },
	                                        { KMS_TAG_USE, USE_SIZE, USE_SIZE, 1, 1 } };

static const struct compute_op ops[] = {
	{ .code = KMS_DIVERSIFY_WRAP,
	  .name = "diversify-wrap",
	  .usages = root_usages,
	  .deed = KEY_TO_PROTECT,
	  .kek_usages = kek_usages,
	  .kek_deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(wrap_rules),
	  .work = wrap_keys },
	{ .code = KMS_CARD_KEYS,
	  .name = "card-keys",
	  .item = KMS_TAG_LABEL,
	  .usages = root_usages,
	  .deed = KEY_TO_PROTECT,
	  .kek_usages = kek_usages,
	  .kek_deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(card_rules),
	  .work = wrap_keys },
	{ .code = KMS_RANDOM_KEY,
	  .name = "random-key",
	  .kek_usages = "K0 K1",
	  .kek_deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(random_rules),
	  .work = random_key },
};

const struct compute_table compute_wrap_table = { ops, ARRAY_LEN(ops) };
