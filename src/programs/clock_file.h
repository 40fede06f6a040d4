/* SPDX-License-Identifier: Apache-2.0 */
/* clock_file.h — the clock of a process: the system's, or one that a replay drives through a file
 * of 8 bytes (microseconds, native order). */
#pragma once

#include "base/time.h"

struct clock_file {
	struct clock clock;      /* first */
	_Atomic int64_t *shared; /* mapped; NULL: the system's clock */
};

/* path NULL: the system's. FILE_READ. */
result clock_file_open(const char *path, struct clock_file *out);
void clock_file_close(struct clock_file *c);
