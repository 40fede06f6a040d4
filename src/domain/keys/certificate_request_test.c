/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for issuer certificates as rows: the known files, and what makes none. */
#include "domain/keys/certificate_testkit.h"

#define EMV CERTIFICATE_VECTORS
#define RIG(name_)                                                                                 \
	SCOPED(certificate_rig_close) struct certificate_rig name_ = { 0 };                        \
	REQUIRE(certificate_rig_open(&(name_), engine, PRODUCT_IN_HOST))

static void check_known(struct certificate_rig *r)
{
	static const struct {
		const char *profile, *name, *sha256, *hash_name, *hash;
		size_t len;
	} rows[] = {
		{ "visa", "000123.INP", "visa-sha256", "000123.TXT", "visa-hash", 263 },
		{ "visa-b", "000123.INP", NULL, "000123.TXT", "visa-hash-b", 263 },
		{ "unionpay", "000123.INP", "unionpay-sha256", "000123.TXT", "unionpay-hash", 264 },
		{ "mastercard", "62258800-000001.sip", "mastercard-sha256", "62258800-000001.hip",
		  NULL, 267 },
	}, *row;

	EACH (row, rows) {
		struct certificate_request q = certificate_sent(r, row->profile);

		CHECK_I64(row->profile, q.file.len, row->len);
		CHECK_STR(row->profile, q.file.name, row->name);
		CHECK_STR(row->profile, q.hash_file.name, row->hash_name);
		CHECK_STR(row->profile, q.label, "CAMPUS01.EMV.IPK.01");
		CHECK_I64(row->profile, q.state, CERTIFICATE_IS_DRAFT);
		if (row->sha256)
			certificate_check_sha256(row->sha256, &q.file);
		if (row->hash)
			CHECK_BYTES(row->profile, bytes_of(q.hash, EMV_HASH),
			            vector(EMV, row->hash));
		else
			CHECK_BYTES("hip", certificate_content(&q.hash_file),
			            vector(EMV, "mastercard-hip"));
	}
}

/* TV-42, TV-43, TV-44, the private operation in this process and in the device */
KEY_TEST_BOTH(requests_are_the_known_files_wherever_the_key_is)
{
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(certificate_rig_close) struct certificate_rig r = { 0 };

		REQUIRE(certificate_rig_open(&r, engine, (enum product_place)place));
		CHECK_I64("", r.version.block[0], place == PRODUCT_IN_DEVICE ? '3' : 'D');
		check_known(&r);
	}
}

KEY_TEST_BOTH(a_request_is_found_again_with_its_files)
{
	SCOPED(arena_free) struct arena a = { 0 };
	RIG(r);
	struct certificate_request q = certificate_sent(&r, "visa"), got, *rows;
	size_t count;

	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_load(act->tx, q.id, &got)));
	CHECK_I64("", got.state, CERTIFICATE_IS_SENT);
	CHECK_BYTES("", certificate_content(&got.file), certificate_content(&q.file));
	CHECK_BYTES("", certificate_content(&got.hash_file), certificate_content(&q.hash_file));
	CHECK_I64("", got.ca_key, r.ca_key.id);
	certificate_sent(&r, "unionpay");
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_list(act->tx, r.ca.id, &a, &rows, &count)));
	REQUIRE(count == 2);
	CHECK_STR("newest first", rows[0].profile, "unionpay");
	CHECK_STR("", rows[1].file.name, "000123.INP");
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_list(act->tx, 99, &a, &rows, &count)));
	CHECK_I64("another authority's", count, 0);
}

static result make(struct key_act *act, const struct certificate_wish *w)
{
	struct certificate_request q;

	return certificate_request_make(act, w, &q);
}

KEY_TEST_BOTH(a_wish_that_is_wrong_makes_no_request)
{
	static const struct {
		const char *profile, *iin, *expiry, *tracking, *index;
		enum result_code code;
	} rows[] = {
		{ "visas", "62258800", "1230", "000001", "", IPK_PROFILE },
		{ "visa", "62", "1230", "000001", "", IPK_VALUE },
		{ "visa", "622588001", "1230", "000001", "", IPK_VALUE },
		{ "visa", "6225880A", "1230", "000001", "", IPK_VALUE },
		{ "visa", "62258800", "1330", "000001", "", IPK_VALUE },
		{ "visa", "62258800", "1026", "000001", "", IPK_VALUE },
		{ "visa", "62258800", "123", "000001", "", IPK_VALUE },
		{ "visa", "62258800", "1230", "00001", "", IPK_VALUE },
		{ "visa", "62258800", "1230", "", "", IPK_VALUE },
		{ "mastercard", "62258800", "1230", "000001", "", IPK_VALUE },
		{ "mastercard", "62258800", "1230", "000001", "01", IPK_VALUE },
	}, *row;
	RIG(r);
	struct certificate_wish w;

	EACH (row, rows) {
		w = certificate_wish_of(&r, row->profile);
		w.iin = str_of(row->iin);
		w.expiry = str_of(row->expiry);
		w.tracking = str_of(row->tracking);
		w.index = str_of(row->index);
		CERTIFICATE_REFUSED(row->profile, &r, make(act, &w), row->code);
	}
	w = certificate_wish_of(&r, "visa");
	w.expiry = STR("1126");
	CHECK_OK(KEY_CHANGE(&r.f, make(act, &w)));
	CERTIFICATE_REFUSED("tracking", &r, make(act, &w), CERTIFICATE_TRACKING);
	w.iin = STR("622588");
	CHECK_OK(KEY_CHANGE(&r.f, make(act, &w)));
	w.profile = STR("visa-b");
	CHECK_OK(KEY_CHANGE(&r.f, make(act, &w)));
}

KEY_TEST_BOTH(a_request_needs_its_authority)
{
	static const uint8_t visa_rid[EMV_RID] = { 0xA0, 0x00, 0x00, 0x00, 0x03 };
	SCOPED(ipk_authority_deinit) struct ipk_authority small = { 0 };
	RIG(r);
	struct certificate_wish w = certificate_wish_of(&r, "unionpay");
	struct ca visa = { .code = "VISA", .name = "Visa", .scheme = CA_VISA };
	struct ca_offer offer;
	struct ca_key k;

	memcpy(visa.rid, visa_rid, EMV_RID);
	CHECK_OK(KEY_CHANGE(&r.f, ca_add(act, &visa)));
	w.ca = 99;
	CERTIFICATE_REFUSED("no authority", &r, make(act, &w), CA_NOT_FOUND);
	w.ca = visa.id;
	CERTIFICATE_REFUSED("another scheme's profile", &r, make(act, &w), CA_FIELD);
	w.profile = STR("visa");
	CERTIFICATE_REFUSED("another's CA key", &r, make(act, &w), CA_FIELD);
	w.ca_key = 99;
	CERTIFICATE_REFUSED("no CA key", &r, make(act, &w), CA_NOT_FOUND);
	w.ca_key = 0;
	CHECK_OK(KEY_CHANGE(&r.f, make(act, &w)));
	ipk_authority_fresh(&small, 1016);
	small.ca.index = 0xF2;
	offer = certificate_offer(&small);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_import(act, r.ca.id, &offer, &k)));
	w = certificate_wish_of(&r, "unionpay");
	w.ca_key = k.id;
	CERTIFICATE_REFUSED("NI above the CA's", &r, make(act, &w), CERTIFICATE_KEY);
	w.ca_key = r.ca_key.id;
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_revoke(act, r.ca_key.id)));
	CERTIFICATE_REFUSED("revoked CA key", &r, make(act, &w), CA_KEY_STATE);
}

KEY_TEST_BOTH(only_signing_keys_of_emv_sizes_that_live_are_certified)
{
	RIG(r);
	struct certificate_wish w = certificate_wish_of(&r, "visa");
	struct key_order order = { .version = 0 };
	struct key_version v;
	struct key_definition tdes =
	        key_fixture_define(&r.f, "CAMPUS01.EP.DPK", "20", 'T', 112, PRODUCT_IN_HOST);
	struct key_definition large =
	        key_fixture_define(&r.f, "CAMPUS01.BIG.IPK", "S0", 'R', 2048, PRODUCT_IN_HOST);

	CHECK_OK(KEY_CHANGE(&r.f, key_version_generate(act, &tdes, &order, &v)));
	w.key_version = v.id;
	CERTIFICATE_REFUSED("TDES", &r, make(act, &w), CERTIFICATE_KEY);
	CHECK_OK(KEY_CHANGE(&r.f, key_version_generate(act, &large, &order, &v)));
	w.key_version = v.id;
	CERTIFICATE_REFUSED("2048 bits", &r, make(act, &w), CERTIFICATE_KEY);
	w.key_version = 99;
	CERTIFICATE_REFUSED("no key", &r, make(act, &w), KEY_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, key_version_generate(act, &r.definition, &order, &v)));
	w.key_version = v.id;
	CHECK_I64("not active yet", v.state, KEY_PRE);
	CHECK_OK(KEY_CHANGE(&r.f, make(act, &w)));
	w = certificate_wish_of(&r, "unionpay");
	CHECK_OK(KEY_CHANGE(&r.f, key_version_move(act, &r.definition, &r.version, KEY_SUSPENDED)));
	CERTIFICATE_REFUSED("suspended", &r, make(act, &w), KEY_STATE);
}
