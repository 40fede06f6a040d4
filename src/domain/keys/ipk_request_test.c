/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the test keys against their known files, and the ways they must be refused; CA keys.
 */
#include "domain/keys/ipk_known_test.h"

TEST(visa_requests_are_the_known_files_in_both_forms)
{
	ISSUER(issuer);

	known_issuer(&issuer);
	make_request("visa", &issuer);
	CHECK_STR("", request.file.name, "000123.INP");
	CHECK_I64("", request.file.len, 263);
	CHECK_BYTES("hash A", bytes_of(request.hash, EMV_HASH), vector(EMV, "visa-hash"));
	check_sha256("visa-sha256", content(&request.file));
	CHECK_STR("", request.hash_file.name, "000123.TXT");
	CHECK_BYTES("hash file", content(&request.hash_file),
	            str_bytes(STR("A06939A91FA836090DE013976A90302B02448DB8")));
	make_request("visa-b", &issuer);
	CHECK_I64("", request.file.len, 263);
	CHECK_BYTES("hash B", bytes_of(request.hash, EMV_HASH), vector(EMV, "visa-hash-b"));
}

TEST(a_unionpay_request_is_the_known_file)
{
	ISSUER(issuer);

	known_issuer(&issuer);
	make_request("unionpay", &issuer);
	CHECK_STR("", request.file.name, "000123.INP");
	CHECK_I64("", request.file.len, 264);
	CHECK_BYTES("hash", bytes_of(request.hash, EMV_HASH), vector(EMV, "unionpay-hash"));
	check_sha256("unionpay-sha256", content(&request.file));
}

TEST(a_mastercard_request_is_the_known_pair_of_files)
{
	ISSUER(issuer);

	known_issuer(&issuer);
	make_request("mastercard", &issuer);
	CHECK_STR("", request.file.name, "62258800-000001.sip");
	CHECK_I64("", request.file.len, 267);
	check_sha256("mastercard-sha256", content(&request.file));
	CHECK_STR("", request.hash_file.name, "62258800-000001.hip");
	CHECK_BYTES("hip", content(&request.hash_file), vector(EMV, "mastercard-hip"));
}

/* Mastercard's index of the key is in the open part alone; its hash file repeats it (U4). */
static bool is_other_index(const struct ipk_values *v)
{
	return ipk_is_set(v, IPK_IDX) && !ipk_is_same(v, &request.values, IPK_IDX);
}

TEST(a_request_verifies_whole_and_unchanged_only)
{
	ISSUER(issuer);

	known_issuer(&issuer);
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		struct ipk_values v;
		struct ipk_file *f = &request.file;

		make_request(ipk_builtins[i].name, &issuer);
		CHECK_OK(ipk_request_read(&profile, content(f), &v));
		CHECK(ipk_is_same(&v, &request.values, IPK_N));
		CHECK(ipk_is_same(&v, &request.values, IPK_IIN));
		CHECK(ipk_is_same(&v, &request.values, IPK_EXP));
		for (size_t at = 0; at < f->len; at++) {
			f->at[at] ^= 0x01;
			CHECK(!is_ok(ipk_request_read(&profile, content(f), &v)) ||
			      is_other_index(&v));
			f->at[at] ^= 0x01;
			CHECK(!is_ok(ipk_request_read(&profile, bytes_of(f->at, at), &v)));
		}
		CHECK_RESULT("longer", ipk_request_read(&profile, bytes_of(f->at, f->len + 1), &v),
		             IPK_FILE);
	}
}

/* Visa's two forms differ in what the hash covers alone. */
TEST(a_request_of_the_other_form_is_refused_for_its_hash)
{
	struct ipk_profile other;
	struct ipk_values v;
	ISSUER(issuer);

	known_issuer(&issuer);
	make_request("visa", &issuer);
	REQUIRE_OK(ipk_profile_load(STR("visa-b"), &other));
	CHECK_RESULT("", ipk_request_read(&other, content(&request.file), &v), SIGNATURE_WRONG);
	check_says("hash of a request");
	REQUIRE_OK(ipk_profile_load(STR("unionpay"), &other));
	CHECK_RESULT("", ipk_request_read(&other, content(&request.file), &v), IPK_FILE);
}

TEST(a_request_is_not_made_without_its_values_or_with_another_key)
{
	struct ipk_values wish, lacks;
	ISSUER(issuer);
	ISSUER(other);

	known_issuer(&issuer);
	ipk_issuer_fresh(&other, 1024, 3);
	REQUIRE_OK(ipk_profile_load(STR("visa"), &profile));
	ipk_test_wish(&wish);
	lacks = wish;
	lacks.of[IPK_TRK].is_set = false;
	CHECK_RESULT(
	        "tracking",
	        ipk_request_make(&profile, &lacks, &issuer.key, &issuer.signer.signer, &request),
	        IPK_VALUE);
	check_says("TRK");
	lacks = wish;
	lacks.of[IPK_EXP].is_set = false;
	CHECK_RESULT(
	        "expiry",
	        ipk_request_make(&profile, &lacks, &issuer.key, &issuer.signer.signer, &request),
	        IPK_VALUE);
	CHECK_RESULT("signer",
	             ipk_request_make(&profile, &wish, &issuer.key, &other.signer.signer, &request),
	             INVALID_KEY);
	check_says("does not verify");
	profile.block.count--;
	CHECK_RESULT(
	        "short block",
	        ipk_request_make(&profile, &wish, &issuer.key, &issuer.signer.signer, &request),
	        INVALID_KEY);
	check_says("a block of 108 bytes");
}

static result broken_raw(struct emv_signer *signer, struct bytes in, uint8_t *out)
{
	(void)signer;
	(void)in;
	(void)out;
	return FAIL(KEY_NOT_FOUND, "gone");
}

TEST(a_device_that_fails_is_told_as_it_fails)
{
	struct emv_signer broken = { broken_raw, 128 };
	struct ipk_values wish;
	ISSUER(issuer);

	known_issuer(&issuer);
	REQUIRE_OK(ipk_profile_load(STR("visa"), &profile));
	ipk_test_wish(&wish);
	CHECK_RESULT("", ipk_request_make(&profile, &wish, &issuer.key, &broken, &request),
	             KEY_NOT_FOUND);
}

TEST(a_service_may_be_another_than_the_profiles)
{
	struct ipk_values wish, v;
	ISSUER(issuer);

	known_issuer(&issuer);
	REQUIRE_OK(ipk_profile_load(STR("unionpay"), &profile));
	ipk_test_wish(&wish);
	REQUIRE_OK(ipk_set_text(&wish, IPK_SVC, STR("01010102")));
	REQUIRE_OK(ipk_request_make(&profile, &wish, &issuer.key, &issuer.signer.signer, &request));
	REQUIRE_OK(ipk_request_read(&profile, content(&request.file), &v));
	CHECK_HEX("", ipk_get(&v, IPK_SVC), "01010102");
}

/* --- CA keys --- */

TEST(a_ca_key_is_taken_with_its_published_checksum_only)
{
	static const struct ipk_ca_text good = {
		.rid = { "A000000333", 10 },
		.index = { "09", 2 },
		.exponent = { "03", 2 },
		.expiry = { "20301231", 8 },
		.checksum = { "A075306EAB0045BAF72CDD33B3B678779DE1F527", 40 },
	};
	char modulus[2 * EMV_KEY_MAX + 1];
	struct ipk_ca_text text = good;
	struct ipk_ca ca;

	hex_encode(vector(EMV, "scheme-09"), modulus);
	text.modulus = str_of(modulus);
	CHECK_OK(ipk_ca_read(&text, &ca));
	CHECK_I64("", ca.index, 0x09);
	CHECK_I64("", ca.key.size, 176);
	CHECK_I64("", ca.expiry.yyyymmdd, 20301231);
	for (size_t i = 2; i < text.modulus.len; i++) {
		modulus[i] = modulus[i] == '5' ? '7' : '5';
		CHECK(!is_ok(ipk_ca_read(&text, &ca)));
		hex_encode(vector(EMV, "scheme-09"), modulus);
	}
	text.index = STR("08");
	CHECK_RESULT("index", ipk_ca_read(&text, &ca), EMV_CERTIFICATE);
	text.index = good.index;
	text.rid = STR("A000000003");
	CHECK_RESULT("RID", ipk_ca_read(&text, &ca), EMV_CERTIFICATE);
	text.rid = good.rid;
	text.exponent = STR("010001");
	CHECK_RESULT("exponent", ipk_ca_read(&text, &ca), EMV_CERTIFICATE);
	text.exponent = STR("05");
	CHECK_RESULT("exponent 5", ipk_ca_read(&text, &ca), INVALID_KEY);
	text.exponent = good.exponent;
	text.expiry = STR("20301331");
	CHECK_RESULT("expiry", ipk_ca_read(&text, &ca), TIME_SYNTAX);
	text.expiry = good.expiry;
	text.modulus.len--;
	CHECK_RESULT("half a byte", ipk_ca_read(&text, &ca), INVALID_HEX);
	text.modulus.len = 40;
	CHECK_RESULT("short", ipk_ca_read(&text, &ca), INVALID_KEY);
}
