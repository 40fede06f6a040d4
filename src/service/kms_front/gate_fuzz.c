/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a client and the core say, in whatever order and pieces: what goes to the core is whole
 * requests, what goes to the client is whole answers, no more of them than it asked for, and never
 * more than KMS_IN_FLIGHT_MAX are under way. The input is a script: a byte for what happens, a byte
 * for how much of it.
 */
#include "service/kms_front/gate_relay.h"

enum { TO_UP, TO_DOWN, CALL, WELCOME, STRANGER, LOST, SEND_UP, SEND_DOWN, EVENTS };

/* What goes out of a direction, as its reader sees it. */
struct reader_end {
	uint8_t at[2 * KMS_FRAME_MAX];
	size_t len;
	uint64_t frames;
};

static struct gate_relay relay;
static struct reader_end core_end, client_end;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct gate_frames *f, struct bytes b)
{
	struct gate_room room = gate_frames_room(f);
	size_t n = b.len < room.len ? b.len : room.len;

	if (n)
		memcpy(room.at, b.at, n);
	gate_frames_came(f, n);
}

static void read_frames(struct reader_end *e, enum kms_type type)
{
	struct kms_message m;
	size_t whole;

	while (is_ok(kms_frame_scan(bytes_of(e->at, e->len), &whole)) && whole) {
		ASSERT(is_ok(kms_frame_parse(bytes_of(e->at, whole), &m)) && m.type == type);
		memmove(e->at, e->at + whole, e->len - whole);
		e->len -= whole;
		e->frames++;
	}
	ASSERT(e->len == 0 || is_ok(kms_frame_scan(bytes_of(e->at, e->len), &whole)));
}

static void send_some(struct gate_frames *f, struct reader_end *e, size_t n)
{
	struct bytes ready = gate_frames_ready(f);

	n = n < ready.len ? n : ready.len;
	ASSERT(n <= sizeof e->at - e->len);
	if (n)
		memcpy(e->at + e->len, ready.at, n);
	e->len += n;
	gate_frames_sent(f, n);
	read_frames(e, f->type);
}

static void come_in(uint16_t status)
{
	static const uint8_t certificate[GATE_CERTIFICATE];
	struct kms_message m = { .type = KMS_RESPONSE, .op = KMS_IDENTIFY, .status = status };
	uint8_t call[GATE_CALL], head[KMS_HEAD];

	gate_relay_call(&relay, certificate, call);
	core_end.len = 0; /* another line */
	kms_frame_head(&m, 0, head);
	put(&relay.down, bytes_of(head, sizeof head));
}

/* False: the connection goes. */
static bool happen(unsigned event, struct bytes with)
{
	bool away = relay.core == GATE_AWAY;
	bool good = true;

	if (event == TO_UP)
		put(&relay.up, with);
	else if (event == TO_DOWN && !away && relay.core != GATE_STRANGER)
		put(&relay.down, with);
	else if (event == CALL && away)
		come_in(KMS_BUSY);
	else if (event == WELCOME && away)
		come_in(KMS_OK);
	else if (event == STRANGER && away)
		come_in(KMS_NOT_PERMITTED);
	else if (event == LOST)
		good = gate_relay_lost(&relay);
	else if (event == SEND_UP)
		send_some(&relay.up, &core_end, with.len * 100);
	else if (event == SEND_DOWN)
		send_some(&relay.down, &client_end, with.len * 100);
	if (good && !gate_relay_down(&relay))
		good = gate_relay_lost(&relay);
	if (good && relay.core == GATE_STRANGER)
		good = gate_relay_lost(&relay);
	return good && gate_relay_up(&relay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	bool good = true;

	core_end.len = client_end.len = 0;
	core_end.frames = client_end.frames = 0;
	ASSERT(is_ok(gate_relay_open(&relay)));
	while (good && size - at >= 2) {
		size_t n = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;

		good = happen(data[at] % EVENTS, bytes_of(data + at + 2, n));
		ASSERT(relay.asked_count <= KMS_IN_FLIGHT_MAX);
		ASSERT(client_end.frames <= relay.requests + relay.refused);
		at += 2 + n;
	}
	ASSERT(core_end.frames <= relay.requests);
	gate_relay_close(&relay);
	return 0;
}
