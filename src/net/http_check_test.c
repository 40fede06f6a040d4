/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "net/http_check.h"

/* "Name: value" lines, as the library would hand them over; a value keeps what follows one blank. */
static size_t fields_of(const char *text, struct http_field *out)
{
	struct str rest = str_of(text), line;
	size_t     count = 0;

	while (rest.len) {
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ':', &out[count].name, &out[count].value);
		if (out[count].value.len && out[count].value.at[0] == ' ')
			out[count].value = (struct str){ out[count].value.at + 1, out[count].value.len - 1 };
		count++;
	}
	return count;
}

TEST(headers_that_could_be_read_in_two_ways_are_refused)
{
	static const struct {
		const char *name, *fields;
		bool        is_http11, is_good;
	} rows[] = {
		{ "plain", "Host: a.b:80\nAccept: */*", true, true },
		{ "length", "Host: a\nContent-Length: 12", true, true },
		{ "chunked", "Host: a\nTransfer-Encoding: Chunked", true, true },
		{ "IPv6 host", "Host: [::1]:80", true, true },
		{ "1.0 without host", "Accept: */*", false, true },
		{ "tab in a value", "Host: a\nX: a\tb", true, true },
		{ "UTF-8 in a value", "Host: a\nX: \xE6\xB0\xB4", true, true },
		{ "no host", "Accept: */*", true, false },
		{ "two hosts", "Host: a\nHost: a", true, false },
		{ "two hosts in 1.0", "Host: a\nhost: b", false, false },
		{ "empty host", "Host:", true, false },
		{ "host with a path", "Host: a/b", true, false },
		{ "host with a user", "Host: u@a", true, false },
		{ "two lengths", "Host: a\nContent-Length: 1\ncontent-length: 1", true, false },
		{ "length list", "Host: a\nContent-Length: 1, 1", true, false },
		{ "negative length", "Host: a\nContent-Length: -1", true, false },
		{ "length with a sign", "Host: a\nContent-Length: +1", true, false },
		{ "hexadecimal length", "Host: a\nContent-Length: 0x1", true, false },
		{ "empty length", "Host: a\nContent-Length:", true, false },
		{ "length beyond 64 bits", "Host: a\nContent-Length: 99999999999999999999", true, false },
		{ "both", "Host: a\nContent-Length: 1\nTransfer-Encoding: chunked", true, false },
		{ "two encodings", "Host: a\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked", true, false },
		{ "encoding list", "Host: a\nTransfer-Encoding: gzip, chunked", true, false },
		{ "other encoding", "Host: a\nTransfer-Encoding: identity", true, false },
		{ "chunked in 1.0", "Host: a\nTransfer-Encoding: chunked", false, false },
		{ "blank before the colon", "Host: a\nContent-Length : 1", true, false },
		{ "empty name", "Host: a\n: x", true, false },
		{ "bracket in a name", "Host: a\nX(y): x", true, false },
		{ "carriage return in a value", "Host: a\nX: a\rb", true, false },
		{ "escape in a value", "Host: a\nX: \x1B[0m", true, false },
		{ "DEL in a value", "Host: a\nX: \x7F", true, false },
	}, *row;
	struct http_field fields[HTTP_FIELDS_MAX + 1];

	EACH(row, rows)
		CHECK_RESULT(row->name, http_check_headers(fields, fields_of(row->fields, fields), row->is_http11),
			     row->is_good ? SUCCESS : HTTP_HEADERS);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		fields[i] = (struct http_field){ STR("X"), STR("y") };
	fields[0] = (struct http_field){ STR("Host"), STR("a") };
	CHECK_OK(http_check_headers(fields, HTTP_FIELDS_MAX, true));
	CHECK_RESULT("too many", http_check_headers(fields, HTTP_FIELDS_MAX + 1, true), HTTP_HEADERS);
}

TEST(targets_are_paths_with_an_optional_query)
{
	static const struct {
		const char *target, *path, *query; /* path NULL: refused */
	} rows[] = {
		{ "/", "/", "" },
		{ "/a/b?x=1&y=%20", "/a/b", "x=1&y=%20" },
		{ "/a?b?c", "/a", "b?c" },
		{ "", NULL, NULL },
		{ "*", NULL, NULL },
		{ "http://a/", NULL, NULL },
		{ "/a b", NULL, NULL },
		{ "/a#b", NULL, NULL },
		{ "/\xE6\xB0\xB4", NULL, NULL },
		{ "/a\x01", NULL, NULL },
		{ "/a\\b", NULL, NULL },
	}, *row;
	struct str path, query;

	EACH(row, rows) {
		CHECK_RESULT(row->target, http_check_target(str_of(row->target), &path, &query),
			     row->path ? SUCCESS : HTTP_HEADERS);
		if (!row->path)
			continue;
		CHECK(str_equal(path, str_of(row->path)));
		CHECK(str_equal(query, str_of(row->query)));
	}
}

TEST(escapes_are_decoded_or_refused)
{
	static const struct {
		const char *raw, *want; /* NULL: refused */
		bool        is_query;
	} rows[] = {
		{ "abc", "abc", false },     { "a%20b", "a b", false },  { "%e6%B0%b4", "\xE6\xB0\xB4", false },
		{ "a+b", "a+b", false },     { "a+b%2B", "a b+", true }, { "a%2Fb", "a/b", false },
		{ "%", NULL, false },        { "%2", NULL, false },      { "%zz", NULL, false },
		{ "%00", NULL, false },      { "%FF", NULL, false },     { "%C0%AF", NULL, false },
	}, *row;

	EACH(row, rows) {
		SCOPED(arena_free) struct arena a = { 0 };
		struct str                      out;

		CHECK_RESULT(row->raw, http_decode(str_of(row->raw), row->is_query, &a, &out),
			     row->want ? SUCCESS : HTTP_HEADERS);
		if (row->want)
			CHECK(str_equal(out, str_of(row->want)));
	}
}

TEST(queries_are_split)
{
	SCOPED(arena_free) struct arena a = { 0 };
	SCOPED(buf_free) struct buf     many = { 0 };
	struct http_field               out[HTTP_QUERY_MAX];
	size_t                          count;

	CHECK_OK(http_split_query(STR("a=1&&b=x%26y&c&d=&=e"), &a, out, &count));
	CHECK_I64("", count, 5);
	CHECK(str_equal(out[1].name, STR("b")) && str_equal(out[1].value, STR("x&y")));
	CHECK(str_equal(out[2].name, STR("c")) && out[2].value.len == 0);
	CHECK_OK(http_split_query(STR(""), &a, out, &count));
	CHECK_I64("", count, 0);
	CHECK_RESULT("", http_split_query(STR("a=%"), &a, out, &count), HTTP_HEADERS);
	for (int i = 0; i <= HTTP_QUERY_MAX; i++)
		buf_str(&many, STR("a&"));
	CHECK_RESULT("too many", http_split_query(buf_text(&many), &a, out, &count), HTTP_HEADERS);
}

TEST(patterns_match_whole_segments)
{
	static const struct {
		const char *pattern, *path, *first; /* first parameter; NULL: no match */
	} rows[] = {
		{ "/a/{id}", "/a/7", "7" },
		{ "/a/{id}/b/{x}", "/a/7/b/8", "7" },
		{ "/a", "/a", "" },
		{ "/", "/", "" },
		{ "/a/{id}", "/a/", NULL },
		{ "/a/{id}", "/a", NULL },
		{ "/a/{id}", "/a/7/", NULL },
		{ "/a/{id}", "/a/7/8", NULL },
		{ "/a/{id}", "/A/7", NULL },
		{ "/a", "/ab", NULL },
		{ "/a/", "/a", NULL },
	}, *row;
	struct str params[HTTP_PARAMS_MAX];
	size_t     count;

	EACH(row, rows) {
		bool matches = http_match(row->pattern, str_of(row->path), params, &count);

		CHECK_I64(row->path, matches, row->first != NULL);
		if (row->first && *row->first)
			CHECK(count > 0 && str_equal(params[0], str_of(row->first)));
	}
}

TEST(cookies_encodings_and_tags_are_found)
{
	struct str value;

	CHECK(http_find_cookie(STR("a=1; sid=x=y; b=2"), STR("sid"), &value) && str_equal(value, STR("x=y")));
	CHECK(!http_find_cookie(STR("asid=1; sidb=2"), STR("sid"), &value));
	CHECK(http_accepts(STR("gzip, deflate, br"), STR("br")));
	CHECK(http_accepts(STR("BR;q=0.5"), STR("br")));
	CHECK(!http_accepts(STR("br;q=0, gzip"), STR("br")));
	CHECK(!http_accepts(STR("br ; q=0.000"), STR("br")));
	CHECK(!http_accepts(STR("brotli"), STR("br")) && !http_accepts(STR(""), STR("br")));
	CHECK(http_etag_matches(STR("\"x\", W/\"abc\""), STR("\"abc\"")));
	CHECK(http_etag_matches(STR(" * "), STR("\"abc\"")));
	CHECK(!http_etag_matches(STR("abc"), STR("\"abc\"")) && !http_etag_matches(STR(""), STR("\"abc\"")));
}
