/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h — requests of one line and answers of one line over a Unix socket, for people and
 * programs of the same machine: few clients, one thread, one request after another. Who the
 * other side is the kernel says (SO_PEERCRED).
 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"

enum { LINES_CLIENTS_MAX = 64 };

/* A client, as long as it is connected. `mark` is the owner's, 0 at first. */
struct lines_peer {
	uid_t uid;
	unsigned mark;
	int fd; /* private */
};

struct lines_config {
	const char *path; /* of the socket; an old one is replaced */
	bool for_group;   /* mode 0660 instead of 0600 */
	size_t line_max;  /* bytes of a request with its line feed */
	size_t answer_max;
	size_t clients_max; /* up to LINES_CLIENTS_MAX */
	int64_t idle_us;    /* a silent client is let go */
	/* May this user come in? NULL: the process's own user and root. */
	bool (*admits)(void *owner, uid_t uid);
	/* Answer one line, without its line feed, which may be written over; `out` gets the
	 * answer without one. On the thread of the socket. */
	void (*answer)(void *owner, struct lines_peer *peer, char *line, size_t len,
	               struct buf *out);
	void *owner;
};

struct lines;

/* Start the thread. CONTROL_SOCKET, OUT_OF_MEMORY, SYSTEM_CALL. */
result lines_start(const struct lines_config *config, struct lines **out);
void lines_stop(struct lines *l); /* waits for the request that runs; NULL is fine */

/*
 * While a request of this client is answered, from whatever thread does the work: send a line
 * ahead of the answer, to a client that has asked for such. It never waits; a client that does not
 * read misses it. `line` has no line feed and LINES_TOLD_MAX bytes at most.
 */
enum { LINES_TOLD_MAX = 256 };
void lines_tell(const struct lines_peer *peer, struct str line);

/* --- the other side --- */

/* A connection; `fd` -1 when there is none. */
struct lines_client {
	int fd;
};
/* CONTROL_SOCKET when nobody listens. */
result lines_connect(const char *path, struct lines_client *out);
void lines_disconnect(struct lines_client *c); /* for SCOPED */
/* Ask once; the answer goes to `answer`, without its line feed. CONTROL_SOCKET when the other side
 * goes away, BUFFER_FULL. One thread. */
result lines_ask(struct lines_client *c, struct str request, struct buf *answer);
/* The same of a request that has lines told ahead of its answer: each is handed to `told`, which
 * says whether it was one; the first that was none is the answer. */
struct lines_listener {
	bool (*told)(void *owner, struct str line);
	void *owner;
};
result lines_ask_told(struct lines_client *c, struct str request,
                      const struct lines_listener *listener, struct buf *answer);
