/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

enum {
	BLOCK_SIZE = 8 << 10, /* of the first block; each further one doubles up to the largest */
	BLOCK_MAX  = 1 << 20,
};

struct arena_block {
	struct arena_block *next;
	size_t              size, used;
	alignas(max_align_t) uint8_t data[];
};

static size_t block_size_for(const struct arena *a, size_t need)
{
	size_t size = a->first ? a->first->size * 2 : BLOCK_SIZE;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	return size < need ? need : size;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t        align = alignof(max_align_t);
	struct arena_block *b = a->first;
	void               *out;

	ASSERT(size <= ARENA_MAX);
	size = (size + align - 1) / align * align;
	ASSERT(a->used + size <= ARENA_MAX);
	if (!b || b->size - b->used < size) {
		size_t room = block_size_for(a, size);

		b = calloc(1, sizeof *b + room);
		ASSERT(b);
		b->size = room;
		b->next = a->first;
		a->first = b;
	}
	out = b->data + b->used;
	b->used += size;
	a->used += size;
	return out;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t all;

	ASSERT(!__builtin_mul_overflow(count, size, &all));
	return arena_alloc(a, all);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(copy, s.at, s.len);
	return (struct str){ copy, s.len };
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char   *text;
	int     len;

	ASSERT(format);
	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(len >= 0);
	text = arena_alloc(a, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return (struct str){ text, (size_t)len };
}

void arena_free(struct arena *a)
{
	while (a->first) {
		struct arena_block *next = a->first->next;

		free(a->first);
		a->first = next;
	}
	a->used = 0;
}

void arena_wipe(struct arena *a)
{
	for (struct arena_block *b = a->first; b; b = b->next)
		secret_wipe_bytes(b->data, b->used);
	arena_free(a);
}
