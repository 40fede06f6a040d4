/* SPDX-License-Identifier: Apache-2.0 */
/* import_file.h — a table file read into the registry of a site, all of it or nothing. */
#pragma once

#include "domain/cards/card_import.h"
#include "programs/platform.h"

enum import_kind { IMPORT_PEOPLE, IMPORT_MERCHANTS, IMPORT_TERMINALS, IMPORT_OPENINGS };
extern const char *const import_kind_names[]; /* "people", "merchants" …; NULL-ended */

struct import_order {
	enum import_kind kind;
	const char *path; /* CSV in UTF-8 or GBK, also packed as .zst */
	struct card_import people;
	struct import_report report; /* out; set .arena */
};

/*
 * Run it on a platform whose writer has no thread. The audit line is part of the same transaction.
 * A line that is no CSV is an error finding and the next is read. What the import of that kind
 * says.
 */
result import_file(struct platform *p, struct import_order *order);
