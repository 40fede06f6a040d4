/* SPDX-License-Identifier: Apache-2.0 */
/* line_frame.h — frames of a line, below line.c; private to this folder. */
#pragma once

#include "codec/frame.h"
#include "device/line/line.h"

/* A frame on the wire begins with LEN; the carriers of this tree add and remove it themselves. */
enum { LINE_HEAD = FRAME_HEAD_SIZE - FRAME_LEN_SIZE };

void line_put_identity(const struct line *l, struct iso8583_out *m);
/* Head in front of a body of `body` bytes that stands at at + LINE_HEAD; bytes of both. */
size_t line_put_head(const struct line *l, enum frame_class class, size_t body, uint8_t *at);

/* False for what is no frame of this protocol. */
bool line_take_apart(const uint8_t *frame, size_t len, struct frame *f);
/* Of this session, tag right, counter new: the message. */
bool line_open_sealed(const struct line_frame *frame, const struct frame *f, struct bytes *message);
bool line_is_maced(const struct line_frame *frame, struct bytes range, struct bytes f64);
