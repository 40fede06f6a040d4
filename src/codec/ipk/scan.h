/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h — words of a profile's line, with the place of each for messages; private to this folder.
 */
#pragma once

#include "codec/ipk/fields.h"

/* Zero-initialise; scan_begin for each line. */
struct scan {
	int line, column; /* of the last word, from 1 */
	struct str text;  /* the line */
	size_t at;        /* behind the last word */
};

/* SCAN_FAIL(s, "%s is wrong", x): IPK_PROFILE with the place in front. */
#define SCAN_FAIL(s, format, ...)                                                                  \
	FAIL(IPK_PROFILE, "line %d, column %d: " format, (s)->line, (s)->column, __VA_ARGS__)

void scan_begin(struct scan *s, struct str line);
/* The next word; false at the end of the line or in front of a comment. */
bool scan_word(struct scan *s, struct str *word);
result scan_need(struct scan *s, const char *what, struct str *word);
result scan_word_is(struct scan *s, const char *want);

/* Number of the word among those known; a failure proposes the nearest. */
result scan_known(struct scan *s, struct str word, const char *const *known, size_t count,
                  size_t *number);
/* The next word, as scan_known. */
result scan_choice(struct scan *s, const char *const *known, size_t count, size_t *number);
/* A name of values.h whose bit is in `allowed`. */
result scan_name(struct scan *s, struct str word, unsigned allowed, enum ipk_name *name);

enum {
	SCAN_SLICES = 1, /* N[from:to] may stand here */
	SCAN_PARTS = 2,  /* plain and block-before-HASH, and + between */
};
/* The fields up to the end of the line, at least one. */
result scan_fields(struct scan *s, unsigned allowed, unsigned forms, struct ipk_fields *out);
