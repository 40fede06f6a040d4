/* SPDX-License-Identifier: Apache-2.0 */
/* All merchants in memory, by number: ids are dense. */
#include <stdlib.h>

#include "domain/merchants/merchant.h"

enum { CACHE_START = 64, CACHE_MAX = 1 << 20 };

static result grow(struct merchant_cache *c, int64_t id)
{
	size_t size = c->size ? c->size : CACHE_START;

	if (id <= 0 || id > CACHE_MAX)
		return FAIL(OUT_OF_MEMORY, "merchant %lld", (long long)id);
	while (size < (size_t)id)
		size *= 2;
	if (size == c->size)
		return OK;
	struct merchant *rows = reallocarray(c->rows, size, sizeof *rows);
	if (!rows)
		return FAIL(OUT_OF_MEMORY, "%zu merchants", size);
	memset(rows + c->size, 0, (size - c->size) * sizeof *rows);
	c->rows = rows;
	c->size = size;
	return OK;
}

static result put(struct merchant_cache *c, const struct merchant *m)
{
	TRY(grow(c, m->id));
	struct merchant *slot = &c->rows[m->id - 1];
	c->count += slot->id == 0;
	*slot = *m;
	return OK;
}

result merchant_cache_load(struct merchant_cache *c, struct db_tx *tx)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct merchant_page page = { 0 };

	*c = (struct merchant_cache){ 0 };
	do {
		TRY(merchant_list(tx, STR(""), page.next, MERCHANT_PAGE_MAX, &a, &page));
		for (size_t i = 0; i < page.count; i++)
			TRY(put(c, &page.rows[i]));
	} while (page.next);
	return OK;
}

void merchant_cache_free(struct merchant_cache *c)
{
	free(c->rows);
	*c = (struct merchant_cache){ 0 };
}

const struct merchant *merchant_cache_find(const struct merchant_cache *c, int64_t id)
{
	if (id < 1 || (uint64_t)id > c->size || c->rows[id - 1].id == 0)
		return NULL;
	return &c->rows[id - 1];
}

result merchant_cache_refresh(struct merchant_cache *c, struct db_tx *tx, int64_t id)
{
	struct merchant m;

	result r = merchant_load(tx, id, &m);
	if (is_ok(r))
		return put(c, &m);
	if (r.code != MERCHANT_NOT_FOUND)
		return r;
	if (merchant_cache_find(c, id)) {
		c->rows[id - 1] = (struct merchant){ 0 };
		c->count--;
	}
	return OK;
}
