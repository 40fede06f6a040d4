/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys into SAMs and cards (SAM 发卡, keys 17): the command WRITE KEY, enciphered and with a MAC
 * under the control key that is in force there. One key a message: each command wants a challenge
 * of its own from the card.
 */
#include <stdio.h>

#include "base/secret.h"
#include "domain/keys/sam_load.h"
#include "service/kms/compute_target.h"

enum { SAM = 1, CARD, CARD_REPLACE, STYLE_SIZE = 5 };

/* A key and where it goes. */
struct loading {
	struct pboc_factors factors;
	struct pboc_key control, key;
	struct keyblock_header header;
	struct sam_load_style style;
};

static void wipe_loading(struct loading *l)
{
	pboc_key_wipe(&l->control);
	pboc_key_wipe(&l->key);
}

static result algorithm_of(const struct working_key *k, enum pboc_algorithm *out)
{
	char a = working_key_header(k)->algorithm;

	if (a != 'T' && a != '4')
		return FAIL(KEY_USE, "algorithm %c", a);
	*out = a == '4' ? PBOC_SM4 : PBOC_3DES;
	return OK;
}

/* The key as it is stored, of one that opens here. */
static result take_value(struct working_key *k, struct pboc_key *out)
{
	struct bytes value = working_key_value(k);
	enum pboc_algorithm a = PBOC_3DES;

	TRY(algorithm_of(k, &a));
	if (value.len != PBOC_KEY_SIZE)
		return FAIL(HSM_UNSUPPORTED, "no value of %d bytes outside its device",
		            PBOC_KEY_SIZE);
	return pboc_key_init(out, a, value);
}

/* A root's child; a key that is no root, itself. */
static result open_control(struct compute_call *c, struct loading *l)
{
	struct pboc_factors factors;
	struct working_key *k;

	TRY(compute_kek(c, &k));
	if (working_key_header(k)->mode != 'X')
		return kms_has(&c->in, KMS_TAG_KEK_FACTOR) ? FAIL(KMS_FIELD_WRONG, "factors")
		                                           : take_value(k, &l->control);
	TRY(compute_factors(c, KMS_TAG_KEK_FACTOR, c->kek, true, &factors));
	return working_key_diversify(k, &factors, &l->control);
}

/* User cards get the last level's key; SAMs one of any level, the root too: they diversify. */
static result read_factors(struct compute_call *c, struct loading *l, bool is_root)
{
	bool given = kms_has(&c->in, KMS_TAG_FACTOR);

	if (!is_root)
		return given ? FAIL(KMS_FIELD_WRONG, "factors") : OK;
	if (!given && c->op->mode == SAM)
		return OK;
	return compute_factors(c, KMS_TAG_FACTOR, c->keys[0], c->op->mode != SAM, &l->factors);
}

static result open_key(struct compute_call *c, struct loading *l)
{
	char card[COMPUTE_CARD_OPTION];
	struct working_key *k;

	TRY(compute_key(c, 0, &k));
	l->header = *working_key_header(k);
	TRY(read_factors(c, l, l->header.mode == 'X'));
	compute_card_option(c->keys[0], l->factors.count, card);
	l->header.options[0] = '\0';
	TRY(keyblock_option_add(&l->header, "90", str_of(card)));
	return l->factors.count ? working_key_diversify(k, &l->factors, &l->key)
	                        : take_value(k, &l->key);
}

/* 0010: algorithm byte of 3DES, use, change, state, tries; absent: as FMCOS has them */
static void read_style(const struct compute_call *c, struct sam_load_style *out)
{
	struct bytes style = kms_bytes(&c->in, KMS_TAG_FORMAT);

	*out = c->op->mode == SAM ? sam_load_sam : sam_load_fmcos;
	if (style.len != STYLE_SIZE)
		return;
	out->tdes_id = style.at[0];
	out->use = style.at[1];
	out->change = style.at[2];
	out->state = style.at[3];
	out->tries = style.at[4];
}

static void note_where(struct compute_call *c, const struct loading *l)
{
	char card[PBOC_LEVELS_MAX * 2 * PBOC_FACTOR_SIZE + 1];

	hex_encode(bytes_of(l->factors.at, l->factors.count * PBOC_FACTOR_SIZE), card);
	snprintf(c->detail, sizeof c->detail, "card=%s control=%s write-key", card, c->kek->label);
}

static result put_command(struct compute_call *c, struct loading *l)
{
	struct sam_load load = { .style = &l->style,
		                 .control = &l->control,
		                 .challenge = kms_bytes(&c->in, KMS_TAG_RANDOM),
		                 .header = &l->header,
		                 .key = &l->key,
		                 .replaces = c->op->mode == CARD_REPLACE };
	uint8_t command[PBOC_COMMAND_MAX];
	struct writer w = writer_of(command, sizeof command);
	struct kcv kcv;

	TRY(sam_load_command(&load, &w));
	TRY(kcv_of_secret(l->header.algorithm, kcv_default(l->header.algorithm),
	                  bytes_of(l->key.at, l->key.len), &kcv));
	kms_put(c->out, KMS_TAG_RESULT, writer_bytes(&w));
	compute_put_kcv(c->out, &kcv);
	compute_note_issued(c, c->keys[0], &kcv);
	return OK;
}

/*
 * 0041, 0002 = 01 into a SAM, 02 into a user card, 03 over a key that is there: 0001 label | 0007
 * factor 8, 0…3 times (02, 03: as many as the key has levels) | 000F control or transport key |
 * 0013 its factor 8, 0…3 times | 0009 the card's challenge 4 or 8 | 0010 style 5, optional → 0005
 * the command WRITE KEY | 0006 check value
 */
static result load(struct compute_call *c)
{
	SCOPED(wipe_loading) struct loading l = { 0 };

	TRY(open_key(c, &l));
	TRY(open_control(c, &l));
	read_style(c, &l.style);
	TRY(put_command(c, &l));
	note_where(c, &l);
	return OK;
}

static const struct kms_rule load_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_MODE, 1, 1, 1, 1 },
	{ KMS_TAG_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 0, PBOC_LEVELS_MAX },
	{ KMS_TAG_KEK, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_KEK_FACTOR, PBOC_FACTOR_SIZE, PBOC_FACTOR_SIZE, 0, PBOC_LEVELS_MAX },
	{ KMS_TAG_RANDOM, 4, 8, 1, 1 },
	{ KMS_TAG_FORMAT, STYLE_SIZE, STYLE_SIZE, 0, 1 },
};

#define LOAD_OP(mode_)                                                                             \
	{                                                                                          \
		.code = KMS_PSAM_LOAD, .name = "psam-load", .mode = (mode_),                       \
		.usages = "20 21 22 23 24 25 26 27 28 29 30 31 40 41 50 M3 M6 D0",                 \
		.deed = KEY_TO_PROTECT, .kek_usages = "30 31 40 42", .kek_deed = KEY_TO_PROTECT,   \
		COMPUTE_RULES(load_rules), .work = load                                            \
	}

static const struct compute_op ops[] = {
	LOAD_OP(SAM),
	LOAD_OP(CARD),
	LOAD_OP(CARD_REPLACE),
};

const struct compute_table compute_sam_table = { ops, ARRAY_LEN(ops) };
