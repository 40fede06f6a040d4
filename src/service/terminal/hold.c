/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed replies of a round, together: each is built when its turn comes, with its counter; F64 and
 * envelope of many are computed at once, and they go out in the order in which they were built.
 */
#include "service/terminal/front.h"

uint8_t *front_hold_room(struct terminal_front *f)
{
	struct front_hold *h = &f->hold;

	if (h->count == FRONT_BATCH || h->used + FRAME_MAX > sizeof h->bytes)
		front_flush(f);
	return h->bytes + h->used;
}

void front_hold_add(struct terminal_front *f, const struct front_held *reply)
{
	struct front_hold *h = &f->hold;

	ASSERT(reply->at == h->bytes + h->used);
	reply->session->held++;
	h->replies[h->count++] = *reply;
	h->used += reply->whole;
}

/* F64 is the last field, eight bytes: envelopes are for dialect B only. */
static void mac_all(struct front_hold *h)
{
	struct mac_item items[FRONT_BATCH];

	for (size_t i = 0; i < h->count; i++) {
		const struct front_held *r = &h->replies[i];

		items[i] = (struct mac_item){
			.key = &r->session->tak,
			.data = bytes_of(r->body + ENVELOPE_SEC, r->message_len - F64_SIZE),
		};
	}
	mac_many(items, h->count);
	for (size_t i = 0; i < h->count; i++) {
		const struct front_held *r = &h->replies[i];

		memcpy(r->body + ENVELOPE_SEC + r->message_len - F64_SIZE, items[i].full, F64_SIZE);
	}
}

static void seal_all(struct front_hold *h)
{
	struct envelope_item items[FRONT_BATCH];

	for (size_t i = 0; i < h->count; i++) {
		const struct front_held *r = &h->replies[i];

		items[i] = (struct envelope_item){ .key = &r->session->envelope,
			                           .direction = ENVELOPE_TO_NODE,
			                           .counter = r->counter,
			                           .hdr = r->body - FRAME_HDR_SIZE,
			                           .body = r->body,
			                           .len = r->message_len };
	}
	envelope_seal_many(items, h->count);
}

void front_flush(struct terminal_front *f)
{
	struct front_hold *h = &f->hold;

	if (h->count == 0)
		return;
	mac_all(h);
	seal_all(h);
	for (size_t i = 0; i < h->count; i++) {
		const struct front_held *r = &h->replies[i];

		r->session->held--;
		frame_conn_send(r->line->conn,
		                bytes_of(r->at + FRAME_LEN_SIZE, r->whole - FRAME_LEN_SIZE));
	}
	h->count = h->used = 0;
}

void front_line_close(struct front_line *line)
{
	line->ended = true;
	frame_conn_close(line->conn);
}

void front_line_finish(struct terminal_front *f, struct front_line *line)
{
	front_flush(f);
	line->ended = true;
	frame_conn_finish(line->conn);
}
