/* SPDX-License-Identifier: Apache-2.0 */
/* requests.h — work for a writer that has no thread: set-up tools run it to its end themselves. */
#pragma once

#include "programs/platform.h"

/* Run one request and give its result. LEDGER_BUSY. */
result requests_run(struct platform *p, bool sql, result (*work)(struct ledger_tx *tx, void *arg),
                    void *arg);
/* Fill the views and write back until nothing is left to do. */
result requests_catch_up(struct platform *p);

/* Inside a request: register a terminal that is set up already (ACTIVE), and a merchant, and let
 * the caches follow. */
result requests_add_terminal(struct ledger_tx *tx, struct platform *p, struct terminal *t);
result requests_add_merchant(struct ledger_tx *tx, struct platform *p, struct merchant *m);
