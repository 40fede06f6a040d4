/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdio.h>

#include "crypto/component.h"

#define C1     "0F1E2D3C4B5A69788796A5B4C3D2E1F000112233445566778899AABBCCDDEEFF"
#define HEADER "OC-LMK-COMPONENT/1|set=01|gen=1|alg=A|n=3|i=1|kcv=B88AF8DD20|status=live"
#define KDF    "|kdf=scrypt:16:8:1:000102030405060708090A0B0C0D0E0F"
#define NONCE  "|nonce=000102030405060708090A0B"
#define SEALED                                                                                     \
	"8FF8CBA76ACE5E86F922048094191280FF16FB2624916CCFA7D0A1C53F13295CA187FADDA770DF9BB9B11769" \
	"75698523"
#define TV36 HEADER KDF NONCE "\n" SEALED "\n"

/* 00 01 02 … from the start in each fill. */
static void fill_counting(struct random_source *r, void *out, size_t len)
{
	(void)r;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)i;
}

static struct random_source counting = { fill_counting };

static struct component component_of(void)
{
	struct component c = { .set = "01",
		               .generation = 1,
		               .algorithm = 'A',
		               .count = 3,
		               .index = 1,
		               .kcv = "B88AF8DD20",
		               .status = COMPONENT_LIVE,
		               .value = { .len = 32 } };

	ASSERT(is_ok(hex_decode(STR(C1), c.value.at, 32)));
	return c;
}

/* What stays as it was when a call fails. */
static struct component untouched(void)
{
	return (struct component){ .set = "77", .value = { .at = { 0xEE }, .len = 1 } };
}

static void check_untouched(const char *name, const struct component *c)
{
	CHECK_STR(name, c->set, "77");
	CHECK_I64(name, c->value.len, 1);
	CHECK_I64(name, c->value.at[0], 0xEE);
}

static void check_same(const struct component *got, const struct component *want)
{
	CHECK_STR("", got->set, want->set);
	CHECK_STR("", got->kcv, want->kcv);
	CHECK_I64("", got->generation, want->generation);
	CHECK_I64("", got->algorithm, want->algorithm);
	CHECK_I64("", got->count, want->count);
	CHECK_I64("", got->index, want->index);
	CHECK_I64("", got->status, want->status);
}

/* TV-36 of keys 19: its PIN is shorter than one that people may choose. */
TEST(the_pin_file_is_as_published)
{
	struct component c = component_of(), back = untouched();
	struct component_lock lock = { .pin = STR("123456"), .random = &counting, .pin_min = 6 };
	char file[COMPONENT_FILE_MAX + 1] = { 0 };
	struct writer w = writer_of(file, sizeof file - 1);

	REQUIRE_OK(component_seal(&c, &lock, &w));
	CHECK_STR("TV-36", file, TV36);
	REQUIRE_OK(component_open(STR(TV36), STR("123456"), &back));
	check_same(&back, &c);
	CHECK_HEX("C1", bytes_of(back.value.at, back.value.len), C1);
}

TEST(a_recovery_share_is_a_file_of_its_own_kind)
{
	/* keys 5.5, TV-35: the first share of the published test key */
	static const char share[] =
	        "FD88DDAB7544D3DEC1C040404040C0C09FAE390CD3E2F5C8E8D94E7BA495828F01";
	struct component c = component_of(), back = untouched();
	struct component_lock lock = { .pin = STR("a long PIN"),
		                       .random = &counting,
		                       .cost = COMPONENT_COST_MIN };
	char file[COMPONENT_FILE_MAX + 1] = { 0 };
	struct writer w = writer_of(file, sizeof file - 1);

	c.needed = 2;
	c.value.len = 33;
	CHECK_OK(hex_decode(str_of(share), c.value.at, 33));
	REQUIRE_OK(component_seal(&c, &lock, &w));
	CHECK(strncmp(file, "OC-LMK-SHARE/1|set=01|gen=1|alg=A|k=2|n=3|i=1|", 46) == 0);
	REQUIRE_OK(component_open(str_of(file), STR("a long PIN"), &back));
	check_same(&back, &c);
	CHECK_I64("needed", back.needed, 2);
	CHECK_HEX("TV-35", bytes_of(back.value.at, back.value.len), share);
	memcpy(file + 34, "k=4", 3);
	back = untouched();
	CHECK_RESULT("more than there are", component_open(str_of(file), STR("a long PIN"), &back),
	             COMPONENT_FORM);
	check_untouched("more than there are", &back);
	c.needed = 1;
	w.len = 0;
	CHECK_RESULT("one share is no share", component_seal(&c, &lock, &w), COMPONENT_FORM);
}

TEST(a_header_is_read_without_the_pin)
{
	struct component c = component_of(), seen = untouched();

	CHECK_OK(component_peek(STR(TV36), &seen));
	check_same(&seen, &c);
	CHECK_I64("", seen.value.len, 0);
}

/* The least cost, so that hundreds of refusals take seconds. */
static size_t seal_cheaply(const struct component *c, char file[COMPONENT_FILE_MAX])
{
	struct component_lock lock = { .pin = STR("87654321"),
		                       .random = random_system(),
		                       .cost = COMPONENT_COST_MIN };
	struct writer w = writer_of(file, COMPONENT_FILE_MAX);

	CHECK_OK(component_medium_pin_file()->seal(component_medium_pin_file(), c, &lock, &w));
	return w.len;
}

TEST(an_sm4_component_comes_back_from_its_medium)
{
	const struct component_medium *m = component_medium_pin_file();
	struct component c = component_of(), back = untouched();
	char file[COMPONENT_FILE_MAX];
	size_t len;

	memcpy(c.set, "99", 3);
	c.generation = 99;
	c.algorithm = '4';
	c.count = c.index = 16;
	c.status = COMPONENT_TEST;
	c.value.len = 16;
	len = seal_cheaply(&c, file);
	CHECK_STR("", m->name, "pin-file");
	REQUIRE_OK(m->open(m, (struct str){ file, len }, STR("87654321"), &back));
	check_same(&back, &c);
	CHECK_BYTES("", bytes_of(back.value.at, back.value.len), bytes_of(c.value.at, 16));
}

/* 65 bytes */
#define LONG_PIN "87654321876543218765432187654321876543218765432187654321876543210"

TEST(a_wrong_pin_opens_nothing)
{
	static const char *const pins[] = { "87654322", "8765432",   "876543210",
		                            "",         "87654321 ", LONG_PIN },
	                         *const * pin;
	struct component c = component_of();
	char file[COMPONENT_FILE_MAX];
	size_t len = seal_cheaply(&c, file);

	EACH (pin, pins) {
		struct component back = untouched();

		CHECK_RESULT(*pin, component_open((struct str){ file, len }, str_of(*pin), &back),
		             COMPONENT_PIN);
		check_untouched(*pin, &back);
	}
}

/* Every character changed, and a file that ends too early or too late: refused by its form, or by
 * the tag. */
TEST(a_file_changed_anywhere_does_not_open)
{
	struct component c = component_of(), back = untouched();
	char file[COMPONENT_FILE_MAX + 1];
	size_t len = seal_cheaply(&c, file);
	size_t by_form = 0, by_tag = 0;

	for (size_t i = 0; i < len; i++) {
		result r;

		file[i] ^= 1;
		r = component_open((struct str){ file, len }, STR("87654321"), &back);
		by_form += r.code == COMPONENT_FORM;
		by_tag += r.code == COMPONENT_PIN;
		file[i] ^= 1;
		CHECK_RESULT("cut", component_peek((struct str){ file, i }, &back), COMPONENT_FORM);
	}
	CHECK_I64("", by_form + by_tag, len);
	CHECK(by_form > 80 && by_tag > 80);
	file[len] = '\n';
	CHECK_RESULT("longer", component_peek((struct str){ file, len + 1 }, &back),
	             COMPONENT_FORM);
	check_untouched("", &back);
}

/* TV-36 with `from`, where it stands first, replaced. */
static void change(const char *from, const char *to, char out[COMPONENT_FILE_MAX])
{
	const char *at = strstr(TV36, from);

	ASSERT(at);
	snprintf(out, COMPONENT_FILE_MAX, "%.*s%s%s", (int)(at - TV36), TV36, to,
	         at + strlen(from));
}

TEST(files_of_another_form_are_refused)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ TV36, "" },
		{ SEALED "\n", "" },
		{ SEALED "\n", SEALED "\n\n" },
		{ SEALED "\n", SEALED },
		{ SEALED "\n", SEALED "00\n" },
		{ SEALED "\n", SEALED "\r\n" },
		{ "\n", "\r\n" },
		{ "\n8FF8", "\n8ff8" },
		{ "OC-LMK", " OC-LMK" },
		{ "COMPONENT/1", "COMPONENT/2" },
		{ "set=01", "set=00" },
		{ "set=01", "set=1" },
		{ "set=01", "set=001" },
		{ "gen=1", "gen=0" },
		{ "gen=1", "gen=01" },
		{ "gen=1", "gen=100" },
		{ "gen=1", "gen=257" },
		{ "gen=1", "gen=" },
		{ "alg=A", "alg=T" },
		{ "alg=A", "alg=4" }, /* and a value that is too long for it */
		{ "alg=A", "alg=AA" },
		{ "n=3", "n=1" },
		{ "n=3", "n=17" },
		{ "i=1", "i=0" },
		{ "i=1", "i=4" },
		{ "kcv=B88A", "kcv=b88a" },
		{ "kcv=B88A", "kcv=B8" },
		{ "kcv=B88A", "kcv=G88A" },
		{ "status=live", "status=dead" },
		{ "status=live", "status=" },
		{ "set=01|gen=1", "gen=1|set=01" },
		{ "gen=1", "gen=1|gen=1" },
		{ "|kcv=B88AF8DD20", "" },
		{ "|nonce=", "|x=1|nonce=" },
		{ "0A0B\n", "0A0B|x=1\n" },
		{ "0A0B\n", "0A0B|\n" },
		{ "scrypt:16", "scrypt:13" },
		{ "scrypt:16", "scrypt:19" },
		{ "scrypt:16", "scrypt:016" },
		{ "scrypt:16", "scrypt:4294967312" },
		{ "16:8:1:", "16:9:1:" },
		{ "16:8:1:", "16:8:2:" },
		{ "16:8:1:", "16:8:1" },
		{ "scrypt", "argon2" },
		{ "0E0F|", "0E|" },
		{ "0E0F|", "0e0f|" },
		{ "0E0F|", "0E0F00|" },
		{ "0A0B\n", "0A\n" },
		{ "0A0B\n", "0a0b\n" },
	}, *row;

	EACH (row, rows) {
		struct component c = untouched();
		char file[COMPONENT_FILE_MAX];

		change(row->from, row->to, file);
		CHECK_RESULT(row->to, component_open(str_of(file), STR("123456"), &c),
		             COMPONENT_FORM);
		CHECK_RESULT(row->to, component_peek(str_of(file), &c), COMPONENT_FORM);
		check_untouched(row->to, &c);
	}
}

TEST(pins_and_costs_out_of_range_seal_nothing)
{
	static const struct {
		const char *name;
		struct component_lock lock;
	} rows[] = {
		{ "short", { .pin = { "1234567", 7 } } },
		{ "seven characters", { .pin = { "口令口令口令口", 21 } } },
		{ "short for a test", { .pin = { "12345", 5 }, .pin_min = 6 } },
		{ "long", { .pin = { LONG_PIN, 65 } } },
		{ "cost 13", { .pin = { "12345678", 8 }, .cost = 13 } },
		{ "cost 19", { .pin = { "12345678", 8 }, .cost = 19 } },
	}, *row;

	EACH (row, rows) {
		struct component c = component_of();
		struct component_lock lock = row->lock;
		uint8_t file[COMPONENT_FILE_MAX] = { 0xEE };
		struct writer w = writer_of(file, sizeof file);

		lock.random = &counting;
		CHECK_RESULT(row->name, component_seal(&c, &lock, &w), INVALID_KEY);
		CHECK_I64(row->name, w.len, 0);
		CHECK_I64(row->name, file[0], 0xEE);
	}
}

TEST(components_out_of_range_are_not_sealed)
{
	struct component_lock lock = { .pin = STR("12345678"), .random = &counting, .cost = 14 };
	uint8_t file[COMPONENT_FILE_MAX];
	struct writer w = writer_of(file, sizeof file), small = writer_of(file, 200);
	struct component c[11];

	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[i] = component_of();
	memcpy(c[0].set, "1x", 3);
	memcpy(c[1].set, "123", 3);
	c[2].generation = 100;
	c[3].algorithm = 'T';
	c[4].count = 17;
	c[5].index = 4;
	memcpy(c[6].kcv, "B88AF8DD2g", 11);
	c[7].status = (enum component_status)2;
	c[8].value.len = 16;
	c[9].value.len = 33;
	for (size_t i = 0; i < 10; i++)
		CHECK_RESULT("", component_seal(&c[i], &lock, &w), COMPONENT_FORM);
	CHECK_I64("", w.len, 0);
	CHECK_RESULT("no room", component_seal(&c[10], &lock, &small), BUFFER_FULL);
}

/* --- paper --- */

#define CRC_1 "B8"
#define CRC_2 "A6"
#define CRC_3 "7B"
#define CRC_4 "65"

#define PAPER                                                                                      \
	"0F1E 2D3C 4B5A 6978 " CRC_1 "\n"                                                          \
	"8796 A5B4 C3D2 E1F0 " CRC_2 "\n"                                                          \
	"0011 2233 4455 6677 " CRC_3 "\n"                                                          \
	"8899 AABB CCDD EEFF " CRC_4 "\n"

TEST(paper_is_printed_with_a_check_at_the_end_of_each_line)
{
	struct component c = component_of();
	struct secret check = { .at = "12345678", .len = 16 };
	char text[256] = { 0 };
	struct writer w = writer_of(text, sizeof text - 1), small = writer_of(text, 90);

	CHECK_OK(component_print_paper(&c.value, &w));
	CHECK_STR("", text, PAPER);
	/* The CRC's published check value, F4, is over 123456789; over its first eight C7. */
	w = writer_of(text, sizeof text - 1);
	memset(text, 0, sizeof text);
	CHECK_OK(component_print_paper(&check, &w));
	CHECK_STR("", text, "3132 3334 3536 3738 C7\n0000 0000 0000 0000 00\n");
	check.len = 24;
	CHECK_RESULT("24", component_print_paper(&check, &w), COMPONENT_FORM);
	CHECK_RESULT("small", component_print_paper(&c.value, &small), BUFFER_FULL);
}

TEST(paper_is_read_however_it_is_typed)
{
	static const struct {
		const char *name, *text;
		char algorithm;
	} rows[] = {
		{ "as printed", PAPER, 'A' },
		{ "small, run together",
		  "0f1e2d3c4b5a6978" CRC_1 "8796a5b4c3d2e1f0" CRC_2 "0011223344556677" CRC_3
		  "8899aabbccddeeff" CRC_4,
		  'A' },
		{ "other blanks",
		  "\r\n 0F1E2D3C\t4B5A 69 78" CRC_1 " 8796 A5B4\n\nC3D2E1F0 " CRC_2
		  "\r\n0011 2233 4455 6677 " CRC_3 " 8899AABBCCDDEEFF " CRC_4 "  ",
		  'A' },
		{ "half", "0F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1F0 " CRC_2, '4' },
	}, *row;

	EACH (row, rows) {
		struct secret value = { .len = 0 };
		unsigned line = 9;

		CHECK_OK(component_read_paper(row->algorithm, str_of(row->text), &value, &line));
		CHECK_HEX(row->name, bytes_of(value.at, value.len),
		          row->algorithm == 'A' ? C1 : "0F1E2D3C4B5A69788796A5B4C3D2E1F0");
		CHECK_I64(row->name, line, 0);
	}
}

TEST(a_typing_error_names_its_line)
{
	static const struct {
		const char *name, *text;
		unsigned line;
		char algorithm;
	} rows[] = {
		{ "nothing", "", 1, 'A' },
		{ "first", "1F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1F0 " CRC_2, 1, '4' },
		{ "second", "0F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1F1 " CRC_2, 2, '4' },
		{ "its check", "0F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1F0 FF", 2, '4' },
		{ "a digit too few in the first",
		  "0F1E 2D3C 4B5A 697 " CRC_1 " 8796 A5B4 C3D2 E1F0 " CRC_2, 1, '4' },
		{ "cut off", "0F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1F0", 2, '4' },
		{ "a letter O", "0F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1FO " CRC_2, 2, '4' },
		{ "two changed places", "0F1E 2D3C 4B5A 6978 " CRC_1 " A5B4 8796 C3D2 E1F0 " CRC_2, 2,
		  '4' },
		{ "half of it", "0F1E 2D3C 4B5A 6978 " CRC_1 " 8796 A5B4 C3D2 E1F0 " CRC_2, 3, 'A' },
		{ "too much", PAPER, 3, '4' },
		{ "more behind", PAPER "0", 5, 'A' },
		{ "no such algorithm", PAPER, 1, 'T' },
	}, *row;

	EACH (row, rows) {
		struct secret value = { .at = { 0xEE }, .len = 1 };
		unsigned line = 0;

		CHECK_RESULT(row->name,
		             component_read_paper(row->algorithm, str_of(row->text), &value, &line),
		             COMPONENT_FORM);
		CHECK_I64(row->name, line, row->line);
		CHECK_HEX(row->name, bytes_of(value.at, value.len), "EE");
	}
}

TEST(paper_with_any_digit_changed_names_the_line_it_is_in)
{
	static const char good[] = PAPER;
	char text[sizeof good];
	int wrong = 0;

	for (size_t i = 0; i < sizeof good - 1; i++) {
		struct secret value = { .len = 0 };
		unsigned line = 0;

		if (strchr(" \n", good[i]))
			continue;
		memcpy(text, good, sizeof good);
		text[i] = text[i] == 'F' ? '0' : text[i] == '9' ? 'A' : (char)(text[i] + 1);
		wrong += is_ok(component_read_paper('A', str_of(text), &value, &line)) ||
		         line != i / 23 + 1;
	}
	CHECK_I64("", wrong, 0);
}
