/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pos_node.h — a till as a node of the network: keeps the line, signs in, runs transactions by
 * pos_txn, uploads stored records, sells without the host where that is allowed. One thread; the
 * owner calls pos_node_turn.
 */
#pragma once

#include "device/pos/pos_message.h"
#include "net/frame_client.h"

enum {
	POS_T1_MS = 3000,       /* TCP connect */
	POS_T2_MS = 5000,       /* reply to hello and sign-in */
	POS_T9_IDLE_MS = 30000, /* then a status message */
	POS_T9_DEAD_MS = 90000, /* then the line is dead */
	POS_RECONNECT_MS = 500, /* doubled up to, with full jitter */
	POS_RECONNECT_MAX_MS = 60000,
	POS_LINE_DEAD_MS = 7000, /* nothing heard for so long while an answer is due: T10 */
	POS_SIGN_OFF_MS = 1000,
	POS_OFFLINE_AFTER_MS = 600000, /* of reversing: terminal-protocol 14 */
	POS_TAK_MESSAGES_MAX = 1 << 20,
	POS_CLOCK_STEP_MS = 2000, /* a smaller difference to the host is left alone */
	POS_CLOCK_UNSURE_MS = 300000,
};

/* What a till may sell without the host. Zero: nothing. */
struct pos_offline {
	int64_t card_max_fen;  /* of one card, over all its records not uploaded yet */
	int64_t total_max_fen; /* of all cards */
};

/* What became of an action. */
struct pos_done {
	enum pos_txn_state state; /* APPROVED, DECLINED or REVERSED */
	struct pos_draft draft;
	struct pos_outcome outcome;
	char text[POS_REPLY_TEXT_SIZE]; /* F44 */
	bool offline;                   /* stored here, to be uploaded */
	bool pin_would_help;            /* code 61 with DF09 */
};

struct pos_node_config {
	const char *host;        /* "HOST:PORT"; borrowed */
	struct tls_context *tls; /* NULL: plain line, sealed messages */
	const struct sam *sam;
	const struct clock *clock;
	struct random_source *random;
	struct pos_offline offline;
	const char *software; /* DF14 */
	void (*done)(void *arg, const struct pos_done *done);
	void *arg;
};

enum pos_line_state { POS_LINE_DOWN, POS_LINE_SIGNING_IN, POS_LINE_ONLINE };

struct pos_node {
	struct pos_node_config config;
	struct pos_journal *journal;
	struct line line;
	struct frame_client *client;
	enum pos_line_state state;
	struct pos_txn txn;
	struct pos_upload upload;
	bool offline_wanted; /* the clerk took the till off the line */
	bool locked;         /* a code with action X: service has to look first */
	bool stopped;        /* the host's latest directive says stop business */
	bool sign_in_wanted; /* when no transaction is under way */
	bool pin_would_help;
	enum pos_batch settled; /* last answer to a settlement; 0: none yet */
	char pin[16];           /* of the transaction under way */
	uint32_t stan;          /* of messages without a TSN */
	uint32_t reconnect_ms;
	uint32_t sent_under_key;
	int64_t clock_offset_us;
	int64_t advised_us; /* how far off an unsigned refusal says the clock is; for the next
	                       sign-in alone */
	int64_t started_us, reversing_since_us; /* monotonic */
	int64_t heard_us, sent_us, signed_in_us;
	/* What is due when, monotonic; INT64_MAX for never. */
	int64_t connect_at_us, sign_in_at_us, sign_in_until_us, txn_at_us, upload_at_us;
	struct iso8583 in;
	struct iso8583_out out;
	uint8_t frame_in[LINE_FRAME_MAX], frame_out[LINE_FRAME_MAX];
};

/* Take up what the journal says is pending. The journal and everything in config outlive the node.
 * Faults: of the journal. */
result pos_node_open(struct pos_node *n, const struct pos_node_config *config,
                     struct pos_journal *journal);
/* Signs off when it can; wipes keys. */
void pos_node_close(struct pos_node *n);

/*
 * Do what is due, then wait for the line or for also_fd (-1: none) until `until_us` (monotonic) at
 * most, and take what came. A fault is the journal's: stop the till.
 */
result pos_node_turn(struct pos_node *n, int also_fd, int64_t until_us);

bool pos_node_is_online(const struct pos_node *n);
struct instant pos_node_now(const struct pos_node *n); /* the host's clock as far as it is known */

/*
 * Begin a transaction; `done` is called when it has ended, for a stored sale before this returns.
 * The draft's tsn, at, day and batch are filled in here. Declines: POS_LOCKED, POS_BUSY,
 * POS_OFFLINE_REFUSED, POS_OFFLINE_LIMIT, POS_STORE_FULL, POS_AMOUNT. pin: digits or empty.
 */
result pos_node_start(struct pos_node *n, const struct pos_draft *draft, struct str pin);
result pos_node_cancel(struct pos_node *n); /* stop waiting: what is under way is reversed */
/* Off the line until told otherwise. */
void pos_node_offline(struct pos_node *n, bool wanted);
/* Send the batch's totals. POS_OFFLINE_REFUSED when there is no session. `settled` tells the
 * answer. */
result pos_node_settle(struct pos_node *n);
