/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pos_disk_file *file_of(struct pos_disk *d)
{
	return (struct pos_disk_file *)(void *)d;
}

static result write_all(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t n = write(fd, b.at, b.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(FILE_WRITE, "write: %s", strerror(errno));
		b = bytes_of(b.at + n, b.len - (size_t)n);
	}
	return OK;
}

static result file_append(struct pos_disk *d, struct bytes b)
{
	return write_all(file_of(d)->fd, b);
}

static result file_sync(struct pos_disk *d)
{
	if (fdatasync(file_of(d)->fd) < 0)
		return FAIL(FILE_WRITE, "fdatasync: %s", strerror(errno));
	return OK;
}

static result file_read(struct pos_disk *d, uint64_t offset, void *out, size_t size, size_t *got)
{
	uint8_t *at = out;

	*got = 0;
	while (*got < size) {
		ssize_t n = pread(file_of(d)->fd, at + *got, size - *got, (off_t)(offset + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(FILE_READ, "read: %s", strerror(errno));
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return OK;
}

static result file_truncate(struct pos_disk *d, uint64_t size)
{
	if (ftruncate(file_of(d)->fd, (off_t)size) < 0)
		return FAIL(FILE_WRITE, "ftruncate: %s", strerror(errno));
	return file_sync(d);
}

/* The name of a file is durable only when its directory is. */
static result sync_directory(const char *path)
{
	char dir[POS_PATH_MAX];
	char *slash;
	int fd;
	result r = OK;

	str_copy(str_of(path), dir, sizeof dir);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return FAIL(FILE_WRITE, "directory of %s: %s", path, strerror(errno));
	if (fsync(fd) < 0)
		r = FAIL(FILE_WRITE, "directory of %s: %s", path, strerror(errno));
	close(fd);
	return r;
}

static result lock_file(int fd, const char *path)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return OK;
	if (errno == EWOULDBLOCK)
		return FAIL(POS_JOURNAL_BUSY, "%s is in use", path);
	return FAIL(FILE_READ, "lock %s: %s", path, strerror(errno));
}

static result write_anew(int fd, const char *path, const char *spare, struct bytes b)
{
	TRY(lock_file(fd, spare));
	TRY(write_all(fd, b));
	if (fdatasync(fd) < 0)
		return FAIL(FILE_WRITE, "fdatasync %s: %s", spare, strerror(errno));
	if (rename(spare, path) < 0)
		return FAIL(FILE_WRITE, "rename %s: %s", spare, strerror(errno));
	return sync_directory(path);
}

static result file_replace(struct pos_disk *d, struct bytes b)
{
	struct pos_disk_file *f = file_of(d);
	char spare[POS_PATH_MAX + 8];
	int fd;
	result r;

	snprintf(spare, sizeof spare, "%s.new", f->path);
	fd = open(spare, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return FAIL(FILE_WRITE, "%s: %s", spare, strerror(errno));
	r = write_anew(fd, f->path, spare, b);
	if (!is_ok(r)) {
		close(fd);
		return r;
	}
	close(f->fd);
	f->fd = fd;
	return OK;
}

/* The file may have been replaced by its owner between our open and our lock. */
static result require_same_file(int fd, const char *path)
{
	struct stat ours, theirs;

	if (fstat(fd, &ours) < 0 || stat(path, &theirs) < 0 || ours.st_ino != theirs.st_ino)
		return FAIL(POS_JOURNAL_BUSY, "%s is in use", path);
	return OK;
}

result pos_disk_open(struct pos_disk_file *f, const char *path)
{
	result r;

	*f = (struct pos_disk_file){
		.disk = { file_append, file_sync, file_read, file_truncate, file_replace },
		.fd = -1,
	};
	if (strlen(path) >= sizeof f->path)
		return FAIL(FILE_READ, "the path is longer than %d bytes", POS_PATH_MAX - 1);
	str_copy(str_of(path), f->path, sizeof f->path);
	f->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return FAIL(FILE_READ, "%s: %s", path, strerror(errno));
	r = lock_file(f->fd, path);
	if (is_ok(r))
		r = require_same_file(f->fd, path);
	if (is_ok(r))
		r = sync_directory(path);
	if (!is_ok(r))
		pos_disk_close(f);
	return r;
}

void pos_disk_close(struct pos_disk_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
