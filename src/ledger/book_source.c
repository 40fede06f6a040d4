/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a source: which have come, which are missing, and where the row of one lies. */
#include "ledger/book_state.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first gap whose end is not below `number`; gap_count when there is none. */
static uint32_t gap_at(const struct source *s, uint64_t number)
{
	uint32_t from = 0, to = s->gap_count;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (s->gaps[middle].to < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool gap_holds(const struct source *s, uint32_t at, uint64_t number)
{
	return at < s->gap_count && s->gaps[at].from <= number;
}

enum book_seen book_seen(const struct source *s, uint64_t number)
{
	if (number > s->highest || gap_holds(s, gap_at(s, number), number))
		return BOOK_SEEN_NOT;
	return number < s->unsure_below ? BOOK_SEEN_UNSURE : BOOK_SEEN;
}

result book_seen_reserve(const struct book *b, struct source *s)
{
	uint32_t size = s->gap_size ? s->gap_size * 2 : 4;
	struct book_gap *gaps;

	if (s->gap_count < s->gap_size || s->gap_count >= b->limits.gaps_max)
		return OK;
	gaps = realloc(s->gaps, size * sizeof *gaps);
	if (!gaps)
		return FAIL(OUT_OF_MEMORY, "%u gaps", size);
	s->gaps = gaps;
	s->gap_size = size;
	return OK;
}

static void gap_insert(struct source *s, uint32_t at, struct book_gap gap)
{
	memmove(&s->gaps[at + 1], &s->gaps[at], (s->gap_count - at) * sizeof *s->gaps);
	s->gaps[at] = gap;
	s->gap_count++;
}

static void gap_remove(struct source *s, uint32_t at)
{
	s->gap_count--;
	memmove(&s->gaps[at], &s->gaps[at + 1], (s->gap_count - at) * sizeof *s->gaps);
}

/* Room for one more gap when the limit is reached: the lowest is forgotten, numbers below it become
 * unsure. */
static bool evict_lowest(const struct book *b, struct source *s, struct undo *u)
{
	if (s->gap_count < b->limits.gaps_max)
		return false;
	u->was.seen.evicted = s->gaps[0];
	s->unsure_below = s->gaps[0].to + 1;
	gap_remove(s, 0);
	return true;
}

/* A number above all others: what lies between becomes a gap. */
static void seen_above(const struct book *b, struct source *s, uint64_t number, struct undo *u)
{
	if (number > s->highest + 1) {
		evict_lowest(b, s, u);
		gap_insert(s, s->gap_count, (struct book_gap){ s->highest + 1, number - 1 });
	}
	s->highest = number;
}

/* A number in the middle of a gap: two gaps are left of it. */
static void split(const struct book *b, struct source *s, uint32_t at, uint64_t number,
                  struct undo *u)
{
	struct book_gap lower = { s->gaps[at].from, number - 1 };

	s->gaps[at].from = number + 1;
	if (s->gap_count < b->limits.gaps_max) {
		gap_insert(s, at, lower);
	} else if (at == 0) { /* the lower half is the lowest of all */
		u->was.seen.evicted = lower;
		s->unsure_below = number;
	} else {
		evict_lowest(b, s, u);
		gap_insert(s, at - 1, lower);
	}
}

static void seen_below(const struct book *b, struct source *s, uint64_t number, struct undo *u)
{
	uint32_t at = gap_at(s, number);

	if (!gap_holds(s, at, number))
		u->was.seen.number = 0; /* was unsure: no gap knows it */
	else if (s->gaps[at].from == s->gaps[at].to)
		gap_remove(s, at);
	else if (s->gaps[at].from == number)
		s->gaps[at].from++;
	else if (s->gaps[at].to == number)
		s->gaps[at].to--;
	else
		split(b, s, at, number, u);
}

void book_seen_add(const struct book *b, struct source *s, uint64_t number, uint64_t lsn,
                   struct undo *u)
{
	u->was.seen.number = number;
	u->was.seen.lowest = s->lowest;
	u->was.seen.highest = s->highest;
	u->was.seen.unsure_below = s->unsure_below;
	u->was.seen.evicted = (struct book_gap){ 0, 0 };
	u->was.seen.recent = s->recent[s->recent_at];
	if (number > s->highest)
		seen_above(b, s, number, u);
	else
		seen_below(b, s, number, u);
	if (s->lowest == 0 || number < s->lowest)
		s->lowest = number;
	s->recent[s->recent_at] = (struct book_recent){ number, lsn };
	s->recent_at = (s->recent_at + 1) % BOOK_RECENT;
	s->dirty = true;
}

/* Back into the gaps: neighbours of it can only be the two halves it once split. */
static void unsee_below(struct source *s, uint64_t number)
{
	uint32_t at = gap_at(s, number);
	bool above = at < s->gap_count && s->gaps[at].from == number + 1;
	bool below = at > 0 && s->gaps[at - 1].to == number - 1;

	if (above && below) {
		s->gaps[at].from = s->gaps[at - 1].from;
		gap_remove(s, at - 1);
	} else if (above) {
		s->gaps[at].from = number;
	} else if (below) {
		s->gaps[at - 1].to = number;
	} else {
		gap_insert(s, at, (struct book_gap){ number, number });
	}
}

void book_seen_remove(struct source *s, const struct undo *u)
{
	struct book_gap evicted = u->was.seen.evicted;
	uint64_t number = u->was.seen.number;

	if (s->highest != u->was.seen.highest) {
		if (number > u->was.seen.highest + 1)
			gap_remove(s, s->gap_count - 1);
	} else if (number) {
		unsee_below(s, number);
	}
	if (evicted.from && s->gap_count > 0 && s->gaps[0].from == evicted.to + 1)
		s->gaps[0].from = evicted.from;
	else if (evicted.from)
		gap_insert(s, 0, evicted);
	s->lowest = u->was.seen.lowest;
	s->highest = u->was.seen.highest;
	s->unsure_below = u->was.seen.unsure_below;
	s->recent_at = (s->recent_at + BOOK_RECENT - 1) % BOOK_RECENT;
	s->recent[s->recent_at] = u->was.seen.recent;
}

/* ---- rows ---- */

result book_row(struct book *b, uint64_t lsn, struct journal_row *out)
{
	uint64_t first = b->last_lsn - b->rows->count + 1; /* of the open batch */

	if (lsn == 0 || lsn > b->last_lsn)
		return FAIL(LEDGER_ROW_UNKNOWN, "row %llu", (unsigned long long)lsn);
	if (lsn < first)
		return b->lookup.row(b->lookup.arg, lsn, out);
	*out = b->rows->at[lsn - first];
	return OK;
}

static bool is_first_of(const struct journal_row *row, const struct source *s, uint64_t number)
{
	return row->source == s->source && row->number == number && row->leg == 0;
}

/* Among the last events of the source; *oldest becomes the oldest row it still knows of, 0 when it
 * knows none. */
static uint64_t recent_lsn(const struct source *s, uint64_t number, uint64_t *oldest)
{
	*oldest = 0;
	for (uint32_t i = 0; i < BOOK_RECENT; i++) {
		const struct book_recent *r =
		        &s->recent[(s->recent_at + BOOK_RECENT - 1 - i) % BOOK_RECENT];

		if (r->lsn && r->number == number)
			return r->lsn;
		if (r->lsn)
			*oldest = r->lsn;
	}
	return 0;
}

/* Older than the index of the views, or not in it: along the source's own chain. */
static result walk_back(struct book *b, const struct source *s, uint64_t number, uint64_t from,
                        struct journal_row *out, bool *found)
{
	for (uint64_t lsn = from; lsn; lsn = out->prev_source) {
		TRY(book_row(b, lsn, out));
		if (out->source != s->source)
			return FAIL(LEDGER_CORRUPT, "row %llu is not of source %u",
			            (unsigned long long)lsn, s->source);
		if (is_first_of(out, s, number)) {
			*found = true;
			return OK;
		}
	}
	*found = false;
	return OK;
}

result book_locate(struct book *b, const struct source *s, uint64_t number, struct journal_row *out,
                   bool *found)
{
	uint64_t oldest;
	uint64_t lsn = recent_lsn(s, number, &oldest);

	if (lsn == 0 && b->lookup.key)
		lsn = b->lookup.key(b->lookup.arg, s->source, number);
	if (lsn) {
		TRY(book_row(b, lsn, out));
		*found = is_first_of(out, s, number);
		if (*found)
			return OK;
	}
	return walk_back(b, s, number, oldest ? oldest : s->last_lsn, out, found);
}

/* ---- looking ---- */

static void state_of(const struct source *s, struct book_source_state *out)
{
	*out = (struct book_source_state){
		.source = s->source,
		.lowest = s->lowest,
		.highest = s->highest,
		.last_lsn = s->last_lsn,
		.unsure_below = s->unsure_below,
		.gaps = s->gaps,
		.gap_count = s->gap_count,
	};
}

bool book_source(const struct book *b, uint32_t source, struct book_source_state *out)
{
	const struct source *s = book_source_get(b, source);

	if (s)
		state_of(s, out);
	return s != NULL;
}

bool book_source_at(const struct book *b, uint32_t index, struct book_source_state *out)
{
	if (index >= b->source_count)
		return false;
	state_of(b->sources[index], out);
	return true;
}
