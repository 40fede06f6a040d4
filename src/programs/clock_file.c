/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/clock_file.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

static struct instant shared_now(const struct clock *c)
{
	const struct clock_file *p = (const struct clock_file *)c;

	return (struct instant){ atomic_load(p->shared) };
}

static struct instant system_now(const struct clock *c)
{
	(void)c;
	return clock_now(clock_system());
}

result clock_file_open(const char *path, struct clock_file *out)
{
	int fd;

	*out = (struct clock_file){ .clock = { system_now } };
	if (!path)
		return OK;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return FAIL(FILE_READ, "clock file %s: %m", path);
	out->shared = mmap(NULL, sizeof *out->shared, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (out->shared == MAP_FAILED) {
		out->shared = NULL;
		return FAIL(FILE_READ, "clock file %s: %m", path);
	}
	out->clock.now = shared_now;
	return OK;
}

void clock_file_close(struct clock_file *c)
{
	if (c->shared)
		munmap(c->shared, sizeof *c->shared);
	c->shared = NULL;
}
