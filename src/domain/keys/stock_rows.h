/* SPDX-License-Identifier: Apache-2.0 */
/* stock_rows.h — what the files of the stock book share; private to them. */
#pragma once

#include "domain/keys/stock.h"

enum { STOCK_LAST_DAY = 99991231 };

/* stock_state_names, and "" as number STOCK_STATES: where a card came into the book. */
extern const char *const stock_origin_names[];

result stock_card_find(struct db_tx *tx, struct str chip, struct stock_card *out, bool *found);
/* The business day of an act (+08:00). */
struct bizdate stock_today(struct instant now);
