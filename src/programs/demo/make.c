/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/demo/make.h"

#include <stdio.h>
#include <stdlib.h>

#include "programs/demo/register.h"
#include "programs/requests.h"

enum { EVENTS_A_REQUEST = 256, ENTRY_CONTACTLESS = 7 };

/* The latest sale of a person: what a refund or void of the plan concerns. */
struct last_sale {
	uint64_t tsn, lsn;
	int64_t amount_fen;
	uint16_t terminal;
};

struct maker {
	struct platform *platform;
	struct demo_campus *campus;
	struct demo_result *result;
	uint64_t tsn[DEMO_TERMINALS + DEMO_DESKS]; /* last used */
	struct last_sale sales[DEMO_PEOPLE];
	struct demo_event *events; /* of the day */
	size_t event_count, next;
};

/* What every request of a terminal says of itself. */
static struct payment_request request_at(struct maker *m, const struct demo_event *e,
                                         unsigned terminal)
{
	struct payment_request r = { .source = demo_terminal_id(terminal),
		                     .made_at = e->at,
		                     .entry = ENTRY_CONTACTLESS };
	const struct terminal *t = terminal_cache_find(&m->platform->terminals, r.source);
	const struct merchant *merchant =
	        t ? merchant_cache_find(&m->platform->merchants, t->merchant_id) : NULL;

	r.tsn = ++m->tsn[terminal];
	r.digest = r.tsn * 0x9E3779B97F4A7C15u ^ (uint64_t)e->amount_fen;
	r.batch = 1;
	if (merchant)
		str_copy(str_of(merchant->no), r.merchant_no, sizeof r.merchant_no);
	snprintf(r.card_no, sizeof r.card_no, "%llu",
	         (unsigned long long)m->campus->people[e->person].card_no);
	return r;
}

static int64_t spendable(struct ledger_tx *tx, const struct card_cache *cards, const char *card_no)
{
	const struct card_entry *card = card_cache_find(cards, str_of(card_no));
	const struct book_account *purse = card ? ledger_account(tx, (uint32_t)card->main) : NULL;

	return purse ? book_spendable(purse) : 0;
}

/* A purse that runs low is filled at a desk first. */
static result top_up_if_low(struct ledger_tx *tx, struct maker *m, const struct demo_event *e)
{
	unsigned desk = DEMO_TERMINALS + e->person % DEMO_DESKS;
	struct payment_request r;
	struct payment_answer answer;

	r = request_at(m, e, desk);
	if (spendable(tx, m->platform->cards, r.card_no) >= DEMO_TOPUP_BELOW_FEN) {
		m->tsn[desk]--; /* the number was not used */
		return OK;
	}
	r.class = PAYMENTS_CLASS_TOP_UP;
	r.amount_fen = demo_topup_fen(m->campus, &m->campus->people[e->person]);
	TRY(payment_top_up(tx, &m->platform->payments, &r, &answer));
	m->result->topups++;
	m->result->topups_fen += r.amount_fen;
	return OK;
}

static result buy(struct ledger_tx *tx, struct maker *m, const struct demo_event *e)
{
	struct last_sale *sale = &m->sales[e->person];
	struct payment_request r;
	struct payment_answer answer;

	/* One in sixteen tries to pay with an empty purse: refusals belong to every campus. */
	if (e->person % 16 != 15 || e->amount_fen % 50 != 0)
		TRY(top_up_if_low(tx, m, e));
	r = request_at(m, e, e->terminal);
	r.class = PAYMENTS_CLASS_PURCHASE;
	r.amount_fen = e->amount_fen;
	TRY(payment_purchase(tx, &m->platform->payments, &r, &answer));
	if (answer.code != SUCCESS) {
		m->result->declined++;
		*sale = (struct last_sale){ 0 };
		return OK;
	}
	m->result->purchases++;
	m->result->purchases_fen += e->amount_fen;
	*sale = (struct last_sale){ r.tsn, answer.lsn, e->amount_fen, e->terminal };
	return OK;
}

static result take_back(struct ledger_tx *tx, struct maker *m, const struct demo_event *e)
{
	struct last_sale *sale = &m->sales[e->person];
	struct payment_request r;
	struct payment_answer answer;

	if (sale->tsn == 0)
		return OK; /* there was nothing to take back */
	r = request_at(m, e, sale->terminal);
	r.amount_fen = sale->amount_fen;
	r.original_tsn = sale->tsn;
	if (e->kind == DEMO_VOID) {
		r.class = PAYMENTS_CLASS_VOID;
		TRY(payment_void(tx, &m->platform->payments, &r, &answer));
		m->result->voids += answer.code == SUCCESS;
	} else {
		r.class = PAYMENTS_CLASS_REFUND;
		r.original_lsn = sale->lsn;
		r.supervised = true;
		TRY(payment_refund(tx, &m->platform->payments, &r, &answer));
		m->result->refunds += answer.code == SUCCESS;
	}
	*sale = (struct last_sale){ 0 };
	return OK;
}

/* A few minutes of the day in one commit. */
static result do_events(struct ledger_tx *tx, void *arg)
{
	struct maker *m = arg;
	size_t end = m->next + EVENTS_A_REQUEST;

	for (; m->next < end && m->next < m->event_count; m->next++) {
		const struct demo_event *e = &m->events[m->next];

		if (e->kind == DEMO_PURCHASE)
			TRY(buy(tx, m, e));
		else
			TRY(take_back(tx, m, e));
	}
	return OK;
}

static result make_day(struct maker *m, struct clock_manual *clock, struct bizdate day,
                       struct instant until)
{
	m->event_count = demo_day(m->campus, day, until, m->events, DEMO_EVENTS_DAY_MAX);
	m->next = 0;
	while (m->next < m->event_count) {
		size_t last = m->next + EVENTS_A_REQUEST < m->event_count
		                      ? m->next + EVENTS_A_REQUEST
		                      : m->event_count;

		clock_manual_set(clock, m->events[last - 1].at);
		TRY(requests_run(m->platform, false, do_events, m));
	}
	return requests_catch_up(m->platform);
}

static result make_history(struct maker *m, struct clock_manual *clock,
                           const struct demo_order *order)
{
	struct bizdate last = bizdate_of(order->until, TIME_ZONE_CHINA_S, 0);

	for (int back = (int)order->days - 1; back >= 0; back--) {
		TRY(make_day(m, clock, bizdate_add(last, -back), order->until));
		if (order->progress)
			order->progress(order->arg, order->days - (unsigned)back, order->days);
	}
	return OK;
}

static struct instant morning_of(struct bizdate day)
{
	return (struct instant){ (bizdate_days(day) * 86400 - TIME_ZONE_CHINA_S + 5 * 3600) *
		                 SECOND_US };
}

result demo_make(struct platform *p, struct clock_manual *clock, const struct demo_order *order,
                 struct demo_result *out)
{
	struct bizdate first =
	        bizdate_add(bizdate_of(order->until, TIME_ZONE_CHINA_S, 0), 1 - (int)order->days);
	struct ledger_proof proof;
	struct maker *m;
	result r;

	ledger_writer_proof(p->writer, &proof);
	if (proof.rows != 0)
		return FAIL(DEMO_NOT_EMPTY, "the site's book has rows already");
	*out = (struct demo_result){ 0 };
	m = calloc(1, sizeof *m);
	ASSERT(m);
	m->platform = p;
	m->result = out;
	m->campus = calloc(1, sizeof *m->campus);
	m->events = calloc(DEMO_EVENTS_DAY_MAX, sizeof *m->events);
	ASSERT(m->campus && m->events);
	demo_campus_init(m->campus, order->seed);
	clock_manual_set(clock, morning_of(first));
	r = demo_register(p, m->campus);
	if (is_ok(r))
		r = make_history(m, clock, order);
	free(m->events);
	free(m->campus);
	free(m);
	return r;
}
