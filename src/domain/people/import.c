/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/people/import.h"

#include <stdarg.h>
#include <stdio.h>

/* Letters in lower case, without blanks, dots, dashes and underscores: "Card No." is "card_no". */
static struct str plain(struct str s, char out[IMPORT_CELL_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < s.len && len < IMPORT_CELL_MAX; i++) {
		char c = s.at[i];
		if (c == ' ' || c == '_' || c == '-' || c == '.')
			continue;
		out[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return (struct str){ out, len };
}

static bool is_same_name(struct str a, struct str b)
{
	char one[IMPORT_CELL_MAX], two[IMPORT_CELL_MAX];

	return str_equal(plain(a, one), plain(b, two));
}

static bool is_one_of(struct str cell, const char *names)
{
	struct str head, rest = str_of(names);
	bool more;

	do {
		more = str_cut(rest, '|', &head, &rest);
		if (is_same_name(cell, head))
			return true;
	} while (more);
	return false;
}

/* A byte order mark in front of the first name is the spreadsheet's, not the name's. */
static struct str without_mark(struct str s)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (s.len >= 3 && memcmp(s.at, mark, 3) == 0)
		return (struct str){ s.at + 3, s.len - 3 };
	return s;
}

result import_header(struct import_row *header, struct import_column *columns, size_t count,
                     struct import_report *report)
{
	for (size_t i = 0; i < count; i++) {
		columns[i].at = -1;
		for (size_t cell = 0; cell < header->count && columns[i].at < 0; cell++)
			if (is_one_of(str_trim(without_mark(header->cells[cell])),
			              columns[i].names))
				columns[i].at = (int)cell;
		if (columns[i].at < 0 && columns[i].required)
			import_find(report,
			            (struct import_at){ header, 0, IMPORT_ERROR, IMPORT_HEADER },
			            "no column %s|name it in the first line", columns[i].names);
	}
	return report->errors
	               ? FAIL(IMPORT_HEADER, "%lld columns missing", (long long)report->errors)
	               : OK;
}

struct str import_cell(const struct import_row *row, const struct import_column *c)
{
	if (c->at < 0 || (size_t)c->at >= row->count)
		return STR("");
	return str_trim(row->cells[c->at]);
}

/* Column lists contain '|' too, so the cut is at the last one. */
static void split(const char *text, struct import_finding *f)
{
	const char *bar = strrchr(text, '|');
	size_t len = bar ? (size_t)(bar - text) : strlen(text);

	str_copy((struct str){ text, len }, f->what, sizeof f->what);
	str_copy(str_of(bar ? bar + 1 : ""), f->advice, sizeof f->advice);
}

void import_find(struct import_report *report, struct import_at at, const char *format, ...)
{
	char text[2 * IMPORT_TEXT_MAX];
	va_list args;

	if (at.severity == IMPORT_ERROR)
		report->errors++;
	else
		report->notes++;
	if (report->count >= IMPORT_FINDINGS_MAX)
		return;
	if (!report->findings)
		report->findings =
		        arena_array(report->arena, IMPORT_FINDINGS_MAX, sizeof *report->findings);
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	struct import_finding *f = &report->findings[report->count++];
	*f = (struct import_finding){
		.line = at.row->line, .column = at.column, .severity = at.severity, .code = at.code
	};
	split(text, f);
}

result import_verdict(const struct import_report *report)
{
	if (report->errors)
		return FAIL(IMPORT_REFUSED, "%lld errors", (long long)report->errors);
	return OK;
}
