/* SPDX-License-Identifier: Apache-2.0 */
/* card_import.h — people with their cards, and opening balances, from table files. */
#pragma once

#include "domain/cards/card.h"
#include "domain/people/import.h"

/*
 * People and cards. Columns (English, the roster's own, or Chinese): card number; person number (default: grade ‖ last four digits…
 * of the card number, see person_no_prefix); name; sex; major or department; grade; door-card number. The same file again changes
 * nothing. Notes: a door-card number two people share (both keep it; it opens for neither until corrected), and one that
 * has lost leading zeros against the stored one. All in the caller's transaction: roll back unless OK.
 * IMPORT_HEADER, IMPORT_REFUSED, IMPORT_TOO_LONG, DB_*.
 */
struct card_import {
	uint16_t park;
	uint8_t  class;           /* for people that are new */
	char     person_prefix[8]; /* person number = prefix ‖ card number when the file has none; "20" gives 20180001 for 180001 */
};
result card_import_people(struct ledger_tx *tx, struct card_cache *cache, const struct card_import *how,
                          struct import_rows *rows, struct arena *a, struct import_report *report);

/*
 * Opening balances: columns card number, balance in yuan, card counter (optional). Each is posted once (Dr 1010 / Cr 2001, kind OPENING);
 * the same file again posts nothing; another balance for a card that has one is an error.
 */
result card_import_opening(struct ledger_tx *tx, const struct card_cache *cache, struct import_rows *rows, struct arena *a,
                           struct import_report *report);
