/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/csv_file.h"
#include "domain/cards/card_import.h"
#include "domain/merchants/merchant_import.h"
#include "domain/terminals/terminal_import.h"
#include "programs/command.h"
#include "programs/requests.h"

enum { PARK = 1, CLASS = 1 };

/* A CSV file as the rows an import wants. */
struct csv_rows {
	struct import_rows rows;
	struct csv_file    file;
	struct csv         csv;
	result             failed;
};

/* One import while it runs. */
struct import {
	struct platform     *platform;
	const char          *kind, *path;
	struct card_import   how;
	struct csv_rows      source;
	struct arena         arena;
	struct import_report report;
	struct card_openings openings;
	int64_t              people, reserved;
	size_t               posted;
};

/* --- the file --- */

static bool next_row(struct import_rows *rows, struct import_row *out)
{
	struct csv_rows *s = (struct csv_rows *)rows;
	bool             more = false;

	s->failed = csv_next(&s->csv, &more);
	if (!is_ok(s->failed))
		s->failed = FAIL(s->failed.code, "line %" PRIu64 ", field %zu", s->csv.line, s->csv.column);
	if (!is_ok(s->failed) || !more)
		return false;
	*out = (struct import_row){ .line = (int64_t)s->csv.line, .cells = s->csv.fields, .count = s->csv.count };
	return true;
}

static result rows_done(struct import_rows *rows)
{
	return ((struct csv_rows *)rows)->failed;
}

static void close_rows(struct csv_rows *s)
{
	csv_close(&s->csv);
	csv_file_close(&s->file);
}

static result open_rows(struct csv_rows *s, const char *path)
{
	*s = (struct csv_rows){ .rows = { next_row, rows_done }, .failed = OK };
	TRY(csv_file_open(&s->file, path));
	return csv_open(&s->csv, &s->file.source);
}

/* Run one request over the file from its first line. */
static result over_file(struct import *w, bool sql, result (*work)(struct ledger_tx *tx, void *arg))
{
	result r = open_rows(&w->source, w->path);

	if (is_ok(r))
		r = requests_run(w->platform, sql, work, w);
	close_rows(&w->source);
	return r;
}

/* --- the kinds --- */

static result count_new_people(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;

	return card_import_new(tx->db, &w->how, &w->source.rows, &w->people);
}

static result reserve_people(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;
	int64_t        left = w->people - w->reserved, count = left < CARD_RESERVE_MAX ? left : CARD_RESERVE_MAX;

	TRY(card_import_reserve(tx, &w->how, w->reserved, count));
	w->reserved += count;
	return OK;
}

static result store_people(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;
	result         r = card_import_people(tx, w->platform->cards, &w->how, &w->source.rows, &w->report);

	if (!is_ok(r))
		card_cache_undo(w->platform->cards);
	return r;
}

static result import_people(struct import *w)
{
	TRY(over_file(w, false, count_new_people));
	while (w->reserved < w->people)
		TRY(requests_run(w->platform, true, reserve_people, w));
	return over_file(w, true, store_people);
}

static result store_merchants(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;

	return merchant_import(tx->db, tx->now, &w->source.rows, &w->report);
}

static result import_merchants(struct import *w)
{
	return over_file(w, true, store_merchants);
}

static result store_terminals(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;
	uint8_t        version;

	TRY(keys_current_version(tx->db, &version));
	return terminal_import(tx->db, tx->now, version, &w->source.rows, &w->report);
}

static result import_terminals(struct import *w)
{
	return over_file(w, true, store_terminals);
}

static result read_openings(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;

	return card_read_openings(tx->db, w->platform->cards, &w->source.rows, &w->report, &w->openings);
}

static result post_openings(struct ledger_tx *tx, void *arg)
{
	struct import *w = arg;
	size_t         left = w->openings.count - w->posted, count = left < CARD_OPENINGS_MAX ? left : CARD_OPENINGS_MAX;

	TRY(card_post_openings(tx, w->openings.rows + w->posted, count));
	w->posted += count;
	return OK;
}

static result import_openings(struct import *w)
{
	TRY(over_file(w, false, read_openings));
	while (w->posted < w->openings.count)
		TRY(requests_run(w->platform, true, post_openings, w));
	return OK;
}

/* --- what it says --- */

static void print_report(const struct import *w)
{
	for (size_t i = 0; i < w->report.count; i++) {
		const struct import_finding *f = &w->report.findings[i];

		fprintf(stderr, "%s:%" PRId64, w->path, f->line);
		if (f->column)
			fprintf(stderr, ":%d", f->column);
		fprintf(stderr, ": %s [%s] %s", f->severity == IMPORT_ERROR ? "error" : "note",
		        result_name((result){ f->code }), f->what);
		fprintf(stderr, f->advice[0] ? "; %s\n" : "%s\n", f->advice);
	}
	printf("%" PRId64 " lines: %" PRId64 " added, %" PRId64 " changed, %" PRId64 " as they were; %" PRId64
	       " errors, %" PRId64 " notes\n",
	       w->report.lines, w->report.added, w->report.changed, w->report.same, w->report.errors, w->report.notes);
	if (w->report.errors)
		printf("nothing of the file was imported: mend the lines above and try again\n");
}

static result run_import(struct import *w)
{
	static const struct {
		const char *name;
		result    (*run)(struct import *w);
	} kinds[] = { { "people", import_people },
		      { "merchants", import_merchants },
		      { "terminals", import_terminals },
		      { "openings", import_openings } };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(w->kind, kinds[i].name) == 0)
			return kinds[i].run(w);
	return FAIL(USAGE, "--kind is people, merchants, terminals or openings, not %s", w->kind);
}

static result import_into(const char *dir, struct import *w)
{
	struct site site;
	result      r;

	TRY(site_open(dir, &site));
	TRY(platform_open(&site, clock_system(), w->platform));
	r = run_import(w);
	if (is_ok(r))
		r = requests_catch_up(w->platform);
	platform_close(w->platform);
	return r;
}

int command_import(int argc, char **argv)
{
	struct import        *w = calloc(1, sizeof *w);
	const char           *dir = NULL, *word[1] = { NULL };
	struct command_words  words = { word, 1, 0 };
	struct command_option options[2];
	result                r;
	int                   status = EXIT_DONE;

	ASSERT(w);
	options[0] = (struct command_option){ "site", &dir, NULL, true };
	options[1] = (struct command_option){ "kind", &w->kind, NULL, true };
	w->platform = calloc(1, sizeof *w->platform);
	ASSERT(w->platform);
	w->how = (struct card_import){ .park = PARK, .class = CLASS, .person_prefix = "20" };
	w->report.arena = &w->arena;
	r = command_options(argc, argv, options, ARRAY_LEN(options), &words);
	if (is_ok(r) && words.count != 1)
		r = FAIL(USAGE, "one FILE is wanted");
	w->path = word[0];
	if (is_ok(r))
		r = import_into(dir, w);
	if (w->report.lines || w->report.count)
		print_report(w);
	if (!is_ok(r))
		status = command_failed(r);
	arena_free(&w->arena);
	free(w->platform);
	free(w);
	return status;
}
