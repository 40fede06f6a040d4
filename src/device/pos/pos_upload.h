/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pos_upload.h — bringing stored records to the host: a window of messages, each repeated until
 * answered, each record kept until the host says it has it (terminal-protocol 12.8, T7). Pure: no
 * I/O, no clock.
 */
#pragma once

#include "device/pos/pos_journal.h"

enum {
	POS_UPLOAD_WINDOW = 8,
	POS_UPLOAD_RECORDS_MAX = 80,
	POS_T7_MS = 10000,
	POS_T7_BACKOFF_MS = 1000, /* doubled up to */
	POS_T7_BACKOFF_MAX_MS = 60000,
	POS_UPLOAD_COMMANDS_MAX = POS_UPLOAD_WINDOW + 2,
};

struct pos_upload_message {
	bool busy;
	uint64_t sequence; /* DF70 */
	uint64_t tsn[POS_UPLOAD_RECORDS_MAX];
	size_t count;
	int64_t due_us; /* when it is sent again */
	unsigned sends;
};

struct pos_upload {
	struct pos_upload_message window[POS_UPLOAD_WINDOW];
	uint64_t next_sequence;
	uint32_t backoff_ms;
	int64_t not_before_us;
	bool closing; /* the batch is to be closed by an end of upload (207) once nothing is held */
	bool end_sent;
	int64_t end_due_us;
	size_t batch_max; /* records in one message */
};

enum pos_upload_do { POS_UPLOAD_SEND, POS_UPLOAD_SEND_END };

struct pos_upload_command {
	enum pos_upload_do kind;
	const struct pos_upload_message *message; /* SEND; `sends` > 1 means 0321 */
};

struct pos_upload_commands {
	struct pos_upload_command at[POS_UPLOAD_COMMANDS_MAX];
	size_t count;
	int64_t wake_us; /* look again then; INT64_MAX for never */
};

/* first_sequence: above all that the till used before; microseconds of its clock will do. */
void pos_upload_init(struct pos_upload *u, uint64_t first_sequence);
/* What to send now. Call when signed in, after each reply, each new record, and at wake_us. */
void pos_upload_step(struct pos_upload *u, const struct pos_journal *j, int64_t now_us,
                     struct pos_upload_commands *out);
/* A MACed 0330. */
struct pos_upload_reply {
	uint64_t acknowledged;                         /* DF71 */
	struct pos_freed rows[POS_UPLOAD_RECORDS_MAX]; /* DF72 */
	size_t count;
};
/*
 * Gives in `freed`, room for POS_FREED_MAX, what may now be written as freed: status 00, 01 and 02.
 * Records with 03, or not named, are sent again after the back-off.
 */
void pos_upload_answer(struct pos_upload *u, const struct pos_upload_reply *reply, int64_t now_us,
                       struct pos_freed *freed, size_t *freed_count);
/* The message was refused as a whole (busy, no session): sent again after the back-off. */
void pos_upload_refused(struct pos_upload *u, uint64_t sequence, int64_t now_us);
/* Close the batch: after the last held record an end of upload is sent until it is answered. */
void pos_upload_close(struct pos_upload *u);
void pos_upload_end_answered(struct pos_upload *u);
/* The line broke: everything out is to be sent again. */
void pos_upload_reset(struct pos_upload *u);
/* Bytes of the record with this number, or NULL when it is not held. */
const uint8_t *pos_upload_bytes(const struct pos_journal *j, uint64_t tsn);
