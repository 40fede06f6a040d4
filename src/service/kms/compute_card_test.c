/* SPDX-License-Identifier: Apache-2.0 */
/* Cards: authentication, commands under secure messaging, SM4 and levels. SM2 with pairs of ours.
 */
#include <stdio.h>

#include "crypto/cipher.h"
#include "crypto/sm2.h"
#include "service/kms/compute_testkit.h"

#define CARD "07:1234567890123456 "

static enum kms_status ask(struct compute_testkit *k, uint16_t op, const char *body)
{
	return compute_testkit_ask(k, op, body);
}

static const char root_hex[] = "0123456789ABCDEFFEDCBA9876543210";

/* The card's key as a card would have it. */
static struct pboc_key card_key(enum pboc_algorithm a)
{
	struct pboc_factors f = { { { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } }, 1 };
	struct pboc_key root, card = { 0 };
	uint8_t value[16];

	CHECK_OK(hex_decode(str_of(root_hex), value, 16));
	CHECK_OK(pboc_key_init(&root, a, bytes_of(value, 16)));
	CHECK_OK(pboc_diversify(&root, &f, &card));
	return card;
}

TEST(cards_and_issuer_prove_themselves)
{
	static const struct {
		const char *algorithm, *bits;
		enum pboc_algorithm a;
		enum product_place place;
	} rows[] = {
		{ "T", "112", PBOC_3DES, PRODUCT_IN_HOST },
		{ "T", "112", PBOC_3DES, PRODUCT_IN_DEVICE },
		{ "4", "128", PBOC_SM4, PRODUCT_IN_HOST },
	};
	static const uint8_t challenge[4] = { 0xA1, 0xB2, 0xC3, 0xD4 };
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pboc_key card = card_key(rows[i].a);
		uint8_t proof[PBOC_AUTH_SIZE], mac[PBOC_MAC_SIZE];
		char what[64], body[256], hex[2 * PBOC_AUTH_SIZE + 1];

		for (int usage = 28; usage <= 29; usage++) {
			snprintf(what, sizeof what, "C.P%zu.K%d %d %s %s X E 1", i, usage, usage,
			         rows[i].algorithm, rows[i].bits);
			compute_testkit_key(&k, what, root_hex, rows[i].place);
		}
		CHECK_OK(pboc_external_auth(&card, bytes_of(challenge, 4), proof));
		snprintf(body, sizeof body, "01=C.P%zu.K29.01 02:03 " CARD "09:A1B2C3D4", i);
		CHECK_STATUS("external", ask(&k, KMS_CARD_AUTH, body), KMS_OK);
		CHECK_BYTES("proof", compute_testkit_value(&k, KMS_TAG_RESULT),
		            bytes_of(proof, sizeof proof));
		CHECK_OK(pboc_mac(&card, bytes_of(challenge, 4), mac));
		hex_encode(bytes_of(mac, sizeof mac), hex);
		snprintf(body, sizeof body, "01=C.P%zu.K28.01 02:02 " CARD "04:A1B2C3D4 11:%s", i,
		         hex);
		CHECK_STATUS("internal, MAC", ask(&k, KMS_CARD_AUTH, body), KMS_OK);
		body[strlen(body) - 1] ^= 1;
		CHECK_STATUS("another", ask(&k, KMS_CARD_AUTH, body), KMS_INTEGRITY);
	}
	/* what a card enciphers: 8 bytes as they are, fewer with padding; computed from the proof,
	 * which is the same operation on 8 bytes */
	struct pboc_key card = card_key(PBOC_3DES);
	uint8_t proof[PBOC_AUTH_SIZE];
	char body[256], hex[2 * PBOC_AUTH_SIZE + 1];
	CHECK_OK(pboc_external_auth(&card, bytes_of("\xA1\xB2\xC3\xD4\x01\x02\x03\x04", 8), proof));
	hex_encode(bytes_of(proof, sizeof proof), hex);
	snprintf(body, sizeof body, "01=C.P0.K28.01 02:01 " CARD "04:A1B2C3D401020304 11:%s", hex);
	CHECK_STATUS("internal", ask(&k, KMS_CARD_AUTH, body), KMS_OK);
	CHECK_OK(pboc_external_auth(&card, bytes_of("\xA1\xB2\xC3\xD4\x80\0\0\0", 8), proof));
	hex_encode(bytes_of(proof, sizeof proof), hex);
	snprintf(body, sizeof body, "01=C.P0.K28.01 02:01 " CARD "04:A1B2C3D4 11:%s", hex);
	CHECK_STATUS("padded", ask(&k, KMS_CARD_AUTH, body), KMS_OK);
	snprintf(body, sizeof body, "01=C.P0.K28.01 02:01 " CARD "04:A1B2C3D4 11:%s00", hex);
	CHECK_STATUS("nine bytes", ask(&k, KMS_CARD_AUTH, body), KMS_BAD_DATA);
	CHECK_STATUS("challenge of 5",
	             ask(&k, KMS_CARD_AUTH, "01=C.P0.K29.01 02:03 " CARD "09:A1B2C3D400"),
	             KMS_BAD_DATA);
	CHECK_STATUS("no such way",
	             ask(&k, KMS_CARD_AUTH, "01=C.P0.K29.01 02:04 " CARD "09:A1B2C3D4"),
	             KMS_BAD_DATA);
}

TEST(commands_are_what_a_card_takes)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct pboc_key card = card_key(PBOC_3DES);
	uint8_t want[PBOC_COMMAND_MAX], mac[PBOC_MAC_SIZE];
	char body[256], hex[9];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.D.AMK 27 T 112 X E 1", root_hex, PRODUCT_IN_DEVICE);
	for (int enciphered = 0; enciphered < 2; enciphered++) {
		struct pboc_command c = { 0x04,      0xD6, 0x95, 0x00, bytes_of("\x01\x02\x03", 3),
			                  enciphered };
		struct writer w = writer_of(want, sizeof want);

		CHECK_OK(pboc_protect(&card, bytes_of("\x01\x02\x03\x04", 4), &c, &w));
		snprintf(body, sizeof body,
		         "01=C.D.AMK.01 02:%02d " CARD "09:01020304 04:04D69500010203",
		         1 + enciphered);
		CHECK_STATUS("command", ask(&k, KMS_CARD_COMMAND, body), KMS_OK);
		CHECK_BYTES("command", compute_testkit_value(&k, KMS_TAG_RESULT), writer_bytes(&w));
	}
	CHECK_STATUS("class 00",
	             ask(&k, KMS_CARD_COMMAND,
	                 "01=C.D.AMK.01 02:01 " CARD "09:01020304 04:00D69500010203"),
	             KMS_BAD_DATA);
	CHECK_STATUS(
	        "head alone: a read with MAC",
	        ask(&k, KMS_CARD_COMMAND, "01=C.D.AMK.01 02:01 " CARD "09:01020304 04:04B09500"),
	        KMS_OK);
	CHECK_I64("Lc and MAC", compute_testkit_value(&k, KMS_TAG_RESULT).len, 9);
	CHECK_STATUS("half a head",
	             ask(&k, KMS_CARD_COMMAND, "01=C.D.AMK.01 02:01 " CARD "09:01020304 04:04B095"),
	             KMS_BAD_DATA);
	CHECK_OK(
	        pboc_response_mac(&card, bytes_of("\x01\x02\x03\x04", 4), bytes_of("abc", 3), mac));
	hex_encode(bytes_of(mac, sizeof mac), hex);
	snprintf(body, sizeof body, "01=C.D.AMK.01 02:03 " CARD "09:01020304 04=abc 11:%s", hex);
	CHECK_STATUS("response", ask(&k, KMS_CARD_COMMAND, body), KMS_OK);
	snprintf(body, sizeof body, "01=C.D.AMK.01 02:03 " CARD "09:01020304 04=abd 11:%s", hex);
	CHECK_STATUS("another response", ask(&k, KMS_CARD_COMMAND, body), KMS_INTEGRITY);
}

/* The clear header of a command WRITE KEY: what stands behind the length in the enciphered block.
 */
static void header_of(struct compute_testkit *k, const struct pboc_key *control, uint8_t out[8])
{
	SCOPED(cipher_key_deinit) struct cipher_key c = { 0 };
	struct bytes command = compute_testkit_value(k, KMS_TAG_RESULT);
	uint8_t clear[64];

	REQUIRE(command.len >= 5 + 24 + 4 && command.len <= sizeof clear);
	REQUIRE_OK(cipher_key_init(&c, CIPHER_3DES, bytes_of(control->at, 16)));
	cipher_decrypt(&c, command.at + 5, 24, clear);
	memcpy(out, clear + 1, 8);
}

TEST(keys_go_into_sams_with_the_levels_that_are_left)
{
	static const struct {
		const char *name, *body;
		enum kms_status want;
		const char *header; /* usage, version, algorithm; type, use, change, and two more */
	} rows[] = {
		{ "the root", "01=C.H.DPK.01 02:01 0F=C.H.PCK.01 09:01020304", KMS_OK, "420100" },
		{ "one level below", "01=C.H.DPK.01 02:01 07:4401000000000001 0F=C.H.PCK.01 09:01020304",
		  KMS_OK, "220100" },
		{ "the last level",
		  "01=C.D.DPK.01 02:01 07:4401000000000001 " CARD "0F=C.H.PCK.01 09:01020304", KMS_OK,
		  "020100" },
		{ "a MAC key", "01=C.H.MAC.01 02:01 0F=C.H.PCK.01 09:01020304", KMS_OK, "060100" },
		{ "a card", "01=C.H.DPK.01 02:02 07:4401000000000001 " CARD "0F=C.H.PCK.01 09:01020304",
		  KMS_OK, "3EF0F00101" },
		{ "in another style",
		  "01=C.H.DPK.01 02:03 07:4401000000000001 " CARD
		  "0F=C.H.PCK.01 09:0102030405060708 10:00F1FAA544",
		  KMS_OK, "3EF1FA0100" },
		{ "a root in the device", "01=C.D.DPK.01 02:01 0F=C.H.PCK.01 09:01020304", KMS_KEY_USE,
		  NULL },
		{ "a root into a card", "01=C.H.DPK.01 02:02 0F=C.H.PCK.01 09:01020304", KMS_BAD_DATA,
		  NULL },
		{ "an issuer's key into a card",
		  "01=C.H.DPK.01 02:02 07:4401000000000001 0F=C.H.PCK.01 09:01020304", KMS_BAD_DATA, NULL },
		{ "more levels than there are",
		  "01=C.H.DPK.01 02:01 " CARD CARD CARD "0F=C.H.PCK.01 09:01020304", KMS_BAD_DATA, NULL },
		{ "factors of a MAC key", "01=C.H.MAC.01 02:01 " CARD "0F=C.H.PCK.01 09:01020304",
		  KMS_BAD_DATA, NULL },
		{ "a MAC key into a card", "01=C.H.MAC.01 02:02 0F=C.H.PCK.01 09:01020304", KMS_KEY_USE,
		  NULL },
		{ "a key that never leaves", "01=C.H.NEVER.01 02:01 " CARD "0F=C.H.PCK.01 09:01020304",
		  KMS_KEY_USE, NULL },
		{ "no control key", "01=C.H.DPK.01 02:01 0F=C.H.MAC.01 09:01020304", KMS_KEY_USE, NULL },
		{ "a control key in the device", "01=C.H.DPK.01 02:01 0F=C.D.PCK.01 09:01020304",
		  KMS_KEY_USE, NULL },
		{ "its root there, without the card", "01=C.H.DPK.01 02:01 0F=C.D.ROOT.01 09:01020304",
		  KMS_BAD_DATA, NULL },
		{ "its root there", "01=C.H.DPK.01 02:01 0F=C.D.ROOT.01 13:1234567890123456 09:01020304",
		  KMS_OK, NULL },
		{ "factors of a control key",
		  "01=C.H.DPK.01 02:01 0F=C.H.PCK.01 13:1234567890123456 09:01020304", KMS_BAD_DATA, NULL },
		{ "challenge of 5", "01=C.H.DPK.01 02:01 0F=C.H.PCK.01 09:0102030405", KMS_BAD_DATA,
		  NULL },
		{ "no such place", "01=C.H.DPK.01 02:04 0F=C.H.PCK.01 09:01020304", KMS_BAD_DATA, NULL },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct pboc_key control;
	uint8_t value[16], header[8];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.DPK 20 T 112 X E 2", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.D.DPK 20 T 112 X E 2", "", PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.H.NEVER 20 T 112 X N 2", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.MAC M3 T 112 C E 0", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.PCK 40 T 112 B E 0", root_hex, PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.D.PCK 40 T 112 B E 0", "", PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.D.ROOT 40 T 112 X E 1", "", PRODUCT_IN_DEVICE);
	CHECK_OK(hex_decode(str_of(root_hex), value, 16));
	CHECK_OK(pboc_key_init(&control, PBOC_3DES, bytes_of(value, 16)));
	EACH (row, rows) {
		CHECK_STATUS(row->name, ask(&k, KMS_PSAM_LOAD, row->body), row->want);
		if (row->want == KMS_OK)
			CHECK_STR(row->name, compute_event_names[compute_testkit_last(&k)->kind],
			          "ISSUED");
		if (!row->header)
			continue;
		header_of(&k, &control, header);
		CHECK_HEX(row->name, bytes_of(header, strlen(row->header) / 2), row->header);
	}
}

TEST(a_reloaded_pin_has_its_mac)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct pboc_key card = card_key(PBOC_3DES);
	uint8_t mac[PBOC_MAC_SIZE];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.DRPK 26 T 112 X E 1", root_hex, PRODUCT_IN_HOST);
	CHECK_OK(pboc_reload_pin_mac(&card, bytes_of("\x12\x34\x56", 3), mac));
	CHECK_STATUS("reload", ask(&k, KMS_DIVERSIFY_MAC, "01=C.H.DRPK.01 02:03 " CARD "04:123456"),
	             KMS_OK);
	CHECK_BYTES("MAC", compute_testkit_value(&k, KMS_TAG_RESULT), bytes_of(mac, sizeof mac));
}

/* The purse in SM4 and over two levels, against the functions that cards are built from. */
TEST(sm4_purses_and_two_levels_are_served)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct pboc_factors two = { { { 0x44, 0x01, 0, 0, 0, 0, 0, 1 },
		                      { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } },
		                    2 };
	struct pboc_load l = { .random = { 0xA1, 0xB2, 0xC3, 0xD4 },
		               .sequence = 7,
		               .old_balance_fen = 3000,
		               .new_balance_fen = 2000,
		               .amount_fen = 1000,
		               .type = PBOC_TYPE_UNLOAD,
		               .terminal = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 },
		               .date = 0x20261122,
		               .time = 0x123456 };
	static const char trade[] = "07:4401000000000001 07:1234567890123456 09:A1B2C3D4 0A:0007 "
	                            "0D:000003E8 0B:112233445566 0C:20261122123456";
	static const enum pboc_ses_pad pads[] = { PBOC_SES_PAD_NOT, PBOC_SES_PAD_80 };

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.T 22 T 112 X E 2", root_hex, PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.D.T 22 T 112 X E 2", root_hex, PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.H.4 22 4 128 X E 2", root_hex, PRODUCT_IN_HOST);
	static const char *const labels[] = { "C.H.T", "C.D.T", "C.H.4" };
	for (size_t i = 0; i < 6; i++) {
		const char *label = labels[i / 2];
		struct pboc_key root, card, session;
		uint8_t value[16], mac1[4], mac2[4], mac3[4];
		char body[512], one[9], three[9];

		CHECK_OK(hex_decode(str_of(root_hex), value, 16));
		CHECK_OK(pboc_key_init(&root, i / 2 == 2 ? PBOC_SM4 : PBOC_3DES,
		                       bytes_of(value, 16)));
		CHECK_OK(pboc_diversify(&root, &two, &card));
		CHECK_OK(pboc_load_session(&card, pads[i % 2], &l, &session));
		CHECK_OK(pboc_load_mac1(&session, &l, mac1));
		CHECK_OK(pboc_load_mac2(&session, &l, mac2));
		CHECK_OK(pboc_unload_mac3(&session, &l, mac3));
		hex_encode(bytes_of(mac1, 4), one);
		hex_encode(bytes_of(mac3, 4), three);
		snprintf(body, sizeof body, "01=%s.01 02:01 %s 12:00000BB8 11:%s 10:%02zu", label,
		         trade, one, i % 2);
		CHECK_STATUS(label, ask(&k, KMS_UNLOAD, body), KMS_OK);
		CHECK_BYTES(label, compute_testkit_value(&k, KMS_TAG_RESULT), bytes_of(mac2, 4));
		snprintf(body, sizeof body, "01=%s.01 02:02 %s 12:000007D0 11:%s 10:%02zu", label,
		         trade, three, i % 2);
		CHECK_STATUS(label, ask(&k, KMS_UNLOAD, body), KMS_OK);
		snprintf(body, sizeof body, "01=%s.01 02:02 %s 12:000007D1 11:%s 10:%02zu", label,
		         trade, three, i % 2);
		CHECK_STATUS(label, ask(&k, KMS_UNLOAD, body), KMS_INTEGRITY);
		snprintf(body, sizeof body,
		         "01=%s.01 02:01 07:1234567890123456 09:A1B2C3D4 0A:0007 0D:000003E8 "
		         "0B:112233445566 0C:20261122123456 12:00000BB8 11:%s",
		         label, one);
		CHECK_STATUS("one level of two", ask(&k, KMS_UNLOAD, body), KMS_BAD_DATA);
		snprintf(body, sizeof body, "01=%s.01 02:01 %s 12:00000BB8 11:%s 0E:02", label,
		         trade, one);
		CHECK_STATUS("type of a load", ask(&k, KMS_UNLOAD, body), KMS_BAD_DATA);
		snprintf(body, sizeof body, "01=%s.01 02:01 %s 12:00000BB8 11:%s 10:02", label,
		         trade, one);
		CHECK_STATUS("padding 2", ask(&k, KMS_UNLOAD, body), KMS_BAD_DATA);
	}
}

TEST(tacs_of_sm4_and_of_two_levels_are_verified_in_batches)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct pboc_factors upper = { { { 0x44, 0x01, 0, 0, 0, 0, 0, 1 } }, 1 };
	static const char *const labels[] = { "C.H.T", "C.D.T", "C.H.4" };
	struct pboc_key root, issuer;
	uint8_t value[16];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.T 23 T 112 X E 2", root_hex, PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.D.T 23 T 112 X E 2", root_hex, PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.H.4 23 4 128 X E 2", root_hex, PRODUCT_IN_HOST);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		struct writer w = writer_of(k.request + KMS_HEAD, KMS_BODY_MAX);
		char head[96];

		CHECK_OK(hex_decode(str_of(root_hex), value, 16));
		CHECK_OK(pboc_key_init(&root, i == 2 ? PBOC_SM4 : PBOC_3DES, bytes_of(value, 16)));
		CHECK_OK(pboc_diversify(&root, &upper, &issuer));
		snprintf(head, sizeof head, "01=%s.00 02:01 07:4401000000000001", labels[i]);
		compute_testkit_put(&w, head);
		for (uint32_t n = 0; n < KMS_BATCH_MAX; n++) {
			struct pboc_purchase p = { .terminal_serial = n,
				                   .amount_fen = n * 100,
				                   .type = PBOC_TYPE_PURCHASE,
				                   .date = 0x20261122,
				                   .time = 0x123456 };
			struct pboc_factors factor = { .count = 1 };
			struct pboc_key card;
			uint8_t item[8 + 22 + 4], data[PBOC_TAC_DATA_MAX];

			store_be32(factor.at[0] + 4, n * 7);
			CHECK_OK(pboc_diversify(&issuer, &factor, &card));
			memcpy(item, factor.at[0], 8);
			CHECK_I64("data", pboc_purchase_tac_data(&p, data), 22);
			memcpy(item + 8, data, 22);
			CHECK_OK(pboc_purchase_tac(&card, &p, item + 30));
			item[33] ^= n % 100 == 99; /* ten of them are wrong */
			kms_put(&w, KMS_TAG_DATA, bytes_of(item, sizeof item));
		}
		REQUIRE(!w.bad);
		CHECK_STATUS(labels[i], compute_testkit_send(&k, KMS_TAC_VERIFY, writer_bytes(&w)),
		             KMS_INTEGRITY);
		struct bytes bits = compute_testkit_value(&k, KMS_TAG_RESULT);
		REQUIRE(bits.len == 125);
		for (size_t n = 0; n < KMS_BATCH_MAX; n++)
			if ((bits.at[n / 8] >> (7 - n % 8) & 1) != (n % 100 != 99))
				CHECK_I64(labels[i], n, -1);
		CHECK_I64("no upper factor",
		          ask(&k, KMS_TAC_VERIFY,
		              "01=C.H.T.01 02:01 "
		              "04:1234567890123456000003E8061122334455660000012320261122123456"
		              "00000000"),
		          KMS_BAD_DATA);
	}
	struct writer w = writer_of(k.request + KMS_HEAD, KMS_BODY_MAX);
	static const uint8_t nothing[34];
	compute_testkit_put(&w, "01=C.H.T.01 02:01 07:4401000000000001");
	for (int n = 0; n <= KMS_BATCH_MAX; n++)
		kms_put(&w, KMS_TAG_DATA, bytes_of(nothing, sizeof nothing));
	CHECK_STATUS("1,001", compute_testkit_send(&k, KMS_TAC_VERIFY, writer_bytes(&w)),
	             KMS_BAD_DATA);
}

TEST(sm2_pairs_sign_verify_and_open)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	SCOPED(sm2_key_deinit) struct sm2_key public = { 0 };
	struct sm2_sealed sealed;
	uint8_t raw[SM2_RAW_SIGNATURE], der[SM2_SEALED_MAX];
	char body[2400], hex[2 * SM2_SEALED_MAX + 1];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.SIGN S0 2 256 S E 0", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.OPEN S2 2 256 B E 0", "", PRODUCT_IN_HOST);
	for (int as_der = 0; as_der < 2; as_der++) {
		snprintf(body, sizeof body, "01=C.H.SIGN.00 04=hello 10:%02d", as_der);
		CHECK_STATUS("sign", ask(&k, KMS_SM2_SIGN, body), KMS_OK);
		struct bytes got = compute_testkit_value(&k, KMS_TAG_RESULT);
		hex_encode(got, hex);
		if (as_der)
			CHECK_OK(sm2_signature_from_der(got, raw));
		else
			CHECK_I64("r and s", got.len, SM2_RAW_SIGNATURE);
		snprintf(body, sizeof body, "01=C.H.SIGN.00 04=hello 10:%02d 11:%s", as_der, hex);
		CHECK_STATUS("verify", ask(&k, KMS_SM2_VERIFY, body), KMS_OK);
		snprintf(body, sizeof body, "01=C.H.SIGN.00 04=hallo 10:%02d 11:%s", as_der, hex);
		CHECK_STATUS("another text", ask(&k, KMS_SM2_VERIFY, body), KMS_INTEGRITY);
		snprintf(body, sizeof body, "01=C.H.SIGN.00 16=other 04=hello 10:%02d 11:%s",
		         as_der, hex);
		CHECK_STATUS("another id", ask(&k, KMS_SM2_VERIFY, body), KMS_INTEGRITY);
	}
	CHECK_STATUS("key", ask(&k, KMS_KEY_INFO, "01=C.H.OPEN.00"), KMS_OK);
	struct bytes point = compute_testkit_value(&k, KMS_TAG_PUBLIC);
	REQUIRE(point.len == 64);
	CHECK_OK(sm2_key_from_public(&public, point.at, point.at + 32));
	CHECK_OK(sm2_seal(&public, bytes_of("secret", 6), &sealed));
	struct writer w = writer_of(der, sizeof der);
	CHECK_OK(sm2_sealed_to_der(&sealed, &w));
	hex_encode(writer_bytes(&w), hex);
	snprintf(body, sizeof body, "01=C.H.OPEN.00 10:01 04:%s", hex);
	CHECK_STATUS("DER", ask(&k, KMS_SM2_DECRYPT, body), KMS_OK);
	CHECK_BYTES("text", compute_testkit_value(&k, KMS_TAG_RESULT), bytes_of("secret", 6));
	w = writer_of(der, sizeof der);
	writer_u8(&w, 4);
	writer_put(&w, bytes_of(sealed.x, 32));
	writer_put(&w, bytes_of(sealed.y, 32));
	writer_put(&w, bytes_of(sealed.hash, 32));
	writer_put(&w, bytes_of(sealed.text, sealed.len));
	hex_encode(writer_bytes(&w), hex);
	snprintf(body, sizeof body, "01=C.H.OPEN.00 04:%s", hex);
	CHECK_STATUS("C1 C3 C2", ask(&k, KMS_SM2_DECRYPT, body), KMS_OK);
	CHECK_BYTES("text", compute_testkit_value(&k, KMS_TAG_RESULT), bytes_of("secret", 6));
	hex[140] = hex[140] == '0' ? '1' : '0';
	snprintf(body, sizeof body, "01=C.H.OPEN.00 04:%s", hex);
	CHECK_STATUS("a bit", ask(&k, KMS_SM2_DECRYPT, body), KMS_INTEGRITY);
	CHECK_I64("nothing", k.got.count, 0);
	hex[1] = '3';
	snprintf(body, sizeof body, "01=C.H.OPEN.00 04:%s", hex);
	CHECK_STATUS("no point", ask(&k, KMS_SM2_DECRYPT, body), KMS_INTEGRITY);
	snprintf(body, sizeof body, "01=C.H.SIGN.00 04:%s", hex);
	CHECK_STATUS("not of usage S0", ask(&k, KMS_SM2_DECRYPT, body), KMS_KEY_USE);
	CHECK_STATUS("a pair that decrypts does not sign",
	             ask(&k, KMS_SM2_SIGN, "01=C.H.OPEN.00 04=hello"), KMS_KEY_USE);
}
