/* SPDX-License-Identifier: Apache-2.0 */
/* ceremony_room.h — what a process holds of a ceremony, and steps that its files share; private to
 * domain/keys. */
#pragma once

#include "domain/keys/ceremony.h"

enum { CEREMONY_STEPS_TEXT = 128 };

/* One secret for a while. len 0: none. */
struct ceremony_held {
	struct secret value;
	struct instant since;
	uint8_t x; /* a share's */
};

struct ceremony_room {
	int64_t ceremony; /* whose; another one's begin empties the room */
	struct ceremony_held made[CEREMONY_OFFICERS];      /* until it is written and read back */
	struct ceremony_held presented[CEREMONY_OFFICERS]; /* until all three are there */
	struct ceremony_held shares_in[CEREMONY_SHARES_MAX];
	size_t shares_in_count;
	struct ceremony_held shares_out[CEREMONY_SHARES_MAX]; /* until each is on its medium */
	unsigned shares_written;
	/* Salted hashes, so that equal components are seen though the first is not held any more.
	 */
	uint8_t salt[16], seen[CEREMONY_OFFICERS][32];
	bool has_seen[CEREMONY_OFFICERS];
};

void ceremony_room_clear(struct ceremony_room *room);
/* The room for this ceremony: empty when it was another one's. */
void ceremony_room_enter(struct ceremony_room *room, const struct ceremony *c,
                         struct random_source *random);

result ceremony_save(struct key_act *act, const struct ceremony *c);
result ceremony_require_open(const struct ceremony *c); /* CEREMONY_STATE */
result ceremony_require_session(const struct master_ring *ring, enum lmk_algorithm a,
                                struct hsm_session **out);
/* Which component is the officer's: 0…2. OFFICER_ROLE_OTHER. */
result ceremony_index_of(const struct officer *by, size_t *index);
/* Open a medium's text, counting wrong PINs of a known one. */
result ceremony_open_medium(struct key_act *act, const struct ceremony_medium *m,
                            const struct officer *by, struct component *out);
/* Install and write the row. */
result ceremony_install(struct key_act *act, struct ceremony_room *room, struct ceremony *c,
                        const struct secret *lmk);
