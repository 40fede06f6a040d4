/* SPDX-License-Identifier: Apache-2.0 */
/* All nodes in memory: by registry number, which is dense, and by node id. */
#include <stdlib.h>

#include "domain/terminals/terminal.h"

enum { CACHE_START = 256, CACHE_MAX = 1 << 22 };

static uint64_t hash_of(const char *node_id)
{
	uint64_t h;

	memcpy(&h, node_id, sizeof h);
	h ^= h >> 32;
	h *= 0x9E3779B97F4A7C15u;
	return h ^ h >> 29;
}

static void index_put(struct terminal_cache *c, uint32_t id)
{
	size_t at = hash_of(c->rows[id - TERMINAL_ID_FIRST].node_id) & (c->by_node_size - 1);

	while (c->by_node[at])
		at = (at + 1) & (c->by_node_size - 1);
	c->by_node[at] = id;
}

/* Built anew: nodes come and go a few times a day. */
static result index_build(struct terminal_cache *c)
{
	size_t size = c->size * 2;

	if (size != c->by_node_size) {
		free(c->by_node);
		c->by_node = calloc(size, sizeof *c->by_node);
		c->by_node_size = c->by_node ? size : 0;
		if (!c->by_node)
			return FAIL(OUT_OF_MEMORY, "%zu nodes", size);
	}
	memset(c->by_node, 0, size * sizeof *c->by_node);
	for (size_t i = 0; i < c->size; i++)
		if (c->rows[i].id)
			index_put(c, c->rows[i].id);
	return OK;
}

static result grow(struct terminal_cache *c, uint32_t id)
{
	size_t need = (size_t)id - TERMINAL_ID_FIRST + 1, size = c->size ? c->size : CACHE_START;

	if (id < TERMINAL_ID_FIRST || need > CACHE_MAX)
		return FAIL(OUT_OF_MEMORY, "terminal %u", id);
	while (size < need)
		size *= 2;
	if (size == c->size)
		return OK;
	struct terminal *rows = reallocarray(c->rows, size, sizeof *rows);
	if (!rows)
		return FAIL(OUT_OF_MEMORY, "%zu terminals", size);
	memset(rows + c->size, 0, (size - c->size) * sizeof *rows);
	c->rows = rows;
	c->size = size;
	return index_build(c);
}

static result put(struct terminal_cache *c, const struct terminal *t)
{
	TRY(grow(c, t->id));
	struct terminal *slot = &c->rows[t->id - TERMINAL_ID_FIRST];
	bool new = slot->id == 0;
	*slot = *t;
	if (new) {
		c->count++;
		index_put(c, t->id); /* a node id never changes */
	}
	return OK;
}

result terminal_cache_load(struct terminal_cache *c, struct db_tx *tx)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct terminal_page page = { 0 };

	*c = (struct terminal_cache){ 0 };
	TRY(grow(c, TERMINAL_ID_FIRST));
	do {
		TRY(terminal_list(tx, &(struct terminal_filter){ 0 }, page.next, TERMINAL_PAGE_MAX,
		                  &a, &page));
		for (size_t i = 0; i < page.count; i++)
			TRY(put(c, &page.rows[i]));
		int64_t next = page.next;
		arena_free(&a);
		page = (struct terminal_page){ .next = next };
	} while (page.next);
	return OK;
}

void terminal_cache_free(struct terminal_cache *c)
{
	free(c->rows);
	free(c->by_node);
	*c = (struct terminal_cache){ 0 };
}

const struct terminal *terminal_cache_find(const struct terminal_cache *c, uint32_t id)
{
	if (id < TERMINAL_ID_FIRST || id - TERMINAL_ID_FIRST >= c->size ||
	    c->rows[id - TERMINAL_ID_FIRST].id == 0)
		return NULL;
	return &c->rows[id - TERMINAL_ID_FIRST];
}

const struct terminal *terminal_cache_find_node(const struct terminal_cache *c, struct str node_id)
{
	char key[TERMINAL_NODE_ID_LEN];

	if (node_id.len != TERMINAL_NODE_ID_LEN || c->by_node_size == 0)
		return NULL;
	memcpy(key, node_id.at, sizeof key);
	for (size_t at = hash_of(key) & (c->by_node_size - 1); c->by_node[at];
	     at = (at + 1) & (c->by_node_size - 1)) {
		const struct terminal *t = &c->rows[c->by_node[at] - TERMINAL_ID_FIRST];
		if (memcmp(t->node_id, key, sizeof key) == 0)
			return t;
	}
	return NULL;
}

result terminal_cache_refresh(struct terminal_cache *c, struct db_tx *tx, uint32_t id)
{
	struct terminal t;
	result r = terminal_load(tx, id, &t);

	if (is_ok(r))
		return put(c, &t);
	if (r.code != TERMINAL_NOT_FOUND)
		return r;
	if (terminal_cache_find(c, id)) {
		c->rows[id - TERMINAL_ID_FIRST] = (struct terminal){ 0 };
		c->count--;
		return index_build(c);
	}
	return OK;
}
