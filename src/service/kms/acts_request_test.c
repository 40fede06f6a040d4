/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are none, and secrets on their way: what a browser seals, and what is sealed for
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "crypto/seal.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "service/kms/officer_call.h"

enum { HEX = 4096 };

/* One for all tests here, the last of which closes it. */
static struct kms_kit shared;

static bool open_shared(void)
{
	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	CHECK(kms_kit_officer(&shared, "conf", "conf"));
	CHECK(kms_kit_officer(&shared, "cert", "cert"));
	kms_kit_session(&shared, "conf");
	kms_kit_session(&shared, "cert");
	kms_kit_session(&shared, "mk");
	return true;
}

/* --- what is no request --- */

TEST(what_is_no_request_is_refused_and_the_line_lives_on)
{
	static const struct {
		const char *text, *code;
	} rows[] = {
		{ "", "JSON_SYNTAX" },
		{ "status", "JSON_SYNTAX" },
		{ "{", "JSON_SYNTAX" },
		{ "[]", "JSON_SYNTAX" },
		{ "'status'", "JSON_SYNTAX" },
		{ "{'command':'status'", "JSON_SYNTAX" },
		{ "{'command':'status'}}", "JSON_SYNTAX" },
		{ "{'command':'status','command':'hello'}", "JSON_SYNTAX" },
		{ "{'command':'sta\\u0000tus'}", "JSON_SYNTAX" },
		{ "{'command':'\xFF'}", "JSON_SYNTAX" },
		{ "{'command':'whoami','id':99999999999999999999}", "JSON_SYNTAX" },
		{ "{}", "CONTROL_COMMAND" },
		{ "{'command':''}", "CONTROL_COMMAND" },
		{ "{'command':7}", "CONTROL_COMMAND" },
		{ "{'command':null}", "CONTROL_COMMAND" },
		{ "{'command':'statu'}", "CONTROL_COMMAND" },
		{ "{'command':'status '}", "CONTROL_COMMAND" },
		{ "{'command':'relay','and':1}", "CONTROL_COMMAND" },
		{ "{'command':'status','approval':'x'}", "INVALID_NUMBER" },
		{ "{'command':'status','approval':1}", "JSON_FIELDS" },
		{ "{'command':'status','session':{}}", "JSON_FIELDS" },
		{ "{'command':'status','more':1}", "JSON_FIELDS" },
	}, *row;

	REQUIRE(open_shared());
	EACH (row, rows) {
		if (row->text[0])
			KMS_REFUSED(row->text, &shared, kms_ask(&shared, "%s", row->text),
			            row->code);
		else
			KMS_REFUSED("an empty line", &shared, kms_ask(&shared, "%s", ""),
			            row->code);
	}
	CHECK_STR("the line lives", kms_ask(&shared, "{'command':'status'}"), "SUCCESS");
}

TEST(nesting_has_a_limit)
{
	char deep[16001];

	REQUIRE(open_shared());
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	KMS_REFUSED("arrays", &shared, kms_ask(&shared, "{'command':%s", deep), "JSON_SYNTAX");
}

TEST(fields_of_another_type_or_size_are_named)
{
	static const struct {
		const char *fields, *what;
	} rows[] = {
		{ "'code':'C','name':'x','nam':'y'", "\"nam\":\"unknown\"" },
		{ "'code':'C'", "\"name\":\"required\"" },
		{ "'code':'C','name':7", "\"name\":\"type\"" },
		{ "'code':'C','name':['x']", "\"name\":\"type\"" },
		{ "'code':'C','name':null", "\"name\":\"required\"" },
		{ "'code':'C','name':''", "\"name\":\"range\"" },
		{ "'code':'CAMPUS001','name':'x'", "\"code\":\"range\"" },
		{ "'code':7,'name':true", "\"code\":\"type\",\"name\":\"type\"" },
		{ "'code':'C','name':'x','id':1", "\"id\":\"unknown\"" },
	}, *row;

	REQUIRE(open_shared());
	EACH (row, rows) {
		KMS_REFUSED(row->fields, &shared,
		            kms_ask_as(&shared, "conf", "{'command':'issuer.add',%s}", row->fields),
		            "JSON_FIELDS");
		if (!strstr((const char *)shared.answer.at, row->what))
			CHECK_STR(row->fields, (const char *)shared.answer.at, row->what);
	}
}

TEST(numbers_are_whole_and_within_their_range)
{
	static const char *const numbers[] = {
		"0", "-1", "1.0", "1e3", "'1'", "true", "[1]", "9223372036854775807.0",
	};

	REQUIRE(open_shared());
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		KMS_REFUSED(numbers[i], &shared,
		            kms_ask_as(&shared, "conf", "{'command':'client.stop','id':%s}",
		                       numbers[i]),
		            "JSON_FIELDS");
}

TEST(binary_files_come_in_hexadecimal_digits)
{
	static const char *const files[] = { "2", "2G", "22 ", "0x22", "" };

	REQUIRE(open_shared());
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		KMS_REFUSED(files[i], &shared,
		            kms_ask_as(&shared, "cert",
		                       "{'command':'certificate.import','request':1,'file':'%s'}",
		                       files[i]),
		            "JSON_FIELDS");
	KMS_REFUSED("digits, but there is no such request", &shared,
	            kms_ask_as(&shared, "cert",
	                       "{'command':'certificate.import','request':1,'file':'2290'}"),
	            "CERTIFICATE_NOT_FOUND");
}

/* --- sizes --- */

/* A request of `size` bytes and its line feed, in which a field has nearly all of them. */
static char *long_request(const char *before, size_t size)
{
	char *text = malloc(size + 1);
	size_t len = strlen(before);

	ASSERT(text);
	memset(text, 'A', size);
	memcpy(text, before, len);
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] == '\'' ? '"' : text[i];
	memcpy(text + size - 2, "\"}", 2);
	text[size] = '\0';
	return text;
}

static void ask_long(const char *label, const char *before, size_t size, const char *code)
{
	char *text = long_request(before, size);

	shared.answer.len = 0;
	CHECK_OK(lines_ask(&shared.line, (struct str){ text, size }, &shared.answer));
	buf_put(&shared.answer, bytes_of("", 1));
	CHECK_STR(label, kms_told(&shared, "code"), code);
	free(text);
}

TEST(texts_and_files_have_their_limits)
{
	char before[256];

	REQUIRE(open_shared());
	snprintf(before, sizeof before,
	         "{'session':'%s','command':'stock.close','day':'2026-03-05','counts':'",
	         kms_kit_session(&shared, "conf"));
	ask_long("not his", before, OFFICER_TEXT_MAX + 1000, "OFFICER_ROLE_OTHER");
	snprintf(before, sizeof before,
	         "{'session':'%s','command':'issuer.add','code':'C','name':'",
	         kms_kit_session(&shared, "conf"));
	ask_long("a name", before, OFFICER_TEXT_MAX, "JSON_FIELDS");
	snprintf(before, sizeof before, "{'session':'%s','command':'cakey.import','ca':1,'table':'",
	         kms_kit_session(&shared, "cert"));
	ask_long("the largest file", before, strlen(before) + OFFICER_FILE_MAX + 2, "CA_NOT_FOUND");
	ask_long("a larger one", before, strlen(before) + OFFICER_FILE_MAX + 3, "JSON_FIELDS");
	CHECK_STR("the line lives", kms_ask(&shared, "{'command':'status'}"), "SUCCESS");
}

/* Sent until the other side has had enough; true when it closed the line. */
static bool is_closed_after(struct lines_client *c, size_t size)
{
	static char piece[1 << 16];
	char got;

	memset(piece, ' ', sizeof piece);
	for (size_t sent = 0; sent < size; sent += sizeof piece)
		if (send(c->fd, piece, sizeof piece, MSG_NOSIGNAL) <= 0)
			return true;
	return recv(c->fd, &got, 1, 0) <= 0;
}

TEST(a_line_without_an_end_is_closed_and_the_others_are_served)
{
	SCOPED(lines_disconnect) struct lines_client other = { -1 };

	REQUIRE(open_shared());
	REQUIRE_OK(lines_connect(shared.officer_socket, &other));
	CHECK(is_closed_after(&other, OFFICER_FILE_MAX + (2 << 20)));
	CHECK_STR("the others", kms_ask(&shared, "{'command':'status'}"), "SUCCESS");
}

/* --- sealed entry --- */

static void seal_for_manager(const char *about, const char *text, char hex[HEX])
{
	uint8_t point[SEAL_POINT], sealed[HEX / 2 - 1];
	struct writer w = writer_of(sealed, sizeof sealed);

	CHECK_STR("hello", kms_ask(&shared, "{'command':'hello'}"), "SUCCESS");
	CHECK_OK(hex_decode(str_of(kms_told(&shared, "seal_for")), point, sizeof point));
	CHECK_OK(seal_make(point, str_bytes(str_of(about)), str_bytes(str_of(text)),
	                   random_system(), &w));
	hex_encode(writer_bytes(&w), hex);
}

static bool open_relay(struct lines_client *line)
{
	if (!CHECK_RESULT("line", lines_connect(shared.officer_socket, line), SUCCESS))
		return false;
	CHECK_STR("relay", kms_ask_on(&shared, line, "{'command':'relay'}"), "SUCCESS");
	return true;
}

static void check_sealed_login(struct lines_client *relay)
{
	char password[HEX], code[HEX], other[HEX], digits[KMS_KIT_TEXT];

	kms_kit_code(&shared, "conf", digits);
	seal_for_manager("login/password", KMS_KIT_PASSWORD, password);
	seal_for_manager("login/code", digits, code);
	seal_for_manager("login/code", KMS_KIT_PASSWORD, other);
	KMS_REFUSED("sealed as another field", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'login','name':'conf','password_sealed':'%s',"
	                       "'code_sealed':'%s'}",
	                       other, code),
	            "SEAL_BROKEN");
	KMS_REFUSED("cut", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'login','name':'conf','password_sealed':'%.100s',"
	                       "'code_sealed':'%s'}",
	                       password, code),
	            "SEAL_BROKEN");
	KMS_REFUSED("no hex", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'login','name':'conf','password_sealed':'what',"
	                       "'code_sealed':'%s'}",
	                       code),
	            "INVALID_HEX");
	KMS_REFUSED("one of two", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'login','name':'conf','password_sealed':'%s'}",
	                       password),
	            "JSON_FIELDS");
	KMS_REFUSED("one in clear", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'login','name':'conf','password_sealed':'%s',"
	                       "'code':'%s'}",
	                       password, digits),
	            "SEAL_NEEDED");
	CHECK_STR("sealed",
	          kms_ask_on(&shared, relay,
	                     "{'command':'login','name':'conf','password_sealed':'%s',"
	                     "'code_sealed':'%s'}",
	                     password, code),
	          "SUCCESS");
	CHECK_I64("a session", strlen(kms_told(&shared, "session")), 32);
}

static void open_answer(const struct seal_key *mine, const char *about, const char *member,
                        char out[KMS_KIT_TEXT])
{
	char hex[HEX];
	uint8_t sealed[HEX / 2];
	struct writer w = writer_of(out, KMS_KIT_TEXT - 1);
	size_t len;

	str_copy(str_of(kms_told(&shared, member)), hex, sizeof hex);
	len = strlen(hex) / 2;
	CHECK_OK(hex_decode(str_of(hex), sealed, len));
	CHECK_OK(seal_open(mine, str_bytes(str_of(about)), bytes_of(sealed, len), &w));
	out[w.len] = '\0';
}

/* An invitation made over the relay is readable for the browser alone, and is one. */
static void check_sealed_answer(struct lines_client *relay)
{
	SCOPED(seal_key_close) struct seal_key mine = { 0 };
	char point[2 * SEAL_POINT + 1], key[256], invitation[KMS_KIT_TEXT];
	const char *session = kms_kit_session(&shared, "mk");

	REQUIRE_OK(seal_key_open(&mine, random_system()));
	hex_encode(bytes_of(mine.recipient, SEAL_POINT), point);
	KMS_REFUSED("no key to answer with", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'officer.add','name':'key','person':'p','roles':'key',"
	                       "'session':'%s'}",
	                       session),
	            "SEAL_NEEDED");
	KMS_REFUSED("no point", &shared,
	            kms_ask_on(&shared, relay,
	                       "{'command':'officer.add','name':'key','person':'p','roles':'key',"
	                       "'session':'%s','reply_key':'0401'}",
	                       session),
	            "INVALID_HEX");
	snprintf(key, sizeof key, ",'reply_key':'%s'", point);
	CHECK_STR("added",
	          kms_ask_on(&shared, relay,
	                     "{'command':'officer.add','name':'key','person':'p','roles':'key',"
	                     "'session':'%s'%s}",
	                     session, key),
	          "SUCCESS");
	CHECK_STR("not in clear", kms_told(&shared, "invitation"), "");
	open_answer(&mine, "officer.add/invitation", "invitation_sealed", invitation);
	CHECK_STR("it invites",
	          kms_ask(&shared, "{'command':'invited','name':'key','invite':'%s'}", invitation),
	          "SUCCESS");
}

TEST(over_a_relay_secrets_go_sealed_both_ways)
{
	SCOPED(lines_disconnect) struct lines_client relay = { -1 };

	REQUIRE(open_shared());
	REQUIRE(open_relay(&relay));
	KMS_REFUSED("in clear", &shared,
	            kms_ask_on(&shared, &relay,
	                       "{'command':'login','name':'conf','password':'x','code':'1'}"),
	            "SEAL_NEEDED");
	check_sealed_login(&relay);
	check_sealed_answer(&relay);
	CHECK_STR("what is no secret needs no seal",
	          kms_ask_on(&shared, &relay, "{'command':'issuer.list','session':'%s'}",
	                     kms_kit_session(&shared, "mk")),
	          "SUCCESS");
	CHECK_STR("another line is none",
	          kms_ask(&shared, "{'command':'login','name':'conf','password':'x','code':'1'}"),
	          "OFFICER_LOGIN");
}

/* What was sealed for a manager that has started anew is not opened. */
TEST(a_seal_lives_as_long_as_the_process)
{
	char password[HEX], code[HEX];

	REQUIRE(open_shared());
	seal_for_manager("login/password", KMS_KIT_PASSWORD, password);
	seal_for_manager("login/code", "123456", code);
	REQUIRE(kms_kit_restart(&shared));
	KMS_REFUSED("", &shared,
	            kms_ask(&shared,
	                    "{'command':'login','name':'conf','password_sealed':'%s',"
	                    "'code_sealed':'%s'}",
	                    password, code),
	            "SEAL_BROKEN");
	kms_kit_close(&shared);
}
