/* SPDX-License-Identifier: Apache-2.0 */
/* The book of card stock: moves there are, people, waste, numbers, history. */
#include <stdio.h>

#include "domain/keys/stock_testkit.h"

#define BOOK(name_)                                                                                \
	SCOPED(key_fixture_close) struct key_fixture name_;                                        \
	REQUIRE(key_fixture_open(&(name_), engine, true))

/* Chips first… of a kind walk through these states, a voucher each. */
static void walk(struct key_fixture *f, enum stock_kind kind, size_t first, size_t count,
                 const enum stock_state *way, size_t steps)
{
	static unsigned number;
	char text[16];

	for (size_t i = 0; i < steps; i++) {
		snprintf(text, sizeof text, "W-%u", ++number);
		struct stock_voucher v = stock_voucher_of(text, kind, way[i]);
		CHECK_OK(stock_test_post(f, &v, first, count));
	}
}

#define WALK(f_, kind_, first_, count_, ...)                                                       \
	walk(f_, kind_, first_, count_, (const enum stock_state[]){ __VA_ARGS__ },                 \
	     sizeof((const enum stock_state[]){ __VA_ARGS__ }) / sizeof(enum stock_state))

static result move(struct key_act *act, struct stock_voucher *v, size_t first, size_t count)
{
	return stock_move(act, v, stock_items(first, count, false), count);
}

TEST(moves_follow_the_table_and_nothing_else)
{
	/* keys 17; rows: from, columns: to, r: with a reason
	 * RECEIVED IN_STORE ISSUED_TO_OP FINISHED DELIVERED INSTALLED RETURNED LOST WASTE
	 * WASTE_STORE SHREDDED */
	static const char *const may[] = {
		".m.....rr..", /* RECEIVED */
		"..m....rr..", /* IN_STORE */
		".m.m...rr..", /* ISSUED_TO_OP */
		"....m..rr..", /* FINISHED */
		".....mmr...", /* DELIVERED */
		"......mr...", /* INSTALLED */
		"...m...rr..", /* RETURNED */
		"......r....", /* LOST */
		".r.....r.m.", /* WASTE */
		".......r..m", /* WASTE_STORE */
		"...........", /* SHREDDED */
	};
	static const char inside[] = "iiii..i.ii.";

	for (int from = 0; from < STOCK_STATES; from++) {
		for (int to = 0; to < STOCK_STATES; to++) {
			enum stock_state a = (enum stock_state)from, b = (enum stock_state)to;

			CHECK_I64(stock_state_names[to], stock_may_move(a, b),
			          may[from][to] != '.');
			CHECK_I64(stock_state_names[to], stock_needs_reason(a, b),
			          may[from][to] == 'r');
		}
		CHECK_I64(stock_state_names[from], stock_is_inside((enum stock_state)from),
		          inside[from] == 'i');
	}
}

KEY_TEST_BOTH(a_card_is_followed_from_the_supplier_to_the_till_and_back)
{
	SCOPED(arena_free) struct arena a = { 0 };
	BOOK(f);
	struct stock_voucher v = stock_voucher_of("W-INST", STOCK_PSAM, STOCK_IS_INSTALLED);
	struct stock_step *steps;
	struct stock_card c;
	size_t count;

	WALK(&f, STOCK_PSAM, 1, 3, STOCK_IS_RECEIVED, STOCK_IS_IN_STORE, STOCK_IS_ISSUED_TO_OP,
	     STOCK_IS_FINISHED, STOCK_IS_DELIVERED);
	str_copy(STR("T0000001"), v.place, sizeof v.place);
	CHECK_OK(stock_test_post(&f, &v, 2, 1));
	CHECK_OK(KEY_CHANGE(&f, stock_card_load(act->tx, STR("CHIP0002"), &c)));
	CHECK_I64("", c.state, STOCK_IS_INSTALLED);
	CHECK_STR("", c.place, "T0000001");
	CHECK_STR("", c.number, "5000000002");
	CHECK_OK(KEY_CHANGE(
	        &f, stock_require(act->tx, STR("CHIP0003"), STOCK_PSAM, STOCK_IS_DELIVERED)));
	CHECK_RESULT("state",
	             KEY_CHANGE(&f, stock_require(act->tx, STR("CHIP0002"), STOCK_PSAM,
	                                          STOCK_IS_DELIVERED)),
	             STOCK_MOVE);
	CHECK_RESULT("kind",
	             KEY_CHANGE(&f, stock_require(act->tx, STR("CHIP0002"), STOCK_ISAM,
	                                          STOCK_IS_INSTALLED)),
	             STOCK_KIND);
	WALK(&f, STOCK_PSAM, 2, 1, STOCK_IS_RETURNED, STOCK_IS_WASTE);
	CHECK_OK(KEY_CHANGE(&f, stock_history(act->tx, STR("CHIP0002"), &a, &steps, &count)));
	REQUIRE(count == 8);
	CHECK(steps[0].is_first && steps[0].voucher.to == STOCK_IS_RECEIVED);
	CHECK_STR("", steps[0].voucher.giver, "张三");
	CHECK_I64("", steps[3].from, STOCK_IS_ISSUED_TO_OP);
	CHECK_STR("numbered", steps[3].number, "5000000002");
	CHECK_STR("", steps[5].voucher.number, "W-INST");
	CHECK_STR("it was this", steps[7].number, "5000000002");
	CHECK_OK(KEY_CHANGE(&f, stock_card_load(act->tx, STR("CHIP0002"), &c)));
	CHECK_STR("waste bears none", c.number, "");
	CHECK_RESULT("no such",
	             KEY_CHANGE(&f, stock_history(act->tx, STR("CHIP0009"), &a, &steps, &count)),
	             STOCK_NOT_FOUND);
}

KEY_TEST_BOTH(the_book_says_what_is_where_and_by_which_voucher)
{
	SCOPED(arena_free) struct arena a = { 0 };
	BOOK(f);
	struct stock_filter filter = { .from = { 20260305 }, .to = { 20260305 }, .limit = 2 };
	struct stock_shelf shelf = { STOCK_USER_CARD, STOCK_IS_IN_STORE, STR("CHIP0001") };
	struct stock_voucher *vouchers;
	struct stock_card *cards;
	struct stock_heap *heaps;
	struct str *chips;
	size_t count;

	WALK(&f, STOCK_USER_CARD, 1, 5, STOCK_IS_RECEIVED, STOCK_IS_IN_STORE);
	WALK(&f, STOCK_USER_CARD, 4, 2, STOCK_IS_ISSUED_TO_OP);
	WALK(&f, STOCK_WASH_MOTHER, 6, 1, STOCK_IS_RECEIVED);
	CHECK_OK(KEY_CHANGE(&f, stock_where(act->tx, &a, &heaps, &count)));
	REQUIRE(count == 3);
	CHECK_I64("", heaps[0].kind, STOCK_USER_CARD);
	CHECK_I64("", heaps[0].state, STOCK_IS_IN_STORE);
	CHECK_I64("", heaps[0].count, 3);
	CHECK_I64("", heaps[1].count, 2);
	CHECK_STR("", heaps[2].place, "李四");
	CHECK_OK(KEY_CHANGE(&f, stock_card_list(act->tx, &shelf, &a, &cards, &count)));
	REQUIRE(count == 2);
	CHECK_STR("", cards[0].chip, "CHIP0002");
	CHECK_OK(KEY_CHANGE(&f, stock_voucher_list(act->tx, &filter, &a, &vouchers, &count)));
	REQUIRE(count == 2);
	CHECK_I64("newest first", vouchers[0].kind, STOCK_WASH_MOTHER);
	CHECK_I64("", vouchers[1].count, 2);
	CHECK_STR("", vouchers[1].actor, "test");
	CHECK_OK(KEY_CHANGE(&f, stock_voucher_chips(act->tx, vouchers[1].id, &a, &chips, &count)));
	REQUIRE(count == 2);
	CHECK(str_equal(chips[1], STR("CHIP0005")));
	filter.before = vouchers[1].id;
	CHECK_OK(KEY_CHANGE(&f, stock_voucher_list(act->tx, &filter, &a, &vouchers, &count)));
	CHECK_I64("the two before", count, 2);
	filter = (struct stock_filter){ .from = { 20260306 }, .limit = 10 };
	CHECK_OK(KEY_CHANGE(&f, stock_voucher_list(act->tx, &filter, &a, &vouchers, &count)));
	CHECK_I64("another day", count, 0);
	CHECK_RESULT("no such",
	             KEY_CHANGE(&f, stock_voucher_chips(act->tx, 99, &a, &chips, &count)),
	             STOCK_NOT_FOUND);
}

/* --- refusals: all cards or none, and nothing changed --- */

KEY_TEST_BOTH(a_voucher_with_a_wrong_field_moves_nothing)
{
	static const struct {
		const char *number, *giver, *taker, *place, *reason;
		enum result_code code;
	} rows[] = {
		{ "", "a", "b", "", "", STOCK_FIELD },
		{ "A B", "a", "b", "", "", STOCK_FIELD },
		{ "凭1", "a", "b", "", "", STOCK_FIELD },
		{ "A1", "", "b", "", "", STOCK_FIELD },
		{ "A1", "a", "", "", "", STOCK_FIELD },
		{ "A1", "a", "b\n", "", "", STOCK_FIELD },
		{ "A1", "a", "b", " x", "", STOCK_FIELD },
		{ "A1", "a", "b", "", "\xFF", STOCK_FIELD },
		{ "A1", "zhang", "Zhang", "", "", STOCK_PEOPLE },
		{ "W-1", "a", "b", "", "", STOCK_VOUCHER },
	}, *row;
	BOOK(f);
	struct stock_voucher v = stock_voucher_of("W-1", STOCK_PSAM, STOCK_IS_RECEIVED);

	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	EACH (row, rows) {
		v = stock_voucher_of(row->number, STOCK_PSAM, STOCK_IS_IN_STORE);
		str_copy(str_of(row->giver), v.giver, sizeof v.giver);
		str_copy(str_of(row->taker), v.taker, sizeof v.taker);
		str_copy(str_of(row->place), v.place, sizeof v.place);
		str_copy(str_of(row->reason), v.reason, sizeof v.reason);
		STOCK_REFUSED(row->number, &f, move(act, &v, 1, 2), row->code);
	}
	v = stock_voucher_of("A1", STOCK_PSAM, STOCK_IS_IN_STORE);
	v.signed_first[0] = 'x';
	STOCK_REFUSED("signed", &f, move(act, &v, 1, 2), STOCK_FIELD);
	v.signed_first[0] = '\0';
	STOCK_REFUSED("no card", &f, move(act, &v, 1, 0), STOCK_FIELD);
	STOCK_REFUSED("too many", &f, move(act, &v, 1, STOCK_ITEMS_MAX + 1), STOCK_FIELD);
	CHECK_OK(stock_test_post(&f, &v, 1, 2));
}

KEY_TEST_BOTH(one_wrong_card_stops_the_whole_voucher)
{
	static const struct stock_item bad[][2] = {
		{ { { "CHIP0001", 8 }, { "", 0 } }, { { "CHIP0001", 8 }, { "", 0 } } },
		{ { { "CHIP0001", 8 }, { "", 0 } }, { { "chip0002", 8 }, { "", 0 } } },
		{ { { "CHIP0001", 8 }, { "", 0 } }, { { "CHI", 3 }, { "", 0 } } },
		{ { { "CHIP0001", 8 }, { "", 0 } }, { { "CHIP-002", 8 }, { "", 0 } } },
	};
	BOOK(f);
	struct stock_voucher v = stock_voucher_of("R-1", STOCK_PSAM, STOCK_IS_RECEIVED), m;

	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	v = stock_voucher_of("R-2", STOCK_ISAM, STOCK_IS_RECEIVED);
	CHECK_OK(stock_test_post(&f, &v, 3, 1));
	v = stock_voucher_of("R-3", STOCK_PSAM, STOCK_IS_RECEIVED);
	STOCK_REFUSED("in the book", &f, stock_receive(act, &v, stock_items(2, 3, false), 3),
	              STOCK_EXISTS);
	STOCK_REFUSED("a number", &f, stock_receive(act, &v, stock_items(7, 1, true), 1),
	              STOCK_NUMBER);
	m = stock_voucher_of("M-1", STOCK_PSAM, STOCK_IS_IN_STORE);
	STOCK_REFUSED("another kind", &f, move(act, &m, 1, 3), STOCK_KIND);
	STOCK_REFUSED("not there", &f, move(act, &m, 4, 1), STOCK_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		STOCK_REFUSED("chip", &f, stock_move(act, &m, bad[i], 2), STOCK_FIELD);
	m.to = STOCK_IS_FINISHED;
	STOCK_REFUSED("illegal", &f, move(act, &m, 1, 2), STOCK_MOVE);
	m.to = STOCK_IS_RECEIVED;
	STOCK_REFUSED("by a move", &f, move(act, &m, 1, 2), STOCK_MOVE);
	m.to = STOCK_IS_SHREDDED;
	STOCK_REFUSED("by a move", &f, move(act, &m, 1, 2), STOCK_MOVE);
	m = stock_voucher_of("M-1", STOCK_PSAM, STOCK_IS_WASTE);
	m.reason[0] = '\0';
	STOCK_REFUSED("no reason", &f, move(act, &m, 1, 2), STOCK_REASON);
	m.to = STOCK_IS_LOST;
	STOCK_REFUSED("no reason", &f, move(act, &m, 1, 2), STOCK_REASON);
	m.day = (struct bizdate){ 20260306 };
	m.to = STOCK_IS_IN_STORE;
	STOCK_REFUSED("tomorrow", &f, move(act, &m, 1, 2), STOCK_DAY);
	m.day = (struct bizdate){ 20260304 };
	STOCK_REFUSED("before it came", &f, move(act, &m, 1, 2), STOCK_MOVE);
	m.day = (struct bizdate){ 20260231 };
	STOCK_REFUSED("no day", &f, move(act, &m, 1, 2), STOCK_DAY);
	m.day = (struct bizdate){ 0 };
	CHECK_OK(stock_test_post(&f, &m, 1, 2));
	CHECK_I64("today", m.day.yyyymmdd, 20260305);
}

/* --- waste --- */

KEY_TEST_BOTH(waste_is_washed_once_or_shredded_before_two_people)
{
	BOOK(f);
	struct stock_voucher v;

	WALK(&f, STOCK_USER_CARD, 1, 3, STOCK_IS_RECEIVED, STOCK_IS_IN_STORE, STOCK_IS_ISSUED_TO_OP,
	     STOCK_IS_WASTE, STOCK_IS_IN_STORE, STOCK_IS_WASTE);
	v = stock_voucher_of("WASH", STOCK_USER_CARD, STOCK_IS_IN_STORE);
	STOCK_REFUSED("washed before", &f, move(act, &v, 2, 1), STOCK_WASHED);
	v = stock_voucher_of("SH-1", STOCK_USER_CARD, STOCK_IS_SHREDDED);
	STOCK_REFUSED("not in the waste store", &f,
	              stock_shred(act, &v, stock_items(1, 1, false), 1), STOCK_MOVE);
	WALK(&f, STOCK_USER_CARD, 1, 3, STOCK_IS_WASTE_STORE);
	str_copy(STR("王五"), v.signed_second, sizeof v.signed_second);
	STOCK_REFUSED("one person", &f, stock_shred(act, &v, stock_items(1, 1, false), 1),
	              STOCK_PEOPLE);
	v.signed_second[0] = '\0';
	STOCK_REFUSED("one signature", &f, stock_shred(act, &v, stock_items(1, 1, false), 1),
	              STOCK_FIELD);
	v = stock_voucher_of("SH-1", STOCK_USER_CARD, STOCK_IS_SHREDDED);
	str_copy(STR("李四"), v.giver, sizeof v.giver);
	STOCK_REFUSED("giver and taker", &f, stock_shred(act, &v, stock_items(1, 1, false), 1),
	              STOCK_PEOPLE);
	v = stock_voucher_of("SH-1", STOCK_USER_CARD, STOCK_IS_SHREDDED);
	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	v = stock_voucher_of("SH-2", STOCK_USER_CARD, STOCK_IS_LOST);
	STOCK_REFUSED("gone", &f, move(act, &v, 1, 1), STOCK_MOVE);
}

KEY_TEST_BOTH(a_number_belongs_to_one_card)
{
	static const struct stock_item twins[2] = { { { "CHIP0003", 8 }, { "77", 2 } },
		                                    { { "CHIP0004", 8 }, { "77", 2 } } },
	                               odd = { { "CHIP0003", 8 }, { "7 7", 3 } },
	                               zero = { { "CHIP0003", 8 }, { "7\0007", 3 } },
	                               taken = { { "CHIP0003", 8 }, { "5000000002", 10 } };
	BOOK(f);
	struct stock_voucher v = stock_voucher_of("N-1", STOCK_PSAM, STOCK_IS_FINISHED);

	WALK(&f, STOCK_PSAM, 1, 4, STOCK_IS_RECEIVED, STOCK_IS_IN_STORE, STOCK_IS_ISSUED_TO_OP);
	WALK(&f, STOCK_PSAM, 1, 2, STOCK_IS_FINISHED);
	STOCK_REFUSED("none", &f, move(act, &v, 3, 1), STOCK_NUMBER);
	STOCK_REFUSED("twice", &f, stock_move(act, &v, twins, 2), STOCK_NUMBER);
	STOCK_REFUSED("form", &f, stock_move(act, &v, &odd, 1), STOCK_NUMBER);
	STOCK_REFUSED("a zero byte", &f, stock_move(act, &v, &zero, 1), STOCK_NUMBER);
	STOCK_REFUSED("another's", &f, stock_move(act, &v, &taken, 1), STOCK_NUMBER);
	v.to = STOCK_IS_DELIVERED;
	STOCK_REFUSED("not here", &f, stock_move(act, &v, stock_items(1, 1, true), 1),
	              STOCK_NUMBER);
	WALK(&f, STOCK_PSAM, 2, 1, STOCK_IS_WASTE);
	v.to = STOCK_IS_FINISHED;
	CHECK_OK(KEY_CHANGE(&f, stock_move(act, &v, &taken, 1)));
	WALK(&f, STOCK_USER_CARD, 5, 1, STOCK_IS_RECEIVED, STOCK_IS_IN_STORE, STOCK_IS_ISSUED_TO_OP,
	     STOCK_IS_FINISHED);
}

KEY_TEST_BOTH(every_voucher_has_its_line_in_the_audit)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct key_audit_filter filter = { .op = STR("STOCK."), .limit = 10 };
	BOOK(f);
	struct stock_voucher v = stock_voucher_of("R-1", STOCK_ADMIN, STOCK_IS_RECEIVED);
	struct key_audit_line *lines;
	size_t count;

	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	v = stock_voucher_of("M-1", STOCK_ADMIN, STOCK_IS_WASTE);
	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	v = stock_voucher_of("M-2", STOCK_ADMIN, STOCK_IS_WASTE_STORE);
	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	v = stock_voucher_of("S-1", STOCK_ADMIN, STOCK_IS_SHREDDED);
	CHECK_OK(stock_test_post(&f, &v, 1, 2));
	CHECK_OK(KEY_CHANGE(&f, stock_day_close(act, v.day, NULL, 0)));
	CHECK_OK(KEY_CHANGE(&f, key_audit_list(act->tx, &filter, &a, &lines, &count)));
	REQUIRE(count == 5);
	CHECK_STR("", lines[0].op, "STOCK.RECEIVE");
	CHECK_STR("", lines[0].detail,
	          "voucher=R-1 kind=ADMIN to=RECEIVED count=2 day=20260305 from=张三 for=李四");
	CHECK_STR("", lines[1].op, "STOCK.MOVE");
	CHECK_STR("", lines[3].op, "STOCK.SHRED");
	CHECK_STR("", lines[4].op, "STOCK.CLOSE");
	CHECK_STR("", lines[4].detail, "day=20260305 inside=0 counted=0");
}
