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
	TERMINALS_SIZE = 4096,
};

/* Newest balance of an account within what was filled; no 0: free place. */
struct touched {
	uint32_t no, park;
	int64_t balance_fen;
	uint64_t lsn;
	struct journal_account key; /* when `keyed`: a row opened or changed it */
	bool keyed;
};

/* Is it a cardholder's purse? Learned from the row that opens it, or from account_view. */
enum { UNKNOWN, PURSE, NO_PURSE };

/* Last entry of a terminal within what was filled; terminal 0: free place. */
struct last_entry {
	uint32_t terminal;
	uint64_t lsn;
	int64_t posted_at_us;
};

/* Rows first…last of something; first 0: nothing. */
struct extent {
	uint64_t first, last;
};

struct views_filler {
	struct book_lookup originals;
	struct extent run; /* the newest of the index */
	bool has_run;      /* it was looked up */
	struct extent day; /* entries of `date` since the last flush */
	uint32_t date;
	struct last_entry terminals[TERMINALS_SIZE];
	uint32_t terminal_count;
	int cutover_s;
	uint8_t *purses; /* by account number */
	uint32_t purse_size;
	struct touched touched[TOUCHED_SIZE];
	uint32_t touched_count;
	struct day_total totals[TOTALS_SIZE]; /* business_date 0: free place */
	uint32_t total_count;
};

/* ---- purses ---- */

static result reserve_purses(struct views_filler *f, uint32_t no)
{
	uint32_t size = f->purse_size ? f->purse_size : 4096;
	uint8_t *purses;

	if (no < f->purse_size)
		return OK;
	while (size <= no)
		size *= 2;
	purses = realloc(f->purses, size);
	if (!purses)
		return FAIL(OUT_OF_MEMORY, "%u accounts", size);
	memset(purses + f->purse_size, UNKNOWN, size - f->purse_size);
	f->purses = purses;
	f->purse_size = size;
	return OK;
}

static result learn(struct views_filler *f, uint32_t no, uint32_t chart)
{
	TRY(reserve_purses(f, no));
	f->purses[no] = chart_is_purse((uint16_t)chart) ? PURSE : NO_PURSE;
	return OK;
}

static result is_purse(struct views_filler *f, struct db_tx *tx, uint32_t no, bool *out)
{
	int64_t chart;

	*out = false;
	if (no == 0)
		return OK;
	TRY(reserve_purses(f, no));
	if (f->purses[no] == UNKNOWN) {
		TRY(db_select_i64(tx, &sql_account_view_chart, DB_ARGS(db_arg_i64(no)), &chart));
		TRY(learn(f, no, (uint32_t)chart));
	}
	*out = f->purses[no] == PURSE;
	return OK;
}

/* ---- one row ---- */

static bool is_on_account(const struct journal_row *row)
{
	return row->kind == KIND_ACCOUNT_OPEN || row->kind == KIND_ACCOUNT_CHANGE;
}

void views_entry_of(const struct journal_row *row, int cutover_s, bool debit_is_purse,
                    bool credit_is_purse, struct entry *out)
{
	struct journal_business of = { 0 };
	enum result_code code = journal_code_find(row->code);

	if (!is_on_account(row))
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
	if (debit_is_purse) {
		out->holder = row->debit;
		out->balance = (struct money){ row->debit_balance_fen };
	} else if (credit_is_purse) {
		out->holder = row->credit;
		out->balance = (struct money){ row->credit_balance_fen };
	}
}

static bool moves_money(const struct journal_row *row)
{
	return row->code == 0 && row->debit && row->credit;
}

result views_total_of(const struct book_lookup *originals, const struct journal_row *row,
                      int cutover_s, struct day_total *out, bool *counts)
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
	TRY(originals->row(originals->arg, row->original_lsn, &original));
	out->undone = (enum event_kind)original.kind;
	return OK;
}

static result add_entry(struct db_tx *tx, const struct entry *e)
{
	return db_execute_later(
	        tx, &sql_entry_add,
	        DB_ARGS(db_arg_i64((int64_t)e->lsn), db_arg_i64((int64_t)e->original_lsn),
	                db_arg_i64(e->source), db_arg_i64((int64_t)e->number), db_arg_i64(e->kind),
	                db_arg_text(e->code), db_arg_i64(e->debit), db_arg_i64(e->credit),
	                db_arg_i64(e->amount.fen), db_arg_i64(e->holder),
	                db_arg_i64(e->balance.fen), db_arg_i64(e->card), db_arg_i64(e->merchant),
	                db_arg_i64(e->terminal), db_arg_i64(e->operator_id),
	                db_arg_i64(e->card_counter), db_arg_i64(e->event_time.us),
	                db_arg_i64(e->posted_at.us), db_arg_i64(e->event_date.yyyymmdd),
	                db_arg_i64(e->business_date.yyyymmdd), db_arg_i64(e->leg),
	                db_arg_i64(e->legs), db_arg_i64(e->flags), db_arg_i64(e->meal),
	                db_arg_i64(e->mode), db_arg_i64(e->park)));
}

/* ---- the index ---- */

static result know_run(struct views_filler *f, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	if (f->has_run)
		return OK;
	TRY(db_select(tx, &sql_entry_run_newest, DB_NO_ARGS, &rows));
	if (db_next(&rows))
		f->run = (struct extent){ (uint64_t)db_i64(&rows, 0), (uint64_t)db_i64(&rows, 1) };
	f->has_run = true;
	return db_done(&rows);
}

static result add_to_index(struct views_filler *f, struct db_tx *tx, const struct entry *e)
{
	int64_t value;

	for (enum views_facet facet = FACET_HOLDER; facet < FACET_LIMIT; facet++)
		if (views_facet_of(e, facet, &value))
			TRY(db_execute_later(tx, &sql_entry_index_add,
			                     DB_ARGS(db_arg_i64((int64_t)f->run.first),
			                             db_arg_i64(facet), db_arg_i64(value),
			                             db_arg_i64((int64_t)e->lsn))));
	return OK;
}

static result flush_run(struct views_filler *f, struct db_tx *tx)
{
	if (f->run.first == 0)
		return OK;
	return db_execute_later(
	        tx, &sql_entry_run_put,
	        DB_ARGS(db_arg_i64((int64_t)f->run.first), db_arg_i64((int64_t)f->run.last)));
}

static result begin_batch(struct views_filler *f, struct db_tx *tx, const struct journal_batch *b)
{
	TRY(know_run(f, tx));
	if (f->run.first == 0 || views_run_is_full(f->run.first, b->first_lsn)) {
		TRY(flush_run(f, tx));
		f->run.first = b->first_lsn;
	}
	f->run.last = b->last_lsn;
	return OK;
}

static result flush_day(struct views_filler *f, struct db_tx *tx)
{
	if (f->day.first == 0)
		return OK;
	TRY(db_execute_later(tx, &sql_entry_day_put,
	                     DB_ARGS(db_arg_i64(f->date), db_arg_i64((int64_t)f->day.first),
	                             db_arg_i64((int64_t)f->day.last))));
	f->day = (struct extent){ 0 };
	return OK;
}

static result note_day(struct views_filler *f, struct db_tx *tx, const struct journal_row *row)
{
	if (f->date != row->business_date)
		TRY(flush_day(f, tx));
	f->date = row->business_date;
	f->day.first = f->day.first ? f->day.first : row->lsn;
	f->day.last = row->lsn;
	return OK;
}

/* ---- gathered ---- */

static struct touched *touch(struct views_filler *f, uint32_t no, int64_t balance_fen, uint64_t lsn)
{
	uint32_t at = no * 2654435761U % TOUCHED_SIZE;
	struct touched *t;

	while (f->touched[at].no && f->touched[at].no != no)
		at = (at + 1) % TOUCHED_SIZE;
	t = &f->touched[at];
	f->touched_count += t->no == 0;
	t->no = no;
	t->balance_fen = balance_fen;
	t->lsn = lsn;
	return t;
}

static void touch_opened(struct views_filler *f, const struct journal_row *row)
{
	struct touched *t = touch(f, row->debit, row->debit_balance_fen, row->lsn);

	memcpy(&t->key, row->business, sizeof t->key);
	t->park = row->park;
	t->keyed = true;
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

static result flush_account(const struct touched *t, struct db_tx *tx)
{
	if (!t->keyed)
		return db_execute_later(tx, &sql_account_view_move,
		                        DB_ARGS(db_arg_i64(t->no), db_arg_i64(t->balance_fen),
		                                db_arg_i64((int64_t)t->lsn)));
	return db_execute_later(tx, &sql_account_view_put,
	                        DB_ARGS(db_arg_i64(t->no), db_arg_i64(t->key.chart),
	                                db_arg_i64(t->park), db_arg_i64((int64_t)t->key.key1),
	                                db_arg_i64((int64_t)t->key.key2),
	                                db_arg_i64(t->balance_fen), db_arg_i64((int64_t)t->lsn)));
}

static result flush_accounts(struct views_filler *f, struct db_tx *tx)
{
	for (uint32_t i = 0; i < TOUCHED_SIZE && f->touched_count > 0; i++) {
		struct touched *t = &f->touched[i];

		if (t->no == 0)
			continue;
		TRY(flush_account(t, tx));
		*t = (struct touched){ 0 };
		f->touched_count--;
	}
	return OK;
}

static void note_terminal(struct views_filler *f, const struct entry *e)
{
	uint32_t at = e->terminal * 2654435761U % TERMINALS_SIZE;

	if (e->terminal == 0)
		return;
	while (f->terminals[at].terminal && f->terminals[at].terminal != e->terminal)
		at = (at + 1) % TERMINALS_SIZE;
	f->terminal_count += f->terminals[at].terminal == 0;
	f->terminals[at] = (struct last_entry){ e->terminal, e->lsn, e->posted_at.us };
}

static result flush_terminals(struct views_filler *f, struct db_tx *tx)
{
	for (uint32_t i = 0; i < TERMINALS_SIZE && f->terminal_count > 0; i++) {
		struct last_entry *t = &f->terminals[i];

		if (t->terminal == 0)
			continue;
		TRY(db_execute_later(tx, &sql_terminal_view_put,
		                     DB_ARGS(db_arg_i64(t->terminal), db_arg_i64((int64_t)t->lsn),
		                             db_arg_i64(t->posted_at_us))));
		*t = (struct last_entry){ 0 };
		f->terminal_count--;
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

result views_flush(struct views_filler *f, struct db_tx *tx)
{
	TRY(flush_run(f, tx));
	TRY(flush_day(f, tx));
	TRY(flush_terminals(f, tx));
	TRY(flush_accounts(f, tx));
	return flush_totals(f, tx);
}

/* ---- filling ---- */

static result entry_of(struct views_filler *f, struct db_tx *tx, const struct journal_row *row,
                       struct entry *out)
{
	struct journal_account key;
	bool debit, credit;

	if (is_on_account(row)) {
		memcpy(&key, row->business, sizeof key);
		TRY(learn(f, row->debit, key.chart));
		touch_opened(f, row);
	}
	TRY(is_purse(f, tx, row->debit, &debit));
	TRY(is_purse(f, tx, row->credit, &credit));
	views_entry_of(row, f->cutover_s, debit, credit, out);
	return OK;
}

static result gather(struct views_filler *f, const struct journal_row *row, const struct entry *e)
{
	struct day_total total;
	bool counts;

	TRY(views_total_of(&f->originals, row, f->cutover_s, &total, &counts));
	if (!counts)
		return OK;
	if (row->debit != e->holder)
		touch(f, row->debit, row->debit_balance_fen, row->lsn);
	if (row->credit != e->holder)
		touch(f, row->credit, row->credit_balance_fen, row->lsn);
	sum_up(f, &total);
	return OK;
}

static result fill_row(struct views_filler *f, struct db_tx *tx, const struct journal_row *row)
{
	struct entry e;

	TRY(entry_of(f, tx, row, &e));
	TRY(add_entry(tx, &e));
	TRY(add_to_index(f, tx, &e));
	TRY(note_day(f, tx, row));
	note_terminal(f, &e);
	TRY(gather(f, row, &e));
	if (f->touched_count > TOUCHED_SIZE / 2 || f->total_count > TOTALS_SIZE / 2 ||
	    f->terminal_count > TERMINALS_SIZE / 2)
		return views_flush(f, tx);
	return OK;
}

result views_fill(struct views_filler *f, struct db_tx *tx, const struct journal_batch *b)
{
	TRY(begin_batch(f, tx, b));
	for (uint64_t i = 0; i < journal_batch_rows(b); i++)
		TRY(fill_row(f, tx, &b->rows[i]));
	return OK;
}

result views_state_save(struct db_tx *tx, const struct views_state *state, uint64_t from)
{
	int64_t changed;

	TRY(db_execute(tx, &sql_view_state_save,
	               DB_ARGS(db_arg_i64((int64_t)state->lsn), db_arg_i64(state->cutover_s),
	                       db_arg_bytes(bytes_of(state->hash, sizeof state->hash)),
	                       db_arg_i64((int64_t)from)),
	               &changed));
	if (changed != 1)
		return FAIL(LEDGER_FENCED, "somebody else fills the views");
	return OK;
}

result views_clear(struct db_tx *tx)
{
	static const struct db_statement *const all[] = {
		&sql_entry_clear,     &sql_entry_run_clear,    &sql_entry_index_clear,
		&sql_entry_day_clear, &sql_account_view_clear, &sql_terminal_view_clear,
		&sql_day_total_clear,
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		TRY(db_execute(tx, all[i], DB_NO_ARGS, NULL));
	return OK;
}

result views_filler_create(const struct book_lookup *originals, int cutover_s,
                           struct views_filler **out)
{
	struct views_filler *f = calloc(1, sizeof *f);

	if (!f)
		return FAIL(OUT_OF_MEMORY, "views");
	f->originals = *originals;
	f->cutover_s = cutover_s;
	*out = f;
	return OK;
}

void views_filler_destroy(struct views_filler *f)
{
	if (!f)
		return;
	free(f->purses);
	free(f);
}
