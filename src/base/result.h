/* SPDX-License-Identifier: Apache-2.0 */
/* result.h — the one result type; every code is a line of api/errors.def. */
#pragma once

#include <stdbool.h>

#include "base/attrs.h"

enum result_code {
#define ERROR(name, kind, http, field39, zh, en) name,
#include "errors.def"
#undef ERROR
	RESULT_CODE_COUNT
};

/* What sort of answer a code is. */
enum result_kind {
	RESULT_OK,      /* done */
	RESULT_INVALID, /* the caller sent nonsense; nothing changed */
	RESULT_DECLINE, /* a rule said no; normal business, never logged as an error */
	RESULT_FAULT,   /* something broke; logged and counted */
};

#if defined(__clang__)
#define RESULT_MUST_BE_USED __attribute__((warn_unused_result))
#else
#define RESULT_MUST_BE_USED
#endif

/* The outcome of a call. A struct, so that it never mixes with int or bool. */
typedef struct RESULT_MUST_BE_USED result {
	enum result_code code;
} result;

#define OK ((result){ SUCCESS })

/* Where and why the last FAIL of this thread happened; for logs and operators, never for the outside. */
struct result_detail {
	enum result_code code;
	const char      *file; /* static */
	int              line;
	char             text[240];
};

static inline bool is_ok(result r)
{
	return r.code == SUCCESS;
}

/* "CARD_LOST"; "UNKNOWN" for a number outside the table. */
const char      *result_name(result r);
enum result_kind result_kind(result r);
int              result_http(result r);    /* HTTP status, 200…599 */
const char      *result_field39(result r); /* two characters, terminal-protocol section 13 */
const char      *result_text_zh(result r);
const char      *result_text_en(result r);
/* The code whose name is `name`, or RESULT_CODE_COUNT when there is none. */
enum result_code result_by_name(const char *name);

/* Detail of this thread's last FAIL; text is empty when there was none. */
const struct result_detail *result_last(void);

/* Use FAIL. */
result result_fail(enum result_code code, const char *file, int line, const char *format, ...)
	ATTR_PRINTF(4, 5) ATTR_COLD;

/* Record code, place and detail in thread-local storage and give the result to return. */
#define FAIL(code_, ...) result_fail((code_), __FILE__, __LINE__, __VA_ARGS__)

/* Return early when `expr` fails. The only macro of the tree that changes control flow. */
#define TRY(expr)                                  \
	do {                                       \
		result try_result_ = (expr);       \
		if (UNLIKELY(!is_ok(try_result_))) \
			return try_result_;        \
	} while (0)

/* A broken promise of the program itself; stays on in release builds: a ledger that is wrong must stop. */
#define ASSERT(cond)                                                \
	do {                                                        \
		if (UNLIKELY(!(cond)))                              \
			assert_failed(#cond, __FILE__, __LINE__);   \
	} while (0)

ATTR_NORETURN ATTR_COLD void assert_failed(const char *cond, const char *file, int line);
