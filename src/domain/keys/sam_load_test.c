/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on their way into SAMs and cards, against the known commands. */
#include "domain/keys/key_fixture.h"
#include "domain/keys/sam_load.h"

#define P3_KEY "00112233445566778899AABBCCDDEEFF"
#define FF16   "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

static struct pboc_key key_of(enum pboc_algorithm algorithm, const char *hex)
{
	struct pboc_key k = { .algorithm = algorithm };

	k.len = (uint8_t)(strlen(hex) / 2);
	CHECK_OK(hex_decode(str_of(hex), k.at, k.len));
	return k;
}

static struct keyblock_header header_of(const char *usage, char algorithm, const char *option)
{
	struct keyblock_header h = { .algorithm = algorithm, .exportability = 'E' };

	str_copy(str_of(usage), h.usage, sizeof h.usage);
	if (option)
		CHECK_OK(keyblock_option_add(&h, "90", str_of(option)));
	return h;
}

/* The product's own card files: change under the control key, 3DES is 00 (card 1.7, 1.9). */
static const struct sam_load_style own_card = {
	.form = SAM_LOAD_CARD, .use = 0xF0, .change = 0x02, .state = 0xAA, .tries = 0x33
};
static const struct sam_load_style first_key = {
	.form = SAM_LOAD_CARD, .use = 0xF0, .change = 0xF0, .state = 0xAA, .tries = 0x33
};

/* keys TV-30; card V14 to V16, V24, P8 */
TEST(keys_go_into_sams_and_cards_by_the_known_commands)
{
	static const struct {
		const char *name;
		const struct sam_load_style *style;
		const char *control, *challenge, *usage, *option, *key, *want;
		enum pboc_algorithm algorithm;
		bool replaces;
	} rows[] = {
		{ "TV-30", &sam_load_fmcos, "57415443484441544174696D65434F53", "01020304", "23",
		  "KI=01;KV=01;LV=1;UID=00000000", "F46F2CC6D31FC37B578DAD8C81C00577",
		  "84D401011C5825ABB6A60F4CD63B4F54A8E10F7737399161C1F67BBE550017A9D6", PBOC_3DES,
		  false },
		{ "V14", &own_card, "AA62EDDD30979CF432171D05340EE614", "AABBCCDD", "20",
		  "KI=01;KV=01;LV=1", "31A9B47CAE62CFB388DA74F5D2951BC4",
		  "84D401011C9DDF9B558F15C8098614F9E46338481A95644FBAF7BA344293F04405", PBOC_3DES,
		  false },
		{ "V15", &first_key, FF16, "AABBCCDD", "30", "KI=00;KV=00;LV=0;UID=1",
		  "3641F6482E5D98D99004FD719D952F40",
		  "84D439001C0C675814C67D3FEE173E672EF48AEA0FF8C48F28EC6CF6765B83BDF1", PBOC_3DES,
		  true },
		{ "V16", &sam_load_sam, "B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF", "AABBCCDD", "20",
		  "KI=01;KV=01;LV=2;UID=0A0B0C0D", "101112131415161718191A1B1C1D1E1F",
		  "84D400001CCABCFB8F0D9944B5A3735B83EA2EC3ED37534FDDC7B1A462D03BBA0A", PBOC_3DES,
		  false },
		{ "V24", &own_card, "C4DFF1FE6BD30305E060BAAD8D30B6A5", "AABBCCDD", "20",
		  "KI=41;KV=41;LV=1;UID=0A0B0C0D", "AC754E85D409A94596F0250459FAC316",
		  "84D4014124D6B7DC13BD877DA336F0E7AF5E72241812910DE40739D1D7B65D6E869656F57B"
		  "929D3081",
		  PBOC_SM4, false },
		{ "P8", &sam_load_sam, P3_KEY, "5D72B3FD", "20", "KI=00;KV=00;LV=1", P3_KEY,
		  "84D400001CDCC0BB5793ABFCA2CA8C1624822F6E01A86A0B5CBED191DD8A9D4ADB", PBOC_3DES,
		  false },
	}, *row;

	EACH (row, rows) {
		struct pboc_key control = key_of(row->algorithm, row->control);
		struct pboc_key key = key_of(row->algorithm, row->key);
		struct keyblock_header h =
		        header_of(row->usage, row->algorithm == PBOC_SM4 ? '4' : 'T', row->option);
		uint8_t challenge[4], out[PBOC_COMMAND_MAX];
		struct writer w = writer_of(out, sizeof out);
		struct sam_load l = { row->style, &control, { challenge, 4 },
			              &h,         &key,     row->replaces };

		CHECK_OK(hex_decode(str_of(row->challenge), challenge, sizeof challenge));
		CHECK_OK(sam_load_command(&l, &w));
		CHECK_HEX(row->name, writer_bytes(&w), row->want);
	}
}

TEST(headers_follow_from_use_levels_version_and_algorithm)
{
	static const struct {
		const struct sam_load_style *style;
		const char *usage, *option, *want;
		char algorithm;
	} rows[] = {
		{ &sam_load_sam, "40", "KI=00;KV=01;LV=0", "000100", 'T' },
		{ &sam_load_sam, "41", "KI=00;KV=01;LV=0", "010100", 'T' },
		{ &sam_load_sam, "20", "KI=00;KV=02;LV=2", "420200", 'T' },
		{ &sam_load_sam, "20", "KI=00;KV=00;LV=1", "220000", 'T' },
		{ &sam_load_sam, "25", "KI=00;KV=01;LV=3", "630100", 'T' },
		{ &sam_load_sam, "26", "KI=00;KV=01;LV=1", "240100", 'T' },
		{ &sam_load_sam, "27", "KI=00;KV=01;LV=1", "250100", 'T' },
		{ &sam_load_sam, "M3", "KI=00;KV=01;LV=0", "060100", 'T' },
		{ &sam_load_sam, "D0", "KI=00;KV=01;LV=2", "470100", 'T' },
		{ &sam_load_sam, "50", "KI=00;KV=41;LV=0", "084104", '4' },
		{ &sam_load_fmcos, "20", "KI=00;KV=41;LV=0", "3EF0F04104", '4' },
		{ &sam_load_fmcos, "21", "KI=00;KV=01;LV=0", "3FF0F00101", 'T' },
		{ &sam_load_fmcos, "22", "KI=00;KV=01;LV=0", "3DF0F00101", 'T' },
		{ &sam_load_fmcos, "24", "KI=00;KV=01;LV=0", "3CF0F00101", 'T' },
		{ &sam_load_fmcos, "25", "KI=00;KV=01;LV=0", "37F0F0FF33", 'T' },
		{ &sam_load_fmcos, "27", "KI=00;KV=01;LV=0", "36F0F0FF33", 'T' },
		{ &sam_load_fmcos, "31", "KI=00;KV=01;LV=0", "39F0F0AA33", 'T' },
	}, *row;

	EACH (row, rows) {
		struct pboc_key key = { .algorithm = row->algorithm == '4' ? PBOC_SM4 : PBOC_3DES };
		struct keyblock_header h = header_of(row->usage, row->algorithm, row->option);
		struct sam_load l = { .style = row->style, .header = &h, .key = &key };
		uint8_t out[PBOC_KEY_HEADER_MAX], len = 0;

		CHECK_OK(sam_load_header(&l, out, &len));
		CHECK_HEX(row->usage, bytes_of(out, len), row->want);
	}
}

TEST(option_90_is_read_whole_or_not)
{
	static const struct {
		const char *text;
		enum result_code code;
	} rows[] = {
		{ "KI=01;KV=02;LV=3;UID=0A0B0C0D", SUCCESS }, { "KI=01;KV=02;LV=3", SUCCESS },
		{ "KI=01;KV=02;LV=4", KEYBLOCK_FORM },        { "KI=01;KV=02", KEYBLOCK_FORM },
		{ "KI=1;KV=02;LV=3", KEYBLOCK_FORM },         { "KI=0G;KV=02;LV=3", KEYBLOCK_FORM },
		{ "KV=01;KI=02;LV=3", KEYBLOCK_FORM },        { "KI=01;KV=02;LV=", KEYBLOCK_FORM },
		{ "KI=01;KV=02;LV=33", KEYBLOCK_FORM },       { "", KEYBLOCK_FORM },
		{ ";;", KEYBLOCK_FORM },                      { "KI=01;KV=02;LV=3X;", KEYBLOCK_FORM },
	}, *row;

	EACH (row, rows) {
		struct sam_load_option o = { .index = 7 };
		result r = sam_load_option_parse(str_of(row->text), &o);

		CHECK_RESULT(row->text, r, row->code);
		CHECK_I64(row->text, o.index, is_ok(r) ? 1 : 7);
		CHECK_I64(row->text, o.levels, is_ok(r) ? 3 : 0);
	}
}

TEST(a_key_that_may_not_go_there_makes_no_command)
{
	struct pboc_key control = key_of(PBOC_3DES, FF16), key = key_of(PBOC_3DES, FF16),
	                sm4 = key_of(PBOC_SM4, FF16), des = key_of(PBOC_3DES, "FFFFFFFFFFFFFFFF");
	struct keyblock_header h = header_of("20", 'T', "KI=01;KV=01;LV=1"), bad;
	uint8_t challenge[8] = { 1 }, out[PBOC_COMMAND_MAX];
	struct writer w = writer_of(out, sizeof out), small = writer_of(out, 10);
	struct sam_load l = { &sam_load_sam, &control, { challenge, 4 }, &h, &key, false }, x;

#define REFUSED(label_, change_, code_)                                                            \
	do {                                                                                       \
		x = l;                                                                             \
		change_;                                                                           \
		CHECK_RESULT(label_, sam_load_command(&x, &w), code_);                             \
		CHECK_I64(label_, w.len, 0);                                                       \
	} while (0)
	REFUSED("SM4 of a TDES block", x.key = &sm4, KEY_USE);
	REFUSED("8 bytes", x.key = &des, INVALID_KEY);
	REFUSED("control of 8 bytes", x.control = &des, INVALID_KEY);
	REFUSED("challenge", x.challenge.len = 5, INVALID_BYTES);
	bad = h;
	bad.exportability = 'N';
	REFUSED("never leaves", x.header = &bad, KEY_USE);
	bad = header_of("20", 'T', NULL);
	REFUSED("no option", x.header = &bad, KEYBLOCK_FORM);
	bad = header_of("20", 'T', "KI=01");
	REFUSED("option", x.header = &bad, KEYBLOCK_FORM);
	bad = header_of("30", 'T', "KI=01;KV=01;LV=1");
	REFUSED("a card's control key", x.header = &bad, KEY_USE);
	bad = header_of("42", 'T', "KI=01;KV=01;LV=1");
	REFUSED("transport key", x.header = &bad, KEY_USE);
	bad = header_of("40", 'T', "KI=01;KV=01;LV=1");
	REFUSED(
	        "a SAM's on a card",
	        {
		        x.header = &bad;
		        x.style = &sam_load_fmcos;
	        },
	        KEY_USE);
	CHECK_RESULT("no room", sam_load_command(&l, &small), BUFFER_FULL);
	CHECK_OK(sam_load_command(&l, &w));
	CHECK_I64("", w.len, 5 + 24 + 4);
}

/* --- keys of the store --- */

static const struct pboc_factors sam_number = { { { 0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 } },
	                                        1 };

/* The SAM's own key of a root that opens here. */
static result child_of(struct working_key *root, struct pboc_key *out)
{
	return working_key_diversify(root, &sam_number, out);
}

KEY_TEST_BOTH(keys_of_the_store_go_into_a_sam_as_their_blocks_say)
{
	/* keys TV-18's root and TV-30's control key */
	static const uint8_t roots[2][16] = {
		{ 0x57, 0x41, 0x54, 0x43, 0x48, 0x44, 0x41, 0x54, 0x41, 0x74, 0x69, 0x6D, 0x65,
		  0x43, 0x4F, 0x53 },
		{ 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22, 0x22,
		  0x22, 0x22, 0x22 },
	};
	static const uint8_t challenge[4] = { 1, 2, 3, 4 };
	struct key_order order = { .card_ki = 1, .card_kv = 2, .at_once = true };
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(working_key_close) struct working_key *control = NULL, *purchase = NULL;
	struct working_key **const opened[] = { &control, &purchase };
	uint8_t out[PBOC_COMMAND_MAX], want[PBOC_COMMAND_MAX];
	struct writer w = writer_of(out, sizeof out), other = writer_of(want, sizeof want);
	struct pboc_key keys[2];
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		struct key_definition k =
		        key_fixture_define(&f, i ? "C.EP.DPK" : "C.SAM.CTL", i ? "20" : "40", 'T',
		                           112, PRODUCT_IN_HOST);

		CHECK_OK(KEY_CHANGE(
		        &f, key_version_store(act, &k, &order, bytes_of(roots[i], 16), NULL, &v)));
		REQUIRE_OK(key_version_open(&f.ring, &v, opened[i]));
		CHECK_OK(child_of(*opened[i], &keys[i]));
	}
	struct sam_load l = { &sam_load_sam,    &keys[0],
		              { challenge, 4 }, working_key_header(purchase),
		              &keys[1],         false };
	struct pboc_key_load load = { .header = { 0x22, 0x02, 0x00 },
		                      .header_len = 3,
		                      .key = &keys[1] };

	CHECK_OK(sam_load_command(&l, &w));
	CHECK_OK(pboc_write_key(&keys[0], l.challenge, &load, &other));
	CHECK_BYTES("one level, version 2", writer_bytes(&w), writer_bytes(&other));
}
