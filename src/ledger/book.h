/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book.h — the book of money as a pure state machine: (state, event) → (state, outcome).
 *
 * No I/O, clock or randomness; the caller passes time and a lookup for old rows. Memory grows only
 * when an account, a source, a gap in a source's numbers or the record of an undone original comes
 * into being; posting to what exists allocates nothing. One thread at a time.
 */
#pragma once

#include "base/time.h"
#include "ledger/chart.h"
#include "ledger/journal.h"

struct book;

enum {
	BOOK_LEGS_MAX = JOURNAL_LEGS_MAX,
	BOOK_RECENT = 16,            /* outcomes remembered per source */
	BOOK_GAPS_MAX = 1024,        /* intervals of missing numbers remembered per source */
	BOOK_ACCOUNTS_MAX = 1 << 26, /* accounts of one ledger */
	BOOK_SOURCES_MAX = 1 << 20,
	BOOK_TOTALS_MAX = 65535,   /* pairs of (chart account, park) */
	BOOK_REQUEST_STEPS = 8192, /* steps one request can take back */
};

#define BOOK_AMOUNT_MAX_FEN INT64_C(1000000000000000) /* of one leg */
#define BOOK_NO_FLOOR       INT64_MIN /* floor_fen of an account that may go below zero */

/* Flags of an account. */
enum {
	BOOK_ACCOUNT_FROZEN = 1, /* debits that lower it are declined unless forced */
	BOOK_ACCOUNT_CLOSED = 2, /* takes nothing any more, except forced */
};

/* Accounts are numbered 1, 2, 3 … in the order they were opened. */
struct book_account {
	int64_t balance_fen; /* positive in the account's normal side */
	int64_t held_fen;    /* set aside; what may be spent is balance - held - floor */
	int64_t floor_fen;   /* or BOOK_NO_FLOOR */
	uint64_t last_lsn; /* last row that moved or changed it: true up to here; link to history */
	uint64_t counter_lsn; /* last row that touched the counters below */
	uint64_t key1, key2;  /* sub-ledger key, e.g. person; merchant and terminal */
	int64_t day_fen;      /* spent in business day `day` */
	int64_t window_fen;   /* spent in `window` */
	uint32_t day;         /* yyyymmdd of the day counters; 0 none yet */
	uint32_t window;      /* key of the window counters (caller's, unequal over days); 0 none */
	uint32_t day_count, window_count;
	uint32_t park;
	uint16_t chart; /* chart code, e.g. CHART_MAIN_PURSE */
	uint16_t flags;
};

struct book_key {
	uint32_t chart, park;
	uint64_t key1, key2;
};

struct book_leg {
	uint32_t debit, credit; /* account numbers, of one park */
	int64_t amount_fen;     /* > 0 */
};

/* What happened. Zero-initialise; members that do not apply stay zero. */
struct book_event {
	uint32_t source; /* ≥ 1 */
	uint64_t number; /* ≥ 1 */
	uint64_t digest;
	enum event_kind kind;
	unsigned flags; /* JOURNAL_FORCED: floors do not apply; others as in journal.h */
	struct bizdate business_date;
	struct instant event_time;
	struct instant posted_at;
	uint32_t park; /* of an event without legs */

	/* Key of the event that this one voids, refunds, reverses, captures or releases. number 0:
	 * none. */
	uint32_t original_source;
	uint64_t original_number;

	/*
	 * What moves. leg_count 0 with VOID, REFUND, RELEASE, REVERSAL kinds: the book derives the
	 * legs from the original (REFUND: amount_fen of it, last leg first; RELEASE: what remains;
	 * the others: all of it).
	 */
	struct book_leg legs[BOOK_LEGS_MAX];
	unsigned leg_count;
	int64_t amount_fen; /* for declines and derived refunds; else the sum of legs */

	enum result_code decline; /* not SUCCESS: record this refusal, move nothing */
	uint32_t counted;   /* account whose day and window counters this event uses; 0 none */
	uint32_t window;    /* window key for them; 0 none */
	int64_t expires_s;  /* HOLD: seconds since 1970; 0 never */
	uint32_t answer[2]; /* balance told to the holder: sum of these; both 0: the first purse of
	                       the legs */
	uint32_t session, counter;
	uint8_t business[JOURNAL_BUSINESS_SIZE]; /* struct journal_business */
};

/* What became of it. For a repeat: as it was the first time. */
struct book_outcome {
	enum result_code code; /* SUCCESS, or the recorded decline */
	bool replayed;         /* the key was there before; nothing was done now */
	uint64_t lsn;          /* of the first row */
	int64_t answer_fen;
	struct instant posted_at;
	struct journal_row row; /* first row of the event */
	uint64_t original_lsn;  /* of a reversal, void, refund, capture, release: the original; 0
	                           unknown */
};

enum book_found { BOOK_NEW, BOOK_REPLAY, BOOK_CONFLICT };

/* Old rows, given by the caller. May read the store. */
struct book_lookup {
	void *arg;
	/* The row with this number. LEDGER_ROW_UNKNOWN, faults of the store. */
	result (*row)(void *arg, uint64_t lsn, struct journal_row *out);
	/* First row under the key according to some index, 0 when it has none; checked by the book.
	 * NULL: no index. */
	uint64_t (*key)(void *arg, uint32_t source, uint64_t number);
};

/* Where rows of the open batch go. */
struct book_rows {
	struct journal_row *at; /* borrowed; room for `size` rows */
	size_t count, size;
};

struct book_limits {
	uint32_t accounts_max;  /* 0: BOOK_ACCOUNTS_MAX */
	uint32_t gaps_max;      /* 0: BOOK_GAPS_MAX */
	uint32_t accounts_hint; /* room made at once, so that opening them causes no pause */
};

/* OUT_OF_MEMORY. `lookup` is copied. */
result book_create(const struct book_limits *limits, const struct book_lookup *lookup,
                   struct book **out);
void book_destroy(struct book *b);

/* ---- posting ---- */

/* Rows from now on go to `rows` (its count is set to 0). */
void book_batch_begin(struct book *b, struct book_rows *rows);
/* Take up a position; book_undo(b, mark) takes back everything after it; book_keep forgets how. */
size_t book_mark(const struct book *b);
void book_undo(struct book *b, size_t mark);
void book_keep(struct book *b);

/*
 * Was this key seen? BOOK_REPLAY fills *out as it was the first time; BOOK_CONFLICT: other digest
 * under the key (code LEDGER_CONFLICT, field 39 "94"). A tombstone answers BOOK_REPLAY with
 * LEDGER_REVERSED_BEFORE ("22"). Faults: those of the lookup.
 */
result book_find(struct book *b, uint32_t source, uint64_t number, uint64_t digest,
                 enum book_found *found, struct book_outcome *out);

/*
 * Post the event: all legs or none. A key seen before gives the stored outcome (replayed) or
 * LEDGER_CONFLICT. When a rule of the book says no (LEDGER_INSUFFICIENT, LEDGER_ACCOUNT_FROZEN,
 * LEDGER_ACCOUNT_CLOSED, LEDGER_ORIGINAL_UNKNOWN, LEDGER_ORIGINAL_STATE, LEDGER_REFUND_EXCEEDS,
 * LEDGER_HOLD_EXCEEDED, LEDGER_HOLD_EXPIRED) the decline is recorded under the key, the result is
 * OK and out->code says so.
 *
 * REVERSAL never declines: original approved → opposite rows of what is left of it; declined,
 * reversed or tombstone → a row without money; unknown → a TOMBSTONE row under the original's key,
 * then the reversal's own.
 *
 * INVALID: LEDGER_EVENT (legs, kind, key), LEDGER_PARKS, LEDGER_ACCOUNT_UNKNOWN,
 * MONEY_OUT_OF_RANGE, LEDGER_CONFLICT. Faults: LEDGER_BATCH_FULL, LEDGER_FULL, OUT_OF_MEMORY, those
 * of the lookup. Nothing changed on either.
 */
result book_apply(struct book *b, const struct book_event *event, struct book_outcome *out);

/* Open an account and journal it. LEDGER_ACCOUNT_EXISTS when the key is taken; LEDGER_EVENT for an
 * unknown chart code. */
result book_account_open(struct book *b, const struct book_event *by, const struct book_key *key,
                         int64_t floor_fen, uint32_t *no);
/* Change floor, held amount and flags; journalled. LEDGER_ACCOUNT_UNKNOWN. */
result book_account_change(struct book *b, const struct book_event *by, uint32_t no,
                           int64_t floor_fen, int64_t held_fen, uint16_t flags);

/* ---- looking ---- */

uint32_t book_account_count(const struct book *b); /* numbers 1…count exist */
uint32_t book_source_count(const struct book *b);
uint64_t book_last_lsn(const struct book *b);
/* NULL when there is no such account. Valid until the book is destroyed; contents change with
 * postings. */
const struct book_account *book_account(const struct book *b, uint32_t no);
uint32_t book_account_find(const struct book *b, const struct book_key *key); /* 0 when none */
/* What a debit may still take without force: balance - held - floor, INT64_MAX without floor. */
int64_t book_spendable(const struct book_account *a);
size_t book_memory(const struct book *b); /* bytes */

/* Needed some events from now: fetch it while others are worked on. Any number; changes nothing. */
void book_soon_account(const struct book *b, uint32_t no);
void book_soon_source(const struct book *b, uint32_t source);

/* An interval of numbers of a source that have not come, both ends included. */
struct book_gap {
	uint64_t from, to;
};
struct book_source_state {
	uint32_t source;
	uint64_t lowest, highest; /* numbers seen */
	uint64_t last_lsn;
	uint64_t unsure_below;       /* below it gaps were forgotten; 0: none were */
	const struct book_gap *gaps; /* ascending; borrowed until the next posting */
	uint32_t gap_count;
};
bool book_source(const struct book *b, uint32_t source, struct book_source_state *out);
bool book_source_at(const struct book *b, uint32_t index,
                    struct book_source_state *out); /* 0…count-1 */

/* Row of the open batch or, by the lookup, an older one. LEDGER_ROW_UNKNOWN. */
result book_row(struct book *b, uint64_t lsn, struct journal_row *out);

/* What has become of an event: refunds, reversal, hold. */
struct book_original {
	uint64_t lsn;      /* first row of the event */
	uint64_t last_lsn; /* last row that touched it */
	int64_t total_fen;
	int64_t undone_fen;    /* refunded, voided or reversed */
	int64_t remaining_fen; /* of a hold: not yet captured or released */
	uint32_t expires_s;    /* of a hold; 0 never */
	uint8_t kind;
	uint8_t reversed; /* 1: nothing more can be done to it */
	uint8_t spare[2];
};
/* false: nothing was ever done to it. */
bool book_original(const struct book *b, uint64_t lsn, struct book_original *out);

/* Running sums of one chart account in one park. */
struct book_total {
	uint32_t park;
	uint16_t chart;
	uint8_t place;                 /* index of the code in chart_rows() */
	bool is_credit;                /* debits lower it */
	int64_t balance_fen;           /* of all its accounts, normal side */
	int64_t debit_fen, credit_fen; /* turnover since the first row */
	uint64_t accounts;
};
uint32_t book_total_count(const struct book *b);
const struct book_total *book_total(const struct book *b, uint32_t index);
/* Turnover of a kind on a chart account since the first row, all parks. */
struct book_flow {
	int64_t debit_fen, credit_fen;
};
struct book_flow book_flow(const struct book *b, enum event_kind kind, uint32_t chart);
