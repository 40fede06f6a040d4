/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name of a file is durable only when its folder is. */
static bool sync_folder_of(const char *path)
{
	char folder[FILE_NAME_MAX];
	const char *end = strrchr(path, '/');
	size_t len = end ? (size_t)(end - path) : 0;

	if (end)
		memcpy(folder, path, len);
	folder[len] = '\0';
	int fd = open(!end ? "." : len ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

result file_put(const char *path, struct bytes content)
{
	char beside[FILE_NAME_MAX];

	if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
		return FAIL(FILE_WRITE, "%s: the path is too long", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", beside);
	bool ok = write(fd, content.at, content.len) == (ssize_t)content.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok && rename(beside, path) == 0 && sync_folder_of(path);
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

result file_settle(const char *made, const char *path)
{
	int fd = open(made, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %m", made);
	bool ok = fchmod(fd, 0600) == 0 && fsync(fd) == 0;
	ok = close(fd) == 0 && ok && rename(made, path) == 0 && sync_folder_of(path);
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", path);
}

result file_folder_is_empty(const char *dir, bool *empty)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	if (!d)
		return FAIL(FILE_READ, "%s: %m", dir);
	*empty = true;
	while (*empty && (e = readdir(d)))
		*empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return OK;
}

result file_get(const char *path, uint8_t *room, size_t size, struct bytes *out)
{
	FILE *f = fopen(path, "re");

	*out = bytes_of(room, 0);
	if (!f)
		return FAIL(FILE_READ, "%s: %m", path);
	out->len = fread(room, 1, size, f);
	bool whole = !ferror(f) && fgetc(f) == EOF;
	fclose(f);
	return whole ? OK : FAIL(FILE_READ, "%s: longer than %zu bytes", path, size);
}
