/* SPDX-License-Identifier: Apache-2.0 */
/* key_act.h — what every act of key management is handed: the store's transaction, master keys and
 * devices, time, who acts; and the turn that processes on one store take. */
#pragma once

#include "domain/keys/master.h"

enum { KEY_ACTOR_MAX = 64 };

struct key_act {
	struct db_tx *tx;
	struct master_ring *ring;
	struct random_source *random; /* of the device */
	struct instant now;
	char actor[KEY_ACTOR_MAX + 1]; /* as the audit names it */
};

/* The first step of every change: processes on one store go one after another from here to the end
 * of the transaction. */
result key_act_turn(struct db_tx *tx);
/* Say in the transaction of a change that what processes hold of keys, clients and master keys must
 * be read anew; and how often that was said. */
result key_act_changed(struct db_tx *tx);
result key_act_changes(struct db_tx *tx, int64_t *count);
/* A setting; `out` gets `fallback` when it was never set. */
enum { KEY_SETTING_MAX = 64 };
result key_setting_get(struct db_tx *tx, const char *name, const char *fallback,
                       char out[KEY_SETTING_MAX + 1]);
result key_setting_set(struct db_tx *tx, const char *name, const char *value);
