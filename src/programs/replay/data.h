/* SPDX-License-Identifier: Apache-2.0 */
/* data.h — the input files of a replay as rows of integers: uploads, refused attempts, card events,
 * opening balances, places. */
#pragma once

#include "base/arena.h"
#include "base/money.h"
#include "base/time.h"

enum replay_kind {
	REPLAY_PURCHASE, /* 消费 */
	REPLAY_TOPUP,    /* 存款: cash at a finance desk */
	REPLAY_SUBSIDY,  /* 补助 */
	REPLAY_ATTEMPT,  /* a purchase that must be refused */
	REPLAY_LOST,     /* 挂失 */
	REPLAY_UNLOST,   /* 解挂 */
	REPLAY_REPLACED, /* 补卡 */
};

/* What the data says an attempt must be answered with. */
enum replay_expectation { EXPECT_APPROVED, EXPECT_INSUFFICIENT, EXPECT_LOST, EXPECT_UNKNOWN_CARD };

struct replay_row {
	struct instant at; /* the till's clock */
	int64_t amount_fen;
	int64_t surplus_fen; /* purse after the row; of an attempt: before it, -1 unknown */
	uint64_t number;     /* Index of an upload, AttemptNo of an attempt; for messages */
	uint32_t card;       /* CardNo */
	uint32_t terminal;   /* TermNo; 0 for card events */
	uint32_t serial;     /* TermSerNo; 0 when there is none */
	uint32_t card_count;
	uint32_t operator;
	uint16_t place; /* index into replay_data.places */
	uint8_t kind;   /* enum replay_kind */
	uint8_t expected;
};

struct replay_opening {
	uint32_t card, person, card_count;
	int64_t balance_fen;
};

struct replay_terminal {
	uint32_t number; /* TermNo */
	uint16_t place;
	bool is_desk; /* of the finance office: loads and subsidies */
};

enum {
	REPLAY_ROWS_MAX = 20000000,
	REPLAY_PLACES_MAX = 256,
	REPLAY_TERMINALS_MAX = 4096,
	REPLAY_TERMINAL_NO_MAX = 999999,
};

struct replay_data {
	struct replay_row *rows; /* in file order; attempts and events are kept apart */
	size_t row_count, row_size;
	struct replay_row *extras; /* attempts and card events, each file in its order */
	size_t extra_count, extra_size;
	struct replay_opening *openings;
	size_t opening_count, opening_size;
	struct str places[REPLAY_PLACES_MAX];
	size_t place_count;
	struct replay_terminal terminals[REPLAY_TERMINALS_MAX]; /* ascending by number */
	size_t terminal_count;
	struct arena arena;
};

/*
 * Read one file, named .csv or .csv.zst, UTF-8 or GBK, with a header row naming its columns.
 * REPLAY_DATA with file, line and column in the detail on the first bad row; FILE_READ.
 */
result replay_read_uploads(struct replay_data *d, const char *path);
result replay_read_attempts(struct replay_data *d, const char *path);
result replay_read_events(struct replay_data *d, const char *path);
result replay_read_openings(struct replay_data *d, const char *path);
void replay_data_free(struct replay_data *d);

/* The terminal of that number, or NULL. */
const struct replay_terminal *replay_terminal_find(const struct replay_data *d, uint32_t number);
