/* SPDX-License-Identifier: Apache-2.0 */
/* yika_pos_testkit.h — for tests of yika-pos: programs started, waited for and killed, and the
 * till's own record. */
#pragma once

#include <sys/types.h>

#include "harness/test.h"

enum { POS_TESTKIT_PATH = 512 };

/* A till under test: its files, and where its host listens. */
struct pos_testkit {
	char sam[POS_TESTKIT_PATH], journal[POS_TESTKIT_PATH], out[POS_TESTKIT_PATH], host[64];
};

/* What a till's journal holds. */
struct pos_testkit_day {
	int64_t sold_fen;
	uint32_t count;
	size_t held;
	bool pending;
};

void pos_testkit_init(struct pos_testkit *k, const char *name);
void pos_testkit_write(const char *path, const char *text);
/* Path of a program of the build; static storage, until the next call. */
const char *pos_testkit_program(const char *name);
/* Start a program; its standard output is appended to `out`, its standard error too when `quiet`.
 */
pid_t pos_testkit_start(const char *const *argv, const char *out, bool quiet);
/* Wait: exit status, or -signal. */
int pos_testkit_wait(pid_t pid);
/* A port of the loopback that is free now. */
unsigned pos_testkit_free_port(void);
/* Start and wait; 0 is expected. */
void pos_testkit_run(const char *const *argv, const char *out);
/* The till with a script. */
pid_t pos_testkit_till(const struct pos_testkit *k, const char *script);
void pos_testkit_day(const struct pos_testkit *k, const char *node_id, struct pos_testkit_day *out);
/* Scripts of a busy day: on the line, and off and on it. */
extern const char pos_testkit_online[], pos_testkit_offline[];
