/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

enum {
	RAW_SIZE = CSV_RECORD_MAX + CSV_LOOKAHEAD,
	TEXT_SIZE = 2 * CSV_RECORD_MAX, /* two bytes of GBK are three of UTF-8 */
};

struct csv_state {
	size_t at, len; /* unread part of raw */
	bool at_end, begun;
	uint64_t next_line;
	result broken; /* of the source; stays */
	iconv_t convert;
	size_t text_len;
	uint8_t raw[RAW_SIZE];
	char text[TEXT_SIZE];       /* fields as they are given out */
	char plain[CSV_RECORD_MAX]; /* one field without its quotes */
};

result csv_open(struct csv *c, struct csv_source *source)
{
	*c = (struct csv){ .source = source, .separator = ',' };
	c->state = calloc(1, sizeof *c->state);
	if (!c->state)
		return FAIL(OUT_OF_MEMORY, "CSV reader");
	c->state->convert = (iconv_t)-1;
	c->state->next_line = 1;
	c->state->broken = OK;
	return OK;
}

void csv_close(struct csv *c)
{
	if (!c->state)
		return;
	if (c->state->convert != (iconv_t)-1)
		iconv_close(c->state->convert);
	free(c->state);
	c->state = NULL;
}

/* Fill raw; a record and what is looked at to tell the encoding fit together. */
static result fill(struct csv *c)
{
	struct csv_state *s = c->state;

	if (s->at) {
		memmove(s->raw, s->raw + s->at, s->len - s->at);
		s->len -= s->at;
		s->at = 0;
	}
	while (!s->at_end && s->len < RAW_SIZE) {
		size_t got = 0;

		s->broken = c->source->read(c->source, s->raw + s->len, RAW_SIZE - s->len, &got);
		TRY(s->broken);
		s->len += got;
		s->at_end = got == 0;
	}
	return OK;
}

static result begin(struct csv *c)
{
	static const uint8_t mark[] = { 0xEF, 0xBB, 0xBF };
	struct csv_state *s = c->state;

	TRY(fill(c));
	s->begun = true;
	if (s->len >= sizeof mark && memcmp(s->raw, mark, sizeof mark) == 0) {
		s->at = sizeof mark;
		c->encoding = CSV_UTF8;
	}
	return OK;
}

/*
 * A file says what it is only at its first byte beyond ASCII. All that is in the buffer from there
 * on must be UTF-8; one name alone may be both (联通 in GBK is). A character cut off by the
 * buffer's end is forgiven.
 */
static void decide_encoding(struct csv *c)
{
	struct csv_state *s = c->state;
	struct str rest = { (const char *)s->raw + s->at, s->len - s->at };

	for (size_t cut = 0; cut < 4 && cut <= rest.len; cut++) {
		if (str_is_utf8((struct str){ rest.at, rest.len - cut })) {
			c->encoding = CSV_UTF8;
			return;
		}
		if (s->at_end)
			break;
	}
	c->encoding = CSV_GB18030;
}

/* Where the record that begins at `at` ends: behind its line break. *quotes_open: the end came
 * inside quotes. */
static size_t record_end(const struct csv_state *s, bool *quotes_open)
{
	bool quoted = false;
	size_t i = s->at;

	for (; i < s->len && i - s->at < CSV_RECORD_MAX; i++) {
		if (s->raw[i] == '"')
			quoted = !quoted;
		else if (s->raw[i] == '\n' && !quoted)
			break;
	}
	*quotes_open = quoted;
	return i < s->len && s->raw[i] == '\n' && !quoted ? i + 1 : i;
}

/* Go on behind the line that was wrong. */
static void pass_line(struct csv_state *s)
{
	const uint8_t *end = memchr(s->raw + s->at, '\n', s->len - s->at);

	s->at = end ? (size_t)(end - s->raw) + 1 : s->len;
	s->next_line++;
}

/* Too long for the buffer: throw away to the next line break, however far it is. */
static result pass_long_line(struct csv *c)
{
	struct csv_state *s = c->state;

	while (!memchr(s->raw + s->at, '\n', s->len - s->at) && !s->at_end) {
		s->at = s->len;
		TRY(fill(c));
	}
	pass_line(s);
	return OK;
}

/* One field of raw text into the text given out. */
static result convert(struct csv *c, struct str field, struct str *out)
{
	struct csv_state *s = c->state;
	char *from = s->plain, *to = s->text + s->text_len, *start = to;
	size_t from_left = field.len, to_left = TEXT_SIZE - s->text_len;

	if (c->encoding != CSV_GB18030) {
		if (field.len && !str_is_utf8(field))
			return FAIL(INVALID_TEXT, "not UTF-8");
		if (field.len > to_left)
			return FAIL(CSV_TOO_LONG, "field of %zu bytes", field.len);
		memcpy(to, field.at, field.len);
		s->text_len += field.len;
		*out = (struct str){ start, field.len };
		return OK;
	}
	if (s->convert == (iconv_t)-1)
		s->convert = iconv_open("UTF-8", "GB18030");
	if (s->convert == (iconv_t)-1)
		return FAIL(SYSTEM_CALL, "iconv knows no GB18030");
	memmove(s->plain, field.at, field.len);
	iconv(s->convert, NULL, NULL, NULL, NULL);
	if (iconv(s->convert, &from, &from_left, &to, &to_left) == (size_t)-1)
		return errno == E2BIG ? FAIL(CSV_TOO_LONG, "field too long")
		                      : FAIL(INVALID_TEXT, "not GB18030");
	*out = (struct str){ start, (size_t)(to - start) };
	s->text_len += out->len;
	return str_is_utf8(*out) || !out->len ? OK : FAIL(INVALID_TEXT, "a NUL in the text");
}

/* A quoted field: `*at` behind its opening quote. Doubled quotes stand for one. */
static result take_quoted(struct csv *c, struct str record, size_t *at, struct str *out)
{
	struct csv_state *s = c->state;
	size_t n = 0;

	for (; *at < record.len; (*at)++) {
		if (record.at[*at] == '"') {
			if (*at + 1 >= record.len || record.at[*at + 1] != '"')
				break;
			(*at)++;
		}
		s->plain[n++] = record.at[*at];
	}
	if (*at >= record.len)
		return FAIL(CSV_BAD_QUOTE, "a quote is not closed");
	(*at)++;
	if (*at < record.len && record.at[*at] != c->separator)
		return FAIL(CSV_BAD_QUOTE, "text behind a closing quote");
	return convert(c, (struct str){ s->plain, n }, out);
}

static result take_plain(struct csv *c, struct str record, size_t *at, struct str *out)
{
	size_t start = *at;

	while (*at < record.len && record.at[*at] != c->separator) {
		if (record.at[*at] == '"')
			return FAIL(CSV_BAD_QUOTE, "a quote inside a field without quotes");
		(*at)++;
	}
	return convert(c, (struct str){ record.at + start, *at - start }, out);
}

static result split(struct csv *c, struct str record)
{
	size_t at = 0;

	c->state->text_len = 0;
	for (;;) {
		struct str *out = &c->fields[c->count];

		c->column = c->count + 1;
		if (c->count == CSV_FIELDS_MAX)
			return FAIL(CSV_TOO_MANY_FIELDS, "more than %d columns", CSV_FIELDS_MAX);
		if (at < record.len && record.at[at] == '"') {
			at++;
			TRY(take_quoted(c, record, &at, out));
		} else {
			TRY(take_plain(c, record, &at, out));
		}
		c->count++;
		if (at >= record.len)
			break;
		at++; /* the separator */
	}
	c->column = 0;
	return OK;
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)s.at[i] >= 0x80)
			return false;
	return true;
}

static uint64_t count_lines(struct str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.at[i] == '\n';
	return n;
}

/* The record at the buffer's front, whole; *out without its line break. */
static result take_record(struct csv *c, struct str *out)
{
	struct csv_state *s = c->state;
	bool quotes_open;
	size_t end = record_end(s, &quotes_open), len = end - s->at;
	bool whole = end > s->at && s->raw[end - 1] == '\n' && !quotes_open;

	*out = (struct str){ (const char *)s->raw + s->at, len };
	c->line = s->next_line;
	if (quotes_open) {
		pass_line(s);
		return FAIL(CSV_BAD_QUOTE, "a quote is not closed");
	}
	if (!whole && len >= CSV_RECORD_MAX) {
		TRY(pass_long_line(c));
		return FAIL(CSV_TOO_LONG, "more than %d bytes", CSV_RECORD_MAX);
	}
	if (c->encoding == CSV_UNDECIDED && !is_ascii(*out))
		decide_encoding(c);
	s->at = end;
	s->next_line += count_lines(*out) + (whole ? 0 : 1);
	if (whole)
		out->len--;
	if (out->len && out->at[out->len - 1] == '\r')
		out->len--;
	return OK;
}

result csv_next(struct csv *c, bool *more)
{
	struct csv_state *s = c->state;
	struct str record;
	result r;

	*more = false;
	TRY(s->broken);
	if (!s->begun)
		TRY(begin(c));
	do {
		c->count = 0;
		c->column = 0;
		if (s->len - s->at < RAW_SIZE / 2 && !s->at_end)
			TRY(fill(c));
		if (s->at == s->len)
			return OK;
		*more = true;
		TRY(take_record(c, &record));
		*more = false;
	} while (!record.len);
	*more = true;
	r = split(c, record);
	if (r.code == CSV_BAD_QUOTE) { /* a stray quote may have swallowed the lines behind: only
		                          this one is lost */
		s->at = (size_t)((const uint8_t *)record.at - s->raw);
		s->next_line = c->line;
		pass_line(s);
	}
	return r;
}

static result read_memory(struct csv_source *source, void *out, size_t size, size_t *got)
{
	struct csv_memory *m = (struct csv_memory *)source;
	size_t len = m->left.len < size ? m->left.len : size;

	if (len)
		memcpy(out, m->left.at, len);
	m->left = bytes_of(m->left.at + len, m->left.len - len);
	*got = len;
	return OK;
}

struct csv_memory csv_memory_of(struct bytes b)
{
	return (struct csv_memory){ { read_memory }, b };
}

void csv_put(struct buf *out, struct str field)
{
	bool plain = true;

	for (size_t i = 0; i < field.len; i++)
		plain &= field.at[i] != '"' && field.at[i] != ',' && field.at[i] != '\n' &&
		         field.at[i] != '\r';
	if (plain) {
		buf_str(out, field);
		return;
	}
	buf_str(out, STR("\""));
	for (size_t i = 0; i < field.len; i++) {
		if (field.at[i] == '"')
			buf_str(out, STR("\""));
		buf_put(out, bytes_of(field.at + i, 1));
	}
	buf_str(out, STR("\""));
}
