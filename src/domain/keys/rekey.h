/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rekey.h — renewal of a local master key (更新本地主控密钥, keys 7): every block goes over to the
 * new one, some rows at a time, each naming the key it stands under. Both stay loaded until all has
 * been read back. A break at any point leaves rows that open; the job goes on with what is left.
 */
#pragma once

#include "domain/keys/key_act.h"

enum { REKEY_BATCH = 200, REKEY_DETAIL_MAX = 200 };

/* RUNNING: rows go over. VERIFIED: all were read back under the new key; the old one waits to be
 * retired. DONE: it is. */
enum rekey_state { REKEY_RUNNING, REKEY_VERIFIED, REKEY_DONE, REKEY_ABORTED };
extern const char *const rekey_state_names[];

struct rekey_job {
	int64_t id, from, to;
	enum rekey_state state;
	int64_t total, done;               /* rows */
	char detail[REKEY_DETAIL_MAX + 1]; /* why it stands still; "" when it does not */
	struct instant started, finished;
};

/* Every row opens under the key it names and has the check value it names. *rows: how many.
 * REKEY_ROW naming the first that does not. (keys 7, R0) */
result rekey_scan(struct key_act *act, int64_t *rows);
/*
 * R2: the new key (PENDING, on all processes) becomes ACTIVE, the active one OLD, and the job
 * RUNNING, in the caller's transaction. DECLINE REKEY_RUNS (another job is not finished),
 * MASTER_STATE, MASTER_NODES, MASTER_MIXED (live and test).
 */
result rekey_start(struct key_act *act, int64_t to, struct rekey_job *out);
/* R3, R4: one batch of at most REKEY_BATCH rows in the caller's transaction; when none is left, the
 * scan and VERIFIED. *more: call again. A row that cannot go over stops nothing: the job says so in
 * `detail`, and stays RUNNING. */
result rekey_step(struct key_act *act, struct rekey_job *job, bool *more);
/* R5: the old key is erased from this process's device and RETIRED. May be repeated on every
 * process. REKEY_STATE. */
result rekey_complete(struct key_act *act, struct rekey_job *job);
/* RX: before R5, back again: from and to change places, a new job runs. REKEY_STATE. */
result rekey_abort(struct key_act *act, const struct rekey_job *job, struct rekey_job *out);

/* The newest job that is not DONE or ABORTED. *found. */
result rekey_find(struct db_tx *tx, struct rekey_job *out, bool *found);
result rekey_list(struct db_tx *tx, struct arena *a, struct rekey_job **rows,
                  size_t *count); /* newest first, 50 */
/* Is every table with a column "block" one that goes over? REKEY_TABLE naming one that is not; at
 * the start of a process. */
result rekey_check_tables(struct db_tx *tx);
