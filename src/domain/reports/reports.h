/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reports.h — what people look at: pages of people, merchants, terminals and transactions with
 * names instead of numbers, and the figures of a day. Reads only, from any transaction, best that
 * of a query-only connection; rows lie in the arena.
 */
#pragma once

#include "domain/cards/card.h"
#include "domain/terminals/terminal.h"
#include "ledger/views.h"

enum {
	REPORTS_PAGE_MAX = 100, /* rows of one page */
	REPORTS_OFFSET_MAX = 10000000,
	REPORTS_QUERY_MAX = 64, /* bytes of what a person types into a search field */
	REPORTS_SCAN_MAX =
	        20000, /* rows looked through for one page of a filter without an index */
	REPORTS_INITIALS_MAX = 12, /* letters of a search by pinyin initials */
	REPORTS_MASKED_SIZE = PERSON_NAME_MAX + 8,
};

/* Which rows: `skip` of them left out, at most `limit` (1…REPORTS_PAGE_MAX) given. */
struct reports_page {
	int64_t skip, limit;
};

/* --- lists --- */

struct reports_person {
	struct person person;
	char card_no[CARD_NO_MAX + 1]; /* newest card; empty when there is none */
};
struct reports_people {
	struct reports_person *rows;
	size_t count;
	int64_t total; /* that match, on all pages */
};
/*
 * People whose number begins with `query`, whose name holds it, who hold the card of exactly this
 * number, or — when that finds nobody — whose name's pinyin begins with these initials. Empty: all.
 * In order of number.
 */
result reports_people(struct db_tx *tx, struct str query, struct reports_page page, struct arena *a,
                      struct reports_people *out);
/* The person with the newest card. PERSON_NOT_FOUND. */
result reports_person(struct db_tx *tx, int64_t id, struct reports_person *out);

struct reports_merchant {
	struct merchant merchant;
	int64_t sales; /* of the day: purchases less voids and reversals */
	struct money takings;
};
struct reports_merchants {
	struct reports_merchant *rows;
	size_t count;
	int64_t total;
};
/* Merchants whose number begins with or whose name holds `query`, with their takings of business
 * day `day`. In order of number. */
result reports_merchants(struct db_tx *tx, struct str query, struct bizdate day,
                         struct reports_page page, struct arena *a, struct reports_merchants *out);

struct reports_terminal {
	uint32_t id;
	char node_id[TERMINAL_NODE_ID_LEN + 1];
	char location[TERMINAL_LOCATION_MAX + 1];
	enum terminal_type type;
	enum terminal_state state;
	int64_t merchant_id;
	char merchant_no[MERCHANT_NO_MAX + 1], merchant_name[MERCHANT_NAME_MAX + 1];
	bool is_signed_in;   /* it has a session that is valid at `now` */
	struct instant seen; /* last sign-in or transaction; 0: never */
};
struct reports_terminals {
	struct reports_terminal *rows;
	size_t count;
	int64_t total;
};
/* Terminals whose number begins with, or whose place or merchant holds `query`. In order of number.
 */
result reports_terminals(struct db_tx *tx, struct str query, struct instant now,
                         struct reports_page page, struct arena *a, struct reports_terminals *out);

/* --- transactions --- */

/* Somebody or something by number and name; id 0: none. */
struct reports_party {
	int64_t id;
	struct str no, name;
};

enum reports_state { REPORTS_DONE, REPORTS_REVERSED, REPORTS_REFUSED };

/* One event: all its rows taken together. */
struct reports_transaction {
	struct entry first; /* row of leg 0 */
	enum reports_state state;
	struct money amount; /* of all legs */
	struct reports_party person, card, merchant, terminal;
};
struct reports_transactions {
	struct reports_transaction *rows;
	size_t count;
	uint64_t next; /* for `before`; 0: no more */
};

/* Zero members do not restrict; limit is 1…REPORTS_PAGE_MAX. Newest first. */
struct reports_filter {
	struct bizdate from, to; /* business days, both included */
	enum event_kind kind;
	bool only_done, only_refused;
	int64_t person, merchant, terminal;
	struct str card_no;
	struct str code; /* name of an answer code */
	int64_t min_fen, max_fen;
	uint64_t before; /* row number */
	uint32_t limit;
};
/* A person, card, merchant or terminal that does not exist gives an empty page. Faults: DB_*. */
result reports_transactions(struct db_tx *tx, const struct reports_filter *f, struct arena *a,
                            struct reports_transactions *out);
/* Fill in names, state and amount of single rows. */
result reports_describe(struct db_tx *tx, const struct entry *rows, size_t count, struct arena *a,
                        struct reports_transaction *out);

/* An account by its place in the chart and its owner. */
struct reports_account {
	uint32_t no;
	const struct chart_row *chart; /* NULL when the views do not know the account */
	struct reports_party owner;
};
struct reports_leg {
	uint64_t lsn;
	struct reports_account debit, credit;
	struct money amount;
};
/* All of one transaction. */
struct reports_chain {
	struct reports_transaction self;
	struct reports_transaction *original; /* NULL: it has none, or the book does not know it */
	struct reports_transaction *later;    /* that undid or completed it, oldest first */
	size_t later_count;
	struct reports_leg *legs;
	size_t leg_count;
	struct journal_batch batch, previous, next; /* no 0: there is none; rows NULL */
};
/* The event that holds row `lsn`. LEDGER_ROW_UNKNOWN. */
result reports_chain(struct db_tx *tx, uint64_t lsn, struct arena *a, struct reports_chain *out);

/* --- figures of a day --- */

struct reports_figure {
	int64_t count;
	struct money sum;
};
struct reports_today {
	struct reports_figure sales, loads, refunds; /* less what was voided or reversed */
	int64_t terminals, signed_in;
};
result reports_today(struct db_tx *tx, struct bizdate day, struct instant now, struct arena *a,
                     struct reports_today *out);

/* --- names --- */

/* "张*明", "李*": what a list shows of a name (UX-12). Returns out. */
const char *reports_mask(struct str name, char out[REPORTS_MASKED_SIZE]);
/* Does the pinyin of `name` begin with these lower-case letters, one a character? Surnames with two
 * readings match both. */
bool reports_has_initials(struct str name, struct str letters);
