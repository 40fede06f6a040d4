/* SPDX-License-Identifier: Apache-2.0 */
/* values_test.c — money, time and randomness. */
#include <time.h>

#include "base/money.h"
#include "base/rand.h"
#include "base/time.h"
#include "harness/test.h"

TEST(money_parse_accepts_what_people_write_and_nothing_else)
{
	static const struct {
		const char *text, *want;
		int64_t     fen;
	} rows[] = {
		{ "12", "SUCCESS", 1200 },
		{ "12.5", "SUCCESS", 1250 },
		{ "12.50", "SUCCESS", 1250 },
		{ "0.01", "SUCCESS", 1 },
		{ "-0.07", "SUCCESS", -7 },
		{ "-0", "SUCCESS", 0 },
		{ "007.10", "SUCCESS", 710 },
		{ "92233720368547758.07", "SUCCESS", INT64_MAX },
		{ "-92233720368547758.08", "SUCCESS", INT64_MIN },
		{ "92233720368547758.08", "MONEY_OUT_OF_RANGE", 42 },
		{ "-92233720368547758.09", "MONEY_OUT_OF_RANGE", 42 },
		{ "922337203685477581", "MONEY_OUT_OF_RANGE", 42 },
		{ "99999999999999999999", "MONEY_OUT_OF_RANGE", 42 },
		{ "12.505", "MONEY_SYNTAX", 42 },
		{ "12.", "MONEY_SYNTAX", 42 },
		{ ".5", "MONEY_SYNTAX", 42 },
		{ "1,234.00", "MONEY_SYNTAX", 42 },
		{ "+1", "MONEY_SYNTAX", 42 },
		{ "--1", "MONEY_SYNTAX", 42 },
		{ "1-", "MONEY_SYNTAX", 42 },
		{ "-", "MONEY_SYNTAX", 42 },
		{ "1e3", "MONEY_SYNTAX", 42 },
		{ "1.-5", "MONEY_SYNTAX", 42 },
		{ " 12", "MONEY_SYNTAX", 42 },
		{ "12 ", "MONEY_SYNTAX", 42 },
		{ "\xEF\xBC\x91", "MONEY_SYNTAX", 42 },
		{ "", "MONEY_SYNTAX", 42 },
	}, *row;

	EACH(row, rows) {
		struct money got = { 42 }; /* 42 shows that failure leaves it alone */
		result       r = money_parse(str_of(row->text), &got);

		CHECK_STR(row->text, result_name(r), row->want);
		CHECK_I64(row->text, got.fen, row->fen);
	}
}

TEST(money_is_shown_plain_and_for_people)
{
	static const struct {
		int64_t     fen;
		const char *plain, *text;
	} rows[] = {
		{ 0, "0.00", "\u00A50.00" },
		{ 7, "0.07", "\u00A50.07" },
		{ -7, "-0.07", "-\u00A50.07" },
		{ 123450, "1234.50", "\u00A51,234.50" },
		{ 99999, "999.99", "\u00A5999.99" },
		{ 100000, "1000.00", "\u00A51,000.00" },
		{ -100000000, "-1000000.00", "-\u00A51,000,000.00" },
		{ INT64_MAX, "92233720368547758.07", "\u00A592,233,720,368,547,758.07" },
		{ INT64_MIN, "-92233720368547758.08", "-\u00A592,233,720,368,547,758.08" },
	}, *row;
	char         out[MONEY_TEXT_SIZE];
	struct money back;

	EACH(row, rows) {
		CHECK_STR(row->plain, money_plain((struct money){ row->fen }, out), row->plain);
		CHECK_OK(money_parse(str_of(out), &back));
		CHECK_I64(row->plain, back.fen, row->fen);
		CHECK_STR(row->text, money_text((struct money){ row->fen }, out), row->text);
	}
}

TEST(money_arithmetic_refuses_what_does_not_fit)
{
	struct money most = { INT64_MAX }, least = { INT64_MIN }, one = { 1 }, out = { 42 };

	CHECK_RESULT("add", money_add(most, one, &out), MONEY_OUT_OF_RANGE);
	CHECK_RESULT("sub", money_sub(least, one, &out), MONEY_OUT_OF_RANGE);
	CHECK_RESULT("sub", money_sub((struct money){ 0 }, least, &out), MONEY_OUT_OF_RANGE);
	CHECK_RESULT("mul", money_mul(most, 2, &out), MONEY_OUT_OF_RANGE);
	CHECK_RESULT("mul", money_mul(least, -1, &out), MONEY_OUT_OF_RANGE);
	CHECK_I64("untouched", out.fen, 42);
	CHECK_OK(money_add(most, least, &out));
	CHECK_I64("", out.fen, -1);
	CHECK_OK(money_sub((struct money){ 5 }, (struct money){ 7 }, &out));
	CHECK_I64("", out.fen, -2);
	CHECK_OK(money_mul((struct money){ -5 }, 7, &out));
	CHECK_I64("", out.fen, -35);
}

TEST(a_rate_rounds_half_away_from_zero)
{
	static const struct {
		const char      *name;
		int64_t          fen, rate_bp;
		enum result_code code;
		int64_t          want;
	} rows[] = {
		{ "half up", 50, 100, SUCCESS, 1 },
		{ "under half", 49, 100, SUCCESS, 0 },
		{ "half down for negative", -50, 100, SUCCESS, -1 },
		{ "under half, negative", -49, 100, SUCCESS, 0 },
		{ "whole", 12345, 10000, SUCCESS, 12345 },
		{ "nothing", 12345, 0, SUCCESS, 0 },
		{ "0.38 % of 100.00", 10000, 38, SUCCESS, 38 },
		{ "large", INT64_MAX, 10000, SUCCESS, INT64_MAX },
		{ "least", INT64_MIN, 10000, SUCCESS, INT64_MIN },
		{ "too large", INT64_MAX, 10001, MONEY_OUT_OF_RANGE, 42 },
		{ "negative rate", 1, -1, MONEY_OUT_OF_RANGE, 42 },
		{ "rate above 100 times", 1, 1000001, MONEY_OUT_OF_RANGE, 42 },
	}, *row;

	EACH(row, rows) {
		struct money out = { 42 };

		CHECK_RESULT(row->name, money_mul_rate((struct money){ row->fen }, row->rate_bp, &out), row->code);
		CHECK_I64(row->name, out.fen, row->want);
	}
}

TEST(instants_are_parsed_in_their_zone_or_refused)
{
	static const struct {
		const char *text;
		int         zone_s;
		bool        is_good;
		int64_t     second;
	} rows[] = {
		{ "1970-01-01 00:00:00", 0, true, 0 },
		{ "1970-01-01 08:00:00", TIME_ZONE_CHINA_S, true, 0 },
		{ "1970-01-01 00:00:00", TIME_ZONE_CHINA_S, true, -28800 },
		{ "2019-04-01 05:55:34", TIME_ZONE_CHINA_S, true, 1554069334 },
		{ "2019-04-01T05:55:34", TIME_ZONE_CHINA_S, true, 1554069334 },
		{ "2000-02-29 23:59:59", 0, true, 951868799 },
		{ "9999-12-31 23:59:59", 0, true, 253402300799 },
		{ "2100-02-29 00:00:00", 0, false, 0 },
		{ "2019-02-29 00:00:00", 0, false, 0 },
		{ "2019-13-01 00:00:00", 0, false, 0 },
		{ "2019-00-01 00:00:00", 0, false, 0 },
		{ "2019-04-31 00:00:00", 0, false, 0 },
		{ "2019-04-01 24:00:00", 0, false, 0 },
		{ "2019-04-01 00:60:00", 0, false, 0 },
		{ "2019-04-01 00:00:60", 0, false, 0 },
		{ "1969-12-31 23:59:59", 0, false, 0 },
		{ "2019/04/01 00:00:00", 0, false, 0 },
		{ "2019-04-01 5:55:34", 0, false, 0 },
		{ "2019-04-01 05:55:34Z", 0, false, 0 },
		{ "2019-04-01", 0, false, 0 },
		{ "", 0, false, 0 },
	}, *row;

	EACH(row, rows) {
		struct instant t = { 42 };

		CHECK_RESULT(row->text, instant_parse(str_of(row->text), row->zone_s, &t),
			     row->is_good ? SUCCESS : TIME_SYNTAX);
		CHECK_I64(row->text, t.us, row->is_good ? row->second * SECOND_US : 42);
	}
}

TEST(instants_are_shown_with_their_zone)
{
	char out[INSTANT_TEXT_SIZE];

	CHECK_STR("", instant_text((struct instant){ 1772690820000000 }, TIME_ZONE_CHINA_S, out),
		  "2026-03-05 14:07:00+08:00");
	CHECK_STR("", instant_text((struct instant){ 0 }, 0, out), "1970-01-01 00:00:00+00:00");
	CHECK_STR("", instant_text((struct instant){ 999999 }, -12600, out), "1969-12-31 20:30:00-03:30");
	CHECK_STR("before the epoch", instant_text((struct instant){ -1 }, 0, out), "1969-12-31 23:59:59+00:00");
}

/* The C library knows the calendar too. */
TEST(civil_time_agrees_with_the_c_library)
{
	struct random_seeded r;

	random_seeded_init(&r, 3);
	for (int i = 0; i < 20000; i++) {
		time_t       s = (time_t)random_below(&r, UINT64_C(253402300800));
		struct civil c = civil_of((struct instant){ (int64_t)s * SECOND_US + 7 }, 0);
		struct tm    tm;

		gmtime_r(&s, &tm);
		if (c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1 || c.day != tm.tm_mday ||
		    c.hour != tm.tm_hour || c.minute != tm.tm_min || c.second != tm.tm_sec)
			CHECK_I64("second that differs", s, -1);
		CHECK_I64("back", instant_of(c, 0).us / SECOND_US, s);
	}
}

TEST(the_business_day_changes_at_the_cut_over)
{
	static const struct {
		const char *text;
		int         cutover_s;
		uint32_t    want;
	} rows[] = {
		{ "2024-03-01 00:00:00", 0, 20240301 },
		{ "2024-02-29 23:59:59", 0, 20240229 },
		{ "2024-03-01 02:59:59", 3 * 3600, 20240229 },
		{ "2024-03-01 03:00:00", 3 * 3600, 20240301 },
		{ "2025-01-01 02:00:00", 3 * 3600, 20241231 },
	}, *row;
	struct instant t;

	EACH(row, rows) {
		CHECK_OK(instant_parse(str_of(row->text), TIME_ZONE_CHINA_S, &t));
		CHECK_I64(row->text, bizdate_of(t, TIME_ZONE_CHINA_S, row->cutover_s).yyyymmdd, row->want);
	}
}

TEST(business_days_are_counted_and_checked)
{
	CHECK_I64("", bizdate_days((struct bizdate){ 19700101 }), 0);
	CHECK_I64("", bizdate_days((struct bizdate){ 20000301 }), 11017);
	CHECK_I64("leap", bizdate_add((struct bizdate){ 20240228 }, 1).yyyymmdd, 20240229);
	CHECK_I64("no leap", bizdate_add((struct bizdate){ 21000228 }, 1).yyyymmdd, 21000301);
	CHECK_I64("back", bizdate_add((struct bizdate){ 20250101 }, -1).yyyymmdd, 20241231);
	CHECK_I64("year", bizdate_add((struct bizdate){ 20250101 }, 365).yyyymmdd, 20260101);
	CHECK_I64("beyond", bizdate_add((struct bizdate){ 99991231 }, 1).yyyymmdd, 0);
	CHECK(bizdate_is_valid((struct bizdate){ 20240229 }));
	CHECK(!bizdate_is_valid((struct bizdate){ 20230229 }));
	CHECK(!bizdate_is_valid((struct bizdate){ 0 }));
	CHECK(!bizdate_is_valid((struct bizdate){ 20241301 }));
	CHECK(!bizdate_is_valid((struct bizdate){ 202401011 }));
}

TEST(a_manual_clock_stands_until_it_is_set)
{
	struct clock_manual m;
	struct instant      before = clock_now(clock_system());

	clock_manual_init(&m, (struct instant){ 5 });
	CHECK_I64("", clock_now(&m.clock).us, 5);
	clock_manual_set(&m, (struct instant){ 9 });
	CHECK_I64("", clock_now(&m.clock).us, 9);
	CHECK(before.us > INT64_C(1700000000) * SECOND_US);
	CHECK(monotonic_us() > 0);
}

TEST(a_seed_gives_the_same_numbers_for_ever)
{
	struct random_seeded r;
	uint8_t              bytes[12];

	/* splitmix64 from 0 fills the state; xoshiro256** as published by Blackman and Vigna. */
	random_seeded_init(&r, 0);
	CHECK_I64("state", (int64_t)r.s[0], (int64_t)UINT64_C(0xE220A8397B1DCDAF));
	CHECK_I64("state", (int64_t)r.s[1], (int64_t)UINT64_C(0x6E789E6AA1B965F4));
	r.s[0] = 1;
	r.s[1] = 2;
	r.s[2] = 3;
	r.s[3] = 4;
	CHECK_I64("", (int64_t)random_next(&r), 11520);
	CHECK_I64("", (int64_t)random_next(&r), 0);
	CHECK_I64("", (int64_t)random_next(&r), 1509978240);
	CHECK_I64("", (int64_t)random_next(&r), 1215971899390074240);
	random_seeded_init(&r, 0);
	random_fill(&r.source, bytes, sizeof bytes);
	random_seeded_init(&r, 0);
	CHECK_I64("low byte first", bytes[0], (int64_t)(random_next(&r) & 0xFF));
	CHECK_I64("then the next number", bytes[8], (int64_t)(random_next(&r) & 0xFF));
}

TEST(bounded_numbers_stay_below_and_reach_all)
{
	struct random_seeded r;
	int                  seen[7] = { 0 }, hits = 0;
	uint8_t              a[32] = { 0 }, b[32] = { 0 };

	random_seeded_init(&r, 99);
	for (int i = 0; i < 7000; i++) {
		uint64_t v = random_below(&r, 7);

		REQUIRE(v < 7);
		seen[v]++;
		hits += random_chance(&r, 2500);
	}
	for (int i = 0; i < 7; i++)
		CHECK(seen[i] > 800 && seen[i] < 1200);
	CHECK(hits > 1500 && hits < 2000);
	CHECK(!random_chance(&r, 0) && random_chance(&r, 10000));
	CHECK_I64("", (int64_t)random_below(&r, 1), 0);
	random_fill(random_system(), a, sizeof a);
	random_fill(random_system(), b, sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
}
