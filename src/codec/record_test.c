/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "base/rand.h"
#include "codec/record.h"

#define MESSAGES "ytap/messages.txt"

TEST(the_record_of_section_19_reads_as_its_page_says)
{
	struct record r;

	REQUIRE_OK(record_decode(vector(MESSAGES, "record"), &r));
	CHECK_I64("", r.type, RECORD_PURSE_PURCHASE);
	CHECK_I64("", r.tsn, 0x989683);
	CHECK_STR("", r.node, "40010007");
	CHECK_HEX("", bytes_of(r.sam, 6), "100020000123");
	CHECK_I64("", r.sam_sequence, 0x309);
	CHECK_STR("", r.card_no, "6230001000012345678");
	CHECK_I64("", r.card_sequence, 1);
	CHECK_I64("", r.purse_id, 2);
	CHECK_I64("", r.card_counter, 41);
	CHECK_I64("", r.balance_before_fen, 10000);
	CHECK_I64("", r.amount_fen, 1250);
	CHECK_I64("", r.balance_after_fen, 8750);
	CHECK_I64("", (int64_t)r.local_time, 20260901120501);
	CHECK_I64("", r.list_sequence, 0x1079);
	CHECK_I64("", r.flags, 0);
	CHECK_I64("", r.meal_period, 2);
	CHECK_I64("", r.location, 42);
	CHECK_I64("", r.cashier, 7);
	CHECK_HEX("", bytes_of(r.tac, 4), "1122AABB");
	CHECK_I64("", r.tac_key_version, 1);
}

TEST(a_record_is_written_as_it_was_read)
{
	uint8_t again[RECORD_SIZE];
	struct record r;

	REQUIRE_OK(record_decode(vector(MESSAGES, "record"), &r));
	REQUIRE_OK(record_encode(&r, again));
	record_finish(again, r.mac);
	CHECK_BYTES("", bytes_of(again, sizeof again), vector(MESSAGES, "record"));
}

TEST(random_records_survive_writing_and_reading)
{
	struct random_seeded random;
	int different = 0;

	random_seeded_init(&random, 5);
	for (int i = 0; i < 2000; i++) {
		struct record r = { .type = 0x22, .tsn = random_next(&random), .node = "40010007" },
		              back;
		size_t digits = random_below(&random, RECORD_CARD_TEXT);
		uint8_t bytes[RECORD_SIZE];

		for (size_t d = 0; d < digits; d++)
			r.card_no[d] = (char)('0' + random_below(&random, 10));
		r.amount_fen = (uint32_t)random_next(&random);
		r.balance_after_fen = (uint32_t)random_next(&random);
		r.local_time = 20190401055534;
		r.flags = (uint8_t)random_next(&random);
		random_fill(&random.source, r.mac, sizeof r.mac);
		REQUIRE_OK(record_encode(&r, bytes));
		record_finish(bytes, r.mac);
		REQUIRE_OK(record_decode(bytes_of(bytes, sizeof bytes), &back));
		different += memcmp(&r, &back, sizeof r) != 0;
	}
	CHECK_I64("", different, 0);
}

TEST(a_damaged_record_is_refused)
{
	uint8_t bytes[RECORD_SIZE];
	struct record r;
	int taken = 0;

	for (size_t bit = 0; bit < 8 * RECORD_SIZE; bit++) {
		memcpy(bytes, vector(MESSAGES, "record").at, sizeof bytes);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(!record_crc_is_right(bytes));
		taken += is_ok(record_decode(bytes_of(bytes, sizeof bytes), &r));
	}
	CHECK_I64("", taken, 0);
	CHECK_RESULT("short", record_decode(bytes_of(bytes, 95), &r), RECORD_BROKEN);
	CHECK_RESULT("empty", record_decode(bytes_of(bytes, 0), &r), RECORD_BROKEN);
}

TEST(wrong_digits_are_refused_behind_a_right_crc)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} rows[] = {
		{ "layout", 0, 2 },      { "SAM", 18, 0x1A },     { "card nibble", 28, 0x6A },
		{ "pad inside", 30, 0xF0 }, { "time", 54, 0xA0 }, { "reserved", 82, 1 },
	}, *row;
	uint8_t bytes[RECORD_SIZE];
	struct record r;

	EACH (row, rows) {
		memcpy(bytes, vector(MESSAGES, "record").at, sizeof bytes);
		bytes[row->at] = row->value;
		record_finish(bytes, bytes + RECORD_MAC_AT);
		CHECK_RESULT(row->name, record_decode(bytes_of(bytes, sizeof bytes), &r),
		             RECORD_BROKEN);
	}
}

TEST(members_that_do_not_fit_are_not_written)
{
	struct record good = { .node = "40010007", .card_no = "123", .local_time = 20260901120501 },
	              r;
	uint8_t bytes[RECORD_SIZE];

	CHECK_OK(record_encode(&good, bytes));
	r = good;
	r.card_no[0] = 'x';
	CHECK_RESULT("card", record_encode(&r, bytes), RECORD_BROKEN);
	r = good;
	memset(r.card_no, '1', sizeof r.card_no);
	CHECK_RESULT("long card", record_encode(&r, bytes), RECORD_BROKEN);
	r = good;
	r.local_time = 200000000000000;
	CHECK_RESULT("time", record_encode(&r, bytes), RECORD_BROKEN);
	r = good;
	r.node[3] = 0;
	CHECK_RESULT("node", record_encode(&r, bytes), RECORD_BROKEN);
	r = good;
	r.sam[2] = 0xFF;
	CHECK_RESULT("SAM", record_encode(&r, bytes), RECORD_BROKEN);
}
