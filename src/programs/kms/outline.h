/* SPDX-License-Identifier: Apache-2.0 */
/* outline.h — an answer in JSON as people read it: a line a member, lists indented. */
#pragma once

#include "base/buf.h"

/*
 * Append `json`, one object, without the members code, zh, en, detail and `without` (NULL: no
 * other). Microsecond times (names ending in "_us") become local time with its zone, under a name
 * without the unit; 0 and nothing become "-". Text that is no JSON is appended as it is.
 */
void outline_write(struct str json, const char *without, struct buf *out);
