/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h — frames and replies whose cryptography is done together; inside of the front. */
#pragma once

#include "codec/frame.h"
#include "service/terminal/live.h"

struct terminal_front;

enum {
	FRONT_BATCH = 32, /* frames, and replies */
	FRONT_BATCH_BYTES = 64 * 1024,
};

/*
 * A frame that waits for its turn. What can be computed without knowing what the frames before it
 * will change is computed for all of them at once, under the key that `session` has then; it counts
 * only if that is still the key when its turn comes.
 */
struct front_frame {
	struct front_line *line;
	uint8_t *at;   /* LEN and the rest; opened in place */
	bool was_open; /* the line, when the batch began */
	bool whole;    /* `frame` could be taken apart */
	enum frame_kind kind;
	struct frame frame;
	struct live_session *session; /* whose envelope was tried; NULL: none */
	bool right;                   /* its tag */
	struct bytes message;         /* when right */
	bool maced;                   /* f64 is that of all but the last eight bytes */
	uint8_t f64[F64_SIZE];
};

/* Frames in the order of their arrival. */
struct front_batch {
	struct front_frame frames[FRONT_BATCH];
	size_t count, used; /* of bytes */
	uint8_t bytes[FRONT_BATCH_BYTES];
};

/* A sealed reply that lacks nothing but F64 and envelope. */
struct front_held {
	struct front_line *line;
	struct live_session *session;
	uint64_t counter;
	uint8_t *at; /* LEN and the rest */
	uint8_t *body;
	size_t whole, message_len;
};

struct front_hold {
	struct front_held replies[FRONT_BATCH];
	size_t count, used;
	uint8_t bytes[FRONT_BATCH_BYTES];
};

/* --- batch.c --- */
/* A frame came: now or a little later it is received, in any case before the round ends. */
void front_gather(struct terminal_front *f, struct front_line *line, struct bytes payload);
/* Receive what waits. Before anything else that changes lines, nodes or sessions. */
void front_receive_all(struct terminal_front *f);
/* Its message out of the envelope of s. ENVELOPE_BROKEN. */
result front_open_frame(struct front_frame *frame, struct live_session *s, struct bytes *message);
/* Is f64 that of `range` under s? */
bool front_is_maced(const struct front_frame *frame, struct live_session *s, struct bytes range,
                    struct bytes f64);

/* --- hold.c --- */
/* Room for one more reply, whole; what waits is sent when there is none. */
uint8_t *front_hold_room(struct terminal_front *f);
/* The reply stands there. Its session will not be closed before it is sent. */
void front_hold_add(struct terminal_front *f, const struct front_held *reply);
/* F64, envelope, and out, in their order. At the end of whatever may have replied. */
void front_flush(struct terminal_front *f);
/* End a line, as frame_conn_close and frame_conn_finish. */
void front_line_close(struct front_line *line);
void front_line_finish(struct terminal_front *f, struct front_line *line);
