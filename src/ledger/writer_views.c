/* SPDX-License-Identifier: Apache-2.0 */
/* When the views are filled: while nothing waits, and with a share of the time when they fall
 * behind. */
#include "ledger/writer_state.h"

#include <inttypes.h>

int64_t writer_views_lag_us(const struct ledger_writer *w, int64_t now_us)
{
	const struct journal_row *next = &w->recent[(w->views_lsn + 1) % WRITER_RECENT_ROWS];

	if (!w->views || w->views_lsn >= w->last.last_lsn)
		return 0;
	/* No longer among the newest rows: far behind. */
	return next->lsn == w->views_lsn + 1 ? now_us - next->posted_at_us : INT64_MAX;
}

bool writer_views_due(struct ledger_writer *w)
{
	uint64_t behind = w->views ? w->last.last_lsn - w->views_lsn : 0;

	if (behind == 0)
		return false;
	return !w->has_thread || w->stopping || behind > WRITER_VIEW_CHUNK * 8 ||
	       writer_views_lag_us(w, clock_now(w->config.clock).us) >= WRITER_VIEWS_WAIT_US ||
	       monotonic_us() - w->batch_us >= WRITER_VIEWS_WAIT_US;
}

struct filling {
	struct ledger_writer *w;
	struct db_tx *tx;
	int64_t until_us;
	bool yield, full;
};

static bool is_over(const struct filling *f)
{
	return monotonic_us() >= f->until_us || (f->yield && queue_count(&f->w->queue) > 0);
}

static result fill(struct filling *f, const struct journal_row *rows, size_t n)
{
	while (n > 0 && !f->full) {
		size_t part = n < WRITER_VIEW_CHUNK ? n : WRITER_VIEW_CHUNK;

		TRY(views_fill(f->w->views, f->tx, f->w->book, rows, part));
		f->w->views_lsn = rows[part - 1].lsn;
		rows += part;
		n -= part;
		f->full = is_over(f);
	}
	return OK;
}

/* From memory as far as the newest rows reach; *from_store when older ones are wanted. */
static result fill_recent(struct filling *f, bool *from_store)
{
	struct ledger_writer *w = f->w;

	*from_store = false;
	while (!f->full && w->views_lsn < w->last.last_lsn) {
		uint64_t lsn = w->views_lsn + 1;
		size_t at = lsn % WRITER_RECENT_ROWS;
		const struct journal_row *row = &w->recent[at];
		uint64_t left = w->last.last_lsn - w->views_lsn;
		size_t n = left < WRITER_RECENT_ROWS - at ? (size_t)left : WRITER_RECENT_ROWS - at;

		*from_store = row->lsn != lsn;
		if (*from_store)
			return OK;
		TRY(fill(f, row, n));
	}
	return OK;
}

static const struct result stop_reading = { LEDGER_LATE };

static result fill_batch(void *arg, const struct journal_batch *b)
{
	struct filling *f = arg;
	uint64_t skip = f->w->views_lsn >= b->first_lsn ? f->w->views_lsn - b->first_lsn + 1 : 0;

	if (!b->rows)
		return FAIL(LEDGER_CORRUPT, "rows of batch %" PRIu64 " do not fit", b->no);
	if (skip < journal_batch_rows(b))
		TRY(fill(f, b->rows + skip, journal_batch_rows(b) - skip));
	return f->full ? stop_reading : OK;
}

static result fill_some(struct filling *f)
{
	struct ledger_writer *w = f->w;
	bool from_store;
	result r;

	TRY(fill_recent(f, &from_store));
	if (!from_store)
		return OK;
	r = w->store->ops->batches(w->store, w->views_lsn + 1, fill_batch, f);
	return is_ok(r) || r.code == stop_reading.code ? OK : r;
}

result writer_views_run(struct ledger_writer *w, int64_t budget_us, bool yield)
{
	struct filling f = { w, NULL, monotonic_us() + budget_us, yield, false };

	TRY(w->store->ops->begin(w->store));
	f.tx = w->store->ops->tx(w->store);
	TRY(fill_some(&f));
	TRY(views_flush(w->views, f.tx, w->book));
	return writer_commit(w);
}
