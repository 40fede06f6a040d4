/* SPDX-License-Identifier: Apache-2.0 */
/* What an event does besides moving balances: limits used and given back, originals refunded,
 * reversed, captured. */
#include "ledger/book_state.h"

bool book_row_moves(const struct journal_row *row)
{
	return row->code == 0 && row->debit && row->credit;
}

bool book_kind_undoes(unsigned kind)
{
	return kind == KIND_PURCHASE_VOID || kind == KIND_REFUND || kind == KIND_TOPUP_VOID ||
	       kind == KIND_REVERSAL;
}

static void count_use(struct book_account *a, const struct journal_row *row, int64_t total_fen)
{
	if (row->business_date < a->day)
		return; /* an older day than the one being counted */
	if (row->business_date > a->day) {
		a->day = row->business_date;
		a->day_fen = 0;
		a->day_count = 0;
	}
	a->day_fen += total_fen;
	a->day_count++;
	if (row->window == 0 || row->kind == KIND_HOLD) /* a hold keeps its expiry there */
		return;
	if (row->window != a->window) {
		a->window = row->window;
		a->window_fen = 0;
		a->window_count = 0;
	}
	a->window_fen += total_fen;
	a->window_count++;
}

/* Never below nothing: a refund that was reversed and made again gives back only once. */
static void give(int64_t *fen, uint32_t *count, int64_t back_fen, uint32_t uses)
{
	*fen = *fen > back_fen ? *fen - back_fen : 0;
	*count = *count > uses ? *count - uses : 0;
}

static void count_back(struct book_account *a, const struct journal_row *row, int64_t total_fen)
{
	uint32_t uses = row->flags & JOURNAL_COUNT_BACK ? 1 : 0;

	if (row->business_date != a->day)
		return;
	give(&a->day_fen, &a->day_count, total_fen, uses);
	if (row->window == 0 || row->window != a->window)
		return;
	give(&a->window_fen, &a->window_count, total_fen, uses);
}

void book_count(struct book_account *a, const struct journal_row *row, int64_t total_fen)
{
	if (book_kind_undoes(row->kind))
		count_back(a, row, total_fen);
	else
		count_use(a, row, total_fen);
	a->counter_lsn = row->lsn;
}

result book_event_sum(struct book *b, const struct journal_row *first, int64_t *out)
{
	struct journal_row row;

	*out = first->amount_fen;
	for (unsigned leg = 1; leg < first->legs; leg++) {
		TRY(book_row(b, first->lsn + leg, &row));
		*out += row.amount_fen;
	}
	return OK;
}

result book_original_state(struct book *b, const struct journal_row *first,
                           struct book_original *out)
{
	if (book_original(b, first->lsn, out))
		return OK;
	*out = (struct book_original){ .lsn = first->lsn, .kind = first->kind };
	TRY(book_event_sum(b, first, &out->total_fen));
	if (first->kind == KIND_HOLD) {
		out->remaining_fen = out->total_fen;
		out->expires_s = first->window;
	}
	return OK;
}

static void note(struct book *b, const struct book_original *now, bool undoable)
{
	uint32_t at = book_original_find(b, now->lsn);

	if (at == UINT32_MAX) {
		at = book_original_make(b, now);
		if (undoable)
			book_step(b, UNDO_ORIGINAL_NEW, at);
	} else {
		if (undoable)
			book_step(b, UNDO_ORIGINAL, at)->was.original = *book_original_at(b, at);
		*book_original_at(b, at) = *now;
	}
	book_original_mark_dirty(b, at);
}

/* The event that was undone may itself have undone another: give that one its money back. */
static result note_second(struct book *b, const struct journal_row *by,
                          const struct journal_row *undone, int64_t total_fen, bool undoable)
{
	struct journal_row first;
	struct book_original o;

	if (undone->original_lsn == 0 || undone->kind == KIND_REVERSAL)
		return OK;
	TRY(book_row(b, undone->original_lsn, &first));
	TRY(book_original_state(b, &first, &o));
	if (o.last_lsn >= by->lsn)
		return OK;
	if (undone->kind == KIND_CAPTURE || undone->kind == KIND_RELEASE)
		o.remaining_fen += total_fen;
	else if (book_kind_undoes(undone->kind))
		o.undone_fen -= total_fen;
	o.last_lsn = by->lsn;
	note(b, &o, undoable);
	return OK;
}

result book_original_note(struct book *b, const struct journal_row *row, int64_t total_fen,
                          int64_t held_fen, bool undoable)
{
	struct journal_row first;
	struct book_original o;

	if (row->code != 0 || row->original_lsn == 0 || row->kind == KIND_TOMBSTONE)
		return OK;
	TRY(book_row(b, row->original_lsn, &first));
	if (!book_row_moves(&first) || first.kind == KIND_REVERSAL)
		return OK;
	TRY(book_original_state(b, &first, &o));
	if (row->kind == KIND_REVERSAL && total_fen > 0)
		TRY(note_second(b, row, &first, total_fen, undoable));
	if (o.last_lsn >= row->lsn)
		return OK;
	if (row->kind == KIND_CAPTURE || row->kind == KIND_RELEASE)
		o.remaining_fen -= held_fen;
	else if (book_kind_undoes(row->kind))
		o.undone_fen += total_fen;
	if (row->kind == KIND_REVERSAL) {
		o.reversed = 1;
		o.remaining_fen = 0;
	}
	o.last_lsn = row->lsn;
	note(b, &o, undoable);
	return OK;
}
