/* SPDX-License-Identifier: Apache-2.0 */
/* renewal_store.h — for the test of a renewal that is killed: a store full of values of every
 * algorithm, in blocks of every version, and what must hold of it after each kill (keys 20.3). */
#pragma once

#include "domain/keys/key_version.h"
#include "programs/kms/process_testkit.h"

/* A value as it was stored: neither number nor check value ever changes. */
struct renewal_value {
	int64_t id;
	char kcv[KCV_TEXT_SIZE];
};

enum { RENEWAL_DEFINITIONS = 8 };

struct renewal_store {
	struct renewal_value *values; /* by id */
	size_t count, room, filled;
	int64_t blocks;                     /* values and day roots, when it was filled */
	int64_t spare[RENEWAL_DEFINITIONS]; /* keys without values, for officers */
};

/* Keys that the traffic works with, of known values. */
#define RENEWAL_MAC_LABEL  "LIVE.MAC.KEY.01"
#define RENEWAL_CARD_LABEL "LIVE.CARD.KEY.01"
#define RENEWAL_SM4_LABEL  "LIVE.SM.KEY.01"
extern const uint8_t renewal_mac_key[32], renewal_card_key[16], renewal_sm4_key[16];

/* Fill the store of a key manager that does not run: `count` values, and those of the traffic. */
bool renewal_store_fill(struct renewal_store *s, struct process_kit *p, size_t count);
void renewal_store_free(struct renewal_store *s);
/* An officer was told that this value is stored: from then on it must be there. */
void renewal_store_note(struct renewal_store *s, int64_t id, const char *kcv);

/*
 * While nothing runs: every block names the master key its row names, both are known; none is
 * missing; `sample` values, chosen by `random`, open and are the keys they were. all: every value
 * and day root opens, the audit is whole. Says what is wrong by failed checks.
 */
struct renewal_check {
	struct random_seeded *random;
	size_t sample;
	bool all;
	int64_t more; /* at most so many blocks more than were there or were told of */
};
void renewal_store_check(const struct renewal_store *s, const struct process_kit *p,
                         const struct renewal_check *how);
/* How many blocks stand under a master key. */
int64_t renewal_store_under(const struct process_kit *p, int64_t lmk);
