/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h — checkpoints of the audit (keys 12): a file a day that says how long the chain was
 * and where it ended, kept apart from the store, so that a chain cut short is found. */
#pragma once

#include "domain/keys/key_audit.h"

/* Has the day in China changed since the last one? `last`: days since 1970, 0 at first. */
bool checkpoint_due(struct instant now, int64_t last);
/* Write DIR/audit-YYYYMMDD.txt, whole or not at all; *last becomes the day. FILE_WRITE. */
result checkpoint_write(struct key_act *act, const char *dir, int64_t *last);
/* The newest one in DIR; seq 0 when there is none. FILE_READ. */
result checkpoint_newest(const char *dir, struct key_audit_point *out);
