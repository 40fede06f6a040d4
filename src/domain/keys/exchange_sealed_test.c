/* SPDX-License-Identifier: Apache-2.0 */
/* Bare ciphertext under a transport key, and values for an import key pair. */
#include "domain/keys/exchange_testkit.h"

#define TWO_KEYS "0123456789ABCDEFFEDCBA9876543210"
#define SM4_KEY  TWO_KEYS

/* --- bare ciphertext --- */

struct bare {
	struct key_fixture f;
	int64_t zmk, blocks_only, free; /* transport keys, and a key that may leave so */
	struct key_definition held;     /* of a key that leaves in blocks only */
	struct exchange_raw out;
};

static bool bare_open(struct bare *b, enum db_engine engine, enum product_place place)
{
	struct bytes value = vector(EXCHANGE_VECTORS, "zmk-tdes");
	struct key_definition k;

	*b = (struct bare){ .out = { .len = 0 } };
	if (!key_fixture_open(&b->f, engine, true))
		return false;
	k = exchange_kit_define(&b->f, "C.KEK.RAW", "K0", "T112BS", place);
	b->zmk = exchange_kit_store(&b->f, &k, value);
	b->blocks_only = exchange_kit_zmk(&b->f, "C.KEH.ZMK", "T112BE", value, PRODUCT_IN_HOST);
	k = exchange_kit_define(&b->f, "C.EP.DPK", "20", "T112XS", PRODUCT_IN_HOST);
	b->free = exchange_kit_store_hex(&b->f, &k, TWO_KEYS);
	b->held = exchange_kit_define(&b->f, "C.EP.DLK", "21", "T112XE", PRODUCT_IN_HOST);
	return true;
}

static void bare_close(struct bare *b)
{
	key_fixture_close(&b->f);
}

static result bare_export(struct bare *b, int64_t version)
{
	struct exchange_export o = { .zmk = b->zmk, .version = version };

	return KEY_CHANGE(&b->f, exchange_export_raw(act, &o, &b->out));
}

static result bare_import(struct bare *b, int64_t carrier, const char *kcv, size_t len)
{
	struct exchange_import o = { .carrier = carrier, .key = b->held.id, .kcv = str_of(kcv) };
	struct key_version v;

	return KEY_CHANGE(&b->f, exchange_import_raw(act, &o, bytes_of(b->out.at, len), &v));
}

KEY_TEST_BOTH(bare_ciphertext_goes_out_and_in_where_both_keys_allow_it)
{
	for (int place = PRODUCT_IN_DEVICE; place <= PRODUCT_IN_HOST; place++) {
		SCOPED(cipher_key_deinit) struct cipher_key cipher = { 0 };
		SCOPED(bare_close) struct bare b;
		uint8_t clear[16];

		REQUIRE(bare_open(&b, engine, (enum product_place)place));
		REQUIRE_OK(bare_export(&b, b.free));
		CHECK_I64("", b.out.len, 16);
		CHECK_STR("", b.out.kcv, "08D7B4");
		REQUIRE_OK(cipher_key_init(&cipher, CIPHER_3DES,
		                           vector(EXCHANGE_VECTORS, "zmk-tdes")));
		cipher_decrypt(&cipher, b.out.at, b.out.len, clear);
		CHECK_HEX("ECB", bytes_of(clear, 16), TWO_KEYS);
		CHECK_OK(bare_import(&b, b.zmk, "08D7B4", 16));
	}
}

KEY_TEST_BOTH(bare_ciphertext_is_refused_where_a_key_or_a_check_value_forbids_it)
{
	SCOPED(bare_close) struct bare b;

	REQUIRE(bare_open(&b, engine, PRODUCT_IN_HOST));
	int64_t held = exchange_kit_store_hex(&b.f, &b.held, TWO_KEYS);
	struct key_definition rsa =
	        exchange_kit_define(&b.f, "C.RSA.KEY", "S0", "R1024SS", PRODUCT_IN_HOST);
	struct key_order now = { .at_once = true };
	struct key_version pair;
	REQUIRE_OK(KEY_CHANGE(&b.f, key_version_generate(act, &rsa, &now, &pair)));
	REQUIRE_OK(bare_export(&b, b.free));
	struct exchange_counts before = exchange_kit_counts(&b.f);

	CHECK_RESULT("a key of blocks only", bare_export(&b, held), EXCHANGE_EXPORTABILITY);
	CHECK_RESULT("a key pair", bare_export(&b, pair.id), KEY_USE);
	CHECK_RESULT("a transport key of blocks only", bare_import(&b, b.blocks_only, "08D7B4", 16),
	             EXCHANGE_EXPORTABILITY);
	CHECK_RESULT("no check value", bare_import(&b, b.zmk, "", 16), EXCHANGE_CHECK_MISSING);
	CHECK_RESULT("no blocks", bare_import(&b, b.zmk, "08D7B4", 15), KEY_LENGTH);
	CHECK_RESULT("half", bare_import(&b, b.zmk, "08D7B4", 8), KEY_LENGTH);
	CHECK_RESULT("nothing", bare_import(&b, b.zmk, "08D7B4", 0), KEY_LENGTH);
	CHECK_RESULT("another", bare_import(&b, b.zmk, "08D7B5", 16), KEY_CHECK_VALUE);
	b.out.at[3] ^= 1;
	CHECK_RESULT("changed", bare_import(&b, b.zmk, "08D7B4", 16), KEY_CHECK_VALUE);
	exchange_kit_same("", &b.f, before);
}

/* 24 bytes are one and a half blocks of AES. */
KEY_TEST_BOTH(only_whole_blocks_go_out_bare)
{
	SCOPED(bare_close) struct bare b;

	REQUIRE(bare_open(&b, engine, PRODUCT_IN_HOST));
	struct key_definition kek =
	        exchange_kit_define(&b.f, "C.KEK.AES", "K0", "A256BS", PRODUCT_IN_HOST);
	struct key_definition k =
	        exchange_kit_define(&b.f, "C.EP.DTK", "23", "T168XS", PRODUCT_IN_HOST);
	int64_t version = exchange_kit_store_hex(&b.f, &k, TWO_KEYS "456789ABCDEF0123");
	CHECK_RESULT("too strong for this one", bare_export(&b, version), EXCHANGE_STRENGTH);
	b.zmk = exchange_kit_store(&b.f, &kek, vector(EXCHANGE_VECTORS, "kbpk-aes"));
	CHECK_RESULT("", bare_export(&b, version), KEY_LENGTH);
}

/* --- import key pairs --- */

static result import_sealed(struct key_fixture *f, int64_t pair, int64_t key,
                            enum exchange_sealing how, struct bytes sealed)
{
	struct exchange_import o = { .carrier = pair, .key = key, .kcv = STR("08D7B4") };
	struct key_version v;

	return KEY_CHANGE(f, exchange_import_sealed(act, &o, how, sealed, &v));
}

KEY_TEST_BOTH(a_value_for_an_rsa_import_pair_is_opened_and_kept)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(rsa_key_deinit) struct rsa_key public = { 0 };
	struct key_order now = { .at_once = true };
	uint8_t value[16], sealed[2][RSA_KEY_SIZE_MAX];
	struct key_version pair, other, v;

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        exchange_kit_define(&f, "C.EP.DPK", "20", "T112XE", PRODUCT_IN_DEVICE);
	struct key_definition strong =
	        exchange_kit_define(&f, "C.EP.AES", "33", "A128XE", PRODUCT_IN_HOST);
	struct key_definition import =
	        exchange_kit_define(&f, "C.IMP.RSA", "K2", "R2048DN", PRODUCT_IN_HOST);
	struct key_definition signing =
	        exchange_kit_define(&f, "C.IMP.SIGN", "S0", "R1024SN", PRODUCT_IN_HOST);
	REQUIRE_OK(KEY_CHANGE(&f, key_version_generate(act, &import, &now, &pair)));
	REQUIRE_OK(KEY_CHANGE(&f, key_version_generate(act, &signing, &now, &other)));
	REQUIRE_OK(rsa_key_load_info(&public, bytes_of(pair.public, pair.public_len)));
	REQUIRE_OK(hex_decode(STR(TWO_KEYS), value, sizeof value));
	struct bytes clear = bytes_of(value, sizeof value);
	REQUIRE_OK(rsa_seal(&public, RSA_OAEP_SHA1, clear, sealed[0]));
	REQUIRE_OK(rsa_seal(&public, RSA_OAEP_SHA256, clear, sealed[1]));
	struct bytes sha1 = bytes_of(sealed[0], public.size),
	             sha256 = bytes_of(sealed[1], public.size);

	CHECK_OK(import_sealed(&f, pair.id, k.id, EXCHANGE_OAEP_SHA1, sha1));
	CHECK_OK(import_sealed(&f, pair.id, k.id, EXCHANGE_OAEP_SHA256, sha256));
	struct exchange_counts before = exchange_kit_counts(&f);
	CHECK_RESULT("another hash", import_sealed(&f, pair.id, k.id, EXCHANGE_OAEP_SHA1, sha256),
	             CIPHERTEXT_BROKEN);
	CHECK_RESULT("another kind", import_sealed(&f, pair.id, k.id, EXCHANGE_SM2, sha1),
	             EXCHANGE_ZMK);
	CHECK_RESULT("a pair that signs",
	             import_sealed(&f, other.id, k.id, EXCHANGE_OAEP_SHA1, sha1), EXCHANGE_ZMK);
	CHECK_RESULT("stronger than the pair",
	             import_sealed(&f, pair.id, strong.id, EXCHANGE_OAEP_SHA1, sha1),
	             EXCHANGE_STRENGTH);
	struct exchange_import untold = { .carrier = pair.id, .key = k.id };
	CHECK_RESULT(
	        "no check value",
	        KEY_CHANGE(&f, exchange_import_sealed(act, &untold, EXCHANGE_OAEP_SHA1, sha1, &v)),
	        EXCHANGE_CHECK_MISSING);
	sealed[0][7] ^= 1;
	CHECK_RESULT("changed", import_sealed(&f, pair.id, k.id, EXCHANGE_OAEP_SHA1, sha1),
	             CIPHERTEXT_BROKEN);
	value[0] ^= 0xFF;
	REQUIRE_OK(rsa_seal(&public, RSA_OAEP_SHA1, clear, sealed[0]));
	CHECK_RESULT("another value", import_sealed(&f, pair.id, k.id, EXCHANGE_OAEP_SHA1, sha1),
	             KEY_CHECK_VALUE);
	exchange_kit_same("", &f, before);
}

KEY_TEST_BOTH(an_import_pair_inside_a_device_opens_nothing)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	struct key_order now = { .at_once = true };
	struct key_version pair;
	uint8_t sealed[256] = { 0 };

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        exchange_kit_define(&f, "C.EP.DPK", "20", "T112XE", PRODUCT_IN_HOST);
	struct key_definition import =
	        exchange_kit_define(&f, "C.IMP.RSA", "K2", "R2048DN", PRODUCT_IN_DEVICE);
	REQUIRE_OK(KEY_CHANGE(&f, key_version_generate(act, &import, &now, &pair)));
	CHECK_RESULT("",
	             import_sealed(&f, pair.id, k.id, EXCHANGE_OAEP_SHA1, bytes_of(sealed, 256)),
	             EXCHANGE_IN_DEVICE);
}

KEY_TEST_BOTH(a_value_for_an_sm2_import_pair_is_opened_and_kept)
{
	SCOPED(key_fixture_close) struct key_fixture f;
	SCOPED(sm2_key_deinit) struct sm2_key public = { 0 };
	struct key_order now = { .at_once = true };
	struct exchange_import o = { .kcv = STR("2677F46B") };
	uint8_t value[16], der[SM2_SEALED_MAX];
	struct writer w = writer_of(der, sizeof der);
	struct sm2_sealed sealed;
	struct key_version pair, v = { 0 };

	REQUIRE(key_fixture_open(&f, engine, true));
	struct key_definition k =
	        exchange_kit_define(&f, "C.EP.SM4", "20", "4128XE", PRODUCT_IN_HOST);
	struct key_definition import =
	        exchange_kit_define(&f, "C.IMP.SM2", "K2", "2256BN", PRODUCT_IN_DEVICE);
	REQUIRE_OK(KEY_CHANGE(&f, key_version_generate(act, &import, &now, &pair)));
	REQUIRE_OK(sm2_key_from_public(&public, pair.public, pair.public + SM2_FIELD));
	REQUIRE_OK(hex_decode(STR(SM4_KEY), value, sizeof value));
	REQUIRE_OK(sm2_seal(&public, bytes_of(value, sizeof value), &sealed));
	REQUIRE_OK(sm2_sealed_to_der(&sealed, &w));
	o.carrier = pair.id;
	o.key = k.id;
	CHECK_OK(KEY_CHANGE(&f,
	                    exchange_import_sealed(act, &o, EXCHANGE_SM2, writer_bytes(&w), &v)));
	CHECK_STR("", v.kcv, "2677F46B");
	struct exchange_counts before = exchange_kit_counts(&f);
	CHECK_RESULT("another kind",
	             KEY_CHANGE(&f, exchange_import_sealed(act, &o, EXCHANGE_OAEP_SHA256,
	                                                   writer_bytes(&w), &v)),
	             EXCHANGE_ZMK);
	der[w.len - 1] ^= 1;
	CHECK_RESULT(
	        "changed",
	        KEY_CHANGE(&f, exchange_import_sealed(act, &o, EXCHANGE_SM2, writer_bytes(&w), &v)),
	        CIPHERTEXT_BROKEN);
	CHECK_RESULT(
	        "nothing",
	        KEY_CHANGE(&f, exchange_import_sealed(act, &o, EXCHANGE_SM2, bytes_of(der, 0), &v)),
	        CIPHERTEXT_BROKEN);
	exchange_kit_same("", &f, before);
}
