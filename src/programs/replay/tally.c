/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/tally.h"

#include <stdlib.h>

/* What is known of a card while its rows are walked in order. */
struct card_walk {
	uint32_t card, counter;
	bool used;
	int64_t surplus_fen; /* by the data */
	int64_t missing_fen; /* spent in records that never arrived: our balance is so much higher
	                      */
};

/* (terminal, serial) seen: the first of each is the transaction, later ones are repeats. */
struct seen {
	uint64_t *slots;
	size_t size;
};

static bool see(struct seen *s, const struct replay_row *row)
{
	uint64_t key = (uint64_t)row->terminal << 32 | row->serial;
	size_t at = (size_t)(key * 0x9E3779B97F4A7C15u >> 20) % s->size;

	while (s->slots[at] && s->slots[at] != key)
		at = (at + 1) % s->size;
	if (s->slots[at] == key)
		return false;
	s->slots[at] = key;
	return true;
}

static struct card_walk *state_of(struct card_walk *states, size_t size, uint32_t card)
{
	size_t at = (size_t)card * 2654435761u % size;

	while (states[at].used && states[at].card != card)
		at = (at + 1) % size;
	states[at].used = true;
	states[at].card = card;
	return &states[at];
}

static void add_refused(struct tally *t, const char *code)
{
	size_t i = 0;

	while (i < t->refused_count && strcmp(t->refused[i].code, code) != 0)
		i++;
	if (i == TALLY_CODES_MAX)
		return;
	if (i == t->refused_count)
		str_copy(str_of(code), t->refused[t->refused_count++].code, 3);
	t->refused[i].count++;
}

/* Unexplained deviations push explained ones out. */
static void note_deviation(struct tally *t, const struct tally_deviation *d)
{
	if (t->deviation_count < TALLY_EXAMPLES_MAX) {
		t->deviations[t->deviation_count++] = *d;
		return;
	}
	for (size_t i = 0; !d->explained && i < TALLY_EXAMPLES_MAX; i++)
		if (t->deviations[i].explained) {
			t->deviations[i] = *d;
			return;
		}
}

static int64_t delta_of(const struct replay_row *row)
{
	return row->kind == REPLAY_PURCHASE ? -row->amount_fen : row->amount_fen;
}

/* Walk the card on by one row of the data; a jump of its counter whose balance does not follow is a
 * missing record. */
static void follow(struct card_walk *c, const struct replay_row *row)
{
	if (c->counter != 0 && row->card_count > c->counter + 1)
		c->missing_fen += c->surplus_fen + delta_of(row) - row->surplus_fen;
	c->counter = row->card_count;
	c->surplus_fen = row->surplus_fen;
}

static void compare_balance(struct tally *t, const struct card_walk *c,
                            const struct replay_row *row, const struct replay_answer *a)
{
	struct tally_deviation d = { .number = row->number,
		                     .expected_fen = row->surplus_fen,
		                     .got_fen = a->balance_fen };

	if (!a->has_balance)
		return;
	t->balances++;
	if (a->balance_fen == row->surplus_fen) {
		t->balances_equal++;
		return;
	}
	d.explained = a->balance_fen == row->surplus_fen + c->missing_fen;
	t->balances_explained += d.explained;
	str_copy(str_of(a->code), d.code, sizeof d.code);
	note_deviation(t, &d);
}

static void count_attempt(struct tally *t, const struct card_walk *c, const struct replay_row *row,
                          const struct replay_answer *a)
{
	static const char *const codes[] = { [EXPECT_APPROVED] = "00",
		                             [EXPECT_INSUFFICIENT] = "51",
		                             [EXPECT_LOST] = "41",
		                             [EXPECT_UNKNOWN_CARD] = "14" };
	struct tally_deviation d = { .number = row->number,
		                     .expected_fen = row->surplus_fen,
		                     .got_fen = a->balance_fen };

	t->attempts++;
	if (strcmp(a->code, codes[row->expected]) == 0) {
		t->attempts_as_expected++;
		return;
	}
	d.explained = c->missing_fen != 0;
	t->attempts_explained += d.explained;
	str_copy(str_of(a->code), d.code, sizeof d.code);
	note_deviation(t, &d);
}

static void count_upload(struct tally *t, struct seen *seen, const struct replay_row *row,
                         const struct replay_answer *a)
{
	bool first = see(seen, row);

	t->uploads++;
	if (strcmp(a->code, "00") != 0)
		add_refused(t, a->code);
	else if (a->status == 2)
		t->exceptions++;
	else if (first && (a->status == 0 || a->repeated))
		t->posted++; /* a repeat after a lost answer is told "duplicate": it was posted all
		                the same */
	else
		t->duplicates++;
}

void tally_count(const struct replay_run *run, struct tally *out)
{
	const struct schedule *s = run->schedule;
	size_t size = (size_t)s->count * 2 + 16;
	struct seen seen = { calloc(size, sizeof(uint64_t)), size };
	struct card_walk *cards = calloc(size, sizeof *cards);

	ASSERT(seen.slots && cards);
	*out = (struct tally){ 0 };
	for (size_t i = 0; i < run->data->opening_count; i++) {
		const struct replay_opening *o = &run->data->openings[i];
		struct card_walk *c = state_of(cards, size, o->card);

		c->counter = o->card_count;
		c->surplus_fen = o->balance_fen;
	}
	for (uint32_t i = 0; i < s->count; i++) {
		const struct replay_row *row = s->ops[i].row;
		const struct replay_answer *a = &run->answers[i];
		struct card_walk *c = state_of(cards, size, row->card);

		if (a->code[0] == '\0') {
			out->unanswered++;
		} else if (row->kind == REPLAY_ATTEMPT) {
			count_attempt(out, c, row, a);
		} else if (row->terminal == 0) {
			out->events++;
		} else {
			count_upload(out, &seen, row, a);
			if (run->mode == REPLAY_ONLINE) {
				follow(c, row);
				compare_balance(out, c, row, a);
			}
		}
	}
	free(seen.slots);
	free(cards);
}
