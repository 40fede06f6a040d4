/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the book: accounts, sources and originals in chunks, each with an index by key; sums by
 * chart account. */
#include "ledger/book_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* splitmix64's finisher: spreads neighbouring keys over the table. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t hash_key(uint32_t chart, uint32_t park, uint64_t key1, uint64_t key2)
{
	return mix(mix(mix((uint64_t)chart << 32 | park) + key1) + key2);
}

static void *grab(struct book *b, size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p)
		b->memory += count * size;
	return p;
}

/* Zeroed, a multiple of a large page of memory, and on such pages when the system has them. */
static void *grab_large(size_t size)
{
	void *p = aligned_alloc(BOOK_CHUNK_SIZE, size);

	if (!p)
		return NULL;
	madvise(p, size, MADV_HUGEPAGE); /* a wish; small pages serve as well */
	memset(p, 0, size);
	return p;
}

/* ---- index ---- */

result book_index_init(struct book_index *index, uint32_t hint)
{
	uint32_t size = 64;

	while (size / 2 < hint)
		size *= 2;
	index->slots = size * sizeof *index->slots < BOOK_CHUNK_SIZE
	                       ? calloc(size, sizeof *index->slots)
	                       : grab_large(size * sizeof *index->slots);
	if (!index->slots)
		return FAIL(OUT_OF_MEMORY, "index of %u", size);
	index->mask = size - 1;
	index->used = 0;
	return OK;
}

static void index_put(struct book_index *index, uint64_t hash, uint32_t value)
{
	uint32_t at = (uint32_t)hash & index->mask;

	while (index->slots[at])
		at = (at + 1) & index->mask;
	index->slots[at] = value + 1;
	index->used++;
}

/* Only the value put last may leave: nothing after it can have been pushed aside by it. */
void book_index_remove_last(struct book_index *index, uint64_t hash, uint32_t value)
{
	uint32_t at = (uint32_t)hash & index->mask;

	while (index->slots[at] != value + 1)
		at = (at + 1) & index->mask;
	index->slots[at] = 0;
	index->used--;
}

typedef uint64_t(hash_of)(const struct book *b, uint32_t value);

/* Room for one more entry at a load of at most one half. */
static result index_reserve(struct book *b, struct book_index *index, hash_of *hash)
{
	struct book_index bigger;

	if (index->used < index->mask / 2)
		return OK;
	TRY(book_index_init(&bigger, index->mask + 1));
	for (uint32_t at = 0; at <= index->mask; at++)
		if (index->slots[at])
			index_put(&bigger, hash(b, index->slots[at] - 1), index->slots[at] - 1);
	b->memory += (size_t)(bigger.mask - index->mask) * sizeof *index->slots;
	free(index->slots);
	*index = bigger;
	return OK;
}

/* ---- sums ---- */

result book_total_require(struct book *b, uint16_t chart, uint32_t park, uint16_t *at)
{
	for (uint32_t i = b->total_count; i > 0; i--) {
		if (b->totals[i - 1].chart == chart && b->totals[i - 1].park == park) {
			*at = (uint16_t)(i - 1);
			return OK;
		}
	}
	if (b->total_count == BOOK_TOTALS_MAX)
		return FAIL(LEDGER_FULL, "more than %d sums", BOOK_TOTALS_MAX);
	if (b->total_count == b->total_size) {
		uint32_t size = b->total_size ? b->total_size * 2 : 64;
		struct book_total *totals = realloc(b->totals, size * sizeof *totals);
		int64_t *count;

		if (!totals)
			return FAIL(OUT_OF_MEMORY, "%u sums", size);
		b->totals = totals;
		count = realloc(b->recount, size * sizeof *count);
		if (!count)
			return FAIL(OUT_OF_MEMORY, "%u sums", size);
		b->recount = count;
		b->memory += (size - b->total_size) * (sizeof *totals + sizeof *count);
		b->total_size = size;
	}
	b->totals[b->total_count] = (struct book_total){
		.park = park,
		.chart = chart,
		.place = (uint8_t)chart_index(chart),
		.is_credit = chart_is_credit(chart),
	};
	b->recount[b->total_count] = 0;
	*at = (uint16_t)b->total_count++;
	return OK;
}

uint32_t book_total_count(const struct book *b)
{
	return b->total_count;
}

const struct book_total *book_total(const struct book *b, uint32_t index)
{
	ASSERT(index < b->total_count);
	return &b->totals[index];
}

/* ---- accounts ---- */

static struct account_chunk *chunk_of(const struct book *b, uint32_t no)
{
	return b->account_chunks[(no - 1) / BOOK_CHUNK_ACCOUNTS];
}

struct book_account *book_account_at(const struct book *b, uint32_t no)
{
	return &chunk_of(b, no)->account[(no - 1) % BOOK_CHUNK_ACCOUNTS];
}

struct book_total *book_total_of(const struct book *b, uint32_t no)
{
	return &b->totals[chunk_of(b, no)->total[(no - 1) % BOOK_CHUNK_ACCOUNTS]];
}

void book_account_dirty(struct book *b, uint32_t no)
{
	chunk_of(b, no)->dirty[(no - 1) % BOOK_CHUNK_ACCOUNTS / BOOK_PAGE_ACCOUNTS] = true;
}

static uint64_t hash_account(const struct book *b, uint32_t value)
{
	const struct book_account *a = book_account_at(b, value);

	return hash_key(a->chart, a->park, a->key1, a->key2);
}

uint32_t book_account_find(const struct book *b, const struct book_key *key)
{
	const struct book_index *index = &b->account_index;
	uint32_t at = (uint32_t)hash_key(key->chart, key->park, key->key1, key->key2) & index->mask;

	for (; index->slots[at]; at = (at + 1) & index->mask) {
		uint32_t no = index->slots[at] - 1;
		const struct book_account *a = book_account_at(b, no);

		if (a->chart == key->chart && a->park == key->park && a->key1 == key->key1 &&
		    a->key2 == key->key2)
			return no;
	}
	return 0;
}

/*
 * Zeroed. Of a large ledger on large pages of memory: purchases hit accounts at random, and finding
 * their small pages would cost more than reading them.
 */
static struct account_chunk *grab_chunk(struct book *b, uint32_t index)
{
	struct account_chunk *chunk;

	if (index == 0)
		return grab(b, 1, sizeof *chunk);
	chunk = grab_large(BOOK_CHUNK_SIZE);
	if (chunk)
		b->memory += BOOK_CHUNK_SIZE;
	return chunk;
}

static result chunks_require(struct book *b, uint32_t no)
{
	uint32_t last = (no - 1) / BOOK_CHUNK_ACCOUNTS;

	if (no > b->limits.accounts_max)
		return FAIL(LEDGER_FULL, "more than %u accounts", b->limits.accounts_max);
	/* More than one only while loading pages with a hole. */
	for (uint32_t i = last; !b->account_chunks[i]; i--) {
		b->account_chunks[i] = grab_chunk(b, i);
		if (!b->account_chunks[i])
			return FAIL(OUT_OF_MEMORY, "%u accounts", no);
		if (i == 0)
			break;
	}
	return OK;
}

result book_account_make(struct book *b, uint32_t no, const struct book_account *as)
{
	uint16_t total = 0;
	struct book_account *a;
	int64_t sum;

	if (chart_index(as->chart) < 0)
		return FAIL(LEDGER_EVENT, "no chart account %u", as->chart);
	TRY(chunks_require(b, no));
	TRY(book_total_require(b, as->chart, as->park, &total));
	TRY(index_reserve(b, &b->account_index, hash_account));
	if (__builtin_add_overflow(b->totals[total].balance_fen, as->balance_fen, &sum))
		return FAIL(MONEY_OUT_OF_RANGE, "balances of chart account %u", as->chart);
	a = book_account_at(b, no);
	*a = *as;
	chunk_of(b, no)->total[(no - 1) % BOOK_CHUNK_ACCOUNTS] = total;
	index_put(&b->account_index, hash_account(b, no), no);
	if (no > b->account_count)
		b->account_count = no;
	b->totals[total].accounts++;
	b->totals[total].balance_fen = sum;
	if (no <= b->recount_at)
		b->recount[total] += as->balance_fen;
	book_account_dirty(b, no);
	return OK;
}

/* The account made last, its balance zero again. */
void book_account_unmake(struct book *b, uint32_t no)
{
	ASSERT(no == b->account_count);
	book_index_remove_last(&b->account_index, hash_account(b, no), no);
	book_total_of(b, no)->accounts--;
	*book_account_at(b, no) = (struct book_account){ 0 };
	b->account_count--;
	if (b->recount_at > b->account_count)
		b->recount_at = b->account_count;
}

void book_account_move(struct book *b, uint32_t no, int64_t delta_fen)
{
	struct account_chunk *chunk = chunk_of(b, no);
	uint32_t at = (no - 1) % BOOK_CHUNK_ACCOUNTS;

	chunk->account[at].balance_fen += delta_fen;
	b->totals[chunk->total[at]].balance_fen += delta_fen;
	if (no <= b->recount_at)
		b->recount[chunk->total[at]] += delta_fen;
	chunk->dirty[at / BOOK_PAGE_ACCOUNTS] = true;
}

uint32_t book_account_count(const struct book *b)
{
	return b->account_count;
}

const struct book_account *book_account(const struct book *b, uint32_t no)
{
	return no == 0 || no > b->account_count ? NULL : book_account_at(b, no);
}

void book_soon_account(const struct book *b, uint32_t no)
{
	const struct account_chunk *chunk;
	const struct book_account *a;
	uint32_t at;

	if (no == 0 || no > b->account_count)
		return;
	chunk = chunk_of(b, no);
	at = (no - 1) % BOOK_CHUNK_ACCOUNTS;
	a = &chunk->account[at];
	__builtin_prefetch(a, 1); /* 96 bytes in steps of 96 always lie in two lines */
	__builtin_prefetch(&a->flags, 1);
	__builtin_prefetch(&chunk->total[at]);
	__builtin_prefetch(&chunk->dirty[at / BOOK_PAGE_ACCOUNTS], 1);
}

/* ---- sources ---- */

static uint64_t hash_source(const struct book *b, uint32_t value)
{
	return mix(b->sources[value]->source);
}

static uint32_t source_find(const struct book *b, uint32_t source)
{
	const struct book_index *index = &b->source_index;

	for (uint32_t at = (uint32_t)mix(source) & index->mask; index->slots[at];
	     at = (at + 1) & index->mask)
		if (b->sources[index->slots[at] - 1]->source == source)
			return index->slots[at] - 1;
	return UINT32_MAX;
}

/*
 * Finding it reads it already. Nobody waits for that here: the next call does not need the result,
 * so the processor does several at a time.
 */
void book_soon_source(const struct book *b, uint32_t source)
{
	uint32_t at = source_find(b, source);

	if (at != UINT32_MAX)
		__builtin_prefetch(&b->sources[at]->recent[b->sources[at]->recent_at], 1);
}

struct source *book_source_get(const struct book *b, uint32_t source)
{
	uint32_t at = source_find(b, source);

	return at == UINT32_MAX ? NULL : b->sources[at];
}

static result sources_reserve(struct book *b)
{
	uint32_t size = b->source_size ? b->source_size * 2 : 256;
	struct source **grown;

	if (b->source_count == BOOK_SOURCES_MAX)
		return FAIL(LEDGER_FULL, "more than %d sources", BOOK_SOURCES_MAX);
	TRY(index_reserve(b, &b->source_index, hash_source));
	if (b->source_count < b->source_size)
		return OK;
	grown = realloc(b->sources, size * sizeof(struct source *));
	if (!grown)
		return FAIL(OUT_OF_MEMORY, "%u sources", size);
	b->memory += (size - b->source_size) * sizeof(struct source *);
	b->sources = grown;
	b->source_size = size;
	return OK;
}

result book_source_require(struct book *b, uint32_t source, uint32_t *at)
{
	struct source *s;

	*at = source_find(b, source);
	if (*at != UINT32_MAX)
		return OK;
	TRY(sources_reserve(b));
	s = aligned_alloc(BOOK_LINE, sizeof *s);
	if (!s)
		return FAIL(OUT_OF_MEMORY, "source %u", source);
	memset(s, 0, sizeof *s);
	b->memory += sizeof *s;
	s->source = source;
	*at = b->source_count++;
	b->sources[*at] = s;
	index_put(&b->source_index, mix(source), *at);
	return OK;
}

void book_source_unmake(struct book *b, uint32_t at)
{
	struct source *s = b->sources[at];

	ASSERT(at == b->source_count - 1);
	book_index_remove_last(&b->source_index, mix(s->source), at);
	b->memory -= sizeof *s;
	free(s->gaps);
	free(s);
	b->source_count--;
}

uint32_t book_source_count(const struct book *b)
{
	return b->source_count;
}

/* ---- originals ---- */

struct book_original *book_original_at(const struct book *b, uint32_t at)
{
	return &b->original_chunks[at / BOOK_CHUNK][at % BOOK_CHUNK];
}

static uint64_t hash_original(const struct book *b, uint32_t value)
{
	return mix(book_original_at(b, value)->lsn);
}

uint32_t book_original_find(const struct book *b, uint64_t lsn)
{
	const struct book_index *index = &b->original_index;

	for (uint32_t at = (uint32_t)mix(lsn) & index->mask; index->slots[at];
	     at = (at + 1) & index->mask)
		if (book_original_at(b, index->slots[at] - 1)->lsn == lsn)
			return index->slots[at] - 1;
	return UINT32_MAX;
}

bool book_original(const struct book *b, uint64_t lsn, struct book_original *out)
{
	uint32_t at = book_original_find(b, lsn);

	if (at == UINT32_MAX)
		return false;
	*out = *book_original_at(b, at);
	return true;
}

static result originals_grow(struct book *b)
{
	uint32_t chunks = b->original_chunk_size + 1;
	uint32_t size = chunks * BOOK_CHUNK;
	struct book_original **list =
	        realloc(b->original_chunks, chunks * sizeof(struct book_original *));
	uint32_t *dirty;
	uint8_t *is_dirty;

	if (!list)
		return FAIL(OUT_OF_MEMORY, "%u originals", size);
	b->original_chunks = list;
	dirty = realloc(b->original_dirty, size * sizeof *dirty);
	if (!dirty)
		return FAIL(OUT_OF_MEMORY, "%u originals", size);
	b->original_dirty = dirty;
	is_dirty = realloc(b->original_is_dirty, size);
	if (!is_dirty)
		return FAIL(OUT_OF_MEMORY, "%u originals", size);
	b->original_is_dirty = is_dirty;
	memset(is_dirty + b->original_size, 0, size - b->original_size);
	list[chunks - 1] = grab(b, BOOK_CHUNK, sizeof *list[0]);
	if (!list[chunks - 1])
		return FAIL(OUT_OF_MEMORY, "%u originals", size);
	b->memory += BOOK_CHUNK * (sizeof *dirty + 1);
	b->original_chunk_size = chunks;
	b->original_size = size;
	return OK;
}

result book_original_reserve(struct book *b)
{
	TRY(index_reserve(b, &b->original_index, hash_original));
	if (b->original_count + 3 <= b->original_size)
		return OK;
	return originals_grow(b);
}

uint32_t book_original_make(struct book *b, const struct book_original *o)
{
	uint32_t at = b->original_count++;

	*book_original_at(b, at) = *o;
	index_put(&b->original_index, mix(o->lsn), at);
	return at;
}

void book_original_unmake(struct book *b, uint32_t at)
{
	ASSERT(at == b->original_count - 1);
	book_index_remove_last(&b->original_index, hash_original(b, at), at);
	b->original_count--;
}

void book_original_mark_dirty(struct book *b, uint32_t at)
{
	if (b->original_is_dirty[at])
		return;
	b->original_is_dirty[at] = 1;
	b->original_dirty[b->original_dirty_count++] = at;
}
