/* SPDX-License-Identifier: Apache-2.0 */
/* Void, refund and reversal: what gives an earlier event back. The book knows its legs; here stands
 * who may when. */
#include "domain/payments/payment_parts.h"

/* What an undoing asks of its original. */
struct undo_rule {
	enum payment_kind asks; /* permission of the terminal */
	enum event_kind kind, of;
	bool whole_day; /* whole amount, same business day */
	bool last;      /* nothing may have moved the purse since */
};

static const struct undo_rule void_rule = {
	.asks = PAYMENT_VOID,
	.kind = KIND_PURCHASE_VOID,
	.of = KIND_PURCHASE,
	.whole_day = true,
};
static const struct undo_rule top_up_void_rule = {
	.asks = PAYMENT_TOP_UP_VOID,
	.kind = KIND_TOPUP_VOID,
	.of = KIND_TOPUP,
	.whole_day = true,
	.last = true,
};
static const struct undo_rule refund_rule = {
	.asks = PAYMENT_REFUND,
	.kind = KIND_REFUND,
	.of = KIND_PURCHASE,
};

/* One undoing under way. */
struct undoing {
	const struct undo_rule *rule;
	const struct payment_scene *scene;
	const struct payment_request *request;
};

/* Did the original move the purse of this card? Its counters say whose purchase it was; a top-up
 * has none. */
static bool is_of_card(const struct journal_row *row, const struct card_entry *card)
{
	return row->counted == card->main || row->debit == card->main || row->credit == card->main;
}

static result check_original(struct ledger_tx *tx, const struct undoing *u,
                             const struct journal_row *row)
{
	struct book_original o = { 0 };

	if (row->code != 0 || row->kind != u->rule->of)
		return (result){ LEDGER_ORIGINAL_STATE };
	if (u->scene->card && !is_of_card(row, u->scene->card))
		return (result){ PAYMENT_ORIGINAL_OTHER };
	if (!u->rule->whole_day)
		return OK;
	if (row->business_date != tx->business_date.yyyymmdd)
		return (result){ PAYMENT_VOID_DAY };
	if (!book_original(tx->book, row->lsn, &o) || o.total_fen != u->request->amount_fen)
		return (result){ PAYMENT_VOID_AMOUNT };
	return OK;
}

/*
 * Post first, because only the book knows the original and its legs; then look whether it is the
 * one that may be undone, and take the posting back when it is not.
 */
static result post_undo(struct ledger_tx *tx, struct payments *p, const struct undoing *u,
                        struct book_event *e, struct payment_answer *out)
{
	const struct payment_scene *s = u->scene;
	const struct payment_request *r = u->request;
	const struct book_account *main =
	        s->card ? ledger_account(tx, (uint32_t)s->card->main) : NULL;
	uint64_t moved = main ? main->last_lsn : 0;
	size_t mark = ledger_mark(tx);
	struct book_outcome done;
	struct journal_row row;

	TRY(ledger_post(tx, e, &done));
	if (done.code != SUCCESS)
		return payment_answer_of(tx, &done, out);
	TRY(ledger_row(tx, done.original_lsn, &row));
	result check = check_original(tx, u, &row);
	if (is_ok(check) && u->rule->last && (moved < row.lsn || moved >= row.lsn + row.legs))
		check = (result){ PAYMENT_NOT_LAST };
	if (!is_ok(check)) {
		ledger_undo(tx, mark);
		return payment_refuse(tx, r, e, check, out);
	}
	payment_batch_count(p, &(struct payment_count){ .source = r->source,
	                                                .batch = r->batch,
	                                                .class = r->class,
	                                                .amount_fen = r->amount_fen,
	                                                .sign = 1 });
	return payment_answer_of(tx, &done, out);
}

static result undo_same_terminal(struct ledger_tx *tx, struct payments *p,
                                 const struct undo_rule *rule, const struct payment_request *r,
                                 struct payment_answer *out)
{
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct payment_question q = payment_question_of(tx, p, &s, r, rule->asks);
	struct book_event e = payment_event(r, &s, rule->kind);
	result decision = payment_decide_place(&q);

	if (is_ok(decision) && r->card_no[0] && !s.card)
		decision = (result){ PAYMENT_CARD_UNKNOWN };
	if (is_ok(decision) && r->amount_fen <= 0)
		decision = (result){ PAYMENT_AMOUNT };
	if (!is_ok(decision))
		return payment_refuse(tx, r, &e, decision, out);
	e.original_source = r->source;
	e.original_number = r->original_tsn;
	return post_undo(tx, p, &(struct undoing){ rule, &s, r }, &e, out);
}

result payment_void(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                    struct payment_answer *out)
{
	return undo_same_terminal(tx, p, &void_rule, r, out);
}

result payment_top_up_void(struct ledger_tx *tx, struct payments *p,
                           const struct payment_request *r, struct payment_answer *out)
{
	return undo_same_terminal(tx, p, &top_up_void_rule, r, out);
}

/* The original of a refund by its reference: a sale of this merchant whose number is the one that
 * was named. */
static result find_refundable(struct ledger_tx *tx, const struct payment_scene *s,
                              const struct payment_request *r, struct journal_row *row)
{
	result found = ledger_row(tx, r->original_lsn, row);

	if (found.code == LEDGER_ROW_UNKNOWN)
		return (result){ LEDGER_ORIGINAL_UNKNOWN };
	TRY(found);
	if (row->number != r->original_tsn || row->leg != 0 || row->kind != KIND_PURCHASE)
		return (result){ LEDGER_ORIGINAL_UNKNOWN };
	if (payment_business_of(row).merchant != (uint32_t)s->merchant->id)
		return (result){ PAYMENT_ORIGINAL_OTHER };
	return OK;
}

result payment_refund(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                      struct payment_answer *out)
{
	struct journal_row row;
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct payment_question q = payment_question_of(tx, p, &s, r, PAYMENT_REFUND);
	struct book_event e = payment_event(r, &s, KIND_REFUND);
	result decision = payment_decide_place(&q);

	if (is_ok(decision) && !r->supervised)
		decision = (result){ PAYMENT_SUPERVISOR };
	if (is_ok(decision) && r->card_no[0] && !s.card)
		decision = (result){ PAYMENT_CARD_UNKNOWN };
	if (is_ok(decision) && r->amount_fen <= 0)
		decision = (result){ PAYMENT_AMOUNT };
	if (is_ok(decision))
		decision = find_refundable(tx, &s, r, &row);
	if (!is_ok(decision))
		return payment_refuse(tx, r, &e, decision, out);
	e.original_source = row.source;
	e.original_number = row.number;
	return post_undo(tx, p, &(struct undoing){ &refund_rule, &s, r }, &e, out);
}

/* A sale that was reversed is in nobody's totals. */
static result uncount(struct ledger_tx *tx, struct payments *p, const struct book_outcome *done)
{
	struct book_original o = { 0 };
	struct journal_row row;

	if (!done->original_lsn || !done->row.debit ||
	    !book_original(tx->book, done->original_lsn, &o))
		return OK;
	TRY(ledger_row(tx, done->original_lsn, &row));
	struct journal_business b = payment_business_of(&row);
	payment_batch_count(p, &(struct payment_count){ .source = row.source,
	                                                .batch = b.extra >> 8,
	                                                .class = (uint8_t)b.extra,
	                                                .amount_fen = o.total_fen,
	                                                .sign = -1 });
	return OK;
}

result payment_reversal(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                        struct payment_answer *out)
{
	struct book_outcome done;
	bool repeat;

	TRY(payment_repeat(tx, r, out, &repeat));
	if (repeat)
		return OK;

	struct payment_scene s = payment_scene_of(p, r);
	struct book_event e = payment_event(r, &s, KIND_REVERSAL);

	payment_set_class(&e, r->batch, PAYMENTS_CLASS_REVERSAL);
	e.original_source = r->source;
	e.original_number = r->original_tsn;
	e.flags = JOURNAL_FORCED;
	TRY(ledger_post(tx, &e, &done));
	TRY(uncount(tx, p, &done));
	return payment_answer_of(tx, &done, out);
}
