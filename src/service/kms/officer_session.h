/* SPDX-License-Identifier: Apache-2.0 */
/* officer_session.h — officers who are logged in: a token each, in this process's memory only, gone
 * after ten idle minutes (keys 12). One thread. */
#pragma once

#include "base/rand.h"
#include "base/time.h"

enum {
	OFFICER_SESSIONS_MAX = 64,
	OFFICER_TOKEN_SIZE = 33, /* 32 hex digits, NUL-ended */
	OFFICER_IDLE_S = 10 * 60,
};

struct officer_session {
	char token[OFFICER_TOKEN_SIZE]; /* "" while the place is free */
	int64_t officer;
	struct instant used;
};

struct officer_sessions {
	struct officer_session at[OFFICER_SESSIONS_MAX];
};

/* A new one; the longest idle one goes when there is no room. */
struct officer_session *officer_session_open(struct officer_sessions *s,
                                             struct random_source *random, int64_t officer,
                                             struct instant now);
/* The one of a token, used now; NULL when there is none, or it was idle too long. */
struct officer_session *officer_session_find(struct officer_sessions *s, struct str token,
                                             struct instant now);
void officer_session_close(struct officer_session *one);
/* All of an officer, who was stopped or reset. */
void officer_session_close_all(struct officer_sessions *s, int64_t officer);
void officer_session_expire(struct officer_sessions *s, struct instant now);
