/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/schedule.h"

#include <stdlib.h>

/* --- the order of rows --- */

static int by_time(const void *a, const void *b)
{
	const struct replay_row *x = ((const struct schedule_op *)a)->row,
	                        *y = ((const struct schedule_op *)b)->row;

	if (x->at.us != y->at.us)
		return x->at.us < y->at.us ? -1 : 1;
	if (x->terminal != y->terminal)
		return x->terminal < y->terminal ? -1 : 1;
	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_terminal_serial(const void *a, const void *b)
{
	const struct schedule_op *x = a, *y = b;

	if (x->row->terminal != y->row->terminal)
		return x->row->terminal < y->row->terminal ? -1 : 1;
	if (x->row->serial != y->row->serial)
		return x->row->serial < y->row->serial ? -1 : 1;
	return x->row->number < y->row->number ? -1 : x->row->number > y->row->number;
}

/* A till that sells online never repeats itself: of equal (terminal, serial) the first stays. */
static void drop_repeats(struct schedule *s)
{
	uint32_t kept = 0;

	qsort(s->ops, s->count, sizeof *s->ops, by_terminal_serial);
	for (uint32_t i = 0; i < s->count; i++) {
		const struct replay_row *row = s->ops[i].row,
		                        *last = kept ? s->ops[kept - 1].row : NULL;

		if (last && last->terminal == row->terminal && last->serial == row->serial)
			continue;
		s->ops[kept++] = s->ops[i];
	}
	s->count = kept;
}

static void lay_rows(struct schedule *s, const struct replay_data *d, enum replay_mode mode)
{
	for (size_t i = 0; i < d->row_count; i++)
		s->ops[s->count++].row = &d->rows[i];
	if (mode == REPLAY_UPLOAD)
		return;
	drop_repeats(s);
	for (size_t i = 0; i < d->extra_count; i++)
		s->ops[s->count++].row = &d->extras[i];
	qsort(s->ops, s->count, sizeof *s->ops, by_time);
}

/* --- numbers --- */

static uint16_t terminal_index(const struct replay_data *d, const struct replay_row *row)
{
	const struct replay_terminal *t = replay_terminal_find(d, row->terminal);

	return t ? (uint16_t)(t - d->terminals) : 0;
}

static result number_ops(struct schedule *s, const struct replay_data *d, enum replay_mode mode)
{
	struct {
		uint64_t last, attempts;
	} *of = calloc(REPLAY_TERMINALS_MAX, sizeof *of);

	if (!of)
		return FAIL(OUT_OF_MEMORY, "numbers of %zu terminals", d->terminal_count);
	for (uint32_t i = 0; i < s->count; i++) {
		struct schedule_op *op = &s->ops[i];

		op->terminal = terminal_index(d, op->row);
		if (mode == REPLAY_UPLOAD)
			op->tsn = op->row->serial;
		else if (op->row->kind == REPLAY_ATTEMPT)
			of[op->terminal].attempts++, op->tsn = of[op->terminal].last + 1;
		else if (op->row->terminal != 0)
			op->tsn = op->row->serial + of[op->terminal].attempts;
		if (op->tsn)
			of[op->terminal].last = op->tsn;
	}
	free(of);
	return OK;
}

uint64_t schedule_serial(const struct schedule *s, const struct replay_data *d, uint32_t terminal,
                         uint64_t tsn)
{
	uint64_t attempts = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct schedule_op *op = &s->ops[i];

		if (op->row->kind == REPLAY_ATTEMPT &&
		    d->terminals[op->terminal].number == terminal && op->tsn < tsn)
			attempts++;
	}
	return tsn - attempts;
}

/* --- who waits for whom --- */

/* Cards by number, open addressing: the latest op of each. */
struct card_slot {
	uint32_t card, last;
	bool used;
};

static struct card_slot *slot_of(struct card_slot *slots, size_t size, uint32_t card)
{
	size_t at = (size_t)card * 2654435761u % size;

	while (slots[at].used && slots[at].card != card)
		at = (at + 1) % size;
	return &slots[at];
}

static void link_after(struct schedule *s, uint32_t *last, uint32_t op, bool of_card)
{
	if (*last != SCHEDULE_NONE) {
		if (of_card)
			s->ops[*last].next_of_card = op;
		else
			s->ops[*last].next_of_terminal = op;
		s->ops[op].waits++;
	}
	*last = op;
}

static result link_ops(struct schedule *s)
{
	size_t size = (size_t)s->count * 2 + 1;
	struct card_slot *cards = calloc(size, sizeof *cards);
	uint32_t *terminals = malloc(REPLAY_TERMINALS_MAX * sizeof *terminals);

	if (!cards || !terminals) {
		free(cards);
		free(terminals);
		return FAIL(OUT_OF_MEMORY, "links of %u rows", s->count);
	}
	for (size_t i = 0; i < REPLAY_TERMINALS_MAX; i++)
		terminals[i] = SCHEDULE_NONE;
	for (uint32_t i = 0; i < s->count; i++) {
		struct schedule_op *op = &s->ops[i];
		struct card_slot *card = slot_of(cards, size, op->row->card);

		op->next_of_card = op->next_of_terminal = SCHEDULE_NONE;
		if (!card->used)
			*card = (struct card_slot){ op->row->card, SCHEDULE_NONE, true };
		link_after(s, &card->last, i, true);
		if (op->row->terminal != 0)
			link_after(s, &terminals[op->terminal], i, false);
	}
	free(cards);
	free(terminals);
	return OK;
}

/* --- the ready ones: a binary heap, lowest index first --- */

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t keep = *a;

	*a = *b;
	*b = keep;
}

void schedule_return(struct schedule *s, uint32_t op)
{
	uint32_t at = s->ready_count++;

	s->ready[at] = op;
	for (; at > 0 && s->ready[(at - 1) / 2] > s->ready[at]; at = (at - 1) / 2)
		swap(&s->ready[at], &s->ready[(at - 1) / 2]);
}

uint32_t schedule_peek(const struct schedule *s)
{
	return s->ready_count ? s->ready[0] : SCHEDULE_NONE;
}

uint32_t schedule_next(struct schedule *s)
{
	uint32_t top, at = 0;

	if (s->ready_count == 0)
		return SCHEDULE_NONE;
	top = s->ready[0];
	s->ready[0] = s->ready[--s->ready_count];
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < s->ready_count && s->ready[child + 1] < s->ready[child])
			child++;
		if (child >= s->ready_count || s->ready[at] < s->ready[child])
			return top;
		swap(&s->ready[at], &s->ready[child]);
		at = child;
	}
}

static void release(struct schedule *s, uint32_t op)
{
	if (op != SCHEDULE_NONE && --s->ops[op].waits == 0 && !s->ops[op].claimed)
		schedule_return(s, op);
}

uint32_t schedule_claim_next(struct schedule *s, uint32_t op)
{
	uint32_t next = s->ops[op].next_of_terminal;

	/* Waiting for `op` twice, as its terminal's and its card's, is waiting for it alone. */
	if (next == SCHEDULE_NONE || s->ops[next].waits != 1 + (s->ops[op].next_of_card == next))
		return SCHEDULE_NONE;
	s->ops[next].claimed = true;
	return next;
}

void schedule_done(struct schedule *s, uint32_t op)
{
	ASSERT(!s->ops[op].done);
	s->ops[op].done = true;
	s->done++;
	release(s, s->ops[op].next_of_card);
	release(s, s->ops[op].next_of_terminal);
	while (s->low < s->count && s->ops[s->low].done)
		s->low++;
}

result schedule_init(struct schedule *s, const struct replay_data *d, enum replay_mode mode)
{
	size_t room = d->row_count + d->extra_count + 1;

	*s = (struct schedule){ 0 };
	s->ops = calloc(room, sizeof *s->ops);
	s->ready = malloc(room * sizeof *s->ready);
	if (!s->ops || !s->ready)
		return FAIL(OUT_OF_MEMORY, "%zu rows", room);
	lay_rows(s, d, mode);
	TRY(number_ops(s, d, mode));
	TRY(link_ops(s));
	for (uint32_t i = 0; i < s->count; i++)
		if (s->ops[i].waits == 0)
			schedule_return(s, i);
	return OK;
}

void schedule_free(struct schedule *s)
{
	free(s->ops);
	free(s->ready);
	*s = (struct schedule){ 0 };
}
