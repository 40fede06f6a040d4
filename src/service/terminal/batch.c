/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of a round, together: envelopes and F64 of many are computed at once, each then goes
 * through the checks of receive.c by itself, in the order of arrival. What is computed ahead
 * depends on the session's key and the bytes alone; whether the session may still speak, whether
 * the counter is new and whether the line is still there is asked when the frame's turn comes.
 */
#include "service/terminal/front.h"

/* --- ahead --- */

/* The session whose envelope can be tried now: known, and its keys are in memory. */
static struct live_session *session_of(struct terminal_front *f, const struct front_frame *frame)
{
	struct envelope_sec sec;
	struct live_session *s;

	if (!frame->whole || frame->frame.class != FRAME_SEALED ||
	    !is_ok(envelope_peek(frame->frame.body, &sec)))
		return NULL;
	s = live_find(&f->live, sec.session);
	return s && s->keyed && live_is_usable(s, f->now) ? s : NULL;
}

static struct envelope_item item_of(const struct front_frame *frame, struct live_session *s)
{
	return (struct envelope_item){ .key = &s->envelope,
		                       .direction = ENVELOPE_TO_HOST,
		                       .hdr = frame->frame.hdr,
		                       .body = frame->at + frame_head_size(frame->kind),
		                       .len = frame->frame.body.len };
}

static void open_all(struct terminal_front *f)
{
	struct front_batch *b = &f->batch;
	struct envelope_item items[FRONT_BATCH];
	struct front_frame *of[FRONT_BATCH];
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct front_frame *frame = &b->frames[i];

		frame->session = session_of(f, frame);
		if (!frame->session)
			continue;
		items[n] = item_of(frame, frame->session);
		of[n++] = frame;
	}
	envelope_open_many(items, n);
	for (size_t i = 0; i < n; i++) {
		of[i]->right = items[i].right;
		of[i]->message = items[i].message;
	}
}

/* A message that is well-formed ends with F64. */
static void mac_all(struct terminal_front *f)
{
	struct front_batch *b = &f->batch;
	struct mac_item items[FRONT_BATCH];
	struct front_frame *of[FRONT_BATCH];
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct front_frame *frame = &b->frames[i];
		struct bytes m = frame->message;

		if (!frame->session || !frame->right || m.len <= F64_SIZE)
			continue;
		items[n] = (struct mac_item){ .key = &frame->session->tak,
			                      .data = bytes_of(m.at, m.len - F64_SIZE) };
		of[n++] = frame;
	}
	mac_many(items, n);
	for (size_t i = 0; i < n; i++) {
		of[i]->maced = true;
		memcpy(of[i]->f64, items[i].full, F64_SIZE);
	}
}

/* --- in turn --- */

result front_open_frame(struct front_frame *frame, struct live_session *s, struct bytes *message)
{
	struct envelope_item item = item_of(frame, s);

	if (frame->session != s)
		return envelope_open(item.key, item.direction, item.hdr, item.body, item.len,
		                     message);
	if (!frame->right)
		return FAIL(ENVELOPE_BROKEN, "tag of an envelope");
	*message = frame->message;
	return OK;
}

bool front_is_maced(const struct front_frame *frame, struct live_session *s, struct bytes range,
                    struct bytes f64)
{
	bool known = frame->maced && frame->session == s && range.at == frame->message.at &&
	             range.len == frame->message.len - F64_SIZE;

	if (!known)
		return mac_f64_is(&s->tak, range, f64);
	return bytes_equal_secret(bytes_of(frame->f64, sizeof frame->f64), f64);
}

static bool is_open(struct terminal_front *f, const struct front_line *line)
{
	return frame_server_find(f->server, line->id) != NULL;
}

/*
 * Had the frames been received one by one, those behind the end of their line would not have been
 * read. A line that its other side has closed behind them is another thing: what it asked is done.
 */
static bool is_cut_off(struct terminal_front *f, const struct front_frame *frame)
{
	return frame->line->ended || (frame->was_open && !is_open(f, frame->line));
}

void front_receive_all(struct terminal_front *f)
{
	struct front_batch *b = &f->batch;

	if (b->count == 0)
		return;
	f->now = clock_now(f->config.clock);
	for (size_t i = 0; i < b->count; i++)
		b->frames[i].was_open = is_open(f, b->frames[i].line);
	open_all(f);
	mac_all(f);
	for (size_t i = 0; i < b->count; i++)
		if (!is_cut_off(f, &b->frames[i]))
			front_receive(f, &b->frames[i]);
	b->count = b->used = 0;
}

static enum frame_kind kind_of(const struct front_line *line)
{
	return line->port == TERMINAL_PORT_B || line->port == TERMINAL_PORT_TLS ? FRAME_FULL
	                                                                        : FRAME_BARE;
}

void front_gather(struct terminal_front *f, struct front_line *line, struct bytes payload)
{
	struct front_batch *b = &f->batch;
	size_t whole = FRAME_LEN_SIZE + payload.len;
	struct front_frame *frame;

	ASSERT(whole <= FRAME_MAX); /* the listener's limit */
	if (b->count == FRONT_BATCH || b->used + whole > sizeof b->bytes)
		front_receive_all(f);
	if (line->ended || !is_open(f, line))
		return; /* by what it sent before */
	frame = &b->frames[b->count++];
	*frame = (struct front_frame){ .line = line,
		                       .at = b->bytes + b->used,
		                       .kind = kind_of(line) };
	b->used += whole;
	store_be16(frame->at, (uint16_t)payload.len);
	memcpy(frame->at + FRAME_LEN_SIZE, payload.at, payload.len);
	frame->whole = is_ok(frame_parse(frame->kind, bytes_of(frame->at, whole), &frame->frame));
	if (!line->authenticated) /* how much more it may send depends on this one */
		front_receive_all(f);
}
