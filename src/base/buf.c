/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LIMIT_DEFAULT = 16 << 20,
	SIZE_FIRST    = 256,
};

static size_t limit_of(const struct buf *b)
{
	return b->limit ? b->limit : LIMIT_DEFAULT;
}

uint8_t *buf_reserve(struct buf *b, size_t len)
{
	size_t   limit = limit_of(b), size = b->size ? b->size : SIZE_FIRST;
	uint8_t *grown;

	if (b->bad || len > limit || b->len > limit - len) {
		b->bad = true;
		return NULL;
	}
	if (b->at && b->size - b->len >= len)
		return b->at + b->len;
	while (size < b->len + len)
		size *= 2;
	if (size > limit)
		size = limit;
	grown = realloc(b->at, size);
	if (!grown) {
		b->bad = true;
		return NULL;
	}
	b->at = grown;
	b->size = size;
	return b->at + b->len;
}

void buf_put(struct buf *b, struct bytes in)
{
	uint8_t *to;

	if (in.len == 0)
		return;
	to = buf_reserve(b, in.len);
	if (!to)
		return;
	memcpy(to, in.at, in.len);
	b->len += in.len;
}

void buf_str(struct buf *b, struct str s)
{
	buf_put(b, str_bytes(s));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list  args;
	uint8_t *to;
	int      len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(len >= 0);
	to = buf_reserve(b, (size_t)len + 1); /* vsnprintf ends with a NUL, which is not kept */
	if (!to)
		return;
	va_start(args, format);
	vsnprintf((char *)to, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void buf_consume(struct buf *b, size_t len)
{
	ASSERT(len <= b->len);
	b->len -= len;
	if (b->len)
		memmove(b->at, b->at + len, b->len);
}

struct bytes buf_bytes(const struct buf *b)
{
	return (struct bytes){ b->at, b->len };
}

struct str buf_text(const struct buf *b)
{
	return (struct str){ (const char *)b->at, b->len };
}

result buf_done(const struct buf *b)
{
	return b->bad ? FAIL(BUFFER_FULL, "more than %zu bytes", limit_of(b)) : OK;
}

void buf_free(struct buf *b)
{
	size_t limit = b->limit;

	free(b->at);
	*b = (struct buf){ .limit = limit };
}
