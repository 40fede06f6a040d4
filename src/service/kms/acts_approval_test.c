/* SPDX-License-Identifier: Apache-2.0 */
/* What needs a second person (keys 12, 20.3 no. 6): who may agree, to what, how often, how long. */
#include <stdio.h>

#include "harness/test.h"
#include "service/kms/kms_testkit.h"

enum { ID = 24, HOUR_S = 3600 };

/* One for all tests here, the last of which closes it. */
static struct kms_kit shared;

static bool open_shared(void)
{
	static const struct {
		const char *name, *roles;
	} rows[] = {
		{ "so1", "SO1" },   { "so2", "SO2" },     { "so3", "SO3" }, { "conf", "conf" },
		{ "mk2", "mk" },    { "store", "store" }, { "auditor", "audit" },
		{ "other", "store" },
	}, *row;

	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	EACH (row, rows)
		CHECK(kms_kit_officer(&shared, row->name, row->roles));
	EACH (row, rows)
		kms_kit_session(&shared, row->name);
	kms_kit_session(&shared, "mk");
	for (int i = 2; i <= 4; i++)
		CHECK_STR("issuer",
		          kms_ask_as(&shared, "conf",
		                     "{'command':'issuer.add','code':'CAMPUS%02d','name':'x'}", i),
		          "SUCCESS");
	return true;
}

/* Ask for something that needs others, a whole request; the approval's number. */
static void ask_for(struct kms_kit *k, const char *who, const char *request, char id[ID])
{
	CHECK_STR(request, kms_ask_as(k, who, "%s", request + 1), "APPROVAL_NEEDED");
	str_copy(str_of(kms_told(k, "approval")), id, ID);
}

static const char *agree(struct kms_kit *k, const char *who, const char *id)
{
	return kms_ask_as(k, who, "{'command':'approval.agree','id':%s}", id);
}

static const char *refuse(struct kms_kit *k, const char *who, const char *id)
{
	return kms_ask_as(k, who, "{'command':'approval.refuse','id':%s}", id);
}

static const char *carry_out(struct kms_kit *k, const char *who, const char *command,
                             const char *id)
{
	return kms_ask_as(k, who, "{'command':'%s','approval':'%s'}", command, id);
}

static const char *state_of(struct kms_kit *k, const char *id)
{
	CHECK_STR(id, kms_ask_as(k, "conf", "{'command':'approval.show','id':%s}", id), "SUCCESS");
	return kms_told(k, "state");
}

/* --- who --- */

#define LOOSEN "{'command':'setting.set','name':'strict_roles','value':'off'}"

static void check_who_may_agree(struct kms_kit *k)
{
	char id[ID];

	ask_for(k, "mk", LOOSEN, id);
	KMS_REFUSED("who asks", k, agree(k, "mk", id), "APPROVAL_SELF");
	KMS_REFUSED("another administrator", k, agree(k, "mk2", id), "OFFICER_ROLE_OTHER");
	KMS_REFUSED("another role", k, agree(k, "conf", id), "OFFICER_ROLE_OTHER");
	KMS_REFUSED("before anybody agreed", k, carry_out(k, "mk", "setting.set", id),
	            "APPROVAL_STATE");
	CHECK_STR("the first", agree(k, "so2", id), "SUCCESS");
	CHECK_STR("waits for the second", state_of(k, id), "PENDING");
	KMS_REFUSED("the first again", k, agree(k, "so2", id), "APPROVAL_SELF");
	KMS_REFUSED("half agreed", k, carry_out(k, "mk", "setting.set", id), "APPROVAL_STATE");
	CHECK_STR("the second", agree(k, "so1", id), "SUCCESS");
	CHECK_STR("both", state_of(k, id), "APPROVED");
	KMS_REFUSED("a third", k, agree(k, "so3", id), "APPROVAL_STATE");
	KMS_REFUSED("used by another", k, carry_out(k, "mk2", "setting.set", id), "APPROVAL_OTHER");
	CHECK_STR("used", carry_out(k, "mk", "setting.set", id), "SUCCESS");
	CHECK_STR("used", state_of(k, id), "USED");
	KMS_REFUSED("a second time", k, carry_out(k, "mk", "setting.set", id), "APPROVAL_STATE");
	KMS_REFUSED("agreed to late", k, agree(k, "so3", id), "APPROVAL_STATE");
	KMS_REFUSED("refused late", k, refuse(k, "so3", id), "APPROVAL_STATE");
	CHECK_STR("nothing of that number", agree(k, "so1", "99"), "APPROVAL_NOT_FOUND");
	CHECK_STR("nothing of that number", carry_out(k, "mk", "setting.set", "99"),
	          "APPROVAL_NOT_FOUND");
	CHECK_I64("who used it",
	          kms_kit_audited(k, "SETTING", "OK", "approval=1 strict_roles=off") +
	                  kms_kit_audited(k, "SETTING", "OK", "approval="),
	          1);
}

/* The safe value needs nobody, and no approval is made for it. */
static void check_no_need(struct kms_kit *k)
{
	CHECK_STR(
	        "back to safety",
	        kms_ask_as(k, "mk", "{'command':'setting.set','name':'strict_roles','value':'on'}"),
	        "SUCCESS");
}

/* "SO1 SO2 SO3": one after the other, in this order. */
static void check_order(struct kms_kit *k)
{
	char id[ID];

	ask_for(k, "mk", "{'command':'lmk.activate','lmk':99}", id);
	KMS_REFUSED("the second first", k, agree(k, "so2", id), "OFFICER_ROLE_OTHER");
	KMS_REFUSED("the third first", k, agree(k, "so3", id), "OFFICER_ROLE_OTHER");
	CHECK_STR("the first", agree(k, "so1", id), "SUCCESS");
	KMS_REFUSED("the first again", k, agree(k, "so1", id), "APPROVAL_SELF");
	KMS_REFUSED("the third second", k, agree(k, "so3", id), "OFFICER_ROLE_OTHER");
	CHECK_STR("the second", agree(k, "so2", id), "SUCCESS");
	KMS_REFUSED("two of three", k, carry_out(k, "mk", "lmk.activate", id), "APPROVAL_STATE");
	CHECK_STR("the third", agree(k, "so3", id), "SUCCESS");
	/* what fails has used nothing */
	KMS_REFUSED("there is no such key", k, carry_out(k, "mk", "lmk.activate", id),
	            "MASTER_STATE");
	CHECK_STR("still there", state_of(k, id), "APPROVED");
}

/* Somebody of the asker's own role may agree where the role is named, but not the asker. */
static void check_same_role(struct kms_kit *k)
{
	char id[ID];

	ask_for(k, "store",
	        "{'command':'stock.shred','number':'V1','kind':'PSAM','giver':'a','taker':'b',"
	        "'cards':'CHIP0001'}",
	        id);
	KMS_REFUSED("who asks", k, agree(k, "store", id), "APPROVAL_SELF");
	CHECK_STR("the other one", agree(k, "other", id), "SUCCESS");
}

TEST(only_the_people_who_are_needed_agree_each_once_and_never_who_asks)
{
	REQUIRE(open_shared());
	check_who_may_agree(&shared);
	check_no_need(&shared);
	check_order(&shared);
	check_same_role(&shared);
	CHECK_STR("the chain", kms_ask_as(&shared, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
}

/* --- to what --- */

/* One that conf asked for and the administrator agreed to: the third issuer is removed. */
static void agreed_removal(struct kms_kit *k, char id[ID])
{
	ask_for(k, "conf", "{'command':'issuer.remove','id':3}", id);
	CHECK_STR("agreed", agree(k, "mk", id), "SUCCESS");
}

static void check_other_fields(struct kms_kit *k)
{
	char id[ID];

	agreed_removal(k, id);
	KMS_REFUSED("another issuer", k,
	            kms_ask_as(k, "conf", "{'command':'issuer.remove','approval':'%s','id':2}", id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("another order", k, carry_out(k, "conf", "product.remove", id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("another order, of the same fields", k,
	            kms_ask_as(k, "conf", "{'command':'ca.remove','approval':'%s','id':3}", id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("a field more", k,
	            kms_ask_as(k, "conf",
	                       "{'command':'issuer.remove','approval':'%s','id':3,'code':'C'}", id),
	            "JSON_FIELDS");
	KMS_REFUSED("no number", k,
	            kms_ask_as(k, "conf", "{'command':'issuer.remove','approval':'x','id':3}"),
	            "INVALID_NUMBER");
	KMS_REFUSED("another role uses it", k, carry_out(k, "mk", "issuer.remove", id),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("said again, the same",
	          kms_ask_as(k, "conf", "{'command':'issuer.remove','approval':'%s','id':3}", id),
	          "SUCCESS");
	KMS_REFUSED("twice", k, carry_out(k, "conf", "issuer.remove", id), "APPROVAL_STATE");
}

#define SHRED "'command':'stock.shred','number':'V7','kind':'PSAM','giver':'store','taker':'mill'"

static void stock_waste(struct kms_kit *k)
{
	static const struct {
		const char *number, *to;
	} moves[] = { { "V2", "IN_STORE" }, { "V3", "WASTE" }, { "V4", "WASTE_STORE" } }, *m;

	CHECK_STR("cards come",
	          kms_ask_as(k, "store",
	                     "{'command':'stock.receive','number':'V1','kind':'PSAM',"
	                     "'giver':'maker','taker':'store','cards':'CHIP0001\\nCHIP0002'}"),
	          "SUCCESS");
	EACH (m, moves)
		CHECK_STR(m->to,
		          kms_ask_as(k, "store",
		                     "{'command':'stock.move','number':'%s','kind':'PSAM',"
		                     "'to':'%s','giver':'a','taker':'b','reason':'broken',"
		                     "'cards':'CHIP0001\\nCHIP0002'}",
		                     m->number, m->to),
		          "SUCCESS");
}

static void check_other_file(struct kms_kit *k)
{
	char id[ID];

	stock_waste(k);
	ask_for(k, "store", "{" SHRED ",'cards':'CHIP0001'}", id);
	CHECK_STR("how many", kms_told(k, "cards"), "1");
	CHECK_STR("agreed", agree(k, "other", id), "SUCCESS");
	KMS_REFUSED("another card", k,
	            kms_ask_as(k, "store",
	                       "{'command':'stock.shred','approval':'%s','cards':'CHIP0002'}", id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("another card, all said again", k,
	            kms_ask_as(k, "store", "{" SHRED ",'approval':'%s','cards':'CHIP0002'}", id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("a card more", k,
	            kms_ask_as(k, "store",
	                       "{'command':'stock.shred','approval':'%s',"
	                       "'cards':'CHIP0001\\nCHIP0002'}",
	                       id),
	            "APPROVAL_OTHER");
	KMS_REFUSED("no file", k, carry_out(k, "store", "stock.shred", id), "JSON_FIELDS");
	CHECK_STR("the same file",
	          kms_ask_as(k, "store",
	                     "{'command':'stock.shred','approval':'%s','cards':'CHIP0001'}", id),
	          "SUCCESS");
	CHECK_STR("who signed", kms_told(k, "signed_second"), "other");
	CHECK_I64("who agreed", kms_kit_audited(k, "APPROVAL.USE", "OK", "id="), 1);
}

TEST(an_approval_is_for_one_order_with_its_fields_and_files)
{
	REQUIRE(open_shared());
	check_other_fields(&shared);
	check_other_file(&shared);
	CHECK_STR("the chain", kms_ask_as(&shared, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
}

/* --- refused, and too old --- */

static void check_refusing(struct kms_kit *k)
{
	char id[ID];

	ask_for(k, "conf", "{'command':'issuer.remove','id':2}", id);
	KMS_REFUSED("nobody's business", k, refuse(k, "so1", id), "OFFICER_ROLE_OTHER");
	CHECK_STR("refused", refuse(k, "mk2", id), "SUCCESS");
	KMS_REFUSED("agreed to all the same", k, agree(k, "mk", id), "APPROVAL_STATE");
	KMS_REFUSED("used all the same", k, carry_out(k, "conf", "issuer.remove", id),
	            "APPROVAL_STATE");
	ask_for(k, "conf", "{'command':'issuer.remove','id':2}", id);
	CHECK_STR("agreed", agree(k, "mk", id), "SUCCESS");
	CHECK_STR("who asked thinks better of it", refuse(k, "conf", id), "SUCCESS");
	KMS_REFUSED("used all the same", k, carry_out(k, "conf", "issuer.remove", id),
	            "APPROVAL_STATE");
	CHECK_STR("refused", state_of(k, id), "REFUSED");
}

static void log_in_again(struct kms_kit *k)
{
	for (size_t i = 0; i < k->officer_count; i++)
		k->officers[i].session[0] = '\0';
	for (size_t i = 0; i < k->officer_count; i++)
		kms_kit_session(k, k->officers[i].name);
}

/* At the 24th hour one is over, whether it waited for somebody or for its use. */
static void check_age(struct kms_kit *k)
{
	char waits[ID], agreed[ID];
	int64_t asked_us;

	ask_for(k, "conf", "{'command':'issuer.remove','id':2}", waits);
	ask_for(k, "conf", "{'command':'issuer.remove','id':2}", agreed);
	asked_us = kms_kit_now(k).us;
	CHECK_STR("agreed", agree(k, "mk", agreed), "SUCCESS");
	kms_kit_pass(k, 23 * HOUR_S);
	CHECK_STR("a session is over long before",
	          kms_ask_as(k, "mk", "{'command':'approval.agree','id':%s}", waits),
	          "OFFICER_SESSION");
	log_in_again(k);
	CHECK_STR("still waits", state_of(k, waits), "PENDING");
	CHECK_STR("still agreed", state_of(k, agreed), "APPROVED");
	kms_kit_pass(k, 24 * HOUR_S - (kms_kit_now(k).us - asked_us) / SECOND_US);
	log_in_again(k);
	KMS_REFUSED("agreed to too late", k, agree(k, "mk", waits), "APPROVAL_STATE");
	KMS_REFUSED("used too late", k, carry_out(k, "conf", "issuer.remove", agreed),
	            "APPROVAL_STATE");
	CHECK_STR("over", state_of(k, agreed), "EXPIRED");
	CHECK_STR("of what waits", kms_ask_as(k, "conf", "{'command':'approval.list'}"), "SUCCESS");
	CHECK_STR("nothing", kms_told(k, "op"), "");
}

static void check_restart(struct kms_kit *k)
{
	char id[ID];

	ask_for(k, "conf", "{'command':'issuer.remove','id':2}", id);
	CHECK_STR("agreed", agree(k, "mk", id), "SUCCESS");
	CHECK(kms_kit_restart(k));
	CHECK_STR("after a restart", carry_out(k, "conf", "issuer.remove", id), "SUCCESS");
}

TEST(an_approval_can_be_refused_outlives_a_restart_and_ends_after_a_day)
{
	REQUIRE(open_shared());
	check_refusing(&shared);
	check_age(&shared);
	check_restart(&shared);
	CHECK_STR("the chain", kms_ask_as(&shared, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
	kms_kit_close(&shared);
}
