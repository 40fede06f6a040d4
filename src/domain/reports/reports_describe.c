/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reports/reports.h"

#include "domain/reports/reports_sql.h"

/* --- names, each looked up once a call --- */

enum party_kind { PARTY_HOLDER, PARTY_CARD, PARTY_MERCHANT, PARTY_TERMINAL, PARTY_KINDS };

struct known {
	uint64_t key;
	struct reports_party party;
};

struct names {
	struct db_tx *tx;
	struct arena *arena;
	struct known *at[PARTY_KINDS]; /* `size` of each */
	size_t count[PARTY_KINDS], size;
};

static struct names names_for(struct db_tx *tx, struct arena *a, size_t size)
{
	struct names n = { .tx = tx, .arena = a, .size = size };

	for (int kind = 0; kind < PARTY_KINDS; kind++)
		n.at[kind] = arena_array(a, size, sizeof *n.at[kind]);
	return n;
}

static struct reports_party party_of(struct names *n, int64_t id, const char *no, const char *name)
{
	return (struct reports_party){ id, arena_str(n->arena, str_of(no)),
		                       arena_str(n->arena, str_of(name)) };
}

/* "There is no such row" leaves the party empty; other failures are failures. */
static result unless_missing(result r, enum result_code missing)
{
	return r.code == missing ? OK : r;
}

/* The person who owns a purse: key 1 of its account. */
static result load_holder(struct names *n, uint64_t account, struct reports_party *out)
{
	struct account_view view;
	struct reports_person row;
	result r = views_account(n->tx, (uint32_t)account, &view);

	if (!is_ok(r) || !chart_is_purse(view.key.chart))
		return unless_missing(r, LEDGER_ACCOUNT_UNKNOWN);
	r = reports_person(n->tx, (int64_t)view.key.key1, &row);
	if (is_ok(r))
		*out = party_of(n, row.person.id, row.person.no, row.person.name);
	return unless_missing(r, PERSON_NOT_FOUND);
}

static result load_card(struct names *n, uint64_t id, struct reports_party *out)
{
	struct card card;
	result r = card_load_by_id(n->tx, (int64_t)id, &card);

	if (is_ok(r))
		*out = party_of(n, card.id, card.no, "");
	return unless_missing(r, CARD_NOT_FOUND);
}

static result load_merchant(struct names *n, uint64_t id, struct reports_party *out)
{
	struct merchant m;
	result r = merchant_load(n->tx, (int64_t)id, &m);

	if (is_ok(r))
		*out = party_of(n, m.id, m.no, m.name);
	return unless_missing(r, MERCHANT_NOT_FOUND);
}

static result load_terminal(struct names *n, uint64_t id, struct reports_party *out)
{
	struct terminal t;
	result r = id < TERMINAL_ID_FIRST ? OK : terminal_load(n->tx, (uint32_t)id, &t);

	if (is_ok(r) && id >= TERMINAL_ID_FIRST)
		*out = party_of(n, t.id, t.node_id, t.location);
	return unless_missing(r, TERMINAL_NOT_FOUND);
}

static result name(struct names *n, enum party_kind kind, uint64_t key, struct reports_party *out)
{
	static result (*const load[PARTY_KINDS])(struct names *, uint64_t,
	                                         struct reports_party *) = {
		load_holder,
		load_card,
		load_merchant,
		load_terminal,
	};

	*out = (struct reports_party){ 0 };
	if (key == 0)
		return OK;
	for (size_t i = 0; i < n->count[kind]; i++) {
		if (n->at[kind][i].key == key) {
			*out = n->at[kind][i].party;
			return OK;
		}
	}
	TRY(load[kind](n, key, out));
	if (n->count[kind] < n->size)
		n->at[kind][n->count[kind]++] = (struct known){ key, *out };
	return OK;
}

/* --- what became of an event --- */

static bool is_success(const struct entry *e)
{
	return strcmp(e->code, "SUCCESS") == 0;
}

static bool undoes(const struct entry *later, const struct entry *first)
{
	return later->original_lsn == first->lsn && is_success(later) &&
	       (later->kind == KIND_REVERSAL || later->kind == KIND_PURCHASE_VOID ||
	        later->kind == KIND_TOPUP_VOID);
}

static result state_of(struct db_tx *tx, const struct entry *first, struct arena *a,
                       enum reports_state *out)
{
	struct entries chain;

	*out = is_success(first) ? REPORTS_DONE : REPORTS_REFUSED;
	if (*out == REPORTS_REFUSED || first->original_lsn != 0 || first->amount.fen == 0)
		return OK;
	TRY(views_chain(tx, first->lsn, a, &chain));
	for (size_t i = 0; i < chain.count; i++)
		if (undoes(&chain.at[i], first))
			*out = REPORTS_REVERSED;
	return OK;
}

static result amount_of(struct db_tx *tx, const struct entry *first, struct arena *a,
                        struct money *out)
{
	struct entries legs;

	*out = first->amount;
	if (first->legs <= 1)
		return OK;
	out->fen = 0;
	TRY(views_event(tx, first->lsn, a, &legs));
	for (size_t i = 0; i < legs.count; i++)
		TRY(money_add(*out, legs.at[i].amount, out));
	return OK;
}

static result describe(struct names *n, const struct entry *e, struct reports_transaction *out)
{
	*out = (struct reports_transaction){ .first = *e };
	TRY(amount_of(n->tx, e, n->arena, &out->amount));
	TRY(state_of(n->tx, e, n->arena, &out->state));
	TRY(name(n, PARTY_HOLDER, e->holder, &out->person));
	TRY(name(n, PARTY_CARD, e->card, &out->card));
	TRY(name(n, PARTY_MERCHANT, e->merchant, &out->merchant));
	return name(n, PARTY_TERMINAL, e->terminal, &out->terminal);
}

result reports_describe(struct db_tx *tx, const struct entry *rows, size_t count, struct arena *a,
                        struct reports_transaction *out)
{
	struct names n = names_for(tx, a, count);

	for (size_t i = 0; i < count; i++)
		TRY(describe(&n, &rows[i], &out[i]));
	return OK;
}

/* --- the chain of one --- */

static const struct entry *row_at(const struct entries *rows, uint64_t lsn)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->at[i].lsn == lsn)
			return &rows->at[i];
	return NULL;
}

/* Purses belong to people, takings to merchants; the rest of the chart to the house. */
static result account(struct names *n, uint32_t no, struct reports_account *out)
{
	struct account_view view;
	result r;

	*out = (struct reports_account){ .no = no };
	if (no == 0)
		return OK;
	r = views_account(n->tx, no, &view);
	if (!is_ok(r))
		return unless_missing(r, LEDGER_ACCOUNT_UNKNOWN);
	out->chart = chart_find(view.key.chart);
	if (chart_is_purse(view.key.chart))
		return name(n, PARTY_HOLDER, no, &out->owner);
	if (view.key.chart == CHART_MERCHANT_TAKINGS)
		return name(n, PARTY_MERCHANT, view.key.key1, &out->owner);
	return OK;
}

static result legs_of(struct names *n, const struct entry *first, struct reports_chain *out)
{
	struct entries rows;

	TRY(views_event(n->tx, first->lsn, n->arena, &rows));
	out->legs = arena_array(n->arena, rows.count, sizeof *out->legs);
	for (size_t i = 0; i < rows.count; i++) {
		const struct entry *e = &rows.at[i];
		struct reports_leg *leg = &out->legs[out->leg_count];

		if (e->amount.fen == 0 || !is_success(e))
			continue;
		*leg = (struct reports_leg){ .lsn = e->lsn, .amount = e->amount };
		TRY(account(n, e->debit, &leg->debit));
		TRY(account(n, e->credit, &leg->credit));
		out->leg_count++;
	}
	return OK;
}

/* The batch before or after, by a row that must lie in it; none at either end of the book. */
static result neighbour(struct db_tx *tx, uint64_t lsn, struct journal_batch *out)
{
	result r;

	*out = (struct journal_batch){ 0 };
	if (lsn == 0)
		return OK;
	r = views_batch(tx, lsn, out);
	if (!is_ok(r))
		*out = (struct journal_batch){ 0 };
	return unless_missing(r, LEDGER_ROW_UNKNOWN);
}

static result batches_of(struct db_tx *tx, uint64_t lsn, struct reports_chain *out)
{
	TRY(views_batch(tx, lsn, &out->batch));
	TRY(neighbour(tx, out->batch.first_lsn - 1, &out->previous));
	return neighbour(tx, out->batch.last_lsn + 1, &out->next);
}

static result later_of(struct names *n, const struct entries *rows, const struct entry *first,
                       struct reports_chain *out)
{
	out->later = arena_array(n->arena, rows->count, sizeof *out->later);
	for (size_t i = 0; i < rows->count; i++)
		if (rows->at[i].leg == 0 && rows->at[i].lsn != first->lsn &&
		    rows->at[i].original_lsn == first->lsn)
			TRY(describe(n, &rows->at[i], &out->later[out->later_count++]));
	return OK;
}

result reports_chain(struct db_tx *tx, uint64_t lsn, struct arena *a, struct reports_chain *out)
{
	struct entries rows;
	const struct entry *hit, *first, *original;
	struct names n;

	*out = (struct reports_chain){ 0 };
	TRY(views_chain(tx, lsn, a, &rows));
	hit = row_at(&rows, lsn);
	first = hit ? row_at(&rows, lsn - hit->leg) : NULL;
	if (!first)
		return FAIL(LEDGER_ROW_UNKNOWN, "row %llu", (unsigned long long)lsn);
	n = names_for(tx, a, rows.count + 2 * JOURNAL_LEGS_MAX);
	original = first->original_lsn ? row_at(&rows, first->original_lsn) : NULL;
	TRY(describe(&n, first, &out->self));
	if (original) {
		out->original = arena_alloc(a, sizeof *out->original);
		TRY(describe(&n, original, out->original));
	}
	TRY(later_of(&n, &rows, first, out));
	TRY(legs_of(&n, first, out));
	return batches_of(tx, first->lsn, out);
}
