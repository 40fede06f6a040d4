/* SPDX-License-Identifier: Apache-2.0 */
/* pos_disk.h — where a till keeps its journal: one append-only run of bytes behind five operations.
 */
#pragma once

#include "base/bytes.h"

/*
 * The storage under pos_journal. What was appended is certain only after sync returned OK; a fault
 * of any operation but read means the store has failed: the till stops and starts again from what
 * is there (terminal-protocol 16.1: a failed sync is never retried). One thread.
 */
struct pos_disk {
	result (*append)(struct pos_disk *d, struct bytes b);
	result (*sync)(struct pos_disk *d);
	/* Up to `size` bytes from `offset`; *got is less only at the end. */
	result (*read)(struct pos_disk *d, uint64_t offset, void *out, size_t size, size_t *got);
	result (*truncate)(struct pos_disk *d, uint64_t size);
	/* Replace everything by `b`, all or nothing and durable when it returns. */
	result (*replace)(struct pos_disk *d, struct bytes b);
};

enum { POS_PATH_MAX = 512 };

/* A file; another process that opens the same one is refused. */
struct pos_disk_file {
	struct pos_disk disk;
	int fd;
	char path[POS_PATH_MAX];
};

/* Open or create. POS_JOURNAL_BUSY when another till uses it, FILE_READ. */
result pos_disk_open(struct pos_disk_file *f, const char *path);
void pos_disk_close(struct pos_disk_file *f);
