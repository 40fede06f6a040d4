/* SPDX-License-Identifier: Apache-2.0 */
/* key_help.h — `yika key help`: the key manager's table of orders as a person reads it. */
#pragma once

#include "base/buf.h"

/*
 * Append the orders whose names begin so: a line "name  who may", then a line for each field as it
 * is typed; what may be left out stands in brackets. CONTROL_COMMAND when there is no such order.
 */
result key_help_write(struct str table, struct str begin, struct buf *out);
