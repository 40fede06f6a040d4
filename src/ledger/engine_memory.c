/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory, with the faults a disk and a line to a database have. For tests and
 * simulation. */
#include "ledger/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Everything a store holds. */
struct content {
	struct journal_batch *batches; /* each owns its rows */
	size_t batch_count, batch_size;
	struct store_page *pages; /* each owns its bytes; ordered by kind and number */
	size_t page_count, page_size;
	struct store_day *days;
	size_t day_count, day_size;
	uint64_t epoch;
};

struct store_memory {
	struct ledger_store base;
	struct store_faults faults;
	struct content now;     /* committed, as a reader sees it */
	struct content durable; /* what a crash leaves, while `split` */
	struct content open;    /* additions of the open batch */
	bool split;             /* commits were not synced: durable is older than now */
};

static struct store_memory *self(struct ledger_store *s)
{
	return (struct store_memory *)s;
}

/* ---- content ---- */

static void content_free(struct content *c)
{
	for (size_t i = 0; i < c->batch_count; i++)
		free((void *)(uintptr_t)c->batches[i].rows);
	for (size_t i = 0; i < c->page_count; i++)
		free((void *)(uintptr_t)c->pages[i].bytes.at);
	free(c->batches);
	free(c->pages);
	free(c->days);
	*c = (struct content){ 0 };
}

/* Room for one more element. */
static result grow(void **list, size_t *size, size_t count, size_t element)
{
	size_t bigger = *size ? *size * 2 : 16;
	void *moved;

	if (count < *size)
		return OK;
	moved = realloc(*list, bigger * element);
	if (!moved)
		return FAIL(OUT_OF_MEMORY, "store in memory");
	*list = moved;
	*size = bigger;
	return OK;
}

static result copy_bytes(const void *from, size_t len, void **out)
{
	*out = malloc(len + 1);
	if (!*out)
		return FAIL(OUT_OF_MEMORY, "%zu bytes", len);
	memcpy(*out, from, len);
	return OK;
}

static result add_batch(struct content *c, const struct journal_batch *b)
{
	void *rows;

	TRY(grow((void **)&c->batches, &c->batch_size, c->batch_count, sizeof *c->batches));
	TRY(copy_bytes(b->rows, journal_batch_rows(b) * JOURNAL_ROW_SIZE, &rows));
	c->batches[c->batch_count] = *b;
	c->batches[c->batch_count++].rows = rows;
	return OK;
}

/* Where the page is, or should be. */
static size_t page_place(const struct content *c, enum book_page_kind kind, uint64_t no)
{
	size_t from = 0, to = c->page_count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		const struct store_page *p = &c->pages[middle];

		if (p->kind < kind || (p->kind == kind && p->no < no))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static result put_page(struct content *c, const struct store_page *page)
{
	size_t at = page_place(c, page->kind, page->no);
	void *bytes;

	TRY(grow((void **)&c->pages, &c->page_size, c->page_count, sizeof *c->pages));
	TRY(copy_bytes(page->bytes.at, page->bytes.len, &bytes));
	if (at < c->page_count && c->pages[at].kind == page->kind && c->pages[at].no == page->no) {
		free((void *)(uintptr_t)c->pages[at].bytes.at);
	} else {
		memmove(&c->pages[at + 1], &c->pages[at], (c->page_count - at) * sizeof *c->pages);
		c->page_count++;
	}
	c->pages[at] = *page;
	c->pages[at].bytes = bytes_of(bytes, page->bytes.len);
	return OK;
}

static result add_day(struct content *c, const struct store_day *day)
{
	TRY(grow((void **)&c->days, &c->day_size, c->day_count, sizeof *c->days));
	c->days[c->day_count++] = *day;
	return OK;
}

static result content_add(struct content *to, const struct content *from)
{
	for (size_t i = 0; i < from->batch_count; i++)
		TRY(add_batch(to, &from->batches[i]));
	for (size_t i = 0; i < from->page_count; i++)
		TRY(put_page(to, &from->pages[i]));
	for (size_t i = 0; i < from->day_count; i++)
		TRY(add_day(to, &from->days[i]));
	return OK;
}

static result content_copy(struct content *to, const struct content *from)
{
	*to = (struct content){ 0 };
	to->epoch = from->epoch;
	return content_add(to, from);
}

/* ---- writing ---- */

static result memory_own(struct ledger_store *base, struct instant now, uint64_t *epoch)
{
	struct store_memory *s = self(base);

	(void)now;
	s->now.epoch++;
	s->durable.epoch = s->now.epoch;
	*epoch = s->now.epoch;
	return OK;
}

static result memory_begin(struct ledger_store *base)
{
	ASSERT(self(base)->open.batch_count == 0);
	return OK;
}

static result memory_savepoint(struct ledger_store *base)
{
	(void)base;
	return OK;
}

static result memory_savepoint_end(struct ledger_store *base, bool undo)
{
	(void)base;
	(void)undo;
	return OK;
}

static result memory_append(struct ledger_store *base, const struct journal_batch *batch)
{
	struct store_memory *s = self(base);

	if (s->faults.fail_append) {
		s->faults.fail_append = false;
		return FAIL(LEDGER_FAULT_INJECTED, "append");
	}
	return add_batch(&s->open, batch);
}

static result memory_put(struct ledger_store *base, const struct store_page *page)
{
	return put_page(&self(base)->open, page);
}

static result memory_seal_day(struct ledger_store *base, const struct store_day *day)
{
	return add_day(&self(base)->open, day);
}

static void memory_rollback(struct ledger_store *base)
{
	content_free(&self(base)->open);
}

/* What was committed becomes visible; durable too unless syncs are being lost. */
static result keep_open(struct store_memory *s)
{
	if (s->faults.unsynced && !s->split) {
		TRY(content_copy(&s->durable, &s->now));
		s->split = true;
	} else if (!s->faults.unsynced && s->split) {
		content_free(&s->durable);
		s->split = false;
	}
	TRY(content_add(&s->now, &s->open));
	content_free(&s->open);
	return OK;
}

static result memory_commit(struct ledger_store *base)
{
	struct store_memory *s = self(base);
	bool lose = s->faults.lose_reply;

	if (s->faults.slow_commit_us > 0) {
		const struct timespec t = { s->faults.slow_commit_us / SECOND_US,
			                    s->faults.slow_commit_us % SECOND_US * 1000 };
		nanosleep(&t, NULL);
	}
	if (s->faults.fail_commit) {
		s->faults.fail_commit = false;
		memory_rollback(base);
		return FAIL(LEDGER_FAULT_INJECTED, "commit");
	}
	TRY(keep_open(s));
	s->faults.lose_reply = false;
	return lose ? FAIL(LEDGER_FAULT_INJECTED, "reply of commit") : OK;
}

static struct db_tx *memory_tx(struct ledger_store *base)
{
	(void)base;
	return NULL;
}

/* ---- reading ---- */

static result memory_look(struct ledger_store *base)
{
	(void)base;
	return OK;
}

static void memory_look_end(struct ledger_store *base)
{
	(void)base;
}

static result memory_last(struct ledger_store *base, struct journal_batch *out)
{
	const struct content *c = &self(base)->now;

	*out = (struct journal_batch){ 0 };
	if (c->batch_count)
		*out = c->batches[c->batch_count - 1];
	out->rows = NULL;
	return OK;
}

/* The first batch that ends at or behind a row. */
static size_t batch_place(const struct content *c, uint64_t lsn)
{
	size_t from = 0, to = c->batch_count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (c->batches[middle].last_lsn < lsn)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static result memory_batches(struct ledger_store *base, uint64_t from_lsn, store_batch_fn *fn,
                             void *arg)
{
	const struct content *c = &self(base)->now;

	for (size_t i = batch_place(c, from_lsn); i < c->batch_count; i++)
		TRY(fn(arg, &c->batches[i]));
	return OK;
}

static result memory_row(struct ledger_store *base, uint64_t lsn, struct journal_row *out)
{
	const struct content *c = &self(base)->now;
	size_t at = batch_place(c, lsn);

	if (at == c->batch_count || c->batches[at].first_lsn > lsn)
		return FAIL(LEDGER_ROW_UNKNOWN, "row %" PRIu64, lsn);
	*out = c->batches[at].rows[lsn - c->batches[at].first_lsn];
	return OK;
}

static result memory_pages(struct ledger_store *base, enum book_page_kind kind, store_page_fn *fn,
                           void *arg)
{
	const struct content *c = &self(base)->now;

	for (size_t i = page_place(c, kind, 0); i < c->page_count && c->pages[i].kind == kind;
	     i++) {
		struct store_page page = c->pages[i];

		page.intact = true;
		TRY(fn(arg, &page));
	}
	return OK;
}

static uint64_t memory_key(struct ledger_store *base, uint32_t source, uint64_t number)
{
	(void)base;
	(void)source;
	(void)number;
	return 0; /* there are no views: the book follows the source's own links */
}

static result memory_last_day(struct ledger_store *base, struct store_day *out)
{
	const struct content *c = &self(base)->now;

	*out = (struct store_day){ 0 };
	if (c->day_count)
		*out = c->days[c->day_count - 1];
	return OK;
}

static result memory_days(struct ledger_store *base, store_day_fn *fn, void *arg)
{
	const struct content *c = &self(base)->now;

	for (size_t i = 0; i < c->day_count; i++)
		TRY(fn(arg, &c->days[i]));
	return OK;
}

static void memory_close(struct ledger_store *base)
{
	struct store_memory *s = self(base);

	content_free(&s->now);
	content_free(&s->open);
	content_free(&s->durable);
	free(s);
}

static const struct ledger_store_ops memory_ops = {
	.name = "memory",
	.own = memory_own,
	.begin = memory_begin,
	.savepoint = memory_savepoint,
	.savepoint_end = memory_savepoint_end,
	.append = memory_append,
	.put = memory_put,
	.seal_day = memory_seal_day,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.tx = memory_tx,
	.look = memory_look,
	.look_end = memory_look_end,
	.last = memory_last,
	.batches = memory_batches,
	.row = memory_row,
	.pages = memory_pages,
	.key = memory_key,
	.last_day = memory_last_day,
	.days = memory_days,
	.close = memory_close,
};

/* ---- faults ---- */

result ledger_store_memory(struct ledger_store **out)
{
	struct store_memory *s = calloc(1, sizeof *s);

	if (!s)
		return FAIL(OUT_OF_MEMORY, "store in memory");
	s->base.ops = &memory_ops;
	*out = &s->base;
	return OK;
}

struct store_faults *ledger_store_memory_faults(struct ledger_store *s)
{
	return &self(s)->faults;
}

/* The last durable batch loses its last row, as a file cut short would. */
static void tear(struct content *c)
{
	struct journal_batch *b = c->batch_count ? &c->batches[c->batch_count - 1] : NULL;

	if (b)
		memset((void *)(uintptr_t)&b->rows[journal_batch_rows(b) - 1], 0, JOURNAL_ROW_SIZE);
}

void ledger_store_memory_crash(struct ledger_store *base)
{
	struct store_memory *s = self(base);

	content_free(&s->open);
	if (s->split) {
		content_free(&s->now);
		s->now = s->durable;
		s->durable = (struct content){ 0 };
		s->split = false;
	}
	if (s->faults.torn)
		tear(&s->now);
	s->faults = (struct store_faults){ 0 };
}

result ledger_store_memory_snapshot(const struct ledger_store *base, struct ledger_store **out)
{
	const struct store_memory *s = (const struct store_memory *)base;
	result r;

	TRY(ledger_store_memory(out));
	r = content_copy(&self(*out)->now, s->split ? &s->durable : &s->now);
	if (!is_ok(r))
		ledger_store_close(*out);
	return r;
}
