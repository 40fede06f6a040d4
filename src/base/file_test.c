/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "harness/test.h"

static void holds(const char *path, const char *want)
{
	uint8_t room[16];
	struct bytes got;

	if (CHECK_RESULT(path, file_get(path, room, sizeof room, &got), SUCCESS))
		CHECK_I64(want, memcmp(got.at, want, got.len) == 0 && got.len == strlen(want),
		          true);
}

TEST(a_folder_with_a_hidden_file_is_not_empty)
{
	char dir[512], hidden[520];
	bool empty = false;

	snprintf(dir, sizeof dir, "%s/folder", test_dir());
	snprintf(hidden, sizeof hidden, "%s/.x", dir);
	CHECK_RESULT("none", file_folder_is_empty(dir, &empty), FILE_READ);
	CHECK(mkdir(dir, 0700) == 0);
	CHECK_OK(file_folder_is_empty(dir, &empty));
	CHECK(empty);
	CHECK_OK(file_put(hidden, str_bytes(STR("x"))));
	CHECK_OK(file_folder_is_empty(dir, &empty));
	CHECK(!empty);
}

TEST(a_small_file_is_put_and_got_whole)
{
	char path[512], beside[520], long_path[FILE_NAME_MAX + 8];
	uint8_t room[4];
	struct bytes got;
	struct stat st;

	snprintf(path, sizeof path, "%s/small", test_dir());
	snprintf(beside, sizeof beside, "%s.new", path);
	CHECK_RESULT("none", file_get(path, room, sizeof room, &got), FILE_READ);
	CHECK_OK(file_put(path, str_bytes(STR("one"))));
	holds(path, "one");
	CHECK_OK(file_put(path, str_bytes(STR("another"))));
	holds(path, "another");
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(access(beside, F_OK) != 0);
	CHECK_RESULT("too long", file_get(path, room, sizeof room, &got), FILE_READ);
	CHECK_OK(file_put(path, str_bytes(STR(""))));
	holds(path, "");
	CHECK_OK(file_put(path, str_bytes(STR("four"))));
	CHECK_RESULT("fits", file_get(path, room, sizeof room, &got), SUCCESS);
	CHECK_OK(file_put(beside, str_bytes(STR("five"))));
	CHECK_OK(file_settle(beside, path));
	holds(path, "five");
	CHECK_RESULT("not made", file_settle(beside, path), FILE_WRITE);
	CHECK_OK(file_put(path, str_bytes(STR("four"))));
	CHECK_RESULT("no folder", file_put("/nowhere/x", got), FILE_WRITE);
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	CHECK_RESULT("long", file_put(long_path, got), FILE_WRITE);
	CHECK(mkdir(beside, 0700) == 0);
	CHECK_RESULT("in the way", file_put(path, got), FILE_WRITE);
	holds(path, "four");
}
