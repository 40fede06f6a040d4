/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the book in pages, and the independent recount of its balances. */
#include "ledger/book_page.h"

#include "ledger/book_pack.h"
#include "ledger/book_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A source as it is stored; its gaps follow. */
struct stored_source {
	uint32_t source, recent_at, gap_count, spare;
	uint64_t lowest, highest, last_lsn, unsure_below;
	struct book_recent recent[BOOK_RECENT];
};

/* One sum of turnover: of a kind on a chart account (kind not 0), or of a chart account in a park.
 */
struct stored_turnover {
	uint32_t park;
	uint16_t chart;
	uint8_t kind, spare;
	int64_t debit_fen, credit_fen;
};

enum { TURNOVERS_PER_PAGE = 2048 };

_Static_assert(sizeof(struct stored_source) == 48 + 16 * BOOK_RECENT,
               "no padding in a stored source");
_Static_assert(sizeof(struct stored_source) + BOOK_GAPS_MAX * sizeof(struct book_gap) <=
                       BOOK_PAGE_SIZE_MAX,
               "a source fits in a page");
_Static_assert(BOOK_PAGE_ACCOUNTS *BOOK_PACKED_MAX <= BOOK_PAGE_SIZE_MAX,
               "packed accounts fit in a page");
_Static_assert(TURNOVERS_PER_PAGE * sizeof(struct stored_turnover) <= BOOK_PAGE_SIZE_MAX,
               "a turnover page fits");

/* ---- writing back ---- */

uint32_t book_page_count(const struct book *b)
{
	return (b->account_count + BOOK_PAGE_ACCOUNTS - 1) / BOOK_PAGE_ACCOUNTS;
}

bool book_page_is_dirty(const struct book *b, uint32_t page)
{
	return b->account_chunks[page / BOOK_CHUNK_PAGES]->dirty[page % BOOK_CHUNK_PAGES];
}

struct bytes book_page_take(struct book *b, uint32_t page, uint8_t *out)
{
	struct account_chunk *chunk = b->account_chunks[page / BOOK_CHUNK_PAGES];
	uint32_t first = page * BOOK_PAGE_ACCOUNTS;
	uint32_t count = b->account_count - first;

	if (count > BOOK_PAGE_ACCOUNTS)
		count = BOOK_PAGE_ACCOUNTS;
	chunk->dirty[page % BOOK_CHUNK_PAGES] = false;
	return book_pack(&chunk->account[first % BOOK_CHUNK_ACCOUNTS], count, out);
}

bool book_source_is_dirty(const struct book *b, uint32_t index)
{
	return b->sources[index]->dirty;
}

struct bytes book_source_take(struct book *b, uint32_t index, uint8_t *out, uint32_t *source)
{
	struct source *s = b->sources[index];
	struct stored_source stored = {
		.source = s->source,
		.recent_at = s->recent_at,
		.gap_count = s->gap_count,
		.lowest = s->lowest,
		.highest = s->highest,
		.last_lsn = s->last_lsn,
		.unsure_below = s->unsure_below,
	};

	memcpy(stored.recent, s->recent, sizeof stored.recent);
	memcpy(out, &stored, sizeof stored);
	if (s->gap_count)
		memcpy(out + sizeof stored, s->gaps, s->gap_count * sizeof *s->gaps);
	s->dirty = false;
	*source = s->source;
	return bytes_of(out, sizeof stored + s->gap_count * sizeof *s->gaps);
}

bool book_original_take(struct book *b, struct book_original *out)
{
	while (b->original_dirty_count > 0) {
		uint32_t at = b->original_dirty[--b->original_dirty_count];

		b->original_is_dirty[at] = 0;
		if (at >= b->original_count)
			continue; /* was taken back */
		*out = *book_original_at(b, at);
		return true;
	}
	return false;
}

/* The i-th sum that is not zero goes to *out; false past the last. */
static bool next_turnover(const struct book *b, uint32_t *cursor, struct stored_turnover *out)
{
	const uint32_t flows = KIND_LIMIT * CHART_COUNT;

	for (; *cursor < flows + b->total_count; ++*cursor) {
		if (*cursor < flows) {
			unsigned kind = *cursor / CHART_COUNT, place = *cursor % CHART_COUNT;
			const struct book_flow *f = &b->flows[kind][place];

			*out = (struct stored_turnover){ 0,
				                         chart_rows()[place].code,
				                         (uint8_t)kind,
				                         0,
				                         f->debit_fen,
				                         f->credit_fen };
		} else {
			const struct book_total *t = &b->totals[*cursor - flows];

			*out = (struct stored_turnover){ t->park, t->chart,     0,
				                         0,       t->debit_fen, t->credit_fen };
		}
		if (out->debit_fen || out->credit_fen) {
			++*cursor;
			return true;
		}
	}
	return false;
}

bool book_turnover_page(const struct book *b, uint32_t no, uint8_t *out, struct bytes *bytes)
{
	struct stored_turnover sum;
	uint32_t cursor = 0, count = 0, skip = no * TURNOVERS_PER_PAGE;

	while (count < TURNOVERS_PER_PAGE && next_turnover(b, &cursor, &sum)) {
		if (skip > 0) {
			skip--;
			continue;
		}
		memcpy(out + count * sizeof sum, &sum, sizeof sum);
		count++;
	}
	*bytes = bytes_of(out, count * sizeof sum);
	return count > 0;
}

/* ---- loading ---- */

/* No sum of a real book comes near; what does could overflow in the next step. */
static bool is_sum(int64_t fen)
{
	return fen < INT64_MAX / 4 && fen > -(INT64_MAX / 4);
}

static result load_accounts(struct book *b, uint64_t no, struct bytes bytes)
{
	struct book_unpacking packed = book_unpacking_of(bytes);
	struct book_account a;
	uint64_t last = no * BOOK_PAGE_ACCOUNTS; /* account loaded last */

	/* Pages come in order and none is left out: the first of a page is stored before the next.
	 */
	if (bytes.len == 0 || no != book_page_count(b))
		return FAIL(LEDGER_CORRUPT, "account page %" PRIu64 " of %zu bytes", no, bytes.len);
	while (book_unpack(&packed, &a)) {
		last++;
		if (last > (no + 1) * BOOK_PAGE_ACCOUNTS || !is_sum(a.balance_fen) ||
		    !is_sum(a.day_fen) || !is_sum(a.window_fen) ||
		    !is_ok(book_account_make(b, (uint32_t)last, &a)))
			return FAIL(LEDGER_CORRUPT, "account %" PRIu64 ": chart %u", last, a.chart);
	}
	if (packed.bad)
		return FAIL(LEDGER_CORRUPT, "account %" PRIu64 " cannot be read", last + 1);
	b->account_chunks[no / BOOK_CHUNK_PAGES]->dirty[no % BOOK_CHUNK_PAGES] = false;
	return OK;
}

static result load_source(struct book *b, uint64_t no, struct bytes bytes)
{
	struct stored_source stored;
	struct source *s;
	uint32_t at;

	if (bytes.len < sizeof stored)
		return FAIL(LEDGER_CORRUPT, "source %" PRIu64 " of %zu bytes", no, bytes.len);
	memcpy(&stored, bytes.at, sizeof stored);
	if (stored.source != no || stored.recent_at >= BOOK_RECENT ||
	    stored.gap_count > b->limits.gaps_max ||
	    bytes.len != sizeof stored + stored.gap_count * sizeof *s->gaps)
		return FAIL(LEDGER_CORRUPT, "source %" PRIu64 " of %zu bytes", no, bytes.len);
	TRY(book_source_require(b, stored.source, &at));
	s = b->sources[at];
	if (s->highest || s->gaps)
		return FAIL(LEDGER_CORRUPT, "source %" PRIu64 " is stored twice", no);
	s->recent_at = stored.recent_at;
	s->lowest = stored.lowest;
	s->highest = stored.highest;
	s->last_lsn = stored.last_lsn;
	s->unsure_below = stored.unsure_below;
	memcpy(s->recent, stored.recent, sizeof s->recent);
	if (stored.gap_count == 0)
		return OK;
	s->gaps = malloc(stored.gap_count * sizeof *s->gaps);
	if (!s->gaps)
		return FAIL(OUT_OF_MEMORY, "%u gaps", stored.gap_count);
	memcpy(s->gaps, bytes.at + sizeof stored, stored.gap_count * sizeof *s->gaps);
	s->gap_count = s->gap_size = stored.gap_count;
	return OK;
}

static result load_original(struct book *b, uint64_t no, struct bytes bytes)
{
	struct book_original o;

	if (bytes.len != sizeof o)
		return FAIL(LEDGER_CORRUPT, "original %" PRIu64 " of %zu bytes", no, bytes.len);
	memcpy(&o, bytes.at, sizeof o);
	if (o.lsn != no || book_original_find(b, o.lsn) != UINT32_MAX || !is_sum(o.total_fen) ||
	    !is_sum(o.undone_fen) || !is_sum(o.remaining_fen))
		return FAIL(LEDGER_CORRUPT, "original %" PRIu64 " calls itself %" PRIu64, no,
		            o.lsn);
	TRY(book_original_reserve(b));
	book_original_make(b, &o);
	return OK;
}

static result load_sum(struct book *b, const struct stored_turnover *sum)
{
	int place = chart_index(sum->chart);
	uint16_t at;

	if (place < 0 || sum->kind >= KIND_LIMIT || !is_sum(sum->debit_fen) ||
	    !is_sum(sum->credit_fen))
		return FAIL(LEDGER_CORRUPT, "turnover of chart account %u kind %u", sum->chart,
		            sum->kind);
	if (sum->kind) {
		b->flows[sum->kind][place] = (struct book_flow){ sum->debit_fen, sum->credit_fen };
		return OK;
	}
	/* The accounts themselves may still have to be replayed: their pages are written when their
	 * turn comes. */
	TRY(book_total_require(b, sum->chart, sum->park, &at));
	b->totals[at].debit_fen = sum->debit_fen;
	b->totals[at].credit_fen = sum->credit_fen;
	return OK;
}

static result load_turnover(struct book *b, uint64_t lsn, struct bytes bytes)
{
	struct stored_turnover sum;

	if (bytes.len % sizeof sum)
		return FAIL(LEDGER_CORRUPT, "turnover of %zu bytes", bytes.len);
	for (size_t at = 0; at < bytes.len; at += sizeof sum) {
		memcpy(&sum, bytes.at + at, sizeof sum);
		TRY(load_sum(b, &sum));
	}
	b->turnover_lsn = lsn;
	return OK;
}

result book_load_page(struct book *b, enum book_page_kind kind, uint64_t no, uint64_t lsn,
                      struct bytes bytes)
{
	switch (kind) {
	case BOOK_PAGE_ACCOUNT_RUN:
		return load_accounts(b, no, bytes);
	case BOOK_PAGE_SOURCE:
		return load_source(b, no, bytes);
	case BOOK_PAGE_ORIGINAL:
		return load_original(b, no, bytes);
	case BOOK_PAGE_TURNOVER:
		return load_turnover(b, lsn, bytes);
	case BOOK_PAGE_RESUME:
		break;
	}
	return FAIL(LEDGER_CORRUPT, "page of kind %d", (int)kind);
}

/* ---- recount ---- */

static int64_t magnitude(int64_t v)
{
	return v < 0 ? -v : v;
}

bool book_recount(struct book *b, uint32_t n, bool *agrees, int64_t *left_fen, int64_t *right_fen)
{
	if (b->recount_at == 0 && b->total_count)
		memset(b->recount, 0, b->total_count * sizeof *b->recount);
	for (; n > 0 && b->recount_at < b->account_count; n--) {
		uint32_t no = ++b->recount_at;

		b->recount[book_total_of(b, no) - b->totals] += book_account_at(b, no)->balance_fen;
	}
	if (b->recount_at < b->account_count)
		return false;
	*agrees = true;
	*left_fen = *right_fen = 0;
	for (uint32_t i = 0; i < b->total_count; i++) {
		*agrees = *agrees && b->recount[i] == b->totals[i].balance_fen;
		*left_fen += magnitude(b->totals[i].balance_fen);
		*right_fen += magnitude(b->recount[i]);
	}
	b->recount_at = 0;
	return true;
}
