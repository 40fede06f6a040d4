/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/key_cache.h"

#include <stdio.h>

#include "domain/keys/key_fixture.h"

/* A store with a few keys, and a cache with a connection of its own. */
struct bench {
	struct key_fixture f;
	_Atomic uint64_t generation;
	struct key_cache *cache;
};

static bool bench_open(struct bench *b, enum db_engine engine)
{
	*b = (struct bench){ 0 };
	if (!key_fixture_open(&b->f, engine, true))
		return false;
	struct key_cache_setup setup = { .dsn = b->f.dsn,
		                         .sessions = { b->f.rig.session },
		                         .generation = &b->generation,
		                         .entries = KEY_CACHE_MIN };
	result r = key_cache_open(&setup, &b->cache);
	CHECK_OK(r);
	return is_ok(r);
}

static void bench_close(struct bench *b)
{
	key_cache_close(&b->cache);
	key_fixture_close(&b->f);
}

static struct key_definition make(struct bench *b, const char *label, const char *usage,
                                  enum product_place place)
{
	struct key_definition k = key_fixture_define(&b->f, label, usage, 'T', 112, place);
	struct key_order o = { .at_once = true };
	struct key_version v;

	CHECK_OK(KEY_CHANGE(&b->f, key_version_generate(act, &k, &o, &v)));
	return k;
}

/* One message that uses one key. */
static result use(struct bench *b, const char *label, struct key_entry *out)
{
	const struct key_entry *e;
	struct working_key *k;

	key_cache_begin(b->cache, b->f.now);
	result r = key_cache_find(b->cache, str_of(label), &e);
	if (is_ok(r) && out)
		*out = *e;
	if (is_ok(r))
		r = key_cache_key(b->cache, e, &k);
	key_cache_end(b->cache);
	return r;
}

static struct key_cache_counts counts(const struct bench *b)
{
	return key_cache_counts(b->cache);
}

static void later(struct bench *b, int64_t seconds)
{
	b->f.now.us += seconds * SECOND_US;
}

KEY_TEST_BOTH(a_label_is_read_once_and_again_after_five_minutes)
{
	SCOPED(bench_close) struct bench b;
	struct key_entry e;

	REQUIRE(bench_open(&b, engine));
	make(&b, "CAMPUS01.LINE.MAC", "M6", PRODUCT_IN_HOST);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", &e));
	CHECK_STR("resolved", e.label, "CAMPUS01.LINE.MAC.01");
	CHECK_STR("usage", e.definition.usage, "M6");
	for (int i = 0; i < 299; i++) {
		later(&b, 1);
		CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", NULL));
	}
	CHECK_I64("reads", counts(&b).reads, 1);
	CHECK_I64("opens", counts(&b).opens, 1);
	later(&b, 1);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", NULL));
	CHECK_I64("read again", counts(&b).reads, 2);
	CHECK_I64("opened again", counts(&b).opens, 2);
	CHECK_I64("open", counts(&b).open, 1);
	later(&b, -3600);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", NULL));
	CHECK_I64("clock set back", counts(&b).reads, 3);
}

TEST(messages_that_came_together_share_what_is_opened_for_one_and_leave_nothing)
{
	enum { ROOTS = KEY_CACHE_ROUND_KEYS + 4 };
	SCOPED(bench_close) struct bench b;
	char label[KEY_LABEL_SIZE];

	REQUIRE(bench_open(&b, DB_SQLITE));
	for (int i = 0; i < ROOTS; i++) {
		snprintf(label, sizeof label, "C.H.ROOT%d", i);
		make(&b, label, "20", PRODUCT_IN_HOST);
	}
	key_cache_round_begin(b.cache);
	for (int i = 0; i < 10; i++)
		CHECK_OK(use(&b, "C.H.ROOT0.01", NULL));
	CHECK_I64("opened once", counts(&b).opens, 1);
	CHECK_I64("here", counts(&b).held, 1);
	key_cache_round_end(b.cache);
	CHECK_I64("wiped", counts(&b).held, 0);
	CHECK_OK(use(&b, "C.H.ROOT0.01", NULL));
	CHECK_I64("alone: opened", counts(&b).opens, 2);
	CHECK_I64("alone: wiped", counts(&b).held, 0);

	key_cache_round_begin(b.cache);
	for (int i = 0; i < ROOTS; i++) {
		snprintf(label, sizeof label, "C.H.ROOT%d.01", i);
		CHECK_OK(use(&b, label, NULL));
		CHECK(counts(&b).held < KEY_CACHE_ROUND_KEYS);
	}
	atomic_fetch_add(&b.generation, 1);
	CHECK_OK(use(&b, "C.H.ROOT0.01", NULL));
	CHECK_I64("a change is seen within a round", counts(&b).opens, 2 + ROOTS + 1);
	key_cache_round_end(b.cache);
	CHECK_I64("wiped again", counts(&b).open, 0);
}

TEST(keys_stay_open_as_long_as_their_kind_may)
{
	static const struct {
		const char *label, *usage;
		enum product_place place;
		bool stays;
	} rows[] = {
		{ "C.H.DPK", "20", PRODUCT_IN_HOST, false },   { "C.H.DERIVE", "B3", PRODUCT_IN_HOST, false },
		{ "C.H.ZMK", "K1", PRODUCT_IN_HOST, false },   { "C.H.MAC", "M6", PRODUCT_IN_HOST, true },
		{ "C.H.DATA", "D0", PRODUCT_IN_HOST, true },   { "C.D.DPK", "20", PRODUCT_IN_DEVICE, true },
		{ "C.D.ZMK", "K1", PRODUCT_IN_DEVICE, true },  { "C.D.DATA", "D0", PRODUCT_IN_DEVICE, true },
	}, *row;
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b, DB_SQLITE));
	EACH (row, rows) {
		char label[KEY_LABEL_SIZE];
		uint64_t before = counts(&b).opens;

		make(&b, row->label, row->usage, row->place);
		snprintf(label, sizeof label, "%s.01", row->label);
		for (int i = 0; i < 3; i++)
			CHECK_OK(use(&b, label, NULL));
		CHECK_I64(row->label, counts(&b).opens - before, row->stays ? 1 : 3);
	}
	CHECK_I64("rows are read once all the same", counts(&b).reads, ARRAY_LEN(rows));
	CHECK_I64("open", counts(&b).open, 5);
	later(&b, 301);
	key_cache_tidy(b.cache, b.f.now);
	CHECK_I64("in the device only", counts(&b).open, 3);
	CHECK_OK(use(&b, "C.D.DPK.01", NULL));
	CHECK_I64("the row is read again", counts(&b).reads, ARRAY_LEN(rows) + 1);
	CHECK_I64("the key in the device is the same", counts(&b).opens, 3 * 3 + 5);
}

KEY_TEST_BOTH(a_change_is_seen_by_the_next_message)
{
	SCOPED(bench_close) struct bench b;
	struct key_label first = { "CAMPUS01", "LINE", "MAC", 1 };
	struct key_definition k, got;
	struct key_version v;
	struct key_entry e;

	REQUIRE(bench_open(&b, engine));
	k = make(&b, "CAMPUS01.LINE.MAC", "M6", PRODUCT_IN_HOST);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.01", &e));
	CHECK_I64("active", key_version_state_at(&e.version, b.f.now), KEY_ACTIVE);
	CHECK_OK(KEY_CHANGE(&b.f, key_version_find(act->tx, &first, b.f.now, &got, &v)));
	CHECK_OK(KEY_CHANGE(&b.f, key_version_move(act, &k, &v, KEY_SUSPENDED)));
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.01", &e));
	CHECK_I64("nobody said so yet", key_version_state_at(&e.version, b.f.now), KEY_ACTIVE);
	atomic_fetch_add(&b.generation, 1);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.01", &e));
	CHECK_I64("suspended", key_version_state_at(&e.version, b.f.now), KEY_SUSPENDED);
}

KEY_TEST_BOTH(the_current_version_follows_the_clock)
{
	SCOPED(bench_close) struct bench b;
	struct key_order soon = { 0 };
	struct key_version v;
	struct key_entry e;

	REQUIRE(bench_open(&b, engine));
	struct key_definition k = make(&b, "CAMPUS01.LINE.MAC", "M6", PRODUCT_IN_HOST);
	k.period_days = 1;
	soon.activate_at.us = b.f.now.us + 100 * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&b.f, key_version_generate(act, &k, &soon, &v)));
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", &e));
	CHECK_STR("now", e.label, "CAMPUS01.LINE.MAC.01");
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.02", &e));
	CHECK_I64("waits", key_version_state_at(&e.version, b.f.now), KEY_PRE);
	later(&b, 99);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", &e));
	CHECK_STR("still", e.label, "CAMPUS01.LINE.MAC.01");
	later(&b, 1);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", &e));
	CHECK_STR("its time has come", e.label, "CAMPUS01.LINE.MAC.02");
	later(&b, 86400);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", &e));
	CHECK_STR("and is over", e.label, "CAMPUS01.LINE.MAC.01");
}

KEY_TEST_BOTH(what_is_not_there_is_asked_again_each_time)
{
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b, engine));
	CHECK_RESULT("none", use(&b, "CAMPUS01.LINE.MAC.00", NULL), KEY_NOT_FOUND);
	CHECK_RESULT("no label", use(&b, "CAMPUS01.LINE", NULL), KEY_LABEL);
	make(&b, "CAMPUS01.LINE.MAC", "M6", PRODUCT_IN_HOST);
	CHECK_OK(use(&b, "CAMPUS01.LINE.MAC.00", NULL));
	CHECK_RESULT("no such version", use(&b, "CAMPUS01.LINE.MAC.02", NULL), KEY_NOT_FOUND);
	CHECK_I64("entries", counts(&b).entries, 1);
}

TEST(there_is_an_end_of_entries_and_the_oldest_goes)
{
	SCOPED(bench_close) struct bench b;
	char label[KEY_LABEL_SIZE];

	REQUIRE(bench_open(&b, DB_SQLITE));
	for (int i = 0; i < KEY_CACHE_MIN + 10; i++) {
		snprintf(label, sizeof label, "C.LINE.M%d", i);
		make(&b, label, "M6", PRODUCT_IN_HOST);
		snprintf(label, sizeof label, "C.LINE.M%d.01", i);
		CHECK_OK(use(&b, label, NULL));
		CHECK_OK(use(&b, "C.LINE.M0.01", NULL));
	}
	CHECK_I64("entries", counts(&b).entries, KEY_CACHE_MIN);
	CHECK_I64("open", counts(&b).open, KEY_CACHE_HELD_MAX);
	CHECK_I64("each read once", counts(&b).reads, KEY_CACHE_MIN + 10);
	CHECK_OK(use(&b, "C.LINE.M1.01", NULL));
	CHECK_I64("one that went", counts(&b).reads, KEY_CACHE_MIN + 11);
	CHECK_OK(use(&b, "C.LINE.M0.01", NULL));
	CHECK_I64("one that stayed", counts(&b).reads, KEY_CACHE_MIN + 11);
}

TEST(keys_come_back_with_their_device)
{
	SCOPED(bench_close) struct bench b;

	REQUIRE(bench_open(&b, DB_SQLITE));
	make(&b, "C.D.DATA", "D0", PRODUCT_IN_DEVICE);
	make(&b, "C.H.DPK", "20", PRODUCT_IN_HOST);
	CHECK_OK(use(&b, "C.D.DATA.01", NULL));
	CHECK_OK(use(&b, "C.H.DPK.01", NULL));
	hsm_rig_take_away(&b.f.rig);
	CHECK_RESULT("gone", hsm_device_check(b.f.rig.device), HSM_LOST);
	CHECK_RESULT("opened by the device", use(&b, "C.H.DPK.01", NULL), HSM_LOST);
	hsm_rig_put_back(&b.f.rig);
	REQUIRE_OK(hsm_device_reconnect(b.f.rig.device));
	uint64_t opens = counts(&b).opens;
	CHECK_OK(use(&b, "C.D.DATA.01", NULL));
	CHECK_I64("unwrapped anew", counts(&b).opens, opens + 1);
	CHECK_OK(use(&b, "C.H.DPK.01", NULL));
}

KEY_TEST_BOTH(a_renewed_master_key_is_found_without_being_told)
{
	SCOPED(bench_close) struct bench b;
	struct master second;
	struct rekey_job job;
	bool more = true;

	REQUIRE(bench_open(&b, engine));
	make(&b, "C.H.DPK", "20", PRODUCT_IN_HOST);
	make(&b, "C.D.DPK", "20", PRODUCT_IN_DEVICE);
	CHECK_OK(use(&b, "C.H.DPK.01", NULL));
	struct secret lmk = { .len = 32, .at = { 1, 2, 3 } };
	struct hsm_lmk found;
	second =
	        (struct master){ .slot = 1, .algorithm = LMK_AES, .gen = 2, .status = MASTER_TEST };
	REQUIRE_OK(hsm_lmk_install(b.f.rig.session, 1, LMK_AES, &lmk, &found));
	hex_encode(bytes_of(found.check, HSM_PROOF), second.kcv);
	memcpy(second.proof, found.proof, HSM_PROOF);
	REQUIRE_OK(KEY_CHANGE(&b.f, master_add(act->tx, act->now, &second)));
	REQUIRE_OK(KEY_CHANGE(&b.f, rekey_start(act, second.id, &job)));
	while (more)
		REQUIRE_OK(KEY_CHANGE(&b.f, rekey_step(act, &job, &more)));
	CHECK_OK(use(&b, "C.H.DPK.01", NULL));
	CHECK_OK(use(&b, "C.D.DPK.01", NULL));
	atomic_fetch_add(&b.generation, 1);
	CHECK_OK(use(&b, "C.H.DPK.01", NULL));
	CHECK_OK(use(&b, "C.D.DPK.01", NULL));
}

TEST(a_connection_that_breaks_is_made_anew)
{
	static const char text[] = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
	                           "WHERE datname = current_database() AND pid <> pg_backend_pid()";
	static const struct db_statement cut = { "cut", text, text, 0 };
	SCOPED(bench_close) struct bench b;
	int64_t ended = 0;

	REQUIRE(bench_open(&b, DB_POSTGRES));
	make(&b, "C.H.ONE", "M6", PRODUCT_IN_HOST);
	make(&b, "C.H.TWO", "M6", PRODUCT_IN_HOST);
	CHECK_OK(use(&b, "C.H.ONE.00", NULL));
	CHECK_OK(KEY_CHANGE(&b.f, db_select_i64(act->tx, &cut, DB_NO_ARGS, &ended)));
	CHECK(ended >= 1);
	CHECK_OK(use(&b, "C.H.TWO.00", NULL));
	CHECK_OK(use(&b, "C.H.ONE.00", NULL));
}

TEST(a_borrowed_connection_and_new_places)
{
	SCOPED(bench_close) struct bench b;
	struct key_cache_setup setup = { 0 };
	struct key_cache_place place;

	REQUIRE(bench_open(&b, DB_SQLITE));
	key_cache_close(&b.cache);
	setup.reader = b.f.db;
	setup.sessions[0] = b.f.rig.session;
	setup.generation = &b.generation;
	REQUIRE_OK(key_cache_open(&setup, &b.cache));
	make(&b, "C.H.DPK", "20", PRODUCT_IN_HOST);
	CHECK_OK(use(&b, "C.H.DPK.01", NULL));
	CHECK(key_cache_session(b.cache) == b.f.rig.session);
	CHECK_OK(key_cache_place(b.cache, 'T', &place));
	CHECK_STR("test key", place.check, "01CC00BBC79C");
	CHECK_I64("blocks that open here", place.version, 'D');
	key_cache_close(&b.cache);
	setup.reader = NULL;
	setup.dsn = "sqlite:/nowhere/kms.db";
	CHECK_RESULT("no store", key_cache_open(&setup, &b.cache), DB_OPEN);
	CHECK(b.cache == NULL);
}
