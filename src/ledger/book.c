/* SPDX-License-Identifier: Apache-2.0 */
/* Posting: the key, then the plan, then its rows; a failure half-way takes all of it back. */
#include "ledger/book_state.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROWS_PER_EVENT = BOOK_LEGS_MAX + 1, /* the legs, and a tombstone */
	STEPS_PER_EVENT =
	        4 * BOOK_LEGS_MAX +
	        16, /* rows, both accounts of each leg, key, source, originals, counters */
};

/* ---- life ---- */

result book_create(const struct book_limits *limits, const struct book_lookup *lookup,
                   struct book **out)
{
	struct book *b = calloc(1, sizeof *b);
	uint32_t chunks;

	if (!b)
		return FAIL(OUT_OF_MEMORY, "book");
	b->limits = *limits;
	if (b->limits.accounts_max == 0 || b->limits.accounts_max > BOOK_ACCOUNTS_MAX)
		b->limits.accounts_max = BOOK_ACCOUNTS_MAX;
	if (b->limits.gaps_max < 2)
		b->limits.gaps_max = BOOK_GAPS_MAX;
	b->lookup = *lookup;
	b->rows = &b->no_rows;
	chunks = (b->limits.accounts_max + BOOK_CHUNK_ACCOUNTS - 1) / BOOK_CHUNK_ACCOUNTS;
	b->account_chunks = calloc(chunks, sizeof(struct account_chunk *));
	b->undo = calloc(BOOK_REQUEST_STEPS, sizeof *b->undo);
	b->memory = sizeof *b + chunks * sizeof(struct account_chunk *) +
	            BOOK_REQUEST_STEPS * sizeof *b->undo;
	*out = b;
	if (!b->account_chunks || !b->undo ||
	    !is_ok(book_index_init(&b->account_index, b->limits.accounts_hint)) ||
	    !is_ok(book_index_init(&b->source_index, 0)) ||
	    !is_ok(book_index_init(&b->original_index, 0))) {
		book_destroy(b);
		return FAIL(OUT_OF_MEMORY, "book");
	}
	b->memory += ((size_t)b->account_index.mask + 1) * sizeof(uint32_t);
	return OK;
}

void book_destroy(struct book *b)
{
	if (!b)
		return;
	for (uint32_t i = 0;
	     b->account_chunks && i <= (b->limits.accounts_max - 1) / BOOK_CHUNK_ACCOUNTS; i++)
		free(b->account_chunks[i]);
	for (uint32_t i = 0; i < b->source_count; i++) {
		free(b->sources[i]->gaps);
		free(b->sources[i]);
	}
	for (uint32_t i = 0; i < b->original_chunk_size; i++)
		free(b->original_chunks[i]);
	free(b->account_chunks);
	free(b->account_index.slots);
	free(b->sources);
	free(b->source_index.slots);
	free(b->original_chunks);
	free(b->original_dirty);
	free(b->original_is_dirty);
	free(b->original_index.slots);
	free(b->totals);
	free(b->recount);
	free(b->undo);
	free(b);
}

size_t book_memory(const struct book *b)
{
	return b->memory;
}

uint64_t book_last_lsn(const struct book *b)
{
	return b->last_lsn;
}

int64_t book_spendable(const struct book_account *a)
{
	return a->floor_fen == BOOK_NO_FLOOR ? INT64_MAX
	                                     : a->balance_fen - a->held_fen - a->floor_fen;
}

void book_batch_begin(struct book *b, struct book_rows *rows)
{
	ASSERT(b->undo_count == 0);
	rows->count = 0;
	b->rows = rows;
}

/* ---- keys ---- */

static void outcome_of(const struct journal_row *row, bool replayed, struct book_outcome *out)
{
	enum result_code code = journal_code_find(row->code);

	*out = (struct book_outcome){
		.code = row->kind == KIND_TOMBSTONE ? LEDGER_REVERSED_BEFORE : code,
		.replayed = replayed,
		.lsn = row->lsn,
		.answer_fen = row->answer_fen,
		.posted_at = { row->posted_at_us },
		.row = *row,
		.original_lsn = row->original_lsn,
	};
	if (code == RESULT_CODE_COUNT)
		out->code =
		        LEDGER_ORIGINAL_STATE; /* a refusal that only a newer version can name */
}

result book_find(struct book *b, uint32_t source, uint64_t number, uint64_t digest,
                 enum book_found *found, struct book_outcome *out)
{
	const struct source *s = book_source_get(b, source);
	struct journal_row row;
	bool there;

	*found = BOOK_NEW;
	if (!s || book_seen(s, number) == BOOK_SEEN_NOT)
		return OK;
	TRY(book_locate(b, s, number, &row, &there));
	if (!there && book_seen(s, number) == BOOK_SEEN_UNSURE)
		return OK;
	if (!there)
		return FAIL(LEDGER_CORRUPT, "source %u number %llu is nowhere in the journal",
		            source, (unsigned long long)number);
	outcome_of(&row, true, out);
	*found = row.kind == KIND_TOMBSTONE || row.digest == digest ? BOOK_REPLAY : BOOK_CONFLICT;
	if (*found == BOOK_CONFLICT)
		out->code = LEDGER_CONFLICT;
	return OK;
}

/* The source exists and has room to note one more number. */
static result require_source(struct book *b, uint32_t source, uint32_t *at)
{
	uint32_t before = b->source_count;

	TRY(book_source_require(b, source, at));
	if (b->source_count > before)
		book_step(b, UNDO_SOURCE_NEW, *at);
	return book_seen_reserve(b, b->sources[*at]);
}

/* ---- rows ---- */

/* The next row with what all rows of an event share. */
static struct journal_row *begin_row(struct book *b, const struct book_event *e,
                                     const struct plan *p, struct source *s)
{
	struct journal_row *row = &b->rows->at[b->rows->count++];

	b->last_lsn++;
	b->turnover_lsn = b->last_lsn;
	*row = (struct journal_row){
		.lsn = b->last_lsn,
		.number = e->number,
		.digest = e->digest,
		.original_lsn = p->has_original ? p->original.lsn : 0,
		.event_time_us = e->event_time.us,
		.posted_at_us = e->posted_at.us,
		.amount_fen = p->amount_fen,
		.prev_source = s ? s->last_lsn : 0,
		.source = e->source,
		.counted = p->counted,
		.business_date = e->business_date.yyyymmdd,
		.window = e->kind == KIND_HOLD ? (uint32_t)e->expires_s : p->window,
		.code = journal_code(p->code),
		.park = p->park,
		.session = e->session,
		.counter = e->counter,
		.kind = (uint8_t)e->kind,
		.legs = 1,
		.flags = (uint8_t)(p->flags | (p->forced ? JOURNAL_FORCED : 0)),
	};
	memcpy(row->business, e->business, sizeof row->business);
	if (s) {
		s->last_lsn = row->lsn;
		s->dirty = true;
	}
	book_step(b, UNDO_ROW, 0);
	return row;
}

static void keep_account(struct book *b, uint32_t no)
{
	book_step(b, UNDO_ACCOUNT, no)->was.account = *book_account_at(b, no);
}

/* One side of a leg. Gives the previous row of the account. */
static uint64_t move_side(struct book *b, uint32_t no, uint64_t lsn, int64_t delta_fen,
                          int64_t *balance)
{
	struct book_account *a = book_account_at(b, no);
	uint64_t last = a->last_lsn;

	book_account_move(b, no, delta_fen);
	a->last_lsn = lsn;
	*balance = a->balance_fen;
	return last;
}

static void post_leg(struct book *b, const struct book_event *e, const struct plan *p,
                     struct source *s, unsigned leg)
{
	const struct book_leg *l = &p->legs[leg];
	struct journal_row *row;
	int64_t amount = l->amount_fen;

	keep_account(b, l->debit);
	keep_account(b, l->credit);
	row = begin_row(b, e, p, s);
	row->amount_fen = amount;
	row->debit = l->debit;
	row->credit = l->credit;
	row->leg = (uint8_t)leg;
	row->legs = (uint8_t)p->leg_count;
	row->prev_debit = move_side(b, l->debit, row->lsn,
	                            book_total_of(b, l->debit)->is_credit ? -amount : amount,
	                            &row->debit_balance_fen);
	row->prev_credit = move_side(b, l->credit, row->lsn,
	                             book_total_of(b, l->credit)->is_credit ? amount : -amount,
	                             &row->credit_balance_fen);
	book_flow_add(b, row, 1);
}

/* A row that moves nothing: refusal, reversal without effect, plain record. */
static void post_fact(struct book *b, const struct book_event *e, const struct plan *p,
                      struct source *s)
{
	struct journal_row *row = begin_row(b, e, p, s);
	const struct book_account *debit = p->leg_count ? book_account(b, p->legs[0].debit) : NULL;
	const struct book_account *credit =
	        p->leg_count ? book_account(b, p->legs[0].credit) : NULL;

	if (p->code == SUCCESS)
		return;
	if (debit) {
		row->debit = p->legs[0].debit;
		row->debit_balance_fen = debit->balance_fen;
	}
	if (credit) {
		row->credit = p->legs[0].credit;
		row->credit_balance_fen = credit->balance_fen;
	}
}

/* The original's own number is taken, so that it is refused when it comes after all
 * (terminal-protocol.md 12.5). */
static result post_tombstone(struct book *b, const struct book_event *e, struct plan *p)
{
	struct book_event of = *e;
	struct journal_row *row;
	struct source *s;
	uint32_t at;

	TRY(require_source(b, e->original_source, &at));
	s = b->sources[at];
	of.kind = KIND_TOMBSTONE;
	of.source = e->original_source;
	of.number = e->original_number;
	of.digest = 0;
	book_seen_add(b, s, of.number, b->last_lsn + 1, book_step(b, UNDO_SEEN, at));
	row = begin_row(b, &of, p, s);
	journal_row_seal(row);
	p->has_original = true;
	p->original = *row;
	return OK;
}

static void count_event(struct book *b, const struct plan *p)
{
	if (p->counted == 0)
		return;
	keep_account(b, p->counted);
	book_count(book_account_at(b, p->counted), &b->rows->at[b->rows->count - 1], p->amount_fen);
	book_account_dirty(b, p->counted);
}

/* What the holder is told: the accounts named, or the first purse that takes part. */
static int64_t answer_of(const struct book *b, const struct book_event *e, const struct plan *p)
{
	const struct book_account *a = book_account(b, e->answer[0]);
	const struct book_account *other = book_account(b, e->answer[1]);

	if (a || other)
		return (a ? a->balance_fen : 0) + (other ? other->balance_fen : 0);
	for (unsigned i = 0; i < p->leg_count; i++) {
		const struct book_account *debit = book_account(b, p->legs[i].debit);
		const struct book_account *credit = book_account(b, p->legs[i].credit);

		if (debit && chart_is_purse(debit->chart))
			return debit->balance_fen;
		if (credit && chart_is_purse(credit->chart))
			return credit->balance_fen;
	}
	return 0;
}

static int64_t held_of(const struct book *b, const struct plan *p)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < p->leg_count; i++)
		if (book_account_at(b, p->legs[i].debit)->chart == CHART_HOLDS)
			sum += p->legs[i].amount_fen;
	return sum;
}

static result post(struct book *b, const struct book_event *e, struct plan *p,
                   struct book_outcome *out)
{
	struct journal_row *first;
	struct source *s;
	uint32_t at;
	int64_t answer;

	if (p->is_tombstone)
		TRY(post_tombstone(b, e, p));
	TRY(require_source(b, e->source, &at));
	s = b->sources[at];
	book_seen_add(b, s, e->number, b->last_lsn + 1, book_step(b, UNDO_SEEN, at));
	first = &b->rows->at[b->rows->count];
	if (p->code != SUCCESS || p->leg_count == 0)
		post_fact(b, e, p, s);
	for (unsigned leg = 0; p->code == SUCCESS && leg < p->leg_count; leg++)
		post_leg(b, e, p, s, leg);
	if (p->code == SUCCESS)
		count_event(b, p);
	answer = answer_of(b, e, p);
	for (struct journal_row *row = first; row < &b->rows->at[b->rows->count]; row++) {
		row->answer_fen = answer;
		journal_row_seal(row);
	}
	if (p->code == SUCCESS && p->has_original)
		TRY(book_original_note(b, first, p->amount_fen, held_of(b, p), true));
	outcome_of(first, false, out);
	return OK;
}

result book_apply(struct book *b, const struct book_event *event, struct book_outcome *out)
{
	struct plan plan;
	enum book_found found;
	size_t mark = book_mark(b);
	result r;

	TRY(book_find(b, event->source, event->number, event->digest, &found, out));
	if (found == BOOK_REPLAY)
		return OK;
	if (found == BOOK_CONFLICT)
		return FAIL(LEDGER_CONFLICT, "source %u number %llu came before with other content",
		            event->source, (unsigned long long)event->number);
	if (!book_has_room(b, ROWS_PER_EVENT, STEPS_PER_EVENT))
		return FAIL(LEDGER_BATCH_FULL, "%zu rows", b->rows->count);
	TRY(book_plan(b, event, &plan));
	if (plan.has_original)
		TRY(book_original_reserve(b));
	r = post(b, event, &plan, out);
	if (!is_ok(r))
		book_undo(b, mark);
	return r;
}

/* ---- accounts ---- */

static void post_account(struct book *b, const struct book_event *by, uint32_t no,
                         enum event_kind kind)
{
	struct book_account *a = book_account_at(b, no);
	const struct journal_account record = {
		a->key1, a->key2, a->floor_fen, a->held_fen, a->chart, a->flags, 0
	};
	const struct plan p = { .park = a->park, .flags = by->flags };
	struct book_event e = *by;
	struct journal_row *row;

	e.kind = kind;
	e.source = 0; /* the book's own: numbered by account, or by row */
	e.number = kind == KIND_ACCOUNT_OPEN ? no : b->last_lsn + 1;
	e.digest = 0;
	memcpy(e.business, &record, sizeof record);
	row = begin_row(b, &e, &p, NULL);
	row->debit = no;
	row->debit_balance_fen = a->balance_fen;
	row->prev_debit = a->last_lsn;
	a->last_lsn = row->lsn;
	book_account_dirty(b, no);
	journal_row_seal(row);
}

result book_account_open(struct book *b, const struct book_event *by, const struct book_key *key,
                         int64_t floor_fen, uint32_t *no)
{
	const struct book_account a = {
		.floor_fen = floor_fen,
		.key1 = key->key1,
		.key2 = key->key2,
		.park = key->park,
		.chart = (uint16_t)key->chart,
	};

	if (key->chart > UINT16_MAX)
		return FAIL(LEDGER_EVENT, "no chart account %u", key->chart);
	if (book_account_find(b, key))
		return FAIL(LEDGER_ACCOUNT_EXISTS, "%u of park %u, key %llu %llu", key->chart,
		            key->park, (unsigned long long)key->key1,
		            (unsigned long long)key->key2);
	if (!book_has_room(b, 1, 2))
		return FAIL(LEDGER_BATCH_FULL, "%zu rows", b->rows->count);
	TRY(book_account_make(b, b->account_count + 1, &a));
	*no = b->account_count;
	book_step(b, UNDO_ACCOUNT_NEW, *no);
	post_account(b, by, *no, KIND_ACCOUNT_OPEN);
	return OK;
}

result book_account_change(struct book *b, const struct book_event *by, uint32_t no,
                           int64_t floor_fen, int64_t held_fen, uint16_t flags)
{
	struct book_account *a;

	if (!book_account(b, no))
		return FAIL(LEDGER_ACCOUNT_UNKNOWN, "account %u", no);
	if (held_fen < 0 || held_fen > BOOK_AMOUNT_MAX_FEN)
		return FAIL(MONEY_OUT_OF_RANGE, "held %lld", (long long)held_fen);
	if (!book_has_room(b, 1, 2))
		return FAIL(LEDGER_BATCH_FULL, "%zu rows", b->rows->count);
	keep_account(b, no);
	a = book_account_at(b, no);
	a->floor_fen = floor_fen;
	a->held_fen = held_fen;
	a->flags = flags;
	post_account(b, by, no, KIND_ACCOUNT_CHANGE);
	return OK;
}
