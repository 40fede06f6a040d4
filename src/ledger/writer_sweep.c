/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lazy write-back. A round visits all account pages and sources in order and writes those that
 * changed, so pages next to one another go out together. What had changed before a round began is
 * stored when the round ends: a restart replays from where the last finished round began. Rounds
 * are paced so that this is at most about replay_rows_max rows.
 */
#include "ledger/writer_state.h"

static result put(struct ledger_writer *w, enum book_page_kind kind, uint64_t no,
                  struct bytes bytes)
{
	const struct store_page page = { kind, no, book_last_lsn(w->book), bytes, true };

	return w->store->ops->put(w->store, &page);
}

static uint32_t pages_of_round(const struct ledger_writer *w)
{
	return book_page_count(w->book) + book_source_count(w->book) + 1;
}

static result write_turnover(struct ledger_writer *w)
{
	struct bytes bytes;

	for (uint32_t no = 0; book_turnover_page(w->book, no, w->page, &bytes); no++)
		TRY(put(w, BOOK_PAGE_TURNOVER, no, bytes));
	return OK;
}

static result write_originals(struct ledger_writer *w)
{
	struct book_original o;

	while (book_original_take(w->book, &o))
		TRY(put(w, BOOK_PAGE_ORIGINAL, o.lsn, bytes_of(&o, sizeof o)));
	return OK;
}

static result begin_round(struct ledger_writer *w)
{
	w->sweep.begun = true;
	w->sweep.round_lsn = book_last_lsn(w->book);
	return write_turnover(w);
}

static result end_round(struct ledger_writer *w)
{
	TRY(write_originals(w));
	w->sweep.replay_from = w->sweep.round_lsn + 1;
	TRY(put(w, BOOK_PAGE_RESUME, 0,
	        bytes_of(&w->sweep.replay_from, sizeof w->sweep.replay_from)));
	w->sweep.page = 0;
	w->sweep.source = 0;
	w->sweep.begun = false;
	return OK;
}

/* The next account page or source of the round. *wrote: it had changed. */
static result visit(struct ledger_writer *w, bool *wrote)
{
	struct writer_sweep *s = &w->sweep;
	struct bytes bytes;
	uint32_t source;

	*wrote = false;
	if (s->page < book_page_count(w->book)) {
		uint32_t page = s->page++;

		*wrote = book_page_is_dirty(w->book, page);
		return *wrote ? put(w, BOOK_PAGE_ACCOUNT_RUN, page, book_page_take(w->book, page))
		              : OK;
	}
	if (s->source < book_source_count(w->book)) {
		uint32_t index = s->source++;

		*wrote = book_source_is_dirty(w->book, index);
		if (!*wrote)
			return OK;
		bytes = book_source_take(w->book, index, w->page, &source);
		return put(w, BOOK_PAGE_SOURCE, source, bytes);
	}
	return end_round(w);
}

static result visit_some(struct ledger_writer *w, uint32_t count, uint32_t writes_max)
{
	bool wrote;

	while (count-- > 0 && writes_max > 0) {
		if (!w->sweep.begun)
			TRY(begin_round(w));
		TRY(visit(w, &wrote));
		writes_max -= wrote;
		if (!w->sweep.begun)
			return OK; /* one round at most */
	}
	return OK;
}

result writer_sweep_batch(struct ledger_writer *w, size_t rows)
{
	uint64_t half = w->config.replay_rows_max /
	                2; /* rows a round may take: a restart replays up to two */
	uint64_t due;

	w->sweep.debt += rows * pages_of_round(w);
	due = w->sweep.debt / half;
	if (due == 0)
		return OK;
	w->sweep.debt -= due * half;
	return visit_some(w, due > UINT32_MAX ? UINT32_MAX : (uint32_t)due, UINT32_MAX);
}

result writer_sweep_some(struct ledger_writer *w, uint32_t pages)
{
	return visit_some(w, UINT32_MAX, pages);
}

bool writer_sweep_is_due(const struct ledger_writer *w)
{
	uint64_t behind = w->last.last_lsn + 1 - w->sweep.replay_from;

	if (behind == 0)
		return false;
	return !w->has_thread || w->stopping || behind > w->config.replay_rows_max / 4 ||
	       monotonic_us() - w->batch_us > WRITER_SWEEP_WAIT_US;
}
