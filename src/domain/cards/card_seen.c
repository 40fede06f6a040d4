/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/cards/card_seen.h"

#include <stdlib.h>

enum { SEEN_START = 1024 };

static struct card_seen_number *slot_of(const struct card_seen *s, uint64_t value)
{
	uint64_t h = value * 0x9E3779B97F4A7C15u;
	size_t at = (size_t)(h ^ h >> 31) & (s->size - 1);

	while (s->slots[at].digits && s->slots[at].value != value)
		at = (at + 1) & (s->size - 1);
	return &s->slots[at];
}

static result grow(struct card_seen *s)
{
	struct card_seen more = { .size = s->size ? s->size * 2 : SEEN_START, .count = s->count };

	more.slots = calloc(more.size, sizeof *more.slots);
	if (!more.slots)
		return FAIL(OUT_OF_MEMORY, "%zu numbers", more.size);
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i].digits)
			*slot_of(&more, s->slots[i].value) = s->slots[i];
	free(s->slots);
	*s = more;
	return OK;
}

result card_seen_put(struct card_seen *s, const struct card_seen_number *n,
                     struct card_seen_number **out, bool *is_new)
{
	if ((s->count + 1) * 2 > s->size)
		TRY(grow(s));
	struct card_seen_number *slot = slot_of(s, n->value);
	*is_new = slot->digits == 0;
	if (*is_new) {
		*slot = *n;
		s->count++;
	}
	*out = slot;
	return OK;
}

void card_seen_free(struct card_seen *s)
{
	free(s->slots);
	*s = (struct card_seen){ 0 };
}
