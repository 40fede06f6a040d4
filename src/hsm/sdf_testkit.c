/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/sdf_testkit.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "harness/test.h"

static const char pin[] = "a testing PIN";

static struct sdf_count count_now(void)
{
	void *library = dlopen(SDF_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void *symbol = library ? dlsym(library, "sdf_library_count") : NULL;
	struct sdf_count now = { 0 };
	void (*count)(struct sdf_count *);

	CHECK(symbol);
	if (symbol) {
		memcpy(&count, &symbol, sizeof count);
		count(&now);
	}
	return now;
}

struct sdf_count sdf_rig_count(const struct sdf_rig *r)
{
	struct sdf_count now = count_now();

	now.devices -= r->before.devices;
	now.sessions -= r->before.sessions;
	now.keys -= r->before.keys;
	now.left -= r->before.left;
	return now;
}

static void write_pin(const char *path)
{
	FILE *f = fopen(path, "w");

	CHECK(f && chmod(path, 0600) == 0 && fprintf(f, "%s\n", pin) > 0);
	if (f)
		fclose(f);
}

void sdf_rig_exchange(struct sdf_rig *r)
{
	static int number;

	snprintf(r->keys, sizeof r->keys, "%s/sdf-device%d", test_dir(), ++number);
	CHECK(setenv("YIKA_SDF_DIR", r->keys, 1) == 0);
}

void sdf_rig_init(struct sdf_rig *r)
{
	static int number;

	*r = (struct sdf_rig){ .place = { .kind = HSM_SDF, .sdf_key = 1 } };
	str_copy(STR(SDF_TEST_LIBRARY), r->place.library, sizeof r->place.library);
	snprintf(r->place.pin_file, HSM_TEXT_MAX, "%s/sdf-pin%d", test_dir(), ++number);
	snprintf(r->place.store, HSM_TEXT_MAX, "%s/sdf-store%d", test_dir(), number);
	write_pin(r->place.pin_file);
	log_set_level(LOG_LEVEL_ERROR); /* slots that are absent on purpose */
	unsetenv("YIKA_SDF_PLAIN");
	sdf_rig_put_back();
	CHECK(setenv("YIKA_SDF_PIN", pin, 1) == 0);
	sdf_rig_exchange(r);
	r->before = count_now();
}

static bool open_rig(struct sdf_rig *r)
{
	CHECK_OK(hsm_device_open(&r->place, NULL, &r->device));
	if (r->device)
		CHECK_OK(hsm_session_open(r->device, &r->session));
	return r->session != NULL;
}

bool sdf_rig_open(struct sdf_rig *r)
{
	sdf_rig_init(r);
	return open_rig(r);
}

bool sdf_rig_reopen(struct sdf_rig *r)
{
	sdf_rig_close(r);
	return open_rig(r);
}

void sdf_rig_close(struct sdf_rig *r)
{
	struct sdf_count left;

	hsm_session_close(r->session);
	hsm_device_close(r->device);
	r->session = NULL;
	r->device = NULL;
	left = sdf_rig_count(r);
	CHECK_I64("devices left open", left.devices, 0);
	CHECK_I64("sessions left open", left.sessions, 0);
	CHECK_I64("keys left open", left.keys, 0);
	CHECK_I64("keys that were not destroyed", left.left, 0);
}

void sdf_rig_take_away(void)
{
	CHECK(setenv("YIKA_SDF_ABSENT", "1", 1) == 0);
}

void sdf_rig_put_back(void)
{
	CHECK(unsetenv("YIKA_SDF_ABSENT") == 0);
}

result sdf_rig_install(struct sdf_rig *r, unsigned slot, struct hsm_lmk *out)
{
	SCOPED(secret_wipe) struct secret lmk = { 0 };

	lmk_published(LMK_SM4, &lmk);
	return hsm_lmk_install(r->session, slot, LMK_SM4, &lmk, out);
}

void sdf_rig_path(const struct sdf_rig *r, const char *name, char out[HSM_TEXT_MAX + 16])
{
	snprintf(out, HSM_TEXT_MAX + 16, "%s/%s", r->place.store, name);
}
