/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct result_row {
	const char      *name;
	enum result_kind kind;
	int              http;
	const char      *field39;
	const char      *zh;
	const char      *en;
};

static const struct result_row rows[] = {
#define ERROR(name, kind, http, field39, zh, en) { #name, RESULT_##kind, http, field39, zh, en },
#include "errors.def"
#undef ERROR
};

static _Thread_local struct result_detail last;

static const struct result_row *row_of(result r)
{
	static const struct result_row unknown = { "UNKNOWN", RESULT_FAULT, 500, "96", "未知错误",
		                                   "Unknown error" };

	return (unsigned)r.code < RESULT_CODE_COUNT ? &rows[r.code] : &unknown;
}

const char *result_name(result r)
{
	return row_of(r)->name;
}

enum result_kind result_kind(result r)
{
	return row_of(r)->kind;
}

int result_http(result r)
{
	return row_of(r)->http;
}

const char *result_field39(result r)
{
	return row_of(r)->field39;
}

const char *result_text_zh(result r)
{
	return row_of(r)->zh;
}

const char *result_text_en(result r)
{
	return row_of(r)->en;
}

enum result_code result_by_name(const char *name)
{
	for (unsigned i = 0; i < RESULT_CODE_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum result_code)i;
	return RESULT_CODE_COUNT;
}

const struct result_detail *result_last(void)
{
	return &last;
}

result result_fail(enum result_code code, const char *file, int line, const char *format, ...)
{
	va_list args;

	last.code = code;
	last.file = file;
	last.line = line;
	va_start(args, format);
	vsnprintf(last.text, sizeof last.text, format, args);
	va_end(args);
	return (result){ code };
}

void assert_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "assertion failed: %s at %s:%d\n", cond, file, line);
	abort();
}
