/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to requests as rows: known certificates, every refusal, states, the order of removal. */
#include <stdio.h>

#include "domain/keys/certificate_testkit.h"

#define EMV CERTIFICATE_VECTORS
#define RIG(name_)                                                                                 \
	SCOPED(certificate_rig_close) struct certificate_rig name_ = { 0 };                        \
	REQUIRE(certificate_rig_open(&(name_), engine, PRODUCT_IN_HOST))

static struct ipk_file answer;

/* The last refusal's detail has this in it. */
static void check_says(const char *words)
{
	const char *text = result_last()->text;

	CHECK_STR(words, strstr(text, words) ? words : text, words);
}

static result import(struct key_act *act, int64_t request, struct certificate *out)
{
	bool again;

	TRY(certificate_import(act, request, certificate_content(&answer), out, &again));
	CHECK(!again);
	return OK;
}

/* Refused with code and words, nothing changed. */
#define REFUSED(says_, rig_, request_, code_)                                                      \
	do {                                                                                       \
		struct certificate none_;                                                          \
		CERTIFICATE_REFUSED(says_, rig_, import(act, request_, &none_), code_);            \
		CHECK_I64(says_, result_last()->code, code_);                                      \
		check_says(says_);                                                                 \
	} while (0)

/* --- answers --- */

/* TV-41, TV-45 */
KEY_TEST_BOTH(known_answers_become_the_known_certificate)
{
	static const struct {
		const char *profile, *sha256;
	} rows[] = {
		{ "visa", "visa-response-sha256" },
		{ "unionpay", "unionpay-response-sha256" },
		{ "mastercard", "mastercard-response-sha256" },
	}, *row;

	EACH (row, rows) {
		SCOPED(arena_free) struct arena a = { 0 };
		RIG(r);
		struct certificate_request q = certificate_sent(&r, row->profile);
		struct certificate c = { 0 };
		char want[80];
		struct str xml;

		certificate_answer(&r.authority, &q, "0A0B0C", &answer);
		certificate_check_sha256(row->sha256, &answer);
		REQUIRE_OK(KEY_CHANGE(&r.f, import(act, q.id, &c)));
		CHECK_BYTES("90", bytes_of(c.tags.block, c.tags.size), vector(EMV, "issuer-90"));
		CHECK_BYTES("92", bytes_of(c.tags.remainder, c.tags.remainder_len),
		            vector(EMV, "issuer-92"));
		CHECK_HEX("9F32", bytes_of(c.tags.exponent, c.tags.exponent_len), "03");
		CHECK_I64("8F", c.index, 0xF1);
		CHECK_STR("", c.serial, "0A0B0C");
		CHECK_STR("", c.expiry, "1230");
		CHECK_STR("", c.iin, "62258800");
		CHECK_STR("", c.label, "CAMPUS01.EMV.IPK.01");
		CHECK_I64("", c.state, CERTIFICATE_IS_ISSUED);
		CHECK_OK(KEY_CHANGE(&r.f, certificate_request_load(act->tx, q.id, &q)));
		CHECK_I64("", q.state, CERTIFICATE_IS_ISSUED);
		CHECK_OK(KEY_CHANGE(&r.f, certificate_xml(act->tx, c.id, &a, &xml)));
		snprintf(want, sizeof want, "<ipkCertificate issuer=\"CAMPUS01\" scheme=\"%s\"",
		         row->profile);
		CHECK(strstr(xml.at, want) != NULL);
		CHECK(strstr(xml.at, "<tag id=\"8F\">F1</tag>") != NULL);
	}
}

/* keys 20.3 no. 9 */
KEY_TEST_BOTH(an_answer_that_is_wrong_is_refused_by_what_is_wrong)
{
	SCOPED(ipk_authority_deinit) struct ipk_authority other = { 0 };
	SCOPED(ipk_issuer_deinit) struct ipk_issuer thief = { 0 };
	RIG(r);
	struct certificate_request q = certificate_sent(&r, "unionpay"), stolen = q;
	struct ipk_values asked;
	struct ipk_profile profile;
	struct ipk_request made;

	ipk_authority_fresh(&other, 1152);
	ipk_issuer_fresh(&thief, 1024, 3);
	certificate_answer(&other, &q, "0A0B0C", &answer);
	REFUSED("issuer certificate: header", &r, q.id, EMV_CERTIFICATE);
	other.ca.index = 0xF2;
	certificate_answer(&other, &q, "0A0B0C", &answer);
	REFUSED("CA key F2 is not known", &r, q.id, EMV_CERTIFICATE);
	ipk_test_wish(&asked);
	CHECK_OK(ipk_profile_load(STR("unionpay"), &profile));
	CHECK_OK(ipk_request_make(&profile, &asked, &thief.key, &thief.signer.signer, &made));
	stolen.file = made.file;
	certificate_answer(&r.authority, &stolen, "0A0B0C", &answer);
	REFUSED("key of the certificate is not the request's", &r, q.id, EMV_CERTIFICATE);
	certificate_answer_but(&r.authority, &q, IPK_IIN, STR("62258801"), &answer);
	REFUSED("issuer of the certificate is not the request's", &r, q.id, EMV_CERTIFICATE);
	certificate_answer_but(&r.authority, &q, IPK_EXP, STR("1130"), &answer);
	REFUSED("expiry 1130 before what was requested", &r, q.id, EMV_CERTIFICATE);
	certificate_answer(&r.authority, &q, "0A0B0C", &answer);
	ipk_authority_sign(&r.authority, IPK_DETACH_DIGESTINFO, &answer);
	REFUSED("detached signature", &r, q.id, EMV_CERTIFICATE);
	certificate_answer(&r.authority, &q, "0A0B0C", &answer);
	answer.len--;
	REFUSED("bytes behind the open part", &r, q.id, IPK_FILE);
	answer.len = 0;
	REFUSED("an answer of 0 bytes", &r, q.id, IPK_FILE);
	certificate_answer(&r.authority, &q, "0A0B0C", &answer);
	r.f.now = instant_of((struct civil){ 2031, 1, 1, 0, 0, 0 }, TIME_ZONE_CHINA_S);
	REFUSED("expiry 1230 is past", &r, q.id, EMV_CERTIFICATE);
	r.f.now = instant_of((struct civil){ 2041, 1, 1, 0, 0, 0 }, TIME_ZONE_CHINA_S);
	REFUSED("CA key F1 expired on 20401231", &r, q.id, EMV_CERTIFICATE);
	r.f.now = instant_of((struct civil){ 2030, 12, 31, 23, 59, 59 }, TIME_ZONE_CHINA_S);
	CHECK_OK(KEY_CHANGE(&r.f, import(act, q.id, &(struct certificate){ 0 })));
}

KEY_TEST_BOTH(an_answer_is_taken_once_for_one_request)
{
	RIG(r);
	struct certificate_request q = certificate_sent(&r, "visa"),
	                           second = certificate_sent(&r, "unionpay"), draft;
	struct certificate_wish w = certificate_wish_of(&r, "visa-b");
	struct certificate c, same;
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	bool again = false;

	certificate_answer(&r.authority, &q, "0A0B0C", &answer);
	REFUSED("request 99", &r, 99, CERTIFICATE_NOT_FOUND);
	REQUIRE_OK(KEY_CHANGE(&r.f, import(act, q.id, &c)));
	key_snapshot(&r.f, certificate_tables, before);
	CHECK_OK(KEY_CHANGE(
	        &r.f, certificate_import(act, q.id, certificate_content(&answer), &same, &again)));
	key_snapshot(&r.f, certificate_tables, after);
	CHECK(again && same.id == c.id);
	CHECK_BYTES("nothing", bytes_of(after, sizeof after), bytes_of(before, sizeof before));
	certificate_answer(&r.authority, &q, "0A0B0D", &answer);
	REFUSED("the request has certificate 0A0B0C", &r, q.id, CERTIFICATE_EXISTS);
	certificate_answer(&r.authority, &second, "0A0B0C", &answer);
	REFUSED("0A0B0C of CA key F1", &r, second.id, CERTIFICATE_SERIAL);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_make(act, &w, &draft)));
	certificate_answer(&r.authority, &draft, "0A0B0E", &answer);
	REFUSED("the request is DRAFT", &r, draft.id, CERTIFICATE_STATE);
	CERTIFICATE_REFUSED("sent twice", &r, certificate_request_sent(act, q.id),
	                    CERTIFICATE_STATE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_sent(act, draft.id)));
	CHECK_OK(KEY_CHANGE(&r.f, import(act, draft.id, &c)));
}

KEY_TEST_BOTH(a_key_or_ca_key_that_is_not_trusted_any_more_takes_no_answer)
{
	static const struct db_statement swap = {
		"swap", "UPDATE kms_ipkreq SET keyver = (SELECT max(id) FROM kms_keyver)",
		"UPDATE kms_ipkreq SET keyver = (SELECT max(id) FROM kms_keyver)", 0
	};
	static const struct db_statement edit = { "edit", "UPDATE kms_ipkreq SET iin = '62258801'",
		                                  "UPDATE kms_ipkreq SET iin = '62258801'", 0 };
	RIG(r);
	struct certificate_request q = certificate_sent(&r, "visa");
	struct key_order order = { .version = 0 };
	struct key_version v;

	certificate_answer(&r.authority, &q, "0A0B0C", &answer);
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_revoke(act, r.ca_key.id)));
	REFUSED("CA key F1 is not known", &r, q.id, EMV_CERTIFICATE);
	CHECK_OK(KEY_CHANGE(&r.f, db_execute(act->tx, &edit, DB_NO_ARGS, NULL)));
	REFUSED("IIN", &r, q.id, IPK_VALUE);
	CHECK_OK(KEY_CHANGE(&r.f,
	                    key_version_move(act, &r.definition, &r.version, KEY_COMPROMISED)));
	REFUSED("is COMPROMISED", &r, q.id, KEY_STATE);
	CHECK_OK(KEY_CHANGE(&r.f, key_version_generate(act, &r.definition, &order, &v)));
	CHECK_OK(KEY_CHANGE(&r.f, db_execute(act->tx, &swap, DB_NO_ARGS, NULL)));
	REFUSED("the request is not of the key", &r, q.id, CERTIFICATE_KEY);
}

/* --- states, and the order of removal --- */

TEST(states_of_certificates_follow_the_table)
{
	/* keys 16.3; rows: from, columns: to: DRAFT SENT ISSUED IN_USE EXPIRED REVOKED */
	static const char *const may[] = { "010000", "001000", "010111",
		                           "000011", "000000", "000000" };

	for (int from = CERTIFICATE_IS_DRAFT; from <= CERTIFICATE_IS_REVOKED; from++)
		for (int to = CERTIFICATE_IS_DRAFT; to <= CERTIFICATE_IS_REVOKED; to++)
			CHECK_I64(certificate_state_names[from],
			          certificate_may_move((enum certificate_state)from,
			                               (enum certificate_state)to),
			          may[from][to] - '0');
}

static void check_states(struct certificate_rig *r, const struct certificate *c,
                         enum certificate_state want)
{
	struct certificate_request q = { 0 };
	struct certificate got = { 0 };

	CHECK_OK(KEY_CHANGE(&r->f, certificate_load(act->tx, c->id, &got)));
	CHECK_OK(KEY_CHANGE(&r->f, certificate_request_load(act->tx, c->request, &q)));
	CHECK_I64("certificate", got.state, want);
	CHECK_I64("request", q.state, want);
}

KEY_TEST_BOTH(what_is_referred_to_is_removed_last)
{
	RIG(r);
	struct certificate c = certificate_in_use(&r, "visa");
	struct key_version v;

	check_states(&r, &c, CERTIFICATE_IS_IN_USE);
	CERTIFICATE_REFUSED("twice", &r, certificate_use(act, c.id), CERTIFICATE_STATE);
	CERTIFICATE_REFUSED("in use", &r, certificate_remove(act, c.id), CERTIFICATE_STATE);
	CERTIFICATE_REFUSED("request", &r, certificate_request_remove(act, c.request),
	                    CERTIFICATE_IN_USE);
	CERTIFICATE_REFUSED("CA key", &r, ca_key_remove(act, c.ca_key), CA_IN_USE);
	CERTIFICATE_REFUSED("authority", &r, ca_remove(act, r.ca.id), CA_IN_USE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_revoke(act, c.id)));
	check_states(&r, &c, CERTIFICATE_IS_REVOKED);
	CERTIFICATE_REFUSED("revoked", &r, certificate_use(act, c.id), CERTIFICATE_STATE);
	CERTIFICATE_REFUSED("revoked", &r, certificate_revoke(act, c.id), CERTIFICATE_STATE);
	CERTIFICATE_REFUSED("request", &r, certificate_request_remove(act, c.request),
	                    CERTIFICATE_IN_USE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_remove(act, c.id)));
	CERTIFICATE_REFUSED("gone", &r, certificate_remove(act, c.id), CERTIFICATE_NOT_FOUND);
	CERTIFICATE_REFUSED("CA key", &r, ca_key_remove(act, c.ca_key), CA_IN_USE);
	CHECK_OK(KEY_CHANGE(&r.f,
	                    key_version_move(act, &r.definition, &r.version, KEY_DEACTIVATED)));
	CHECK_OK(KEY_CHANGE(&r.f, key_version_load(act->tx, r.version.id, &v)));
	CHECK_OK(KEY_CHANGE(&r.f, key_version_move(act, &r.definition, &v, KEY_DESTROYED)));
	CERTIFICATE_REFUSED("a request refers to it", &r,
	                    key_definition_remove(act, r.definition.id), CATALOG_IN_USE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_remove(act, c.request)));
	CERTIFICATE_REFUSED("gone", &r, certificate_request_remove(act, c.request),
	                    CERTIFICATE_NOT_FOUND);
	CHECK_OK(KEY_CHANGE(&r.f, key_definition_remove(act, r.definition.id)));
	CHECK_OK(KEY_CHANGE(&r.f, ca_key_remove(act, c.ca_key)));
	CHECK_OK(KEY_CHANGE(&r.f, ca_remove(act, r.ca.id)));
}

KEY_TEST_BOTH(a_certificate_that_was_never_used_can_be_taken_out_and_in_again)
{
	SCOPED(arena_free) struct arena a = { 0 };
	RIG(r);
	struct certificate_request q = certificate_sent(&r, "visa");
	struct certificate c, *rows;
	size_t count;

	certificate_answer(&r.authority, &q, "0A0B0C", &answer);
	CHECK_OK(KEY_CHANGE(&r.f, import(act, q.id, &c)));
	CHECK_OK(KEY_CHANGE(&r.f, certificate_remove(act, c.id)));
	CHECK_OK(KEY_CHANGE(&r.f, certificate_request_load(act->tx, q.id, &q)));
	CHECK_I64("", q.state, CERTIFICATE_IS_SENT);
	certificate_answer(&r.authority, &q, "0A0B0D", &answer);
	CHECK_OK(KEY_CHANGE(&r.f, import(act, q.id, &c)));
	CHECK_OK(KEY_CHANGE(&r.f, certificate_list(act->tx, r.version.id, &a, &rows, &count)));
	REQUIRE(count == 1);
	CHECK_STR("", rows[0].serial, "0A0B0D");
	CHECK_OK(KEY_CHANGE(&r.f, certificate_list(act->tx, 99, &a, &rows, &count)));
	CHECK_I64("", count, 0);
}

KEY_TEST_BOTH(certificates_end_with_their_month)
{
	RIG(r);
	struct certificate c = certificate_in_use(&r, "visa");
	struct instant last =
	        instant_of((struct civil){ 2030, 12, 31, 23, 59, 59 }, TIME_ZONE_CHINA_S);
	size_t moved;

	r.f.now = last;
	CHECK_OK(KEY_CHANGE(&r.f, certificate_follow_clock(act, &moved)));
	CHECK_I64("not yet", moved, 0);
	CHECK_I64("", certificate_state_at(&c, last), CERTIFICATE_IS_IN_USE);
	r.f.now.us += SECOND_US;
	CHECK_I64("", certificate_state_at(&c, r.f.now), CERTIFICATE_IS_EXPIRED);
	CERTIFICATE_REFUSED("by the clock", &r, certificate_revoke(act, c.id), CERTIFICATE_STATE);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_follow_clock(act, &moved)));
	CHECK_I64("over", moved, 1);
	check_states(&r, &c, CERTIFICATE_IS_EXPIRED);
	CHECK_OK(KEY_CHANGE(&r.f, certificate_remove(act, c.id)));
}

/* --- audit --- */

KEY_TEST_BOTH(every_act_on_certificates_has_its_line)
{
	static const char *const want[] = { "IPK.REMOVE",   "IPK.REVOKE", "IPK.USE",
		                            "IPK.IMPORT",   "IPK.SENT",   "IPK.REQUEST",
		                            "CAKEY.IMPORT", "CA.ADD" };
	SCOPED(arena_free) struct arena a = { 0 };
	struct key_audit_filter f = { .newest_first = true, .limit = ARRAY_LEN(want) };
	RIG(r);
	struct certificate c = certificate_in_use(&r, "visa");
	struct key_audit_line *lines;
	size_t count;

	CHECK_OK(KEY_CHANGE(&r.f, certificate_revoke(act, c.id)));
	CHECK_OK(KEY_CHANGE(&r.f, certificate_remove(act, c.id)));
	CHECK_OK(KEY_CHANGE(&r.f, key_audit_list(act->tx, &f, &a, &lines, &count)));
	REQUIRE(count == ARRAY_LEN(want));
	for (size_t i = 0; i < count; i++)
		CHECK_STR("", lines[i].op, want[i]);
	CHECK_STR("", lines[0].detail,
	          "label=CAMPUS01.EMV.IPK.01 iin=62258800 index=F1 serial=0A0B0C expiry=1230");
}
