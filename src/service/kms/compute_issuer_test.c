/* SPDX-License-Identifier: Apache-2.0 */
/* Cards signed under a certificate that is in use, and the chain back: TV-46 to TV-48 through
 * messages. */
#include <stdio.h>

#include "domain/keys/certificate_testkit.h"
#include "service/kms/compute_testkit.h"

#define EMV CERTIFICATE_VECTORS

struct desk {
	struct certificate_rig rig;
	struct certificate certificate;
	struct compute_testkit k;
	struct rsa_key icc;
	uint8_t elements[1024]; /* what the card shows, in BER-TLV */
	size_t len;
};

static bool desk_open(struct desk *d, enum product_place place)
{
	memset(d, 0, sizeof *d);
	if (!certificate_rig_open(&d->rig, DB_SQLITE, place))
		return false;
	d->certificate = certificate_in_use(&d->rig, "visa");
	CHECK_OK(rsa_key_from_primes(&d->icc, vector(EMV, "icc-p"), vector(EMV, "icc-q"), 3));
	return compute_testkit_attach(&d->k, &d->rig.f);
}

static void desk_close(struct desk *d)
{
	compute_testkit_close(&d->k);
	rsa_key_deinit(&d->icc);
	certificate_rig_close(&d->rig);
}

static const char *hex_of(struct bytes b)
{
	static char text[4][4200];
	static size_t next;
	char *out = text[next++ % 4];

	hex_encode(b, out);
	return out;
}

static bool begins_and_ends(struct bytes b, const char *begins, const char *ends)
{
	struct bytes first = vector(EMV, begins), last = vector(EMV, ends);

	return b.len > first.len + last.len && memcmp(b.at, first.at, first.len) == 0 &&
	       memcmp(b.at + b.len - last.len, last.at, last.len) == 0;
}

/* --- what a card shows --- */

static void put_element(struct writer *w, const char *tag, struct bytes value)
{
	uint8_t at[2];

	CHECK_OK(hex_decode(str_of(tag), at, strlen(tag) / 2));
	writer_put(w, bytes_of(at, strlen(tag) / 2));
	if (value.len > 0x7F)
		writer_u8(w, 0x81);
	writer_u8(w, (uint8_t)value.len);
	writer_put(w, value);
}

static enum kms_status ask_icc(struct desk *d, const char *pan, const char *expiry)
{
	char body[1024];

	snprintf(body, sizeof body,
	         "01=CAMPUS01.EMV.IPK.00 08:%s 0C:%s 0A:000001 17:%s 18:03 04:%s", pan, expiry,
	         hex_of(rsa_key_modulus(&d->icc)), hex_of(vector(EMV, "static-data")));
	return compute_testkit_ask(&d->k, KMS_ICC_CERTIFICATE, body);
}

static enum kms_status ask_sda(struct desk *d, const char *more)
{
	char body[512];

	snprintf(body, sizeof body, "01=CAMPUS01.EMV.IPK.01 1A:DAC1 04:%s%s",
	         hex_of(vector(EMV, "static-data")), more);
	return compute_testkit_ask(&d->k, KMS_SDA_SIGN, body);
}

/* The issuer's certificate is the known one; the rest is what the service answers. */
static void make_card(struct desk *d)
{
	struct writer w = writer_of(d->elements, sizeof d->elements);
	static const uint8_t three = 3;
	struct emv_rsa_signer signer;
	uint8_t dynamic[EMV_KEY_MAX];

	put_element(&w, "90", vector(EMV, "issuer-90"));
	put_element(&w, "92", vector(EMV, "issuer-92"));
	put_element(&w, "9F32", bytes_of(&three, 1));
	CHECK_STATUS("TV-46", ask_sda(d, " 08:6225880000000001FFFF"), KMS_OK);
	put_element(&w, "93", compute_testkit_value(&d->k, KMS_TAG_RESULT));
	CHECK_STATUS("TV-47", ask_icc(d, "6225880000000001FFFF", "1230"), KMS_OK);
	put_element(&w, "9F46", compute_testkit_value(&d->k, KMS_TAG_RESULT));
	put_element(&w, "9F48", compute_testkit_value(&d->k, KMS_TAG_REMAINDER));
	put_element(&w, "9F47", bytes_of(&three, 1));
	emv_rsa_signer_init(&signer, &d->icc);
	CHECK_OK(emv_dda_make(&signer.signer, bytes_of("\x03\x01\x02\x03", 4),
	                      bytes_of("\x12\x34\x56\x78", 4), dynamic));
	CHECK(begins_and_ends(bytes_of(dynamic, d->icc.size), "dda-begins", "dda-ends"));
	put_element(&w, "9F4B", bytes_of(dynamic, d->icc.size));
	CHECK(!w.bad);
	d->len = w.len;
}

static enum kms_status verify(struct desk *d, const char *more, const char *terminal)
{
	struct writer w = writer_of(d->k.request + KMS_HEAD, KMS_BODY_MAX);
	char number[32];

	compute_testkit_put(&w, more);
	kms_put(&w, KMS_TAG_DATA, bytes_of(d->elements, d->len));
	kms_put(&w, KMS_TAG_DATA, vector(EMV, "static-data"));
	snprintf(number, sizeof number, "04:%s", terminal);
	compute_testkit_put(&w, number);
	return compute_testkit_send(&d->k, KMS_CHAIN_VERIFY, writer_bytes(&w));
}

#define CA   "1A:A000000999F1 "
#define CARD "08:6225880000000001FFFF"

TEST(cards_are_signed_and_verified_as_in_the_vectors)
{
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(desk_close) struct desk d;
		struct compute_testkit *k = &d.k;

		REQUIRE(desk_open(&d, (enum product_place)place));
		CHECK_STATUS("TV-46", ask_sda(&d, ""), KMS_OK);
		CHECK_BYTES("TV-46", compute_testkit_value(k, KMS_TAG_RESULT), vector(EMV, "sda"));
		CHECK_STATUS("TV-47", ask_icc(&d, "6225880000000001FFFF", "1230"), KMS_OK);
		CHECK(begins_and_ends(compute_testkit_value(k, KMS_TAG_RESULT), "icc-9F46-begins",
		                      "icc-9F46-ends"));
		CHECK_BYTES("TV-47", compute_testkit_value(k, KMS_TAG_REMAINDER),
		            vector(EMV, "icc-9F48"));
		CHECK_HEX("9F47", compute_testkit_value(k, KMS_TAG_EXPONENT), "03");
		make_card(&d);
		CHECK_STATUS("chain", verify(&d, CA CARD, "12345678"), KMS_OK);
		CHECK_HEX("all four", compute_testkit_value(k, KMS_TAG_RESULT), "0F");
		CHECK_HEX("code", compute_testkit_value(k, KMS_TAG_CODE), "DAC1");
		CHECK_HEX("TV-48", compute_testkit_value(k, KMS_TAG_RANDOM), "010203");
	}
}

TEST(a_chain_with_a_wrong_link_does_not_hold)
{
	SCOPED(desk_close) struct desk d;

	REQUIRE(desk_open(&d, PRODUCT_IN_HOST));
	make_card(&d);
	CHECK_STATUS("all", verify(&d, CA CARD, "12345678"), KMS_OK);
	CHECK_STATUS("number", verify(&d, CA CARD, "12345679"), KMS_INTEGRITY);
	CHECK_STR("told", compute_event_names[compute_testkit_last(&d.k)->kind], "WRONG");
	CHECK_STATUS("another card", verify(&d, CA "08:6225880000000002FFFF", "12345678"),
	             KMS_INTEGRITY);
	CHECK_STATUS("another issuer's", verify(&d, CA "08:6225870000000001FFFF", "12345678"),
	             KMS_INTEGRITY);
	CHECK_STATUS("no card number", verify(&d, CA, "12345678"), KMS_BAD_DATA);
	CHECK_STATUS("no such authority", verify(&d, "1A:A000000998F1 " CARD, "12345678"),
	             KMS_NO_KEY);
	CHECK_STATUS("no such key", verify(&d, "1A:A000000999F2 " CARD, "12345678"), KMS_NO_KEY);
	d.k.f.now.us += INT64_C(5) * 366 * 86400 * SECOND_US;
	enum kms_status later = verify(&d, CA CARD, "12345678");
	CHECK(later == KMS_INTEGRITY || later == KMS_KEY_STATE);
	d.k.f.now.us -= INT64_C(5) * 366 * 86400 * SECOND_US;
	d.elements[20] ^= 1;
	CHECK_STATUS("a bit of 90", verify(&d, CA CARD, "12345678"), KMS_INTEGRITY);
	d.elements[20] ^= 1;
	d.len = 200;
	CHECK_STATUS("cut", verify(&d, CA CARD, "12345678"), KMS_BAD_DATA);
	d.elements[0] = 0x91;
	d.len = 3;
	CHECK_STATUS("no 90", verify(&d, CA CARD, "12345678"), KMS_BAD_DATA);
}

TEST(only_a_key_with_a_certificate_signs_and_only_the_issuers_cards)
{
	SCOPED(desk_close) struct desk d;

	REQUIRE(desk_open(&d, PRODUCT_IN_HOST));
	CHECK_STATUS("the issuer's", ask_icc(&d, "6225880000000001FFFF", "1230"), KMS_OK);
	CHECK_STATUS("another issuer's", ask_icc(&d, "6225890000000001FFFF", "1230"),
	             KMS_KEY_STATE);
	CHECK_STATUS("outlives the certificate", ask_icc(&d, "6225880000000001FFFF", "0131"),
	             KMS_BAD_DATA);
	CHECK_STATUS("has expired", ask_icc(&d, "6225880000000001FFFF", "1025"), KMS_BAD_DATA);
	CHECK_STATUS("month 13", ask_icc(&d, "6225880000000001FFFF", "1330"), KMS_BAD_DATA);
	CHECK_STATUS("no number", ask_icc(&d, "62258800000000FF01FF", "1230"), KMS_BAD_DATA);
	CHECK_STATUS("another issuer's data", ask_sda(&d, " 08:6225890000000001FFFF"),
	             KMS_KEY_STATE);
	CHECK_OK(KEY_CHANGE(&d.rig.f, certificate_revoke(act, d.certificate.id)));
	CHECK_STATUS("revoked", ask_sda(&d, ""), KMS_KEY_STATE);
	CHECK_I64("nothing out", d.k.got.count, 0);
}
