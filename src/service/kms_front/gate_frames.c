/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms_front/gate_frames.h"

#include <stdlib.h>

#include "base/secret.h"

enum {
	ROOM_MIN = 16384, /* less than this behind the last byte: move to the front */
	TYPE_AT = 3,      /* in the head of a frame */
};

result gate_frames_open(struct gate_frames *f, enum kms_type type, size_t spare)
{
	*f = (struct gate_frames){ .type = type, .size = GATE_BUFFER + spare };
	f->at = malloc(f->size);
	return f->at ? OK : FAIL(OUT_OF_MEMORY, "%zu bytes of a connection", f->size);
}

void gate_frames_close(struct gate_frames *f)
{
	if (f->at)
		secret_wipe_bytes(f->at, f->len); /* what was there before is wiped already */
	free(f->at);
	*f = (struct gate_frames){ 0 };
}

static void move_to_front(struct gate_frames *f)
{
	size_t left = f->len - f->sent, moved = f->sent;

	if (moved == 0)
		return;
	memmove(f->at, f->at + moved, left);
	secret_wipe_bytes(f->at + left, moved);
	f->passed -= moved;
	f->len = left;
	f->sent = 0;
}

struct gate_room gate_frames_room(struct gate_frames *f)
{
	if (f->sent == f->len || GATE_BUFFER < f->len + ROOM_MIN)
		move_to_front(f);
	return (struct gate_room){ f->at + f->len,
		                   f->len < GATE_BUFFER ? GATE_BUFFER - f->len : 0 };
}

void gate_frames_came(struct gate_frames *f, size_t n)
{
	ASSERT(n <= f->size - f->len);
	f->len += n;
}

enum gate_next gate_frames_next(const struct gate_frames *f, struct kms_message *out, size_t *whole)
{
	struct bytes here = bytes_of(f->at + f->passed, f->len - f->passed);

	*whole = 0;
	if (!is_ok(kms_frame_scan(here, whole)) ||
	    (here.len > TYPE_AT && here.at[TYPE_AT] != (uint8_t)f->type))
		return GATE_BROKEN;
	if (*whole == 0 || *whole > here.len)
		return GATE_PARTIAL;
	return is_ok(kms_frame_parse(bytes_of(here.at, *whole), out)) ? GATE_WHOLE : GATE_BROKEN;
}

void gate_frames_pass(struct gate_frames *f, size_t whole)
{
	ASSERT(whole <= f->len - f->passed);
	f->passed += whole;
}

void gate_frames_drop(struct gate_frames *f, size_t whole)
{
	uint8_t *at = f->at + f->passed;

	ASSERT(whole <= f->len - f->passed);
	memmove(at, at + whole, f->len - f->passed - whole);
	f->len -= whole;
	secret_wipe_bytes(f->at + f->len, whole);
	gate_frames_sent(f, 0);
}

struct bytes gate_frames_ready(const struct gate_frames *f)
{
	return bytes_of(f->at + f->sent, f->passed - f->sent);
}

void gate_frames_sent(struct gate_frames *f, size_t n)
{
	ASSERT(n <= f->passed - f->sent);
	secret_wipe_bytes(f->at + f->sent, n);
	f->sent += n;
	if (f->sent == f->len)
		f->sent = f->passed = f->len = 0;
}

bool gate_frames_begun(const struct gate_frames *f)
{
	return f->len > f->passed;
}

void gate_frames_forget(struct gate_frames *f)
{
	secret_wipe_bytes(f->at + f->passed, f->len - f->passed);
	f->len = f->passed;
	gate_frames_sent(f, 0);
}

bool gate_frames_put(struct gate_frames *f, struct bytes frame, bool spare)
{
	size_t size = spare ? f->size : GATE_BUFFER;

	ASSERT(!gate_frames_begun(f));
	if (size < f->len + frame.len)
		move_to_front(f);
	if (size < f->len + frame.len)
		return false;
	memcpy(f->at + f->len, frame.at, frame.len);
	f->len += frame.len;
	f->passed = f->len;
	return true;
}
