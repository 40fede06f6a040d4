/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h — the TLS front of the secure computing service (keys 16.1): clients come in over TCP with
 * certificates of a private authority, and each gets a line of its own to the core's Unix socket,
 * on which the core is told whose certificate it is. Whole frames go through, and nothing else. It
 * holds no key but its own TLS key.
 *
 * One thread, in gate_run. Nothing is allocated for a frame: a connection has two buffers of a
 * frame, and is not read while they are full. The process ignores SIGPIPE.
 */
#pragma once

#include <stdint.h>

#include "base/result.h"

enum { GATE_CONNECTIONS_MAX = 4000, GATE_US = 1000000 };

/* Texts are borrowed until gate_close. */
struct gate_config {
	const char *address;                      /* "0.0.0.0:8589"; port 0: any */
	const char *core;                         /* path of the core's socket */
	const char *certificate, *key, *ca, *crl; /* PEM files; read again when they change */
	bool tls12;                               /* TLS 1.2 too, with ECDHE */
	size_t connections;                       /* at most, 1…GATE_CONNECTIONS_MAX */
	size_t per_certificate, per_address;      /* of them */
	int64_t handshake_us, frame_us;           /* for a whole handshake, a whole frame */
	int64_t idle_us;                          /* nothing asked for so long: closed */
	int64_t send_us;                          /* answers not taken for so long: closed */
	int64_t answer_us;                        /* no answer from the core: its line is broken */
	int64_t figures_us;                       /* between two lines of figures; 0: none */
};

struct gate;

/* Files are checked and read, the address listens. TLS_SETUP naming the file and what to do,
 * LISTEN_FAILED, SYSTEM_CALL, OUT_OF_MEMORY. */
result gate_open(const struct gate_config *config, struct gate **out);
uint16_t gate_port(const struct gate *g);
/* SIGTERM and SIGINT stop it, SIGHUP reads the files again, SIGUSR1 logs the figures. Before other
 * threads. SYSTEM_CALL. */
result gate_on_signals(struct gate *g);
/* Serve until gate_stop: what is under way then is answered, for GATE_DRAIN_S at most. */
enum { GATE_DRAIN_S = 5 };
result gate_run(struct gate *g);
void gate_stop(struct gate *g);  /* any thread */
void gate_close(struct gate *g); /* NULL is fine */
