/* SPDX-License-Identifier: Apache-2.0 */
/* Subsystems and who may change them (requirements A1.2). */
#include "domain/terminals/subsystem.h"

#include <stdio.h>

#include "domain/fixture.h"

static struct subsystem sample(const char *code, const char *processor)
{
	struct subsystem s = { .name = "食堂", .owner = "后勤处", .address_range = "10.1.0.0/16" };

	snprintf(s.code, sizeof s.code, "%s", code);
	snprintf(s.processor, sizeof s.processor, "%s", processor);
	return s;
}

static struct actor person(int64_t id)
{
	struct actor by = actor_system("person");

	by.operator_id = id;
	return by;
}

static int64_t audit_lines(struct db_tx *tx)
{
	int64_t lines = -1, bad;

	CHECK_OK(audit_verify(tx, &lines, &bad));
	return lines;
}

static result add_in_savepoint(struct db_tx *tx, struct subsystem s)
{
	struct actor by = actor_system("test");

	CHECK_OK(db_savepoint(tx, 1));
	result r = subsystem_add(tx, fixture_now, &by, &s);
	if (!is_ok(r))
		CHECK_OK(db_rollback_to(tx, 1));
	return r;
}

TEST_BOTH(a_subsystem_has_a_code_and_a_processor_number_of_its_own)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct actor nobody = { 0 };
	struct subsystem got, wrong, *rows;
	size_t count;

	REQUIRE(tx);
	REQUIRE_OK(add_in_savepoint(tx, sample("10", "01")));
	CHECK_RESULT("code", add_in_savepoint(tx, sample("10", "02")), SUBSYSTEM_EXISTS);
	CHECK_RESULT("processor", add_in_savepoint(tx, sample("11", "01")), SUBSYSTEM_EXISTS);
	wrong = sample("1", "02");
	CHECK_RESULT("short", add_in_savepoint(tx, wrong), SUBSYSTEM_INVALID);
	wrong = sample("1a", "02");
	CHECK_RESULT("small letter", add_in_savepoint(tx, wrong), SUBSYSTEM_INVALID);
	wrong = sample("12", "02");
	wrong.owner[0] = '\0';
	CHECK_RESULT("nobody's", add_in_savepoint(tx, wrong), SUBSYSTEM_INVALID);
	wrong = sample("12", "02");
	snprintf(wrong.address_range, sizeof wrong.address_range, "10.1.0.0/8");
	CHECK_RESULT("range", add_in_savepoint(tx, wrong), SUBSYSTEM_INVALID);
	wrong = sample("12", "02");
	wrong.allow = 1 << 20;
	CHECK_RESULT("allow", add_in_savepoint(tx, wrong), SUBSYSTEM_INVALID);
	wrong = sample("12", "02");
	CHECK_RESULT("no right", subsystem_add(tx, fixture_now, &nobody, &wrong), ACCESS_DENIED);
	REQUIRE_OK(subsystem_load(tx, STR("10"), &got));
	CHECK_STR("processor", got.processor, "01");
	CHECK_STR("owner", got.owner, "后勤处");
	CHECK_I64("all of them", got.allow, TERMINAL_ALLOW_ALL);
	CHECK_OK(subsystem_list(tx, &a, &rows, &count));
	CHECK_I64("one", count, 1);
	CHECK_I64("audited", audit_lines(tx), 1);
}

TEST_BOTH(a_change_of_address_takes_two_people)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct actor first = person(1), second = person(2), program = actor_system("control");
	struct subsystem_address to = { STR("10"), STR("10.2.0.0/16") }, other = to;
	struct subsystem got;

	REQUIRE(tx);
	REQUIRE_OK(add_in_savepoint(tx, sample("10", "01")));
	CHECK_RESULT("nothing proposed", subsystem_agree_address(tx, fixture_now, &second, &to),
	             SUBSYSTEM_PROPOSAL);
	CHECK_RESULT("no person", subsystem_propose_address(tx, fixture_now, &program, &to),
	             SUBSYSTEM_PERSON);
	other.range = STR("10.2");
	CHECK_RESULT("no range", subsystem_propose_address(tx, fixture_now, &first, &other),
	             SUBSYSTEM_INVALID);
	CHECK_OK(subsystem_propose_address(tx, fixture_now, &first, &to));
	CHECK_OK(subsystem_load(tx, STR("10"), &got));
	CHECK_STR("not yet", got.address_range, "10.1.0.0/16");
	CHECK_RESULT("by the same", subsystem_agree_address(tx, fixture_now, &first, &to),
	             SUBSYSTEM_PERSON);
	other.range = STR("0.0.0.0/0");
	CHECK_RESULT("to something else", subsystem_agree_address(tx, fixture_now, &second, &other),
	             SUBSYSTEM_PROPOSAL);
	CHECK_RESULT("by a program", subsystem_agree_address(tx, fixture_now, &program, &to),
	             SUBSYSTEM_PERSON);
	CHECK_OK(subsystem_agree_address(tx, fixture_now, &second, &to));
	CHECK_OK(subsystem_load(tx, STR("10"), &got));
	CHECK_STR("in force", got.address_range, "10.2.0.0/16");
	CHECK_I64("done", got.proposed_by, 0);
	CHECK_RESULT("once", subsystem_agree_address(tx, fixture_now, &second, &to),
	             SUBSYSTEM_PROPOSAL);
	CHECK_I64("audited", audit_lines(tx), 3);
}

TEST(what_a_subsystem_may_is_said_in_words)
{
	static const struct {
		const char *words;
		uint32_t allow;
		const char *back;
	} cases[] = {
		{ "", TERMINAL_ALLOW_ALL,
		  "purchase void refund balance cash subsidy upload merchant" },
		{ "purchase", TERMINAL_ALLOW_PURCHASE, "purchase" },
		{ " upload  purchase ", TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_UPLOAD,
		  "purchase upload" },
	};
	char text[SUBSYSTEM_ALLOW_TEXT];
	uint32_t allow;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_OK(subsystem_allow_read(str_of(cases[i].words), &allow));
		CHECK_I64(cases[i].words, allow, cases[i].allow);
		CHECK_STR("back", subsystem_allow_text(allow, text), cases[i].back);
	}
	CHECK_RESULT("no such word", subsystem_allow_read(STR("purchase sell"), &allow),
	             SUBSYSTEM_INVALID);
}

TEST_BOTH(a_subsystem_says_what_its_nodes_may_and_from_where)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct actor by = actor_system("test");
	struct merchant m = { .no = "M1", .name = "食堂", .park = 1 };
	struct terminal t = { .node_id = "10010001",
		              .sam_no = { 0, 0, 0, 0, 0, 1 },
		              .key_version = 1,
		              .suites = TERMINAL_SUITE_AES,
		              .allow = TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_CASH,
		              .state = TERMINAL_ACTIVE };
	struct subsystem s = sample("10", "01");

	REQUIRE(tx);
	REQUIRE_OK(merchant_add(tx, fixture_now, &m));
	t.merchant_id = m.id;
	REQUIRE_OK(terminal_add(tx, fixture_now, &t));
	REQUIRE_OK(terminal_load(tx, t.id, &t));
	CHECK(!t.has_subsystem);
	CHECK_I64("alone", terminal_allow(&t), TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_CASH);
	CHECK_OK(terminal_require_address(&t, STR("8.8.8.8:1")));
	s.allow = TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_VOID;
	REQUIRE_OK(subsystem_add(tx, fixture_now, &by, &s));
	REQUIRE_OK(terminal_load_by_node(tx, STR("10010001"), &t));
	CHECK(t.has_subsystem && !t.blocked);
	CHECK_I64("both", terminal_allow(&t), TERMINAL_ALLOW_PURCHASE);
	CHECK_OK(terminal_require_address(&t, STR("10.1.7.7:1")));
	CHECK_RESULT("address", terminal_require_address(&t, STR("10.2.7.7:1")), FRONT_ADDRESS);
	CHECK_OK(terminal_require_active(&t));
	CHECK_OK(subsystem_set_state(tx, fixture_now, &by, STR("10"), SUBSYSTEM_BLOCKED));
	CHECK_OK(subsystem_set_state(tx, fixture_now, &by, STR("10"), SUBSYSTEM_BLOCKED));
	REQUIRE_OK(terminal_load(tx, t.id, &t));
	CHECK_RESULT("blocked", terminal_require_active(&t), TERMINAL_BLOCKED);
	CHECK_OK(subsystem_set_state(tx, fixture_now, &by, STR("10"), SUBSYSTEM_ACTIVE));
	REQUIRE_OK(terminal_load(tx, t.id, &t));
	CHECK_OK(terminal_require_active(&t));
	snprintf(t.address_range, sizeof t.address_range, "10.9.0.1");
	REQUIRE_OK(terminal_save(tx, fixture_now, &t));
	REQUIRE_OK(terminal_load(tx, t.id, &t));
	CHECK_I64("its own right stays", t.allow, TERMINAL_ALLOW_PURCHASE | TERMINAL_ALLOW_CASH);
	CHECK_RESULT("its own range first", terminal_require_address(&t, STR("10.1.7.7:1")),
	             FRONT_ADDRESS);
	CHECK_OK(terminal_require_address(&t, STR("10.9.0.1:4")));
	CHECK_RESULT("unknown",
	             subsystem_set_state(tx, fixture_now, &by, STR("99"), SUBSYSTEM_BLOCKED),
	             SUBSYSTEM_NOT_FOUND);
	CHECK_I64("audited", audit_lines(tx), 3);
}
