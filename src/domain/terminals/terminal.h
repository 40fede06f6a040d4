/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.h — the registry of nodes (terminal-protocol 2 and 6) and what must survive a restart of
 * their sessions (7.7). */
#pragma once

#include "domain/audit/audit.h"
#include "domain/merchants/merchant.h"

enum {
	TERMINAL_NODE_ID_LEN = 8, /* F41: subsystem 2, processor 2, serial 4 */
	TERMINAL_CODE_LEN = 2,    /* of a subsystem, and of a processor */
	TERMINAL_SAM_NO_LEN = 6,  /* BCD bytes */
	TERMINAL_CARD_LEN = 16,   /* serial of an authorisation card, in hex */
	TERMINAL_HARDWARE_MAX = 32,
	TERMINAL_HASH_LEN = 32, /* of software */
	TERMINAL_LOCATION_MAX = 64,
	TERMINAL_RANGE_MAX = 43, /* an IPv6 address and its bits */
	TERMINAL_SOFTWARE_MAX = 32,
	TERMINAL_ID_FIRST = 1000, /* smaller numbers are host channels */
	TERMINAL_PAGE_MAX = 200,
	TERMINAL_COUNTER_STEP = 65536, /* send counters are reserved in steps of this */
};

enum terminal_state {
	TERMINAL_DEFINED,
	TERMINAL_AUTHORISED,
	TERMINAL_ACTIVE,
	TERMINAL_SUSPENDED,
	TERMINAL_RETIRED
};
enum terminal_type {
	TERMINAL_TILL,
	TERMINAL_DESK,
	TERMINAL_KIOSK,
	TERMINAL_GATEWAY,
	TERMINAL_SUBSYSTEM,
	TERMINAL_REGISTER,
};
enum terminal_dialect { TERMINAL_DIALECT_B, TERMINAL_DIALECT_A, TERMINAL_DIALECT_BARE };
extern const char *const terminal_state_names[], *const terminal_type_names[],
                                                         *const terminal_dialect_names[];

/* Sets of transactions a node may ask for. */
enum terminal_allow {
	TERMINAL_ALLOW_PURCHASE = 1 << 0,
	TERMINAL_ALLOW_VOID = 1 << 1,
	TERMINAL_ALLOW_REFUND = 1 << 2,
	TERMINAL_ALLOW_BALANCE = 1 << 3,
	TERMINAL_ALLOW_CASH = 1 << 4, /* cash top-up, its void and confirm */
	TERMINAL_ALLOW_SUBSIDY = 1 << 5,
	TERMINAL_ALLOW_UPLOAD = 1 << 6,
	TERMINAL_ALLOW_MERCHANT = 1 << 7,
	TERMINAL_ALLOW_ALL = (1 << 8) - 1,
};

/* Bits 1 << suite number; suites 3 and 4 are for old equipment and off by default. */
enum {
	TERMINAL_SUITE_AES = 1 << 1,
	TERMINAL_SUITE_SM4 = 1 << 2,
	TERMINAL_SUITE_3DES = 1 << 3,
	TERMINAL_SUITE_DES = 1 << 4
};

struct terminal {
	uint32_t id; /* registry number, TERMINAL_ID_FIRST and up; `source` in the book */
	char node_id[TERMINAL_NODE_ID_LEN + 1];
	uint8_t sam_no[TERMINAL_SAM_NO_LEN];
	uint8_t key_version; /* of the terminal root its TIK comes from */
	enum terminal_type type;
	enum terminal_state state;
	enum terminal_dialect dialect;
	bool sealed;            /* a plain body is refused with A7 */
	uint32_t suites, allow; /* bit sets above */
	int64_t merchant_id;
	char location[TERMINAL_LOCATION_MAX + 1]; /* place, as reports name it */
	/* From where it may sign in: "10.1.2.0/24"; empty: from anywhere, but the compatibility way
	 * (7.2) from nowhere. */
	char address_range[TERMINAL_RANGE_MAX + 1];
	uint32_t batch; /* F60.2 */
	int64_t version;
	/* Its authorisation card (授权卡), until when it may register; 0: burnt. "": it never had
	 * one. */
	char card_serial[TERMINAL_CARD_LEN + 1];
	struct instant card_until;
	char hardware[TERMINAL_HARDWARE_MAX + 1]; /* serial of the machine that registered */
	/* What its subsystem (subsystem.h) says, where there is one. */
	bool has_subsystem, blocked;
	char subsystem_range[TERMINAL_RANGE_MAX + 1];
	uint32_t denied; /* of `allow`: what the subsystem may not */
};

/* What node and subsystem both may. */
static inline uint32_t terminal_allow(const struct terminal *t)
{
	return t->allow & ~t->denied;
}

result terminal_add(struct db_tx *tx, struct instant now,
                    struct terminal *t); /* TERMINAL_INVALID, TERMINAL_EXISTS, MERCHANT_NOT_FOUND */
result terminal_save(struct db_tx *tx, struct instant now,
                     struct terminal *t); /* not the state. TERMINAL_INVALID, TERMINAL_CHANGED */
result terminal_load(struct db_tx *tx, uint32_t id, struct terminal *out); /* TERMINAL_NOT_FOUND */
result terminal_load_by_node(struct db_tx *tx, struct str node_id, struct terminal *out);
result terminal_find_by_node(struct db_tx *tx, struct str node_id, struct terminal *out,
                             bool *found);

/*
 * Move to another state: DEFINED → AUTHORISED → ACTIVE ⇄ SUSPENDED → AUTHORISED, any → RETIRED,
 * AUTHORISED → DEFINED. DECLINE TERMINAL_STATE for every other step. Ends the node's sessions when
 * it leaves ACTIVE.
 */
result terminal_set_state(struct db_tx *tx, struct instant now, uint32_t id, enum terminal_state to,
                          struct terminal *out);
/* The same as an operator does it: PERMISSION_TERMINALS is asked for and the audit line written. A
 * card authorises (terminal_authorise) and the node itself registers: neither is done by a word,
 * TERMINAL_STATE. */
struct terminal_act {
	const struct actor *by;
	uint32_t id;
	enum terminal_state to;
	struct str reason; /* may be empty */
};
result terminal_act(struct db_tx *tx, struct instant now, const struct terminal_act *act,
                    struct terminal *out);
bool terminal_may_move(enum terminal_state from, enum terminal_state to);
/* The next batch number, after settlement. */
result terminal_next_batch(struct db_tx *tx, struct instant now, uint32_t id, uint32_t *batch);

/* An address, or its leading bits: "10.1.2.0/24", "fd00::/8", "10.1.2.3". Empty is valid. */
bool terminal_range_is_valid(struct str range);
/* Does every address of `inner` lie in one of `outer`, ranges apart by blanks? "" outer holds all.
 */
bool terminal_range_within(struct str inner, struct str outer);
/* Does it hold the address ("10.1.2.3:567", "[::1]:567")? An empty or broken range holds none. */
bool terminal_range_holds(struct str range, struct str address);
/* Are two addresses of one host, whatever their ports? */
bool terminal_same_host(struct str a, struct str b);

struct terminal_page {
	struct terminal *rows; /* arena */
	size_t count;
	int64_t next;
};
/* In order of id; node id or location begins with `text`; merchant_id 0: any. */
struct terminal_filter {
	struct str text;
	int64_t merchant_id;
};
result terminal_list(struct db_tx *tx, const struct terminal_filter *f, int64_t after, size_t limit,
                     struct arena *a, struct terminal_page *out);

/* --- sessions: only what a restart of the host needs; keys are derived again --- */

enum terminal_session_state {
	TERMINAL_SESSION_PENDING,
	TERMINAL_SESSION_ACTIVE,
	TERMINAL_SESSION_CLOSED
};

struct terminal_session {
	uint32_t id; /* DF20, not 0, never used twice */
	uint32_t terminal_id;
	enum terminal_session_state state;
	uint8_t suite, key_version, key_seq;
	struct bizdate key_date; /* of the day root its keys come from */
	uint64_t send_reserved;  /* send counters below it may have been used: go on from here after
	                            a restart */
	uint64_t receive_high; /* highest envelope counter known here; the journal may know a higher
	                          one */
	struct instant opened, valid_until;
};

/* A new PENDING session: assigns the id, reserves the first step of send counters. */
result terminal_session_open(struct db_tx *tx, struct terminal_session *s);
/* The first message under the new keys came: ACTIVE, and every older session of the node CLOSED.
 * TERMINAL_SESSION_UNKNOWN. */
result terminal_session_activate(struct db_tx *tx, uint32_t id);
/* Reserve the next TERMINAL_COUNTER_STEP send counters; *reserved is the new bound. */
result terminal_session_reserve(struct db_tx *tx, uint32_t id, uint64_t *reserved);
/* Write back the receive high-water (never lowers it). */
result terminal_session_received(struct db_tx *tx, uint32_t id, uint64_t receive_high);
result terminal_session_close(struct db_tx *tx, uint32_t id);
/* All that are not closed and not past valid_until, for the start of the front: in order of id. */
result terminal_session_list(struct db_tx *tx, struct instant now, struct arena *a,
                             struct terminal_session **rows, size_t *count);

/* --- alarms --- */

enum { TERMINAL_ALARM_TEXT_MAX = 252 };

/* Codes of alarms that the host itself raises about a node; nodes' own are below. */
enum terminal_host_alarm {
	TERMINAL_ALARM_HOST = 0xF000,
	TERMINAL_ALARM_PLACE = 0xF001,   /* a second sign-in from another place */
	TERMINAL_ALARM_CARD = 0xF002,    /* an authorisation card that is used, foreign or over */
	TERMINAL_ALARM_ADDRESS = 0xF003, /* from an address that is not its own */
	TERMINAL_ALARM_SAM = 0xF004,     /* another SAM than its own */
};
enum { TERMINAL_ALARM_SEVERE = 3 };

struct terminal_alarm {
	uint32_t terminal_id, stan;
	uint16_t code;
	uint8_t severity;
	struct instant event;                   /* as the node says */
	char text[TERMINAL_ALARM_TEXT_MAX + 1]; /* UTF-8, one line */
};
/* *is_new false: this message (STAN and time) is stored already, and nothing was changed. */
result terminal_alarm_add(struct db_tx *tx, struct instant now, const struct terminal_alarm *alarm,
                          bool *is_new);
result terminal_alarm_count(struct db_tx *tx, uint32_t terminal_id, int64_t *count);

/* --- in memory, for the writer thread --- */

struct terminal_cache {
	struct terminal *rows; /* rows[id - TERMINAL_ID_FIRST]; id 0 where none */
	size_t count, size;
	uint32_t *by_node; /* open addressing: ids */
	size_t by_node_size;
};
result terminal_cache_load(struct terminal_cache *c, struct db_tx *tx);
void terminal_cache_free(struct terminal_cache *c);
const struct terminal *terminal_cache_find(const struct terminal_cache *c,
                                           uint32_t id); /* NULL when unknown */
const struct terminal *terminal_cache_find_node(const struct terminal_cache *c, struct str node_id);
/* Read one row again: after a request changed it, and after that request was rolled back. */
result terminal_cache_refresh(struct terminal_cache *c, struct db_tx *tx, uint32_t id);
