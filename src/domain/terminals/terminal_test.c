/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/fixture.h"
#include "domain/terminals/terminal_import.h"

static void add_merchant(struct db_tx *tx, const char *no)
{
	struct merchant m = { .park = 1 };

	snprintf(m.no, sizeof m.no, "%s", no);
	snprintf(m.name, sizeof m.name, "食堂");
	CHECK_OK(merchant_add(tx, fixture_now, &m));
}

static struct terminal sample(const char *node_id, uint8_t sam)
{
	struct terminal t = {
		.sam_no = { 0, 0, 0, 0, 0, sam },
		.key_version = 1,
		.sealed = true,
		.suites = TERMINAL_SUITE_AES,
		.allow = TERMINAL_ALLOW_PURCHASE,
		.merchant_id = 1,
	};

	snprintf(t.node_id, sizeof t.node_id, "%s", node_id);
	return t;
}

static uint32_t add(struct db_tx *tx, const char *node_id, uint8_t sam)
{
	struct terminal t = sample(node_id, sam);

	CHECK_OK(terminal_add(tx, fixture_now, &t));
	return t.id;
}

TEST_BOTH(a_node_is_registered_once_with_its_own_sam)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct terminal t, got;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	t = sample("01010001", 0x11);
	REQUIRE_OK(terminal_add(tx, fixture_now, &t));
	CHECK_I64("first id", t.id, TERMINAL_ID_FIRST);
	CHECK_OK(terminal_load_by_node(tx, STR("01010001"), &got));
	CHECK_I64("state", got.state, TERMINAL_DEFINED);
	CHECK_I64("batch", got.batch, 1);
	CHECK_BYTES("sam", bytes_of(got.sam_no, 6), bytes_of(t.sam_no, 6));
	CHECK_OK(db_savepoint(tx, 1));
	struct terminal same_node = sample("01010001", 0x12);
	CHECK_RESULT("node", terminal_add(tx, fixture_now, &same_node), TERMINAL_EXISTS);
	CHECK_OK(db_rollback_to(tx, 1));
	CHECK_OK(db_savepoint(tx, 1));
	struct terminal same_sam = sample("01010002", 0x11);
	CHECK_RESULT("sam", terminal_add(tx, fixture_now, &same_sam), TERMINAL_EXISTS);
	CHECK_OK(db_rollback_to(tx, 1));
	CHECK_RESULT("unknown", terminal_load_by_node(tx, STR("01010002"), &got),
	             TERMINAL_NOT_FOUND);
}

TEST_BOTH(nodes_with_wrong_data_are_refused)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct terminal t;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	t = sample("0101000", 1);
	CHECK_RESULT("seven", terminal_add(tx, fixture_now, &t), TERMINAL_INVALID);
	t = sample("0101000a", 1);
	CHECK_RESULT("small letter", terminal_add(tx, fixture_now, &t), TERMINAL_INVALID);
	t = sample("01010001", 0x1A);
	CHECK_RESULT("not BCD", terminal_add(tx, fixture_now, &t), TERMINAL_INVALID);
	t = sample("01010001", 1);
	t.suites = 0;
	CHECK_RESULT("no suite", terminal_add(tx, fixture_now, &t), TERMINAL_INVALID);
	t = sample("01010001", 1);
	t.suites = 1 << 9;
	CHECK_RESULT("unknown suite", terminal_add(tx, fixture_now, &t), TERMINAL_INVALID);
	t = sample("01010001", 1);
	t.merchant_id = 9;
	CHECK_RESULT("no merchant", terminal_add(tx, fixture_now, &t), MERCHANT_NOT_FOUND);
}

TEST_BOTH(states_move_only_along_the_arrows)
{
	static const char *const want[] = {
		/* from: to DEFINED AUTHORISED ACTIVE SUSPENDED RETIRED */
		[TERMINAL_DEFINED] = "-A--R", [TERMINAL_AUTHORISED] = "D-C-R",
		[TERMINAL_ACTIVE] = "---SR",  [TERMINAL_SUSPENDED] = "-AC-R",
		[TERMINAL_RETIRED] = "-----",
	};
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct terminal t;

	REQUIRE(tx);
	for (int from = 0; from <= TERMINAL_RETIRED; from++)
		for (int to = 0; to <= TERMINAL_RETIRED; to++)
			CHECK_I64(terminal_state_names[from],
			          terminal_may_move((enum terminal_state)from,
			                            (enum terminal_state)to),
			          want[from][to] != '-');
	add_merchant(tx, "M1");
	uint32_t id = add(tx, "01010001", 1);
	CHECK_RESULT("too far", terminal_set_state(tx, fixture_now, id, TERMINAL_ACTIVE, &t),
	             TERMINAL_STATE);
	CHECK_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_AUTHORISED, &t));
	CHECK_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_ACTIVE, &t));
	CHECK_OK(terminal_load(tx, id, &t));
	CHECK_I64("active", t.state, TERMINAL_ACTIVE);
	CHECK_RESULT("unknown", terminal_set_state(tx, fixture_now, 99, TERMINAL_ACTIVE, &t),
	             TERMINAL_NOT_FOUND);
}

TEST_BOTH(a_state_set_by_an_operator_is_permitted_and_audited)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct actor by = actor_system("test");
	struct terminal_act act = { .by = &by, .to = TERMINAL_SUSPENDED, .reason = STR("stolen") };
	struct terminal t;
	int64_t lines, bad;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	act.id = add(tx, "01010001", 1);
	CHECK_RESULT("not from there", terminal_act(tx, fixture_now, &act, &t), TERMINAL_STATE);
	act.to = TERMINAL_AUTHORISED;
	CHECK_RESULT("by a card", terminal_act(tx, fixture_now, &act, &t), TERMINAL_STATE);
	CHECK_OK(terminal_set_state(tx, fixture_now, act.id, TERMINAL_AUTHORISED, &t));
	act.to = TERMINAL_ACTIVE;
	CHECK_RESULT("by registering", terminal_act(tx, fixture_now, &act, &t), TERMINAL_STATE);
	CHECK_OK(terminal_set_state(tx, fixture_now, act.id, TERMINAL_ACTIVE, &t));
	act.to = TERMINAL_SUSPENDED;
	by.permissions = 0;
	CHECK_RESULT("without permission", terminal_act(tx, fixture_now, &act, &t), ACCESS_DENIED);
	by = actor_system("test");
	CHECK_OK(terminal_act(tx, fixture_now, &act, &t));
	CHECK_RESULT("twice", terminal_act(tx, fixture_now, &act, &t), TERMINAL_STATE);
	CHECK_OK(audit_verify(tx, &lines, &bad));
	CHECK_I64("lines", lines, 1);
}

TEST_BOTH(a_pending_session_replaces_the_old_one_only_when_it_is_used)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct terminal_session one, two, *list;
	struct terminal t;
	size_t count;
	uint64_t reserved;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	uint32_t id = add(tx, "01010001", 1), other = add(tx, "01010002", 2);
	one = (struct terminal_session){ .terminal_id = id,
		                         .suite = 1,
		                         .key_version = 1,
		                         .key_date = { 20190423 },
		                         .key_seq = 1,
		                         .opened = fixture_now,
		                         .valid_until = { fixture_now.us + 3600ll * SECOND_US } };
	two = one;
	struct terminal_session elsewhere = one;
	elsewhere.terminal_id = other;
	REQUIRE_OK(terminal_session_open(tx, &one));
	REQUIRE_OK(terminal_session_activate(tx, one.id));
	REQUIRE_OK(terminal_session_open(tx, &elsewhere));
	REQUIRE_OK(terminal_session_open(tx, &two));
	CHECK(one.id != two.id && one.id != 0);
	CHECK_OK(terminal_session_list(tx, fixture_now, &a, &list, &count));
	CHECK_I64("both live", count, 3);
	CHECK_OK(terminal_session_activate(tx, two.id));
	CHECK_OK(terminal_session_list(tx, fixture_now, &a, &list, &count));
	CHECK_I64("the old one is closed", count, 2);
	CHECK_RESULT("closed", terminal_session_activate(tx, one.id), TERMINAL_SESSION_UNKNOWN);
	CHECK_RESULT("closed", terminal_session_reserve(tx, one.id, &reserved),
	             TERMINAL_SESSION_UNKNOWN);
	CHECK_OK(terminal_session_reserve(tx, two.id, &reserved));
	CHECK_I64("reserved", reserved, 2 * TERMINAL_COUNTER_STEP);
	CHECK_OK(terminal_session_received(tx, two.id, 77));
	CHECK_OK(terminal_session_received(tx, two.id, 66));
	CHECK_OK(terminal_session_list(tx, fixture_now, &a, &list, &count));
	CHECK_I64("never lower", list[1].receive_high, 77);
	CHECK_OK(terminal_session_list(tx, one.valid_until, &a, &list, &count));
	CHECK_I64("run out", count, 0);
	CHECK_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_AUTHORISED, &t));
	CHECK_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_ACTIVE, &t));
	CHECK_OK(terminal_set_state(tx, fixture_now, id, TERMINAL_SUSPENDED, &t));
	CHECK_OK(terminal_session_list(tx, fixture_now, &a, &list, &count));
	CHECK_I64("suspended nodes have none", count, 1);
}

TEST_BOTH(batches_count_up)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	uint32_t batch;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	uint32_t id = add(tx, "01010001", 1);
	CHECK_OK(terminal_next_batch(tx, fixture_now, id, &batch));
	CHECK_I64("second", batch, 2);
	CHECK_RESULT("unknown", terminal_next_batch(tx, fixture_now, 5, &batch),
	             TERMINAL_NOT_FOUND);
}

TEST_BOTH(the_cache_finds_by_number_and_node_and_follows_a_rollback)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct terminal_cache cache;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	for (int i = 0; i < 600; i++) {
		char node[9];
		struct terminal t;
		snprintf(node, sizeof node, "0101%04d", i);
		t = sample(node, 0);
		t.sam_no[4] = (uint8_t)(i / 100 % 10 << 4 | i / 10 % 10);
		t.sam_no[5] = (uint8_t)(i % 10);
		REQUIRE_OK(terminal_add(tx, fixture_now, &t));
	}
	REQUIRE_OK(terminal_cache_load(&cache, tx));
	CHECK_I64("all", cache.count, 600);
	const struct terminal *t = terminal_cache_find_node(&cache, STR("01010599"));
	REQUIRE(t);
	CHECK_I64("id", t->id, TERMINAL_ID_FIRST + 599);
	CHECK(terminal_cache_find(&cache, TERMINAL_ID_FIRST) != NULL);
	CHECK(!terminal_cache_find(&cache, 3));
	CHECK(!terminal_cache_find(&cache, TERMINAL_ID_FIRST + 600));
	CHECK(!terminal_cache_find_node(&cache, STR("01019999")));
	CHECK_OK(db_savepoint(tx, 1));
	struct terminal more = sample("99999999", 0x99);
	CHECK_OK(terminal_add(tx, fixture_now, &more));
	CHECK_OK(terminal_cache_refresh(&cache, tx, more.id));
	CHECK(terminal_cache_find_node(&cache, STR("99999999")) != NULL);
	CHECK_OK(db_rollback_to(tx, 1));
	CHECK_OK(terminal_cache_refresh(&cache, tx, more.id));
	CHECK(!terminal_cache_find_node(&cache, STR("99999999")));
	CHECK(!terminal_cache_find(&cache, more.id));
	terminal_cache_free(&cache);
}

TEST_BOTH(an_import_of_nodes_repeats_and_names_its_errors)
{
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	SCOPED(arena_free) struct arena a = { 0 };
	struct str file = STR("node_id,sam_no,merchant_no,type,location,suites,state,地址范围\n"
	                      "01010001,000000000001,M1,till,第一食堂,aes sm4,active,\n"
	                      "01010002,000000000002,M1,desk,财务处,,,10.1.0.0/16\n");
	struct str wrong = STR(
	        "node_id,sam_no,merchant_no,type,location,suites,state,address_range\n"
	        "1010001,000000000011,M1,till,,,\n01010011,11,M1,till,,,\n01010012,000000000012,M9,"
	        "till,,,\n"
	        "01010013,000000000001,M1,till,,,\n01010014,000000000014,M1,oven,,,\n"
	        "01010015,000000000015,M1,till,,rot13,\n01010016,000000000016,M1,till,,,asleep\n"
	        "01010017,000000000017,M1,till,,,\n01010018,000000000018,M1,till,,,,10.1.0.0/8\n");
	struct fixture_rows rows;
	struct import_report first = { .arena = &a }, again = first, bad = first;
	struct terminal t;

	REQUIRE(tx);
	add_merchant(tx, "M1");
	CHECK_OK(terminal_import(tx, fixture_now, 1, fixture_rows(&rows, file), &first));
	CHECK_I64("added", first.added, 2);
	CHECK_OK(terminal_load_by_node(tx, STR("01010001"), &t));
	CHECK_I64("suites", t.suites, TERMINAL_SUITE_AES | TERMINAL_SUITE_SM4);
	CHECK_I64("state", t.state, TERMINAL_ACTIVE);
	CHECK(t.sealed);
	CHECK_OK(terminal_load_by_node(tx, STR("01010002"), &t));
	CHECK_STR("range", t.address_range, "10.1.0.0/16");
	CHECK_OK(terminal_import(tx, fixture_now, 1, fixture_rows(&rows, file), &again));
	CHECK_I64("same", again.same, 2);
	CHECK_RESULT("refused",
	             terminal_import(tx, fixture_now, 1, fixture_rows(&rows, wrong), &bad),
	             IMPORT_REFUSED);
	CHECK_I64("errors", bad.errors, 8);
	CHECK_I64("no merchant", bad.findings[2].code, MERCHANT_NOT_FOUND);
	CHECK_I64("sam twice", bad.findings[3].code, TERMINAL_EXISTS);
	CHECK_I64("the eighth is good", bad.findings[6].line, 8);
	CHECK_I64("range", bad.findings[7].code, TERMINAL_INVALID);
}

TEST(a_range_lies_within_others_when_all_of_it_does)
{
	static const struct {
		const char *inner, *outer;
		bool within;
	} rows[] = {
		{ "10.1.0.0/16", "", true },
		{ "", "", true },
		{ "", "10.0.0.0/8", false },
		{ "10.1.0.0/16", "10.0.0.0/8", true },
		{ "10.1.0.0/16", "10.1.0.0/16", true },
		{ "10.0.0.0/8", "10.1.0.0/16", false },
		{ "10.1.2.3", " 192.168.0.0/16  10.1.2.0/24 ", true },
		{ "11.1.2.3", "192.168.0.0/16 10.0.0.0/8", false },
		{ "0.0.0.0/0", "10.0.0.0/8", false },
		{ "fd00::/8", "10.0.0.0/8", false },
		{ "fd12::1", "fd00::/8", true },
		{ "10.1.0.0/16", "everywhere", false },
		{ "everywhere", "0.0.0.0/0", false },
	}, *row;

	EACH (row, rows)
		CHECK_I64(row->inner, terminal_range_within(str_of(row->inner), str_of(row->outer)),
		          row->within);
}

TEST(a_range_holds_the_addresses_that_begin_like_it)
{
	static const struct {
		const char *range, *address;
		bool valid, holds;
	} rows[] = {
		{ "", "10.1.2.3:5", true, false },
		{ "10.1.2.0/24", "10.1.2.3:5", true, true },
		{ "10.1.2.0/24", "10.1.3.3:5", true, false },
		{ "10.1.2.128/25", "10.1.2.127:5", true, false },
		{ "10.1.2.3", "10.1.2.3:5", true, true },
		{ "10.1.2.3", "10.1.2.4:5", true, false },
		{ "0.0.0.0/0", "8.8.8.8:5", true, true },
		{ "0.0.0.0/0", "[::1]:5", true, false },
		{ "fd00::/8", "[fd12::1]:5", true, true },
		{ "fd00::/8", "[fe12::1]:5", true, false },
		{ "::1", "[::1]:5", true, true },
		{ "10.1.2.0/33", "10.1.2.0:5", false, false },
		{ "10.1.2.1/24", "10.1.2.1:5", false, false },
		{ "10.1.2.0/", "10.1.2.0:5", false, false },
		{ "10.1.2", "10.1.2.0:5", false, false },
		{ "everywhere", "10.1.2.0:5", false, false },
	}, *row;

	EACH (row, rows) {
		CHECK_I64(row->range, terminal_range_is_valid(str_of(row->range)), row->valid);
		CHECK_I64(row->address,
		          terminal_range_holds(str_of(row->range), str_of(row->address)),
		          row->holds);
	}
}
