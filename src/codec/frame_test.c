/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "codec/frame.h"

TEST(a_frame_is_taken_apart_and_put_together)
{
	struct bytes whole = vector("ytap/frames.txt", "plain");
	uint8_t again[FRAME_MAX];
	struct frame f, reply;
	size_t size;

	REQUIRE_OK(frame_scan(FRAME_FULL, whole, &size));
	CHECK_I64("", size, whole.len);
	REQUIRE_OK(frame_parse(FRAME_FULL, whole, &f));
	CHECK_I64("", f.destination, 0x0003);
	CHECK_I64("", f.source, 0x0000);
	CHECK_I64("", f.class, FRAME_PLAIN);
	CHECK_I64("", f.software, 1);
	CHECK_BYTES("", f.body, vector("ytap/messages.txt", "purchase"));

	size = frame_head(FRAME_FULL, &f, f.body.len, again);
	memcpy(again + FRAME_HEAD_SIZE, f.body.at, f.body.len);
	CHECK_BYTES("", bytes_of(again, size), whole);

	reply = frame_reply(&f, FRAME_FETCH_LIST);
	frame_head(FRAME_FULL, &reply, 10, again);
	CHECK_HEX("", bytes_of(again, FRAME_HEAD_SIZE), "00156000000003620107000001");
}

TEST(a_frame_is_parsed_only_when_complete)
{
	struct bytes whole = vector("ytap/frames.txt", "plain");
	struct frame f;

	for (size_t have = 0; have < whole.len; have++) {
		size_t size = 99;

		CHECK_OK(frame_scan(FRAME_FULL, bytes_of(whole.at, have), &size));
		CHECK_I64("", size, 0);
		CHECK_RESULT("", frame_parse(FRAME_FULL, bytes_of(whole.at, have), &f),
		             FRAME_BROKEN);
	}
}

TEST(lengths_outside_their_limits_break_the_frame)
{
	static const struct {
		const char *name;
		enum frame_kind kind;
		unsigned len;
		enum result_code want;
	} rows[] = {
		{ "12", FRAME_FULL, 12, FRAME_BROKEN },      { "13", FRAME_FULL, 13, SUCCESS },
		{ "16383", FRAME_FULL, 16383, SUCCESS },     { "16384", FRAME_FULL, 16384, FRAME_BROKEN },
		{ "bare 9", FRAME_BARE, 9, FRAME_BROKEN },   { "bare 10", FRAME_BARE, 10, SUCCESS },
		{ "0", FRAME_FULL, 0, FRAME_BROKEN },        { "65535", FRAME_BARE, 65535, FRAME_BROKEN },
	}, *row;

	EACH (row, rows) {
		uint8_t head[2];
		size_t size;

		store_be16(head, (uint16_t)row->len);
		CHECK_RESULT(row->name, frame_scan(row->kind, bytes_of(head, 2), &size), row->want);
	}
}

TEST(a_wrong_head_breaks_the_frame)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} rows[] = {
		{ "TPDU id", 2, 0x61 },     { "class 59", 7, 0x59 },      { "class 64", 7, 0x64 },
		{ "header version", 8, 2 }, { "status nibble", 9, 0xA0 }, { "software nibble", 12, 0x0F },
	}, *row;
	struct bytes whole = vector("ytap/frames.txt", "plain");
	uint8_t copy[256];
	struct frame f;

	EACH (row, rows) {
		memcpy(copy, whole.at, whole.len);
		copy[row->at] = row->value;
		CHECK_RESULT(row->name, frame_parse(FRAME_FULL, bytes_of(copy, whole.len), &f),
		             FRAME_BROKEN);
	}
}

TEST(a_bare_frame_is_length_and_message)
{
	uint8_t bytes[32] = { 0 };
	struct frame f = { 0 };
	size_t size = frame_head(FRAME_BARE, &f, 12, bytes);

	CHECK_I64("", size, 14);
	REQUIRE_OK(frame_parse(FRAME_BARE, bytes_of(bytes, size), &f));
	CHECK_I64("", f.body.len, 12);
	CHECK_I64("", f.class, FRAME_PLAIN);
	CHECK_RESULT("longer", frame_parse(FRAME_BARE, bytes_of(bytes, size + 1), &f),
	             FRAME_BROKEN);
}
