/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "harness/test.h"

TEST(crc32c_as_published)
{
	/* RFC 3720 appendix B.4, and the usual check string. */
	static const struct {
		const char *name;
		uint8_t     first, step;
		size_t      len;
		uint32_t    want;
	} rows[] = { { "32 zeros", 0, 0, 32, 0x8A9136AA },
		     { "32 ones", 0xFF, 0, 32, 0x62A8AB43 },
		     { "rising", 0, 1, 32, 0x46DD794E },
		     { "falling", 31, 0xFF, 32, 0x113FDB5C },
		     { "nothing", 0, 0, 0, 0 } },
	  *row;

	CHECK_I64("123456789", crc32c(str_bytes(STR("123456789"))), 0xE3069283);
	EACH(row, rows) {
		uint8_t bytes[32];

		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)(row->first + i * row->step);
		CHECK_I64(row->name, crc32c(bytes_of(bytes, row->len)), row->want);
	}
}

/* The definition, one bit at a time. */
static uint32_t crc_by_bit(struct bytes b)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < b.len; i++) {
		crc ^= b.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
	}
	return ~crc;
}

TEST(crc32c_agrees_with_its_definition_at_every_length_and_alignment)
{
	uint8_t bytes[80];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 73 + 5);
	for (size_t from = 0; from < 8; from++)
		for (size_t len = 0; len <= sizeof bytes - from; len++)
			CHECK_I64("", crc32c(bytes_of(bytes + from, len)), crc_by_bit(bytes_of(bytes + from, len)));
}

TEST(numbers_are_digits_and_nothing_else)
{
	static const struct {
		const char *text;
		bool        is_u64, is_i64;
		int64_t     want;
	} rows[] = {
		{ "0", true, true, 0 },
		{ "007", true, true, 7 },
		{ "9223372036854775807", true, true, INT64_MAX },
		{ "9223372036854775808", true, false, 0 },
		{ "-9223372036854775808", false, true, INT64_MIN },
		{ "-9223372036854775809", false, false, 0 },
		{ "-5", false, true, -5 },
		{ "10000000000000000000", false, false, 0 },
		{ "", false, false, 0 },
		{ "-", false, false, 0 },
		{ "--1", false, false, 0 },
		{ "+1", false, false, 0 },
		{ " 1", false, false, 0 },
		{ "1 ", false, false, 0 },
		{ "0x1", false, false, 0 },
		{ "1.0", false, false, 0 },
	}, *row;

	EACH(row, rows) {
		uint64_t u = 42;
		int64_t  i = 42;

		CHECK_RESULT(row->text, str_u64(str_of(row->text), &u), row->is_u64 ? SUCCESS : INVALID_NUMBER);
		CHECK_RESULT(row->text, str_i64(str_of(row->text), &i), row->is_i64 ? SUCCESS : INVALID_NUMBER);
		CHECK_I64(row->text, i, row->is_i64 ? row->want : 42);
		if (!row->is_u64)
			CHECK_I64(row->text, u, 42);
	}
}

TEST(utf8_is_taken_when_well_formed_only)
{
	static const struct {
		const char *name, *text;
		size_t      len;
		bool        want;
	} rows[] = {
		{ "ascii", "abc", 3, true },
		{ "nothing", "", 0, true },
		{ "two, three and four bytes", "\xC3\xA9\xE6\xB0\xB4\xF0\x9F\x8D\x9A", 9, true },
		{ "highest", "\xF4\x8F\xBF\xBF", 4, true },
		{ "beyond the highest", "\xF4\x90\x80\x80", 4, false },
		{ "F5", "\xF5\x80\x80\x80", 4, false },
		{ "surrogate", "\xED\xA0\x80", 3, false },
		{ "overlong slash", "\xC0\xAF", 2, false },
		{ "overlong in three", "\xE0\x80\xAF", 3, false },
		{ "overlong in four", "\xF0\x80\x80\xAF", 4, false },
		{ "cut", "\xE6\xB0", 2, false },
		{ "continuation alone", "\x80", 1, false },
		{ "second byte wrong", "\xE6\x41\xB4", 3, false },
		{ "third byte wrong", "\xE6\xB0\x41", 3, false },
		{ "NUL", "a\0b", 3, false },
		{ "GBK", "\xB3\xD4", 2, false },
	}, *row;

	EACH(row, rows)
		CHECK_I64(row->name, str_is_utf8((struct str){ row->text, row->len }), row->want);
}

TEST(the_distance_of_two_names_counts_edits)
{
	static const struct {
		const char *a, *b;
		size_t      far;
	} cases[] = {
		{ "", "", 0 },           { "listen", "listen", 0 }, { "listen", "lisen", 1 },  { "kms", "", 3 },
		{ "store", "stroe", 2 }, { "kitten", "sitting", 3 }, { "abc", "xyz", 3 },
	};
	char long_name[STR_DISTANCE_MAX + 2];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str a = str_of(cases[i].a), b = str_of(cases[i].b);

		CHECK_I64(cases[i].a, (int64_t)str_distance(a, b), (int64_t)cases[i].far);
		CHECK_I64(cases[i].b, (int64_t)str_distance(b, a), (int64_t)cases[i].far);
	}
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	CHECK_I64("too long", (int64_t)str_distance(str_of(long_name), STR("a")), STR_DISTANCE_MAX);
}

TEST(text_is_compared_trimmed_cut_and_copied)
{
	struct str head, rest;
	char       out[6];

	CHECK(str_equal(STR("a"), STR("a")) && !str_equal(STR("a"), STR("b")) && !str_equal(STR("a"), STR("aa")));
	CHECK(str_equal((struct str){ NULL, 0 }, STR("")));
	CHECK(str_equal(str_trim(STR(" \t a b\r\n")), STR("a b")));
	CHECK(str_equal(str_trim(STR(" \n ")), STR("")));
	CHECK(str_cut(STR("a=b=c"), '=', &head, &rest));
	CHECK(str_equal(head, STR("a")) && str_equal(rest, STR("b=c")));
	CHECK(!str_cut(STR("abc"), '=', &head, &rest));
	CHECK(str_equal(head, STR("abc")) && rest.len == 0);
	CHECK(!str_cut((struct str){ NULL, 0 }, '=', &head, &rest) && head.len == 0 && rest.len == 0);
	str_copy(STR("hello world"), out, sizeof out);
	CHECK_STR("", out, "hello");
	str_copy(STR("ab\xE6\xB0\xB4\xE6\xB0\xB4"), out, sizeof out);
	CHECK_STR("not half a character", out, "ab\xE6\xB0\xB4");
	str_copy(STR(""), out, sizeof out);
	CHECK_STR("", out, "");
	CHECK(str_is_digits(STR("0123")) && !str_is_digits(STR("")) && !str_is_digits(STR("1a")));
}

TEST(secrets_are_compared_whole_and_wiped)
{
	struct secret s = { .at = { 1, 2, 3 }, .len = 3 };
	struct secret zero = { 0 };

	CHECK(bytes_equal_secret(bytes_of("abc", 3), bytes_of("abc", 3)));
	CHECK(!bytes_equal_secret(bytes_of("abc", 3), bytes_of("abd", 3)));
	CHECK(!bytes_equal_secret(bytes_of("abc", 3), bytes_of("ab", 2)));
	CHECK(bytes_equal_secret(bytes_of("", 0), bytes_of("", 0)));
	secret_wipe(&s);
	CHECK(memcmp(&s, &zero, sizeof s) == 0);
}

TEST(hex_goes_both_ways)
{
	static const struct {
		const char       *text;
		size_t            len;
		enum result_code  want;
	} rows[] = { { "00ffA5", 3, SUCCESS },    { "", 0, SUCCESS },         { "00ff", 3, INVALID_HEX },
		     { "00fff", 2, INVALID_HEX }, { "0g", 1, INVALID_HEX },   { "0 ", 1, INVALID_HEX },
		     { "-1", 1, INVALID_HEX },    { "00ff", 1, INVALID_HEX } },
	  *row;
	uint8_t bytes[3];
	char    text[7];

	EACH(row, rows) {
		memset(bytes, 0x42, sizeof bytes);
		CHECK_RESULT(row->text, hex_decode(str_of(row->text), bytes, row->len), row->want);
		if (row->want != SUCCESS)
			CHECK_I64(row->text, bytes[0], 0x42);
	}
	CHECK_OK(hex_decode(STR("00ffA5"), bytes, 3));
	hex_encode(bytes_of(bytes, 3), text);
	CHECK_STR("", text, "00FFA5");
}

TEST(a_reader_remembers_that_it_was_short)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct reader        r = reader_of(bytes_of(bytes, sizeof bytes));
	uint8_t              copy[2] = { 42, 42 };

	CHECK_I64("", reader_u8(&r), 0x01);
	CHECK_I64("", reader_u16(&r), 0x0203);
	CHECK_I64("", reader_u32(&r), 0x04050607);
	CHECK_I64("", reader_u64(&r), 0x08090A0B0C0D0E0F);
	CHECK_RESULT("one left", reader_done(&r), INVALID_BYTES);
	CHECK_I64("", reader_bytes(&r, 0).len, 0);
	CHECK_I64("short", reader_u16(&r), 0);
	CHECK_I64("stays short", reader_u8(&r), 0);
	reader_copy(&r, copy, 2);
	CHECK_I64("zeroed", copy[0] + copy[1], 0);
	CHECK(reader_bytes(&r, 1).at == NULL);
	CHECK_RESULT("", reader_done(&r), INVALID_BYTES);

	r = reader_of(bytes_of(bytes, 3));
	reader_copy(&r, copy, 2);
	CHECK_I64("", copy[1], 2);
	CHECK_HEX("", reader_bytes(&r, 1), "03");
	CHECK_OK(reader_done(&r));
	CHECK(reader_bytes(&r, SIZE_MAX).at == NULL);
}

TEST(a_writer_remembers_that_it_was_full)
{
	uint8_t       bytes[21];
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_u8(&w, 1);
	writer_u16(&w, 0x0203);
	writer_u32(&w, 0x04050607);
	writer_u64(&w, 0x08090A0B0C0D0E0F);
	writer_put(&w, bytes_of("\x10\x11", 2));
	writer_str(&w, STR("AB"));
	writer_fill(&w, 0xFF, 2);
	CHECK_OK(writer_done(&w));
	CHECK_HEX("", writer_bytes(&w), "0102030405060708090A0B0C0D0E0F10114142FFFF");
	writer_u8(&w, 1);
	CHECK_RESULT("full", writer_done(&w), BUFFER_FULL);
	CHECK_I64("", w.len, sizeof bytes);
	w = writer_of(bytes, 3);
	writer_u32(&w, 1);
	writer_u8(&w, 1);
	CHECK_RESULT("stays full", writer_done(&w), BUFFER_FULL);
	CHECK_I64("", w.len, 0);
}

TEST(a_buf_grows_to_its_limit_and_no_further)
{
	SCOPED(buf_free) struct buf b = { .limit = 1000 };
	uint8_t                     piece[300];

	memset(piece, 'x', sizeof piece);
	for (int i = 0; i < 3; i++)
		buf_put(&b, bytes_of(piece, sizeof piece));
	CHECK_OK(buf_done(&b));
	CHECK_I64("", b.len, 900);
	buf_printf(&b, "%s-%d", "abc", 7);
	buf_str(&b, STR(""));
	CHECK(bytes_equal(bytes_of(b.at + 900, 5), bytes_of("abc-7", 5)));
	buf_put(&b, bytes_of(piece, 96));
	CHECK_RESULT("one too many", buf_done(&b), BUFFER_FULL);
	CHECK_I64("what was there stays", b.len, 905);
	buf_put(&b, bytes_of(piece, 1));
	CHECK_I64("sticky", b.len, 905);
	CHECK(buf_reserve(&b, 1) == NULL);
	buf_consume(&b, 900);
	CHECK(str_equal(buf_text(&b), STR("abc-7")));
	buf_free(&b);
	CHECK(!b.bad && b.at == NULL && b.limit == 1000);
	CHECK(buf_reserve(&b, 1000) != NULL);
	CHECK(buf_reserve(&b, SIZE_MAX) == NULL);
}

TEST(an_arena_gives_zeroed_aligned_memory)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct str                      s;

	for (size_t size = 1; size < 20000; size = size * 3 / 2 + 1) {
		uint8_t *at = arena_alloc(&a, size);

		CHECK((uintptr_t)at % _Alignof(max_align_t) == 0);
		CHECK(at[0] == 0 && at[size - 1] == 0);
		memset(at, 0xFF, size);
	}
	CHECK(arena_array(&a, 100, 100) != NULL);
	s = arena_str(&a, STR("text"));
	CHECK(str_equal(s, STR("text")) && s.at[4] == '\0');
	CHECK(str_equal(arena_printf(&a, "%05d", 42), STR("00042")));
	CHECK(arena_str(&a, (struct str){ NULL, 0 }).at[0] == '\0');
	arena_free(&a);
	CHECK_I64("", a.used, 0);
	CHECK(arena_alloc(&a, 0) != NULL);
}
