/* SPDX-License-Identifier: Apache-2.0 */
/* book_page.h — the state of the book in pages: written back piece by piece, loaded at start,
 * compared by verify. */
#pragma once

#include "base/buf.h"
#include "ledger/book.h"

enum {
	/* Accounts of one page: packed they fill, but do not overflow, a page of the store. */
	BOOK_PAGE_ACCOUNTS = 192,
	BOOK_PAGE_SIZE_MAX = 64 << 10,
};

/* What a page holds. */
enum book_page_kind {
	BOOK_PAGE_ACCOUNT_RUN = 1, /* no: 0, 1 … ; accounts no × 192 + 1 … */
	BOOK_PAGE_SOURCE = 2,      /* no: source */
	BOOK_PAGE_ORIGINAL = 3,    /* no: lsn of the original */
	BOOK_PAGE_TURNOVER = 4,    /* no: 0, 1 … */
	BOOK_PAGE_RESUME =
	        5, /* no: 0; the row (8 bytes) from which a restart replays; not part of the book */
};

/* ---- writing back ---- */
uint32_t book_page_count(const struct book *b); /* account pages 0…count-1 */
bool book_page_is_dirty(const struct book *b, uint32_t page);
/* The accounts of a page, packed (book_pack.h), into out (BOOK_PAGE_SIZE_MAX); marks it clean. */
struct bytes book_page_take(struct book *b, uint32_t page, uint8_t *out);
bool book_source_is_dirty(const struct book *b, uint32_t index);
/* Bytes of a source into out (BOOK_PAGE_SIZE_MAX); marks it clean. Its number goes to *source. */
struct bytes book_source_take(struct book *b, uint32_t index, uint8_t *out, uint32_t *source);
/* The next dirty original, false when there is none; marks it clean. */
bool book_original_take(struct book *b, struct book_original *out);
/* Turnover pages: as many as needed; false when `no` is past the last. */
bool book_turnover_page(const struct book *b, uint32_t no, uint8_t *out, struct bytes *bytes);

/* ---- loading: all pages, then book_load_done, then rows ---- */
result book_load_page(struct book *b, enum book_page_kind kind, uint64_t no, uint64_t lsn,
                      struct bytes bytes);
/* Rows will be replayed from here on; the book stands at lsn first - 1. */
void book_load_from(struct book *b, uint64_t first_lsn);

/* This row will be replayed a few rows from now: see book_soon_account. */
void book_replay_soon(const struct book *b, const struct journal_row *row);

/*
 * Apply a row of the journal without deciding anything. What already holds it (a page written
 * later) is left alone. LEDGER_REPLAY when the row does not follow: number, links, balances,
 * account definitions.
 */
result book_replay(struct book *b, const struct journal_row *row);
/* After the last row: every account is there, turnover is as new as the journal. LEDGER_REPLAY. */
result book_load_done(struct book *b);

/*
 * First difference between two books at the same row. true: equal. Names table-like words for the
 * report: kind
 * ("account", "source", "original", "turnover"), number and member.
 */
struct book_difference {
	enum book_page_kind kind;
	uint64_t no;
	const char *field;
	int64_t a, b;
};
bool book_equal(const struct book *a, const struct book *b, struct book_difference *out);

/* ---- independent recount ---- */

/*
 * Count on by up to n accounts. true when a round has just been finished: *agrees tells whether
 * every sum was right, left and right are the sums of their magnitudes.
 */
bool book_recount(struct book *b, uint32_t n, bool *agrees, int64_t *left_fen, int64_t *right_fen);
