/* SPDX-License-Identifier: Apache-2.0 */
/* Authorisation cards as officers order and write them (A1.2, A1.3). */
#include <stdio.h>

#include "base/json.h"
#include "crypto/auth_card.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"

enum { POINT_TEXT = 2 * SEAL_POINT + 1 };

/* One for all tests here, the last of which closes it. */
static struct kms_kit shared;
static struct seal_key sam;
static char point[POINT_TEXT];

static bool open_shared(void)
{
	static const char *const people[][2] = {
		{ "key", "key" }, { "key2", "key" }, { "oper", "oper" }, { "conf", "conf" }
	};

	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(people); i++) {
		CHECK(kms_kit_officer(&shared, people[i][0], people[i][1]));
		kms_kit_session(&shared, people[i][0]);
	}
	CHECK_OK(seal_key_open(&sam, random_system()));
	hex_encode(bytes_of(sam.recipient, sizeof sam.recipient), point);
	return true;
}

#define FIELDS "'node':'10010001','sam':'100020000001','merchant':'100100000000001'"

static const char *issue(const char *fields, const char *transport)
{
	return kms_ask_as(&shared, "key", "{'command':'authcard.issue',%s,'transport':'%s'}",
	                  fields, transport);
}

/* Ordered and agreed to; its number. */
static const char *order(void)
{
	static char id[KMS_KIT_TEXT];

	CHECK_STR("asked", issue(FIELDS ",'hosts':'10.1.0.1:8583'", point), "APPROVAL_NEEDED");
	CHECK_STR("agreed", kms_agreed(&shared, "key", "authcard.issue", "key2"), "SUCCESS");
	str_copy(str_of(kms_told(&shared, "id")), id, sizeof id);
	return id;
}

static void take_file(uint8_t file[AUTH_CARD_FILE])
{
	CHECK_OK(hex_decode(str_of(kms_told(&shared, "file_hex")), file, AUTH_CARD_FILE));
}

TEST(two_officers_order_a_card_and_its_machine_alone_can_use_it)
{
	struct secret tik = { 0 }, again = { 0 };
	SCOPED(seal_key_close) struct seal_key other = { 0 };
	uint8_t file[AUTH_CARD_FILE];
	struct auth_card card;
	const char *id;

	REQUIRE(open_shared());
	id = order();
	CHECK_STR("version", kms_told(&shared, "version"), "1");
	CHECK_STR("written",
	          kms_ask_as(&shared, "oper",
	                     "{'command':'authcard.write','id':%s,'pin':'1357-2468'}", id),
	          "SUCCESS");
	take_file(file);
	CHECK_RESULT("pin", auth_card_open(bytes_of(file, sizeof file), STR("1357-2469"), &card),
	             PASSPHRASE_WRONG);
	REQUIRE_OK(auth_card_open(bytes_of(file, sizeof file), STR("1357-2468"), &card));
	CHECK_STR("hosts", card.hosts, "10.1.0.1:8583");
	CHECK_I64("suites", card.suite_count, 2);
	CHECK_OK(seal_key_open(&other, random_system()));
	CHECK_RESULT("foreign", auth_card_unwrap(&card, &other, &tik), AUTHCARD_FOREIGN);
	CHECK_OK(auth_card_unwrap(&card, &sam, &tik));
	CHECK(kms_kit_tik(&shared, (const uint8_t *)"10010001",
	                  (const uint8_t[]){ 0x10, 0, 0x20, 0, 0, 1 }, &again));
	CHECK_BYTES("the key that the host derives", bytes_of(tik.at, tik.len),
	            bytes_of(again.at, again.len));
	CHECK_I64("audited", kms_kit_audited(&shared, "AUTHCARD.ISSUE", "OK", "serial="), 1);
	CHECK_I64("audited", kms_kit_audited(&shared, "AUTHCARD.WRITE", "OK", "serial="), 1);
	KMS_REFUSED("written once", &shared,
	            kms_ask_as(&shared, "oper",
	                       "{'command':'authcard.write','id':%s,'pin':'1357-2468'}", id),
	            "AUTHCARD_STATE");
}

TEST(a_card_is_nobodys_alone)
{
	char id[KMS_KIT_TEXT];

	REQUIRE(open_shared());
	CHECK_STR("asked", issue(FIELDS, point), "APPROVAL_NEEDED");
	str_copy(str_of(kms_told(&shared, "approval")), id, sizeof id);
	KMS_REFUSED("not by who asked", &shared,
	            kms_ask_as(&shared, "key", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	KMS_REFUSED("not by another role", &shared,
	            kms_ask_as(&shared, "oper", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("not before", &shared,
	            kms_ask_as(&shared, "key", "{'command':'authcard.issue','approval':'%s'}", id),
	            "APPROVAL_STATE");
	CHECK_STR("what they see",
	          kms_ask_as(&shared, "key2", "{'command':'approval.show','id':%s}", id),
	          "SUCCESS");
	CHECK(strstr((const char *)shared.answer.at, "version") != NULL);
	CHECK(strstr((const char *)shared.answer.at, point) != NULL);
}

TEST(orders_with_wrong_fields_are_refused_before_anybody_agrees)
{
	static const struct {
		const char *label, *fields, *code;
	} rows[] = {
		{ "node", "'node':'1001000','sam':'100020000001','merchant':'M1'", "AUTHCARD_FIELD" },
		{ "small letters", "'node':'1001000a','sam':'100020000001','merchant':'M1'",
		  "AUTHCARD_FIELD" },
		{ "sam", "'node':'10010001','sam':'10002000000A','merchant':'M1'",
		  "AUTHCARD_FIELD" },
		{ "short sam", "'node':'10010001','sam':'1','merchant':'M1'", "AUTHCARD_FIELD" },
		{ "no merchant", "'node':'10010001','sam':'100020000001'", "JSON_FIELDS" },
		{ "suites", FIELDS ",'suites':'aes rot13'", "CATALOG_FIELD" },
		{ "print", FIELDS ",'fingerprint':'AB'", "AUTHCARD_FIELD" },
		{ "version", FIELDS ",'version':7", "KEY_NOT_FOUND" },
	}, *row;
	char wrong[POINT_TEXT];

	REQUIRE(open_shared());
	EACH (row, rows)
		KMS_REFUSED(row->label, &shared, issue(row->fields, point), row->code);
	memcpy(wrong, point, sizeof wrong);
	wrong[40] = wrong[40] == '0' ? '1' : '0';
	KMS_REFUSED("no point", &shared, issue(FIELDS, wrong), "AUTHCARD_FIELD");
	KMS_REFUSED("half a point", &shared, issue(FIELDS, "04AB"), "AUTHCARD_FIELD");
}

TEST(a_withdrawn_or_replaced_card_is_not_written)
{
	char first[KMS_KIT_TEXT];
	const char *second;

	REQUIRE(open_shared());
	str_copy(str_of(order()), first, sizeof first);
	second = order();
	KMS_REFUSED("replaced", &shared,
	            kms_ask_as(&shared, "oper",
	                       "{'command':'authcard.write','id':%s,'pin':'1357-2468'}", first),
	            "AUTHCARD_STATE");
	KMS_REFUSED("a short PIN", &shared,
	            kms_ask_as(&shared, "oper",
	                       "{'command':'authcard.write','id':%s,'pin':'1234567'}", second),
	            "INVALID_KEY");
	CHECK_STR("withdrawn",
	          kms_ask_as(&shared, "key", "{'command':'authcard.withdraw','id':%s}", second),
	          "SUCCESS");
	CHECK_I64("audited", kms_kit_audited(&shared, "AUTHCARD.WITHDRAW", "OK", "serial="), 1);
	KMS_REFUSED("withdrawn", &shared,
	            kms_ask_as(&shared, "oper",
	                       "{'command':'authcard.write','id':%s,'pin':'1357-2468'}", second),
	            "AUTHCARD_STATE");
	KMS_REFUSED("again", &shared,
	            kms_ask_as(&shared, "key", "{'command':'authcard.withdraw','id':%s}", second),
	            "AUTHCARD_STATE");
	KMS_REFUSED("none", &shared,
	            kms_ask_as(&shared, "oper",
	                       "{'command':'authcard.write','id':99,'pin':'1357-2468'}"),
	            "AUTHCARD_NOT_FOUND");
	CHECK_STR("list", kms_ask_as(&shared, "conf", "{'command':'authcard.list'}"), "SUCCESS");
	CHECK(strstr((const char *)shared.answer.at, "\"state\":\"WITHDRAWN\"") != NULL);
	seal_key_close(&sam);
	kms_kit_close(&shared);
}
