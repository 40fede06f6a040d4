/* SPDX-License-Identifier: Apache-2.0 */
/* The published and computed vectors of keys 19 through messages, with keys in the device and here.
 */
#include <stdio.h>

#include "crypto/cipher.h"
#include "service/kms/compute_testkit.h"
#include "vectors/vectors.h"

#define EMV "emv/emv.txt"

static const enum product_place places[] = { PRODUCT_IN_DEVICE, PRODUCT_IN_HOST };
#define EACH_PLACE(i_) for (size_t i_ = 0; i_ < ARRAY_LEN(places); i_++)

/* "D" or "H" in the text's place of '%'. */
static const char *placed(const char *format, enum product_place place)
{
	static char text[8][2048];
	static size_t next;
	char *out = text[next++ % 8];

	snprintf(out, 2048, "%s", format);
	for (char *at = out; *at; at++)
		if (*at == '%')
			*at = place == PRODUCT_IN_DEVICE ? 'D' : 'H';
	return out;
}

static void key(struct compute_testkit *k, const char *what, const char *hex,
                enum product_place place)
{
	compute_testkit_key(k, placed(what, place), hex, place);
}

static void answers(struct compute_testkit *k, const char *name, uint16_t op, const char *body,
                    const char *want)
{
	CHECK_STATUS(name, compute_testkit_ask(k, op, body), KMS_OK);
	CHECK_HEX(name, compute_testkit_value(k, KMS_TAG_RESULT), want);
}

static void says(struct compute_testkit *k, const char *name, uint16_t op, const char *body,
                 enum kms_status want)
{
	CHECK_STATUS(name, compute_testkit_ask(k, op, body), want);
}

/* --- CMAC, hash, cipher: TV-04, TV-08 to TV-17 --- */

TEST(macs_are_those_of_the_vectors)
{
	static const struct {
		const char *name, *usage, *algorithm, *bits, *key, *data, *mac;
		bool in_device;
	} rows[] = {
		{ "TV-04 SM4-CMAC", "M6", "4", "128", "0123456789ABCDEFFEDCBA9876543210",
		  "00000000000000000000000000000000", "909F5E6ED15518C01252302383C63E8C", false },
		{ "TV-08 16", "M6", "A", "128", "2B7E151628AED2A6ABF7158809CF4F3C",
		  "6BC1BEE22E409F96E93D7E117393172A", "070A16B46B4D4144F79BDD9DD04A287C", true },
		{ "TV-08 40", "M6", "A", "128", "2B7E151628AED2A6ABF7158809CF4F3C",
		  "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411",
		  "DFA66747DE9AE63030CA32611497C827", true },
		{ "TV-08 64", "M6", "A", "128", "2B7E151628AED2A6ABF7158809CF4F3C",
		  "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
		  "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710",
		  "51F0BEBF7E3B9D92FC49741779363CFE", true },
		{ "TV-09 16", "M6", "A", "256",
		  "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
		  "6BC1BEE22E409F96E93D7E117393172A", "28A7023F452E8F82BD4BF28D8C37C35C", true },
		{ "TV-09 64", "M6", "A", "256",
		  "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
		  "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
		  "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710",
		  "E1992190549F6ED5696A2C056C315410", true },
		{ "TV-10 8", "M6", "T", "168", "8AA83BF8CBDA10620BC1BF19FBB6CD58BC313D4A371CA8B5",
		  "6BC1BEE22E409F96", "8E8F293136283797", true },
		{ "TV-14", "M6", "4", "128", "0123456789ABCDEFFEDCBA9876543210", "616263",
		  "8E75238AC2672A6AEE408C1E251854D8", false },
		{ "TV-15", "M6", "A", "128", "DFF1E50AC0B69DC40F1051D46C2B069C",
		  "01C16E6E02C5A3DCC8D78B9AC1306877761310455B4E41469951D9E6C2245A064B33FD8C3B0120"
		  "3A7824485BF0A64060C4648B707D2607935699316EA5",
		  "8BE8F0869B3C0BA97B71863D1B9F7813", true },
		{ "TV-16 first half", "M6", "A", "256",
		  "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
		  "000000016C6162656C0063747800000100", "BEC8239282EF72871D376C9B0E49E042", true },
		{ "TV-16 second half", "M6", "A", "256",
		  "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
		  "000000026C6162656C0063747800000100", "2E16E46972091525295C91FA70EFF281", true },
		{ "TV-17", "M6", "4", "128", "0123456789ABCDEFFEDCBA9876543210",
		  "000000016C6162656C0063747800000080", "DEA9A23594B14AD60D9E277ECE8C0DA4", false },
		{ "retail, computed", "M3", "T", "112", "0123456789ABCDEFFEDCBA9876543210",
		  "4E6F77206973207468652074696D6520666F7220616C6C20", "E9086230CA3BE796", false },
		{ "CBC-MAC of SM4, computed", "M1", "4", "128", "0123456789ABCDEFFEDCBA9876543210",
		  "6BC1BEE22E409F96E93D7E117393172A", "135E7FD3B17E967B449BBA0E35CA8FF0", false },
		{ "HMAC, computed", "M7", "H", "128", "000102030405060708090A0B0C0D0E0F", "616263",
		  "D601CC177559B0248459787F7E804ED7F27689B5995C59B661802D9682FDF8D2",
		  false },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	EACH (row, rows) {
		for (int device = 0; device <= row->in_device; device++) {
			char what[64], body[512], verify[640];

			snprintf(what, sizeof what, "C.%s.K%zu %s %s %s C E 0", device ? "D" : "H",
			         (size_t)(row - rows), row->usage, row->algorithm, row->bits);
			compute_testkit_key(&k, what, row->key,
			                    device ? PRODUCT_IN_DEVICE : PRODUCT_IN_HOST);
			snprintf(body, sizeof body, "01=C.%s.K%zu.00 04:%s", device ? "D" : "H",
			         (size_t)(row - rows), row->data);
			answers(&k, row->name, KMS_MAC_MAKE, body, row->mac);
			snprintf(verify, sizeof verify, "%s 11:%s", body, row->mac);
			says(&k, row->name, KMS_MAC_VERIFY, verify, KMS_OK);
			snprintf(verify, sizeof verify, "%s 11:%.8s", body, row->mac);
			says(&k, row->name, KMS_MAC_VERIFY, verify, KMS_OK);
			snprintf(verify, sizeof verify, "%s 11:%.8s", body, "00000000");
			says(&k, row->name, KMS_MAC_VERIFY, verify, KMS_INTEGRITY);
		}
	}
	/* SP 800-38B's MACs of nothing: there is nothing to authenticate in an empty message */
	says(&k, "empty", KMS_MAC_MAKE, "01=C.H.K1.01 04:", KMS_BAD_DATA);
}

TEST(ciphers_and_hashes_are_those_of_the_vectors)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	key(&k, "C.H.SM4 D0 4 128 B E 0", "0123456789ABCDEFFEDCBA9876543210", PRODUCT_IN_HOST);
	answers(&k, "TV-04", KMS_ENCRYPT, "01=C.H.SM4.01 02:01 04:00000000000000000000000000000000",
	        "2677F46B09C122CC975533105BD4A22A");
	answers(&k, "TV-11", KMS_ENCRYPT, "01=C.H.SM4.01 02:01 04:0123456789ABCDEFFEDCBA9876543210",
	        "681EDF34D206965E86B3E94F536E4246");
	answers(&k, "TV-11 back", KMS_DECRYPT,
	        "01=C.H.SM4.01 02:01 04:681EDF34D206965E86B3E94F536E4246",
	        "0123456789ABCDEFFEDCBA9876543210");
	says(&k, "TV-04 check value", KMS_KEY_INFO, "01=C.H.SM4.00", KMS_OK);
	CHECK_HEX("TV-04", compute_testkit_value(&k, KMS_TAG_KCV), "002677F46B");
	answers(&k, "TV-12 abc", KMS_SM3, "04=abc",
	        "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0");
	answers(&k, "TV-12 abcd", KMS_SM3,
	        "04=abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
	        "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732");
	EACH_PLACE(i)
	{
		/* SP 800-38A F.2.1, F.5.1 */
		key(&k, "C.%.AES D0 A 128 B E 0", "2B7E151628AED2A6ABF7158809CF4F3C", places[i]);
		answers(&k, "CBC", KMS_ENCRYPT,
		        placed("01=C.%.AES.01 02:02 03:000102030405060708090A0B0C0D0E0F "
		               "04:"
		               "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51",
		               places[i]),
		        "7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2");
		answers(&k, "CTR", KMS_DECRYPT,
		        placed("01=C.%.AES.01 02:03 03:F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF "
		               "04:"
		               "874D6191B620E3261BEF6864990DB6CE9806F66B7970FDFF8617187BB9FFFDFF",
		               places[i]),
		        "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51");
		/* SP 800-67 data, computed */
		key(&k, "C.%.TDES D0 T 112 B E 0", "0123456789ABCDEFFEDCBA9876543210", places[i]);
		says(&k, "check value TV-01", KMS_KEY_INFO, placed("01=C.%.TDES.01", places[i]),
		     KMS_OK);
		CHECK_HEX("TV-01", compute_testkit_value(&k, KMS_TAG_KCV), "0008D7B4");
	}
}

TEST(sm2_signatures_are_those_of_the_standard)
{
	/* TV-13 */
	static const char body[] =
	        "17:09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
	        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13 "
	        "16=1234567812345678 04:6D65737361676520646967657374 "
	        "11:F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
	        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1A";
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char full[512];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	snprintf(full, sizeof full, "%sA", body);
	says(&k, "TV-13", KMS_SM2_VERIFY, full, KMS_OK);
	snprintf(full, sizeof full, "%sB", body);
	says(&k, "one bit", KMS_SM2_VERIFY, full, KMS_INTEGRITY);
}

/* --- diversification: TV-18 to TV-21 --- */

/* What is under the KEK of the tests, AES of TV-03, in a block. */
static void opens_to(struct compute_testkit *k, const char *name, const char *want)
{
	static const char kek[] =
	        "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6";
	SCOPED(keyblock_protector_close) struct keyblock_loaded *p = NULL;
	struct bytes text = compute_testkit_value(k, KMS_TAG_RESULT);
	struct str block = { (const char *)text.at, text.len };
	uint8_t value[32], out[KEYBLOCK_KEY_MAX];
	struct keyblock parsed;
	size_t len = 0;

	CHECK_OK(hex_decode(str_of(kek), value, sizeof value));
	REQUIRE_OK(keyblock_protector_open('D', bytes_of(value, sizeof value), &p));
	REQUIRE_OK(keyblock_parse(block, &parsed));
	REQUIRE_OK(keyblock_open(keyblock_protector_of(p), block, &parsed, out, &len));
	CHECK_HEX(name, bytes_of(out, len), want);
}

static void make_kek(struct compute_testkit *k)
{
	key(k, "C.X.KEK K1 A 256 B S 0",
	    "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6", PRODUCT_IN_HOST);
}

TEST(diversified_keys_are_those_of_the_vectors)
{
	static const char parity[] = "C48FE04F45E54AF47CA4A7ADF1542CE0"; /* TV-19 */
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make_kek(&k);
	EACH_PLACE(i)
	{
		key(&k, "C.%.DPK 20 T 112 X S 1", "11111111111111112222222222222222", places[i]);
		key(&k, "C.%.DPK2 20 T 112 X E 2", "11111111111111112222222222222222", places[i]);
		says(&k, "TV-18, TV-19", KMS_DIVERSIFY_WRAP,
		     placed("01=C.%.DPK.01 07:1234567890123456 0F=C.X.KEK.00 10=D", places[i]),
		     KMS_OK);
		opens_to(&k, "TV-19", parity);
		CHECK_HEX("TV-18", compute_testkit_value(&k, KMS_TAG_KCV), "00ECB162");
		says(&k, "TV-20 first", KMS_DIVERSIFY_WRAP,
		     placed("01=C.%.DPK2.01 07:4401000000000001 0F=C.X.KEK.00 10=D", places[i]),
		     KMS_OK);
		opens_to(&k, "TV-20, parity set", "F204894AB962CE32AB49618054A7B667");
		says(&k, "TV-20 second", KMS_DIVERSIFY_WRAP,
		     placed("01=C.%.DPK2.01 07:4401000000000001 07:1234567890123456 0F=C.X.KEK.00 "
		            "10=D",
		            places[i]),
		     KMS_OK);
		opens_to(&k, "TV-20, parity set", "EC2649B5E040C4C7570D52430D3BEA68");
		/* bare, as a card gets it: parity as it comes */
		says(&k, "TV-18 bare", KMS_DIVERSIFY_WRAP,
		     placed("01=C.%.DPK.01 07:1234567890123456 0F=C.X.KEK.00 10=0", places[i]),
		     KMS_OK);
		SCOPED(cipher_key_deinit) struct cipher_key aes = { 0 };
		uint8_t kek[32], bare[16];
		CHECK_OK(hex_decode(
		        STR("88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6"),
		        kek, 32));
		REQUIRE_OK(cipher_key_init(&aes, CIPHER_AES256, bytes_of(kek, 32)));
		REQUIRE(compute_testkit_value(&k, KMS_TAG_RESULT).len == 16);
		cipher_decrypt(&aes, compute_testkit_value(&k, KMS_TAG_RESULT).at, 16, bare);
		CHECK_HEX("TV-18", bytes_of(bare, 16), "C48FE04F44E54AF57CA5A7ADF1552CE1");
		/* KBKDF root in both places */
		key(&k, "C.%.CODE 34 A 256 X E 1",
		    "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", places[i]);
		says(&k, "TV-21 AES", KMS_DIVERSIFY_WRAP,
		     placed("01=C.%.CODE.01 07:1234567890123456 0F=C.X.KEK.00 10=D 16=KMS-DIV-PUR",
		            places[i]),
		     KMS_OK);
		opens_to(&k, "TV-21 AES", "C29B2ED54F36598F81F6C27448FE67A4");
	}
	key(&k, "C.H.SM4 20 4 128 X E 1", "0123456789ABCDEFFEDCBA9876543210", PRODUCT_IN_HOST);
	says(&k, "TV-21 SM4", KMS_DIVERSIFY_WRAP,
	     "01=C.H.SM4.01 07:1234567890123456 0F=C.X.KEK.00 10=D", KMS_OK);
	opens_to(&k, "TV-21 SM4", "4577E9A70967475E6B47CD99B83ABA1D");
}

/* --- the purse: TV-23 to TV-25 --- */

static const char trade[] = "07:1234567890123456 09:A1B2C3D4 0D:000003E8 0B:112233445566 "
                            "0C:20261122123456";

TEST(purchases_loads_and_tacs_are_those_of_the_vectors)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char body[512];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	EACH_PLACE(i)
	{
		const char *p = placed("%", places[i]);

		key(&k, "C.%.DPK 20 T 112 X E 1", "11111111111111112222222222222222", places[i]);
		key(&k, "C.%.DTK 23 T 112 X E 1", "33333333333333334444444444444444", places[i]);
		key(&k, "C.%.DLK 21 T 112 X E 1", "55555555555555556666666666666666", places[i]);
		snprintf(body, sizeof body, "01=C.%s.DPK.00 0A:000500000123 %s", p, trade);
		answers(&k, "TV-23 MAC1", KMS_PURCHASE, body, "14A2F314");
		snprintf(body, sizeof body, "01=C.%s.DPK.00 0A:000500000123 %s 0E:06 11:BFA423A8",
		         p, trade);
		answers(&k, "TV-23 MAC2", KMS_PURCHASE, body, "14A2F314");
		snprintf(body, sizeof body, "01=C.%s.DPK.00 0A:000500000123 %s 11:BFA423A9", p,
		         trade);
		says(&k, "another MAC2", KMS_PURCHASE, body, KMS_INTEGRITY);
		CHECK_I64("nothing out", k.got.count, 0);
		snprintf(body, sizeof body, "01=C.%s.DLK.00 0A:0007 12:00000BB8 %s 11:6802ED1A", p,
		         trade);
		answers(&k, "TV-25 MAC2", KMS_LOAD, body, "85FC7CA2");
		snprintf(body, sizeof body, "01=C.%s.DLK.00 0A:0007 12:00000BB9 %s 11:6802ED1A", p,
		         trade);
		says(&k, "another balance", KMS_LOAD, body, KMS_INTEGRITY);
		CHECK_I64("no MAC2", k.got.count, 0);
		snprintf(body, sizeof body,
		         "01=C.%s.DTK.00 02:01 "
		         "04:1234567890123456000003E80611223344556600000123202611221234561"
		         "2BC17E6",
		         p);
		answers(&k, "TV-24", KMS_TAC_VERIFY, body, "80");
		/* new balance 00000FA0 = 00000BB8 + 000003E8 */
		snprintf(body, sizeof body,
		         "01=C.%s.DTK.00 02:02 "
		         "04:123456789012345600000FA00007000003E8021122334455662026112212345697C2"
		         "A105",
		         p);
		answers(&k, "TV-25 TAC", KMS_TAC_VERIFY, body, "80");
		snprintf(body, sizeof body,
		         "01=C.%s.DPK.00 02:01 07:1234567890123456 09:A1B2C3D400050123 "
		         "04:000003E80611223344556620261122123456 04:000003E8",
		         p);
		says(&k, "0031 is not for purchase roots", KMS_DIVERSIFY_MAC, body, KMS_KEY_USE);
		/* the same numbers under a root that is for it */
		key(&k, "C.%.ANY B3 T 112 X E 1", "11111111111111112222222222222222", places[i]);
		snprintf(body, sizeof body,
		         "01=C.%s.ANY.00 02:01 07:1234567890123456 09:A1B2C3D400050123 "
		         "04:000003E80611223344556620261122123456 04:000003E8",
		         p);
		answers(&k, "TV-23 MAC1", KMS_DIVERSIFY_MAC, body, "14A2F314");
		CHECK_I64("two MACs", kms_count(&k.got, KMS_TAG_RESULT), 2);
		struct kms_values v = kms_values_of(&k.got, KMS_TAG_RESULT);
		struct bytes mac;
		CHECK(kms_values_next(&v, &mac) && kms_values_next(&v, &mac));
		CHECK_HEX("TV-23 MAC2", mac, "BFA423A8");
	}
}

/* --- EMV: TV-31 to TV-33; TV-46 to TV-48 are in compute_issuer_test.c --- */

TEST(cryptograms_of_bank_cards_are_those_of_the_vectors)
{
	static const char card[] = "08:6225880000000001FFFF01 0A:001C "
	                           "04:0000000100000000000000000156000000000001562611220012345678"
	                           "1800001C03A0B800";
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char body[512];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	make_kek(&k);
	EACH_PLACE(i)
	{
		const char *p = placed("%", places[i]);

		key(&k, "C.%.IMK E0 T 112 X E 1", "0123456789ABCDEFFEDCBA9876543210", places[i]);
		snprintf(body, sizeof body, "01=C.%s.IMK.01 07:2588000000000101 0F=C.X.KEK.00 10=D",
		         p);
		says(&k, "TV-31", KMS_DIVERSIFY_WRAP, body, KMS_OK);
		opens_to(&k, "TV-31", "A2B3677C8CE06497C84A5EF467CB7507");
		/* TV-32 is the session key that TV-33 stands on */
		snprintf(body, sizeof body, "01=C.%s.IMK.01 02:02 %s 11:B33138133BB4DD8B 1A:3030",
		         p, card);
		answers(&k, "TV-33", KMS_ARQC_VERIFY, body, "D191CB4D16F6ECD0");
		snprintf(body, sizeof body, "01=C.%s.IMK.01 02:01 %s 11:B33138133BB4DD8B 10=B", p,
		         card);
		says(&k, "option B is A for 16 digits", KMS_ARQC_VERIFY, body, KMS_OK);
		CHECK_I64("no answer", k.got.count, 0);
		snprintf(body, sizeof body,
		         "01=C.%s.IMK.01 02:03 %s 11:B33138133BB4DD8B 1A:0082000001", p, card);
		says(&k, "method 2", KMS_ARQC_VERIFY, body, KMS_OK);
		CHECK_I64("4 bytes", compute_testkit_value(&k, KMS_TAG_RESULT).len, 4);
		snprintf(body, sizeof body, "01=C.%s.IMK.01 02:02 %s 11:B33138133BB4DD8A 1A:3030",
		         p, card);
		says(&k, "another", KMS_ARQC_VERIFY, body, KMS_INTEGRITY);
		CHECK_I64("no answer to it", k.got.count, 0);
	}
}

static const char *hex_of(struct bytes b)
{
	static char text[8][4200];
	static size_t next;
	char *out = text[next++ % 8];

	hex_encode(b, out);
	return out;
}

TEST(rsa_signs_blocks_of_emv_and_messages_and_nothing_else)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	SCOPED(rsa_key_deinit) struct rsa_key pair = { 0 };
	uint8_t block[128];
	char body[1024];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	CHECK_OK(rsa_key_from_primes(&pair, vector(EMV, "issuer-p"), vector(EMV, "issuer-q"), 3));
	EACH_PLACE(i)
	{
		const char *p = placed("%", places[i]);

		compute_testkit_rsa(&k, placed("BANK.%.IPK S0 R 1024 S E 0", places[i]),
		                    vector(EMV, "issuer-p"), vector(EMV, "issuer-q"), places[i]);
		for (int mode = 2; mode <= 3; mode++) {
			snprintf(body, sizeof body, "01=BANK.%s.IPK.01 02:%02d 04=hello", p, mode);
			says(&k, body, KMS_RSA_SIGN, body, KMS_OK);
			CHECK_OK(rsa_verify(&pair, mode == 2 ? RSA_SCHEME_PKCS1 : RSA_SCHEME_PSS,
			                    str_bytes(STR("hello")),
			                    compute_testkit_value(&k, KMS_TAG_RESULT)));
		}
		memset(block, 0xBB, sizeof block);
		block[0] = 0x6A;
		block[127] = 0xBC;
		snprintf(body, sizeof body, "01=BANK.%s.IPK.01 02:01 04:%s", p,
		         hex_of(bytes_of(block, 128)));
		says(&k, "block", KMS_RSA_SIGN, body, KMS_OK);
		struct bytes got = compute_testkit_value(&k, KMS_TAG_RESULT);
		uint8_t back[128];
		CHECK_OK(rsa_raw_public(&pair, got, back));
		CHECK_BYTES("recovered", bytes_of(back, 128), bytes_of(block, 128));
		block[0] = 0x00;
		snprintf(body, sizeof body, "01=BANK.%s.IPK.01 02:01 04:%s", p,
		         hex_of(bytes_of(block, 128)));
		says(&k, "not of EMV", KMS_RSA_SIGN, body, KMS_BAD_DATA);
		snprintf(body, sizeof body, "01=BANK.%s.IPK.01 02:01 04:%s", p,
		         hex_of(bytes_of(block, 127)));
		says(&k, "short", KMS_RSA_SIGN, body, KMS_BAD_DATA);
	}
}

/* --- keys into cards: TV-30 --- */

TEST(a_key_goes_into_a_card_as_in_the_vector)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	key(&k, "C.X.CONTROL 42 T 112 B E 0", "57415443484441544174696D65434F53", PRODUCT_IN_HOST);
	EACH_PLACE(i)
	{
		key(&k, "C.%.DTK 23 T 112 X E 1", "33333333333333334444444444444444", places[i]);
		answers(&k, "TV-30", KMS_PSAM_LOAD,
		        placed("01=C.%.DTK.00 02:02 07:1234567890123456 0F=C.X.CONTROL.00 "
		               "09:01020304",
		               places[i]),
		        "84D401011C5825ABB6A60F4CD63B4F54A8E10F7737399161C1F67BBE550017A9D6");
	}
}

/* docs/service-protocol.md, 13 */
TEST(the_documents_example_is_answered_as_it_says)
{
	static const char body[] = "0001001243414D50555330312E45502E44504B2E3030"
	                           "000700081234567890123456"
	                           "00090004A1B2C3D4"
	                           "000A0006000500000123"
	                           "000D0004000003E8"
	                           "000B0006112233445566"
	                           "000C000720261122123456";
	SCOPED(compute_testkit_close) struct compute_testkit k;
	uint8_t at[128];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "CAMPUS01.EP.DPK 20 T 112 X E 1",
	                    "11111111111111112222222222222222", PRODUCT_IN_HOST);
	CHECK_OK(hex_decode(str_of(body), at, strlen(body) / 2));
	CHECK_STATUS("purchase",
	             compute_testkit_send(&k, KMS_PURCHASE, bytes_of(at, strlen(body) / 2)),
	             KMS_OK);
	CHECK_HEX("length", bytes_of(k.request + 12, 4), "00000051");
	CHECK_HEX("answer", bytes_of(k.answer + KMS_HEAD, k.answer_len - KMS_HEAD),
	          "0005000414A2F314");
}
