/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lazy write-back. It goes round over all account pages and sources in order and writes those that
 * changed, so pages next to one another go out together. A segment remembers the newest row there
 * was when it was entered: what had changed by then is stored once it is passed. The pace is such
 * that a round takes about replay_rows_max rows, and a restart replays about as many.
 */
#include "ledger/writer_state.h"

static uint64_t newest(const struct ledger_writer *w)
{
	return book_last_lsn(w->book);
}

static result put(struct ledger_writer *w, enum book_page_kind kind, uint64_t no,
                  struct bytes bytes)
{
	const struct store_page page = { kind, no, newest(w), bytes, true };

	return w->store->ops->put(w->store, &page);
}

static uint32_t items_of_round(const struct ledger_writer *w)
{
	return book_page_count(w->book) + book_source_count(w->book) + 1;
}

/* Segments that have come into being: nothing of them is stored yet. */
static void meet_segments(struct ledger_writer *w)
{
	struct writer_sweep *s = &w->sweep;
	uint32_t pages = book_page_count(w->book);

	while (s->segments * WRITER_SEGMENT_PAGES < pages)
		s->stored[s->segments++] = s->resume - 1;
}

/* A segment, the sources or the rest has just been stored: does the oldest of all move on? */
static result move_on(struct ledger_writer *w)
{
	struct writer_sweep *s = &w->sweep;
	uint64_t oldest = s->sources_stored < s->rest_stored ? s->sources_stored : s->rest_stored;

	meet_segments(w);
	for (uint32_t i = 0; i < s->segments; i++)
		if (s->stored[i] < oldest)
			oldest = s->stored[i];
	if (oldest + 1 == s->resume)
		return OK;
	s->resume = oldest + 1;
	return put(w, BOOK_PAGE_RESUME, 0, bytes_of(&s->resume, sizeof s->resume));
}

static result visit_page(struct ledger_writer *w, bool *wrote)
{
	struct writer_sweep *s = &w->sweep;
	uint32_t page = s->page;

	if (page % WRITER_SEGMENT_PAGES == 0)
		s->page_lsn = newest(w);
	*wrote = book_page_is_dirty(w->book, page);
	if (*wrote)
		TRY(put(w, BOOK_PAGE_ACCOUNT_RUN, page, book_page_take(w->book, page, w->page)));
	s->page++;
	if (s->page % WRITER_SEGMENT_PAGES != 0 && s->page < book_page_count(w->book))
		return OK;
	meet_segments(w);
	s->stored[page / WRITER_SEGMENT_PAGES] = s->page_lsn;
	return move_on(w);
}

static result visit_source(struct ledger_writer *w, bool *wrote)
{
	struct writer_sweep *s = &w->sweep;
	uint32_t source;
	struct bytes bytes;

	if (s->source == 0)
		s->source_lsn = newest(w);
	*wrote = book_source_is_dirty(w->book, s->source);
	if (*wrote) {
		bytes = book_source_take(w->book, s->source, w->page, &source);
		TRY(put(w, BOOK_PAGE_SOURCE, source, bytes));
	}
	s->source++;
	if (s->source < book_source_count(w->book))
		return OK;
	s->sources_stored = s->source_lsn;
	return move_on(w);
}

/* Originals and turnover go out whole, at the end of a round. */
static result end_round(struct ledger_writer *w)
{
	struct writer_sweep *s = &w->sweep;
	struct book_original o;
	struct bytes bytes;

	for (uint32_t no = 0; book_turnover_page(w->book, no, w->page, &bytes); no++)
		TRY(put(w, BOOK_PAGE_TURNOVER, no, bytes));
	while (book_original_take(w->book, &o))
		TRY(put(w, BOOK_PAGE_ORIGINAL, o.lsn, bytes_of(&o, sizeof o)));
	if (book_source_count(w->book) == 0)
		s->sources_stored = newest(w);
	s->rest_stored = newest(w);
	s->page = 0;
	s->source = 0;
	return move_on(w);
}

/* The next thing of the round. *wrote: it had changed; *ended: it was the last. */
static result visit(struct ledger_writer *w, bool *wrote, bool *ended)
{
	*wrote = false;
	*ended = false;
	if (w->sweep.page < book_page_count(w->book))
		return visit_page(w, wrote);
	if (w->sweep.source < book_source_count(w->book))
		return visit_source(w, wrote);
	*ended = true;
	return end_round(w);
}

static result visit_some(struct ledger_writer *w, uint64_t count, uint32_t writes_max)
{
	bool wrote, ended = false;

	while (count-- > 0 && writes_max > 0 && !ended) {
		TRY(visit(w, &wrote, &ended));
		writes_max -= wrote;
	}
	return OK;
}

void writer_sweep_init(struct ledger_writer *w, uint64_t resume)
{
	w->sweep = (struct writer_sweep){ 0 };
	w->sweep.resume = resume;
	w->sweep.sources_stored = resume - 1;
	w->sweep.rest_stored = resume - 1;
}

result writer_sweep_batch(struct ledger_writer *w, size_t rows)
{
	uint64_t due;

	w->sweep.debt += rows * items_of_round(w);
	due = w->sweep.debt / w->config.replay_rows_max;
	if (due == 0)
		return OK;
	w->sweep.debt -= due * w->config.replay_rows_max;
	return visit_some(w, due, UINT32_MAX);
}

result writer_sweep_some(struct ledger_writer *w, uint32_t pages)
{
	return visit_some(w, UINT64_MAX, pages);
}

bool writer_sweep_is_due(const struct ledger_writer *w)
{
	uint64_t behind = w->last.last_lsn + 1 - w->sweep.resume;

	if (behind == 0)
		return false;
	return !w->has_thread || w->stopping || behind > w->config.replay_rows_max / 4 ||
	       monotonic_us() - w->batch_us > WRITER_SWEEP_WAIT_US;
}
