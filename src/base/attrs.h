/* SPDX-License-Identifier: Apache-2.0 */
/* attrs.h — the compiler extensions this tree uses, each behind one name. */
#pragma once

#include <stddef.h>

#define ATTR_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define ATTR_CONSTRUCTOR                __attribute__((constructor))
#define ATTR_NORETURN                   __attribute__((noreturn))
#define ATTR_COLD                       __attribute__((cold))
#define ATTR_UNUSED                     __attribute__((unused))

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A variable whose function `close` runs when the scope ends. Initialise it before the first TRY. */
#define SCOPED(close) __attribute__((cleanup(close)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Walk a table: EACH(row, rows) { use(row->member); } — `row` is a pointer declared beside the table. */
#define EACH(row, rows) for ((row) = (rows); (row) < (rows) + ARRAY_LEN(rows); (row)++)
