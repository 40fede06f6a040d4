/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of the codec over seeded random messages and over changed ones. */
#include "codec/iso8583_golden.h"

#include <stdlib.h>

static const char *random_text(struct random_seeded *random, const struct iso8583_field *f,
                               bool ascii)
{
	static const char letters[] = "0123456789=ABCZabz +-";
	static char text[ISO8583_TEXT_MAX + 1];
	size_t max = ascii ? f->max_ascii : f->max, kinds = f->type == ISO8583_TYPE_N   ? 10
	                                                    : f->type == ISO8583_TYPE_Z ? 11
	                                                                                : 21;
	size_t len = f->length == ISO8583_LENGTH_FIXED ? f->max : 1 + random_below(random, max);

	for (size_t i = 0; i < len; i++) {
		char c = letters[random_below(random, kinds)];

		text[i] =
		        f->type == ISO8583_TYPE_AN && (c == '=' || c == '+' || c == '-') ? 'x' : c;
	}
	text[len] = 0;
	return text;
}

static void random_message(struct random_seeded *random, enum iso8583_dialect dialect)
{
	static uint8_t bytes[ISO8583_TEXT_MAX];

	iso8583_begin(&out, dialect, 0x0200);
	for (unsigned n = 2; n < F_MAC; n++) {
		const struct iso8583_field *f = &iso8583_fields[n];
		size_t most = (dialect == ISO8583_B ? f->max : f->max_ascii / 2u);

		if (!f->max || random_below(random, 3) == 0)
			continue;
		if (f->type != ISO8583_TYPE_B) {
			iso8583_set_str(&out, n,
			                str_of(random_text(random, f, dialect != ISO8583_B)));
			continue;
		}
		most = f->length == ISO8583_LENGTH_FIXED ? f->max : 1 + random_below(random, most);
		random_fill(&random->source, bytes, most);
		iso8583_set_bytes(&out, n, bytes_of(bytes, most));
	}
}

/* Parse a message with more and more bits flipped, in memory of its exact size; returns how often
 * it parsed. */
static int parse_flipped(struct random_seeded *random, enum iso8583_dialect dialect,
                         struct bytes message)
{
	uint8_t *exact = malloc(message.len);
	int parsed = 0;

	ASSERT(exact);
	memcpy(exact, message.at, message.len);
	for (int flip = 0; flip < 40; flip++) {
		size_t bit = random_below(random, 8 * message.len);
		size_t len = message.len - random_below(random, 2);

		exact[bit / 8] ^= (uint8_t)(1 << bit % 8);
		parsed += is_ok(iso8583_parse(dialect, bytes_of(exact, len), &again));
	}
	free(exact);
	return parsed;
}

/* parse ∘ build = identity, and nothing reads past its end, for messages with bits flipped too. */
TEST(random_messages_survive_every_dialect)
{
	static const enum iso8583_dialect dialects[] = { ISO8583_B, ISO8583_A, ISO8583_A_HEX },
	                                  *dialect;
	static uint8_t first[ISO8583_MESSAGE_MAX];
	struct random_seeded random;
	int different = 0, parsed = 0;

	random_seeded_init(&random, 2026);
	EACH (dialect, dialects) {
		for (int i = 0; i < 300; i++) {
			size_t len, len_again;

			random_message(&random, *dialect);
			REQUIRE_OK(iso8583_build(&out, i % 2, first, sizeof first, &len));
			REQUIRE_OK(iso8583_parse(*dialect, bytes_of(first, len), &in));
			rebuild(&in, *dialect);
			REQUIRE_OK(iso8583_build(&out, i % 2, built, sizeof built, &len_again));
			different += len != len_again || memcmp(first, built, len) != 0;
			parsed += parse_flipped(&random, *dialect, bytes_of(first, len));
		}
	}
	CHECK_I64("", different, 0);
	test_note("%d of 36000 changed messages still have the form of one", parsed);
}

/* Whatever parses can be built again, and reads the same: nothing means two things. */
TEST(what_parses_after_a_bit_flip_builds_to_the_same_bytes)
{
	int different = 0;

	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		struct bytes message = vector(MESSAGES, golden[i].name);

		for (size_t bit = 0; bit < 8 * message.len; bit++) {
			uint8_t bytes[256];
			bool has_mac;
			size_t len;

			memcpy(bytes, message.at, message.len);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (!is_ok(iso8583_parse(ISO8583_B, bytes_of(bytes, message.len), &in)))
				continue;
			has_mac = iso8583_has(&in, F_MAC);
			rebuild(&in, ISO8583_B);
			REQUIRE_OK(iso8583_build(&out, has_mac, built, sizeof built, &len));
			if (has_mac)
				iso8583_put_mac(&out, built, len, iso8583_bytes(&in, F_MAC).at);
			different += len != message.len || memcmp(built, bytes, len) != 0;
		}
	}
	CHECK_I64("", different, 0);
}

TEST(balances_are_read_whole_or_not_at_all)
{
	static const struct iso8583_balance wanted[] = { { 10, 2, { 8750 } },
		                                         { 30, 1, { -25 } },
		                                         { 99, 99, { 0 } } };
	static const char *const broken[] = {
		"1002156C00000000875",    "1002156X000000008750", "1002840C000000008750",
		"10x2156C000000008750",   "1002156C00000000-750", "1002156C0000000087501",
	}, *const *text;
	struct iso8583_balance got[ISO8583_GROUPS_MAX], many[ISO8583_GROUPS_MAX + 1] = { 0 };
	size_t len;

	iso8583_begin(&out, ISO8583_B, 0x0210);
	iso8583_set_balances(&out, wanted, ARRAY_LEN(wanted));
	REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
	REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &in));
	CHECK_I64("", iso8583_balances(&in, got), 3);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		CHECK_I64("", got[i].account_type, wanted[i].account_type);
		CHECK_I64("", got[i].amount_type, wanted[i].amount_type);
		CHECK_I64("", got[i].amount.fen, wanted[i].amount.fen);
	}
	EACH (text, broken) {
		iso8583_begin(&out, ISO8583_B, 0x0210);
		iso8583_set_str(&out, F_BALANCE, str_of(*text));
		REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
		REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &in));
		CHECK_I64(*text, iso8583_balances(&in, got), 0);
		CHECK_RESULT(*text, iso8583_done(&in), ISO8583_VALUE);
	}
	iso8583_begin(&out, ISO8583_B, 0x0210);
	iso8583_set_balances(&out, many, ARRAY_LEN(many));
	CHECK_RESULT("seven", iso8583_build(&out, false, built, sizeof built, &len), ISO8583_VALUE);
	many[0].amount.fen = 1000000000000;
	iso8583_begin(&out, ISO8583_B, 0x0210);
	iso8583_set_balances(&out, many, 1);
	CHECK_RESULT("13 digits", iso8583_build(&out, false, built, sizeof built, &len),
	             ISO8583_VALUE);
}

/* A message longer than one can be is refused when it is put together, however it came about. */
TEST(a_message_has_an_end)
{
	static uint8_t most[9999];
	size_t len;

	iso8583_begin(&out, ISO8583_B, 0x0320);
	iso8583_set_bytes(&out, F_BULK, bytes_of(most, sizeof most));
	iso8583_set_bytes(&out, F_BULK, bytes_of(most, sizeof most));
	CHECK_OK(iso8583_build(&out, false, built, sizeof built, &len));
	CHECK_I64("", len, 10 + 2 + sizeof most);
	iso8583_set_i64(&out, F_STAN, 1);
	iso8583_set_bytes(&out, F_BULK, bytes_of(most, sizeof most));
	CHECK_RESULT("", iso8583_build(&out, false, built, sizeof built, &len), ISO8583_VALUE);
	CHECK_STR("", result_last()->text, "field 62 bulk TLV");
	iso8583_begin(&out, ISO8583_B, 0x0320);
	iso8583_set_i64(&out, F_STAN, 1);
	iso8583_set_i64(&out, F_AMOUNT, 5);
	iso8583_unset(&out, F_AMOUNT);
	REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
	CHECK_HEX("", bytes_of(built, len), "03200020000000000000000001");
}
