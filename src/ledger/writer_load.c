/* SPDX-License-Identifier: Apache-2.0 */
/* Start: pages, then the rows behind them, then ownership. */
#include "ledger/writer_state.h"

#include <inttypes.h>
#include <string.h>

enum { AHEAD = 12 }; /* rows whose accounts are fetched while one is replayed */

static result load_resume(struct ledger_writer *w, const struct store_page *page)
{
	uint64_t lsn = 0;

	if (page->bytes.len == sizeof lsn)
		memcpy(&lsn, page->bytes.at, sizeof lsn);
	if (lsn == 0 || lsn > w->last.last_lsn + 1)
		return FAIL(LEDGER_CORRUPT, "resume page names row %" PRIu64, lsn);
	writer_sweep_init(w, lsn);
	return OK;
}

static result load_page(void *arg, const struct store_page *page)
{
	struct ledger_writer *w = arg;

	if (!page->intact)
		return FAIL(LEDGER_CORRUPT, "page %" PRIu64 " of kind %d: checksum", page->no,
		            (int)page->kind);
	if (page->kind == BOOK_PAGE_RESUME)
		return load_resume(w, page);
	return book_load_page(w->book, page->kind, page->no, page->lsn, page->bytes);
}

static result replay_batch(void *arg, const struct journal_batch *b)
{
	struct ledger_writer *w = arg;
	uint64_t next = book_last_lsn(w->book) + 1;

	if (!b->rows)
		return FAIL(LEDGER_CORRUPT, "rows of batch %" PRIu64 " do not fit", b->no);

	for (uint64_t lsn = b->first_lsn; lsn <= b->last_lsn; lsn++) {
		const struct journal_row *row = &b->rows[lsn - b->first_lsn];

		if (!journal_row_is_intact(row))
			return FAIL(LEDGER_CORRUPT, "row %" PRIu64 " is damaged", lsn);
		w->recent[lsn % WRITER_RECENT_ROWS] = *row;
		if (lsn < next)
			continue;
		if (lsn + AHEAD <= b->last_lsn)
			book_replay_soon(w->book, row + AHEAD);
		TRY(book_replay(w->book, row));
		w->figures.replayed++;
	}
	return OK;
}

/* Where to read from: rows the pages do not hold yet, and the newest ones in any case, as a process
 * that has run for long would have them. */
static uint64_t replay_from(const struct ledger_writer *w)
{
	uint64_t newest = w->last.last_lsn < WRITER_RECENT_ROWS
	                          ? 1
	                          : w->last.last_lsn - WRITER_RECENT_ROWS + 1;

	return newest < w->sweep.resume ? newest : w->sweep.resume;
}

static result load_views(struct ledger_writer *w)
{
	if (w->config.no_views)
		return OK;
	TRY(views_follower_open(w->store, w->config.clock, w->config.cutover_s, &w->views));
	if (w->views)
		views_follower_committed(w->views, w->last.last_lsn);
	return OK;
}

static uint32_t date_of_last_row(struct ledger_writer *w)
{
	struct journal_row row;

	if (w->last.last_lsn == 0 || !is_ok(writer_row(w, w->last.last_lsn, &row)))
		return 0;
	return row.business_date;
}

result writer_load(struct ledger_writer *w)
{
	const struct ledger_store_ops *ops = w->store->ops;
	int64_t start = monotonic_us();

	TRY(ops->own(w->store, clock_now(w->config.clock), &w->epoch));
	TRY(ops->last(w->store, &w->last));
	writer_sweep_init(w, 1);
	for (enum book_page_kind kind = BOOK_PAGE_ACCOUNT_RUN; kind <= BOOK_PAGE_RESUME; kind++)
		TRY(ops->pages(w->store, kind, load_page, w));
	book_load_from(w->book, w->sweep.resume);
	TRY(ops->batches(w->store, replay_from(w), replay_batch, w));
	if (book_last_lsn(w->book) != w->last.last_lsn)
		return FAIL(LEDGER_REPLAY,
		            "the journal ends at row %" PRIu64 ", its last batch at %" PRIu64,
		            book_last_lsn(w->book), w->last.last_lsn);
	TRY(book_load_done(w->book));
	TRY(ops->last_day(w->store, &w->day));
	TRY(load_views(w));
	w->open_date = date_of_last_row(w);
	w->tx.business_date.yyyymmdd = w->open_date;
	w->figures.start_us = monotonic_us() - start;
	return OK;
}
