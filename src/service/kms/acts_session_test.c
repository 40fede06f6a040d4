/* SPDX-License-Identifier: Apache-2.0 */
/* Who is logged in, and for how long (keys 12): idle time, errors, officers who go. */
#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "service/kms/officer_session.h"

enum { LOCK_S = 15 * 60 };

/* One for all tests of orders here, the last of which closes it. */
static struct kms_kit shared;

static bool open_shared(void)
{
	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	CHECK(kms_kit_officer(&shared, "conf", "conf"));
	CHECK(kms_kit_officer(&shared, "key", "key"));
	return true;
}

static const char *whoami(const char *name)
{
	return kms_ask_as(&shared, name, "{'command':'whoami'}");
}

/* A code, as if he had logged out: the next order logs him in again. */
static void forget(const char *name)
{
	for (size_t i = 0; i < shared.officer_count; i++)
		if (strcmp(shared.officers[i].name, name) == 0)
			shared.officers[i].session[0] = '\0';
}

/* --- idle --- */

TEST(a_session_ends_after_ten_idle_minutes)
{
	REQUIRE(open_shared());
	CHECK_STR("logged in", whoami("conf"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "roles"), "conf");
	kms_kit_pass(&shared, OFFICER_IDLE_S);
	CHECK_STR("the tenth minute", whoami("conf"), "SUCCESS");
	kms_kit_pass(&shared, OFFICER_IDLE_S);
	CHECK_STR("counted from the last order", whoami("conf"), "SUCCESS");
	kms_kit_pass(&shared, OFFICER_IDLE_S + 1);
	KMS_REFUSED("a second more", &shared, whoami("conf"), "OFFICER_SESSION");
	forget("conf");
	CHECK_STR("in again", whoami("conf"), "SUCCESS");
	CHECK_STR("out", kms_ask_as(&shared, "conf", "{'command':'logout'}"), "SUCCESS");
	KMS_REFUSED("the token is worth nothing", &shared, whoami("conf"), "OFFICER_SESSION");
	forget("conf");
	CHECK_STR("in again", whoami("conf"), "SUCCESS");
	CHECK(kms_kit_restart(&shared));
	CHECK_STR("a restart ends all", whoami("conf"), "SUCCESS");
}

/* --- errors --- */

static const char *log_in(const char *name, const char *password, const char *code)
{
	return kms_ask(&shared, "{'command':'login','name':'%s','password':'%s','code':'%s'}", name,
	               password, code);
}

TEST(five_errors_lock_for_a_quarter_of_an_hour)
{
	char code[KMS_KIT_TEXT];

	REQUIRE(open_shared());
	for (int i = 0; i < 2; i++) {
		CHECK_STR("password", log_in("key", "wrong horse battery", "000000"),
		          "OFFICER_LOGIN");
		CHECK_STR("code", log_in("key", KMS_KIT_PASSWORD, "000000"), "OFFICER_LOGIN");
	}
	CHECK(kms_kit_restart(&shared)); /* errors are not forgotten with the process */
	CHECK_STR("no error of his", log_in("key", "", "1"), "JSON_FIELDS");
	CHECK_STR("the fifth", log_in("key", "x", "000000"), "OFFICER_LOCKED");
	kms_kit_code(&shared, "key", code);
	CHECK_STR("right, but too late", log_in("key", KMS_KIT_PASSWORD, code), "OFFICER_LOCKED");
	CHECK_STR("others are not locked", whoami("conf"), "SUCCESS");
	kms_kit_pass(&shared, LOCK_S);
	kms_kit_code(&shared, "key", code);
	CHECK_STR("a quarter of an hour later", log_in("key", KMS_KIT_PASSWORD, code), "SUCCESS");
	CHECK_STR("a code is taken once", log_in("key", KMS_KIT_PASSWORD, code), "OFFICER_LOGIN");
	CHECK_STR("nobody of that name", log_in("nobody", KMS_KIT_PASSWORD, code), "OFFICER_LOGIN");
	CHECK_I64("each is in the audit",
	          kms_kit_audited(&shared, "REFUSED", "OFFICER_LOGIN", "command=login name=key"),
	          5);
}

/* --- officers who go --- */

static const char *order_of(const char *command, const char *id)
{
	return kms_ask_as(&shared, "mk", "{'command':'%s','id':%s}", command, id);
}

static void id_of(const char *name, char id[KMS_KIT_TEXT])
{
	CHECK_STR(name, whoami(name), "SUCCESS");
	str_copy(str_of(kms_told(&shared, "id")), id, KMS_KIT_TEXT);
}

TEST(an_officer_who_is_stopped_or_reset_is_out_at_once)
{
	char conf[KMS_KIT_TEXT], key[KMS_KIT_TEXT], invitation[KMS_KIT_TEXT], code[KMS_KIT_TEXT];

	REQUIRE(open_shared());
	forget("conf");
	forget("key");
	id_of("conf", conf);
	id_of("key", key);
	CHECK_STR("reset", order_of("officer.reset", conf), "SUCCESS");
	str_copy(str_of(kms_told(&shared, "invitation")), invitation, sizeof invitation);
	KMS_REFUSED("he is out", &shared, whoami("conf"), "OFFICER_SESSION");
	kms_kit_code(&shared, "conf", code);
	CHECK_STR("his password is no more", log_in("conf", KMS_KIT_PASSWORD, code),
	          "OFFICER_LOGIN");
	KMS_REFUSED("another invitation", &shared,
	            kms_ask(&shared, "{'command':'invited','name':'conf','invite':'ABCDEFGH'}"),
	            "OFFICER_LOGIN");
	CHECK_STR("his invitation",
	          kms_ask(&shared, "{'command':'invited','name':'conf','invite':'%s'}", invitation),
	          "SUCCESS");
	CHECK_STR("stopped", order_of("officer.stop", key), "SUCCESS");
	KMS_REFUSED("he is out", &shared, whoami("key"), "OFFICER_SESSION");
	kms_kit_code(&shared, "key", code);
	CHECK_STR("for good", log_in("key", KMS_KIT_PASSWORD, code), "OFFICER_LOGIN");
	KMS_REFUSED("not even by an invitation", &shared, order_of("officer.reset", key),
	            "OFFICER_STATE");
	KMS_REFUSED("nobody of that number", &shared, order_of("officer.stop", "99"),
	            "OFFICER_NOT_FOUND");
}

TEST(the_last_administrator_stays)
{
	char mk[KMS_KIT_TEXT], second[KMS_KIT_TEXT];

	REQUIRE(open_shared());
	id_of("mk", mk);
	KMS_REFUSED("the only one", &shared, order_of("officer.stop", mk), "OFFICER_STATE");
	CHECK(kms_kit_officer(&shared, "mk2", "mk"));
	id_of("mk2", second);
	CHECK_STR("one of two", order_of("officer.stop", second), "SUCCESS");
	KMS_REFUSED("the last one", &shared, order_of("officer.stop", mk), "OFFICER_STATE");
	CHECK_STR("he is here", whoami("mk"), "SUCCESS");
	kms_kit_close(&shared);
}

/* --- the list of sessions --- */

TEST(the_longest_idle_session_makes_room)
{
	static struct officer_sessions s;
	struct instant now = { 1772683200000000 };
	char first[OFFICER_TOKEN_SIZE], second[OFFICER_TOKEN_SIZE];

	for (int i = 0; i < OFFICER_SESSIONS_MAX; i++) {
		struct officer_session *one = officer_session_open(&s, random_system(), i + 1, now);

		if (i < 2)
			str_copy(str_of(one->token), i ? second : first, OFFICER_TOKEN_SIZE);
		now.us += SECOND_US;
	}
	CHECK(officer_session_find(&s, str_of(first), now) != NULL); /* used just now */
	officer_session_open(&s, random_system(), 99, now);
	CHECK(officer_session_find(&s, str_of(first), now) != NULL);
	CHECK(officer_session_find(&s, str_of(second), now) == NULL);
	officer_session_close_all(&s, 99);
	officer_session_close_all(&s, 1);
	CHECK(officer_session_find(&s, str_of(first), now) == NULL);
	CHECK(officer_session_find(&s, STR(""), now) == NULL);
	now.us += (OFFICER_IDLE_S + 1) * (int64_t)SECOND_US;
	officer_session_expire(&s, now);
	for (int i = 0; i < OFFICER_SESSIONS_MAX; i++)
		CHECK_STR("", s.at[i].token, "");
}
