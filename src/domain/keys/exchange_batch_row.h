/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_batch_row.h — the store's rows of batches, for both directions; private to domain/keys.
 */
#pragma once

#include "domain/keys/exchange_batch.h"

/* The zone that days of a batch file are of. */
enum { EXCHANGE_ZONE_S = TIME_ZONE_CHINA_S };

/* The row of a batch number. */
result exchange_batch_find(struct db_tx *tx, enum exchange_direction d, const char *code,
                           struct exchange_batch *out, bool *found);
/* Assigns the id. */
result exchange_batch_add(struct key_act *act, struct exchange_batch *b);
/* Ask whether to go on. EXCHANGE_STOPPED. */
result exchange_go_on(const struct exchange_progress *p, size_t done, size_t total);
