/* SPDX-License-Identifier: Apache-2.0 */
/* stock_table.h — what people hand over for the stock book: the list of a voucher's cards
 * (卡片清单), and what they counted (盘点). */
#pragma once

#include "base/arena.h"
#include "domain/keys/stock_day.h"

enum {
	STOCK_TABLE_MAX = 1 << 18, /* bytes of a list */
	STOCK_COUNTS_MAX = STOCK_KINDS * STOCK_STATES,
};

/*
 * A list in CSV: a row a card, its chip, and the number it bears where it is to have one; a first
 * line that begins with "chip" or "芯片号" is its header. Texts in the arena; what chips and
 * numbers may be, stock_receive and stock_move know. STOCK_FIELD: too long, no row, more than
 * STOCK_ITEMS_MAX or of more than two columns; CSV_*, INVALID_TEXT. The detail begins "line L: ".
 */
result stock_table_read(struct bytes table, struct arena *a, struct stock_item **items,
                        size_t *count);

/* "PSAM:IN_STORE=12 PSAM:WASTE=0": heaps that were counted; empty: none. STOCK_FIELD. */
result stock_table_counts(struct str text, struct stock_count out[STOCK_COUNTS_MAX], size_t *count);
