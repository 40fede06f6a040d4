/* SPDX-License-Identifier: Apache-2.0 */
/* Two books compared member by member, so that a difference can be named. */
#include "ledger/book_state.h"

#include <stddef.h>
#include <string.h>

struct member {
	const char *name;
	size_t at, size;
};

#define MEMBER(type, name)                                                                         \
	{                                                                                          \
#name, offsetof(struct type, name), sizeof(((struct type *)0)->name)               \
	}

static const struct member account_members[] = {
	MEMBER(book_account, balance_fen),  MEMBER(book_account, held_fen),
	MEMBER(book_account, floor_fen),    MEMBER(book_account, last_lsn),
	MEMBER(book_account, counter_lsn),  MEMBER(book_account, key1),
	MEMBER(book_account, key2),         MEMBER(book_account, day_fen),
	MEMBER(book_account, window_fen),   MEMBER(book_account, day),
	MEMBER(book_account, window),       MEMBER(book_account, day_count),
	MEMBER(book_account, window_count), MEMBER(book_account, park),
	MEMBER(book_account, chart),        MEMBER(book_account, flags),
};

static const struct member source_members[] = {
	MEMBER(source, lowest),       MEMBER(source, highest),   MEMBER(source, last_lsn),
	MEMBER(source, unsure_below), MEMBER(source, gap_count), MEMBER(source, recent_at),
};

static const struct member original_members[] = {
	MEMBER(book_original, last_lsn),   MEMBER(book_original, total_fen),
	MEMBER(book_original, undone_fen), MEMBER(book_original, remaining_fen),
	MEMBER(book_original, expires_s),  MEMBER(book_original, kind),
	MEMBER(book_original, reversed),
};

static int64_t value_of(const void *object, const struct member *m)
{
	uint64_t v = 0;

	memcpy(&v, (const uint8_t *)object + m->at, m->size);
	return (int64_t)v;
}

static bool differ(struct book_difference *out, const char *field, int64_t a, int64_t b)
{
	out->field = field;
	out->a = a;
	out->b = b;
	return false;
}

static bool members_equal(const void *a, const void *b, const struct member *members, size_t count,
                          struct book_difference *out)
{
	for (size_t i = 0; i < count; i++)
		if (value_of(a, &members[i]) != value_of(b, &members[i]))
			return differ(out, members[i].name, value_of(a, &members[i]),
			              value_of(b, &members[i]));
	return true;
}

static bool accounts_equal(const struct book *a, const struct book *b, struct book_difference *out)
{
	out->kind = BOOK_PAGE_ACCOUNT_RUN;
	if (a->account_count != b->account_count)
		return differ(out, "count", a->account_count, b->account_count);
	for (uint32_t no = 1; no <= a->account_count; no++) {
		out->no = no;
		if (!members_equal(book_account_at(a, no), book_account_at(b, no), account_members,
		                   ARRAY_LEN(account_members), out))
			return false;
	}
	return true;
}

static bool lists_equal(const struct source *a, const struct source *b, struct book_difference *out)
{
	for (uint32_t i = 0; i < a->gap_count; i++) {
		if (a->gaps[i].from != b->gaps[i].from)
			return differ(out, "gap.from", (int64_t)a->gaps[i].from,
			              (int64_t)b->gaps[i].from);
		if (a->gaps[i].to != b->gaps[i].to)
			return differ(out, "gap.to", (int64_t)a->gaps[i].to,
			              (int64_t)b->gaps[i].to);
	}
	for (uint32_t i = 0; i < BOOK_RECENT; i++) {
		if (a->recent[i].number != b->recent[i].number)
			return differ(out, "recent.number", (int64_t)a->recent[i].number,
			              (int64_t)b->recent[i].number);
		if (a->recent[i].lsn != b->recent[i].lsn)
			return differ(out, "recent.lsn", (int64_t)a->recent[i].lsn,
			              (int64_t)b->recent[i].lsn);
	}
	return true;
}

static bool sources_equal(const struct book *a, const struct book *b, struct book_difference *out)
{
	out->kind = BOOK_PAGE_SOURCE;
	out->no = 0;
	if (a->source_count != b->source_count)
		return differ(out, "count", a->source_count, b->source_count);
	for (uint32_t i = 0; i < a->source_count; i++) {
		const struct source *s = a->sources[i];
		const struct source *other = book_source_get(b, s->source);

		out->no = s->source;
		if (!other)
			return differ(out, "source", s->source, 0);
		if (!members_equal(s, other, source_members, ARRAY_LEN(source_members), out) ||
		    !lists_equal(s, other, out))
			return false;
	}
	return true;
}

static bool originals_equal(const struct book *a, const struct book *b, struct book_difference *out)
{
	out->kind = BOOK_PAGE_ORIGINAL;
	out->no = 0;
	if (a->original_count != b->original_count)
		return differ(out, "count", a->original_count, b->original_count);
	for (uint32_t i = 0; i < a->original_count; i++) {
		const struct book_original *o = book_original_at(a, i);
		uint32_t at = book_original_find(b, o->lsn);

		out->no = o->lsn;
		if (at == UINT32_MAX)
			return differ(out, "lsn", (int64_t)o->lsn, 0);
		if (!members_equal(o, book_original_at(b, at), original_members,
		                   ARRAY_LEN(original_members), out))
			return false;
	}
	return true;
}

static const struct book_total *same_total(const struct book *b, const struct book_total *t)
{
	for (uint32_t i = 0; i < b->total_count; i++)
		if (b->totals[i].chart == t->chart && b->totals[i].park == t->park)
			return &b->totals[i];
	return NULL;
}

static bool turnover_equal(const struct book *a, const struct book *b, struct book_difference *out)
{
	out->kind = BOOK_PAGE_TURNOVER;
	for (uint32_t i = 0; i < KIND_LIMIT * CHART_COUNT; i++) {
		const struct book_flow *fa = &a->flows[i / CHART_COUNT][i % CHART_COUNT];
		const struct book_flow *fb = &b->flows[i / CHART_COUNT][i % CHART_COUNT];

		out->no = chart_rows()[i % CHART_COUNT].code;
		if (fa->debit_fen != fb->debit_fen)
			return differ(out, "debit_fen", fa->debit_fen, fb->debit_fen);
		if (fa->credit_fen != fb->credit_fen)
			return differ(out, "credit_fen", fa->credit_fen, fb->credit_fen);
	}
	for (uint32_t i = 0; i < a->total_count; i++) {
		const struct book_total *t = same_total(b, &a->totals[i]);

		if (!t && a->totals[i].accounts == 0)
			continue; /* left behind by an account that was taken back */
		out->no = a->totals[i].chart;
		if (!t)
			return differ(out, "park", a->totals[i].park, 0);
		if (a->totals[i].debit_fen != t->debit_fen)
			return differ(out, "debit_fen", a->totals[i].debit_fen, t->debit_fen);
		if (a->totals[i].credit_fen != t->credit_fen)
			return differ(out, "credit_fen", a->totals[i].credit_fen, t->credit_fen);
		if (a->totals[i].balance_fen != t->balance_fen)
			return differ(out, "balance_fen", a->totals[i].balance_fen, t->balance_fen);
	}
	return true;
}

bool book_equal(const struct book *a, const struct book *b, struct book_difference *out)
{
	*out = (struct book_difference){ 0 };
	return accounts_equal(a, b, out) && sources_equal(a, b, out) &&
	       originals_equal(a, b, out) && turnover_equal(a, b, out);
}
