/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/fixture.h"
#include "domain/reports/reports.h"
#include "domain/reports/reports_sql.h"

TEST(a_list_shows_the_ends_of_a_name_and_hides_the_middle)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "张晓明", "张*明" }, { "李雷", "李*" },     { "欧阳娜娜", "欧*娜" }, { "王", "王" },
		{ "", "" },            { "Li Lei", "L*i" }, { "𠮷野家", "𠮷*家" },
	}, *row;

	EACH (row, rows) {
		char got[REPORTS_MASKED_SIZE];

		CHECK_STR(row->name, reports_mask(str_of(row->name), got), row->want);
	}
}

TEST(pinyin_initials_find_names_and_surnames_with_two_readings)
{
	static const struct {
		const char *name, *letters;
		bool want;
	} rows[] = {
		{ "张晓明", "zxm", true },  { "张晓明", "zx", true },   { "张晓明", "z", true },
		{ "张晓明", "xm", false },  { "张晓明", "zxmm", false }, { "单雄信", "sxx", true },
		{ "单雄信", "dxx", true },  { "曾国藩", "zgf", true },  { "仇英", "qy", true },
		{ "李Lei", "ll", true },    { "李Lei", "LL", false },   { "", "z", false },
		{ "张晓明", "", false },    { "😀", "d", false },    { "王婷", "wt", true },
	}, *row;

	EACH (row, rows)
		CHECK_I64(row->name, reports_has_initials(str_of(row->name), str_of(row->letters)),
		          row->want);
}

TEST_BOTH(every_statement_of_the_reports_prepares)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin_reader(engine);

	REQUIRE(tx);
	for (const struct db_statement *const *s = reports_statements; *s; s++)
		REQUIRE_OK(db_prepare(db_of(tx), *s));
}
