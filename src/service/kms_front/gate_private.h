/* SPDX-License-Identifier: Apache-2.0 */
/* gate_private.h — what the files of the TLS front share; private to this folder. */
#pragma once

#include <sys/stat.h>

#include "base/log.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tls_io.h"
#include "service/kms_front/gate.h"
#include "service/kms_front/gate_relay.h"

/* --- the files of TLS --- */

enum { GATE_FILES = 4 };

struct gate_trust {
	struct tls_config config;
	struct timespec changed[GATE_FILES];
	ino_t inodes[GATE_FILES];
	struct tls_context *tls;
	uint64_t generation; /* raised with every other `tls` */
};
/* TLS_SETUP, naming the file and what to do. Zero-initialise. */
result gate_trust_open(struct gate_trust *t, const struct gate_config *config);
/* Read the files again when one has changed; forced: anyway. True: `tls` is another one. What
 * cannot be read is said in the log, and what was read before stays in force. */
bool gate_trust_follow(struct gate_trust *t, bool forced);
void gate_trust_close(struct gate_trust *t);

/* --- a client --- */

enum gate_state { GATE_FREE, GATE_HANDSHAKE, GATE_SERVED };

/* Since when something has stood still. */
struct gate_still {
	uint64_t mark;
	int64_t since_us;
};

struct gate_client {
	struct loop_watch line, core; /* core.fd -1: none */
	struct gate *gate;
	struct gate_client *next; /* of the free ones */
	enum gate_state state;
	struct tls_line *tls;
	bool line_in, core_in;   /* something may be there to read */
	bool wants_write;        /* TLS does, whatever there is to send */
	bool core_full;          /* the core does not take more at the moment */
	bool ended;              /* the client sends no more */
	struct loop_timer again; /* more to do, after the others */
	struct address address;
	struct tls_peer_id peer;
	uint64_t generation; /* of the trust it was let in by */
	int64_t since_us;
	uint64_t given; /* bytes that it took */
	struct gate_still frame, send, answer, idle;
	struct gate_relay relay;
};

/* A connection that was accepted; takes fd. */
void gate_client_open(struct gate *g, int fd, const struct address *from);
void gate_client_close(struct gate_client *c, const char *why); /* open or not */
/* Do what can be done. It may be closed then. */
void gate_client_pump(struct gate_client *c);
/* Has something stood still for too long? It may be closed then. */
void gate_client_check(struct gate_client *c, int64_t now_us);
/* A line to the core when it has none. False: the core is not there. */
bool gate_client_call(struct gate_client *c);
/* Closed unless its certificate is still good. */
void gate_client_recheck(struct gate_client *c);

/* gate_pump.c */
void gate_client_pump_again(struct loop_timer *t);
bool gate_client_takes_requests(const struct gate_client *c);
void gate_client_close_core(struct gate_client *c); /* open or not */
/* What was asked on it has been answered then, or the client is closed. */
void gate_client_lose_core(struct gate_client *c, const char *why);
/* gate_client.c */
void gate_client_log(struct gate_client *c, enum log_level level, const char *event,
                     const char *why);

/* --- all of it --- */

struct gate_figures {
	uint64_t accepted, let_in, requests, answered_here, core_lost;
	uint64_t refused_tls, refused_full, refused_address, refused_certificate, strangers;
	size_t open;
};

struct gate {
	struct gate_config config;
	struct loop *loop;
	struct loop_watch listener;
	struct loop_wake stop;
	struct loop_timer sweep;
	uint16_t port;
	bool stopping, listens, core_away;
	int64_t stop_us; /* then what is left is closed */
	int64_t second_us, recheck_us, figures_us;
	int64_t call_us; /* before that the core is not called again */
	struct gate_trust trust;
	struct gate_client *clients, *free;
	struct gate_figures figures;
	unsigned lines_left; /* of the log, this second */
	uint64_t lines_lost;
};

/* May one more line about a client go into the log? */
bool gate_may_log(struct gate *g);
/* The core does not answer, or does again: said once. */
void gate_note_core(struct gate *g, bool away);
