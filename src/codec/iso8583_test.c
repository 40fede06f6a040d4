/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/iso8583_golden.h"

#include <stdio.h>

TEST(the_messages_of_section_19_come_out_as_they_went_in)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		struct bytes message = vector(MESSAGES, golden[i].name);
		const struct iso8583_message *row;
		size_t len;

		REQUIRE_OK(iso8583_parse(ISO8583_B, message, &in));
		row = iso8583_message_find(&in);
		CHECK(row && row->word == golden[i].word);
		CHECK_OK(iso8583_check(row, &in));
		rebuild(&in, ISO8583_B);
		REQUIRE_OK(iso8583_build(&out, golden[i].has_mac, built, sizeof built, &len));
		if (golden[i].has_mac)
			iso8583_put_mac(&out, built, len, iso8583_bytes(&in, F_MAC).at);
		CHECK_BYTES(golden[i].name, bytes_of(built, len), message);
		CHECK_I64(golden[i].name, iso8583_mac_range(&in).len,
		          message.len - (golden[i].has_mac ? 8 : 0));
	}
}

TEST(the_messages_of_section_19_pass_through_dialect_a)
{
	static const enum iso8583_dialect dialects[] = { ISO8583_A, ISO8583_A_HEX }, *dialect;

	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		struct bytes message = vector(MESSAGES, golden[i].name);
		static uint8_t ascii[ISO8583_MESSAGE_MAX];
		const uint8_t *f64;
		size_t len;

		EACH (dialect, dialects) {
			REQUIRE_OK(iso8583_parse(ISO8583_B, message, &in));
			rebuild(&in, *dialect);
			REQUIRE_OK(
			        iso8583_build(&out, golden[i].has_mac, ascii, sizeof ascii, &len));
			if (golden[i].has_mac)
				iso8583_put_mac(&out, ascii, len, iso8583_bytes(&in, F_MAC).at);
			REQUIRE_OK(iso8583_parse(*dialect, bytes_of(ascii, len), &again));
			CHECK_OK(iso8583_check(iso8583_message_of(golden[i].word), &again));
			rebuild(&again, ISO8583_B);
			f64 = golden[i].has_mac ? iso8583_bytes(&again, F_MAC).at : NULL;
			REQUIRE_OK(
			        iso8583_build(&out, golden[i].has_mac, built, sizeof built, &len));
			if (f64)
				iso8583_put_mac(&out, built, len, f64);
			CHECK_BYTES(golden[i].name, bytes_of(built, len), message);
		}
	}
}

TEST(a_purchase_is_read_by_field)
{
	struct instant now;
	struct iso8583_control control;

	REQUIRE_OK(instant_parse(STR("2026-09-01 12:06:00"), TIME_ZONE_CHINA_S, &now));
	REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "purchase"), &in));
	CHECK(str_equal(iso8583_str(&in, F_CARD_NO), STR("6230001000012345678")));
	CHECK_I64("", (int64_t)iso8583_bcd(&in, F_PROCESSING), 0);
	CHECK_I64("", iso8583_money(&in, F_AMOUNT).fen, 1250);
	CHECK_I64("", iso8583_i64(&in, F_STAN), 3);
	CHECK_I64("", iso8583_i64(&in, F_ENTRY_MODE), 71);
	CHECK_I64("", iso8583_i64(&in, F_CARD_SEQUENCE), 1);
	CHECK(str_equal(iso8583_str(&in, F_ENTRY_MODE), STR("071")));
	CHECK(str_equal(iso8583_trimmed(&in, F_NODE), STR("40010007")));
	CHECK(str_equal(iso8583_str(&in, F_MERCHANT), STR("YKT300100000042")));
	control = iso8583_control(&in);
	CHECK_I64("", control.class, 0x22);
	CHECK_I64("", control.batch, 0x000731);
	CHECK_I64("", control.code, 0);
	CHECK_I64("", (now.us - iso8583_local_time(&in, now).us) / SECOND_US, 59);
	CHECK_OK(iso8583_done(&in));

	REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "purchase-reply"), &in));
	struct iso8583_balance groups[ISO8583_GROUPS_MAX];
	CHECK_I64("", iso8583_balances(&in, groups), 1);
	CHECK_I64("", groups[0].amount.fen, 8750);
	CHECK_I64("", groups[0].account_type, 10);
	CHECK_I64("", groups[0].amount_type, 2);
	CHECK_OK(iso8583_done(&in));
}

/* The reply of section 19, made from its request and the host's own fields. */
TEST(a_reply_is_made_from_its_request)
{
	static const struct iso8583_balance balance = { 10, 2, { 8750 } };
	struct bytes want = vector(MESSAGES, "purchase-reply");
	const uint8_t *f57 = (const uint8_t *)"\xDF\x01\x08\0\0\0\0\0\x98\x96\x83";
	struct instant at;
	size_t len;

	REQUIRE_OK(instant_parse(STR("2026-09-01 12:05:01"), TIME_ZONE_CHINA_S, &at));
	REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "purchase"), &in));
	iso8583_reply(&out, &in, iso8583_message_find(&in));
	iso8583_set_bytes(&out, F_DATA, bytes_of(f57, 11));
	iso8583_set_balances(&out, &balance, 1);
	iso8583_set_str(&out, F_RESPONSE, STR("00"));
	iso8583_set_i64(&out, F_REFERENCE, 90109001234);
	iso8583_set_str(&out, F_APPROVAL, STR("A01230"));
	iso8583_set_str(&out, F_APPROVAL, STR("A0123"));
	iso8583_set_business_date(&out, (struct bizdate){ 20260901 });
	iso8583_set_local_time(&out, at);
	CHECK_OK(iso8583_build(&out, true, built, sizeof built, &len));
	REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &again));
	CHECK_OK(iso8583_check(iso8583_message_of(YTAP_PURCHASE), &again));
	CHECK_I64("", again.mti, 0x0210);

	REQUIRE_OK(iso8583_parse(ISO8583_B, want, &again));
	iso8583_set_str(&out, F_REFERENCE, iso8583_str(&again, F_REFERENCE));
	iso8583_set_str(&out, F_APPROVAL, iso8583_str(&again, F_APPROVAL));
	CHECK_OK(iso8583_build(&out, true, built, sizeof built, &len));
	iso8583_put_mac(&out, built, len, iso8583_bytes(&again, F_MAC).at);
	CHECK_BYTES("", bytes_of(built, len), want);
	CHECK_BYTES("", iso8583_built_range(&out, built, len), iso8583_mac_range(&again));
}

TEST(the_year_of_a_local_time_is_the_nearest)
{
	static const struct {
		const char *now, *time, *date, *want;
	} rows[] = {
		{ "2026-01-01 00:01:00", "235900", "1231", "2025-12-31 23:59:00+08:00" },
		{ "2025-12-31 23:59:30", "000010", "0101", "2026-01-01 00:00:10+08:00" },
		{ "2026-06-15 12:00:00", "120000", "0615", "2026-06-15 12:00:00+08:00" },
		{ "2028-03-01 00:00:00", "010000", "0229", "2028-02-29 01:00:00+08:00" },
		{ "2026-03-01 00:00:00", "010000", "0229", NULL },
		{ "2026-03-01 00:00:00", "240000", "0301", NULL },
		{ "2026-03-01 00:00:00", "010000", "1301", NULL },
	}, *row;

	EACH (row, rows) {
		struct instant now, got;
		char text[INSTANT_TEXT_SIZE];
		size_t len;

		REQUIRE_OK(instant_parse(str_of(row->now), TIME_ZONE_CHINA_S, &now));
		iso8583_begin(&out, ISO8583_B, 0x0200);
		iso8583_set_str(&out, F_TIME, str_of(row->time));
		iso8583_set_str(&out, F_DATE, str_of(row->date));
		REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
		REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &in));
		got = iso8583_local_time(&in, now);
		CHECK_RESULT(row->date, iso8583_done(&in), row->want ? SUCCESS : ISO8583_VALUE);
		if (row->want)
			CHECK_STR(row->date, instant_text(got, TIME_ZONE_CHINA_S, text), row->want);
	}
}

TEST(the_first_reading_that_fails_stays)
{
	REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "hello"), &in));
	CHECK_I64("", iso8583_money(&in, F_AMOUNT).fen, 0);
	CHECK_I64("", iso8583_str(&in, F_CARD_NO).len, 0);
	CHECK_I64("", iso8583_bytes(&in, F_DATA).len, 0);
	CHECK_I64("", iso8583_i64(&in, F_STAN), 1);
	CHECK_RESULT("", iso8583_done(&in), ISO8583_MISSING);
	CHECK_STR("", result_last()->text, "field 4 amount, fen");
}

TEST(odd_digits_stand_where_section_4_says)
{
	size_t len;

	iso8583_begin(&out, ISO8583_B, 0x0200);
	iso8583_set_str(&out, F_ENTRY_MODE, STR("021"));
	iso8583_set_i64(&out, F_CARD_SEQUENCE, 1);
	iso8583_set_str(&out, F_ACQUIRER, STR("12345"));
	iso8583_set_str(&out, F_TRACK2, STR("6225880=2"));
	iso8583_set_bcd(&out, F_CONDITION, 0x91);
	REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
	CHECK_HEX("B", bytes_of(built, len),
	          "02000000068120000000"
	          "0210"
	          "0001"
	          "91"
	          "05123450"
	          "096225880D20");
	iso8583_begin(&out, ISO8583_A, 0x0200);
	iso8583_set_str(&out, F_ENTRY_MODE, STR("021"));
	iso8583_set_i64(&out, F_CARD_SEQUENCE, 1);
	REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
	CHECK_HEX("A", bytes_of(built, len),
	          "30323030"
	          "0000060000000000"
	          "303231"
	          "303031");
}

TEST(values_that_do_not_fit_are_refused_when_built)
{
	static const struct {
		const char *name, *text;
		unsigned field;
	} rows[] = {
		{ "too long", "12345678901234567890", F_CARD_NO }, { "letters in n", "12a4", F_CARD_NO },
		{ "empty", "", F_CARD_NO },                        { "short n", "12345", F_STAN },
		{ "long n", "1234567", F_STAN },                   { "long an", "ABCDEFG", F_APPROVAL },
		{ "sign in an", "A+B", F_APPROVAL },               { "control in ans", "a\nb", F_TEXT },
		{ "long ans", "12345678901234567890123456", F_TEXT }, { "umlaut in fixed", "M\xC3\xBCller", F_NODE },
		{ "letter in z", "123X", F_TRACK2 },
	}, *row;
	size_t len;

	EACH (row, rows) {
		iso8583_begin(&out, ISO8583_B, 0x0200);
		iso8583_set_str(&out, row->field, str_of(row->text));
		iso8583_set_i64(&out, F_STAN, 1);
		CHECK_RESULT(row->name, iso8583_build(&out, true, built, sizeof built, &len),
		             ISO8583_VALUE);
	}
	iso8583_begin(&out, ISO8583_B, 0x0200);
	iso8583_set_money(&out, F_AMOUNT, (struct money){ -1 });
	CHECK_RESULT("negative", iso8583_build(&out, true, built, sizeof built, &len),
	             ISO8583_VALUE);
	iso8583_begin(&out, ISO8583_B, 0x0200);
	iso8583_set_money(&out, F_AMOUNT, (struct money){ 1000000000000 });
	CHECK_RESULT("13 digits", iso8583_build(&out, true, built, sizeof built, &len),
	             ISO8583_VALUE);
	iso8583_begin(&out, ISO8583_B, 0x0200);
	iso8583_set_bytes(&out, F_PIN, bytes_of("1234567", 7));
	CHECK_RESULT("short b", iso8583_build(&out, true, built, sizeof built, &len),
	             ISO8583_VALUE);
	iso8583_begin(&out, ISO8583_B, 0x0200);
	iso8583_set_bcd(&out, F_PROCESSING, 0x00000A);
	CHECK_RESULT("BCD", iso8583_build(&out, true, built, sizeof built, &len), ISO8583_VALUE);
	iso8583_begin(&out, ISO8583_B, 0x0200);
	iso8583_set_i64(&out, F_STAN, 1);
	CHECK_RESULT("no room", iso8583_build(&out, true, built, 20, &len), BUFFER_FULL);
}

TEST(limits_of_a_field_are_exact)
{
	static uint8_t bytes[10000];
	static const struct {
		const char *name;
		enum iso8583_dialect dialect;
		unsigned field;
		size_t most;
	} rows[] = {
		{ "F57 in B", ISO8583_B, F_DATA, 999 },    { "F62 in B", ISO8583_B, F_BULK, 9999 },
		{ "F57 in A", ISO8583_A, F_DATA, 499 },    { "F62 in A", ISO8583_A, F_BULK, 4999 },
		{ "F55 in A", ISO8583_A, F_CHIP, 255 },    { "F58 in B", ISO8583_B, F_PURSE, 100 },
	}, *row;
	size_t len;

	EACH (row, rows) {
		iso8583_begin(&out, row->dialect, 0x0320);
		iso8583_set_bytes(&out, row->field, bytes_of(bytes, row->most));
		REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
		REQUIRE_OK(iso8583_parse(row->dialect, bytes_of(built, len), &in));
		CHECK_I64(row->name, iso8583_bytes(&in, row->field).len, row->most);
		iso8583_begin(&out, row->dialect, 0x0320);
		iso8583_set_bytes(&out, row->field, bytes_of(bytes, row->most + 1));
		CHECK_RESULT(row->name, iso8583_build(&out, false, built, sizeof built, &len),
		             ISO8583_VALUE);
	}
}

TEST(malformed_messages_are_refused)
{
	static const struct {
		const char *name, *hex;
	} rows[] = {
		{ "empty", "" },
		{ "half an MTI", "02" },
		{ "MTI with a letter", "0A00" "0000000000000000" },
		{ "version 1987 only", "1200" "0000000000000000" },
		{ "no bitmap", "0200" "00000000" },
		{ "unknown field 5", "0200" "0800000000000000" "000000000001" },
		{ "field cut off", "0200" "0020000000000000" "0003" },
		{ "letter in n", "0200" "0020000000000000" "00031A" },
		{ "LL not BCD", "0200" "4000000000000000" "1A6230001000012345678000" },
		{ "LL over the maximum", "0200" "4000000000000000" "2062300010000123456780" },
		{ "LL zero", "0200" "4000000000000000" "00" },
		{ "pad nibble", "0200" "4000000000000000" "0312 35" },
		{ "F22 pad", "0200" "0000040000000000" "0211" },
		{ "F23 pad", "0200" "0000020000000000" "1001" },
		{ "track separator", "0200" "0000000020000000" "0312E0" },
		{ "control character", "0200" "0000000000800000" "3430303130300A37" },
		{ "sign in an", "0200" "0000000002000000" "302B" },
		{ "bytes behind", "0200" "0020000000000000" "00031200" },
		{ "second bitmap with a field", "0200" "8020000000000000" "0000000000000001" "000312" },
	}, *row;
	uint8_t bytes[64];

	EACH (row, rows) {
		char text[160];
		size_t n = 0;

		for (const char *c = row->hex; *c; c++)
			if (*c != ' ')
				text[n++] = *c;
		REQUIRE_OK(hex_decode((struct str){ text, n }, bytes, n / 2));
		CHECK_RESULT(row->name, iso8583_parse(ISO8583_B, bytes_of(bytes, n / 2), &in),
		             ISO8583_BROKEN);
	}
	CHECK_RESULT("too long",
	             iso8583_parse(ISO8583_B, bytes_of(built, ISO8583_MESSAGE_MAX + 1), &in),
	             ISO8583_BROKEN);
}

TEST(malformed_ascii_messages_are_refused)
{
	static const struct {
		const char *name, *text;
		enum iso8583_dialect dialect;
	} rows[] = {
		{ "MTI", "02X0................", ISO8583_A_HEX },
		{ "bitmap", "0200002000000000000G000312", ISO8583_A_HEX },
		{ "digits", "0200002000000000000000031A", ISO8583_A_HEX },
		{ "LL", "02004000000000000000:1123", ISO8583_A_HEX },
		{ "hex of F52", "02000000000000001000001122334455667G", ISO8583_A_HEX },
		{ "odd hex of F57", "02000000000000000080003ABC", ISO8583_A_HEX },
		{ "second bitmap", "0200802000000000000000000000000000010003120", ISO8583_A_HEX },
		{ "short", "0200", ISO8583_A },
	}, *row;

	EACH (row, rows)
		CHECK_RESULT(row->name,
		             iso8583_parse(row->dialect, str_bytes(str_of(row->text)), &in),
		             ISO8583_BROKEN);
	CHECK_OK(iso8583_parse(ISO8583_A_HEX, str_bytes(STR("02000020000000000000000312")), &in));
	CHECK_OK(iso8583_parse(ISO8583_A_HEX,
	                       str_bytes(STR("020080200000000000000000000000000000000312")), &in));
	CHECK_I64("", iso8583_i64(&in, F_STAN), 312);
	CHECK_I64("the MAC covers both bitmaps", iso8583_mac_range(&in).len, 42);
}

TEST(an_empty_second_bitmap_is_taken)
{
	uint8_t bytes[21];

	REQUIRE_OK(
	        hex_decode(STR("020080200000000000000000000000000000000312"), bytes, sizeof bytes));
	CHECK_OK(iso8583_parse(ISO8583_B, bytes_of(bytes, sizeof bytes), &in));
	CHECK_I64("", iso8583_i64(&in, F_STAN), 312);
	CHECK(!iso8583_has(&in, 1));
}

/* What was read before the broken field still addresses a reply 30 (3.6). */
TEST(fields_before_a_broken_one_can_be_read)
{
	uint8_t bytes[256];
	struct bytes good = vector(MESSAGES, "purchase");

	memcpy(bytes, good.at, good.len);
	bytes[good.len - 8 - 6 - 2] = 0x99; /* the prefix of F60 */
	CHECK_RESULT("", iso8583_parse(ISO8583_B, bytes_of(bytes, good.len), &in), ISO8583_BROKEN);
	CHECK_I64("", in.mti, 0x0200);
	CHECK_I64("", iso8583_i64(&in, F_STAN), 3);
	CHECK(str_equal(iso8583_str(&in, F_NODE), STR("40010007")));
	CHECK(!iso8583_has(&in, F_CONTROL));
	iso8583_reply(&out, &in, NULL);
	CHECK_I64("", out.mti, 0x0210);
}

TEST(presence_is_checked_and_the_field_named)
{
	static const struct {
		const char *name;
		const char *message;
		unsigned drop, add;
		enum result_code want;
		const char *text;
	} rows[] = {
		{ "amount", "purchase", F_AMOUNT, 0, ISO8583_MISSING, "purchase request: field 4 amount, fen" },
		{ "card by code", "purchase", F_CARD_NO, 0, SUCCESS, "" },
		{ "MAC", "purchase", F_MAC, 0, ISO8583_MISSING, "purchase request: field 64 message MAC" },
		{ "F39 in a request", "purchase", 0, F_RESPONSE, ISO8583_FORBIDDEN, NULL },
		{ "F62 in a purchase", "purchase", 0, F_BULK, ISO8583_FORBIDDEN, NULL },
		{ "F4 in hello", "hello", 0, F_AMOUNT, ISO8583_FORBIDDEN, NULL },
		{ "MAC in hello", "hello", 0, F_MAC, ISO8583_FORBIDDEN, NULL },
		{ "F62 of hello", "hello", F_BULK, 0, ISO8583_MISSING, NULL },
		{ "reason of a reversal", "reversal", F_RESPONSE, 0, ISO8583_MISSING, NULL },
		{ "echo of F3", "purchase-reply", F_PROCESSING, 0, ISO8583_MISSING, NULL },
		{ "echo of F2", "purchase-reply", F_CARD_NO, 0, SUCCESS, NULL },
		{ "business date", "purchase-reply", F_BUSINESS_DATE, 0, ISO8583_MISSING, NULL },
	}, *row;

	EACH (row, rows) {
		const struct iso8583_message *message;
		result r;

		REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, row->message), &in));
		message = iso8583_message_find(&in);
		REQUIRE(message);
		if (row->drop)
			in.bitmap &= ~iso8583_bit(row->drop);
		if (row->add)
			in.bitmap |= iso8583_bit(row->add);
		r = iso8583_check(message, &in);
		CHECK_RESULT(row->name, r, row->want);
		if (row->text && *row->text)
			CHECK_STR(row->name, result_last()->text, row->text);
	}
}

TEST(a_refusal_may_know_no_more_than_its_request)
{
	static const struct {
		const char *code;
		bool with_mac;
		enum result_code want;
	} rows[] = {
		{ "51", true, SUCCESS },          { "51", false, ISO8583_MISSING }, { "77", false, SUCCESS },
		{ "97", false, SUCCESS },         { "A0", false, SUCCESS },         { "00", true, ISO8583_MISSING },
	}, *row;
	struct instant at = { 1788235501000000 };
	size_t len;

	EACH (row, rows) {
		REQUIRE_OK(iso8583_parse(ISO8583_B, vector(MESSAGES, "purchase"), &in));
		iso8583_reply(&out, &in, iso8583_message_of(YTAP_PURCHASE));
		iso8583_set_local_time(&out, at);
		iso8583_set_str(&out, F_RESPONSE, str_of(row->code));
		REQUIRE_OK(iso8583_build(&out, row->with_mac, built, sizeof built, &len));
		REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &in));
		CHECK_RESULT(row->code, iso8583_check(iso8583_message_of(YTAP_PURCHASE), &in),
		             row->want);
	}
}

TEST(each_word_is_found_from_its_own_request_and_reply)
{
	for (unsigned word = 0; word < YTAP_MESSAGE_COUNT; word++) {
		const struct iso8583_message *row = iso8583_message_of((enum ytap_message)word);
		size_t len;

		CHECK((row->must->request & ~row->may->request) == 0 &&
		      (row->must->reply & ~row->may->reply) == 0);
		CHECK((row->echo->reply & ~row->may->request) == 0);
		if (row->class == ISO8583_ANY)
			continue;
		iso8583_begin_request(&out, ISO8583_B, row->word, 0x000731);
		for (int repeat = 0; repeat < 2; repeat++, out.mti |= 1) {
			REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
			REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &in));
			CHECK(iso8583_message_find(&in) == row);
			CHECK(!iso8583_is_reply(&in));
			CHECK_I64(row->name, iso8583_is_repeat(&in), repeat);
			iso8583_reply(&out, &in, row);
			iso8583_set_control(&out, (struct iso8583_control){ (uint8_t)row->class, 1,
			                                                    (uint16_t)row->code });
			REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
			REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(built, len), &in));
			CHECK(iso8583_message_find(&in) == row);
			CHECK(iso8583_is_reply(&in) && !iso8583_is_repeat(&in));
			iso8583_begin_request(&out, ISO8583_B, row->word, 0x000731);
		}
	}
}

TEST(aliases_and_strangers)
{
	static const struct {
		const char *name;
		uint16_t mti, code;
		const char *word;
	} rows[] = {
		{ "echo", 0x0800, 0x301, "ECHO" },      { "sign-off", 0x0800, 0x002, "SIGN_OFF" },
		{ "status", 0x0800, 0x831, "STATUS" },  { "alarm has none", 0x0800, 0x832, NULL },
		{ "no such code", 0x0820, 0x999, NULL }, { "no such MTI", 0x0600, 0x301, NULL },
	}, *row;
	size_t len;

	EACH (row, rows) {
		const struct iso8583_message *found;

		iso8583_begin(&out, ISO8583_A, row->mti);
		iso8583_set_control(&out, (struct iso8583_control){ 0, 1, row->code });
		REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
		REQUIRE_OK(iso8583_parse(ISO8583_A, bytes_of(built, len), &in));
		found = iso8583_message_find(&in);
		CHECK_STR(row->name, found ? found->name : "none", row->word ? row->word : "none");
	}
	iso8583_begin(&out, ISO8583_A, 0x0800);
	REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
	REQUIRE_OK(iso8583_parse(ISO8583_A, bytes_of(built, len), &in));
	CHECK(!iso8583_message_find(&in));
	iso8583_begin(&out, ISO8583_A, 0x0800);
	iso8583_set_str(&out, F_CONTROL, STR("00"));
	REQUIRE_OK(iso8583_build(&out, false, built, sizeof built, &len));
	REQUIRE_OK(iso8583_parse(ISO8583_A, bytes_of(built, len), &in));
	CHECK(!iso8583_message_find(&in));
	CHECK_RESULT("short F60", iso8583_done(&in), ISO8583_VALUE);
}

/* Messages of another dialect of the standard, some malformed on purpose: refused, and the field is
 * named. */
TEST(foreign_messages_are_refused_by_their_first_strange_field)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "financial_transaction_message", "field 7 " },
		{ "financial_transaction_message_response", "field 7 " },
		{ "iso_reversal_message", "MTI or bitmap" },
		{ "iso_reversal_message_advice", "field 2 card number" },
		{ "iso_reversal_message_advice_missing_field", "field 2 card number" },
		{ "network_management_message", "MTI or bitmap" },
		{ "network_management_message_with_error_track", "MTI or bitmap" },
		{ "message_with_character_ebcdic_encoding", "field 7 " },
		{ "message_with_number_bcd_encoding", "field 7 " },
		{ "message_with_hex_length", "field 7 " },
	}, *row;

	EACH (row, rows) {
		char name[160];
		size_t len;
		FILE *f;

		snprintf(name, sizeof name, "samples/iso8583/moov_%s.dat", row->name);
		f = fopen(test_data(name), "rb");
		REQUIRE(f);
		len = fread(built, 1, sizeof built, f);
		fclose(f);
		for (enum iso8583_dialect d = ISO8583_B; d <= ISO8583_A_HEX; d++)
			CHECK_RESULT(row->name, iso8583_parse(d, bytes_of(built, len), &in),
			             ISO8583_BROKEN);
		CHECK_STR(row->name, result_last()->text, row->want);
	}
}
