/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "domain/keys/day_root.h"
#include "domain/keys/key_fixture.h"

enum { FIRST = 40, KEYS = 450, DEFINITIONS = 5 };

/* A new key in PENDING, of random components' sum, in the device. */
static result add_pending(struct key_act *act, struct key_fixture *f, struct master *out)
{
	struct secret lmk = { .len = 32 };
	struct hsm_lmk installed;

	*out = (struct master){ .algorithm = LMK_AES, .gen = 2, .status = MASTER_TEST };
	random_fill(act->random, lmk.at, lmk.len);
	TRY(master_free_slot(act->ring, LMK_AES, &out->slot));
	TRY(hsm_lmk_install(f->rig.session, out->slot, LMK_AES, &lmk, &installed));
	hex_encode(bytes_of(installed.check, HSM_PROOF), out->kcv);
	memcpy(out->proof, installed.proof, sizeof out->proof);
	return master_add(act->tx, act->now, out);
}

static result generate(struct key_act *act, const struct key_definition *k, int count)
{
	struct key_order o = { .at_once = true };
	struct key_version v;

	for (int i = 0; i < count; i++)
		TRY(key_version_generate(act, k, &o, &v));
	return OK;
}

static result fill(struct key_act *act, const struct key_definition *keys, size_t count)
{
	struct day_root day;

	for (size_t i = 0; i < count; i++)
		TRY(generate(act, &keys[i], i < 2 ? FIRST / 2 : KEYS / DEFINITIONS));
	return day_root_begin(act, "SITE", (struct bizdate){ 20260305 }, &day);
}

struct renewal {
	struct key_fixture f;
	struct master next;
	struct rekey_job job;
	int64_t old;
};

static bool renewal_open(struct renewal *r, enum db_engine engine)
{
	*r = (struct renewal){ 0 };
	if (!key_fixture_open(&r->f, engine, true))
		return false;
	struct key_definition keys[2 + DEFINITIONS];
	char label[KEY_LABEL_SIZE];

	keys[0] = key_fixture_define(&r->f, "C.EP.DPK", "20", 'T', 112, PRODUCT_IN_DEVICE);
	keys[1] = key_fixture_define(&r->f, "C.EPH.DPK", "20", '4', 128, PRODUCT_IN_HOST);
	for (int i = 0; i < DEFINITIONS; i++) {
		snprintf(label, sizeof label, "C.EP.K%d", i);
		keys[2 + i] = key_fixture_define(&r->f, label, "20", 'T', 112, PRODUCT_IN_DEVICE);
	}
	CHECK_OK(KEY_CHANGE(&r->f, fill(act, keys, ARRAY_LEN(keys))));
	r->old = master_active(&r->f.ring, LMK_AES)->id;
	CHECK_OK(KEY_CHANGE(&r->f, add_pending(act, &r->f, &r->next)));
	return true;
}

static void renewal_close(struct renewal *r)
{
	key_fixture_close(&r->f);
}

static result step(struct renewal *r, bool *more)
{
	return KEY_CHANGE(&r->f, rekey_step(act, &r->job, more));
}

static void run_to_end(struct renewal *r)
{
	bool more = true;

	for (int i = 0; more && i < 100; i++)
		CHECK_OK(step(r, &more));
	CHECK(!more);
}

KEY_TEST_BOTH(every_block_goes_over_and_the_old_key_is_retired)
{
	SCOPED(renewal_close) struct renewal r;
	int64_t rows;

	REQUIRE(renewal_open(&r, engine));
	CHECK_OK(KEY_CHANGE(&r.f, rekey_scan(act, &rows)));
	CHECK_I64("rows", rows, KEYS + 41);
	CHECK_RESULT("not in use", KEY_CHANGE(&r.f, rekey_start(act, r.old, &r.job)), MASTER_STATE);
	REQUIRE_OK(KEY_CHANGE(&r.f, rekey_start(act, r.next.id, &r.job)));
	CHECK_I64("total", r.job.total, KEYS + 41);
	struct rekey_job other;
	CHECK_RESULT("runs", KEY_CHANGE(&r.f, rekey_start(act, r.next.id, &other)), REKEY_RUNS);
	CHECK_RESULT("too early", KEY_CHANGE(&r.f, rekey_complete(act, &r.job)), REKEY_STATE);
	run_to_end(&r);
	CHECK_I64("verified", r.job.state, REKEY_VERIFIED);
	CHECK_I64("done", r.job.done, KEYS + 41);
	CHECK_OK(KEY_CHANGE(&r.f, rekey_complete(act, &r.job)));
	CHECK_OK(hsm_lmk_erase(r.f.rig.session, 0));
	CHECK_OK(KEY_CHANGE(&r.f, rekey_scan(act, &rows)));
	CHECK_I64("all open under the new one alone", rows, KEYS + 41);
	CHECK_OK(KEY_CHANGE(&r.f, rekey_complete(act, &r.job)));
}

KEY_TEST_BOTH(half_way_every_row_opens_and_the_way_back_is_open)
{
	SCOPED(renewal_close) struct renewal r;
	struct rekey_job back;
	int64_t rows;
	bool more;

	REQUIRE(renewal_open(&r, engine));
	REQUIRE_OK(KEY_CHANGE(&r.f, rekey_start(act, r.next.id, &r.job)));
	CHECK_OK(step(&r, &more));
	CHECK(more);
	CHECK_OK(KEY_CHANGE(&r.f, rekey_scan(act, &rows)));
	CHECK_I64("rows", rows, KEYS + 41);
	/* what a process sees that starts now */
	bool found;
	CHECK_OK(KEY_CHANGE(&r.f, rekey_find(act->tx, &back, &found)));
	CHECK(found && back.state == REKEY_RUNNING && back.done == REKEY_BATCH);
	CHECK_OK(KEY_CHANGE(&r.f, rekey_abort(act, &r.job, &back)));
	r.job = back;
	run_to_end(&r);
	CHECK_I64("gone back", r.job.done, REKEY_BATCH);
	key_fixture_begin(&r.f);
	CHECK_I64("the old one is active", master_active(&r.f.ring, LMK_AES)->id, r.old);
	key_fixture_rollback(&r.f);
	CHECK_OK(KEY_CHANGE(&r.f, rekey_complete(act, &r.job)));
}

KEY_TEST_BOTH(a_process_without_the_new_key_holds_the_renewal_up)
{
	/* keys 20.3 no. 2 */
	SCOPED(renewal_close) struct renewal r;
	struct master_ring empty = { 0 };

	REQUIRE(renewal_open(&r, engine));
	CHECK_OK(KEY_CHANGE(&r.f, master_node_report(act->tx, act->now, "one", &r.f.ring)));
	CHECK_OK(KEY_CHANGE(&r.f, master_node_report(act->tx, act->now, "two", &empty)));
	CHECK_RESULT("two", KEY_CHANGE(&r.f, rekey_start(act, r.next.id, &r.job)), MASTER_NODES);
	r.f.now.us += (MASTER_NODE_LIVE_S + 1) * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&r.f, master_node_report(act->tx, act->now, "one", &r.f.ring)));
	CHECK_OK(KEY_CHANGE(&r.f, rekey_start(act, r.next.id, &r.job)));
}

KEY_TEST_BOTH(a_row_that_cannot_go_over_stops_the_job_and_says_which)
{
	static const struct db_statement spoil = {
		"spoil",
		"UPDATE kms_keyver SET block = replace(block, '20TX', '23TX') WHERE id = 2",
		"UPDATE kms_keyver SET block = replace(block, '20TX', '23TX') WHERE id = 2", 0
	};
	static const struct db_statement mend = {
		"mend", "UPDATE kms_keyver SET block = replace(block, '23TX', '20TX') WHERE id = 2",
		"UPDATE kms_keyver SET block = replace(block, '23TX', '20TX') WHERE id = 2", 0
	};
	SCOPED(renewal_close) struct renewal r;
	int64_t rows;
	bool more;

	REQUIRE(renewal_open(&r, engine));
	REQUIRE_OK(KEY_CHANGE(&r.f, rekey_start(act, r.next.id, &r.job)));
	CHECK_OK(KEY_CHANGE(&r.f, db_execute(act->tx, &spoil, DB_NO_ARGS, NULL)));
	CHECK_RESULT("scan", KEY_CHANGE(&r.f, rekey_scan(act, &rows)), REKEY_ROW);
	CHECK_OK(step(&r, &more));
	CHECK(!more);
	CHECK_STR("which", r.job.detail, "kms_keyver 2: KEYBLOCK_MAC");
	CHECK_I64("those before it went over", r.job.done, 1);
	CHECK_OK(KEY_CHANGE(&r.f, db_execute(act->tx, &mend, DB_NO_ARGS, NULL)));
	run_to_end(&r);
	CHECK_I64("done", r.job.done, KEYS + 41);
}

KEY_TEST_BOTH(a_table_that_a_renewal_would_forget_is_found_at_the_start)
{
	static const struct db_statement make = {
		"make", "CREATE TABLE kms_other (id INTEGER PRIMARY KEY, block TEXT) STRICT",
		"CREATE TABLE kms_other (id BIGINT PRIMARY KEY, block TEXT)", 0
	};
	SCOPED(key_fixture_close) struct key_fixture f;

	REQUIRE(key_fixture_open(&f, engine, true));
	CHECK_OK(KEY_CHANGE(&f, rekey_check_tables(act->tx)));
	CHECK_OK(KEY_CHANGE(&f, db_execute(act->tx, &make, DB_NO_ARGS, NULL)));
	CHECK_RESULT("forgotten", KEY_CHANGE(&f, rekey_check_tables(act->tx)), REKEY_TABLE);
}
