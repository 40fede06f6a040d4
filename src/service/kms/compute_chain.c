/* SPDX-License-Identifier: Apache-2.0 */
/* A bank card's data authentication from the CA's key down (EMV Book 2, 5.3, 5.4, 6.3 to 6.5):
 * public keys only, those of the message. */
#include "codec/tlv.h"
#include "crypto/emv_cert.h"
#include "service/kms/compute_op.h"

enum {
	CARD_MAX = 2048,
	STATIC_MAX = 4096,
	TERMINAL_MAX = 256,
	/* which parts were there and hold */
	ISSUER = 1 << 0,
	STATIC = 1 << 1,
	ICC = 1 << 2,
	DYNAMIC = 1 << 3,
};

/* The card's data elements that matter here, by their EMV tag. */
enum element { E90, E92, E9F32, E93, E9F46, E9F48, E9F47, E9F4B, ELEMENTS };

struct chain {
	struct bytes at[ELEMENTS];
	struct bytes static_data, terminal_data;
	struct emv_key ca;
	struct emv_recovered issuer, icc;
	unsigned holds;
	uint8_t dac[2], number[8];
	size_t number_len;
};

static result read_elements(struct bytes in, struct chain *ch)
{
	static const uint16_t tags[ELEMENTS] = { 0x90,   0x92,   0x9F32, 0x93,
		                                 0x9F46, 0x9F48, 0x9F47, 0x9F4B };
	struct reader r = reader_of(in);
	struct tlv t;

	while (tlv_next(&r, &t))
		for (size_t i = 0; i < ELEMENTS; i++)
			if (tags[i] == t.tag && ch->at[i].len == 0)
				ch->at[i] = t.value;
	return r.bad ? FAIL(TLV_BROKEN, "the card's data") : OK;
}

/* 0004: the card's data elements, static data, what the terminal gave to INTERNAL AUTHENTICATE */
static result read_chain(struct compute_call *c, struct chain *ch)
{
	struct kms_values values = kms_values_of(&c->in, KMS_TAG_DATA);
	struct bytes card;

	kms_values_next(&values, &card);
	kms_values_next(&values, &ch->static_data);
	kms_values_next(&values, &ch->terminal_data);
	if (card.len > CARD_MAX || ch->static_data.len > STATIC_MAX ||
	    ch->terminal_data.len > TERMINAL_MAX)
		return FAIL(KMS_FIELD_WRONG, "a part is too long");
	TRY(read_elements(card, ch));
	if (ch->at[E90].len == 0)
		return FAIL(KMS_FIELD_WRONG, "no issuer certificate");
	return emv_key_init(&ch->ca, kms_bytes(&c->in, KMS_TAG_MODULUS),
	                    emv_exponent_of(kms_bytes(&c->in, KMS_TAG_EXPONENT)));
}

static result certificate_of(const struct chain *ch, enum element block,
                             struct emv_certificate *out)
{
	struct bytes b = ch->at[block], remainder = ch->at[block + 1], e = ch->at[block + 2];

	*out = (struct emv_certificate){ .size = b.len,
		                         .remainder_len = remainder.len,
		                         .exponent_len = e.len };
	if (b.len > sizeof out->block || remainder.len > sizeof out->remainder ||
	    e.len > sizeof out->exponent)
		return FAIL(EMV_CERTIFICATE, "a part is too long");
	memcpy(out->block, b.at, b.len);
	if (remainder.len)
		memcpy(out->remainder, remainder.at, remainder.len);
	if (e.len)
		memcpy(out->exponent, e.at, e.len);
	return OK;
}

/* Good to the end of its month. */
static result require_valid(const struct compute_call *c, const struct emv_holder *h)
{
	struct civil now = civil_of(c->now, TIME_ZONE_CHINA_S);

	if (emv_expiry_months(h->expiry) < now.year * 12 + now.month)
		return FAIL(EMV_CERTIFICATE, "expired");
	return OK;
}

/* The issuer's number begins the card's. */
static result require_issuer_of(const struct emv_holder *issuer, struct bytes pan)
{
	char id[2 * EMV_ISSUER_ID + 1], number[2 * EMV_PAN + 1];

	hex_encode(bytes_of(issuer->id, EMV_ISSUER_ID), id);
	hex_encode(pan, number);
	if (strncmp(id, number, strcspn(id, "F")) != 0)
		return FAIL(EMV_CERTIFICATE, "another issuer's card");
	return OK;
}

static result check_issuer(struct compute_call *c, struct chain *ch)
{
	struct emv_certificate certificate;

	TRY(certificate_of(ch, E90, &certificate));
	TRY(emv_issuer_recover(&ch->ca, &certificate, &ch->issuer));
	TRY(require_valid(c, &ch->issuer.holder));
	if (kms_has(&c->in, KMS_TAG_PAN))
		TRY(require_issuer_of(&ch->issuer.holder, kms_bytes(&c->in, KMS_TAG_PAN)));
	ch->holds |= ISSUER;
	return OK;
}

static result check_static(struct chain *ch)
{
	if (ch->at[E93].len == 0)
		return OK;
	TRY(emv_sda_verify(&ch->issuer.key, ch->at[E93], ch->static_data, ch->dac));
	ch->holds |= STATIC;
	return OK;
}

static result check_card(struct compute_call *c, struct chain *ch)
{
	struct bytes pan = kms_bytes(&c->in, KMS_TAG_PAN);
	struct emv_certificate certificate;

	if (ch->at[E9F46].len == 0)
		return OK;
	TRY(certificate_of(ch, E9F46, &certificate));
	TRY(emv_icc_recover(&ch->issuer.key, &certificate, ch->static_data, &ch->icc));
	TRY(require_valid(c, &ch->icc.holder));
	TRY(require_issuer_of(&ch->issuer.holder, bytes_of(ch->icc.holder.id, EMV_PAN)));
	if (pan.len && !bytes_equal(pan, bytes_of(ch->icc.holder.id, EMV_PAN)))
		return FAIL(EMV_CERTIFICATE, "another card's certificate");
	ch->holds |= ICC;
	return OK;
}

static result check_dynamic(struct chain *ch)
{
	if (ch->at[E9F4B].len == 0)
		return OK;
	if (!(ch->holds & ICC))
		return FAIL(KMS_FIELD_WRONG, "signed dynamic data without the card's certificate");
	TRY(emv_dda_verify(&ch->icc.key, ch->at[E9F4B], ch->terminal_data, ch->number,
	                   &ch->number_len));
	ch->holds |= DYNAMIC;
	return OK;
}

/*
 * 0053: 0017 the CA's modulus | 0018 its exponent | 0008 card number 10, optional | 0004 the card's
 * data elements in BER-TLV (90, 92, 9F32; 93; 9F46, 9F48, 9F47; 9F4B) | 0004 static data, optional
 * | 0004 the terminal's data, optional → 0005 what was there and holds: 01 issuer, 02 static data,
 * 04 card, 08 dynamic data | 001A data authentication code 2 | 0009 the card's dynamic number
 */
static result chain_verify(struct compute_call *c)
{
	struct chain ch = { 0 };

	TRY(read_chain(c, &ch));
	TRY(check_issuer(c, &ch));
	TRY(check_static(&ch));
	TRY(check_card(c, &ch));
	TRY(check_dynamic(&ch));
	kms_put_number(c->out, KMS_TAG_RESULT, ch.holds, 1);
	if (ch.holds & STATIC)
		kms_put(c->out, KMS_TAG_CODE, bytes_of(ch.dac, sizeof ch.dac));
	if (ch.holds & DYNAMIC)
		kms_put(c->out, KMS_TAG_RANDOM, bytes_of(ch.number, ch.number_len));
	return OK;
}

static const struct kms_rule chain_rules[] = {
	{ KMS_TAG_MODULUS, EMV_KEY_MIN, EMV_KEY_MAX, 1, 1 },
	{ KMS_TAG_EXPONENT, 1, EMV_EXPONENT_MAX, 1, 1 },
	{ KMS_TAG_PAN, EMV_PAN, EMV_PAN, 0, 1 },
	{ KMS_TAG_DATA, 0, STATIC_MAX, 1, 3 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_CHAIN_VERIFY,
	  .name = "chain-verify",
	  COMPUTE_RULES(chain_rules),
	  .work = chain_verify },
};

const struct compute_table compute_chain_table = { ops, ARRAY_LEN(ops) };
