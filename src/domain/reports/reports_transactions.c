/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reports/reports.h"

#include "domain/reports/reports_sql.h"

enum { PURSES_MAX = 4 };

/* --- a page of events --- */

/* What a filter asks that no index answers. */
static bool passes(const struct reports_filter *f, const struct entry *e)
{
	bool refused = strcmp(e->code, "SUCCESS") != 0;

	if (f->only_done && refused)
		return false;
	if (f->only_refused && !refused)
		return false;
	if (f->code.len > 0 && !str_equal(f->code, str_of(e->code)))
		return false;
	if (f->kind != KIND_NONE && e->kind != f->kind)
		return false;
	if (f->merchant != 0 && e->merchant != f->merchant)
		return false;
	if (f->terminal != 0 && e->terminal != f->terminal)
		return false;
	if (f->from.yyyymmdd != 0 && e->business_date.yyyymmdd < f->from.yyyymmdd)
		return false;
	return f->to.yyyymmdd == 0 || e->business_date.yyyymmdd <= f->to.yyyymmdd;
}

static bool amount_passes(const struct reports_filter *f, struct money amount)
{
	return amount.fen >= f->min_fen && (f->max_fen == 0 || amount.fen <= f->max_fen);
}

/* One run through the view: by one holder account, or by the index of another filter. */
struct run {
	struct entry_filter filter;
	struct entries got;
	size_t at;
	bool over;
};

static result run_peek(struct db_tx *tx, struct run *r, struct arena *a, const struct entry **out)
{
	*out = NULL;
	while (!r->over && r->at == r->got.count) {
		TRY(views_list(tx, &r->filter, a, &r->got));
		r->filter.limit = VIEWS_PAGE_MAX; /* what was not in the first handful may be far */
		r->at = 0;
		r->over = r->got.count == 0;
		if (r->got.count > 0)
			r->filter.before = r->got.at[r->got.count - 1].lsn;
	}
	if (!r->over)
		*out = &r->got.at[r->at];
	return OK;
}

/* The newest row of all runs, taken from its run; NULL at the end. */
static result runs_next(struct db_tx *tx, struct run *runs, size_t n, struct arena *a,
                        const struct entry **out)
{
	struct run *best = NULL;

	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct entry *e;

		TRY(run_peek(tx, &runs[i], a, &e));
		if (e && (!*out || e->lsn > (*out)->lsn)) {
			*out = e;
			best = &runs[i];
		}
	}
	if (best)
		best->at++;
	return OK;
}

static struct entry_filter base_filter(const struct reports_filter *f)
{
	return (struct entry_filter){
		.merchant = (uint32_t)f->merchant,
		.terminal = (uint32_t)f->terminal,
		.business_from = f->from,
		.business_to = f->to,
		.kind = f->kind,
		.declined_too = !f->only_done,
		.before = f->before,
		.limit = 2 * f->limit + 2,
	};
}

/* A run for each purse of the person; none when there is no such person. */
static result runs_of_person(struct db_tx *tx, const struct reports_filter *f,
                             struct run runs[PURSES_MAX], size_t *n)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_reports_purses, DB_ARGS(db_arg_i64(f->person)), &rows));
	while (*n < PURSES_MAX && db_next(&rows)) {
		runs[*n] = (struct run){ .filter = base_filter(f) };
		runs[(*n)++].filter.holder = db_u32(&rows, 0);
	}
	return db_done(&rows);
}

static result runs_of(struct db_tx *tx, const struct reports_filter *f, struct run runs[PURSES_MAX],
                      size_t *n)
{
	struct card card;
	bool found = true;

	*n = 0;
	if (f->person != 0)
		return runs_of_person(tx, f, runs, n);
	runs[0] = (struct run){ .filter = base_filter(f) };
	if (f->card_no.len > 0) {
		TRY(card_find(tx, f->card_no, &card, &found));
		runs[0].filter.card = found ? (uint32_t)card.id : 0;
	}
	*n = found ? 1 : 0;
	return OK;
}

/* The first row of the event, and the sum of all. */
static result event_of(struct db_tx *tx, const struct entry *e, struct arena *a,
                       struct entry *first, struct money *sum)
{
	struct entries legs;

	*first = *e;
	*sum = e->amount;
	if (e->legs <= 1)
		return OK;
	TRY(views_event(tx, e->lsn, a, &legs));
	*first = legs.at[0];
	sum->fen = 0;
	for (size_t i = 0; i < legs.count; i++)
		TRY(money_add(*sum, legs.at[i].amount, sum));
	return OK;
}

/* The card filter meets a person filter only here. */
static bool card_passes(const struct run *runs, const struct reports_filter *f,
                        const struct entry *e)
{
	return f->person == 0 || f->card_no.len == 0 || e->card == runs[0].filter.card;
}

result reports_transactions(struct db_tx *tx, const struct reports_filter *f, struct arena *a,
                            struct reports_transactions *out)
{
	struct run runs[PURSES_MAX];
	struct entry *firsts = arena_array(a, f->limit, sizeof *firsts);
	size_t run_count, seen = 0, kept = 0;
	uint64_t last = 0, low = f->before;

	ASSERT(f->limit >= 1 && f->limit <= REPORTS_PAGE_MAX);
	*out = (struct reports_transactions){ 0 };
	TRY(runs_of(tx, f, runs, &run_count));
	for (; seen < REPORTS_SCAN_MAX; seen++) {
		const struct entry *e;
		struct money sum;
		bool again;

		TRY(runs_next(tx, runs, run_count, a, &e));
		if (!e)
			break;
		again = e->lsn - e->leg == last;
		if (kept == f->limit && !again) {
			out->next = low;
			break;
		}
		low = e->lsn - e->leg;
		if (again || !passes(f, e) || !card_passes(runs, f, e))
			continue;
		last = low;
		TRY(event_of(tx, e, a, &firsts[kept], &sum));
		kept += amount_passes(f, sum);
	}
	if (seen == REPORTS_SCAN_MAX)
		out->next = low; /* looked long enough: the caller may go on from here */
	out->rows = arena_array(a, kept, sizeof *out->rows);
	out->count = kept;
	return reports_describe(tx, firsts, kept, a, out->rows);
}
