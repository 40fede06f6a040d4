/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_case *first, **tail = &first;
static int               failures; /* of the test that runs */
static int               failed_tests;
static char              dir[256];

void test_register(struct test_case *t)
{
	*tail = t;
	tail = &t->next;
}

static void complain(const char *label, const char *what, const char *file, int line)
{
	failures++;
	printf("# %s:%d: %s%s%s", file, line, label, *label ? ": " : "", what);
}

bool test_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok) {
		complain("", what, file, line);
		printf(" is false\n");
	}
	return ok;
}

bool test_i64(const char *label, int64_t got, int64_t want, const char *what, const char *file, int line)
{
	if (got == want)
		return true;
	complain(label, what, file, line);
	printf("\n#   got  %" PRId64 "\n#   want %" PRId64 "\n", got, want);
	return false;
}

bool test_str(const char *label, const char *got, const char *want, const char *what, const char *file, int line)
{
	if (got && want && strcmp(got, want) == 0)
		return true;
	complain(label, what, file, line);
	printf("\n#   got  %s\n#   want %s\n", got ? got : "(null)", want ? want : "(null)");
	return false;
}

bool test_bytes(const char *label, struct bytes got, struct bytes want, const char *what, const char *file, int line)
{
	char *text;
	bool  same;

	if (bytes_equal(got, want))
		return true;
	text = calloc(1, 2 * want.len + 1);
	ASSERT(text);
	hex_encode(want, text);
	same = test_hex(label, got, text, what, file, line);
	free(text);
	return same;
}

bool test_hex(const char *label, struct bytes got, const char *want, const char *what, const char *file, int line)
{
	char *text = calloc(1, 2 * got.len + 1);
	bool  same;

	ASSERT(text);
	hex_encode(got, text);
	same = strcmp(text, want) == 0;
	if (!same) {
		complain(label, what, file, line);
		printf("\n#   got  %s\n#   want %s\n", text, want);
	}
	free(text);
	return same;
}

bool test_result(const char *label, result got, enum result_code want, const char *what, const char *file, int line)
{
	const struct result_detail *last = result_last();

	if (got.code == want)
		return true;
	complain(label, what, file, line);
	printf("\n#   got  %s", result_name(got));
	if (last->code == got.code)
		printf(" (%s at %s:%d)", last->text, last->file, last->line);
	printf("\n#   want %s\n", result_name((result){ want }));
	return false;
}

void test_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

const char *test_root(void)
{
	const char *root = getenv("YIKA_ROOT");

	return root ? root : ".";
}

const char *test_data(const char *name)
{
	static _Thread_local char path[512];

	snprintf(path, sizeof path, "%s/../shared/data/%s", test_root(), name);
	if (access(path, R_OK) != 0) {
		printf("Bail out! test data %s is missing\n", path);
		exit(99);
	}
	return path;
}

const char *test_dir(void)
{
	if (!*dir) {
		const char *base = getenv("TMPDIR");

		snprintf(dir, sizeof dir, "%s/yika-test-XXXXXX", base ? base : "/tmp");
		ASSERT(mkdtemp(dir));
	}
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static bool is_selected(const struct test_case *t, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++)
		if (strstr(t->name, argv[i]))
			return true;
	return false;
}

/* Arguments are parts of test names; without any, all tests run. */
int main(int argc, char **argv)
{
	int number = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test_case *t = first; t; t = t->next) {
		if (!is_selected(t, argc, argv))
			continue;
		failures = 0;
		t->run();
		failed_tests += failures > 0;
		printf("%s %d - %s\n", failures ? "not ok" : "ok", ++number, t->name);
	}
	printf("1..%d\n# %d passed, %d failed\n", number, number - failed_tests, failed_tests);
	if (*dir && failed_tests == 0)
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return failed_tests ? 1 : 0;
}
