/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "hsm/hsm_device.h"
#include "hsm/token.h"

static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";

static struct hsm_address address_of(const struct hsm_paths *paths)
{
	struct hsm_address at = { .kind = HSM_PKCS11 };

	str_copy(str_of(paths->module), at.library, sizeof at.library);
	str_copy(str_of(paths->label), at.token, sizeof at.token);
	str_copy(str_of(paths->pin_file), at.pin_file, sizeof at.pin_file);
	str_copy(str_of(paths->conf), at.conf, sizeof at.conf);
	return at;
}

/* A new token of its own for the test. */
static struct hsm_address make_new(struct hsm_paths *paths, char dir[HSM_PATH_MAX])
{
	static int count;

	snprintf(dir, HSM_PATH_MAX, "%s/token%d", test_dir(), ++count);
	CHECK_OK(hsm_token_init(module, dir, "yika-test", random_system(), paths));
	return address_of(paths);
}

TEST(a_token_does_not_open_without_its_pin_file)
{
	struct hsm_paths paths;
	char dir[HSM_PATH_MAX];
	struct hsm_device *d = NULL;
	struct hsm_address good = make_new(&paths, dir), at = good;

	CHECK(chmod(paths.pin_file, 0644) == 0);
	CHECK_RESULT("readable by others", hsm_device_open(&at, NULL, &d), HSM_PIN);
	CHECK(chmod(paths.pin_file, 0600) == 0);
	str_copy(STR("/nowhere"), at.pin_file, sizeof at.pin_file);
	CHECK_RESULT("no file", hsm_device_open(&at, NULL, &d), HSM_PIN);
	str_copy(str_of(paths.conf), at.pin_file, sizeof at.pin_file);
	CHECK_RESULT("wrong PIN", hsm_device_open(&at, NULL, &d), HSM_PIN);
	at = good;
	str_copy(STR("another"), at.token, sizeof at.token);
	CHECK_RESULT("other label", hsm_device_open(&at, NULL, &d), HSM_TOKEN);
	at = good;
	str_copy(STR("/nowhere.so"), at.library, sizeof at.library);
	CHECK_RESULT("no module", hsm_device_open(&at, NULL, &d), HSM_MODULE);
	CHECK_OK(hsm_device_open(&good, NULL, &d));
	hsm_device_close(d);
}

TEST(a_token_is_never_made_over_another)
{
	struct hsm_paths paths, again;
	char dir[HSM_PATH_MAX];

	make_new(&paths, dir);
	CHECK_RESULT("again", hsm_token_init(module, dir, "yika-test", random_system(), &again),
	             HSM_EXISTS);
}
