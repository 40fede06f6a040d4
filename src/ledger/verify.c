/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two books are made: one from the first row, one as a restart makes it, from pages and the rows
 * behind them. They must be equal, and everything else that is kept must follow from the first.
 */
#include "ledger/verify.h"

#include "ledger/book_page.h"
#include "ledger/verify_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- differences ---- */

result verify_differs(struct verifying *v, struct verify_place at, const char *format, ...)
{
	struct verify_difference *d = &v->report->first;
	va_list args;

	d->batch = at.batch;
	d->row = at.row;
	str_copy(str_of(at.table), d->table, sizeof d->table);
	str_copy(str_of(at.field), d->field, sizeof d->field);
	va_start(args, format);
	vsnprintf(d->text, sizeof d->text, format, args);
	va_end(args);
	v->report->clean = false;
	return (result){ LEDGER_IDENTITY };
}

bool verify_is_difference(result r)
{
	return r.code == LEDGER_IDENTITY;
}

/* Not memory, not the store: what is stored makes no sense. */
static bool is_about_content(result r)
{
	return strncmp(result_name(r), "LEDGER_", strlen("LEDGER_")) == 0;
}

/* A row that does not follow: the message begins with the member's name. */
static result row_differs(struct verifying *v, uint64_t batch, uint64_t row, result r)
{
	struct str text = str_of(result_last()->text), field, rest;
	char name[32];

	if (!is_about_content(r))
		return r;
	str_cut(text, ' ', &field, &rest);
	str_copy(field, name, sizeof name);
	return verify_differs(v, VERIFY_AT("ledger_batch", batch, row, name), "%s",
	                      result_last()->text);
}

/* ---- batch records ---- */

/* The hash does not fit: was it the epoch? Its neighbours are near. */
static bool fits_other_epoch(const struct journal_batch *b, uint64_t near)
{
	struct journal_batch try = *b;
	uint8_t hash[JOURNAL_HASH_SIZE];

	for (uint64_t epoch = near; epoch < near + 32; epoch++) {
		try.epoch = epoch;
		journal_batch_hash(&try, hash);
		if (epoch != b->epoch && memcmp(hash, b->hash, sizeof hash) == 0)
			return true;
	}
	return false;
}

static result check_numbers(struct verifying *v, const struct journal_batch *b)
{
	if (b->no != v->last.no + 1)
		return verify_differs(v, VERIFY_AT("ledger_batch", b->no, b->first_lsn, "no"),
		                      "%" PRIu64 " follows %" PRIu64, b->no, v->last.no);
	if (b->first_lsn != v->last.last_lsn + 1)
		return verify_differs(
		        v, VERIFY_AT("ledger_batch", b->no, b->first_lsn, "first_lsn"),
		        "%" PRIu64 " follows row %" PRIu64, b->first_lsn, v->last.last_lsn);
	if (!b->rows)
		return verify_differs(v, VERIFY_AT("ledger_batch", b->no, b->first_lsn, "last_lsn"),
		                      "rows %" PRIu64 " to %" PRIu64
		                      " do not fit the bytes of row_data",
		                      b->first_lsn, b->last_lsn);
	if (memcmp(b->previous, v->last.hash, JOURNAL_HASH_SIZE) != 0)
		return verify_differs(v, VERIFY_AT("ledger_batch", b->no, b->first_lsn, "previous"),
		                      "is not the hash of batch %" PRIu64, v->last.no);
	return OK;
}

static result check_rows(struct verifying *v, const struct journal_batch *b)
{
	for (uint64_t i = 0; i < journal_batch_rows(b); i++) {
		const struct journal_row *row = &b->rows[i];

		if (!journal_row_is_intact(row))
			return verify_differs(
			        v, VERIFY_AT("ledger_batch", b->no, b->first_lsn + i, "crc"),
			        "the bytes of row %" PRIu64 " are not what was written",
			        b->first_lsn + i);
		if (row->posted_at_us != b->posted_at_us)
			return verify_differs(
			        v, VERIFY_AT("ledger_batch", b->no, row->lsn, "posted_at_us"),
			        "%" PRId64 ", its row %" PRIu64 " says %" PRId64, b->posted_at_us,
			        row->lsn, row->posted_at_us);
	}
	return OK;
}

static result check_hash(struct verifying *v, const struct journal_batch *b)
{
	uint8_t hash[JOURNAL_HASH_SIZE];

	journal_batch_hash(b, hash);
	if (memcmp(hash, b->hash, sizeof hash) != 0) {
		bool epoch = fits_other_epoch(b, v->last.epoch);

		return verify_differs(
		        v, VERIFY_AT("ledger_batch", b->no, b->first_lsn, epoch ? "epoch" : "hash"),
		        epoch ? "the hash was made with another epoch"
		              : "does not fit the record and its rows");
	}
	if (b->epoch < v->last.epoch)
		return verify_differs(v, VERIFY_AT("ledger_batch", b->no, b->first_lsn, "epoch"),
		                      "%" PRIu64 " follows %" PRIu64, b->epoch, v->last.epoch);
	return OK;
}

/* ---- days ---- */

static result keep_day(void *arg, const struct store_day *day)
{
	struct verify_days *days = &((struct verifying *)arg)->days;

	if (days->count == days->size) {
		size_t size = days->size ? days->size * 2 : 64;
		struct store_day *at = realloc(days->at, size * sizeof *at);

		if (!at)
			return FAIL(OUT_OF_MEMORY, "%zu days", size);
		days->at = at;
		days->size = size;
	}
	days->at[days->count++] = *day;
	return OK;
}

static int64_t turnover(const struct book *b)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < book_total_count(b); i++)
		sum += book_total(b, i)->debit_fen;
	return sum;
}

/* The business day in which a batch was posted lies on its calendar day or the one before (cut-over
 * hour). */
static bool is_day_of(uint32_t date, int64_t posted_at_us)
{
	struct bizdate day = bizdate_of((struct instant){ posted_at_us }, TIME_ZONE_CHINA_S, 0);

	return date == day.yyyymmdd || date == bizdate_add(day, -1).yyyymmdd;
}

static result check_day(struct verifying *v, const struct store_day *d,
                        const struct journal_batch *b)
{
	const char *field = NULL;

	if (d->last_lsn != b->last_lsn)
		field = "last_lsn";
	else if (memcmp(d->hash, b->hash, JOURNAL_HASH_SIZE) != 0)
		field = "hash";
	else if (d->turnover_fen != turnover(v->book))
		field = "turnover_fen";
	else if (d->sealed_at_us < b->posted_at_us)
		field = "sealed_at_us";
	else if (!is_day_of(d->business_date, b->posted_at_us))
		field = "business_date";
	if (field)
		return verify_differs(v, VERIFY_AT("ledger_day", b->no, d->business_date, field),
		                      "the head of day %u does not follow", d->business_date);
	v->report->days++;
	return OK;
}

static result check_days(struct verifying *v, const struct journal_batch *b)
{
	struct verify_days *days = &v->days;

	if (days->next >= days->count || days->at[days->next].last_batch > b->no)
		return OK;
	if (days->at[days->next].last_batch < b->no)
		return verify_differs(v,
		                      VERIFY_AT("ledger_day", b->no,
		                                days->at[days->next].business_date, "last_batch"),
		                      "%" PRIu64 " ends two days", days->at[days->next].last_batch);
	return check_day(v, &days->at[days->next++], b);
}

/* ---- the journal ---- */

static result replay_rows(struct verifying *v, const struct journal_batch *b)
{
	for (uint64_t i = 0; i < journal_batch_rows(b); i++) {
		const struct journal_row *row = &b->rows[i];
		result r = book_replay(v->book, row);

		if (!is_ok(r))
			return row_differs(v, b->no, b->first_lsn + i, r);
		if (journal_code_find(row->code) == RESULT_CODE_COUNT)
			return verify_differs(v, VERIFY_AT("ledger_batch", b->no, row->lsn, "code"),
			                      "%u is no known code", row->code);
	}
	return OK;
}

static result check_batch(void *arg, const struct journal_batch *b)
{
	struct verifying *v = arg;

	TRY(check_numbers(v, b));
	TRY(check_rows(v, b));
	TRY(check_hash(v, b));
	TRY(replay_rows(v, b));
	TRY(check_days(v, b));
	TRY(verify_views_rows(v, b));
	v->last = *b;
	v->last.rows = NULL;
	v->report->batches++;
	v->report->rows += journal_batch_rows(b);
	if (v->progress && v->progress->step)
		v->progress->step(v->progress->arg, b->last_lsn, v->total_rows);
	return OK;
}

/* ---- pages ---- */

static result read_row(void *arg, uint64_t lsn, struct journal_row *out)
{
	struct ledger_store *store = arg;

	return store->ops->row(store, lsn, out);
}

static result load_page(void *arg, const struct store_page *page)
{
	struct verifying *v = arg;
	result r;

	if (!page->intact && !v->page_damaged) {
		v->page_damaged = true;
		v->damage = (struct verify_difference){ .table = "ledger_page",
			                                .row = page->no,
			                                .field = "crc" };
		snprintf(v->damage.text, sizeof v->damage.text,
		         "page %" PRIu64 " of kind %d is not what was written", page->no,
		         (int)page->kind);
	}
	if (page->kind == BOOK_PAGE_RESUME) {
		if (page->bytes.len != sizeof v->resume)
			return verify_differs(v, VERIFY_AT("ledger_page", 0, 0, "content"),
			                      "resume page of %zu bytes", page->bytes.len);
		memcpy(&v->resume, page->bytes.at, sizeof v->resume);
		return OK;
	}
	r = book_load_page(v->pages, page->kind, page->no, page->lsn, page->bytes);
	return is_ok(r) ? OK
	                : verify_differs(v, VERIFY_AT("ledger_page", 0, page->no, "content"), "%s",
	                                 result_last()->text);
}

static result replay_behind(void *arg, const struct journal_batch *b)
{
	struct verifying *v = arg;
	uint64_t next = book_last_lsn(v->pages) + 1;

	for (uint64_t lsn = b->first_lsn < next ? next : b->first_lsn; lsn <= b->last_lsn; lsn++)
		TRY(book_replay(v->pages, &b->rows[lsn - b->first_lsn]));
	return OK;
}

static const char *kind_word(enum book_page_kind kind)
{
	switch (kind) {
	case BOOK_PAGE_ACCOUNT_RUN:
		return "account";
	case BOOK_PAGE_SOURCE:
		return "source";
	case BOOK_PAGE_ORIGINAL:
		return "original";
	default:
		return "turnover";
	}
}

static result compare_books(struct verifying *v)
{
	struct book_difference d;

	if (!book_equal(v->book, v->pages, &d))
		return verify_differs(v, VERIFY_AT("ledger_page", 0, d.no, d.field),
		                      "%s %" PRIu64 ": stored %" PRId64
		                      ", from the first row %" PRId64,
		                      kind_word(d.kind), d.no, d.b, d.a);
	return OK;
}

/* Each account must stand as the row that moved it last says. */
static result compare_balances(struct verifying *v)
{
	struct journal_row row;

	for (uint32_t no = 1; no <= book_account_count(v->pages); no++) {
		const struct book_account *a = book_account(v->pages, no);
		int64_t want;

		TRY(read_row(v->store, a->last_lsn, &row));
		want = row.debit == no ? row.debit_balance_fen : row.credit_balance_fen;
		if (a->balance_fen != want)
			return verify_differs(v, VERIFY_AT("ledger_page", 0, no, "balance_fen"),
			                      "account %u: stored %" PRId64 ", row %" PRIu64
			                      " says %" PRId64,
			                      no, a->balance_fen, a->last_lsn, want);
	}
	return OK;
}

/* The stored state did not even replay: name the account, source or original that is off, if one
 * can be told. */
static result pages_differ(struct verifying *v, result r)
{
	char text[sizeof v->report->first.text];

	if (r.code != LEDGER_REPLAY && r.code != LEDGER_CORRUPT && r.code != LEDGER_ROW_UNKNOWN)
		return r;
	str_copy(str_of(result_last()->text), text, sizeof text);
	r = compare_balances(v);
	if (is_ok(r) || r.code == LEDGER_ROW_UNKNOWN)
		r = compare_books(v);
	return is_ok(r) ? verify_differs(v, VERIFY_AT("ledger_page", 0, 0, "content"), "%s", text)
	                : r;
}

static result check_pages(struct verifying *v)
{
	result r;

	for (enum book_page_kind kind = BOOK_PAGE_ACCOUNT_RUN; kind <= BOOK_PAGE_RESUME; kind++)
		TRY(v->store->ops->pages(v->store, kind, load_page, v));
	if (v->resume == 0 || v->resume > v->last.last_lsn + 1)
		return verify_differs(v, VERIFY_AT("ledger_page", 0, 0, "content"),
		                      "resume page names row %" PRIu64, v->resume);
	book_load_from(v->pages, v->resume);
	r = v->store->ops->batches(v->store, v->resume, replay_behind, v);
	if (is_ok(r))
		r = book_load_done(v->pages);
	if (!is_ok(r))
		return pages_differ(v, r);
	TRY(compare_books(v));
	if (v->page_damaged) {
		v->report->first = v->damage;
		v->report->clean = false;
		return (result){ LEDGER_IDENTITY };
	}
	return OK;
}

/* ---- all of it ---- */

/* Journal and entries in short reads, then what came meanwhile and all that changes in one
 * snapshot. */
static result run_in_snapshot(struct verifying *v)
{
	TRY(v->store->ops->batches(v->store, v->last.last_lsn + 1, check_batch, v));
	TRY(verify_views_begin(v));
	if (v->days.next < v->days.count)
		return verify_differs(v,
		                      VERIFY_AT("ledger_day", v->days.at[v->days.next].last_batch,
		                                v->days.at[v->days.next].business_date,
		                                "last_batch"),
		                      "there is no such batch");
	TRY(check_pages(v));
	return verify_views_end(v);
}

static result run(struct verifying *v)
{
	const struct book_limits limits = { 0 };
	struct journal_batch last;
	result r;

	TRY(book_create(&limits, &v->lookup, &v->book));
	TRY(book_create(&limits, &v->lookup, &v->pages));
	TRY(v->store->ops->last(v->store, &last));
	v->total_rows = last.last_lsn;
	v->resume = 1;
	TRY(v->store->ops->look(v->store));
	r = verify_views_begin(v);
	if (is_ok(r))
		r = v->store->ops->days(v->store, keep_day, v);
	v->store->ops->look_end(v->store);
	TRY(r);
	TRY(v->store->ops->batches(v->store, 1, check_batch, v));
	TRY(v->store->ops->look(v->store));
	r = run_in_snapshot(v);
	v->store->ops->look_end(v->store);
	return r;
}

result ledger_verify(struct ledger_store *store, const struct verify_progress *progress,
                     struct verify_report *report)
{
	struct verifying v = { .store = store,
		               .progress = progress,
		               .report = report,
		               .lookup = { store, read_row, NULL } };
	int64_t start = monotonic_us();
	result r;

	*report = (struct verify_report){ .clean = true };
	r = run(&v);
	if (v.book) {
		report->accounts = book_account_count(v.book);
		report->sources = book_source_count(v.book);
		report->last_lsn = book_last_lsn(v.book);
	}
	memcpy(report->last_hash, v.last.hash, JOURNAL_HASH_SIZE);
	report->views_lsn = v.views_done;
	report->took_us = monotonic_us() - start;
	book_destroy(v.book);
	book_destroy(v.pages);
	free(v.days.at);
	verify_views_free(&v);
	return verify_is_difference(r) && !report->clean ? OK : r;
}
