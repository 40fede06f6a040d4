/* SPDX-License-Identifier: Apache-2.0 */
/* The SDF driver as a device: what it can, whom it opens for, and its loss. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cipher.h"
#include "crypto/mac.h"
#include "harness/test.h"
#include "hsm/sdf_testkit.h"

enum { WORKERS = 4, ROUNDS = 60 };

/* --- what it is --- */

TEST(an_sdf_device_says_what_it_is_and_can)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	struct hsm_shape aes = { 'A', 128, HSM_MAY_ENCRYPT }, sm4 = { '4', 128, HSM_MAY_ENCRYPT };
	struct secret one = { "12345678", 8 }, two = { "87654321", 8 };
	uint8_t key[24] = { 1 }, modulus[HSM_RSA_MAX];
	struct hsm_object o;
	struct hsm_info info;
	size_t len;

	REQUIRE(sdf_rig_open(&r));
	hsm_device_info(r.device, &info);
	CHECK_STR("vendor", info.vendor, "YIKA-TEST");
	CHECK_STR("model", info.model, "library");
	CHECK_I64("serial number", strlen(info.serial), 16);
	CHECK_STR("firmware", info.firmware, "7");
	CHECK(info.software);
	CHECK_I64("capabilities", info.capabilities, HSM_CAN_LMK_SM4 | HSM_CAN_SM4);
	CHECK(hsm_session_can(r.session, HSM_CAN_LMK_SM4));
	CHECK(!hsm_session_can(r.session, HSM_CAN_UNWRAP) &&
	      !hsm_session_can(r.session, HSM_CAN_SM2));
	CHECK_OK(hsm_selftest(r.session));
	CHECK_OK(hsm_device_check(r.device));
	CHECK_RESULT("AES", hsm_object_import(r.session, bytes_of(key, 16), &aes, &o),
	             HSM_UNSUPPORTED);
	CHECK_RESULT("made inside", hsm_object_generate(r.session, &sm4, &o), HSM_UNSUPPORTED);
	CHECK_RESULT("unwrapped inside",
	             hsm_object_unwrap(r.session, 0, bytes_of(key, 24), &sm4, &o), HSM_UNSUPPORTED);
	CHECK_RESULT("RSA", hsm_object_generate_rsa(r.session, &sm4, 3, &o, modulus, &len),
	             HSM_UNSUPPORTED);
	CHECK_RESULT("PIN", hsm_device_set_pin(r.device, &one, &two), HSM_UNSUPPORTED);
}

TEST(random_numbers_come_in_any_length)
{
	static const size_t lengths[] = { 1, 16, 256, 257, 1000 };
	SCOPED(sdf_rig_close) struct sdf_rig r;
	const size_t *len;

	REQUIRE(sdf_rig_open(&r));
	EACH (len, lengths) {
		uint8_t one[1001] = { 0 }, two[1001] = { 0 };

		CHECK_OK(hsm_random(r.session, one, *len));
		CHECK_OK(hsm_random(r.session, two, *len));
		CHECK(*len < 16 || memcmp(one, two, *len) != 0);
		CHECK(*len < 16 || memcmp(one + *len - 16, two + *len - 16, 16) != 0);
		CHECK_I64("behind", one[*len], 0);
	}
}

/* --- whom it opens for --- */

struct opening {
	const char *name, *want;
	struct hsm_address place;
	const char *variable, *value; /* of the environment */
};

static void check_refusal(struct sdf_rig *r, const struct opening *o)
{
	struct hsm_device *d = NULL;
	const char *was = getenv(o->variable);
	char kept[HSM_TEXT_MAX] = "";

	if (was)
		str_copy(str_of(was), kept, sizeof kept);
	if (o->value)
		setenv(o->variable, o->value, 1);
	else
		unsetenv(o->variable);
	CHECK_STR(o->name, result_name(hsm_device_open(&o->place, NULL, &d)), o->want);
	CHECK(!d);
	if (was)
		setenv(o->variable, kept, 1);
	else
		unsetenv(o->variable);
	CHECK_I64(o->name, sdf_rig_count(r).devices, 0);
	CHECK_I64(o->name, sdf_rig_count(r).sessions, 0);
	CHECK_I64(o->name, sdf_rig_count(r).keys, 0);
}

TEST(a_device_that_cannot_be_used_is_refused_and_nothing_stays_open)
{
	struct sdf_rig r;

	sdf_rig_init(&r);
	struct hsm_address other_key = r.place, p = r.place;
	other_key.sdf_key = 5;
	struct opening rows[] = {
		{ "absent", "HSM_TOKEN", p, "YIKA_SDF_ABSENT", "1" },
		{ "does not open", "HSM_TOKEN", p, "YIKA_SDF_DIR", NULL },
		{ "another PIN", "HSM_PIN", p, "YIKA_SDF_PIN", "another testing PIN" },
		{ "no such key pair", "HSM_TOKEN", other_key, "YIKA_SDF_X", NULL },
		{ "no PIN though it wants one", "HSM_PIN", p, "YIKA_SDF_X", NULL },
		{ "no library", "HSM_MODULE", p, "YIKA_SDF_X", NULL },
		{ "another kind of library", "HSM_MODULE", p, "YIKA_SDF_X", NULL },
		{ "a library without random numbers", "HSM_MODULE", p, "YIKA_SDF_X", NULL },
		{ "no directory", "HSM_INPUT", p, "YIKA_SDF_X", NULL },
		{ "a directory that cannot be", "FILE_WRITE", p, "YIKA_SDF_X", NULL },
	}, *row;
	rows[4].place.pin_file[0] = '\0';
	str_copy(STR("/nowhere/libsdf.so"), rows[5].place.library, HSM_TEXT_MAX);
	str_copy(STR("/usr/lib/softhsm/libsofthsm2.so"), rows[6].place.library, HSM_TEXT_MAX);
	str_copy(STR(SDF_NO_RANDOM_LIBRARY), rows[7].place.library, HSM_TEXT_MAX);
	rows[8].place.store[0] = '\0';
	str_copy(STR("/proc/nowhere/store"), rows[9].place.store, HSM_TEXT_MAX);

	EACH (row, rows) {
		check_refusal(&r, row);
		if (row == &rows[7])
			CHECK(strstr(result_last()->text, "SDF_GenerateRandom"));
	}
	struct hsm_device *d = NULL;
	CHECK_OK(hsm_device_open(&r.place, NULL, &d));
	hsm_device_close(d);
	sdf_rig_close(&r);
}

TEST(a_device_without_a_pin_needs_none)
{
	struct sdf_rig r;

	sdf_rig_init(&r);
	unsetenv("YIKA_SDF_PIN");
	r.place.pin_file[0] = '\0';
	REQUIRE_OK(hsm_device_open(&r.place, NULL, &r.device));
	REQUIRE_OK(hsm_session_open(r.device, &r.session));
	struct hsm_lmk found;
	CHECK_OK(sdf_rig_install(&r, 0, &found));
	sdf_rig_close(&r);
}

TEST(a_library_that_lacks_a_function_can_do_less)
{
	struct sdf_rig r;
	uint8_t link[32] = { 0 };
	struct hsm_info info;
	struct hsm_lmk found;
	struct hsm_shape sm4 = { '4', 128, HSM_MAY_ENCRYPT };
	struct hsm_object o;

	sdf_rig_init(&r);
	str_copy(STR(SDF_NO_IMPORT_LIBRARY), r.place.library, HSM_TEXT_MAX);
	REQUIRE_OK(hsm_device_open(&r.place, NULL, &r.device));
	REQUIRE_OK(hsm_session_open(r.device, &r.session));
	hsm_device_info(r.device, &info);
	CHECK_STR("vendor", info.vendor, "Some Vendor");
	CHECK(!info.software);
	CHECK_I64("capabilities", info.capabilities, 0);
	CHECK_OK(hsm_selftest(r.session));
	CHECK_OK(hsm_device_check(r.device));
	CHECK_RESULT("LMK", sdf_rig_install(&r, 0, &found), HSM_UNSUPPORTED);
	CHECK_RESULT("LMK", hsm_lmk_status(r.session, 0, &found), HSM_LMK_MISSING);
	CHECK_OK(hsm_lmk_erase(r.session, 0));
	CHECK_RESULT("key of the device",
	             hsm_local_link(r.session, link, str_bytes(STR("x")), link), HSM_UNSUPPORTED);
	CHECK_RESULT("SM4", hsm_object_import(r.session, bytes_of(link, 16), &sm4, &o),
	             HSM_UNSUPPORTED);
	sdf_rig_close(&r);
}

TEST(a_library_without_ecb_and_encryption_for_others_serves_an_lmk)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	uint8_t block[16] = { 0 };
	struct hsm_shape sm4 = { '4', 128, HSM_MAY_ENCRYPT | HSM_MAY_MAC };
	struct hsm_cipher_call call = { HSM_ECB, true, NULL, bytes_of(block, 16), block };
	struct hsm_lmk found;
	struct hsm_object o;

	sdf_rig_init(&r);
	setenv("YIKA_SDF_PLAIN", "1", 1);
	REQUIRE_OK(hsm_device_open(&r.place, NULL, &r.device));
	REQUIRE_OK(hsm_session_open(r.device, &r.session));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	CHECK_HEX("KBAK", bytes_of(found.proof, HSM_PROOF), "1387A0A9FC");
	REQUIRE_OK(hsm_object_import(r.session, bytes_of(block, 16), &sm4, &o));
	CHECK_RESULT("ECB", hsm_object_cipher(r.session, o, &sm4, &call), HSM_UNSUPPORTED);
	call.mode = HSM_CBC;
	call.iv = block;
	CHECK_OK(hsm_object_cipher(r.session, o, &sm4, &call));
	unsetenv("YIKA_SDF_PLAIN");
}

/* --- losing it --- */

TEST(an_sdf_device_that_vanishes_is_noticed_and_taken_up_again)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	struct hsm_shape shape = { '4', 128, HSM_MAY_MAC };
	uint8_t mac[16], again[16], link[32] = { 0 }, before[32], after[32], key[16] = { 1 };
	struct hsm_object object;
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	REQUIRE_OK(hsm_object_import(r.session, bytes_of(key, 16), &shape, &object));
	CHECK_OK(hsm_lmk_mac(r.session, 0, str_bytes(STR("x")), bytes_of(NULL, 0), mac));
	CHECK_OK(hsm_local_link(r.session, link, str_bytes(STR("x")), before));
	CHECK_OK(hsm_device_check(r.device));
	sdf_rig_take_away();
	CHECK_RESULT("gone", hsm_device_check(r.device), HSM_LOST);
	CHECK(hsm_device_is_lost(r.device));
	CHECK_RESULT("gone",
	             hsm_lmk_mac(r.session, 0, str_bytes(STR("x")), bytes_of(NULL, 0), again),
	             HSM_LOST);
	CHECK_RESULT("still gone", hsm_device_reconnect(r.device), HSM_LOST);
	sdf_rig_put_back();
	REQUIRE_OK(hsm_device_reconnect(r.device));
	CHECK_OK(hsm_device_check(r.device));
	CHECK_OK(hsm_lmk_mac(r.session, 0, str_bytes(STR("x")), bytes_of(NULL, 0), again));
	CHECK_BYTES("the same key", bytes_of(again, 16), bytes_of(mac, 16));
	CHECK_OK(hsm_local_link(r.session, link, str_bytes(STR("x")), after));
	CHECK_BYTES("the same key", bytes_of(after, 32), bytes_of(before, 32));
	CHECK_RESULT("objects are gone",
	             hsm_object_cmac(r.session, object, &shape, str_bytes(STR("x")), mac),
	             HSM_OBJECT_GONE);
	/* The keys of the lost session went with the device: nobody could destroy them. */
	r.before.left = sdf_rig_count(&r).left + r.before.left;
}

TEST(any_call_notices_that_an_sdf_device_has_vanished)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	uint8_t block[16] = { 0 }, link[32] = { 0 };
	struct hsm_shape shape = { '4', 128, HSM_MAY_MAC };
	struct hsm_session *fresh = NULL;
	struct hsm_object o;
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	for (int call = 0; call < 6; call++) {
		sdf_rig_take_away();
		if (call == 0)
			CHECK_RESULT("random", hsm_random(r.session, block, 16), HSM_LOST);
		else if (call == 1)
			CHECK_RESULT("MAC",
			             hsm_lmk_mac(r.session, 0, bytes_of(block, 16),
			                         bytes_of(NULL, 0), block),
			             HSM_LOST);
		else if (call == 2)
			CHECK_RESULT("installing", sdf_rig_install(&r, 1, &found), HSM_LOST);
		else if (call == 3)
			CHECK_RESULT("importing",
			             hsm_object_import(r.session, bytes_of(block, 16), &shape, &o),
			             HSM_LOST);
		else if (call == 4)
			CHECK_RESULT("making a key",
			             hsm_local_link(r.session, link, bytes_of(block, 16), link),
			             HSM_LOST);
		else if (is_ok(hsm_session_open(r.device, &fresh)))
			CHECK_RESULT("beginning", hsm_random(fresh, block, 16), HSM_LOST);
		CHECK(hsm_device_is_lost(r.device));
		sdf_rig_put_back();
		CHECK_OK(hsm_device_reconnect(r.device));
		CHECK_OK(hsm_lmk_status(r.session, 0, &found));
		CHECK_RESULT("nothing half done", hsm_lmk_status(r.session, 1, &found),
		             HSM_LMK_MISSING);
	}
	hsm_session_close(fresh);
	r.before.left = sdf_rig_count(&r).left + r.before.left;
}

TEST(another_device_behind_the_library_is_not_taken_for_the_old_one)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	struct hsm_lmk found;

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	sdf_rig_take_away();
	CHECK_RESULT("gone", hsm_device_check(r.device), HSM_LOST);
	sdf_rig_put_back();
	sdf_rig_exchange(&r);
	REQUIRE_OK(hsm_device_reconnect(r.device));
	CHECK_RESULT("its files are another's", hsm_lmk_status(r.session, 0, &found),
	             HSM_LMK_MISSING);
	CHECK_RESULT("and stay", sdf_rig_install(&r, 0, &found), HSM_EXISTS);
	r.before.left = sdf_rig_count(&r).left + r.before.left;
}

/* --- many at once --- */

struct worker {
	pthread_t thread;
	struct hsm_device *device;
	uint8_t mac[16];
	int wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < ROUNDS; i++) {
		SCOPED(hsm_session_close_scoped) struct hsm_session *s = NULL;
		uint8_t mac[16];

		w->wrong += !is_ok(hsm_session_open(w->device, &s));
		for (int j = 0; j < 5; j++)
			w->wrong += !is_ok(hsm_lmk_mac(s, 0, str_bytes(STR("some bytes")),
			                               bytes_of(NULL, 0), mac)) ||
			            memcmp(mac, w->mac, 16) != 0;
	}
	return NULL;
}

TEST(sessions_work_side_by_side_while_slots_change)
{
	SCOPED(sdf_rig_close) struct sdf_rig r;
	struct worker workers[WORKERS] = { 0 }, *w;
	struct hsm_lmk found;
	uint8_t mac[16];

	REQUIRE(sdf_rig_open(&r));
	REQUIRE_OK(sdf_rig_install(&r, 0, &found));
	CHECK_OK(hsm_lmk_mac(r.session, 0, str_bytes(STR("some bytes")), bytes_of(NULL, 0), mac));
	EACH (w, workers) {
		w->device = r.device;
		memcpy(w->mac, mac, 16);
		CHECK(pthread_create(&w->thread, NULL, work, w) == 0);
	}
	for (int i = 0; i < 8; i++) {
		CHECK_OK(sdf_rig_install(&r, 1, &found));
		CHECK_OK(hsm_device_check(r.device));
		CHECK_OK(hsm_lmk_erase(r.session, 1));
	}
	EACH (w, workers) {
		pthread_join(w->thread, NULL);
		CHECK_I64("failed or wrong", w->wrong, 0);
	}
}
