/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h — play a schedule against a running daemon: every terminal signs in over TCP and speaks the
 * protocol, sales of one card and of one terminal keep their order, the daemon may be killed on the
 * way.
 */
#pragma once

#include "device/line/line.h"
#include "programs/replay/host.h"
#include "programs/replay/prepare.h"
#include "programs/replay/schedule.h"

/* What was answered to one row. */
struct replay_answer {
	char code[3];   /* F39; of an upload "00"; "" when there was none yet */
	uint8_t status; /* of an upload: DF72 */
	bool has_balance;
	bool repeated; /* sent more than once */
	int64_t balance_fen;
};

struct replay_run {
	/* in */
	struct replay_host *host;
	const struct replay_data *data;
	struct schedule *schedule;
	enum replay_mode mode;
	struct sam **sams; /* one a terminal of data, in its order */
	enum suite suite;
	unsigned kills; /* how often the daemon is killed, at seeded random moments */
	uint64_t seed;
	const volatile bool *stop; /* set by a signal handler: end early; may be NULL */
	void (*progress)(void *arg, uint32_t done, uint32_t total);
	void *progress_arg;
	/* out */
	struct replay_answer *answers; /* one an op, caller's array */
	unsigned killed, sign_ins, resent;
	bool stopped; /* before everything was done */
};

enum {
	REPLAY_HORIZON_US = 540 * SECOND_US, /* online: nothing starts so much later than what is
	                                        not done; the host admits 10 min */
	REPLAY_STUCK_MS = 60000,             /* no answer at all for so long: REPLAY_HOST */
};

/* Play until everything is done. REPLAY_HOST, what the parts say. */
result replay_run(struct replay_run *r);
