/* SPDX-License-Identifier: Apache-2.0 */
/* Money in at a desk: cash (E02) and subsidies; the holder's debt is paid first (E45). */
#include "domain/payments/payment_compat.h"
#include "domain/payments/payment_parts.h"

static result credit_legs(struct ledger_tx *tx, const struct payment_scene *s, uint32_t from,
                          int64_t amount_fen, struct book_event *e)
{
	struct payment_purses purses = payment_purses_and_debt(tx, s->card);
	struct payment_funding parts = payment_credit_split(amount_fen, &purses);
	uint32_t debt = 0;

	if (parts.debt_fen > 0)
		TRY(payment_debt(tx, s->card, &debt));
	payment_leg(e, from, debt, parts.debt_fen);
	payment_leg(e, from, (uint32_t)s->card->main, parts.main_fen);
	return OK;
}

static result decide_credit(struct ledger_tx *tx, const struct payments *p,
                            const struct payment_scene *s, const struct payment_request *r,
                            enum payment_kind kind)
{
	struct payment_question q = payment_question_of(tx, p, s, r, kind);

	if (s->card)
		q.purses = payment_purses_and_debt(tx, s->card);
	TRY(payment_decide_top_up(&q, kind == PAYMENT_TOP_UP ? p->config.ceiling_fen
	                                                     : PAYMENT_NO_LIMIT));
	return s->card->park == s->merchant->park ? OK : (result){ PAYMENT_PARK_OTHER };
}

result payment_top_up(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                      struct payment_answer *out)
{
	uint32_t cash;
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct book_event e = payment_event(r, &s, KIND_TOPUP);
	result decision = decide_credit(tx, p, &s, r, PAYMENT_TOP_UP);

	if (!is_ok(decision))
		return payment_refuse(tx, r, &e, decision, out);
	TRY(payment_cash(tx, &s, &cash));
	TRY(credit_legs(tx, &s, cash, r->amount_fen, &e));
	return payment_post(tx, p, r, &e, out);
}

result payment_subsidy(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                       struct payment_answer *out)
{
	uint32_t advance;
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct book_event e = payment_event(r, &s, KIND_SUBSIDY);
	result decision = decide_credit(tx, p, &s, r, PAYMENT_SUBSIDY);

	if (!is_ok(decision))
		return payment_refuse(tx, r, &e, decision, out);
	TRY(payment_subsidies(tx, s.card->park, &advance));
	TRY(credit_legs(tx, &s, advance, r->amount_fen, &e));
	return payment_post(tx, p, r, &e, out);
}

result payment_confirm(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                       struct payment_answer *out)
{
	struct book_source_state seen;
	struct book_outcome done;
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct book_event e = payment_event(r, &s, KIND_RECORD);

	if (!book_source(tx->book, r->source, &seen) || r->original_tsn < seen.lowest ||
	    r->original_tsn > seen.highest)
		return payment_refuse(tx, r, &e, (result){ LEDGER_ORIGINAL_UNKNOWN }, out);
	e.original_source = r->source;
	e.original_number = r->original_tsn;
	TRY(ledger_post(tx, &e, &done));
	return payment_answer_of(tx, &done, out);
}

uint64_t payment_tsn_floor(struct ledger_tx *tx, uint32_t source, bool memory_lost)
{
	struct book_source_state seen;
	uint64_t highest = book_source(tx->book, source, &seen) ? seen.highest : 0;

	/* It spoke without TSNs before: its numbers go on above all of those. */
	if (payment_is_compat_number(highest))
		return PAYMENTS_COMPAT_LAST + 1;
	/* A node that kept its memory is ahead already: jumping would only look like missing
	 * numbers later. */
	return highest + (memory_lost && highest ? PAYMENTS_TSN_MARGIN : 1);
}
