/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h — reading tables that people send: RFC 4180, streaming, bounded, UTF-8 or GB18030. */
#pragma once

#include "base/buf.h"

enum {
	CSV_RECORD_MAX = 64 << 10, /* bytes of one record with its quotes */
	CSV_FIELDS_MAX = 128,
	CSV_LOOKAHEAD = 64 << 10, /* bytes looked at to tell the encoding */
};

/* Where the bytes come from. read: up to size bytes, *got 0 at the end. */
struct csv_source {
	result (*read)(struct csv_source *source, void *out, size_t size, size_t *got);
};

/* Bytes that are here already, borrowed. */
struct csv_memory {
	struct csv_source source;
	struct bytes left;
};
struct csv_memory csv_memory_of(struct bytes b);

enum csv_encoding { CSV_UNDECIDED, CSV_UTF8, CSV_GB18030 }; /* undecided: only ASCII so far */

/* Zero-initialise; csv_open, csv_next…, csv_close. One thread. */
struct csv {
	struct csv_source *source;
	enum csv_encoding encoding;
	char separator;                    /* ',' unless set after csv_open; '\t' for tab files */
	uint64_t line;                     /* where the current record begins, from 1 */
	size_t column;                     /* of an error: the field's number, from 1; else 0 */
	struct str fields[CSV_FIELDS_MAX]; /* UTF-8, borrowed until the next call */
	size_t count;
	struct csv_state *state; /* private */
};

/* Faults: OUT_OF_MEMORY. The source must outlive the reader. */
result csv_open(struct csv *c, struct csv_source *source);
void csv_close(struct csv *c);

/*
 * The next record. *more false at the end. Empty lines are passed over. After CSV_BAD_QUOTE,
 * CSV_TOO_LONG, CSV_TOO_MANY_FIELDS or INVALID_TEXT (line and column say where) the next call goes
 * on behind that line; a fault of the source stays.
 */
result csv_next(struct csv *c, bool *more);

/* Write one field, quoted when it must be; the caller puts separators and CR LF. */
void csv_put(struct buf *out, struct str field);
