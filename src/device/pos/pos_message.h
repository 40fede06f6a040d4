/* SPDX-License-Identifier: Apache-2.0 */
/* pos_message.h — the till's words as messages of the line, and its replies as the till's words.
 * Pure. */
#pragma once

#include "device/line/line.h"
#include "device/pos/pos_txn.h"
#include "device/pos/pos_upload.h"

/* Begin the request of a draft. pin: digits, or empty; random fills its block. PIN_BLOCK_BAD. */
result pos_message_request(const struct line *l, const struct pos_draft *d, bool repeat,
                           struct str pin, struct random_source *random, struct iso8583_out *out);
/* Begin the reversal of what `t` reverses, with the till's present time. */
void pos_message_reversal(const struct line *l, const struct pos_txn *t, bool repeat,
                          struct instant now, struct iso8583_out *out);
/* 0320/201 with the held records of a message; false when none of them is held any more. */
bool pos_message_upload(const struct line *l, const struct pos_upload_message *m,
                        const struct pos_journal *j, struct instant now, struct iso8583_out *out);

/* Network number for messages without a TSN of their own. */
struct pos_told {
	struct instant now;
	uint32_t stan;
};
/* 0320/207 and 0500: totals of the open batch and what is still held. */
void pos_message_totals(const struct line *l, enum ytap_message word, const struct pos_journal *j,
                        struct pos_told told, struct iso8583_out *out);

/* What 0820/831 reports. */
struct pos_status {
	uint32_t uptime_s;
	uint32_t free_kib;
	struct instant oldest_record; /* us 0: none */
	int32_t clock_offset_ms;
};
void pos_message_status(const struct line *l, const struct pos_status *status,
                        const struct pos_journal *j, struct pos_told told, struct iso8583_out *out);
/* 0820/002 with the number of records still held. */
void pos_message_sign_off(const struct line *l, const struct pos_journal *j, struct pos_told told,
                          struct iso8583_out *out);
/* 0832 to a push of the host: done (00) or not understood here (12). */
void pos_message_pushed(struct iso8583 *push, struct instant now, struct iso8583_out *out);

/*
 * A 0210, 0230 or 0410 with a right MAC, while `t` waits. A refusal that came before F57 was read
 * (30, 91 …) is matched by F11 alone. pin_would_help: DF09 is there. POS_REPLY.
 */
result pos_message_reply(struct iso8583 *m, struct instant now, const struct pos_txn *t,
                         struct pos_reply *out, bool *pin_would_help);
/* A 0330/201. POS_REPLY. */
result pos_message_uploaded(struct iso8583 *m, struct pos_upload_reply *out);

enum pos_batch { POS_BATCH_EQUAL = 1, POS_BATCH_UNEQUAL = 2, POS_BATCH_UNKNOWN = 3 };
/* A 0510. POS_REPLY. */
result pos_message_settled(struct iso8583 *m, enum pos_batch *out);

/*
 * A sale without the host as a stored record (type 22, terminal-protocol 12.8), MACed by the SAM in
 * the line's suite. RECORD_BROKEN.
 */
result pos_message_record(const struct line *l, const struct pos_draft *d, uint32_t sam_sequence,
                          uint8_t flags, uint8_t out[POS_RECORD_SIZE]);
