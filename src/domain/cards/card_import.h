/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card_import.h — people with their cards, and opening balances, from table files.
 *
 * People: all of the file in one transaction, or nothing. The purses of the new people are opened
 * beforehand, in as many requests as it takes: an empty account that nobody holds yet says nothing
 * and is used by the next import.
 *   1. card_import_new counts the new people (reads only);  2. card_import_reserve,
 * CARD_RESERVE_MAX at a time;
 *   3. card_import_people reads the file again and stores it in one request; undo the cache when it
 * fails. Openings: the whole file is checked before anything is posted, then posted
 * CARD_OPENINGS_MAX at a time. Each is noted with its card in the same transaction, so after a
 * break the same file posts exactly the rest.
 */
#pragma once

#include "base/money.h"
#include "domain/cards/card.h"
#include "domain/people/import.h"

enum {
	CARD_RESERVE_MAX = 500,   /* people of one request */
	CARD_OPENINGS_MAX = 1000, /* balances of one request */
};

/* What the file does not say. */
struct card_import {
	uint16_t park;
	uint8_t class;         /* of people that are new */
	char person_prefix[8]; /* person number = prefix ‖ card number when the file has none: "20"
	                          makes 20180001 of 180001 */
};

/*
 * Columns (English, the roster's, or Chinese): card number; person number; name; sex; major or
 * department; grade; door-card number. Errors: numbers that are none or come twice, a card of
 * somebody else, text too long or not UTF-8. Notes: a door-card number that two cards hold (both
 * keep it; card_load_by_access finds neither), one that has lost leading zeros against another line
 * or the stored one (the stored one stays), one of a rare length, a sex that is not known. The same
 * file again changes nothing. IMPORT_HEADER, IMPORT_REFUSED, IMPORT_TOO_LONG, DB_*.
 */
result card_import_new(struct db_tx *tx, const struct card_import *how, struct import_rows *rows,
                       int64_t *people);
result card_import_reserve(struct ledger_tx *tx, const struct card_import *how, int64_t skip,
                           int64_t count);
result card_import_people(struct ledger_tx *tx, struct card_cache *cache,
                          const struct card_import *how, struct import_rows *rows,
                          struct import_report *report);

/* One opening balance to be posted: Dr 1010 / Cr 2001, kind OPENING, key (2, card index). */
struct card_opening {
	int64_t card_id;
	uint32_t index, account,
	        counter; /* counter: the card's own operation counter at that moment */
	uint16_t park;
	struct money amount;
};

/*
 * Columns: card number, balance in yuan, card counter (optional). Errors: no such card, not an
 * amount or below zero, a card twice or with another opening balance than the one it has.
 * report->same counts those that are posted already.
 */
struct card_openings {
	struct card_opening *rows; /* arena */
	size_t count;
};
result card_read_openings(struct db_tx *tx, const struct card_cache *cache,
                          struct import_rows *rows, struct import_report *report,
                          struct card_openings *out);
result card_post_openings(struct ledger_tx *tx, const struct card_opening *list, size_t count);
