/* SPDX-License-Identifier: Apache-2.0 */
/* Totals of a terminal's batch and their comparison (terminal-protocol 12.9). Settlement never
 * moves money. */
#include "domain/payments/payment_parts.h"

#include <stdlib.h>

#include "domain/payments/payment_sql.h"

void payment_totals_add(struct payments_totals *t, const struct payment_count *c)
{
	struct payments_total *row;

	EACH (row, t->rows) {
		if (row->class != c->class && row->class != 0)
			continue;
		row->class = c->class;
		row->count += (uint32_t)c->sign;
		row->sum_fen += (uint64_t)(c->sign * c->amount_fen);
		return;
	}
}

struct payments_till *payment_till(struct payments *p, uint32_t source)
{
	size_t at = source - TERMINAL_ID_FIRST;

	if (source < TERMINAL_ID_FIRST)
		return NULL;
	if (at >= p->till_count) {
		size_t count = at + PAYMENTS_TILLS_ROOM;
		struct payments_till *tills = realloc(p->tills, count * sizeof *tills);
		if (!tills)
			return NULL;
		memset(tills + p->till_count, 0, (count - p->till_count) * sizeof *tills);
		p->tills = tills;
		p->till_count = count;
	}
	return &p->tills[at];
}

void payment_batch_count(struct payments *p, const struct payment_count *c)
{
	struct payments_till *till = payment_till(p, c->source);

	if (till && till->batch && till->batch == c->batch)
		payment_totals_add(&till->totals, c);
}

/* One row of the terminal's chain into the totals of a batch. */
static result count_row(struct ledger_tx *tx, const struct journal_row *row, uint32_t batch,
                        struct payments_totals *out)
{
	struct journal_business b = payment_business_of(row);
	struct payment_count c = { .batch = batch, .class = (uint8_t)b.extra, .sign = 1 };

	if (row->code != 0 || row->leg != 0 || row->debit == 0)
		return OK;
	if (row->kind == KIND_REVERSAL) {
		struct journal_row original;
		struct book_original o = { 0 };
		TRY(ledger_row(tx, row->original_lsn, &original));
		b = payment_business_of(&original);
		if (b.extra >> 8 != batch || !book_original(tx->book, original.lsn, &o))
			return OK;
		c = (struct payment_count){ .batch = batch,
			                    .class = (uint8_t)b.extra,
			                    .amount_fen = o.total_fen,
			                    .sign = -1 };
		payment_totals_add(out, &c);
		return OK;
	}
	if (b.extra >> 8 != batch)
		return OK;
	c.amount_fen = row->amount_fen;
	for (unsigned leg = 1; leg < row->legs; leg++) {
		struct journal_row more;
		TRY(ledger_row(tx, row->lsn + leg, &more));
		c.amount_fen += more.amount_fen;
	}
	payment_totals_add(out, &c);
	return OK;
}

/* A terminal's batch numbers only grow, so its chain may be left at the first row of an older
 * batch. */
static result recount(struct ledger_tx *tx, uint32_t source, uint32_t batch,
                      struct payments_totals *out)
{
	struct book_source_state seen;
	struct journal_row row;

	*out = (struct payments_totals){ 0 };
	if (!book_source(tx->book, source, &seen))
		return OK;
	for (uint64_t lsn = seen.last_lsn; lsn; lsn = row.prev_source) {
		TRY(ledger_row(tx, lsn, &row));
		uint32_t of = payment_business_of(&row).extra >> 8;
		if (of && of < batch)
			break;
		if (row.leg != 0) {
			lsn -= row.leg;
			TRY(ledger_row(tx, lsn, &row));
		}
		TRY(count_row(tx, &row, batch, out));
	}
	return OK;
}

static bool is_equal(const struct payments_totals *a, const struct payments_totals *b)
{
	const struct payments_total *x, *y;

	EACH (x, a->rows) {
		uint32_t count = 0;
		uint64_t sum = 0;
		EACH (y, b->rows)
			if (x->class && y->class == x->class) {
				count += y->count;
				sum += y->sum_fen;
			}
		if (x->class && (x->count != count || x->sum_fen != sum))
			return false;
	}
	return true;
}

static struct bytes totals_bytes(const struct payments_totals *t,
                                 uint8_t out[PAYMENTS_CLASSES * 13])
{
	struct writer w = writer_of(out, PAYMENTS_CLASSES * 13);
	const struct payments_total *row;

	EACH (row, t->rows)
		if (row->class && row->count) {
			writer_u8(&w, row->class);
			writer_u32(&w, row->count);
			writer_u64(&w, row->sum_fen);
		}
	return writer_bytes(&w);
}

static void totals_read(struct bytes in, struct payments_totals *out)
{
	struct reader r = reader_of(in);

	*out = (struct payments_totals){ 0 };
	for (size_t i = 0; i < PAYMENTS_CLASSES && r.left; i++) {
		out->rows[i].class = reader_u8(&r);
		out->rows[i].count = reader_u32(&r);
		out->rows[i].sum_fen = reader_u64(&r);
	}
}

/* A batch that was closed before: the answer of that time. */
static result find_closed(struct ledger_tx *tx, struct payment_settlement *s, bool *closed)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*closed = false;
	if (!tx->db)
		return OK;
	TRY(db_select(tx->db, &sql_payment_batch_find,
	              DB_ARGS(db_arg_i64(s->source), db_arg_i64(s->batch)), &rows));
	if (db_next(&rows)) {
		*closed = true;
		s->result = (enum payment_batch_result)db_i64(&rows, 0);
		s->business_date.yyyymmdd = db_u32(&rows, 1);
		totals_read(db_bytes(&rows, 2), &s->host);
	}
	return db_done(&rows);
}

static result close_batch(struct ledger_tx *tx, struct payments *p, struct payment_settlement *s)
{
	uint8_t told[PAYMENTS_CLASSES * 13], host[PAYMENTS_CLASSES * 13];
	struct payments_till *till = payment_till(p, s->source);
	uint32_t next;

	if (till)
		*till = (struct payments_till){ .takings = till->takings };
	if (!tx->db)
		return OK;
	TRY(db_execute(tx->db, &sql_payment_batch_close,
	               DB_ARGS(db_arg_i64(s->source), db_arg_i64(s->batch), db_arg_i64(s->result),
	                       db_arg_i64(s->business_date.yyyymmdd),
	                       db_arg_bytes(totals_bytes(&s->host, host)),
	                       db_arg_bytes(totals_bytes(&s->told, told)), db_arg_i64(tx->now.us)),
	               NULL));
	TRY(terminal_next_batch(tx->db, tx->now, s->source, &next));
	return terminal_cache_refresh(p->terminals, tx->db, s->source);
}

result payment_settle(struct ledger_tx *tx, struct payments *p, struct payment_settlement *s)
{
	struct payments_till *till = payment_till(p, s->source);
	const struct terminal *t = terminal_cache_find(p->terminals, s->source);
	bool closed;

	TRY(find_closed(tx, s, &closed));
	if (closed)
		return OK;
	s->business_date = tx->business_date;
	if (!t || s->batch != t->batch) {
		s->result = PAYMENT_BATCH_UNKNOWN;
		return OK;
	}
	if (till && till->batch == s->batch) {
		s->host = till->totals;
	} else {
		TRY(recount(tx, s->source, s->batch, &s->host));
		if (till)
			*till = (struct payments_till){ .batch = s->batch,
				                        .takings = till->takings,
				                        .totals = s->host };
	}
	s->result = is_equal(&s->host, &s->told) && is_equal(&s->told, &s->host)
	                    ? PAYMENT_BATCH_EQUAL
	                    : PAYMENT_BATCH_UNEQUAL;
	if (s->result == PAYMENT_BATCH_EQUAL || s->final)
		TRY(close_batch(tx, p, s));
	return OK;
}
