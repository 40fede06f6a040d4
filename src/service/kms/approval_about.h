/* SPDX-License-Identifier: Apache-2.0 */
/* approval_about.h — what an approval is about, as people name it: the payload has only numbers,
 * and nobody shall agree to a number (双人控制, keys 12). */
#pragma once

#include "domain/keys/approval.h"

/*
 * "CAMPUS01.EP.DPK.01 kcv=956A90", "so1 赵安", "gen 2 kcv=…"; empty where the payload says it all,
 * and where what it named is gone. Lives in the arena.
 */
result approval_about(struct db_tx *tx, const struct approval *a, struct arena *arena,
                      struct str *out);
