/* SPDX-License-Identifier: Apache-2.0 */
/* terminal_keys.h — day roots as one worker holds them, for the operations of terminals. One
 * thread. */
#pragma once

#include "domain/keys/day_root.h"
#include "service/kms/keeper.h"

enum { TERMINAL_DAYS_HELD = 4 };

struct terminal_day {
	struct day_root_key of;
	struct instant until;    /* nobody may speak under it any more; 0: it is in force */
	struct working_key *key; /* NULL: the place is free */
};

struct terminal_keys {
	const char *dsn; /* borrowed */
	const struct clock *clock;
	struct keeper *keeper;
	const _Atomic uint64_t *generation;
	struct db *reader; /* NULL while the store is away */
	struct master_ring ring;
	struct terminal_day held[TERMINAL_DAYS_HELD];
	size_t next; /* the place that goes next */
	struct day_root current;
	uint64_t current_generation; /* when `current` was read; 0: never */
	uint64_t held_generation;    /* when the first of `held` was opened */
};

/* `k` is zeroed but for dsn, clock, keeper, generation and the ring's sessions. */
void terminal_keys_close(struct terminal_keys *k); /* wipes */
/*
 * The root in force on a business day: the keeper goes on to it when it is a new one. An earlier
 * day than the root's gives the root of today: a till must not turn the day back. KEYS_MISSING,
 * KEYS_DAY_STALE, LEDGER_BUSY.
 */
result terminal_keys_day(struct terminal_keys *k, struct bizdate day, struct day_root *out);
/* A root, opened; good until the next call. KEYS_DAY_GONE: also when its window is over. */
result terminal_keys_root(struct terminal_keys *k, const struct day_root_key *of,
                          struct working_key **out);
