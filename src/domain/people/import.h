/* SPDX-License-Identifier: Apache-2.0 */
/* import.h — what every import of a table file shares: rows come in, findings go out, nothing is
 * half-imported. */
#pragma once

#include "db/db.h"

enum {
	IMPORT_LINES_MAX = 2000000,
	IMPORT_COLUMNS_MAX = 32,
	IMPORT_CELL_MAX = 256,      /* bytes of one cell */
	IMPORT_FINDINGS_MAX = 1000, /* kept; more are only counted */
	IMPORT_TEXT_MAX = 160,
};

/* One line of the file; cells are UTF-8, borrowed until the next. */
struct import_row {
	int64_t line; /* as an editor counts, from 1 */
	const struct str *cells;
	size_t count;
};

/* Where rows come from; the first is the header. `next` gives false at the end and after a failure,
 * `done` tells which. */
struct import_rows {
	bool (*next)(struct import_rows *rows, struct import_row *out);
	result (*done)(struct import_rows *rows);
};

enum import_severity {
	IMPORT_NOTE,  /* worth knowing; the line is imported as it stands */
	IMPORT_ERROR, /* nothing of the file is imported */
};

struct import_finding {
	int64_t line;
	int column; /* from 1; 0: the whole line */
	enum import_severity severity;
	enum result_code code; /* the kind of finding, for counting */
	char what[IMPORT_TEXT_MAX],
	        advice[IMPORT_TEXT_MAX]; /* English; no personal data but the number concerned */
};

struct import_report {
	struct arena *arena;          /* set by the caller; findings and their texts live there */
	int64_t lines;                /* data lines read */
	int64_t added, changed, same; /* things, not lines */
	int64_t errors, notes;        /* all findings, also those not kept */
	struct import_finding *findings; /* arena; at most IMPORT_FINDINGS_MAX */
	size_t count;
};

/*
 * The column of each wanted name in the header (case and blanks do not matter), -1 when an optional
 * one is missing. `names` holds alternatives separated by '|': "card_no|CardNo|卡号".
 * IMPORT_HEADER, and a finding, when a required one is missing.
 */
struct import_column {
	const char *names;
	bool required;
	int at; /* out */
};
result import_header(struct import_row *header, struct import_column *columns, size_t count,
                     struct import_report *report);
/* The trimmed cell, or an empty one. */
struct str import_cell(const struct import_row *row, const struct import_column *c);
/* Where and what sort a finding is. column from 1; 0: the whole line. */
struct import_at {
	const struct import_row *row;
	int column;
	enum import_severity severity;
	enum result_code code;
};
/* A finding. `what` and `advice` as printf; the two are split at the last '|' of the text. */
void import_find(struct import_report *report, struct import_at at, const char *format, ...)
        ATTR_PRINTF(3, 4);
/* OK, or IMPORT_REFUSED when the report holds an error: the last line of every import, so that the
 * caller rolls back. */
result import_verdict(const struct import_report *report);
