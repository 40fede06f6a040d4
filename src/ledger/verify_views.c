/* SPDX-License-Identifier: Apache-2.0 */
/* The views against the journal: entries row by row, sums and balances at the watermark. */
#include "ledger/verify_state.h"
#include "ledger/views_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS_AT_ONCE = 1024 };

/* ---- entries ---- */

struct column {
	const char *name;
	int64_t have, want;
};

static result compare_entry(struct verifying *v, uint64_t batch, const struct entry *have,
                            const struct entry *want)
{
#define COLUMN(member)                                                                             \
	{                                                                                          \
#member, (int64_t)have->member, (int64_t)want->member                              \
	}
	const struct column columns[] = {
		COLUMN(original_lsn),
		COLUMN(source),
		COLUMN(number),
		COLUMN(kind),
		COLUMN(debit),
		COLUMN(credit),
		{ "amount_fen", have->amount.fen, want->amount.fen },
		COLUMN(holder),
		{ "balance_fen", have->balance.fen, want->balance.fen },
		COLUMN(card),
		COLUMN(merchant),
		COLUMN(terminal),
		COLUMN(operator_id),
		COLUMN(card_counter),
		{ "event_time_us", have->event_time.us, want->event_time.us },
		{ "posted_at_us", have->posted_at.us, want->posted_at.us },
		{ "event_date", have->event_date.yyyymmdd, want->event_date.yyyymmdd },
		{ "business_date", have->business_date.yyyymmdd, want->business_date.yyyymmdd },
		COLUMN(leg),
		COLUMN(legs),
		COLUMN(flags),
		COLUMN(meal),
		COLUMN(mode),
		COLUMN(park),
	};
#undef COLUMN
	const struct column *c;

	EACH (c, columns) {
		if (c->have != c->want)
			return verify_differs(v, VERIFY_AT("entry", batch, want->lsn, c->name),
			                      "%" PRId64 ", the journal says %" PRId64, c->have,
			                      c->want);
	}
	if (strcmp(have->code, want->code) != 0)
		return verify_differs(v, VERIFY_AT("entry", batch, want->lsn, "code"),
		                      "%s, the journal says %s", have->code, want->code);
	return OK;
}

static size_t hash_of(const struct day_total *t)
{
	return t->merchant * (size_t)2654435761U + t->event_date.yyyymmdd * (size_t)40503U +
	       t->business_date.yyyymmdd * (size_t)97U + (size_t)t->kind * 31 + (size_t)t->undone;
}

static bool same_key(const struct day_total *a, const struct day_total *b)
{
	return a->business_date.yyyymmdd == b->business_date.yyyymmdd &&
	       a->event_date.yyyymmdd == b->event_date.yyyymmdd && a->kind == b->kind &&
	       a->undone == b->undone && a->merchant == b->merchant;
}

static struct day_total *sum_place(const struct verify_sums *s, const struct day_total *key)
{
	size_t at = hash_of(key) % s->size;

	while (s->at[at].business_date.yyyymmdd && !same_key(&s->at[at], key))
		at = (at + 1) % s->size;
	return &s->at[at];
}

static result sums_grow(struct verify_sums *s)
{
	struct verify_sums bigger = { .size = s->size ? s->size * 2 : 1024 };

	if (s->count < s->size / 2)
		return OK;
	bigger.at = calloc(bigger.size, sizeof *bigger.at);
	if (!bigger.at)
		return FAIL(OUT_OF_MEMORY, "%zu sums", bigger.size);
	for (size_t i = 0; i < s->size; i++)
		if (s->at[i].business_date.yyyymmdd)
			*sum_place(&bigger, &s->at[i]) = s->at[i];
	bigger.count = s->count;
	free(s->at);
	*s = bigger;
	return OK;
}

static result sum_up(struct verifying *v, const struct journal_row *row)
{
	struct day_total t;
	struct day_total *place;
	bool counts;

	TRY(views_total_of(&v->lookup, row, v->cutover_s, &t, &counts));
	if (!counts)
		return OK;
	TRY(sums_grow(&v->sums));
	place = sum_place(&v->sums, &t);
	if (place->business_date.yyyymmdd == 0) {
		*place = t;
		v->sums.count++;
		return OK;
	}
	place->count += t.count;
	place->sum.fen += t.sum.fen;
	return OK;
}

/* What account_view should say of an account after this row. */
static result expect(struct verifying *v, uint32_t no, int64_t balance_fen, uint64_t lsn)
{
	if (no > v->balance_size) {
		uint32_t size = v->balance_size ? v->balance_size : 1024;
		struct verify_balance *balances;

		while (size < no)
			size *= 2;
		balances = realloc(v->balances, size * sizeof *balances);
		if (!balances)
			return FAIL(OUT_OF_MEMORY, "%u balances", size);
		v->balances = balances;
		v->balance_size = size;
	}
	for (; v->balance_count < no; v->balance_count++)
		v->balances[v->balance_count] = (struct verify_balance){ 0, 0 };
	v->balances[no - 1] = (struct verify_balance){ balance_fen, lsn };
	return OK;
}

static bool is_purse(const struct verifying *v, uint32_t no)
{
	const struct book_account *a = book_account(v->book, no);

	return a && chart_is_purse(a->chart);
}

/* The entry itself tells its holder's balance. */
static result expect_row(struct verifying *v, const struct journal_row *row, const struct entry *e)
{
	if (row->kind == KIND_ACCOUNT_OPEN || row->kind == KIND_ACCOUNT_CHANGE)
		return expect(v, row->debit, row->debit_balance_fen, row->lsn);
	if (row->code || !row->debit || !row->credit)
		return OK;
	if (row->debit != e->holder)
		TRY(expect(v, row->debit, row->debit_balance_fen, row->lsn));
	return row->credit == e->holder ? OK
	                                : expect(v, row->credit, row->credit_balance_fen, row->lsn);
}

static result compare_range(struct verifying *v, const struct journal_batch *b, uint64_t from,
                            uint64_t to)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct entry have, want;
	uint64_t lsn = from;

	TRY(db_select(v->store->ops->tx(v->store), &sql_entry_range,
	              DB_ARGS(db_arg_i64((int64_t)from), db_arg_i64((int64_t)to)), &rows));
	for (; lsn <= to && db_next(&rows); lsn++) {
		const struct journal_row *row = &b->rows[lsn - b->first_lsn];

		views_read_entry(&rows, &have);
		TRY(db_done(&rows));
		if (have.lsn != lsn)
			return verify_differs(v, VERIFY_AT("entry", b->no, lsn, "lsn"),
			                      "row %" PRIu64 " stands in its place", have.lsn);
		views_entry_of(row, v->cutover_s, is_purse(v, row->debit), is_purse(v, row->credit),
		               &want);
		TRY(compare_entry(v, b->no, &have, &want));
		TRY(verify_index_entry(&v->index, &want));
		TRY(sum_up(v, row));
		TRY(expect_row(v, row, &want));
		v->opened += row->kind == KIND_ACCOUNT_OPEN;
		v->report->entries++;
	}
	TRY(db_done(&rows));
	if (lsn <= to)
		return verify_differs(v, VERIFY_AT("entry", b->no, lsn, "lsn"),
		                      "row %" PRIu64 " is missing", lsn);
	v->views_done = to;
	return OK;
}

result verify_views_rows(struct verifying *v, const struct journal_batch *b)
{
	uint64_t from = v->views_done + 1 > b->first_lsn ? v->views_done + 1 : b->first_lsn;
	uint64_t to = b->last_lsn < v->views_lsn ? b->last_lsn : v->views_lsn;

	if (!v->has_views || from > to)
		return OK;
	if (from == b->first_lsn)
		TRY(verify_index_batch(&v->index, b));
	return compare_range(v, b, from, to);
}

result verify_views_begin(struct verifying *v)
{
	struct db_tx *tx = v->store->ops->tx(v->store);
	struct views_state state;
	struct journal_batch last;

	v->has_views = tx != NULL;
	if (!v->has_views)
		return OK;
	TRY(v->store->ops->last(v->store, &last));
	TRY(views_state(tx, &state));
	v->views_lsn = state.lsn;
	v->cutover_s = state.cutover_s;
	if (v->views_lsn > last.last_lsn)
		return verify_differs(v, VERIFY_AT("view_state", 0, 0, "lsn"),
		                      "%" PRIu64 ", the journal ends at %" PRIu64, v->views_lsn,
		                      last.last_lsn);
	return OK;
}

/* ---- sums and balances ---- */

static result check_sums(struct verifying *v, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct day_total have;
	size_t count = 0;

	TRY(db_select(tx, &sql_day_total_list, DB_ARGS(db_arg_i64(0), db_arg_i64(UINT32_MAX)),
	              &rows));
	while (db_next(&rows)) {
		const struct day_total *want;

		views_read_total(&rows, &have);
		TRY(db_done(&rows));
		TRY(sums_grow(&v->sums));
		want = sum_place(&v->sums, &have);
		if (want->business_date.yyyymmdd == 0)
			return verify_differs(
			        v, VERIFY_AT("day_total", 0, have.business_date.yyyymmdd, "key"),
			        "kind %d merchant %u has no events in the journal", (int)have.kind,
			        have.merchant);
		if (have.count != want->count || have.sum.fen != want->sum.fen)
			return verify_differs(
			        v,
			        VERIFY_AT("day_total", 0, have.business_date.yyyymmdd,
			                  have.count != want->count ? "events" : "sum_fen"),
			        "%" PRIu64 " events of %" PRId64 ", the journal says %" PRIu64
			        " of %" PRId64,
			        have.count, have.sum.fen, want->count, want->sum.fen);
		count++;
	}
	TRY(db_done(&rows));
	if (count != v->sums.count)
		return verify_differs(v, VERIFY_AT("day_total", 0, 0, "count"),
		                      "%zu sums, the journal makes %zu", count, v->sums.count);
	return OK;
}

static result check_account(struct verifying *v, const struct account_view *have)
{
	const struct book_account *a = book_account(v->book, have->no);
	const struct verify_balance *want;
	const char *field = NULL;

	if (!a)
		return verify_differs(v, VERIFY_AT("account_view", 0, have->no, "no"),
		                      "there is no account %u", have->no);
	if (have->no > v->balance_count)
		return verify_differs(v, VERIFY_AT("account_view", 0, have->no, "no"),
		                      "account %u was opened behind the watermark", have->no);
	want = &v->balances[have->no - 1];
	if (have->key.chart != a->chart)
		field = "chart";
	else if (have->key.park != a->park)
		field = "park";
	else if (have->key.key1 != a->key1)
		field = "key1";
	else if (have->key.key2 != a->key2)
		field = "key2";
	else if (have->last_lsn != want->lsn)
		field = "last_lsn";
	else if (have->balance.fen != want->fen)
		field = "balance_fen";
	if (field)
		return verify_differs(v, VERIFY_AT("account_view", 0, have->no, field),
		                      "account %u: balance %" PRId64 " at row %" PRIu64
		                      ", the journal says %" PRId64 " at row %" PRIu64,
		                      have->no, have->balance.fen, have->last_lsn, want->fen,
		                      want->lsn);
	return OK;
}

static result some_accounts(struct verifying *v, struct db_tx *tx, uint32_t *next, uint32_t *seen)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct account_view have;
	uint32_t from = *next;

	TRY(db_select(tx, &sql_account_view_list,
	              DB_ARGS(db_arg_i64(from), db_arg_i64(ACCOUNTS_AT_ONCE)), &rows));
	while (db_next(&rows)) {
		views_read_account(&rows, &have);
		TRY(db_done(&rows));
		TRY(check_account(v, &have));
		*next = have.no;
		++*seen;
	}
	TRY(db_done(&rows));
	if (*next == from)
		*next = 0;
	return OK;
}

static result check_accounts(struct verifying *v, struct db_tx *tx)
{
	uint32_t next = 0, seen = 0;

	do
		TRY(some_accounts(v, tx, &next, &seen));
	while (next);
	if (seen != v->opened)
		return verify_differs(v, VERIFY_AT("account_view", 0, 0, "count"),
		                      "%u accounts, the journal opened %u", seen, v->opened);
	return OK;
}

static result compare_batch(void *arg, const struct journal_batch *b)
{
	struct verifying *v = arg;

	return b->rows ? verify_views_rows(v, b) : OK;
}

result verify_views_end(struct verifying *v)
{
	struct db_tx *tx = v->store->ops->tx(v->store);
	int64_t beyond;

	if (!v->has_views)
		return OK;
	if (v->views_done < v->views_lsn)
		TRY(v->store->ops->batches(v->store, v->views_done + 1, compare_batch, v));
	TRY(db_select_i64(tx, &sql_entry_beyond, DB_ARGS(db_arg_i64((int64_t)v->views_lsn)),
	                  &beyond));
	if (beyond)
		return verify_differs(v, VERIFY_AT("entry", 0, v->views_lsn + 1, "lsn"),
		                      "%" PRId64 " rows behind the watermark", beyond);
	TRY(verify_index_end(v, tx));
	TRY(check_sums(v, tx));
	return check_accounts(v, tx);
}

void verify_views_free(struct verifying *v)
{
	verify_index_free(&v->index);
	free(v->sums.at);
	free(v->balances);
}
