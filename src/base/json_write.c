/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/json.h"

static void put_char(struct buf *b, char c)
{
	buf_put(b, bytes_of(&c, 1));
}

static void put_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"':
		buf_str(b, STR("\\\""));
		break;
	case '\\':
		buf_str(b, STR("\\\\"));
		break;
	case '\n':
		buf_str(b, STR("\\n"));
		break;
	case '\r':
		buf_str(b, STR("\\r"));
		break;
	case '\t':
		buf_str(b, STR("\\t"));
		break;
	default:
		buf_printf(b, "\\u%04x", c);
	}
}

/* Runs without special bytes are copied whole. */
static void put_quoted(struct buf *b, struct str s)
{
	size_t from = 0;

	put_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c >= ' ' && c != '"' && c != '\\' && c != 0x7F)
			continue;
		buf_str(b, (struct str){ s.at + from, i - from });
		put_escape(b, c);
		from = i + 1;
	}
	buf_str(b, (struct str){ s.at + from, s.len - from });
	put_char(b, '"');
}

static void put_name(struct jwrite *j, const char *name)
{
	if (j->comma[j->depth])
		put_char(j->out, ',');
	j->comma[j->depth] = true;
	if (!name)
		return;
	put_quoted(j->out, str_of(name));
	put_char(j->out, ':');
}

static void open_level(struct jwrite *j, const char *name, char bracket)
{
	put_name(j, name);
	put_char(j->out, bracket);
	ASSERT(j->depth + 1 < JWRITE_DEPTH_MAX);
	j->comma[++j->depth] = false;
}

static void close_level(struct jwrite *j, char bracket)
{
	ASSERT(j->depth > 0);
	j->depth--;
	put_char(j->out, bracket);
}

void jwrite_object(struct jwrite *j, const char *name)
{
	open_level(j, name, '{');
}

void jwrite_array(struct jwrite *j, const char *name)
{
	open_level(j, name, '[');
}

void jwrite_end(struct jwrite *j)
{
	close_level(j, '}');
}

void jwrite_end_array(struct jwrite *j)
{
	close_level(j, ']');
}

void jwrite_str(struct jwrite *j, const char *name, struct str value)
{
	put_name(j, name);
	put_quoted(j->out, value);
}

void jwrite_text(struct jwrite *j, const char *name, const char *value)
{
	if (value)
		jwrite_str(j, name, str_of(value));
	else
		jwrite_null(j, name);
}

void jwrite_i64(struct jwrite *j, const char *name, int64_t value)
{
	put_name(j, name);
	buf_printf(j->out, "%" PRId64, value);
}

void jwrite_u64_text(struct jwrite *j, const char *name, uint64_t value)
{
	put_name(j, name);
	buf_printf(j->out, "\"%" PRIu64 "\"", value);
}

void jwrite_bool(struct jwrite *j, const char *name, bool value)
{
	put_name(j, name);
	buf_str(j->out, value ? STR("true") : STR("false"));
}

void jwrite_null(struct jwrite *j, const char *name)
{
	put_name(j, name);
	buf_str(j->out, STR("null"));
}
