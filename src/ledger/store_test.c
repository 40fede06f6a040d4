/* SPDX-License-Identifier: Apache-2.0 */
/* The same contract on every engine: SQLite, PostgreSQL, memory. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_testkit.h"

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
