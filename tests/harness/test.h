/* SPDX-License-Identifier: Apache-2.0 */
/* test.h — the test runner: TEST registers itself, CHECK prints both values and goes on, output is TAP. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct test_case {
	const char       *name, *file;
	void            (*run)(void);
	struct test_case *next;
};

void test_register(struct test_case *t);

#define TEST(name_)                                                                        \
	static void test_##name_(void);                                                    \
	static struct test_case test_case_##name_ = { #name_, __FILE__, test_##name_, 0 }; \
	ATTR_CONSTRUCTOR static void test_register_##name_(void)                           \
	{                                                                                  \
		test_register(&test_case_##name_);                                         \
	}                                                                                  \
	static void test_##name_(void)

/* Each CHECK takes a label for the row being tested (a table's row, or "" ), the value, the expected value. */
#define CHECK(cond)                test_check((cond), #cond, __FILE__, __LINE__)
#define CHECK_I64(label, got, want) test_i64((label), (int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)
#define CHECK_STR(label, got, want) test_str((label), (got), (want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(label, got, want) test_bytes((label), (got), (want), #got, __FILE__, __LINE__)
/* The bytes as upper-case hex equal the text. */
#define CHECK_HEX(label, got, want_hex) test_hex((label), (got), (want_hex), #got, __FILE__, __LINE__)
/* The result has exactly this code. */
#define CHECK_RESULT(label, got, want_code) test_result((label), (got), (want_code), #got, __FILE__, __LINE__)
#define CHECK_OK(got)                       test_result("", (got), SUCCESS, #got, __FILE__, __LINE__)
/* End the test when there is no sense in going on. */
#define REQUIRE(cond)                                                    \
	do {                                                             \
		if (!test_check((cond), #cond, __FILE__, __LINE__))      \
			return;                                          \
	} while (0)
#define REQUIRE_OK(got)                                                                  \
	do {                                                                             \
		if (!test_result("", (got), SUCCESS, #got, __FILE__, __LINE__))          \
			return;                                                          \
	} while (0)

bool test_check(bool ok, const char *what, const char *file, int line);
bool test_i64(const char *label, int64_t got, int64_t want, const char *what, const char *file, int line);
bool test_str(const char *label, const char *got, const char *want, const char *what, const char *file, int line);
bool test_bytes(const char *label, struct bytes got, struct bytes want, const char *what, const char *file, int line);
bool test_hex(const char *label, struct bytes got, const char *want, const char *what, const char *file, int line);
bool test_result(const char *label, result got, enum result_code want, const char *what, const char *file, int line);

/* Print a line beside the results, for figures worth seeing. */
void test_note(const char *format, ...) ATTR_PRINTF(1, 2);

/* A fresh empty directory below build or /tmp, removed at exit when every test passed. Static storage. */
const char *test_dir(void);
/* ../shared/data/NAME of the project's root; ends the run with a clear message when it is not there. */
const char *test_data(const char *name);
/* The project's root directory (holds meson.build). */
const char *test_root(void);
