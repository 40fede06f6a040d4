/* SPDX-License-Identifier: Apache-2.0 */
/* Certification authorities, their keys, requests and certificates, as officers handle them (keys
 * 16.2 to 16.4, B6.07, B6.09, B6.21 to B6.23). */
#include <stdio.h>

#include "domain/keys/certificate.h"
#include "domain/keys/ipk_testkit.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "vectors/vectors.h"

enum { ID = 24, HEX = 2 * IPK_FILE_MAX + 1, DAY_S = 86400 };

#define EMV "emv/emv.txt"

/* One for all tests here, the last of which closes it. */
static struct kms_kit shared;
static struct ipk_authority authority;
static char ca[ID], ca_key[ID], version[ID];

static const char *as_conf(const char *request)
{
	return kms_ask_as(&shared, "conf", "{%s}", request);
}

static const char *as_cert(const char *request)
{
	return kms_ask_as(&shared, "cert", "{%s}", request);
}

static void keep_id(char out[ID])
{
	str_copy(str_of(kms_told(&shared, "id")), out, ID);
}

static void check_told(const char *label, const char *text)
{
	if (!strstr((const char *)shared.answer.at, text))
		CHECK_STR(label, (const char *)shared.answer.at, text);
}

static bool open_shared(void)
{
	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	ipk_authority_init(&authority, vector(EMV, "ca-p"), vector(EMV, "ca-q"));
	CHECK(kms_kit_officer(&shared, "conf", "conf"));
	CHECK(kms_kit_officer(&shared, "cert", "cert"));
	CHECK(kms_kit_officer(&shared, "key", "key"));
	kms_kit_session(&shared, "conf");
	kms_kit_session(&shared, "cert");
	kms_kit_session(&shared, "key");
	kms_kit_session(&shared, "mk");
	return true;
}

/* --- authorities --- */

TEST(authorities_are_made_by_conf_and_have_the_rid_of_their_scheme)
{
	REQUIRE(open_shared());
	CHECK_STR("made",
	          as_conf("'command':'ca.add','code':'CAMPUSCA','name':'校园','scheme':'other',"
	                  "'rid':'A000000999'"),
	          "SUCCESS");
	keep_id(ca);
	KMS_REFUSED("its code", &shared,
	            as_conf("'command':'ca.add','code':'CAMPUSCA','name':'x','scheme':'other',"
	                    "'rid':'A000000999'"),
	            "CA_EXISTS");
	KMS_REFUSED("a scheme that is none", &shared,
	            as_conf("'command':'ca.add','code':'X','name':'x','scheme':'amex',"
	                    "'rid':'A000000025'"),
	            "CATALOG_FIELD");
	KMS_REFUSED("another scheme's RID", &shared,
	            as_conf("'command':'ca.add','code':'X','name':'x','scheme':'visa',"
	                    "'rid':'A000000004'"),
	            "CA_FIELD");
	KMS_REFUSED("half an RID", &shared,
	            as_conf("'command':'ca.add','code':'X','name':'x','scheme':'other',"
	                    "'rid':'A0000'"),
	            "INVALID_HEX");
	KMS_REFUSED("nobody's number", &shared,
	            as_conf("'command':'ca.save','id':99,'name':'x','scheme':'other',"
	                    "'rid':'A000000999'"),
	            "CA_NOT_FOUND");
	CHECK_STR("renamed",
	          kms_ask_as(&shared, "conf",
	                     "{'command':'ca.save','id':%s,'name':'校园认证','scheme':'other',"
	                     "'rid':'A000000999','note':'测试'}",
	                     ca),
	          "SUCCESS");
	CHECK_STR("listed", as_cert("'command':'ca.list'"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "name"), "校园认证");
	CHECK_STR("", kms_told(&shared, "rid"), "A000000999");
}

/* --- their keys --- */

static const char *import_typed(const char *index, const char *modulus, const char *checksum)
{
	return kms_ask_as(&shared, "cert",
	                  "{'command':'cakey.import','ca':%s,'index':'%s','modulus':'%s',"
	                  "'exponent':'03','expiry':'2040-12-31','checksum':'%s'}",
	                  ca, index, modulus, checksum);
}

static void check_refused_offers(const char *modulus)
{
	static const struct {
		const char *label, *fields, *code;
	} rows[] = {
		{ "no key at all", "'checksum':'24F0'", "CA_FIELD" },
		{ "two ways", "'modulus':'AB','table':'x'", "CA_FIELD" },
		{ "an index for a table", "'index':'F1','table':'x'", "CA_FIELD" },
		{ "a day for a table", "'expiry':'2040-12-31','table':'x'", "CA_FIELD" },
		{ "a table of one column", "'table':'x'", "CA_FIELD" },
		{ "no such file", "'file':'24','checksum':'24F03D8860F74C6ECE490611CE86EB53A6819D46'"
		                  ",'expiry':'2040-12-31'",
		  "CA_FIELD" },
		{ "no day", "'file':'20','checksum':'24F03D8860F74C6ECE490611CE86EB53A6819D46'",
		  "TIME_SYNTAX" },
		{ "a day that is none", "'file':'20','expiry':'2040-02-30'", "CATALOG_FIELD" },
		{ "a file's checksum left out", "'file':'20','expiry':'2040-12-31'",
		  "INVALID_HEX" },
	}, *row;

	EACH (row, rows)
		KMS_REFUSED(row->label, &shared,
		            kms_ask_as(&shared, "cert", "{'command':'cakey.import','ca':%s,%s}", ca,
		                       row->fields),
		            row->code);
	KMS_REFUSED("another checksum", &shared,
	            import_typed("F1", modulus, "24F03D8860F74C6ECE490611CE86EB53A6819D47"),
	            "EMV_CERTIFICATE");
	KMS_REFUSED("another index", &shared,
	            import_typed("F2", modulus, "24F03D8860F74C6ECE490611CE86EB53A6819D46"),
	            "EMV_CERTIFICATE");
	KMS_REFUSED("no such authority", &shared,
	            as_cert("'command':'cakey.import','ca':99,'modulus':'AB'"), "CA_NOT_FOUND");
}

/* Refused before anybody is asked; then a second person of another role compares the checksum. */
TEST(a_key_of_an_authority_needs_a_second_person_who_sees_its_checksum)
{
	char modulus[2 * EMV_KEY_MAX + 1], id[ID];

	REQUIRE(open_shared());
	hex_encode(emv_key_modulus(&authority.ca.key), modulus);
	check_refused_offers(modulus);
	CHECK_STR("asked", import_typed("f1", modulus, "24f03d8860f74c6ece490611ce86eb53a6819d46"),
	          "APPROVAL_NEEDED");
	CHECK_STR("shown", kms_told(&shared, "checksum"),
	          "24F03D8860F74C6ECE490611CE86EB53A6819D46");
	str_copy(str_of(kms_told(&shared, "approval")), id, sizeof id);
	KMS_REFUSED("who asks", &shared,
	            kms_ask_as(&shared, "cert", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	CHECK_STR("what the second person sees",
	          kms_ask_as(&shared, "key", "{'command':'approval.show','id':%s}", id), "SUCCESS");
	check_told("", "\\\"checksum\\\":\\\"24F03D8860F74C6ECE490611CE86EB53A6819D46\\\"");
	CHECK_STR("agreed", kms_ask_as(&shared, "key", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	CHECK_STR("taken",
	          kms_ask_as(&shared, "cert", "{'command':'cakey.import','approval':'%s'}", id),
	          "SUCCESS");
	CHECK_I64("", kms_kit_audited(&shared, "CAKEY.IMPORT", "OK", "ca=CAMPUSCA index=F1"), 1);
	CHECK_I64("", kms_kit_audited(&shared, "APPROVAL.USE", "OK", "id="), 1);
	CHECK_STR("its index again",
	          import_typed("F1", modulus, "24F03D8860F74C6ECE490611CE86EB53A6819D46"),
	          "APPROVAL_NEEDED");
	CHECK_STR("its index again", kms_agreed(&shared, "cert", "cakey.import", "key"),
	          "CA_KEY_EXISTS");
	CHECK_STR("listed", kms_ask_as(&shared, "conf", "{'command':'cakey.list','ca':%s}", ca),
	          "SUCCESS");
	keep_id(ca_key);
	CHECK_STR("", kms_told(&shared, "modulus"), modulus);
	CHECK_STR("", kms_told(&shared, "expiry"), "2040-12-31");
	CHECK_STR("", kms_told(&shared, "state"), "ACTIVE");
}

static void make_authority(const char *code, const char *scheme, const char *rid, char id[ID])
{
	CHECK_STR(code,
	          kms_ask_as(&shared, "conf",
	                     "{'command':'ca.add','code':'%s','name':'x','scheme':'%s','rid':'%s'}",
	                     code, scheme, rid),
	          "SUCCESS");
	keep_id(id);
}

static void agree(const char *who, char id[ID])
{
	str_copy(str_of(kms_told(&shared, "approval")), id, ID);
	CHECK_STR(who, kms_ask_as(&shared, who, "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
}

/* The checksum of each row is what is agreed to, besides the table itself. */
TEST(keys_come_in_a_table)
{
	char union_pay[ID], id[ID], table[1024], modulus[2 * EMV_KEY_MAX + 1];

	REQUIRE(open_shared());
	make_authority("CUP", "unionpay", "A000000333", union_pay);
	hex_encode(vector(EMV, "scheme-09"), modulus);
	snprintf(table, sizeof table,
	         "RID,index,modulus,exponent,expiry,checksum\\n"
	         "A000000333,09,%s,03,20301231,A075306EAB0045BAF72CDD33B3B678779DE1F527\\n",
	         modulus);
	KMS_REFUSED("another authority's RID", &shared,
	            kms_ask_as(&shared, "cert", "{'command':'cakey.import','ca':%s,'table':'%s'}",
	                       ca, table),
	            "CA_FIELD");
	KMS_REFUSED("checksums that were typed are not the table's", &shared,
	            kms_ask_as(&shared, "cert",
	                       "{'command':'cakey.import','ca':%s,'table':'%s',"
	                       "'checksum':'24F03D8860F74C6ECE490611CE86EB53A6819D46'}",
	                       union_pay, table),
	            "CA_FIELD");
	CHECK_STR("asked",
	          kms_ask_as(&shared, "cert", "{'command':'cakey.import','ca':%s,'table':'%s'}",
	                     union_pay, table),
	          "APPROVAL_NEEDED");
	CHECK_STR("shown", kms_told(&shared, "checksum"),
	          "A075306EAB0045BAF72CDD33B3B678779DE1F527");
	agree("conf", id);
	KMS_REFUSED("another table", &shared,
	            kms_ask_as(&shared, "cert",
	                       "{'command':'cakey.import','approval':'%s','table':'%s\\n'}", id,
	                       table),
	            "APPROVAL_OTHER");
	KMS_REFUSED("none", &shared,
	            kms_ask_as(&shared, "cert", "{'command':'cakey.import','approval':'%s'}", id),
	            "APPROVAL_OTHER");
	CHECK_STR("all said again",
	          kms_ask_as(&shared, "cert",
	                     "{'command':'cakey.import','approval':'%s','ca':%s,'table':'%s'}", id,
	                     union_pay, table),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "count"), "1");
}

TEST(a_key_comes_in_a_schemes_file)
{
	struct bytes n = vector(EMV, "scheme-94");
	uint8_t file[CA_OFFER_FILE_MAX] = { 0x20, 0x94, (uint8_t)n.len };
	char visa[ID], id[ID], hex[HEX];

	REQUIRE(open_shared());
	make_authority("VISA", "visa", "A000000003", visa);
	memcpy(file + 3, n.at, n.len);
	file[3 + n.len] = 3;
	hex_encode(bytes_of(file, 4 + n.len), hex);
	KMS_REFUSED("another checksum", &shared,
	            kms_ask_as(&shared, "cert",
	                       "{'command':'cakey.import','ca':%s,'expiry':'2030-12-31',"
	                       "'checksum':'24F03D8860F74C6ECE490611CE86EB53A6819D46','file':'%s'}",
	                       visa, hex),
	            "EMV_CERTIFICATE");
	CHECK_STR("asked",
	          kms_ask_as(&shared, "cert",
	                     "{'command':'cakey.import','ca':%s,'expiry':'2030-12-31',"
	                     "'checksum':'C4A3C43CCF87327D136B804160E47D43B60E6E0F','file':'%s'}",
	                     visa, hex),
	          "APPROVAL_NEEDED");
	agree("mk", id);
	CHECK_STR("taken",
	          kms_ask_as(&shared, "cert",
	                     "{'command':'cakey.import','approval':'%s','file':'%s'}", id, hex),
	          "SUCCESS");
	CHECK_STR("listed", kms_ask_as(&shared, "conf", "{'command':'cakey.list','ca':%s}", visa),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "index"), "94");
	CHECK_I64("its file", strlen(kms_told(&shared, "source_sha256")), 64);
}

/* --- requests --- */

static void make_pair(void)
{
	CHECK_STR("issuer", as_conf("'command':'issuer.add','code':'CAMPUS01','name':'校园'"),
	          "SUCCESS");
	CHECK_STR("product",
	          kms_ask_as(&shared, "conf",
	                     "{'command':'product.add','issuer':%s,'code':'EMV','name':'x',"
	                     "'kind':'RSA','place':'host'}",
	                     kms_told(&shared, "id")),
	          "SUCCESS");
	CHECK_STR("key",
	          kms_ask_as(&shared, "conf",
	                     "{'command':'key.define','product':%s,'code':'IPK','name':'x',"
	                     "'usage':'S0','algorithm':'R','bits':1024,'mode':'S',"
	                     "'exportability':'N'}",
	                     kms_told(&shared, "id")),
	          "SUCCESS");
	CHECK_STR("pair",
	          kms_ask_as(&shared, "cert",
	                     "{'command':'version.generate','key':%s,'at_once':true}",
	                     kms_told(&shared, "id")),
	          "SUCCESS");
	keep_id(version);
}

static const char *make_request(const char *profile, const char *expiry, const char *tracking)
{
	return kms_ask_as(&shared, "cert",
	                  "{'command':'request.make','ca':%s,'ca_key':%s,'key_version':%s,"
	                  "'profile':'%s','iin':'62258800','expiry':'%s','tracking':'%s'}",
	                  ca, ca_key, version, profile, expiry, tracking);
}

/* The request's file from the answer, and what the authority answers to it. */
static void answer_of(const char *profile, const char *serial, struct ipk_file *out)
{
	struct ipk_profile p;
	struct ipk_values asked;
	uint8_t file[IPK_FILE_MAX];
	struct str hex = str_of(kms_told(&shared, "file_hex"));

	CHECK_OK(ipk_profile_load(str_of(profile), &p));
	CHECK_OK(hex_decode(hex, file, hex.len / 2));
	CHECK_OK(ipk_request_read(&p, bytes_of(file, hex.len / 2), &asked));
	ipk_authority_answer(&authority, &p, &asked, serial, out);
}

static const char *import(const char *request, const struct ipk_file *answer)
{
	static char hex[HEX];

	hex_encode(bytes_of(answer->at, answer->len), hex);
	return kms_ask_as(&shared, "cert",
	                  "{'command':'certificate.import','request':%s,'file':'%s'}", request,
	                  hex);
}

static void check_refused_requests(void)
{
	KMS_REFUSED("no such layout", &shared, make_request("visas", "1230", "000200"),
	            "IPK_PROFILE");
	KMS_REFUSED("a month that is past", &shared, make_request("visa", "0226", "000200"),
	            "IPK_VALUE");
	KMS_REFUSED("letters for digits", &shared, make_request("visa", "1230", "00020A"),
	            "IPK_VALUE");
	KMS_REFUSED("a secret key", &shared,
	            kms_ask_as(&shared, "cert",
	                       "{'command':'request.make','ca':%s,'key_version':1,"
	                       "'profile':'visa','iin':'62258800','expiry':'1230',"
	                       "'tracking':'000200'}",
	                       ca),
	            "CERTIFICATE_KEY");
	KMS_REFUSED("no such key", &shared,
	            kms_ask_as(&shared, "cert",
	                       "{'command':'request.make','ca':%s,'key_version':99,"
	                       "'profile':'visa','iin':'62258800','expiry':'1230',"
	                       "'tracking':'000200'}",
	                       ca),
	            "KEY_NOT_FOUND");
}

TEST(a_request_has_a_file_for_the_authority_and_a_hash_for_people)
{
	char id[ID], file[HEX], hash[HEX];

	REQUIRE(open_shared());
	make_pair();
	check_refused_requests();
	CHECK_STR("made", make_request("visa", "1230", "000123"), "SUCCESS");
	keep_id(id);
	CHECK_STR("", kms_told(&shared, "label"), "CAMPUS01.EMV.IPK.01");
	CHECK_STR("", kms_told(&shared, "file_name"), "000123.INP");
	CHECK_STR("", kms_told(&shared, "hash_name"), "000123.TXT");
	CHECK_I64("263 bytes", strlen(kms_told(&shared, "file_hex")), 2 * 263);
	str_copy(str_of(kms_told(&shared, "file_hex")), file, sizeof file);
	str_copy(str_of(kms_told(&shared, "hash_shown")), hash, sizeof hash);
	CHECK_I64("twenty bytes", strlen(hash), 2 * EMV_HASH);
	KMS_REFUSED("its tracking number", &shared, make_request("visa", "1230", "000123"),
	            "CERTIFICATE_TRACKING");
	CHECK_STR("again", kms_ask_as(&shared, "key", "{'command':'request.show','id':%s}", id),
	          "SUCCESS");
	CHECK_STR("the same file", kms_told(&shared, "file_hex"), file);
	CHECK_STR("the same hash", kms_told(&shared, "hash_shown"), hash);
	CHECK_STR("listed", as_cert("'command':'request.list'"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "state"), "DRAFT");
	CHECK_STR("a draft goes",
	          kms_ask_as(&shared, "cert", "{'command':'request.remove','id':%s}", id),
	          "APPROVAL_NEEDED");
	CHECK_STR("a draft goes", kms_agreed(&shared, "cert", "request.remove", "mk"), "SUCCESS");
	KMS_REFUSED("gone", &shared,
	            kms_ask_as(&shared, "key", "{'command':'request.show','id':%s}", id),
	            "CERTIFICATE_NOT_FOUND");
}

/* --- certificates --- */

static const char *on(const char *command, const char *id)
{
	return kms_ask_as(&shared, "cert", "{'command':'%s','id':%s}", command, id);
}

/* One that needs the administrator. */
static const char *agreed_on(const char *command, const char *id)
{
	CHECK_STR(command, on(command, id), "APPROVAL_NEEDED");
	return kms_agreed(&shared, "cert", command, "mk");
}

static void check_import(const char *request, const struct ipk_file *answer)
{
	struct ipk_file altered = *answer;

	KMS_REFUSED("before it was sent", &shared, import(request, answer), "CERTIFICATE_STATE");
	CHECK_STR("sent", on("request.sent", request), "SUCCESS");
	KMS_REFUSED("sent twice", &shared, on("request.sent", request), "CERTIFICATE_STATE");
	altered.at[answer->len - 1] ^= 1;
	KMS_REFUSED("altered", &shared, import(request, &altered), "EMV_CERTIFICATE");
	altered = *answer;
	altered.len--;
	KMS_REFUSED("cut", &shared, import(request, &altered), "IPK_FILE");
	KMS_REFUSED("another request", &shared, import("99", answer), "CERTIFICATE_NOT_FOUND");
	CHECK_STR("taken", import(request, answer), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "again"), "false");
	CHECK_STR("", kms_told(&shared, "serial"), "0A0B0C");
	CHECK_STR("the same file", import(request, answer), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "again"), "true");
}

static void check_xml(const char *certificate)
{
	CHECK_STR("xml", on("certificate.xml", certificate), "SUCCESS");
	check_told("issuer", "issuer=\\\"CAMPUS01\\\"");
	check_told("index", "<tag id=\\\"8F\\\">F1</tag>");
	KMS_REFUSED("none", &shared, on("certificate.xml", "99"), "CERTIFICATE_NOT_FOUND");
}

static void check_use(const char *request, const char *certificate)
{
	CHECK_STR("in use", on("certificate.use", certificate), "SUCCESS");
	KMS_REFUSED("in use already", &shared, on("certificate.use", certificate),
	            "CERTIFICATE_STATE");
	CHECK_STR("the key stays", agreed_on("cakey.remove", ca_key), "CA_IN_USE");
	CHECK_STR("the request stays", agreed_on("request.remove", request), "CERTIFICATE_IN_USE");
	CHECK_STR("it stays", agreed_on("certificate.remove", certificate), "CERTIFICATE_STATE");
	CHECK_STR("revoked", agreed_on("certificate.revoke", certificate), "SUCCESS");
	KMS_REFUSED("for good", &shared, on("certificate.use", certificate), "CERTIFICATE_STATE");
	CHECK_STR("listed", as_conf("'command':'certificate.list'"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "state"), "REVOKED");
	CHECK_STR("removed", agreed_on("certificate.remove", certificate), "SUCCESS");
	CHECK_STR("and its request", agreed_on("request.remove", request), "SUCCESS");
}

TEST(an_answer_is_checked_whole_and_its_certificate_used_until_it_is_revoked)
{
	char request[ID], certificate[ID];
	struct ipk_file answer;

	REQUIRE(open_shared());
	CHECK_STR("made", make_request("unionpay", "1230", "000124"), "SUCCESS");
	keep_id(request);
	answer_of("unionpay", "0A0B0C", &answer);
	check_import(request, &answer);
	keep_id(certificate);
	check_xml(certificate);
	check_use(request, certificate);
}

/* What expires is written down when the keeper looks at the clock. */
TEST(a_certificate_expires_with_its_month)
{
	char request[ID], certificate[ID];
	struct ipk_file answer;

	REQUIRE(open_shared());
	CHECK_STR("made", make_request("unionpay", "0326", "000125"), "SUCCESS");
	keep_id(request);
	answer_of("unionpay", "0A0B0D", &answer);
	CHECK_STR("sent", on("request.sent", request), "SUCCESS");
	CHECK_STR("taken", import(request, &answer), "SUCCESS");
	keep_id(certificate);
	CHECK_STR("in use", on("certificate.use", certificate), "SUCCESS");
	kms_kit_pass(&shared, 30 * DAY_S);
	REQUIRE(kms_kit_restart(&shared));
	for (int i = 0; i < 100 && kms_kit_audited(&shared, "IPK.EXPIRE", "OK", "") == 0; i++)
		kms_ask(&shared, "{'command':'status'}");
	CHECK_I64("written down", kms_kit_audited(&shared, "IPK.EXPIRE", "OK", "count=1"), 1);
	CHECK_STR("listed", as_conf("'command':'certificate.list'"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "state"), "EXPIRED");
	CHECK_STR("removed", agreed_on("certificate.remove", certificate), "SUCCESS");
	CHECK_STR("and its request", agreed_on("request.remove", request), "SUCCESS");
}

/* --- the end --- */

TEST(what_nothing_refers_to_is_removed_with_the_administrators_leave)
{
	REQUIRE(open_shared());
	CHECK_STR("still has a key",
	          kms_ask_as(&shared, "conf", "{'command':'ca.remove','id':%s}", ca),
	          "APPROVAL_NEEDED");
	CHECK_STR("still has a key", kms_agreed(&shared, "conf", "ca.remove", "mk"), "CA_IN_USE");
	CHECK_STR("not believed any more", agreed_on("cakey.revoke", ca_key), "SUCCESS");
	CHECK_STR("twice", agreed_on("cakey.revoke", ca_key), "CA_KEY_STATE");
	KMS_REFUSED("no request for it", &shared, make_request("visa", "1230", "000126"),
	            "CA_KEY_STATE");
	CHECK_STR("removed", agreed_on("cakey.remove", ca_key), "SUCCESS");
	CHECK_STR("removed", kms_ask_as(&shared, "conf", "{'command':'ca.remove','id':%s}", ca),
	          "APPROVAL_NEEDED");
	CHECK_STR("removed", kms_agreed(&shared, "conf", "ca.remove", "mk"), "SUCCESS");
	CHECK(kms_kit_officer(&shared, "auditor", "audit"));
	CHECK_STR("the chain", kms_ask_as(&shared, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
	kms_kit_close(&shared);
	ipk_authority_deinit(&authority);
}
