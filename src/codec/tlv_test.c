/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include "base/rand.h"
#include "codec/tlv.h"
#include "codec/ytap_tags.h"

static struct bytes hex(const char *text)
{
	static uint8_t at[512];
	size_t len = strlen(text) / 2;

	ASSERT(len <= sizeof at && is_ok(hex_decode(str_of(text), at, len)));
	return bytes_of(at, len);
}

TEST(tags_are_read_by_name)
{
	struct tlv_map m;

	tlv_map_init(&m,
	             hex("DF01080000000000989683DF030420260901DF0A0102DF0601AADF7F00C10155C10166"));
	CHECK_I64("", tlv_u64(&m, YTAP_TAG_TSN), 0x989683);
	CHECK_I64("", tlv_bcd8(&m, YTAP_TAG_NODE_DATE), 20260901);
	CHECK_I64("", tlv_u8(&m, YTAP_TAG_MODE), 2);
	CHECK_HEX("", tlv_range(&m, YTAP_TAG_CASHIER, 1, 16), "AA");
	CHECK(!tlv_has(&m, YTAP_TAG_ORIGINAL_TSN));
	CHECK(tlv_has(&m, 0xDF7F));
	CHECK_OK(tlv_map_done(&m));
}

TEST(the_first_reading_that_fails_stays)
{
	struct tlv_map m;

	tlv_map_init(&m, hex("DF01080000000000989683"));
	CHECK_I64("", tlv_u32(&m, YTAP_TAG_TSN), 0);
	CHECK_I64("", tlv_u64(&m, YTAP_TAG_ORIGINAL_TSN), 0);
	CHECK_I64("", tlv_u64(&m, YTAP_TAG_TSN), 0x989683);
	CHECK_RESULT("", tlv_map_done(&m), TLV_LENGTH);
	CHECK_STR("", result_last()->text, "tag DF01 TSN");
	tlv_map_init(&m, hex(""));
	CHECK_I64("", tlv_u16(&m, 0xDF70), 0);
	CHECK_RESULT("", tlv_map_done(&m), TLV_MISSING);
	tlv_map_init(&m, hex("DF03042026090A"));
	CHECK_I64("", tlv_bcd8(&m, YTAP_TAG_NODE_DATE), 0);
	CHECK_RESULT("", tlv_map_done(&m), TLV_BROKEN);
}

TEST(malformed_fields_give_nothing)
{
	static const char *const rows[] = {
		"DF", "DF01", "DF0108", "DF01080000", "DF0180", "DF01830000", "DF8101", "DF810101", "00", "0000",
		"DF0181", "DF018200", "DF01820001", "DF010100DF010100", "C1", "DF0101AADF",
	}, *const *row;

	EACH (row, rows) {
		struct tlv_map m;

		tlv_map_init(&m, hex(*row));
		CHECK_I64(*row, m.count, 0);
		CHECK_RESULT(*row, tlv_map_done(&m), TLV_BROKEN);
	}
}

TEST(what_is_written_is_read_back)
{
	static uint8_t value[9999], field[20100];
	static const size_t lens[] = { 0, 1, 127, 128, 255, 256, 9999 }, *len;
	struct writer w = writer_of(field, sizeof field);
	struct reader r;
	struct tlv t;
	size_t size = 0;

	EACH (len, lens) {
		tlv_put(&w, YTAP_TAG_CHUNK, bytes_of(value, *len));
		size += tlv_size(YTAP_TAG_CHUNK, *len);
	}
	tlv_put_u8(&w, 0xDF05, 5);
	tlv_put_u16(&w, 0xDF27, 600);
	tlv_put_u32(&w, 0xDF04, 0x01020304);
	tlv_put_u64(&w, 0xDF01, 0x0102030405060708);
	tlv_put_bcd8(&w, 0xDF03, 20260901);
	CHECK_OK(writer_done(&w));
	r = reader_of(writer_bytes(&w));
	EACH (len, lens) {
		CHECK(tlv_next(&r, &t));
		CHECK_I64("", t.tag, YTAP_TAG_CHUNK);
		CHECK_I64("", t.value.len, *len);
	}
	CHECK_HEX("", bytes_of(r.at, r.left),
	          "DF050105DF27020258DF040401020304DF01080102030405060708DF030420260901");
	CHECK_I64("", size, w.len - r.left);

	tlv_put_bcd8(&w, 0xDF03, 120260901);
	CHECK_RESULT("nine digits", writer_done(&w), BUFFER_FULL);
}

TEST(lengths_are_held_against_the_registry)
{
	static const struct {
		const char *field;
		enum result_code want;
	} rows[] = {
		{ "DF01080000000000000001", SUCCESS },  { "DF010700000000000001", TLV_LENGTH },
		{ "DF7F03010203", SUCCESS },            { "DF330501020304FF", SUCCESS },
		{ "DF330601020304FF00", TLV_LENGTH },   { "DF3300", TLV_LENGTH },
		{ "DF72120102030405060708000102030405060708FF", SUCCESS },
		{ "DF21", TLV_BROKEN },                 { "", SUCCESS },
	}, *row;

	EACH (row, rows)
		CHECK_RESULT(row->field, ytap_tags_check(hex(row->field)), row->want);
	CHECK_STR("", ytap_tag_name(0xDF21), "WRAPPED_TAK");
	CHECK(!ytap_tag_name(0xDF7E));
}

TEST(random_bytes_never_read_past_their_end)
{
	struct random_seeded random;

	random_seeded_init(&random, 11);
	for (int i = 0; i < 20000; i++) {
		uint8_t *field = (uint8_t[64]){ 0 };
		size_t len = random_below(&random, 64);
		struct tlv_map m;
		struct reader r;
		struct tlv t;

		random_fill(&random.source, field, len);
		for (size_t at = 0; at < len && random_below(&random, 2); at += 3)
			field[at] = 0xDF;
		tlv_map_init(&m, bytes_of(field, len));
		r = reader_of(bytes_of(field, len));
		while (tlv_next(&r, &t))
			CHECK(t.value.at + t.value.len <= field + len);
		CHECK(m.count <= TLV_MAP_MAX);
	}
}
