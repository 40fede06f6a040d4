/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h — what surrounds a message on the line: length, TPDU and header (terminal-protocol 3.2).
 */
#pragma once

#include "base/bytes.h"

enum {
	FRAME_LEN_SIZE = 2,
	FRAME_TPDU_SIZE = 5,
	FRAME_HDR_SIZE = 6,
	FRAME_HEAD_SIZE = FRAME_LEN_SIZE + FRAME_TPDU_SIZE + FRAME_HDR_SIZE,
	FRAME_LEN_MIN = 13, /* of what follows LEN: TPDU, HDR and an MTI */
	FRAME_LEN_MAX = 16383,
	FRAME_BARE_MIN = 10, /* MTI and bitmap */
	FRAME_MAX = FRAME_LEN_SIZE + FRAME_LEN_MAX,
	FRAME_BODY_MAX = FRAME_LEN_MAX - FRAME_TPDU_SIZE - FRAME_HDR_SIZE,
};

/* Ports 8583 and 8584 speak FULL; 8585 (dialect A) and 8586 speak BARE: LEN and message only. */
enum frame_kind { FRAME_FULL, FRAME_BARE };

enum frame_class {
	FRAME_UNIONPAY_60 = 60,
	FRAME_UNIONPAY_61 = 61,
	FRAME_PLAIN = 62,
	FRAME_SEALED = 63,
};

enum frame_node_status {
	FRAME_NODE_NORMAL = 0,
	FRAME_NODE_BACKLOG = 1, /* has offline records */
	FRAME_NODE_CLOCK_UNSURE = 2,
	FRAME_NODE_LIST_STALE = 3,
	FRAME_NODE_LOCKED = 4,
};

/* A hint in any reply; 0 in requests. */
enum frame_directive {
	FRAME_NO_DIRECTIVE = 0,
	FRAME_SIGN_IN_AGAIN = 3,
	FRAME_FETCH_PARAMETERS = 5,
	FRAME_FETCH_PROGRAM = 6,
	FRAME_FETCH_LIST = 7,
	FRAME_UPLOAD_BACKLOG = 8,
	FRAME_STOP_BUSINESS = 9,
};

/* One frame. Of a BARE one only body means something; its class reads FRAME_PLAIN. */
struct frame {
	uint16_t destination, source; /* TPDU */
	enum frame_class class;
	uint8_t node_status; /* enum frame_node_status; other digits pass */
	uint8_t directive;   /* enum frame_directive; other digits pass */
	uint32_t software;   /* six digits */
	const uint8_t *hdr;  /* FRAME_HDR_SIZE bytes as received, for the envelope; borrowed */
	struct bytes body;   /* message or envelope; borrowed */
};

/*
 * How long is the frame that begins here? 0: fewer bytes are here than the whole frame, read on.
 * FRAME_BROKEN: the announced length is outside its limits; close the connection.
 */
result frame_scan(enum frame_kind kind, struct bytes here, size_t *whole);

/* Take one whole frame apart (exactly what frame_scan announced). FRAME_BROKEN. */
result frame_parse(enum frame_kind kind, struct bytes whole, struct frame *out);

/* Where the body of a frame begins: 13 or 2. */
static inline size_t frame_head_size(enum frame_kind kind)
{
	return kind == FRAME_FULL ? FRAME_HEAD_SIZE : FRAME_LEN_SIZE;
}

/*
 * Write everything in front of a body of body_len bytes that stands, or will stand, at at +
 * frame_head_size(). Uses destination, source, class, node_status, directive and software of f.
 * Returns the size of the whole frame. body_len beyond the limits is a broken promise of the
 * program (ASSERT).
 */
size_t frame_head(enum frame_kind kind, const struct frame *f, size_t body_len, uint8_t *at);

/* The head of a reply: addresses swapped (3.2), class and software version as in the request. */
struct frame frame_reply(const struct frame *request, enum frame_directive directive);
