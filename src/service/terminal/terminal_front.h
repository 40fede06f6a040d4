/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal_front.h — the terminal lines (YTAP/1): one thread that takes frames, checks who sends
 * them, hands requests to the writer and sends its answers. terminal-protocol sections 3 to 13,
 * host side.
 */
#pragma once

#include "base/rand.h"
#include "domain/payments/payments.h"

struct terminal_front;

/* What a port speaks (terminal-protocol 3.1). */
enum terminal_port {
	TERMINAL_PORT_B,    /* 8583: dialect B, frame with TPDU and header, plain or sealed */
	TERMINAL_PORT_TLS,  /* 8584: the same inside TLS 1.3 */
	TERMINAL_PORT_A,    /* 8585: dialect A, length and message */
	TERMINAL_PORT_BARE, /* 8586: dialect B, length and message; loopback only */
	TERMINAL_PORTS
};

struct terminal_front_config {
	struct ledger_writer *writer; /* its thread runs */
	struct payments *payments;    /* used by work functions only */
	const char *kms;              /* socket of the key manager */
	const struct clock *clock;
	struct random_source *random;
	int cutover_s;
	const char *listen[TERMINAL_PORTS];    /* "127.0.0.1:8583"; NULL or "" is off */
	const char *tls_certificate, *tls_key; /* PEM files; NULL: PSK only */
	uint32_t connections_max, per_address_max, sign_ins_per_s; /* 0: defaults */
	uint32_t nodes_max; /* 0: registered ones and 4096 more */
	uint32_t jobs_max;  /* requests under way; 0: 8192 */
	bool legacy_suites; /* suites 3 and 4, where the registry allows it to a node */
};

/*
 * Load nodes and sessions, ask the key manager for the sessions' keys, reserve send counters,
 * listen, start the thread. While the key manager is away nobody signs in, and sessions whose keys
 * it has not given yet are not heard; all others go on. LISTEN_FAILED,
 * TLS_SETUP, OUT_OF_MEMORY, and what the store says. A plain address that is not loopback is
 * refused for A and BARE (TERMINAL_PORT_OPEN).
 */
result terminal_front_start(const struct terminal_front_config *config,
                            struct terminal_front **out);
/* Take no more; requests that the writer has are answered; close all lines, wipe all keys. NULL is
 * fine. */
void terminal_front_stop(struct terminal_front *f);

uint16_t terminal_front_port(const struct terminal_front *f, enum terminal_port port); /* 0: off */

/*
 * The registry row of a node has changed: its state, keys and rights are read again and hold for
 * live lines at once. Any thread; never blocks.
 */
void terminal_front_changed(struct terminal_front *f, uint32_t terminal_id);

/* Figures since the start; any thread, each value by itself is right. */
struct terminal_front_figures {
	uint64_t frames, replies, requests, busy, pushed;
	uint64_t refused_mac, refused_replay, refused_plain, refused_session, refused_form,
	        conflicts, late_clock;
	uint64_t hellos, sign_ins, sign_ins_put_off, sign_ins_refused, nodes_moved, alarms;
	uint32_t sessions, nodes, jobs; /* now */
};
void terminal_front_figures(const struct terminal_front *f, struct terminal_front_figures *out);
