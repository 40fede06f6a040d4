/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/locked.h"

/* core(5): no kind of mapping is written. Where the kernel has no such file it has no core files.
 */
static result empty_core(void)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return errno == ENOENT ? OK : FAIL(SYSTEM_CALL, "coredump_filter: %m");
	ok = write(fd, "0", 1) == 1;
	close(fd);
	return ok ? OK : FAIL(SYSTEM_CALL, "coredump_filter: %m");
}

result harden_process(void)
{
	static const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return FAIL(SYSTEM_CALL, "RLIMIT_CORE: %m");
	/* While /proc/self is still this user's. */
	TRY(empty_core());
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return FAIL(SYSTEM_CALL, "prctl: %m");
	return OK;
}

#ifdef __SANITIZE_ADDRESS__
/* The leak checker looks into its own process from a child: closed to it, it would end the program
 * with an error. Tests in process look for leaks in the same code. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return prctl(PR_GET_DUMPABLE) != 1;
}
#endif

result harden_user(const char *name)
{
	const struct passwd *user;

	if (!name[0] || geteuid() != 0)
		return OK;
	user = getpwnam(name);
	if (!user)
		return FAIL(SYSTEM_CALL, "there is no user %s", name);
	if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
	    setuid(user->pw_uid) != 0)
		return FAIL(SYSTEM_CALL, "becoming user %s: %m", name);
	/* A change of user may make a process dumpable again. */
	return prctl(PR_SET_DUMPABLE, 0) == 0 ? OK : FAIL(SYSTEM_CALL, "prctl: %m");
}

/* A limit that does not hold the whole process would end it later, at any allocation. */
static bool may_lock_all(void)
{
	struct rlimit limit;

	return geteuid() == 0 ||
	       (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY);
}

result harden_memory(const char *user)
{
	bool all;

	TRY(harden_user(user));
	all = may_lock_all() && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
	if (!all)
		LOG_WARNING("memory.not_locked",
		            "locked=%d text=\"only what holds keys is locked; raise "
		            "RLIMIT_MEMLOCK to lock all of the process\"",
		            HARDEN_POOL_BYTES);
	return locked_init(HARDEN_POOL_BYTES);
}
