/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/compute_target.h"

#include <stdio.h>

#include "base/secret.h"
#include "crypto/cipher.h"

enum {
	TEXT_SIZE = 2048,
	BARE = '0', /* form of a value without a block */
};

void compute_target_close(struct compute_target *t)
{
	keyblock_protector_close(&t->blocks);
	pboc_key_wipe(&t->card);
}

void compute_child_wipe(struct compute_child *k)
{
	secret_wipe_bytes(k, sizeof *k);
}

/* --- what it goes out under --- */

/* A KEK carries no key that is stronger than it (keys 13). */
static int strength(char algorithm, size_t bytes)
{
	if (algorithm == 'T')
		return bytes > 16 ? 112 : 80;
	return algorithm == 'A' || algorithm == 'H' ? (int)bytes * 8 : 128;
}

static result open_blocks(struct compute_target *t)
{
	const struct keyblock_header *h = working_key_header(t->kek);
	struct bytes value = working_key_value(t->kek);
	char text[KCV_TEXT_SIZE];
	struct kcv kcv;

	if ((h->mode != 'B' && h->mode != 'E') || h->algorithm != (t->form == 'D'   ? 'A'
	                                                           : t->form == 'B' ? 'T'
	                                                                            : '4'))
		return FAIL(KEY_USE, "no blocks of version %c under it", t->form);
	if (value.len == 0)
		return FAIL(HSM_UNSUPPORTED, "blocks under a key that stays in its device");
	TRY(kcv_of_secret(h->algorithm, KCV_CMAC, value, &kcv));
	snprintf(t->check, sizeof t->check, "01%s", kcv_text(&kcv, text));
	return keyblock_protector_open(t->form, value, &t->blocks);
}

/* Bare under a KEK: only when its header says so too. Under a root: the card's key that follows. */
static result open_bare(struct compute_call *c, struct compute_target *t)
{
	const struct keyblock_header *h = working_key_header(t->kek);
	struct pboc_factors factors;

	if (h->mode != 'X') {
		if (h->exportability != 'S')
			return FAIL(KEY_USE, "no bare keys under it");
		return kms_has(&c->in, KMS_TAG_KEK_FACTOR) ? FAIL(KMS_FIELD_WRONG, "factors") : OK;
	}
	TRY(compute_factors(c, KMS_TAG_KEK_FACTOR, c->kek, true, &factors));
	return working_key_diversify(t->kek, &factors, &t->card);
}

result compute_target_open(struct compute_call *c, struct compute_target *t)
{
	struct bytes format = kms_bytes(&c->in, KMS_TAG_FORMAT);

	t->form = (char)format.at[0];
	t->standard = format.len == 2 && format.at[1] == 'S';
	if (!strchr("DB40", t->form) || t->form == '\0' || (format.len == 2 && !t->standard))
		return FAIL(KMS_FIELD_WRONG, "form");
	TRY(compute_kek(c, &t->kek));
	if (t->form == BARE)
		return open_bare(c, t);
	return kms_has(&c->in, KMS_TAG_KEK_FACTOR) ? FAIL(KMS_FIELD_WRONG, "factors")
	                                           : open_blocks(t);
}

/* --- what goes out --- */

static result require_strength(const struct compute_target *t, const struct compute_child *k)
{
	const struct keyblock_header *h = working_key_header(t->kek);
	size_t bytes = t->card.len ? t->card.len : working_key_bits(t->kek) / 8;

	if (strength(k->header.algorithm, k->len) > strength(h->algorithm, bytes))
		return FAIL(KEY_USE, "the key is stronger than what it would go out under");
	return OK;
}

/* The code of X9.143 that stands for ours, with a mode it has. */
static void use_standard(struct keyblock_header *h)
{
	const char *usage = keyblock_fallback_usage(h->usage);

	if (!usage)
		return;
	memcpy(h->usage, usage, sizeof h->usage);
	if (usage[0] == 'M')
		h->mode = 'C';
	else if (usage[0] == 'K')
		h->mode = 'B';
}

/* Options of a block: KP, KC and where it comes from (keys 9.2). */
static result put_options(const struct compute_target *t, const struct compute_child *k,
                          const char *label, const char *card, struct keyblock_header *h)
{
	char kcv[KCV_TEXT_SIZE], text[KCV_TEXT_SIZE + 3];

	*h = k->header;
	h->version = t->form;
	h->context = '2';
	if (t->standard)
		use_standard(h);
	snprintf(text, sizeof text, "%02d%s", k->kcv.type == KCV_CMAC, kcv_text(&k->kcv, kcv));
	TRY(keyblock_option_add(h, "KP", str_of(t->check)));
	TRY(keyblock_option_add(h, "KC", str_of(text)));
	if (label)
		TRY(keyblock_option_add(h, "LB", str_of(label)));
	return card ? keyblock_option_add(h, "90", str_of(card)) : OK;
}

static result seal_block(struct compute_call *c, const struct compute_target *t,
                         struct compute_child *k, const struct keyblock_header *h)
{
	struct hsm_random random = hsm_random_source(key_cache_session(c->cache));
	char text[TEXT_SIZE];
	size_t len;

	if (h->algorithm == 'T')
		pboc_set_parity(k->value, k->len); /* devices that take it in may ask for it */
	struct keyblock_order order = { .header = h,
		                        .key = bytes_of(k->value, k->len),
		                        .random = &random.source };
	TRY(keyblock_seal(keyblock_protector_of(t->blocks), &order, text, sizeof text, &len));
	kms_put_str(c->out, KMS_TAG_RESULT, (struct str){ text, len });
	return OK;
}

static result encipher_for_card(const struct pboc_key *card, struct bytes in, uint8_t *out)
{
	SCOPED(cipher_key_deinit) struct cipher_key k = { 0 };

	TRY(cipher_key_init(&k, card->algorithm == PBOC_SM4 ? CIPHER_SM4 : CIPHER_3DES,
	                    bytes_of(card->at, card->len)));
	cipher_encrypt(&k, in.at, in.len, out);
	return OK;
}

static result seal_bare(struct compute_call *c, const struct compute_target *t,
                        const struct compute_child *k)
{
	uint8_t sealed[COMPUTE_CHILD_MAX];
	struct hsm_cipher_call call = {
		.mode = HSM_ECB, .encrypt = true, .in = bytes_of(k->value, k->len), .out = sealed
	};

	if (k->header.exportability != 'S')
		return FAIL(KEY_USE, "the key does not go out bare");
	if (t->card.len)
		TRY(encipher_for_card(&t->card, call.in, sealed));
	else
		TRY(working_key_cipher(t->kek, &call));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(sealed, k->len));
	return OK;
}

static void put_kcv(struct writer *out, const struct kcv *kcv)
{
	uint8_t at[1 + KCV_MAX] = { (uint8_t)kcv->type };

	memcpy(at + 1, kcv->at, kcv->len);
	kms_put(out, KMS_TAG_KCV, bytes_of(at, 1u + kcv->len));
}

/* One key goes out: 0005 sealed | 0006 check value. label, card: options of a block; may be NULL.
 */
result compute_target_put(struct compute_call *c, const struct compute_target *t,
                          struct compute_child *k, const char *label, const char *card)
{
	struct keyblock_header h;

	if (k->header.exportability == 'N')
		return FAIL(KEY_USE, "the key does not go out");
	TRY(require_strength(t, k));
	TRY(kcv_of_secret(k->header.algorithm, kcv_default(k->header.algorithm),
	                  bytes_of(k->value, k->len), &k->kcv));
	if (t->form == BARE) {
		TRY(seal_bare(c, t, k));
	} else {
		TRY(put_options(t, k, label, card, &h));
		TRY(seal_block(c, t, k, &h));
	}
	put_kcv(c->out, &k->kcv);
	return OK;
}
