/* SPDX-License-Identifier: Apache-2.0 */
/* till.h — one terminal of a replay: what it asks next and what an answer means to it. */
#pragma once

#include <stdatomic.h>

#include "codec/record.h"
#include "net/frame_server.h"
#include "programs/replay/run.h"

struct player;

struct till {
	struct player *player;
	struct line line;
	struct frame_conn *conn; /* NULL: none */
	struct loop_timer timer;
	uint32_t ops[RECORD_UPLOAD_MAX]; /* asked now: one, or the records of one upload */
	size_t op_count;
	unsigned sends;
	uint64_t upload_sequence;
	unsigned refused; /* sign-ins */
	char refusal[3];
	uint16_t index;
	bool connected, signing_in;
};

struct player {
	struct replay_run *run;
	struct loop *loop;
	struct frame_server *server;
	struct till *tills;
	uint32_t *kill_at; /* done counts, ascending */
	unsigned next_kill;
	int64_t answered_us;
	bool dirty; /* something may be able to start */
	bool ending;
	struct iso8583 message_in;
	struct iso8583_out message_out;
	uint8_t frame[LINE_FRAME_MAX];
};

/* The message for what is asked. */
void till_message(struct till *t, bool repeat, struct iso8583_out *out);

enum till_verdict { TILL_NOT_MINE, TILL_DONE, TILL_AGAIN, TILL_SIGN_IN };
/* Read a reply into the run's answers. */
enum till_verdict till_reply(struct till *t, struct iso8583 *reply);
