/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/payments/payment_parts.h"

#include "domain/terminals/terminal_admit.h"

struct payment_scene payment_scene_of(const struct payments *p, const struct payment_request *r)
{
	struct payment_scene s = { .terminal = terminal_cache_find(p->terminals, r->source) };

	if (s.terminal)
		s.merchant = merchant_cache_find(p->merchants, s.terminal->merchant_id);
	if (r->card_no[0])
		s.card = card_cache_find(p->cards, str_of(r->card_no));
	return s;
}

static uint32_t kinds_of(uint32_t allow)
{
	static const struct {
		uint32_t allow;
		enum payment_kind kind;
	} rows[] = {
		{ TERMINAL_ALLOW_PURCHASE, PAYMENT_PURCHASE }, { TERMINAL_ALLOW_VOID, PAYMENT_VOID },
		{ TERMINAL_ALLOW_REFUND, PAYMENT_REFUND },     { TERMINAL_ALLOW_BALANCE, PAYMENT_BALANCE },
		{ TERMINAL_ALLOW_CASH, PAYMENT_TOP_UP },       { TERMINAL_ALLOW_CASH, PAYMENT_TOP_UP_VOID },
		{ TERMINAL_ALLOW_SUBSIDY, PAYMENT_SUBSIDY },
	}, *row;
	uint32_t kinds = 0;

	EACH (row, rows)
		if (allow & row->allow)
			kinds |= 1u << row->kind;
	return kinds;
}

static enum payment_place_state terminal_place(const struct terminal *t)
{
	if (!t)
		return PAYMENT_PLACE_CLOSED;
	if (t->state == TERMINAL_SUSPENDED)
		return PAYMENT_PLACE_SUSPENDED;
	return is_ok(terminal_require_active(t)) ? PAYMENT_PLACE_OPEN : PAYMENT_PLACE_CLOSED;
}

static enum payment_card_state card_rule_state(const struct card_entry *card)
{
	static const enum payment_card_state states[] = {
		[CARD_ACTIVE] = PAYMENT_CARD_STATE_GOOD,
		[CARD_REPORTED_LOST] = PAYMENT_CARD_STATE_LOST,
		[CARD_FROZEN] = PAYMENT_CARD_STATE_FROZEN,
		[CARD_CLOSED] = PAYMENT_CARD_STATE_CLOSED,
	};

	return card ? states[card->state] : PAYMENT_CARD_STATE_UNKNOWN;
}

static int64_t balance_of(struct ledger_tx *tx, uint32_t account)
{
	const struct book_account *a = account ? ledger_account(tx, account) : NULL;

	return a ? a->balance_fen : 0;
}

struct payment_purses payment_purses_of(struct ledger_tx *tx, const struct card_entry *card)
{
	const struct book_account *main =
	        card->main ? ledger_account(tx, (uint32_t)card->main) : NULL;

	return (struct payment_purses){
		.main_fen = main ? book_spendable(main) : 0,
		.subsidy_fen = balance_of(tx, (uint32_t)card->subsidy),
	};
}

struct payment_purses payment_purses_and_debt(struct ledger_tx *tx, const struct card_entry *card)
{
	struct payment_purses purses = payment_purses_of(tx, card);
	struct book_key debt = { .chart = CHART_HOLDER_RECEIVABLE,
		                 .park = card->park,
		                 .key1 = (uint64_t)card->person_id };

	purses.debt_fen = balance_of(tx, ledger_account_lookup(tx, &debt));
	return purses;
}

uint32_t payment_window_of(struct bizdate day, uint8_t meal)
{
	return meal ? day.yyyymmdd * 100 + meal % 100 : 0;
}

/* Counters of the main purse; those of another day or window count as zero. */
static struct payment_used used_of(struct ledger_tx *tx, const struct card_entry *card,
                                   uint32_t window)
{
	const struct book_account *a = card->main ? ledger_account(tx, (uint32_t)card->main) : NULL;
	struct payment_used used = { 0 };

	if (a && a->day == tx->business_date.yyyymmdd) {
		used.day_fen = a->day_fen;
		used.day_count = a->day_count;
	}
	if (a && window && a->window == window) {
		used.window_fen = a->window_fen;
		used.window_count = a->window_count;
	}
	return used;
}

struct payment_question payment_question_of(struct ledger_tx *tx, const struct payments *p,
                                            const struct payment_scene *s,
                                            const struct payment_request *r, enum payment_kind kind)
{
	struct payment_question q = {
		.kind = kind,
		.terminal = terminal_place(s->terminal),
		.merchant = s->merchant && s->merchant->state == MERCHANT_OPEN
		                    ? PAYMENT_PLACE_OPEN
		                    : PAYMENT_PLACE_CLOSED,
		.kinds_allowed = s->terminal ? kinds_of(terminal_allow(s->terminal)) : 0,
		.merchant_matches = s->merchant && strcmp(s->merchant->no, r->merchant_no) == 0,
		.subsidy_accepted = true,
		.card = card_rule_state(s->card),
		.card_may_pay = s->card && s->card->main,
		.card_expires = { s->card ? s->card->expires : 0 },
		.today = tx->business_date,
		.amount_fen = r->amount_fen,
	};

	if (s->card) {
		q.limits = p->limits[s->card->class];
		q.used = used_of(tx, s->card, payment_window_of(tx->business_date, r->meal));
		q.purses = payment_purses_of(tx, s->card);
	}
	return q;
}

struct journal_business payment_business_of(const struct journal_row *row)
{
	struct journal_business b;

	_Static_assert(sizeof b <= JOURNAL_BUSINESS_SIZE, "the business record fits its place");
	memcpy(&b, row->business, sizeof b);
	return b;
}

void payment_set_class(struct book_event *e, uint32_t batch, uint8_t class)
{
	struct journal_business b;

	memcpy(&b, e->business, sizeof b);
	b.extra = payment_extra(batch, class);
	memcpy(e->business, &b, sizeof b);
}

struct book_event payment_event(const struct payment_request *r, const struct payment_scene *s,
                                enum event_kind kind)
{
	struct journal_business b = {
		.card = s->card ? (uint32_t)s->card->id : 0,
		.merchant = s->merchant ? (uint32_t)s->merchant->id : 0,
		.terminal = r->source,
		.operator_id = r->operator_id,
		.list_sequence = r->list_sequence,
		.reason = r->reason,
		.extra = payment_extra(r->batch, r->class),
		.meal = r->meal,
		.entry = r->entry,
		.mode = r->mode,
		.identity = s->card ? s->card->class : 0,
	};
	struct book_event e = {
		.source = r->source,
		.number = r->tsn,
		.digest = r->digest,
		.kind = kind,
		.event_time = r->made_at,
		.park = s->card       ? s->card->park
		        : s->merchant ? s->merchant->park
		                      : 1,
		.amount_fen = r->amount_fen > 0 ? r->amount_fen : 0,
		.session = r->session,
		.counter = r->counter,
	};

	if (s->card) {
		e.answer[0] = (uint32_t)s->card->main;
		e.answer[1] = (uint32_t)s->card->subsidy;
	}
	memcpy(e.business, &b, sizeof b);
	return e;
}

void payment_leg(struct book_event *e, uint32_t debit, uint32_t credit, int64_t amount_fen)
{
	if (amount_fen > 0)
		e->legs[e->leg_count++] = (struct book_leg){ debit, credit, amount_fen };
}

/* The account the terminal used last: a hint, because a request that was taken back may have opened
 * it. */
static bool is_takings_of(const struct book_account *a, const struct book_key *key)
{
	return a && a->chart == key->chart && a->key1 == key->key1 && a->key2 == key->key2 &&
	       a->park == key->park;
}

result payment_takings(struct ledger_tx *tx, struct payments *p, const struct payment_scene *s,
                       uint32_t *no)
{
	/* No floor: a refund after settlement leaves the rest to the next statement (finance E53).
	 */
	struct book_key key = { .chart = CHART_MERCHANT_TAKINGS,
		                .park = s->merchant->park,
		                .key1 = (uint64_t)s->merchant->id,
		                .key2 = s->terminal->id };
	struct payments_till *till = payment_till(p, s->terminal->id);

	if (till && is_takings_of(ledger_account(tx, till->takings), &key)) {
		*no = till->takings;
		return OK;
	}
	TRY(ledger_account_require(tx, &key, BOOK_NO_FLOOR, no));
	if (till)
		till->takings = *no;
	return OK;
}

result payment_cash(struct ledger_tx *tx, const struct payment_scene *s, uint32_t *no)
{
	struct book_key key = { .chart = CHART_TILL_CASH,
		                .park = s->merchant->park,
		                .key1 = s->terminal->id };

	return ledger_account_require(tx, &key, BOOK_NO_FLOOR, no);
}

result payment_subsidies(struct ledger_tx *tx, uint32_t park, uint32_t *no)
{
	struct book_key key = { .chart = CHART_SUBSIDY_ADVANCE, .park = park };

	return ledger_account_require(tx, &key, 0, no);
}

result payment_orphans(struct ledger_tx *tx, const struct payment_scene *s, uint32_t *no)
{
	struct book_key key = { .chart = CHART_ORPHAN_RECORDS,
		                .park = s->merchant->park,
		                .key1 = s->terminal->id };

	return ledger_account_require(tx, &key, BOOK_NO_FLOOR, no);
}

result payment_debt(struct ledger_tx *tx, const struct card_entry *card, uint32_t *no)
{
	struct book_key key = { .chart = CHART_HOLDER_RECEIVABLE,
		                .park = card->park,
		                .key1 = (uint64_t)card->person_id };

	return ledger_account_require(tx, &key, 0, no);
}

result payment_answer_of(struct ledger_tx *tx, const struct book_outcome *done,
                         struct payment_answer *out)
{
	*out = (struct payment_answer){
		.code = done->code,
		.replayed = done->replayed,
		.lsn = done->lsn,
		.balance_fen = done->answer_fen,
		.posted_at = done->posted_at,
		.business_date = { done->row.business_date },
	};
	if (done->row.kind == KIND_REVERSAL && done->original_lsn) {
		struct journal_row original;
		TRY(ledger_row(tx, done->original_lsn, &original));
		out->settled_before =
		        original.code == 0 && original.business_date < done->row.business_date;
	}
	return OK;
}

result payment_repeat(struct ledger_tx *tx, const struct payment_request *r,
                      struct payment_answer *out, bool *repeat)
{
	enum book_found found;
	struct book_outcome done;

	TRY(ledger_find(tx, r->source, r->tsn, r->digest, &found, &done));
	if (found == BOOK_CONFLICT)
		return FAIL(LEDGER_CONFLICT, "terminal %u number %llu", r->source,
		            (unsigned long long)r->tsn);
	*repeat = found == BOOK_REPLAY;
	return *repeat ? payment_answer_of(tx, &done, out) : OK;
}

result payment_post(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                    const struct book_event *event, struct payment_answer *out)
{
	struct book_outcome done;

	TRY(ledger_post(tx, event, &done));
	TRY(payment_answer_of(tx, &done, out));
	if (done.code == SUCCESS && !done.replayed)
		payment_batch_count(p, &(struct payment_count){ .source = r->source,
		                                                .batch = r->batch,
		                                                .class = r->class,
		                                                .amount_fen = r->amount_fen,
		                                                .sign = 1 });
	return OK;
}

result payment_refuse(struct ledger_tx *tx, const struct payment_request *r,
                      struct book_event *event, result why, struct payment_answer *out)
{
	struct book_outcome done;

	if (result_kind(why) != RESULT_DECLINE)
		return why;
	event->leg_count = 0;
	event->counted = 0;
	event->amount_fen = r->amount_fen > 0 ? r->amount_fen : 0;
	TRY(ledger_decline(tx, event, why.code, &done));
	return payment_answer_of(tx, &done, out);
}
