/* SPDX-License-Identifier: Apache-2.0 */
/* One chain of test keys with known answers, and the ways each link must refuse. */
#include "harness/test.h"
#include "vectors/vectors.h"

#include <stdio.h>

#include "crypto/emv_cert.h"

#define EMV "emv/emv.txt"

static const uint8_t rid[EMV_RID] = { 0xA0, 0x00, 0x00, 0x09, 0x99 };
static const struct emv_holder issuer_holder = { { 0x62, 0x25, 0x88, 0x00 },
	                                         { 0x12, 0x30 },
	                                         { 0x0A, 0x0B, 0x0C } };
static const struct emv_holder card_holder = {
	{ 0x62, 0x25, 0x88, 0x00, 0x00, 0x00, 0x00, 0x01, 0xFF, 0xFF },
	{ 0x12, 0x30 },
	{ 0x00, 0x00, 0x01 },
};

/* One party of the chain. */
struct party {
	struct rsa_key pair;
	struct emv_key key;
	struct emv_rsa_signer signer;
};

static void party_end(struct party *p)
{
	rsa_key_deinit(&p->pair);
}

static void party_of(struct party *p)
{
	CHECK_OK(emv_key_init(&p->key, rsa_key_modulus(&p->pair), p->pair.exponent));
	emv_rsa_signer_init(&p->signer, &p->pair);
}

static void known_party(struct party *p, const char *who)
{
	char name_p[32], name_q[32];

	snprintf(name_p, sizeof name_p, "%s-p", who);
	snprintf(name_q, sizeof name_q, "%s-q", who);
	CHECK_OK(rsa_key_from_primes(&p->pair, vector(EMV, name_p), vector(EMV, name_q), 3));
	party_of(p);
}

static void fresh_party(struct party *p, unsigned bits, uint32_t exponent)
{
	CHECK_OK(rsa_key_generate(&p->pair, bits, exponent));
	party_of(p);
}

#define PARTY(name_) SCOPED(party_end) struct party name_ = { 0 }

/* The last refusal's detail has this in it. */
static bool says(const char *words)
{
	bool found = strstr(result_last()->text, words) != NULL;

	if (!found)
		test_note("\"%s\" does not say \"%s\"", result_last()->text, words);
	return found;
}

static struct bytes hash_in(const uint8_t *block, size_t size)
{
	return bytes_of(block + size - 1 - EMV_HASH, EMV_HASH);
}

TEST(ca_checksums_are_the_published_ones)
{
	static const struct {
		const char *key, *checksum;
		uint8_t rid[EMV_RID], index;
	} rows[] = {
		{ "scheme-94", "scheme-94-checksum", { 0xA0, 0, 0, 0, 0x03 }, 0x94 },
		{ "scheme-EF", "scheme-EF-checksum", { 0xA0, 0, 0, 0, 0x04 }, 0xEF },
		{ "scheme-09", "scheme-09-checksum", { 0xA0, 0, 0, 0x03, 0x33 }, 0x09 },
	}, *row;
	uint8_t checksum[EMV_HASH];
	PARTY(ca);

	EACH (row, rows) {
		struct emv_key k;

		REQUIRE_OK(emv_key_init(&k, vector(EMV, row->key), 3));
		CHECK_OK(emv_ca_check(row->rid, row->index, &k, vector(EMV, row->checksum).at));
		CHECK_RESULT("index", emv_ca_check(row->rid, 0, &k, vector(EMV, row->checksum).at),
		             EMV_CERTIFICATE);
		k.exponent = 65537;
		CHECK_RESULT("exponent",
		             emv_ca_check(row->rid, row->index, &k, vector(EMV, row->checksum).at),
		             EMV_CERTIFICATE);
	}
	known_party(&ca, "ca");
	CHECK_OK(emv_ca_checksum(rid, 0xF1, &ca.key, checksum));
	CHECK_BYTES("test CA", bytes_of(checksum, EMV_HASH), vector(EMV, "ca-checksum"));
}

TEST(emv_keys_have_their_sizes_and_exponents)
{
	struct bytes good = vector(EMV, "scheme-94");
	uint8_t changed[EMV_KEY_MAX + 1] = { 0x80, [EMV_KEY_MAX] = 1 };
	struct emv_key k;

	CHECK_RESULT("long", emv_key_init(&k, bytes_of(changed, sizeof changed), 3), INVALID_KEY);
	CHECK_RESULT("short", emv_key_init(&k, bytes_of(good.at, EMV_KEY_MIN - 1), 3), INVALID_KEY);
	CHECK_RESULT("exponent", emv_key_init(&k, good, 17), INVALID_KEY);
	memcpy(changed, good.at, good.len);
	changed[good.len - 1] ^= 1;
	CHECK_RESULT("even", emv_key_init(&k, bytes_of(changed, good.len), 3), INVALID_KEY);
	changed[good.len - 1] ^= 1;
	changed[0] &= 0x7F;
	CHECK_RESULT("first bit", emv_key_init(&k, bytes_of(changed, good.len), 3), INVALID_KEY);
	CHECK_I64("3", emv_exponent_of(bytes_of("\x03", 1)), 3);
	CHECK_I64("F4", emv_exponent_of(bytes_of("\x01\x00\x01", 3)), 65537);
	CHECK_I64("long 3", emv_exponent_of(bytes_of("\x00\x03", 2)), 0);
	CHECK_I64("none", emv_exponent_of(bytes_of("", 0)), 0);
}

TEST(expiry_months_compare_over_the_century)
{
	static const struct {
		uint8_t mmyy[2];
		int months;
	} rows[] = {
		{ { 0x12, 0x30 }, 2030 * 12 + 12 }, { { 0x01, 0x00 }, 2000 * 12 + 1 },
		{ { 0x12, 0x49 }, 2049 * 12 + 12 }, { { 0x01, 0x50 }, 1950 * 12 + 1 },
		{ { 0x00, 0x30 }, 0 },              { { 0x13, 0x30 }, 0 },
		{ { 0x0A, 0x30 }, 0 },              { { 0x12, 0x3F }, 0 },
	}, *row;

	EACH (row, rows)
		CHECK_I64("", emv_expiry_months(row->mmyy), row->months);
}

TEST(an_issuer_certificate_is_the_known_one_and_gives_the_key_back)
{
	struct emv_certificate c;
	struct emv_recovered r;
	PARTY(ca);
	PARTY(issuer);

	known_party(&ca, "ca");
	known_party(&issuer, "issuer");
	REQUIRE_OK(emv_issuer_make(&ca.signer.signer, &issuer_holder, &issuer.key, &c));
	CHECK_BYTES("90", bytes_of(c.block, c.size), vector(EMV, "issuer-90"));
	CHECK_BYTES("92", bytes_of(c.remainder, c.remainder_len), vector(EMV, "issuer-92"));
	CHECK_HEX("9F32", bytes_of(c.exponent, c.exponent_len), "03");
	REQUIRE_OK(emv_issuer_recover(&ca.key, &c, &r));
	CHECK_BYTES("hash", hash_in(r.block, r.size), vector(EMV, "issuer-hash"));
	CHECK_BYTES("key", emv_key_modulus(&r.key), emv_key_modulus(&issuer.key));
	CHECK_BYTES("holder", bytes_of(&r.holder, sizeof r.holder),
	            bytes_of(&issuer_holder, sizeof issuer_holder));
}

/* Sizes on both sides of the block's room, and exactly at it. */
TEST(certificates_carry_keys_with_and_without_remainder)
{
	static const struct {
		const char *name;
		unsigned ca, issuer;
		uint32_t exponent;
		size_t remainder;
	} rows[] = {
		{ "padded", 1152, 768, 3, 0 },       { "one less than the room", 1152, 856, 3, 0 },
		{ "the room", 1152, 864, 65537, 0 }, { "one more", 1152, 872, 3, 1 },
		{ "as long as the CA's", 1152, 1152, 65537, 36 },
	}, *row;

	EACH (row, rows) {
		struct emv_certificate c;
		struct emv_recovered r;
		PARTY(ca);
		PARTY(issuer);

		fresh_party(&ca, row->ca, 3);
		fresh_party(&issuer, row->issuer, row->exponent);
		REQUIRE_OK(emv_issuer_make(&ca.signer.signer, &issuer_holder, &issuer.key, &c));
		CHECK_I64(row->name, c.remainder_len, row->remainder);
		REQUIRE_OK(emv_issuer_recover(&ca.key, &c, &r));
		CHECK_BYTES(row->name, emv_key_modulus(&r.key), emv_key_modulus(&issuer.key));
		CHECK_I64(row->name, r.key.exponent, row->exponent);
	}
}

TEST(a_certificate_is_not_made_for_a_wrong_holder_or_a_longer_key)
{
	struct emv_holder wrong = issuer_holder;
	struct emv_certificate c;
	PARTY(ca);
	PARTY(issuer);

	known_party(&ca, "ca");
	known_party(&issuer, "issuer");
	wrong.expiry[0] = 0x13;
	CHECK_RESULT("month", emv_issuer_make(&ca.signer.signer, &wrong, &issuer.key, &c),
	             EMV_CERTIFICATE);
	wrong = issuer_holder;
	wrong.id[1] = 0xFF;
	CHECK_RESULT("gap", emv_issuer_make(&ca.signer.signer, &wrong, &issuer.key, &c),
	             EMV_CERTIFICATE);
	memcpy(wrong.id, "\x62\xFF\xFF\xFF", 4);
	CHECK_RESULT("two digits", emv_issuer_make(&ca.signer.signer, &wrong, &issuer.key, &c),
	             EMV_CERTIFICATE);
	CHECK_RESULT("longer", emv_issuer_make(&issuer.signer.signer, &issuer_holder, &ca.key, &c),
	             INVALID_KEY);
}

/* A certificate in clear, changed at one place, hashed and signed anew: only the field is wrong. */
static result recover_forged(struct party *ca, const struct emv_certificate *good,
                             const struct emv_recovered *clear, size_t at, uint8_t value)
{
	struct emv_certificate c = *good;
	struct emv_recovered r;
	uint8_t block[EMV_KEY_MAX];
	size_t hash_at = good->size - 1 - EMV_HASH;
	const struct bytes pieces[] = { { block + 1, hash_at - 1 },
		                        { c.remainder, c.remainder_len },
		                        { c.exponent, c.exponent_len } };

	memcpy(block, clear->block, good->size);
	block[at] = value;
	if (at < hash_at)
		TRY(emv_sha1(pieces, ARRAY_LEN(pieces), block + hash_at));
	TRY(rsa_raw_private(&ca->pair, bytes_of(block, c.size), c.block));
	return emv_issuer_recover(&ca->key, &c, &r);
}

TEST(each_field_of_a_certificate_is_checked_by_name)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} rows[] = {
		{ 0, 0x6B, "header 6B" },        { 143, 0xBD, "trailer BD" },
		{ 1, 0x04, "format 04" },        { 2, 0xF2, "name of the holder" },
		{ 6, 0x13, "expiry date 1330" }, { 11, 0x02, "hash algorithm 02" },
		{ 12, 0x02, "key algorithm 02" }, { 13, 0x81, "remainder of 20 bytes, not 21" },
		{ 13, 0x91, "key of 145 bytes" }, { 13, 0x3F, "key of 63 bytes" },
		{ 14, 0x03, "exponent of 3" },   { 15, 0x13, "modulus" },
		{ 130, 0x00, "hash" },
	}, *row;
	struct emv_certificate c;
	struct emv_recovered clear;
	PARTY(ca);
	PARTY(issuer);

	known_party(&ca, "ca");
	known_party(&issuer, "issuer");
	REQUIRE_OK(emv_issuer_make(&ca.signer.signer, &issuer_holder, &issuer.key, &c));
	REQUIRE_OK(emv_issuer_recover(&ca.key, &c, &clear));
	CHECK_OK(recover_forged(&ca, &c, &clear, 0, 0x6A));
	EACH (row, rows) {
		CHECK_RESULT(row->says, recover_forged(&ca, &c, &clear, row->at, row->value),
		             EMV_CERTIFICATE);
		CHECK(says(row->says));
	}
}

TEST(padding_behind_a_short_key_is_all_bb)
{
	struct emv_certificate c;
	struct emv_recovered clear;
	PARTY(ca);
	PARTY(icc);

	known_party(&ca, "ca");
	known_party(&icc, "icc");
	REQUIRE_OK(emv_issuer_make(&ca.signer.signer, &issuer_holder, &icc.key, &c));
	REQUIRE_OK(emv_issuer_recover(&ca.key, &c, &clear));
	CHECK_RESULT("", recover_forged(&ca, &c, &clear, 15 + 96, 0xBA), EMV_CERTIFICATE);
	CHECK(says("padding BA"));
	CHECK_RESULT("", recover_forged(&ca, &c, &clear, 15 + 107, 0x00), EMV_CERTIFICATE);
	CHECK(says("padding 00"));
}

TEST(a_certificate_is_right_only_whole_unchanged_and_under_its_ca)
{
	struct emv_certificate good, c;
	struct emv_recovered r;
	PARTY(ca);
	PARTY(issuer);
	PARTY(other);

	known_party(&ca, "ca");
	known_party(&issuer, "issuer");
	fresh_party(&other, 1152, 3);
	REQUIRE_OK(emv_issuer_make(&ca.signer.signer, &issuer_holder, &issuer.key, &good));
	CHECK_RESULT("other CA", emv_issuer_recover(&other.key, &good, &r), EMV_CERTIFICATE);
	for (size_t i = 0; i < good.size; i++) {
		c = good;
		c.block[i] ^= 0x01;
		CHECK_RESULT("block", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
		c = good;
		c.size = i;
		CHECK_RESULT("cut", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
	}
	for (size_t i = 0; i < good.remainder_len; i++) {
		c = good;
		c.remainder[i] ^= 0x01;
		CHECK_RESULT("remainder", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
		c = good;
		c.remainder_len = i;
		CHECK_RESULT("cut", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
	}
	c = good;
	c.exponent[0] = 5;
	CHECK_RESULT("exponent", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
	c = good;
	memset(c.block, 0xFF, c.size);
	CHECK_RESULT("too great", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
	CHECK(says("not below"));
	c.size = SIZE_MAX;
	CHECK_RESULT("lengths", emv_issuer_recover(&ca.key, &c, &r), EMV_CERTIFICATE);
}

TEST(signed_static_data_is_the_known_one_and_covers_every_byte)
{
	struct bytes data = vector(EMV, "static-data");
	uint8_t ssad[EMV_KEY_MAX], block[EMV_KEY_MAX], dac[2], changed[64];
	PARTY(issuer);

	known_party(&issuer, "issuer");
	REQUIRE_OK(emv_sda_make(&issuer.signer.signer, (const uint8_t *)"\xDA\xC1", data, ssad));
	CHECK_BYTES("93", bytes_of(ssad, 128), vector(EMV, "sda"));
	CHECK_OK(emv_raw(&issuer.key, bytes_of(ssad, 128), block));
	CHECK_BYTES("hash", hash_in(block, 128), vector(EMV, "sda-hash"));
	CHECK_OK(emv_sda_verify(&issuer.key, bytes_of(ssad, 128), data, dac));
	CHECK_HEX("code", bytes_of(dac, 2), "DAC1");
	for (size_t i = 0; i < data.len; i++) {
		memcpy(changed, data.at, data.len);
		changed[i] ^= 0x01;
		CHECK_RESULT("data",
		             emv_sda_verify(&issuer.key, bytes_of(ssad, 128),
		                            bytes_of(changed, data.len), dac),
		             EMV_CERTIFICATE);
	}
	for (size_t i = 0; i < 128; i++) {
		ssad[i] ^= 0x01;
		CHECK_RESULT("signature",
		             emv_sda_verify(&issuer.key, bytes_of(ssad, 128), data, dac),
		             EMV_CERTIFICATE);
		ssad[i] ^= 0x01;
		CHECK_RESULT("cut", emv_sda_verify(&issuer.key, bytes_of(ssad, i), data, dac),
		             EMV_CERTIFICATE);
	}
}

static void check_ends(const char *name, struct bytes got, const char *begins, const char *ends)
{
	struct bytes head = vector(EMV, begins), tail = vector(EMV, ends);

	CHECK_BYTES(name, bytes_of(got.at, head.len), head);
	CHECK_BYTES(name, bytes_of(got.at + got.len - tail.len, tail.len), tail);
}

TEST(a_card_certificate_is_the_known_one_and_covers_the_static_data)
{
	struct bytes data = vector(EMV, "static-data");
	struct emv_certificate c;
	struct emv_recovered r;
	PARTY(issuer);
	PARTY(icc);

	known_party(&issuer, "issuer");
	known_party(&icc, "icc");
	REQUIRE_OK(emv_icc_make(&issuer.signer.signer, &card_holder, &icc.key, data, &c));
	check_ends("9F46", bytes_of(c.block, c.size), "icc-9F46-begins", "icc-9F46-ends");
	CHECK_BYTES("9F48", bytes_of(c.remainder, c.remainder_len), vector(EMV, "icc-9F48"));
	REQUIRE_OK(emv_icc_recover(&issuer.key, &c, data, &r));
	CHECK_BYTES("hash", hash_in(r.block, r.size), vector(EMV, "icc-hash"));
	CHECK_BYTES("key", emv_key_modulus(&r.key), emv_key_modulus(&icc.key));
	CHECK_BYTES("holder", bytes_of(&r.holder, sizeof r.holder),
	            bytes_of(&card_holder, sizeof card_holder));
	CHECK_RESULT("data", emv_icc_recover(&issuer.key, &c, bytes_of(data.at, data.len - 1), &r),
	             EMV_CERTIFICATE);
	CHECK_RESULT("as an issuer's", emv_issuer_recover(&issuer.key, &c, &r), EMV_CERTIFICATE);
	CHECK(says("format 04"));
}

TEST(signed_dynamic_data_is_the_known_one_and_covers_the_terminals_number)
{
	struct bytes dynamic = bytes_of("\x03\x01\x02\x03", 4),
	             un = bytes_of("\x12\x34\x56\x78", 4);
	uint8_t sdad[EMV_KEY_MAX], block[EMV_KEY_MAX], number[8];
	size_t len;
	PARTY(icc);

	known_party(&icc, "icc");
	REQUIRE_OK(emv_dda_make(&icc.signer.signer, dynamic, un, sdad));
	check_ends("9F4B", bytes_of(sdad, 96), "dda-begins", "dda-ends");
	CHECK_OK(emv_raw(&icc.key, bytes_of(sdad, 96), block));
	CHECK_BYTES("hash", hash_in(block, 96), vector(EMV, "dda-hash"));
	CHECK_OK(emv_dda_verify(&icc.key, bytes_of(sdad, 96), un, number, &len));
	CHECK_HEX("number", bytes_of(number, len), "010203");
	CHECK_RESULT("other number",
	             emv_dda_verify(&icc.key, bytes_of(sdad, 96), bytes_of("\x12\x34\x56\x79", 4),
	                            number, &len),
	             EMV_CERTIFICATE);
	for (size_t i = 0; i < 96; i++) {
		sdad[i] ^= 0x01;
		CHECK_RESULT("changed",
		             emv_dda_verify(&icc.key, bytes_of(sdad, 96), un, number, &len),
		             EMV_CERTIFICATE);
		sdad[i] ^= 0x01;
	}
}

TEST(dynamic_data_has_a_number_of_2_to_8_bytes_and_room)
{
	static const struct {
		const char *name;
		struct bytes dynamic;
	} rows[] = {
		{ "empty", { (const uint8_t *)"", 0 } },
		{ "one byte", { (const uint8_t *)"\x01\x01", 2 } },
		{ "longer than it is", { (const uint8_t *)"\x03\x01\x02", 3 } },
		{ "nine bytes", { (const uint8_t *)"\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09", 10 } },
	}, *row;
	uint8_t sdad[EMV_KEY_MAX], longest[96 - EMV_DYNAMIC_EXTRA + 1] = { 8 }, number[8];
	struct bytes none = { 0 };
	size_t len;
	PARTY(icc);

	known_party(&icc, "icc");
	EACH (row, rows)
		CHECK_RESULT(row->name, emv_dda_make(&icc.signer.signer, row->dynamic, none, sdad),
		             INVALID_BYTES);
	CHECK_RESULT(
	        "long",
	        emv_dda_make(&icc.signer.signer, bytes_of(longest, sizeof longest), none, sdad),
	        INVALID_BYTES);
	CHECK_OK(emv_dda_make(&icc.signer.signer, bytes_of(longest, sizeof longest - 1), none,
	                      sdad));
	CHECK_OK(emv_dda_verify(&icc.key, bytes_of(sdad, 96), none, number, &len));
	CHECK_I64("", len, 8);
}
