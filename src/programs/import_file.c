/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/import_file.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/csv_file.h"
#include "domain/audit/audit.h"
#include "domain/merchants/merchant_import.h"
#include "domain/terminals/terminal_import.h"
#include "programs/requests.h"

const char *const import_kind_names[] = { "people", "merchants", "terminals", "openings", NULL };

/* --- rows of a file --- */

struct file_rows {
	struct import_rows rows;
	struct csv_file file;
	struct csv csv;
	struct import_report
	        *report; /* lines that are no CSV go here; NULL: they are passed over */
	result failed;
};

static bool is_bad_line(result r)
{
	return r.code == CSV_BAD_QUOTE || r.code == CSV_TOO_LONG || r.code == CSV_TOO_MANY_FIELDS ||
	       r.code == INVALID_TEXT;
}

static void report_bad_line(const struct file_rows *f)
{
	struct import_row row = { .line = (int64_t)f->csv.line };
	struct import_at at = { &row, (int)f->csv.column, IMPORT_ERROR, f->failed.code };

	if (f->report)
		import_find(f->report, at, "%s|mend the line", result_text_en(f->failed));
}

static bool next_row(struct import_rows *rows, struct import_row *out)
{
	struct file_rows *f = (struct file_rows *)rows;
	bool more = false;

	do {
		f->failed = csv_next(&f->csv, &more);
		if (is_bad_line(f->failed))
			report_bad_line(f);
	} while (is_bad_line(f->failed));
	*out = (struct import_row){ (int64_t)f->csv.line, f->csv.fields, f->csv.count };
	return is_ok(f->failed) && more;
}

static result rows_done(struct import_rows *rows)
{
	return ((struct file_rows *)rows)->failed;
}

static void close_rows(struct file_rows *f)
{
	csv_close(&f->csv);
	csv_file_close(&f->file);
}

static result open_rows(struct file_rows *f, const char *path, struct import_report *report)
{
	*f = (struct file_rows){ .rows = { next_row, rows_done }, .report = report };
	TRY(csv_file_open(&f->file, path));
	result r = csv_open(&f->csv, &f->file.source);
	if (!is_ok(r))
		csv_file_close(&f->file);
	return r;
}

/* --- one request each --- */

struct job {
	struct platform *platform;
	struct import_order *order;
	struct import_rows *rows;
	int64_t new_people, done;
	struct card_openings openings;
};

static result run(struct job *j, result (*work)(struct ledger_tx *tx, void *arg))
{
	result r = requests_run(j->platform, true, work, j);

	if (is_ok(r))
		card_cache_keep(j->platform->cards);
	else
		card_cache_undo(j->platform->cards);
	return r;
}

/* The same request with the file open from its beginning. */
static result run_with_rows(struct job *j, result (*work)(struct ledger_tx *tx, void *arg),
                            struct import_report *report)
{
	struct file_rows rows;

	TRY(open_rows(&rows, j->order->path, report));
	j->rows = &rows.rows;
	result r = run(j, work);
	close_rows(&rows);
	j->rows = NULL;
	return r;
}

static result note_import(struct ledger_tx *tx, const struct job *j)
{
	const struct import_report *report = &j->order->report;
	const char *slash = strrchr(j->order->path, '/');
	struct actor by = actor_system("import");
	struct audit_act act = { .action = "import",
		                 .object_type = import_kind_names[j->order->kind] };
	struct str name = str_of(slash ? slash + 1 : j->order->path);

	act.after = arena_printf(report->arena,
	                         "file=" STR_FMT " lines=%" PRId64 " added=%" PRId64
	                         " changed=%" PRId64 " same=%" PRId64 " notes=%" PRId64,
	                         STR_ARG(name), report->lines, report->added, report->changed,
	                         report->same, report->notes);
	return audit_record(tx->db, tx->now, &by, &act);
}

static result count_new(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	return card_import_new(tx->db, &j->order->people, j->rows, &j->new_people);
}

static result reserve(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;
	int64_t left = j->new_people - j->done;

	return card_import_reserve(tx, &j->order->people, j->done,
	                           left < CARD_RESERVE_MAX ? left : CARD_RESERVE_MAX);
}

static result store_people(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	TRY(card_import_people(tx, j->platform->cards, &j->order->people, j->rows,
	                       &j->order->report));
	return note_import(tx, j);
}

static result store_merchants(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	TRY(merchant_import(tx->db, tx->now, j->rows, &j->order->report));
	return note_import(tx, j);
}

static result store_terminals(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	TRY(terminal_import(tx->db, tx->now, j->platform->root_version, j->rows,
	                    &j->order->report));
	return note_import(tx, j);
}

static result read_openings(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;

	return card_read_openings(tx->db, j->platform->cards, j->rows, &j->order->report,
	                          &j->openings);
}

static result post_openings(struct ledger_tx *tx, void *arg)
{
	struct job *j = arg;
	size_t left = j->openings.count - (size_t)j->done;
	size_t some = left < CARD_OPENINGS_MAX ? left : CARD_OPENINGS_MAX;

	TRY(card_post_openings(tx, j->openings.rows + j->done, some));
	return some == left ? note_import(tx, j) : OK;
}

/* --- the kinds --- */

static result import_people(struct job *j)
{
	TRY(run_with_rows(j, count_new, NULL));
	for (j->done = 0; j->done < j->new_people; j->done += CARD_RESERVE_MAX)
		TRY(run(j, reserve));
	return run_with_rows(j, store_people, &j->order->report);
}

static result import_openings(struct job *j)
{
	TRY(run_with_rows(j, read_openings, &j->order->report));
	for (j->done = 0; (size_t)j->done < j->openings.count; j->done += CARD_OPENINGS_MAX)
		TRY(run(j, post_openings));
	return OK;
}

result import_file(struct platform *p, struct import_order *order)
{
	struct job j = { .platform = p, .order = order };

	switch (order->kind) {
	case IMPORT_PEOPLE:
		return import_people(&j);
	case IMPORT_MERCHANTS:
		return run_with_rows(&j, store_merchants, &order->report);
	case IMPORT_TERMINALS:
		return run_with_rows(&j, store_terminals, &order->report);
	case IMPORT_OPENINGS:
		return import_openings(&j);
	}
	return FAIL(USAGE, "kind %d", order->kind);
}
