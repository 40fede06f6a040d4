/* SPDX-License-Identifier: Apache-2.0 */
/* book_state.h — what the parts of the book share; nobody outside book*.c includes it, except
 * tests. */
#pragma once

#include "ledger/book.h"
#include "ledger/book_page.h"

enum {
	BOOK_CHUNK = 4096, /* originals allocated at once */
	BOOK_CHUNK_PAGES = 111,
	BOOK_CHUNK_ACCOUNTS =
	        BOOK_CHUNK_PAGES * BOOK_PAGE_ACCOUNTS, /* accounts allocated at once */
	BOOK_CHUNK_SIZE = 2 << 20,
	BOOK_LINE = 64, /* bytes the processor fetches at once */
};

/* Accounts that lie together: just under one large page of memory. */
struct account_chunk {
	struct book_account account[BOOK_CHUNK_ACCOUNTS];
	uint16_t total[BOOK_CHUNK_ACCOUNTS]; /* index into totals */
	bool dirty[BOOK_CHUNK_PAGES];
};

_Static_assert(sizeof(struct account_chunk) <= BOOK_CHUNK_SIZE, "a chunk fits a large page");
_Static_assert(sizeof(struct book_account) == 96, "no padding in an account");
_Static_assert(sizeof(struct book_original) == 48, "originals are stored as they lie in memory");

/* One of the last events of a source. */
struct book_recent {
	uint64_t number, lsn;
};

struct source {
	uint32_t source;
	uint32_t recent_at; /* next place in `recent` */
	uint64_t lowest, highest, last_lsn, unsure_below;
	struct book_gap *gaps;
	uint32_t gap_count, gap_size;
	bool dirty;
	struct book_recent recent[BOOK_RECENT];
};

_Static_assert(offsetof(struct source, recent) == BOOK_LINE &&
                       sizeof(struct source) % BOOK_LINE == 0,
               "a purchase touches two lines of its source");

/* Open-addressing table of indexes + 1; keys are compared by the owner of the table. */
struct book_index {
	uint32_t *slots;
	uint32_t mask, used;
};

enum undo_kind {
	UNDO_ACCOUNT,
	UNDO_ACCOUNT_NEW,
	UNDO_ROW,
	UNDO_SEEN,
	UNDO_SOURCE_NEW,
	UNDO_ORIGINAL,
	UNDO_ORIGINAL_NEW
};

/* How to take back one step. */
struct undo {
	enum undo_kind kind;
	uint32_t at; /* account number; index of source or original */
	union {
		struct book_account account;
		struct book_original original;
		struct {
			uint64_t number; /* 0: no gap changed */
			uint64_t lowest, highest, unsure_below;
			struct book_gap evicted; /* from 0: none */
			struct book_recent recent;
		} seen;
	} was;
};

struct book {
	struct book_lookup lookup;
	struct book_limits limits;
	struct book_rows *rows;
	struct book_rows no_rows;
	uint64_t last_lsn;

	struct account_chunk **account_chunks;
	uint32_t account_count;
	struct book_index account_index;

	struct source **sources; /* one allocation each: they are many hundred bytes */
	uint32_t source_count, source_size;
	struct book_index source_index;

	struct book_original **original_chunks;
	uint32_t original_count, original_chunk_size;
	struct book_index original_index;
	uint32_t *original_dirty; /* indexes; room for one more than there are originals */
	uint8_t *original_is_dirty;
	uint32_t original_dirty_count, original_size;

	struct book_total *totals;
	uint32_t total_count, total_size;
	struct book_flow flows[KIND_LIMIT][CHART_COUNT];
	uint64_t turnover_lsn; /* flows and turnover hold rows up to here; behind it only while
	                          replaying */

	/* Independent recount: balances of accounts 1…recount_at by total. */
	int64_t *recount;
	uint32_t recount_at;

	struct undo *undo;
	size_t undo_count;

	/* Of the event being replayed: its first row, sum of its legs so far, of those that take
	 * from holds. */
	uint64_t run_lsn;
	int64_t run_fen, run_held_fen;
	size_t memory;
};

/* book_tables.c */
result book_index_init(struct book_index *index, uint32_t hint);
void book_index_remove_last(struct book_index *index, uint64_t hash, uint32_t value);
result book_account_make(struct book *b, uint32_t no,
                         const struct book_account *as); /* at count + 1, or a hole */
void book_account_unmake(struct book *b, uint32_t no);
struct book_account *book_account_at(const struct book *b, uint32_t no); /* must exist */
void book_account_dirty(struct book *b, uint32_t no);
/* The only place that changes a balance: keeps totals and recount with it. delta in the normal
 * side. */
void book_account_move(struct book *b, uint32_t no, int64_t delta_fen);
/* Place of the sum of a chart account in a park, made when it is not there. */
result book_total_require(struct book *b, uint16_t chart, uint32_t park, uint16_t *at);
struct book_total *book_total_of(const struct book *b, uint32_t no);
result book_source_require(struct book *b, uint32_t source, uint32_t *at); /* found or made */
void book_source_unmake(struct book *b, uint32_t at);
struct source *book_source_get(const struct book *b, uint32_t source); /* NULL when there is none */
result book_original_reserve(struct book *b);                          /* room for three more */
uint32_t book_original_find(const struct book *b, uint64_t lsn);       /* index, UINT32_MAX none */
uint32_t book_original_make(struct book *b, const struct book_original *o); /* room was reserved */
void book_original_unmake(struct book *b, uint32_t at);
struct book_original *book_original_at(const struct book *b, uint32_t at);
void book_original_mark_dirty(struct book *b, uint32_t at);

/* book_source.c */
enum book_seen { BOOK_SEEN_NOT, BOOK_SEEN, BOOK_SEEN_UNSURE };
enum book_seen book_seen(const struct source *s, uint64_t number);
result book_seen_reserve(const struct book *b, struct source *s); /* room for one more gap */
/* Note that `number` has come; room was reserved. What is needed to take it back goes to *u. */
void book_seen_add(const struct book *b, struct source *s, uint64_t number, uint64_t lsn,
                   struct undo *u);
void book_seen_remove(struct source *s, const struct undo *u);
/* First row under a key that was seen, or perhaps seen (then *found may be false). */
result book_locate(struct book *b, const struct source *s, uint64_t number, struct journal_row *out,
                   bool *found);

/* book_undo.c */
bool book_has_room(const struct book *b, size_t rows, size_t steps);
struct undo *book_step(struct book *b, enum undo_kind kind, uint32_t at);    /* room was checked */
void book_flow_add(struct book *b, const struct journal_row *row, int sign); /* +1, -1 */

/* book_plan.c: what an event comes to, decided before anything changes. */
struct plan {
	enum result_code code;
	struct book_leg legs[BOOK_LEGS_MAX];
	unsigned leg_count;
	int64_t amount_fen;
	bool forced;
	uint32_t park;
	uint32_t counted, window;
	unsigned flags;
	bool has_original;           /* `original` is filled */
	struct journal_row original; /* first row */
	struct book_original before; /* what had become of the original so far */
	bool is_tombstone;           /* reversal of what never came */
};
result book_plan(struct book *b, const struct book_event *event, struct plan *plan);
/* What has become of the event whose first row this is (fresh when nothing was done to it yet). */
result book_original_state(struct book *b, const struct journal_row *first,
                           struct book_original *out);
/* Sum of the legs of the event that starts with this row. */
result book_event_sum(struct book *b, const struct journal_row *first, int64_t *out);
bool book_kind_undoes(unsigned kind); /* void, refund, reversal … : gives limits back */

/* book_effect.c: shared by posting and replay. */
bool book_row_moves(const struct journal_row *row); /* does it move money? */
/* Money of the event to the counters of row->counted; `row` is its last leg. */
void book_count(struct book_account *a, const struct journal_row *row, int64_t total_fen);
/*
 * Note at the original(s) what this event did to them. `row`: first row, `total_fen`: of all legs,
 * `held_fen`: of the legs that took from holds. Room was reserved unless replaying.
 */
result book_original_note(struct book *b, const struct journal_row *row, int64_t total_fen,
                          int64_t held_fen, bool undoable);
