/* SPDX-License-Identifier: Apache-2.0 */
/* sdf_testkit.h — for tests: a new SDF device of its own (tests/sdf), and its disappearance. */
#pragma once

#include "hsm/hsm_device.h"
#include "sdf/sdf_library.h"

struct sdf_rig {
	struct hsm_address place;
	struct hsm_device *device;
	struct hsm_session *session;
	char keys[HSM_TEXT_MAX]; /* directory of the device's own key pairs */
	struct sdf_count before; /* what was open before it */
};

/* The address of a new device below test_dir(), with a PIN; nothing is opened. */
void sdf_rig_init(struct sdf_rig *r);
/* The same, opened, with a session; false (and a failed check) when that is not to be had. */
bool sdf_rig_open(struct sdf_rig *r);
bool sdf_rig_reopen(struct sdf_rig *r); /* closed and opened */
void sdf_rig_close(struct sdf_rig *r);  /* and nothing of it is left open */
/* Another device behind the same library. */
void sdf_rig_exchange(struct sdf_rig *r);
void sdf_rig_take_away(void);
void sdf_rig_put_back(void);
/* What is open now beside what was before. */
struct sdf_count sdf_rig_count(const struct sdf_rig *r);
/* TV-07's LMK in a slot. */
result sdf_rig_install(struct sdf_rig *r, unsigned slot, struct hsm_lmk *out);
/* Path of a file in the store. */
void sdf_rig_path(const struct sdf_rig *r, const char *name, char out[HSM_TEXT_MAX + 16]);
