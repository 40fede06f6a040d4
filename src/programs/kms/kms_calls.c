/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of system calls: what a running key manager or its TLS front needs, by name; all else
 * is refused with EPERM, so that a library that tries something new fails visibly and not as a
 * crash. */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/log.h"
#include "programs/kms/kms_harden.h"

/* Of who writes files: store, token, checkpoints. */
static const char *const writing_calls[] = {
	"pwrite64",  "pwritev",   "openat",    "open",      "flock",    "fsync",
	"fdatasync", "ftruncate", "fallocate", "rename",    "renameat", "renameat2",
	"unlink",    "unlinkat",  "mkdir",     "mkdirat",   "rmdir",    "fchmod",
	"chmod",     "fchown",    "umask",     "utimensat",
};

static const char *const calls[] = {
	/* files */
	"read",
	"write",
	"readv",
	"writev",
	"pread64",
	"preadv",
	"close",
	"fstat",
	"newfstatat",
	"stat",
	"lstat",
	"statx",
	"access",
	"faccessat",
	"faccessat2",
	"lseek",
	"fcntl",
	"getdents64",
	"getcwd",
	"readlink",
	"readlinkat",
	"dup",
	"pipe2",
	"statfs",
	"fstatfs",
	/* lines */
	"connect",
	"accept4",
	"accept",
	"recvfrom",
	"recvmsg",
	"sendto",
	"sendmsg",
	"getsockopt",
	"setsockopt",
	"getsockname",
	"getpeername",
	"shutdown",
	"poll",
	"ppoll",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"eventfd2",
	"select",
	"pselect6",
	/* memory */
	"munmap",
	"madvise",
	"mremap",
	"mlock",
	"mlock2",
	"munlock",
	"brk",
	/* time, threads, signals */
	"clock_gettime",
	"clock_nanosleep",
	"clock_getres",
	"nanosleep",
	"gettimeofday",
	"time",
	"futex",
	"set_robust_list",
	"rseq",
	"set_tid_address",
	"exit",
	"exit_group",
	"gettid",
	"getpid",
	"getppid",
	"tgkill",
	"sched_yield",
	"sched_getaffinity",
	"membarrier",
	"restart_syscall",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"sigaltstack",
	"getrandom",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"getresuid",
	"getresgid",
	"uname",
	"sysinfo",
	"getrusage",
	"getrlimit",
};

/* One rule more on top of what went well so far. */
#define ALLOW(r_, ctx_, call_, ...)                                                                \
	((r_) = (r_) == 0 ? seccomp_rule_add((ctx_), SCMP_ACT_ALLOW, SCMP_SYS(call_), 1,           \
	                                     __VA_ARGS__)                                          \
	                  : (r_))

/* Those of which only a kind is needed. */
static int add_kinds(scmp_filter_ctx ctx, unsigned reach)
{
	static const scmp_datum_t protections[] = { 0, PROT_WRITE, PROT_EXEC }; /* never both */
	const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
	int r = 0;

	ALLOW(r, ctx, socket, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (!(reach & KMS_REACH_WRITE)) {
		const scmp_datum_t ways = O_ACCMODE | O_CREAT | O_TRUNC;

		ALLOW(r, ctx, openat, SCMP_A2(SCMP_CMP_MASKED_EQ, ways, O_RDONLY));
	}
	if (reach & KMS_REACH_NETWORK) {
		ALLOW(r, ctx, socket, SCMP_A0(SCMP_CMP_EQ, AF_INET));
		ALLOW(r, ctx, socket, SCMP_A0(SCMP_CMP_EQ, AF_INET6));
	}
	for (size_t i = 0; i < ARRAY_LEN(protections); i++) {
		ALLOW(r, ctx, mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, both, protections[i]));
		ALLOW(r, ctx, mprotect, SCMP_A2(SCMP_CMP_MASKED_EQ, both, protections[i]));
	}
	/* threads, not processes; clone3 hides its flags behind a pointer, and glibc then takes
	 * clone */
	ALLOW(r, ctx, clone, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* names of threads; limits are read, not set */
	ALLOW(r, ctx, prctl, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	ALLOW(r, ctx, prlimit64, SCMP_A2(SCMP_CMP_EQ, 0));
	return r;
}

static int add_calls(scmp_filter_ctx ctx, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		/* a call that this machine's architecture does not have needs no leave */
		if (number == __NR_SCMP_ERROR || number < 0)
			continue;
		int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 0);
		if (r != 0)
			return r;
	}
	return 0;
}

result kms_harden_calls(unsigned reach)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!ctx)
		return FAIL(SYSTEM_CALL, "seccomp_init");
	r = add_calls(ctx, calls, ARRAY_LEN(calls));
	if (r == 0 && reach & KMS_REACH_WRITE)
		r = add_calls(ctx, writing_calls, ARRAY_LEN(writing_calls));
	if (r == 0)
		r = add_kinds(ctx, reach);
	/* every thread that runs already, too */
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0 ? OK : FAIL(SYSTEM_CALL, "seccomp: %d", r);
}
