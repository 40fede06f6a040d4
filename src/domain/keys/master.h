/* SPDX-License-Identifier: Apache-2.0 */
/*
 * master.h — local master keys (本地主控密钥, LMK) as the store knows them: which slot of the
 * device holds which, in what state, and which one protects what (keys 6).
 */
#pragma once

#include "base/time.h"
#include "crypto/kcv.h"
#include "db/db.h"
#include "hsm/hsm_device.h"

enum {
	MASTER_DEVICES_MAX = 2, /* one PKCS#11, one SDF */
	MASTERS_MAX = 2 * HSM_SLOTS,
};

/* PENDING → ACTIVE → OLD (密钥转变存储区) → RETIRED. */
enum master_state { MASTER_PENDING, MASTER_ACTIVE, MASTER_OLD, MASTER_RETIRED };
extern const char *const master_state_names[];
/* TEST: the published key, or made on a software device without leave to be live. */
enum master_status { MASTER_LIVE, MASTER_TEST };
extern const char *const master_status_names[];

struct master {
	int64_t id;
	unsigned slot;
	enum lmk_algorithm algorithm;
	unsigned gen; /* generation, 1, 2, … */
	char kcv[KCV_TEXT_SIZE];
	uint8_t proof[HSM_PROOF]; /* of hsm_lmk: says later that the device still holds this very
	                             key */
	enum master_status status;
	enum master_state state;
	struct instant created, activated, retired; /* 0: not yet */
	/* of this process */
	struct hsm_session *session; /* of the device that holds its algorithm; NULL: none does */
	bool present;                /* the device has it, and its proof is right */
};

/* All that are not retired, with the sessions of one thread. Zero-initialise the rest. */
struct master_ring {
	struct hsm_session *sessions[MASTER_DEVICES_MAX]; /* borrowed; NULL where there is none */
	struct master at[MASTERS_MAX];
	size_t count;
};

/*
 * Read the rows and look at the devices. A slot that holds another key than was noted is not
 * present, and said so in the log: a device with the wrong key is refused. Faults of store and
 * device.
 */
result master_ring_load(struct master_ring *ring, struct db_tx *tx);
const struct master *master_find(const struct master_ring *ring,
                                 int64_t id); /* NULL: not there, or retired */
/* The active one of an algorithm; NULL. */
const struct master *master_active(const struct master_ring *ring, enum lmk_algorithm a);
/* The one that protects new blocks of a key's algorithm: SM4's own for '4' and '2' when there is
 * one, else AES. DECLINE MASTER_NONE, FAULT HSM_LMK_MISSING, HSM_LOST. */
result master_for(const struct master_ring *ring, char algorithm, const struct master **out);
/* The one a block stands under, to open it: ACTIVE or OLD, and present. DECLINE MASTER_NONE, FAULT
 * HSM_LMK_MISSING, HSM_LOST while its device is away. */
result master_require(const struct master_ring *ring, int64_t id, const struct master **out);
/* "KP" of a block (keys 9.2): 01 and the check value. */
void master_option(const struct master *m, char out[KCV_TEXT_SIZE + 2]);
/* The version character of blocks under it, for keys that stay in the device or not. */
char master_block_version(const struct master *m, bool in_device);
/* A slot that none of the rows uses and that is empty in the device. MASTER_SLOTS. */
result master_free_slot(const struct master_ring *ring, enum lmk_algorithm a, unsigned *slot);

/*
 * Erase from this process's devices the keys whose rows are RETIRED, or that stand in another slot
 * than their row says; `strangers`: also those that no row knows, as a ceremony leaves behind that
 * broke off. Devices hold the keys of one store only.
 */
result master_sweep(const struct master_ring *ring, struct db_tx *tx, bool strangers,
                    size_t *erased);

/* A new row in PENDING; assigns the id. */
result master_add(struct db_tx *tx, struct instant now, struct master *m);
/* DECLINE MASTER_STATE unless the step is one of keys 6. */
result master_set_state(struct db_tx *tx, struct instant now, int64_t id, enum master_state from,
                        enum master_state to);
/* Every row, newest first. */
result master_list(struct db_tx *tx, struct arena *a, struct master **rows, size_t *count);

/* --- processes on one store (keys 6, HA) --- */

enum {
	MASTER_NODE_MAX = 32,
	MASTER_NODE_SLOTS_MAX = 320,
	MASTER_NODE_LIVE_S = 30,
	MASTER_NODES_MAX = 16
};

/* Note that this process lives and which keys its devices hold. */
result master_node_report(struct db_tx *tx, struct instant now, const char *name,
                          const struct master_ring *ring);
/* Do all processes heard of in the last MASTER_NODE_LIVE_S hold this key? DECLINE MASTER_NODES
 * naming one that does not. */
result master_node_require(struct db_tx *tx, struct instant now, const struct master *m);
