/* SPDX-License-Identifier: Apache-2.0 */
/* What an issuer's key signs for cards, and the chain from authority to card (keys 16.5). */
#include "domain/keys/certificate_data.h"
#include "domain/keys/certificate_testkit.h"

#define EMV CERTIFICATE_VECTORS
#define RIG(name_, place_)                                                                         \
	SCOPED(certificate_rig_close) struct certificate_rig name_ = { 0 };                        \
	REQUIRE(certificate_rig_open(&(name_), engine, place_))
#define SIGNER(name_) SCOPED(certificate_signer_close) struct certificate_signer name_ = { 0 }

static const uint8_t dac[2] = { 0xDA, 0xC1 }, unpredictable[4] = { 0x12, 0x34, 0x56, 0x78 };
static const struct emv_holder holder = {
	.id = { 0x62, 0x25, 0x88, 0x00, 0x00, 0x00, 0x00, 0x01, 0xFF, 0xFF },
	.expiry = { 0x12, 0x30 },
	.serial = { 0x00, 0x00, 0x01 },
};

/* The known card: its key, and what the issuer made for it. */
struct card {
	struct ipk_issuer pair; /* of the same form as an issuer's */
	struct emv_certificate certificate;
	uint8_t ssad[EMV_KEY_MAX], sdad[EMV_KEY_MAX];
};

static void card_deinit(struct card *c)
{
	ipk_issuer_deinit(&c->pair);
}

static struct certificate_ask ask_of(const struct certificate_rig *r, const char *number)
{
	return (struct certificate_ask){ .label = { "CAMPUS01", "EMV", "IPK", 0 },
		                         .number = str_of(number),
		                         .now = r->f.now };
}

static result open_signer(struct certificate_rig *r, const char *number,
                          struct certificate_signer *out)
{
	struct certificate_ask ask = ask_of(r, number);

	return KEY_CHANGE(&r->f, certificate_signer_open(act->tx, act->ring, &ask, out));
}

static void make_card(struct certificate_rig *r, struct card *c)
{
	static const uint8_t number[4] = { 0x03, 0x01, 0x02, 0x03 };
	struct bytes data = vector(EMV, "static-data");
	SIGNER(s);

	ipk_issuer_init(&c->pair, vector(EMV, "icc-p"), vector(EMV, "icc-q"));
	CHECK_OK(open_signer(r, "6225880000000001", &s));
	CHECK_OK(certificate_sign_static(&s, dac, data, c->ssad));
	CHECK_OK(certificate_sign_card(&s, &holder, &c->pair.key, data, r->f.now, &c->certificate));
	CHECK_OK(emv_dda_make(&c->pair.signer.signer, bytes_of(number, sizeof number),
	                      bytes_of(unpredictable, sizeof unpredictable), c->sdad));
}

/* TV-46, TV-47, TV-48 with the key in this process and in the device */
KEY_TEST_BOTH(cards_get_the_known_signatures_wherever_the_key_is)
{
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(card_deinit) struct card c = { 0 };
		RIG(r, (enum product_place)place);
		const struct emv_certificate *t = &c.certificate;

		certificate_in_use(&r, "visa");
		make_card(&r, &c);
		CHECK_BYTES("TV-46", bytes_of(c.ssad, 128), vector(EMV, "sda"));
		CHECK_I64("", t->size, 128);
		CHECK_BYTES("TV-47", bytes_of(t->block, 12), vector(EMV, "icc-9F46-begins"));
		CHECK_BYTES("", bytes_of(t->block + 116, 12), vector(EMV, "icc-9F46-ends"));
		CHECK_BYTES("", bytes_of(t->remainder, t->remainder_len), vector(EMV, "icc-9F48"));
		CHECK_BYTES("TV-48", bytes_of(c.sdad, 12), vector(EMV, "dda-begins"));
		CHECK_BYTES("", bytes_of(c.sdad + 84, 12), vector(EMV, "dda-ends"));
	}
}

/* --- which certificate, which key --- */

KEY_TEST_BOTH(a_key_signs_with_a_certificate_in_use_only)
{
	RIG(r, PRODUCT_IN_HOST);
	struct certificate_request q = certificate_sent(&r, "visa");
	struct certificate c;
	struct ipk_file file;
	bool again;
	SIGNER(s);

	CHECK_RESULT("asked", open_signer(&r, "", &s), CERTIFICATE_NONE);
	certificate_answer(&r.authority, &q, "0A0B0C", &file);
	CHECK_OK(KEY_CHANGE(
	        &r.f, certificate_import(act, q.id, bytes_of(file.at, file.len), &c, &again)));
	CHECK_RESULT("issued", open_signer(&r, "", &s), CERTIFICATE_NONE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_use(act, c.id)));
	CHECK_RESULT("another BIN", open_signer(&r, "6225880100000001", &s), CERTIFICATE_NONE);
	CHECK_RESULT("too short", open_signer(&r, "6225880", &s), CERTIFICATE_NONE);
	CHECK(!s.key.working);
	CHECK_OK(open_signer(&r, "62258800", &s));
	CHECK_I64("", s.certificate.id, c.id);
	certificate_signer_close(&s);
	r.f.now = instant_of((struct civil){ 2031, 1, 1, 0, 0, 0 }, TIME_ZONE_CHINA_S);
	CHECK_RESULT("expired", open_signer(&r, "", &s), CERTIFICATE_NONE);
	r.f.now.us -= SECOND_US;
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_revoke(act, r.ca_key.id)));
	CHECK_RESULT("CA key revoked", open_signer(&r, "", &s), CA_KEY_STATE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_revoke(act, c.id)));
	CHECK_RESULT("revoked", open_signer(&r, "", &s), CERTIFICATE_NONE);
	CHECK_OK(KEY_CHANGE(&r.f, key_version_move(act, &r.definition, &r.version, KEY_SUSPENDED)));
	CHECK_RESULT("suspended", open_signer(&r, "", &s), KEY_NOT_FOUND);
	CHECK(!s.key.working);
}

KEY_TEST_BOTH(a_version_by_number_must_be_allowed_to_protect)
{
	RIG(r, PRODUCT_IN_HOST);
	struct certificate_ask ask = ask_of(&r, "");
	SIGNER(s);

	certificate_in_use(&r, "visa");
	ask.label.version = 1;
	CHECK_OK(KEY_CHANGE(&r.f, certificate_signer_open(act->tx, act->ring, &ask, &s)));
	certificate_signer_close(&s);
	CHECK_OK(KEY_CHANGE(&r.f,
	                    key_version_move(act, &r.definition, &r.version, KEY_DEACTIVATED)));
	CHECK_RESULT("deactivated",
	             KEY_CHANGE(&r.f, certificate_signer_open(act->tx, act->ring, &ask, &s)),
	             KEY_STATE);
}

KEY_TEST_BOTH(of_two_certificates_the_one_that_fits_and_lives_longest_is_taken)
{
	RIG(r, PRODUCT_IN_HOST);
	struct certificate first = certificate_in_use(&r, "visa"), second = { 0 };
	struct certificate_wish w = certificate_wish_of(&r, "generic");
	struct certificate_request q;
	struct ipk_file file;
	bool again;
	SIGNER(s);

	w.iin = STR("622588");
	w.expiry = STR("0631");
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_make(act, &w, &q)));
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_sent(act, q.id)));
	certificate_answer(&r.authority, &q, "0A0B0D", &file);
	CHECK_OK(KEY_CHANGE(
	        &r.f, certificate_import(act, q.id, bytes_of(file.at, file.len), &second, &again)));
	CHECK_OK(open_signer(&r, "", &s));
	CHECK_I64("the only one in use", s.certificate.id, first.id);
	certificate_signer_close(&s);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_use(act, second.id)));
	CHECK_OK(open_signer(&r, "6225880000000001", &s));
	CHECK_I64("both fit", s.certificate.id, second.id);
	certificate_signer_close(&s);
	CHECK_OK(open_signer(&r, "6225889900000001", &s));
	CHECK_I64("one fits", s.certificate.id, second.id);
}

KEY_TEST_BOTH(a_row_that_was_changed_signs_nothing)
{
#define EDIT(name_, sqlite_, postgres_)                                                            \
	{                                                                                          \
		name_, sqlite_, postgres_, 0                                                       \
	}
	static const struct db_statement edits[] = {
		EDIT("cert90", "UPDATE kms_ipkcert SET cert90 = zeroblob(144)",
		     "UPDATE kms_ipkcert SET cert90 = decode(repeat('00', 144), 'hex')"),
		EDIT("rem92", "UPDATE kms_ipkcert SET rem92 = zeroblob(20)",
		     "UPDATE kms_ipkcert SET rem92 = decode(repeat('00', 20), 'hex')"),
		EDIT("checksum", "UPDATE kms_cakey SET checksum = zeroblob(20)",
		     "UPDATE kms_cakey SET checksum = decode(repeat('00', 20), 'hex')"),
		EDIT("index", "UPDATE kms_cakey SET pk_index = 1", "UPDATE kms_cakey SET pk_index = 1"),
	}, *edit;

	EACH (edit, edits) {
		RIG(r, PRODUCT_IN_HOST);
		SIGNER(s);

		certificate_in_use(&r, "visa");
		CHECK_OK(KEY_CHANGE(&r.f, db_execute(act->tx, edit, DB_NO_ARGS, NULL)));
		CHECK_RESULT(edit->name, open_signer(&r, "", &s), EMV_CERTIFICATE);
		CHECK(!s.key.working);
	}
}

KEY_TEST_BOTH(the_certificate_of_another_key_signs_nothing)
{
	static const struct db_statement swap = { "swap", "UPDATE kms_ipkreq SET keyver = $1",
		                                  "UPDATE kms_ipkreq SET keyver = $1", 1 };
	RIG(r, PRODUCT_IN_HOST);
	struct key_order order = { .at_once = true };
	struct key_version v;
	SIGNER(s);

	certificate_in_use(&r, "visa");
	CHECK_OK(KEY_CHANGE(&r.f, key_version_generate(act, &r.definition, &order, &v)));
	CHECK_OK(KEY_CHANGE(&r.f, db_execute(act->tx, &swap, DB_ARGS(db_arg_i64(v.id)), NULL)));
	CHECK_RESULT("", open_signer(&r, "", &s), EMV_CERTIFICATE);
}

KEY_TEST_BOTH(cards_of_others_and_cards_that_live_too_long_get_no_certificate)
{
	SCOPED(ipk_issuer_deinit) struct ipk_issuer key = { 0 }, large = { 0 };
	RIG(r, PRODUCT_IN_HOST);
	struct bytes data = vector(EMV, "static-data");
	struct emv_holder h = holder;
	struct emv_certificate c = { .size = 7 };
	uint8_t out[EMV_KEY_MAX];
	SIGNER(s);

	ipk_issuer_init(&key, vector(EMV, "icc-p"), vector(EMV, "icc-q"));
	ipk_issuer_fresh(&large, 1152, 3);
	certificate_in_use(&r, "visa");
	REQUIRE_OK(open_signer(&r, "", &s));
	h.id[3] = 0x01;
	CHECK_RESULT("PAN", certificate_sign_card(&s, &h, &key.key, data, r.f.now, &c),
	             EMV_CERTIFICATE);
	h = holder;
	h.expiry[0] = 0x01;
	h.expiry[1] = 0x31;
	CHECK_RESULT("outlives", certificate_sign_card(&s, &h, &key.key, data, r.f.now, &c),
	             EMV_CERTIFICATE);
	h.expiry[0] = 0x10;
	h.expiry[1] = 0x26;
	CHECK_RESULT("expired", certificate_sign_card(&s, &h, &key.key, data, r.f.now, &c),
	             EMV_CERTIFICATE);
	CHECK_RESULT("long key", certificate_sign_card(&s, &holder, &large.key, data, r.f.now, &c),
	             INVALID_KEY);
	CHECK_RESULT("no data", certificate_sign_static(&s, dac, bytes_of(NULL, 0), out),
	             INVALID_BYTES);
	CHECK_OK(certificate_sign_card(&s, &holder, &key.key, data, r.f.now, &c));
}

/* --- the chain --- */

static struct certificate_chain chain_of(const struct certificate *issuer, const struct card *c)
{
	struct certificate_chain chain = {
		.index = issuer->index,
		.issuer = issuer->tags,
		.pan = { holder.id, EMV_PAN },
		.static_data = vector(EMV, "static-data"),
		.ssad = { c->ssad, 128 },
		.card = &c->certificate,
		.sdad = { c->sdad, 96 },
		.terminal_data = { unpredictable, sizeof unpredictable },
	};

	memcpy(chain.rid, issuer->rid, EMV_RID);
	return chain;
}

static result verify(struct certificate_rig *r, const struct certificate_chain *c,
                     struct certificate_verdict *out)
{
	return KEY_CHANGE(&r->f, certificate_chain_verify(act->tx, r->f.now, c, out));
}

KEY_TEST_BOTH(the_chain_holds_from_the_authority_to_the_card)
{
	SCOPED(card_deinit) struct card c = { 0 };
	RIG(r, PRODUCT_IN_HOST);
	struct certificate issuer = certificate_in_use(&r, "visa");
	struct certificate_verdict v;
	struct certificate_chain chain;

	make_card(&r, &c);
	chain = chain_of(&issuer, &c);
	CHECK_OK(verify(&r, &chain, &v));
	CHECK_HEX("DAC", bytes_of(v.dac, 2), "DAC1");
	CHECK_HEX("number", bytes_of(v.number, v.number_len), "010203");
	CHECK_HEX("issuer", bytes_of(v.issuer.id, EMV_ISSUER_ID), "62258800");
	CHECK_BYTES("card", bytes_of(v.card.id, EMV_PAN), chain.pan);
	chain.card = NULL;
	chain.sdad.len = 0;
	chain.pan.len = 0;
	CHECK_OK(verify(&r, &chain, &v));
	chain.ssad.len = 0;
	CHECK_OK(verify(&r, &chain, &v));
}

#define BROKEN(label_, change_, code_)                                                             \
	do {                                                                                       \
		struct certificate_chain b = chain_of(&issuer, &c);                                \
		change_;                                                                           \
		CHECK_RESULT(label_, verify(&r, &b, &v), code_);                                   \
	} while (0)

KEY_TEST_BOTH(a_chain_with_a_wrong_link_is_refused)
{
	SCOPED(card_deinit) struct card c = { 0 };
	RIG(r, PRODUCT_IN_HOST);
	struct certificate issuer = certificate_in_use(&r, "visa");
	uint8_t pan[EMV_PAN] = { 0x62, 0x25, 0x88, 0x00, 0x00, 0x00, 0x00, 0x02, 0xFF, 0xFF };
	uint8_t wrong[128] = { 0 };
	struct emv_certificate other;
	struct certificate_verdict v;

	make_card(&r, &c);
	other = c.certificate;
	other.remainder[0] ^= 1;
	memcpy(wrong, c.ssad, 128);
	wrong[127] ^= 1;
	BROKEN("RID", b.rid[4] ^= 1, CA_NOT_FOUND);
	BROKEN("index", b.index ^= 1, CA_NOT_FOUND);
	BROKEN("90", b.issuer.block[9] ^= 1, EMV_CERTIFICATE);
	BROKEN("92", b.issuer.remainder[0] ^= 1, EMV_CERTIFICATE);
	BROKEN("PAN", b.pan.at = pan, EMV_CERTIFICATE);
	BROKEN(
	        "issuer's PAN",
	        {
		        pan[3] = 1;
		        b.pan.at = pan;
		        b.card = NULL;
		        b.sdad.len = 0;
	        },
	        EMV_CERTIFICATE);
	BROKEN("93", b.ssad.at = wrong, EMV_CERTIFICATE);
	BROKEN("static data", b.static_data.len--, EMV_CERTIFICATE);
	BROKEN("9F48", b.card = &other, EMV_CERTIFICATE);
	BROKEN("9F4B", b.terminal_data.len--, EMV_CERTIFICATE);
	BROKEN("no PAN", b.pan.len = 0, INVALID_BYTES);
	BROKEN("no 9F46", b.card = NULL, INVALID_BYTES);
	r.f.now = instant_of((struct civil){ 2031, 1, 1, 0, 0, 0 }, TIME_ZONE_CHINA_S);
	BROKEN("dates", (void)b, EMV_CERTIFICATE);
	r.f.now.us -= SECOND_US;
	CHECK_OK(KEY_CHANGE(&r.f, certificate_revoke(act, issuer.id)));
	BROKEN("revoked", (void)b, EMV_CERTIFICATE);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_revoke(act, r.ca_key.id)));
	BROKEN("CA key revoked", (void)b, CA_KEY_STATE);
}
