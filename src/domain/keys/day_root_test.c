/* SPDX-License-Identifier: Apache-2.0 */
/* One key per day among ten thousand terminals (keys 15.1, 20.3 no. 7): the change at midnight, the
 * window of the old root, an emergency change, a crash in between. */
#include "domain/keys/day_root.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/mac.h"
#include "crypto/ytap_keys.h"
#include "domain/keys/key_fixture.h"

enum { TERMINALS = 10000, MINUTE_S = 60, SPREAD_S = 11 * MINUTE_S };

#define SITE "SITE"
static const struct bizdate today = { 20260305 }, tomorrow = { 20260306 };
static const struct day_root_key old_key = { { 20260305 }, 1 }, new_key = { { 20260306 }, 1 };

/* --- terminals --- */

struct terminal_line {
	struct day_root_key signed_under;
	uint32_t session;
	struct instant at;
	uint8_t f64[F64_SIZE]; /* of its message */
};

static const char message[] = "a sale of ten yuan";

static void name_of(size_t number, uint8_t out[YTAP_NODE_SIZE])
{
	char text[YTAP_NODE_SIZE + 1];

	snprintf(text, sizeof text, "1001%04zu", number % 10000);
	memcpy(out, text, YTAP_NODE_SIZE);
}

static result tak_of(struct working_key *root, const struct terminal_line *t, size_t number,
                     struct mac_key *out)
{
	SCOPED(ytap_session_keys_wipe) struct ytap_session_keys keys = { 0 };
	struct ytap_session_spec spec = { .day = t->signed_under.day.yyyymmdd,
		                          .sequence = t->signed_under.seq,
		                          .session = t->session };
	struct working_prf prf;

	name_of(number, spec.node);
	TRY(working_key_prf(root, &prf));
	TRY(ytap_derive_session_keys_prf(&prf.prf, &spec, &keys));
	return mac_key_init_suite(out, SUITE_AES, keys.tak);
}

static result open_found(struct key_fixture *f, const struct day_root_key *k,
                         struct working_key **out)
{
	struct day_root root;

	key_fixture_begin(f);
	result r = day_root_find(f->act.tx, SITE, k, f->now, &root);
	if (is_ok(r))
		r = day_root_open(&f->ring, &root, out);
	key_fixture_rollback(f);
	return r;
}

/* The root in force signs it in; it sends a message under its new key at once. */
static result sign_in(struct key_fixture *f, struct working_key *root, struct terminal_line *t,
                      size_t number)
{
	SCOPED(mac_key_deinit) struct mac_key tak = { 0 };

	t->session = (uint32_t)number + 1;
	t->at = f->now;
	TRY(tak_of(root, t, number, &tak));
	mac_f64(&tak, bytes_of(message, sizeof message), t->f64);
	return OK;
}

/* Is its message right for the host, which derives the key again from the root it named? */
static result accept(struct working_key *root, const struct terminal_line *t, size_t number)
{
	SCOPED(mac_key_deinit) struct mac_key tak = { 0 };

	TRY(tak_of(root, t, number, &tak));
	return mac_f64_is(&tak, bytes_of(message, sizeof message), bytes_of(t->f64, sizeof t->f64))
	               ? OK
	               : FAIL(FRONT_MAC_WRONG, "terminal %zu", number);
}

static size_t count_accepted(struct key_fixture *f, const struct terminal_line *lines,
                             const struct day_root_key *under)
{
	SCOPED(working_key_close) struct working_key *root = NULL;
	size_t accepted = 0;

	if (!is_ok(open_found(f, under, &root)))
		return 0;
	for (size_t i = 0; i < TERMINALS; i++)
		if (lines[i].signed_under.seq == under->seq &&
		    lines[i].signed_under.day.yyyymmdd == under->day.yyyymmdd)
			accepted += is_ok(accept(root, &lines[i], i));
	return accepted;
}

static struct instant begin_days(struct key_fixture *f)
{
	struct instant midnight = { key_fixture_now.us + 12 * 3600 * (int64_t)SECOND_US };
	struct day_root root;

	CHECK_OK(KEY_CHANGE(f, day_root_begin(act, SITE, today, &root)));
	return midnight; /* 2026-03-06 00:00 +08:00 */
}

/* --- midnight --- */

/* Terminal i comes at its moment between 23:59 and 00:10. */
static struct instant moment_of(size_t i, struct instant midnight)
{
	int64_t since = (int64_t)i * SPREAD_S * SECOND_US / TERMINALS;

	return (struct instant){ midnight.us - MINUTE_S * (int64_t)SECOND_US + since };
}

static void change_day(struct key_fixture *f, struct instant midnight, struct working_key **root)
{
	struct day_root now;

	f->now = midnight;
	CHECK_OK(KEY_CHANGE(f, day_root_advance(act, SITE, tomorrow, &now)));
	working_key_close(root);
	CHECK_OK(open_found(f, &new_key, root));
}

/* All of them, in the order of time; how many came before the change. */
static size_t sign_in_all(struct key_fixture *f, struct instant midnight,
                          struct terminal_line *lines)
{
	SCOPED(working_key_close) struct working_key *root = NULL;
	size_t before = 0;

	CHECK_OK(open_found(f, &old_key, &root));
	for (size_t i = 0; i < TERMINALS; i++) {
		bool late = moment_of(i, midnight).us >= midnight.us;

		if (late && before == i)
			change_day(f, midnight, &root);
		f->now = moment_of(i, midnight);
		lines[i].signed_under = late ? new_key : old_key;
		before += !late;
		if (!is_ok(sign_in(f, root, &lines[i], i)))
			return 0;
	}
	return before;
}

KEY_TEST_BOTH(ten_thousand_terminals_cross_midnight_and_nobody_is_cut_off)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	static struct terminal_line lines[TERMINALS];
	struct instant midnight;
	size_t before;

	REQUIRE(key_fixture_open(&f, engine, true));
	midnight = begin_days(&f);
	before = sign_in_all(&f, midnight, lines);
	CHECK_I64("a minute of eleven", before, (TERMINALS + 10) / 11);
	CHECK_I64("the old ones speak on", count_accepted(&f, lines, &old_key), before);
	CHECK_I64("the new ones too", count_accepted(&f, lines, &new_key), TERMINALS - before);
	f.now.us = midnight.us + DAY_ROOT_KEPT_S * (int64_t)SECOND_US - 1;
	CHECK_I64("to the last moment", count_accepted(&f, lines, &old_key), before);
	f.now.us++;
	CHECK_I64("and no longer", count_accepted(&f, lines, &old_key), 0);
	CHECK_I64("the others do", count_accepted(&f, lines, &new_key), TERMINALS - before);
}

KEY_TEST_BOTH(the_old_root_is_refused_after_its_window_and_then_destroyed)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct instant midnight;
	struct day_root now, found;
	size_t destroyed;

	REQUIRE(key_fixture_open(&f, engine, true));
	midnight = begin_days(&f);
	f.now = midnight;
	CHECK_OK(KEY_CHANGE(&f, day_root_advance(act, SITE, tomorrow, &now)));
	CHECK_OK(KEY_CHANGE(&f, day_root_find(act->tx, SITE, &old_key, f.now, &found)));
	CHECK_I64("until", day_root_until(&found).us,
	          midnight.us + DAY_ROOT_KEPT_S * (int64_t)SECOND_US);
	CHECK_I64("in force", day_root_until(&now).us, 0);
	CHECK_OK(KEY_CHANGE(&f, day_root_expire(act, SITE, &destroyed)));
	CHECK_I64("not yet", destroyed, 0);
	f.now = day_root_until(&found);
	CHECK_RESULT("refused while its row is still there",
	             KEY_CHANGE(&f, day_root_find(act->tx, SITE, &old_key, f.now, &found)),
	             KEYS_DAY_GONE);
	CHECK_OK(KEY_CHANGE(&f, day_root_expire(act, SITE, &destroyed)));
	CHECK_I64("destroyed without a day-end", destroyed, 1);
	CHECK_OK(KEY_CHANGE(&f, day_root_expire(act, SITE, &destroyed)));
	CHECK_I64("once", destroyed, 0);
	CHECK_OK(KEY_CHANGE(&f, day_root_current(act->tx, SITE, f.now, &found)));
	CHECK_I64("the one in force stays", found.day.yyyymmdd, tomorrow.yyyymmdd);
}

KEY_TEST_BOTH(an_emergency_change_takes_a_root_that_nobody_can_compute)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	static const struct day_root_key second_key = { { 20260305 }, 2 };
	SCOPED(working_key_close) struct working_key *first = NULL;
	SCOPED(working_key_close) struct working_key *second = NULL;
	uint8_t ratchet[DAY_ROOT_SIZE];
	struct day_root now, found;

	REQUIRE(key_fixture_open(&f, engine, true));
	begin_days(&f);
	CHECK_OK(KEY_CHANGE(&f, day_root_change(act, SITE, &now)));
	CHECK_I64("the same day", now.day.yyyymmdd, today.yyyymmdd);
	CHECK_I64("the next sequence", now.seq, 2);
	CHECK_OK(open_found(&f, &old_key, &first));
	CHECK_OK(open_found(&f, &second_key, &second));
	CHECK_OK(ytap_ratchet_day_root(working_key_value(first).at, today.yyyymmdd, 2, ratchet));
	CHECK(memcmp(working_key_value(second).at, ratchet, sizeof ratchet) != 0);
	CHECK_OK(KEY_CHANGE(&f, day_root_advance(act, SITE, tomorrow, &found)));
	CHECK_I64("goes on from there", found.seq, 1);
	CHECK_OK(
	        ytap_ratchet_day_root(working_key_value(second).at, tomorrow.yyyymmdd, 1, ratchet));
	SCOPED(working_key_close) struct working_key *next = NULL;
	CHECK_OK(open_found(&f, &new_key, &next));
	CHECK_BYTES("ratcheted", working_key_value(next), bytes_of(ratchet, sizeof ratchet));
}

/* --- a crash between insert and commit --- */

/* A process of its own goes on to the next day and dies before it commits. */
static void die_before_commit(struct key_fixture *f, struct bizdate to)
{
	struct day_root now;
	pid_t child = fork();

	if (child == 0) {
		struct key_act *act = key_fixture_begin(f);
		result r = day_root_advance(act, SITE, to, &now);

		_exit(is_ok(r) ? 7 : 1);
	}
	int status = 0;
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status));
	CHECK_I64("it got as far as the insert", WEXITSTATUS(status), 7);
}

static result root_value(struct key_fixture *f, const struct day_root_key *k,
                         uint8_t out[DAY_ROOT_SIZE])
{
	SCOPED(working_key_close) struct working_key *root = NULL;

	TRY(open_found(f, k, &root));
	memcpy(out, working_key_value(root).at, DAY_ROOT_SIZE);
	return OK;
}

/* The child must not share the parent's connection or token session: the store is opened there
 * anew, and the parent opens it only afterwards. */
TEST(a_crash_between_insert_and_commit_leaves_the_day_as_it_was)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct day_root now, found;
	uint8_t before[DAY_ROOT_SIZE], again[DAY_ROOT_SIZE], want[DAY_ROOT_SIZE];

	REQUIRE(key_fixture_open(&f, DB_SQLITE, true));
	begin_days(&f);
	REQUIRE_OK(root_value(&f, &old_key, before));
	db_close(f.db);
	f.db = NULL;
	REQUIRE_OK(db_open(str_of(f.dsn), DB_RELAXED | DB_KMS, &f.db));
	die_before_commit(&f, tomorrow);
	db_close(f.db);
	f.db = NULL;
	REQUIRE_OK(db_open(str_of(f.dsn), DB_RELAXED | DB_KMS, &f.db));
	CHECK_RESULT("nothing of it",
	             KEY_CHANGE(&f, day_root_find(act->tx, SITE, &new_key, f.now, &found)),
	             KEYS_DAY_GONE);
	CHECK_OK(KEY_CHANGE(&f, day_root_current(act->tx, SITE, f.now, &found)));
	CHECK_I64("still the day before", found.day.yyyymmdd, today.yyyymmdd);
	CHECK_I64("in force", found.state, DAY_ROOT_ACTIVE);
	REQUIRE_OK(root_value(&f, &old_key, again));
	CHECK_BYTES("its value", bytes_of(again, sizeof again), bytes_of(before, sizeof before));
	CHECK_OK(KEY_CHANGE(&f, day_root_advance(act, SITE, tomorrow, &now)));
	REQUIRE_OK(root_value(&f, &new_key, again));
	CHECK_OK(ytap_ratchet_day_root(before, tomorrow.yyyymmdd, 1, want));
	CHECK_BYTES("the repeat gives the same root", bytes_of(again, sizeof again),
	            bytes_of(want, sizeof want));
}
