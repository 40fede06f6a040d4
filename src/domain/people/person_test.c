/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/fixture.h"
#include "domain/people/person.h"

static struct person sample(const char *no, const char *name)
{
	struct person p = { .class = 1, .park = 1, .sex = PERSON_FEMALE, .grade = 2018 };

	snprintf(p.no, sizeof p.no, "%s", no);
	snprintf(p.name, sizeof p.name, "%s", name);
	snprintf(p.department, sizeof p.department, "18软件技术");
	return p;
}

TEST_BOTH(a_person_is_stored_and_found_by_id_and_number)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct person p = sample("20180001", "王芳"), got;
	bool found;

	REQUIRE(tx);
	REQUIRE_OK(person_add(tx, fixture_now, &p));
	CHECK_I64("first id", p.id, 1);
	CHECK_OK(person_load(tx, p.id, &got));
	CHECK_STR("name", got.name, "王芳");
	CHECK_I64("sex", got.sex, PERSON_FEMALE);
	CHECK_I64("grade", got.grade, 2018);
	CHECK_OK(person_load_by_no(tx, STR("20180001"), &got));
	CHECK_I64("same", got.id, p.id);
	CHECK_RESULT("id", person_load(tx, 99, &got), PERSON_NOT_FOUND);
	CHECK_RESULT("no", person_load_by_no(tx, STR("x"), &got), PERSON_NOT_FOUND);
	CHECK_OK(person_find_by_no(tx, STR("x"), &got, &found));
	CHECK(!found);
	CHECK_OK(db_savepoint(tx, 1));
	CHECK_RESULT("twice", person_add(tx, fixture_now, &p), PERSON_EXISTS);
	CHECK_OK(db_rollback_to(tx, 1));
}

TEST_BOTH(a_person_with_wrong_data_is_refused_and_nothing_is_stored)
{
	static const struct {
		const char *label, *no, *name;
		uint8_t class;
		uint16_t park, grade;
	} rows[] = {
		{ "empty number", "", "a", 1, 1, 0 },         { "blank in number", "2018 1", "a", 1, 1, 0 },
		{ "letters of elsewhere", "二", "a", 1, 1, 0 }, { "name not UTF-8", "1", "\xFF", 1, 1, 0 },
		{ "class 0", "1", "a", 0, 1, 0 },             { "park 0", "1", "a", 1, 0, 0 },
		{ "grade", "1", "a", 1, 1, 18 },
	}, *row;
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	int64_t count;

	REQUIRE(tx);
	EACH (row, rows) {
		struct person p = sample(row->no, row->name);
		p.class = row->class;
		p.park = row->park;
		p.grade = row->grade;
		CHECK_RESULT(row->label, person_add(tx, fixture_now, &p), PERSON_INVALID);
	}
	CHECK_OK(person_count(tx, &count));
	CHECK_I64("stored", count, 0);
}

TEST_BOTH(who_was_quicker_wins_and_the_other_is_told)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct person p = sample("1", "a"), one, two;

	REQUIRE(tx);
	REQUIRE_OK(person_add(tx, fixture_now, &p));
	REQUIRE_OK(person_load(tx, p.id, &one));
	two = one;
	snprintf(one.name, sizeof one.name, "one");
	CHECK_OK(person_save(tx, fixture_now, &one));
	CHECK_RESULT("late", person_save(tx, fixture_now, &two), PERSON_CHANGED);
	two.id = 7;
	CHECK_RESULT("nobody", person_save(tx, fixture_now, &two), PERSON_NOT_FOUND);
	CHECK_OK(person_load(tx, p.id, &two));
	CHECK_STR("kept", two.name, "one");
}

TEST_BOTH(search_finds_beginnings_and_pages)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct person_page page;

	REQUIRE(tx);
	for (int i = 0; i < 25; i++) {
		char no[16];
		snprintf(no, sizeof no, "2018%04d", i);
		struct person p = sample(no, i % 2 ? "王芳" : "李强");
		REQUIRE_OK(person_add(tx, fixture_now, &p));
	}
	CHECK_OK(person_search(tx, STR(""), 0, 10, &a, &page));
	CHECK_I64("first page", page.count, 10);
	CHECK_I64("go on behind", page.next, 10);
	CHECK_OK(person_search(tx, STR(""), 20, 10, &a, &page));
	CHECK_I64("last page", page.count, 5);
	CHECK_I64("the end", page.next, 0);
	CHECK_OK(person_search(tx, STR("2018000"), 0, 200, &a, &page));
	CHECK_I64("by number", page.count, 10);
	CHECK_OK(person_search(tx, STR("王"), 0, 200, &a, &page));
	CHECK_I64("by name", page.count, 12);
	CHECK_OK(person_search(tx, STR("%"), 0, 200, &a, &page));
	CHECK_I64("no wild cards", page.count, 0);
}

TEST(a_header_is_found_whatever_its_case_and_what_lacks_is_named)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report = { .arena = &a };
	struct fixture_rows r;
	struct import_row row;
	struct import_column cols[] = {
		{ "card_no|卡号", true, 0 },
		{ "name|姓名", false, 0 },
		{ "balance", true, 0 },
	};

	struct import_rows *rows = fixture_rows(&r, STR("\xEF\xBB\xBF"
	                                                "Card No.,x, NAME \n1,2"));
	REQUIRE(rows->next(rows, &row));
	CHECK_RESULT("one lacks", import_header(&row, cols, 3, &report), IMPORT_HEADER);
	CHECK_I64("card", cols[0].at, 0);
	CHECK_I64("name", cols[1].at, 2);
	CHECK_I64("balance", cols[2].at, -1);
	CHECK_I64("findings", report.count, 1);
	CHECK_STR("what", report.findings[0].what, "no column balance");
	REQUIRE(rows->next(rows, &row));
	CHECK_I64("short line", import_cell(&row, &cols[1]).len, 0);
	CHECK_RESULT("verdict", import_verdict(&report), IMPORT_REFUSED);
}

TEST(more_findings_than_are_kept_are_still_counted)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct import_report report = { .arena = &a };
	struct import_row row = { .line = 1 };

	for (int i = 0; i < IMPORT_FINDINGS_MAX + 5; i++)
		import_find(&report, (struct import_at){ &row, 1, IMPORT_ERROR, PERSON_INVALID },
		            "a %d|b", i);
	CHECK_I64("kept", report.count, IMPORT_FINDINGS_MAX);
	CHECK_I64("counted", report.errors, IMPORT_FINDINGS_MAX + 5);
}
