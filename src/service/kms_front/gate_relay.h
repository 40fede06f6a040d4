/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_relay.h — what goes on between a client and the core, without sockets: which frames go
 * through, how many may be under way, and what the client is told when the core is not there.
 */
#pragma once

#include "service/kms_front/gate_frames.h"

enum {
	GATE_CERTIFICATE = 32, /* SHA-256 of the client's */
	GATE_CALL = KMS_HEAD + KMS_VALUE_HEAD + GATE_CERTIFICATE,
};

/* How the client's line to the core stands. */
enum gate_core {
	GATE_AWAY,     /* there is none: requests are told busy (000A) */
	GATE_CALLING,  /* it was told who the client is: requests wait */
	GATE_OPEN,     /* it knows the client */
	GATE_STRANGER, /* it does not, or not any more: requests are refused (0003) */
};

struct gate_asked {
	uint32_t id;
	uint16_t op;
};

/* Zero-initialise. One thread. */
struct gate_relay {
	struct gate_frames up, down; /* to the core, to the client */
	enum gate_core core;
	struct gate_asked asked[KMS_IN_FLIGHT_MAX];
	size_t asked_count;
	bool turned_away;           /* was told 0003 as a stranger */
	uint64_t requests, answers; /* that went to the core; that came from it */
	uint64_t refused;           /* requests that were answered here */
};

result gate_relay_open(struct gate_relay *r); /* OUT_OF_MEMORY */
void gate_relay_close(struct gate_relay *r);  /* wipes; open or not */

/* A new line to the core: what has to be its first frame. */
struct bytes gate_relay_call(struct gate_relay *r, const uint8_t certificate[GATE_CERTIFICATE],
                             uint8_t frame[GATE_CALL]);
/* Requests have come into r->up: pass them to the core, or answer them. False: the client has sent
 * what is no request; its connection has to go, without an answer. */
bool gate_relay_up(struct gate_relay *r);
/* Answers have come into r->down. False: they are none; the line to the core has to go. */
bool gate_relay_down(struct gate_relay *r);
/*
 * The line to the core is gone. What was asked on it is told that it failed (000B): whether it was
 * done nobody knows. False: the client does not take its answers, and has to go.
 */
bool gate_relay_lost(struct gate_relay *r);

/* Nothing is under way in either direction. */
bool gate_relay_is_quiet(const struct gate_relay *r);
/* The client was told that it is a stranger. */
bool gate_relay_is_over(const struct gate_relay *r);
