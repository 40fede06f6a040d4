/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files out of the store, and into another one. */
#include <stdio.h>

#include "domain/keys/exchange_testkit.h"

enum { VERSIONS_MAX = 16 };

static result export_batch(struct key_fixture *f, const struct exchange_batch_order *o,
                           struct buf *out, struct exchange_batch_made *made)
{
	return KEY_CHANGE(f, exchange_batch_export(act, o, out, made));
}

/* --- the form of TV-22 --- */

/* All of the published file but what depends on the value's parity: block and MAC. */
KEY_TEST_BOTH(an_exported_batch_has_the_form_of_the_published_one)
{
	static const char head[] =
	        "OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\n"
	        "K|1|EP|DPK|01|20|T|112|D2B91C|20261122|20311121|D011220TX01E0020";
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
	struct exchange_pads pads = exchange_kit_pads("303132333435363738393A3B3C3D");
	struct exchange_batch_made made;
	struct key_version v = { 0 };
	uint8_t value[16];

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        exchange_kit_define(&f, "CAMPUS01.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	k.period_days = 5 * 365 + 1;                                      /* to 2031-11-21 */
	struct key_order order = { .activate_at = { 1795276800000000 } }; /* 2026-11-22 */
	REQUIRE_OK(hex_decode(STR(EXCHANGE_K20), value, sizeof value));
	REQUIRE_OK(KEY_CHANGE(
	        &f, key_version_store(act, &k, &order, bytes_of(value, sizeof value), NULL, &v)));
	struct exchange_batch_order o = {
		.zmk = exchange_kit_zmk(&f, "CAMPUS01.KEK.ZMK", "A256BE",
		                        vector(EXCHANGE_VECTORS, "kbpk-aes"), PRODUCT_IN_DEVICE),
		.versions = &v.id,
		.count = 1,
		.code = "TEST0001",
		.bare = true
	};
	f.now.us = 1795342500000000; /* 2026-11-22 10:15:00 UTC */
	struct key_act *act = key_fixture_begin(&f);
	act->random = &pads.source;
	CHECK_OK(exchange_batch_export(act, &o, &out, &made));
	key_fixture_commit(&f);
	REQUIRE(out.len > sizeof head);
	CHECK_BYTES("", bytes_of(out.at, sizeof head - 1), bytes_of(head, sizeof head - 1));
	CHECK_I64("pad", pads.used, pads.len);
	CHECK_I64("nothing behind the MAC", out.at[out.len - 33], '|');
}

/* --- from one store into another --- */

struct known {
	const char *label, *usage, *what, *value; /* value NULL: generated */
};

static const struct known known_keys[] = {
	{ "C.EP.DPK", "20", "T112XE", "0123456789ABCDEFFEDCBA9876543210" },
	{ "C.EP.DTK", "23", "T168XS", "0123456789ABCDEFFEDCBA9876543210456789ABCDEF0123" },
	{ "C.EP.SM4", "20", "4128XE", "0123456789ABCDEFFEDCBA9876543210" },
	{ "C.EP.AES", "33", "A128XE", "3F419E1CB7079442AA37474C2EFBF8B8" },
	{ "C.EP.BIG", "M6", "A256CE",
	  "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE7" },
	{ "C.EP.MID", "K0", "A192BE", "000102030405060708090A0B0C0D0E0F1011121314151617" },
	{ "C.EP.HMAC", "M7", "H256CE",
	  "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE7" },
	{ "C.RSA.IPK", "S0", "R1024SE", NULL },
	{ "C.SM2.SIGN", "S0", "2256SE", NULL },
};
enum { KNOWN = ARRAY_LEN(known_keys) };

/* Define them all; values, with the numbers on cards that option 90 carries, where they are asked
 * for. */
static void fill(struct key_fixture *f, struct key_version *made)
{
	struct key_order o = { .at_once = true, .card_ki = 0x1A, .card_kv = 0x02 };
	uint8_t value[64];

	for (size_t i = 0; i < KNOWN; i++) {
		const struct known *row = &known_keys[i];
		struct key_definition k =
		        exchange_kit_define(f, row->label, row->usage, row->what, PRODUCT_IN_HOST);
		size_t len = row->value ? strlen(row->value) / 2 : 0;

		if (!made)
			continue;
		if (!row->value) {
			CHECK_OK(KEY_CHANGE(f, key_version_generate(act, &k, &o, &made[i])));
			continue;
		}
		CHECK_OK(hex_decode(str_of(row->value), value, len));
		CHECK_OK(KEY_CHANGE(
		        f, key_version_store(act, &k, &o, bytes_of(value, len), NULL, &made[i])));
	}
}

static result export_all(struct key_fixture *f, int64_t zmk, const struct key_version *made,
                         struct buf *out)
{
	struct exchange_batch_made file;
	int64_t ids[KNOWN];

	for (size_t i = 0; i < KNOWN; i++)
		ids[i] = made[i].id;
	struct exchange_batch_order o = { .zmk = zmk, .versions = ids, .count = KNOWN };
	return export_batch(f, &o, out, &file);
}

static void check_arrived(struct key_fixture *f, const struct known *row,
                          const struct key_version *sent)
{
	SCOPED(working_key_close) struct working_key *w = NULL;
	struct key_version got = { 0 };
	struct key_definition k;
	struct key_label label;
	char text[KEY_LABEL_SIZE];

	snprintf(text, sizeof text, "%s.01", row->label);
	CHECK_OK(key_label_parse(str_of(text), &label));
	CHECK_OK(KEY_CHANGE(f, key_version_find(act->tx, &label, f->now, &k, &got)));
	CHECK_STR(text, got.kcv, sent->kcv);
	CHECK_I64(text, got.card_ki, 0x1A);
	CHECK_I64(text, got.card_kv, 0x02);
	CHECK_BYTES(text, bytes_of(got.public, got.public_len),
	            bytes_of(sent->public, sent->public_len));
	CHECK_OK(key_version_open(&f->ring, &got, &w));
	if (w && row->value && row->what[0] != 'T')
		CHECK_HEX(text, working_key_value(w), row->value);
}

/* Under transport keys of each algorithm, here and in the device; what is weaker than what it
 * carries, with leave. */
KEY_TEST_BOTH(what_one_store_exports_another_imports)
{
	static const struct {
		const char *what;
		enum product_place out, in;
	} rows[] = {
		{ "A256BE", PRODUCT_IN_DEVICE, PRODUCT_IN_HOST },
		{ "A128BE", PRODUCT_IN_HOST, PRODUCT_IN_DEVICE },
		{ "4128BE", PRODUCT_IN_HOST, PRODUCT_IN_HOST },
		{ "T168BE", PRODUCT_IN_DEVICE, PRODUCT_IN_HOST },
		{ "T112BE", PRODUCT_IN_HOST, PRODUCT_IN_DEVICE },
	}, *row;

	EACH (row, rows) {
		SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
		struct bytes value = vector(EXCHANGE_VECTORS, "kbpk-aes");
		struct key_version made[KNOWN] = { 0 };
		struct exchange_batch_result r;
		struct key_fixture f;
		int64_t zmk;

		value.len = row->what[0] == 'A' && row->what[1] == '2'   ? 32
		            : row->what[1] == '1' && row->what[2] == '6' ? 24
		                                                         : 16;
		REQUIRE(key_fixture_open(&f, engine, true));
		fill(&f, made);
		zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", row->what, value, row->out);
		CHECK_OK(KEY_CHANGE(&f, key_setting_set(act->tx, exchange_strict_setting, "off")));
		CHECK_OK(export_all(&f, zmk, made, &out));
		key_fixture_close(&f);

		REQUIRE(key_fixture_open(&f, engine, true));
		fill(&f, NULL);
		zmk = exchange_kit_zmk(&f, "C.KEK.ZMK", row->what, value, row->in);
		CHECK_OK(KEY_CHANGE(&f, key_setting_set(act->tx, exchange_strict_setting, "off")));
		CHECK_OK(exchange_kit_import(&f, zmk, buf_text(&out), &r));
		CHECK_I64(row->what, r.imported, KNOWN);
		for (size_t i = 0; i < KNOWN; i++)
			check_arrived(&f, &known_keys[i], &made[i]);
		key_fixture_close(&f);
	}
}

/* --- what stands in it --- */

static int64_t open_one(struct key_fixture *f, struct key_definition *k, int64_t *version)
{
	*k = exchange_kit_define(f, "C.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	*version = exchange_kit_store_hex(f, k, "0123456789ABCDEFFEDCBA9876543210");
	return exchange_kit_zmk(f, "C.KEK.ZMK", "A256BE", vector(EXCHANGE_VECTORS, "kbpk-aes"),
	                        PRODUCT_IN_DEVICE);
}

static void check_option(const struct keyblock *b, const char *id, const char *begin)
{
	struct str data;

	CHECK(keyblock_option_find(&b->header, id, &data) && data.len >= strlen(begin) &&
	      memcmp(data.at, begin, strlen(begin)) == 0);
}

KEY_TEST_BOTH(an_exported_block_says_what_belongs_to_the_exchange)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(buf_free) struct buf out = { .limit = OCKX_FILE_MAX };
	SCOPED(arena_free) struct arena a = { 0 };
	struct exchange_batch_made made;
	struct exchange_batch *rows;
	struct key_definition k;
	struct keyblock block;
	struct ockx_row row;
	struct ockx file;
	struct str data;
	int64_t version;
	size_t count;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct exchange_batch_order o = { .zmk = open_one(&f, &k, &version),
		                          .versions = &version,
		                          .count = 1 };
	CHECK_OK(export_batch(&f, &o, &out, &made));
	CHECK_I64("a number was made", strlen(made.code), 8);
	REQUIRE_OK(ockx_open(buf_text(&out), &file, NULL));
	CHECK_STR("", file.header.batch, made.code);
	REQUIRE(ockx_next(&file, &row));
	CHECK_STR("", row.check, "08D7B4");
	CHECK_I64("from", row.from.yyyymmdd, 20260305);
	CHECK_I64("no end", row.to.yyyymmdd, 0);
	REQUIRE_OK(keyblock_parse(row.block, &block));
	CHECK_STR("our own use", block.header.usage, "20");
	CHECK_I64("exchange", block.header.context, '2');
	check_option(&block, "KP", "012331550BC9");
	check_option(&block, "KC", "0008D7B4");
	check_option(&block, "LB", "C.EP.DPK.01");
	check_option(&block, "90", "KI=00;KV=00;LV=");
	CHECK(!keyblock_option_find(&block.header, "TC", &data));
	CHECK_OK(KEY_CHANGE(&f, exchange_batch_list(act->tx, &a, &rows, &count)));
	REQUIRE(count == 1);
	CHECK_I64("", rows[0].direction, EXCHANGE_OUT);
	CHECK_STR("", rows[0].code, made.code);
	CHECK_STR("", rows[0].zmk, "C.KEK.ZMK.01");
	CHECK_I64("", rows[0].count, 1);
	CHECK_BYTES("", bytes_of(rows[0].sha256, 32), bytes_of(made.sha256, 32));
}

/* Pads are of the device and new each time: the same key never makes the same block. */
KEY_TEST_BOTH(two_exports_of_a_key_differ)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(buf_free) struct buf first = { 0 }, second = { 0 };
	struct exchange_batch_made one, two;
	struct key_definition k;
	int64_t version;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct exchange_batch_order o = { .zmk = open_one(&f, &k, &version),
		                          .versions = &version,
		                          .count = 1 };
	CHECK_OK(export_batch(&f, &o, &first, &one));
	CHECK_OK(export_batch(&f, &o, &second, &two));
	CHECK(strcmp(one.code, two.code) != 0);
	CHECK_I64("as long", first.len, second.len);
	CHECK(memcmp(first.at + first.len - 32, second.at + second.len - 32, 32) != 0);
}

/* --- days --- */

static void export_row(struct key_fixture *f, const struct exchange_batch_order *o,
                       struct ockx_row *row)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct exchange_batch_made made;
	struct ockx file;

	*row = (struct ockx_row){ 0 };
	CHECK_OK(export_batch(f, o, &out, &made));
	CHECK_OK(ockx_open(buf_text(&out), &file, NULL));
	CHECK(ockx_next(&file, row));
	row->block = (struct str){ 0 };
}

KEY_TEST_BOTH(the_days_of_a_version_travel_with_it)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_definition k;
	struct key_version v;
	struct ockx_row row;
	int64_t version;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct exchange_batch_order o = { .zmk = open_one(&f, &k, &version),
		                          .versions = &version,
		                          .count = 1 };
	struct key_order later = { 0 };
	CHECK_OK(KEY_CHANGE(&f, key_version_generate(act, &k, &later, &v)));
	version = v.id;
	export_row(&f, &o, &row);
	CHECK_I64("waits for somebody", row.from.yyyymmdd, 0);
	k.period_days = 30;
	later.activate_at.us = f.now.us + 86400 * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&f, key_version_generate(act, &k, &later, &v)));
	version = v.id;
	export_row(&f, &o, &row);
	CHECK_I64("tomorrow", row.from.yyyymmdd, 20260306);
	CHECK_I64("the last day", row.to.yyyymmdd, 20260405);
	f.now.us += 10 * 86400 * (int64_t)SECOND_US;
	CHECK_OK(KEY_CHANGE(&f, key_version_move(act, &k, &v, KEY_DEACTIVATED)));
	export_row(&f, &o, &row);
	CHECK_I64("ended by order: yesterday", row.to.yyyymmdd, 20260314);
	CHECK_I64("", row.from.yyyymmdd, 20260306);
}

/* --- refusals --- */

struct shop {
	struct key_fixture f;
	int64_t zmk, small, triple, own, never, device, big, other, gone, suspended, compromised;
};

static int64_t moved(struct key_fixture *f, const struct key_definition *k, int64_t id,
                     enum key_state to)
{
	struct key_version v;

	CHECK_OK(KEY_CHANGE(f, key_version_load(act->tx, id, &v)));
	CHECK_OK(KEY_CHANGE(f, key_version_move(act, k, &v, to)));
	return id;
}

static bool shop_open(struct shop *s, enum db_engine engine)
{
	static const char value[] = "0123456789ABCDEFFEDCBA9876543210";
	struct bytes zmk = vector(EXCHANGE_VECTORS, "kbpk-aes");
	struct key_fixture *f = &s->f;
	struct key_definition k;

	if (!key_fixture_open(f, engine, true))
		return false;
	s->zmk = exchange_kit_zmk(f, "C.KEK.ZMK", "A256BE", zmk, PRODUCT_IN_HOST);
	s->small =
	        exchange_kit_zmk(f, "C.KEK.ZMKS", "T112BE", bytes_of(zmk.at, 16), PRODUCT_IN_HOST);
	s->triple =
	        exchange_kit_zmk(f, "C.KEK.ZMKT", "T168BE", bytes_of(zmk.at, 24), PRODUCT_IN_HOST);
	k = exchange_kit_define(f, "C.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	s->own = exchange_kit_store_hex(f, &k, value);
	s->gone = moved(f, &k, exchange_kit_store_hex(f, &k, EXCHANGE_K20), KEY_DEACTIVATED);
	s->gone = moved(f, &k, s->gone, KEY_DESTROYED);
	s->suspended = moved(f, &k, exchange_kit_store_hex(f, &k, EXCHANGE_K20), KEY_SUSPENDED);
	s->compromised = moved(f, &k, exchange_kit_store_hex(f, &k, EXCHANGE_K20), KEY_COMPROMISED);
	k = exchange_kit_define(f, "C.EP.STAY", "60", "A128BN", PRODUCT_IN_HOST);
	s->never = exchange_kit_store_hex(f, &k, value);
	k = exchange_kit_define(f, "C.EPD.DPK", "60", "A128BN", PRODUCT_IN_DEVICE);
	s->device = exchange_kit_store_hex(f, &k, value);
	k = exchange_kit_define(f, "C.EP.SM4", "20", "4128XE", PRODUCT_IN_HOST);
	s->big = exchange_kit_store_hex(f, &k, value);
	k = exchange_kit_define(f, "D.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	s->other = exchange_kit_store_hex(f, &k, value);
	return true;
}

static void shop_close(struct shop *s)
{
	key_fixture_close(&s->f);
}

#define OF(member_) offsetof(struct shop, member_)

static int64_t one_of(const struct shop *s, size_t member)
{
	return *(const int64_t *)(const void *)((const char *)s + member);
}

/* The one that is refused stands second, behind one that may go. */
KEY_TEST_BOTH(what_may_not_leave_stops_an_export)
{
	static const struct {
		const char *what;
		size_t zmk, second;
		enum result_code code;
		size_t failed_at;
	} rows[] = {
		{ "never", OF(zmk), OF(never), EXCHANGE_EXPORTABILITY, 2 },
		{ "never, in a device", OF(zmk), OF(device), EXCHANGE_EXPORTABILITY, 2 },
		{ "of another issuer", OF(zmk), OF(other), EXCHANGE_SELECTION, 2 },
		{ "destroyed", OF(zmk), OF(gone), KEY_STATE, 2 },
		{ "suspended", OF(zmk), OF(suspended), KEY_STATE, 2 },
		{ "compromised", OF(zmk), OF(compromised), KEY_STATE, 2 },
		{ "stronger: SM4 under TDES", OF(small), OF(big), EXCHANGE_STRENGTH, 2 },
		{ "stronger: SM4 under long TDES", OF(triple), OF(big), EXCHANGE_STRENGTH, 2 },
		{ "a key under itself", OF(zmk), OF(zmk), KEY_USE, 2 },
		{ "twice", OF(zmk), OF(own), EXCHANGE_DUPLICATE, 0 },
		{ "under a key of another use", OF(big), OF(suspended), EXCHANGE_ZMK, 0 },
	}, *row;
	SCOPED(shop_close) struct shop s = { 0 };
	SCOPED(buf_free) struct buf out = { 0 };
	struct exchange_batch_made made;

	REQUIRE(shop_open(&s, engine));
	struct exchange_counts before = exchange_kit_counts(&s.f);
	EACH (row, rows) {
		int64_t ids[] = { s.own, one_of(&s, row->second) };
		struct exchange_batch_order o = { .zmk = one_of(&s, row->zmk),
			                          .versions = ids,
			                          .count = 2 };

		CHECK_RESULT(row->what, export_batch(&s.f, &o, &out, &made), row->code);
		CHECK_I64(row->what, made.failed_at, row->failed_at);
		CHECK_I64("nothing is given out", out.len, 0);
		exchange_kit_same(row->what, &s.f, before);
	}
	struct exchange_batch_order none = { .zmk = s.zmk, .versions = &s.own };
	CHECK_RESULT("none", export_batch(&s.f, &none, &out, &made), EXCHANGE_SELECTION);
	struct exchange_batch_order some = {
		.zmk = s.zmk, .versions = &s.own, .count = 1, .code = "AGAIN"
	};
	CHECK_OK(export_batch(&s.f, &some, &out, &made));
	CHECK_STR("", made.code, "AGAIN");
	CHECK_RESULT("number used", export_batch(&s.f, &some, &out, &made), EXCHANGE_BATCH_OTHER);
	struct exchange_batch_order lower = {
		.zmk = s.zmk, .versions = &s.own, .count = 1, .code = "no"
	};
	CHECK_RESULT("number of lower case", export_batch(&s.f, &lower, &out, &made), OCKX_FORM);
}

KEY_TEST_BOTH(only_an_active_transport_key_takes_keys_out)
{
	SCOPED(shop_close) struct shop s = { 0 };
	SCOPED(buf_free) struct buf out = { 0 };
	struct exchange_batch_made made;
	struct key_definition k;
	struct key_version v;

	REQUIRE(shop_open(&s, engine));
	struct exchange_batch_order o = { .zmk = s.zmk, .versions = &s.own, .count = 1 };
	CHECK_OK(KEY_CHANGE(&s.f, key_version_load(act->tx, s.zmk, &v)));
	CHECK_OK(KEY_CHANGE(&s.f, key_definition_load(act->tx, v.key, &k)));
	struct key_order later = { 0 };
	CHECK_OK(KEY_CHANGE(&s.f, key_version_generate(act, &k, &later, &v)));
	o.zmk = v.id;
	CHECK_RESULT("waits", export_batch(&s.f, &o, &out, &made), KEY_STATE);
	o.zmk = moved(&s.f, &k, s.zmk, KEY_DEACTIVATED);
	CHECK_RESULT("deactivated", export_batch(&s.f, &o, &out, &made), KEY_STATE);
	k = exchange_kit_define(&s.f, "C.KEK.IN", "K1", "A256DE", PRODUCT_IN_HOST);
	o.zmk = exchange_kit_store(&s.f, &k, vector(EXCHANGE_VECTORS, "kbpk-aes"));
	CHECK_RESULT("for import only", export_batch(&s.f, &o, &out, &made), EXCHANGE_ZMK);
}

static bool never_on(void *owner, size_t done, size_t total)
{
	size_t *seen = owner;

	*seen = done * 100 + total;
	return false;
}

KEY_TEST_BOTH(an_export_stops_when_told)
{
	SCOPED(shop_close) struct shop s = { 0 };
	SCOPED(buf_free) struct buf out = { 0 };
	struct exchange_batch_made made;
	size_t seen = 0;

	REQUIRE(shop_open(&s, engine));
	int64_t ids[] = { s.own, s.big };
	struct exchange_batch_order o = {
		.zmk = s.zmk, .versions = ids, .count = 2, .progress = { never_on, &seen }
	};
	struct exchange_counts before = exchange_kit_counts(&s.f);
	CHECK_RESULT("", export_batch(&s.f, &o, &out, &made), EXCHANGE_STOPPED);
	CHECK_I64("one of two", seen, 102);
	CHECK_I64("", out.len, 0);
	exchange_kit_same("", &s.f, before);
}
