/* SPDX-License-Identifier: Apache-2.0 */
/* Taking back: every step of posting leaves what is needed to undo it, newest first. */
#include "ledger/book_state.h"

bool book_has_room(const struct book *b, size_t rows, size_t steps)
{
	return b->rows->size - b->rows->count >= rows &&
	       BOOK_REQUEST_STEPS - b->undo_count >= steps;
}

struct undo *book_step(struct book *b, enum undo_kind kind, uint32_t at)
{
	struct undo *u = &b->undo[b->undo_count++];

	u->kind = kind;
	u->at = at;
	return u;
}

static void flow_side(struct book *b, const struct journal_row *row, uint32_t no, int64_t debit_fen,
                      int64_t credit_fen)
{
	struct book_total *total = book_total_of(b, no);
	struct book_flow *flow = &b->flows[row->kind][total->place];

	total->debit_fen += debit_fen;
	total->credit_fen += credit_fen;
	flow->debit_fen += debit_fen;
	flow->credit_fen += credit_fen;
}

void book_flow_add(struct book *b, const struct journal_row *row, int sign)
{
	flow_side(b, row, row->debit, sign * row->amount_fen, 0);
	flow_side(b, row, row->credit, 0, sign * row->amount_fen);
}

struct book_flow book_flow(const struct book *b, enum event_kind kind, uint32_t chart)
{
	int at = chart_index(chart);

	ASSERT(at >= 0 && (unsigned)kind < KIND_LIMIT);
	return b->flows[kind][at];
}

static void undo_row(struct book *b)
{
	const struct journal_row *row = &b->rows->at[b->rows->count - 1];
	struct source *s = row->source ? book_source_get(b, row->source) : NULL;

	if (book_row_moves(row))
		book_flow_add(b, row, -1);
	if (s)
		s->last_lsn = row->prev_source;
	b->rows->count--;
	b->last_lsn--;
	b->turnover_lsn = b->last_lsn;
}

static void undo_account(struct book *b, const struct undo *u)
{
	struct book_account *a = book_account_at(b, u->at);

	book_account_move(b, u->at, u->was.account.balance_fen - a->balance_fen);
	*a = u->was.account;
}

static void undo_step(struct book *b, const struct undo *u)
{
	switch (u->kind) {
	case UNDO_ACCOUNT:
		undo_account(b, u);
		break;
	case UNDO_ACCOUNT_NEW:
		book_account_unmake(b, u->at);
		break;
	case UNDO_ROW:
		undo_row(b);
		break;
	case UNDO_SEEN:
		book_seen_remove(b->sources[u->at], u);
		break;
	case UNDO_SOURCE_NEW:
		book_source_unmake(b, u->at);
		break;
	case UNDO_ORIGINAL:
		*book_original_at(b, u->at) = u->was.original;
		break;
	case UNDO_ORIGINAL_NEW:
		book_original_unmake(b, u->at);
		break;
	}
}

size_t book_mark(const struct book *b)
{
	return b->undo_count;
}

void book_undo(struct book *b, size_t mark)
{
	ASSERT(mark <= b->undo_count);
	while (b->undo_count > mark)
		undo_step(b, &b->undo[--b->undo_count]);
}

void book_keep(struct book *b)
{
	b->undo_count = 0;
}
