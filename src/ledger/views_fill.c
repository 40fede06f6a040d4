/* SPDX-License-Identifier: Apache-2.0 */
/* From journal rows to the tables people read. Balances and sums are gathered and written once a
 * transaction. */
#include "ledger/views.h"
#include "ledger/views_sql.h"

#include <stdlib.h>
#include <string.h>

enum {
	TOUCHED_SIZE = 4096, /* accounts gathered between flushes; a power of two */
	TOTALS_SIZE = 1024,  /* sums gathered between flushes; a power of two */
};

/* Newest balance of an account within what was filled; no 0: free place. */
struct touched {
	uint32_t no;
	int64_t balance_fen;
	uint64_t lsn;
};

struct views_filler {
	int cutover_s;
	uint64_t lsn;
	struct touched touched[TOUCHED_SIZE];
	uint32_t touched_count;
	struct day_total totals[TOTALS_SIZE]; /* business_date 0: free place */
	uint32_t total_count;
};

/* ---- one row ---- */

static bool is_purse(const struct book *book, uint32_t no)
{
	const struct book_account *a = book_account(book, no);

	return a && chart_is_purse(a->chart);
}

void views_entry_of(const struct book *book, const struct journal_row *row, int cutover_s,
                    struct entry *out)
{
	struct journal_business of = { 0 };
	bool on_account = row->kind == KIND_ACCOUNT_OPEN || row->kind == KIND_ACCOUNT_CHANGE;
	enum result_code code = journal_code_find(row->code);

	if (!on_account)
		memcpy(&of, row->business, sizeof of);
	*out = (struct entry){
		.lsn = row->lsn,
		.original_lsn = row->original_lsn,
		.source = row->source,
		.number = row->number,
		.kind = (enum event_kind)row->kind,
		.debit = row->debit,
		.credit = row->credit,
		.amount = { row->amount_fen },
		.card = of.card,
		.card_counter = of.card_counter,
		.merchant = of.merchant,
		.terminal = of.terminal,
		.operator_id = of.operator_id,
		.event_time = { row->event_time_us },
		.posted_at = { row->posted_at_us },
		.event_date = bizdate_of((struct instant){ row->event_time_us }, TIME_ZONE_CHINA_S,
		                         cutover_s),
		.business_date = { row->business_date },
		.leg = row->leg,
		.legs = row->legs,
		.flags = row->flags,
		.meal = of.meal,
		.mode = of.mode,
		.park = row->park,
	};
	str_copy(str_of(result_name((result){ code })), out->code, sizeof out->code);
	if (is_purse(book, row->debit)) {
		out->holder = row->debit;
		out->balance = (struct money){ row->debit_balance_fen };
	} else if (is_purse(book, row->credit)) {
		out->holder = row->credit;
		out->balance = (struct money){ row->credit_balance_fen };
	}
}

static bool moves_money(const struct journal_row *row)
{
	return row->code == 0 && row->debit && row->credit;
}

result views_total_of(struct book *book, const struct journal_row *row, int cutover_s,
                      struct day_total *out, bool *counts)
{
	struct journal_business of;
	struct journal_row original;

	*counts = moves_money(row);
	if (!*counts)
		return OK;
	memcpy(&of, row->business, sizeof of);
	*out = (struct day_total){
		.business_date = { row->business_date },
		.event_date = bizdate_of((struct instant){ row->event_time_us }, TIME_ZONE_CHINA_S,
		                         cutover_s),
		.kind = (enum event_kind)row->kind,
		.merchant = of.merchant,
		.count = row->leg == 0,
		.sum = { row->amount_fen },
	};
	if (row->kind != KIND_REVERSAL)
		return OK;
	TRY(book_row(book, row->original_lsn, &original));
	out->undone = (enum event_kind)original.kind;
	return OK;
}

static result add_entry(struct views_filler *f, struct db_tx *tx, const struct book *book,
                        const struct journal_row *row)
{
	struct entry e;

	views_entry_of(book, row, f->cutover_s, &e);
	return db_execute_later(
	        tx, &sql_entry_add,
	        DB_ARGS(db_arg_i64((int64_t)e.lsn), db_arg_i64((int64_t)e.original_lsn),
	                db_arg_i64(e.source), db_arg_i64((int64_t)e.number), db_arg_i64(e.kind),
	                db_arg_text(e.code), db_arg_i64(e.debit), db_arg_i64(e.credit),
	                db_arg_i64(e.amount.fen), db_arg_i64(e.holder), db_arg_i64(e.balance.fen),
	                db_arg_i64(e.card), db_arg_i64(e.merchant), db_arg_i64(e.terminal),
	                db_arg_i64(e.operator_id), db_arg_i64(e.card_counter),
	                db_arg_i64(e.event_time.us), db_arg_i64(e.posted_at.us),
	                db_arg_i64(e.event_date.yyyymmdd), db_arg_i64(e.business_date.yyyymmdd),
	                db_arg_i64(e.leg), db_arg_i64(e.legs), db_arg_i64(e.flags),
	                db_arg_i64(e.meal), db_arg_i64(e.mode), db_arg_i64(e.park)));
}

/* ---- gathered ---- */

static void touch(struct views_filler *f, uint32_t no, int64_t balance_fen, uint64_t lsn)
{
	uint32_t at = no * 2654435761U % TOUCHED_SIZE;

	if (no == 0)
		return;
	while (f->touched[at].no && f->touched[at].no != no)
		at = (at + 1) % TOUCHED_SIZE;
	f->touched_count += f->touched[at].no == 0;
	f->touched[at] = (struct touched){ no, balance_fen, lsn };
}

static bool same_total(const struct day_total *a, const struct day_total *b)
{
	return a->business_date.yyyymmdd == b->business_date.yyyymmdd &&
	       a->event_date.yyyymmdd == b->event_date.yyyymmdd && a->kind == b->kind &&
	       a->undone == b->undone && a->merchant == b->merchant;
}

static void sum_up(struct views_filler *f, const struct day_total *t)
{
	uint32_t at =
	        (t->merchant * 2654435761U + t->event_date.yyyymmdd * 40503U + (uint32_t)t->kind) %
	        TOTALS_SIZE;
	struct day_total *place;

	while (f->totals[at].business_date.yyyymmdd && !same_total(&f->totals[at], t))
		at = (at + 1) % TOTALS_SIZE;
	place = &f->totals[at];
	if (place->business_date.yyyymmdd == 0) {
		*place = *t;
		f->total_count++;
		return;
	}
	place->count += t->count;
	place->sum.fen += t->sum.fen;
}

static result flush_accounts(struct views_filler *f, struct db_tx *tx, const struct book *book)
{
	for (uint32_t i = 0; i < TOUCHED_SIZE && f->touched_count > 0; i++) {
		struct touched *t = &f->touched[i];
		const struct book_account *a = book_account(book, t->no);

		if (t->no == 0)
			continue;
		ASSERT(a);
		TRY(db_execute_later(
		        tx, &sql_account_view_put,
		        DB_ARGS(db_arg_i64(t->no), db_arg_i64(a->chart), db_arg_i64(a->park),
		                db_arg_i64((int64_t)a->key1), db_arg_i64((int64_t)a->key2),
		                db_arg_i64(t->balance_fen), db_arg_i64((int64_t)t->lsn))));
		*t = (struct touched){ 0 };
		f->touched_count--;
	}
	return OK;
}

static result flush_totals(struct views_filler *f, struct db_tx *tx)
{
	for (uint32_t i = 0; i < TOTALS_SIZE && f->total_count > 0; i++) {
		struct day_total *t = &f->totals[i];

		if (t->business_date.yyyymmdd == 0)
			continue;
		TRY(db_execute_later(tx, &sql_day_total_add,
		                     DB_ARGS(db_arg_i64(t->business_date.yyyymmdd),
		                             db_arg_i64(t->event_date.yyyymmdd),
		                             db_arg_i64(t->kind), db_arg_i64(t->undone),
		                             db_arg_i64(t->merchant), db_arg_i64((int64_t)t->count),
		                             db_arg_i64(t->sum.fen))));
		*t = (struct day_total){ 0 };
		f->total_count--;
	}
	return OK;
}

static result flush_gathered(struct views_filler *f, struct db_tx *tx, const struct book *book)
{
	TRY(flush_accounts(f, tx, book));
	return flush_totals(f, tx);
}

/* ---- filling ---- */

static result fill_row(struct views_filler *f, struct db_tx *tx, struct book *book,
                       const struct journal_row *row)
{
	struct day_total total;
	bool counts;

	TRY(add_entry(f, tx, book, row));
	TRY(views_total_of(book, row, f->cutover_s, &total, &counts));
	if (counts) {
		touch(f, row->debit, row->debit_balance_fen, row->lsn);
		touch(f, row->credit, row->credit_balance_fen, row->lsn);
		sum_up(f, &total);
	} else if (row->kind == KIND_ACCOUNT_OPEN || row->kind == KIND_ACCOUNT_CHANGE) {
		touch(f, row->debit, row->debit_balance_fen, row->lsn);
	}
	f->lsn = row->lsn;
	if (f->touched_count > TOUCHED_SIZE / 2 || f->total_count > TOTALS_SIZE / 2)
		return flush_gathered(f, tx, book);
	return OK;
}

result views_fill(struct views_filler *f, struct db_tx *tx, struct book *book,
                  const struct journal_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		TRY(fill_row(f, tx, book, &rows[i]));
	return OK;
}

static result save_state(struct db_tx *tx, uint64_t lsn, int cutover_s)
{
	return db_execute_later(tx, &sql_view_state_save,
	                        DB_ARGS(db_arg_i64((int64_t)lsn), db_arg_i64(cutover_s)));
}

result views_flush(struct views_filler *f, struct db_tx *tx, struct book *book)
{
	TRY(flush_gathered(f, tx, book));
	return save_state(tx, f->lsn, f->cutover_s);
}

static result empty_views(struct db_tx *tx)
{
	TRY(db_execute(tx, &sql_entry_clear, DB_NO_ARGS, NULL));
	TRY(db_execute(tx, &sql_account_view_clear, DB_NO_ARGS, NULL));
	return db_execute(tx, &sql_day_total_clear, DB_NO_ARGS, NULL);
}

result views_filler_create(struct db_tx *tx, int cutover_s, struct views_filler **out,
                           uint64_t *lsn)
{
	struct views_filler *f;
	int filled_with;

	TRY(views_state(tx, lsn, &filled_with));
	if (filled_with != cutover_s) {
		if (*lsn > 0)
			TRY(empty_views(tx));
		*lsn = 0;
		TRY(save_state(tx, 0, cutover_s));
	}
	f = calloc(1, sizeof *f);
	if (!f)
		return FAIL(OUT_OF_MEMORY, "views");
	f->cutover_s = cutover_s;
	f->lsn = *lsn;
	*out = f;
	return OK;
}

void views_filler_destroy(struct views_filler *f)
{
	free(f);
}
