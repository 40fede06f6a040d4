/* SPDX-License-Identifier: Apache-2.0 */
/*
 * day_root.h — one key per day (一天一密, keys 15.1): a ratcheted root for each accounting domain,
 * from which the line's session keys follow. From today's root nobody computes yesterday's.
 */
#pragma once

#include "domain/keys/key_version.h"

enum {
	DAY_ROOT_DOMAIN_MAX = 8,
	DAY_ROOT_SIZE = 32,
	DAY_ROOT_KEPT_S = 12 * 3600, /* after a day's end: as long as sessions of it may still speak
	                                (terminal-protocol 7.5) */
	DAY_ROOT_MAX_AGE_S = 36 * 3600, /* without a day-end: then nobody signs in any more */
	DAY_ROOTS_MAX = 16,
};

/* ACTIVE, PREVIOUS while sessions of the day before run out, DESTROYED: its block is gone. */
enum day_root_state { DAY_ROOT_ACTIVE, DAY_ROOT_PREVIOUS, DAY_ROOT_DESTROYED };

struct day_root {
	int64_t id, lmk;
	struct bizdate day;
	uint8_t seq; /* 1; more after an emergency change */
	enum day_root_state state;
	char kcv[KCV_TEXT_SIZE];
	char block[KEY_VERSION_BLOCK_MAX + 1];
	struct instant not_before, not_after; /* not_after 0: in force */
};

/* Which root: its day and sequence. */
struct day_root_key {
	struct bizdate day;
	uint8_t seq;
};

/* The first root of a domain: random. DECLINE KEYS_EXIST. */
result day_root_begin(struct key_act *act, const char *domain, struct bizdate day,
                      struct day_root *out);
/*
 * Go on to a later business day: ratchet, PREVIOUS for the one before, DESTROYED for older ones
 * whose time is over; all in the caller's transaction. The same day again changes nothing. Several
 * days at once are one step. DECLINE KEYS_DAY_ORDER (an earlier day), KEYS_MISSING (no root yet).
 */
result day_root_advance(struct key_act *act, const char *domain, struct bizdate to,
                        struct day_root *out);
/* Emergency change inside the day: the same day, next sequence, fresh randomness beside the
 * ratchet. */
result day_root_change(struct key_act *act, const char *domain, struct day_root *out);
/* Roots that are not destroyed, newest first. */
result day_root_list(struct db_tx *tx, const char *domain, struct day_root rows[DAY_ROOTS_MAX],
                     size_t *count);
/* One of them, as long as sessions of it may speak: the one in force, or one before it inside its
 * window. DECLINE KEYS_DAY_GONE. */
result day_root_find(struct db_tx *tx, const char *domain, const struct day_root_key *key,
                     struct instant now, struct day_root *out);
/* Until when a root may be spoken under; 0: it is in force, nobody knows yet. */
struct instant day_root_until(const struct day_root *r);
/* Destroy those whose window is over, without waiting for the next day-end. */
result day_root_expire(struct key_act *act, const char *domain, size_t *destroyed);
/* Did no day-end come for too long? */
bool day_root_is_stale(const struct day_root *r, struct instant now);
/* The one in force. KEYS_MISSING; DECLINE KEYS_DAY_STALE when no day-end came for too long. */
result day_root_current(struct db_tx *tx, const char *domain, struct instant now,
                        struct day_root *out);
/* A root, opened for derivations; close it with working_key_close. MASTER_NONE, HSM_*, KEYBLOCK_*,
 * KEY_CHECK_VALUE. */
result day_root_open(const struct master_ring *ring, const struct day_root *r,
                     struct working_key **out);
