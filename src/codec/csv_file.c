/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

enum { PACKED_SIZE = 64 << 10 };

static result read_file(struct csv_file *f, void *out, size_t size, size_t *got)
{
	ssize_t n;

	do
		n = read(f->fd, out, size);
	while (n < 0 && errno == EINTR);
	*got = n > 0 ? (size_t)n : 0;
	return n < 0 ? FAIL(FILE_READ, "read: %s", strerror(errno)) : OK;
}

static result refill(struct csv_file *f)
{
	TRY(read_file(f, f->packed, PACKED_SIZE, &f->len));
	f->at = 0;
	f->at_end = f->len == 0;
	return OK;
}

static result read_packed(struct csv_file *f, void *out, size_t size, size_t *got)
{
	ZSTD_outBuffer to = { out, size, 0 };

	while (to.pos == 0) {
		ZSTD_inBuffer from;
		size_t left;

		if (f->at == f->len && !f->at_end)
			TRY(refill(f));
		if (f->at == f->len && !f->in_frame)
			break;
		from = (ZSTD_inBuffer){ f->packed, f->len, f->at };
		left = ZSTD_decompressStream(f->unpack, &to, &from);
		if (ZSTD_isError(left))
			return FAIL(FILE_READ, "zstd: %s", ZSTD_getErrorName(left));
		f->in_frame = left != 0;
		f->at = from.pos;
		if (f->at_end && f->at == f->len && f->in_frame && to.pos == 0)
			return FAIL(FILE_READ, "zstd: the file ends too early");
	}
	*got = to.pos;
	return OK;
}

static result read_some(struct csv_source *source, void *out, size_t size, size_t *got)
{
	struct csv_file *f = (struct csv_file *)source;

	return f->unpack ? read_packed(f, out, size, got) : read_file(f, out, size, got);
}

static bool ends_in_zst(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && strcmp(path + len - 4, ".zst") == 0;
}

result csv_file_open(struct csv_file *f, const char *path)
{
	*f = (struct csv_file){ .source = { read_some }, .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (f->fd < 0)
		return FAIL(FILE_READ, "%s: %s", path, strerror(errno));
	if (!ends_in_zst(path))
		return OK;
	f->unpack = ZSTD_createDStream();
	f->packed = malloc(PACKED_SIZE);
	if (f->unpack && f->packed)
		return OK;
	csv_file_close(f);
	return FAIL(OUT_OF_MEMORY, "zstd");
}

void csv_file_close(struct csv_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	ZSTD_freeDStream(f->unpack);
	free(f->packed);
	*f = (struct csv_file){ .fd = -1 };
}
