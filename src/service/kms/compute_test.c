/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what with which key, what it costs, and what the audit learns of it. */
#include "service/kms/compute_testkit.h"

#include <stdio.h>

static enum kms_status ask(struct compute_testkit *k, uint16_t op, const char *body)
{
	return compute_testkit_ask(k, op, body);
}

static void told(const struct compute_testkit *k, const char *name, enum compute_event_kind kind,
                 const char *detail)
{
	const struct compute_told *t = compute_testkit_last(k);

	CHECK_STR(name, compute_event_names[t->kind], compute_event_names[kind]);
	CHECK_STR(name, t->detail, detail);
}

#define CARD  "07:1234567890123456 "
#define TRADE CARD "09:A1B2C3D4 0D:000003E8 0B:112233445566 0C:20261122123456 "
#define BLOCK "04:00112233445566778899AABBCCDDEEFF "
#define TAC_1 "04:1234567890123456000003E806112233445566000001232026112212345600000000 "

/* Every operation that takes a key, with a request that is right but for the key; what it says to a
 * key that it may use. */
static const struct {
	const char *name;
	uint16_t op;
	const char *body, *usages;
	enum kms_status done;
	enum key_deed deed;
} deeds[] = {
	{ "encrypt", KMS_ENCRYPT, "02:01 " BLOCK, "D0 54 60", KMS_OK, KEY_TO_PROTECT },
	{ "decrypt", KMS_DECRYPT, "02:01 " BLOCK, "D0 54 60", KMS_OK, KEY_TO_PROCESS },
	{ "translate", KMS_TRANSLATE, "02:01 14:01 0F=C.H.UD0.01 " BLOCK, "D0 54 60", KMS_OK,
	  KEY_TO_PROCESS },
	{ "mac-make", KMS_MAC_MAKE, BLOCK, "53 61 M1 M3 M6 M7", KMS_OK, KEY_TO_PROTECT },
	{ "mac-verify", KMS_MAC_VERIFY, BLOCK "11:00000000", "53 61 M1 M3 M6 M7", KMS_INTEGRITY,
	  KEY_TO_VERIFY },
	{ "diversify-wrap", KMS_DIVERSIFY_WRAP, CARD "0F=C.H.UK1.01 10=D",
	  "20 21 22 23 24 25 26 27 28 29 30 31 34 40 42 50 B3 E0 E1 E2", KMS_OK, KEY_TO_PROTECT },
	{ "diversify-wrap of AES", KMS_DIVERSIFY_WRAP, CARD "0F=C.H.UK1.01 10=D 16=KMS-DIV-X",
	  "33 35 36", KMS_OK, KEY_TO_PROTECT },
	{ "card-keys", KMS_CARD_KEYS, CARD "0F=C.H.UK0.01 10=D",
	  "20 21 22 23 24 25 26 27 28 29 30 31 34 40 42 50 B3 E0 E1 E2", KMS_OK, KEY_TO_PROTECT },
	{ "session MAC", KMS_DIVERSIFY_MAC, "02:01 " CARD "09:0011223344556677 " BLOCK,
	  "25 26 27 30 31 34 B3 E1 E2", KMS_OK, KEY_TO_PROCESS },
	{ "card's MAC", KMS_DIVERSIFY_MAC, "02:02 " CARD BLOCK, "25 26 27 30 31 34 B3 E1 E2",
	  KMS_OK, KEY_TO_PROCESS },
	{ "RELOAD PIN", KMS_DIVERSIFY_MAC, "02:03 " CARD BLOCK, "26", KMS_OK, KEY_TO_PROCESS },
	{ "load", KMS_LOAD, TRADE "0A:0007 12:00000BB8 11:00000000", "21", KMS_INTEGRITY,
	  KEY_TO_PROCESS },
	{ "purchase", KMS_PURCHASE, TRADE "0A:000500000123", "20", KMS_OK, KEY_TO_PROCESS },
	{ "tac-verify", KMS_TAC_VERIFY, "02:01 " TAC_1, "23", KMS_INTEGRITY, KEY_TO_VERIFY },
	{ "unload", KMS_UNLOAD, "02:01 " TRADE "0A:0007 12:00000BB8 11:00000000", "22",
	  KMS_INTEGRITY, KEY_TO_PROCESS },
	{ "unload confirmed", KMS_UNLOAD, "02:02 " TRADE "0A:0007 12:00000BB8 11:00000000", "22",
	  KMS_INTEGRITY, KEY_TO_VERIFY },
	{ "internal authentication", KMS_CARD_AUTH,
	  "02:01 " CARD "04:0011223344556677 11:0011223344556677", "28", KMS_INTEGRITY,
	  KEY_TO_VERIFY },
	{ "internal MAC", KMS_CARD_AUTH, "02:02 " CARD "04:0011223344556677 11:00112233", "28",
	  KMS_INTEGRITY, KEY_TO_VERIFY },
	{ "external authentication", KMS_CARD_AUTH, "02:03 " CARD "09:00112233", "29 30 31", KMS_OK,
	  KEY_TO_PROCESS },
	{ "command", KMS_CARD_COMMAND, "02:01 " CARD "09:00112233 04:04D6950001AA",
	  "25 27 30 31 E1 E2", KMS_OK, KEY_TO_PROCESS },
	{ "enciphered command", KMS_CARD_COMMAND, "02:02 " CARD "09:00112233 04:84240000001122FF",
	  "25 27 30 31 E1 E2", KMS_OK, KEY_TO_PROCESS },
	{ "response", KMS_CARD_COMMAND, "02:03 " CARD "09:00112233 04:0011 11:00000000",
	  "25 27 30 31 E1 E2", KMS_INTEGRITY, KEY_TO_VERIFY },
	{ "rsa-sign", KMS_RSA_SIGN, "02:02 04=hello", "", KMS_OK, KEY_TO_PROTECT },
	{ "sda-sign", KMS_SDA_SIGN, "1A:DAC1 04=hello", "", KMS_OK, KEY_TO_PROTECT },
	{ "psam-load", KMS_PSAM_LOAD, "02:01 " CARD "0F=C.H.U30.01 13:1234567890123456 09:01020304",
	  "20 21 23 25 26 27 28 29 40 50", KMS_OK, KEY_TO_PROTECT },
	{ "arqc", KMS_ARQC_VERIFY,
	  "02:01 08:6225880000000001FFFF01 0A:001C 04:00 11:0011223344556677", "E0", KMS_INTEGRITY,
	  KEY_TO_PROCESS },
	{ "pin-translate", KMS_PIN_TRANSLATE,
	  "02:04 04:00112233445566778899AABBCCDDEEFF 08:43219876543210987FFF 0F=C.H.UP0.01 14:04",
	  "P0", KMS_INTEGRITY, KEY_TO_PROCESS },
	{ "sm2-sign", KMS_SM2_SIGN, "04=hello", "S0", KMS_OK, KEY_TO_PROTECT },
	{ "sm2-verify", KMS_SM2_VERIFY,
	  "04=hello 11:0000000000000000000000000000000000000000000000000000000000000001"
	  "0000000000000000000000000000000000000000000000000000000000000001",
	  "S0 S2", KMS_INTEGRITY, KEY_TO_VERIFY },
};

static enum kms_status try_deed(struct compute_testkit *k, size_t i, const char *usage)
{
	char body[512];

	snprintf(body, sizeof body, "01=C.H.U%s.01 %s", usage, deeds[i].body);
	return ask(k, deeds[i].op, body);
}

TEST(a_key_does_what_its_usage_says_and_nothing_else)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char name[64];

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_all(&k, PRODUCT_IN_HOST);
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		for (size_t j = 0; j < COMPUTE_TESTKIT_SORTS; j++) {
			bool may =
			        compute_is_among(deeds[i].usages, compute_testkit_sorts[j].usage);
			enum kms_status got = try_deed(&k, i, compute_testkit_sorts[j].usage);

			snprintf(name, sizeof name, "%s with %s", deeds[i].name,
			         compute_testkit_sorts[j].usage);
			/* a name of the derivation with a root that is not of AES, or none with one
			 * that is, factors of a key that is no root: matters of data */
			if (!may && got == KMS_BAD_DATA)
				CHECK(deeds[i].op == KMS_DIVERSIFY_WRAP ||
				      deeds[i].op == KMS_CARD_KEYS || deeds[i].op == KMS_PSAM_LOAD);
			else
				CHECK_STATUS(name, got, may ? deeds[i].done : KMS_KEY_USE);
		}
	CHECK_STATUS("S2 pairs decrypt",
	             ask(&k, KMS_SM2_DECRYPT,
	                 "01=C.H.US0.01 04:"
	                 "00"),
	             KMS_BAD_DATA);
}

TEST(a_key_does_what_its_state_allows)
{
	static const enum key_state states[] = { KEY_ACTIVE, KEY_SUSPENDED, KEY_DEACTIVATED,
		                                 KEY_COMPROMISED, KEY_DESTROYED };
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char what[64], name[64], usage[3] = "";

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.UK1 K1 A 256 B E 0", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.UK0 K0 A 256 B E 0", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.U30 30 T 112 X E 1", "", PRODUCT_IN_HOST);
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		if (!deeds[i].usages[0] || deeds[i].op == KMS_TRANSLATE ||
		    deeds[i].op == KMS_PIN_TRANSLATE)
			continue;
		memcpy(usage, deeds[i].usages, 2);
		for (size_t j = 0; j < COMPUTE_TESTKIT_SORTS; j++)
			if (strcmp(compute_testkit_sorts[j].usage, usage) == 0)
				snprintf(what, sizeof what, "C.S%zu.K %s", i,
				         compute_testkit_sorts[j].what);
		struct key_definition d = compute_testkit_key(&k, what, "", PRODUCT_IN_HOST);
		for (size_t s = 0; s < ARRAY_LEN(states); s++) {
			char body[512];

			if (states[s] != KEY_ACTIVE)
				compute_testkit_move(&k, &d, states[s]);
			snprintf(body, sizeof body, "01=C.S%zu.K.01 %s", i, deeds[i].body);
			snprintf(name, sizeof name, "%s while %s", deeds[i].name,
			         key_state_names[states[s]]);
			CHECK_STATUS(name, ask(&k, deeds[i].op, body),
			             key_state_allows(states[s], deeds[i].deed, false)
			                     ? deeds[i].done
			                     : KMS_KEY_STATE);
			snprintf(body, sizeof body, "01=C.S%zu.K.01", i);
			CHECK_STATUS(name, ask(&k, KMS_KEY_INFO, body), KMS_OK);
			CHECK_I64(name, compute_testkit_value(&k, KMS_TAG_STATE).at[0], states[s]);
		}
	}
}

TEST(a_second_key_is_held_to_its_state_and_usage_too)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.DPK 20 T 112 X E 1", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.DATA D0 A 128 B E 0", "", PRODUCT_IN_HOST);
	struct key_definition kek =
	        compute_testkit_key(&k, "C.H.KEK K1 A 256 B E 0", "", PRODUCT_IN_HOST);
	static const char wrap[] = "01=C.H.DPK.01 " CARD "0F=C.H.KEK.01 10=D";
	CHECK_STATUS("active", ask(&k, KMS_DIVERSIFY_WRAP, wrap), KMS_OK);
	CHECK_STATUS("a data key is no KEK",
	             ask(&k, KMS_DIVERSIFY_WRAP, "01=C.H.DPK.01 " CARD "0F=C.H.DATA.01 10=D"),
	             KMS_KEY_USE);
	CHECK_STATUS("a KEK is no data key",
	             ask(&k, KMS_TRANSLATE, "01=C.H.DATA.01 02:01 14:01 0F=C.H.KEK.01 " BLOCK),
	             KMS_KEY_USE);
	CHECK_STATUS("no such KEK",
	             ask(&k, KMS_DIVERSIFY_WRAP, "01=C.H.DPK.01 " CARD "0F=C.H.NONE.01 10=D"),
	             KMS_NO_KEY);
	compute_testkit_client(&k, "diversify-wrap", "20", "*");
	CHECK_STATUS("usage of the KEK", ask(&k, KMS_DIVERSIFY_WRAP, wrap), KMS_NOT_PERMITTED);
	told(&k, "usage", COMPUTE_DENIED, "usage");
	compute_testkit_client(&k, "diversify-wrap", "20 K1", "C.H.DPK.*");
	CHECK_STATUS("label of the KEK", ask(&k, KMS_DIVERSIFY_WRAP, wrap), KMS_NOT_PERMITTED);
	told(&k, "label", COMPUTE_DENIED, "label");
	compute_testkit_client(&k, "diversify-wrap", "20 K1", "C.H.*");
	CHECK_STATUS("both", ask(&k, KMS_DIVERSIFY_WRAP, wrap), KMS_OK);
	compute_testkit_move(&k, &kek, KEY_SUSPENDED);
	CHECK_STATUS("suspended", ask(&k, KMS_DIVERSIFY_WRAP, wrap), KMS_KEY_STATE);
}

/* --- permission --- */

TEST(permission_is_asked_in_order_and_told)
{
	static const struct {
		const char *name, *ops, *usages, *labels;
		bool stranger, stopped;
		uint16_t op;
		const char *body;
		enum kms_status want;
		enum compute_event_kind kind;
		const char *detail;
	} rows[] = {
		{ "may", "mac", "M6", "C.H.*", false, false, KMS_MAC_MAKE, "01=C.H.UM6.01 04:00", KMS_OK,
		  COMPUTE_DONE, "" },
		{ "nobody", "mac", "M6", "C.H.*", true, false, KMS_MAC_MAKE, "01=C.H.UM6.01 04:00",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "certificate" },
		{ "nobody, unknown operation", "mac", "M6", "C.H.*", true, false, 0x00A5, "",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "certificate" },
		{ "stopped", "mac", "M6", "C.H.*", false, true, KMS_MAC_MAKE, "01=C.H.UM6.01 04:00",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "stopped" },
		{ "unknown operation", "mac", "M6", "C.H.*", false, false, 0x00A5, "", KMS_UNKNOWN_OP,
		  COMPUTE_BAD, "00A5" },
		{ "operation out of range", "mac", "M6", "C.H.*", false, false, 0xFFFF, "", KMS_UNKNOWN_OP,
		  COMPUTE_BAD, "FFFF" },
		{ "operation of terminals", "all", "M6", "C.H.*", false, false, KMS_SIGN_IN, "",
		  KMS_UNKNOWN_OP, COMPUTE_BAD, "0080" },
		{ "operation", "purse", "M6", "C.H.*", false, false, KMS_MAC_MAKE, "01=C.H.UM6.01 04:00",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "operation" },
		{ "operation before form", "purse", "M6", "C.H.*", false, false, KMS_MAC_MAKE, "",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "operation" },
		{ "usage", "mac", "20", "C.H.*", false, false, KMS_MAC_MAKE, "01=C.H.UM6.01 04:00",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "usage" },
		{ "usage before label", "mac", "20", "X.*", false, false, KMS_MAC_MAKE,
		  "01=C.H.UM6.01 04:00", KMS_NOT_PERMITTED, COMPUTE_DENIED, "usage" },
		{ "label", "mac", "M6", "C.X.*", false, false, KMS_MAC_MAKE, "01=C.H.UM6.01 04:00",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "label" },
		{ "version", "mac", "M6", "C.H.UM6.02", false, false, KMS_MAC_MAKE, "01=C.H.UM6.00 04:00",
		  KMS_NOT_PERMITTED, COMPUTE_DENIED, "label" },
		{ "the version that .00 is", "mac", "M6", "C.H.UM6.01", false, false, KMS_MAC_MAKE,
		  "01=C.H.UM6.00 04:00", KMS_OK, COMPUTE_DONE, "" },
		{ "no such key", "mac", "M6", "C.H.*", false, false, KMS_MAC_MAKE, "01=C.H.NONE.01 04:00",
		  KMS_NO_KEY, COMPUTE_DENIED, "C.H.NONE.01" },
		{ "no such key of somebody else's", "mac", "M6", "C.H.*", false, false, KMS_MAC_MAKE,
		  "01=C.X.NONE.01 04:00", KMS_NOT_PERMITTED, COMPUTE_DENIED, "label" },
		{ "usage before state and operation's usage", "mac", "M6", "C.H.*", false, false,
		  KMS_MAC_MAKE, "01=C.H.UD0.01 04:00", KMS_NOT_PERMITTED, COMPUTE_DENIED, "usage" },
		{ "operation's usage", "mac", "all", "C.H.*", false, false, KMS_MAC_MAKE,
		  "01=C.H.UD0.01 04:00", KMS_KEY_USE, COMPUTE_DENIED, "usage D0" },
		{ "no label", "mac", "M6", "C.H.*", false, false, KMS_MAC_MAKE, "01=C.H 04:00",
		  KMS_BAD_DATA, COMPUTE_BAD, "a key is named ISSUER.PRODUCT.KEY.VERSION" },
		{ "hello is everybody's", "", "", "", false, false, KMS_HELLO, "", KMS_OK, COMPUTE_DONE, "" },
		{ "ping is everybody's", "", "", "", false, false, KMS_PING, "", KMS_OK, COMPUTE_DONE, "" },
		{ "but not strangers'", "", "", "", true, false, KMS_PING, "", KMS_NOT_PERMITTED,
		  COMPUTE_DENIED, "certificate" },
	}, *row;
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.UM6 M6 A 128 C E 0", "", PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.UD0 D0 A 128 B E 0", "", PRODUCT_IN_HOST);
	EACH (row, rows) {
		compute_testkit_client(&k, row->ops, row->usages, row->labels);
		k.asking = row->stranger ? NULL : &k.client;
		k.client.state = row->stopped ? KEY_CLIENT_STOPPED : KEY_CLIENT_ACTIVE;
		compute_testkit_forget(&k);
		CHECK_STATUS(row->name, ask(&k, row->op, row->body), row->want);
		CHECK_I64(row->name, k.told_count, 1);
		told(&k, row->name, row->kind, row->detail);
		CHECK_I64(row->name, compute_testkit_last(&k)->by_client, !row->stranger);
	}
}

TEST(hello_says_what_may_be_asked)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_client(&k, "mac sm3 0080", "all", "*");
	CHECK_STATUS("hello", ask(&k, KMS_HELLO, ""), KMS_OK);
	CHECK_HEX("protocol", compute_testkit_value(&k, KMS_TAG_FORMAT), "01");
	CHECK_HEX("limits", compute_testkit_value(&k, KMS_TAG_LENGTH), "00010000002003E8");
	CHECK_HEX("time", compute_testkit_value(&k, KMS_TAG_TIME), "20260305120000");
	CHECK_HEX("operations", compute_testkit_value(&k, KMS_TAG_OPS),
	          "00010020002100310063"
	          "00F0");
}

TEST(key_info_says_what_a_key_is_and_nothing_of_its_value)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.DPK 20 T 112 X S 2", "0123456789ABCDEFFEDCBA9876543210",
	                    PRODUCT_IN_HOST);
	compute_testkit_key(&k, "C.H.SM2 S0 2 256 S E 0", "", PRODUCT_IN_HOST);
	CHECK_STATUS("info", ask(&k, KMS_KEY_INFO, "01=C.H.DPK.00"), KMS_OK);
	CHECK_BYTES("label", compute_testkit_value(&k, KMS_TAG_LABEL),
	            str_bytes(STR("C.H.DPK.01")));
	CHECK_HEX("TV-01", compute_testkit_value(&k, KMS_TAG_KCV), "0008D7B4");
	CHECK_HEX("use", compute_testkit_value(&k, KMS_TAG_USE), "32305458007002");
	CHECK_HEX("state", compute_testkit_value(&k, KMS_TAG_STATE), "01");
	CHECK_I64("values", k.got.count, 4);
	CHECK_STATUS("pair", ask(&k, KMS_KEY_INFO, "01=C.H.SM2.01"), KMS_OK);
	CHECK_I64("x and y", compute_testkit_value(&k, KMS_TAG_PUBLIC).len, 64);
	CHECK_I64("SM3 of it", compute_testkit_value(&k, KMS_TAG_KCV).len, 5);
}

TEST(random_bytes_come_in_the_length_that_is_asked)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	CHECK_STATUS("one", ask(&k, KMS_RANDOM, "1B:0001"), KMS_OK);
	CHECK_STATUS("most", ask(&k, KMS_RANDOM, "1B:0400"), KMS_OK);
	CHECK_I64("length", compute_testkit_value(&k, KMS_TAG_RESULT).len, 1024);
	CHECK_STATUS("none", ask(&k, KMS_RANDOM, "1B:0000"), KMS_BAD_DATA);
	CHECK_STATUS("more", ask(&k, KMS_RANDOM, "1B:0401"), KMS_BAD_DATA);
}

/* --- rate, quota, alarms --- */

TEST(a_batch_costs_what_it_holds)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char body[1024] = "01=C.H.DTK.01 02:01 ";

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.DTK 23 T 112 X E 1", "", PRODUCT_IN_HOST);
	for (int i = 0; i < 5; i++)
		strncat(body, TAC_1, sizeof body - strlen(body) - 1);
	k.client.rate = 1;
	k.client.burst = 11;
	CHECK_STATUS("five", ask(&k, KMS_TAC_VERIFY, body), KMS_INTEGRITY);
	CHECK_I64("told as five", compute_testkit_last(&k)->count, 5);
	CHECK_STATUS("ten", ask(&k, KMS_TAC_VERIFY, body), KMS_INTEGRITY);
	CHECK_STATUS("five more than one", ask(&k, KMS_TAC_VERIFY, body), KMS_RATE);
	told(&k, "rate", COMPUTE_DENIED, "rate");
	CHECK_STATUS("one", ask(&k, KMS_PING, ""), KMS_OK);
	CHECK_STATUS("none left", ask(&k, KMS_PING, ""), KMS_RATE);
	k.f.now.us += 3 * SECOND_US;
	CHECK_STATUS("three later", ask(&k, KMS_PING, ""), KMS_OK);
	k.client.quota_day = 12;
	CHECK_STATUS("quota", ask(&k, KMS_PING, ""), KMS_RATE);
	told(&k, "quota", COMPUTE_DENIED, "quota");
	k.f.now.us += INT64_C(86400) * SECOND_US;
	CHECK_STATUS("tomorrow", ask(&k, KMS_PING, ""), KMS_OK);
	CHECK_I64("refusals are not counted", key_client_meter_used(&k.meter, k.f.now), 1);
}

TEST(who_guesses_is_noticed)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	size_t alarms = 0;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.MAC M6 A 128 C E 0", "", PRODUCT_IN_HOST);
	for (int i = 0; i < 30; i++) {
		compute_testkit_forget(&k);
		CHECK_STATUS("guess", ask(&k, KMS_MAC_VERIFY, "01=C.H.MAC.01 04:00 11:00000000"),
		             KMS_INTEGRITY);
		CHECK_STR("each one is told", compute_event_names[k.told[0].kind], "WRONG");
		CHECK_I64("alarm at the 21st", k.told_count, i == 20 ? 2 : 1);
		if (k.told_count == 2)
			told(&k, "alarm", COMPUTE_ALARM, "client");
		alarms += k.told_count - 1;
		k.f.now.us += SECOND_US;
	}
	CHECK_I64("once a minute", alarms, 1);
	CHECK_STR("the key", k.told[0].label, "C.H.MAC.01");
	CHECK_STR("the operation", k.told[0].name, "mac-verify");
}

TEST(a_card_that_is_guessed_at_by_several_clients_is_noticed)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct key_client_meter second;
	static const char body[] = "01=C.H.DLK.01 " TRADE "0A:0007 12:00000BB8 11:00000000";

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.DLK 21 T 112 X E 1", "", PRODUCT_IN_HOST);
	for (int i = 0; i < 15; i++)
		CHECK_STATUS("first", ask(&k, KMS_LOAD, body), KMS_INTEGRITY);
	second = k.meter;
	key_client_meter_init(&k.meter, k.f.now, 0);
	for (int i = 0; i < 5; i++)
		CHECK_STATUS("second", ask(&k, KMS_LOAD, body), KMS_INTEGRITY);
	compute_testkit_forget(&k);
	CHECK_STATUS("the 21st", ask(&k, KMS_LOAD, body), KMS_INTEGRITY);
	REQUIRE(k.told_count == 2);
	CHECK_STR("alarm", compute_event_names[k.told[0].kind], "ALARM");
	CHECK_STR("card", k.told[0].detail, "card=1234567890123456");
	CHECK_STR("and the failure", compute_event_names[k.told[1].kind], "WRONG");
	key_client_meter_deinit(&second);
}

TEST(a_bank_cards_number_is_not_told_in_full)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	bool alarmed = false;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.H.IMK E0 T 112 X E 1", "", PRODUCT_IN_HOST);
	for (int i = 0; i < 21; i++)
		CHECK_STATUS("guess",
		             ask(&k, KMS_ARQC_VERIFY,
		                 "01=C.H.IMK.01 02:01 08:6225880000000001FFFF01 0A:001C 04:00 "
		                 "11:0011223344556677"),
		             KMS_INTEGRITY);
	for (size_t i = 0; i < k.told_count; i++) {
		CHECK(!strstr(k.told[i].detail, "0000000001"));
		alarmed |= strcmp(k.told[i].detail, "card=622588******0001FFFF01") == 0;
	}
	CHECK(alarmed);
}

TEST(wrong_tacs_are_told_apart_in_a_batch)
{
	/* TV-24 among others */
	static const char right[] =
	        "04:1234567890123456000003E80611223344556600000123202611221234561"
	        "2BC17E6 ";
	SCOPED(compute_testkit_close) struct compute_testkit k;
	char body[4096] = "01=C.%.DTK.01 02:01 ";

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.D.DTK 23 T 112 X E 1", "33333333333333334444444444444444",
	                    PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.H.DTK 23 T 112 X E 1", "33333333333333334444444444444444",
	                    PRODUCT_IN_HOST);
	for (int i = 0; i < 11; i++)
		strncat(body, i == 3 || i == 10 ? TAC_1 : right, sizeof body - strlen(body) - 1);
	for (int i = 0; i < 2; i++) {
		body[5] = "DH"[i];
		CHECK_STATUS("two are wrong", ask(&k, KMS_TAC_VERIFY, body), KMS_INTEGRITY);
		CHECK_HEX("bits", compute_testkit_value(&k, KMS_TAG_RESULT), "EFC0");
		CHECK_I64("two", compute_testkit_last(&k)->count, 2);
	}
}

/* --- keys that change, devices that go --- */

TEST(a_change_of_a_key_is_seen_at_once)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;
	struct key_order soon = { 0 };
	struct key_version v;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	struct key_definition d =
	        compute_testkit_key(&k, "C.D.MAC M6 A 128 C E 0", "", PRODUCT_IN_DEVICE);
	CHECK_STATUS("active", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.00 04:00"), KMS_OK);
	CHECK_STR("first", compute_testkit_last(&k)->label, "C.D.MAC.01");
	soon.activate_at.us = k.f.now.us + 10 * SECOND_US;
	CHECK_OK(KEY_CHANGE(&k.f, key_version_generate(act, &d, &soon, &v)));
	atomic_fetch_add(&k.generation, 1);
	CHECK_STATUS("not yet", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.02 04:00"), KMS_KEY_STATE);
	k.f.now.us += 10 * SECOND_US;
	CHECK_STATUS("by the clock", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.02 04:00"), KMS_OK);
	CHECK_STATUS("current", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.00 04:00"), KMS_OK);
	CHECK_STR("second", compute_testkit_last(&k)->label, "C.D.MAC.02");
	compute_testkit_move(&k, &d, KEY_COMPROMISED);
	CHECK_STATUS("compromised", ask(&k, KMS_MAC_VERIFY, "01=C.D.MAC.01 04:00 11:00000000"),
	             KMS_KEY_STATE);
	told(&k, "state", COMPUTE_DENIED, "COMPROMISED");
	compute_testkit_recover(&k, &d, 3600);
	CHECK_STATUS("in recovery", ask(&k, KMS_MAC_VERIFY, "01=C.D.MAC.01 04:00 11:00000000"),
	             KMS_INTEGRITY);
	CHECK_STATUS("it makes nothing new", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.01 04:00"),
	             KMS_KEY_STATE);
	k.f.now.us += 3600 * (int64_t)SECOND_US;
	CHECK_STATUS("over", ask(&k, KMS_MAC_VERIFY, "01=C.D.MAC.01 04:00 11:00000000"),
	             KMS_KEY_STATE);
	compute_testkit_recover(&k, &d, 3600);
	compute_testkit_recover(&k, &d, 0);
	CHECK_STATUS("taken back", ask(&k, KMS_MAC_VERIFY, "01=C.D.MAC.01 04:00 11:00000000"),
	             KMS_KEY_STATE);
}

TEST(a_device_that_goes_is_told_and_comes_back)
{
	SCOPED(compute_testkit_close) struct compute_testkit k;

	REQUIRE(compute_testkit_open(&k, DB_SQLITE));
	compute_testkit_key(&k, "C.D.MAC M6 A 128 C E 0", "", PRODUCT_IN_DEVICE);
	compute_testkit_key(&k, "C.H.DPK 20 T 112 X E 1", "", PRODUCT_IN_HOST);
	CHECK_STATUS("there", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.00 04:00"), KMS_OK);
	hsm_rig_take_away(&k.f.rig);
	CHECK_RESULT("gone", hsm_device_check(k.f.rig.device), HSM_LOST);
	CHECK_STATUS("gone", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.00 04:00"), KMS_DEVICE_FAILED);
	CHECK_STR("told", compute_event_names[compute_testkit_last(&k)->kind], "FAILED");
	CHECK_STATUS("opened by it",
	             ask(&k, KMS_PURCHASE, "01=C.H.DPK.00 " TRADE "0A:000500000123"),
	             KMS_DEVICE_FAILED);
	CHECK_STATUS("needs none", ask(&k, KMS_SM3, "04=abc"), KMS_OK);
	hsm_rig_put_back(&k.f.rig);
	REQUIRE_OK(hsm_device_reconnect(k.f.rig.device));
	CHECK_STATUS("back", ask(&k, KMS_MAC_MAKE, "01=C.D.MAC.00 04:00"), KMS_OK);
	REQUIRE_OK(hsm_lmk_erase(k.f.rig.session, k.f.ring.at[0].slot));
	CHECK_STATUS("no master key",
	             ask(&k, KMS_PURCHASE, "01=C.H.DPK.00 " TRADE "0A:000500000123"),
	             KMS_LMK_MISSING);
}

/* An operation whose key goes away under it, once. */
static result goes_away(struct compute_call *c)
{
	int *times = c->owner;
	struct working_key *key;

	TRY(compute_key(c, 0, &key));
	if ((*times)++ == 0)
		return FAIL(HSM_OBJECT_GONE, "by test");
	kms_put_number(c->out, KMS_TAG_RESULT, (uint32_t)c->key_count, 1);
	return OK;
}

static result not_signed_in(struct compute_call *c)
{
	c->status = KMS_NOT_SIGNED_IN;
	kms_put_number(c->out, KMS_TAG_RESULT, 1, 1);
	return FAIL(KMS_DENIED, "no session");
}

TEST(other_tables_bring_operations_of_their_own)
{
	static const struct kms_rule rules[] = { { KMS_TAG_LABEL, 1, COMPUTE_LABEL_MAX, 1, 1 } };
	static const struct compute_op ops[] = {
		{ .code = KMS_SIGN_IN, .name = "sign-in", .work = not_signed_in },
		{ .code = KMS_DAY_STATUS,
		  .name = "link-mac",
		  .usages = "M6",
		  .deed = KEY_TO_PROTECT,
		  COMPUTE_RULES(rules),
		  .work = goes_away },
	};
	static const struct compute_table table = { ops, ARRAY_LEN(ops) };
	SCOPED(compute_testkit_close) struct compute_testkit k;
	int times = 0;

	REQUIRE(compute_testkit_open_with(&k, DB_SQLITE, &table, &times));
	compute_testkit_client(&k, "sign-in day-status", "all", "*");
	compute_testkit_key(&k, "C.D.MAC M6 A 128 C E 0", "", PRODUCT_IN_DEVICE);
	CHECK_STATUS("a status of its own", ask(&k, KMS_SIGN_IN, ""), KMS_NOT_SIGNED_IN);
	CHECK_I64("no body", k.got.count, 0);
	told(&k, "told", COMPUTE_DENIED, "no session");
	CHECK_STATUS("once more", ask(&k, KMS_DAY_STATUS, "01=C.D.MAC.00"), KMS_OK);
	CHECK_I64("twice", times, 2);
	CHECK_HEX("one key", compute_testkit_value(&k, KMS_TAG_RESULT), "01");
}

TEST(both_stores_serve)
{
	for (enum db_engine e = DB_SQLITE; e <= DB_POSTGRES; e++) {
		SCOPED(compute_testkit_close) struct compute_testkit k;

		REQUIRE(compute_testkit_open(&k, e));
		compute_testkit_key(&k, "C.H.DPK 20 T 112 X E 1",
		                    "11111111111111112222222222222222", PRODUCT_IN_HOST);
		CHECK_STATUS("purchase",
		             ask(&k, KMS_PURCHASE, "01=C.H.DPK.00 " TRADE "0A:000500000123"),
		             KMS_OK);
		CHECK_HEX("TV-23", compute_testkit_value(&k, KMS_TAG_RESULT), "14A2F314");
	}
}
