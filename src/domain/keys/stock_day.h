/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock_day.h — days of the stock book (日结): what came, went and is there, computed from the
 * moves and held against the cards. Opening + received + returned = closing + delivered + shredded
 * + lost for each kind (keys 17); a day that does not balance stays open.
 */
#pragma once

#include "domain/keys/stock.h"

enum { STOCK_COUNTS_TEXT = 320, STOCK_DAYS_MAX = 400 };

/* One kind on one day. */
struct stock_balance {
	enum stock_kind kind;
	struct bizdate day;
	int64_t opening[STOCK_STATES], closing[STOCK_STATES]; /* from the moves */
	int64_t cards[STOCK_STATES]; /* the cards themselves, as they were at the day's end */
	/* Into the house and out of it. Cards lost outside count in no sum. */
	int64_t received, returned, delivered, shredded, lost;
	int64_t moved, written; /* moves of the day, and cards on its vouchers */
};
/* Cards in the house. */
int64_t stock_inside(const int64_t states[STOCK_STATES]);

result stock_day_balance(struct db_tx *tx, struct bizdate day, enum stock_kind kind,
                         struct stock_balance *out);
/* STOCK_UNBALANCED; the detail says what differs. */
result stock_day_check(const struct stock_balance *b);

/* What was counted by hand (盘点). */
struct stock_count {
	enum stock_kind kind;
	enum stock_state state;
	int64_t count;
};

/*
 * Close a day, and with it all before it that saw no move. Everything is checked for each kind, and
 * the counts given are compared. STOCK_DAY: closed already, still to come, or moves of an earlier
 * day are open; STOCK_UNBALANCED; STOCK_COUNT; STOCK_FIELD: a count twice.
 */
result stock_day_close(struct key_act *act, struct bizdate day, const struct stock_count *counts,
                       size_t count);
/* The last closed day; 0 when there is none. */
result stock_day_last(struct db_tx *tx, struct bizdate *out);

/* Closed days of a kind, newest first. Texts "RECEIVED=0 IN_STORE=12 …"; counted: those given. */
struct stock_day {
	struct bizdate day;
	enum stock_kind kind;
	char counts[STOCK_COUNTS_TEXT], counted[STOCK_COUNTS_TEXT];
	struct instant closed;
	char closed_by[KEY_ACTOR_MAX + 1];
};
result stock_day_list(struct db_tx *tx, enum stock_kind kind, struct arena *a,
                      struct stock_day **rows, size_t *count);
