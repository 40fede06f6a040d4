/* SPDX-License-Identifier: Apache-2.0 */
/* A program of its own: locked memory is set up once for a process, here with little of it. */
#include <stdio.h>

#include "crypto/locked.h"
#include "domain/keys/key_fixture.h"
#include "service/kms/key_cache.h"

enum { POOL = 64 << 10, KEYS = 60 }; /* room for some fourteen keys */

static result open_one(struct key_cache *c, int version)
{
	const struct key_entry *e;
	struct working_key *k;
	char label[KEY_LABEL_SIZE];

	snprintf(label, sizeof label, "C.H.MAC.%02d", version);
	TRY(key_cache_find(c, str_of(label), &e));
	return key_cache_key(c, e, &k);
}

static void make_keys(struct key_fixture *f)
{
	struct key_definition d = key_fixture_define(f, "C.H.MAC", "M6", 'A', 128, PRODUCT_IN_HOST);
	struct key_order o = { .at_once = true };
	struct key_version v;

	for (int i = 0; i < KEYS; i++)
		CHECK_OK(KEY_CHANGE(f, key_version_generate(act, &d, &o, &v)));
}

TEST(when_locked_memory_is_used_up_the_oldest_keys_are_given_back)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(key_cache_close) struct key_cache *cache = NULL;
	_Atomic uint64_t generation = 0;

	REQUIRE_OK(locked_init(POOL));
	REQUIRE(key_fixture_open(&f, DB_SQLITE, true));
	struct key_cache_setup setup = { .reader = f.db,
		                         .sessions = { f.rig.session },
		                         .generation = &generation };
	REQUIRE_OK(key_cache_open(&setup, &cache));
	make_keys(&f);
	for (int i = 1; i <= KEYS; i++) {
		key_cache_begin(cache, f.now);
		CHECK_OK(open_one(cache, i));
		key_cache_end(cache);
	}
	struct key_cache_counts counts = key_cache_counts(cache);
	test_note("%zu keys stay open", counts.open);
	CHECK(counts.open > 4 && counts.open < KEY_CACHE_HELD_MAX);
	CHECK_I64("all in this process", counts.held, counts.open);
	CHECK_I64("each was opened", counts.opens, KEYS);
	key_cache_begin(cache, f.now);
	CHECK_OK(open_one(cache, 1));
	key_cache_end(cache);
	CHECK_I64("the first was given back", key_cache_counts(cache).opens, KEYS + 1);
	key_cache_drop(cache);
	CHECK_I64("all are", key_cache_counts(cache).held, 0);

	/* one message that needs more than there is */
	result r = OK;
	key_cache_begin(cache, f.now);
	for (int i = 1; i <= KEYS && is_ok(r); i++)
		r = open_one(cache, i);
	key_cache_end(cache);
	CHECK_RESULT("too many at once", r, LOCKED_FULL);
}
