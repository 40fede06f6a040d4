/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "crypto/sm2.h"

#define KNOWN "standard/sm2.txt"

static const struct str message = { "message digest", 14 };

static void load_known(struct sm2_key *k)
{
	CHECK_OK(sm2_key_from_scalar(k, vector(KNOWN, "sm2-scalar").at));
}

static void known_signature(uint8_t raw[SM2_RAW_SIGNATURE])
{
	memcpy(raw, vector(KNOWN, "sm2-r").at, SM2_FIELD);
	memcpy(raw + SM2_FIELD, vector(KNOWN, "sm2-s").at, SM2_FIELD);
}

/* GB/T 32918.5 A.2 */
TEST(the_published_sm2_signature_verifies_and_no_other)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 };
	struct bytes text = str_bytes(message);
	uint8_t raw[SM2_RAW_SIGNATURE];

	REQUIRE_OK(sm2_key_from_public(&k, vector(KNOWN, "sm2-x").at, vector(KNOWN, "sm2-y").at));
	known_signature(raw);
	CHECK_OK(sm2_verify(&k, STR("1234567812345678"), text, raw));
	CHECK_OK(sm2_verify(&k, sm2_default_id, text, raw));
	CHECK_RESULT("id", sm2_verify(&k, STR("1234567812345677"), text, raw), SIGNATURE_WRONG);
	CHECK_RESULT("no id", sm2_verify(&k, STR(""), text, raw), SIGNATURE_WRONG);
	CHECK_RESULT("text", sm2_verify(&k, sm2_default_id, bytes_of(text.at, 13), raw),
	             SIGNATURE_WRONG);
	for (size_t i = 0; i < sizeof raw; i++) {
		raw[i] ^= 0x10;
		CHECK_RESULT("changed", sm2_verify(&k, sm2_default_id, text, raw), SIGNATURE_WRONG);
		raw[i] ^= 0x10;
	}
	memset(raw, 0, sizeof raw);
	CHECK_RESULT("zeros", sm2_verify(&k, sm2_default_id, text, raw), SIGNATURE_WRONG);
}

TEST(sm2_keys_come_from_scalars_and_sec1)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 }, loaded = { 0 };
	uint8_t der[SM2_KEY_DER], scalar[SM2_FIELD], kcv[SM2_KEY_KCV];
	struct writer w = writer_of(der, sizeof der);

	load_known(&k);
	CHECK_BYTES("x", bytes_of(k.x, SM2_FIELD), vector(KNOWN, "sm2-x"));
	CHECK_BYTES("y", bytes_of(k.y, SM2_FIELD), vector(KNOWN, "sm2-y"));
	CHECK_OK(sm2_key_save(&k, &w));
	CHECK_BYTES("SEC 1", writer_bytes(&w), vector(KNOWN, "sm2-sec1"));
	REQUIRE_OK(sm2_key_load(&loaded, vector(KNOWN, "sm2-sec1")));
	CHECK_OK(sm2_key_scalar(&loaded, scalar));
	CHECK_BYTES("scalar", bytes_of(scalar, SM2_FIELD), vector(KNOWN, "sm2-scalar"));
	sm2_key_kcv(&loaded, kcv);
	CHECK_BYTES("check value", bytes_of(kcv, sizeof kcv), vector(KNOWN, "sm2-kcv"));
}

TEST(scalars_and_points_out_of_range_are_refused)
{
	static const struct {
		const char *name, *scalar;
		enum result_code code;
	} rows[] = {
		{ "0", "0000000000000000000000000000000000000000000000000000000000000000",
		  INVALID_KEY },
		{ "1", "0000000000000000000000000000000000000000000000000000000000000001",
		  SUCCESS },
		{ "n - 2", "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54121",
		  SUCCESS },
		{ "n - 1", "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122",
		  INVALID_KEY },
		{ "n", "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123",
		  INVALID_KEY },
		{ "all", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		  INVALID_KEY },
	}, *row;
	uint8_t x[SM2_FIELD], y[SM2_FIELD];
	struct sm2_key none = { 0 };

	EACH (row, rows) {
		SCOPED(sm2_key_deinit) struct sm2_key k = { 0 };
		uint8_t scalar[SM2_FIELD];

		REQUIRE_OK(hex_decode(str_of(row->scalar), scalar, sizeof scalar));
		CHECK_RESULT(row->name, sm2_key_from_scalar(&k, scalar), row->code);
	}
	memcpy(x, vector(KNOWN, "sm2-x").at, SM2_FIELD);
	memcpy(y, vector(KNOWN, "sm2-y").at, SM2_FIELD);
	y[31] ^= 1;
	CHECK_RESULT("off the curve", sm2_key_from_public(&none, x, y), INVALID_KEY);
	memset(x, 0, sizeof x);
	memset(y, 0, sizeof y);
	CHECK_RESULT("zeros", sm2_key_from_public(&none, x, y), INVALID_KEY);
	CHECK(!none.pkey);
}

TEST(sec1_keys_are_read_strictly)
{
	struct bytes der = vector(KNOWN, "sm2-sec1");
	uint8_t changed[SM2_KEY_DER + 1] = { 0 };
	struct sm2_key k = { 0 };

	memcpy(changed, der.at, der.len);
	for (size_t i = 0; i < der.len; i++) {
		CHECK_RESULT("cut", sm2_key_load(&k, bytes_of(der.at, i)), INVALID_KEY);
		changed[i] ^= 0x02;
		CHECK_RESULT("changed", sm2_key_load(&k, bytes_of(changed, der.len)), INVALID_KEY);
		changed[i] ^= 0x02;
	}
	CHECK_RESULT("longer", sm2_key_load(&k, bytes_of(changed, der.len + 1)), INVALID_KEY);
	CHECK(!k.pkey);
}

TEST(what_sm2_signs_verifies_in_both_forms)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 }, pub = { 0 };
	struct bytes known = vector(KNOWN, "sm2-signed-der"), text = str_bytes(message);
	uint8_t raw[SM2_RAW_SIGNATURE], der[SM2_SIGNATURE_MAX], back[SM2_RAW_SIGNATURE];
	struct writer w = writer_of(der, sizeof der);
	char id[SM2_ID_MAX + 1] = { 0 };

	load_known(&k);
	CHECK_OK(sm2_signature_from_der(known, raw));
	CHECK_OK(sm2_verify(&k, sm2_default_id, text, raw));
	CHECK_OK(sm2_signature_to_der(raw, &w));
	CHECK_BYTES("and back", writer_bytes(&w), known);
	for (size_t i = 0; i < known.len; i++)
		CHECK_RESULT("cut", sm2_signature_from_der(bytes_of(known.at, i), back),
		             SIGNATURE_WRONG);

	REQUIRE_OK(sm2_key_from_public(&pub, k.x, k.y));
	CHECK_OK(sm2_sign(&k, STR("someone@campus"), text, raw));
	CHECK_OK(sm2_verify(&pub, STR("someone@campus"), text, raw));
	CHECK_RESULT("id", sm2_verify(&pub, sm2_default_id, text, raw), SIGNATURE_WRONG);
	CHECK_RESULT("public", sm2_sign(&pub, sm2_default_id, text, raw), INVALID_KEY);
	CHECK_RESULT("long id", sm2_sign(&k, (struct str){ id, sizeof id }, text, raw),
	             INVALID_BYTES);
}

static void check_opens(const struct sm2_key *k, const struct sm2_sealed *sealed, struct str want)
{
	uint8_t clear[64];
	struct writer w = writer_of(clear, sizeof clear);

	CHECK_OK(sm2_open(k, sealed, &w));
	CHECK_BYTES("", writer_bytes(&w), str_bytes(want));
}

/* GB/T 32918.5 C.2 */
TEST(the_published_sm2_ciphertext_opens)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 };
	struct bytes c2 = vector(KNOWN, "sm2-c2");
	struct sm2_sealed sealed = { .len = (uint32_t)c2.len };

	load_known(&k);
	memcpy(sealed.x, vector(KNOWN, "sm2-c1x").at, SM2_FIELD);
	memcpy(sealed.y, vector(KNOWN, "sm2-c1y").at, SM2_FIELD);
	memcpy(sealed.hash, vector(KNOWN, "sm2-c3").at, SM2_FIELD);
	memcpy(sealed.text, c2.at, c2.len);
	check_opens(&k, &sealed, STR("encryption standard"));
}

TEST(what_sm2_seals_opens_unchanged_or_not_at_all)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 }, other = { 0 }, pub = { 0 };
	struct sm2_sealed sealed, changed;
	uint8_t clear[64];
	struct writer w = writer_of(clear, sizeof clear), small = writer_of(clear, 5);

	load_known(&k);
	REQUIRE_OK(sm2_key_generate(&other));
	REQUIRE_OK(sm2_key_from_public(&pub, k.x, k.y));
	REQUIRE_OK(sm2_seal(&pub, str_bytes(message), &sealed));
	CHECK_I64("", sealed.len, message.len);
	check_opens(&k, &sealed, message);
	CHECK_RESULT("other key", sm2_open(&other, &sealed, &w), CIPHERTEXT_BROKEN);
	CHECK_RESULT("public", sm2_open(&pub, &sealed, &w), INVALID_KEY);
	CHECK_RESULT("small", sm2_open(&k, &sealed, &small), BUFFER_FULL);
	for (size_t i = 0; i < offsetof(struct sm2_sealed, text) + sealed.len; i++) {
		changed = sealed;
		((uint8_t *)&changed)[i] ^= 0x01;
		CHECK_RESULT("changed", sm2_open(&k, &changed, &w), CIPHERTEXT_BROKEN);
	}
	CHECK_I64("nothing came", w.len, 0);
	CHECK_RESULT("empty", sm2_seal(&pub, bytes_of("", 0), &sealed), INVALID_BYTES);
	CHECK_RESULT("long", sm2_seal(&pub, bytes_of(sealed.text, SM2_TEXT_MAX + 1), &sealed),
	             INVALID_BYTES);
}

TEST(sealed_texts_of_every_length_keep_both_forms)
{
	SCOPED(sm2_key_deinit) struct sm2_key k = { 0 };
	static uint8_t text[SM2_TEXT_MAX], clear[SM2_TEXT_MAX], der[SM2_SEALED_MAX];
	struct sm2_sealed sealed, back;

	load_known(&k);
	CHECK_OK(sm2_sealed_from_der(vector(KNOWN, "sm2-sealed-der"), &sealed));
	check_opens(&k, &sealed, message);
	for (size_t len = 1; len <= SM2_TEXT_MAX; len += 1 + len / 2) {
		struct writer w = writer_of(clear, sizeof clear), d = writer_of(der, sizeof der);

		text[len - 1] = (uint8_t)len;
		REQUIRE_OK(sm2_seal(&k, bytes_of(text, len), &sealed));
		REQUIRE_OK(sm2_sealed_to_der(&sealed, &d));
		REQUIRE_OK(sm2_sealed_from_der(writer_bytes(&d), &back));
		CHECK_RESULT("cut", sm2_sealed_from_der(bytes_of(der, d.len - 1), &sealed),
		             CIPHERTEXT_BROKEN);
		CHECK_OK(sm2_open(&k, &back, &w));
		CHECK_BYTES("", writer_bytes(&w), bytes_of(text, len));
	}
	CHECK_RESULT("not DER", sm2_sealed_from_der(bytes_of("\x30", 1), &back), CIPHERTEXT_BROKEN);
}
