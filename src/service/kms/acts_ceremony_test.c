/* SPDX-License-Identifier: Apache-2.0 */
/* What does not belong to a ceremony is refused at the officers' desk, changes nothing and stands
 * in the audit (keys 20.3 no. 3). */
#include "harness/test.h"
#include "service/kms/kms_testkit.h"

#define COMPONENT "00112233445566778899AABBCCDDEEFF0102030405060708090A0B0C0D0E0F10"

static const char *present(struct kms_kit *k, const char *who, int id, const char *file,
                           const char *pin)
{
	return kms_ask_as(k, who,
	                  "{'command':'ceremony.present','id':%d,'file':'%s','pin':'pin of %s'}",
	                  id, file, pin);
}

static void log_out_all(struct kms_kit *k)
{
	kms_kit_log_out(k, "so1");
	kms_kit_log_out(k, "so2");
	kms_kit_log_out(k, "so3");
}

TEST(parts_of_another_officer_generation_or_status_form_nothing)
{
	static struct kms_kit k;
	static struct kms_kit_ceremony first, second;
	char edited[KMS_KIT_FILE];

	REQUIRE(kms_kit_open(&k, true));
	kms_kit_officers(&k);
	int lmk = kms_kit_ceremony(&k, "test", &first);
	CHECK_STR("given up", kms_ask_as(&k, "mk", "{'command':'lmk.cancel','lmk':%d}", lmk),
	          "SUCCESS");
	KMS_REFUSED("live beside test", &k,
	            kms_ask_as(&k, "mk",
	                       "{'command':'ceremony.begin','purpose':'FORM','status':'live'}"),
	            "MASTER_MIXED");
	CHECK_STR("asked",
	          kms_ask_as(&k, "mk",
	                     "{'command':'officer.add','name':'so4','person':'p-so4',"
	                     "'roles':'SO1 SO2'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("one person with two parts", kms_agreed(&k, "mk", "officer.add", "so1"),
	          "OFFICER_ROLES_TOGETHER");
	CHECK_I64("audited", kms_kit_audited(&k, "REFUSED", "OFFICER_ROLES_TOGETHER", ""), 1);
	kms_kit_components(&k, "test", &second);
	kms_kit_session(&k, "so1");
	KMS_REFUSED("of another officer", &k, present(&k, "so1", second.id, second.files[1], "so2"),
	            "CEREMONY_OTHER");
	KMS_REFUSED("of another generation", &k,
	            present(&k, "so1", second.id, first.files[0], "so1"), "CEREMONY_OTHER");
	KMS_REFUSED("of another ceremony", &k, present(&k, "so1", first.id, first.files[0], "so1"),
	            "CEREMONY_STATE");
	str_copy(str_of(second.files[0]), edited, sizeof edited);
	char *gen = strstr(edited, "|gen=");
	REQUIRE(gen != NULL);
	gen[5]++;
	CHECK_STR("edited", present(&k, "so1", second.id, edited, "so1"), "COMPONENT_PIN");
	CHECK_I64("audited", kms_kit_audited(&k, "REFUSED", "COMPONENT_PIN", ""), 1);
	lmk = kms_kit_present(&k, &second);
	CHECK(lmk > 0);
	kms_kit_close(&k);
}

TEST(a_component_that_is_anothers_or_weak_is_not_taken)
{
	static struct kms_kit k;
	int id;

	REQUIRE(kms_kit_open(&k, true));
	kms_kit_officers(&k);
	CHECK_STR("begin",
	          kms_ask_as(&k, "mk",
	                     "{'command':'ceremony.begin','purpose':'FORM','status':'test'}"),
	          "SUCCESS");
	id = kms_told(&k, "id")[0] - '0';
	log_out_all(&k);
	CHECK_STR("first",
	          kms_ask_as(&k, "so1",
	                     "{'command':'ceremony.component','id':%d,'value':'" COMPONENT "'}",
	                     id),
	          "SUCCESS");
	kms_kit_session(&k, "so2");
	KMS_REFUSED("the others are away", &k,
	            kms_ask_as(&k, "so2", "{'command':'ceremony.component','id':%d}", id),
	            "CEREMONY_NOT_ALONE");
	kms_kit_log_out(&k, "so1");
	KMS_REFUSED("the same", &k,
	            kms_ask_as(&k, "so2",
	                       "{'command':'ceremony.component','id':%d,'value':'" COMPONENT "'}",
	                       id),
	            "CEREMONY_EQUAL");
	KMS_REFUSED("weak", &k,
	            kms_ask_as(&k, "so2",
	                       "{'command':'ceremony.component','id':%d,'value':'%064d'}", id, 0),
	            "KEY_WEAK");
	KMS_REFUSED("short", &k,
	            kms_ask_as(&k, "so2", "{'command':'ceremony.component','id':%d,'value':'0011'}",
	                       id),
	            "KEY_WEAK");
	KMS_REFUSED("not made", &k,
	            kms_ask_as(&k, "so2", "{'command':'ceremony.write','id':%d,'pin':'pin of so2'}",
	                       id),
	            "CEREMONY_STATE");
	KMS_REFUSED("not ready", &k, present(&k, "so2", id, "no component", "so2"),
	            "CEREMONY_STATE");
	kms_kit_close(&k);
}
