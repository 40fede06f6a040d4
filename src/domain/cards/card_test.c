/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/cards/card_desk.h"

/* What a request does and what came of it. */
struct act {
	struct card_desk *desk;
	const char *no, *other;
	int64_t person_id;
	struct bizdate expires;
	struct card card;
};

static result add_people(struct ledger_tx *tx, void *arg)
{
	(void)arg;
	for (int i = 1; i <= 3; i++) {
		struct person p = { .class = 2,
			            .park = 1,
			            .state = i == 3 ? PERSON_LEFT : PERSON_ACTIVE };
		snprintf(p.no, sizeof p.no, "P%d", i);
		TRY(person_add(tx->db, tx->now, &p));
	}
	return OK;
}

static result do_issue(struct ledger_tx *tx, void *arg)
{
	struct act *a = arg;
	struct card_order order = {
		.person_id = a->person_id,
		.no = str_of(a->no),
		.access_no = str_of(a->other ? a->other : ""),
		.expires = a->expires,
	};

	return card_issue(tx, a->desk->cache, &order, &a->card);
}

static result issue_then_fail(struct ledger_tx *tx, void *arg)
{
	TRY(do_issue(tx, arg));
	return FAIL(CARD_STATE, "on purpose");
}

#define STEP(name_)                                                                                \
	static result do_##name_(struct ledger_tx *tx, void *arg)                                  \
	{                                                                                          \
		struct act *a = arg;                                                               \
		return card_##name_(tx, a->desk->cache, str_of(a->no), &a->card);                  \
	}
STEP(report_lost)
STEP(found)
STEP(freeze)
STEP(unfreeze)
STEP(close)

static result do_replace(struct ledger_tx *tx, void *arg)
{
	struct act *a = arg;

	return card_replace(tx, a->desk->cache, str_of(a->no), str_of(a->other ? a->other : ""),
	                    &a->card);
}

static result do_load_by_access(struct ledger_tx *tx, void *arg)
{
	struct act *a = arg;

	return card_load_by_access(tx->db, str_of(a->no), &a->card);
}

static result reload(struct ledger_tx *tx, void *arg)
{
	struct act *a = arg;

	card_cache_free(a->desk->cache);
	return card_cache_load(tx->db, 0, &a->desk->cache);
}

static result issue(struct card_desk *d, int64_t person_id, const char *no, const char *access_no)
{
	struct act a = { .desk = d, .no = no, .other = access_no, .person_id = person_id };

	return card_desk_run(d, do_issue, &a);
}

static const struct card_entry *entry(struct card_desk *d, const char *no)
{
	return card_cache_find(d->cache, str_of(no));
}

TEST_BOTH(a_card_is_issued_with_purses_and_a_dense_index)
{
	SCOPED(card_desk_close) struct card_desk d;
	struct act a = { .desk = &d, .no = "180001", .other = "0123456", .person_id = 1 };

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(card_desk_run(&d, do_issue, &a));
	CHECK_I64("index", a.card.index, 1);
	CHECK_I64("sequence", a.card.sequence, 1);
	CHECK_I64("class of the person", a.card.class, 2);
	CHECK(a.card.purses.main && a.card.purses.subsidy);
	const struct card_entry *e = entry(&d, "180001");
	REQUIRE(e);
	CHECK_I64("account", e->main, a.card.purses.main);
	CHECK_OK(issue(&d, 1, "180002", NULL));
	CHECK_I64("same purses for the same person", entry(&d, "180002")->main, a.card.purses.main);
	CHECK_I64("next index", entry(&d, "180002")->index, 2);
	CHECK_OK(issue(&d, 2, "180003", NULL));
	CHECK(entry(&d, "180003")->main != a.card.purses.main);
	a.no = "0123456";
	CHECK_OK(card_desk_run(&d, do_load_by_access, &a));
	CHECK_STR("by door number", a.card.no, "180001");
	a.no = "123456";
	CHECK_RESULT("zeros count", card_desk_run(&d, do_load_by_access, &a), CARD_NOT_FOUND);
}

TEST_BOTH(cards_with_wrong_data_are_not_issued)
{
	static const struct {
		const char *label;
		int64_t person_id;
		const char *no, *access_no;
		uint32_t expires;
		enum result_code want;
	} rows[] = {
		{ "empty", 1, "", "", 0, CARD_INVALID },
		{ "letters", 1, "12a", "", 0, CARD_INVALID },
		{ "20 digits", 1, "12345678901234567890", "", 0, CARD_INVALID },
		{ "door letters", 1, "7", "x", 0, CARD_INVALID },
		{ "30 February", 1, "7", "", 20190230, CARD_INVALID },
		{ "nobody", 9, "7", "", 0, PERSON_NOT_FOUND },
		{ "left", 3, "7", "", 0, PERSON_INACTIVE },
		{ "taken", 2, "180001", "", 0, CARD_EXISTS },
	}, *row;
	SCOPED(card_desk_close) struct card_desk d;

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(issue(&d, 1, "180001", NULL));
	EACH (row, rows) {
		struct act a = { .desk = &d,
			         .no = row->no,
			         .other = row->access_no,
			         .person_id = row->person_id,
			         .expires = { row->expires } };
		CHECK_RESULT(row->label, card_desk_run(&d, do_issue, &a), row->want);
	}
	CHECK_I64("only the first", card_cache_count(d.cache), 1);
}

TEST_BOTH(states_move_only_along_the_arrows)
{
	typedef result work(struct ledger_tx * tx, void *arg);
	static work *const steps[] = { do_report_lost, do_found, do_freeze, do_unfreeze, do_close };
	/* From each state, which of the steps above is allowed and where it leads. */
	static const struct {
		const char *label;
		work *reach;
		int to[5];
	} rows[] = {
		{ "active", NULL, { CARD_REPORTED_LOST, -1, CARD_FROZEN, -1, CARD_CLOSED } },
		{ "lost", do_report_lost, { -1, CARD_ACTIVE, -1, -1, CARD_CLOSED } },
		{ "frozen", do_freeze, { CARD_REPORTED_LOST, -1, -1, CARD_ACTIVE, CARD_CLOSED } },
		{ "closed", do_close, { -1, -1, -1, -1, -1 } },
	}, *row;
	SCOPED(card_desk_close) struct card_desk d;
	int number = 100;

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	EACH (row, rows) {
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			char no[12];
			snprintf(no, sizeof no, "%d", number++);
			struct act a = { .desk = &d, .no = no };
			REQUIRE_OK(issue(&d, 1, no, NULL));
			if (row->reach)
				REQUIRE_OK(card_desk_run(&d, row->reach, &a));
			int before = entry(&d, no)->state;
			result r = card_desk_run(&d, steps[i], &a);
			CHECK_RESULT(row->label, r, row->to[i] < 0 ? CARD_STATE : SUCCESS);
			CHECK_I64(row->label, entry(&d, no)->state,
			          row->to[i] < 0 ? before : row->to[i]);
		}
	}
	struct act nobody = { .desk = &d, .no = "9999" };
	CHECK_RESULT("unknown", card_desk_run(&d, do_report_lost, &nobody), CARD_NOT_FOUND);
}

TEST_BOTH(a_replacement_takes_over_person_and_purses_under_a_new_index)
{
	SCOPED(card_desk_close) struct card_desk d;
	struct act a = { .desk = &d, .no = "180001" };

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(issue(&d, 1, "180001", "77"));
	uint64_t purse = entry(&d, "180001")->main;
	REQUIRE_OK(card_desk_run(&d, do_report_lost, &a));
	REQUIRE_OK(card_desk_run(&d, do_replace, &a));
	CHECK_I64("sequence", a.card.sequence, 2);
	CHECK_I64("index", a.card.index, 2);
	CHECK_I64("state", entry(&d, "180001")->state, CARD_ACTIVE);
	CHECK_I64("purse", entry(&d, "180001")->main, (int64_t)purse);
	a.other = "180009";
	REQUIRE_OK(card_desk_run(&d, do_replace, &a));
	CHECK(!entry(&d, "180001"));
	CHECK_I64("purse under the new number", entry(&d, "180009")->main, (int64_t)purse);
	CHECK_RESULT("the old number is gone", card_desk_run(&d, do_report_lost, &a),
	             CARD_NOT_FOUND);
	CHECK_RESULT("and not given again", issue(&d, 2, "180001", NULL), CARD_EXISTS);
	a = (struct act){ .desk = &d, .no = "180009", .other = "180009" };
	CHECK_RESULT("by itself", card_desk_run(&d, do_replace, &a), CARD_EXISTS);
	a.other = NULL;
	REQUIRE_OK(card_desk_run(&d, do_close, &a));
	CHECK_RESULT("closed", card_desk_run(&d, do_replace, &a), CARD_STATE);
	REQUIRE_OK(card_desk_run(&d, reload, &a));
	CHECK_I64("as loaded", entry(&d, "180009")->state, CARD_CLOSED);
	CHECK(!entry(&d, "180001"));
}

TEST_BOTH(a_request_that_fails_leaves_memory_and_rows_as_they_were)
{
	SCOPED(card_desk_close) struct card_desk d;
	struct act a = { .desk = &d, .no = "180002", .person_id = 1 };

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(issue(&d, 1, "180001", NULL));
	CHECK_RESULT("fails late", card_desk_run(&d, issue_then_fail, &a), CARD_STATE);
	CHECK(!entry(&d, "180002"));
	REQUIRE_OK(card_desk_run(&d, reload, &a));
	CHECK_I64("rows", card_cache_count(d.cache), 1);
	CHECK_OK(card_desk_run(&d, do_issue, &a));
	CHECK_I64("index", entry(&d, "180002")->index, 2);
}

TEST_BOTH(a_door_number_that_two_cards_hold_finds_neither)
{
	SCOPED(card_desk_close) struct card_desk d;
	struct act a = { .desk = &d, .no = "55" };

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(issue(&d, 1, "1", "55"));
	CHECK_OK(card_desk_run(&d, do_load_by_access, &a));
	REQUIRE_OK(issue(&d, 2, "2", "55"));
	CHECK_RESULT("shared", card_desk_run(&d, do_load_by_access, &a), CARD_ACCESS_SHARED);
}

static result issue_many(struct ledger_tx *tx, void *arg)
{
	struct act *a = arg;
	char no[16];

	for (int i = 0; i < 700; i++) {
		snprintf(no, sizeof no, "%d", 180000 + i * 7);
		a->no = no;
		TRY(do_issue(tx, a));
	}
	return OK;
}

TEST_BOTH(the_table_finds_every_number_and_tells_leading_zeros_apart)
{
	SCOPED(card_desk_close) struct card_desk d;
	struct act a = { .desk = &d, .person_id = 1 };
	char no[16];

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(card_desk_run(&d, issue_many, &a));
	REQUIRE_OK(issue(&d, 2, "0180000", NULL));
	for (int i = 0; i < 700; i++) {
		snprintf(no, sizeof no, "%d", 180000 + i * 7);
		REQUIRE(entry(&d, no));
		CHECK_I64(no, entry(&d, no)->index, i + 1);
	}
	CHECK_I64("with zero", entry(&d, "0180000")->index, 701);
	CHECK(!entry(&d, "00180000"));
	CHECK(!entry(&d, ""));
	CHECK(!entry(&d, "18000x"));
	CHECK(!entry(&d, "99999999999999999999"));
}

TEST(a_card_pays_only_while_it_is_good)
{
	static const struct bizdate day = { 20190423 };
	static const struct {
		enum card_state state;
		uint32_t expires;
		enum result_code want;
	} rows[] = {
		{ CARD_ACTIVE, 0, SUCCESS },
		{ CARD_ACTIVE, 20190423, SUCCESS },
		{ CARD_ACTIVE, 20190422, CARD_EXPIRED },
		{ CARD_REPORTED_LOST, 0, CARD_LOST },
		{ CARD_FROZEN, 0, CARD_IS_FROZEN },
		{ CARD_CLOSED, 0, CARD_IS_CLOSED },
	}, *row;

	EACH (row, rows) {
		struct card_entry e = { .state = (uint8_t)row->state, .expires = row->expires };
		CHECK_RESULT(card_state_names[row->state], card_require_usable(&e, day), row->want);
	}
}

struct acting {
	struct card_desk *desk;
	struct actor by;
	struct card_act act;
	struct card card;
	int64_t lines;
};

static result do_act(struct ledger_tx *tx, void *arg)
{
	struct acting *a = arg;

	a->act.by = &a->by;
	return card_act(tx, a->desk->cache, &a->act, &a->card);
}

static result count_lines(struct ledger_tx *tx, void *arg)
{
	struct acting *a = arg;
	int64_t bad;

	return audit_verify(tx->db, &a->lines, &bad);
}

TEST_BOTH(what_an_operator_does_to_a_card_is_permitted_done_and_audited)
{
	static const struct {
		enum card_action action;
		enum permission permission;
		enum card_state state;
	} rows[] = {
		{ CARD_DO_REPORT_LOST, PERMISSION_CARD_REPORT_LOST, CARD_REPORTED_LOST },
		{ CARD_DO_FOUND, PERMISSION_CARD_REPORT_LOST, CARD_ACTIVE },
		{ CARD_DO_FREEZE, PERMISSION_CARD_REPORT_LOST, CARD_FROZEN },
		{ CARD_DO_UNFREEZE, PERMISSION_CARD_REPORT_LOST, CARD_ACTIVE },
		{ CARD_DO_REPLACE, PERMISSION_CARD_REPLACE, CARD_ACTIVE },
		{ CARD_DO_CLOSE, PERMISSION_CARD_ISSUE, CARD_CLOSED },
	}, *row;
	SCOPED(card_desk_close) struct card_desk d;
	int64_t lines = 0;

	REQUIRE(card_desk_open(&d, engine));
	REQUIRE_OK(card_desk_run(&d, add_people, NULL));
	REQUIRE_OK(issue(&d, 1, "180001", NULL));
	EACH (row, rows) {
		struct acting a = { .desk = &d, .by = actor_system("test") };
		a.act = (struct card_act){ .action = row->action,
			                   .no = STR("180001"),
			                   .reason = STR("r") };
		a.by.permissions &= ~(1ull << row->permission);
		CHECK_RESULT("without the permission", card_desk_run(&d, do_act, &a),
		             ACCESS_DENIED);
		a.by = actor_system("test");
		CHECK_OK(card_desk_run(&d, do_act, &a));
		CHECK_I64("state", entry(&d, "180001")->state, row->state);
		CHECK_OK(card_desk_run(&d, count_lines, &a));
		CHECK_I64("one line more", a.lines, ++lines);
		if (row->action == CARD_DO_CLOSE)
			CHECK_RESULT("twice", card_desk_run(&d, do_act, &a), CARD_STATE);
	}
}
