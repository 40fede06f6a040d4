/* SPDX-License-Identifier: Apache-2.0 */
/* pos_entry.h — what a till writes down: the words of its journal and their bytes on the medium. */
#pragma once

#include "base/time.h"

enum pos_kind {
	POS_PURCHASE = 1,
	POS_VOID,
	POS_REFUND,
	POS_BALANCE, /* moves nothing: never journalled, never reversed (terminal-protocol 12.14) */
	POS_TOPUP,
	POS_TOPUP_VOID,
	POS_KINDS /* one past the last */
};

enum {
	POS_CARD_NO_SIZE = 20, /* n..19 and NUL */
	POS_CASHIER_SIZE = 17,
	POS_REF_SIZE = 13, /* an 12 and NUL */
	POS_APPROVAL_SIZE = 7,
	POS_CODE_SIZE = 3,
	POS_RECORD_SIZE = 96, /* terminal-protocol 12.8 */
	POS_FREED_MAX = 80,   /* records in one upload message */
	POS_ENTRY_MAX = 1024,
	POS_TOTALS_MAX = 8,
};

/* One intention, fixed from the moment its number is taken: every repeat sends the same words. */
struct pos_draft {
	uint64_t tsn;
	enum pos_kind kind;
	int64_t amount_fen;
	char card_no[POS_CARD_NO_SIZE];
	uint64_t original_tsn; /* void, refund, top-up void; else 0 */
	char original_ref[POS_REF_SIZE];
	struct instant at;  /* the till's clock when it began */
	struct bizdate day; /* the till's business day, DF03 */
	uint32_t batch;     /* F60.2 */
	uint32_t list_sequence;
	uint16_t entry_mode; /* F22, for example 72: contactless, no PIN */
	uint8_t meal;
	char cashier[POS_CASHIER_SIZE];
};

/* What became of it. */
struct pos_outcome {
	uint64_t tsn;
	bool approved;
	char code[POS_CODE_SIZE]; /* F39 */
	char reference[POS_REF_SIZE];
	char approval[POS_APPROVAL_SIZE];
	int64_t balance_fen; /* told to the holder; valid when has_balance */
	bool has_balance;
	struct bizdate day; /* decided by the host */
};

enum pos_entry_kind {
	POS_ENTRY_OPENED = 1, /* the first of every journal: whose it is */
	POS_ENTRY_TSN,        /* numbers below `number` may be used */
	POS_ENTRY_SENT,
	POS_ENTRY_OUTCOME,
	POS_ENTRY_REVERSING, /* of `original`, under the number `number` */
	POS_ENTRY_REVERSED,  /* `original` is settled: net zero */
	POS_ENTRY_RECORD,    /* a sale made without the host */
	POS_ENTRY_FREED,     /* records the host holds durably */
	POS_ENTRY_BATCH,     /* batch closed; `number` is the new one */
	POS_ENTRY_TOTALS,    /* only in a journal written anew */
	POS_ENTRY_KINDS
};

struct pos_freed {
	uint64_t tsn;
	uint8_t status; /* DF72: 00 stored, 01 duplicate, 02 stored as exception */
};

/* Of the open batch, by class (F60.1 for online, record type for stored ones). */
struct pos_total {
	uint8_t class;
	uint32_t count;
	uint64_t sum_fen;
};

struct pos_entry {
	enum pos_entry_kind kind;
	char node_id[9]; /* OPENED */
	uint64_t number, original;
	char reason[POS_CODE_SIZE]; /* REVERSING: F39 of the reversal */
	struct pos_draft draft;
	struct pos_outcome outcome;
	uint8_t record[POS_RECORD_SIZE];
	struct pos_freed freed[POS_FREED_MAX];
	size_t freed_count;
	struct pos_total totals[POS_TOTALS_MAX];
	size_t total_count;
};

/* The framed entry: length, kind, running number, body, CRC-32C. */
void pos_entry_write(struct writer *w, const struct pos_entry *e, uint64_t running);
/*
 * The entry at the front of `in`; *used is its length. POS_JOURNAL_END when nothing whole and sound
 * with the number `running` stands there: a torn tail, or the end.
 */
result pos_entry_read(struct bytes in, uint64_t running, struct pos_entry *out, size_t *used);
