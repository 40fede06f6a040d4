/* SPDX-License-Identifier: Apache-2.0 */
/* locked.h — memory for secrets that live longer than a scope: never swapped, never in a core file,
 * wiped when given back. */
#pragma once

#include "base/bytes.h"

/*
 * Set the pool up, once, before threads. size: bytes, a power of two. LOCKED_MEMORY when the system
 * does not let this process lock so much (RLIMIT_MEMLOCK).
 */
result locked_init(size_t size);
/* Is there a pool? Without one locked_alloc gives ordinary memory: programs that keep no keys, and
 * tests. */
bool locked_is_ready(void);
/* Zeroed; NULL when the pool is used up. Any thread. */
void *locked_alloc(size_t size);
void locked_free(void *at, size_t size); /* wipes; NULL is fine */
