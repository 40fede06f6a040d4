/* SPDX-License-Identifier: Apache-2.0 */
/* live.h — who is signed in: nodes and sessions of the front, their states and counters, keys in
 * memory only. */
#pragma once

#include "crypto/envelope.h"
#include "crypto/mac.h"
#include "domain/terminals/terminal.h"

enum {
	LIVE_SESSIONS_PER_NODE = 3,  /* pending, active, and one that is being answered */
	LIVE_MESSAGES_MAX = 1 << 20, /* under one TAK (terminal-protocol 5.4) */
	LIVE_MESSAGES_WARN = LIVE_MESSAGES_MAX - 4096, /* from here on: "sign in again" */
	LIVE_RESERVE_AHEAD =
	        TERMINAL_COUNTER_STEP / 2, /* ask for the next step when less than this is left */
	TERMINAL_UPLOAD_WINDOW = 8,        /* 0320 outstanding of one node (3.5) */
	LIVE_PSK = 32,
};

/* terminal-protocol 15.5; CHALLENGED lives in the connection until keys exist. */
enum live_state { LIVE_FREE, LIVE_PENDING, LIVE_ACTIVE };

struct live_node;
struct front_line; /* service/terminal/front.h */

/* A session. Its storage lives as long as the front; `id` changes when it is used again. */
struct live_session {
	struct live_node *node;
	uint32_t id;
	enum live_state state;
	enum suite suite;
	bool keyed;     /* keys are in memory */
	bool resumed;   /* it comes from the store, from before a restart */
	bool asked;     /* for its keys, then */
	bool told;      /* to sign in again */
	bool reserving; /* the next step of send counters is being made durable */
	uint8_t key_version, key_seq;
	struct bizdate key_date;
	uint64_t sent;              /* next send counter */
	uint64_t reserved;          /* send counters below it may be used */
	uint64_t received;          /* highest accepted */
	uint32_t messages;          /* under its TAK, both ways */
	uint32_t held;              /* replies that are not sealed yet */
	struct instant renew_at;    /* after it: GRACE, replies ask to sign in again */
	struct instant valid_until; /* after it: closed */
	struct mac_key tak;
	struct envelope_key envelope;
	struct live_session *next; /* of the free list, or of one hash chain */
};

/* What the front knows of a node: a copy of the registry row, and what is under way. */
struct live_node {
	/* What every message touches stands together at the front. */
	struct live_session *active, *pending;
	struct front_line *line; /* the connection that carries it; NULL: none */
	uint8_t financial;       /* outstanding */
	uint8_t uploads;         /* outstanding, 0…TERMINAL_UPLOAD_WINDOW */
	uint8_t directive;       /* enum frame_directive for the next replies */
	bool used;
	struct terminal row;
	char merchant_no[MERCHANT_NO_MAX + 1];
	struct live_node *line_next; /* of those the line carries */
	struct mac_key krec;         /* of its stored records; comes with a session's keys */
	unsigned krec_suite;         /* enum suite; 0: not loaded */
	uint8_t psk[LIVE_PSK];       /* of its TLS, when has_psk */
	bool has_psk;
	uint8_t moves; /* changes of connection in this minute */
	int64_t moves_since_us;
	uint64_t rejected; /* messages refused before the writer (3.6) */
};

/* Bounded tables; everything is allocated by init. One thread. */
struct live {
	struct live_node *nodes; /* open addressing by node id */
	size_t node_slots, node_count, node_max;
	struct live_session *sessions; /* pool */
	struct live_session **by_id;   /* chains */
	size_t session_max, session_slots, session_count;
	struct live_session *free;
	/* Called before a session with held replies is closed: afterwards it has none. */
	void (*flush)(void *owner);
	void *owner;
};

result live_init(struct live *l, size_t nodes_max); /* OUT_OF_MEMORY */
void live_deinit(struct live *l);                   /* wipes all keys */

/* NULL when the front has not seen it. `node_id`: 8 characters. */
struct live_node *live_node_find(struct live *l, struct str node_id);
/* Put or refresh a node's registry row; NULL when the table is full. Sessions from before a lock
 * end when it is lifted. */
struct live_node *live_node_put(struct live *l, const struct terminal *row, struct str merchant_no);

/* A stored session comes back to memory, without keys: PENDING or ACTIVE. NULL when the pool is
 * used up. */
struct live_session *live_open(struct live *l, struct live_node *node,
                               const struct terminal_session *stored);
struct live_session *live_find(struct live *l, uint32_t id);

/* What the line needs of a session's keys and its node's; all others stay in the key manager. */
struct live_keys {
	uint8_t tak[SUITE_KEY_SIZE], tdk[SUITE_KEY_SIZE];
	uint8_t krec[SUITE_KEY_SIZE]; /* MAC of the node's stored records */
	uint8_t psk[LIVE_PSK];        /* of its TLS */
};
/* Ready to use; wipes `keys`. SUITE_UNSUPPORTED, CRYPTO_FAULT. */
result live_load_keys(struct live_session *s, struct live_keys *keys);

/* The first message under the new TAK came: the session is ACTIVE, the one before is closed; its
 * id, or 0. */
uint32_t live_activate(struct live *l, struct live_session *s);
void live_close(struct live *l, struct live_session *s);
void live_close_node(struct live *l, struct live_node *node);

/* May it still speak? False after valid_until, after its last message, or when closed. */
bool live_is_usable(const struct live_session *s, struct instant now);
/* Should its node sign in again soon (GRACE, or near the end of its TAK)? */
bool live_is_late(const struct live_session *s, struct instant now);

/* A received envelope counter: greater than every one before, or false. Call only after the tag was
 * right. */
bool live_accept(struct live_session *s, uint64_t counter);
/* The next send counter; false when no reserved one is left: then nothing may be sent. */
bool live_take_counter(struct live_session *s, uint64_t *counter);
/* Is it time to reserve more? True once per step; the answer comes by live_reserved. */
bool live_wants_step(struct live_session *s);
void live_reserved(struct live_session *s, uint64_t reserved);
