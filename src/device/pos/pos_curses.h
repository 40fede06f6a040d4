/* SPDX-License-Identifier: Apache-2.0 */
/* pos_curses.h — the till on a terminal screen: clerk on the left, customer on the right, a
 * keyboard machine below. */
#pragma once

#include "device/pos/pos_till.h"

/* Run until q is pressed or the journal faults. SYSTEM_CALL when there is no terminal. */
result pos_curses_run(struct pos_till *t);
