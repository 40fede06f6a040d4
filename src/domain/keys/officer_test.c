/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_fixture.h"

#define INVITE   STR("inv1tation-for-once")
#define PASSWORD STR("correct horse battery")

static const struct secret secret = { "12345678901234567890", 20 };

static void code_of(struct instant at, char out[TOTP_CODE_SIZE])
{
	struct totp totp = { &secret, TOTP_DIGITS };

	CHECK_OK(totp_code(&totp, totp_step(at), out));
}

static struct officer load(struct key_fixture *f, int64_t id)
{
	struct officer o = { 0 };

	CHECK_OK(KEY_CHANGE(f, officer_load(act->tx, id, &o)));
	return o;
}

static result enter(struct key_fixture *f, int64_t id, struct str password)
{
	struct officer row = load(f, id);
	char code[TOTP_CODE_SIZE];

	code_of(f->now, code);
	struct officer_entry e = { INVITE, password, str_of(code), secret };
	return KEY_CHANGE(f, officer_enter(act, &row, &e));
}

static result log_in(struct key_fixture *f, int64_t id, struct str password, const char *code)
{
	struct officer row = load(f, id);
	struct officer_proof proof;

	officer_prove(&row, password, str_of(code), f->now, &proof);
	return KEY_CHANGE_COUNTED(f, officer_proven(act, &row, &proof));
}

TEST(roles_that_one_person_may_hold)
{
	static const struct {
		const char *roles;
		bool strict, loose;
	} rows[] = {
		{ "key", true, true },        { "conf key", false, true }, { "conf key cert", false, true },
		{ "key audit", false, false }, { "mk SO1", false, false },  { "SO1 SO2", false, false },
		{ "mk key", false, false },    { "audit", true, true },     { "oper store", false, false },
	}, *row;
	unsigned roles;

	EACH (row, rows) {
		char text[OFFICER_ROLES_TEXT];

		CHECK_OK(officer_roles_parse(str_of(row->roles), &roles));
		CHECK_I64(row->roles, is_ok(officer_check_roles(roles, true)), row->strict);
		CHECK_I64(row->roles, is_ok(officer_check_roles(roles, false)), row->loose);
		CHECK_STR(row->roles, officer_roles_text(roles, text), row->roles);
	}
	CHECK_RESULT("unknown", officer_roles_parse(STR("key root"), &roles), OFFICER_ROLE);
	CHECK_RESULT("none", officer_roles_parse(STR(""), &roles), OFFICER_ROLE);
}

KEY_TEST_BOTH(an_officer_is_invited_enters_and_logs_in_with_password_and_code)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct officer o = {
		.name = "wang", .display = "王", .person = "2018001", .roles = 1 << OFFICER_KEY
	};
	struct officer again = { .name = "wang2", .person = "2018001", .roles = 1 << OFFICER_CERT };
	struct officer twice = { .name = "wang", .person = "2018002", .roles = 1 << OFFICER_CERT };
	struct officer both = { .name = "both",
		                .person = "2018003",
		                .roles = 1 << OFFICER_KEY | 1 << OFFICER_CERT };
	char code[TOTP_CODE_SIZE], later[TOTP_CODE_SIZE];

	REQUIRE(key_fixture_open(&f, engine, false));
	CHECK_OK(KEY_CHANGE(&f, officer_add(act, &o, INVITE)));
	CHECK_RESULT("one person, one officer", KEY_CHANGE(&f, officer_add(act, &again, INVITE)),
	             OFFICER_PERSON);
	CHECK_RESULT("name", KEY_CHANGE(&f, officer_add(act, &twice, INVITE)), OFFICER_EXISTS);
	CHECK_RESULT("strict", KEY_CHANGE(&f, officer_add(act, &both, INVITE)),
	             OFFICER_ROLES_TOGETHER);
	struct officer row = load(&f, o.id);
	CHECK(officer_is_invited(&row, INVITE));
	CHECK(!officer_is_invited(&row, STR("another invitation")));
	CHECK_RESULT("weak", enter(&f, o.id, STR("short")), ACCESS_PASSWORD_WEAK);
	CHECK_RESULT("not entered yet", log_in(&f, o.id, PASSWORD, "000000"), OFFICER_LOGIN);
	CHECK_OK(enter(&f, o.id, PASSWORD));
	row = load(&f, o.id);
	CHECK(!officer_is_invited(&row, INVITE));
	code_of(f.now, code);
	CHECK_RESULT("the code of entering is used", log_in(&f, o.id, PASSWORD, code),
	             OFFICER_LOGIN);
	f.now.us += 60 * (int64_t)SECOND_US;
	code_of(f.now, later);
	CHECK_RESULT("wrong password", log_in(&f, o.id, STR("correct horse batterz"), later),
	             OFFICER_LOGIN);
	CHECK_OK(log_in(&f, o.id, PASSWORD, later));
	CHECK_RESULT("replayed", log_in(&f, o.id, PASSWORD, later), OFFICER_LOGIN);
	CHECK_OK(KEY_CHANGE(&f, officer_stop(act, o.id)));
	f.now.us += 60 * (int64_t)SECOND_US;
	code_of(f.now, later);
	CHECK_RESULT("stopped", log_in(&f, o.id, PASSWORD, later), OFFICER_LOGIN);
}

TEST(five_errors_lock_for_a_quarter_of_an_hour)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct officer o = { .name = "wang", .person = "1", .roles = 1 << OFFICER_KEY };
	char code[TOTP_CODE_SIZE];

	REQUIRE(key_fixture_open(&f, DB_SQLITE, false));
	CHECK_OK(KEY_CHANGE(&f, officer_add(act, &o, INVITE)));
	CHECK_OK(enter(&f, o.id, PASSWORD));
	f.now.us += 60 * (int64_t)SECOND_US;
	for (int i = 1; i < OFFICER_ERRORS_MAX; i++)
		CHECK_RESULT("error", log_in(&f, o.id, PASSWORD, "000000"), OFFICER_LOGIN);
	CHECK_RESULT("the fifth", log_in(&f, o.id, PASSWORD, "000000"), OFFICER_LOCKED);
	code_of(f.now, code);
	CHECK_RESULT("even when right", log_in(&f, o.id, PASSWORD, code), OFFICER_LOCKED);
	f.now.us += (OFFICER_LOCK_S + 1) * (int64_t)SECOND_US;
	code_of(f.now, code);
	CHECK_OK(log_in(&f, o.id, PASSWORD, code));
}
