/* SPDX-License-Identifier: Apache-2.0 */
/* kms_setup.h — from the key manager's configuration to what its core is started with. */
#pragma once

#include "programs/kms/kms_home.h"

/* With its texts; wipe the PIN when the core has started. */
struct kms_setup {
	struct kms_core_config config;
	struct secret pin;
	char dsn[KMS_HOME_PATH], officers[KMS_HOME_PATH], service[KMS_HOME_PATH],
	        checkpoints[KMS_HOME_PATH];
};

/* ask_pin: the device's PIN is typed at the terminal. SYSTEM_CALL (no such user), PROMPT_*. */
result kms_setup_make(const struct kms_home *home, const struct clock *clock, bool ask_pin,
                      struct kms_setup *s);
