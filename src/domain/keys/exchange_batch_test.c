/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files into the store: the published one (TV-22), every byte of it changed, and files that
 * are right but for one thing. All or nothing, and once (keys 20.3 no. 8). */
#include <stdio.h>

#include "domain/keys/exchange_testkit.h"

#define BLOCK_22                                                                                   \
	"D011220TX01E002011054A028853CDC10672DAD5BF9F06151E3C12ACDEF79D6F301D0E54AE07499F777B663F" \
	"91D716AA352BF76C5E0372F4"

static const char tv22[] = "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n"
                           "K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20311121|" BLOCK_22 "\n"
                           "E|1|9B5D157AA832043C3020B4435E51BEB3";

/* --- TV-22 --- */

/* The transport key of TV-22 and the definition of its key. */
static int64_t open_22(struct key_fixture *f, enum product_place place, struct key_definition *k)
{
	*k = exchange_kit_define(f, "CAMPUS01.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	return exchange_kit_zmk(f,
	                        place == PRODUCT_IN_HOST ? "CAMPUS01.KEK.ZMK" : "CAMPUS01.KED.ZMK",
	                        "A256BE", vector(EXCHANGE_VECTORS, "kbpk-aes"), place);
}

KEY_TEST_BOTH(the_published_batch_is_imported)
{
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(key_fixture_close) struct key_fixture f;
		struct exchange_batch_result r;
		struct key_label label = { "CAMPUS01", "EP", "DPK", 1 };
		struct key_definition k;
		struct key_version v;

		REQUIRE(key_fixture_open(&f, engine, true));
		int64_t zmk = open_22(&f, (enum product_place)place, &k);
		CHECK_OK(exchange_kit_import(&f, zmk, str_of(tv22), &r));
		CHECK_I64("imported", r.imported, 1);
		CHECK_I64("skipped", r.skipped, 0);
		CHECK_STR("", r.header.batch, "TEST0001");
		CHECK_OK(KEY_CHANGE(&f, key_version_find(act->tx, &label, f.now, &k, &v)));
		CHECK_STR("the published check value", v.kcv, "D2B91C");
		CHECK_I64("origin", v.origin, KEY_FROM_BATCH);
		/* 2026-11-22 00:00 to the end of 2031-11-21, +08:00 */
		CHECK_I64("from", v.activate_at.us, 1795276800000000);
		CHECK_I64("to", v.protect_until.us, 1953043200000000);
		CHECK_I64("before", key_version_state_at(&v, f.now), KEY_PRE);
		CHECK_I64("from on", key_version_state_at(&v, v.activate_at), KEY_ACTIVE);
		CHECK_I64("after", key_version_state_at(&v, v.protect_until), KEY_DEACTIVATED);
	}
}

/* The value itself as it is published: in the store it would get odd parity. */
static result write_22(struct key_act *act, int64_t zmk, struct random_source *random,
                       struct buf *out)
{
	SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
	struct keyblock_header own = { 'D', "20", 'T', 'X', "01", 'E', '1', "" };
	struct exchange_face face = { .own = &own, .label = "", .bare = true };
	struct exchange_block block;
	struct ockx_row row;
	struct ockx o;
	uint8_t value[16], mac[MAC_FULL_SIZE];
	size_t len;

	TRY(hex_decode(STR(EXCHANGE_K20), value, sizeof value));
	TRY(kcv_of_secret('T', KCV_ECB, bytes_of(value, sizeof value), &face.kcv));
	TRY(exchange_zmk_open(act, zmk, KEY_TO_PROTECT, &z));
	TRY(exchange_seal(&z, &face, bytes_of(value, sizeof value), random, &block));
	TRY(ockx_open(str_of(tv22), &o, NULL));
	CHECK(ockx_next(&o, &row));
	row.block = (struct str){ block.text, block.len };
	str_copy(str_of(block.kcv), row.check, sizeof row.check);
	TRY(ockx_put_header(out, &o.header));
	TRY(ockx_put_row(out, 1, &row));
	TRY(ockx_put_end(out, 1));
	TRY(exchange_zmk_mac(&z, buf_text(out), mac, &len));
	return ockx_put_mac(out, bytes_of(mac, len));
}

KEY_TEST_BOTH(the_published_batch_is_made_byte_for_byte)
{
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(key_fixture_close) struct key_fixture f;
		SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
		struct exchange_pads pads = exchange_kit_pads("303132333435363738393A3B3C3D");
		struct key_definition k;

		REQUIRE(key_fixture_open(&f, engine, true));
		int64_t zmk = open_22(&f, (enum product_place)place, &k);
		CHECK_OK(KEY_CHANGE(&f, write_22(act, zmk, &pads.source, &out)));
		CHECK_BYTES("TV-22", buf_bytes(&out), str_bytes(str_of(tv22)));
		CHECK_I64("pad", pads.used, pads.len);
	}
}

/* What follows from a transport key is the same whether it is here or in a device. */
KEY_TEST_BOTH(the_published_mac_keys_follow_from_both_transport_keys)
{
	static const struct {
		const char *what, *value, *mac;
		char algorithm;
		enum mac_kind kind;
	} rows[] = {
		{ "A256BE", "kbpk-aes", "batch-mac-aes", 'A', MAC_AES_CMAC },
		{ "T112BE", "zmk-tdes", "batch-mac-tdes", 'T', MAC_TDES_CMAC },
	}, *row;
	SCOPED(key_fixture_close) struct key_fixture f;

	REQUIRE(key_fixture_open(&f, engine, true));
	EACH (row, rows)
		for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
			SCOPED(exchange_zmk_close) struct exchange_zmk z = { 0 };
			SCOPED(mac_key_deinit) struct mac_key k = { 0 };
			uint8_t want[MAC_FULL_SIZE], got[MAC_FULL_SIZE] = { 0 };
			char label[] = "C.KEH.ZMKA";
			size_t len = 0;

			label[4] = place == PRODUCT_IN_HOST ? 'H' : 'D';
			label[9] = row->algorithm;
			int64_t id = exchange_kit_zmk(&f, label, row->what,
			                              vector(EXCHANGE_VECTORS, row->value),
			                              (enum product_place)place);
			REQUIRE_OK(mac_key_init(&k, row->kind, vector(EXCHANGE_VECTORS, row->mac)));
			mac_once(&k, str_bytes(str_of(tv22)), want);
			CHECK_OK(KEY_CHANGE(&f, exchange_zmk_open(act, id, KEY_TO_PROCESS, &z)));
			CHECK_I64("place", working_key_in_device(z.key),
			          place == PRODUCT_IN_DEVICE);
			CHECK_OK(exchange_zmk_mac(&z, str_of(tv22), got, &len));
			CHECK_BYTES(label, bytes_of(got, len), bytes_of(want, k.block_size));
		}
}

KEY_TEST_BOTH(no_changed_byte_and_no_cut_of_the_published_batch_is_imported)
{
	static const uint8_t changes[] = { 0x01, 0x20, 0x80 };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;
	struct key_definition k;
	char text[sizeof tv22];

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_22(&f, PRODUCT_IN_HOST, &k);
	struct exchange_counts before = exchange_kit_counts(&f);
	for (size_t at = 0; at + 1 < sizeof tv22; at++) {
		CHECK(!is_ok(exchange_kit_import(&f, zmk, (struct str){ tv22, at }, &r)));
		for (size_t i = 0; i < sizeof changes; i++) {
			memcpy(text, tv22, sizeof text);
			text[at] = (char)(text[at] ^ changes[i]);
			result done = exchange_kit_import(
			        &f, zmk, (struct str){ text, sizeof text - 1 }, &r);
			if (is_ok(done))
				test_note("place %zu, change %02X", at, changes[i]);
			CHECK(!is_ok(done));
		}
	}
	exchange_kit_same("nothing came of it", &f, before);
	CHECK_OK(exchange_kit_import(&f, zmk, str_of(tv22), &r));
}

/* --- once --- */

KEY_TEST_BOTH(a_batch_is_imported_once)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(buf_free) struct buf other = { 0 };
	struct exchange_forged row = {
		"EP", "DPK", EXCHANGE_K20, 7, 112, "20", NULL, 'T', 'X', 'E'
	};
	struct exchange_batch_result r;
	struct key_definition k;
	char fed[sizeof tv22 + 1];

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_22(&f, PRODUCT_IN_HOST, &k);
	REQUIRE_OK(exchange_kit_import(&f, zmk, str_of(tv22), &r));
	struct exchange_counts after = exchange_kit_counts(&f);
	CHECK_OK(exchange_kit_import(&f, zmk, str_of(tv22), &r));
	CHECK(r.done_before && r.imported == 0 && r.skipped == 0);
	snprintf(fed, sizeof fed, "%s\n", tv22);
	CHECK_OK(exchange_kit_import(&f, zmk, str_of(fed), &r));
	CHECK(r.done_before);
	exchange_kit_same("again", &f, after);
	other = exchange_kit_forge(&f, zmk, "TEST0001", &row, 1);
	CHECK_RESULT("another file", exchange_kit_import(&f, zmk, buf_text(&other), &r),
	             EXCHANGE_BATCH_OTHER);
	CHECK(!r.done_before);
	exchange_kit_same("another file", &f, after);
}

/* --- files that are right but for one thing --- */

#define WEAK_1 "01010101010101010123456789ABCDEF"
#define SEMI_1 "01FE01FE01FE01FE0123456789ABCDEF"
#define SAME_2 "0123456789ABCDEF0123456789ABCDEF"
#define AES_16 "000102030405060708090A0B0C0D0E0F"
#define TWO_3  "0123456789ABCDEFFEDCBA98765432100123456789ABCDEF"
#define SM4_16 "0123456789ABCDEFFEDCBA9876543210"

static const struct wrong {
	const char *what;
	enum result_code code;
	bool define;
	struct exchange_forged row;
} wrongs[] = {
	{ "check value",
	  KEY_CHECK_VALUE,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "20", "D2B91D", 'T', 'X', 'E' } },
	{ "check value, right on three bytes of four",
	  KEY_CHECK_VALUE,
	  false,
	  { "EP", "SM4", SM4_16, 1, 128, "20", "2677F46C", '4', 'X', 'E' } },
	{ "check value in the block",
	  KEY_CHECK_VALUE,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'E', .option = "00D2B91D" } },
	{ "weak half",
	  KEY_WEAK,
	  false,
	  { "EP", "DPK", WEAK_1, 1, 112, "20", NULL, 'T', 'X', 'E' } },
	{ "semi-weak half",
	  KEY_WEAK,
	  false,
	  { "EP", "DPK", SEMI_1, 1, 112, "20", NULL, 'T', 'X', 'E' } },
	{ "both halves equal",
	  KEY_WEAK,
	  false,
	  { "EP", "DPK", SAME_2, 1, 112, "20", NULL, 'T', 'X', 'E' } },
	{ "first and third part equal",
	  KEY_WEAK,
	  false,
	  { "EP", "DTK", TWO_3, 1, 168, "23", NULL, 'T', 'X', 'E' } },
	{ "one byte",
	  KEY_WEAK,
	  false,
	  { "EP", "AES", "55555555555555555555555555555555", 1, 128, "33", NULL, 'A', 'X', 'E' } },
	{ "no such key",
	  CATALOG_NOT_FOUND,
	  false,
	  { "EP", "NONE", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'E' } },
	{ "no such product",
	  CATALOG_NOT_FOUND,
	  true,
	  { "NONE", "DPK", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'E' } },
	{ "another use than defined",
	  EXCHANGE_DEFINITION,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "21", NULL, 'T', 'X', 'E' } },
	{ "another use in the block",
	  EXCHANGE_DEFINITION,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'E', .block_usage = "21" } },
	{ "another algorithm",
	  EXCHANGE_DEFINITION,
	  false,
	  { "EP", "DPK", SM4_16, 1, 112, "20", NULL, '4', 'X', 'E' } },
	{ "other bits",
	  EXCHANGE_DEFINITION,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 168, "20", NULL, 'T', 'X', 'E' } },
	{ "another length in the block",
	  KEY_LENGTH,
	  false,
	  { "EP", "AES", "000102030405060708090A0B0C0D0E0F1011121314151617", 1, 128, "33", "001122",
	    'A', 'X', 'E' } },
	{ "another mode",
	  EXCHANGE_DEFINITION,
	  false,
	  { "EP", "QR", AES_16, 1, 128, "36", NULL, 'A', 'X', 'E' } },
	{ "may not leave again, here it may",
	  EXCHANGE_EXPORTABILITY,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'N' } },
	{ "block for storage",
	  EXCHANGE_CONTEXT,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'E', .context = '1' } },
	{ "block of another version",
	  EXCHANGE_VERSION,
	  false,
	  { "EP", "DPK", EXCHANGE_K20, 1, 112, "20", NULL, 'T', 'X', 'E', .block_version = 'B' } },
	{ "a definition that cannot be",
	  KEY_LENGTH,
	  true,
	  { "EP", "NEW", TWO_3, 1, 999, "20", NULL, 'T', 'X', 'E' } },
};

/* Issuer C with product EP: keys of several algorithms. */
static int64_t open_c(struct key_fixture *f, const char *what, struct bytes zmk)
{
	exchange_kit_define(f, "C.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	exchange_kit_define(f, "C.EP.DTK", "23", "T168XE", PRODUCT_IN_HOST);
	exchange_kit_define(f, "C.EP.SM4", "20", "4128XE", PRODUCT_IN_HOST);
	exchange_kit_define(f, "C.EP.AES", "33", "A128XE", PRODUCT_IN_HOST);
	exchange_kit_define(f, "C.EP.QR", "36", "A128CE", PRODUCT_IN_HOST);
	exchange_kit_define(f, "C.EP.BIG", "D0", "A256BE", PRODUCT_IN_HOST);
	return exchange_kit_zmk(f, "C.KEK.ZMK", what, zmk, PRODUCT_IN_HOST);
}

static int64_t open_c_aes(struct key_fixture *f)
{
	return open_c(f, "A256BE", vector(EXCHANGE_VECTORS, "kbpk-aes"));
}

static result import_defining(struct key_fixture *f, int64_t zmk, struct str file, bool define,
                              struct exchange_batch_result *r)
{
	struct exchange_batch_wish wish = { .zmk = zmk, .define_missing = define };

	return KEY_CHANGE(f, exchange_batch_import(act, &wish, file, r));
}

/* The wrong row stands last, behind one that is right: nothing of that one stays either. */
KEY_TEST_BOTH(one_wrong_key_stops_the_batch_and_is_named)
{
	static const struct exchange_forged good = { "EP", "DPK", SM4_16, 9,   112,
		                                     "20", NULL,  'T',    'X', 'E' };
	SCOPED(key_fixture_close) struct key_fixture f;
	const struct wrong *w;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	struct exchange_counts before = exchange_kit_counts(&f);
	EACH (w, wrongs) {
		struct exchange_forged rows[] = { good, w->row };
		SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, zmk, "WRONG", rows, 2);
		struct exchange_batch_result r;

		CHECK_RESULT(w->what, import_defining(&f, zmk, buf_text(&file), w->define, &r),
		             w->code);
		CHECK_I64(w->what, r.fault.line, 3);
		CHECK(strstr(result_last()->text, "line 3") != NULL);
		CHECK_I64("none counted", r.imported + r.skipped + r.defined, 0);
		exchange_kit_same(w->what, &f, before);
	}
}

KEY_TEST_BOTH(check_values_of_either_type_and_of_three_bytes_are_taken)
{
	static const struct exchange_forged rows[] = {
		{ "EP", "SM4", SM4_16, 1, 128, "20", "2677F46B", '4', 'X', 'E' },
		{ "EP", "SM4", SM4_16, 2, 128, "20", "2677F4", '4', 'X', 'E' },
		{ "EP", "SM4", SM4_16, 3, 128, "20", "909F5E6ED1", '4', 'X', 'E',
		  .option = "01909F5E6ED1" },
		{ "EP", "AES", "3F419E1CB7079442AA37474C2EFBF8B8", 1, 128, "33", "08793E25AB", 'A',
		  'X', 'E' },
		{ "EP", "DPK", SM4_16, 1, 112, "20", "08D7B4", 'T', 'X', 'E',
		  .option = "0008D7B4" },
		{ "EP", "DPK", SM4_16, 2, 112, "20", "08D7B4F79A", 'T', 'X', 'S' },
	};
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	SCOPED(buf_free)
	struct buf file = exchange_kit_forge(&f, zmk, "CHECKS", rows, ARRAY_LEN(rows));
	CHECK_OK(exchange_kit_import(&f, zmk, buf_text(&file), &r));
	CHECK_I64("imported", r.imported, ARRAY_LEN(rows));
}

KEY_TEST_BOTH(the_transport_key_must_be_the_one_and_strong_enough)
{
	static const struct exchange_forged big = { "EP", "BIG", AES_16 AES_16, 1,   256,
		                                    "D0", NULL,  'A',           'B', 'E' };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;
	uint8_t other[32];

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	random_fill(&f.random.source, other, sizeof other);
	int64_t wrong = exchange_kit_zmk(&f, "C.KEK.ZMK2", "A256BE", bytes_of(other, 32),
	                                 PRODUCT_IN_DEVICE);
	int64_t small =
	        exchange_kit_zmk(&f, "C.KEK.ZMK3", "A128BE", bytes_of(other, 16), PRODUCT_IN_HOST);
	struct key_definition data =
	        exchange_kit_define(&f, "C.KEK.DATA", "D0", "A256BE", PRODUCT_IN_HOST);
	int64_t no_zmk = exchange_kit_store(&f, &data, vector(EXCHANGE_VECTORS, "kbpk-aes"));
	struct key_definition out_only =
	        exchange_kit_define(&f, "C.KEK.OUT", "K0", "A256EE", PRODUCT_IN_HOST);
	int64_t out = exchange_kit_store(&f, &out_only, vector(EXCHANGE_VECTORS, "kbpk-aes"));
	SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, zmk, "ONE", &big, 1);
	SCOPED(buf_free) struct buf weak = exchange_kit_forge(&f, small, "TWO", &big, 1);
	struct exchange_counts before = exchange_kit_counts(&f);

	CHECK_RESULT("another", exchange_kit_import(&f, wrong, buf_text(&file), &r),
	             EXCHANGE_ZMK_OTHER);
	CHECK_RESULT("of another use", exchange_kit_import(&f, no_zmk, buf_text(&file), &r),
	             EXCHANGE_ZMK);
	CHECK_RESULT("for export only", exchange_kit_import(&f, out, buf_text(&file), &r),
	             EXCHANGE_ZMK);
	CHECK_RESULT("unknown", exchange_kit_import(&f, 9999, buf_text(&file), &r), KEY_NOT_FOUND);
	CHECK_RESULT("too weak", exchange_kit_import(&f, small, buf_text(&weak), &r),
	             EXCHANGE_STRENGTH);
	CHECK_I64("line", r.fault.line, 2);
	exchange_kit_same("", &f, before);
	CHECK_OK(KEY_CHANGE(&f, key_setting_set(act->tx, exchange_strict_setting, "off")));
	CHECK_OK(exchange_kit_import(&f, small, buf_text(&weak), &r));
	CHECK_OK(exchange_kit_import(&f, zmk, buf_text(&file), &r));
	CHECK_I64("there already", r.skipped, 1);
}

KEY_TEST_BOTH(a_transport_key_that_may_not_be_used_any_more_opens_nothing)
{
	static const struct exchange_forged row = { "EP", "DPK", SM4_16, 1,   112,
		                                    "20", NULL,  'T',    'X', 'E' };
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;
	struct key_definition k;
	struct key_version v;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, zmk, "ONE", &row, 1);
	CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, zmk, &v)));
	CHECK_OK(KEY_CHANGE(&f, key_definition_load(act->tx, v.key, &k)));
	CHECK_OK(KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_SUSPENDED)));
	CHECK_RESULT("suspended", exchange_kit_import(&f, zmk, buf_text(&file), &r), KEY_STATE);
	CHECK_OK(KEY_CHANGE(&f, key_version_load(act->tx, zmk, &v)));
	CHECK_OK(KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_DEACTIVATED)));
	CHECK_OK(exchange_kit_import(&f, zmk, buf_text(&file), &r));
	CHECK_I64("deactivated still opens", r.imported, 1);
}

/* --- rows beside each other, and what is there --- */

KEY_TEST_BOTH(equal_versions_are_skipped_and_others_stop_the_batch)
{
	struct exchange_forged rows[] = {
		{ "EP", "DPK", SM4_16, 1, 112, "20", NULL, 'T', 'X', 'E' },
		{ "EP", "DPK", EXCHANGE_K20, 2, 112, "20", NULL, 'T', 'X', 'E' },
		{ "EP", "SM4", SM4_16, 1, 128, "20", NULL, '4', 'X', 'E' },
	};
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	SCOPED(buf_free) struct buf first = exchange_kit_forge(&f, zmk, "FIRST", rows, 1);
	SCOPED(buf_free) struct buf all = exchange_kit_forge(&f, zmk, "ALL", rows, 3);
	rows[0].value = EXCHANGE_K20;
	SCOPED(buf_free) struct buf other = exchange_kit_forge(&f, zmk, "OTHER", rows, 3);
	REQUIRE_OK(exchange_kit_import(&f, zmk, buf_text(&first), &r));
	struct exchange_counts before = exchange_kit_counts(&f);
	CHECK_RESULT("another value", exchange_kit_import(&f, zmk, buf_text(&other), &r),
	             EXCHANGE_OTHER_VALUE);
	CHECK_I64("line", r.fault.line, 2);
	exchange_kit_same("another value", &f, before);
	CHECK_OK(exchange_kit_import(&f, zmk, buf_text(&all), &r));
	CHECK_I64("imported", r.imported, 2);
	CHECK_I64("skipped", r.skipped, 1);
	struct exchange_counts after = exchange_kit_counts(&f);
	CHECK_I64("values", after.values, before.values + 2);
	CHECK_I64("one audit line", after.lines, before.lines + 1);
}

KEY_TEST_BOTH(missing_definitions_are_made_where_that_is_wished)
{
	struct exchange_forged rows[] = {
		{ "EP", "NEW", SM4_16, 2, 112, "21", NULL, 'T', 'X', 'S' },
		{ "EP", "NEW", EXCHANGE_K20, 1, 112, "21", NULL, 'T', 'X', 'S' },
		{ "EP", "MAC", AES_16, 1, 128, "M6", NULL, 'A', 'C', 'N' },
	};
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_label label = { "C", "EP", "NEW", 0 };
	struct exchange_batch_result r;
	struct key_definition k;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, zmk, "NEW", rows, 3);
	struct exchange_counts before = exchange_kit_counts(&f);
	CHECK_RESULT("not wished", import_defining(&f, zmk, buf_text(&file), false, &r),
	             CATALOG_NOT_FOUND);
	rows[1].exported = 'E';
	SCOPED(buf_free) struct buf split = exchange_kit_forge(&f, zmk, "SPLIT", rows, 3);
	CHECK_RESULT("two of one name", import_defining(&f, zmk, buf_text(&split), true, &r),
	             EXCHANGE_DEFINITION);
	exchange_kit_same("", &f, before);
	CHECK_OK(import_defining(&f, zmk, buf_text(&file), true, &r));
	CHECK_I64("imported", r.imported, 3);
	CHECK_I64("defined", r.defined, 2);
	CHECK_OK(KEY_CHANGE(&f, key_definition_find(act->tx, &label, &k)));
	CHECK_STR("usage", k.usage, "21");
	CHECK_I64("mode", k.mode, 'X');
	CHECK_I64("exportability", k.exportability, 'S');
	CHECK_I64("bits", k.bits, 112);
}

KEY_TEST_BOTH(a_version_that_is_there_twice_stops_the_batch)
{
	struct exchange_forged rows[] = {
		{ "EP", "DPK", SM4_16, 1, 112, "20", NULL, 'T', 'X', 'E' },
		{ "EP", "DPK", SM4_16, 2, 112, "20", NULL, 'T', 'X', 'E' },
		{ "EP", "DPK", SM4_16, 1, 112, "20", NULL, 'T', 'X', 'E' },
	};
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, zmk, "TWICE", rows, 3);
	struct exchange_counts before = exchange_kit_counts(&f);
	CHECK_RESULT("", exchange_kit_import(&f, zmk, buf_text(&file), &r), EXCHANGE_DUPLICATE);
	CHECK_I64("the later one", r.fault.line, 4);
	exchange_kit_same("", &f, before);
}

KEY_TEST_BOTH(an_issuer_that_is_not_there_gets_nothing)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	CHECK_RESULT("CAMPUS01", import_defining(&f, zmk, str_of(tv22), true, &r),
	             CATALOG_NOT_FOUND);
	CHECK_RESULT("no batch file", import_defining(&f, zmk, STR("key"), true, &r), OCKX_FORM);
	CHECK_I64("line", r.fault.line, 1);
}

/* --- cut off, stopped --- */

static const struct exchange_forged three[] = {
	{ "EP", "DPK", SM4_16, 1, 112, "20", NULL, 'T', 'X', 'E' },
	{ "EP", "SM4", SM4_16, 1, 128, "20", NULL, '4', 'X', 'E' },
	{ "EP", "AES", AES_16, 1, 128, "33", NULL, 'A', 'X', 'E' },
};

/* keys 20.3 no. 8. The process is gone before its commit: so is the transaction. */
KEY_TEST_BOTH(an_import_that_was_cut_off_leaves_nothing_and_can_be_repeated)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_wish wish = { 0 };
	struct exchange_batch_result r;

	REQUIRE(key_fixture_open(&f, engine, true));
	wish.zmk = open_c_aes(&f);
	SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, wish.zmk, "THREE", three, 3);
	struct exchange_counts before = exchange_kit_counts(&f);
	CHECK_OK(exchange_batch_import(key_fixture_begin(&f), &wish, buf_text(&file), &r));
	CHECK_I64("imported, so far", r.imported, 3);
	db_close(f.db);
	f.db = NULL;
	REQUIRE_OK(db_open(str_of(f.dsn), DB_RELAXED | DB_KMS, &f.db));
	exchange_kit_same("cut off", &f, before);
	CHECK_OK(exchange_kit_import(&f, wish.zmk, buf_text(&file), &r));
	CHECK_I64("imported", r.imported, 3);
	CHECK(!r.done_before);
	CHECK_OK(exchange_kit_import(&f, wish.zmk, buf_text(&file), &r));
	CHECK(r.done_before);
	CHECK_I64("once", exchange_kit_counts(&f).values, before.values + 3);
}

struct watch {
	size_t calls, last, total, stop_at;
};

static bool step(void *owner, size_t done, size_t total)
{
	struct watch *w = owner;

	w->calls++;
	w->last = done;
	w->total = total;
	return done != w->stop_at;
}

KEY_TEST_BOTH(an_import_shows_how_far_it_is_and_stops_when_told)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct exchange_batch_result r;

	REQUIRE(key_fixture_open(&f, engine, true));
	int64_t zmk = open_c_aes(&f);
	SCOPED(buf_free) struct buf file = exchange_kit_forge(&f, zmk, "THREE", three, 3);
	struct exchange_counts before = exchange_kit_counts(&f);
	for (size_t stop = 1; stop <= 7; stop++) {
		struct watch w = { .stop_at = stop };
		struct exchange_batch_wish wish = { .zmk = zmk, .progress = { step, &w } };
		result done =
		        KEY_CHANGE(&f, exchange_batch_import(act, &wish, buf_text(&file), &r));

		CHECK_I64("total", w.total, 6);
		CHECK_I64("calls", w.calls, stop < 7 ? stop : 6);
		CHECK_I64("in steps of one", w.last, w.calls);
		CHECK_STR("", result_name(done), stop < 7 ? "EXCHANGE_STOPPED" : "SUCCESS");
		if (stop < 7)
			exchange_kit_same("stopped", &f, before);
	}
	CHECK_I64("imported", r.imported, 3);
}
