/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "vectors/vectors.h"

#include "crypto/rsa.h"

#define KNOWN "standard/rsa.txt"
#define EMV   "emv/emv.txt"

static const struct str message = { "message digest", 14 };

static void load_known(struct rsa_key *k)
{
	CHECK_OK(rsa_key_from_primes(k, vector(EMV, "issuer-p"), vector(EMV, "issuer-q"), 3));
}

static void load_known_public(struct rsa_key *k)
{
	CHECK_OK(rsa_key_load_info(k, vector(KNOWN, "rsa-info")));
}

static void count_block(uint8_t *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		block[i] = (uint8_t)i;
}

TEST(rsa_keys_of_all_sizes_undo_what_they_do)
{
	static const struct {
		const char *name;
		unsigned bits;
		uint32_t exponent;
	} rows[] = {
		{ "512", 512, 3 },
		{ "1024", 1024, 3 },
		{ "1032", 1032, 3 },
		{ "1152", 1152, 3 },
		{ "1408", 1408, 65537 },
		{ "1984", 1984, 3 },
		{ "2048", 2048, 3 },
		{ "2056", 2056, 65537 },
	}, *row;

	EACH (row, rows) {
		SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
		uint8_t block[RSA_KEY_SIZE_MAX], out[RSA_KEY_SIZE_MAX];
		size_t size = row->bits / 8;

		REQUIRE_OK(rsa_key_generate(&k, row->bits, row->exponent));
		CHECK_I64(row->name, k.size, size);
		CHECK_I64(row->name, k.exponent, row->exponent);
		CHECK(k.modulus[0] & 0x80);
		count_block(block, size);
		CHECK_OK(rsa_raw_private(&k, bytes_of(block, size), out));
		CHECK(memcmp(block, out, size) != 0);
		CHECK_OK(rsa_raw_public(&k, bytes_of(out, size), out));
		CHECK_BYTES(row->name, bytes_of(out, size), bytes_of(block, size));
	}
}

TEST(the_longest_key_fits_its_der)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 }, back = { 0 };
	static uint8_t der[RSA_KEY_DER_MAX], info[RSA_KEY_INFO_MAX];
	struct writer w = writer_of(der, sizeof der), i = writer_of(info, sizeof info);

	REQUIRE_OK(rsa_key_generate(&k, RSA_KEY_BITS_MAX, 65537));
	CHECK_OK(rsa_key_save(&k, &w));
	CHECK_OK(rsa_key_save_info(&k, &i));
	REQUIRE_OK(rsa_key_load(&back, writer_bytes(&w)));
	CHECK_BYTES("", rsa_key_modulus(&back), rsa_key_modulus(&k));
	CHECK_RESULT("no room", rsa_key_save(&k, &(struct writer){ der, 0, 100, false }),
	             BUFFER_FULL);
}

TEST(rsa_sizes_and_exponents_out_of_range_are_refused)
{
	static const struct {
		unsigned bits;
		uint32_t exponent;
	} rows[] = { { 504, 3 }, { 4104, 3 }, { 1025, 3 }, { 1024, 1 }, { 1024, 17 }, { 0, 3 } },
	  *row;

	EACH (row, rows) {
		struct rsa_key k = { 0 };

		CHECK_RESULT("", rsa_key_generate(&k, row->bits, row->exponent), INVALID_KEY);
		CHECK(!k.pkey && !k.size);
	}
}

TEST(a_key_from_primes_is_the_key_that_openssl_knows)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	uint8_t block[128], out[RSA_KEY_DER_MAX], kcv[RSA_KEY_KCV];
	struct writer w = writer_of(out, sizeof out);

	load_known(&k);
	CHECK_OK(rsa_key_save(&k, &w));
	CHECK_BYTES("PKCS#8", writer_bytes(&w), vector(KNOWN, "rsa-pkcs8"));
	w = writer_of(out, sizeof out);
	CHECK_OK(rsa_key_save_info(&k, &w));
	CHECK_BYTES("public", writer_bytes(&w), vector(KNOWN, "rsa-info"));
	CHECK_OK(rsa_key_kcv(&k, kcv));
	CHECK_BYTES("check value", bytes_of(kcv, sizeof kcv), vector(KNOWN, "rsa-kcv"));
	count_block(block, sizeof block);
	CHECK_OK(rsa_raw_private(&k, bytes_of(block, sizeof block), out));
	CHECK_BYTES("raw", bytes_of(out, 128), vector(KNOWN, "rsa-raw"));
}

TEST(primes_that_are_no_key_are_refused)
{
	struct bytes p = vector(EMV, "issuer-p"), q = vector(EMV, "issuer-q");
	static const uint8_t zeros[64], one[64] = { [63] = 1 }, big[257] = { 1 };
	uint8_t other[64];
	struct rsa_key k = { 0 };

	memcpy(other, p.at, sizeof other);
	other[63] += 2; /* not a prime any more */
	CHECK_RESULT("composite", rsa_key_from_primes(&k, bytes_of(other, 64), q, 65537),
	             INVALID_KEY);
	other[63]++;
	CHECK_RESULT("even", rsa_key_from_primes(&k, bytes_of(other, 64), q, 3), INVALID_KEY);
	CHECK_RESULT("same", rsa_key_from_primes(&k, p, p, 3), INVALID_KEY);
	CHECK_RESULT("zero", rsa_key_from_primes(&k, bytes_of(zeros, 64), q, 3), INVALID_KEY);
	CHECK_RESULT("one", rsa_key_from_primes(&k, bytes_of(one, 64), q, 3), INVALID_KEY);
	CHECK_RESULT("none", rsa_key_from_primes(&k, bytes_of(p.at, 0), q, 3), INVALID_KEY);
	CHECK_RESULT("long", rsa_key_from_primes(&k, bytes_of(big, 257), q, 3), INVALID_KEY);
	CHECK_RESULT("exponent", rsa_key_from_primes(&k, p, q, 5), INVALID_KEY);
	CHECK_RESULT("short", rsa_key_from_primes(&k, bytes_of("\x0B", 1), bytes_of("\x05", 1), 3),
	             INVALID_KEY);
	CHECK(!k.pkey);
}

/* Each byte is part of a number, or of the form: none may be another. */
static void check_der_is_strict(struct bytes der, result (*load)(struct rsa_key *, struct bytes))
{
	uint8_t changed[RSA_KEY_DER_MAX + 1];

	memcpy(changed, der.at, der.len);
	for (size_t i = 0; i < der.len; i++) {
		struct rsa_key k = { 0 };

		CHECK_RESULT("cut", load(&k, bytes_of(der.at, i)), INVALID_KEY);
		changed[i] ^= 0x04;
		CHECK_RESULT("changed", load(&k, bytes_of(changed, der.len)), INVALID_KEY);
		changed[i] ^= 0x04;
		CHECK(!k.pkey);
	}
	changed[der.len] = 0;
	CHECK_RESULT("longer", load(&(struct rsa_key){ 0 }, bytes_of(changed, der.len + 1)),
	             INVALID_KEY);
}

TEST(private_keys_load_from_both_forms_and_from_nothing_else)
{
	static const char *const forms[] = { "rsa-pkcs1", "rsa-pkcs8" }, *const * form;
	SCOPED(rsa_key_deinit) struct rsa_key known = { 0 };

	load_known(&known);
	EACH (form, forms) {
		SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };

		REQUIRE_OK(rsa_key_load(&k, vector(KNOWN, *form)));
		CHECK(k.is_pair && k.exponent == 3);
		CHECK_BYTES(*form, rsa_key_modulus(&k), rsa_key_modulus(&known));
		check_der_is_strict(vector(KNOWN, *form), rsa_key_load);
	}
}

TEST(public_keys_load_from_their_form_and_do_nothing_private)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	struct bytes info = vector(KNOWN, "rsa-info");
	uint8_t out[RSA_KEY_DER_MAX] = { 0 };
	struct writer w = writer_of(out, sizeof out);

	load_known_public(&k);
	CHECK_RESULT("raw", rsa_raw_private(&k, bytes_of(out, 128), out), INVALID_KEY);
	CHECK_RESULT("sign", rsa_sign(&k, RSA_SCHEME_PSS, str_bytes(message), out), INVALID_KEY);
	CHECK_RESULT("open", rsa_open(&k, RSA_OAEP_SHA1, vector(KNOWN, "rsa-oaep-sha1"), &w),
	             INVALID_KEY);
	CHECK_RESULT("save", rsa_key_save(&k, &w), INVALID_KEY);
	for (size_t i = 0; i < info.len; i++)
		CHECK_RESULT("cut", rsa_key_load_info(&k, bytes_of(info.at, i)), INVALID_KEY);
	CHECK_RESULT("even", rsa_key_from_public(&k, bytes_of("\xFF\xFE", 2), 3), INVALID_KEY);
}

TEST(a_raw_block_is_whole_and_below_the_modulus)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	uint8_t block[129] = { 0 }, out[128];

	load_known(&k);
	CHECK_RESULT("short", rsa_raw_private(&k, bytes_of(block, 127), out), INVALID_BYTES);
	CHECK_RESULT("long", rsa_raw_public(&k, bytes_of(block, 129), out), INVALID_BYTES);
	memcpy(block, k.modulus, 128);
	CHECK_RESULT("the modulus", rsa_raw_private(&k, bytes_of(block, 128), out), INVALID_BYTES);
	CHECK_RESULT("the modulus", rsa_raw_public(&k, bytes_of(block, 128), out), INVALID_BYTES);
	block[127]--;
	CHECK_OK(rsa_raw_public(&k, bytes_of(block, 128), out));
	CHECK_BYTES("(-1)^3", bytes_of(out, 128), bytes_of(block, 128));
}

TEST(signatures_verify_for_their_message_and_scheme_alone)
{
	static const struct {
		const char *known;
		enum rsa_scheme scheme, other;
	} rows[] = { { "rsa-signed-pkcs1", RSA_SCHEME_PKCS1, RSA_SCHEME_PSS },
		     { "rsa-signed-pss", RSA_SCHEME_PSS, RSA_SCHEME_PKCS1 } },
	  *row;
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 }, pub = { 0 };

	load_known(&k);
	load_known_public(&pub);
	EACH (row, rows) {
		struct bytes text = str_bytes(message), known = vector(KNOWN, row->known);
		uint8_t out[128];
		struct bytes ours = bytes_of(out, sizeof out);

		CHECK_OK(rsa_verify(&pub, row->scheme, text, known));
		CHECK_OK(rsa_sign(&k, row->scheme, text, out));
		CHECK_OK(rsa_verify(&pub, row->scheme, text, ours));
		if (row->scheme == RSA_SCHEME_PKCS1)
			CHECK_BYTES("no chance in it", ours, known);
		CHECK_RESULT("other text",
		             rsa_verify(&pub, row->scheme, bytes_of(text.at, 13), ours),
		             SIGNATURE_WRONG);
		CHECK_RESULT("other scheme", rsa_verify(&pub, row->other, text, ours),
		             SIGNATURE_WRONG);
		CHECK_RESULT("short", rsa_verify(&pub, row->scheme, text, bytes_of(out, 127)),
		             SIGNATURE_WRONG);
		out[60] ^= 1;
		CHECK_RESULT("changed", rsa_verify(&pub, row->scheme, text, ours), SIGNATURE_WRONG);
	}
}

TEST(a_key_too_short_for_the_padding_signs_nothing)
{
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 };
	uint8_t out[64];

	REQUIRE_OK(rsa_key_generate(&k, 512, 65537));
	CHECK_RESULT("", rsa_sign(&k, RSA_SCHEME_PSS, str_bytes(message), out), INVALID_KEY);
	CHECK_I64("", rsa_seal_max(&k, RSA_OAEP_SHA1), 22);
	CHECK_I64("", rsa_seal_max(&k, RSA_OAEP_SHA256), 0);
	CHECK_RESULT("", rsa_seal(&k, RSA_OAEP_SHA256, bytes_of("x", 1), out), INVALID_BYTES);
}

static void check_opens(const struct rsa_key *k, enum rsa_oaep oaep, struct bytes sealed)
{
	uint8_t clear[64];
	struct writer w = writer_of(clear, sizeof clear);

	CHECK_OK(rsa_open(k, oaep, sealed, &w));
	CHECK_BYTES("", writer_bytes(&w), str_bytes(message));
}

TEST(sealed_bytes_open_unchanged_or_not_at_all)
{
	static const struct {
		const char *known;
		enum rsa_oaep oaep, other;
	} rows[] = { { "rsa-oaep-sha1", RSA_OAEP_SHA1, RSA_OAEP_SHA256 },
		     { "rsa-oaep-sha256", RSA_OAEP_SHA256, RSA_OAEP_SHA1 } },
	  *row;
	SCOPED(rsa_key_deinit) struct rsa_key k = { 0 }, pub = { 0 };

	load_known(&k);
	load_known_public(&pub);
	EACH (row, rows) {
		uint8_t sealed[128], clear[128] = { 0 };
		struct bytes whole = bytes_of(sealed, sizeof sealed);
		struct writer w = writer_of(clear, sizeof clear), small = writer_of(clear, 5);

		check_opens(&k, row->oaep, vector(KNOWN, row->known));
		CHECK_OK(rsa_seal(&pub, row->oaep, str_bytes(message), sealed));
		check_opens(&k, row->oaep, whole);
		CHECK_RESULT("small", rsa_open(&k, row->oaep, whole, &small), BUFFER_FULL);
		CHECK_RESULT("hash", rsa_open(&k, row->other, whole, &w), CIPHERTEXT_BROKEN);
		CHECK_RESULT("cut", rsa_open(&k, row->oaep, bytes_of(sealed, 127), &w),
		             CIPHERTEXT_BROKEN);
		sealed[127] ^= 1;
		CHECK_RESULT("changed", rsa_open(&k, row->oaep, whole, &w), CIPHERTEXT_BROKEN);
		CHECK_I64("nothing came", w.len, 0);
		CHECK_RESULT("long",
		             rsa_seal(&pub, row->oaep,
		                      bytes_of(clear, rsa_seal_max(&pub, row->oaep) + 1), sealed),
		             INVALID_BYTES);
	}
}
