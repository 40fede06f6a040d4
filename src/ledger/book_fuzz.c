/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and pages with any content are replayed or refused, never followed out of bounds; a book
 * that took them all balances.
 */
#include <string.h>

#include "ledger/book_page.h"

enum { ROWS_MAX = 256, PAGE_HEAD = 4 };

static struct journal_row rows[ROWS_MAX];
static size_t row_count;

static result row_of(void *arg, uint64_t lsn, struct journal_row *out)
{
	(void)arg;
	if (lsn == 0 || lsn > row_count)
		return FAIL(LEDGER_ROW_UNKNOWN, "no such row");
	*out = rows[lsn - 1];
	return OK;
}

static struct book *make(void)
{
	const struct book_limits limits = { .accounts_max = 4096, .gaps_max = 8 };
	const struct book_lookup lookup = { NULL, row_of, NULL };
	struct book *b;

	ASSERT(is_ok(book_create(&limits, &lookup, &b)));
	return b;
}

/* Rows one after another; numbered for them, so that what follows is reached. false: refused. */
static bool take_rows(struct book *b, struct bytes in)
{
	for (row_count = 0; row_count < ROWS_MAX && in.len >= sizeof rows[0]; row_count++) {
		struct journal_row *row = &rows[row_count];

		memcpy(row, in.at, sizeof *row);
		in.at += sizeof *row;
		in.len -= sizeof *row;
		row->lsn = row_count + 1;
	}
	for (size_t i = 0; i < row_count; i++)
		if (!is_ok(book_replay(b, &rows[i])))
			return false; /* a book is thrown away then */
	return true;
}

/* kind, number, length (2, big-endian), bytes; again and again. */
static void take_pages(struct book *b, struct bytes in)
{
	struct reader r = reader_of(in);

	row_count = 0;
	while (r.left > PAGE_HEAD) {
		unsigned kind = reader_u8(&r) % 6U;
		uint64_t no = reader_u8(&r);
		size_t len = reader_u16(&r);

		if (len > r.left)
			len = r.left;
		if (!is_ok(book_load_page(b, (enum book_page_kind)kind, no, 0,
		                          reader_bytes(&r, len))))
			return;
	}
}

static void check_balance(const struct book *b)
{
	int64_t debit = 0, credit = 0;

	for (uint32_t i = 0; i < book_total_count(b); i++) {
		const struct book_total *t = book_total(b, i);

		ASSERT(t->balance_fen == (t->is_credit ? t->credit_fen - t->debit_fen
		                                       : t->debit_fen - t->credit_fen));
		debit += t->debit_fen;
		credit += t->credit_fen;
	}
	ASSERT(debit == credit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct book *b = make();

	if (size > 0 && data[0] == 'P') {
		take_pages(b, bytes_of(data + 1, size - 1));
	} else if (size > 0) {
		if (take_rows(b, bytes_of(data + 1, size - 1)))
			check_balance(b);
	}
	book_destroy(b);
	return 0;
}
