/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payments.h — what terminals do with money: purchase, void, refund, balance, cash top-up,
 * reversal, stored records, settlement.
 *
 * Every function runs inside the writer. It looks up the key (source, TSN) first: a repeat gets the
 * stored outcome. OK means that an outcome stands in the journal, declines included; anything else
 * means that nothing was recorded (LEDGER_CONFLICT, faults).
 */
#pragma once

#include "domain/cards/card.h"
#include "domain/terminals/terminal.h"
#include "ledger/writer.h"
#include "rules/payment.h"

enum {
	PAYMENTS_PIN_TRIES = 5,     /* wrong ones in a row; then PIN_TRIES ("75") until reset */
	PAYMENTS_PIN_TOKEN = 16,    /* bytes */
	PAYMENTS_CLASSES = 8,       /* classes of one batch total (DF74) */
	PAYMENTS_TILLS_ROOM = 4096, /* terminals that may be registered before tables grow */
	PAYMENTS_RECORDS_MAX = 80,  /* stored records of one upload (terminal-protocol 12.8) */
	PAYMENTS_TSN_MARGIN = 1000, /* DF26 above the highest number seen (16.4) */
};

/* Classes of totals: F60.1 of online transactions, record type of stored ones; BCD as on the wire.
 */
enum payments_class {
	PAYMENTS_CLASS_PURSE = 0x06,
	PAYMENTS_CLASS_PURCHASE = 0x22,
	PAYMENTS_CLASS_VOID = 0x23,
	PAYMENTS_CLASS_REFUND = 0x25,
	PAYMENTS_CLASS_TOP_UP = 0x46,
	PAYMENTS_CLASS_TOP_UP_VOID = 0x51,
	PAYMENTS_CLASS_SUBSIDY = 0x62,
	PAYMENTS_CLASS_REVERSAL = 0x84,
};

struct payments_total {
	uint8_t class; /* enum payments_class; 0: unused */
	uint32_t count;
	uint64_t sum_fen;
};

struct payments_totals {
	struct payments_total rows[PAYMENTS_CLASSES];
};

/* The open batch of a terminal; counted while it runs, rebuilt from the journal when first asked
 * for. */
struct payments_till {
	uint32_t batch;   /* F60.2; 0: not counted yet since the start */
	uint32_t takings; /* its account 2101, when it was used last; looked at before it is
	                     believed */
	struct payments_totals totals;
};

struct payments_config {
	int64_t ceiling_fen; /* of the main purse by top-up; PAYMENT_NO_LIMIT: none */
};

/* What decisions look at, beside the book; the writer thread's. */
struct payments {
	struct card_cache *cards;
	struct terminal_cache *terminals;
	struct merchant_cache *merchants;
	struct payments_config config;
	struct payment_limits limits[PERSON_CLASS_MAX + 1]; /* by identity class; zero: none */
	struct payments_till *tills;                        /* [terminal id - TERMINAL_ID_FIRST] */
	size_t till_count;
};

/* Load the limits; the caches are borrowed. `db` NULL (memory store): no limits. OUT_OF_MEMORY,
 * DB_*. */
result payments_load(struct payments *p, struct db_tx *db);
void payments_deinit(struct payments *p);
/* Set the limits of an identity class, in the store and at once in memory. PAYMENT_CLASS_INVALID.
 */
result payments_set_limits(struct ledger_tx *tx, struct payments *p, uint8_t class,
                           const struct payment_limits *limits);

/*
 * Limits as an operator writes them: words NAME=VALUE with blanks between, what is not named is
 * "none". cap, purchase, window, day: yuan; window-count, day-count: times; above: "refuse" or
 * "pin". PAYMENT_LIMITS_SYNTAX.
 */
result payment_limits_parse(struct str text, struct payment_limits *out);

/* A request of a terminal. Members that do not apply stay zero. */
struct payment_request {
	uint32_t source; /* registry number of the terminal */
	uint64_t tsn;
	uint64_t digest;           /* first 8 bytes of the fingerprint (terminal-protocol 2) */
	uint32_t session, counter; /* of the envelope, for the journal */
	char merchant_no[MERCHANT_NO_MAX + 1]; /* F42, trimmed */
	char card_no[CARD_NO_MAX + 1];
	int64_t amount_fen;
	uint64_t original_tsn; /* DF02 */
	uint64_t original_lsn; /* F37 of a refund */
	struct instant made_at;
	struct bizdate node_date; /* DF03 */
	uint32_t batch;           /* F60.2 */
	uint32_t list_sequence, operator_id;
	uint8_t class; /* F60.1, enum payments_class */
	uint8_t meal, entry, mode;
	uint8_t reason;  /* reversal: F39 as sent, first digit × 16 + second */
	bool supervised; /* F63 names a supervisor */
	bool has_pin;
	uint8_t pin[PAYMENTS_PIN_TOKEN]; /* token of the PIN that was entered */
};

/* What stands in the journal about it; a repeat gives the same. */
struct payment_answer {
	enum result_code code; /* SUCCESS or the decline */
	bool replayed;
	bool settled_before; /* reversal of an earlier business day: DF0F = 2 */
	uint64_t lsn;        /* host reference (F37) */
	int64_t balance_fen; /* spendable, all purses */
	struct instant posted_at;
	struct bizdate business_date;
};

/* For the request's `soon`. */
void payment_soon(const struct ledger_tx *tx, const struct payments *p,
                  const struct payment_request *r);
/* 0200 class 22. A PIN is looked at only when all else allows it; `sql` needed when has_pin. */
result payment_purchase(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                        struct payment_answer *out);
/* Same business day and terminal, full amount, original by TSN. PAYMENT_VOID_*, LEDGER_ORIGINAL_*.
 */
result payment_void(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                    struct payment_answer *out);
/* Any terminal of the merchant; original by reference and TSN. PAYMENT_SUPERVISOR,
 * PAYMENT_ORIGINAL_OTHER, LEDGER_ORIGINAL_*, LEDGER_REFUND_EXCEEDS. */
result payment_refund(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                      struct payment_answer *out);
/* Moves nothing; its number is noted, so that it is not missed later. */
result payment_balance(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                       struct payment_answer *out);
/* Cash into the drawer of the terminal (E02). PAYMENT_CEILING. */
result payment_top_up(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                      struct payment_answer *out);
/* E03: same terminal, same business day, full amount, and the card's last movement. */
result payment_top_up_void(struct ledger_tx *tx, struct payments *p,
                           const struct payment_request *r, struct payment_answer *out);
/* The terminal is done with a top-up; account cards have no card part, so it is only noted.
 * LEDGER_ORIGINAL_UNKNOWN. */
result payment_confirm(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                       struct payment_answer *out);
/* 冲正, terminal-protocol 12.5: never refused for business reasons. */
result payment_reversal(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                        struct payment_answer *out);
/* 补助 claimed at a terminal (E34 in one step from 2501). */
result payment_subsidy(struct ledger_tx *tx, struct payments *p, const struct payment_request *r,
                       struct payment_answer *out);

/* One record of an upload, read and checked by the front. */
struct payment_record {
	uint8_t raw_hash[8]; /* first bytes of SHA-256 over the record */
	uint8_t type;        /* enum payments_class, or A0… */
	bool authentic;      /* its MAC under KREC is right and it names the node that sends it */
	bool broken;         /* its CRC is wrong: not stored, to be sent again */
	uint64_t tsn, digest;
	char card_no[CARD_NO_MAX + 2];
	uint32_t card_counter;
	int64_t amount_fen, balance_after_fen;
	struct instant made_at;
	uint32_t list_sequence, operator_id;
	uint8_t flags, meal;
	uint64_t original_tsn; /* of a reversal */
};

/* DF72. Each of the first three means durable. */
enum payment_record_status {
	PAYMENT_RECORD_STORED,
	PAYMENT_RECORD_DUPLICATE,
	PAYMENT_RECORD_CASE,
	PAYMENT_RECORD_AGAIN
};

struct payment_upload {
	uint32_t source, session, counter, batch;
	unsigned count;
	struct payment_record records[PAYMENTS_RECORDS_MAX];
	enum payment_record_status status[PAYMENTS_RECORDS_MAX]; /* out */
};

/* 0320 / 201. Never declined: posted with the time of the event, or filed as a case. Needs `sql`.
 */
result payment_store(struct ledger_tx *tx, struct payments *p, struct payment_upload *u);

/* Settlement (12.9). */
enum payment_batch_result {
	PAYMENT_BATCH_OPEN,
	PAYMENT_BATCH_EQUAL,
	PAYMENT_BATCH_UNEQUAL,
	PAYMENT_BATCH_UNKNOWN
};

struct payment_settlement {
	uint32_t source;
	uint32_t batch;                   /* F60.2 */
	bool final;                       /* 0320 / 207: the host closes with its own figures */
	struct payments_totals told;      /* DF74 of the node */
	struct payments_totals host;      /* out */
	enum payment_batch_result result; /* out */
	struct bizdate business_date;     /* out */
};

/* Compare, and close the batch when equal or final. A batch that is closed answers as it did. Needs
 * `sql`. */
result payment_settle(struct ledger_tx *tx, struct payments *p, struct payment_settlement *s);

/* --- PIN --- */

/*
 * A PIN as the platform keeps it: token = KDF(SITE.PIN.TOKEN, "YIKA-PIN", digits), computed in the
 * key manager, which alone sees the digits; reference = SHA-256(salt ‖ person ‖ token). The store
 * alone tells nothing about a PIN; trying one takes the key manager.
 */
/* Set or replace the PIN of a person and clear the tries. `salt`: 16 random bytes. */
result payment_pin_set(struct ledger_tx *tx, int64_t person_id,
                       const uint8_t token[PAYMENTS_PIN_TOKEN], const uint8_t salt[16]);
/* SUCCESS; DECLINE PIN_WRONG (counted), PIN_TRIES, PIN_NOT_SET. */
result payment_pin_check(struct ledger_tx *tx, int64_t person_id,
                         const uint8_t token[PAYMENTS_PIN_TOKEN]);
result payment_pin_unlock(struct ledger_tx *tx, int64_t person_id); /* tries back to 0 */

enum { PAYMENT_CASES_MAX = 200 };

/* A record that could not simply be posted; people look after it. */
struct payment_case {
	int64_t id;
	uint32_t terminal_id;
	uint64_t tsn, lsn; /* lsn 0: nothing in the journal */
	enum result_code reason;
	char card_no[CARD_NO_MAX + 1];
	int64_t amount_fen;
	struct instant event_time, filed_at;
};
/* Newest first; before: 0 first, then the last id seen. limit 1…PAYMENT_CASES_MAX. */
result payment_case_list(struct db_tx *db, int64_t before, size_t limit, struct arena *a,
                         struct payment_case **rows, size_t *count);

/* Number to begin with at sign-in (DF26): highest seen + 1, PAYMENTS_TSN_MARGIN more when the node
 * lost its memory. */
uint64_t payment_tsn_floor(struct ledger_tx *tx, uint32_t source, bool memory_lost);
