/* SPDX-License-Identifier: Apache-2.0 */
/* Certification authorities and their keys: typed, from tables and from schemes' files. */
#include <stdio.h>

#include "domain/keys/certificate_testkit.h"

#define EMV CERTIFICATE_VECTORS
#define RIG(name_)                                                                                 \
	SCOPED(certificate_rig_close) struct certificate_rig name_ = { 0 };                        \
	REQUIRE(certificate_rig_open(&(name_), engine, PRODUCT_IN_HOST))

static const uint8_t unionpay_rid[EMV_RID] = { 0xA0, 0x00, 0x00, 0x03, 0x33 };
static const uint8_t visa_rid[EMV_RID] = { 0xA0, 0x00, 0x00, 0x00, 0x03 };

static struct ca authority_of(const char *code, enum ca_scheme scheme, const uint8_t rid[EMV_RID])
{
	struct ca c = { .name = "银联根", .scheme = scheme };

	str_copy(str_of(code), c.code, sizeof c.code);
	memcpy(c.rid, rid, EMV_RID);
	return c;
}

/* --- authorities --- */

KEY_TEST_BOTH(authorities_are_made_changed_and_removed)
{
	RIG(r);
	struct ca c = authority_of("CUP", CA_UNIONPAY, unionpay_rid), got, wrong = c;

	wrong.scheme = CA_VISA;
	CERTIFICATE_REFUSED("another's RID", &r, ca_add(act, &wrong), CA_FIELD);
	wrong.scheme = CA_MASTERCARD;
	CERTIFICATE_REFUSED("another's RID", &r, ca_add(act, &wrong), CA_FIELD);
	wrong = authority_of("cup", CA_UNIONPAY, unionpay_rid);
	CERTIFICATE_REFUSED("code", &r, ca_add(act, &wrong), KEY_LABEL);
	wrong = c;
	wrong.name[0] = '\0';
	CERTIFICATE_REFUSED("name", &r, ca_add(act, &wrong), CA_FIELD);
	str_copy(STR("\xFF"), wrong.note, sizeof wrong.note);
	str_copy(STR("x"), wrong.name, sizeof wrong.name);
	CERTIFICATE_REFUSED("note", &r, ca_add(act, &wrong), CA_FIELD);
	CHECK_OK(KEY_CHANGE(&r.f, ca_add(act, &c)));
	CERTIFICATE_REFUSED("twice", &r, ca_add(act, &c), CA_EXISTS);
	str_copy(STR("中国银联"), c.name, sizeof c.name);
	c.scheme = CA_VISA;
	CERTIFICATE_REFUSED("RID and scheme", &r, ca_save(act, &c), CA_FIELD);
	memcpy(c.rid, visa_rid, EMV_RID);
	CHECK_OK(KEY_CHANGE(&r.f, ca_save(act, &c)));
	CHECK_OK(KEY_CHANGE(&r.f, ca_load(act->tx, c.id, &got)));
	CHECK_STR("", got.name, "中国银联");
	CHECK_I64("", got.scheme, CA_VISA);
	wrong = c;
	wrong.id = 999;
	CERTIFICATE_REFUSED("no such", &r, ca_save(act, &wrong), CA_NOT_FOUND);
	CERTIFICATE_REFUSED("no such", &r, ca_remove(act, 999), CA_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, ca_remove(act, c.id)));
	CHECK_RESULT("gone", KEY_CHANGE(&r.f, ca_load(act->tx, c.id, &got)), CA_NOT_FOUND);
}

KEY_TEST_BOTH(an_authority_with_keys_keeps_its_scheme_and_stays)
{
	SCOPED(arena_free) struct arena a = { 0 };
	RIG(r);
	struct ca c = r.ca, *rows;
	size_t count;

	CERTIFICATE_REFUSED("keys", &r, ca_remove(act, r.ca.id), CA_IN_USE);
	c.rid[4] ^= 1;
	CERTIFICATE_REFUSED("RID", &r, ca_save(act, &c), CA_IN_USE);
	c = authority_of("CAMPUSCA", CA_UNIONPAY, unionpay_rid);
	c.id = r.ca.id;
	CERTIFICATE_REFUSED("scheme", &r, ca_save(act, &c), CA_IN_USE);
	c = r.ca;
	str_copy(STR("另一名称"), c.name, sizeof c.name);
	CHECK_OK(KEY_CHANGE(&r.f, ca_save(act, &c)));
	CHECK_OK(KEY_CHANGE(&r.f, ca_list(act->tx, &a, &rows, &count)));
	CHECK_I64("", count, 1);
	CHECK_STR("", rows[0].name, "另一名称");
}

TEST(a_scheme_takes_its_own_profiles)
{
	static const struct {
		enum ca_scheme scheme;
		const char *profile;
		bool want;
	} rows[] = {
		{ CA_VISA, "visa", true },          { CA_VISA, "visa-b", true },
		{ CA_VISA, "unionpay", false },     { CA_UNIONPAY, "unionpay-b", true },
		{ CA_UNIONPAY, "visa", false },     { CA_MASTERCARD, "mastercard", true },
		{ CA_MASTERCARD, "generic", false }, { CA_OTHER, "generic", true },
		{ CA_OTHER, "visa", true },
	}, *row;

	EACH (row, rows) {
		struct ca c = { .scheme = row->scheme };

		CHECK_I64(row->profile, ca_takes_profile(&c, str_of(row->profile)), row->want);
	}
}

/* --- keys, typed --- */

static char digits[2 * EMV_KEY_MAX + 1];

/* A scheme's public key with its published checksum. */
static struct ipk_ca_text published(const char *name, const char *rid, const char *index)
{
	static char checksum[2 * EMV_HASH + 1];
	char of[32];

	snprintf(of, sizeof of, "%s-checksum", name);
	hex_encode(vector(EMV, name), digits);
	hex_encode(vector(EMV, of), checksum);
	return (struct ipk_ca_text){ str_of(rid), str_of(index),   str_of(digits),
		                     STR("03"),   STR("20301231"), str_of(checksum) };
}

KEY_TEST_BOTH(a_key_is_taken_with_its_published_checksum)
{
	RIG(r);
	struct ipk_ca_text text = published("scheme-09", "A000000333", "09");
	struct ca c = authority_of("CUP", CA_UNIONPAY, unionpay_rid);
	struct ca_offer good, bad;
	struct ca_key k, got;

	CHECK_HEX("TV-40", bytes_of(r.ca_key.checksum, EMV_HASH),
	          "24F03D8860F74C6ECE490611CE86EB53A6819D46");
	CHECK_OK(KEY_CHANGE(&r.f, ca_add(act, &c)));
	CHECK_OK(ca_offer_read(&text, &good));
	bad = good;
	bad.published[19] ^= 1;
	CERTIFICATE_REFUSED("checksum", &r, ca_key_import(act, c.id, &bad, &k), EMV_CERTIFICATE);
	bad = good;
	bad.key.key.modulus[100] ^= 2;
	CERTIFICATE_REFUSED("modulus", &r, ca_key_import(act, c.id, &bad, &k), EMV_CERTIFICATE);
	bad = good;
	bad.key.key.exponent = 5;
	CERTIFICATE_REFUSED("exponent", &r, ca_key_import(act, c.id, &bad, &k), INVALID_KEY);
	bad = good;
	bad.key.key.size = EMV_KEY_MAX + 1;
	CERTIFICATE_REFUSED("size", &r, ca_key_import(act, c.id, &bad, &k), INVALID_KEY);
	bad = good;
	bad.key.expiry = (struct bizdate){ 20261121 };
	CERTIFICATE_REFUSED("expired", &r, ca_key_import(act, c.id, &bad, &k), CA_KEY_STATE);
	CERTIFICATE_REFUSED("RID", &r, ca_key_import(act, r.ca.id, &good, &k), CA_FIELD);
	CERTIFICATE_REFUSED("no authority", &r, ca_key_import(act, 99, &good, &k), CA_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_import(act, c.id, &good, &k)));
	CERTIFICATE_REFUSED("index", &r, ca_key_import(act, c.id, &good, &got), CA_KEY_EXISTS);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_load(act->tx, k.id, &got)));
	CHECK_BYTES("modulus", emv_key_modulus(&got.public.key), vector(EMV, "scheme-09"));
	CHECK_I64("exponent", got.public.key.exponent, 3);
	CHECK_I64("expiry", got.public.expiry.yyyymmdd, 20301231);
	CHECK_I64("index", got.public.index, 9);
	CHECK(!got.has_source && memcmp(got.public.rid, unionpay_rid, EMV_RID) == 0);
}

KEY_TEST_BOTH(keys_end_by_the_clock_or_by_hand)
{
	RIG(r);
	struct ca_key k;
	size_t moved;

	CHECK_OK(KEY_CHANGE(&r.f, ca_key_follow_clock(act, &moved)));
	CHECK_I64("none", moved, 0);
	CHECK_OK(ca_key_require_active(&r.ca_key, (struct bizdate){ 20401231 }));
	CHECK_RESULT("a day later", ca_key_require_active(&r.ca_key, (struct bizdate){ 20410101 }),
	             CA_KEY_STATE);
	r.f.now = instant_of((struct civil){ 2041, 1, 1, 0, 0, 0 }, TIME_ZONE_CHINA_S);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_follow_clock(act, &moved)));
	CHECK_I64("one", moved, 1);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_load(act->tx, r.ca_key.id, &k)));
	CHECK_I64("", k.state, CA_KEY_EXPIRED);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_revoke(act, k.id)));
	CERTIFICATE_REFUSED("twice", &r, ca_key_revoke(act, k.id), CA_KEY_STATE);
	CERTIFICATE_REFUSED("no such", &r, ca_key_revoke(act, 99), CA_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_remove(act, k.id)));
	CERTIFICATE_REFUSED("gone", &r, ca_key_remove(act, k.id), CA_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, ca_remove(act, r.ca.id)));
}

/* --- tables --- */

/* Lines of the three schemes' keys, which are of one RID each. */
static void put_line(struct buf *out, const char *name, const char *rid, const char *index)
{
	struct ipk_ca_text t = published(name, rid, index);

	buf_printf(out, STR_FMT "," STR_FMT "," STR_FMT "," STR_FMT "," STR_FMT ", " STR_FMT "\r\n",
	           STR_ARG(t.rid), STR_ARG(t.index), STR_ARG(t.modulus), STR_ARG(t.exponent),
	           STR_ARG(t.expiry), STR_ARG(t.checksum));
}

KEY_TEST_BOTH(a_table_of_keys_is_taken_whole_or_not)
{
	SCOPED(buf_free) struct buf table = { 0 };
	SCOPED(arena_free) struct arena a = { 0 };
	RIG(r);
	struct ca c = authority_of("CUP", CA_UNIONPAY, unionpay_rid);
	struct ca_offer *offers, two[2];
	struct ca_key *keys;
	size_t count;

	CHECK_OK(KEY_CHANGE(&r.f, ca_add(act, &c)));
	buf_str(&table, STR("RID,index,modulus,exponent,expiry,checksum\r\n"));
	put_line(&table, "scheme-09", "A000000333", "09");
	put_line(&table, "scheme-94", "A000000003", "94");
	CHECK_OK(ca_offer_read_table(buf_bytes(&table), &a, &offers, &count));
	REQUIRE(count == 2);
	CERTIFICATE_REFUSED("second of another RID", &r,
	                    ca_key_import_all(act, c.id, offers, count), CA_FIELD);
	two[0] = two[1] = offers[0];
	CERTIFICATE_REFUSED("index twice", &r, ca_key_import_all(act, c.id, two, 2), CA_KEY_EXISTS);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_import_all(act, c.id, offers, 1)));
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_list(act->tx, c.id, &a, &keys, &count)));
	REQUIRE(count == 1);
	CHECK(keys[0].has_source && memcmp(keys[0].source, offers[0].source, DIGEST_SIZE) == 0);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_list(act->tx, 0, &a, &keys, &count)));
	CHECK_I64("of all authorities", count, 2);
}

TEST(a_table_names_the_line_that_is_wrong)
{
	static const struct {
		const char *text, *says;
		enum result_code code;
	} rows[] = {
		{ "", "no row", CA_FIELD },
		{ "RID,index\n", "no row", CA_FIELD },
		{ "A000000333,09,03\n", "line 1: 3 columns, not 6", CA_FIELD },
		{ "RID\n\nA000000333,09,C0,03,20301231,00,1\n", "line 3: 7 columns", CA_FIELD },
		{ "RID\nA000000333,09,C001,03,20301231,00\n", "line 2: ", INVALID_KEY },
		{ "\"A0\n", "line 1: ", CSV_BAD_QUOTE },
	}, *row;
	SCOPED(buf_free) struct buf table = { 0 };
	SCOPED(arena_free) struct arena a = { 0 };
	struct ca_offer *offers = NULL;
	size_t count = 7;

	EACH (row, rows) {
		struct bytes text = str_bytes(str_of(row->text));

		CHECK_RESULT(row->says, ca_offer_read_table(text, &a, &offers, &count), row->code);
		CHECK(strstr(result_last()->text, row->says) != NULL);
	}
	put_line(&table, "scheme-09", "A000000333", "09");
	put_line(&table, "scheme-94", "A000000333", "94");
	CHECK_RESULT("checksum", ca_offer_read_table(buf_bytes(&table), &a, &offers, &count),
	             EMV_CERTIFICATE);
	CHECK(strstr(result_last()->text, "line 2: ") != NULL);
	table.len = 0;
	for (int i = 0; i <= CA_OFFERS_MAX; i++)
		put_line(&table, "scheme-09", "A000000333", "09");
	CHECK_RESULT("too many", ca_offer_read_table(buf_bytes(&table), &a, &offers, &count),
	             CA_FIELD);
	CHECK(!offers && count == 7);
}

/* --- schemes' files --- */

/* Layouts as they are believed to be; S: service, L: length, E: its length, I: index, R: RID. */
static size_t lay_file(const char *layout, const char *name, uint8_t index, uint8_t *out)
{
	struct bytes n = vector(EMV, name);
	struct writer w = writer_of(out, CA_OFFER_FILE_MAX);

	for (const char *c = layout; *c; c++) {
		if (*c == 'S')
			writer_u32(&w, 0x10100000);
		if (*c == 'L')
			writer_u8(&w, (uint8_t)n.len);
		if (*c == 'E')
			writer_u8(&w, 1);
		if (*c == 'I')
			writer_u8(&w, index);
		if (*c == 'R')
			writer_put(&w, bytes_of(visa_rid, EMV_RID));
		if (*c == 'n')
			writer_put(&w, n);
		if (*c == 'e')
			writer_u8(&w, 3);
		if (*c == '0' || *c == '1')
			writer_u8(&w, *c == '0' ? 0x20 : 0x21);
		if (*c == 's')
			writer_fill(&w, 0xA5, n.len);
	}
	CHECK_OK(writer_done(&w));
	return w.len;
}

TEST(a_schemes_file_is_read_by_its_checksum)
{
	static const char *const layouts[] = { "0SLnEeIs", "0SLEERInes", "0LnEeRIs", "1SIL1Enes" };
	uint8_t content[CA_OFFER_FILE_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct ca_offer_file f = { .expiry = { 20301231 } };
		struct ca_offer o = { .has_source = false };

		f.content = bytes_of(content, lay_file(layouts[i], "scheme-94", 0x94, content));
		memcpy(f.rid, visa_rid, EMV_RID);
		memcpy(f.published, vector(EMV, "scheme-94-checksum").at, EMV_HASH);
		REQUIRE_OK(ca_offer_read_file(&f, &o));
		CHECK_I64(layouts[i], o.key.index, 0x94);
		CHECK_BYTES(layouts[i], emv_key_modulus(&o.key.key), vector(EMV, "scheme-94"));
		CHECK_I64(layouts[i], o.key.key.exponent, 3);
		CHECK_OK(emv_ca_check(o.key.rid, 0x94, &o.key.key, o.published));
		o = (struct ca_offer){ .has_source = false };
		f.published[3] ^= 1;
		CHECK_RESULT(layouts[i], ca_offer_read_file(&f, &o), EMV_CERTIFICATE);
		f.published[3] ^= 1;
		f.rid[4] = 4;
		CHECK_RESULT("RID", ca_offer_read_file(&f, &o), EMV_CERTIFICATE);
		f.rid[4] = 3;
		content[60] ^= 1;
		CHECK_RESULT("modulus", ca_offer_read_file(&f, &o), EMV_CERTIFICATE);
		content[60] ^= 1;
		f.content.len = 180;
		CHECK_RESULT("short", ca_offer_read_file(&f, &o), EMV_CERTIFICATE);
		CHECK(!o.has_source);
	}
}

TEST(other_files_are_no_schemes_file)
{
	uint8_t content[CA_OFFER_FILE_MAX + 1] = { 0x24 };
	struct ca_offer_file f = { .content = { content, 500 }, .expiry = { 20301231 } };
	struct ca_offer o;

	CHECK_RESULT("header", ca_offer_read_file(&f, &o), CA_FIELD);
	content[0] = 0x20;
	CHECK_RESULT("zeros", ca_offer_read_file(&f, &o), EMV_CERTIFICATE);
	f.content.len = sizeof content;
	CHECK_RESULT("long", ca_offer_read_file(&f, &o), CA_FIELD);
	f.content.len = 0;
	CHECK_RESULT("empty", ca_offer_read_file(&f, &o), CA_FIELD);
	f.content.len = 500;
	f.expiry = (struct bizdate){ 20301331 };
	CHECK_RESULT("expiry", ca_offer_read_file(&f, &o), TIME_SYNTAX);
}
