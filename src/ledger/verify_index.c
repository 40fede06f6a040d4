/* SPDX-License-Identifier: Apache-2.0 */
/* The index of entries, their days and the last entry of each terminal against the journal. */
#include "ledger/verify_state.h"
#include "ledger/views_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TERMINALS_AT_FIRST = 1024 };

static const char *const facet_names[FACET_LIMIT] = {
	[FACET_HOLDER] = "holder",     [FACET_CARD] = "card", [FACET_MERCHANT] = "merchant",
	[FACET_TERMINAL] = "terminal", [FACET_KEY] = "key",
};

/* ---- what the journal makes of it ---- */

/* Room for one more in an array that doubles. */
static result room(void **at, size_t count, size_t *size, size_t each)
{
	size_t bigger = *size ? *size * 2 : 64;
	void *more;

	if (count < *size)
		return OK;
	more = realloc(*at, bigger * each);
	if (!more)
		return FAIL(OUT_OF_MEMORY, "%zu of an index", bigger);
	*at = more;
	*size = bigger;
	return OK;
}

result verify_index_batch(struct verify_index *x, const struct journal_batch *b)
{
	struct verify_run *newest = x->run_count ? &x->runs[x->run_count - 1] : NULL;

	if (!newest || views_run_is_full(newest->first, b->first_lsn)) {
		TRY(room((void **)&x->runs, x->run_count, &x->run_size, sizeof *x->runs));
		newest = &x->runs[x->run_count++];
		*newest = (struct verify_run){ .first = b->first_lsn };
	}
	newest->last = b->last_lsn;
	return OK;
}

/* Summed up without an order, so that one pass over each side is enough. */
static uint64_t mixed(enum views_facet facet, int64_t value, uint64_t lsn)
{
	uint64_t x = (uint64_t)value * UINT64_C(0x9E3779B97F4A7C15) + lsn;

	x = (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9) + (uint64_t)facet;
	x = (x ^ x >> 32) * UINT64_C(0x94D049BB133111EB);
	return x ^ x >> 31;
}

static void add(struct verify_run *run, enum views_facet facet, int64_t value, uint64_t lsn)
{
	run->sum[facet] += mixed(facet, value, lsn);
	run->count[facet]++;
}

static result note_day(struct verify_index *x, const struct entry *e)
{
	size_t at = x->day_count;

	while (at > 0 && x->days[at - 1].date != e->business_date.yyyymmdd)
		at--;
	if (at == 0) {
		TRY(room((void **)&x->days, x->day_count, &x->day_size, sizeof *x->days));
		at = ++x->day_count;
		x->days[at - 1] = (struct verify_day){ e->business_date.yyyymmdd, e->lsn, 0 };
	}
	x->days[at - 1].last = e->lsn;
	return OK;
}

static struct verify_last *place_of(const struct verify_index *x, uint32_t terminal)
{
	size_t at = terminal * (size_t)2654435761U % x->last_size;

	while (x->lasts[at].terminal && x->lasts[at].terminal != terminal)
		at = (at + 1) % x->last_size;
	return &x->lasts[at];
}

static result more_lasts(struct verify_index *x)
{
	struct verify_index bigger = { .last_size = x->last_size ? x->last_size * 2
		                                                 : TERMINALS_AT_FIRST };

	if (x->last_count < x->last_size / 2)
		return OK;
	bigger.lasts = calloc(bigger.last_size, sizeof *bigger.lasts);
	if (!bigger.lasts)
		return FAIL(OUT_OF_MEMORY, "%zu terminals", bigger.last_size);
	for (size_t i = 0; i < x->last_size; i++)
		if (x->lasts[i].terminal)
			*place_of(&bigger, x->lasts[i].terminal) = x->lasts[i];
	free(x->lasts);
	x->lasts = bigger.lasts;
	x->last_size = bigger.last_size;
	return OK;
}

static result note_terminal(struct verify_index *x, const struct entry *e)
{
	struct verify_last *place;

	if (e->terminal == 0)
		return OK;
	TRY(more_lasts(x));
	place = place_of(x, e->terminal);
	x->last_count += place->terminal == 0;
	*place = (struct verify_last){ e->terminal, e->lsn, e->posted_at.us };
	return OK;
}

result verify_index_entry(struct verify_index *x, const struct entry *e)
{
	int64_t value;

	for (enum views_facet facet = FACET_HOLDER; facet < FACET_LIMIT; facet++)
		if (views_facet_of(e, facet, &value))
			add(&x->runs[x->run_count - 1], facet, value, e->lsn);
	TRY(note_day(x, e));
	return note_terminal(x, e);
}

/* ---- what the tables say ---- */

static result check_run(struct verifying *v, struct db_tx *tx, const struct verify_run *want)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct verify_run have = { 0 };

	TRY(db_select(tx, &sql_entry_index_of, DB_ARGS(db_arg_i64((int64_t)want->first)), &rows));
	while (db_next(&rows)) {
		int64_t facet = db_i64(&rows, 0);

		if (facet < FACET_HOLDER || facet >= FACET_LIMIT)
			return verify_differs(v, VERIFY_AT("entry_index", 0, want->first, "facet"),
			                      "there is no facet %" PRId64, facet);
		add(&have, (enum views_facet)facet, db_i64(&rows, 1), (uint64_t)db_i64(&rows, 2));
	}
	TRY(db_done(&rows));
	for (int facet = FACET_HOLDER; facet < FACET_LIMIT; facet++)
		if (have.sum[facet] != want->sum[facet] || have.count[facet] != want->count[facet])
			return verify_differs(
			        v, VERIFY_AT("entry_index", 0, want->first, facet_names[facet]),
			        "run of row %" PRIu64 ": %" PRIu64
			        " rows of the index do not stand for the %" PRIu64
			        " of the journal",
			        want->first, have.count[facet], want->count[facet]);
	return OK;
}

static result check_runs(struct verifying *v, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	const struct verify_index *x = &v->index;
	size_t count = 0;
	int64_t beyond;

	TRY(db_select(tx, &sql_entry_run_list, DB_NO_ARGS, &rows));
	for (; db_next(&rows); count++) {
		uint64_t first = (uint64_t)db_i64(&rows, 0), last = (uint64_t)db_i64(&rows, 1);

		if (count == x->run_count || x->runs[count].first != first ||
		    x->runs[count].last != last)
			return verify_differs(v, VERIFY_AT("entry_run", 0, first, "first_lsn"),
			                      "run of rows %" PRIu64 " to %" PRIu64
			                      " does not follow",
			                      first, last);
		TRY(check_run(v, tx, &x->runs[count]));
	}
	TRY(db_done(&rows));
	if (count != x->run_count)
		return verify_differs(v, VERIFY_AT("entry_run", 0, x->runs[count].first, "count"),
		                      "%zu runs, the journal makes %zu", count, x->run_count);
	TRY(db_select_i64(tx, &sql_entry_index_beyond, DB_NO_ARGS, &beyond));
	if (beyond)
		return verify_differs(v, VERIFY_AT("entry_index", 0, 0, "run"),
		                      "%" PRId64 " rows of no run", beyond);
	return OK;
}

static const struct verify_day *find_day(const struct verify_index *x, uint32_t date)
{
	for (size_t i = 0; i < x->day_count; i++)
		if (x->days[i].date == date)
			return &x->days[i];
	return NULL;
}

static result check_days(struct verifying *v, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	const struct verify_day *want;
	size_t count = 0;

	TRY(db_select(tx, &sql_entry_day_list, DB_NO_ARGS, &rows));
	for (; db_next(&rows); count++) {
		uint32_t date = db_u32(&rows, 0);

		want = find_day(&v->index, date);
		if (!want || want->first != (uint64_t)db_i64(&rows, 1) ||
		    want->last != (uint64_t)db_i64(&rows, 2))
			return verify_differs(v, VERIFY_AT("entry_day", 0, date, "first_lsn"),
			                      "the rows of day %u are others", date);
	}
	TRY(db_done(&rows));
	if (count != v->index.day_count)
		return verify_differs(v, VERIFY_AT("entry_day", 0, 0, "count"),
		                      "%zu days, the journal has %zu", count, v->index.day_count);
	return OK;
}

static result check_terminals(struct verifying *v, struct db_tx *tx)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	const struct verify_last *want;
	size_t count = 0;

	TRY(more_lasts(&v->index));
	TRY(db_select(tx, &sql_terminal_view_list, DB_NO_ARGS, &rows));
	for (; db_next(&rows); count++) {
		uint32_t terminal = db_u32(&rows, 0);

		want = place_of(&v->index, terminal);
		if (want->terminal != terminal || want->lsn != (uint64_t)db_i64(&rows, 1) ||
		    want->posted_at_us != db_i64(&rows, 2))
			return verify_differs(v,
			                      VERIFY_AT("terminal_view", 0, terminal, "last_lsn"),
			                      "the last row of terminal %u is another", terminal);
	}
	TRY(db_done(&rows));
	if (count != v->index.last_count)
		return verify_differs(v, VERIFY_AT("terminal_view", 0, 0, "count"),
		                      "%zu terminals, the journal has %zu", count,
		                      v->index.last_count);
	return OK;
}

result verify_index_end(struct verifying *v, struct db_tx *tx)
{
	TRY(check_runs(v, tx));
	TRY(check_days(v, tx));
	return check_terminals(v, tx);
}

void verify_index_free(struct verify_index *x)
{
	free(x->runs);
	free(x->days);
	free(x->lasts);
}
