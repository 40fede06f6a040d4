/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/fixture.h"
#include "domain/merchants/merchant_import.h"

static struct merchant sample(const char *no, const char *name)
{
	struct merchant m = { .park = 1 };

	snprintf(m.no, sizeof m.no, "%s", no);
	snprintf(m.name, sizeof m.name, "%s", name);
	return m;
}

TEST_BOTH(merchants_get_dense_ids_and_are_found)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct merchant one = sample("100000000000001", "第一食堂"),
	                two = sample("100000000000002", "超市"), got;
	struct merchant_page page;

	REQUIRE(tx);
	CHECK_OK(merchant_add(tx, fixture_now, &one));
	CHECK_OK(merchant_add(tx, fixture_now, &two));
	CHECK_I64("dense", two.id, 2);
	CHECK_OK(merchant_load_by_no(tx, STR("100000000000002"), &got));
	CHECK_STR("name", got.name, "超市");
	CHECK_RESULT("unknown", merchant_load(tx, 3, &got), MERCHANT_NOT_FOUND);
	got.state = MERCHANT_FROZEN;
	CHECK_OK(merchant_save(tx, fixture_now, &got));
	CHECK_RESULT("late", merchant_save(tx, fixture_now, &two), MERCHANT_CHANGED);
	CHECK_OK(merchant_list(tx, STR("第一"), 0, 10, &a, &page));
	CHECK_I64("by name", page.count, 1);
	CHECK_OK(merchant_list(tx, STR(""), 0, 1, &a, &page));
	CHECK_I64("more", page.next, 1);
}

TEST_BOTH(merchants_with_wrong_data_are_refused)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct merchant rows[] = { sample("", "a"), sample("a b", "a"), sample("1", ""),
		                   sample("1", "\xFF") };

	REQUIRE(tx);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_RESULT(rows[i].no, merchant_add(tx, fixture_now, &rows[i]), MERCHANT_INVALID);
}

TEST_BOTH(the_cache_follows_the_rows_and_a_rollback)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct merchant_cache cache;
	struct merchant m = sample("1", "a");

	REQUIRE(tx);
	CHECK_OK(merchant_add(tx, fixture_now, &m));
	CHECK_OK(merchant_cache_load(&cache, tx));
	CHECK_I64("loaded", cache.count, 1);
	CHECK_OK(db_savepoint(tx, 1));
	struct merchant more = sample("2", "b");
	CHECK_OK(merchant_add(tx, fixture_now, &more));
	CHECK_OK(merchant_cache_refresh(&cache, tx, more.id));
	CHECK(merchant_cache_find(&cache, more.id));
	CHECK_OK(db_rollback_to(tx, 1));
	CHECK_OK(merchant_cache_refresh(&cache, tx, more.id));
	CHECK(!merchant_cache_find(&cache, more.id));
	CHECK(!merchant_cache_find(&cache, 0));
	CHECK(!merchant_cache_find(&cache, -1));
	CHECK_I64("one", cache.count, 1);
	merchant_cache_free(&cache);
}

TEST_BOTH(an_import_adds_changes_and_repeats)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	static const struct str text = { 0 };
	struct str file = STR("商户号,名称,园区\nM1,第一食堂,1\nM2,超市,\n");
	struct fixture_rows rows;
	struct import_report first = { .arena = &a }, again = first, third = first, none = first;

	REQUIRE(tx);
	CHECK_OK(merchant_import(tx, fixture_now, fixture_rows(&rows, file), &first));
	CHECK_I64("added", first.added, 2);
	CHECK_OK(merchant_import(tx, fixture_now, fixture_rows(&rows, file), &again));
	CHECK_I64("same", again.same, 2);
	CHECK_I64("added again", again.added, 0);
	CHECK_OK(merchant_import(tx, fixture_now,
	                         fixture_rows(&rows, STR("no,name\nM1,新一食堂\n")), &third));
	CHECK_I64("changed", third.changed, 1);
	CHECK_RESULT("empty file",
	             merchant_import(tx, fixture_now, fixture_rows(&rows, text), &none),
	             IMPORT_HEADER);
}

TEST_BOTH(an_import_names_line_and_column_of_each_error)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct fixture_rows rows;
	struct import_report report = { .arena = &a };

	REQUIRE(tx);
	CHECK_RESULT(
	        "refused",
	        merchant_import(tx, fixture_now,
	                        fixture_rows(&rows, STR("name,no,park\na,,1\nb,12345678901234567,"
	                                                "1\n,M3,1\nd,M4,x\ne,M5,1\nf,a b,1\n")),
	                        &report),
	        IMPORT_REFUSED);
	static const struct {
		int64_t line;
		int column;
	} want[] = { { 2, 2 }, { 3, 2 }, { 4, 1 }, { 5, 3 }, { 7, 2 } };
	REQUIRE(report.count == ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CHECK_I64("line", report.findings[i].line, want[i].line);
		CHECK_I64("column", report.findings[i].column, want[i].column);
	}
}
