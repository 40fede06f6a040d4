/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/access/access.h"
#include "domain/fixture.h"

static const char first_password[] = "first-password-9";

static struct instant after(int64_t seconds)
{
	return (struct instant){ fixture_now.us + seconds * SECOND_US };
}

static int64_t add_operator(struct db_tx *tx, const char *name)
{
	struct operator o = { 0 };
	int64_t id = 0;

	snprintf(o.name, sizeof o.name, "%s", name);
	snprintf(o.display, sizeof o.display, "出纳");
	snprintf(o.role, sizeof o.role, "cashier");
	CHECK_OK(operator_add(tx, fixture_now, &o, str_of(first_password), &id));
	return id;
}

static result log_in(struct db_tx *tx, struct instant now, const char *name, const char *password,
                     struct session *out)
{
	struct login login;

	TRY(access_login_prepare(tx, str_of(name), str_of(password), STR("desk 1"), &login));
	return access_login_finish(tx, now, random_system(), &login, out);
}

TEST_BOTH(an_operator_logs_in_is_found_by_token_and_logs_out)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct session s, again;

	REQUIRE(tx);
	int64_t id = add_operator(tx, "wang.fang");
	REQUIRE_OK(log_in(tx, after(1), "wang.fang", first_password, &s));
	CHECK_I64("who", s.operator_id, id);
	CHECK(s.must_change);
	CHECK_OK(access_session_find(tx, after(2), str_of(s.token), &again));
	CHECK_STR("name", again.actor.name, "wang.fang");
	CHECK_STR("place", again.actor.workstation, "desk 1");
	CHECK_OK(access_require(&again.actor, PERMISSION_CASH));
	CHECK_RESULT("not his", access_require(&again.actor, PERMISSION_OPERATORS), ACCESS_DENIED);
	CHECK_OK(access_require_csrf(&again, str_of(s.csrf)));
	CHECK_RESULT("other csrf", access_require_csrf(&again, str_of(s.token)), ACCESS_CSRF);
	CHECK_RESULT("empty csrf", access_require_csrf(&again, STR("")), ACCESS_CSRF);
	CHECK_OK(access_logout(tx, s.id));
	CHECK_RESULT("after logout", access_session_find(tx, after(3), str_of(s.token), &again),
	             ACCESS_SESSION);
	CHECK_RESULT("no token", access_session_find(tx, after(3), STR("x"), &again),
	             ACCESS_SESSION);
}

TEST_BOTH(a_session_ends_when_idle_and_when_old)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct session s, got;

	REQUIRE(tx);
	add_operator(tx, "li");
	REQUIRE_OK(log_in(tx, after(0), "li", first_password, &s));
	CHECK_OK(access_session_find(tx, after(ACCESS_IDLE_S - 1), str_of(s.token), &got));
	CHECK_RESULT("idle", access_session_find(tx, after(ACCESS_IDLE_S), str_of(s.token), &got),
	             ACCESS_SESSION);
	for (int64_t t = 0; t < ACCESS_SESSION_S; t += ACCESS_IDLE_S / 2)
		CHECK_OK(access_touch(tx, after(t), s.id));
	CHECK_OK(access_session_find(tx, after(ACCESS_SESSION_S - 1), str_of(s.token), &got));
	CHECK_RESULT("old", access_session_find(tx, after(ACCESS_SESSION_S), str_of(s.token), &got),
	             ACCESS_SESSION);
}

TEST_BOTH(five_wrong_passwords_lock_for_a_while_and_ten_until_reset)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct session s;

	REQUIRE(tx);
	int64_t id = add_operator(tx, "zhao");
	CHECK_RESULT("unknown name", log_in(tx, after(0), "nobody", first_password, &s),
	             ACCESS_LOGIN_FAILED);
	for (int i = 0; i < ACCESS_LOCK_ERRORS; i++)
		CHECK_RESULT("wrong", log_in(tx, after(i), "zhao", "wrong-password-1", &s),
		             ACCESS_LOGIN_FAILED);
	CHECK_RESULT("right but locked", log_in(tx, after(60), "zhao", first_password, &s),
	             ACCESS_LOCKED);
	for (int i = 0; i < ACCESS_STOP_ERRORS - ACCESS_LOCK_ERRORS; i++)
		CHECK_RESULT("again", log_in(tx, after(2000 + i), "zhao", "wrong-password-1", &s),
		             ACCESS_LOGIN_FAILED);
	CHECK_RESULT("for good", log_in(tx, after(90000), "zhao", first_password, &s),
	             ACCESS_LOCKED);
	CHECK_OK(operator_reset(tx, after(90001), id, STR("second-password-9")));
	CHECK_OK(log_in(tx, after(90002), "zhao", "second-password-9", &s));
	CHECK(s.must_change);
}

TEST_BOTH(a_right_password_forgets_the_errors_before_it)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct session s;
	struct operator o;

	REQUIRE(tx);
	int64_t id = add_operator(tx, "zhou");
	for (int i = 0; i < ACCESS_LOCK_ERRORS - 1; i++)
		CHECK_RESULT("wrong", log_in(tx, after(i), "zhou", "wrong-password-1", &s),
		             ACCESS_LOGIN_FAILED);
	CHECK_OK(log_in(tx, after(9), "zhou", first_password, &s));
	CHECK_OK(operator_load(tx, id, &o));
	CHECK_I64("errors", o.errors, 0);
	CHECK_RESULT("dormant", log_in(tx, after(9 + 31 * 86400), "zhou", first_password, &s),
	             ACCESS_LOCKED);
}

TEST_BOTH(a_changed_password_ends_the_other_sessions_and_lifts_the_duty_to_change)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct session here, there, got;
	struct password_change change;

	REQUIRE(tx);
	add_operator(tx, "sun");
	REQUIRE_OK(log_in(tx, after(0), "sun", first_password, &here));
	REQUIRE_OK(log_in(tx, after(1), "sun", first_password, &there));
	CHECK_RESULT("old wrong",
	             access_change_prepare(tx, &here, STR("x"), STR("new-password-77"), &change),
	             ACCESS_LOGIN_FAILED);
	CHECK_RESULT("same",
	             access_change_prepare(tx, &here, str_of(first_password),
	                                   str_of(first_password), &change),
	             ACCESS_PASSWORD_SAME);
	CHECK_RESULT(
	        "weak",
	        access_change_prepare(tx, &here, str_of(first_password), STR("short"), &change),
	        ACCESS_PASSWORD_WEAK);
	REQUIRE_OK(access_change_prepare(tx, &here, str_of(first_password), STR("new-password-77"),
	                                 &change));
	CHECK_OK(access_change_finish(tx, after(2), &change));
	CHECK_OK(access_session_find(tx, after(3), str_of(here.token), &got));
	CHECK(!got.must_change);
	CHECK_RESULT("other session", access_session_find(tx, after(3), str_of(there.token), &got),
	             ACCESS_SESSION);
	CHECK_RESULT("done twice", access_change_finish(tx, after(4), &change),
	             ACCESS_LOGIN_FAILED);
	CHECK_RESULT("old password", log_in(tx, after(5), "sun", first_password, &got),
	             ACCESS_LOGIN_FAILED);
}

TEST_BOTH(a_stopped_operator_is_out_at_once)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct session s, got;

	REQUIRE(tx);
	int64_t id = add_operator(tx, "qian");
	REQUIRE_OK(log_in(tx, after(0), "qian", first_password, &s));
	CHECK_OK(operator_stop(tx, after(1), id));
	CHECK_RESULT("session", access_session_find(tx, after(2), str_of(s.token), &got),
	             ACCESS_SESSION);
	CHECK_RESULT("login", log_in(tx, after(2), "qian", first_password, &got),
	             ACCESS_LOGIN_FAILED);
	CHECK_RESULT("unknown", operator_stop(tx, after(2), 99), OPERATOR_NOT_FOUND);
}

TEST_BOTH(operators_with_wrong_data_are_refused)
{
	static const struct {
		const char *label, *name, *role, *password;
		enum result_code want;
	} rows[] = {
		{ "capital", "Wang", "cashier", first_password, ACCESS_NAME },
		{ "one letter", "w", "cashier", first_password, ACCESS_NAME },
		{ "digit first", "1wang", "cashier", first_password, ACCESS_NAME },
		{ "role", "wang", "king", first_password, ACCESS_ROLE },
		{ "short", "wang", "cashier", "short", ACCESS_PASSWORD_WEAK },
		{ "name inside", "wang", "cashier", "my-WANG-password", ACCESS_PASSWORD_WEAK },
		{ "one letter again and again", "wang", "cashier", "aaaaaaaaaaaaaaaa", ACCESS_PASSWORD_WEAK },
		{ "twice", "there", "cashier", first_password, OPERATOR_EXISTS },
	}, *row;
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct operator* list;
	size_t count;

	REQUIRE(tx);
	add_operator(tx, "there");
	EACH (row, rows) {
		struct operator o = { 0 };
		int64_t id;
		snprintf(o.name, sizeof o.name, "%s", row->name);
		snprintf(o.role, sizeof o.role, "%s", row->role);
		CHECK_OK(db_savepoint(tx, 1));
		CHECK_RESULT(row->label,
		             operator_add(tx, fixture_now, &o, str_of(row->password), &id),
		             row->want);
		CHECK_OK(db_rollback_to(tx, 1));
	}
	CHECK_OK(operator_list(tx, &a, &list, &count));
	CHECK_I64("only the first", count, 1);
}

TEST_BOTH(the_key_managers_pages_are_for_the_administrator_and_for_key_officers)
{
	static const struct {
		const char *role;
		bool may;
	} rows[] = {
		{ "administrator", true }, { "key officer", true }, { "card officer", false },
		{ "cashier", false },      { "finance", false },    { "auditor", false },
	}, *row;
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	uint64_t permissions;

	REQUIRE(tx);
	EACH (row, rows) {
		CHECK_OK(access_role_permissions(tx, row->role, &permissions));
		CHECK_I64(row->role, permissions >> PERMISSION_KEYS_PAGES & 1, row->may);
	}
	CHECK_OK(access_role_permissions(tx, "key officer", &permissions));
	CHECK_I64("nothing else", (int64_t)permissions, 1ll << PERMISSION_KEYS_PAGES);
}

TEST(generated_passwords_pass_the_rules_and_differ)
{
	char one[ACCESS_GENERATED_SIZE], two[ACCESS_GENERATED_SIZE];

	access_generate_password(random_system(), one);
	access_generate_password(random_system(), two);
	CHECK_I64("length", strlen(one), ACCESS_GENERATED_SIZE - 1);
	CHECK_OK(access_check_password(STR("admin"), str_of(one)));
	CHECK(strcmp(one, two) != 0);
}
