/* SPDX-License-Identifier: Apache-2.0 */
/* kms_harden.h — what keeps the key manager's memory and reach its own (keys 2): no core files, no
 * debugger, locked memory, a user of its own, and a filter of system calls. */
#pragma once

#include "base/result.h"

enum { KMS_LOCKED_BYTES = 1 << 20 }; /* of the pool for keys in clear */

/* First thing: RLIMIT_CORE 0, not dumpable, no new privileges. SYSTEM_CALL. */
result kms_harden_process(void);
/* Before threads: become that user ("": stay). SYSTEM_CALL. */
result kms_harden_user(const char *user);
/* The same, and lock memory. All of it where the system allows it, said in the log where it does
 * not; the pool for keys always: LOCKED_MEMORY. */
result kms_harden_memory(const char *user);
/*
 * Last thing, when everything is open: from here on threads of this process cannot run programs,
 * open IP sockets (unless the device's library needs them), listen anywhere, make memory that is
 * both writable and executable, or look into other processes. SYSTEM_CALL.
 */
enum kms_reach {
	KMS_REACH_READ = 0,    /* files are read, and Unix sockets connected */
	KMS_REACH_WRITE = 1,   /* files are written, moved and removed, too */
	KMS_REACH_NETWORK = 2, /* IP sockets are opened, too */
};
result kms_harden_calls(unsigned reach);
