/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/stock_day.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/keys/key_audit.h"
#include "domain/keys/kms_sql.h"
#include "domain/keys/stock_rows.h"

/* Moves by where they came from and went to; row STOCK_STATES: into the book. */
struct flow {
	int64_t n[STOCK_STATES + 1][STOCK_STATES];
};

/* --- adding up --- */

static result read_flow(struct db_tx *tx, enum stock_kind kind, uint32_t from, uint32_t to,
                        struct flow *out)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = (struct flow){ 0 };
	TRY(db_select(
	        tx, &sql_stock_flow,
	        DB_ARGS(db_arg_text(stock_kind_names[kind]), db_arg_i64(from), db_arg_i64(to)),
	        &rows));
	while (db_next(&rows)) {
		int a = db_enum(&rows, 0, stock_origin_names);
		int b = db_enum(&rows, 1, stock_state_names);

		out->n[a][b] = db_i64(&rows, 2);
	}
	return db_done(&rows);
}

/* states += sign × what the flow brought to each */
static void add_flow(const struct flow *f, int sign, int64_t states[STOCK_STATES])
{
	for (int from = 0; from <= STOCK_STATES; from++)
		for (int to = 0; to < STOCK_STATES; to++) {
			states[to] += sign * f->n[from][to];
			if (from < STOCK_STATES)
				states[from] -= sign * f->n[from][to];
		}
}

static result read_cards(struct db_tx *tx, enum stock_kind kind, int64_t out[STOCK_STATES])
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_stock_standing, DB_ARGS(db_arg_text(stock_kind_names[kind])),
	              &rows));
	while (db_next(&rows)) {
		int state = db_enum(&rows, 0, stock_state_names);

		out[state] = db_i64(&rows, 1);
	}
	return db_done(&rows);
}

/* What crossed the door. */
static void add_crossings(const struct flow *f, struct stock_balance *b)
{
	for (int to = 0; to < STOCK_STATES; to++)
		b->received += f->n[STOCK_STATES][to];
	for (int from = 0; from < STOCK_STATES; from++)
		for (int to = 0; to < STOCK_STATES; to++) {
			bool was = stock_is_inside((enum stock_state)from);
			bool is = stock_is_inside((enum stock_state)to);

			b->moved += f->n[from][to];
			b->returned += !was && is ? f->n[from][to] : 0;
			b->delivered += was && to == STOCK_IS_DELIVERED ? f->n[from][to] : 0;
			b->shredded += was && to == STOCK_IS_SHREDDED ? f->n[from][to] : 0;
			b->lost += was && to == STOCK_IS_LOST ? f->n[from][to] : 0;
		}
	b->moved += b->received;
}

int64_t stock_inside(const int64_t states[STOCK_STATES])
{
	int64_t sum = 0;

	for (int s = 0; s < STOCK_STATES; s++)
		sum += stock_is_inside((enum stock_state)s) ? states[s] : 0;
	return sum;
}

result stock_day_balance(struct db_tx *tx, struct bizdate day, enum stock_kind kind,
                         struct stock_balance *out)
{
	struct flow before, at, after;

	*out = (struct stock_balance){ .kind = kind, .day = day };
	TRY(read_flow(tx, kind, 0, day.yyyymmdd - 1, &before));
	TRY(read_flow(tx, kind, day.yyyymmdd, day.yyyymmdd, &at));
	TRY(read_flow(tx, kind, day.yyyymmdd + 1, STOCK_LAST_DAY, &after));
	TRY(read_cards(tx, kind, out->cards));
	add_flow(&after, -1, out->cards);
	add_flow(&before, 1, out->opening);
	memcpy(out->closing, out->opening, sizeof out->closing);
	add_flow(&at, 1, out->closing);
	add_crossings(&at, out);
	return db_select_i64(tx, &sql_stock_flow_written,
	                     DB_ARGS(db_arg_text(stock_kind_names[kind]), db_arg_i64(day.yyyymmdd)),
	                     &out->written);
}

/* --- checking --- */

result stock_day_check(const struct stock_balance *b)
{
	const char *kind = stock_kind_names[b->kind];
	int64_t in = stock_inside(b->opening) + b->received + b->returned;
	int64_t out = stock_inside(b->cards) + b->delivered + b->shredded + b->lost;

	for (int s = 0; s < STOCK_STATES; s++)
		if (b->closing[s] != b->cards[s] || b->closing[s] < 0)
			return FAIL(STOCK_UNBALANCED,
			            "%s: %" PRId64 " %s by the moves, %" PRId64 " cards", kind,
			            b->closing[s], stock_state_names[s], b->cards[s]);
	if (in != out)
		return FAIL(STOCK_UNBALANCED, "%s: %" PRId64 " in, %" PRId64 " out", kind, in, out);
	if (b->moved != b->written)
		return FAIL(STOCK_UNBALANCED,
		            "%s: %" PRId64 " moves, %" PRId64 " cards on the vouchers", kind,
		            b->moved, b->written);
	return OK;
}

static void counts_text(const int64_t states[STOCK_STATES], char out[STOCK_COUNTS_TEXT])
{
	struct writer w = writer_of(out, STOCK_COUNTS_TEXT - 1);
	char one[48];

	for (int s = 0; s < STOCK_STATES; s++) {
		snprintf(one, sizeof one, "%s%s=%" PRId64, s ? " " : "", stock_state_names[s],
		         states[s]);
		writer_str(&w, str_of(one));
	}
	out[w.len] = '\0';
}

static void read_day(struct db_rows *rows, struct stock_day *d)
{
	*d = (struct stock_day){ .day = { db_u32(rows, 0) },
		                 .kind = (enum stock_kind)db_enum(rows, 1, stock_kind_names),
		                 .closed = { db_i64(rows, 4) } };
	db_text(rows, 2, d->counts, sizeof d->counts);
	db_text(rows, 3, d->counted, sizeof d->counted);
	db_text(rows, 5, d->closed_by, sizeof d->closed_by);
}

/* The day opens with what the last closed one ended with. */
static result check_opening(struct db_tx *tx, struct bizdate last, const struct stock_balance *b)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	char opening[STOCK_COUNTS_TEXT];
	struct stock_day d;

	if (last.yyyymmdd == 0)
		return OK;
	TRY(db_select(tx, &sql_stock_day_of,
	              DB_ARGS(db_arg_i64(last.yyyymmdd), db_arg_text(stock_kind_names[b->kind])),
	              &rows));
	if (!db_next(&rows))
		return FAIL(STOCK_UNBALANCED, "%s: the close of %u is gone",
		            stock_kind_names[b->kind], last.yyyymmdd);
	read_day(&rows, &d);
	TRY(db_done(&rows));
	counts_text(b->opening, opening);
	return strcmp(opening, d.counts) == 0
	               ? OK
	               : FAIL(STOCK_UNBALANCED,
	                      "%s: the moves before %u are not those of the close",
	                      stock_kind_names[b->kind], b->day.yyyymmdd);
}

/* --- what was counted by hand --- */

struct counting {
	const struct stock_count *at;
	size_t count;
};

static result check_counts(const struct counting *c, const struct stock_balance *b)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].kind == b->kind && c->at[i].count != b->closing[c->at[i].state])
			return FAIL(STOCK_COUNT,
			            "%s %s: %" PRId64 " counted, %" PRId64 " in the book",
			            stock_kind_names[b->kind], stock_state_names[c->at[i].state],
			            c->at[i].count, b->closing[c->at[i].state]);
	return OK;
}

static result check_counting(const struct counting *c)
{
	bool given[STOCK_KINDS][STOCK_STATES] = { { false } };

	for (size_t i = 0; i < c->count; i++) {
		const struct stock_count *n = &c->at[i];

		if (n->kind >= STOCK_KINDS || n->state >= STOCK_STATES)
			return FAIL(STOCK_FIELD, "no such heap");
		if (given[n->kind][n->state])
			return FAIL(STOCK_FIELD, "%s %s counted twice", stock_kind_names[n->kind],
			            stock_state_names[n->state]);
		given[n->kind][n->state] = true;
	}
	return OK;
}

static void counted_text(const struct counting *c, enum stock_kind kind,
                         char out[STOCK_COUNTS_TEXT])
{
	struct writer w = writer_of(out, STOCK_COUNTS_TEXT - 1);
	char one[48];

	for (size_t i = 0; i < c->count; i++) {
		if (c->at[i].kind != kind)
			continue;
		snprintf(one, sizeof one, "%s%s=%" PRId64, w.len ? " " : "",
		         stock_state_names[c->at[i].state], c->at[i].count);
		writer_str(&w, str_of(one));
	}
	out[w.len] = '\0';
}

/* --- closing --- */

result stock_day_last(struct db_tx *tx, struct bizdate *out)
{
	int64_t day;

	TRY(db_select_i64(tx, &sql_stock_day_last, DB_NO_ARGS, &day));
	*out = (struct bizdate){ (uint32_t)day };
	return OK;
}

static result check_order(struct key_act *act, struct bizdate day, struct bizdate last)
{
	int64_t open;

	if (!bizdate_is_valid(day) || day.yyyymmdd > stock_today(act->now).yyyymmdd)
		return FAIL(STOCK_DAY, "%u has not come", day.yyyymmdd);
	if (day.yyyymmdd <= last.yyyymmdd)
		return FAIL(STOCK_DAY, "%u is closed", day.yyyymmdd);
	TRY(db_select_i64(act->tx, &sql_stock_day_open,
	                  DB_ARGS(db_arg_i64(last.yyyymmdd), db_arg_i64(day.yyyymmdd)), &open));
	return open ? FAIL(STOCK_DAY, "%" PRId64 " moves of earlier days are open", open) : OK;
}

static result write_day(struct key_act *act, const struct stock_balance *b,
                        const struct counting *c)
{
	char counts[STOCK_COUNTS_TEXT], counted[STOCK_COUNTS_TEXT];

	counts_text(b->closing, counts);
	counted_text(c, b->kind, counted);
	return db_execute(act->tx, &sql_stock_day_add,
	                  DB_ARGS(db_arg_i64(b->day.yyyymmdd),
	                          db_arg_text(stock_kind_names[b->kind]), db_arg_text(counts),
	                          db_arg_text(counted), db_arg_i64(act->now.us),
	                          db_arg_text(act->actor)),
	                  NULL);
}

result stock_day_close(struct key_act *act, struct bizdate day, const struct stock_count *counts,
                       size_t count)
{
	const struct counting c = { counts, count };
	struct stock_balance all[STOCK_KINDS];
	struct bizdate last;
	int64_t inside = 0;

	TRY(check_counting(&c));
	TRY(stock_day_last(act->tx, &last));
	TRY(check_order(act, day, last));
	for (int k = 0; k < STOCK_KINDS; k++) {
		TRY(stock_day_balance(act->tx, day, (enum stock_kind)k, &all[k]));
		TRY(check_opening(act->tx, last, &all[k]));
		TRY(stock_day_check(&all[k]));
		TRY(check_counts(&c, &all[k]));
		inside += stock_inside(all[k].closing);
	}
	for (int k = 0; k < STOCK_KINDS; k++)
		TRY(write_day(act, &all[k], &c));
	return key_audit_write(act, "STOCK.CLOSE", OK, "day=%u inside=%" PRId64 " counted=%zu",
	                       day.yyyymmdd, inside, count);
}

result stock_day_list(struct db_tx *tx, enum stock_kind kind, struct arena *a,
                      struct stock_day **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, STOCK_DAYS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_stock_day_list,
	              DB_ARGS(db_arg_text(stock_kind_names[kind]), db_arg_i64(STOCK_DAYS_MAX)),
	              &rows));
	while (*count < STOCK_DAYS_MAX && db_next(&rows))
		read_day(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}
