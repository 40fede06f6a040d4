/* SPDX-License-Identifier: Apache-2.0 */
/* The device under the key manager: its PIN, its absence, and another one in its place (B6.01,
 * B6.10). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"
#include "hsm/hsm_testkit.h"
#include "service/kms/kms_testkit.h"

enum { PIN_SIZE = 80, BACK_S = 20, STEP_US = 100000 };

#define NEW_PIN "86421357"

/* --- the PIN and its file --- */

static void read_pin(const char *path, char out[PIN_SIZE])
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, out, PIN_SIZE - 1);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static void write_pin(const char *path, const char *pin)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && write(fd, pin, strlen(pin)) == (ssize_t)strlen(pin));
	close(fd);
}

static void beside_of(const struct kms_kit *k, char out[KMS_PATH_MAX])
{
	snprintf(out, KMS_PATH_MAX, "%.400s.new", k->device.pin_file);
}

static const char *change(struct kms_kit *k, const char *old_pin, const char *new_pin)
{
	return kms_ask_as(k, "mk", "{'command':'device.pin','old_pin':'%s','new_pin':'%s'}",
	                  old_pin, new_pin);
}

static void check_pin_file(const char *label, const struct kms_kit *k, const char *want)
{
	char pin[PIN_SIZE], beside[KMS_PATH_MAX];

	read_pin(k->device.pin_file, pin);
	beside_of(k, beside);
	CHECK_STR(label, pin, want);
	CHECK(access(beside, F_OK) != 0);
}

static void check_refused_changes(struct kms_kit *k, const char *pin)
{
	KMS_REFUSED("the wrong old one", k, change(k, "13572468", NEW_PIN), "HSM_PIN");
	check_pin_file("as it was", k, pin);
	KMS_REFUSED("too short", k, change(k, pin, "123"), "INVALID_KEY");
	KMS_REFUSED("none", k, change(k, pin, ""), "JSON_FIELDS");
	KMS_REFUSED("no such device", k,
	            kms_ask_as(k, "mk",
	                       "{'command':'device.pin','number':1,'old_pin':'%s',"
	                       "'new_pin':'" NEW_PIN "'}",
	                       pin),
	            "HSM_UNSUPPORTED");
	check_pin_file("as it was", k, pin);
}

TEST(a_device_gets_another_pin_from_who_knows_the_old_one)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	char pin[PIN_SIZE];

	REQUIRE(kms_kit_open(&k, true));
	kms_kit_session(&k, "mk");
	read_pin(k.device.pin_file, pin);
	check_refused_changes(&k, pin);
	CHECK_STR("changed", change(&k, pin, NEW_PIN), "SUCCESS");
	check_pin_file("in its file", &k, NEW_PIN);
	CHECK_I64("audited", kms_kit_audited(&k, "DEVICE.PIN", "OK", "device=0"), 1);
	KMS_REFUSED("the old one again", &k, change(&k, pin, NEW_PIN), "HSM_PIN");
	CHECK(kms_kit_restart(&k));
	CHECK_STR("it opens", kms_ask_as(&k, "mk", "{'command':'renewal.check'}"), "SUCCESS");
}

static void set_pin_alone(const struct kms_kit *k, const char *old_text, const char *new_text)
{
	struct secret old_pin = { .len = strlen(old_text) }, new_pin = { .len = strlen(new_text) };
	struct hsm_device *d = NULL;

	memcpy(old_pin.at, old_text, old_pin.len);
	memcpy(new_pin.at, new_text, new_pin.len);
	CHECK_OK(hsm_device_open(&k->device, NULL, &d));
	if (d)
		CHECK_OK(hsm_device_set_pin(d, &old_pin, &new_pin));
	hsm_device_close(d);
}

/* The power goes between the device and its file, on either side of the change. */
TEST(a_change_of_the_pin_that_broke_off_is_put_right_at_the_start)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	char pin[PIN_SIZE], beside[KMS_PATH_MAX];

	REQUIRE(kms_kit_open(&k, true));
	read_pin(k.device.pin_file, pin);
	beside_of(&k, beside);
	kms_kit_stop(&k);
	write_pin(beside, NEW_PIN); /* written, and no more */
	REQUIRE(kms_kit_restart(&k));
	CHECK_STR("the old one holds", kms_ask_as(&k, "mk", "{'command':'renewal.check'}"),
	          "SUCCESS");
	kms_kit_stop(&k);
	set_pin_alone(&k, pin, NEW_PIN); /* the device has taken it */
	REQUIRE(kms_kit_restart(&k));
	check_pin_file("put right", &k, NEW_PIN);
	CHECK_STR("the new one holds", kms_ask_as(&k, "mk", "{'command':'renewal.check'}"),
	          "SUCCESS");
	kms_kit_stop(&k);
	write_pin(k.device.pin_file, pin); /* neither is right: nothing is tried any further */
	write_pin(beside, "13572468");
	k.config.officer_socket = NULL;
	CHECK_RESULT("neither", kms_core_start(&k.config, &k.core), HSM_PIN);
	CHECK(access(beside, F_OK) == 0);
	write_pin(k.device.pin_file, NEW_PIN);
	CHECK(kms_kit_restart(&k));
}

/* --- its absence --- */

static void check_lost(struct kms_kit *k)
{
	/* the first order that meets the loss finds it; reading goes on as far as it goes */
	CHECK_STR("a change",
	          kms_ask_as(k, "conf", "{'command':'issuer.add','code':'C','name':'x'}"),
	          "HSM_LOST");
	CHECK_STR("a new value", kms_ask_as(k, "key", "{'command':'version.generate','key':1}"),
	          "HSM_LOST");
	CHECK_STR("a login",
	          kms_ask(k, "{'command':'login','name':'conf','password':'x','code':'1'}"),
	          "HSM_LOST");
	CHECK_STR("the state is shown", kms_ask(k, "{'command':'status'}"), "SUCCESS");
	CHECK_STR("lost", kms_told(k, "lost"), "true");
	CHECK_STR("not there", kms_told(k, "present"), "false");
	CHECK_STR("rows are read", kms_ask_as(k, "conf", "{'command':'issuer.list'}"), "SUCCESS");
	CHECK_STR("blocks are not", kms_ask_as(k, "mk", "{'command':'renewal.check'}"), "HSM_LOST");
}

/* The keeper looks for it every second. */
static bool comes_back(struct kms_kit *k)
{
	static int count;

	for (int i = 0; i < BACK_S * SECOND_US / STEP_US; i++) {
		const char *code = kms_ask_as(
		        k, "conf", "{'command':'issuer.add','code':'C%d','name':'x'}", ++count);

		if (strcmp(code, "SUCCESS") == 0)
			return true;
		CHECK_STR("until it is back", code, "HSM_LOST");
		usleep(STEP_US);
	}
	return false;
}

TEST(without_its_device_nothing_is_changed_and_with_it_all_goes_on)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];

	REQUIRE(kms_kit_open(&k, true));
	CHECK(kms_kit_officer(&k, "conf", "conf"));
	CHECK(kms_kit_officer(&k, "key", "key"));
	CHECK(kms_kit_officer(&k, "auditor", "audit"));
	for (size_t i = 0; i < k.officer_count; i++)
		kms_kit_session(&k, k.officers[i].name);
	for (int round = 0; round < 2; round++) {
		kms_kit_digest(&k, before);
		kms_kit_take_away(&k);
		check_lost(&k);
		kms_kit_digest(&k, after);
		CHECK_BYTES("nothing changed", bytes_of(after, DIGEST_SIZE),
		            bytes_of(before, DIGEST_SIZE));
		kms_kit_put_back(&k);
		CHECK(comes_back(&k));
		CHECK_STR("values too",
		          kms_ask_as(&k, "key", "{'command':'version.generate','key':1}"),
		          "SUCCESS");
		CHECK_STR("there", kms_ask(&k, "{'command':'status'}"), "SUCCESS");
		CHECK_STR("there", kms_told(&k, "lost"), "false");
		CHECK_STR("the chain", kms_ask_as(&k, "auditor", "{'command':'audit.verify'}"),
		          "SUCCESS");
	}
}

/* --- another device --- */

/* A token that holds a master key nobody knows, where the store has its own. */
static struct hsm_address other_device(unsigned slot)
{
	struct hsm_address at = hsm_rig_address();
	struct secret lmk = { .len = 32 };
	struct hsm_session *s = NULL;
	struct hsm_device *d = NULL;
	struct hsm_lmk out;

	random_fill(random_system(), lmk.at, lmk.len);
	CHECK_OK(hsm_device_open(&at, NULL, &d));
	if (d)
		CHECK_OK(hsm_session_open(d, &s));
	if (s)
		CHECK_OK(hsm_lmk_install(s, slot, LMK_AES, &lmk, &out));
	hsm_session_close(s);
	hsm_device_close(d);
	return at;
}

static void check_without_key(struct kms_kit *k, const char *label)
{
	CHECK_STR(label, kms_ask(k, "{'command':'status'}"), "SUCCESS");
	CHECK_STR(label, kms_told(k, "present"), "false");
	kms_kit_session(k, "key");
	kms_kit_session(k, "mk");
	KMS_REFUSED(label, k, kms_ask_as(k, "key", "{'command':'version.generate','key':1}"),
	            "HSM_LMK_MISSING");
	KMS_REFUSED(label, k, kms_ask_as(k, "mk", "{'command':'renewal.check'}"),
	            "HSM_LMK_MISSING");
}

TEST(a_device_with_another_master_key_or_none_is_not_used)
{
	SCOPED(kms_kit_close) struct kms_kit k;
	struct hsm_address own;
	int64_t slot = 0;

	REQUIRE(kms_kit_open(&k, true));
	own = k.device;
	CHECK(kms_kit_officer(&k, "key", "key"));
	CHECK(kms_kit_officer(&k, "auditor", "audit"));
	CHECK_STR("slot", kms_ask_as(&k, "mk", "{'command':'lmk.list'}"), "SUCCESS");
	CHECK_OK(str_i64(str_of(kms_told(&k, "slot")), &slot));
	kms_kit_stop(&k);
	k.device = other_device((unsigned)slot);
	REQUIRE(kms_kit_restart(&k));
	check_without_key(&k, "another key");
	kms_kit_stop(&k);
	k.device = hsm_rig_address();
	REQUIRE(kms_kit_restart(&k));
	check_without_key(&k, "no key");
	kms_kit_stop(&k);
	k.device = own;
	REQUIRE(kms_kit_restart(&k));
	CHECK_STR("its own", kms_ask_as(&k, "key", "{'command':'version.generate','key':1}"),
	          "SUCCESS");
	CHECK_STR("the chain", kms_ask_as(&k, "auditor", "{'command':'audit.verify'}"), "SUCCESS");
}
