/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to the test keys' requests against their known files, and every way one must be refused.
 */
#include <stdio.h>

#include "domain/keys/ipk_known_test.h"

static struct ipk_file answer;

static const struct ipk_expected *expecting(const struct ipk_authority *a)
{
	static struct ipk_expected e;

	e = (struct ipk_expected){ &profile, &request.values, &a->ca, 1, { 20261122 } };
	return &e;
}

static void make_answer(const char *name, struct ipk_authority *a, struct ipk_issuer *issuer)
{
	make_request(name, issuer);
	ipk_authority_answer(a, &profile, &request.values, "0A0B0C", &answer);
}

TEST(answers_are_the_known_files_and_give_the_known_certificate)
{
	static const struct {
		const char *profile, *name, *sha256;
		size_t len;
	} rows[] = {
		{ "visa", "000123.IF1", "visa-response-sha256", 326 },
		{ "unionpay", "0A0B0C.IF1", "unionpay-response-sha256", 326 },
		{ "mastercard", "62258800-000001.cF1", "mastercard-response-sha256", 173 },
		{ "generic", "000123.IF1", NULL, 178 },
	}, *row;
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	EACH (row, rows) {
		struct ipk_issued issued;

		make_answer(row->profile, &ca, &issuer);
		CHECK_STR(row->profile, answer.name, row->name);
		CHECK_I64(row->profile, answer.len, row->len);
		if (row->sha256)
			check_sha256(row->sha256, content(&answer));
		CHECK_OK(ipk_response_read(expecting(&ca), content(&answer), &issued));
		CHECK(issued.ca == &ca.ca);
		CHECK_BYTES("90", bytes_of(issued.certificate.block, issued.certificate.size),
		            vector(EMV, "issuer-90"));
		CHECK_BYTES(
		        "92",
		        bytes_of(issued.certificate.remainder, issued.certificate.remainder_len),
		        vector(EMV, "issuer-92"));
		CHECK_BYTES("hash", bytes_of(issued.hash, EMV_HASH), vector(EMV, "issuer-hash"));
		CHECK_HEX("serial", bytes_of(issued.holder.serial, 3), "0A0B0C");
	}
}

/* The shapes of real answers: a key of 1408 bits under a CA key of 1984 leaves no remainder. */
TEST(answers_have_the_published_shapes)
{
	static const struct {
		const char *profile;
		size_t len;
	} rows[] = { { "visa", 514 }, { "unionpay", 514 }, { "mastercard", 257 } }, *row;
	AUTHORITY(ca);
	ISSUER(issuer);

	ipk_authority_fresh(&ca, 1984);
	ipk_issuer_fresh(&issuer, 1408, 3);
	EACH (row, rows) {
		struct ipk_issued issued;

		make_answer(row->profile, &ca, &issuer);
		CHECK_I64(row->profile, answer.len, row->len);
		CHECK_OK(ipk_response_read(expecting(&ca), content(&answer), &issued));
		CHECK_I64("", issued.certificate.remainder_len, 0);
	}
}

TEST(answers_of_all_profiles_pass_for_keys_of_many_sizes)
{
	static const struct {
		unsigned ca, issuer;
		uint32_t exponent;
	} rows[] = { { 1152, 1152, 3 }, { 1408, 1024, 65537 }, { 1984, 1984, 65537 } }, *row;

	EACH (row, rows) {
		AUTHORITY(ca);
		ISSUER(issuer);

		ipk_authority_fresh(&ca, row->ca);
		ipk_issuer_fresh(&issuer, row->issuer, row->exponent);
		for (size_t i = 0; i < ipk_builtin_count; i++) {
			struct ipk_issued issued;

			make_answer(ipk_builtins[i].name, &ca, &issuer);
			CHECK_OK(ipk_response_read(expecting(&ca), content(&answer), &issued));
		}
	}
}

static void check_refused(const struct ipk_expected *e, enum result_code code, const char *says)
{
	struct ipk_issued issued;

	CHECK_RESULT(says, ipk_response_read(e, content(&answer), &issued), code);
	check_says(says);
}

TEST(an_answer_passes_whole_and_unchanged_only)
{
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		size_t len;

		make_answer(ipk_builtins[i].name, &ca, &issuer);
		len = answer.len;
		for (size_t at = 0; at < len; at++) {
			struct ipk_issued issued;

			answer.at[at] ^= 0x01;
			CHECK(!is_ok(ipk_response_read(expecting(&ca), content(&answer), &issued)));
			answer.at[at] ^= 0x01;
			answer.len = at;
			CHECK(!is_ok(ipk_response_read(expecting(&ca), content(&answer), &issued)));
			answer.len = len;
		}
		answer.len++;
		check_refused(expecting(&ca), IPK_FILE, "bytes behind the open part");
	}
}

TEST(an_answer_needs_a_ca_key_that_is_known_and_in_force)
{
	struct ipk_expected e;
	AUTHORITY(ca);
	AUTHORITY(other);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	ipk_authority_fresh(&other, 1152);
	make_answer("visa", &ca, &issuer);
	check_refused(expecting(&other), EMV_CERTIFICATE, "issuer certificate: header");
	e = *expecting(&ca);
	e.ca_count = 0;
	check_refused(&e, EMV_CERTIFICATE, "CA key F1 is not known");
	ca.ca.index = 0xF2;
	check_refused(expecting(&ca), EMV_CERTIFICATE, "CA key F1 is not known");
	ca.ca.index = 0xF1;
	ca.ca.expiry = (struct bizdate){ 20261121 };
	check_refused(expecting(&ca), EMV_CERTIFICATE, "CA key F1 expired on 20261121");
	ca.ca.expiry = (struct bizdate){ 20261122 };
	CHECK_OK(ipk_response_read(expecting(&ca), content(&answer), &(struct ipk_issued){ 0 }));
}

/* Answers that are right in themselves, to other requests. */
TEST(an_answer_to_another_request_is_refused_by_what_differs)
{
	static const struct {
		const char *profile;
		enum ipk_name name;
		const char *value, *says;
	} rows[] = {
		{ "visa", IPK_IIN, "62258801", "issuer of the certificate is not the request's" },
		{ "mastercard", IPK_IIN, "622588", "issuer of the certificate is not the request's" },
		{ "visa", IPK_SVC, "10100001", "SVC is not the request's" },
		{ "unionpay", IPK_SVC, "10100000", "SVC is not the request's" },
		{ "mastercard", IPK_IDX, "000002", "IDX is not the request's" },
		{ "visa", IPK_EXP, "1130", "expiry 1130 before what was requested" },
		{ "generic", IPK_EXP, "1229", "expiry 1229 before what was requested" },
	}, *row;
	struct ipk_expected e;
	AUTHORITY(ca);
	ISSUER(issuer);
	ISSUER(other);

	known_authority(&ca);
	known_issuer(&issuer);
	ipk_issuer_fresh(&other, 1024, 3);
	EACH (row, rows) {
		struct ipk_values asked;

		make_request(row->profile, &issuer);
		asked = request.values;
		asked.of[row->name].is_set = false;
		REQUIRE_OK(ipk_set_text(&asked, row->name, str_of(row->value)));
		ipk_authority_answer(&ca, &profile, &asked, "0A0B0C", &answer);
		check_refused(expecting(&ca), EMV_CERTIFICATE, row->says);
	}
	for (size_t i = 0; i < ipk_builtin_count; i++) {
		make_answer(ipk_builtins[i].name, &ca, &other);
		make_request(ipk_builtins[i].name, &issuer);
		check_refused(expecting(&ca), EMV_CERTIFICATE,
		              "key of the certificate is not the request's");
	}
	make_answer("visa", &ca, &issuer);
	e = *expecting(&ca);
	e.today = (struct bizdate){ 20310101 };
	check_refused(&e, EMV_CERTIFICATE, "expiry 1230 is past");
	e.today = (struct bizdate){ 20301231 };
	CHECK_OK(ipk_response_read(&e, content(&answer), &(struct ipk_issued){ 0 }));
}

/* A layout of one's own, whose answer repeats the tracking number. */
TEST(an_answer_that_repeats_the_tracking_number_repeats_the_requests)
{
	struct ipk_issued issued;
	char text[IPK_PROFILE_TEXT_MAX];
	const char *generic = ipk_builtins[5].text, *at = strstr(generic, "24 IIN SN");
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	make_request("generic", &issuer);
	REQUIRE(at != NULL);
	snprintf(text, sizeof text, "%.*s24 TRK IIN SN%s", (int)(at - generic), generic, at + 9);
	REQUIRE_OK(ipk_profile_parse(str_of(text), &profile));
	ipk_authority_answer(&ca, &profile, &request.values, "0A0B0C", &answer);
	CHECK_OK(ipk_response_read(expecting(&ca), content(&answer), &issued));
	answer.at[3] ^= 0x01;
	check_refused(expecting(&ca), EMV_CERTIFICATE, "TRK is not the request's");
}

TEST(a_certificate_may_live_longer_than_was_asked)
{
	struct ipk_issued issued;
	struct ipk_values asked;
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	make_request("visa", &issuer);
	asked = request.values;
	asked.of[IPK_EXP].is_set = false;
	REQUIRE_OK(ipk_set_text(&asked, IPK_EXP, STR("0131")));
	ipk_authority_answer(&ca, &profile, &asked, "0A0B0C", &answer);
	CHECK_OK(ipk_response_read(expecting(&ca), content(&answer), &issued));
	CHECK_HEX("", bytes_of(issued.holder.expiry, 2), "0131");
}

/* The open part says something else than the certificate; the detached signature is right. */
TEST(open_part_and_certificate_agree)
{
	static const struct {
		size_t at;
		const char *says;
	} rows[] = {
		{ 8, "IIN of the open part and of the certificate" },
		{ 11, "SN of the open part and of the certificate" },
		{ 13, "EXP of the open part and of the certificate" },
	}, *row;
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	make_answer("visa", &ca, &issuer);
	EACH (row, rows) {
		answer.at[row->at] ^= 0x01;
		ipk_authority_sign(&ca, IPK_DETACH_DIGESTINFO, &answer);
		check_refused(expecting(&ca), EMV_CERTIFICATE, row->says);
		answer.at[row->at] ^= 0x01;
	}
}

TEST(the_padding_of_another_scheme_is_refused)
{
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	make_answer("unionpay", &ca, &issuer);
	ipk_authority_sign(&ca, IPK_DETACH_DIGESTINFO, &answer);
	check_refused(expecting(&ca), EMV_CERTIFICATE, "detached signature");
	make_answer("visa", &ca, &issuer);
	ipk_authority_sign(&ca, IPK_DETACH_RAW01, &answer);
	check_refused(expecting(&ca), EMV_CERTIFICATE, "detached signature");
	memset(answer.at + answer.len - 144, 0xFF, 144);
	check_refused(expecting(&ca), EMV_CERTIFICATE, "detached signature");
	answer.len -= 144;
	check_refused(expecting(&ca), IPK_FILE, "144 bytes behind the open part, not 288");
}

/* --- what comes out --- */

TEST(a_certificate_is_written_as_xml)
{
	static const char want[] =
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<ipkCertificate issuer=\"CAMPUS&lt;01&gt; &amp; &quot;校园&quot;\" "
	        "scheme=\"unionpay\" rid=\"A000000999\" caIndex=\"F1\">\n"
	        " <tag id=\"8F\">F1</tag>\n <tag id=\"90\">19B6EBBC5E04964E";
	static const char end[] = " <tag id=\"92\">9FCF96B5D647C133B2A0E0029F7B3DDE8C830661</tag>\n"
	                          " <tag id=\"9F32\">03</tag>\n"
	                          " <issuerId>62258800</issuerId>\n"
	                          " <expiry>1230</expiry>\n"
	                          " <serial>0A0B0C</serial>\n"
	                          " <hash alg=\"SHA-1\">3B911D76BD6813FDA0F2A63BE483112C88F83B3F"
	                          "</hash>\n"
	                          " <source sha256=\"1B62AC79936399C91B46669C169E562C";
	SCOPED(buf_free) struct buf xml = { 0 };
	struct ipk_issued issued;
	AUTHORITY(ca);
	ISSUER(issuer);

	known_authority(&ca);
	known_issuer(&issuer);
	make_answer("unionpay", &ca, &issuer);
	REQUIRE_OK(ipk_response_read(expecting(&ca), content(&answer), &issued));
	CHECK_OK(ipk_response_xml(&issued, STR("CAMPUS<01> & \"校园\""), STR("unionpay"), &xml));
	buf_put(&xml, bytes_of("", 1));
	CHECK_BYTES("", bytes_of(xml.at, sizeof want - 1), bytes_of(want, sizeof want - 1));
	CHECK(strstr((const char *)xml.at, end) != NULL);
	CHECK_RESULT("control", ipk_response_xml(&issued, STR("A\nB"), STR("x"), &xml),
	             INVALID_TEXT);
	CHECK_RESULT("not UTF-8", ipk_response_xml(&issued, STR("A"), STR("\xFF"), &xml),
	             INVALID_TEXT);
}
