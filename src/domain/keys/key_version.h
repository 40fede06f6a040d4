/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_version.h — values of keys: each version a key block under a master key, with its state (SP
 * 800-57) and times (keys 10, 11, 13). Values come by generation, by import of one, and by batch
 * (exchange.h); they go by destruction.
 */
#pragma once

#include "domain/keys/catalog.h"
#include "hsm/working_key.h"

enum {
	KEY_VERSION_BLOCK_MAX = WORKING_BLOCK_MAX,
	KEY_VERSION_PUBLIC_MAX = 600, /* SubjectPublicKeyInfo of RSA 4096, or x ‖ y of SM2 */
	KEY_VERSION_LIST_MAX = 99,
	KEY_RECOVER_MAX_S = 7 * 86400,
};

enum key_state {
	KEY_PRE,
	KEY_ACTIVE,
	KEY_SUSPENDED,
	KEY_DEACTIVATED,
	KEY_COMPROMISED,
	KEY_DESTROYED
};
extern const char *const key_state_names[];
enum key_origin { KEY_FROM_GENERATION, KEY_FROM_IMPORT, KEY_FROM_BATCH, KEY_FROM_DERIVATION };
extern const char *const key_origin_names[];

/*
 * What the catalogue's rows say of a value. Its block says the same under its MAC (keys 9.1, 9.2):
 * a row that was changed, or a block that was put into another row, is found by the difference.
 */
struct key_facts {
	char usage[3], algorithm, mode, exportability;
	struct key_label label;
};
/* From columns usage, alg, mode, exp, codes of issuer, product and key, and number of the version,
 * which begin at `column`. */
void key_facts_read(struct db_rows *rows, int column, struct key_facts *out);
/* KEY_ROW naming the first difference. */
result key_facts_check(const struct key_facts *f, const struct keyblock_header *h);

struct key_version {
	struct key_facts facts;
	int64_t id, key, lmk, rowver;
	unsigned version;                      /* 1…99 */
	char block[KEY_VERSION_BLOCK_MAX + 1]; /* "" when destroyed */
	char kcv[KCV_TEXT_SIZE];
	uint8_t public[KEY_VERSION_PUBLIC_MAX];
	size_t public_len;
	enum key_state state;
	bool was_compromised;
	unsigned card_ki, card_kv; /* key index and version on cards (optional block 90) */
	enum key_origin origin;
	struct instant created, activate_at, protect_until, process_until; /* 0: no limit */
	struct instant recover_until; /* COMPROMISED: processes until then; 0: not */
};

/* What a state lets one do (keys 11). `recover`: with an approval to recover old data. */
enum key_deed { KEY_TO_PROTECT, KEY_TO_PROCESS, KEY_TO_VERIFY };
bool key_state_allows(enum key_state s, enum key_deed d, bool recover);
/* The state by the clock: a PRE whose time has come is ACTIVE, an ACTIVE whose protect period is
 * over DEACTIVATED. */
enum key_state key_version_state_at(const struct key_version *v, struct instant now);
/* The same deed by this version now: its state, and whether a recovery is agreed. */
bool key_version_allows(const struct key_version *v, enum key_deed d, struct instant now);
bool key_state_may_move(enum key_state from, enum key_state to);

/* What a new version is to be; zeros take the definition's and defaults. */
struct key_order {
	unsigned version; /* 0: the next one */
	unsigned card_ki, card_kv;
	struct instant activate_at; /* 0: PRE until somebody activates it */
	bool at_once;               /* ACTIVE at once */
	uint32_t exponent;          /* RSA: 3 or 65537; 0: 3 */
	enum key_origin origin;
};

/* Make a value in the device, or in locked memory where the product says so, and store its block.
 * DECLINE KEY_EXISTS (this version has a value), MASTER_NONE; CATALOG_FIELD for an exponent that
 * is not one, or of another algorithm. */
result key_version_generate(struct key_act *act, const struct key_definition *k,
                            const struct key_order *o, struct key_version *out);
/* A clear value that came in by components or from another protection: checked for length,
 * weakness, DES parity set; its check value compared with `kcv` when given. KEY_WEAK, KEY_LENGTH,
 * KEY_CHECK_VALUE. The caller wipes the value. */
result key_version_store(struct key_act *act, const struct key_definition *k,
                         const struct key_order *o, struct bytes value, const struct kcv *kcv,
                         struct key_version *out);

result key_version_load(struct db_tx *tx, int64_t id, struct key_version *out); /* KEY_NOT_FOUND */
/* By label; version 0: the ACTIVE one of the highest number. KEY_NOT_FOUND. */
result key_version_find(struct db_tx *tx, const struct key_label *label, struct instant now,
                        struct key_definition *k, struct key_version *out);
/* All of a key, newest first, blocks left out. */
result key_version_list(struct db_tx *tx, int64_t key, struct arena *a, struct key_version **rows,
                        size_t *count);

/* Move to another state; DECLINE KEY_STATE for a step that keys 11 does not know. DESTROYED erases
 * the block. A second version that becomes ACTIVE leaves the first as it is. */
result key_version_move(struct key_act *act, const struct key_definition *k,
                        const struct key_version *v, enum key_state to);
/*
 * From now on, for so long, a COMPROMISED version decrypts and verifies what was made under it, and
 * protects nothing; 0 ends that. At most KEY_RECOVER_MAX_S. DECLINE KEY_STATE, KEY_CHANGED.
 */
result key_version_recover(struct key_act *act, const struct key_version *v, int64_t seconds);
/* Write down the moves that the clock made since. */
result key_version_follow_clock(struct key_act *act, size_t *moved);

/* Open for use under the master key it names. MASTER_NONE, HSM_*, KEYBLOCK_*; KEY_ROW when its
 * block is of another key or use than its rows say, KEY_CHECK_VALUE when it is not the key whose
 * check value was noted. */
result key_version_open(const struct master_ring *ring, const struct key_version *v,
                        struct working_key **out);
/* The same into this process in any case, for an export alone (working_key_open_here). */
result key_version_open_here(const struct master_ring *ring, const struct key_version *v,
                             struct working_key **out);
/* The label of a version. */
void key_version_label(const struct key_definition *k, unsigned version, struct key_label *out);
