/* SPDX-License-Identifier: Apache-2.0 */
/* A node is authorised by a card and registers once (terminal-protocol 6, A1.3). */
#include <stdio.h>

#include "domain/fixture.h"
#include "domain/terminals/subsystem.h"

static const int64_t day_us = 24 * 3600 * (int64_t)SECOND_US;

static struct terminal_card card_of(const char *serial)
{
	struct terminal_card c = { .node_id = STR("10010001"),
		                   .sam_no = { 0, 0, 0, 0, 0, 1 },
		                   .key_version = 2,
		                   .until = { fixture_now.us + day_us } };

	snprintf(c.serial, sizeof c.serial, "%s", serial);
	return c;
}

static struct terminal_registration registration(uint32_t id, const char *serial,
                                                 const char *hardware)
{
	struct terminal_registration r = { .id = id, .software_hash = { 0xAB } };

	snprintf(r.serial, sizeof r.serial, "%s", serial);
	snprintf(r.hardware, sizeof r.hardware, "%s", hardware);
	return r;
}

#define FIRST  "C000000000000001"
#define SECOND "C000000000000002"

static uint32_t prepare(struct db_tx *tx, bool with_subsystem)
{
	struct merchant m = { .no = "M1", .name = "食堂", .park = 1 };
	struct subsystem s = { .code = "10", .processor = "01", .name = "食堂", .owner = "后勤处" };
	struct actor by = actor_system("test");
	struct terminal t = { .node_id = "10010001",
		              .sam_no = { 0, 0, 0, 0, 0, 1 },
		              .key_version = 1,
		              .suites = TERMINAL_SUITE_AES,
		              .allow = TERMINAL_ALLOW_ALL };

	CHECK_OK(merchant_add(tx, fixture_now, &m));
	t.merchant_id = m.id;
	CHECK_OK(terminal_add(tx, fixture_now, &t));
	if (with_subsystem)
		CHECK_OK(subsystem_add(tx, fixture_now, &by, &s));
	return t.id;
}

static result authorise(struct db_tx *tx, struct instant now, const struct terminal_card *c,
                        struct terminal *out)
{
	struct actor by = actor_system("test");

	return terminal_authorise(tx, now, &by, c, out);
}

static result enrol(struct db_tx *tx, struct instant now, const struct terminal_registration *r)
{
	struct terminal t;

	return terminal_register(tx, now, r, &t);
}

TEST_BOTH(a_card_is_good_for_one_machine_and_one_registration)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct terminal_card card = card_of(FIRST);
	struct terminal t;
	int64_t lines, bad;

	REQUIRE(tx);
	uint32_t id = prepare(tx, true);
	struct terminal_registration r = registration(id, FIRST, "PC-7"), other = r;
	CHECK_RESULT("before", enrol(tx, fixture_now, &r), PAYMENT_TERMINAL_INACTIVE);
	REQUIRE_OK(authorise(tx, fixture_now, &card, &t));
	CHECK_I64("state", t.state, TERMINAL_AUTHORISED);
	CHECK_I64("version of the card", t.key_version, 2);
	CHECK_STR("serial", t.card_serial, FIRST);
	other = registration(id, "", "PC-7");
	CHECK_RESULT("no card", enrol(tx, fixture_now, &other), TERMINAL_CARD);
	other = registration(id, SECOND, "PC-7");
	CHECK_RESULT("foreign", enrol(tx, fixture_now, &other), TERMINAL_CARD);
	CHECK_RESULT("late", enrol(tx, (struct instant){ card.until.us + 1 }, &r), TERMINAL_CARD);
	CHECK_OK(terminal_load(tx, id, &t));
	CHECK_I64("nothing changed", t.state, TERMINAL_AUTHORISED);
	CHECK_OK(enrol(tx, card.until, &r));
	CHECK_OK(terminal_load(tx, id, &t));
	CHECK_I64("active", t.state, TERMINAL_ACTIVE);
	CHECK_I64("burnt", t.card_until.us, 0);
	CHECK_STR("by", t.hardware, "PC-7");
	CHECK_OK(enrol(tx, card.until, &r));
	other = registration(id, FIRST, "PC-8");
	CHECK_RESULT("another machine", enrol(tx, fixture_now, &other), TERMINAL_CARD_USED);
	other = registration(id, SECOND, "PC-7");
	CHECK_RESULT("another card", enrol(tx, fixture_now, &other), TERMINAL_CARD);
	CHECK_OK(audit_verify(tx, &lines, &bad));
	CHECK_I64("audited: subsystem, card, registration", lines, 3);
}

TEST_BOTH(a_burnt_card_authorises_nobody_again)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct terminal_card card = card_of(FIRST), next = card_of(SECOND);
	struct terminal t;

	REQUIRE(tx);
	uint32_t id = prepare(tx, true);
	struct terminal_registration r = registration(id, FIRST, "PC-7");
	REQUIRE_OK(authorise(tx, fixture_now, &card, &t));
	REQUIRE_OK(enrol(tx, fixture_now, &r));
	CHECK_RESULT("active", authorise(tx, fixture_now, &next, &t), TERMINAL_STATE);
	REQUIRE_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_SUSPENDED, &t));
	CHECK_RESULT("suspended", enrol(tx, fixture_now, &r), TERMINAL_CARD_USED);
	CHECK_RESULT("burnt", authorise(tx, fixture_now, &card, &t), TERMINAL_CARD);
	REQUIRE_OK(authorise(tx, fixture_now, &next, &t));
	CHECK_RESULT("the old card", enrol(tx, fixture_now, &r), TERMINAL_CARD);
	r = registration(id, SECOND, "PC-8");
	CHECK_OK(enrol(tx, fixture_now, &r));
	REQUIRE_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_RETIRED, &t));
	CHECK_RESULT("retired", authorise(tx, fixture_now, &card, &t), TERMINAL_STATE);
}

TEST_BOTH(a_card_authorises_only_what_it_is_for)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct actor nobody = { 0 }, by = actor_system("test");
	struct terminal_card card = card_of(FIRST);
	struct terminal t;

	REQUIRE(tx);
	uint32_t id = prepare(tx, false);
	CHECK_RESULT("no subsystem", authorise(tx, fixture_now, &card, &t), TERMINAL_NO_SUBSYSTEM);
	struct subsystem s = { .code = "10", .processor = "01", .name = "食堂", .owner = "后勤处" };
	REQUIRE_OK(subsystem_add(tx, fixture_now, &by, &s));
	CHECK_RESULT("no right", terminal_authorise(tx, fixture_now, &nobody, &card, &t),
	             ACCESS_DENIED);
	card.sam_no[5] = 2;
	CHECK_RESULT("another SAM", authorise(tx, fixture_now, &card, &t), TERMINAL_CARD);
	card = card_of(FIRST);
	CHECK_RESULT("late", authorise(tx, card.until, &card, &t), TERMINAL_CARD);
	card.node_id = STR("10010009");
	CHECK_RESULT("no node", authorise(tx, fixture_now, &card, &t), TERMINAL_NOT_FOUND);
	card = card_of(FIRST);
	CHECK_OK(subsystem_set_state(tx, fixture_now, &by, STR("10"), SUBSYSTEM_BLOCKED));
	CHECK_RESULT("blocked", authorise(tx, fixture_now, &card, &t), TERMINAL_NO_SUBSYSTEM);
	CHECK_OK(subsystem_set_state(tx, fixture_now, &by, STR("10"), SUBSYSTEM_ACTIVE));
	CHECK_OK(authorise(tx, fixture_now, &card, &t));
	CHECK_OK(subsystem_set_state(tx, fixture_now, &by, STR("10"), SUBSYSTEM_BLOCKED));
	struct terminal_registration r = registration(id, FIRST, "PC-7");
	CHECK_RESULT("blocked since", enrol(tx, fixture_now, &r), TERMINAL_BLOCKED);
}

TEST(two_addresses_of_one_host_are_one_place)
{
	CHECK(terminal_same_host(STR("10.1.2.3:4"), STR("10.1.2.3:5")));
	CHECK(!terminal_same_host(STR("10.1.2.3:4"), STR("10.1.2.4:4")));
	CHECK(terminal_same_host(STR("[fd00::1]:4"), STR("[fd00::1]:5")));
	CHECK(!terminal_same_host(STR("[fd00::1]:4"), STR("[fd00::2]:4")));
}
