/* SPDX-License-Identifier: Apache-2.0 */
/* Which key may be for what. */
#include "harness/test.h"

#include "crypto/keyblock.h"

/* Keys 9.3, and X9.143: usage, algorithms, modes, exportability, fallback. */
static const struct {
	const char *usage, *algorithms, *modes, *exportability, *fallback;
} uses[] = {
	{ "20", "T4", "X", "ESN", "B3" },       { "21", "T4", "X", "ESN", "B3" },
	{ "22", "T4", "X", "ESN", "B3" },       { "23", "T4", "X", "ESN", "B3" },
	{ "24", "T4", "X", "ESN", "B3" },       { "25", "T4", "X", "ESN", "B3" },
	{ "26", "T4", "X", "ESN", "B3" },       { "27", "T4", "X", "ESN", "E2" },
	{ "28", "T4", "X", "ESN", "B3" },       { "29", "T4", "X", "ESN", "B3" },
	{ "30", "T4", "X", "ESN", "E5" },       { "31", "T4", "X", "ESN", "E5" },
	{ "33", "AT4", "X", "ESN", "B3" },      { "34", "AT4", "X", "ESN", "B3" },
	{ "35", "A", "X", "ESN", "B3" },        { "36", "A4H", "XC", "ESN", "M6" },
	{ "40", "T4", "XB", "ESN", "K0" },      { "41", "T4", "XB", "ESN", "K0" },
	{ "42", "T4", "XB", "ESN", "K0" },      { "50", "AT4", "X", "ESN", "K0" },
	{ "51", "A4", "X", "N", NULL },         { "53", "AT4", "C", "ESN", "M6" },
	{ "54", "AT4", "B", "ESN", "D0" },      { "55", "AT4", "B", "ESN", "K0" },
	{ "60", "A4", "B", "N", NULL },         { "61", "A4H", "C", "ESN", "M6" },
	{ "62", "A4", "B", "ESN", "K0" },       { "B0", "AT", "X", "ESN", NULL },
	{ "B1", "AT", "X", "ESN", NULL },       { "B3", "AT4", "X", "ESN", NULL },
	{ "C0", "AT4", "CGV", "ESN", NULL },    { "D0", "ADT4", "BDE", "ESN", NULL },
	{ "E0", "AT4", "X", "ESN", NULL },      { "E1", "AT4", "X", "ESN", NULL },
	{ "E2", "AT4", "X", "ESN", NULL },      { "E3", "AT4", "X", "ESN", NULL },
	{ "E4", "AT4", "X", "ESN", NULL },      { "E5", "AT4", "X", "ESN", NULL },
	{ "E6", "AT4", "X", "ESN", NULL },      { "I0", "ADT4", "N", "ESN", NULL },
	{ "K0", "AT4", "BDE", "ESN", NULL },    { "K1", "AT4", "BDE", "ESN", NULL },
	{ "K2", "RE2", "BDE", "ESN", NULL },    { "M0", "T", "CGV", "ESN", NULL },
	{ "M1", "ADT4", "CGV", "ESN", NULL },   { "M3", "T", "CGV", "ESN", NULL },
	{ "M6", "AT4", "CGV", "ESN", NULL },    { "M7", "H", "CGV", "ESN", NULL },
	{ "M8", "AT4", "CGV", "ESN", NULL },    { "P0", "AT4", "BDE", "ESN", NULL },
	{ "S0", "RE2", "SV", "ESN", NULL },     { "S1", "RE2", "SV", "ESN", NULL },
	{ "S2", "RE2", "BDESTV", "ESN", NULL }, { "V0", "AT4", "CGVX", "ESN", NULL },
	{ "V1", "AT", "CGV", "ESN", NULL },     { "V2", "AT", "CGV", "ESN", NULL },
};

static bool is_allowed(const char *usage, char algorithm, char mode, char exportability)
{
	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (strcmp(uses[i].usage, usage) == 0)
			return strchr(uses[i].algorithms, algorithm) &&
			       strchr(uses[i].modes, mode) &&
			       strchr(uses[i].exportability, exportability);
	return false;
}

/* Of one usage: how many combinations are judged otherwise than the table says. */
static int count_wrong(const char *usage)
{
	static const char algorithms[] = "ATDREH42SX", modes[] = "BCDEGNSVXYTA", exports[] = "ESNX";
	struct keyblock_header h = { 0 };
	int wrong = 0;

	str_copy(str_of(usage), h.usage, sizeof h.usage);
	for (const char *a = algorithms; *a; a++)
		for (const char *m = modes; *m; m++)
			for (const char *e = exports; *e; e++) {
				h.algorithm = *a;
				h.mode = *m;
				h.exportability = *e;
				wrong += is_ok(keyblock_check_use(&h)) !=
				         is_allowed(usage, *a, *m, *e);
			}
	return wrong;
}

TEST(a_key_is_for_what_the_tables_say_and_nothing_else)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabkps";
	char usage[3] = "";

	for (const char *a = digits; *a; a++)
		for (const char *b = digits; *b; b++) {
			usage[0] = *a;
			usage[1] = *b;
			CHECK_I64(usage, count_wrong(usage), 0);
		}
	CHECK_I64("", count_wrong(""), 0);
	CHECK_I64("", count_wrong("2"), 0);
	CHECK_RESULT("zeros", keyblock_check_use(&(struct keyblock_header){ 0 }), KEYBLOCK_USE);
}

TEST(our_own_codes_have_a_code_for_others)
{
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		const char *got = keyblock_fallback_usage(uses[i].usage);

		CHECK_STR(uses[i].usage, got ? got : "none",
		          uses[i].fallback ? uses[i].fallback : "none");
	}
	CHECK(!keyblock_fallback_usage("10"));
	CHECK(!keyblock_fallback_usage(""));
	CHECK(!keyblock_fallback_usage("20X"));
}
