/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/chain.h"

#include <stdlib.h>

#include "base/result.h"

static int by_card_counter(const void *a, const void *b)
{
	const struct chain_link *x = a, *y = b;

	if (x->card != y->card)
		return x->card < y->card ? -1 : 1;
	if (x->counter != y->counter)
		return x->counter < y->counter ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void note_break(struct chain_report *r, const struct chain_link *a,
                       const struct chain_link *b)
{
	if (r->count == r->size) {
		r->size = r->size ? 2 * r->size : 64;
		r->breaks = realloc(r->breaks, r->size * sizeof *r->breaks);
		ASSERT(r->breaks);
	}
	r->breaks[r->count] = (struct chain_break){
		.card = a->card,
		.before = a->counter,
		.after = b->counter,
		.amount_fen = a->after_fen + b->delta_fen - b->after_fen,
		.explained = b->counter > a->counter + 1,
	};
	r->explained += r->breaks[r->count++].explained;
}

void chain_check(struct chain_link *links, size_t count, struct chain_report *out)
{
	const struct chain_link *last = NULL;

	*out = (struct chain_report){ 0 };
	qsort(links, count, sizeof *links, by_card_counter);
	for (size_t i = 0; i < count; i++) {
		const struct chain_link *link = &links[i];

		if (last && last->card == link->card && last->counter == link->counter)
			continue;
		out->links++;
		if (!last || last->card != link->card) {
			out->cards++;
		} else {
			out->missing += link->counter - last->counter - 1;
			if (last->after_fen + link->delta_fen != link->after_fen)
				note_break(out, last, link);
		}
		last = link;
	}
}

void chain_report_free(struct chain_report *r)
{
	free(r->breaks);
	*r = (struct chain_report){ 0 };
}
