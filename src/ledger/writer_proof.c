/* SPDX-License-Identifier: Apache-2.0 */
/* Identities of finance-and-rules.md 1.3 over the running sums, the independent recount, heads of
 * days. */
#include "ledger/writer_state.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *zh, *en;
} words[LEDGER_IDENTITIES] = {
	{ "每笔分录借贷相等", "Every event: debits equal credits" },
	{ "全部账户借贷平衡", "All accounts: sum is zero" },
	{ "总账等于明细账之和", "Each general account equals its sub-ledger" },
	{ "各园区自身平衡", "Each park balances by itself" },
	{ "持卡人钱包等于期初加收减付", "Cardholder purses equal opening plus in minus out" },
	{ "资金足以覆盖客户负债", "Funds cover customer liabilities; the rest is the result" },
	{ "商户结算等于待结算变动", "Merchant statements equal the movement of takings" },
};

static int64_t magnitude(int64_t v)
{
	return v < 0 ? -v : v;
}

/* Debit positive. */
static int64_t signed_balance(const struct book_total *t)
{
	return t->is_credit ? -t->balance_fen : t->balance_fen;
}

static void say(struct ledger_proof *p, int n, int64_t left, int64_t right, bool holds)
{
	p->identity[n - 1].left_fen = left;
	p->identity[n - 1].right_fen = right;
	p->identity[n - 1].holds = holds;
}

/* I1, I2: turnover and balances of both sides. */
static void check_sides(const struct book *b, struct ledger_proof *p)
{
	int64_t debit = 0, credit = 0, on_debit = 0, on_credit = 0;

	for (uint32_t i = 0; i < book_total_count(b); i++) {
		const struct book_total *t = book_total(b, i);

		debit += t->debit_fen;
		credit += t->credit_fen;
		if (t->is_credit)
			on_credit += t->balance_fen;
		else
			on_debit += t->balance_fen;
	}
	say(p, 1, debit, credit, debit == credit);
	say(p, 2, on_debit, on_credit, on_debit == on_credit);
}

struct park_sum {
	uint32_t park;
	int64_t fen;
};

static int by_park(const void *a, const void *b)
{
	const struct park_sum *x = a, *y = b;

	return (x->park > y->park) - (x->park < y->park);
}

/* I4: the park that is furthest off. */
static void check_parks(const struct book *b, struct ledger_proof *p)
{
	uint32_t count = book_total_count(b);
	struct park_sum *sums = calloc(count + 1, sizeof *sums);
	int64_t worst = 0, sum = 0;

	for (uint32_t i = 0; sums && i < count; i++)
		sums[i] = (struct park_sum){ book_total(b, i)->park,
			                     signed_balance(book_total(b, i)) };
	if (sums)
		qsort(sums, count, sizeof *sums, by_park);
	for (uint32_t i = 0; sums && i < count; i++) {
		sum += sums[i].fen;
		if (i + 1 < count && sums[i + 1].park == sums[i].park)
			continue;
		if (magnitude(sum) > magnitude(worst))
			worst = sum;
		sum = 0;
	}
	say(p, 4, worst, 0, sums && worst == 0);
	free(sums);
}

/* I5: what lies in the purses came in and did not go out. */
static void check_purses(const struct book *b, struct ledger_proof *p)
{
	int64_t have = 0, moved = 0;

	for (uint32_t i = 0; i < book_total_count(b); i++)
		if (chart_is_purse(book_total(b, i)->chart))
			have += book_total(b, i)->balance_fen;
	for (int place = 0; place < CHART_COUNT; place++) {
		uint16_t code = chart_rows()[place].code;

		for (unsigned kind = 1; chart_is_purse(code) && kind < KIND_LIMIT; kind++) {
			struct book_flow f = book_flow(b, (enum event_kind)kind, code);

			moved += f.credit_fen - f.debit_fen;
		}
	}
	say(p, 5, have, moved, have == moved);
}

/* I6: 1xxx and clearing against 2xxx; the difference is the result. */
static void check_funds(const struct book *b, struct ledger_proof *p)
{
	int64_t funds = 0, owed = 0, result_fen = 0;

	for (uint32_t i = 0; i < book_total_count(b); i++) {
		const struct book_total *t = book_total(b, i);

		switch (t->chart / 1000) {
		case 1:
		case 3:
			funds += signed_balance(t);
			break;
		case 2:
			owed -= signed_balance(t);
			break;
		default:
			result_fen -= signed_balance(t);
		}
	}
	say(p, 6, funds, owed, funds >= owed && funds - owed == result_fen);
}

/* I7: what statements took from takings went to statements payable and commission; takings equal
 * their movements. */
static void check_statements(const struct book *b, struct ledger_proof *p)
{
	struct book_flow takings = book_flow(b, KIND_STATEMENT, CHART_MERCHANT_TAKINGS);
	int64_t out = 0, have = 0, moved = 0;

	for (int place = 0; place < CHART_COUNT; place++)
		if (chart_rows()[place].code != CHART_MERCHANT_TAKINGS) {
			struct book_flow f = book_flow(b, KIND_STATEMENT, chart_rows()[place].code);

			out += f.credit_fen - f.debit_fen;
		}
	for (uint32_t i = 0; i < book_total_count(b); i++)
		if (book_total(b, i)->chart == CHART_MERCHANT_TAKINGS)
			have += book_total(b, i)->balance_fen;
	for (unsigned kind = 1; kind < KIND_LIMIT; kind++) {
		struct book_flow f = book_flow(b, (enum event_kind)kind, CHART_MERCHANT_TAKINGS);

		moved += f.credit_fen - f.debit_fen;
	}
	say(p, 7, takings.debit_fen - takings.credit_fen, out,
	    takings.debit_fen - takings.credit_fen == out && have == moved);
}

static void evaluate(struct ledger_writer *w, struct ledger_proof *p)
{
	check_sides(w->book, p);
	say(p, 3, w->recount_left, w->recount_right, w->recount_agrees);
	check_parks(w->book, p);
	check_purses(w->book, p);
	check_funds(w->book, p);
	check_statements(w->book, p);
	for (int i = 0; i < LEDGER_IDENTITIES; i++) {
		p->identity[i].zh = words[i].zh;
		p->identity[i].en = words[i].en;
		p->identity[i].lsn = i == 2 ? w->recount_lsn : book_last_lsn(w->book);
		p->identity[i].checked_at_us = clock_now(w->config.clock).us;
	}
}

/* Age of the oldest row that the views do not hold. */
static int64_t views_lag_us(const struct ledger_writer *w, uint64_t views_lsn, int64_t now_us)
{
	const struct journal_row *next = &w->recent[(views_lsn + 1) % WRITER_RECENT_ROWS];

	if (!w->views || views_lsn >= w->last.last_lsn)
		return 0;
	/* No longer among the newest rows: far behind. */
	return next->lsn == views_lsn + 1 ? now_us - next->posted_at_us : INT64_MAX;
}

void writer_proof_update(struct ledger_writer *w, int64_t now_us)
{
	uint64_t views_lsn = w->views ? views_follower_lsn(w->views) : 0;
	struct ledger_proof p = {
		.accounts = book_account_count(w->book),
		.sources = book_source_count(w->book),
		.rows = book_last_lsn(w->book),
		.batches = w->last.no,
		.slice_rounds = w->recount_rounds,
		.views_lsn = views_lsn,
		.views_lag_us = views_lag_us(w, views_lsn, clock_now(w->config.clock).us),
		.last = w->last,
		.day = w->day,
		.business_date = w->tx.business_date,
	};

	if (w->recount_rounds == 0) /* the first round of a new process is made at once */
		while (w->recount_rounds == 0)
			writer_recount(w, UINT32_MAX);
	evaluate(w, &p);
	p.slice_rounds = w->recount_rounds;
	w->proof_us = now_us;
	w->figures.memory = book_memory(w->book);
	pthread_mutex_lock(&w->proof_lock);
	w->shown = w->figures;
	w->proof = p;
	pthread_mutex_unlock(&w->proof_lock);
}

void writer_recount(struct ledger_writer *w, uint32_t accounts)
{
	bool agrees;
	int64_t left, right;

	if (!book_recount(w->book, accounts, &agrees, &left, &right))
		return;
	w->recount_agrees = agrees;
	w->recount_left = left;
	w->recount_right = right;
	w->recount_lsn = book_last_lsn(w->book);
	w->recount_rounds++;
}

void ledger_writer_proof(struct ledger_writer *w, struct ledger_proof *out)
{
	pthread_mutex_lock(&w->proof_lock);
	*out = w->proof;
	pthread_mutex_unlock(&w->proof_lock);
}

void ledger_writer_figures(struct ledger_writer *w, struct ledger_figures *out)
{
	pthread_mutex_lock(&w->proof_lock);
	*out = w->shown;
	pthread_mutex_unlock(&w->proof_lock);
	out->queue = queue_count(&w->queue);
	out->stopped = w->dead;
}

/* ---- days ---- */

static int64_t turnover(const struct book *b)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < book_total_count(b); i++)
		sum += book_total(b, i)->debit_fen;
	return sum;
}

result writer_seal(struct ledger_writer *w, struct store_day *out)
{
	struct ledger_proof p = { 0 };

	*out = w->day;
	if (w->open_date == 0 || w->day.business_date >= w->open_date)
		return OK;
	evaluate(w, &p);
	for (int i = 0; i < 4; i++)
		if (!p.identity[i].holds)
			return FAIL(LEDGER_IDENTITY, "I%d does not hold", i + 1);
	*out = (struct store_day){
		.business_date = w->open_date,
		.last_batch = w->last.no,
		.last_lsn = w->last.last_lsn,
		.turnover_fen = turnover(w->book),
		.sealed_at_us = w->tx.now.us,
	};
	memcpy(out->hash, w->last.hash, JOURNAL_HASH_SIZE);
	TRY(w->store->ops->seal_day(w->store, out));
	w->day = *out;
	w->sealed = true;
	return OK;
}

static result read_day(struct ledger_tx *tx, void *arg)
{
	*(struct store_day *)arg = tx->writer->day;
	return OK;
}

result ledger_seal(struct ledger_writer *w, struct store_day *out)
{
	return ledger_call(w, false, read_day, out); /* the batch that holds it closes the day */
}
