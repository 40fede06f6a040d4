/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include "base/rand.h"
#include "crypto/totp.h"

static struct secret secret_of(const char *text)
{
	struct secret s = { .len = strlen(text) };

	memcpy(s.at, text, s.len);
	return s;
}

static struct instant at_s(int64_t s)
{
	return (struct instant){ s * SECOND_US };
}

/* RFC 6238 appendix B, the rows of SHA-1. */
TEST(codes_are_as_published)
{
	static const struct {
		int64_t time_s;
		uint64_t step;
		const char *code;
	} rows[] = {
		{ 59, 0x1, "94287082" },
		{ 1111111109, 0x23523EC, "07081804" },
		{ 1111111111, 0x23523ED, "14050471" },
		{ 1234567890, 0x273EF07, "89005924" },
		{ 2000000000, 0x3F940AA, "69279037" },
		{ 20000000000, 0x27BC86AA, "65353130" },
	}, *row;
	struct secret secret = secret_of("12345678901234567890");

	EACH (row, rows) {
		char code[TOTP_CODE_SIZE];
		struct totp eight = { &secret, 8 }, six = { &secret, TOTP_DIGITS };
		uint64_t step = 0;

		CHECK_I64(row->code, totp_step(at_s(row->time_s)), row->step);
		CHECK_OK(totp_code(&eight, row->step, code));
		CHECK_STR(row->code, code, row->code);
		CHECK_OK(totp_code(&six, row->step, code));
		CHECK_STR(row->code, code, row->code + 2);
		CHECK_OK(totp_check(&eight, at_s(row->time_s), str_of(row->code), &step));
		CHECK_I64(row->code, step, row->step);
	}
}

TEST(a_code_is_taken_one_step_early_or_late_and_names_its_step)
{
	static const struct {
		const char *name;
		int64_t time_s;
		const char *want;
	} rows[] = {
		{ "two early", 1111111080 - 31, "TOTP_WRONG" }, { "early", 1111111080 - 1, "SUCCESS" },
		{ "on time", 1111111080, "SUCCESS" },           { "late", 1111111080 + 59, "SUCCESS" },
		{ "two late", 1111111080 + 60, "TOTP_WRONG" },
	}, *row;
	struct secret secret = secret_of("12345678901234567890");
	struct totp t = { &secret, 8 };

	EACH (row, rows) {
		uint64_t step = 7;
		result r = totp_check(&t, at_s(row->time_s), STR("07081804"), &step);

		CHECK_STR(row->name, result_name(r), row->want);
		CHECK_I64(row->name, step, is_ok(r) ? 0x23523EC : 7);
	}
}

TEST(nothing_but_the_whole_code_is_taken)
{
	static const char *const codes[] = { "",         "0708180",  "070818040", "07081805",
		                             "17081804", "0708180O", "7081804",   " 7081804" },
	                         *const * code;
	struct secret secret = secret_of("12345678901234567890"),
	              small = secret_of("123456789012345");
	struct totp t = { &secret, 8 }, bad[] = { { &secret, 5 }, { &secret, 9 }, { &small, 6 } };
	uint64_t step = 7;
	char text[TOTP_CODE_SIZE] = "kept";

	EACH (code, codes)
		CHECK_RESULT(*code, totp_check(&t, at_s(1111111109), str_of(*code), &step),
		             TOTP_WRONG);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_RESULT("", totp_check(&bad[i], at_s(59), STR("94287082"), &step),
		             INVALID_KEY);
		CHECK_RESULT("", totp_code(&bad[i], 1, text), INVALID_KEY);
	}
	CHECK_I64("unchanged", step, 7);
	CHECK_STR("unchanged", text, "kept");
	CHECK_OK(totp_check(&t, at_s(0), STR("84755224"), &step));
	CHECK_I64("the first step", step, 0);
}

/* RFC 4648 10 has BA to foobar; here the secret's least length is not asked for. */
TEST(secrets_are_written_as_published_and_read_back)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "", "" },
		{ "f", "MY" },
		{ "fo", "MZXQ" },
		{ "foo", "MZXW6" },
		{ "foob", "MZXW6YQ" },
		{ "fooba", "MZXW6YTB" },
		{ "foobar", "MZXW6YTBOI" },
		{ "12345678901234567890", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
	}, *row;
	struct random_seeded random;
	char text[TOTP_SECRET_TEXT_SIZE];

	EACH (row, rows) {
		struct secret s = secret_of(row->bytes);

		totp_secret_text(&s, text);
		CHECK_STR(row->bytes, text, row->text);
	}
	random_seeded_init(&random, 3);
	for (size_t len = TOTP_SECRET_MIN; len <= TOTP_SECRET_MAX; len++) {
		struct secret s = { .len = len }, back = { .len = 0 };

		random_fill(&random.source, s.at, len);
		totp_secret_text(&s, text);
		for (size_t i = 0; i < strlen(text); i += 3)
			text[i] = (char)(text[i] >= 'A' ? text[i] | 0x20 : text[i]);
		CHECK_OK(totp_secret_parse(str_of(text), &back));
		CHECK_BYTES("", bytes_of(back.at, back.len), bytes_of(s.at, len));
	}
}

/* 65 bytes */
#define A52         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LONG_SECRET A52 A52

TEST(texts_that_are_no_secret_are_refused)
{
	static const char *const texts[] = {
		"",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ=",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
		"GEZD GNBVGY3TQOJQGEZDGNBVGY3TQOJ",
		"GEZDGNBVGY3TQOJQGEZDGNBV",      /* 15 bytes */
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3",   /* 27 characters: no number of bytes */
		"GEZDGNBVGY3TQOJQGEZDGNBVGZ",    /* a bit left over */
		LONG_SECRET,
	}, *const *text;

	EACH (text, texts) {
		struct secret s = secret_of("kept");

		CHECK_RESULT(*text, totp_secret_parse(str_of(*text), &s), TOTP_SECRET_BAD);
		CHECK_BYTES(*text, bytes_of(s.at, s.len), bytes_of("kept", 4));
	}
}

TEST(the_address_for_apps_escapes_names)
{
	struct secret secret = secret_of("12345678901234567890");
	struct totp t = { &secret, TOTP_DIGITS };
	char text[512] = { 0 }, longest[TOTP_NAME_MAX + 1];
	struct writer w = writer_of(text, sizeof text - 1), small = writer_of(text, 20);

	CHECK_OK(totp_uri(&t, STR("Yika 一卡"), STR("so1@park:a&b"), &w));
	CHECK_STR("", text,
	          "otpauth://totp/Yika%20%E4%B8%80%E5%8D%A1:so1%40park%3Aa%26b?secret="
	          "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Yika%20%E4%B8%80%E5%8D%A1"
	          "&algorithm=SHA1&digits=6&period=30");
	memset(longest, 'x', sizeof longest);
	CHECK_RESULT("", totp_uri(&t, STR(""), STR("a"), &w), INVALID_TEXT);
	CHECK_RESULT("", totp_uri(&t, STR("a"), (struct str){ longest, sizeof longest }, &w),
	             INVALID_TEXT);
	CHECK_RESULT("", totp_uri(&t, STR("a\xFF"), STR("a"), &w), INVALID_TEXT);
	CHECK_I64("unchanged", w.len, strlen(text));
	CHECK_RESULT("", totp_uri(&t, STR("a"), STR("b"), &small), BUFFER_FULL);
	t.digits = 9;
	CHECK_RESULT("", totp_uri(&t, STR("a"), STR("b"), &w), INVALID_KEY);
}
