/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the journal applied again: at start behind the pages, and by verify from the first row.
 */
#include "ledger/book_state.h"

#include <inttypes.h>
#include <string.h>

static result check_row(const struct book *b, const struct journal_row *row)
{
	if (row->lsn != b->last_lsn + 1)
		return FAIL(LEDGER_REPLAY, "lsn %" PRIu64 " follows %" PRIu64, row->lsn,
		            b->last_lsn);
	if (!kind_find(row->kind))
		return FAIL(LEDGER_REPLAY, "kind %u of row %" PRIu64 " is unknown", row->kind,
		            row->lsn);
	if (row->legs == 0 || row->legs > BOOK_LEGS_MAX || row->leg >= row->legs ||
	    (row->leg > 0 && row->lsn - row->leg != b->run_lsn))
		return FAIL(LEDGER_REPLAY, "leg %u of %u in row %" PRIu64, row->leg, row->legs,
		            row->lsn);
	if (row->amount_fen < 0 || row->amount_fen > BOOK_AMOUNT_MAX_FEN * BOOK_LEGS_MAX)
		return FAIL(LEDGER_REPLAY, "amount_fen of row %" PRIu64, row->lsn);
	return OK;
}

/* ---- accounts ---- */

static result replay_open(struct book *b, const struct journal_row *row,
                          const struct journal_account *record)
{
	const struct book_account *there = book_account(b, row->debit);
	const struct book_account a = {
		.floor_fen = record->floor_fen,
		.held_fen = record->held_fen,
		.key1 = record->key1,
		.key2 = record->key2,
		.last_lsn = row->lsn,
		.park = row->park,
		.chart = record->chart,
		.flags = record->flags,
	};

	if (there && there->last_lsn >= row->lsn)
		return OK; /* its page was written later */
	if ((there && there->chart) || row->debit > b->account_count + 1 || row->debit == 0 ||
	    row->prev_debit)
		return FAIL(LEDGER_REPLAY, "debit of row %" PRIu64 " opens account %u", row->lsn,
		            row->debit);
	return book_account_make(b, row->debit, &a);
}

static result replay_change(struct book *b, const struct journal_row *row,
                            const struct journal_account *record)
{
	const struct book_account *there = book_account(b, row->debit);
	struct book_account *a;

	if (!there || !there->chart)
		return FAIL(LEDGER_REPLAY, "debit of row %" PRIu64 ": no account %u", row->lsn,
		            row->debit);
	if (there->last_lsn >= row->lsn)
		return OK;
	a = book_account_at(b, row->debit);
	if (row->prev_debit != a->last_lsn)
		return FAIL(LEDGER_REPLAY,
		            "prev_debit of row %" PRIu64 " is %" PRIu64 ", not %" PRIu64, row->lsn,
		            row->prev_debit, a->last_lsn);
	a->floor_fen = record->floor_fen;
	a->held_fen = record->held_fen;
	a->flags = record->flags;
	a->last_lsn = row->lsn;
	book_account_dirty(b, row->debit);
	return OK;
}

static result replay_account(struct book *b, const struct journal_row *row)
{
	struct journal_account record;

	memcpy(&record, row->business, sizeof record);
	if (row->kind == KIND_ACCOUNT_OPEN)
		return replay_open(b, row, &record);
	return replay_change(b, row, &record);
}

/* ---- money ---- */

struct side {
	const char *name;
	uint32_t no;
	int64_t delta_fen, balance_fen; /* change, balance after as the row says */
	uint64_t previous;
};

static result replay_side(struct book *b, const struct journal_row *row, const struct side *side)
{
	struct book_account *a = book_account_at(b, side->no);
	int64_t sum;

	if (a->last_lsn >= row->lsn)
		return OK;
	if (a->last_lsn != side->previous)
		return FAIL(LEDGER_REPLAY,
		            "prev_%s of row %" PRIu64 " is %" PRIu64
		            ", account %u was last moved by %" PRIu64,
		            side->name, row->lsn, side->previous, side->no, a->last_lsn);
	if (__builtin_add_overflow(a->balance_fen, side->delta_fen, &sum) ||
	    __builtin_add_overflow(book_total_of(b, side->no)->balance_fen, side->delta_fen, &sum))
		return FAIL(LEDGER_REPLAY, "amount_fen of row %" PRIu64 " does not fit account %u",
		            row->lsn, side->no);
	book_account_move(b, side->no, side->delta_fen);
	a->last_lsn = row->lsn;
	if (a->balance_fen != side->balance_fen)
		return FAIL(LEDGER_REPLAY,
		            "%s_balance_fen of row %" PRIu64 " is %" PRId64
		            ", account %u comes to %" PRId64,
		            side->name, row->lsn, side->balance_fen, side->no, a->balance_fen);
	return OK;
}

static result require_account(const struct book *b, const struct journal_row *row, uint32_t no)
{
	const struct book_account *a = book_account(b, no);

	if (!a || !a->chart)
		return FAIL(LEDGER_REPLAY,
		            "row %" PRIu64 " names account %u, which was never opened", row->lsn,
		            no);
	return OK;
}

static result replay_money(struct book *b, const struct journal_row *row)
{
	struct side debit = { "debit", row->debit, row->amount_fen, row->debit_balance_fen,
		              row->prev_debit };
	struct side credit = { "credit", row->credit, -row->amount_fen, row->credit_balance_fen,
		               row->prev_credit };

	TRY(require_account(b, row, row->debit));
	TRY(require_account(b, row, row->credit));
	if (row->debit == row->credit)
		return FAIL(LEDGER_REPLAY, "credit of row %" PRIu64 " is its debit", row->lsn);
	if (book_total_of(b, row->debit)->is_credit)
		debit.delta_fen = -debit.delta_fen;
	if (book_total_of(b, row->credit)->is_credit)
		credit.delta_fen = -credit.delta_fen;
	TRY(replay_side(b, row, &debit));
	TRY(replay_side(b, row, &credit));
	if (row->lsn > b->turnover_lsn)
		book_flow_add(b, row, 1);
	b->run_fen += row->amount_fen;
	if (book_total_of(b, row->debit)->chart == CHART_HOLDS)
		b->run_held_fen += row->amount_fen;
	return OK;
}

/* ---- key, limits, originals ---- */

static result came_before(struct book *b, const struct source *s, const struct journal_row *row,
                          bool *before)
{
	enum book_seen seen = book_seen(s, row->number);
	struct journal_row other;

	*before = row->number == 0 || seen == BOOK_SEEN;
	if (*before || seen == BOOK_SEEN_NOT)
		return OK;
	TRY(book_locate(b, s, row->number, &other, before));
	*before = *before && other.lsn != row->lsn;
	return OK;
}

static result replay_source(struct book *b, const struct journal_row *row)
{
	struct source *s;
	struct undo unused;
	uint32_t at;
	bool before;

	TRY(book_source_require(b, row->source, &at));
	s = b->sources[at];
	if (s->last_lsn >= row->lsn)
		return OK;
	if (row->prev_source != s->last_lsn)
		return FAIL(LEDGER_REPLAY,
		            "prev_source of row %" PRIu64 " is %" PRIu64
		            ", source %u came last in %" PRIu64,
		            row->lsn, row->prev_source, row->source, s->last_lsn);
	s->last_lsn = row->lsn;
	s->dirty = true;
	if (row->leg > 0)
		return OK;
	TRY(came_before(b, s, row, &before));
	if (before)
		return FAIL(LEDGER_REPLAY,
		            "number %" PRIu64 " of row %" PRIu64 " came before from source %u",
		            row->number, row->lsn, row->source);
	TRY(book_seen_reserve(b, s));
	book_seen_add(b, s, row->number, row->lsn, &unused);
	return OK;
}

/* The event is complete: what it did besides moving money. */
static result replay_effects(struct book *b, const struct journal_row *row)
{
	struct journal_row first = *row;
	struct book_account *a;

	if (row->counted && row->code == 0) {
		TRY(require_account(b, row, row->counted));
		a = book_account_at(b, row->counted);
		if (a->counter_lsn < row->lsn) {
			book_count(a, row, b->run_fen);
			book_account_dirty(b, row->counted);
		}
	}
	if (row->original_lsn == 0)
		return OK;
	if (row->original_lsn >= b->run_lsn)
		return FAIL(LEDGER_REPLAY, "original_lsn of row %" PRIu64 " is %" PRIu64, row->lsn,
		            row->original_lsn);
	first.lsn = b->run_lsn;
	TRY(book_original_reserve(b));
	return book_original_note(b, &first, b->run_fen, b->run_held_fen, false);
}

result book_replay(struct book *b, const struct journal_row *row)
{
	TRY(check_row(b, row));
	b->last_lsn = row->lsn;
	if (row->leg == 0) {
		b->run_lsn = row->lsn;
		b->run_fen = b->run_held_fen = 0;
	}
	if (row->kind == KIND_ACCOUNT_OPEN || row->kind == KIND_ACCOUNT_CHANGE) {
		TRY(replay_account(b, row));
	} else {
		if (row->source == 0)
			return FAIL(LEDGER_REPLAY, "source of row %" PRIu64 " is 0", row->lsn);
		TRY(replay_source(b, row));
		if (book_row_moves(row))
			TRY(replay_money(b, row));
	}
	if (row->lsn > b->turnover_lsn)
		b->turnover_lsn = row->lsn;
	return row->leg + 1 == row->legs ? replay_effects(b, row) : OK;
}

void book_replay_soon(const struct book *b, const struct journal_row *row)
{
	book_soon_account(b, row->debit);
	book_soon_account(b, row->credit);
	book_soon_source(b, row->source);
}

void book_load_from(struct book *b, uint64_t first_lsn)
{
	ASSERT(first_lsn > 0);
	b->last_lsn = first_lsn - 1;
}

result book_load_done(struct book *b)
{
	for (uint32_t no = 1; no <= b->account_count; no++)
		if (book_account_at(b, no)->chart == 0)
			return FAIL(LEDGER_REPLAY, "account %u was never opened", no);
	if (b->turnover_lsn > b->last_lsn)
		return FAIL(LEDGER_REPLAY,
		            "turnover holds row %" PRIu64 ", the journal ends at %" PRIu64,
		            b->turnover_lsn, b->last_lsn);
	b->turnover_lsn = b->last_lsn;
	return OK;
}
