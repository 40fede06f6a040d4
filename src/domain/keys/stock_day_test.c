/* SPDX-License-Identifier: Apache-2.0 */
/* Days of the stock book: sums, order, counts by hand; what is broken stays open (keys 20.3 no.
 * 10).
 */
#include <stdio.h>

#include "domain/keys/kms_sql.h"
#include "domain/keys/stock_testkit.h"

enum { DAY_S = 86400 };

#define BOOK(name_)                                                                                \
	SCOPED(key_fixture_close) struct key_fixture name_;                                        \
	REQUIRE(key_fixture_open(&(name_), engine, true))

static const struct bizdate day_1 = { 20260305 }, day_2 = { 20260306 }, day_4 = { 20260308 };

static void post(struct key_fixture *f, const char *number, enum stock_state to, size_t first,
                 size_t count)
{
	struct stock_voucher v = stock_voucher_of(number, STOCK_PSAM, to);

	CHECK_OK(stock_test_post(f, &v, first, count));
}

static void next_day(struct key_fixture *f)
{
	f->now.us += (int64_t)DAY_S * SECOND_US;
}

static result close_day(struct key_act *act, struct bizdate day)
{
	return stock_day_close(act, day, NULL, 0);
}

KEY_TEST_BOTH(a_day_opens_with_what_the_last_one_ended_with)
{
	SCOPED(arena_free) struct arena a = { 0 };
	BOOK(f);
	struct stock_balance b;
	struct stock_day *days;
	size_t count;

	post(&f, "1", STOCK_IS_RECEIVED, 1, 10);
	post(&f, "2", STOCK_IS_IN_STORE, 1, 10);
	post(&f, "3", STOCK_IS_ISSUED_TO_OP, 1, 6);
	CHECK_OK(KEY_CHANGE(&f, close_day(act, day_1)));
	next_day(&f);
	post(&f, "4", STOCK_IS_FINISHED, 1, 5);
	post(&f, "5", STOCK_IS_WASTE, 6, 1);
	post(&f, "6", STOCK_IS_DELIVERED, 1, 4);
	post(&f, "7", STOCK_IS_RETURNED, 1, 1);
	post(&f, "8", STOCK_IS_LOST, 2, 1);
	post(&f, "9", STOCK_IS_LOST, 7, 1);
	post(&f, "10", STOCK_IS_WASTE_STORE, 6, 1);
	post(&f, "11", STOCK_IS_SHREDDED, 6, 1);
	CHECK_OK(KEY_CHANGE(&f, stock_day_balance(act->tx, day_2, STOCK_PSAM, &b)));
	CHECK_I64("opening", stock_inside(b.opening), 10);
	CHECK_I64("received", b.received, 0);
	CHECK_I64("returned", b.returned, 1);
	CHECK_I64("delivered", b.delivered, 4);
	CHECK_I64("shredded", b.shredded, 1);
	CHECK_I64("lost, the one outside left out", b.lost, 1);
	CHECK_I64("closing", stock_inside(b.closing), 5);
	CHECK_OK(stock_day_check(&b));
	CHECK_OK(KEY_CHANGE(&f, close_day(act, day_2)));
	CHECK_OK(KEY_CHANGE(&f, stock_day_list(act->tx, STOCK_PSAM, &a, &days, &count)));
	REQUIRE(count == 2);
	CHECK_I64("", days[0].day.yyyymmdd, day_2.yyyymmdd);
	CHECK_STR("", days[0].counts,
	          "RECEIVED=0 IN_STORE=3 ISSUED_TO_OP=0 FINISHED=1 DELIVERED=2 INSTALLED=0 "
	          "RETURNED=1 LOST=2 WASTE=0 WASTE_STORE=0 SHREDDED=1");
	CHECK_STR("", days[1].closed_by, "test");
	CHECK_OK(KEY_CHANGE(&f, stock_day_list(act->tx, STOCK_ADMIN, &a, &days, &count)));
	CHECK_I64("every kind", count, 2);
}

KEY_TEST_BOTH(days_close_in_order_and_stay_closed)
{
	BOOK(f);
	struct stock_voucher late = stock_voucher_of("LATE", STOCK_PSAM, STOCK_IS_IN_STORE);
	struct bizdate last;

	post(&f, "1", STOCK_IS_RECEIVED, 1, 2);
	STOCK_REFUSED("tomorrow", &f, close_day(act, day_2), STOCK_DAY);
	STOCK_REFUSED("no day", &f, close_day(act, (struct bizdate){ 20260230 }), STOCK_DAY);
	next_day(&f);
	post(&f, "2", STOCK_IS_IN_STORE, 1, 1);
	STOCK_REFUSED("the first is open", &f, close_day(act, day_2), STOCK_DAY);
	CHECK_OK(KEY_CHANGE(&f, close_day(act, day_1)));
	STOCK_REFUSED("twice", &f, close_day(act, day_1), STOCK_DAY);
	late.day = day_1;
	STOCK_REFUSED("into a closed day", &f, stock_move(act, &late, stock_items(2, 1, false), 1),
	              STOCK_DAY);
	late.day = day_2;
	CHECK_OK(stock_test_post(&f, &late, 2, 1));
	CHECK_OK(KEY_CHANGE(&f, close_day(act, day_2)));
	next_day(&f);
	next_day(&f);
	CHECK_OK(KEY_CHANGE(&f, close_day(act, day_4)));
	CHECK_OK(KEY_CHANGE(&f, stock_day_last(act->tx, &last)));
	CHECK_I64("a day without moves closes with the next", last.yyyymmdd, day_4.yyyymmdd);
	STOCK_REFUSED("the one between", &f, close_day(act, (struct bizdate){ 20260307 }),
	              STOCK_DAY);
}

KEY_TEST_BOTH(what_was_counted_by_hand_must_agree)
{
	static const struct stock_count right[] = { { STOCK_PSAM, STOCK_IS_IN_STORE, 2 },
		                                    { STOCK_PSAM, STOCK_IS_RECEIVED, 1 },
		                                    { STOCK_ADMIN, STOCK_IS_IN_STORE, 0 } };
	static const struct stock_count wrong[] = { { STOCK_PSAM, STOCK_IS_IN_STORE, 3 } };
	static const struct stock_count twice[] = { { STOCK_PSAM, STOCK_IS_IN_STORE, 2 },
		                                    { STOCK_PSAM, STOCK_IS_IN_STORE, 2 } };
	static const struct stock_count none[] = { { STOCK_KINDS, STOCK_IS_IN_STORE, 2 } };
	static const struct stock_count ghost[] = { { STOCK_ADMIN, STOCK_IS_WASTE, 1 } };
	SCOPED(arena_free) struct arena a = { 0 };
	BOOK(f);
	struct stock_day *days;
	size_t count;

	post(&f, "1", STOCK_IS_RECEIVED, 1, 3);
	post(&f, "2", STOCK_IS_IN_STORE, 1, 2);
	STOCK_REFUSED("one more", &f, stock_day_close(act, day_1, wrong, 1), STOCK_COUNT);
	STOCK_REFUSED("of no card", &f, stock_day_close(act, day_1, ghost, 1), STOCK_COUNT);
	STOCK_REFUSED("twice", &f, stock_day_close(act, day_1, twice, 2), STOCK_FIELD);
	STOCK_REFUSED("no kind", &f, stock_day_close(act, day_1, none, 1), STOCK_FIELD);
	next_day(&f);
	post(&f, "3", STOCK_IS_IN_STORE, 3, 1);
	CHECK_OK(KEY_CHANGE(&f, stock_day_close(act, day_1, right, 3)));
	CHECK_OK(KEY_CHANGE(&f, stock_day_list(act->tx, STOCK_PSAM, &a, &days, &count)));
	REQUIRE(count == 1);
	CHECK_STR("", days[0].counted, "IN_STORE=2 RECEIVED=1");
}

/* Each breaks the book by hand; the first day is closed, the second has moves. */
KEY_TEST_BOTH(a_day_that_is_broken_does_not_close)
{
#define EDIT(name_, text_)                                                                         \
	{                                                                                          \
		name_, text_, text_, 0                                                             \
	}
	static const struct db_statement edits[] = {
		EDIT("state", "UPDATE kms_stock_card SET state = 'LOST' WHERE chip = 'CHIP0003'"),
		EDIT("state outside",
		     "UPDATE kms_stock_card SET state = 'INSTALLED' WHERE chip = 'CHIP0001'"),
		EDIT("kind", "UPDATE kms_stock_card SET kind = 'ISAM' WHERE chip = 'CHIP0003'"),
		EDIT("a card", "INSERT INTO kms_stock_card (chip, kind, state, place, number, day, "
		               "changed_us) VALUES ('X', 'PSAM', 'IN_STORE', '', '', 20260306, 0)"),
		EDIT("a move less", "DELETE FROM kms_stock_move WHERE day = 20260306 AND chip = "
		                    "'CHIP0003'"),
		EDIT("a move before less", "DELETE FROM kms_stock_move WHERE day = 20260305 AND "
		                           "chip = 'CHIP0003' AND to_state = 'IN_STORE'"),
		EDIT("a move more",
		     "INSERT INTO kms_stock_move (voucher, chip, kind, from_state, to_state, number, "
		     "day) VALUES (1, 'CHIP0003', 'PSAM', '', 'IN_STORE', '', 20260306)"),
		EDIT("a round more",
		     "INSERT INTO kms_stock_move (voucher, chip, kind, from_state, to_state, number, "
		     "day) VALUES (1, 'CHIP0003', 'PSAM', 'WASTE', 'WASTE', '', 20260306)"),
		EDIT("from", "UPDATE kms_stock_move SET from_state = 'RECEIVED' WHERE day = 20260306"),
		EDIT("day of a move", "UPDATE kms_stock_move SET day = 20260305 WHERE day = 20260306"),
		EDIT("a voucher", "UPDATE kms_stock_voucher SET count = count + 1 WHERE number = '4'"),
		EDIT("a closed day", "UPDATE kms_stock_day SET counts = replace(counts, "
		                     "'IN_STORE=3', 'IN_STORE=4') WHERE kind = 'PSAM'"),
		EDIT("no closed day", "DELETE FROM kms_stock_day WHERE kind = 'PSAM'"),
	}, *edit;

	EACH (edit, edits) {
		BOOK(f);

		post(&f, "1", STOCK_IS_RECEIVED, 1, 4);
		post(&f, "2", STOCK_IS_IN_STORE, 1, 4);
		post(&f, "3", STOCK_IS_ISSUED_TO_OP, 1, 1);
		CHECK_OK(KEY_CHANGE(&f, close_day(act, day_1)));
		next_day(&f);
		post(&f, "4", STOCK_IS_WASTE, 3, 1);
		CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, edit, DB_NO_ARGS, NULL)));
		STOCK_REFUSED(edit->name, &f, close_day(act, day_2), STOCK_UNBALANCED);
	}
}

/* --- random moves against a model --- */

enum { MODEL_CARDS = 40, MODEL_STEPS = 400, NOT_YET = STOCK_STATES };

struct model {
	struct random_seeded random;
	struct key_fixture *f;
	enum stock_kind kind[MODEL_CARDS];
	int state[MODEL_CARDS]; /* NOT_YET: not in the book */
	bool was_washed[MODEL_CARDS];
	struct bizdate closed, moved; /* last closed day, last day with a move */
	unsigned vouchers;
	int accepted, refused, days;
};

/* The moves once more, written out: what goes where from each state. */
static bool model_may(int from, int to)
{
	switch (from) {
	case NOT_YET:
		return to == STOCK_IS_RECEIVED;
	case STOCK_IS_RECEIVED:
		return to == STOCK_IS_IN_STORE || to == STOCK_IS_WASTE || to == STOCK_IS_LOST;
	case STOCK_IS_IN_STORE:
		return to == STOCK_IS_ISSUED_TO_OP || to == STOCK_IS_WASTE || to == STOCK_IS_LOST;
	case STOCK_IS_ISSUED_TO_OP:
		return to == STOCK_IS_FINISHED || to == STOCK_IS_IN_STORE || to == STOCK_IS_WASTE ||
		       to == STOCK_IS_LOST;
	case STOCK_IS_FINISHED:
		return to == STOCK_IS_DELIVERED || to == STOCK_IS_WASTE || to == STOCK_IS_LOST;
	case STOCK_IS_DELIVERED:
		return to == STOCK_IS_INSTALLED || to == STOCK_IS_RETURNED || to == STOCK_IS_LOST;
	case STOCK_IS_INSTALLED:
		return to == STOCK_IS_RETURNED || to == STOCK_IS_LOST;
	case STOCK_IS_RETURNED:
		return to == STOCK_IS_FINISHED || to == STOCK_IS_WASTE || to == STOCK_IS_LOST;
	case STOCK_IS_LOST:
		return to == STOCK_IS_RETURNED;
	case STOCK_IS_WASTE:
		return to == STOCK_IS_WASTE_STORE || to == STOCK_IS_IN_STORE || to == STOCK_IS_LOST;
	case STOCK_IS_WASTE_STORE:
		return to == STOCK_IS_SHREDDED || to == STOCK_IS_LOST;
	default:
		return false;
	}
}

/* PSAM and ISAM cards are numbered as they are finished. */
static bool model_numbers(const struct model *m, size_t card, enum stock_kind kind, int to)
{
	return m->state[card] == STOCK_IS_ISSUED_TO_OP && to == STOCK_IS_FINISHED &&
	       kind != STOCK_USER_CARD;
}

static bool model_takes(const struct model *m, size_t card, enum stock_kind kind, int to)
{
	bool is_washing = m->state[card] == STOCK_IS_WASTE && to == STOCK_IS_IN_STORE;

	return (m->state[card] == NOT_YET || m->kind[card] == kind) &&
	       model_may(m->state[card], to) && !(is_washing && m->was_washed[card]);
}

static result model_post(struct model *m, struct stock_voucher *v, size_t first, size_t count,
                         bool numbered)
{
	const struct stock_item *items = stock_items(first, count, numbered);

	if (v->to == STOCK_IS_RECEIVED)
		return KEY_CHANGE(m->f, stock_receive(act, v, items, count));
	if (v->to == STOCK_IS_SHREDDED)
		return KEY_CHANGE(m->f, stock_shred(act, v, items, count));
	return KEY_CHANGE(m->f, stock_move(act, v, items, count));
}

static void model_apply(struct model *m, size_t card, enum stock_kind kind, int to)
{
	if (m->state[card] == STOCK_IS_WASTE && to == STOCK_IS_IN_STORE)
		m->was_washed[card] = true;
	m->kind[card] = kind;
	m->state[card] = to;
}

/* Mostly a move that some card can make. */
static int choose_target(struct model *m, size_t card)
{
	for (int tries = 0; tries < 20; tries++) {
		int to = (int)random_below(&m->random, STOCK_STATES);

		if (random_chance(&m->random, 500) || model_may(m->state[card], to))
			return to;
	}
	return STOCK_IS_RECEIVED;
}

static void model_move(struct model *m)
{
	size_t first = (size_t)random_below(&m->random, MODEL_CARDS - 2);
	size_t count = random_chance(&m->random, 6000) ? 1 : 2 + random_below(&m->random, 2);
	bool is_new = m->state[first] == NOT_YET, want = true;
	enum stock_kind kind =
	        is_new ? (enum stock_kind)random_below(&m->random, 3) : m->kind[first];
	int to = choose_target(m, first);
	bool numbered = model_numbers(m, first, kind, to);
	char number[16];

	for (size_t i = first; i < first + count; i++)
		want = want && model_takes(m, i, kind, to) &&
		       model_numbers(m, i, kind, to) == numbered;
	snprintf(number, sizeof number, "V%u", ++m->vouchers);
	struct stock_voucher v = stock_voucher_of(number, kind, (enum stock_state)to);
	CHECK_I64(number, is_ok(model_post(m, &v, first, count, numbered)), want);
	m->accepted += want;
	m->refused += !want;
	for (size_t i = first; want && i < first + count; i++)
		model_apply(m, i, kind, to);
	if (want)
		m->moved = v.day;
}

/* Cards of the book by kind and state are those of the model, and each day balances. */
static void model_check(struct model *m)
{
	struct bizdate today = bizdate_of(m->f->now, TIME_ZONE_CHINA_S, 0);

	for (int k = 0; k < STOCK_KINDS; k++) {
		int64_t want[STOCK_STATES] = { 0 };
		struct stock_balance b;

		CHECK_OK(KEY_CHANGE(m->f,
		                    stock_day_balance(act->tx, today, (enum stock_kind)k, &b)));
		CHECK_OK(stock_day_check(&b));
		for (size_t i = 0; i < MODEL_CARDS; i++)
			if (m->state[i] != NOT_YET && m->kind[i] == (enum stock_kind)k)
				want[m->state[i]]++;
		for (int s = 0; s < STOCK_STATES; s++)
			CHECK_I64(stock_state_names[s], b.closing[s], want[s]);
		CHECK_I64("invariant", stock_inside(b.opening) + b.received + b.returned,
		          stock_inside(want) + b.delivered + b.shredded + b.lost);
	}
}

/* Today when all before is closed, or refused while it is not. */
static void model_close(struct model *m)
{
	struct bizdate today = bizdate_of(m->f->now, TIME_ZONE_CHINA_S, 0);
	bool is_open = m->moved.yyyymmdd > m->closed.yyyymmdd && m->moved.yyyymmdd < today.yyyymmdd;

	if (is_open) {
		STOCK_REFUSED("an earlier day", m->f, close_day(act, today), STOCK_DAY);
		CHECK_OK(KEY_CHANGE(m->f, close_day(act, m->moved)));
	}
	CHECK_OK(KEY_CHANGE(m->f, close_day(act, today)));
	m->closed = today;
	m->days++;
	next_day(m->f);
}

static void run_model(enum db_engine engine, uint64_t seed)
{
	BOOK(f);
	struct model m = { .f = &f };

	random_seeded_init(&m.random, seed);
	for (size_t i = 0; i < MODEL_CARDS; i++)
		m.state[i] = NOT_YET;
	for (int i = 0; i < MODEL_STEPS; i++) {
		model_move(&m);
		if (random_chance(&m.random, 300)) {
			model_check(&m);
			model_close(&m);
		}
		if (random_chance(&m.random, 200))
			next_day(&f);
		if (m.moved.yyyymmdd > m.closed.yyyymmdd &&
		    m.moved.yyyymmdd < bizdate_of(f.now, TIME_ZONE_CHINA_S, 0).yyyymmdd)
			model_close(&m);
	}
	model_check(&m);
	test_note("seed %u: %d moves, %d refused, %d days closed", (unsigned)seed, m.accepted,
	          m.refused, m.days);
	CHECK(m.accepted > 100 && m.refused > 10 && m.days > 3);
}

/* keys 20.3 no. 10 */
KEY_TEST_BOTH(random_moves_keep_the_book_in_balance)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		run_model(engine, seed);
}
