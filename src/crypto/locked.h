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

/*
 * Pages for tables that hold keys in use, which a pool would be too small for: zeroed, not in a core
 * file, nor in a child's memory. Not swapped either, unless the system does not let this process
 * lock so much (RLIMIT_MEMLOCK): what could not be locked is counted. NULL when there is no memory.
 * Any thread.
 */
void *locked_pages(size_t size);
void locked_pages_free(void *at, size_t size); /* wipes; NULL is fine */
size_t locked_pages_missed(void);              /* bytes that could not be locked, since the start */
