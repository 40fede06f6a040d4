/* SPDX-License-Identifier: Apache-2.0 */
/* A request's first lines: what passes the checks must be unambiguous, and taking it apart stays in bounds. */
#include "net/http_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_named(const struct http_field *fields, size_t count, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += http_name_equal(fields[i].name, name);
	return n;
}

static void take_apart(struct str target)
{
	SCOPED(arena_free) struct arena a = { 0 };
	struct http_field               params[HTTP_QUERY_MAX];
	struct str                      path, query, raw[HTTP_PARAMS_MAX], out;
	size_t                          count;

	if (!is_ok(http_check_target(target, &path, &query)))
		return;
	if (is_ok(http_split_query(query, &a, params, &count)))
		for (size_t i = 0; i < count; i++)
			ASSERT(str_is_utf8(params[i].name) && str_is_utf8(params[i].value));
	if (http_match("/api/{a}/x/{b}", path, raw, &count)) {
		ASSERT(count == 2);
		if (is_ok(http_decode(raw[0], false, &a, &out)))
			ASSERT(out.len <= raw[0].len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_field fields[HTTP_FIELDS_MAX + 1];
	struct str        rest = { (const char *)data, size }, line, value;
	size_t            count = 0;

	str_cut(rest, '\n', &line, &rest);
	take_apart(line);
	while (rest.len && count <= HTTP_FIELDS_MAX) {
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ':', &fields[count].name, &fields[count].value);
		fields[count].value = str_trim(fields[count].value);
		(void)http_find_cookie(fields[count].value, STR("sid"), &value);
		(void)http_accepts(fields[count].value, STR("br"));
		(void)http_etag_matches(fields[count].value, STR("\"x\""));
		count++;
	}
	if (!is_ok(http_check_headers(fields, count, true)))
		return 0;
	ASSERT(count_named(fields, count, STR("host")) == 1);
	ASSERT(count_named(fields, count, STR("content-length")) +
		       count_named(fields, count, STR("transfer-encoding")) <= 1);
	return 0;
}
