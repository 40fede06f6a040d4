/* SPDX-License-Identifier: Apache-2.0 */
/* token.h — a new software token (SoftHSM) with random PINs: what a site has until it buys a
 * device. */
#pragma once

#include "base/rand.h"

enum { HSM_LABEL_MAX = 64, HSM_PATH_MAX = 256 };

/*
 * Make a new software token in `dir` (made with mode 0700): configuration, token folder, random
 * PINs in files of mode 0600
 * (`user-pin`, `so-pin`). Fills the place with paths that live in the caller's `paths`. HSM_EXISTS
 * when the folder holds one.
 */
struct hsm_paths {
	char module[HSM_PATH_MAX], label[HSM_LABEL_MAX], pin_file[HSM_PATH_MAX], conf[HSM_PATH_MAX];
};
result hsm_token_init(const char *module, const char *dir, const char *label,
                      struct random_source *random, struct hsm_paths *paths);
