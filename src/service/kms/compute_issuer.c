/* SPDX-License-Identifier: Apache-2.0 */
/* What an issuer's key signs for its cards, and the chain from a card back to its authority (keys
 * 16.5, EMV Book 2, 5 and 6): the rules are the domain's (certificate_data.h). */
#include "codec/tlv.h"
#include "domain/keys/certificate_data.h"
#include "service/kms/compute_op.h"

enum {
	DAC = 2,
	STATIC_MAX = 4096,
	CARD_MAX = 2048,
	TERMINAL_MAX = 256,
	CA = EMV_RID + 1,
	/* which parts were there and hold */
	ISSUER = 1 << 0,
	STATIC = 1 << 1,
	CARD = 1 << 2,
	DYNAMIC = 1 << 3,
};

/* Digits of a number in cn, F behind. */
static struct str digits_of(struct bytes pan, char out[2 * EMV_PAN + 1])
{
	hex_encode(pan, out);
	return (struct str){ out, strspn(out, "0123456789") };
}

/* --- 0051, 0052 --- */

/* Only a key whose certificate is in use signs: without one no terminal believes the card. */
static result open_signer(struct compute_call *c, struct certificate_signer *out)
{
	struct bytes pan = kms_bytes(&c->in, KMS_TAG_PAN);
	char digits[2 * EMV_PAN + 1];
	struct certificate_ask ask = { .number = digits_of(pan, digits), .now = c->now };
	struct master_ring *ring;
	struct db_tx *tx;

	TRY(key_label_parse(str_of(c->keys[0]->label), &ask.label));
	TRY(key_cache_reading(c->cache, &tx));
	TRY(key_cache_ring(c->cache, &ring));
	result r = certificate_signer_open(tx, ring, &ask, out);
	if (r.code == EMV_CERTIFICATE)
		c->status = KMS_INTERNAL; /* rows that do not belong together */
	return r;
}

/* 0051: 0001 label | 0008 card number 10, optional | 001A data authentication code 2 | 0004 static
 * data → 0005 tag 93 */
static result sda_sign(struct compute_call *c)
{
	SCOPED(certificate_signer_close) struct certificate_signer s = { 0 };
	uint8_t ssad[EMV_KEY_MAX];

	TRY(open_signer(c, &s));
	TRY(certificate_sign_static(&s, kms_bytes(&c->in, KMS_TAG_CODE).at,
	                            kms_bytes(&c->in, KMS_TAG_DATA), ssad));
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(ssad, s.key.public.size));
	return OK;
}

static result read_holder(const struct compute_call *c, struct emv_holder *out)
{
	struct bytes pan = kms_bytes(&c->in, KMS_TAG_PAN);

	memcpy(out->id, pan.at, EMV_PAN);
	memcpy(out->expiry, kms_bytes(&c->in, KMS_TAG_TIME).at, sizeof out->expiry);
	memcpy(out->serial, kms_bytes(&c->in, KMS_TAG_SERIAL).at, sizeof out->serial);
	if (!emv_is_padded_digits(pan, 8, 19) || emv_expiry_months(out->expiry) == 0)
		return FAIL(KMS_FIELD_WRONG, "card number or expiry");
	return OK;
}

/* 0052: 0001 label | 0008 card number 10 | 000C expiry MMYY 2 | 000A serial 3 | 0017 the card's
 * modulus | 0018 its exponent | 0004 static data → 0005 tag 9F46 | 0019 tag 9F48 | 0018 tag 9F47 */
static result icc_certificate(struct compute_call *c)
{
	SCOPED(certificate_signer_close) struct certificate_signer s = { 0 };
	struct emv_certificate made;
	struct emv_holder holder;
	struct emv_key key;

	TRY(read_holder(c, &holder));
	TRY(emv_key_init(&key, kms_bytes(&c->in, KMS_TAG_MODULUS),
	                 emv_exponent_of(kms_bytes(&c->in, KMS_TAG_EXPONENT))));
	TRY(open_signer(c, &s));
	result r = certificate_sign_card(&s, &holder, &key, kms_bytes(&c->in, KMS_TAG_DATA), c->now,
	                                 &made);
	if (r.code == EMV_CERTIFICATE)
		c->status = KMS_BAD_DATA; /* not the issuer's card, or one that outlives it */
	TRY(r);
	kms_put(c->out, KMS_TAG_RESULT, bytes_of(made.block, made.size));
	if (made.remainder_len)
		kms_put(c->out, KMS_TAG_REMAINDER, bytes_of(made.remainder, made.remainder_len));
	kms_put(c->out, KMS_TAG_EXPONENT, bytes_of(made.exponent, made.exponent_len));
	return OK;
}

/* --- 0053 --- */

/* The card's data elements that matter here, by their EMV tag. */
enum element { E90, E92, E9F32, E93, E9F46, E9F48, E9F47, E9F4B, ELEMENTS };

struct shown {
	struct bytes at[ELEMENTS];
	struct emv_certificate card;
	struct certificate_chain chain;
};

static result read_elements(struct bytes in, struct shown *s)
{
	static const uint16_t tags[ELEMENTS] = { 0x90,   0x92,   0x9F32, 0x93,
		                                 0x9F46, 0x9F48, 0x9F47, 0x9F4B };
	struct reader r = reader_of(in);
	struct tlv t;

	while (tlv_next(&r, &t))
		for (size_t i = 0; i < ELEMENTS; i++)
			if (tags[i] == t.tag && s->at[i].len == 0)
				s->at[i] = t.value;
	return r.bad ? FAIL(TLV_BROKEN, "the card's data") : OK;
}

static result certificate_of(const struct shown *s, enum element block, struct emv_certificate *out)
{
	struct bytes b = s->at[block], remainder = s->at[block + 1], e = s->at[block + 2];

	if (b.len > sizeof out->block || remainder.len > sizeof out->remainder ||
	    e.len > sizeof out->exponent)
		return FAIL(EMV_CERTIFICATE, "a part is too long");
	out->size = b.len;
	out->remainder_len = remainder.len;
	out->exponent_len = e.len;
	memcpy(out->block, b.at, b.len);
	if (remainder.len)
		memcpy(out->remainder, remainder.at, remainder.len);
	if (e.len)
		memcpy(out->exponent, e.at, e.len);
	return OK;
}

/* 0004: the card's data elements, static data, what the terminal gave to INTERNAL AUTHENTICATE */
static result read_shown(struct compute_call *c, struct shown *s)
{
	struct kms_values values = kms_values_of(&c->in, KMS_TAG_DATA);
	struct bytes elements, ca = kms_bytes(&c->in, KMS_TAG_CODE);

	kms_values_next(&values, &elements);
	kms_values_next(&values, &s->chain.static_data);
	kms_values_next(&values, &s->chain.terminal_data);
	if (elements.len > CARD_MAX || s->chain.terminal_data.len > TERMINAL_MAX)
		return FAIL(KMS_FIELD_WRONG, "a part is too long");
	TRY(read_elements(elements, s));
	if (s->at[E90].len == 0)
		return FAIL(KMS_FIELD_WRONG, "no issuer certificate");
	memcpy(s->chain.rid, ca.at, EMV_RID);
	s->chain.index = ca.at[EMV_RID];
	s->chain.pan = kms_bytes(&c->in, KMS_TAG_PAN);
	s->chain.ssad = s->at[E93];
	s->chain.sdad = s->at[E9F4B];
	TRY(certificate_of(s, E90, &s->chain.issuer));
	if (s->at[E9F46].len == 0)
		return OK;
	s->chain.card = &s->card;
	return certificate_of(s, E9F46, &s->card);
}

static void put_verdict(struct compute_call *c, const struct shown *s,
                        const struct certificate_verdict *v)
{
	uint32_t holds = ISSUER;

	holds |= s->chain.ssad.len ? STATIC : 0;
	holds |= s->chain.card ? CARD : 0;
	holds |= s->chain.sdad.len ? DYNAMIC : 0;
	kms_put_number(c->out, KMS_TAG_RESULT, holds, 1);
	if (holds & STATIC)
		kms_put(c->out, KMS_TAG_CODE, bytes_of(v->dac, sizeof v->dac));
	if (holds & DYNAMIC)
		kms_put(c->out, KMS_TAG_RANDOM, bytes_of(v->number, v->number_len));
}

/*
 * 0053: 001A RID 5 ‖ index 1 of the authority's key | 0008 card number 10, needed with 9F46 | 0004
 * the card's data elements in BER-TLV (90, 92, 9F32; 93; 9F46, 9F48, 9F47; 9F4B) | 0004 static
 * data, optional | 0004 the terminal's data, optional → 0005 what was there and holds: 01 issuer,
 * 02 static data, 04 card, 08 dynamic data | 001A data authentication code 2 | 0009 the card's
 * dynamic number
 */
static result chain_verify(struct compute_call *c)
{
	struct certificate_verdict verdict;
	struct shown s = { 0 };
	struct db_tx *tx;

	TRY(read_shown(c, &s));
	TRY(key_cache_reading(c->cache, &tx));
	TRY(certificate_chain_verify(tx, c->now, &s.chain, &verdict));
	put_verdict(c, &s, &verdict);
	return OK;
}

/* --- the table --- */

static const char issuer_usages[] = "S0 S1";

static const struct kms_rule sda_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_PAN, EMV_PAN, EMV_PAN, 0, 1 },
	{ KMS_TAG_CODE, DAC, DAC, 1, 1 },
	{ KMS_TAG_DATA, 1, STATIC_MAX, 1, 1 },
};
static const struct kms_rule icc_rules[] = {
	{ KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 },
	{ KMS_TAG_PAN, EMV_PAN, EMV_PAN, 1, 1 },
	{ KMS_TAG_TIME, 2, 2, 1, 1 },
	{ KMS_TAG_SERIAL, 3, 3, 1, 1 },
	{ KMS_TAG_MODULUS, EMV_KEY_MIN, EMV_KEY_MAX, 1, 1 },
	{ KMS_TAG_EXPONENT, 1, EMV_EXPONENT_MAX, 1, 1 },
	{ KMS_TAG_DATA, 0, STATIC_MAX, 1, 1 },
};
static const struct kms_rule chain_rules[] = {
	{ KMS_TAG_CODE, CA, CA, 1, 1 },
	{ KMS_TAG_PAN, EMV_PAN, EMV_PAN, 0, 1 },
	{ KMS_TAG_DATA, 0, STATIC_MAX, 1, 3 },
};

static const struct compute_op ops[] = {
	{ .code = KMS_SDA_SIGN,
	  .name = "sda-sign",
	  .usages = issuer_usages,
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(sda_rules),
	  .work = sda_sign },
	{ .code = KMS_ICC_CERTIFICATE,
	  .name = "icc-certificate",
	  .usages = issuer_usages,
	  .deed = KEY_TO_PROTECT,
	  COMPUTE_RULES(icc_rules),
	  .work = icc_certificate },
	{ .code = KMS_CHAIN_VERIFY,
	  .name = "chain-verify",
	  COMPUTE_RULES(chain_rules),
	  .work = chain_verify },
};

const struct compute_table compute_issuer_table = { ops, ARRAY_LEN(ops) };
