/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "service/kms_front/gate_frames.h"

/* Bytes come from the other side. */
static void come(struct gate_frames *f, const void *at, size_t len)
{
	struct gate_room room = gate_frames_room(f);

	REQUIRE(len <= room.len);
	memcpy(room.at, at, len);
	gate_frames_came(f, len);
}

static size_t frame_of(uint8_t *at, enum kms_type type, uint32_t id, size_t body)
{
	struct kms_message m = { .type = type, .op = KMS_PING, .id = id };

	memset(at + KMS_HEAD, 'x', body);
	return kms_frame_head(&m, body, at);
}

TEST(a_frame_is_whole_when_its_last_byte_has_come)
{
	SCOPED(gate_frames_close) struct gate_frames f = { 0 };
	uint8_t frame[KMS_HEAD + 5];
	struct kms_message m;
	size_t whole, len = frame_of(frame, KMS_REQUEST, 7, 5);

	REQUIRE_OK(gate_frames_open(&f, KMS_REQUEST, 0));
	CHECK_I64("nothing", gate_frames_next(&f, &m, &whole), GATE_PARTIAL);
	CHECK(!gate_frames_begun(&f));
	for (size_t i = 0; i < len; i++) {
		CHECK_I64("not yet", gate_frames_next(&f, &m, &whole), GATE_PARTIAL);
		come(&f, frame + i, 1);
		CHECK(gate_frames_begun(&f));
	}
	CHECK_I64("whole", gate_frames_next(&f, &m, &whole), GATE_WHOLE);
	CHECK_I64("size", whole, len);
	CHECK_I64("id", m.id, 7);
	CHECK_I64("nothing goes out before it is passed", gate_frames_ready(&f).len, 0);
	gate_frames_pass(&f, whole);
	CHECK_BYTES("goes out", gate_frames_ready(&f), bytes_of(frame, len));
	gate_frames_sent(&f, 3);
	CHECK_BYTES("the rest", gate_frames_ready(&f), bytes_of(frame + 3, len - 3));
	gate_frames_sent(&f, len - 3);
	CHECK_I64("empty", f.len, 0);
}

TEST(what_is_no_frame_of_its_kind_is_seen_at_the_first_byte_that_shows_it)
{
	static const struct {
		const char *name, *head;
		size_t seen; /* bytes after which it is */
	} rows[] = {
		{ "another protocol", "474554202F20485454502F312E310D0A", 1 },
		{ "another version", "4F43020100F000000000000100000000", 3 },
		{ "an answer", "4F43010200F000000000000100000000", 4 },
		{ "no type", "4F43010300F000000000000100000000", 4 },
		{ "too long", "4F43010100F00000000000010000FFF1", 16 },
		{ "much too long", "4F43010100F0000000000001FFFFFFFF", 16 },
		{ "a status", "4F43010100F000010000000100000000", 16 },
	}, *row;
	EACH (row, rows) {
		SCOPED(gate_frames_close) struct gate_frames f = { 0 };

		uint8_t head[KMS_HEAD];
		struct kms_message m;
		size_t whole;

		REQUIRE_OK(gate_frames_open(&f, KMS_REQUEST, 0));
		REQUIRE_OK(hex_decode(str_of(row->head), head, sizeof head));
		for (size_t i = 0; i < row->seen; i++) {
			CHECK_I64(row->name, gate_frames_next(&f, &m, &whole), GATE_PARTIAL);
			come(&f, head + i, 1);
		}
		CHECK_I64(row->name, gate_frames_next(&f, &m, &whole), GATE_BROKEN);
		CHECK_I64(row->name, gate_frames_ready(&f).len, 0);
	}
}

TEST(the_longest_frame_fits_and_then_there_is_no_more_room)
{
	SCOPED(gate_frames_close) struct gate_frames f = { 0 };
	static uint8_t frame[KMS_FRAME_MAX];
	struct kms_message m;
	size_t whole, len = frame_of(frame, KMS_REQUEST, 1, KMS_BODY_MAX);

	REQUIRE_OK(gate_frames_open(&f, KMS_REQUEST, 0));
	come(&f, frame, len);
	CHECK_I64("whole", gate_frames_next(&f, &m, &whole), GATE_WHOLE);
	CHECK_I64("full", gate_frames_room(&f).len, 0);
	gate_frames_pass(&f, whole);
	CHECK_I64("full until it is sent", gate_frames_room(&f).len, 0);
	gate_frames_sent(&f, 1000);
	CHECK_I64("room for what was sent", gate_frames_room(&f).len, 1000);
	gate_frames_sent(&f, len - 1000);
	CHECK_I64("all of it", gate_frames_room(&f).len, GATE_BUFFER);
}

TEST(what_was_sent_or_dropped_is_wiped)
{
	SCOPED(gate_frames_close) struct gate_frames f = { 0 };
	uint8_t frames[4 * KMS_HEAD + 64];
	const uint8_t *kept;
	struct kms_message m;
	size_t whole, len = 0;

	for (uint32_t i = 0; i < 4; i++)
		len += frame_of(frames + len, KMS_REQUEST, i, 16);
	REQUIRE_OK(gate_frames_open(&f, KMS_REQUEST, 0));
	come(&f, frames, len);
	gate_frames_next(&f, &m, &whole);
	gate_frames_pass(&f, whole);
	gate_frames_drop(&f, whole); /* the second, behind what waits */
	CHECK_I64("the third follows", gate_frames_next(&f, &m, &whole), GATE_WHOLE);
	CHECK_I64("the third follows", m.id, 2);
	kept = f.at + f.len;
	for (size_t i = 0; i < whole; i++)
		CHECK_I64("behind the end", kept[i], 0);
	gate_frames_sent(&f, whole);
	for (size_t i = 0; i < whole; i++)
		CHECK_I64("at the beginning", f.at[i], 0);
	gate_frames_forget(&f);
	for (size_t i = 0; i < len; i++)
		CHECK_I64("all", f.at[i], 0);
	CHECK_I64("empty", f.len, 0);
}

TEST(frames_of_our_own_leave_room_for_no_more_than_a_frame_and_the_spare)
{
	SCOPED(gate_frames_close) struct gate_frames f = { 0 };
	uint8_t head[KMS_HEAD];
	size_t put = 0;

	frame_of(head, KMS_RESPONSE, 1, 0);
	REQUIRE_OK(gate_frames_open(&f, KMS_RESPONSE, 2 * KMS_HEAD));
	while (gate_frames_put(&f, bytes_of(head, sizeof head), false))
		put++;
	CHECK_I64("without the spare", put, GATE_BUFFER / KMS_HEAD);
	CHECK(gate_frames_put(&f, bytes_of(head, sizeof head), true));
	CHECK(gate_frames_put(&f, bytes_of(head, sizeof head), true));
	CHECK(!gate_frames_put(&f, bytes_of(head, sizeof head), true));
	CHECK_I64("nothing more comes in", gate_frames_room(&f).len, 0);
	gate_frames_sent(&f, 4 * KMS_HEAD);
	CHECK(gate_frames_put(&f, bytes_of(head, sizeof head), false));
	CHECK_I64("all of them wait", gate_frames_ready(&f).len, GATE_BUFFER - KMS_HEAD);
}
