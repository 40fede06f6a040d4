/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "service/kms_front/gate_relay.h"

static void come(struct gate_frames *f, struct bytes b)
{
	struct gate_room room = gate_frames_room(f);

	REQUIRE(b.len <= room.len);
	memcpy(room.at, b.at, b.len);
	gate_frames_came(f, b.len);
}

static void send_frame(struct gate_frames *f, struct kms_message m, size_t body)
{
	static uint8_t frame[KMS_FRAME_MAX];

	memset(frame + KMS_HEAD, 'x', body);
	come(f, bytes_of(frame, kms_frame_head(&m, body, frame)));
}

static void ask(struct gate_relay *r, uint32_t id)
{
	send_frame(&r->up, (struct kms_message){ .type = KMS_REQUEST, .op = KMS_RANDOM, .id = id },
	           6);
}

static void answer(struct gate_relay *r, uint32_t id)
{
	send_frame(&r->down,
	           (struct kms_message){ .type = KMS_RESPONSE, .op = KMS_RANDOM, .id = id }, 20);
}

static void welcome(struct gate_relay *r, enum kms_status status)
{
	uint8_t certificate[GATE_CERTIFICATE] = { 1 }, frame[GATE_CALL];

	gate_relay_call(r, certificate, frame);
	send_frame(&r->down,
	           (struct kms_message){
	                   .type = KMS_RESPONSE, .op = KMS_IDENTIFY, .status = (uint16_t)status },
	           0);
	CHECK(gate_relay_down(r));
}

/* What waits for the client is one answer after another, each with this status; how many. */
static size_t told(struct gate_relay *r, enum kms_status status)
{
	struct bytes ready = gate_frames_ready(&r->down);
	size_t count = 0, whole;

	for (; ready.len; ready = bytes_of(ready.at + whole, ready.len - whole), count++) {
		struct kms_message m = { 0 };

		CHECK_OK(kms_frame_scan(ready, &whole));
		CHECK_OK(kms_frame_parse(bytes_of(ready.at, whole), &m));
		if (whole == 0)
			return 0;
		CHECK_STR("", kms_status_name(m.status), kms_status_name((uint16_t)status));
	}
	gate_frames_sent(&r->down, gate_frames_ready(&r->down).len);
	return count;
}

TEST(the_core_is_first_told_whose_certificate_it_is)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };
	uint8_t certificate[GATE_CERTIFICATE], frame[GATE_CALL];
	struct kms_fields fields;
	struct kms_message m;

	for (size_t i = 0; i < sizeof certificate; i++)
		certificate[i] = (uint8_t)i;
	REQUIRE_OK(gate_relay_open(&r));
	REQUIRE_OK(kms_frame_parse(gate_relay_call(&r, certificate, frame), &m));
	CHECK_I64("op", m.op, KMS_IDENTIFY);
	REQUIRE_OK(kms_fields_read(m.body, &fields));
	CHECK_BYTES("certificate", kms_bytes(&fields, KMS_TAG_DATA),
	            bytes_of(certificate, sizeof certificate));
	ask(&r, 1);
	CHECK(gate_relay_up(&r));
	CHECK_I64("requests wait for the welcome", gate_frames_ready(&r.up).len, 0);
	send_frame(&r.down, (struct kms_message){ .type = KMS_RESPONSE, .op = KMS_IDENTIFY }, 0);
	CHECK(gate_relay_down(&r));
	CHECK_I64("the client hears nothing of it", gate_frames_ready(&r.down).len, 0);
	CHECK(gate_relay_up(&r));
	CHECK_I64("then they go", gate_frames_ready(&r.up).len, KMS_HEAD + 6);
}

TEST(thirty_two_requests_are_under_way_and_the_next_waits_for_an_answer)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };

	REQUIRE_OK(gate_relay_open(&r));
	welcome(&r, KMS_OK);
	for (uint32_t id = 0; id < KMS_IN_FLIGHT_MAX + 2; id++)
		ask(&r, id);
	CHECK(gate_relay_up(&r));
	CHECK_I64("under way", r.asked_count, KMS_IN_FLIGHT_MAX);
	CHECK_I64("sent", gate_frames_ready(&r.up).len, KMS_IN_FLIGHT_MAX * (KMS_HEAD + 6));
	gate_frames_sent(&r.up, gate_frames_ready(&r.up).len);
	answer(&r, 31);
	CHECK(gate_relay_down(&r));
	CHECK_I64("the answer goes", told(&r, KMS_OK), 1);
	CHECK(gate_relay_up(&r));
	CHECK_I64("one more", gate_frames_ready(&r.up).len, KMS_HEAD + 6);
	CHECK(!gate_relay_is_quiet(&r));
}

TEST(answers_that_nobody_asked_for_do_not_pass)
{
	static const struct {
		const char *name;
		struct kms_message m;
	} rows[] = {
		{ "another id", { .type = KMS_RESPONSE, .op = KMS_RANDOM, .id = 2 } },
		{ "another operation", { .type = KMS_RESPONSE, .op = KMS_PING, .id = 1 } },
		{ "a request", { .type = KMS_REQUEST, .op = KMS_RANDOM, .id = 1 } },
	}, *row;

	EACH (row, rows) {
		SCOPED(gate_relay_close) struct gate_relay r = { 0 };

		REQUIRE_OK(gate_relay_open(&r));
		welcome(&r, KMS_OK);
		ask(&r, 1);
		CHECK(gate_relay_up(&r));
		send_frame(&r.down, row->m, 0);
		CHECK(!gate_relay_down(&r));
		CHECK_I64(row->name, gate_frames_ready(&r.down).len, 0);
		CHECK(gate_relay_lost(&r));
		CHECK_I64(row->name, told(&r, KMS_DEVICE_FAILED), 1);
	}
}

TEST(an_answer_is_given_once)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };

	REQUIRE_OK(gate_relay_open(&r));
	welcome(&r, KMS_OK);
	ask(&r, 1);
	ask(&r, 1); /* the same number twice is the client's own affair */
	CHECK(gate_relay_up(&r));
	answer(&r, 1);
	answer(&r, 1);
	CHECK(gate_relay_down(&r));
	CHECK_I64("both", told(&r, KMS_OK), 2);
	answer(&r, 1);
	CHECK(!gate_relay_down(&r));
}

TEST(without_a_core_requests_are_told_busy_and_with_it_they_go_again)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };

	REQUIRE_OK(gate_relay_open(&r));
	ask(&r, 1);
	ask(&r, 2);
	CHECK(gate_relay_up(&r));
	CHECK_I64("busy", told(&r, KMS_BUSY), 2);
	CHECK_I64("nothing is kept", r.up.len, 0);
	CHECK(gate_relay_is_quiet(&r));
	welcome(&r, KMS_OK);
	ask(&r, 3);
	CHECK(gate_relay_up(&r));
	CHECK_I64("sent", gate_frames_ready(&r.up).len, KMS_HEAD + 6);
}

TEST(what_was_asked_on_a_line_that_is_lost_is_told_that_it_failed)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };
	uint8_t half[KMS_HEAD - 6];

	REQUIRE_OK(gate_relay_open(&r));
	welcome(&r, KMS_OK);
	for (uint32_t id = 0; id < KMS_IN_FLIGHT_MAX + 3; id++)
		ask(&r, id);
	CHECK(gate_relay_up(&r));
	gate_frames_sent(&r.up, 3 * KMS_HEAD);
	answer(&r, 5);
	CHECK(gate_relay_down(&r));
	CHECK_I64("the one that came", told(&r, KMS_OK), 1);
	memcpy(half, "\x4F\x43\x01\x02\x00\x70\x00\x00\x00\x00", sizeof half);
	come(&r.down, bytes_of(half, sizeof half));
	CHECK(gate_relay_down(&r));
	CHECK(gate_relay_lost(&r));
	CHECK_I64("the others", told(&r, KMS_DEVICE_FAILED), KMS_IN_FLIGHT_MAX - 1);
	CHECK_I64("nothing of them goes to another line", gate_frames_ready(&r.up).len, 0);
	CHECK(gate_relay_up(&r));
	CHECK_I64("what had not gone yet", told(&r, KMS_BUSY), 3);
}

TEST(answers_of_a_lost_line_have_room_even_when_the_client_takes_nothing)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };

	REQUIRE_OK(gate_relay_open(&r));
	welcome(&r, KMS_OK);
	send_frame(&r.up, (struct kms_message){ .type = KMS_REQUEST, .op = KMS_ENCRYPT, .id = 99 },
	           0);
	for (uint32_t id = 0; id < KMS_IN_FLIGHT_MAX; id++)
		ask(&r, id);
	CHECK(gate_relay_up(&r));
	send_frame(&r.down,
	           (struct kms_message){ .type = KMS_RESPONSE, .op = KMS_ENCRYPT, .id = 99 },
	           KMS_BODY_MAX);
	CHECK(gate_relay_down(&r));
	CHECK(gate_relay_up(&r));
	CHECK_I64("under way", r.asked_count, KMS_IN_FLIGHT_MAX);
	CHECK_I64("no more is taken", gate_frames_room(&r.down).len, 0);
	CHECK(gate_relay_lost(&r));
	ask(&r, 100);
	CHECK(gate_relay_up(&r));
	CHECK_I64("it waits until the client takes answers", r.up.len, KMS_HEAD + 6);
	gate_frames_sent(&r.down, KMS_FRAME_MAX);
	CHECK_I64("all of them", told(&r, KMS_DEVICE_FAILED), KMS_IN_FLIGHT_MAX);
	CHECK(gate_relay_up(&r));
	CHECK_I64("and the one that waited", told(&r, KMS_BUSY), 1);
}

TEST(a_stranger_is_told_so_and_that_is_all)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };

	REQUIRE_OK(gate_relay_open(&r));
	ask(&r, 1);
	CHECK(gate_relay_up(&r)); /* busy, before anybody knows */
	CHECK_I64("busy", told(&r, KMS_BUSY), 1);
	welcome(&r, KMS_NOT_PERMITTED);
	CHECK(gate_relay_lost(&r)); /* the core closes its line */
	CHECK(!gate_relay_is_over(&r));
	ask(&r, 2);
	CHECK(gate_relay_up(&r));
	CHECK_I64("nothing goes to the core", gate_frames_ready(&r.up).len, 0);
	CHECK(!gate_relay_is_over(&r));
	CHECK_I64("told", told(&r, KMS_NOT_PERMITTED), 1);
	CHECK(gate_relay_is_over(&r));
}

TEST(a_core_that_is_too_busy_to_look_is_called_again)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };
	uint8_t certificate[GATE_CERTIFICATE] = { 1 }, frame[GATE_CALL];

	REQUIRE_OK(gate_relay_open(&r));
	gate_relay_call(&r, certificate, frame);
	send_frame(&r.down,
	           (struct kms_message){
	                   .type = KMS_RESPONSE, .op = KMS_IDENTIFY, .status = KMS_BUSY },
	           0);
	CHECK(!gate_relay_down(&r));
	CHECK(gate_relay_lost(&r));
	CHECK_I64("away", r.core, GATE_AWAY);
	CHECK_I64("the client hears nothing of it", gate_frames_ready(&r.down).len, 0);
}

TEST(garbage_from_a_client_goes_nowhere_and_what_was_before_it_does)
{
	SCOPED(gate_relay_close) struct gate_relay r = { 0 };

	REQUIRE_OK(gate_relay_open(&r));
	welcome(&r, KMS_OK);
	ask(&r, 1);
	come(&r.up, bytes_of((const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18));
	CHECK(!gate_relay_up(&r));
	CHECK_I64("the request", gate_frames_ready(&r.up).len, KMS_HEAD + 6);
}
