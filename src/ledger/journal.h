/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h — the rows of the book and the batch records that chain them; the same bytes in memory,
 * on disk and under the hash. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

enum {
	JOURNAL_ROW_SIZE = 192,
	JOURNAL_BUSINESS_SIZE = 40,
	JOURNAL_HASH_SIZE = 32,
	JOURNAL_LEGS_MAX = 8,
	JOURNAL_BATCH_ROWS_MAX = 16384, /* rows of one commit */
};

/* Flags of a row. */
enum {
	JOURNAL_FORCED = 1, /* posted although a floor stood against it: offline record, reversal */
	JOURNAL_OFFLINE = 2, /* happened earlier, uploaded later */
	JOURNAL_COUNT_BACK =
	        4,           /* gives one use back to the limits of `counted`, not only the money */
	JOURNAL_MANUAL = 8,  /* by a person at the console */
	JOURNAL_ADVICE = 16, /* decided elsewhere (gateway stand-in) */
	JOURNAL_STANDBY = 32, /* free for the domain */
};

/*
 * One balanced two-leg transfer, or one fact without money (decline, tombstone, account opened).
 * Little-endian, exactly as laid out here. An event of n legs is n rows in a run: same source,
 * number, kind; leg 0…n-1.
 */
struct journal_row {
	uint64_t lsn;          /* 1, 2, 3 … without a gap */
	uint64_t number;       /* idempotency key within the source: TSN or channel order number */
	uint64_t digest;       /* first 8 bytes of the fingerprint of the request */
	uint64_t original_lsn; /* first row of the event this one undoes or completes; 0 none */
	int64_t event_time_us; /* when it happened, UTC */
	int64_t posted_at_us;  /* when the book took it, UTC */
	int64_t amount_fen;    /* ≥ 0 */
	int64_t debit_balance_fen;  /* after this row, in the account's normal side */
	int64_t credit_balance_fen; /* after this row */
	int64_t answer_fen;         /* balance told to the holder; same in every leg */
	uint64_t prev_debit;        /* previous row that moved the debit account; 0 none */
	uint64_t prev_credit;
	uint64_t prev_source; /* previous row of this source */
	uint32_t source; /* registry number of the node; below 1000 host channels; 0 the book itself
	                  */
	uint32_t debit;  /* account numbers; 0 when no money moved */
	uint32_t credit;
	uint32_t counted;       /* account whose day and window counters this event uses; 0 none */
	uint32_t business_date; /* yyyymmdd in which it was booked */
	uint32_t window; /* meal window key for `counted`; of a HOLD: expiry, seconds since 1970 */
	uint32_t code;   /* journal_code() of the outcome; 0 success */
	uint32_t park;
	uint32_t session; /* envelope session of the request, 0 none */
	uint32_t counter; /* low half of the envelope counter of the request */
	uint8_t business[JOURNAL_BUSINESS_SIZE]; /* see struct journal_business; of account rows see
	                                            struct journal_account */
	uint8_t kind;                            /* enum event_kind */
	uint8_t leg, legs;                       /* leg 0…legs-1 */
	uint8_t flags;
	uint32_t crc; /* CRC-32C of the bytes before it */
};

/* The business record of events by cards and terminals. Little-endian; what does not apply is zero.
 */
struct journal_business {
	uint32_t card;         /* card id (card index, DF4F) */
	uint32_t card_counter; /* the card's own running number */
	uint32_t merchant;
	uint32_t terminal; /* registry number where it happened, also when a gateway brought it */
	uint32_t operator_id; /* cashier or console user */
	uint32_t list_sequence;
	uint32_t reason;  /* of declines and adjustments: domain's own number; of a reversal its F39
	                     reason */
	uint32_t extra;   /* free for the kind */
	uint16_t stan_hi; /* free for the service that answers */
	uint8_t meal;     /* meal period */
	uint8_t entry;    /* entry mode: how the card was read */
	uint8_t mode;     /* DF0A: 0 host, 1 purse, 2 gateway stand-in, 3 register offline */
	uint8_t identity; /* identity class of the holder */
	uint8_t spare[2];
};

/* The business record of ACCOUNT_OPEN and ACCOUNT_CHANGE rows (`debit` names the account). */
struct journal_account {
	uint64_t key1, key2;
	int64_t floor_fen;
	int64_t held_fen;
	uint16_t chart;
	uint16_t flags;
	uint32_t spare;
};

/* The record that closes one commit; its hash covers every column before it and all rows. */
struct journal_batch {
	uint64_t no; /* 1, 2, 3 … */
	uint64_t first_lsn, last_lsn;
	int64_t posted_at_us;
	uint64_t epoch;                      /* of the owner that wrote it */
	uint8_t previous[JOURNAL_HASH_SIZE]; /* hash of batch no-1; zero for the first */
	uint8_t hash[JOURNAL_HASH_SIZE];
	const struct journal_row *rows; /* last_lsn - first_lsn + 1 of them, borrowed */
};

static inline size_t journal_batch_rows(const struct journal_batch *b)
{
	return (size_t)(b->last_lsn - b->first_lsn + 1);
}

void journal_row_seal(struct journal_row *row); /* fill in the CRC */
bool journal_row_is_intact(const struct journal_row *row);

/* SHA-256 over previous ‖ no ‖ first ‖ last ‖ posted at ‖ epoch (8 bytes LE each) ‖ SHA-256(rows).
 */
void journal_batch_hash(const struct journal_batch *b, uint8_t out[JOURNAL_HASH_SIZE]);
/* The rows inside stored bytes; LEDGER_CORRUPT when the length is no multiple of a row or does not
 * fit first…last. */
result journal_batch_rows_of(struct journal_batch *b, struct bytes stored);

/* Stable number of a code: FNV-1a 32 of its name, 0 for SUCCESS. */
uint32_t journal_code(enum result_code code);
/* The code with that number; RESULT_CODE_COUNT when this version does not know it. */
enum result_code journal_code_find(uint32_t number);
