/* SPDX-License-Identifier: Apache-2.0 */
/* harden.h — what keeps the memory of a program that holds keys its own (keys 2): no core files, no
 * debugger, locked memory, a user of its own. */
#pragma once

#include "base/result.h"

enum { HARDEN_POOL_BYTES = 1 << 20 }; /* of the pool for keys in clear */

/* First thing: RLIMIT_CORE 0, nothing of memory in a core file whatever becomes of that limit, not
 * dumpable, no new privileges. SYSTEM_CALL. */
result harden_process(void);
/* Before threads: become that user ("": stay) and lock memory, as it is touched. All of it where
 * the system allows it, said in the log where it does not; the pool for keys always:
 * LOCKED_MEMORY. */
result harden_memory(const char *user);
