/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/book_rig.h"

#include <stdlib.h>
#include <string.h>

#include "harness/test.h"

static result row_of(void *arg, uint64_t lsn, struct journal_row *out)
{
	struct rig *r = arg;

	r->lookups++;
	if (lsn == 0 || lsn > r->count)
		return FAIL(LEDGER_ROW_UNKNOWN, "row %llu", (unsigned long long)lsn);
	*out = r->rows[lsn - 1];
	return OK;
}

static void open_account(struct rig *r, uint32_t chart, uint32_t park, int64_t floor_fen,
                         uint32_t *no)
{
	const struct book_event by = { .business_date = { 20260101 } };
	const struct book_key key = { chart, park, 1,
		                      chart == CHART_MERCHANT_TAKINGS ? r->takings : 0 };

	CHECK_OK(book_account_open(r->book, &by, &key, floor_fen, no));
}

void rig_open(struct rig *r, uint32_t gaps_max)
{
	const struct book_limits limits = { .gaps_max = gaps_max };
	const struct book_lookup lookup = { r, row_of, NULL };

	*r = (struct rig){ .rows = calloc(RIG_ROWS_MAX, sizeof *r->rows) };
	r->open = (struct book_rows){ .at = r->batch, .size = ARRAY_LEN(r->batch) };
	REQUIRE_OK(book_create(&limits, &lookup, &r->book));
	book_batch_begin(r->book, &r->open);
	open_account(r, CHART_MAIN_PURSE, RIG_PARK, 0, &r->purse);
	open_account(r, CHART_SUBSIDY_PURSE, RIG_PARK, 0, &r->subsidy);
	open_account(r, CHART_HOLDS, RIG_PARK, 0, &r->holds);
	open_account(r, CHART_RESERVE, RIG_PARK, 0, &r->reserve);
	open_account(r, CHART_MERCHANT_TAKINGS, RIG_PARK, BOOK_NO_FLOOR, &r->takings);
	open_account(r, CHART_MERCHANT_TAKINGS, RIG_PARK, BOOK_NO_FLOOR, &r->takings2);
	open_account(r, CHART_TILL_CASH, RIG_PARK, BOOK_NO_FLOOR, &r->till);
	open_account(r, CHART_BANK, RIG_PARK, BOOK_NO_FLOOR, &r->bank);
	open_account(r, CHART_MAIN_PURSE, RIG_PARK + 1, 0, &r->elsewhere);
	book_keep(r->book);
}

void rig_close(struct rig *r)
{
	book_destroy(r->book);
	free(r->rows);
}

void rig_commit(struct rig *r)
{
	book_keep(r->book);
	ASSERT(r->count + r->open.count <= RIG_ROWS_MAX);
	memcpy(r->rows + r->count, r->batch, r->open.count * sizeof *r->rows);
	r->count += r->open.count;
	book_batch_begin(r->book, &r->open);
}

struct book *rig_replay(struct rig *r, uint32_t gaps_max)
{
	const struct book_limits limits = { .gaps_max = gaps_max };
	const struct book_lookup lookup = { r, row_of, NULL };
	struct book *b;

	rig_commit(r);
	if (!CHECK_OK(book_create(&limits, &lookup, &b)))
		return NULL;
	for (size_t i = 0; i < r->count; i++) {
		if (CHECK(journal_row_is_intact(&r->rows[i])) &&
		    CHECK_OK(book_replay(b, &r->rows[i])))
			continue;
		test_note("row %zu: %s", i + 1, result_last()->text);
		book_destroy(b);
		return NULL;
	}
	CHECK_OK(book_load_done(b));
	return b;
}

static void load(struct book *b, enum book_page_kind kind, uint64_t no, uint64_t lsn,
                 struct bytes bytes)
{
	CHECK_OK(book_load_page(b, kind, no, lsn, bytes));
}

struct book *rig_reload(struct rig *r)
{
	static uint8_t page[BOOK_PAGE_SIZE_MAX];
	const struct book_limits limits = { 0 };
	const struct book_lookup lookup = { r, row_of, NULL };
	uint64_t lsn;
	struct book *b;
	struct bytes bytes;
	struct book_original o;
	uint32_t source;

	rig_commit(r);
	lsn = book_last_lsn(r->book);
	if (!CHECK_OK(book_create(&limits, &lookup, &b)))
		return NULL;
	for (uint32_t i = 0; i < book_page_count(r->book); i++)
		load(b, BOOK_PAGE_ACCOUNT_RUN, i, lsn, book_page_take(r->book, i, page));
	for (uint32_t i = 0; i < book_source_count(r->book); i++) {
		bytes = book_source_take(r->book, i, page, &source);
		load(b, BOOK_PAGE_SOURCE, source, lsn, bytes);
	}
	while (book_original_take(r->book, &o))
		load(b, BOOK_PAGE_ORIGINAL, o.lsn, lsn, bytes_of(&o, sizeof o));
	for (uint32_t i = 0; book_turnover_page(r->book, i, page, &bytes); i++)
		load(b, BOOK_PAGE_TURNOVER, i, lsn, bytes);
	book_load_from(b, lsn + 1);
	CHECK_OK(book_load_done(b));
	return b;
}

static void check_equal(const struct book *a, const struct book *b)
{
	struct book_difference d;

	if (b && !book_equal(a, b, &d))
		CHECK_I64(d.field, d.b, d.a);
}

void rig_check_copies(struct rig *r, uint32_t gaps_max)
{
	struct book *again = rig_replay(r, gaps_max), *loaded = gaps_max ? NULL : rig_reload(r);

	check_equal(r->book, again);
	check_equal(r->book, loaded);
	book_destroy(again);
	book_destroy(loaded);
}

struct book_event rig_event(enum event_kind kind, uint32_t source, uint64_t number)
{
	return (struct book_event){
		.source = source,
		.number = number,
		.digest = number * 31 + kind,
		.kind = kind,
		.business_date = { 20260101 },
		.event_time = { INT64_C(1767232800000000) },
		.posted_at = { INT64_C(1767232801000000) },
		.park = RIG_PARK,
	};
}

struct book_event rig_move(enum event_kind kind, uint32_t source, uint64_t number, uint32_t debit,
                           uint32_t credit, int64_t fen)
{
	struct book_event e = rig_event(kind, source, number);

	e.legs[0] = (struct book_leg){ debit, credit, fen };
	e.leg_count = 1;
	return e;
}

int64_t rig_balance(const struct rig *r, uint32_t no)
{
	return book_account(r->book, no)->balance_fen;
}

enum result_code rig_post(struct rig *r, const struct book_event *e, struct book_outcome *out)
{
	struct book_outcome ignored;
	result got = book_apply(r->book, e, out ? out : &ignored);

	return is_ok(got) ? (out ? out : &ignored)->code : got.code;
}
