/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/certificate_data.h"
#include "domain/keys/certificate_rows.h"
#include "domain/keys/kms_sql.h"

/* The issuer's certificate under that key of this RID and index that fits. */
static result recover_issuer(struct db_tx *tx, struct instant now,
                             const struct certificate_chain *c, struct ca_key *ca,
                             struct emv_recovered *out)
{
	struct ca_key keys[CA_KEYS_OF_INDEX_MAX];
	size_t count;
	result r = FAIL(CA_NOT_FOUND, "CA key %02X", c->index);

	TRY(ca_key_of_index(tx, c->rid, c->index, keys, &count));
	for (size_t i = 0; i < count; i++) {
		r = ca_key_require_active(&keys[i], ca_day(now));
		if (is_ok(r))
			r = emv_issuer_recover(&keys[i].public.key, &c->issuer, out);
		if (is_ok(r)) {
			*ca = keys[i];
			return OK;
		}
	}
	return r;
}

static result require_not_revoked(struct db_tx *tx, const struct ca_key *ca,
                                  const struct emv_holder *issuer)
{
	char serial[CERTIFICATE_SERIAL_TEXT + 1];
	int64_t revoked;

	hex_encode(bytes_of(issuer->serial, sizeof issuer->serial), serial);
	TRY(db_select_i64(tx, &sql_certificate_is_revoked,
	                  DB_ARGS(db_arg_i64(ca->id), db_arg_text(serial)), &revoked));
	return revoked ? FAIL(EMV_CERTIFICATE, "issuer certificate %s is revoked", serial) : OK;
}

static result check_issuer(const struct certificate_chain *c, struct instant now,
                           const struct emv_holder *issuer)
{
	if (certificate_is_past(issuer->expiry, now))
		return FAIL(EMV_CERTIFICATE, "the issuer certificate has expired");
	if (c->pan.len && !certificate_covers(issuer->id, c->pan.at))
		return FAIL(EMV_CERTIFICATE, "the PAN is not of the issuer");
	return OK;
}

static result check_form(const struct certificate_chain *c)
{
	if (c->pan.len != EMV_PAN && (c->pan.len || c->card))
		return FAIL(INVALID_BYTES, "a PAN of %zu bytes", c->pan.len);
	if (c->sdad.len && !c->card)
		return FAIL(INVALID_BYTES, "9F4B without 9F46");
	return OK;
}

/* 9F46 under the issuer's key, 9F4B under the card's. */
static result verify_card(const struct certificate_chain *c, struct instant now,
                          const struct emv_key *issuer, struct certificate_verdict *out)
{
	struct emv_recovered card;

	TRY(emv_icc_recover(issuer, c->card, c->static_data, &card));
	if (!bytes_equal(bytes_of(card.holder.id, EMV_PAN), c->pan))
		return FAIL(EMV_CERTIFICATE, "the card certificate is another PAN's");
	if (certificate_is_past(card.holder.expiry, now))
		return FAIL(EMV_CERTIFICATE, "the card certificate has expired");
	out->card = card.holder;
	if (!c->sdad.len)
		return OK;
	return emv_dda_verify(&card.key, c->sdad, c->terminal_data, out->number, &out->number_len);
}

result certificate_chain_verify(struct db_tx *tx, struct instant now,
                                const struct certificate_chain *c, struct certificate_verdict *out)
{
	struct emv_recovered issuer;
	struct ca_key ca = { 0 };

	*out = (struct certificate_verdict){ 0 };
	TRY(check_form(c));
	TRY(recover_issuer(tx, now, c, &ca, &issuer));
	TRY(require_not_revoked(tx, &ca, &issuer.holder));
	TRY(check_issuer(c, now, &issuer.holder));
	out->issuer = issuer.holder;
	if (c->ssad.len)
		TRY(emv_sda_verify(&issuer.key, c->ssad, c->static_data, out->dac));
	return c->card ? verify_card(c, now, &issuer.key, out) : OK;
}
