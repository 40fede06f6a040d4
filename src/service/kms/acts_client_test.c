/* SPDX-License-Identifier: Apache-2.0 */
/* Machine clients as officers make, change and stop them (keys 12, 16.1). */
#include <stdio.h>

#include "crypto/certificate_known_test.h"
#include "harness/test.h"
#include "service/kms/core_private.h"
#include "service/kms/kms_testkit.h"
#include "service/kms/service_clients.h"

enum { PEM = 2048, ID = 24, DAY_S = 86400 };

#define OTHER_PRINT "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

/* One for all tests here, the last of which closes it. */
static struct kms_kit shared;
static char client[ID];

static bool open_shared(void)
{
	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	CHECK(kms_kit_officer(&shared, "conf", "conf"));
	CHECK(kms_kit_officer(&shared, "key", "key"));
	kms_kit_session(&shared, "conf");
	kms_kit_session(&shared, "key");
	kms_kit_session(&shared, "mk");
	return true;
}

/* As JSON wants it. */
static const char *pem_of(const char *text, char out[PEM])
{
	struct writer w = writer_of(out, PEM - 1);

	for (; *text; text++)
		writer_str(&w, *text == '\n' ? STR("\\n") : (struct str){ text, 1 });
	CHECK_OK(writer_done(&w));
	out[w.len] = '\0';
	return out;
}

static const char *add(const char *name, const char *fields)
{
	return kms_ask_as(&shared, "conf",
	                  "{'command':'client.add','name':'%s','ops':'mac','usages':'20',"
	                  "'labels':'SITE.TERM.*',%s}",
	                  name, fields);
}

/* How often workers were told to read anew. */
static uint64_t generation(void)
{
	return atomic_load(&shared.core->generation);
}

static void check_told(const char *label, const char *text)
{
	if (!strstr((const char *)shared.answer.at, text))
		CHECK_STR(label, (const char *)shared.answer.at, text);
}

/* --- a new one --- */

TEST(what_makes_no_client_is_refused_before_anybody_is_asked)
{
	static const struct {
		const char *label, *fields, *code;
	} rows[] = {
		{ "no certificate", "'rate':10", "KEY_CLIENT_FIELD" },
		{ "half a fingerprint", "'fingerprint':'0011'", "KEY_CLIENT_FIELD" },
		{ "words", "'certificate':'the certificate'", "CERTIFICATE_PEM" },
		{ "more at once than ever", "'fingerprint':'" OTHER_PRINT "','rate':9,'burst':8",
		  "KEY_CLIENT_FIELD" },
		{ "too fast", "'fingerprint':'" OTHER_PRINT "','rate':10000001", "JSON_FIELDS" },
		{ "a quota below nothing", "'fingerprint':'" OTHER_PRINT "','quota_day':-1",
		  "JSON_FIELDS" },
	}, *row;
	char pem[PEM], both[PEM + 128];

	REQUIRE(open_shared());
	EACH (row, rows)
		KMS_REFUSED(row->label, &shared, add("tac", row->fields), row->code);
	KMS_REFUSED("no name", &shared, add("", "'fingerprint':'" OTHER_PRINT "'"), "JSON_FIELDS");
	KMS_REFUSED("a name with a blank", &shared, add("tac 1", "'fingerprint':'" OTHER_PRINT "'"),
	            "KEY_CLIENT_FIELD");
	snprintf(both, sizeof both, "'certificate':'%s'", pem_of(CERTIFICATE_OTHER, pem));
	KMS_REFUSED("an expired one", &shared, add("tac", both), "KEY_CLIENT_FIELD");
	snprintf(both, sizeof both, "'certificate':'%s','fingerprint':'" OTHER_PRINT "'",
	         pem_of(CERTIFICATE_KNOWN, pem));
	KMS_REFUSED("two", &shared, add("tac", both), "KEY_CLIENT_FIELD");
	KMS_REFUSED("no such operation", &shared,
	            kms_ask_as(&shared, "conf",
	                       "{'command':'client.add','name':'tac','ops':'mac sing',"
	                       "'fingerprint':'" OTHER_PRINT "'}"),
	            "KEY_CLIENT_FIELD");
	KMS_REFUSED("no pattern", &shared,
	            kms_ask_as(&shared, "conf",
	                       "{'command':'client.add','name':'tac','ops':'mac',"
	                       "'labels':'SITE.term','fingerprint':'" OTHER_PRINT "'}"),
	            "KEY_CLIENT_FIELD");
}

/* The certificate is its fingerprint from the beginning: that is what the second person sees. */
TEST(a_new_client_needs_the_administrator_who_sees_its_fingerprint)
{
	char pem[PEM], fields[PEM + 64], id[ID];
	uint64_t before;

	REQUIRE(open_shared());
	snprintf(fields, sizeof fields, "'certificate':'%s'", pem_of(CERTIFICATE_KNOWN, pem));
	CHECK_STR("asked", add("settlement-1", fields), "APPROVAL_NEEDED");
	CHECK_STR("", kms_told(&shared, "fingerprint"), CERTIFICATE_KNOWN_SHA256);
	CHECK_STR("", kms_told(&shared, "subject"), CERTIFICATE_KNOWN_SUBJECT);
	str_copy(str_of(kms_told(&shared, "approval")), id, sizeof id);
	CHECK_STR("shown", kms_ask_as(&shared, "mk", "{'command':'approval.show','id':%s}", id),
	          "SUCCESS");
	check_told("", "\\\"fingerprint\\\":\\\"" CERTIFICATE_KNOWN_SHA256 "\\\"");
	check_told("what was left out", "\\\"rate\\\":100,\\\"burst\\\":100");
	KMS_REFUSED("another role", &shared,
	            kms_ask_as(&shared, "key", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("agreed", kms_ask_as(&shared, "mk", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	KMS_REFUSED("another certificate", &shared,
	            kms_ask_as(&shared, "conf",
	                       "{'command':'client.add','approval':'%s','certificate':'%s'}", id,
	                       pem_of(CERTIFICATE_OTHER, pem)),
	            "APPROVAL_OTHER");
	before = generation();
	CHECK_STR("made",
	          kms_ask_as(&shared, "conf", "{'command':'client.add','approval':'%s'}", id),
	          "SUCCESS");
	str_copy(str_of(kms_told(&shared, "id")), client, sizeof client);
	CHECK_I64("workers read anew", generation(), before + 1);
	CHECK_STR("its name again", add("settlement-1", "'fingerprint':'" OTHER_PRINT "'"),
	          "APPROVAL_NEEDED");
	CHECK_STR("its name again", kms_agreed(&shared, "conf", "client.add", "mk"),
	          "KEY_CLIENT_EXISTS");
	CHECK_STR("its certificate again",
	          add("other", "'fingerprint':'" CERTIFICATE_KNOWN_SHA256 "'"), "APPROVAL_NEEDED");
	CHECK_STR("its certificate again", kms_agreed(&shared, "conf", "client.add", "mk"),
	          "KEY_CLIENT_EXISTS");
}

/* --- a changed one --- */

static const char *save(const char *fields)
{
	return kms_ask_as(&shared, "conf",
	                  "{'command':'client.save','id':%s,'name':'settlement-1',%s}", client,
	                  fields);
}

static const char *member(const char *name)
{
	CHECK_STR("list", kms_ask_as(&shared, "key", "{'command':'client.list'}"), "SUCCESS");
	return kms_told(&shared, name);
}

#define AS_IT_IS "'ops':'mac','usages':'20','labels':'SITE.TERM.*','rate':100"

TEST(rights_shrink_at_a_word_and_grow_with_the_administrators)
{
	static const struct {
		const char *label, *fields;
	} wider[] = {
		{ "an operation", "'ops':'mac decrypt','usages':'20','labels':'SITE.TERM.*'" },
		{ "a usage", "'ops':'mac','usages':'20 21','labels':'SITE.TERM.*'" },
		{ "a label", "'ops':'mac','usages':'20','labels':'SITE.*'" },
		{ "a rate", "'ops':'mac','usages':'20','labels':'SITE.TERM.*','rate':101" },
		{ "a burst", AS_IT_IS ",'burst':101" },
		{ "a certificate", AS_IT_IS ",'fingerprint':'" OTHER_PRINT "'" },
	}, *row;
	uint64_t before;

	REQUIRE(open_shared());
	EACH (row, wider)
		CHECK_STR(row->label, save(row->fields), "APPROVAL_NEEDED");
	CHECK_STR("nothing has changed", member("ops"), "mac");
	CHECK_STR("nothing has changed", member("fingerprint"), CERTIFICATE_KNOWN_SHA256);
	CHECK_STR("the same", save(AS_IT_IS), "SUCCESS");
	before = generation();
	CHECK_STR("less",
	          save("'ops':'mac-verify','usages':'20','labels':'SITE.TERM.ROOT.*',"
	               "'rate':50,'quota_day':1000"),
	          "SUCCESS");
	CHECK_I64("workers read anew", generation(), before + 1);
	CHECK_STR("", member("ops"), "mac-verify");
	CHECK_STR("", member("rate"), "50");
	CHECK_STR("its certificate stays", member("fingerprint"), CERTIFICATE_KNOWN_SHA256);
	CHECK_STR("no quota any more",
	          save("'ops':'mac-verify','usages':'20',"
	               "'labels':'SITE.TERM.ROOT.*','rate':50"),
	          "APPROVAL_NEEDED");
	CHECK_STR("refused",
	          kms_ask_as(&shared, "mk", "{'command':'approval.refuse','id':%s}",
	                     kms_told(&shared, "approval")),
	          "SUCCESS");
	CHECK_STR("as much as before", save(AS_IT_IS), "APPROVAL_NEEDED");
	CHECK_STR("agreed", kms_agreed(&shared, "conf", "client.save", "mk"), "SUCCESS");
	CHECK_STR("", member("ops"), "mac");
	KMS_REFUSED("nobody's number", &shared,
	            kms_ask_as(&shared, "conf",
	                       "{'command':'client.save','id':99,'name':'x','ops':'mac'}"),
	            "KEY_CLIENT_NOT_FOUND");
	KMS_REFUSED("a state that is none", &shared, save(AS_IT_IS ",'state':'GONE'"),
	            "CATALOG_FIELD");
}

/* --- what it asked for --- */

TEST(what_clients_asked_for_on_a_day_is_counted_for_officers)
{
	struct key_client one = { .rate = 10, .burst = 10, .quota_day = 5 };
	struct instant now = { 1767225600 * (int64_t)SECOND_US };
	struct instant tomorrow = { now.us + DAY_S * (int64_t)SECOND_US };
	struct client_meters *meters;

	REQUIRE(open_shared());
	CHECK_STR("nobody came", member("used_today"), "0");
	REQUIRE_OK(client_meters_open(&meters));
	CHECK_I64("nobody came", client_meters_used(meters, 7, now), 0);
	CHECK_I64("may", key_client_meter_take(client_meters_of(meters, 7, now), &one, now, 3),
	          KEY_CLIENT_MAY);
	CHECK_I64("too much", key_client_meter_take(client_meters_of(meters, 7, now), &one, now, 3),
	          KEY_CLIENT_NO_QUOTA);
	CHECK_I64("what it got", client_meters_used(meters, 7, now), 3);
	CHECK_I64("another's", client_meters_used(meters, 8, now), 0);
	CHECK_I64("the next day", client_meters_used(meters, 7, tomorrow), 0);
	client_meters_close(meters);
}

/* --- the end of one --- */

TEST(a_client_is_stopped_at_once_and_comes_back_with_the_administrators_leave)
{
	uint64_t before;

	REQUIRE(open_shared());
	before = generation();
	CHECK_STR("stopped",
	          kms_ask_as(&shared, "conf", "{'command':'client.stop','id':%s}", client),
	          "SUCCESS");
	CHECK_I64("workers read anew", generation(), before + 1);
	CHECK_STR("", member("state"), "STOPPED");
	KMS_REFUSED("nobody's number", &shared,
	            kms_ask_as(&shared, "conf", "{'command':'client.stop','id':99}"),
	            "KEY_CLIENT_NOT_FOUND");
	CHECK_STR("renamed, and still stopped", save(AS_IT_IS), "SUCCESS");
	CHECK_STR("", member("state"), "STOPPED");
	CHECK_STR("active again", save(AS_IT_IS ",'state':'ACTIVE'"), "APPROVAL_NEEDED");
	CHECK_STR("active again", kms_agreed(&shared, "conf", "client.save", "mk"), "SUCCESS");
	CHECK_STR("", member("state"), "ACTIVE");
	kms_kit_close(&shared);
}
