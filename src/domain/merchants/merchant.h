/* SPDX-License-Identifier: Apache-2.0 */
/* merchant.h — who sells: canteens, shops, finance desks. */
#pragma once

#include "db/db.h"

enum {
	MERCHANT_NO_MAX = 15,   /* F42, characters */
	MERCHANT_NAME_MAX = 64, /* bytes */
	MERCHANT_PAGE_MAX = 200,
};

enum merchant_state { MERCHANT_OPEN, MERCHANT_FROZEN, MERCHANT_CLOSED };
extern const char *const merchant_state_names[]; /* NULL-ended */

struct merchant {
	int64_t id; /* small, dense: 1, 2, 3 … */
	char no[MERCHANT_NO_MAX + 1];
	char name[MERCHANT_NAME_MAX + 1];
	enum merchant_state state;
	uint16_t park;
	int64_t version;
};

result merchant_add(struct db_tx *tx, struct instant now,
                    struct merchant *m); /* MERCHANT_INVALID, MERCHANT_EXISTS */
result merchant_save(struct db_tx *tx, struct instant now,
                     struct merchant *m); /* MERCHANT_INVALID, MERCHANT_CHANGED */
result merchant_load(struct db_tx *tx, int64_t id, struct merchant *out); /* MERCHANT_NOT_FOUND */
result merchant_load_by_no(struct db_tx *tx, struct str no, struct merchant *out);
result merchant_find_by_no(struct db_tx *tx, struct str no, struct merchant *out, bool *found);

struct merchant_page {
	struct merchant *rows; /* arena */
	size_t count;
	int64_t next;
};
/* In order of id; number or name begins with `text`. */
result merchant_list(struct db_tx *tx, struct str text, int64_t after, size_t limit,
                     struct arena *a, struct merchant_page *out);

/* --- in memory, for the writer thread --- */

struct merchant_cache {
	struct merchant *rows; /* rows[id - 1]; id 0 where none */
	size_t count, size;
};
result merchant_cache_load(struct merchant_cache *c, struct db_tx *tx);
void merchant_cache_free(struct merchant_cache *c);
/* NULL when unknown. Valid until the next refresh. */
const struct merchant *merchant_cache_find(const struct merchant_cache *c, int64_t id);
/* Read one row again: after a request changed it, and after that request was rolled back. */
result merchant_cache_refresh(struct merchant_cache *c, struct db_tx *tx, int64_t id);
