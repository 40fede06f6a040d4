/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's own keys and the day root as officers meet them (keys 15.1, B6). */
#include <stdio.h>

#include "domain/keys/ceremony.h"
#include "domain/keys/day_root.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "service/kms_link/kms_link.h"

/* A store as it stands after a ceremony: a master key is active, and nothing under it. (The
 * published one: an own one takes an evening and is tested elsewhere.) */
static result put_master(struct kms_kit *k)
{
	SCOPED(db_close_scoped) struct db *db = NULL;
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	struct hsm_device *device = NULL;
	struct hsm_session *session = NULL;
	struct master_ring ring = { 0 };
	struct master m;

	TRY(db_open(str_of(k->dsn), DB_KMS, &db));
	TRY(hsm_device_open(&k->device, NULL, &device));
	result r = hsm_session_open(device, &session);
	if (is_ok(r))
		r = db_begin(db, &tx);
	if (is_ok(r)) {
		struct hsm_random random = hsm_random_source(session);
		struct key_act act = { .tx = tx,
			               .ring = &ring,
			               .random = &random.source,
			               .now = kms_kit_now(k),
			               .actor = "ceremony" };

		ring.sessions[0] = session;
		r = key_act_turn(tx);
		if (is_ok(r))
			r = master_ring_load(&ring, tx);
		if (is_ok(r))
			r = ceremony_test_key(&act, LMK_AES, &m);
		if (is_ok(r))
			r = db_commit(tx);
		tx = NULL;
	}
	if (session)
		hsm_session_close(session);
	hsm_device_close(device);
	return r;
}

static const char *const people[][2] = { { "conf", "conf" }, { "key", "key" }, { "key2", "key" } };

/* A refusal is compared with what stood there before: nobody logs in within it. */
static void all_log_in(struct kms_kit *k)
{
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		kms_kit_session(k, people[i][0]);
}

static bool open_kit(struct kms_kit *k, bool with_keys)
{
	if (!kms_kit_open(k, with_keys))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		CHECK(kms_kit_officer(k, people[i][0], people[i][1]));
	all_log_in(k);
	return true;
}

/* Sessions end after ten minutes without a word. */
static const char *status_later(struct kms_kit *k, int64_t seconds)
{
	kms_kit_pass(k, seconds);
	for (size_t i = 0; i < k->officer_count; i++)
		k->officers[i].session[0] = '\0';
	return kms_ask_as(k, "conf", "{'command':'day.status'}");
}

static bool told(struct kms_kit *k, const char *text)
{
	return strstr((const char *)k->answer.at, text) != NULL;
}

/* --- the platform's keys --- */

TEST(two_officers_make_the_platforms_keys_after_the_ceremony_and_once)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	uint8_t token[16];

	REQUIRE(open_kit(&k, false));
	CHECK_STR("no root", kms_ask_as(&k, "conf", "{'command':'day.status'}"), "SUCCESS");
	CHECK(told(&k, "\"roots\":[]"));
	CHECK_STR("before the ceremony",
	          kms_ask_as(&k, "key", "{'command':'site.keys','day':'2026-03-05'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("there is no master key", kms_agreed(&k, "key", "site.keys", "conf"),
	          "MASTER_NONE");
	kms_kit_stop(&k);
	REQUIRE_OK(put_master(&k));
	REQUIRE(kms_kit_start(&k));
	all_log_in(&k);
	KMS_REFUSED("a day that is none", &k,
	            kms_ask_as(&k, "key", "{'command':'site.keys','day':'2026-02-30'}"),
	            "CATALOG_FIELD");
	CHECK_STR("asked", kms_ask_as(&k, "key", "{'command':'site.keys'}"), "APPROVAL_NEEDED");
	char id[KMS_KIT_TEXT];
	str_copy(str_of(kms_told(&k, "approval")), id, sizeof id);
	KMS_REFUSED("not by another hand of the same kind", &k,
	            kms_ask_as(&k, "key2", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("not yet", &k,
	            kms_ask_as(&k, "key", "{'command':'site.keys','approval':'%s'}", id),
	            "APPROVAL_STATE");
	CHECK_STR("agreed", kms_ask_as(&k, "conf", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	CHECK_STR("made", kms_ask_as(&k, "key", "{'command':'site.keys','approval':'%s'}", id),
	          "SUCCESS");
	CHECK_STR("all of them", kms_told(&k, "made"), "3");
	CHECK_STR("today's", kms_told(&k, "day"), "2026-03-05");
	CHECK_I64("terminal root",
	          kms_kit_audited(&k, "KEY.GENERATE", "OK", "label=SITE.TERM.ROOT.01"), 1);
	CHECK_I64("PIN tokens",
	          kms_kit_audited(&k, "KEY.GENERATE", "OK", "label=SITE.PIN.TOKEN.01"), 1);
	CHECK_I64("day root", kms_kit_audited(&k, "DAY.BEGIN", "OK", "domain=SITE day=20260305"),
	          1);
	CHECK(kms_kit_pin_token(&k, "123456", token));
	KMS_REFUSED("once", &k, kms_ask_as(&k, "key", "{'command':'site.keys'}"), "KEYS_EXIST");
}

/* What lies open before a second one agrees is not made twice. */
TEST(an_agreement_from_before_makes_no_second_keys)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	char first[KMS_KIT_TEXT], second[KMS_KIT_TEXT];

	REQUIRE(open_kit(&k, false));
	kms_kit_stop(&k);
	REQUIRE_OK(put_master(&k));
	REQUIRE(kms_kit_start(&k));
	CHECK_STR("asked", kms_ask_as(&k, "key", "{'command':'site.keys'}"), "APPROVAL_NEEDED");
	str_copy(str_of(kms_told(&k, "approval")), first, sizeof first);
	CHECK_STR("asked", kms_ask_as(&k, "key2", "{'command':'site.keys'}"), "APPROVAL_NEEDED");
	str_copy(str_of(kms_told(&k, "approval")), second, sizeof second);
	CHECK_STR("agreed", kms_ask_as(&k, "conf", "{'command':'approval.agree','id':%s}", first),
	          "SUCCESS");
	CHECK_STR("agreed", kms_ask_as(&k, "conf", "{'command':'approval.agree','id':%s}", second),
	          "SUCCESS");
	CHECK_STR("made", kms_ask_as(&k, "key", "{'command':'site.keys','approval':'%s'}", first),
	          "SUCCESS");
	KMS_REFUSED("made already", &k,
	            kms_ask_as(&k, "key2", "{'command':'site.keys','approval':'%s'}", second),
	            "KEYS_EXIST");
}

/* --- day roots --- */

static result session_keys(struct kms_kit *k, const struct day_root_key *of)
{
	static struct kms_link link = { .fd = -1 };
	struct kms_terminal t = { .node = "10010001",
		                  .key_version = 1,
		                  .suite = SUITE_AES,
		                  .day = of->day.yyyymmdd,
		                  .sequence = of->seq,
		                  .session = 7 };
	uint8_t item[KMS_TERMINAL_ITEM];
	struct kms_fields answer;
	char label[24];
	result r = kms_link_open(&link, k->service_socket, KMS_LINK_US);

	if (is_ok(r)) {
		struct writer body = kms_link_body(&link);

		kms_put_str(&body, KMS_TAG_LABEL, str_of(kms_link_root(1, label)));
		kms_put_number(&body, KMS_TAG_MODE, KMS_SIGN_IN_KEYS, 1);
		kms_terminal_write(&t, sizeof item, item);
		kms_put(&body, KMS_TAG_DATA, bytes_of(item, sizeof item));
		r = kms_link_ask(&link, KMS_SIGN_IN, &body, KMS_LINK_US, &answer);
	}
	kms_link_close(&link);
	return r;
}

TEST(an_emergency_change_takes_two_officers_and_leaves_the_old_root_its_window)
{
	static const struct day_root_key first = { { 20260305 }, 1 }, second = { { 20260305 }, 2 };
	SCOPED(kms_kit_close) struct kms_kit k;

	REQUIRE(open_kit(&k, true));
	CHECK_OK(session_keys(&k, &first));
	CHECK_RESULT("not yet", session_keys(&k, &second), KMS_DENIED);
	KMS_REFUSED("without a reason", &k, kms_ask_as(&k, "key", "{'command':'day.change'}"),
	            "JSON_FIELDS");
	KMS_REFUSED("another root", &k,
	            kms_ask_as(&k, "key",
	                       "{'command':'day.change','reason':'lost laptop','sequence':2}"),
	            "KEYS_DAY_ORDER");
	CHECK_STR("asked", kms_ask_as(&k, "key", "{'command':'day.change','reason':'lost laptop'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("agreed", kms_agreed(&k, "key", "day.change", "key2"), "SUCCESS");
	CHECK_STR("sequence", kms_told(&k, "sequence"), "2");
	CHECK_I64("audited",
	          kms_kit_audited(&k, "DAY.CHANGE", "OK",
	                          "approval=1 domain=SITE day=20260305 sequence=2 kcv="),
	          1);
	CHECK_OK(session_keys(&k, &second));
	CHECK_OK(session_keys(&k, &first));
	CHECK_STR("status", kms_ask_as(&k, "conf", "{'command':'day.status'}"), "SUCCESS");
	CHECK(told(&k, "\"sequence\":2,\"state\":\"ACTIVE\""));
	CHECK(told(&k, "\"sequence\":1,\"state\":\"PREVIOUS\""));
	CHECK(told(&k, "\"alarm\":false"));
	kms_kit_pass(&k, DAY_ROOT_KEPT_S + 1);
	CHECK_RESULT("its window is over", session_keys(&k, &first), KMS_DENIED);
	CHECK_OK(session_keys(&k, &second));
}

TEST(what_was_agreed_to_for_one_root_does_not_change_the_next)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	char id[KMS_KIT_TEXT];

	REQUIRE(open_kit(&k, true));
	CHECK_STR("asked", kms_ask_as(&k, "key", "{'command':'day.change','reason':'first'}"),
	          "APPROVAL_NEEDED");
	str_copy(str_of(kms_told(&k, "approval")), id, sizeof id);
	CHECK_STR("asked", kms_ask_as(&k, "key2", "{'command':'day.change','reason':'second'}"),
	          "APPROVAL_NEEDED");
	CHECK_STR("the second goes first", kms_agreed(&k, "key2", "day.change", "key"), "SUCCESS");
	CHECK_STR("agreed", kms_ask_as(&k, "key2", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	KMS_REFUSED("another root by now", &k,
	            kms_ask_as(&k, "key", "{'command':'day.change','approval':'%s'}", id),
	            "KEYS_DAY_ORDER");
}

TEST(a_day_end_that_does_not_come_is_an_alarm)
{
	SCOPED(kms_kit_close) struct kms_kit k;

	REQUIRE(open_kit(&k, true));
	CHECK_STR("in time", status_later(&k, DAY_ROOT_MAX_AGE_S - 3600), "SUCCESS");
	CHECK(told(&k, "\"alarm\":false"));
	CHECK_STR("too late", status_later(&k, 7200), "SUCCESS");
	CHECK(told(&k, "\"alarm\":true"));
	CHECK(told(&k, "nobody signs in"));
}
