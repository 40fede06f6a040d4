/* SPDX-License-Identifier: Apache-2.0 */
/* What an event comes to: its legs, found or derived from its original, and whether the book allows
 * them. */
#include "ledger/book_state.h"

static result check_form(const struct book_event *e)
{
	bool known = kind_find(e->kind) && e->kind != KIND_ACCOUNT_OPEN &&
	             e->kind != KIND_ACCOUNT_CHANGE && e->kind != KIND_TOMBSTONE;

	if (!known || e->source == 0 || e->number == 0 || e->leg_count > BOOK_LEGS_MAX)
		return FAIL(LEDGER_EVENT, "kind %d source %u number %llu legs %u", (int)e->kind,
		            e->source, (unsigned long long)e->number, e->leg_count);
	if ((e->original_number && e->original_source == 0) || e->expires_s < 0 ||
	    e->expires_s > UINT32_MAX)
		return FAIL(LEDGER_EVENT, "original of source %u, expiry %lld", e->original_source,
		            (long long)e->expires_s);
	if (!bizdate_is_valid(e->business_date))
		return FAIL(LEDGER_EVENT, "business date %u", e->business_date.yyyymmdd);
	if (e->amount_fen < 0 || e->amount_fen > BOOK_AMOUNT_MAX_FEN)
		return FAIL(MONEY_OUT_OF_RANGE, "amount %lld", (long long)e->amount_fen);
	if (e->original_number && e->original_source == e->source &&
	    e->original_number == e->number)
		return FAIL(LEDGER_EVENT, "number %llu undoes itself",
		            (unsigned long long)e->number);
	return OK;
}

static result check_account(const struct book *b, uint32_t no, uint32_t park)
{
	const struct book_account *a = book_account(b, no);

	if (!a)
		return FAIL(LEDGER_ACCOUNT_UNKNOWN, "account %u", no);
	if (a->park != park)
		return FAIL(LEDGER_PARKS, "account %u is of park %u, not %u", no, a->park, park);
	return OK;
}

/* Legs given by the caller: amounts and accounts make sense. Sets amount and park. */
static result take_legs(const struct book *b, const struct book_event *e, struct plan *p)
{
	const struct book_account *first = book_account(b, e->legs[0].debit);

	if (!first)
		return FAIL(LEDGER_ACCOUNT_UNKNOWN, "account %u", e->legs[0].debit);
	p->park = first->park;
	for (unsigned i = 0; i < e->leg_count; i++) {
		const struct book_leg *leg = &e->legs[i];

		if (leg->amount_fen <= 0 || leg->amount_fen > BOOK_AMOUNT_MAX_FEN)
			return FAIL(MONEY_OUT_OF_RANGE, "leg of %lld", (long long)leg->amount_fen);
		if (leg->debit == leg->credit)
			return FAIL(LEDGER_EVENT, "account %u on both sides", leg->debit);
		TRY(check_account(b, leg->debit, p->park));
		TRY(check_account(b, leg->credit, p->park));
		p->legs[i] = *leg;
		p->amount_fen += leg->amount_fen;
	}
	p->leg_count = e->leg_count;
	return OK;
}

/* ---- events that undo or complete an original ---- */

static result find_original(struct book *b, const struct book_event *e, struct plan *p)
{
	const struct source *s = book_source_get(b, e->original_source);

	if (!s || book_seen(s, e->original_number) == BOOK_SEEN_NOT)
		return OK;
	TRY(book_locate(b, s, e->original_number, &p->original, &p->has_original));
	if (!p->has_original && book_seen(s, e->original_number) == BOOK_SEEN)
		return FAIL(LEDGER_CORRUPT, "source %u number %llu is nowhere in the journal",
		            s->source, (unsigned long long)e->original_number);
	return OK;
}

/*
 * The opposite of `take` fen of the original, after `skip` fen were undone before: last leg first,
 * so that what was taken last (the main purse) comes back first (finance-and-rules.md 2.4, E52).
 */
static result derive(struct book *b, struct plan *p, int64_t skip_fen, int64_t take_fen)
{
	struct journal_row row;

	for (unsigned leg = p->original.legs; leg > 0 && take_fen > 0; leg--) {
		int64_t part;

		TRY(book_row(b, p->original.lsn + leg - 1, &row));
		part = row.amount_fen > skip_fen ? row.amount_fen - skip_fen : 0;
		skip_fen -= row.amount_fen - part;
		if (part > take_fen)
			part = take_fen;
		if (part == 0)
			continue;
		p->legs[p->leg_count++] = (struct book_leg){ row.credit, row.debit, part };
		p->amount_fen += part;
		take_fen -= part;
	}
	return OK;
}

/* Limits used by the original are free again, if they are still being counted. */
static void give_back(const struct book *b, const struct book_event *e, struct plan *p, bool whole)
{
	const struct book_account *a = book_account(b, p->original.counted);

	if (!a || p->original.business_date != e->business_date.yyyymmdd ||
	    a->day != p->original.business_date || book_kind_undoes(p->original.kind))
		return;
	p->counted = p->original.counted;
	p->window = p->original.kind == KIND_HOLD ? 0 : p->original.window;
	if (whole)
		p->flags |= JOURNAL_COUNT_BACK;
}

static result plan_reversal(struct book *b, const struct book_event *e, struct plan *p)
{
	int64_t rest;

	if (e->leg_count || e->original_number == 0)
		return FAIL(LEDGER_EVENT,
		            "a reversal names its original and has no legs of its own");
	p->forced = true;
	p->is_tombstone = !p->has_original;
	if (!p->has_original || !book_row_moves(&p->original) ||
	    p->original.kind == KIND_REVERSAL || p->before.reversed)
		return OK;
	rest = p->original.kind == KIND_HOLD ? p->before.remaining_fen
	                                     : p->before.total_fen - p->before.undone_fen;
	TRY(derive(b, p, p->before.total_fen - rest, rest));
	give_back(b, e, p, true);
	return OK;
}

static bool may_undo(enum event_kind kind, unsigned original)
{
	switch (kind) {
	case KIND_PURCHASE_VOID:
		return original == KIND_PURCHASE;
	case KIND_REFUND:
		return original == KIND_PURCHASE || original == KIND_CAPTURE;
	case KIND_TOPUP_VOID:
		return original == KIND_TOPUP || original == KIND_LOAD || original == KIND_SUBSIDY;
	default:
		return original == KIND_HOLD; /* capture, release */
	}
}

static enum result_code undo_state(const struct book_event *e, const struct plan *p)
{
	if (!p->has_original)
		return LEDGER_ORIGINAL_UNKNOWN;
	if (!book_row_moves(&p->original) || p->before.reversed ||
	    !may_undo(e->kind, p->original.kind))
		return LEDGER_ORIGINAL_STATE;
	if ((e->kind == KIND_PURCHASE_VOID || e->kind == KIND_TOPUP_VOID) &&
	    p->before.undone_fen > 0)
		return LEDGER_ORIGINAL_STATE;
	return SUCCESS;
}

/* Void and refund: never more than what is left of the original. */
static result plan_undo(struct book *b, const struct book_event *e, struct plan *p)
{
	int64_t rest = p->before.total_fen - p->before.undone_fen;
	int64_t take = e->kind == KIND_REFUND ? e->amount_fen : rest;

	if (e->leg_count)
		TRY(take_legs(b, e, p));
	else if (take <= 0)
		return FAIL(MONEY_OUT_OF_RANGE, "refund of %lld", (long long)take);
	else if (take <= rest)
		TRY(derive(b, p, p->before.undone_fen, take));
	else
		p->amount_fen = take;
	if (p->amount_fen > rest || (e->kind != KIND_REFUND && p->amount_fen != rest))
		p->code = LEDGER_REFUND_EXCEEDS;
	else
		give_back(b, e, p, p->amount_fen == rest);
	return OK;
}

static int64_t held_fen(const struct book *b, const struct plan *p)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < p->leg_count; i++)
		if (book_account_at(b, p->legs[i].debit)->chart == CHART_HOLDS)
			sum += p->legs[i].amount_fen;
	return sum;
}

/* Capture and release: from what the hold has left. */
static result plan_hold_end(struct book *b, const struct book_event *e, struct plan *p)
{
	int64_t rest = p->before.remaining_fen;

	if (e->leg_count)
		TRY(take_legs(b, e, p));
	else if (e->kind == KIND_CAPTURE)
		return FAIL(LEDGER_EVENT, "a capture names its legs");
	else if (rest == 0)
		p->code = LEDGER_ORIGINAL_STATE;
	else
		TRY(derive(b, p, p->before.total_fen - rest, rest));
	if (held_fen(b, p) > rest)
		p->code = LEDGER_HOLD_EXCEEDED;
	if (e->kind == KIND_CAPTURE && p->before.expires_s && !p->forced &&
	    e->posted_at.us / SECOND_US >= p->before.expires_s)
		p->code = LEDGER_HOLD_EXPIRED;
	return OK;
}

/* ---- floors ---- */

/* Balance changes of one account by the legs looked at so far. */
struct running {
	uint32_t no;
	int64_t balance_fen;
};

struct runnings {
	struct running at[2 * BOOK_LEGS_MAX];
	unsigned count;
};

static struct running *running_of(const struct book *b, struct runnings *all, uint32_t no)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->at[i].no == no)
			return &all->at[i];
	all->at[all->count] = (struct running){ no, book_account_at(b, no)->balance_fen };
	return &all->at[all->count++];
}

static result move(const struct book *b, struct runnings *all, uint32_t no, int64_t delta_fen,
                   struct plan *p)
{
	const struct book_account *a = book_account_at(b, no);
	struct running *r = running_of(b, all, no);

	if (__builtin_add_overflow(r->balance_fen, delta_fen, &r->balance_fen) ||
	    r->balance_fen > INT64_MAX / 2 || r->balance_fen < INT64_MIN / 2)
		return FAIL(MONEY_OUT_OF_RANGE, "balance of account %u", no);
	if (p->forced || p->code != SUCCESS)
		return OK;
	if (a->flags & BOOK_ACCOUNT_CLOSED)
		p->code = LEDGER_ACCOUNT_CLOSED;
	else if (delta_fen < 0 && a->flags & BOOK_ACCOUNT_FROZEN)
		p->code = LEDGER_ACCOUNT_FROZEN;
	else if (delta_fen < 0 && a->floor_fen != BOOK_NO_FLOOR &&
	         r->balance_fen - a->held_fen < a->floor_fen)
		p->code = LEDGER_INSUFFICIENT;
	return OK;
}

static result check_balances(const struct book *b, struct plan *p)
{
	struct runnings all;

	all.count = 0;
	for (unsigned i = 0; i < p->leg_count; i++) {
		const struct book_leg *leg = &p->legs[i];
		const struct book_total *debit = book_total_of(b, leg->debit);
		const struct book_total *credit = book_total_of(b, leg->credit);
		int64_t sum;

		TRY(move(b, &all, leg->debit, debit->is_credit ? -leg->amount_fen : leg->amount_fen,
		         p));
		TRY(move(b, &all, leg->credit,
		         credit->is_credit ? leg->amount_fen : -leg->amount_fen, p));
		if (__builtin_add_overflow(debit->debit_fen, leg->amount_fen, &sum) ||
		    __builtin_add_overflow(credit->credit_fen, leg->amount_fen, &sum))
			return FAIL(MONEY_OUT_OF_RANGE, "turnover of chart account %u",
			            debit->chart);
	}
	return OK;
}

/* ---- all of it ---- */

static result plan_by_kind(struct book *b, const struct book_event *e, struct plan *p)
{
	bool undoes =
	        book_kind_undoes(e->kind) || e->kind == KIND_CAPTURE || e->kind == KIND_RELEASE;

	if (e->original_number) {
		TRY(find_original(b, e, p));
		if (p->has_original && book_row_moves(&p->original))
			TRY(book_original_state(b, &p->original, &p->before));
	}
	if (p->has_original)
		p->park = p->original.park;
	if (e->kind == KIND_REVERSAL)
		return plan_reversal(b, e, p);
	if (!undoes)
		return take_legs(b, e, p);
	p->code = undo_state(e, p);
	if (p->code != SUCCESS)
		return OK;
	return book_kind_undoes(e->kind) ? plan_undo(b, e, p) : plan_hold_end(b, e, p);
}

/* A refusal moves nothing, but its row says what was asked for. */
static void shape_decline(const struct book *b, const struct book_event *e, struct plan *p)
{
	const struct book_account *a = e->leg_count ? book_account(b, e->legs[0].debit) : NULL;

	p->leg_count = e->leg_count ? 1 : 0;
	p->legs[0] = e->leg_count ? e->legs[0] : (struct book_leg){ 0 };
	p->counted = 0;
	p->window = 0;
	p->park = a ? a->park : p->has_original ? p->original.park : e->park;
	if (e->amount_fen) {
		p->amount_fen = e->amount_fen;
		return;
	}
	p->amount_fen = 0;
	for (unsigned i = 0; i < e->leg_count; i++)
		p->amount_fen += e->legs[i].amount_fen > 0 ? e->legs[i].amount_fen : 0;
}

static result plan_approval(struct book *b, const struct book_event *e, struct plan *p)
{
	if (e->leg_count == 0 && e->original_number == 0 && e->kind != KIND_RECORD)
		return FAIL(LEDGER_EVENT, "no legs and no original");
	if (e->leg_count == 0 && e->kind == KIND_RECORD)
		return OK;
	TRY(plan_by_kind(b, e, p));
	return check_balances(b, p);
}

result book_plan(struct book *b, const struct book_event *event, struct plan *p)
{
	*p = (struct plan){
		.code = event->decline,
		.forced = event->flags & JOURNAL_FORCED,
		.counted = event->counted,
		.window = event->window,
		.flags = event->flags,
		.park = event->park,
	};
	TRY(check_form(event));
	if (event->counted && !book_account(b, event->counted))
		return FAIL(LEDGER_ACCOUNT_UNKNOWN, "counted account %u", event->counted);
	if (p->code == SUCCESS)
		TRY(plan_approval(b, event, p));
	if (p->code != SUCCESS)
		shape_decline(b, event, p);
	else if (p->leg_count == 0)
		p->counted = p->window = 0;
	return OK;
}
