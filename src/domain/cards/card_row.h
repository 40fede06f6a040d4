/* SPDX-License-Identifier: Apache-2.0 */
/* card_row.h — what card.c, card_list.c and card_cache.c share; private to cards/. */
#pragma once

#include "domain/cards/card.h"

void card_read(struct db_rows *rows, struct card *out);
result card_find_by(struct db_tx *tx, const struct db_statement *s, struct db_args args,
                    struct card *out, bool *found);
/* Put or replace the entry of the card's number; remembered for card_cache_undo. OUT_OF_MEMORY. */
result card_cache_put(struct card_cache *c, const struct card *card);
result card_cache_remove(struct card_cache *c, struct str no);
/* The person's purses, opened when they are not: the same for all of his cards. */
result card_open_purses(struct ledger_tx *tx, uint16_t park, int64_t person_id,
                        struct card_purses *out);
