/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/payments/payment_parts.h"

/* A PIN was entered and is all that could still stand in the way, or would lift a limit: look at it
 * now. */
static result decide_with_pin(struct ledger_tx *tx, const struct payment_scene *s,
                              const struct payment_request *r, struct payment_question *q,
                              struct payment_funding *funding)
{
	result decision = payment_decide(q, funding);

	if (!r->has_pin || (!is_ok(decision) && !payment_pin_reason(decision)))
		return decision;
	TRY(payment_pin_check(tx, s->card->person_id, r->pin));
	q->pin_passed = true;
	return payment_decide(q, funding);
}

/* E40: subsidy first, then main, to the takings of the merchant. */
static result purchase_legs(struct ledger_tx *tx, struct payments *p, const struct payment_scene *s,
                            const struct payment_funding *funding, const struct payment_request *r,
                            struct book_event *e)
{
	uint32_t takings;

	TRY(payment_takings(tx, p, s, &takings));
	payment_leg(e, (uint32_t)s->card->subsidy, takings, funding->subsidy_fen);
	payment_leg(e, (uint32_t)s->card->main, takings, funding->main_fen);
	e->counted = (uint32_t)s->card->main;
	e->window = payment_window_of(tx->business_date, r->meal);
	return OK;
}

result payment_purchase(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                        struct payment_answer *out)
{
	struct payment_funding funding = { 0 };
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct payment_question q = payment_question_of(tx, p, &s, r, PAYMENT_PURCHASE);
	struct book_event e = payment_event(r, &s, KIND_PURCHASE);
	result decision = decide_with_pin(tx, &s, r, &q, &funding);

	if (is_ok(decision) && s.card->park != s.merchant->park)
		decision = (result){ PAYMENT_PARK_OTHER };
	if (!is_ok(decision))
		return payment_refuse(tx, r, &e, decision, out);
	TRY(purchase_legs(tx, p, &s, &funding, r, &e));
	return payment_post(tx, p, r, &e, out);
}

result payment_balance(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                       struct payment_answer *out)
{
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct payment_question q = payment_question_of(tx, p, &s, r, PAYMENT_BALANCE);
	struct book_event e = payment_event(r, &s, KIND_RECORD);
	result decision = payment_decide_place(&q);

	if (is_ok(decision))
		decision = payment_decide_card(&q);
	if (!is_ok(decision))
		return payment_refuse(tx, r, &e, decision, out);

	struct book_outcome done;
	TRY(ledger_post(tx, &e, &done));
	return payment_answer_of(tx, &done, out);
}
