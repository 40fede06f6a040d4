/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/kms_message.h"

#include "harness/test.h"

TEST(a_ping_is_the_frame_of_the_specification)
{
	/* keys 16.1 */
	static const char want[] = "4F43010100F000000000000100000000";
	struct kms_message ping = { .type = KMS_REQUEST, .op = KMS_PING, .id = 1 }, got;
	uint8_t frame[KMS_HEAD];
	size_t whole;

	CHECK_I64("size", kms_frame_head(&ping, 0, frame), KMS_HEAD);
	CHECK_HEX("frame", bytes_of(frame, sizeof frame), want);
	CHECK_OK(kms_frame_scan(bytes_of(frame, sizeof frame), &whole));
	CHECK_I64("whole", whole, KMS_HEAD);
	REQUIRE_OK(kms_frame_parse(bytes_of(frame, sizeof frame), &got));
	CHECK_I64("type", got.type, KMS_REQUEST);
	CHECK_I64("operation", got.op, 0x00F0);
	CHECK_I64("id", got.id, 1);
	CHECK_I64("body", got.body.len, 0);
}

TEST(a_frame_is_waited_for_until_it_is_whole)
{
	struct kms_message m = { .type = KMS_REQUEST, .op = KMS_SM3, .id = 7 };
	uint8_t frame[KMS_HEAD + 10] = { 0 };
	size_t size = kms_frame_head(&m, 10, frame), whole;

	for (size_t len = 0; len < size; len++) {
		CHECK_OK(kms_frame_scan(bytes_of(frame, len), &whole));
		CHECK_I64("not yet", whole, 0);
	}
	CHECK_OK(kms_frame_scan(bytes_of(frame, size), &whole));
	CHECK_I64("whole", whole, size);
	CHECK_RESULT("a part", kms_frame_parse(bytes_of(frame, size - 1), &m), KMS_FRAME_BROKEN);
	CHECK_I64("left alone", m.id, 0);
}

TEST(frames_that_are_none_are_refused)
{
	static const struct {
		const char *name, *hex;
		bool scans;
	} rows[] = {
		{ "other magic", "4F44010100F000000000000100000000", false },
		{ "first byte alone", "47", false },
		{ "version 2", "4F43020100F000000000000100000000", false },
		{ "65,521 bytes", "4F43010100F00000000000010000FFF1", false },
		{ "four gigabytes", "4F43010100F0000000000001FFFFFFFF", false },
		{ "type 0", "4F43010000F000000000000100000000", true },
		{ "type 3", "4F43010300F000000000000100000000", true },
		{ "a request with a status", "4F43010100F000080000000100000000", true },
		{ "more than the frame", "4F43010100F00000000000010000000000", true },
	}, *row;

	EACH (row, rows) {
		struct kms_message m = { .id = 42 };
		uint8_t at[32];
		size_t len = strlen(row->hex) / 2, whole;

		CHECK_OK(hex_decode(str_of(row->hex), at, len));
		CHECK_RESULT(row->name, kms_frame_scan(bytes_of(at, len), &whole),
		             row->scans ? SUCCESS : KMS_FRAME_BROKEN);
		CHECK_RESULT(row->name, kms_frame_parse(bytes_of(at, len), &m), KMS_FRAME_BROKEN);
		CHECK_I64(row->name, m.id, 0);
	}
}

TEST(an_answer_has_the_number_of_its_request)
{
	static uint8_t frame[KMS_FRAME_MAX];
	struct kms_message request = { .type = KMS_REQUEST, .op = KMS_RANDOM, .id = 0x01020304 };
	struct kms_answer a = kms_answer_of(frame);

	a.status = KMS_OK;
	kms_put(&a.body, KMS_TAG_RESULT, bytes_of("\xAA\xBB", 2));
	size_t size = kms_answer_frame(&a, &request, frame);
	CHECK_HEX("frame", bytes_of(frame, size),
	          "4F430102007000000102030400000006"
	          "00050002AABB");
}

TEST(an_answer_takes_what_a_frame_takes_and_no_more)
{
	static uint8_t frame[KMS_FRAME_MAX], block[KMS_BODY_MAX];
	struct kms_answer a = kms_answer_of(frame);

	kms_put(&a.body, KMS_TAG_RESULT, bytes_of(block, KMS_BODY_MAX - KMS_VALUE_HEAD));
	CHECK(!a.body.bad);
	kms_put(&a.body, KMS_TAG_RESULT, bytes_of(block, 0));
	CHECK(a.body.bad);
	a = kms_answer_of(frame);
	CHECK(kms_put_room(&a.body, KMS_TAG_RESULT, KMS_BODY_MAX - KMS_VALUE_HEAD + 1) == NULL);
	CHECK(a.body.bad);
}

static struct kms_fields read_hex(const char *hex, result *r)
{
	static uint8_t at[256];
	struct kms_fields f;

	CHECK_OK(hex_decode(str_of(hex), at, strlen(hex) / 2));
	*r = kms_fields_read(bytes_of(at, strlen(hex) / 2), &f);
	return f;
}

TEST(values_come_by_tag_and_repeated_ones_in_order)
{
	result r;
	/* 0007 1111…, 0001 "A", 0007 22…, 000D 03E8, 0007 33… */
	struct kms_fields f = read_hex("00070002111100010001410007000122"
	                               "000D000203E8000700043333333300090000",
	                               &r);
	struct kms_values v = kms_values_of(&f, KMS_TAG_FACTOR);
	struct bytes value;

	REQUIRE_OK(r);
	CHECK_I64("values", f.count, 6);
	CHECK_I64("factors", kms_count(&f, KMS_TAG_FACTOR), 3);
	CHECK_I64("shortest", f.at[KMS_TAG_FACTOR].shortest, 1);
	CHECK_I64("longest", f.at[KMS_TAG_FACTOR].longest, 4);
	CHECK(str_equal(kms_str(&f, KMS_TAG_LABEL), STR("A")));
	CHECK_I64("number", kms_number(&f, KMS_TAG_AMOUNT), 1000);
	CHECK(kms_has(&f, KMS_TAG_RANDOM));
	CHECK_I64("empty", kms_bytes(&f, KMS_TAG_RANDOM).len, 0);
	CHECK(!kms_has(&f, KMS_TAG_IV));
	CHECK_I64("none", kms_number(&f, KMS_TAG_IV), 0);
	CHECK(kms_values_next(&v, &value));
	CHECK_HEX("first", value, "1111");
	CHECK(kms_values_next(&v, &value));
	CHECK_HEX("second", value, "22");
	CHECK(kms_values_next(&v, &value));
	CHECK_HEX("third", value, "33333333");
	CHECK(!kms_values_next(&v, &value));
	v = kms_values_of(&f, KMS_TAG_IV);
	CHECK(!kms_values_next(&v, &value));
}

TEST(a_body_whose_lengths_do_not_add_up_is_refused)
{
	static const struct {
		const char *name, *hex;
		enum result_code want;
	} rows[] = {
		{ "nothing", "", SUCCESS },
		{ "half a tag", "00", KMS_FRAME_BROKEN },
		{ "no length", "0001", KMS_FRAME_BROKEN },
		{ "rest", "000100014100", KMS_FRAME_BROKEN },
		{ "longer than the body", "0001FFFF41", KMS_FRAME_BROKEN },
		{ "tag 0", "0000000141", KMS_FIELD_WRONG },
		{ "tag 0040", "0040000141", KMS_FIELD_WRONG },
		{ "tag 003F", "003F000141", SUCCESS },
	}, *row;
	result r;

	EACH (row, rows) {
		read_hex(row->hex, &r);
		CHECK_RESULT(row->name, r, row->want);
	}
	read_hex("0001000241", &r);
	CHECK_RESULT("one byte short", r, KMS_FRAME_BROKEN);
}

TEST(rules_say_which_values_a_body_may_hold)
{
	static const struct kms_rule rules[] = {
		{ KMS_TAG_LABEL, 1, 3, 1, 1 },
		{ KMS_TAG_FACTOR, 2, 2, 0, 2 },
	};
	static const struct {
		const char *name, *hex;
		enum result_code want;
	} rows[] = {
		{ "label", "0001000141", SUCCESS },
		{ "both", "0001000141000700021111000700022222", SUCCESS },
		{ "no label", "000700021111", KMS_FIELD_WRONG },
		{ "two labels", "00010001410001000142", KMS_FIELD_WRONG },
		{ "empty label", "00010000", KMS_FIELD_WRONG },
		{ "long label", "0001000441424344", KMS_FIELD_WRONG },
		{ "three factors", "0001000141000700021111000700022222000700023333",
		  KMS_FIELD_WRONG },
		{ "one factor of another length", "00010001410007000211110007000122",
		  KMS_FIELD_WRONG },
		{ "a tag without a rule", "000100014100090000", KMS_FIELD_WRONG },
	}, *row;

	EACH (row, rows) {
		result r;
		struct kms_fields f = read_hex(row->hex, &r);

		CHECK_OK(r);
		CHECK_RESULT(row->name, kms_fields_check(&f, rules, ARRAY_LEN(rules)), row->want);
	}
}

TEST(numbers_are_written_in_as_many_bytes_as_they_are_given)
{
	uint8_t at[64];
	struct writer w = writer_of(at, sizeof at);

	kms_put_number(&w, KMS_TAG_AMOUNT, 1000, 4);
	kms_put_number(&w, KMS_TAG_TYPE, 6, 1);
	kms_put_str(&w, KMS_TAG_LABEL, STR("A.B"));
	memset(kms_put_room(&w, KMS_TAG_RESULT, 2), 0xEE, 2);
	CHECK_HEX("body", writer_bytes(&w),
	          "000D0004000003E8000E000106"
	          "00010003412E4200050002EEEE");
}

TEST(every_operation_and_status_has_a_name)
{
	for (uint16_t op = 1; op < KMS_OPS; op++)
		if (kms_op_name(op))
			CHECK_I64(kms_op_name(op), kms_op_find(str_of(kms_op_name(op))), op);
	CHECK(kms_op_name(0) == NULL && kms_op_name(0xA0) == NULL);
	CHECK_I64("none", kms_op_find(STR("everything")), 0);
	CHECK_STR("0000", kms_status_name(KMS_OK), "ok");
	CHECK_STR("0008", kms_status_name(KMS_INTEGRITY), "integrity");
	CHECK_STR("000D", kms_status_name(KMS_NOT_SIGNED_IN), "not signed in");
	CHECK_STR("00FF", kms_status_name(KMS_INTERNAL), "internal");
	CHECK_STR("000E", kms_status_name(0x0E), "unknown");
}
