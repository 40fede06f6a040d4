/* SPDX-License-Identifier: Apache-2.0 */
/* slow_sync.so — preloaded into a daemon under measurement: a disk whose every sync takes
 * SLOW_SYNC_US longer. */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

typedef int sync_function(int fd);

static int synced_slowly(const char *name, int fd)
{
	sync_function *real = (sync_function *)dlsym(RTLD_NEXT, name);
	const char *us = getenv("SLOW_SYNC_US");
	int done = real(fd);

	if (us)
		usleep((useconds_t)strtoul(us, NULL, 10));
	return done;
}

__attribute__((visibility("default"))) int fsync(int fd);
__attribute__((visibility("default"))) int fdatasync(int fd);

int fsync(int fd)
{
	return synced_slowly("fsync", fd);
}

int fdatasync(int fd)
{
	return synced_slowly("fdatasync", fd);
}
