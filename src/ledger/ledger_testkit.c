/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_testkit.h"

#include <stdio.h>
#include <string.h>

#include "harness/postgres.h"
#include "harness/test.h"
#include "ledger/verify.h"

static const char *const names[] = { "sqlite", "postgres", "memory" };

static result open_store(struct kit *kit)
{
	if (kit->engine == KIT_MEMORY)
		return kit->store ? OK : ledger_store_memory(&kit->store);
	return ledger_store_open(str_of(kit->dsn), STORE_OWNER, "kit", clock_now(&kit->clock.clock),
	                         &kit->store);
}

static result open_writer(struct kit *kit)
{
	TRY(open_store(kit));
	return ledger_writer_open(kit->store, &kit->config, &kit->writer);
}

static result open_account(struct ledger_tx *tx, uint32_t chart, uint64_t key1, uint64_t key2,
                           int64_t floor_fen, uint32_t *no)
{
	const struct book_key key = { chart, KIT_PARK, key1, key2 };

	return ledger_account_require(tx, &key, floor_fen, no);
}

static result open_accounts(struct ledger_tx *tx, void *arg)
{
	struct kit *kit = arg;

	for (uint32_t i = 1; i <= KIT_HOLDERS; i++) {
		TRY(open_account(tx, CHART_MAIN_PURSE, i, 0, 0, &kit->purse[i]));
		TRY(open_account(tx, CHART_SUBSIDY_PURSE, i, 0, 0, &kit->subsidy[i]));
		TRY(open_account(tx, CHART_HOLDS, i, 0, 0, &kit->hold[i]));
	}
	for (uint32_t i = 1; i <= KIT_MERCHANTS; i++)
		TRY(open_account(tx, CHART_MERCHANT_TAKINGS, i, 0, BOOK_NO_FLOOR,
		                 &kit->takings[i]));
	return open_account(tx, CHART_TILL_CASH, 1, 0, BOOK_NO_FLOOR, &kit->till);
}

result kit_open(struct kit *kit, enum kit_engine engine)
{
	static int opened;

	*kit = (struct kit){ .engine = engine, .name = names[engine] };
	if (engine == KIT_SQLITE)
		snprintf(kit->dsn, sizeof kit->dsn, "sqlite:%s/kit%d.db", test_dir(), ++opened);
	if (engine == KIT_POSTGRES)
		postgres_database(false, kit->dsn);
	clock_manual_init(&kit->clock, (struct instant){ INT64_C(
	                                       1767232800000000) }); /* 2026-01-01 10:00 +08:00 */
	kit->config = (struct ledger_config){ .clock = &kit->clock.clock };
	TRY(open_writer(kit));
	return kit_run(kit, open_accounts, kit);
}

void kit_close(struct kit *kit)
{
	ledger_writer_close(kit->writer);
	ledger_store_close(kit->store);
	kit->writer = NULL;
	kit->store = NULL;
}

void kit_restart(struct kit *kit)
{
	ledger_writer_close(kit->writer);
	if (kit->engine != KIT_MEMORY) {
		ledger_store_close(kit->store);
		kit->store = NULL;
	}
	kit->writer = NULL;
	REQUIRE_OK(open_writer(kit));
}

/* ---- requests ---- */

static void answered(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	(void)sink;
	(void)requests;
	(void)n;
}

result kit_run(struct kit *kit, result (*work)(struct ledger_tx *tx, void *arg), void *arg)
{
	struct ledger_sink sink = { .deliver = answered };
	struct ledger_request request = { .work = work, .arg = arg, .sink = &sink };
	struct ledger_request *one = &request;

	if (ledger_writer_submit(kit->writer, &one, 1) != 1)
		return FAIL(LEDGER_BUSY, "kit");
	TRY(ledger_writer_run_once(kit->writer, NULL));
	return request.result;
}

struct posting {
	const struct book_event *event;
	struct book_outcome *out;
};

static result work_post(struct ledger_tx *tx, void *arg)
{
	struct posting *p = arg;

	return ledger_post(tx, p->event, p->out);
}

result kit_post(struct kit *kit, const struct book_event *event, struct book_outcome *out)
{
	struct posting p = { event, out };

	return kit_run(kit, work_post, &p);
}

struct book_event kit_purchase_event(const struct kit *kit, uint32_t source, uint64_t number,
                                     int holder, int64_t fen)
{
	const struct journal_business of = {
		.card = (uint32_t)holder,
		.merchant = 1 + source % KIT_MERCHANTS,
		.terminal = source,
	};
	struct book_event e = {
		.source = source,
		.number = number,
		.digest = (uint64_t)fen * 1000 + (uint64_t)holder,
		.kind = KIND_PURCHASE,
		.event_time = clock_now(&kit->clock.clock),
		.legs = { { kit->purse[holder], kit->takings[of.merchant], fen } },
		.leg_count = 1,
		.counted = kit->purse[holder],
		.window = 3,
	};

	memcpy(e.business, &of, sizeof of);
	return e;
}

result kit_purchase(struct kit *kit, uint32_t source, uint64_t number, int holder, int64_t fen,
                    struct book_outcome *out)
{
	const struct book_event e = kit_purchase_event(kit, source, number, holder, fen);

	return kit_post(kit, &e, out);
}

result kit_reverse(struct kit *kit, uint32_t source, uint64_t number, uint64_t original,
                   struct book_outcome *out)
{
	const struct book_event e = {
		.source = source,
		.number = number,
		.digest = original,
		.kind = KIND_REVERSAL,
		.event_time = clock_now(&kit->clock.clock),
		.original_source = source,
		.original_number = original,
		.park = KIT_PARK,
	};

	return kit_post(kit, &e, out);
}

void kit_topup(struct kit *kit, int holder, int64_t fen)
{
	const struct book_event e = {
		.source = 2,
		.number = ++kit->desk,
		.kind = KIND_TOPUP,
		.event_time = clock_now(&kit->clock.clock),
		.legs = { { kit->till, kit->purse[holder], fen } },
		.leg_count = 1,
	};
	struct book_outcome out;

	REQUIRE_OK(kit_post(kit, &e, &out));
	CHECK_I64("top-up", out.code, SUCCESS);
}

struct asking {
	uint32_t no;
	int64_t fen;
};

static result work_balance(struct ledger_tx *tx, void *arg)
{
	struct asking *a = arg;

	a->fen = ledger_account(tx, a->no)->balance_fen;
	return OK;
}

int64_t kit_balance(struct kit *kit, uint32_t account)
{
	struct asking a = { account, 0 };

	CHECK_OK(kit_run(kit, work_balance, &a));
	return a.fen;
}

struct db_tx *kit_read(struct kit *kit)
{
	struct db *db = NULL;
	struct db_tx *tx = NULL;

	CHECK_OK(db_open(str_of(kit->dsn), DB_READ_ONLY, &db));
	ASSERT(db);
	CHECK_OK(db_begin(db, &tx));
	ASSERT(tx);
	return tx;
}

/* ---- proof ---- */

void kit_idle(struct kit *kit)
{
	bool more = true;

	while (more)
		REQUIRE_OK(ledger_idle(kit->writer, &more));
}

void kit_check_proof(struct kit *kit)
{
	struct ledger_proof proof;

	kit_idle(kit);
	ledger_writer_close(kit->writer); /* a new writer counts everything at once */
	REQUIRE_OK(ledger_writer_open(kit->store, &kit->config, &kit->writer));
	ledger_writer_proof(kit->writer, &proof);
	for (int i = 0; i < LEDGER_IDENTITIES; i++)
		CHECK_I64(proof.identity[i].en, proof.identity[i].holds, true);
}

void kit_check_verify(struct kit *kit)
{
	struct ledger_store *store = kit->store;
	struct verify_report report;

	if (kit->engine != KIT_MEMORY)
		REQUIRE_OK(ledger_store_open(str_of(kit->dsn), STORE_READER, "verify",
		                             clock_now(&kit->clock.clock), &store));
	CHECK_OK(ledger_verify(store, NULL, &report));
	CHECK_STR(kit->name, report.first.text, "");
	CHECK(report.clean);
	if (kit->engine != KIT_MEMORY)
		ledger_store_close(store);
}
