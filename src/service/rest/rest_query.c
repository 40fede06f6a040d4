/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_call.h"

enum { CODE_MAX = 48 };

void rest_complain(struct rest_call *c, const char *field, const char *what)
{
	if (c->report.count < JREAD_VIOLATIONS_MAX)
		c->report.rows[c->report.count++] = (struct jread_violation){ str_of(field), what };
}

int64_t rest_query_i64(struct rest_call *c, const char *name, int64_t min, int64_t max,
                       int64_t fallback)
{
	struct str text;
	int64_t value = fallback;

	if (!http_request_query(c->request, name, &text))
		return fallback;
	if (!is_ok(str_i64(text, &value)))
		rest_complain(c, name, "type");
	else if (value < min || value > max)
		rest_complain(c, name, "range");
	else
		return value;
	return fallback;
}

uint64_t rest_query_id(struct rest_call *c, const char *name)
{
	return (uint64_t)rest_query_i64(c, name, 1, INT64_MAX, 0);
}

struct str rest_query_text(struct rest_call *c, const char *name, size_t max)
{
	struct str text;

	if (!http_request_query(c->request, name, &text))
		return (struct str){ 0 };
	if (!str_is_utf8(text))
		rest_complain(c, name, "type");
	else if (text.len > max)
		rest_complain(c, name, "range");
	else
		return str_trim(text);
	return (struct str){ 0 };
}

/* "2026-03-05" */
struct bizdate rest_query_day(struct rest_call *c, const char *name)
{
	char digits[9];
	uint64_t number;
	struct str text;
	struct bizdate day = { 0 };

	if (!http_request_query(c->request, name, &text))
		return day;
	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-') {
		rest_complain(c, name, "type");
		return day;
	}
	memcpy(digits, text.at, 4);
	memcpy(digits + 4, text.at + 5, 2);
	memcpy(digits + 6, text.at + 8, 2);
	digits[8] = '\0';
	if (is_ok(str_u64(str_of(digits), &number)) &&
	    bizdate_is_valid((struct bizdate){ (uint32_t)number }))
		day.yyyymmdd = (uint32_t)number;
	else
		rest_complain(c, name, "type");
	return day;
}

int rest_query_choice(struct rest_call *c, const char *name, const char *const *names)
{
	struct str text;

	if (!http_request_query(c->request, name, &text))
		return -1;
	for (int i = 0; names[i]; i++)
		if (str_equal(text, str_of(names[i])))
			return i;
	rest_complain(c, name, "range");
	return -1;
}

struct str rest_query_code(struct rest_call *c, const char *name)
{
	struct str text = rest_query_text(c, name, CODE_MAX);
	char word[CODE_MAX + 1];

	str_copy(text, word, sizeof word);
	if (text.len > 0 && result_by_name(word) == RESULT_CODE_COUNT)
		rest_complain(c, name, "range");
	return text;
}

result rest_query_done(struct rest_call *c)
{
	if (c->report.count > 0)
		return FAIL(JSON_FIELDS, "query " STR_FMT, STR_ARG(c->report.rows[0].field));
	return OK;
}

result rest_path_id(struct rest_call *c, const char *name, uint64_t *out)
{
	if (is_ok(str_u64(c->request->params[0], out)) && *out >= 1 && *out <= INT64_MAX)
		return OK;
	rest_complain(c, name, "type");
	return rest_query_done(c);
}

/* "application/json", with or without parameters. */
static bool is_json(const struct http_request *r)
{
	struct str type, head, rest;

	if (!http_request_header(r, "content-type", &type))
		return false;
	str_cut(type, ';', &head, &rest);
	return str_equal(str_trim(head), STR("application/json"));
}

result rest_require_json(const struct rest_call *c)
{
	return is_json(c->request) ? OK : FAIL(REST_MEDIA_TYPE, "body");
}

result rest_body(struct rest_call *c, const struct jread_field *fields, size_t count, void *out,
                 size_t out_size)
{
	TRY(rest_require_json(c));
	return jread_object(c->request->body, &(struct jread_schema){ fields, count, out_size },
	                    c->request->arena, out, &c->report);
}
