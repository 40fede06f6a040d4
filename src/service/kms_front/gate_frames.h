/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_frames.h — frames of one direction between a client and the core: bytes come in as they
 * come, whole frames of the right kind go out, and nothing else does. One buffer of a fixed size;
 * what was sent is wiped.
 */
#pragma once

#include "codec/kms_message.h"

enum { GATE_BUFFER = KMS_FRAME_MAX };

/* at[sent…passed) goes out, at[passed…len) is not looked at yet. */
struct gate_frames {
	uint8_t *at;
	size_t size; /* of at: GATE_BUFFER, and what is kept for gate_frames_put beside */
	enum kms_type type;
	size_t sent, passed, len;
};

enum gate_next {
	GATE_WHOLE,   /* *out is the next frame, *whole its size */
	GATE_PARTIAL, /* nothing, or a frame that is not all there */
	GATE_BROKEN,  /* no frame of this service, or of the other kind: close the connection */
};

/* spare: bytes beside GATE_BUFFER for gate_frames_put. OUT_OF_MEMORY. */
result gate_frames_open(struct gate_frames *f, enum kms_type type, size_t spare);
void gate_frames_close(struct gate_frames *f); /* wipes; open or not */

/* Where bytes that come go: at least one while a frame is not whole and nothing waits to be sent.
 * Empty: send first. */
struct gate_room {
	uint8_t *at;
	size_t len;
};
struct gate_room gate_frames_room(struct gate_frames *f);
void gate_frames_came(struct gate_frames *f, size_t n);

/* Look at the next frame, borrowed; it stays until it is passed (it goes out) or dropped. */
enum gate_next gate_frames_next(const struct gate_frames *f, struct kms_message *out,
                                size_t *whole);
void gate_frames_pass(struct gate_frames *f, size_t whole);
void gate_frames_drop(struct gate_frames *f, size_t whole);

struct bytes gate_frames_ready(const struct gate_frames *f);
void gate_frames_sent(struct gate_frames *f, size_t n);
/* The beginning of a frame is there. */
bool gate_frames_begun(const struct gate_frames *f);
/* What has not been passed is not to go out any more. */
void gate_frames_forget(struct gate_frames *f);
/* A frame of our own, behind those that have been passed; nothing else may be there. False: no
 * room, spare: not even in what is kept for it. */
bool gate_frames_put(struct gate_frames *f, struct bytes frame, bool spare);
