/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/certificate_data.h"

#include "domain/keys/certificate_rows.h"

/* Do these digits begin with the issuer's? */
static bool covers(const char *iin, struct str number)
{
	size_t len = strlen(iin);

	return number.len >= len && memcmp(number.at, iin, len) == 0;
}

/* --- which certificate --- */

static bool is_longer(const struct certificate *a, const struct certificate *b)
{
	uint8_t of_a[2], of_b[2];

	return is_ok(hex_decode(str_of(a->expiry), of_a, 2)) &&
	       is_ok(hex_decode(str_of(b->expiry), of_b, 2)) &&
	       emv_expiry_months(of_a) > emv_expiry_months(of_b);
}

static result choose(struct db_tx *tx, const struct certificate_ask *ask,
                     struct certificate_signer *s)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	struct certificate *rows, *best = NULL;
	char label[KEY_LABEL_SIZE];
	size_t count;

	TRY(certificate_list(tx, s->key.version.id, &arena, &rows, &count));
	for (struct certificate *c = rows; c < rows + count; c++)
		if (certificate_state_at(c, ask->now) == CERTIFICATE_IS_IN_USE &&
		    (!ask->number.len || covers(c->iin, ask->number)) &&
		    (!best || is_longer(c, best)))
			best = c;
	if (!best)
		return FAIL(CERTIFICATE_NONE, "%s for %.8s", certificate_key_label(&s->key, label),
		            ask->number.len ? "this number" : "any");
	s->certificate = *best;
	return OK;
}

/* The row of the certificate, of the CA key and of our key still say the same. */
static result recover(struct db_tx *tx, struct instant now, struct certificate_signer *s)
{
	const struct certificate *c = &s->certificate;
	struct emv_recovered r;
	struct ca_key ca;

	TRY(ca_key_load(tx, c->ca_key, &ca));
	TRY(ca_key_require_active(&ca, ca_day(now)));
	TRY(emv_ca_check(ca.public.rid, ca.public.index, &ca.public.key, ca.checksum));
	TRY(emv_issuer_recover(&ca.public.key, &c->tags, &r));
	if (!bytes_equal(emv_key_modulus(&r.key), emv_key_modulus(&s->key.public)))
		return FAIL(EMV_CERTIFICATE, "the certificate of %s is another key's", c->label);
	s->issuer = r.holder;
	return OK;
}

result certificate_signer_open(struct db_tx *tx, const struct master_ring *ring,
                               const struct certificate_ask *ask, struct certificate_signer *out)
{
	struct certificate_key *k = &out->key;
	char label[KEY_LABEL_SIZE];
	enum key_state s;

	TRY(key_version_find(tx, &ask->label, ask->now, &k->definition, &k->version));
	TRY(certificate_key_check(k));
	s = key_version_state_at(&k->version, ask->now);
	if (!key_state_allows(s, KEY_TO_PROTECT, false))
		return FAIL(KEY_STATE, "%s is %s", certificate_key_label(k, label),
		            key_state_names[s]);
	TRY(choose(tx, ask, out));
	TRY(recover(tx, ask->now, out));
	return certificate_key_open(ring, k);
}

void certificate_signer_close(struct certificate_signer *s)
{
	certificate_key_close(&s->key);
}

/* --- making --- */

result certificate_sign_static(struct certificate_signer *s, const uint8_t dac[2],
                               struct bytes static_data, uint8_t out[EMV_KEY_MAX])
{
	size_t size = s->key.public.size;
	uint8_t back[2];
	result r;

	if (!static_data.len)
		return FAIL(INVALID_BYTES, "no static data");
	TRY(emv_sda_make(&s->key.signer, dac, static_data, out));
	r = emv_sda_verify(&s->key.public, bytes_of(out, size), static_data, back);
	if (!is_ok(r))
		memset(out, 0, size); /* a wrong signature can give the key away */
	return r;
}

static result check_card(const struct certificate_signer *s, const struct emv_holder *card,
                         struct instant now)
{
	if (!certificate_covers(s->issuer.id, card->id))
		return FAIL(EMV_CERTIFICATE, "the PAN is not of issuer %s", s->certificate.iin);
	if (emv_expiry_months(card->expiry) > emv_expiry_months(s->issuer.expiry))
		return FAIL(EMV_CERTIFICATE, "the card outlives the issuer's certificate");
	return certificate_is_past(card->expiry, now)
	               ? FAIL(EMV_CERTIFICATE, "the card has expired")
	               : OK;
}

result certificate_sign_card(struct certificate_signer *s, const struct emv_holder *card,
                             const struct emv_key *key, struct bytes static_data,
                             struct instant now, struct emv_certificate *out)
{
	struct emv_recovered back;
	result r;

	TRY(check_card(s, card, now));
	TRY(emv_icc_make(&s->key.signer, card, key, static_data, out));
	r = emv_icc_recover(&s->key.public, out, static_data, &back);
	if (!is_ok(r))
		*out = (struct emv_certificate){ 0 };
	return r;
}
