/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pos_txn.h — one financial transaction at a till as a pure state machine (terminal-protocol 15.1):
 * it is told what happened and says what to do, in order; the caller does it and stops for good
 * when a write fails.
 */
#pragma once

#include "device/pos/pos_journal.h"

enum pos_txn_state {
	POS_TXN_IDLE,
	POS_TXN_SENT,
	POS_TXN_APPROVED, /* finished: the next start begins anew */
	POS_TXN_DECLINED,
	POS_TXN_REVERSING,
	POS_TXN_REVERSED,
};

enum {
	POS_T3_MS = 4000,  /* reply to a purchase */
	POS_T4_MS = 8000,  /* reply to a top-up */
	POS_SENDS_MAX = 3, /* 0200, then 0201 twice */
	POS_T6_MS = 5000,  /* reversal, doubled up to */
	POS_T6_MAX_MS = 60000,
	POS_BUSY_MS = 1000, /* after 90, 91, 96 and 09: the same again */
	POS_TXN_COMMANDS_MAX = 4,
	POS_REPLY_TEXT_SIZE = 32,
};

struct pos_reply {
	bool to_reversal; /* 0410, else 0210 or 0230 */
	uint64_t tsn;
	bool mac_ok;
	char code[POS_CODE_SIZE];
	char reference[POS_REF_SIZE];
	char approval[POS_APPROVAL_SIZE];
	int64_t balance_fen;
	bool has_balance;
	struct bizdate day;
	char text[POS_REPLY_TEXT_SIZE]; /* F44 */
};

enum pos_event_kind {
	POS_EVENT_START, /* draft: its tsn is the spare one */
	POS_EVENT_REPLY,
	POS_EVENT_TIMER,
	POS_EVENT_CANCEL,    /* the operator gives up waiting */
	POS_EVENT_BOOT,      /* what the journal says is pending */
	POS_EVENT_SIGNED_IN, /* a session is there again */
};

struct pos_event {
	enum pos_event_kind kind;
	uint64_t spare_tsn;                /* durable and unused; a reversal takes it */
	const struct pos_draft *draft;     /* START */
	const struct pos_reply *reply;     /* REPLY */
	const struct pos_journal *journal; /* BOOT */
};

enum pos_command_kind {
	POS_WRITE_SENT, /* durable, before the next command is looked at; so all POS_WRITE_… */
	POS_WRITE_OUTCOME,
	POS_WRITE_REVERSING,
	POS_WRITE_REVERSED,
	POS_SEND_REQUEST, /* `repeat`: MTI xxx1 */
	POS_SEND_REVERSAL,
	POS_SHOW, /* the state is final; outcome and draft say what to show */
	POS_ARM,  /* the one timer of this machine, in `ms`; replaces an earlier one */
	POS_DISARM,
	POS_SIGN_IN, /* the session is no longer good */
	POS_LOCK,    /* code with action X: stop business, call service */
	POS_REFRESH_LIST,
};

struct pos_command {
	enum pos_command_kind kind;
	uint32_t ms;
	bool repeat;
};

struct pos_commands {
	struct pos_command at[POS_TXN_COMMANDS_MAX];
	size_t count;
};

struct pos_txn {
	enum pos_txn_state state;
	struct pos_draft draft;
	struct pos_outcome outcome;
	uint64_t reversal_tsn;
	char reason[POS_CODE_SIZE]; /* F39 of the reversal: 98, A0, 96 or 17 */
	char text[POS_REPLY_TEXT_SIZE];
	unsigned sends;
	uint32_t backoff_ms;
};

void pos_txn_init(struct pos_txn *t);
/* Take one step; `out` is filled from empty. */
void pos_txn_step(struct pos_txn *t, const struct pos_event *e, struct pos_commands *out);
/* A new transaction may start: nothing is being asked or reversed. */
bool pos_txn_is_free(const struct pos_txn *t);

/* What a node does with a MACed code (terminal-protocol 13). */
enum pos_action {
	POS_ACT_SUCCESS,
	POS_ACT_DECLINE,
	POS_ACT_REPEAT,
	POS_ACT_REVERSE,
	POS_ACT_SIGN_IN,
	POS_ACT_STOP
};
struct pos_code {
	char code[POS_CODE_SIZE];
	enum pos_action action;
	bool refresh_list;
};
/* The row of a code; an unknown one is a decline. */
const struct pos_code *pos_code_find(const char *code);
