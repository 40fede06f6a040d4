/* SPDX-License-Identifier: Apache-2.0 */
/* The same contract on every engine: SQLite, PostgreSQL, memory. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "ledger/ledger_test_sql.h"
#include "ledger/ledger_testkit.h"
#include "ledger/views.h"
#include "ledger/writer_state.h"

static int64_t traffic_sum;

static void each_engine(void (*test)(struct kit *kit))
{
	for (enum kit_engine e = 0; e < KIT_ENGINES; e++) {
		struct kit kit;

		REQUIRE_OK(kit_open(&kit, e));
		test(&kit);
		kit_close(&kit);
	}
}

static void check_purchase(struct kit *kit)
{
	struct book_outcome out;

	kit_topup(kit, 1, 10000);
	REQUIRE_OK(kit_purchase(kit, 7, 1, 1, 1200, &out));
	CHECK_I64(kit->name, out.code, SUCCESS);
	CHECK_I64(kit->name, out.answer_fen, 8800);
	CHECK_I64(kit->name, out.replayed, false);
	REQUIRE_OK(kit_purchase(kit, 7, 1, 1, 1200, &out));
	CHECK_I64(kit->name, out.replayed, true);
	CHECK_I64(kit->name, out.answer_fen, 8800);
	CHECK_RESULT(kit->name, kit_purchase(kit, 7, 1, 1, 1300, &out), LEDGER_CONFLICT);
	REQUIRE_OK(kit_purchase(kit, 7, 2, 1, 8801, &out));
	CHECK_I64(kit->name, out.code, LEDGER_INSUFFICIENT);
	REQUIRE_OK(kit_purchase(kit, 7, 3, 1, 8800, &out));
	CHECK_I64(kit->name, out.code, SUCCESS);
	CHECK_I64(kit->name, out.answer_fen, 0);
	REQUIRE_OK(kit_purchase(kit, 7, 2, 1, 8801, &out));
	CHECK_I64("a stored refusal repeats", out.code, LEDGER_INSUFFICIENT);
	CHECK_I64(kit->name, out.replayed, true);
	kit_check_proof(kit);
	kit_check_verify(kit);
}

TEST(a_purchase_is_posted_once_and_a_refusal_is_remembered)
{
	each_engine(check_purchase);
}

static void check_restart(struct kit *kit)
{
	struct book_outcome out;

	kit_topup(kit, 1, 100000);
	for (uint64_t n = 1; n <= 40; n++)
		REQUIRE_OK(kit_purchase(kit, 9, n, 1, 100, &out));
	kit_restart(kit);
	REQUIRE_OK(kit_purchase(kit, 9, 3, 1, 100, &out));
	CHECK_I64(kit->name, out.replayed, true);
	CHECK_I64(kit->name, out.answer_fen, 99700);
	REQUIRE_OK(kit_purchase(kit, 9, 41, 1, 100, &out));
	CHECK_I64(kit->name, out.replayed, false);
	CHECK_I64(kit->name, out.answer_fen, 95900);
	kit_check_proof(kit);
	kit_check_verify(kit);
}

TEST(after_a_restart_everything_is_as_before)
{
	each_engine(check_restart);
}

/* Random traffic with repeats, reversals, idle work and restarts: each engine must come to the same
 * balances. */
static void random_traffic(struct kit *kit)
{
	struct random_seeded r;
	struct book_outcome out;
	int64_t sum = 0;

	random_seeded_init(&r, 99);
	for (int holder = 1; holder <= KIT_HOLDERS; holder++)
		kit_topup(kit, holder, 20000);
	for (int i = 0; i < 400; i++) {
		uint32_t source = 1000 + (uint32_t)random_below(&r, 4);
		uint64_t number = 1 + random_below(&r, 300);
		int64_t fen = 1 + (int64_t)(number * 37 % 900);

		if (random_below(&r, 6) == 0)
			CHECK_OK(kit_reverse(kit, source, number + 1000, number, &out));
		else
			CHECK_OK(kit_purchase(kit, source, number, 1 + (int)(number % KIT_HOLDERS),
			                      fen, &out));
		if (random_below(&r, 40) == 0)
			kit_idle(kit);
		if (random_below(&r, 60) == 0)
			kit_restart(kit);
	}
	for (int holder = 1; holder <= KIT_HOLDERS; holder++)
		sum = sum * 31 + kit_balance(kit, kit->purse[holder]);
	CHECK_I64("the same balances on every engine", sum,
	          kit->engine == KIT_SQLITE ? sum : traffic_sum);
	traffic_sum = sum;
	kit_check_proof(kit);
	kit_check_verify(kit);
}

TEST(random_traffic_with_restarts_comes_to_the_same_on_every_engine)
{
	each_engine(random_traffic);
}

/* ---- write-back of many accounts ---- */

enum { CROWD = 20000, CROWD_AT_ONCE = 2000 };

struct crowd {
	const struct kit *kit;
	uint32_t first, count;
};

static result open_crowd(struct ledger_tx *tx, void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < CROWD_AT_ONCE; i++) {
		const struct book_key key = { CHART_RESERVE, KIT_PARK, 100 + c->count, 0 };
		uint32_t no;

		TRY(ledger_account_open(tx, &key, 0, &no));
		if (c->count++ == 0)
			c->first = no;
	}
	return OK;
}

static struct book_event crowd_event(const struct crowd *c, struct random_seeded *r,
                                     uint64_t number)
{
	uint32_t to = c->first + (uint32_t)random_below(r, c->count);

	return (struct book_event){
		.source = 5000 + (uint32_t)random_below(r, 20),
		.number = number,
		.kind = KIND_TRANSFER,
		.event_time = clock_now(&c->kit->clock.clock),
		.legs = { { c->kit->till, to, 1 + (int64_t)random_below(r, 100) } },
		.leg_count = 1,
	};
}

/* A few rows for each page: a round never finishes before the next stop. */
static void restart_in_rounds(struct kit *kit)
{
	struct random_seeded r;
	struct crowd crowd = { .kit = kit };
	struct book_outcome out;
	uint64_t number = 0;

	random_seeded_init(&r, 5);
	kit->config.replay_rows_max = 300;
	while (crowd.count < CROWD)
		REQUIRE_OK(kit_run(kit, open_crowd, &crowd));
	for (int life = 0; life < 8; life++) {
		uint64_t sales = 20 + random_below(&r, 120);

		for (uint64_t i = 0; i < sales; i++) {
			struct book_event e = crowd_event(&crowd, &r, ++number);

			REQUIRE_OK(kit_post(kit, &e, &out));
			CHECK_I64(kit->name, out.code, SUCCESS);
		}
		kit_restart(kit);
		if (life % 3 == 2)
			kit_check_verify(kit);
	}
	kit_check_proof(kit);
	kit_check_verify(kit);
}

TEST(a_stop_in_the_middle_of_write_back_loses_nothing)
{
	each_engine(restart_in_rounds);
}

/* ---- views ---- */

static void list(struct kit *kit, const struct entry_filter *f, struct arena *a,
                 struct entries *out)
{
	struct db_tx *tx = kit_read(kit);

	CHECK_OK(views_list(tx, f, a, out));
	db_close(db_of(tx));
}

static void check_lists(struct kit *kit)
{
	static const struct {
		const char *name;
		struct entry_filter filter;
		size_t want;
	} rows[] = {
		{ "all that succeeded", { .kind = KIND_PURCHASE }, 5 },
		{ "refusals too", { .kind = KIND_PURCHASE, .declined_too = true }, 6 },
		{ "by card", { .card = 2 }, 2 },
		{ "by merchant", { .merchant = 1 + 1000 % KIT_MERCHANTS }, 3 },
		{ "by terminal", { .terminal = 1001 }, 2 },
		{ "by terminal and card", { .terminal = 1001, .card = 1 }, 1 },
		{ "by day", { .business_from = { 20260102 }, .business_to = { 20260102 } }, 2 },
		{ "from a day on", { .business_from = { 20260102 }, .kind = KIND_PURCHASE }, 1 },
		{ "up to a day", { .business_to = { 20260101 }, .kind = KIND_PURCHASE }, 4 },
		{ "a day without any", { .business_from = { 20250101 }, .business_to = { 20250102 } }, 0 },
	}, *row;
	SCOPED(arena_free) struct arena a = { 0 };
	struct entries out;

	EACH (row, rows) {
		list(kit, &row->filter, &a, &out);
		CHECK_I64(row->name, out.count, row->want);
	}
	list(kit, &(struct entry_filter){ .kind = KIND_PURCHASE, .limit = 2 }, &a, &out);
	CHECK_I64("a page", out.count, 2);
	list(kit, &(struct entry_filter){ .kind = KIND_PURCHASE, .limit = 2, .before = out.next },
	     &a, &out);
	CHECK_I64("next page", out.count, 2);
	list(kit, &(struct entry_filter){ .kind = KIND_PURCHASE, .limit = 2, .before = out.next },
	     &a, &out);
	CHECK_I64("last page", out.count, 1);
	CHECK_I64("no more", out.next, 0);
	list(kit, &(struct entry_filter){ .holder = kit->purse[1], .limit = 1 }, &a, &out);
	CHECK_I64("newest of a holder", out.at[0].kind, KIND_REVERSAL);
	CHECK_I64("balance after it", out.at[0].balance.fen, kit_balance(kit, kit->purse[1]));
}

static void check_chain(struct kit *kit, uint64_t reversal_lsn)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct entries out;
	struct journal_batch batch;
	struct day_totals totals;
	struct account_view view;
	struct db_tx *tx = kit_read(kit);
	int64_t bought = 0;
	uint64_t lsn;

	CHECK_OK(views_chain(tx, reversal_lsn, &a, &out));
	CHECK_I64("original, refund, its refusal, reversal", out.count, 3);
	CHECK_I64("", out.at[0].kind, KIND_PURCHASE);
	CHECK_I64("", out.at[1].kind, KIND_REFUND);
	CHECK_I64("", out.at[2].kind, KIND_REVERSAL);
	CHECK_OK(views_batch(tx, reversal_lsn, &batch));
	CHECK(batch.first_lsn <= reversal_lsn && batch.last_lsn >= reversal_lsn);
	CHECK_RESULT("", views_batch(tx, reversal_lsn + 1000, &batch), LEDGER_ROW_UNKNOWN);
	CHECK_RESULT("", views_chain(tx, reversal_lsn + 1000, &a, &out), LEDGER_ROW_UNKNOWN);
	CHECK_OK(views_key_find(tx, 1000, 1, &lsn));
	CHECK_OK(views_event(tx, lsn, &a, &out));
	CHECK_I64("by key", out.count, 1);
	CHECK_I64("by key", out.at[0].number, 1);
	CHECK_OK(views_key_find(tx, 1000, 99, &lsn));
	CHECK_I64("no such key", lsn, 0);
	CHECK_OK(views_day_totals(tx, (struct bizdate){ 20260101 }, (struct bizdate){ 20260102 },
	                          &a, &totals));
	for (size_t i = 0; i < totals.count; i++)
		bought += totals.at[i].kind == KIND_PURCHASE ? totals.at[i].sum.fen : 0;
	CHECK_I64("purchases of both days", bought, 100 + 200 + 300 + 400 + 500);
	CHECK_OK(views_account(tx, kit->purse[2], &view));
	CHECK_I64("", view.balance.fen, 5000 - 200 - 400);
	CHECK_RESULT("", views_account(tx, 9999, &view), LEDGER_ACCOUNT_UNKNOWN);
	db_close(db_of(tx));
}

static void check_views(struct kit *kit)
{
	struct book_outcome out;
	struct book_event e;

	if (kit->engine == KIT_MEMORY)
		return;
	kit_topup(kit, 1, 5000);
	kit_topup(kit, 2, 5000);
	REQUIRE_OK(kit_purchase(kit, 1000, 1, 1, 100, &out));
	REQUIRE_OK(kit_purchase(kit, 1000, 2, 2, 200, &out));
	REQUIRE_OK(kit_purchase(kit, 1001, 3, 1, 300, &out));
	REQUIRE_OK(kit_purchase(kit, 1001, 4, 2, 400, &out));
	REQUIRE_OK(kit_purchase(kit, 1002, 5, 1, 99999, &out));
	CHECK_I64("", out.code, LEDGER_INSUFFICIENT);
	e = kit_purchase_event(kit, 1000, 6, 1, 0);
	e.kind = KIND_REFUND;
	e.leg_count = 0;
	e.counted = 0;
	e.amount_fen = 40;
	e.original_source = 1000, e.original_number = 1;
	memset(e.business, 0, sizeof e.business);
	REQUIRE_OK(kit_post(kit, &e, &out));
	clock_manual_set(&kit->clock, (struct instant){ INT64_C(1767283200000000) });
	REQUIRE_OK(kit_purchase(kit, 1000, 7, 1, 500, &out));
	REQUIRE_OK(kit_reverse(kit, 1000, 8, 1, &out));
	kit_idle(kit);
	check_lists(kit);
	check_chain(kit, out.lsn);
	kit_check_verify(kit);
}

TEST(the_views_show_what_the_journal_holds)
{
	each_engine(check_views);
}

static void check_cutover(struct kit *kit)
{
	struct book_outcome out;

	if (kit->engine == KIT_MEMORY)
		return;
	kit_topup(kit, 1, 5000);
	REQUIRE_OK(kit_purchase(kit, 1000, 1, 1, 100, &out));
	kit_idle(kit);
	kit->config.cutover_s = 4 * 3600;
	kit_restart(kit);
	kit_idle(kit);
	kit_check_verify(kit);
}

TEST(another_cut_over_hour_fills_the_views_again)
{
	each_engine(check_cutover);
}

/* Run a statement on the views' database, which nobody else holds now. */
static void change_views(struct kit *kit, const struct db_statement *statement)
{
	struct db *db = NULL;
	struct db_tx *tx;

	REQUIRE_OK(db_open(str_of(kit->dsn), DB_VIEWS, &db));
	REQUIRE_OK(db_begin(db, &tx));
	CHECK_OK(db_execute(tx, statement, DB_NO_ARGS, NULL));
	CHECK_OK(db_commit(tx));
	db_close(db);
}

static void check_foreign(struct kit *kit)
{
	struct book_outcome out;

	if (kit->engine == KIT_MEMORY)
		return;
	kit_topup(kit, 1, 5000);
	REQUIRE_OK(kit_purchase(kit, 1000, 1, 1, 100, &out));
	kit_idle(kit);
	ledger_writer_close(kit->writer);
	change_views(kit, &sql_test_entry_amount_any);
	change_views(kit, &sql_test_state_other_hash);
	REQUIRE_OK(ledger_writer_open(kit->store, &kit->config, &kit->writer));
	kit_idle(kit);
	kit_check_verify(kit);
}

TEST(views_of_another_journal_are_filled_again)
{
	each_engine(check_foreign);
}

TEST(views_that_are_gone_are_filled_again)
{
	struct book_outcome out;
	struct ledger_store *reader;
	char path[700];
	struct kit kit;

	REQUIRE_OK(kit_open(&kit, KIT_SQLITE));
	kit_topup(&kit, 1, 5000);
	REQUIRE_OK(kit_purchase(&kit, 1000, 1, 1, 100, &out));
	kit_idle(&kit);
	kit_close(&kit);
	snprintf(path, sizeof path, "%s.views", kit.dsn + strlen("sqlite:"));
	CHECK_I64("remove", remove(path), 0);
	CHECK_RESULT("nothing to read yet",
	             ledger_store_open(str_of(kit.dsn), STORE_READER, "verify",
	                               clock_now(&kit.clock.clock), &reader),
	             LEDGER_NO_VIEWS);
	kit_restart(&kit);
	kit_idle(&kit);
	kit_check_verify(&kit);
	kit_close(&kit);
}

/* Whatever happens to the views, the book goes on, and the proof says how far they are. */
static void check_broken(struct kit *kit)
{
	struct book_outcome out;
	struct ledger_proof proof;
	struct db_tx *tx;
	bool more;

	if (kit->engine == KIT_MEMORY)
		return;
	kit_topup(kit, 1, 5000);
	kit_idle(kit);
	ledger_writer_proof(kit->writer, &proof);
	CHECK_I64("filled", proof.views_lsn, proof.rows);
	REQUIRE_OK(db_begin(views_follower_db(kit->writer->views), &tx));
	CHECK_OK(db_execute(tx, &sql_test_state_lsn, DB_NO_ARGS, NULL));
	CHECK_OK(db_commit(tx));
	REQUIRE_OK(kit_purchase(kit, 1000, 1, 1, 100, &out));
	CHECK_I64("sold", out.code, SUCCESS);
	CHECK_RESULT("views", ledger_idle(kit->writer, &more), LEDGER_FENCED);
	REQUIRE_OK(kit_purchase(kit, 1000, 2, 1, 100, &out));
	CHECK_I64("sold", out.code, SUCCESS);
	CHECK_I64("as far as they were", views_follower_lsn(kit->writer->views), proof.views_lsn);
}

TEST(views_that_cannot_be_filled_stop_no_sale)
{
	each_engine(check_broken);
}
