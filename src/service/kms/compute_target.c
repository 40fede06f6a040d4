/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/compute_target.h"

#include <stdio.h>

#include "base/secret.h"
#include "crypto/cipher.h"

enum { BARE = '0', TEXT_SIZE = 2048 };

void compute_target_close(struct compute_target *t)
{
	exchange_zmk_close(&t->zmk);
	pboc_key_wipe(&t->card);
}

void compute_child_wipe(struct compute_child *k)
{
	secret_wipe_bytes(k, sizeof *k);
}

/* --- what it goes out under --- */

/* The domain's rules about transport keys take an act; nothing is written in this one. */
static result begin_act(struct compute_call *c, struct compute_target *t)
{
	t->random = hsm_random_source(key_cache_session(c->cache));
	t->act = (struct key_act){ .random = &t->random.source, .now = c->now };
	str_copy(str_of(c->client->name), t->act.actor, sizeof t->act.actor);
	TRY(key_cache_reading(c->cache, &t->act.tx));
	return key_cache_ring(c->cache, &t->act.ring);
}

static result open_blocks(struct compute_call *c, struct compute_target *t)
{
	if (kms_has(&c->in, KMS_TAG_KEK_FACTOR))
		return FAIL(KMS_FIELD_WRONG, "factors");
	TRY(exchange_zmk_open(&t->act, c->kek->version.id, KEY_TO_PROTECT, &t->zmk));
	t->strength = exchange_zmk_strength(&t->zmk);
	return t->form == t->zmk.block_version
	               ? OK
	               : FAIL(KEY_USE, "no blocks of version %c under it", t->form);
}

/* Bare under a KEK: only when its header says so too. Under a root: the card's key that follows. */
static result open_bare(struct compute_call *c, struct compute_target *t)
{
	struct pboc_factors factors;

	TRY(compute_kek(c, &t->kek));
	const struct keyblock_header *h = working_key_header(t->kek);
	t->strength = exchange_strength(h->algorithm, working_key_bits(t->kek));
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
	t->foreign = format.len == 2 && format.at[1] == 'S';
	if (!strchr("DB40", t->form) || t->form == '\0' || (format.len == 2 && !t->foreign))
		return FAIL(KMS_FIELD_WRONG, "form");
	TRY(begin_act(c, t));
	return t->form == BARE ? open_bare(c, t) : open_blocks(c, t);
}

/* --- what goes out --- */

/* A KEK carries no key that is stronger than it (keys 13). */
static result require_strength(struct compute_target *t, const struct compute_child *k)
{
	bool tdes = k->header.algorithm == 'T';
	struct key_definition d = { .algorithm = k->header.algorithm,
		                    .bits = (unsigned)k->len * (tdes ? 7 : 8) };

	return exchange_require_strength(&t->act, t->strength, &d);
}

/* Options of a block: KP, KC and where it comes from (keys 9.2). */
static result put_options(struct compute_target *t, const struct compute_child *k,
                          const char *label, const char *card, struct keyblock_header *h)
{
	char value[KCV_TEXT_SIZE], text[KCV_TEXT_SIZE + 3];
	struct kcv own;

	TRY(exchange_zmk_kcv(&t->zmk, KCV_CMAC, &own));
	snprintf(text, sizeof text, "01%s", kcv_text(&own, value));
	TRY(keyblock_option_add(h, "KP", str_of(text)));
	snprintf(text, sizeof text, "%02d%s", k->kcv.type == KCV_CMAC, kcv_text(&k->kcv, value));
	TRY(keyblock_option_add(h, "KC", str_of(text)));
	if (label)
		TRY(keyblock_option_add(h, "LB", str_of(label)));
	return card ? keyblock_option_add(h, "90", str_of(card)) : OK;
}

static result seal_block(struct compute_call *c, struct compute_target *t, struct compute_child *k,
                         struct keyblock_header *h)
{
	struct keyblock_order order = { .header = h,
		                        .key = bytes_of(k->value, k->len),
		                        .random = &t->random.source };
	struct keyblock_protector *p;
	char text[TEXT_SIZE];
	size_t len;

	h->version = t->form;
	h->context = '2';
	if (t->foreign)
		TRY(exchange_foreign_use(h));
	if (h->algorithm == 'T')
		pboc_set_parity(k->value, k->len); /* devices that take it in may ask for it */
	TRY(exchange_zmk_protector(&t->zmk, t->form, &p));
	TRY(keyblock_seal(p, &order, text, sizeof text, &len));
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

void compute_put_kcv(struct writer *out, const struct kcv *kcv)
{
	uint8_t at[1 + KCV_MAX] = { (uint8_t)kcv->type };

	memcpy(at + 1, kcv->at, kcv->len);
	kms_put(out, KMS_TAG_KCV, bytes_of(at, 1u + kcv->len));
}

result compute_target_put(struct compute_call *c, struct compute_target *t, struct compute_child *k,
                          const char *label, const char *card)
{
	struct keyblock_header h = k->header;

	if (h.exportability == 'N')
		return FAIL(KEY_USE, "the key does not go out");
	TRY(require_strength(t, k));
	TRY(kcv_of_secret(h.algorithm, kcv_default(h.algorithm), bytes_of(k->value, k->len),
	                  &k->kcv));
	h.options[0] = '\0';
	if (t->form == BARE) {
		TRY(seal_bare(c, t, k));
	} else {
		TRY(put_options(t, k, label, card, &h));
		TRY(seal_block(c, t, k, &h));
	}
	compute_put_kcv(c->out, &k->kcv);
	return OK;
}

void compute_card_option(const struct key_entry *e, unsigned levels, char out[COMPUTE_CARD_OPTION])
{
	unsigned left = e->definition.levels > levels ? e->definition.levels - levels : 0;

	snprintf(out, COMPUTE_CARD_OPTION, "KI=%02X;KV=%02X;LV=%u", e->version.card_ki & 0xFF,
	         e->version.card_kv & 0xFF, left);
}
