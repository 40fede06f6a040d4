/* SPDX-License-Identifier: Apache-2.0 */
/* hsm_testkit.h — for tests: a new software token of its own, and its disappearance. */
#pragma once

#include "hsm/hsm_device.h"

struct hsm_rig {
	struct hsm_address place;
	struct hsm_device *device;
	struct hsm_session *session;
	char tokens[HSM_TEXT_MAX + 16]; /* folder of the token */
};

/* The address of a new token below test_dir(). */
struct hsm_address hsm_rig_address(void);
/* A new token, opened, with a session; false (and a failed check) when that is not to be had. */
bool hsm_rig_open(struct hsm_rig *r);
void hsm_rig_close(struct hsm_rig *r);
/* The token is gone as if it had been pulled out; and back. */
void hsm_rig_take_away(struct hsm_rig *r);
void hsm_rig_put_back(struct hsm_rig *r);
