/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdio.h>

#include "codec/ipk/profile.h"

/* A profile of the fewest words, to change one line of. */
static const char whole[] = "profile small\n"
                            "request.name {TRK}.REQ\n"
                            "request.plain 22 NI N EL E\n"
                            "request.block 23 IIN EXP N[0:NI-28] HASH\n"
                            "request.hash sha1 plain + block-before-HASH\n"
                            "hashfile {TRK}.TXT hex HASH\n"
                            "response.plain 24 RL R E CAI\n"
                            "response.cert NCA\n"
                            "response.detach none\n"
                            "defaults E=03\n";

static struct ipk_profile *parsed(result *r, const char *text)
{
	static struct ipk_profile p;

	*r = ipk_profile_parse(str_of(text), &p);
	return &p;
}

/* The text with what begins with `key` replaced by another line. */
static const char *with_line(const char *key, const char *line)
{
	static char text[2 * IPK_PROFILE_TEXT_MAX];
	const char *at = strstr(whole, key), *end = strchr(at, '\n');

	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, line, end);
	return text;
}

TEST(every_built_in_profile_parses_under_its_name)
{
	CHECK_I64("", ipk_builtin_count, 6);
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		struct ipk_profile p;

		CHECK_OK(ipk_profile_load(str_of(ipk_builtins[i].name), &p));
		CHECK_STR("", p.name, ipk_builtins[i].name);
	}
}

TEST(an_unknown_profile_is_refused_and_the_nearest_proposed)
{
	struct ipk_profile p;

	CHECK_RESULT("", ipk_profile_load(STR("unoinpay"), &p), IPK_PROFILE);
	CHECK_STR("", result_last()->text, "no profile \"unoinpay\", did you mean unionpay");
	CHECK_RESULT("", ipk_profile_load(STR(""), &p), IPK_PROFILE);
	CHECK_STR("", result_last()->text, "no profile \"\"");
}

TEST(a_profile_says_where_it_is_wrong)
{
	static const struct {
		const char *key, *line, *says;
	} rows[] = {
		{ "request.plain", "request.plian 22",
		  "line 3, column 1: unknown name request.plian, did you mean request.plain" },
		{ "request.plain", "request.plain 22 NI N EL SCV",
		  "line 3, column 26: unknown name SCV, did you mean SVC" },
		{ "request.plain", "request.plain 22 NI N EL HASH",
		  "line 3, column 26: HASH has no place here" },
		{ "request.plain", "request.plain 22 NI N EL E CAI",
		  "line 3, column 28: CAI has no place here" },
		{ "request.plain", "request.plain 22 NI N EL 2",
		  "line 3, column 26: unknown name 2" },
		{ "request.plain", "request.plain 22 NI N EL 112233445566778899",
		  "line 3, column 26: unknown name 112233445566778899" },
		{ "request.plain", "request.plain # 22", "line 3, column 15: fields are missing" },
		{ "request.plain", "request.plain 22 N NI EL E",
		  "request.plain has N behind NI and E behind EL" },
		{ "request.plain", "request.plain 22 NI N E",
		  "request.plain has N behind NI and E behind EL" },
		{ "request.block", "request.block 23 N[0:NI-20]", "request.block has HASH once" },
		{ "request.block", "request.block HASH HASH", "request.block has HASH once" },
		{ "request.block", "request.block N[0:NI-20 HASH",
		  "line 4, column 15: a part is written N[from:to]" },
		{ "request.block", "request.block N[0] HASH",
		  "line 4, column 15: a part is written N[from:to]" },
		{ "request.block", "request.block E[0:1] HASH",
		  "line 4, column 15: E has no place here" },
		{ "request.block", "request.block N[0:NI-] HASH",
		  "line 4, column 15: unknown name " },
		{ "request.block", "request.block N[0:N] HASH", "line 4, column 15: N has no place" },
		{ "request.block", "request.block N[0:1000] HASH",
		  "line 4, column 15: a number over 999" },
		{ "request.block", "request.block N[0:1+1+1+1+1+1+1+1+1] HASH",
		  "line 4, column 15: a sum of more than 8" },
		{ "request.block", "request.block plain HASH", "line 4, column 15: unknown name plain" },
		{ "request.hash", "request.hash sha256 plain", "line 5, column 14: sha1 is wanted here" },
		{ "request.hash", "request.hash sha1 + plain", "line 5, column 19: unknown name +" },
		{ "request.hash", "request.hash sha1 plain +", "line 5, column 26: fields are missing" },
		{ "hashfile", "hashfile ../x hex HASH",
		  "line 6, column 10: a file name of 1 to 47 characters, the first no point" },
		{ "hashfile", "hashfile a/b hex HASH", "line 6, column 10: no file name has a '/'" },
		{ "hashfile", "hashfile {TRK hex HASH",
		  "line 6, column 10: a brace that is not closed" },
		{ "hashfile", "hashfile TRK} hex HASH",
		  "line 6, column 10: a brace that was not opened" },
		{ "hashfile", "hashfile {a}b} hex HASH", "line 6, column 10: unknown name a" },
		{ "hashfile", "hashfile {N} hex HASH", "line 6, column 10: N has no place here" },
		{ "hashfile", "hashfile a.txt hax HASH",
		  "line 6, column 16: unknown name hax, did you mean hex" },
		{ "response.plain", "response.plain 24 RL R CAI",
		  "response.plain has CAI, R and E once" },
		{ "response.plain", "response.plain RL R E NI CAI",
		  "line 7, column 23: NI has no place here" },
		{ "response.plain", "response.plain 24 R E CAI",
		  "response.plain has R behind RL or CAI" },
		{ "response.plain", "response.plain RL R E N[0:1] CAI",
		  "line 7, column 23: unknown name N[0:1]" },
		{ "response.cert", "response.cert NI", "line 8, column 15: NCA is wanted here" },
		{ "response.cert", "response.cert NCA NCA", "line 8, column 19: a word too many" },
		{ "response.detach", "response.detach pkcs1-raw01 sha1 plain",
		  "line 9, column 39: + is wanted here" },
		{ "response.detach", "response.detach pkcs1-raw02",
		  "line 9, column 17: unknown name pkcs1-raw02, did you mean pkcs1-raw01" },
		{ "response.detach", "response.detach", "line 9, column 16: none is missing" },
		{ "defaults", "defaults E=03 SVC", "line 10, column 15: a default is written NAME=value" },
		{ "defaults", "defaults SVC=101000", "line 10, column 10: not a value of SVC" },
		{ "defaults", "defaults EL=249", "line 10, column 10: not a value of EL" },
		{ "defaults", "defaults EL=2 E=03", "line 10, column 15: not a value of E" },
		{ "defaults", "defaults IIN=6225", "line 10, column 10: IIN has no place here" },
		{ "defaults", "request.name x", "line 10, column 1: request.name stands twice" },
		{ "defaults", "# nothing", "line 11, column 1: no defaults up to the end" },
	}, *row;
	result r;

	parsed(&r, whole);
	CHECK_OK(r);
	EACH (row, rows) {
		parsed(&r, with_line(row->key, row->line));
		CHECK_RESULT(row->line, r, IPK_PROFILE);
		CHECK_STR(row->line,
		          strstr(result_last()->text, row->says) ? row->says : result_last()->text,
		          row->says);
	}
}

TEST(a_profile_has_limits)
{
	static char text[IPK_PROFILE_TEXT_MAX + 2];
	char line[256];
	int len = snprintf(line, sizeof line, "request.plain NI N EL E");
	result r;

	memset(text, '#', sizeof text - 1);
	parsed(&r, text);
	CHECK_RESULT("long", r, IPK_PROFILE);
	CHECK_RESULT("not UTF-8", ipk_profile_parse((struct str){ "\xFF", 1 }, parsed(&r, whole)),
	             IPK_PROFILE);
	for (size_t i = 4; i < IPK_FIELDS_MAX; i++)
		len += snprintf(line + len, sizeof line - (size_t)len, " 00");
	parsed(&r, with_line("request.plain", line));
	CHECK_OK(r);
	snprintf(line + len, sizeof line - (size_t)len, " 00");
	parsed(&r, with_line("request.plain", line));
	CHECK_RESULT("many fields", r, IPK_PROFILE);
}

TEST(a_profile_that_is_cut_off_is_refused)
{
	size_t last = sizeof whole - sizeof "defaults E=03\n" + sizeof "default";

	for (size_t len = 0; len < last; len++) {
		struct ipk_profile p;

		CHECK_RESULT("", ipk_profile_parse((struct str){ whole, len }, &p), IPK_PROFILE);
	}
}

/* --- values --- */

TEST(values_have_their_forms)
{
	static const struct {
		enum ipk_name name;
		const char *text, *value;
	} rows[] = {
		{ IPK_IIN, "622588", "622588FF" },  { IPK_IIN, "62258800", "62258800" },
		{ IPK_IIN, "622", "622FFFFF" },     { IPK_IIN, "62", NULL },
		{ IPK_IIN, "622588001", NULL },     { IPK_IIN, "62258F", NULL },
		{ IPK_IIN, "", NULL },              { IPK_EXP, "1230", "1230" },
		{ IPK_EXP, "1330", NULL },          { IPK_EXP, "0030", NULL },
		{ IPK_EXP, "0930", "0930" },        { IPK_EXP, "123", NULL },
		{ IPK_TRK, "000123", "000123" },    { IPK_TRK, "00012A", NULL },
		{ IPK_TRK, "0123", NULL },          { IPK_IDX, "000001", "000001" },
		{ IPK_SVC, "10100000", "10100000" }, { IPK_SVC, "1010000", NULL },
		{ IPK_CAI, "F1", "F1" },            { IPK_CAI, "F", NULL },
		{ IPK_SN, "0A0B0C", "0A0B0C" },     { IPK_E, "010001", "010001" },
		{ IPK_E, "01000100", NULL },        { IPK_R, "", "" },
	}, *row;

	EACH (row, rows) {
		struct ipk_values v = { 0 };
		result r = ipk_set_text(&v, row->name, str_of(row->text));

		CHECK_RESULT(row->text, r, row->value ? SUCCESS : IPK_VALUE);
		CHECK_I64(row->text, ipk_is_set(&v, row->name), row->value != NULL);
		if (row->value)
			CHECK_HEX(row->text, ipk_get(&v, row->name), row->value);
	}
}

TEST(a_value_is_set_once_and_sets_its_length)
{
	struct ipk_values v = { 0 }, other = { 0 };
	uint8_t modulus[100] = { 0x80 };

	CHECK_OK(ipk_set(&v, IPK_N, bytes_of(modulus, sizeof modulus)));
	CHECK_I64("", ipk_number(&v, IPK_NI), 100);
	CHECK_OK(ipk_set(&v, IPK_N, bytes_of(modulus, sizeof modulus)));
	CHECK_RESULT("shorter", ipk_set(&v, IPK_N, bytes_of(modulus, 99)), IPK_VALUE);
	CHECK_RESULT("length", ipk_set_number(&v, IPK_NI, 99), IPK_VALUE);
	CHECK_RESULT("number", ipk_set_number(&v, IPK_EL, 256), IPK_VALUE);
	CHECK_OK(ipk_set_number(&v, IPK_EL, 3));
	CHECK_RESULT("length before", ipk_set_text(&v, IPK_E, STR("03")), IPK_VALUE);
	CHECK(!ipk_is_set(&v, IPK_E));
	CHECK_OK(ipk_set_text(&other, IPK_SVC, STR("01010000")));
	CHECK_OK(ipk_set_missing(&v, &other));
	CHECK(ipk_is_same(&v, &other, IPK_SVC));
	CHECK(!ipk_is_same(&v, &other, IPK_N));
}

/* --- layouts --- */

static void fill(struct ipk_values *v, size_t modulus_len, const char *exponent)
{
	uint8_t modulus[IPK_VALUE_MAX];

	for (size_t i = 0; i < modulus_len; i++)
		modulus[i] = (uint8_t)(0x80 | i);
	CHECK_OK(ipk_set(v, IPK_N, bytes_of(modulus, modulus_len)));
	CHECK_OK(ipk_set_text(v, IPK_E, str_of(exponent)));
	CHECK_OK(ipk_set_text(v, IPK_IIN, STR("622588")));
	CHECK_OK(ipk_set_text(v, IPK_EXP, STR("1230")));
	CHECK_OK(ipk_set_text(v, IPK_TRK, STR("000123")));
	CHECK_OK(ipk_set_text(v, IPK_IDX, STR("000001")));
	CHECK_OK(ipk_set_text(v, IPK_SVC, STR("10100000")));
	CHECK_OK(ipk_set_text(v, IPK_HASH, STR("000102030405060708090A0B0C0D0E0F10111213")));
}

/* The published lengths: 6 and 7 + NI + e in front of a block of NI. */
TEST(requests_of_all_profiles_have_their_lengths_for_every_key)
{
	static const struct {
		const char *profile;
		size_t beside;
	} rows[] = { { "visa", 6 },       { "visa-b", 6 },      { "unionpay", 7 },
		     { "unionpay-b", 7 }, { "mastercard", 10 }, { "generic", 13 } },
	  *row;
	static const char *const exponents[] = { "03", "010001" }, *const * e;

	EACH (row, rows) {
		struct ipk_profile p;

		REQUIRE_OK(ipk_profile_load(str_of(row->profile), &p));
		for (size_t size = 64; size <= 248; size += 8)
			EACH (e, exponents) {
				struct ipk_values v = { 0 };
				uint8_t out[600];
				struct writer w = writer_of(out, sizeof out);

				fill(&v, size, *e);
				CHECK_OK(ipk_fields_lay(&p.plain, 0, p.plain.count, &v, &w));
				CHECK_I64(row->profile, w.len, row->beside + size + strlen(*e) / 2);
				w.len = 0;
				CHECK_OK(ipk_fields_lay(&p.block, 0, p.block.count, &v, &w));
				CHECK_I64(row->profile, w.len, size);
			}
	}
}

TEST(what_is_laid_out_reads_back_to_the_same_values)
{
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		struct ipk_values v = { 0 }, back = { 0 };
		struct ipk_profile p;
		uint8_t out[600];
		struct writer w = writer_of(out, sizeof out);
		struct reader r;

		REQUIRE_OK(ipk_profile_load(str_of(ipk_builtins[i].name), &p));
		fill(&v, 128, "03");
		CHECK_OK(ipk_fields_lay(&p.plain, 0, p.plain.count, &v, &w));
		CHECK_OK(ipk_fields_lay(&p.block, 0, p.block.count, &v, &w));
		r = reader_of(writer_bytes(&w));
		CHECK_OK(ipk_fields_read(&p.plain, 0, p.plain.count, &back, &r));
		CHECK_OK(ipk_fields_read(&p.block, 0, p.block.count, &back, &r));
		CHECK_OK(reader_done(&r));
		for (unsigned n = 0; n < IPK_NAMES; n++)
			if (ipk_is_set(&back, (enum ipk_name)n))
				CHECK(ipk_is_same(&v, &back, (enum ipk_name)n));
		CHECK(ipk_is_set(&back, IPK_HASH) && ipk_is_set(&back, IPK_IIN));
		for (size_t len = 0; len < w.len; len++) {
			struct ipk_values part = { 0 };

			r = reader_of(bytes_of(out, len));
			CHECK(!is_ok(ipk_fields_read(&p.plain, 0, p.plain.count, &part, &r)) ||
			      !is_ok(ipk_fields_read(&p.block, 0, p.block.count, &part, &r)));
		}
	}
}

TEST(a_layout_needs_its_values_and_room)
{
	struct ipk_values v = { 0 };
	struct ipk_profile p;
	uint8_t out[600];
	struct writer w = writer_of(out, sizeof out), small = writer_of(out, 20);

	REQUIRE_OK(ipk_profile_load(STR("visa"), &p));
	CHECK_RESULT("no values", ipk_fields_lay(&p.block, 0, p.block.count, &v, &w), IPK_VALUE);
	fill(&v, 128, "03");
	CHECK_RESULT("no room", ipk_fields_lay(&p.block, 0, p.block.count, &v, &small),
	             BUFFER_FULL);
	v.of[IPK_NI].at[0] = 200; /* a part outside the modulus */
	CHECK_RESULT("outside", ipk_fields_lay(&p.block, 0, p.block.count, &v, &w), IPK_VALUE);
	v.of[IPK_NI].at[0] = 30;
	CHECK_RESULT("negative", ipk_fields_lay(&p.block, 0, p.block.count, &v, &w), IPK_VALUE);
}

TEST(reading_names_the_field_that_differs)
{
	struct ipk_values v = { 0 };
	struct ipk_profile p;
	uint8_t file[] = { 0x22, 0x01, 0x40 };
	struct reader r = reader_of(bytes_of(file, sizeof file));

	REQUIRE_OK(ipk_profile_load(STR("unionpay"), &p));
	CHECK_RESULT("", ipk_fields_read(&p.plain, 0, p.plain.count, &v, &r), IPK_FILE);
	CHECK_STR("", result_last()->text, "field 4 at byte 3: N is cut off");
	file[1] = 0x02;
	r = reader_of(bytes_of(file, sizeof file));
	CHECK_RESULT("", ipk_fields_read(&p.plain, 0, p.plain.count, &v, &r), IPK_FILE);
	CHECK_STR("", result_last()->text,
	          "field 2 at byte 1: not the fixed bytes that begin with 01");
	file[1] = 0x01;
	file[2] = 0x41;
	r = reader_of(bytes_of(file, sizeof file));
	CHECK_RESULT("", ipk_fields_read(&p.plain, 0, p.plain.count, &v, &r), IPK_FILE);
	CHECK_STR("", result_last()->text, "field 3 at byte 2: NI is not what it was before");
}

TEST(file_names_come_from_values)
{
	static const struct {
		const char *profile, *request, *hash;
	} rows[] = {
		{ "visa", "000123.INP", "000123.TXT" },
		{ "unionpay", "000123.INP", "000123.TXT" },
		{ "mastercard", "622588-000001.sip", "622588-000001.hip" },
		{ "generic", "622588-000123.ipk", "622588-000123.txt" },
	}, *row;
	struct ipk_values v = { 0 }, none = { 0 };
	char name[IPK_FILE_NAME_MAX];

	fill(&v, 128, "03");
	EACH (row, rows) {
		struct ipk_profile p;

		REQUIRE_OK(ipk_profile_load(str_of(row->profile), &p));
		CHECK_OK(ipk_profile_file_name(p.request_name, &v, name));
		CHECK_STR("", name, row->request);
		CHECK_OK(ipk_profile_file_name(p.hash_name, &v, name));
		CHECK_STR("", name, row->hash);
		CHECK_RESULT("", ipk_profile_file_name(p.request_name, &none, name), IPK_VALUE);
	}
	CHECK_RESULT("long",
	             ipk_profile_file_name("{SVC}{SVC}{SVC}{SVC}{SVC}{SVC}{SVC}{SVC}", &v, name),
	             BUFFER_FULL);
}
