/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h — the operator's line into a running daemon: a Unix socket in the site's directory that
 * takes one JSON object a line and answers with one. Only the daemon's own user and root get in
 * (SO_PEERCRED).
 */
#pragma once

#include "base/json.h"

enum {
	CONTROL_LINE_MAX = 4096,      /* bytes of a request with its line feed */
	CONTROL_ANSWER_MAX = 1 << 20, /* bytes of an answer */
	CONTROL_CLIENTS_MAX = 8,
	CONTROL_IDLE_MS = 600000, /* a silent client is let go */
};

/* A request: {"command": …} with whatever of the rest the command wants. Texts are borrowed for the
 * call. */
struct control_request {
	struct str command;
	struct str card, node, text;                           /* empty when absent */
	struct str code, processor, name, owner, range, allow; /* of a subsystem */
	struct str by, secret;                                 /* an operator and his password */
	int64_t number;                                        /* 0 when absent */
};

/* One command. `run` may add members to the answer; its result becomes "code", "zh", "en" and
 * "detail". */
struct control_command {
	const char *name;
	result (*run)(void *owner, const struct control_request *request, struct jwrite *answer);
};

struct control_config {
	const char *path; /* of the socket; an old one is replaced */
	const struct control_command *commands;
	size_t count;
	void *owner; /* given to run; called on the control thread only */
};

struct control;

/* Start the thread. CONTROL_SOCKET, OUT_OF_MEMORY. */
result control_start(const struct control_config *config, struct control **out);
void control_stop(struct control *c); /* waits for the command that runs; NULL is fine */

/* --- the other side, for operator's commands --- */

/* Ask once and read the answer's text into `answer`. CONTROL_SOCKET when nobody listens;
 * CONTROL_REFUSED with the daemon's code and detail in ours when it answered with another code than
 * SUCCESS. One thread. */
result control_ask(const char *path, struct str request, struct buf *answer);
