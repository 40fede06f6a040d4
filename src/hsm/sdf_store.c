/* SPDX-License-Identifier: Apache-2.0 */
/* Files of LMK slots. What is in them opens in one device only, so it may lie on a disk; it is
 * written beside its place and put there by renaming, and an old file is never written over. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/sdf_device.h"

enum { PATH_SIZE = HSM_TEXT_MAX + 16 };

static void path_of(const struct hsm_address *place, unsigned slot, const char *suffix,
                    char out[PATH_SIZE])
{
	if (slot == SDF_LOCAL)
		snprintf(out, PATH_SIZE, "%s/local%s", place->store, suffix);
	else
		snprintf(out, PATH_SIZE, "%s/lmk-%02u%s", place->store, slot % 100, suffix);
}

static result remove_file(const char *path)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return OK;
	return FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
}

/* The name of a file is durable only when its directory is. */
static result sync_store(const struct hsm_address *place)
{
	int fd = open(place->store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %s", place->store, strerror(errno));
	result r = fsync(fd) == 0 ? OK : FAIL(FILE_WRITE, "%s: %s", place->store, strerror(errno));
	close(fd);
	return r;
}

result sdf_store_prepare(const struct hsm_address *place)
{
	char path[PATH_SIZE];

	if (mkdir(place->store, 0700) != 0 && errno != EEXIST)
		return FAIL(FILE_WRITE, "%s: %s", place->store, strerror(errno));
	for (unsigned slot = 0; slot < SDF_SLOTS; slot++) {
		path_of(place, slot, ".new", path);
		TRY(remove_file(path));
	}
	return sync_store(place);
}

bool sdf_store_has(const struct hsm_address *place, unsigned slot)
{
	char path[PATH_SIZE];
	struct stat st;

	path_of(place, slot, "", path);
	return lstat(path, &st) == 0 || errno != ENOENT;
}

/* --- reading --- */

static result read_whole(const char *path, char text[SDF_BLOB_TEXT + 1])
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return FAIL(FILE_READ, "%s: %s", path, strerror(errno));
	bool kept = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 077);
	ssize_t n = kept ? read(fd, text, SDF_BLOB_TEXT + 1) : 0;
	close(fd);
	if (!kept)
		return FAIL(FILE_READ, "%s is open to others", path);
	return n == SDF_BLOB_TEXT ? OK : FAIL(INVALID_TEXT, "%s is of another length", path);
}

result sdf_store_read(const struct hsm_address *place, unsigned slot, struct sdf_blob *out)
{
	char path[PATH_SIZE], text[SDF_BLOB_TEXT + 1];

	path_of(place, slot, "", path);
	TRY(read_whole(path, text));
	TRY(sdf_blob_parse((struct str){ text, SDF_BLOB_TEXT }, out));
	if (out->slot != slot)
		return FAIL(INVALID_TEXT, "%s is of slot %02u", path, out->slot);
	return OK;
}

/* --- writing --- */

static result write_new(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
	bool good = fchmod(fd, 0600) == 0 && write(fd, text.at, text.len) == (ssize_t)text.len &&
	            fsync(fd) == 0;
	result r = good ? OK : FAIL(FILE_WRITE, "%s: %s", path, strerror(errno));
	close(fd);
	return r;
}

/* Either the name is durable, or it is not there. */
static result put_in_place(const struct hsm_address *place, const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return FAIL(FILE_WRITE, "%s: %s", to, strerror(errno));
	result r = sync_store(place);
	if (!is_ok(r))
		unlink(to);
	return r;
}

result sdf_store_write(const struct hsm_address *place, const struct sdf_blob *b)
{
	char beside[PATH_SIZE], path[PATH_SIZE], text[SDF_BLOB_TEXT + 1];

	path_of(place, b->slot, ".new", beside);
	path_of(place, b->slot, "", path);
	if (sdf_store_has(place, b->slot))
		return FAIL(HSM_EXISTS, "%s", path);
	sdf_blob_write(b, text);
	result r = write_new(beside, (struct str){ text, SDF_BLOB_TEXT });
	if (is_ok(r))
		r = put_in_place(place, beside, path);
	if (!is_ok(r))
		unlink(beside);
	return r;
}

result sdf_store_remove(const struct hsm_address *place, unsigned slot)
{
	char path[PATH_SIZE];

	path_of(place, slot, ".new", path);
	TRY(remove_file(path));
	path_of(place, slot, "", path);
	TRY(remove_file(path));
	return sync_store(place);
}
