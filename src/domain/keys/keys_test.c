/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "crypto/ytap_keys.h"
#include "domain/fixture.h"
#include "domain/keys/keys.h"

static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";

static struct hsm *open_token(void)
{
	static int count;
	char dir[HSM_PATH_MAX];
	struct hsm_paths paths;
	struct hsm *h = NULL;

	snprintf(dir, sizeof dir, "%s/keys%d", test_dir(), ++count);
	CHECK_OK(hsm_token_init(module, dir, "yika-keys", random_system(), &paths));
	struct hsm_place place = hsm_place_of(&paths);
	CHECK_OK(hsm_open(&place, &h));
	return h;
}

static struct secret secret_of(const char *hex)
{
	struct secret s = { .len = strlen(hex) / 2 };

	CHECK_OK(hex_decode(str_of(hex), s.at, s.len));
	return s;
}

TEST_BOTH(roots_are_made_once_and_found_again)
{
	SCOPED(hsm_close_scoped) struct hsm *h = open_token(), *other = NULL;
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	static const uint8_t sam[6] = { 0, 0, 0, 0, 0, 1 };
	struct keys keys;
	struct secret one = { 0 }, two = { 0 };
	uint8_t version;

	REQUIRE(tx && h);
	CHECK_RESULT("before", keys_open(tx, h, &keys), KEYS_MISSING);
	CHECK_OK(keys_init(tx, h, fixture_now, (struct bizdate){ 20190423 }));
	CHECK_RESULT("again", keys_init(tx, h, fixture_now, (struct bizdate){ 20190423 }),
	             KEYS_EXIST);
	CHECK_OK(keys_open(tx, h, &keys));
	CHECK_OK(keys_current_version(tx, &version));
	CHECK_I64("version", version, 1);
	CHECK_OK(keys_terminal_initial(&keys, sam, 1, &one));
	CHECK_OK(keys_terminal_initial(&keys, sam, 1, &two));
	CHECK_BYTES("same every time", bytes_of(one.at, one.len), bytes_of(two.at, two.len));
	CHECK_I64("16 bytes", one.len, 16);
	CHECK_RESULT("no such version", keys_terminal_initial(&keys, sam, 2, &one), KEYS_VERSION);
	hsm_close(h);
	h = NULL;
	other = open_token();
	REQUIRE(other);
	CHECK_RESULT("another token", keys_open(tx, other, &keys), KEYS_MISSING);
}

TEST_BOTH(the_token_derives_what_the_pure_functions_derive)
{
	SCOPED(hsm_close_scoped) struct hsm *h = open_token();
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	static const uint8_t sam[6] = { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12 };
	struct secret root = secret_of("2B7E151628AED2A6ABF7158809CF4F3C"), got = { 0 };
	struct secret day =
	        secret_of("C0FFEE00112233445566778899AABBCCDDEEFF0102030405060708090A0B0C0D");
	struct keys keys = { .hsm = h };
	struct ytap_ids ids = { .key_version = 1 };
	struct ytap_session_spec spec = {
		.day = 20190423, .sequence = 1, .node = "01010001", .session = 7
	};
	struct ytap_session_keys want;
	struct keys_session session = { { { 20190423 }, 1 }, "01010001", 7 };
	struct hsm_key key;
	uint8_t tik[SUITE_KEY_SIZE];

	REQUIRE(tx && h);
	REQUIRE_OK(hsm_key_store(h, "yika-root-1", &root, &keys.roots[1]));
	REQUIRE_OK(hsm_key_store(h, "yika-day-20190423-1", &day, &key));
	memcpy(ids.sam, sam, sizeof sam);
	CHECK_OK(ytap_derive_tik(SUITE_AES, bytes_of(root.at, root.len), &ids, tik));
	CHECK_OK(keys_terminal_initial(&keys, sam, 1, &got));
	CHECK_BYTES("TIK", bytes_of(got.at, got.len), bytes_of(tik, sizeof tik));
	CHECK_OK(ytap_derive_session_keys(day.at, &spec, &want));
	CHECK_OK(keys_session_key(&keys, &session, KEYS_MAC, &got));
	CHECK_BYTES("TAK", bytes_of(got.at, got.len), bytes_of(want.tak, sizeof want.tak));
	CHECK_OK(keys_session_key(&keys, &session, KEYS_ENC, &got));
	CHECK_BYTES("TDK", bytes_of(got.at, got.len), bytes_of(want.tdk, sizeof want.tdk));
	CHECK_OK(keys_session_key(&keys, &session, KEYS_PIN, &got));
	CHECK_BYTES("TPK", bytes_of(got.at, got.len), bytes_of(want.tpk, sizeof want.tpk));
}

TEST_BOTH(days_go_forward_and_old_ones_are_destroyed)
{
	SCOPED(hsm_close_scoped) struct hsm *h = open_token();
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct keys keys;
	struct keys_day day;
	struct keys_session first = { { { 20190423 }, 1 }, "01010001", 7 },
	                    third = { { { 20190425 }, 1 }, "01010001", 7 };
	struct secret out = { 0 };

	REQUIRE(tx && h);
	REQUIRE_OK(keys_init(tx, h, fixture_now, (struct bizdate){ 20190423 }));
	REQUIRE_OK(keys_open(tx, h, &keys));
	CHECK_OK(keys_session_key(&keys, &first, KEYS_MAC, &out));
	CHECK_RESULT("not yet", keys_session_key(&keys, &third, KEYS_MAC, &out), KEYS_DAY_GONE);
	CHECK_OK(keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190423 }, &day));
	CHECK_OK(keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190424 }, &day));
	CHECK_OK(keys_session_key(&keys, &first, KEYS_MAC, &out));
	CHECK_OK(keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190425 }, &day));
	CHECK_OK(keys_session_key(&keys, &third, KEYS_MAC, &out));
	CHECK_OK(keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190426 }, &day));
	CHECK_RESULT("destroyed", keys_session_key(&keys, &first, KEYS_MAC, &out), KEYS_DAY_GONE);
	CHECK_RESULT("back",
	             keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190425 }, &day),
	             KEYS_DAY_ORDER);
	CHECK_OK(keys_day_current(tx, &day));
	CHECK_I64("today", day.date.yyyymmdd, 20190426);
}

TEST_BOTH(a_step_that_was_taken_back_is_done_again_with_the_same_key)
{
	SCOPED(hsm_close_scoped) struct hsm *h = open_token();
	SCOPED(fixture_end) struct db_tx *tx = fixture_begin(engine);
	struct keys keys;
	struct keys_day day;
	struct keys_session session = { { { 20190424 }, 1 }, "01010001", 7 };
	struct secret before = { 0 }, later = { 0 };

	REQUIRE(tx && h);
	REQUIRE_OK(keys_init(tx, h, fixture_now, (struct bizdate){ 20190423 }));
	REQUIRE_OK(keys_open(tx, h, &keys));
	CHECK_OK(db_savepoint(tx, 1));
	CHECK_OK(keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190424 }, &day));
	CHECK_OK(keys_session_key(&keys, &session, KEYS_MAC, &before));
	CHECK_OK(db_rollback_to(tx, 1));
	CHECK_OK(keys_day_advance(tx, &keys, fixture_now, (struct bizdate){ 20190424 }, &day));
	CHECK_OK(keys_session_key(&keys, &session, KEYS_MAC, &later));
	CHECK_BYTES("same", bytes_of(later.at, later.len), bytes_of(before.at, before.len));
}
