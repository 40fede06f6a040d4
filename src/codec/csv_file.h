/* SPDX-License-Identifier: Apache-2.0 */
/* csv_file.h — a file as a source of CSV bytes; .zst files are unpacked on the way. */
#pragma once

#include "codec/csv.h"

struct csv_file {
	struct csv_source source;
	int fd;
	void *unpack;    /* ZSTD_DStream, or NULL */
	uint8_t *packed; /* input buffer */
	size_t at, len;
	bool at_end, in_frame;
};

/* Zero-initialise. A name that ends in .zst is unpacked. FILE_READ, OUT_OF_MEMORY. */
result csv_file_open(struct csv_file *f, const char *path);
void csv_file_close(struct csv_file *f);
