/* SPDX-License-Identifier: Apache-2.0 */
/* Frames packed and opened, one or many at once. */
#include "device/line/line_frame.h"

enum { MANY = 32 };

/* --- packing --- */

void line_put_identity(const struct line *l, struct iso8583_out *m)
{
	const struct sam_identity *id = sam_identity(l->sam);

	iso8583_set_str(m, F_NODE, str_of(id->node_id));
	iso8583_set_str(m, F_MERCHANT, str_of(id->merchant));
}

size_t line_put_head(const struct line *l, enum frame_class class, size_t body, uint8_t *at)
{
	struct frame head = {
		.destination = 3, .class = class, .node_status = l->node_status, .software = 100
	};
	uint8_t whole[FRAME_HEAD_SIZE];
	size_t size = frame_head(FRAME_FULL, &head, body, whole);

	memcpy(at, whole + FRAME_LEN_SIZE, LINE_HEAD);
	return size - FRAME_LEN_SIZE;
}

result line_pack_later(struct line *l, struct iso8583_out *m, uint8_t *at, size_t size,
                       struct line_packed *out)
{
	size_t lead = l->plain ? LINE_HEAD : LINE_HEAD + ENVELOPE_SEC,
	       tail = l->plain ? 0 : ENVELOPE_TAG;

	if (l->session == 0)
		return FAIL(LINE_NO_SESSION, "node %s is not signed in",
		            sam_identity(l->sam)->node_id);
	if (size < lead + tail)
		return FAIL(BUFFER_FULL, "room of %zu bytes", size);
	*out = (struct line_packed){ .line = l, .at = at, .body = at + LINE_HEAD };
	line_put_identity(l, m);
	TRY(iso8583_build(m, true, at + lead, size - lead - tail, &out->message_len));
	if (l->plain) {
		out->len = line_put_head(l, FRAME_PLAIN, out->message_len, at);
		return OK;
	}
	out->len = line_put_head(l, FRAME_SEALED, out->message_len + ENVELOPE_EXTRA, at);
	out->counter = ++l->send_counter;
	return OK;
}

static uint8_t *message_of(const struct line_packed *p)
{
	return p->line->plain ? p->body : p->body + ENVELOPE_SEC;
}

static void finish_some(struct line_packed *packed, size_t count)
{
	struct mac_item macs[MANY];
	struct envelope_item items[MANY];
	size_t sealed = 0;

	for (size_t i = 0; i < count; i++)
		macs[i] = (struct mac_item){ .key = &packed[i].line->mac,
			                     .data = bytes_of(message_of(&packed[i]),
			                                      packed[i].message_len - F64_SIZE) };
	mac_many(macs, count);
	for (size_t i = 0; i < count; i++) {
		struct line_packed *p = &packed[i];

		memcpy(message_of(p) + p->message_len - F64_SIZE, macs[i].full, F64_SIZE);
		if (!p->line->plain)
			items[sealed++] = (struct envelope_item){ .key = &p->line->envelope,
				                                  .direction = ENVELOPE_TO_HOST,
				                                  .counter = p->counter,
				                                  .hdr = p->body - FRAME_HDR_SIZE,
				                                  .body = p->body,
				                                  .len = p->message_len };
	}
	envelope_seal_many(items, sealed);
}

void line_finish_many(struct line_packed *packed, size_t count)
{
	for (size_t at = 0; at < count; at += MANY)
		finish_some(packed + at, count - at < MANY ? count - at : MANY);
}

result line_pack(struct line *l, struct iso8583_out *m, uint8_t *at, size_t size, size_t *len)
{
	struct line_packed one;

	TRY(line_pack_later(l, m, at, size, &one));
	line_finish_many(&one, 1);
	*len = one.len;
	return OK;
}

/* --- opening --- */

/* frame_parse wants LEN in front; the carrier has taken it off. */
bool line_take_apart(const uint8_t *frame, size_t len, struct frame *f)
{
	if (len < FRAME_LEN_MIN || len > FRAME_LEN_MAX || frame[0] != 0x60)
		return false;
	f->class = (enum frame_class)((frame[5] >> 4) * 10 + (frame[5] & 15));
	f->directive = frame[7] & 15;
	f->hdr = frame + FRAME_TPDU_SIZE;
	f->body = bytes_of(frame + LINE_HEAD, len - LINE_HEAD);
	return f->class == FRAME_PLAIN || f->class == FRAME_SEALED;
}

static struct envelope_item item_of(const struct line_frame *frame)
{
	return (struct envelope_item){ .key = &frame->line->envelope,
		                       .direction = ENVELOPE_TO_NODE,
		                       .hdr = frame->at + FRAME_TPDU_SIZE,
		                       .body = frame->at + LINE_HEAD,
		                       .len = frame->len - LINE_HEAD };
}

static bool is_for_session(const struct line_frame *frame)
{
	const struct line *l = frame->line;
	struct envelope_sec sec;
	struct frame f = { 0 };

	return !l->plain && l->session && line_take_apart(frame->at, frame->len, &f) &&
	       f.class == FRAME_SEALED && is_ok(envelope_peek(f.body, &sec)) &&
	       sec.session == l->session;
}

static void open_envelopes(struct line_frame *const *frames, size_t count)
{
	struct envelope_item items[MANY];

	for (size_t i = 0; i < count; i++)
		items[i] = item_of(frames[i]);
	envelope_open_many(items, count);
	for (size_t i = 0; i < count; i++) {
		frames[i]->session = frames[i]->line->session;
		frames[i]->right = items[i].right;
		frames[i]->message = items[i].message;
	}
}

static void compute_macs(struct line_frame *const *frames, size_t count)
{
	struct mac_item items[MANY];
	struct line_frame *of[MANY];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct bytes m = frames[i]->message;

		if (!frames[i]->right || m.len < F64_SIZE)
			continue;
		items[n] = (struct mac_item){ .key = &frames[i]->line->mac,
			                      .data = bytes_of(m.at, m.len - F64_SIZE) };
		of[n++] = frames[i];
	}
	mac_many(items, n);
	for (size_t i = 0; i < n; i++)
		memcpy(of[i]->f64, items[i].full, F64_SIZE);
}

void line_open_many(struct line_frame *frames, size_t count)
{
	struct line_frame *of[MANY];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		frames[i].session = 0;
		frames[i].right = false;
		if (is_for_session(&frames[i]))
			of[n++] = &frames[i];
		if (n < MANY && i + 1 < count)
			continue;
		open_envelopes(of, n);
		compute_macs(of, n);
		n = 0;
	}
}

/* A frame before it may have brought another session: then what was tried does not count. */
bool line_open_sealed(const struct line_frame *frame, const struct frame *f, struct bytes *message)
{
	struct line *l = frame->line;
	struct envelope_item item = item_of(frame);
	struct envelope_sec sec;
	bool tried = frame->session && frame->session == l->session;

	if (l->plain || l->session == 0 || !is_ok(envelope_peek(f->body, &sec)) ||
	    sec.session != l->session)
		return false;
	if (tried && !frame->right)
		return false;
	*message = frame->message;
	if (!tried &&
	    !is_ok(envelope_open(item.key, item.direction, item.hdr, item.body, item.len, message)))
		return false;
	if (sec.counter <= l->receive_counter)
		return false; /* terminal-protocol 8: a recorded frame */
	l->receive_counter = sec.counter;
	return true;
}

bool line_is_maced(const struct line_frame *frame, struct bytes range, struct bytes f64)
{
	struct line *l = frame->line;
	bool known = frame->session == l->session && frame->right &&
	             range.at == frame->message.at && range.len == frame->message.len - F64_SIZE;

	if (!known)
		return mac_f64_is(&l->mac, range, f64);
	return bytes_equal_secret(bytes_of(frame->f64, sizeof frame->f64), f64);
}
