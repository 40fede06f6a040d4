/* SPDX-License-Identifier: Apache-2.0 */
/* card.h — cards: issue, loss, replacement; and the table of all cards in memory that payments
 * decide from. */
#pragma once

#include "domain/audit/audit.h"
#include "domain/people/person.h"

struct ledger_tx; /* ledger/writer.h */

enum {
	CARD_NO_MAX = 19,     /* digits */
	CARD_ACCESS_MAX = 19, /* digits of a door-card number */
	CARD_PAGE_MAX = 200,
};

enum card_state { CARD_ACTIVE, CARD_REPORTED_LOST, CARD_FROZEN, CARD_CLOSED };
extern const char *const card_state_names[]; /* NULL-ended */

/* The purses of a card: book account numbers, 0 when the account is not open. */
struct card_purses {
	uint64_t main, subsidy;
};

struct card {
	int64_t id;
	char no[CARD_NO_MAX + 1]; /* printed number */
	uint32_t index; /* dense serial of the card instance, never reused; a replacement gets a new
	                   one */
	int64_t person_id;
	enum card_state state;
	uint8_t class;          /* identity class, as the person had it at issue */
	uint8_t sequence;       /* 1; a replacement of the same number counts up */
	struct bizdate expires; /* last good day; 0: never */
	char access_no[CARD_ACCESS_MAX +
	               1]; /* door-card number, may be empty; leading zeros count */
	struct card_purses purses;
	uint16_t park;
	int64_t version;
};

struct card_cache;

/* A card to be issued. */
struct card_order {
	int64_t person_id;
	struct str no;
	struct str access_no; /* may be empty */
	struct bizdate expires;
};

/*
 * Issue a card to an active person; opens the person's main and subsidy purse (2001, 2002) when
 * they are not open. INVALID CARD_INVALID; DECLINE CARD_EXISTS (number taken), PERSON_NOT_FOUND,
 * PERSON_INACTIVE.
 */
result card_issue(struct ledger_tx *tx, struct card_cache *cache, const struct card_order *order,
                  struct card *out);
/* 挂失 from ACTIVE or FROZEN, 解挂 from LOST, freeze, close. DECLINE CARD_STATE, CARD_NOT_FOUND. At
 * once in the cache. */
result card_report_lost(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                        struct card *out);
result card_found(struct ledger_tx *tx, struct card_cache *cache, struct str no, struct card *out);
result card_freeze(struct ledger_tx *tx, struct card_cache *cache, struct str no, struct card *out);
result card_unfreeze(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                     struct card *out);
result card_close(struct ledger_tx *tx, struct card_cache *cache, struct str no, struct card *out);
/*
 * 补卡: the old card instance is closed, a new one with a new index takes over person and purses.
 * new_no empty: the same printed number with the next sequence. DECLINE CARD_STATE unless the old
 * card is LOST, ACTIVE or FROZEN.
 */
result card_replace(struct ledger_tx *tx, struct card_cache *cache, struct str old_no,
                    struct str new_no, struct card *out);

/* What an operator does to a card, as one table: permission, step, audit line. */
enum card_action {
	CARD_DO_REPORT_LOST,
	CARD_DO_FOUND,
	CARD_DO_FREEZE,
	CARD_DO_UNFREEZE,
	CARD_DO_CLOSE,
	CARD_DO_REPLACE,
};
struct card_act {
	const struct actor *by;
	enum card_action action;
	struct str no, new_no; /* new_no: of a replacement only, may be empty */
	struct str reason;     /* for the audit line, may be empty */
};
/* Ask for the permission, do it, write the audit line. ACCESS_DENIED, and what the step says. */
result card_act(struct ledger_tx *tx, struct card_cache *cache, const struct card_act *act,
                struct card *out);

/* Another door-card number, or none. CARD_NOT_FOUND, CARD_INVALID. */
result card_set_access(struct ledger_tx *tx, struct card_cache *cache, struct str no,
                       struct str access_no, struct card *out);

/* The newest instance of a printed number. CARD_NOT_FOUND. */
result card_load(struct db_tx *tx, struct str no, struct card *out);
result card_load_by_id(struct db_tx *tx, int64_t id, struct card *out);
result card_find(struct db_tx *tx, struct str no, struct card *out, bool *found);
/* The card of a door number. CARD_NOT_FOUND; CARD_ACCESS_SHARED when two cards hold it. */
result card_load_by_access(struct db_tx *tx, struct str access_no, struct card *out);
/* All cards of a person, newest first. */
result card_list_of_person(struct db_tx *tx, int64_t person_id, struct arena *a, struct card **rows,
                           size_t *count);
/* 0: issued cards are 1…high. */
result card_index_high(struct db_tx *tx, uint32_t *out);

/* --- in memory, for the writer thread --- */

/* What the hot path needs of a card; 64 bytes. Only newest instances; a replaced one is gone. */
struct card_entry {
	uint64_t number; /* the printed digits as a number */
	int64_t id;
	int64_t person_id;
	uint64_t main, subsidy; /* book accounts, 0 when not open */
	uint32_t index;
	uint32_t expires; /* yyyymmdd, 0 never */
	uint16_t park;
	uint8_t digits; /* how many digits are printed; 0: free slot */
	uint8_t state;  /* enum card_state */
	uint8_t class;
	uint8_t sequence;
	uint8_t reserved[10];
};

/* Load every card. `room`: how many more will be issued before it has to grow. OUT_OF_MEMORY, DB_*.
 */
result card_cache_load(struct db_tx *tx, size_t room, struct card_cache **out);
void card_cache_free(struct card_cache *c); /* NULL is fine */
/* NULL when unknown or not 1…19 digits. Valid until the next card function. */
const struct card_entry *card_cache_find(const struct card_cache *c, struct str no);
size_t card_cache_count(const struct card_cache *c);
/* Read one number again: after a request that changed it was rolled back. */
result card_cache_refresh(struct card_cache *c, struct db_tx *tx, struct str no);
/* The request's changes stand / are undone. A work function that fails must end with
 * card_cache_undo. */
void card_cache_keep(struct card_cache *c);
void card_cache_undo(struct card_cache *c);

/* DECLINE CARD_LOST, CARD_IS_FROZEN, CARD_IS_CLOSED, CARD_EXPIRED unless the card may pay on that
 * day. */
result card_require_usable(const struct card_entry *e, struct bizdate day);
