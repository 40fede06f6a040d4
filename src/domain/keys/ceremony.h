/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony.h — how a local master key comes to be (主控密钥仪式, keys 5): three components by three
 * security officers, each made or typed in, written to a medium and read back; then all three
 * presented, joined, installed. What was done stands in the store, so a ceremony goes on after a
 * break; components are in locked memory only, and only while they are needed.
 */
#pragma once

#include "crypto/component.h"
#include "crypto/shamir.h"
#include "domain/keys/officer.h"

enum {
	CEREMONY_OFFICERS = 3,
	CEREMONY_HELD_S = 15 * 60, /* a component is held so long (keys 5.4) */
	CEREMONY_PIN_ERRORS = 5,   /* then its file is locked */
	CEREMONY_SHARES_MAX = SHAMIR_COUNT_MAX,
	CEREMONY_PRINT = 32, /* SHA-256 of a medium's text */
};

/* FORM: a new key. LOAD: one that the store knows, into a device that lacks it: another process, a
 * new machine, or a retired one for an old backup. */
enum ceremony_purpose { CEREMONY_FORM, CEREMONY_LOAD };
enum ceremony_state { CEREMONY_OPEN, CEREMONY_FORMED, CEREMONY_CANCELLED };
extern const char *const ceremony_purpose_names[], *const ceremony_state_names[];

/* How far one component is: nothing, made and written, read back and compared. */
enum ceremony_step { CEREMONY_NOTHING, CEREMONY_WRITTEN, CEREMONY_VERIFIED };

struct ceremony {
	int64_t id, lmk; /* lmk: the row it formed, or is to load; 0: none yet */
	enum ceremony_purpose purpose;
	enum lmk_algorithm algorithm;
	unsigned gen, slot;
	enum master_status status;
	enum ceremony_state state;
	enum ceremony_step steps[CEREMONY_OFFICERS];
	int64_t officers[CEREMONY_OFFICERS];              /* 0: nobody yet */
	char kcvs[CEREMONY_OFFICERS][COMPONENT_KCV_SIZE]; /* "" while there is none */
	struct shamir_scheme shares;                      /* needed 0: no recovery set */
	struct instant created;
};

/* What a process holds meanwhile: in locked memory, one for each process. */
struct ceremony_room;
result ceremony_room_open(struct ceremony_room **out); /* LOCKED_FULL */
void ceremony_room_close(struct ceremony_room *room);  /* wipes; NULL is fine */
/* Wipe what was held too long. */
void ceremony_room_expire(struct ceremony_room *room, struct instant now);
/* Which components are presented now, bit 1 << index; and shares still to be written. */
unsigned ceremony_room_presented(const struct ceremony_room *room, int64_t ceremony);

/* --- the administrator's part (mk) --- */

struct ceremony_order {
	enum ceremony_purpose purpose;
	enum lmk_algorithm algorithm;
	enum master_status status;
	int64_t lmk;                 /* LOAD: which */
	struct shamir_scheme shares; /* FORM: a recovery set, needed 0: none */
};
/* DECLINE CEREMONY_RUNS (one of this algorithm is open), MASTER_SLOTS, HSM_UNSUPPORTED,
 * CEREMONY_SOFT (a live key on a software device, without leave), MASTER_STATE (LOAD of one that
 * the device has). */
result ceremony_begin(struct key_act *act, const struct ceremony_order *o, struct ceremony *out);
result ceremony_cancel(struct key_act *act, struct ceremony_room *room, struct ceremony *c);

/* --- an officer's part; `by` holds SO1 … SO3, which is the index --- */

/*
 * Make a component (value empty: random of the device) or take the one that was typed in. Held in
 * the room until it is verified. DECLINE CEREMONY_STATE (there is one already, or not a FORM),
 * OFFICER_ROLE_OTHER; KEY_WEAK; CEREMONY_EQUAL (the same as another's of this set).
 */
result ceremony_component(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                          const struct officer *by, const struct secret *value);
/* Write the held component to a medium: copy 'A' first, 'B' the backup with a PIN of its own.
 * INVALID_KEY (PIN). */
struct ceremony_writing {
	struct str pin;
	char copy;
};
result ceremony_write(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                      const struct officer *by, const struct ceremony_writing *how,
                      struct writer *file);
/* The value on paper, while it is held. It is secret. */
result ceremony_paper(struct ceremony_room *room, const struct ceremony *c,
                      const struct officer *by, struct writer *text);
/* Read a medium back and compare; copy A verified lets the held component go when `last`.
 * CEREMONY_OTHER (another component), COMPONENT_*, CEREMONY_MEDIUM_LOCKED. COMMIT IT EVEN WHEN IT
 * DECLINES: wrong PINs are counted. */
struct ceremony_medium {
	struct str file, pin;
};
result ceremony_verify(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                       const struct officer *by, const struct ceremony_medium *m);
/*
 * Present one's component for joining. When the third is there they are joined, checked against
 * what is known (the published key, the check value of a LOAD), installed, and the row written:
 * *done. CEREMONY_OTHER (swapped, of another person, set, generation or status), CEREMONY_EQUAL,
 * KEY_WEAK, CEREMONY_PUBLISHED, KEY_CHECK_VALUE, HSM_*. COMMIT IT EVEN WHEN IT DECLINES.
 */
result ceremony_present(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                        const struct officer *by, const struct ceremony_medium *m, bool *done);

/* --- recovery shares (keys 5.5) --- */

/* Write the next share to a medium, while the shares of the key that was formed are held. *left:
 * how many are still to be written; COMPONENT_*, CEREMONY_STATE. */
result ceremony_share(struct key_act *act, struct ceremony_room *room, const struct ceremony *c,
                      struct str pin, struct writer *file, unsigned *left);
/* Present a share to a LOAD; when enough are there the key is installed: *done. As
 * ceremony_present. */
result ceremony_present_share(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                              const struct officer *by, const struct ceremony_medium *m,
                              bool *done);

/* --- the published test key (keys 5.6) --- */

/* Install it as a TEST key and make it ACTIVE. DECLINE MASTER_STATE when there is another of its
 * algorithm. */
result ceremony_test_key(struct key_act *act, enum lmk_algorithm a, struct master *out);
/* The first key of its algorithm, PENDING: make it ACTIVE; nothing stands under another yet.
 * MASTER_STATE, MASTER_NODES. */
result ceremony_activate_first(struct key_act *act, int64_t lmk);

result ceremony_load(struct db_tx *tx, int64_t id, struct ceremony *out); /* CEREMONY_NOT_FOUND */
result ceremony_list(struct db_tx *tx, struct arena *a, struct ceremony **rows,
                     size_t *count); /* newest first, 50 */
