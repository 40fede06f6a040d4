/* SPDX-License-Identifier: Apache-2.0 */
/* message.h — the table of messages: one row names what reads it, what decides it and what answers
 * it. */
#pragma once

#include "service/terminal/job.h"

enum {
	MESSAGE_MAC = 1,       /* F64 under the session's TAK is required */
	MESSAGE_OPEN = 2,      /* taken before sign-in, plain even from nodes that must seal */
	MESSAGE_FINANCIAL = 4, /* one outstanding per node (3.5) */
	MESSAGE_CLOCK = 8,     /* F12 and F13 within ten minutes of our time (8) */
	MESSAGE_UPLOAD = 16,   /* eight outstanding per node */
	MESSAGE_SQL = 32,      /* its work changes SQL rows */
	MESSAGE_LEAVE = 64,    /* done, the node has no session and no line any more */
};

/* A message that passed all checks, for the function that reads it. */
struct terminal_asked {
	struct terminal_front *front;
	struct live_session *session; /* NULL before sign-in */
	struct live_node *node;       /* NULL when the front does not know it */
	struct iso8583 *in;
	struct instant now;
};

struct terminal_message {
	enum ytap_message word;
	unsigned flags;
	uint32_t allow; /* TERMINAL_ALLOW_*; 0: every node. Money kinds ask it again, recorded, by
	                   rules/ */
	/* Take the fields; a failure is answered with its field 39 and goes no further. */
	result (*read)(struct terminal_asked *a, struct terminal_job *job);
	/* In the writer's thread; NULL: answered at once. */
	result (*work)(struct ledger_tx *tx, struct terminal_job *job);
	/* The fields of a reply beyond those that every reply has. `r`: what became of it. */
	void (*answer)(struct terminal_job *job, result r, struct iso8583_out *out);
};

/* NULL for words that are not spoken here. */
const struct terminal_message *terminal_message_of(enum ytap_message word);

/* money.c */
result terminal_read_payment(struct terminal_asked *a, struct terminal_job *job);
result terminal_read_pin_payment(struct terminal_asked *a, struct terminal_job *job);
void terminal_answer_payment(struct terminal_job *job, result r, struct iso8583_out *out);
result terminal_work_purchase(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_void(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_refund(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_balance(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_top_up(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_top_up_void(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_confirm(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_subsidy(struct ledger_tx *tx, struct terminal_job *job);
result terminal_work_reversal(struct ledger_tx *tx, struct terminal_job *job);

/* upload.c */
result terminal_read_upload(struct terminal_asked *a, struct terminal_job *job);
result terminal_work_upload(struct ledger_tx *tx, struct terminal_job *job);
void terminal_answer_upload(struct terminal_job *job, result r, struct iso8583_out *out);
result terminal_read_settlement(struct terminal_asked *a, struct terminal_job *job);
result terminal_work_settlement(struct ledger_tx *tx, struct terminal_job *job);
void terminal_answer_settlement(struct terminal_job *job, result r, struct iso8583_out *out);

/* greeting.c */
result terminal_read_register(struct terminal_asked *a, struct terminal_job *job);

/* manage.c */
result terminal_read_nothing(struct terminal_asked *a, struct terminal_job *job);
result terminal_read_status(struct terminal_asked *a, struct terminal_job *job);
result terminal_read_alarm(struct terminal_asked *a, struct terminal_job *job);
result terminal_work_alarm(struct ledger_tx *tx, struct terminal_job *job);
result terminal_read_deregister(struct terminal_asked *a, struct terminal_job *job);
result terminal_work_deregister(struct ledger_tx *tx, struct terminal_job *job);
void terminal_answer_deregister(struct terminal_job *job, result r, struct iso8583_out *out);
result terminal_read_sign_off(struct terminal_asked *a, struct terminal_job *job);
void terminal_answer_time(struct terminal_job *job, result r, struct iso8583_out *out);
void terminal_answer_sign_off(struct terminal_job *job, result r, struct iso8583_out *out);
