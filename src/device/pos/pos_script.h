/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pos_script.h — a till driven by lines of text, for tests and demonstrations; answers are lines of
 * text too.
 *
 *   sale 12.50 card NUMBER [pin DIGITS]      balance card NUMBER      topup 50 card NUMBER
 *   void [TSN]        refund 3.00 of TSN [by NAME]      settle        upload        status
 *   offline on|off    wait online|SECONDS    limit SECONDS            repeat COUNT COMMAND…
 *   keys 12.50e       card NUMBER    lift    screen     expect TEXT   expect-not TEXT
 *   kill              (end at once, as by a power cut)
 *
 * A line that begins with # is a remark. A sale answers "sale tsn=7 amount=12.50 approved code=00
 * …".
 */
#pragma once

#include <stdio.h>

#include "device/pos/pos_till.h"

enum { POS_SCRIPT_LINE_MAX = 512, POS_SCRIPT_WORDS_MAX = 16, POS_SCRIPT_LIMIT_S = 60 };

struct pos_script {
	struct pos_till *till;
	FILE *out;         /* borrowed */
	int64_t limit_us;  /* how long a command waits for its end */
	bool ended;        /* what the command began */
	char answer[1024]; /* the latest, for expect */
};

/* Before the till is opened: its `done` is pos_script_done, its arg this. */
void pos_script_init(struct pos_script *s, struct pos_till *till, FILE *out);
void pos_script_done(void *arg, const struct pos_done *done);
/* What the journal brought along: pending, held, last. Print it before the first command. */
void pos_script_boot(struct pos_script *s);
/* Run all lines. POS_SCRIPT (syntax; the detail names the line), POS_EXPECT; faults of the journal.
 */
result pos_script_run(struct pos_script *s, FILE *in);
/* Run one line. */
result pos_script_line(struct pos_script *s, struct str line);
