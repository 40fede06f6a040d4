/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A renewal as a walk of chance, from seeds: batches, new values, moves, the way back, the end, and
 * breaks of the process between any two of them, before and after a commit. After each step every
 * block opens under the key it names, and none was lost (keys 7.2).
 */
#include <stdio.h>
#include <stdlib.h>

#include "domain/keys/day_root.h"
#include "domain/keys/key_fixture.h"

/* YIKA_REKEY_WALKS for more, YIKA_REKEY_SEED for others. */
enum { WALKS = 2, STEPS = 40, KEYS = 5, FIRST = 210 };

struct walk {
	struct key_fixture f;
	struct random_seeded random;
	struct key_definition keys[KEYS];
	int64_t retired; /* renewals that came to their end */
};

static unsigned chance(struct walk *w, unsigned bound)
{
	return (unsigned)random_below(&w->random, bound);
}

/* --- what may happen --- */

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

/* A new master key, and the job; all in one change, as far as rows go. */
static result start(struct walk *w, struct key_act *act)
{
	struct rekey_job job;
	struct master next;

	TRY(add_pending(act, &w->f, &next));
	TRY(master_ring_load(act->ring, act->tx));
	return rekey_start(act, next.id, &job);
}

static result add_value(struct walk *w, struct key_act *act)
{
	struct key_order o = { .at_once = true };
	struct key_version v;

	return key_version_generate(act, &w->keys[chance(w, KEYS)], &o, &v);
}

/* A value that is there moves on, to its end too. */
static result move_value(struct walk *w, struct key_act *act)
{
	struct key_version v;
	int64_t highest;
	static const struct db_statement last = { "last", "SELECT max(id) FROM kms_keyver",
		                                  "SELECT max(id) FROM kms_keyver", 0 };

	TRY(db_select_i64(act->tx, &last, DB_NO_ARGS, &highest));
	TRY(key_version_load(act->tx, 1 + chance(w, (unsigned)highest), &v));
	for (size_t i = 0; i < KEYS; i++)
		if (w->keys[i].id == v.key)
			return key_version_move(act, &w->keys[i], &v,
			                        (enum key_state)chance(w, KEY_DESTROYED + 1));
	return FAIL(KEY_NOT_FOUND, "none of ours");
}

static result one_step(struct walk *w, struct key_act *act)
{
	struct rekey_job job, back;
	bool runs, more;

	TRY(rekey_find(act->tx, &job, &runs));
	if (!runs)
		return start(w, act);
	switch (chance(w, 8)) {
	case 0:
		return add_value(w, act);
	case 1:
		return move_value(w, act);
	case 2:
		return chance(w, 3) ? OK : rekey_abort(act, &job, &back);
	case 3:
		if (job.state != REKEY_VERIFIED)
			return OK;
		w->retired++;
		return rekey_complete(act, &job);
	default:
		return rekey_step(act, &job, &more);
	}
}

/* --- breaks --- */

/* The process is gone, with or without its last commit, and comes back: it sweeps its device. */
static void come_back(struct walk *w)
{
	size_t erased;

	db_close(w->f.db);
	w->f.db = NULL;
	CHECK_OK(db_open(str_of(w->f.dsn), DB_RELAXED | DB_KMS, &w->f.db));
	CHECK_OK(KEY_CHANGE(&w->f, master_sweep(act->ring, act->tx, true, &erased)));
}

static int64_t blocks(struct walk *w)
{
	static const char text[] =
	        "SELECT (SELECT count(*) FROM kms_keyver WHERE state <> 'DESTROYED') + "
	        "(SELECT count(*) FROM kms_dayroot WHERE state <> 'DESTROYED')";
	static const struct db_statement count = { "blocks", text, text, 0 };
	int64_t n = -1;

	CHECK_OK(KEY_CHANGE(&w->f, db_select_i64(act->tx, &count, DB_NO_ARGS, &n)));
	return n;
}

static bool check(struct walk *w, const char *when)
{
	int64_t scanned = 0, there = blocks(w);
	result r = KEY_CHANGE(&w->f, rekey_scan(act, &scanned));

	return CHECK_RESULT(when, r, SUCCESS) && CHECK_I64(when, scanned, there);
}

/* One step, committed or taken back; what was refused by a rule is taken back. */
static bool take_step(struct walk *w)
{
	struct key_act *act = key_fixture_begin(&w->f);
	result r = one_step(w, act);
	bool breaks = chance(w, 4) == 0, before = chance(w, 2) == 0;

	if (is_ok(r) && !(breaks && before))
		key_fixture_commit(&w->f);
	else
		key_fixture_rollback(&w->f);
	if (!CHECK(is_ok(r) || result_kind(r) == RESULT_DECLINE))
		return false;
	if (breaks)
		come_back(w);
	return check(w, breaks ? "after a break" : "after a step");
}

/* --- the walk --- */

static result fill(struct walk *w, struct key_act *act)
{
	struct key_order o = { .at_once = true };
	struct key_version v;
	struct day_root day;

	for (int i = 0; i < FIRST; i++)
		TRY(key_version_generate(act, &w->keys[i % KEYS], &o, &v));
	return day_root_begin(act, "SITE", (struct bizdate){ 20260305 }, &day);
}

static bool begin(struct walk *w, enum db_engine engine, uint64_t seed)
{
	char label[KEY_LABEL_SIZE];

	*w = (struct walk){ .retired = 0 };
	random_seeded_init(&w->random, seed);
	if (!key_fixture_open(&w->f, engine, true))
		return false;
	for (int i = 0; i < KEYS; i++) {
		snprintf(label, sizeof label, "C.%s.K%d", i % 2 ? "DEVICE" : "HOST", i);
		w->keys[i] = key_fixture_define(&w->f, label, "20", 'T', 112,
		                                i % 2 ? PRODUCT_IN_DEVICE : PRODUCT_IN_HOST);
	}
	CHECK_OK(KEY_CHANGE(&w->f, fill(w, act)));
	return true;
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && is_ok(str_u64(str_of(text), &n)) ? n : fallback;
}

static void walk_once(struct walk *w, enum db_engine engine, uint64_t seed)
{
	int steps = 0;

	REQUIRE(begin(w, engine, seed));
	while (steps < STEPS && take_step(w))
		steps++;
	if (steps < STEPS)
		test_note("seed %" PRIu64 " broke at step %d", seed, steps);
	key_fixture_close(&w->f);
}

static void walk(enum db_engine engine, uint64_t walks)
{
	static struct walk w;
	uint64_t from = setting("YIKA_REKEY_SEED", 1);
	int64_t ended = 0;

	for (uint64_t seed = from; seed < from + walks; seed++) {
		walk_once(&w, engine, seed);
		ended += w.retired;
	}
	test_note("%" PRIu64 " walks from seed %" PRIu64 " of %d steps, %" PRId64 " renewals ended",
	          walks, from, STEPS, ended);
}

TEST(a_renewal_that_breaks_anywhere_loses_nothing_on_sqlite)
{
	walk(DB_SQLITE, setting("YIKA_REKEY_WALKS", WALKS));
}

TEST(a_renewal_that_breaks_anywhere_loses_nothing_on_postgres)
{
	walk(DB_POSTGRES, 1);
}
