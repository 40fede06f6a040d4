/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the views. */
#include "ledger/views.h"
#include "ledger/store_sql.h"
#include "ledger/views_sql.h"

#include <inttypes.h>
#include <string.h>

enum { VIEWS_CHAIN_MAX = 200 };

/* The columns of every entry statement, in their order. */
void views_read_entry(struct db_rows *rows, struct entry *e)
{
	*e = (struct entry){
		.lsn = (uint64_t)db_i64(rows, 0),
		.original_lsn = (uint64_t)db_i64(rows, 1),
		.source = db_u32(rows, 2),
		.number = (uint64_t)db_i64(rows, 3),
		.kind = (enum event_kind)db_u32(rows, 4),
		.debit = db_u32(rows, 6),
		.credit = db_u32(rows, 7),
		.amount = { db_i64(rows, 8) },
		.holder = db_u32(rows, 9),
		.balance = { db_i64(rows, 10) },
		.card = db_u32(rows, 11),
		.merchant = db_u32(rows, 12),
		.terminal = db_u32(rows, 13),
		.operator_id = db_u32(rows, 14),
		.card_counter = db_u32(rows, 15),
		.event_time = { db_i64(rows, 16) },
		.posted_at = { db_i64(rows, 17) },
		.event_date = { db_u32(rows, 18) },
		.business_date = { db_u32(rows, 19) },
		.leg = (uint8_t)db_u32(rows, 20),
		.legs = (uint8_t)db_u32(rows, 21),
		.flags = (uint8_t)db_u32(rows, 22),
		.meal = (uint8_t)db_u32(rows, 23),
		.mode = (uint8_t)db_u32(rows, 24),
		.park = db_u32(rows, 25),
	};
	db_text(rows, 5, e->code, sizeof e->code);
}

static result read_entries(struct db_rows *rows, uint32_t limit, struct entries *out)
{
	while (out->count < limit && db_next(rows))
		views_read_entry(rows, &out->at[out->count++]);
	return db_done(rows);
}

int64_t views_key_value(uint32_t source, uint64_t number)
{
	return (int64_t)(number ^ source * UINT64_C(0x9E3779B97F4A7C15));
}

bool views_facet_of(const struct entry *e, enum views_facet facet, int64_t *value)
{
	switch (facet) {
	case FACET_HOLDER:
		*value = e->holder;
		return e->holder != 0;
	case FACET_CARD:
		*value = e->card;
		return e->card != 0;
	case FACET_MERCHANT:
		*value = e->merchant;
		return e->merchant != 0;
	case FACET_TERMINAL:
		*value = e->terminal;
		return e->terminal != 0;
	case FACET_KEY:
		*value = views_key_value(e->source, e->number);
		return e->source != 0 && e->leg == 0;
	default:
		return false;
	}
}

/* The facet that leaves the fewest entries; 0: none. */
static enum views_facet facet_for(const struct entry_filter *f, int64_t *value)
{
	const struct {
		uint32_t value;
		enum views_facet facet;
	} by[] = {
		{ f->holder, FACET_HOLDER },
		{ f->card, FACET_CARD },
		{ f->terminal, FACET_TERMINAL },
		{ f->merchant, FACET_MERCHANT },
	};

	for (size_t i = 0; i < ARRAY_LEN(by); i++) {
		*value = by[i].value;
		if (by[i].value)
			return by[i].facet;
	}
	return (enum views_facet)0;
}

/* Rows below `before` and not below `from`: what the filter and its days leave. */
struct span {
	int64_t before, from;
};

static result span_of(struct db_tx *tx, const struct entry_filter *f, int64_t to_date,
                      struct span *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	int64_t last;

	*out = (struct span){ f->before ? (int64_t)f->before : INT64_MAX, 0 };
	if (f->business_from.yyyymmdd == 0 && f->business_to.yyyymmdd == 0)
		return OK;
	TRY(db_select(tx, &sql_entry_days,
	              DB_ARGS(db_arg_i64(f->business_from.yyyymmdd), db_arg_i64(to_date)), &rows));
	if (db_next(&rows)) {
		out->from = db_i64(&rows, 0);
		last = db_i64(&rows, 1);
		out->before = last + 1 < out->before ? last + 1 : out->before;
	}
	return db_done(&rows);
}

result views_list(struct db_tx *tx, const struct entry_filter *f, struct arena *a,
                  struct entries *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	const int64_t to = f->business_to.yyyymmdd ? f->business_to.yyyymmdd : UINT32_MAX;
	uint32_t limit = f->limit == 0 ? 50 : f->limit;
	struct db_args args;
	struct span span;
	int64_t value;
	enum views_facet facet = facet_for(f, &value);

	if (limit > VIEWS_PAGE_MAX)
		limit = VIEWS_PAGE_MAX;
	TRY(span_of(tx, f, to, &span));
	args = DB_ARGS(db_arg_i64(span.before), db_arg_i64(span.from),
	               db_arg_i64(f->business_from.yyyymmdd), db_arg_i64(to), db_arg_i64(f->kind),
	               db_arg_i64(f->declined_too ? 1 : 0), db_arg_i64(f->card),
	               db_arg_i64(f->merchant), db_arg_i64(f->terminal),
	               db_arg_i64((int64_t)limit + 1), db_arg_i64(facet), db_arg_i64(value));
	if (!facet)
		args.count -= 2; /* only the other statement has them */
	*out = (struct entries){ .at = arena_array(a, limit + 1, sizeof *out->at) };
	TRY(db_select(tx, facet ? &sql_entry_by_facet : &sql_entry_latest, args, &rows));
	TRY(read_entries(&rows, limit + 1, out));
	if (out->count > limit) {
		out->count = limit;
		out->next = out->at[limit - 1].lsn;
	}
	return OK;
}

/* ---- chains ---- */

static result append_range(struct db_tx *tx, uint64_t from, uint64_t to, struct entries *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_entry_range,
	              DB_ARGS(db_arg_i64((int64_t)from), db_arg_i64((int64_t)to)), &rows));
	return read_entries(&rows, VIEWS_CHAIN_MAX, out);
}

static result append_undoing(struct db_tx *tx, uint64_t lsn, struct entries *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_entry_undoing,
	              DB_ARGS(db_arg_i64((int64_t)lsn), db_arg_i64(VIEWS_CHAIN_MAX)), &rows));
	return read_entries(&rows, VIEWS_CHAIN_MAX, out);
}

/* The rows of the event that a row belongs to. */
static result append_event(struct db_tx *tx, uint64_t lsn, struct entries *out)
{
	size_t at = out->count;
	uint64_t first;

	TRY(append_range(tx, lsn, lsn, out));
	if (out->count == at)
		return FAIL(LEDGER_ROW_UNKNOWN, "row %" PRIu64 " is not in the views", lsn);
	first = lsn - out->at[at].leg;
	out->count = at;
	return append_range(tx, first, first + out->at[at].legs - 1, out);
}

/* Up to the event that nothing was before. */
static result root_of(struct db_tx *tx, uint64_t lsn, struct arena *a, uint64_t *root)
{
	struct entries one = { .at = arena_array(a, VIEWS_CHAIN_MAX, sizeof *one.at) };

	*root = lsn;
	for (int depth = 0; depth < VIEWS_CHAIN_MAX; depth++) {
		one.count = 0;
		TRY(append_event(tx, *root, &one));
		*root = one.at[0].lsn;
		if (one.at[0].original_lsn == 0)
			return OK;
		*root = one.at[0].original_lsn;
	}
	return OK;
}

result views_chain(struct db_tx *tx, uint64_t lsn, struct arena *a, struct entries *out)
{
	uint64_t root;

	*out = (struct entries){ .at = arena_array(a, VIEWS_CHAIN_MAX, sizeof *out->at) };
	TRY(root_of(tx, lsn, a, &root));
	TRY(append_event(tx, root, out));
	for (size_t i = 0; i < out->count && out->count < VIEWS_CHAIN_MAX; i++)
		if (out->at[i].leg == 0)
			TRY(append_undoing(tx, out->at[i].lsn, out));
	return OK;
}

result views_event(struct db_tx *tx, uint64_t lsn, struct arena *a, struct entries *out)
{
	*out = (struct entries){ .at = arena_array(a, VIEWS_CHAIN_MAX, sizeof *out->at) };
	return append_event(tx, lsn, out);
}

result views_key_find(struct db_tx *tx, uint32_t source, uint64_t number, uint64_t *lsn)
{
	int64_t found = 0;
	result r = db_select_i64(tx, &sql_entry_key_find,
	                         DB_ARGS(db_arg_i64(FACET_KEY),
	                                 db_arg_i64(views_key_value(source, number)),
	                                 db_arg_i64(source), db_arg_i64((int64_t)number)),
	                         &found);

	*lsn = is_ok(r) ? (uint64_t)found : 0;
	return r.code == DB_NO_ROW ? OK : r;
}

/* ---- batches and days ---- */

static void read_batch(struct db_rows *rows, struct journal_batch *b)
{
	*b = (struct journal_batch){
		.first_lsn = (uint64_t)db_i64(rows, 0),
		.last_lsn = (uint64_t)db_i64(rows, 1),
		.no = (uint64_t)db_i64(rows, 2),
		.posted_at_us = db_i64(rows, 3),
		.epoch = (uint64_t)db_i64(rows, 4),
	};
	db_fixed(rows, 5, b->previous, JOURNAL_HASH_SIZE);
	db_fixed(rows, 6, b->hash, JOURNAL_HASH_SIZE);
}

result views_batch(struct db_tx *tx, uint64_t lsn, struct journal_batch *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_ledger_batch_of, DB_ARGS(db_arg_i64((int64_t)lsn)), &rows));
	if (db_next(&rows))
		read_batch(&rows, out);
	else
		*out = (struct journal_batch){ 0 };
	TRY(db_done(&rows));
	if (lsn == 0 || out->last_lsn < lsn)
		return FAIL(LEDGER_ROW_UNKNOWN, "row %" PRIu64, lsn);
	return OK;
}

result views_batches(struct db_tx *tx, uint32_t limit, struct arena *a, struct views_batches *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	if (limit > VIEWS_PAGE_MAX)
		limit = VIEWS_PAGE_MAX;
	*out = (struct views_batches){ .at = arena_array(a, limit, sizeof *out->at) };
	TRY(db_select(tx, &sql_views_batch_list, DB_ARGS(db_arg_i64(limit)), &rows));
	while (out->count < limit && db_next(&rows))
		read_batch(&rows, &out->at[out->count++]);
	return db_done(&rows);
}

result views_days(struct db_tx *tx, uint32_t limit, struct arena *a, struct views_days *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	if (limit > VIEWS_PAGE_MAX)
		limit = VIEWS_PAGE_MAX;
	*out = (struct views_days){ .at = arena_array(a, limit, sizeof *out->at) };
	TRY(db_select(tx, &sql_ledger_day_list, DB_ARGS(db_arg_i64(limit)), &rows));
	while (out->count < limit && db_next(&rows))
		store_day_of(&rows, &out->at[out->count++]);
	return db_done(&rows);
}

result views_day_totals(struct db_tx *tx, struct bizdate from, struct bizdate to, struct arena *a,
                        struct day_totals *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	size_t size = 0;

	*out = (struct day_totals){ 0 };
	TRY(db_select(tx, &sql_day_total_list,
	              DB_ARGS(db_arg_i64(from.yyyymmdd), db_arg_i64(to.yyyymmdd)), &rows));
	while (db_next(&rows)) {
		if (out->count == size) {
			struct day_total *more = arena_array(a, size ? size * 2 : 64, sizeof *more);

			if (size)
				memcpy(more, out->at, size * sizeof *more);
			out->at = more;
			size = size ? size * 2 : 64;
		}
		views_read_total(&rows, &out->at[out->count++]);
	}
	return db_done(&rows);
}

void views_read_total(struct db_rows *rows, struct day_total *t)
{
	*t = (struct day_total){
		.business_date = { db_u32(rows, 0) },
		.event_date = { db_u32(rows, 1) },
		.kind = (enum event_kind)db_u32(rows, 2),
		.undone = (enum event_kind)db_u32(rows, 3),
		.merchant = db_u32(rows, 4),
		.count = (uint64_t)db_i64(rows, 5),
		.sum = { db_i64(rows, 6) },
	};
}

/* ---- accounts ---- */

void views_read_account(struct db_rows *rows, struct account_view *v)
{
	*v = (struct account_view){
		.no = db_u32(rows, 0),
		.key = { db_u32(rows, 1), db_u32(rows, 2), (uint64_t)db_i64(rows, 3),
		         (uint64_t)db_i64(rows, 4) },
		.balance = { db_i64(rows, 5) },
		.last_lsn = (uint64_t)db_i64(rows, 6),
	};
}

static result account_of(struct db_tx *tx, uint32_t no, struct account_view *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_account_view_load, DB_ARGS(db_arg_i64(no)), &rows));
	if (!db_next(&rows)) {
		TRY(db_done(&rows));
		return FAIL(LEDGER_ACCOUNT_UNKNOWN, "account %u is not in the views", no);
	}
	views_read_account(&rows, out);
	return db_done(&rows);
}

/* An entry tells the balance of its holder: the newest one behind the row account_view knows of. */
result views_account(struct db_tx *tx, uint32_t no, struct account_view *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(account_of(tx, no, out));
	if (!chart_is_purse(out->key.chart))
		return OK;
	TRY(db_select(tx, &sql_entry_balance,
	              DB_ARGS(db_arg_i64(FACET_HOLDER), db_arg_i64(no),
	                      db_arg_i64((int64_t)out->last_lsn)),
	              &rows));
	if (db_next(&rows)) {
		out->balance.fen = db_i64(&rows, 0);
		out->last_lsn = (uint64_t)db_i64(&rows, 1);
	}
	return db_done(&rows);
}

result views_state(struct db_tx *tx, struct views_state *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct views_state){ 0 };
	TRY(db_select(tx, &sql_view_state_load, DB_NO_ARGS, &rows));
	if (db_next(&rows)) {
		out->lsn = (uint64_t)db_i64(&rows, 0);
		out->cutover_s = (int)db_i64(&rows, 1);
		db_fixed(&rows, 2, out->hash, sizeof out->hash);
	}
	return db_done(&rows);
}

result views_watermark(struct db_tx *tx, uint64_t *lsn)
{
	struct views_state state;

	TRY(views_state(tx, &state));
	*lsn = state.lsn;
	return OK;
}
