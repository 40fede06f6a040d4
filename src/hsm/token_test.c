/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "harness/test.h"
#include "hsm/hsm_device.h"
#include "hsm/token.h"
#include "hsm/token_keep.h"

enum { TOKEN_FOLDER = HSM_PATH_MAX + 272, TOKEN_PATH = TOKEN_FOLDER + 16 };

static const char module[] = "/usr/lib/softhsm/libsofthsm2.so";

static struct hsm_address address_of(const struct hsm_paths *paths)
{
	struct hsm_address at = { .kind = HSM_PKCS11 };

	str_copy(str_of(paths->module), at.library, sizeof at.library);
	str_copy(str_of(paths->label), at.token, sizeof at.token);
	str_copy(str_of(paths->pin_file), at.pin_file, sizeof at.pin_file);
	str_copy(str_of(paths->conf), at.conf, sizeof at.conf);
	return at;
}

/* A new token of its own for the test. */
static struct hsm_address make_new(struct hsm_paths *paths, char dir[HSM_PATH_MAX])
{
	static int count;

	snprintf(dir, HSM_PATH_MAX, "%s/token%d", test_dir(), ++count);
	CHECK_OK(hsm_token_init(module, dir, "yika-test", random_system(), paths));
	return address_of(paths);
}

TEST(a_token_does_not_open_without_its_pin_file)
{
	struct hsm_paths paths;
	char dir[HSM_PATH_MAX];
	struct hsm_device *d = NULL;
	struct hsm_address good = make_new(&paths, dir), at = good;

	CHECK(chmod(paths.pin_file, 0644) == 0);
	CHECK_RESULT("readable by others", hsm_device_open(&at, NULL, &d), HSM_PIN);
	CHECK(chmod(paths.pin_file, 0600) == 0);
	str_copy(STR("/nowhere"), at.pin_file, sizeof at.pin_file);
	CHECK_RESULT("no file", hsm_device_open(&at, NULL, &d), HSM_PIN);
	str_copy(str_of(paths.conf), at.pin_file, sizeof at.pin_file);
	CHECK_RESULT("wrong PIN", hsm_device_open(&at, NULL, &d), HSM_PIN);
	at = good;
	str_copy(STR("another"), at.token, sizeof at.token);
	CHECK_RESULT("other label", hsm_device_open(&at, NULL, &d), HSM_TOKEN);
	at = good;
	str_copy(STR("/nowhere.so"), at.library, sizeof at.library);
	CHECK_RESULT("no module", hsm_device_open(&at, NULL, &d), HSM_MODULE);
	CHECK_OK(hsm_device_open(&good, NULL, &d));
	hsm_device_close(d);
}

TEST(a_token_is_never_made_over_another)
{
	struct hsm_paths paths, again;
	char dir[HSM_PATH_MAX];

	make_new(&paths, dir);
	CHECK_RESULT("again", hsm_token_init(module, dir, "yika-test", random_system(), &again),
	             HSM_EXISTS);
}

/* --- the copy of its one file that is written at every login --- */

/* The folder of the only token below `dir`. */
static void folder_of(const char *dir, char out[TOKEN_FOLDER])
{
	char tokens[HSM_PATH_MAX + 8];
	struct dirent *e;

	snprintf(tokens, sizeof tokens, "%s/tokens", dir);
	out[0] = '\0';
	DIR *d = opendir(tokens);
	while (CHECK(d != NULL) && (e = readdir(d)))
		if (e->d_name[0] != '.')
			snprintf(out, TOKEN_FOLDER, "%s/%s", tokens, e->d_name);
	closedir(d);
}

static void file_in(const char *dir, const char *name, char out[TOKEN_PATH])
{
	char folder[TOKEN_FOLDER];

	folder_of(dir, folder);
	snprintf(out, TOKEN_PATH, "%s/%s", folder, name);
}

static void opens(const char *what, const struct hsm_address *at)
{
	struct hsm_device *d = NULL;

	if (CHECK_RESULT(what, hsm_device_open(at, NULL, &d), SUCCESS))
		hsm_device_close(d);
}

/* SoftHSM empties token.object and writes it again at each login; SIGKILL between the two leaves it
 * empty. */
TEST(a_token_comes_back_whose_file_a_broken_login_left_empty)
{
	char dir[HSM_PATH_MAX], object[TOKEN_PATH], generation[TOKEN_PATH];
	struct hsm_paths paths;
	struct hsm_address at = make_new(&paths, dir);

	file_in(dir, "token.object", object);
	file_in(dir, "generation", generation);
	CHECK(truncate(object, 0) == 0);
	opens("before its first login", &at);
	CHECK(truncate(object, 0) == 0);
	opens("after one", &at);
	CHECK(unlink(object) == 0);
	opens("without the file", &at);
	opens("left as it is", &at);
	CHECK(truncate(generation, 0) == 0);
	opens("its count of writes empty", &at);
	CHECK(truncate(object, 0) == 0 && truncate(generation, 0) == 0);
	opens("both", &at);
}

TEST(a_token_that_came_back_has_the_pin_of_its_last_change)
{
	char dir[HSM_PATH_MAX], object[TOKEN_PATH];
	struct hsm_paths paths;
	struct hsm_address at = make_new(&paths, dir);
	struct secret before = { 0 }, after = { .len = 8 };
	struct hsm_device *d = NULL;
	struct bytes text;

	file_in(dir, "token.object", object);
	REQUIRE(is_ok(file_get(paths.pin_file, before.at, sizeof before.at, &text)));
	before.len = text.len;
	memcpy(after.at, "87654321", 8);
	REQUIRE(is_ok(hsm_device_open(&at, NULL, &d)));
	CHECK_OK(hsm_device_set_pin(d, &before, &after));
	hsm_device_close(d);
	CHECK(truncate(object, 0) == 0);
	CHECK_RESULT("the old PIN", hsm_device_open(&at, NULL, &d), HSM_PIN);
	CHECK_OK(file_put(paths.pin_file, str_bytes(STR("87654321"))));
	opens("the new one", &at);
}

static int64_t kept_as(const char *path, uint8_t room[64])
{
	struct bytes b;

	return is_ok(file_get(path, room, 64, &b)) ? (int64_t)b.len : 0;
}

TEST(the_copy_of_a_token_is_made_of_what_is_whole_and_ours)
{
	char dir[HSM_PATH_MAX], conf[HSM_PATH_MAX + 16], text[HSM_PATH_MAX + 64];
	char object[HSM_PATH_MAX + 64], kept[HSM_PATH_MAX + 64];
	uint8_t room[64];

	snprintf(dir, sizeof dir, "%s/kept", test_dir());
	snprintf(conf, sizeof conf, "%s/conf", dir);
	snprintf(text, sizeof text, "# a comment\n directories.tokendir =\t%s \nlog.level = ERROR",
	         dir);
	snprintf(object, sizeof object, "%s/one", dir);
	CHECK(mkdir(dir, 0700) == 0 && mkdir(object, 0700) == 0);
	snprintf(object, sizeof object, "%s/one/token.object", dir);
	snprintf(kept, sizeof kept, "%s/one/token.kept", dir);
	CHECK_OK(file_put(conf, str_bytes(str_of(text))));

	CHECK_OK(hsm_token_keep(conf, "mine"));
	CHECK_I64("nothing to keep", kept_as(kept, room), 0);
	CHECK_OK(file_put(object, str_bytes(STR("00000001 other"))));
	CHECK_OK(hsm_token_keep(conf, "mine"));
	CHECK_I64("somebody else's", kept_as(kept, room), 0);
	CHECK_OK(file_put(object, str_bytes(STR("00000001 mine"))));
	CHECK_OK(hsm_token_keep(conf, "mine"));
	CHECK_I64("ours", kept_as(kept, room), 13);
	CHECK_OK(file_put(object, str_bytes(STR("00000002 mine"))));
	CHECK_OK(hsm_token_keep(conf, "mine"));
	CHECK(kept_as(kept, room) == 13 &&
	      room[7] == '1'); /* the count alone is no reason to write */
	CHECK_OK(file_put(object, str_bytes(STR("00000003 mine!"))));
	CHECK_OK(hsm_token_keep(conf, "mine"));
	CHECK_I64("a new one", kept_as(kept, room), 14);
	CHECK(truncate(object, 0) == 0);
	CHECK_OK(hsm_token_keep(conf, "mine"));
	CHECK_I64("an empty one is not kept", kept_as(kept, room), 14);
	CHECK_OK(hsm_token_mend(conf));
	CHECK_I64("mended", kept_as(object, room), 14);
	CHECK_OK(file_put(object, str_bytes(STR("00000004 mine, long"))));
	CHECK_OK(hsm_token_mend(conf));
	CHECK_I64("what is there is left alone", kept_as(object, room), 19);
	CHECK_OK(hsm_token_mend(""));
	CHECK_RESULT("no configuration", hsm_token_mend("/nowhere/conf"), FILE_READ);
}
