/* SPDX-License-Identifier: Apache-2.0 */
/* A naive ledger as oracle: seeded random events, repeats, undos and restarts; both must always
 * agree. */
#include <string.h>

#include "base/rand.h"
#include "harness/test.h"
#include "ledger/book_rig.h"

enum { ACCOUNTS = 9, SOURCES = 5, NUMBERS = 120, STEPS = 3000, SEEDS = 12 };

enum fate { NEVER, APPROVED, DECLINED, GRAVE };

/* What the naive ledger remembers of a key. */
struct memory {
	enum fate fate;
	enum event_kind kind;
	struct book_leg leg;
	int64_t undone;
	bool reversed;
	uint32_t of_source; /* what it undid */
	uint64_t of_number;
};

struct model {
	int64_t balance[ACCOUNTS + 1];
	bool credit_side[ACCOUNTS + 1], floor[ACCOUNTS + 1];
	struct memory key[SOURCES + 1][NUMBERS + 1];
};

static struct rig rig;
static struct model model, saved;

static void model_init(void)
{
	memset(&model, 0, sizeof model);
	for (uint32_t no = 1; no <= ACCOUNTS; no++) {
		const struct book_account *a = book_account(rig.book, no);

		model.credit_side[no] = chart_is_credit(a->chart);
		model.floor[no] = a->floor_fen != BOOK_NO_FLOOR;
	}
}

static int64_t change_of(uint32_t no, bool debit, int64_t fen)
{
	return model.credit_side[no] == debit ? -fen : fen;
}

static bool allows(const struct book_leg *leg)
{
	int64_t debit = model.balance[leg->debit] + change_of(leg->debit, true, leg->amount_fen);
	int64_t credit =
	        model.balance[leg->credit] + change_of(leg->credit, false, leg->amount_fen);

	return (debit >= model.balance[leg->debit] || !model.floor[leg->debit] || debit >= 0) &&
	       (credit >= model.balance[leg->credit] || !model.floor[leg->credit] || credit >= 0);
}

static void move(const struct book_leg *leg)
{
	model.balance[leg->debit] += change_of(leg->debit, true, leg->amount_fen);
	model.balance[leg->credit] += change_of(leg->credit, false, leg->amount_fen);
}

static enum result_code model_move(struct memory *m, const struct book_leg *leg,
                                   enum event_kind kind)
{
	bool ok = allows(leg);

	*m = (struct memory){ ok ? APPROVED : DECLINED, kind, *leg, 0, false, 0, 0 };
	if (ok)
		move(leg);
	return ok ? SUCCESS : LEDGER_INSUFFICIENT;
}

static enum result_code model_reverse(struct memory *m, struct memory *of)
{
	struct book_leg back = { of->leg.credit, of->leg.debit, of->leg.amount_fen - of->undone };
	bool moves = of->fate == APPROVED && !of->reversed && of->kind != KIND_REVERSAL &&
	             back.amount_fen > 0;

	*m = (struct memory){ .fate = APPROVED, .kind = KIND_REVERSAL };
	if (of->fate == NEVER)
		of->fate = GRAVE;
	if (of->fate != APPROVED || of->kind == KIND_REVERSAL)
		return SUCCESS;
	if (moves) {
		move(&back);
		of->undone += back.amount_fen;
		if (of->of_number)
			model.key[of->of_source][of->of_number].undone -= back.amount_fen;
	}
	of->reversed = true;
	return SUCCESS;
}

static enum result_code model_refund(struct memory *m, uint32_t source, uint64_t number,
                                     int64_t fen)
{
	struct memory *of = &model.key[source][number];
	struct book_leg back = { of->leg.credit, of->leg.debit, fen };

	*m = (struct memory){ .fate = DECLINED, .kind = KIND_REFUND };
	if (of->fate == NEVER)
		return LEDGER_ORIGINAL_UNKNOWN;
	if (of->fate != APPROVED || of->kind != KIND_PURCHASE || of->reversed)
		return LEDGER_ORIGINAL_STATE;
	if (fen > of->leg.amount_fen - of->undone)
		return LEDGER_REFUND_EXCEEDS;
	*m = (struct memory){ APPROVED, KIND_REFUND, back, 0, false, source, number };
	move(&back);
	of->undone += fen;
	return SUCCESS;
}

static struct book_event random_event(struct random_seeded *r)
{
	static const enum event_kind kinds[] = { KIND_PURCHASE, KIND_PURCHASE, KIND_PURCHASE,
		                                 KIND_TOPUP,    KIND_REVERSAL, KIND_REFUND };
	enum event_kind kind = kinds[random_below(r, ARRAY_LEN(kinds))];
	struct book_event e = rig_event(kind, 1 + (uint32_t)random_below(r, SOURCES),
	                                1 + random_below(r, NUMBERS));
	int64_t fen = 1 + (int64_t)random_below(r, 500);

	e.digest = 1;
	if (kind == KIND_REVERSAL || kind == KIND_REFUND) {
		e.original_source = 1 + (uint32_t)random_below(r, SOURCES);
		e.original_number = 1 + random_below(r, NUMBERS);
		e.amount_fen = fen;
		if (e.original_source == e.source && e.original_number == e.number)
			e.original_number = e.number % NUMBERS + 1;
		return e;
	}
	e.leg_count = 1;
	e.counted = rig.purse;
	e.window = 1 + (uint32_t)random_below(r, 3);
	e.legs[0] =
	        kind == KIND_TOPUP
	                ? (struct book_leg){ rig.till, rig.purse, fen }
	                : (struct book_leg){ rig.purse,
		                             random_below(r, 2) ? rig.takings : rig.takings2, fen };
	return e;
}

static enum result_code model_apply(const struct book_event *e)
{
	struct memory *m = &model.key[e->source][e->number];

	if (e->kind == KIND_REVERSAL)
		return model_reverse(m, &model.key[e->original_source][e->original_number]);
	if (e->kind == KIND_REFUND)
		return model_refund(m, e->original_source, e->original_number, e->amount_fen);
	return model_move(m, &e->legs[0], e->kind);
}

static void step(struct random_seeded *r)
{
	struct book_event e = random_event(r);
	struct memory *m = &model.key[e.source][e.number];
	bool seen = m->fate != NEVER;
	enum fate fate = m->fate;
	bool back = random_below(r, 8) == 0;
	size_t mark = book_mark(rig.book);
	struct book_outcome out;
	enum result_code got = rig_post(&rig, &e, &out), want;

	if (seen) {
		CHECK_I64("a key is done once", out.replayed, true);
		if (fate == GRAVE)
			CHECK_I64("", got, LEDGER_REVERSED_BEFORE);
		else
			CHECK_I64("", got == SUCCESS, fate == APPROVED);
		return;
	}
	saved = model;
	want = model_apply(&e);
	CHECK_I64(kind_find(e.kind)->name, got, want);
	if (back) {
		book_undo(rig.book, mark);
		model = saved;
	}
	for (uint32_t no = 1; no <= ACCOUNTS; no++)
		CHECK_I64("balance", rig_balance(&rig, no), model.balance[no]);
	book_keep(rig.book);
}

TEST(the_book_agrees_with_a_naive_ledger_under_random_events)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct random_seeded r;
		uint32_t gaps_max = seed % 3 == 0 ? 6 : 0;

		random_seeded_init(&r, seed);
		rig_open(&rig, gaps_max);
		model_init();
		for (int i = 0; i < STEPS; i++) {
			step(&r);
			if (random_below(&r, 20) == 0)
				rig_commit(&rig);
		}
		rig_check_copies(&rig, gaps_max);
		rig_close(&rig);
	}
}
