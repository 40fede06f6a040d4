/* SPDX-License-Identifier: Apache-2.0 */
/* outline.h — an answer in JSON as people read it: a line a member, lists indented. */
#pragma once

#include "base/buf.h"

/* Append `json`, one object, without the members code, zh and en. Microsecond times (names ending
 * in
 * "_us") become local time with its zone; 0 becomes "-". Text that is no JSON is appended as it is.
 */
void outline_write(struct str json, struct buf *out);
