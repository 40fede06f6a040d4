/* SPDX-License-Identifier: Apache-2.0 */
/* Keys go out only as their headers say, under what is strong enough, and never in clear. */
#include <stdio.h>

#include "crypto/cipher.h"
#include "service/kms/compute_testkit.h"

#define CARD "07:1234567890123456 "

static const char aes_kek[] = "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6";
static const char tdes_kek[] = "89E88CF7931444F334BD7547FC3F380C"; /* TV-B7 */
static const char sm4_kek[] = "00112233445566778899AABBCCDDEEFF";

static enum kms_status ask(struct compute_testkit *k, uint16_t op, const char *body)
{
	return compute_testkit_ask(k, op, body);
}

static void make(struct compute_testkit *k, const char *what, const char *hex)
{
	compute_testkit_key(k, what, hex, PRODUCT_IN_HOST);
}

/* Open the block of the answer under a KEK. */
static result open_block(struct bytes text, char version, const char *kek, struct keyblock *parsed,
                         uint8_t *out, size_t *len)
{
	SCOPED(keyblock_protector_close) struct keyblock_loaded *p = NULL;
	struct str block = { (const char *)text.at, text.len };
	uint8_t value[32];

	TRY(hex_decode(str_of(kek), value, strlen(kek) / 2));
	TRY(keyblock_protector_open(version, bytes_of(value, strlen(kek) / 2), &p));
	TRY(keyblock_parse(block, parsed));
	return keyblock_open(keyblock_protector_of(p), block, parsed, out, len);
}

TEST(blocks_go_out_under_keks_of_their_kind)
{
	static const struct {
		const char *name, *kek, *value, *root, *form;
		char version, algorithm;
		const char *usage, *mode;
	} rows[] = {
		{ "D", "KD", aes_kek, "DPK", "D", 'D', 'T', "20", "X" },
		{ "D, the KEK in the device", "DD", aes_kek, "DPK", "D", 'D', 'T', "20", "X" },
		{ "B, the KEK in the device", "DB", tdes_kek, "DPK", "B", 'B', 'T', "20", "X" },
		{ "B", "KB", tdes_kek, "DPK", "B", 'B', 'T', "20", "X" },
		{ "4", "K4", sm4_kek, "DPK", "4", '4', 'T', "20", "X" },
		{ "SM4 under AES", "KD", aes_kek, "SM4", "D", 'D', '4', "20", "X" },
		{ "SM4 under SM4", "K4", sm4_kek, "SM4", "4", '4', '4', "20", "X" },
		{ "codes of X9.143", "KD", aes_kek, "DPK", "DS", 'D', 'T', "B3", "X" },
		{ "with another mode", "KD", aes_kek, "TMK", "DS", 'D', 'T', "K0", "B" },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make(&k, "C.X.KD K1 A 256 B E 0", aes_kek);
	make(&k, "C.X.KB K0 T 112 B E 0", tdes_kek);
	make(&k, "C.X.K4 K1 4 128 E E 0", sm4_kek);
	compute_testkit_key(&k, "C.D.DD K1 A 256 B E 0", aes_kek, PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.D.DB K0 T 112 B E 0", tdes_kek, PRODUCT_IN_DEVICE);
	make(&k, "C.H.DPK 20 T 112 X E 2", "");
	make(&k, "C.H.SM4 20 4 128 X E 1", "");
	make(&k, "C.H.TMK 50 T 112 X E 1", "");
	EACH (row, rows) {
		uint8_t value[KEYBLOCK_KEY_MAX];
		struct keyblock parsed;
		struct str option;
		char body[256];
		size_t len = 0;

		snprintf(body, sizeof body, "01=C.H.%s.00 " CARD "0F=C.%c.%s.00 10=%s", row->root,
		         row->kek[0] == 'D' ? 'D' : 'X', row->kek, row->form);
		CHECK_STATUS(row->name, ask(&k, KMS_DIVERSIFY_WRAP, body), KMS_OK);
		REQUIRE_OK(open_block(compute_testkit_value(&k, KMS_TAG_RESULT), row->version,
		                      row->value, &parsed, value, &len));
		CHECK_I64(row->name, len, 16);
		CHECK_STR(row->name, parsed.header.usage, row->usage);
		CHECK_I64(row->name, parsed.header.mode, row->mode[0]);
		CHECK_I64(row->name, parsed.header.algorithm, row->algorithm);
		CHECK_I64(row->name, parsed.header.exportability, 'E');
		CHECK_I64(row->name, parsed.header.context, '2');
		CHECK_STR(row->name, parsed.header.key_version, "01");
		CHECK(keyblock_option_find(&parsed.header, "KP", &option) && option.len == 12);
		CHECK(keyblock_option_find(&parsed.header, "KC", &option));
		CHECK(keyblock_option_find(&parsed.header, "LB", &option));
		CHECK(keyblock_option_find(&parsed.header, "90", &option));
		if (strcmp(row->root, "DPK") == 0)
			CHECK(str_equal(option, STR("KI=01;KV=01;LV=1")));
	}
	CHECK_STR("told", compute_event_names[compute_testkit_last(&k)->kind], "ISSUED");
}

TEST(what_may_not_go_out_does_not)
{
	static const struct {
		const char *name, *body;
		enum kms_status want;
	} rows[] = {
		{ "good", "01=C.H.E.01 " CARD "0F=C.X.KD.01 10=D", KMS_OK },
		{ "not exportable", "01=C.H.N.01 " CARD "0F=C.X.KD.01 10=D", KMS_KEY_USE },
		{ "trusted blocks only", "01=C.H.E.01 " CARD "0F=C.X.KS.01 10=0", KMS_KEY_USE },
		{ "bare", "01=C.H.S.01 " CARD "0F=C.X.KS.01 10=0", KMS_OK },
		{ "the KEK is not for bare keys", "01=C.H.S.01 " CARD "0F=C.X.KD.01 10=0",
		  KMS_KEY_USE },
		{ "SM4 under TDES", "01=C.H.SM4.01 " CARD "0F=C.X.KB.01 10=B", KMS_KEY_USE },
		{ "AES-256 under AES-128", "01=C.H.A.01 " CARD "0F=C.X.KA.01 10=D 16=KMS-DIV-A 1B:0020",
		  KMS_KEY_USE },
		{ "AES-256 under AES-256", "01=C.H.A.01 " CARD "0F=C.X.KD.01 10=D 16=KMS-DIV-A 1B:0020",
		  KMS_OK },
		{ "AES-128 under AES-128", "01=C.H.A.01 " CARD "0F=C.X.KA.01 10=D 16=KMS-DIV-A",
		  KMS_OK },
		{ "D under TDES", "01=C.H.E.01 " CARD "0F=C.X.KB.01 10=D", KMS_KEY_USE },
		{ "B under AES", "01=C.H.E.01 " CARD "0F=C.X.KD.01 10=B", KMS_KEY_USE },
		{ "a KEK that only opens", "01=C.H.E.01 " CARD "0F=C.X.KO.01 10=D", KMS_KEY_USE },
		{ "a KEK in the device", "01=C.H.E.01 " CARD "0F=C.D.KD.01 10=D", KMS_OK },
		{ "bare under it", "01=C.H.S.01 " CARD "0F=C.D.KD.01 10=0", KMS_OK },
		{ "no such form", "01=C.H.E.01 " CARD "0F=C.X.KD.01 10=3", KMS_BAD_DATA },
		{ "no such style", "01=C.H.E.01 " CARD "0F=C.X.KD.01 10=DX", KMS_BAD_DATA },
		{ "the root itself", "01=C.H.E.01 0F=C.X.KD.01 10=D", KMS_BAD_DATA },
		{ "more levels than it has", "01=C.H.E.01 " CARD CARD "0F=C.X.KD.01 10=D",
		  KMS_BAD_DATA },
		{ "a factor of 7 bytes", "01=C.H.E.01 07:12345678901234 0F=C.X.KD.01 10=D",
		  KMS_BAD_DATA },
		{ "no name", "01=C.H.A.01 " CARD "0F=C.X.KD.01 10=D", KMS_BAD_DATA },
		{ "another name", "01=C.H.A.01 " CARD "0F=C.X.KD.01 10=D 16=OC1:MAC", KMS_BAD_DATA },
		{ "prefix alone", "01=C.H.A.01 " CARD "0F=C.X.KD.01 10=D 16=KMS-DIV-", KMS_BAD_DATA },
		{ "not printable", "01=C.H.A.01 " CARD "0F=C.X.KD.01 10=D 16:4B4D532D4449562D00",
		  KMS_BAD_DATA },
		{ "a name where there is none", "01=C.H.E.01 " CARD "0F=C.X.KD.01 10=D 16=KMS-DIV-A",
		  KMS_BAD_DATA },
		{ "24 bytes", "01=C.H.A.01 " CARD "0F=C.X.KD.01 10=D 16=KMS-DIV-A 1B:0018",
		  KMS_BAD_DATA },
		{ "factors of a KEK that has none",
		  "01=C.H.E.01 " CARD "0F=C.X.KD.01 10=D 13:1234567890123456", KMS_BAD_DATA },
		{ "a block under a card's key", "01=C.H.E.01 " CARD "0F=C.X.CCK.01 10=D "
		  "13:1234567890123456", KMS_BAD_DATA },
		{ "a card's key without the card", "01=C.H.S.01 " CARD "0F=C.X.CCK.01 10=0",
		  KMS_BAD_DATA },
		{ "under a card's key", "01=C.H.S.01 " CARD "0F=C.X.CCK.01 10=0 13:1234567890123456",
		  KMS_OK },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make(&k, "C.X.KD K1 A 256 B E 0", aes_kek);
	make(&k, "C.X.KA K1 A 128 B E 0", "");
	make(&k, "C.X.KB K1 T 112 B E 0", tdes_kek);
	make(&k, "C.X.KS K0 A 256 B S 0", "");
	make(&k, "C.X.KO K1 A 256 D E 0", "");
	make(&k, "C.X.CCK 30 T 112 X E 1", "");
	compute_testkit_key(&k, "C.D.KD K0 A 256 B S 0", "", PRODUCT_IN_DEVICE);
	make(&k, "C.H.E 20 T 112 X E 1", "");
	make(&k, "C.H.S 20 T 112 X S 1", "");
	make(&k, "C.H.N 20 T 112 X N 1", "");
	make(&k, "C.H.SM4 20 4 128 X E 1", "");
	make(&k, "C.H.A 33 A 256 X E 1", "");
	EACH (row, rows) {
		CHECK_STATUS(row->name, ask(&k, KMS_DIVERSIFY_WRAP, row->body), row->want);
		CHECK_STR(row->name, compute_event_names[compute_testkit_last(&k)->kind],
		          row->want == KMS_OK         ? "ISSUED"
		          : row->want == KMS_BAD_DATA ? "BAD"
		                                      : "DENIED");
	}
}

/* A card's set, bare under its own control key, as a card takes it. */
TEST(a_cards_keys_come_together_and_each_is_told)
{
	static const char *const roots[] = { "DPK", "DLK", "DTK" };
	static const char *const want[] = {
		/* TV-18 and its neighbours in TV-23 to TV-25 */
		"C48FE04F44E54AF57CA5A7ADF1552CE1",
		"A15CD38F4C83E23DEA3D4723924E8641",
		"F46F2CC6D31FC37B578DAD8C81C00577",
	};
	static const char control[] = "0123456789ABCDEFFEDCBA9876543210";
	SCOPED(compute_testkit_close) struct compute_testkit k;
	SCOPED(cipher_key_deinit) struct cipher_key card_key = { 0 };
	struct pboc_key root, card;
	struct pboc_factors factor = { { { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56 } }, 1 };
	uint8_t value[16];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make(&k, "C.H.DPK 20 T 112 X S 1", "11111111111111112222222222222222");
	make(&k, "C.H.DLK 21 T 112 X S 1", "55555555555555556666666666666666");
	compute_testkit_key(&k, "C.D.DTK 23 T 112 X S 1", "33333333333333334444444444444444",
	                    PRODUCT_IN_DEVICE);
	make(&k, "C.H.CCK 30 T 112 X E 1", control);
	compute_testkit_forget(&k);
	REQUIRE(ask(&k, KMS_CARD_KEYS,
	            "01=C.H.DPK.00 01=C.H.DLK.01 01=C.D.DTK.00 " CARD
	            "0F=C.H.CCK.00 13:1234567890123456 10=0") == KMS_OK);
	CHECK_OK(hex_decode(str_of(control), value, 16));
	CHECK_OK(pboc_key_init(&root, PBOC_3DES, bytes_of(value, 16)));
	CHECK_OK(pboc_diversify(&root, &factor, &card));
	REQUIRE_OK(cipher_key_init(&card_key, CIPHER_3DES, bytes_of(card.at, 16)));
	struct kms_values sealed = kms_values_of(&k.got, KMS_TAG_RESULT);
	struct bytes one;
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		REQUIRE(kms_values_next(&sealed, &one) && one.len == 16);
		cipher_decrypt(&card_key, one.at, 16, value);
		CHECK_HEX(roots[i], bytes_of(value, 16), want[i]);
		CHECK_STR(roots[i], compute_event_names[k.told[i].kind], "ISSUED");
		CHECK(strstr(k.told[i].label, roots[i]) != NULL);
		CHECK(strstr(k.told[i].detail, "card=1234567890123456 kek=C.H.CCK.01 form=0"));
	}
	CHECK_I64("three labels", kms_count(&k.got, KMS_TAG_LABEL), 3);
	CHECK_I64("three check values", kms_count(&k.got, KMS_TAG_KCV), 3);
	CHECK_I64("three events", k.told_count, 3);
	CHECK_I64("three paid", key_client_meter_used(&k.meter, k.f.now), 3);
	/* one that may not go takes the others with it */
	make(&k, "C.H.DULK 22 T 112 X N 1", "");
	compute_testkit_forget(&k);
	CHECK_STATUS("one of three",
	             ask(&k, KMS_CARD_KEYS,
	                 "01=C.H.DPK.00 01=C.H.DLK.01 01=C.H.DULK.00 " CARD
	                 "0F=C.H.CCK.00 13:1234567890123456 10=0"),
	             KMS_KEY_USE);
	CHECK_I64("nothing out", k.got.count, 0);
	CHECK_I64("told as refused, none as issued", k.told_count, 1);
	char body[1024] = "0F=C.H.CCK.00 13:1234567890123456 10=0 " CARD;
	for (int i = 0; i < COMPUTE_KEYS_MAX; i++)
		strncat(body, "01=C.H.DPK.00 ", sizeof body - strlen(body) - 1);
	CHECK_STATUS("32", ask(&k, KMS_CARD_KEYS, body), KMS_OK);
	strncat(body, "01=C.H.DPK.00 ", sizeof body - strlen(body) - 1);
	CHECK_STATUS("33", ask(&k, KMS_CARD_KEYS, body), KMS_BAD_DATA);
}

TEST(random_keys_go_out_in_blocks_and_are_new_each_time)
{
	static const struct {
		const char *name, *use;
		size_t len;
		enum kms_status want;
	} rows[] = {
		{ "MAC of AES-128", "4D3641430080", 16, KMS_OK },
		{ "data under TDES", "443054420070", 16, KMS_OK },
		{ "data under SM4", "443034420080", 16, KMS_OK },
		{ "HMAC of 256 bits", "4D3748430100", 32, KMS_OK },
		{ "data under AES-192", "4430414200C0", 24, KMS_OK },
		{ "a root", "323054580070", 0, KMS_KEY_USE },
		{ "a KEK", "4B3141420100", 0, KMS_KEY_USE },
		{ "a mode that the usage has not", "443041430080", 0, KMS_KEY_USE },
		{ "129 bits", "443041420081", 0, KMS_BAD_DATA },
		{ "no usage", "000041420080", 0, KMS_KEY_USE },
		{ "no algorithm", "443000420080", 0, KMS_KEY_USE },
		{ "an RSA pair, which nobody makes here", "533052530400", 0, KMS_KEY_USE },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make(&k, "C.X.KD K1 A 256 B S 0", aes_kek);
	EACH (row, rows) {
		uint8_t first[KEYBLOCK_KEY_MAX], second[KEYBLOCK_KEY_MAX];
		struct keyblock parsed;
		char body[128];
		size_t len = 0;

		snprintf(body, sizeof body, "0F=C.X.KD.00 10=D 1E:%s", row->use);
		CHECK_STATUS(row->name, ask(&k, KMS_RANDOM_KEY, body), row->want);
		if (row->want != KMS_OK)
			continue;
		CHECK_OK(open_block(compute_testkit_value(&k, KMS_TAG_RESULT), 'D', aes_kek,
		                    &parsed, first, &len));
		CHECK_I64(row->name, len, row->len);
		CHECK_I64(row->name, parsed.header.exportability, 'E');
		CHECK_STR("told", compute_event_names[compute_testkit_last(&k)->kind], "ISSUED");
		CHECK_STATUS(row->name, ask(&k, KMS_RANDOM_KEY, body), KMS_OK);
		CHECK_OK(open_block(compute_testkit_value(&k, KMS_TAG_RESULT), 'D', aes_kek,
		                    &parsed, second, &len));
		CHECK(memcmp(first, second, len) != 0);
	}
	CHECK_STATUS("bare", ask(&k, KMS_RANDOM_KEY, "0F=C.X.KD.00 10=0 1E:4D3641430080"),
	             KMS_KEY_USE);
}

TEST(data_go_from_key_to_key_and_counters_are_ours)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	static const char clear[] = "00112233445566778899AABBCCDDEEFF";
	char body[512], iv[33], cipher[33];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make(&k, "C.H.ONE D0 A 128 B E 0", "");
	make(&k, "C.H.TWO D0 T 112 B E 0", "");
	compute_testkit_key(&k, "C.D.CTR D0 A 256 B E 0", "", PRODUCT_IN_DEVICE);
	snprintf(body, sizeof body, "01=C.H.ONE.01 02:01 04:%s", clear);
	CHECK_STATUS("encrypt", ask(&k, KMS_ENCRYPT, body), KMS_OK);
	hex_encode(compute_testkit_value(&k, KMS_TAG_RESULT), cipher);
	snprintf(body, sizeof body,
	         "01=C.H.ONE.01 02:01 04:%s 0F=C.H.TWO.01 14:02 15:0102030405060708", cipher);
	CHECK_STATUS("translate", ask(&k, KMS_TRANSLATE, body), KMS_OK);
	hex_encode(compute_testkit_value(&k, KMS_TAG_RESULT), cipher);
	CHECK_STATUS("eight bytes do not do for AES",
	             ask(&k, KMS_TRANSLATE,
	                 "01=C.H.TWO.01 02:01 04:0011223344556677 0F=C.H.ONE.01 14:01"),
	             KMS_BAD_DATA);
	snprintf(body, sizeof body,
	         "01=C.H.TWO.01 02:02 03:0102030405060708 04:%s 0F=C.D.CTR.01 14:03", cipher);
	CHECK_STATUS("to a counter", ask(&k, KMS_TRANSLATE, body), KMS_OK);
	REQUIRE(compute_testkit_value(&k, KMS_TAG_IV).len == 16);
	hex_encode(compute_testkit_value(&k, KMS_TAG_IV), iv);
	hex_encode(compute_testkit_value(&k, KMS_TAG_RESULT), cipher);
	snprintf(body, sizeof body, "01=C.D.CTR.01 02:03 03:%s 04:%s", iv, cipher);
	CHECK_STATUS("back", ask(&k, KMS_DECRYPT, body), KMS_OK);
	CHECK_HEX("the same", compute_testkit_value(&k, KMS_TAG_RESULT), clear);
	/* whoever could choose the counter could decrypt by encrypting */
	CHECK_STATUS("a counter of one's own", ask(&k, KMS_ENCRYPT, body), KMS_BAD_DATA);
	CHECK_STATUS("a counter of ours", ask(&k, KMS_ENCRYPT, "01=C.D.CTR.01 02:03 04:00"),
	             KMS_OK);
	CHECK_I64("given out", compute_testkit_value(&k, KMS_TAG_IV).len, 16);
	CHECK_STATUS("no counter mode with TDES", ask(&k, KMS_ENCRYPT, "01=C.H.TWO.01 02:03 04:00"),
	             KMS_KEY_USE);
	CHECK_STATUS("not whole blocks", ask(&k, KMS_ENCRYPT, "01=C.H.ONE.01 02:01 04:00"),
	             KMS_BAD_DATA);
	CHECK_STATUS("no initial value",
	             ask(&k, KMS_ENCRYPT, "01=C.H.TWO.01 02:02 04:0011223344556677"), KMS_BAD_DATA);
	CHECK_STATUS("one that is too long",
	             ask(&k, KMS_ENCRYPT,
	                 "01=C.H.TWO.01 02:02 03:00112233445566778899AABBCCDDEEFF "
	                 "04:0011223344556677"),
	             KMS_BAD_DATA);
	CHECK_STATUS(
	        "one with ECB",
	        ask(&k, KMS_ENCRYPT, "01=C.H.TWO.01 02:01 03:0102030405060708 04:0011223344556677"),
	        KMS_BAD_DATA);
	CHECK_STATUS("mode 4", ask(&k, KMS_ENCRYPT, "01=C.H.TWO.01 02:04 04:0011223344556677"),
	             KMS_BAD_DATA);
}
