/* SPDX-License-Identifier: Apache-2.0 */
/* pos_journal.h — the till's durable memory: what it asked, what became of it, what the host has
 * not got yet. */
#pragma once

#include "device/pos/pos_disk.h"
#include "device/pos/pos_entry.h"

enum {
	POS_TSN_BLOCK = 64,       /* numbers reserved by one durable write (terminal-protocol 16) */
	POS_RECORDS_MAX = 200000, /* terminal-protocol 16.2 */
	POS_SALES_MAX = 64, /* latest approved ones kept in memory, for void and for the screen */
	POS_JOURNAL_COMPACT =
	        1 << 20 /* a journal past this size is written anew when the till starts */
};

enum pos_pending { POS_PENDING_NONE, POS_PENDING_SENT, POS_PENDING_REVERSING };

struct pos_record {
	uint64_t tsn;
	bool freed;
	int64_t amount_fen;
	char card_no[POS_CARD_NO_SIZE];
	uint8_t bytes[POS_RECORD_SIZE];
};

struct pos_sale {
	struct pos_draft draft;
	struct pos_outcome outcome;
	bool undone; /* voided or refunded since */
};

/*
 * The journal of one till. Every function that changes it returns OK only when the change is
 * durable; after a fault nothing more may be done with it but close (the till stops, section 16.1).
 * One thread.
 */
struct pos_journal {
	struct pos_disk *disk;
	char node_id[9];
	uint64_t running; /* entries so far */
	uint64_t size;    /* bytes of sound entries */
	uint64_t next_tsn, reserved_tsn;
	enum pos_pending pending;
	struct pos_draft draft; /* of what is pending, else of the latest */
	uint64_t reversal_tsn;
	char reversal_reason[POS_CODE_SIZE];
	struct pos_outcome last; /* outcome of the latest finished transaction; tsn 0 when none */
	struct pos_record *records; /* ascending TSN; use pos_journal_next_record */
	size_t record_first, record_end, record_size;
	size_t held;           /* records not freed yet */
	uint32_t sam_sequence; /* of the latest record */
	uint32_t batch;
	bool signed_in; /* since it began, so that the host's floor for numbers is known */
	struct pos_total totals[POS_TOTALS_MAX];
	size_t total_count;
	struct pos_sale sales[POS_SALES_MAX]; /* ring; the latest is sale_count - 1 */
	size_t sale_count;
	bool failed;
};

/*
 * Recover from the disk: read up to the first unsound entry, cut the rest off, begin a new journal
 * when it is empty. Declines: POS_JOURNAL_FOREIGN (another till's). Faults: POS_JOURNAL_DAMAGED
 * (more than a torn tail is unreadable; nothing is cut), POS_JOURNAL_STATE, FILE_READ, FILE_WRITE,
 * OUT_OF_MEMORY.
 */
result pos_journal_open(struct pos_journal *j, struct pos_disk *disk, const char *node_id);
void pos_journal_close(struct pos_journal *j);

/* The number for the next intention, its reservation durable. Taken by the entry that uses it. */
result pos_journal_tsn(struct pos_journal *j, uint64_t *tsn);
/* A number used for a message that moves nothing. */
void pos_journal_tsn_used(struct pos_journal *j, uint64_t tsn);
/* Begin at `floor` at least (DF26, terminal-protocol 16.4). */
result pos_journal_raise(struct pos_journal *j, uint64_t floor);

/* Before the first byte is sent. */
result pos_journal_sent(struct pos_journal *j, const struct pos_draft *draft);
/* Before goods are released. */
result pos_journal_outcome(struct pos_journal *j, const struct pos_outcome *outcome);
/* Before the first reversal. */
result pos_journal_reversing(struct pos_journal *j, uint64_t reversal_tsn, const char *reason);
/* After its acknowledgement. */
result pos_journal_reversed(struct pos_journal *j);

/* A stored record, before the success tone; its TSN (bytes 2…9) is used by it. POS_STORE_FULL. */
result pos_journal_record(struct pos_journal *j, const uint8_t record[POS_RECORD_SIZE]);
/* The host holds these durably. */
result pos_journal_freed(struct pos_journal *j, const struct pos_freed *freed, size_t count);
/* Signed in, with this batch. A new one: the last is closed, totals begin again. */
result pos_journal_batch(struct pos_journal *j, uint32_t batch);

/* The lowest number that is not settled at the host (DF18): pending or held; next_tsn when there is
 * none. */
uint64_t pos_journal_low_water(const struct pos_journal *j);
/* The approved sale with this number, or NULL; with tsn 0 the latest that can be voided. */
const struct pos_sale *pos_journal_sale(const struct pos_journal *j, uint64_t tsn);
/* The first held record with a number above `after`, or NULL: walk with after = 0, then the last
 * one's tsn. */
const struct pos_record *pos_journal_next_record(const struct pos_journal *j, uint64_t after);
/* Sum of held records, of one card or (NULL) of all. */
int64_t pos_journal_held_fen(const struct pos_journal *j, const char *card_no);
/* F60.1 of a kind as one BCD byte: 0x22 for a purchase. Also its class in DF74, as is the type of a
 * record. */
uint8_t pos_kind_class(enum pos_kind kind);
