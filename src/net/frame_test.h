/* SPDX-License-Identifier: Apache-2.0 */
/* frame_test.h — a framed echo server in a thread of its own, for the tests of this folder. */
#pragma once

#include <pthread.h>

#include "net/frame_client.h"
#include "net/frame_server.h"

/* Zero-initialise; set what differs from the defaults; start; stop. A frame that begins with '!' is a command:
 * 'a' authenticates, 'f' finishes after the answer, 'c' closes, 'b' answers with 60,000 bytes in frames. */
struct echo_server {
	struct frame_config  config;
	struct tls_context  *tls;
	bool                 needs_auth; /* otherwise every line counts as authenticated */
	char                 address[FRAME_ADDRESS_SIZE];
	uint16_t             port;
	struct loop         *loop;
	struct frame_server *server;
	struct loop_wake     stop;
	pthread_t            thread;
	_Atomic int          rounds, opened, closed, woken;
	_Atomic int          last_why;
	char                 last_name[TLS_NAME_SIZE];
	struct frame_stats   stats; /* after stop */
};

result echo_server_start(struct echo_server *e);
void   echo_server_stop(struct echo_server *e);
/* Wait up to two seconds until *counter reaches `least`. */
bool   echo_server_wait(const _Atomic int *counter, int least);
/* A plain blocking socket to the server, or -1. */
int    echo_server_dial(const struct echo_server *e);
/* Write PEM files for a CA, for "localhost"/127.0.0.1 and for a node named `cn` into test_dir(). */
struct test_pki {
	char ca[300], server_cert[300], server_key[300], node_cert[300], node_key[300];
};
bool test_pki_make(struct test_pki *p, const char *cn);
