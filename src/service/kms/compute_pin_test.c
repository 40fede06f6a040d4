/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PIN blocks from one key to another. Blocks of format 0 are the published example (PIN 1234, card
 * 43219876543210987) and of format 4 the published fields (card 432198765432109870), ciphered with
 * `openssl enc`: -des-ede, -des-ede3, -aes-128-ecb, -sm4-ecb, -nopad.
 */
#include <stdio.h>

#include "crypto/cipher.h"
#include "crypto/pin.h"
#include "harness/test.h"
#include "service/kms/compute_testkit.h"

#define TDES2 "0123456789ABCDEFFEDCBA9876543210"
#define TDES3 "0123456789ABCDEFFEDCBA98765432101122334455667788"
#define AES   "00112233445566778899AABBCCDDEEFF"
#define SM4   "0123456789ABCDEFFEDCBA9876543210"

#define CARD17 "08:43219876543210987FFF"
#define CARD18 "08:432198765432109870FF"

#define BLOCK0_TDES2 "C967C8198151A458"
#define BLOCK0_TDES3 "2E5472FE960D1A05"
#define BLOCK3_TDES2 "86C7448A915DE9FE"
#define BLOCK4_AES   "FB191DDEC5D9118A60983CEAC3B3DE6A" /* of CARD18 */
#define BLOCK4_SM4   "6C4D3E90CC73A6C2C93F68BB26F9766A"

static enum kms_status ask(struct compute_testkit *k, const char *body)
{
	return compute_testkit_ask(k, KMS_PIN_TRANSLATE, body);
}

static void make_keys(struct compute_testkit *k, enum product_place place)
{
	compute_testkit_key(k, "C.P.T2 P0 T 112 B E 0", TDES2, place);
	compute_testkit_key(k, "C.P.T3 P0 T 168 B E 0", TDES3, place);
	compute_testkit_key(k, "C.P.A P0 A 128 B E 0", AES, place);
}

/* An SM4 key is opened here: the token has no SM4. Others by `place`. */
static bool open_kit(struct compute_testkit *k, enum product_place place)
{
	if (!compute_testkit_open(k, DB_SQLITE))
		return false;
	make_keys(k, place);
	compute_testkit_key(k, "C.S.S P0 4 128 B E 0", SM4, PRODUCT_IN_HOST);
	compute_testkit_key(k, "C.S.A256 P0 A 256 B E 0", AES AES, PRODUCT_IN_HOST);
	return true;
}

/* The PIN in a block that has left, opened with OpenSSL's cipher alone. */
static const char *pin_in(struct compute_testkit *k, enum suite suite, const char *key,
                          const char *card)
{
	static char text[PIN_DIGITS_MAX + 1];
	uint8_t value[SUITE_KEY_SIZE];
	struct pin pin;

	CHECK_OK(hex_decode(str_of(key), value, sizeof value));
	if (!is_ok(pin_open(suite, value, compute_testkit_value(k, KMS_TAG_RESULT), str_of(card),
	                    &pin)))
		return "none";
	for (size_t i = 0; i < pin.len; i++)
		text[i] = (char)('0' + pin.digits[i]);
	text[pin.len] = '\0';
	return text;
}

TEST(a_pin_block_goes_from_one_key_to_another)
{
	static const struct {
		const char *name, *body, *block;
	} exact[] = {
		{ "0 to 0, a longer key", "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00",
		  BLOCK0_TDES3 },
		{ "0 to 0, the same key", "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:00",
		  BLOCK0_TDES2 },
		{ "3 to 0", "01=C.P.T2.00 02:03 04:" BLOCK3_TDES2 " 0F=C.P.T2.00 14:00",
		  BLOCK0_TDES2 },
		{ "3 to 0, a longer key", "01=C.P.T2.00 02:03 04:" BLOCK3_TDES2 " 0F=C.P.T3.01 14:00",
		  BLOCK0_TDES3 },
	}, *row;
	enum product_place places[] = { PRODUCT_IN_HOST, PRODUCT_IN_DEVICE };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		SCOPED(compute_testkit_close) struct compute_testkit k;
		char body[256];

		REQUIRE(open_kit(&k, places[i]));
		EACH (row, exact) {
			snprintf(body, sizeof body, "%s " CARD17, row->body);
			CHECK_STATUS(row->name, ask(&k, body), KMS_OK);
			CHECK_HEX(row->name, compute_testkit_value(&k, KMS_TAG_RESULT), row->block);
		}
		CHECK_STATUS(
		        "0 to 4",
		        ask(&k, "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.A.00 14:04 " CARD17),
		        KMS_OK);
		CHECK_STR("0 to 4", pin_in(&k, SUITE_AES, AES, "43219876543210987"), "1234");
		CHECK_STATUS(
		        "4 to 4, SM4",
		        ask(&k, "01=C.P.A.00 02:04 04:" BLOCK4_AES " 0F=C.S.S.00 14:04 " CARD18),
		        KMS_OK);
		CHECK_STR("4 to 4, SM4", pin_in(&k, SUITE_SM4, SM4, "432198765432109870"), "1234");
		CHECK_STATUS(
		        "4 to 4, AES",
		        ask(&k, "01=C.S.S.00 02:04 04:" BLOCK4_SM4 " 0F=C.P.A.00 14:04 " CARD18),
		        KMS_OK);
		CHECK_STR("4 to 4, AES", pin_in(&k, SUITE_AES, AES, "432198765432109870"), "1234");
	}
}

/* ISO 9564-1 9.3.5: fillers of format 3 are random, A to F. */
TEST(format_3_is_filled_anew_each_time)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	SCOPED(cipher_key_deinit) struct cipher_key des = { 0 };
	uint8_t value[SUITE_KEY_SIZE], card[PIN_BLOCK_MAX], block[8], before[8] = { 0 };
	struct pin pin;

	REQUIRE(open_kit(&k, PRODUCT_IN_HOST));
	REQUIRE_OK(hex_decode(str_of(TDES2), value, sizeof value));
	REQUIRE_OK(cipher_key_init(&des, CIPHER_3DES, bytes_of(value, sizeof value)));
	REQUIRE_OK(pin_card_field(PIN_FORMAT_3, STR("43219876543210987"), card));
	for (int i = 0; i < 8; i++) {
		CHECK_STATUS("0 to 3",
		             ask(&k, "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2
		                     " 0F=C.P.T2.00 14:03 " CARD17),
		             KMS_OK);
		struct bytes got = compute_testkit_value(&k, KMS_TAG_RESULT);
		REQUIRE(got.len == sizeof block);
		CHECK(memcmp(before, got.at, sizeof before) != 0);
		memcpy(before, got.at, sizeof before);
		cipher_decrypt(&des, got.at, sizeof block, block);
		for (size_t n = 0; n < sizeof block; n++)
			block[n] ^= card[n];
		CHECK_HEX("PIN", bytes_of(block, 3), "341234");
		CHECK_OK(pin_field_read(PIN_FORMAT_3, block, &pin));
	}
}

TEST(what_a_pin_block_may_not_become_is_refused)
{
	static const struct {
		const char *name, *body;
		enum kms_status status;
	} rows[] = {
		{ "a shorter key", "01=C.P.T3.00 02:00 04:" BLOCK0_TDES3 " 0F=C.P.T2.00 14:00 " CARD17,
		  KMS_KEY_USE },
		{ "from AES to TDES", "01=C.P.A.00 02:04 04:" BLOCK4_AES " 0F=C.P.T3.00 14:00 " CARD18,
		  KMS_KEY_USE },
		{ "from AES-256 to AES-128",
		  "01=C.S.A256.00 02:04 04:" BLOCK4_AES " 0F=C.P.A.00 14:04 " CARD18, KMS_KEY_USE },
		{ "format 0 of AES", "01=C.P.A.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.A.00 14:04 " CARD17,
		  KMS_KEY_USE },
		{ "format 4 of TDES",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:04 " CARD17, KMS_KEY_USE },
		{ "format 1", "01=C.P.T2.00 02:01 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:00 " CARD17,
		  KMS_BAD_DATA },
		{ "to format 2", "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:02 " CARD17,
		  KMS_BAD_DATA },
		{ "a block too long",
		  "01=C.P.T2.00 02:00 04:" BLOCK4_AES " 0F=C.P.T2.00 14:00 " CARD17, KMS_BAD_DATA },
		{ "a block too short", "01=C.P.A.00 02:04 04:" BLOCK0_TDES2 " 0F=C.P.A.00 14:04 " CARD17,
		  KMS_BAD_DATA },
		{ "another card for the other side",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 " CARD17 " " CARD18,
		  KMS_BAD_DATA },
		{ "no card number", "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00",
		  KMS_BAD_DATA },
		{ "a card number with a hole",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 08:4321987654321F987FFF",
		  KMS_BAD_DATA },
		{ "a card number of seven digits",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 08:4321987FFFFFFFFFFFFF",
		  KMS_BAD_DATA },
		{ "a card number of twenty digits",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 08:43219876543210987000",
		  KMS_BAD_DATA },
		{ "a card number with letters",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 08:4321A876543210987FFF",
		  KMS_BAD_DATA },
		{ "no other key", "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " " CARD17, KMS_BAD_DATA },
		{ "under a data key", "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.D0.00 14:00 " CARD17,
		  KMS_KEY_USE },
		{ "from a data key", "01=C.P.D0.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:00 " CARD17,
		  KMS_KEY_USE },
		{ "from a key that only encrypts",
		  "01=C.P.E.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:00 " CARD17, KMS_KEY_USE },
		{ "under a key that only decrypts",
		  "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.D.00 14:00 " CARD17, KMS_KEY_USE },
		{ "no such key", "01=C.P.NONE.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T2.00 14:00 " CARD17,
		  KMS_NO_KEY },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(open_kit(&k, PRODUCT_IN_HOST));
	compute_testkit_key(&k, "C.P.D0 D0 T 112 B E 0", TDES2, PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.P.E P0 T 112 E E 0", TDES2, PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.P.D P0 T 112 D E 0", TDES2, PRODUCT_IN_HOST);
	EACH (row, rows)
		CHECK_STATUS(row->name, ask(&k, row->body), row->status);
}

/* One status and one count for every cause: another card, another key, another format, a changed
 * block. Who tries PINs on the way is heard of. */
TEST(a_block_that_does_not_open_tells_nothing_but_that)
{
	static const char *const bodies[] = {
		"01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 08:43219876543219987FFF",
		"01=C.P.T2.00 02:00 04:" BLOCK0_TDES3 " 0F=C.P.T3.00 14:00 " CARD17,
		"01=C.P.T2.00 02:03 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 " CARD17,
		"01=C.P.T2.00 02:00 04:C967C8198151A459 0F=C.P.T3.00 14:00 " CARD17,
		"01=C.P.A.00 02:04 04:" BLOCK4_AES " 0F=C.P.A.00 14:04 " CARD17,
	};
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(open_kit(&k, PRODUCT_IN_HOST));
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		CHECK_STATUS(bodies[i], ask(&k, bodies[i]), KMS_INTEGRITY);
		CHECK_I64("no body", k.got.count, 0);
		CHECK_I64("told", compute_testkit_last(&k)->kind, COMPUTE_WRONG);
		CHECK(!strstr(compute_testkit_last(&k)->detail, "1234"));
	}
	compute_testkit_forget(&k);
	for (int i = 0; i < 30; i++)
		ask(&k, bodies[3]);
	size_t alarms = 0;
	for (size_t i = 0; i < k.told_count && i < COMPUTE_TESTKIT_EVENTS; i++)
		alarms += k.told[i].kind == COMPUTE_ALARM;
	CHECK_I64("an alarm for the client and one for the card", alarms, 2);
}

TEST(pin_blocks_are_for_whom_it_is_named)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	static const char body[] =
	        "01=C.P.T2.00 02:00 04:" BLOCK0_TDES2 " 0F=C.P.T3.00 14:00 " CARD17;

	REQUIRE(open_kit(&k, PRODUCT_IN_HOST));
	compute_testkit_client(&k, "all", "all", "*");
	CHECK_STATUS("in no group", ask(&k, body), KMS_NOT_PERMITTED);
	compute_testkit_client(&k, "pin-translate", "P0", "C.P.T2.*");
	CHECK_STATUS("the other key's label", ask(&k, body), KMS_NOT_PERMITTED);
	compute_testkit_client(&k, "pin-translate", "D0", "C.P.*.*");
	CHECK_STATUS("the usage", ask(&k, body), KMS_NOT_PERMITTED);
	compute_testkit_client(&k, "pin-translate", "P0", "C.P.*.*");
	CHECK_STATUS("named", ask(&k, body), KMS_OK);
}
