/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

enum { DIGITS_MAX = 19 }; /* 10^19 - 1 still fits 64 bits */

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
	volatile uint8_t difference = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		difference = (uint8_t)(difference | (a.at[i] ^ b.at[i]));
	return difference == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

void str_copy(struct str s, char *out, size_t size)
{
	size_t len = s.len;

	ASSERT(size > 0);
	if (len > size - 1) {
		len = size - 1;
		/* s.at[len] is the first byte left out; a continuation byte there means a character was cut. */
		while (len && ((uint8_t)s.at[len] & 0xC0) == 0x80)
			len--;
	}
	if (len)
		memcpy(out, s.at, len);
	out[len] = '\0';
}

size_t str_distance(struct str a, struct str b)
{
	size_t row[STR_DISTANCE_MAX + 1];

	if (a.len > STR_DISTANCE_MAX || b.len > STR_DISTANCE_MAX)
		return STR_DISTANCE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t change = diagonal + (a.at[i - 1] != b.at[j - 1]);
			size_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < gap ? change : gap;
		}
	}
	return row[b.len];
}

bool str_is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

result str_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len > DIGITS_MAX || !str_is_digits(s))
		return FAIL(INVALID_NUMBER, "\"%.*s\"", (int)(s.len > 40 ? 40 : s.len), s.at);
	for (size_t i = 0; i < s.len; i++)
		v = v * 10 + (uint64_t)(s.at[i] - '0');
	*out = v;
	return OK;
}

result str_i64(struct str s, int64_t *out)
{
	bool     is_negative = s.len && s.at[0] == '-';
	uint64_t v, most = (uint64_t)INT64_MAX + is_negative;

	if (is_negative) {
		s.at++;
		s.len--;
	}
	TRY(str_u64(s, &v));
	if (v > most)
		return FAIL(INVALID_NUMBER, "\"" STR_FMT "\" needs more than 64 bits", STR_ARG(s));
	*out = is_negative ? (int64_t)(0 - v) : (int64_t)v;
	return OK;
}

/* Length of the well-formed character at s (Unicode 15, table 3-7), 0 when there is none. */
static size_t utf8_char(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.at;
	uint8_t        low = 0x80, high = 0xBF;
	size_t         len;

	if (p[0] < 0x80)
		return p[0] != 0;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (s.len < len)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	if (p[0] == 0xED)
		high = 0x9F;
	if (p[0] == 0xF0)
		low = 0x90;
	if (p[0] == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool str_is_utf8(struct str s)
{
	while (s.len) {
		size_t len = utf8_char(s);

		if (len == 0)
			return false;
		s.at += len;
		s.len -= len;
	}
	return true;
}

bool str_cut(struct str s, char by, struct str *head, struct str *rest)
{
	const char *at = s.len ? memchr(s.at, by, s.len) : NULL;

	if (!at) {
		*head = s;
		*rest = (struct str){ s.at ? s.at + s.len : NULL, 0 };
		return false;
	}
	*head = (struct str){ s.at, (size_t)(at - s.at) };
	*rest = (struct str){ at + 1, s.len - head->len - 1 };
	return true;
}

void hex_encode(struct bytes in, char *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < in.len; i++) {
		*out++ = digits[in.at[i] >> 4];
		*out++ = digits[in.at[i] & 15];
	}
	*out = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

result hex_decode(struct str in, uint8_t *out, size_t len)
{
	if (in.len % 2 || in.len / 2 != len)
		return FAIL(INVALID_HEX, "%zu digits where %zu bytes are wanted", in.len, len);
	for (size_t i = 0; i < in.len; i++)
		if (hex_digit(in.at[i]) < 0)
			return FAIL(INVALID_HEX, "digit %zu is none", i + 1);
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(in.at[2 * i]) << 4 | hex_digit(in.at[2 * i + 1]));
	return OK;
}

/* The next len bytes, or NULL (and bad) when there are fewer. */
static const uint8_t *reader_take(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	if (len)
		r->at += len;
	r->left -= len;
	return at;
}

uint8_t reader_u8(struct reader *r)
{
	const uint8_t *at = reader_take(r, 1);

	return at ? at[0] : 0;
}

uint16_t reader_u16(struct reader *r)
{
	const uint8_t *at = reader_take(r, 2);

	return at ? load_be16(at) : 0;
}

uint32_t reader_u32(struct reader *r)
{
	const uint8_t *at = reader_take(r, 4);

	return at ? load_be32(at) : 0;
}

uint64_t reader_u64(struct reader *r)
{
	const uint8_t *at = reader_take(r, 8);

	return at ? load_be64(at) : 0;
}

struct bytes reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = reader_take(r, len);

	return (struct bytes){ at, at ? len : 0 };
}

void reader_copy(struct reader *r, void *out, size_t len)
{
	const uint8_t *at = reader_take(r, len);

	if (len == 0)
		return;
	if (at)
		memcpy(out, at, len);
	else
		memset(out, 0, len);
}

result reader_done(const struct reader *r)
{
	if (r->bad)
		return FAIL(INVALID_BYTES, "too short");
	return r->left ? FAIL(INVALID_BYTES, "%zu bytes left over", r->left) : OK;
}

static uint8_t *writer_take(struct writer *w, size_t len)
{
	uint8_t *at = w->at;

	if (w->bad || len > w->size - w->len) {
		w->bad = true;
		return NULL;
	}
	if (at)
		at += w->len;
	w->len += len;
	return at;
}

void writer_u8(struct writer *w, uint8_t v)
{
	uint8_t *at = writer_take(w, 1);

	if (at)
		at[0] = v;
}

void writer_u16(struct writer *w, uint16_t v)
{
	uint8_t *at = writer_take(w, 2);

	if (at)
		store_be16(at, v);
}

void writer_u32(struct writer *w, uint32_t v)
{
	uint8_t *at = writer_take(w, 4);

	if (at)
		store_be32(at, v);
}

void writer_u64(struct writer *w, uint64_t v)
{
	uint8_t *at = writer_take(w, 8);

	if (at)
		store_be64(at, v);
}

void writer_put(struct writer *w, struct bytes b)
{
	uint8_t *at = writer_take(w, b.len);

	if (at && b.len)
		memcpy(at, b.at, b.len);
}

void writer_str(struct writer *w, struct str s)
{
	writer_put(w, str_bytes(s));
}

void writer_fill(struct writer *w, uint8_t with, size_t len)
{
	uint8_t *at = writer_take(w, len);

	if (at && len)
		memset(at, with, len);
}

result writer_done(const struct writer *w)
{
	return w->bad ? FAIL(BUFFER_FULL, "more than %zu bytes", w->size) : OK;
}
