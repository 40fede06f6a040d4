/* SPDX-License-Identifier: Apache-2.0 */
/* Two sites exchange batch key files (keys 12, 13, 20.3 no. 8; B6.18 to B6.20). */
#include <stdio.h>
#include <stdlib.h>

#include "codec/ockx.h"
#include "service/kms/acts_exchange_testkit.h"

enum { REQUEST = 512, HASH = 2 * DIGEST_SIZE + 1 };

static struct acts_site here, there;

static const struct kind {
	const char *code, *usage, *what;
} kinds[] = {
	{ "DAT", "D0", "A128BE" }, { "DLK", "21", "T112XE" }, { "DPK", "20", "T112XE" },
	{ "DTK", "23", "T112XE" }, { "MAC", "M7", "H256CE" }, { "SMK", "33", "4128XE" },
};

enum { KINDS = ARRAY_LEN(kinds), SENT = KINDS + 1 }; /* DPK in two versions */

static char keys[KINDS][ACTS_KIT_ID], versions[SENT][ACTS_KIT_ID], kcvs[SENT][KMS_KIT_TEXT];

/* Files that went out: under each carrier. */
static char file_d[ACTS_KIT_FILE], file_b[ACTS_KIT_FILE], file_4[ACTS_KIT_FILE];

static bool open_here(void)
{
	char never[ACTS_KIT_ID], id[ACTS_KIT_ID], kcv[KMS_KIT_TEXT];

	if (here.k.core)
		return true;
	if (!acts_site_open(&here))
		return false;
	acts_kit_zmks(&here);
	for (size_t i = 0; i < KINDS; i++) {
		acts_kit_define(&here, here.ep, kinds[i].code, kinds[i].usage, kinds[i].what,
		                keys[i]);
		acts_kit_generate(&here, keys[i], versions[i], kcvs[i]);
	}
	acts_kit_generate(&here, keys[2], versions[KINDS], kcvs[KINDS]);
	acts_kit_define(&here, here.ep, "NEVER", "60", "A128BN", never);
	acts_kit_generate(&here, never, id, kcv);
	acts_kit_generate(&here, keys[0], id, kcv);
	CHECK_STR("suspended",
	          kms_ask_as(&here.k, "key1", "{'command':'version.move','id':%s,'to':'SUSPENDED'}",
	                     id),
	          "SUCCESS");
	return true;
}

/* --- choosing --- */

static const char *choose(const char *fields)
{
	return kms_ask_as(&here.k, "conf", "{'command':'batch.choice'%s}", fields);
}

static void check_choice(const char *label, const char *by, const char *id, const char *count,
                         const char *left_out)
{
	char fields[64];

	snprintf(fields, sizeof fields, ",'zmk':%s,'%s':%s", here.zmk_d, by, id);
	CHECK_STR(label, choose(fields), "SUCCESS");
	CHECK_STR(label, kms_told(&here.k, "count"), count);
	CHECK_STR(label, kms_told(&here.k, "left_out"), left_out);
}

TEST(keys_are_chosen_by_number_or_all_of_an_issuer_product_or_key)
{
	char fields[REQUEST], hash[HASH];

	REQUIRE(open_here());
	check_choice("a product, but what stays", "product", here.ep, "7", "2");
	acts_kit_keep(&here, "keys_sha256", hash, sizeof hash);
	check_choice("a key, but the suspended one", "key", keys[0], "1", "1");
	check_choice("the issuer, but the transport key itself", "issuer", "2", "9", "3");
	snprintf(fields, sizeof fields, ",'versions':'%s %s %s %s %s %s %s'", versions[0],
	         versions[1], versions[2], versions[KINDS], versions[3], versions[4], versions[5]);
	CHECK_STR("one by one", choose(fields), "SUCCESS");
	CHECK_STR("the same keys", kms_told(&here.k, "keys_sha256"), hash);
	KMS_REFUSED("none", &here.k, choose(""), "EXCHANGE_SELECTION");
	KMS_REFUSED("two ways", &here.k, choose(",'product':1,'key':1"), "EXCHANGE_SELECTION");
	KMS_REFUSED("nothing there", &here.k, choose(",'product':999"), "EXCHANGE_SELECTION");
	KMS_REFUSED("no such", &here.k, choose(",'versions':'999'"), "KEY_NOT_FOUND");
	KMS_REFUSED("no numbers", &here.k, choose(",'versions':'1,2'"), "INVALID_NUMBER");
	snprintf(fields, sizeof fields, ",'versions':'%s %s'", versions[0], versions[0]);
	KMS_REFUSED("twice", &here.k, choose(fields), "EXCHANGE_DUPLICATE");
	snprintf(fields, sizeof fields, ",'versions':'1 %s'", versions[0]);
	KMS_REFUSED("of two issuers", &here.k, choose(fields), "EXCHANGE_SELECTION");
}

/* --- out --- */

static const char *ask_export(const char *who, const char *zmk, const char *fields)
{
	return kms_ask_as(&here.k, who, "{'command':'batch.export','zmk':%s%s}", zmk, fields);
}

static void export_file(const char *zmk, const char *fields, const char *count,
                        char file[ACTS_KIT_FILE])
{
	char request[REQUEST];
	struct ockx o = { .header = { .count = 0 } };

	snprintf(request, sizeof request, "'command':'batch.export','zmk':%s%s", zmk, fields);
	CHECK_STR(fields, acts_kit_agreed(&here, "key1", "mk", request, ""), "SUCCESS");
	CHECK_STR("count", kms_told(&here.k, "count"), count);
	acts_kit_keep(&here, "file", file, ACTS_KIT_FILE);
	CHECK_RESULT(fields, ockx_open(str_of(file), &o, NULL), SUCCESS);
	CHECK_STR("its batch", kms_told(&here.k, "batch"), o.header.batch);
}

TEST(a_batch_goes_out_with_a_second_officer_and_a_result)
{
	char fields[REQUEST], hash[HASH];
	uint8_t sha256[DIGEST_SIZE];

	REQUIRE(open_here());
	snprintf(fields, sizeof fields, ",'product':%s,'batch':'SEND0001'", here.ep);
	export_file(here.zmk_d, fields, "7", file_d);
	digest_sha256(str_bytes(str_of(file_d)), sha256);
	hex_encode(bytes_of(sha256, sizeof sha256), hash);
	CHECK_STR("its hash", kms_told(&here.k, "sha256"), hash);
	CHECK_STR("its name", kms_told(&here.k, "file_name"), "SEND0001.ockx");
	CHECK(strstr(file_d, kcvs[0]) != NULL);
	snprintf(fields, sizeof fields, ",'key':%s,'bare':true", keys[2]);
	export_file(here.zmk_b, fields, "2", file_b);
	snprintf(fields, sizeof fields, ",'versions':'%s %s'", versions[5], versions[1]);
	export_file(here.zmk_4, fields, "2", file_4);
	CHECK_I64("a line each", kms_kit_audited(&here.k, "BATCH.EXPORT", "OK", "batch="), 3);
	CHECK_STR("a record", kms_ask_as(&here.k, "conf", "{'command':'batch.list'}"), "SUCCESS");
	CHECK(strstr((const char *)here.k.answer.at, hash) != NULL);
	snprintf(fields, sizeof fields, ",'product':%s,'batch':'SEND0001'", here.ep);
	CHECK_STR("its number again", ask_export("key1", here.zmk_d, fields), "APPROVAL_NEEDED");
	CHECK_STR("is another file", kms_agreed(&here.k, "key1", "batch.export", "key2"),
	          "EXCHANGE_BATCH_OTHER");
}

static void refuse_export(const char *label, const char *zmk, const char *by, const char *id,
                          const char *more, const char *code)
{
	char fields[REQUEST];

	snprintf(fields, sizeof fields, ",'%s':%s%s", by, id, more);
	KMS_REFUSED(label, &here.k, ask_export("key1", zmk, fields), code);
}

TEST(one_key_that_may_not_go_stops_the_batch_before_anybody_is_asked)
{
	char pair[ACTS_KIT_ID], key[ACTS_KIT_ID], text[REQUEST];

	REQUIRE(open_here());
	refuse_export("a carrier too weak", here.zmk_b, "product", here.ep, "",
	              "EXCHANGE_STRENGTH");
	refuse_export("no carrier", versions[0], "key", keys[1], "", "EXCHANGE_ZMK");
	refuse_export("no such carrier", "999", "key", keys[1], "", "KEY_NOT_FOUND");
	snprintf(text, sizeof text, ",'product':%s", here.ep);
	KMS_REFUSED("another role", &here.k, ask_export("conf", here.zmk_d, text),
	            "OFFICER_ROLE_OTHER");
	refuse_export("no batch number", here.zmk_d, "product", here.ep, ",'batch':'send 1'",
	              "CATALOG_FIELD");
	refuse_export("another count", here.zmk_d, "product", here.ep, ",'count':8",
	              "CATALOG_FIELD");
	snprintf(text, sizeof text, "'%s %s'", versions[0], here.zmk_d);
	refuse_export("under itself", here.zmk_d, "versions", text, "", "KEY_USE");
	acts_kit_define(&here, here.rsa, "PAIR", "S0", "R1024SE", key);
	CHECK_STR("pair",
	          kms_ask_as(&here.k, "cert",
	                     "{'command':'version.generate','key':%s,'at_once':true}", key),
	          "SUCCESS");
	acts_kit_keep(&here, "id", pair, sizeof pair);
	snprintf(text, sizeof text, "'%s %s'", versions[0], pair);
	refuse_export("a pair", here.zmk_d, "versions", text, "", "OFFICER_ROLE_OTHER");
}

TEST(what_is_agreed_to_is_what_goes)
{
	char id[ACTS_KIT_ID], added[ACTS_KIT_ID], kcv[KMS_KIT_TEXT], fields[REQUEST];

	REQUIRE(open_here());
	snprintf(fields, sizeof fields, ",'key':%s", keys[3]);
	CHECK_STR("asked", ask_export("key1", here.zmk_d, fields), "APPROVAL_NEEDED");
	acts_kit_keep(&here, "approval", id, sizeof id);
	KMS_REFUSED("nobody agreed", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'batch.export','approval':'%s'}", id),
	            "APPROVAL_STATE");
	KMS_REFUSED("the same person", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	KMS_REFUSED("another role", &here.k,
	            kms_ask_as(&here.k, "cert", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("agreed", kms_ask_as(&here.k, "key2", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	acts_kit_generate(&here, keys[3], added, kcv);
	KMS_REFUSED("a key more than was agreed to", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'batch.export','approval':'%s'}", id),
	            "APPROVAL_OTHER");
	CHECK_STR("it goes away",
	          kms_ask_as(&here.k, "key1", "{'command':'version.move','id':%s,'to':'SUSPENDED'}",
	                     added),
	          "SUCCESS");
	CHECK_STR("as agreed to",
	          kms_ask_as(&here.k, "key1", "{'command':'batch.export','approval':'%s'}", id),
	          "SUCCESS");
	KMS_REFUSED("replayed", &here.k,
	            kms_ask_as(&here.k, "key1", "{'command':'batch.export','approval':'%s'}", id),
	            "APPROVAL_STATE");
}

/* --- in, at the other site --- */

static bool open_there(void)
{
	char key[ACTS_KIT_ID];

	if (there.k.core)
		return true;
	acts_site_stop(&here);
	if (!acts_site_open(&there))
		return false;
	acts_kit_zmks(&there);
	/* one of them is defined, as something else */
	acts_kit_define(&there, there.ep, "DTK", "23", "T168XE", key);
	return true;
}

static const char *ask_in(const char *who, const char *command, const char *zmk, const char *file,
                          const char *more)
{
	return kms_ask_as(&there.k, who, "{'command':'%s','zmk':%s%s,'file':'%s'}", command, zmk,
	                  more, acts_kit_escaped(file));
}

static const char *check(const char *zmk, const char *file)
{
	return ask_in("key1", "batch.check", zmk, file, "");
}

TEST(a_bad_entry_is_named_by_its_line_and_the_whole_file_refused)
{
	REQUIRE(open_there());
	KMS_REFUSED("not defined", &there.k, check(there.zmk_d, file_d), "CATALOG_NOT_FOUND");
	CHECK_STR("the first", kms_told(&there.k, "line"), "2");
	KMS_REFUSED("defined as something else", &there.k,
	            ask_in("key1", "batch.import", there.zmk_d, file_d, ",'define_missing':true"),
	            "EXCHANGE_DEFINITION");
	CHECK_STR("its line", kms_told(&there.k, "line"), "6");
	CHECK(strstr(kms_told(&there.k, "detail"), "EP.DTK.01") != NULL);
	CHECK_STR("what is wrong", kms_told(&there.k, "rule"),
	          "Use, algorithm, length or mode differ from the key's definition");
	KMS_REFUSED("under another carrier", &there.k, check(there.zmk_b, file_d),
	            "EXCHANGE_ZMK_OTHER");
	KMS_REFUSED("under none", &there.k, check("999", file_d), "KEY_NOT_FOUND");
	KMS_REFUSED("another role", &there.k,
	            ask_in("conf", "batch.check", there.zmk_d, file_d, ""), "OFFICER_ROLE_OTHER");
}

/* One character of each field of each line, and each cut behind one. */
TEST(a_file_that_was_changed_in_any_field_is_refused)
{
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	static char changed[ACTS_KIT_FILE];
	size_t fields = 0;

	REQUIRE(open_there());
	kms_kit_digest(&there.k, before);
	for (size_t at = 0; file_4[at]; at++) {
		bool begins = at == 0 || file_4[at - 1] == '|' || file_4[at - 1] == '\n';

		if (!begins || file_4[at] == '|')
			continue;
		fields++;
		str_copy(str_of(file_4), changed, sizeof changed);
		changed[at] = changed[at] == '4' ? '1' : '4';
		const char *code = check(there.zmk_4, changed);
		if (strcmp(code, "SUCCESS") == 0 || strncmp(code, "CATALOG", 7) == 0)
			CHECK_STR(changed, code, "a refusal of the file");
		str_copy((struct str){ file_4, at }, changed, sizeof changed);
		code = check(there.zmk_4, changed);
		if (strncmp(code, "OCKX", 4) != 0 && strcmp(code, "JSON_FIELDS") != 0)
			CHECK_STR(changed, code, "a refusal of the file's form");
	}
	CHECK_I64("fields", fields, 9 + 2 * 11 + 3);
	kms_kit_digest(&there.k, after);
	CHECK_BYTES("nothing changed", bytes_of(after, DIGEST_SIZE), bytes_of(before, DIGEST_SIZE));
	CHECK_I64("and each is written down",
	          kms_kit_audited(&there.k, "REFUSED", "EXCHANGE_MAC", "command=batch.check ") > 3,
	          1);
}

static struct buf long_request(size_t file_len)
{
	struct buf out = { .limit = 32 << 20 };

	buf_printf(&out, "{\"session\":\"%s\",\"command\":\"batch.check\",\"zmk\":%s,\"file\":\"",
	           kms_kit_session(&there.k, "key1"), there.zmk_d);
	for (size_t i = 0; i < file_len; i += 64)
		buf_str(&out,
		        STR("OCKX|1|20261122T101500Z|CAMPUS01|TEST0001|ZMK.01|2331550BC9|D|1\\n"));
	buf_str(&out, STR("\"}"));
	return out;
}

TEST(a_file_that_is_too_long_is_refused)
{
	SCOPED(buf_free) struct buf request = long_request(OCKX_FILE_MAX + 64);
	SCOPED(buf_free) struct buf longer = long_request(16 << 20);
	SCOPED(buf_free) struct buf answer = { .limit = 1 << 20 };
	struct lines_client line = { -1 };

	REQUIRE(open_there());
	CHECK_OK(lines_connect(there.k.officer_socket, &line));
	CHECK_OK(lines_ask(&line, buf_text(&request), &answer));
	buf_put(&answer, bytes_of("", 1));
	CHECK(strstr((const char *)answer.at, "\"OCKX_LIMIT\"") != NULL);
	answer.len = 0;
	CHECK_RESULT("the line is closed", lines_ask(&line, buf_text(&longer), &answer),
	             CONTROL_SOCKET);
	lines_disconnect(&line);
	CHECK_STR("others go on", kms_ask(&there.k, "{'command':'hello'}"), "SUCCESS");
}

/* --- importing --- */

static const char *import_file(const char *zmk, const char *file, const char *more,
                               const char *agreeing)
{
	char id[ACTS_KIT_ID], name[KMS_KIT_TEXT];
	struct str one, rest = str_of(agreeing);
	bool left = true;

	CHECK_STR("asked", ask_in("key1", "batch.import", zmk, file, more), "APPROVAL_NEEDED");
	acts_kit_keep(&there, "approval", id, sizeof id);
	while (left) {
		left = str_cut(rest, ' ', &one, &rest);
		str_copy(one, name, sizeof name);
		CHECK_STR(name,
		          kms_ask_as(&there.k, name, "{'command':'approval.agree','id':%s}", id),
		          "SUCCESS");
	}
	return kms_ask_as(&there.k, "key1",
	                  "{'command':'batch.import','approval':'%s','file':'%s'}", id,
	                  acts_kit_escaped(file));
}

static void check_result(const char *label, const char *imported, const char *skipped,
                         const char *defined)
{
	CHECK_STR(label, kms_told(&there.k, "imported"), imported);
	CHECK_STR(label, kms_told(&there.k, "skipped"), skipped);
	CHECK_STR(label, kms_told(&there.k, "defined"), defined);
}

static int64_t count_values(const char *kcv)
{
	int64_t n = 0;

	for (const char *at = (const char *)there.k.answer.at; (at = strstr(at, kcv)) != NULL; at++)
		n++;
	return n;
}

TEST(files_of_every_carrier_come_in_whole_and_once)
{
	char issuer[ACTS_KIT_ID] = "2";

	REQUIRE(open_there());
	CHECK_STR("version 4, with definitions",
	          import_file(there.zmk_4, file_4, ",'define_missing':true", "key2 conf"),
	          "SUCCESS");
	check_result("version 4", "2", "0", "2");
	CHECK_STR("again", import_file(there.zmk_4, file_4, "", "mk"), "SUCCESS");
	CHECK_STR("is done", kms_told(&there.k, "done_before"), "true");
	check_result("again", "0", "0", "0");
	CHECK_STR("version B",
	          import_file(there.zmk_b, file_b, ",'define_missing':true", "mk conf"), "SUCCESS");
	check_result("version B", "2", "0", "1");
	CHECK_STR("what is there",
	          kms_ask_as(&there.k, "conf", "{'command':'batch.choice','issuer':%s}", issuer),
	          "SUCCESS");
	CHECK_I64("each once", count_values(kcvs[2]), 1);
	CHECK_I64("each once", count_values(kcvs[KINDS]), 1);
	CHECK_I64("each once", count_values(kcvs[5]), 1);
	CHECK_I64("a line each", kms_kit_audited(&there.k, "BATCH.IMPORT", "OK", "batch="), 2);
}

/* DTK is defined anew, as the file has it; what is there already is skipped. */
TEST(what_is_there_is_skipped_when_its_value_is_the_same)
{
	char key[ACTS_KIT_ID], id[ACTS_KIT_ID], kcv[KMS_KIT_TEXT];

	REQUIRE(open_there());
	CHECK_STR("keys",
	          kms_ask_as(&there.k, "conf", "{'command':'key.list','product':%s}", there.ep),
	          "SUCCESS");
	const char *at = strstr((const char *)there.k.answer.at, "\"code\":\"DTK\"");
	REQUIRE(at != NULL);
	while (strncmp(at, "\"id\":", 5) != 0)
		at--;
	snprintf(key, sizeof key, "%ld", strtol(at + 5, NULL, 10));
	CHECK_STR("removed", kms_ask_as(&there.k, "conf", "{'command':'key.remove','id':%s}", key),
	          "APPROVAL_NEEDED");
	CHECK_STR("removed", kms_agreed(&there.k, "conf", "key.remove", "mk"), "SUCCESS");
	acts_kit_define(&there, there.ep, "DAT", "D0", "A128BE", key);
	acts_kit_generate(&there, key, id, kcv);
	KMS_REFUSED("another value", &there.k,
	            ask_in("key1", "batch.import", there.zmk_d, file_d, ",'define_missing':true"),
	            "EXCHANGE_OTHER_VALUE");
	CHECK_STR("its line", kms_told(&there.k, "line"), "2");
	CHECK_STR("destroyed",
	          kms_ask_as(&there.k, "key1",
	                     "{'command':'version.move','id':%s,'to':'DEACTIVATED'}", id),
	          "SUCCESS");
	CHECK_STR("destroyed",
	          kms_ask_as(&there.k, "key1",
	                     "{'command':'version.move','id':%s,'to':'DESTROYED'}", id),
	          "APPROVAL_NEEDED");
	CHECK_STR("destroyed", kms_agreed(&there.k, "key1", "version.move", "mk"), "SUCCESS");
	KMS_REFUSED("it was there", &there.k,
	            ask_in("key1", "batch.import", there.zmk_d, file_d, ",'define_missing':true"),
	            "EXCHANGE_OTHER_VALUE");
	CHECK_STR("removed", kms_ask_as(&there.k, "conf", "{'command':'key.remove','id':%s}", key),
	          "APPROVAL_NEEDED");
	CHECK_STR("removed", kms_agreed(&there.k, "conf", "key.remove", "mk"), "SUCCESS");
	CHECK_STR("version D",
	          import_file(there.zmk_d, file_d, ",'define_missing':true", "key3 conf"),
	          "SUCCESS");
	check_result("four were there", "3", "4", "3");
}

/* --- agreement --- */

TEST(no_file_comes_in_without_a_second_officer_or_another_than_was_agreed_to)
{
	char id[ACTS_KIT_ID];

	REQUIRE(open_there());
	CHECK_STR("asked", ask_in("key1", "batch.import", there.zmk_d, file_d, ""),
	          "APPROVAL_NEEDED");
	acts_kit_keep(&there, "approval", id, sizeof id);
	CHECK_STR("shown", kms_ask_as(&there.k, "key2", "{'command':'approval.show','id':%s}", id),
	          "SUCCESS");
	CHECK(strstr((const char *)there.k.answer.at, "SEND0001") != NULL);
	CHECK(strstr((const char *)there.k.answer.at, "C.KEK.ZMKD.01") != NULL);
	KMS_REFUSED("nobody agreed", &there.k,
	            kms_ask_as(&there.k, "key1",
	                       "{'command':'batch.import','approval':'%s','file':'%s'}", id,
	                       acts_kit_escaped(file_d)),
	            "APPROVAL_STATE");
	KMS_REFUSED("the same person", &there.k,
	            kms_ask_as(&there.k, "key1", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	KMS_REFUSED("another role", &there.k,
	            kms_ask_as(&there.k, "conf", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("agreed",
	          kms_ask_as(&there.k, "key2", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	KMS_REFUSED("another file", &there.k,
	            kms_ask_as(&there.k, "key1",
	                       "{'command':'batch.import','approval':'%s','file':'%s'}", id,
	                       acts_kit_escaped(file_b)),
	            "APPROVAL_OTHER");
	KMS_REFUSED("with definitions", &there.k,
	            ask_in("key1", "batch.import", there.zmk_d, file_d, ",'approval':'1'"),
	            "APPROVAL_STATE");
	CHECK_STR("done",
	          kms_ask_as(&there.k, "key1",
	                     "{'command':'batch.import','approval':'%s','file':'%s'}", id,
	                     acts_kit_escaped(file_d)),
	          "SUCCESS");
	KMS_REFUSED("replayed", &there.k,
	            kms_ask_as(&there.k, "key1",
	                       "{'command':'batch.import','approval':'%s','file':'%s'}", id,
	                       acts_kit_escaped(file_d)),
	            "APPROVAL_STATE");
}

/* --- progress --- */

struct heard {
	size_t count, last, total;
};

static bool hear(void *owner, struct str line)
{
	struct heard *h = owner;
	size_t done, of;
	char text[128];

	str_copy(line, text, sizeof text);
	if (sscanf(text, "{\"progress\":%zu,\"of\":%zu}", &done, &of) != 2)
		return false;
	CHECK(done > h->last && done <= of);
	*h = (struct heard){ h->count + 1, done, of };
	return true;
}

TEST(a_long_act_tells_how_far_it_is_to_whoever_wants_to_know)
{
	SCOPED(buf_free) struct buf request = { 0 }, answer = { .limit = 1 << 20 };
	struct heard heard = { 0 };
	struct lines_listener listener = { hear, &heard };
	char product[ACTS_KIT_ID];

	REQUIRE(open_there());
	str_copy(str_of(there.ep), product, sizeof product);
	buf_printf(&request,
	           "{\"session\":\"%s\",\"progress\":\"yes\",\"command\":\"batch.export\","
	           "\"zmk\":%s,\"product\":%s}",
	           kms_kit_session(&there.k, "key1"), there.zmk_d, product);
	CHECK_OK(lines_ask_told(&there.k.line, buf_text(&request), &listener, &answer));
	buf_put(&answer, bytes_of("", 1));
	CHECK(strstr((const char *)answer.at, "APPROVAL_NEEDED") != NULL);
	CHECK_I64("each key", heard.count, 7);
	CHECK_I64("to the end", heard.last, 7);
	CHECK_I64("", heard.total, 7);
	CHECK(kms_kit_officer(&there.k, "auditor", "audit"));
	CHECK_STR("the chain", kms_ask_as(&there.k, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
	acts_site_close(&there);
	acts_site_close(&here);
}
