/* SPDX-License-Identifier: Apache-2.0 */
/* backup.h — backups of the key manager's store as far as a renewal has to know of them (keys 7.1,
 * R0 and R5): one made under the old master key cannot be opened without it. */
#pragma once

#include "domain/keys/key_act.h"

enum { BACKUP_NAME_MAX = 200, BACKUPS_LISTED = 50, BACKUP_FRESH_HOURS = 24 };

struct backup {
	int64_t id;
	char name[BACKUP_NAME_MAX + 1]; /* file, tape, whatever staff find it by */
	char made_by[KEY_ACTOR_MAX + 1];
	struct instant at;
};

/* Record one that was made. INVALID BACKUP_NAME. */
result backup_note(struct key_act *act, struct str name, struct backup *out);
/* Newest first, those made up to `until`. */
result backup_list(struct db_tx *tx, struct instant until, struct arena *a, struct backup **rows,
                   size_t *count);
/* Is there one of the last BACKUP_FRESH_HOURS? DECLINE BACKUP_MISSING (R0). */
result backup_require_fresh(struct key_act *act);
/*
 * May the key of before `since` go (R5)? Not while a backup of before is kept, which is
 * `retention_days` from its making, unless `kept_until` (0: not) is as late: the cards stay in the
 * safe until then. DECLINE BACKUP_KEPT naming backup and day.
 */
struct backup_rule {
	struct instant since, kept_until;
	int64_t retention_days;
};
result backup_require_free(struct key_act *act, const struct backup_rule *rule);
