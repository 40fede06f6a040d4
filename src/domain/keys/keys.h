/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h — which terminal root and which day root are in force, and what the line derives from
 * them. */
#pragma once

#include "base/time.h"
#include "db/db.h"
#include "hsm/hsm.h"

enum {
	KEYS_ROOT_VERSIONS_MAX = 16,
	KEYS_SESSION_LEN_MAX = 48,
};

/* Open roots. Zero-initialise; keys_open fills; reads from any thread afterwards, keys_day_* from
 * the writer only. */
struct keys {
	struct hsm *hsm;                              /* borrowed */
	struct hsm_key roots[KEYS_ROOT_VERSIONS_MAX]; /* [version]; handle 0 where none */
};

/* First set-up: make terminal root version 1 and the first day root in the token, note them in the
 * store. KEYS_EXIST. */
result keys_init(struct db_tx *tx, struct hsm *hsm, struct instant now, struct bizdate day);
/* Find every root the store names. FAULT KEYS_MISSING when the token lacks one. */
result keys_open(struct db_tx *tx, struct hsm *hsm, struct keys *out);
/* The root version new terminals get. */
result keys_current_version(struct db_tx *tx, uint8_t *version);

/*
 * TIK of a SAM (terminal-protocol 5.1): KDF(root version, "YTAP-TIK", SAM no. 6 ‖ version 1, 128).
 * Suite 2 uses the same 16 bytes as its SM4 key. DECLINE KEYS_VERSION when that root is not there.
 */
result keys_terminal_initial(const struct keys *k, const uint8_t sam_no[6], uint8_t version,
                             struct secret *out);

/* A day root: business date and sequence (1, more after an emergency change). */
struct keys_day {
	struct bizdate date;
	uint8_t seq;
};
/* The day root in force. FAULT KEYS_MISSING. */
result keys_day_current(struct db_tx *tx, struct keys_day *out);
/*
 * Go on to the next business day (keys 15.1): ratchet inside one transaction; the day before stays
 * for the grace of running sessions, older ones are destroyed in the token. The same day again
 * changes nothing. KEYS_DAY_ORDER when `to` is not later.
 */
result keys_day_advance(struct db_tx *tx, struct keys *k, struct instant now, struct bizdate to,
                        struct keys_day *out);

enum keys_use { KEYS_MAC, KEYS_ENC, KEYS_PIN };
/*
 * Session key (reconciled.md 1): KBKDF(DR(d), "YTAP:MAC" | "YTAP:ENC" | "YTAP:PIN", date 4 ‖ seq 1
 * ‖ node id 8 ‖ session 4, 128). DECLINE KEYS_DAY_GONE when that day root has been destroyed.
 */
struct keys_session {
	struct keys_day day;
	char node_id[8];
	uint32_t session;
};
result keys_session_key(const struct keys *k, const struct keys_session *s, enum keys_use use,
                        struct secret *out);
