/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold when all is quiet (terminal-protocol 17). */
#include "simulation/sim.h"

static int64_t moved_fen(const struct sim_truth *t)
{
	return t->what == POS_PURCHASE ? -t->amount_fen : t->amount_fen;
}

/* Each acknowledged transaction exactly once, nothing else at all. */
static void check_truth(struct sim *s, const struct sim_truth *t)
{
	int stands = s->host->stands(s->host, t->till, t->tsn, t->offline ? 0 : t->digest);

	if (stands != (t->delivered ? 1 : 0))
		sim_violation(s,
		              "till %u number %llu (%s kind %d): %s, but the host has it %d times",
		              t->till, (unsigned long long)t->tsn, t->offline ? "stored" : "online",
		              (int)t->what, t->delivered ? "delivered" : "not delivered", stands);
}

static void check_cards(struct sim *s)
{
	int64_t want[SIM_CARDS];

	for (unsigned c = 0; c < SIM_CARDS; c++)
		want[c] = SIM_OPENING_FEN;
	for (size_t i = 0; i < s->truth_count; i++)
		if (s->truths[i].delivered)
			want[s->truths[i].card] += moved_fen(&s->truths[i]);
	for (unsigned c = 0; c < SIM_CARDS; c++) {
		int64_t got = s->host->balance_fen(s->host, c);

		if (got != want[c])
			sim_violation(s, "card %u holds %lld, the counter says %lld", c,
			              (long long)got, (long long)want[c]);
	}
}

void sim_check(struct sim *s)
{
	const char *wrong = s->host->wrong(s->host);

	if (wrong)
		sim_violation(s, "book: %s", wrong);
	for (unsigned i = 0; i < s->till_count; i++)
		if (!sim_till_is_quiet(s, i))
			sim_violation(s,
			              "till %u is not at rest: %s, link %d, state %d, acts %u, "
			              "held %zu, upload %s",
			              i, s->tills[i].up ? "up" : "down", s->tills[i].link,
			              (int)s->tills[i].txn.state, s->tills[i].acts_left,
			              s->tills[i].journal.held,
			              s->tills[i].upload.closing ? "closing" : "at rest");
	for (size_t i = 0; i < s->truth_count; i++)
		check_truth(s, &s->truths[i]);
	check_cards(s);
}
