/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock.h — the book of card stock (卡片台账: 白卡, 成品卡, 废卡; keys 17, B6.28, B6.29): every
 * card by its chip, every move by a voucher (凭证) with a giver and a taker. Nothing in it is
 * edited: a mistake is put right by another move.
 */
#pragma once

#include "domain/keys/key_act.h"

enum {
	STOCK_CHIP_MIN = 4, /* characters of a chip's number, [0-9A-Z] */
	STOCK_CHIP_MAX = 32,
	STOCK_NUMBER_MAX = 32, /* of a voucher, or of a finished card: [0-9A-Za-z./-] */
	STOCK_NAME_MAX = 64,   /* bytes of a person's or place's name */
	STOCK_REASON_MAX = 200,
	STOCK_ITEMS_MAX = 2000, /* cards of one voucher */
	STOCK_ROWS_MAX = 2000,
};

enum stock_kind {
	STOCK_USER_CARD,      /* 用户卡 */
	STOCK_PSAM,           /* PSAM 卡 */
	STOCK_ISAM,           /* ISAM 卡 */
	STOCK_VENDOR_AUTH,    /* 白卡认证卡 */
	STOCK_ISSUE_MOTHER,   /* 发卡母卡 */
	STOCK_ISSUE_AUTH,     /* 发卡母卡认证卡 */
	STOCK_WASH_MOTHER,    /* 洗卡母卡 */
	STOCK_WASH_AUTH,      /* 洗卡母卡认证卡 */
	STOCK_CONTROL_MOTHER, /* 主控母卡 */
	STOCK_TRANSPORT,      /* 传输密钥卡 */
	STOCK_ADMIN,          /* 管理员卡 */
	STOCK_OPERATOR,       /* 操作员卡 */
	STOCK_AUTHORISATION,  /* 授权卡 */
	STOCK_KINDS
};
extern const char *const stock_kind_names[];

/* DELIVERED, INSTALLED, LOST and SHREDDED cards are out of the house, all others in it. */
enum stock_state {
	STOCK_IS_RECEIVED,
	STOCK_IS_IN_STORE,     /* 白卡 */
	STOCK_IS_ISSUED_TO_OP, /* with the operator who makes cards of them */
	STOCK_IS_FINISHED,     /* 成品卡 */
	STOCK_IS_DELIVERED,
	STOCK_IS_INSTALLED,
	STOCK_IS_RETURNED,
	STOCK_IS_LOST,
	STOCK_IS_WASTE, /* 废卡 */
	STOCK_IS_WASTE_STORE,
	STOCK_IS_SHREDDED,
	STOCK_STATES
};
extern const char *const stock_state_names[];

bool stock_is_inside(enum stock_state s);
/* May a card go from one to the other? */
bool stock_may_move(enum stock_state from, enum stock_state to);
/* Must somebody say why? Waste, loss, what is found again, washing. */
bool stock_needs_reason(enum stock_state from, enum stock_state to);

struct stock_card {
	char chip[STOCK_CHIP_MAX + 1];
	enum stock_kind kind;
	enum stock_state state;
	char place[STOCK_NAME_MAX + 1];    /* who or what holds it */
	char number[STOCK_NUMBER_MAX + 1]; /* such as the PSAM number; "" when it has none */
	struct bizdate day;                /* of its last move */
	struct instant changed;
};

struct stock_voucher {
	int64_t id; /* out */
	char number[STOCK_NUMBER_MAX + 1];
	enum stock_kind kind;
	enum stock_state to;
	uint32_t count;                                            /* out: cards */
	char giver[STOCK_NAME_MAX + 1], taker[STOCK_NAME_MAX + 1]; /* 交出人, 接收人 */
	char place[STOCK_NAME_MAX + 1]; /* where the cards are then; "": with the taker */
	char reason[STOCK_REASON_MAX + 1];
	char signed_first[STOCK_NAME_MAX + 1], signed_second[STOCK_NAME_MAX + 1]; /* of shredding */
	struct bizdate day;                                                       /* 0: today */
	char actor[KEY_ACTOR_MAX + 1]; /* out: who wrote it */
	struct instant at;             /* out */
};

/* One card of a voucher. number: what it bears once it is finished; empty otherwise. */
struct stock_item {
	struct str chip, number;
};

/*
 * New cards come into the book, RECEIVED. giver: the supplier. All cards of a voucher or none:
 * STOCK_FIELD (number, name, chip, no or too many cards, a card twice), STOCK_PEOPLE (giver and
 * taker are one), STOCK_VOUCHER, STOCK_EXISTS, STOCK_DAY (closed, or still to come), STOCK_NUMBER.
 */
result stock_receive(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                     size_t count);
/*
 * Move cards of one kind to v->to. Also STOCK_REASON, STOCK_NOT_FOUND, STOCK_KIND, STOCK_MOVE (from
 * where it is, or before its last move), STOCK_WASHED (a card is washed once), STOCK_NUMBER: PSAM
 * and ISAM get a number when they are finished, one that no other card bears; waste bears none.
 */
result stock_move(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                  size_t count);
/* Destroy waste cards (销毁): two different people sign. STOCK_PEOPLE. */
result stock_shred(struct key_act *act, struct stock_voucher *v, const struct stock_item *items,
                   size_t count);

/* --- looking --- */

result stock_card_load(struct db_tx *tx, struct str chip,
                       struct stock_card *out); /* STOCK_NOT_FOUND */
/* A card of that kind in that state, as before it is worked on. STOCK_NOT_FOUND, STOCK_KIND,
 * STOCK_MOVE. */
result stock_require(struct db_tx *tx, struct str chip, enum stock_kind kind,
                     enum stock_state state);
/* Cards of a kind in a state, by chip, behind `after` (empty: from the first); STOCK_ROWS_MAX at a
 * time. */
struct stock_shelf {
	enum stock_kind kind;
	enum stock_state state;
	struct str after;
};
result stock_card_list(struct db_tx *tx, const struct stock_shelf *shelf, struct arena *a,
                       struct stock_card **rows, size_t *count);

/* What is where: cards by kind, state and place. */
struct stock_heap {
	enum stock_kind kind;
	enum stock_state state;
	char place[STOCK_NAME_MAX + 1];
	int64_t count;
};
result stock_where(struct db_tx *tx, struct arena *a, struct stock_heap **rows, size_t *count);

/* A card's way, oldest first. */
struct stock_step {
	struct stock_voucher voucher;
	bool is_first; /* it came into the book; `from` means nothing */
	enum stock_state from;
	char number[STOCK_NUMBER_MAX + 1];
};
result stock_history(struct db_tx *tx, struct str chip, struct arena *a, struct stock_step **rows,
                     size_t *count);

/* Vouchers of days `from`…`to` (0: no end), newest first, with ids below `before` (0: all). */
struct stock_filter {
	struct bizdate from, to;
	int64_t before;
	size_t limit; /* at most STOCK_ROWS_MAX */
};
result stock_voucher_list(struct db_tx *tx, const struct stock_filter *f, struct arena *a,
                          struct stock_voucher **rows, size_t *count);
/* The chips of a voucher. STOCK_NOT_FOUND. */
result stock_voucher_chips(struct db_tx *tx, int64_t id, struct arena *a, struct str **chips,
                           size_t *count);
