/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/audit/audit.h"
#include "domain/fixture.h"

#define STATEMENT(name_, text)                                                                     \
	static const struct db_statement name_ = { .name = #name_,                                 \
		                                   .sqlite = text,                                 \
		                                   .postgres = text }

static void record(struct db_tx *tx, int count)
{
	struct actor by = actor_system("test");

	for (int i = 1; i <= count; i++) {
		struct audit_act act = {
			.action = i % 2 ? "card.report_lost" : "card.found",
			.object_type = "card",
			.object_id = i,
			.before = STR("state=ACTIVE"),
			.after = STR("state=LOST"),
		};
		CHECK_OK(audit_record(tx, fixture_now, &by, &act));
	}
}

TEST_BOTH(lines_are_numbered_without_a_hole_and_listed_newest_first)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct audit_filter all = { 0 }, lost = { .action = STR("card.report_lost") },
	                    seven = { .object_id = 7 };
	struct audit_page page;
	int64_t lines, bad;

	REQUIRE(tx);
	CHECK_OK(audit_verify(tx, &lines, &bad));
	record(tx, 20);
	CHECK_OK(audit_list(tx, &all, 0, 15, &a, &page));
	CHECK_I64("page", page.count, 15);
	CHECK_I64("newest", page.rows[0].no, 20);
	CHECK_STR("who", page.rows[0].operator_name, "test");
	CHECK_STR("result", page.rows[0].result, "SUCCESS");
	CHECK_OK(audit_list(tx, &all, page.next, 15, &a, &page));
	CHECK_I64("rest", page.count, 5);
	CHECK_I64("end", page.next, 0);
	CHECK_OK(audit_list(tx, &lost, 0, 100, &a, &page));
	CHECK_I64("by action", page.count, 10);
	CHECK_OK(audit_list(tx, &seven, 0, 100, &a, &page));
	CHECK_I64("by object", page.count, 1);
	CHECK_OK(audit_verify(tx, &lines, &bad));
	CHECK_I64("lines", lines, 20);
	CHECK_I64("sound", bad, 0);
}

TEST_BOTH(any_change_of_the_past_is_found_and_named)
{
	STATEMENT(change_text, "UPDATE audit_line SET after_text = 'state=ACTIVE' WHERE no = 3");
	STATEMENT(change_result, "UPDATE audit_line SET result = 'CARD_STATE' WHERE no = 3");
	STATEMENT(change_time, "UPDATE audit_line SET at_us = at_us + 1 WHERE no = 3");
	STATEMENT(take_away, "DELETE FROM audit_line WHERE no = 3");
	STATEMENT(move_words, "UPDATE audit_line SET before_text = before_text || after_text, "
	                      "after_text = '' WHERE no = 3");
	STATEMENT(take_first, "DELETE FROM audit_line WHERE no = 1");
	static const struct {
		const char *label;
		const struct db_statement *s;
		int64_t bad;
	} rows[] = {
		{ "text", &change_text, 3 },   { "result", &change_result, 3 }, { "time", &change_time, 3 },
		{ "removed", &take_away, 3 },  { "moved", &move_words, 3 },     { "first removed", &take_first, 1 },
	}, *row;
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	int64_t lines, bad;

	REQUIRE(tx);
	record(tx, 9);
	EACH (row, rows) {
		CHECK_OK(db_savepoint(tx, 1));
		CHECK_OK(db_execute(tx, row->s, DB_NO_ARGS, NULL));
		CHECK_RESULT(row->label, audit_verify(tx, &lines, &bad), AUDIT_BROKEN);
		CHECK_I64(row->label, bad, row->bad);
		CHECK_OK(db_rollback_to(tx, 1));
	}
	CHECK_OK(audit_verify(tx, &lines, &bad));
}

TEST_BOTH(a_text_that_is_too_long_is_refused)
{
	static char long_text[AUDIT_TEXT_MAX + 1];
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct actor by = actor_system("test");
	struct audit_act act = { .action = "x",
		                 .object_type = "",
		                 .before = { long_text, sizeof long_text } };

	REQUIRE(tx);
	CHECK_RESULT("before", audit_record(tx, fixture_now, &by, &act), AUDIT_TEXT);
	memset(long_text, 'x', sizeof long_text);
	act.before = (struct str){ long_text, AUDIT_TEXT_MAX };
	act.after = act.before;
	CHECK_OK(audit_record(tx, fixture_now, &by, &act));
}
