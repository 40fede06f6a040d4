/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "programs/command.h"
#include "programs/import_file.h"
#include "programs/requests.h"

static result read_number(const char *name, const char *text, int64_t max, int64_t *out)
{
	if (!text)
		return OK;
	if (!is_ok(str_i64(str_of(text), out)) || *out < 1 || *out > max)
		return FAIL(USAGE, "--%s is 1 to %" PRId64, name, max);
	return OK;
}

static result read_kind(const char *text, enum import_kind *out)
{
	for (int i = 0; import_kind_names[i]; i++) {
		if (strcmp(text, import_kind_names[i]) == 0) {
			*out = (enum import_kind)i;
			return OK;
		}
	}
	return FAIL(USAGE, "there is no kind %s", text);
}

/* Numbers of lines and columns, what is wrong and what to do; never a person's data. */
static void print_report(const struct import_order *order)
{
	const struct import_report *report = &order->report;

	for (size_t i = 0; i < report->count; i++) {
		const struct import_finding *f = &report->findings[i];
		const char *severity = f->severity == IMPORT_ERROR ? "error 错误" : "note 提示";
		fprintf(stderr, "%s:%" PRId64, order->path, f->line);
		if (f->column)
			fprintf(stderr, ":%d", f->column);
		fprintf(stderr, ": %s [%s] %s: %s", severity, result_name((result){ f->code }),
		        result_text_zh((result){ f->code }), f->what);
		fprintf(stderr, f->advice[0] ? "; %s\n" : "%s\n", f->advice);
	}
	if (report->errors + report->notes > (int64_t)report->count)
		fprintf(stderr, "… and %" PRId64 " more\n",
		        report->errors + report->notes - (int64_t)report->count);
	printf("%" PRId64 " lines: %" PRId64 " added, %" PRId64 " changed, %" PRId64
	       " as they were; %" PRId64 " errors, %" PRId64 " notes\n",
	       report->lines, report->added, report->changed, report->same, report->errors,
	       report->notes);
	if (report->errors)
		printf("nothing of the file was imported: mend the lines above and try again / "
		       "文件未导入任何内容，请更正上列各行后重试\n");
}

static result run(const char *dir, struct import_order *order)
{
	struct platform *p = calloc(1, sizeof *p);
	struct clock_file clock = { 0 };
	struct site site;
	result r;

	ASSERT(p);
	r = site_open(dir, &site);
	if (is_ok(r))
		r = site_clock_open(&site, &clock);
	if (is_ok(r))
		r = platform_open(&site, &clock.clock, p);
	if (is_ok(r)) {
		r = import_file(p, order);
		if (is_ok(r))
			r = requests_catch_up(p);
		platform_close(p);
	}
	clock_file_close(&clock);
	free(p);
	return r;
}

int command_import(int argc, char **argv)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	const char *dir = NULL, *kind = NULL, *park = NULL, *class = NULL, *prefix = NULL,
	           *path = NULL;
	struct command_words words = { &path, 1, 0 };
	struct command_option options[] = {
		{ "site", &dir, NULL, true },       { "kind", &kind, NULL, true },
		{ "park", &park, NULL, false },     { "class", &class, NULL, false },
		{ "prefix", &prefix, NULL, false },
	};
	struct import_order order = { .report = { .arena = &arena } };
	int64_t park_no = 1, class_no = 1;
	result r = command_options(argc, argv, options, ARRAY_LEN(options), &words);

	if (is_ok(r))
		r = path ? read_kind(kind, &order.kind) : FAIL(USAGE, "the file is missing");
	if (is_ok(r))
		r = read_number("park", park, PERSON_PARK_MAX, &park_no);
	if (is_ok(r))
		r = read_number("class", class, PERSON_CLASS_MAX, &class_no);
	if (is_ok(r) && prefix && strlen(prefix) >= sizeof order.people.person_prefix)
		r = FAIL(USAGE, "--prefix is at most %zu characters",
		         sizeof order.people.person_prefix - 1);
	if (!is_ok(r))
		return command_failed(r);
	order.path = path;
	order.people.park = (uint16_t)park_no;
	order.people.class = (uint8_t)class_no;
	str_copy(str_of(prefix ? prefix : ""), order.people.person_prefix,
	         sizeof order.people.person_prefix);
	r = run(dir, &order);
	if (order.report.lines || order.report.count)
		print_report(&order);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
