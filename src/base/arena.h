/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h — memory of one request: allocated bit by bit, freed at once. */
#pragma once

#include <stddef.h>

#include "base/bytes.h"

struct arena_block;

/* Zero-initialise, then use. Not for sharing between threads. */
struct arena {
	struct arena_block *first;
	size_t              used; /* bytes handed out so far */
};

enum {
	ARENA_MAX = 64 << 20, /* one request never needs more; beyond it arena_alloc aborts */
};

/* Zeroed memory, aligned for any type; never NULL. */
void      *arena_alloc(struct arena *a, size_t size);
/* count × size, checked. */
void      *arena_array(struct arena *a, size_t count, size_t size);
struct str arena_str(struct arena *a, struct str s); /* a copy, NUL-ended behind its length */
struct str arena_printf(struct arena *a, const char *format, ...) ATTR_PRINTF(2, 3);
void       arena_free(struct arena *a); /* all of it; usable again */
void       arena_wipe(struct arena *a); /* the same, wiped first: it held secrets */
