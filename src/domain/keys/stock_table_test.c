/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cards and counts as people write them. */
#include "domain/keys/stock_table.h"

#include <stdio.h>

#include "base/buf.h"
#include "harness/test.h"

TEST(a_list_is_read_whatever_program_wrote_it)
{
	static const struct {
		const char *label, *text;
	} rows[] = {
		{ "plain", "CHIP0001,5000000001\nCHIP0002,5000000002\n" },
		{ "with a header", "chip,number\nCHIP0001,5000000001\nCHIP0002,5000000002\n" },
		{ "in Chinese, with a mark at the beginning",
		  "\xEF\xBB\xBF芯片号,卡号\r\nCHIP0001,5000000001\r\nCHIP0002,5000000002\r\n" },
		{ "quoted, with empty lines",
		  "\"CHIP0001\",\"5000000001\"\n\n CHIP0002 , 5000000002\n\n" },
		{ "without an end of line", "CHIP0001,5000000001\nCHIP0002,5000000002" },
	}, *row;

	EACH (row, rows) {
		SCOPED(arena_free) struct arena a = { 0 };
		struct stock_item *items;
		size_t count = 0;

		CHECK_RESULT(row->label,
		             stock_table_read(str_bytes(str_of(row->text)), &a, &items, &count),
		             SUCCESS);
		if (!CHECK_I64(row->label, count, 2))
			continue;
		CHECK_BYTES(row->label, str_bytes(items[0].chip), str_bytes(STR("CHIP0001")));
		CHECK_BYTES(row->label, str_bytes(items[0].number), str_bytes(STR("5000000001")));
		CHECK_BYTES(row->label, str_bytes(items[1].chip), str_bytes(STR("CHIP0002")));
		CHECK_BYTES(row->label, str_bytes(items[1].number), str_bytes(STR("5000000002")));
	}
}

TEST(numbers_may_be_left_out_of_a_list)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct stock_item *items;
	size_t count;

	REQUIRE_OK(stock_table_read(str_bytes(STR("CHIP0001\nCHIP0002,\n")), &a, &items, &count));
	CHECK_I64("", count, 2);
	CHECK_I64("", items[0].number.len + items[1].number.len, 0);
}

TEST(what_is_no_list_is_refused_with_its_line)
{
	static const struct {
		const char *label, *text, *why;
		enum result_code code;
	} rows[] = {
		{ "nothing", "", "no card", STOCK_FIELD },
		{ "a header alone", "chip,number\n", "no card", STOCK_FIELD },
		{ "three columns", "CHIP0001\nCHIP0002,1,2\n", "line 2: 3 columns, not 1 or 2",
		  STOCK_FIELD },
		{ "an open quote", "CHIP0001\n\"CHIP0002\n", NULL, CSV_BAD_QUOTE },
	}, *row;

	EACH (row, rows) {
		SCOPED(arena_free) struct arena a = { 0 };
		struct stock_item *items = NULL;
		size_t count = 42;

		CHECK_RESULT(row->label,
		             stock_table_read(str_bytes(str_of(row->text)), &a, &items, &count),
		             row->code);
		CHECK_I64(row->label, count, 42);
		CHECK(items == NULL);
		if (row->why)
			CHECK_STR(row->label, result_last()->text, row->why);
	}
}

TEST(a_list_has_a_limit)
{
	SCOPED(arena_free) struct arena a = { 0 };
	SCOPED(buf_free) struct buf text = { 0 };
	struct stock_item *items;
	size_t count;

	for (int i = 0; i < STOCK_ITEMS_MAX; i++)
		buf_printf(&text, "CHIP%04d\n", i);
	CHECK_OK(stock_table_read(buf_bytes(&text), &a, &items, &count));
	CHECK_I64("", count, STOCK_ITEMS_MAX);
	buf_str(&text, STR("ONEMORE\n"));
	CHECK_RESULT("a card more", stock_table_read(buf_bytes(&text), &a, &items, &count),
	             STOCK_FIELD);
	while (text.len <= STOCK_TABLE_MAX)
		buf_str(&text, STR("\n\n\n\n\n\n\n\n"));
	CHECK_RESULT("too long", stock_table_read(buf_bytes(&text), &a, &items, &count),
	             STOCK_FIELD);
}

TEST(counts_are_heaps_and_numbers)
{
	static const struct {
		const char *text;
		size_t count;
		enum result_code code;
	} rows[] = {
		{ "", 0, SUCCESS },
		{ "PSAM:IN_STORE=12", 1, SUCCESS },
		{ "PSAM:IN_STORE=12 USER_CARD:WASTE=0", 2, SUCCESS },
		{ "PSAM:IN_STORE", 0, STOCK_FIELD },
		{ "PSAM=12", 0, STOCK_FIELD },
		{ "SAM:IN_STORE=12", 0, STOCK_FIELD },
		{ "PSAM:SHELF=12", 0, STOCK_FIELD },
		{ "PSAM:IN_STORE=-1", 0, STOCK_FIELD },
		{ "PSAM:IN_STORE=", 0, STOCK_FIELD },
		{ "PSAM:IN_STORE=12  PSAM:WASTE=0", 1, STOCK_FIELD },
	}, *row;
	struct stock_count out[STOCK_COUNTS_MAX];
	size_t count;

	EACH (row, rows) {
		CHECK_RESULT(row->text, stock_table_counts(str_of(row->text), out, &count),
		             row->code);
		CHECK_I64(row->text, count, row->count);
	}
	CHECK_OK(stock_table_counts(STR("ISAM:WASTE=3"), out, &count));
	CHECK_I64("", out[0].kind, STOCK_ISAM);
	CHECK_I64("", out[0].state, STOCK_IS_WASTE);
	CHECK_I64("", out[0].count, 3);
}
