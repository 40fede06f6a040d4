/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/hsm_testkit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "hsm/token.h"

static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";

struct hsm_address hsm_rig_address(void)
{
	static int count;
	struct hsm_address place = { .kind = HSM_PKCS11 };
	struct hsm_paths paths;
	char dir[HSM_PATH_MAX];

	snprintf(dir, sizeof dir, "%s/device%d", test_dir(), ++count);
	CHECK_OK(hsm_token_init(module, dir, "yika-kms", random_system(), &paths));
	str_copy(str_of(module), place.library, sizeof place.library);
	str_copy(str_of("yika-kms"), place.token, sizeof place.token);
	str_copy(str_of(paths.pin_file), place.pin_file, sizeof place.pin_file);
	str_copy(str_of(paths.conf), place.conf, sizeof place.conf);
	return place;
}

bool hsm_rig_open(struct hsm_rig *r)
{
	*r = (struct hsm_rig){ .place = hsm_rig_address() };
	snprintf(r->tokens, sizeof r->tokens, "%.*s/tokens",
	         (int)(strlen(r->place.conf) - strlen("/softhsm2.conf")), r->place.conf);
	CHECK_OK(hsm_device_open(&r->place, NULL, &r->device));
	if (r->device)
		CHECK_OK(hsm_session_open(r->device, &r->session));
	return r->session != NULL;
}

void hsm_rig_close(struct hsm_rig *r)
{
	hsm_session_close(r->session);
	hsm_device_close(r->device);
	r->session = NULL;
	r->device = NULL;
}

static void away_of(const struct hsm_rig *r, char out[HSM_TEXT_MAX + 24])
{
	snprintf(out, HSM_TEXT_MAX + 24, "%s.away", r->tokens);
}

void hsm_rig_take_away(struct hsm_rig *r)
{
	char away[HSM_TEXT_MAX + 24];

	away_of(r, away);
	CHECK(rename(r->tokens, away) == 0);
	CHECK(mkdir(r->tokens, 0700) == 0);
}

void hsm_rig_put_back(struct hsm_rig *r)
{
	char away[HSM_TEXT_MAX + 24];

	away_of(r, away);
	CHECK(rmdir(r->tokens) == 0);
	CHECK(rename(away, r->tokens) == 0);
}
