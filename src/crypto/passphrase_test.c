/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/passphrase.h"

#include "harness/test.h"

static const struct passphrase_cost cheap = { 1, 8 };

static void seal(uint8_t *file, size_t size, size_t *len, struct bytes body)
{
	struct random_seeded random;
	struct writer w = writer_of(file, size);

	random_seeded_init(&random, 7);
	CHECK_OK(passphrase_seal("KINDFILE", STR("a long passphrase"), cheap, &random.source, body,
	                         &w));
	*len = w.len;
}

TEST(guessing_costs_what_is_promised_where_a_test_does_not_make_it_cheap)
{
	CHECK_I64("passes", passphrase_cost_default.passes, 3);
	CHECK_I64("memory", passphrase_cost_default.memory_kib, 64 * 1024);
}

TEST(passphrase_opens_what_it_sealed_and_nothing_else)
{
	uint8_t file[128], body[5], changed[128];
	size_t len;

	seal(file, sizeof file, &len, bytes_of("hello", 5));
	CHECK_I64("size", len, 5 + PASSPHRASE_EXTRA);
	CHECK_OK(passphrase_open("KINDFILE", STR("a long passphrase"), bytes_of(file, len), body,
	                         5));
	CHECK_BYTES("body", bytes_of(body, 5), bytes_of("hello", 5));
	CHECK_RESULT(
	        "wrong words",
	        passphrase_open("KINDFILE", STR("a long Passphrase"), bytes_of(file, len), body, 5),
	        PASSPHRASE_WRONG);
	CHECK_HEX("zeroed", bytes_of(body, 5), "0000000000");
	CHECK_RESULT(
	        "other kind",
	        passphrase_open("OTHERONE", STR("a long passphrase"), bytes_of(file, len), body, 5),
	        PASSPHRASE_FORMAT);
	CHECK_RESULT(
	        "other size",
	        passphrase_open("KINDFILE", STR("a long passphrase"), bytes_of(file, len), body, 4),
	        PASSPHRASE_FORMAT);
	for (size_t i = 0; i < len; i++) {
		memcpy(changed, file, len);
		changed[i] ^= 0x40;
		CHECK(!is_ok(passphrase_open("KINDFILE", STR("a long passphrase"),
		                             bytes_of(changed, len), body, 5)));
		CHECK(!is_ok(passphrase_open("KINDFILE", STR("a long passphrase"),
		                             bytes_of(file, i), body, 5)));
	}
}

TEST(passphrase_refuses_weak_ones_and_costs_out_of_range)
{
	static const struct {
		const char *name, *words;
		struct passphrase_cost cost;
		enum result_code code;
	} rows[] = {
		{ "good", "12345678", { 1, 8 }, SUCCESS },
		{ "short", "1234567", { 1, 8 }, INVALID_KEY },
		{ "no passes", "12345678", { 0, 8 }, INVALID_KEY },
		{ "many passes", "12345678", { 17, 8 }, INVALID_KEY },
		{ "little memory", "12345678", { 1, 7 }, INVALID_KEY },
		{ "much memory", "12345678", { 1, 262145 }, INVALID_KEY },
	}, *row;

	EACH (row, rows) {
		uint8_t file[128];
		struct writer w = writer_of(file, sizeof file);

		CHECK_RESULT(row->name,
		             passphrase_seal("KINDFILE", str_of(row->words), row->cost,
		                             random_system(), bytes_of("x", 1), &w),
		             row->code);
	}
}
