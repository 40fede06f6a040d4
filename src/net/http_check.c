/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_check.h"

enum { GAP_MAX = 1024 }; /* blanks between two parts of a request */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool http_name_equal(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 9110 5.6.2 */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.at[i]) && !is_one_of(s.at[i], "!#$%&'*+-.^_`|~"))
			return false;
	return s.len > 0;
}

static bool has_controls(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.at[i] < ' ' && s.at[i] != '\t') || s.at[i] == 0x7F)
			return true;
	return false;
}

static bool is_host(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.at[i]) && !is_one_of(s.at[i], ".-_:[]%"))
			return false;
	return s.len > 0;
}

/* What decides where a message ends and for whom it is. */
struct framing {
	size_t hosts, lengths, encodings;
	bool   bad_host, bad_length, bad_encoding;
};

static void note_framing(struct framing *f, const struct http_field *field)
{
	uint64_t length;

	if (http_name_equal(field->name, STR("host"))) {
		f->hosts++;
		f->bad_host = f->bad_host || !is_host(field->value);
	} else if (http_name_equal(field->name, STR("content-length"))) {
		f->lengths++;
		f->bad_length = f->bad_length || !is_ok(str_u64(field->value, &length));
	} else if (http_name_equal(field->name, STR("transfer-encoding"))) {
		f->encodings++;
		f->bad_encoding = f->bad_encoding || !http_name_equal(field->value, STR("chunked"));
	}
}

result http_check_headers(const struct http_field *fields, size_t count, bool is_http11)
{
	struct framing f = { 0 };

	if (count > HTTP_FIELDS_MAX)
		return FAIL(HTTP_HEADERS, "%zu headers", count);
	for (size_t i = 0; i < count; i++) {
		if (!is_token(fields[i].name))
			return FAIL(HTTP_HEADERS, "header %zu has no proper name", i + 1);
		if (has_controls(fields[i].value))
			return FAIL(HTTP_HEADERS, "header %zu holds control bytes", i + 1);
		note_framing(&f, &fields[i]);
	}
	if (f.hosts > 1 || (is_http11 && f.hosts != 1) || f.bad_host)
		return FAIL(HTTP_HEADERS, "%zu Host headers, or a bad one", f.hosts);
	if (f.lengths > 1 || f.bad_length)
		return FAIL(HTTP_HEADERS, "%zu Content-Length headers, or a bad one", f.lengths);
	if (f.encodings > 1 || f.bad_encoding || (f.encodings && !is_http11))
		return FAIL(HTTP_HEADERS, "Transfer-Encoding is not a single chunked");
	if (f.encodings && f.lengths)
		return FAIL(HTTP_HEADERS, "both Content-Length and Transfer-Encoding");
	return OK;
}

bool http_follows(const char *end, const char *next, size_t zeros)
{
	if ((uintptr_t)next < (uintptr_t)end || (uintptr_t)next - (uintptr_t)end > GAP_MAX)
		return false;
	while (end < next && (*end == ' ' || *end == '\t'))
		end++;
	if ((size_t)(next - end) != zeros)
		return false;
	for (; end < next; end++)
		if (*end != '\0')
			return false;
	return true;
}

result http_check_target(struct str target, struct str *path, struct str *query)
{
	if (target.len == 0 || target.len > HTTP_TARGET_MAX || target.at[0] != '/')
		return FAIL(HTTP_HEADERS, "target of %zu bytes", target.len);
	for (size_t i = 0; i < target.len; i++)
		if (target.at[i] <= ' ' || target.at[i] >= 0x7F || is_one_of(target.at[i], "\"#<>\\^`{|}"))
			return FAIL(HTTP_HEADERS, "byte %zu of the target must be escaped", i + 1);
	str_cut(target, '?', path, query);
	return OK;
}

result http_decode(struct str raw, bool is_query, struct arena *a, struct str *out)
{
	char  *to = arena_alloc(a, raw.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < raw.len; i++) {
		uint8_t byte = (uint8_t)raw.at[i];

		if (byte == '%') {
			if (raw.len - i < 3)
				return FAIL(HTTP_HEADERS, "cut escape");
			if (!is_ok(hex_decode((struct str){ raw.at + i + 1, 2 }, &byte, 1)))
				return FAIL(HTTP_HEADERS, "bad escape");
			i += 2;
		} else if (byte == '+' && is_query) {
			byte = ' ';
		}
		to[len++] = (char)byte;
	}
	*out = (struct str){ to, len };
	if (!str_is_utf8(*out))
		return FAIL(HTTP_HEADERS, "escapes do not make UTF-8 text");
	return OK;
}

result http_split_query(struct str query, struct arena *a, struct http_field *out, size_t *count)
{
	struct str part, name, value;

	*count = 0;
	while (query.len) {
		str_cut(query, '&', &part, &query);
		if (part.len == 0)
			continue;
		if (*count == HTTP_QUERY_MAX)
			return FAIL(HTTP_HEADERS, "more than %d parameters", HTTP_QUERY_MAX);
		str_cut(part, '=', &name, &value);
		TRY(http_decode(name, true, a, &out[*count].name));
		TRY(http_decode(value, true, a, &out[*count].value));
		(*count)++;
	}
	return OK;
}

bool http_match(const char *pattern, struct str path, struct str params[HTTP_PARAMS_MAX], size_t *param_count)
{
	struct str rest_pattern = str_of(pattern), want, got;
	size_t     count = 0;
	bool       more_pattern = true, more_path = true;

	while (more_pattern && more_path) {
		more_pattern = str_cut(rest_pattern, '/', &want, &rest_pattern);
		more_path = str_cut(path, '/', &got, &path);
		if (want.len && want.at[0] == '{') {
			if (got.len == 0 || count == HTTP_PARAMS_MAX)
				return false;
			params[count++] = got;
		} else if (!str_equal(want, got)) {
			return false;
		}
	}
	*param_count = count;
	return !more_pattern && !more_path;
}

bool http_find_cookie(struct str header, struct str name, struct str *value)
{
	struct str part, key;

	while (header.len) {
		str_cut(header, ';', &part, &header);
		if (str_cut(str_trim(part), '=', &key, value) && str_equal(key, name))
			return true;
	}
	return false;
}

/* "br;q=0" and "br; q=0.000" refuse; anything else about q is a wish. */
static bool is_refused(struct str parameters)
{
	struct str q = str_trim(parameters), name, value;

	if (!str_cut(q, '=', &name, &value) || !http_name_equal(str_trim(name), STR("q")))
		return false;
	value = str_trim(value);
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] != '0' && value.at[i] != '.')
			return false;
	return true;
}

bool http_accepts(struct str header, struct str coding)
{
	struct str part, name, parameters;

	while (header.len) {
		str_cut(header, ',', &part, &header);
		str_cut(part, ';', &name, &parameters);
		if (http_name_equal(str_trim(name), coding))
			return !is_refused(parameters);
	}
	return false;
}

bool http_etag_matches(struct str header, struct str etag)
{
	struct str part;

	if (str_equal(str_trim(header), STR("*")))
		return true;
	while (header.len) {
		str_cut(header, ',', &part, &header);
		part = str_trim(part);
		if (part.len > 2 && part.at[0] == 'W' && part.at[1] == '/')
			part = (struct str){ part.at + 2, part.len - 2 };
		if (str_equal(part, etag))
			return true;
	}
	return false;
}
