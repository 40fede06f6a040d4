/* SPDX-License-Identifier: Apache-2.0 */
/* Values by components and key letters, as custodians handle them (keys 5.1, 12, 13; A3.1). */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "domain/keys/exchange_entry.h"
#include "service/kms/acts_exchange_testkit.h"

#define TV_01     "0123456789ABCDEFFEDCBA9876543210"
#define TV_01_KCV "08D7B4"
#define SUPPLIER  "5F2B6E0D91C4A3788E17F065B2D94C3A"
#define PART_A    "00112233445566778899AABBCCDDEEFF"
#define PART_B    "7C9A13E5B842D60F31A75EC4906B2D88"

/* One for all tests here, the last of which closes it. */
static struct acts_site site;
static char dpk[ACTS_KIT_ID]; /* a purchase root */

static bool open_site(void)
{
	if (site.k.core)
		return true;
	if (!acts_site_open(&site))
		return false;
	acts_kit_define(&site, site.ep, "DPK", "20", "T112XE", dpk);
	return true;
}

static const char *begin(const char *who, const char *key, int parts, const char *kcv)
{
	return kms_ask_as(&site.k, who,
	                  "{'command':'entry.begin','key':%s,'parts':%d,'kcv':'%s','at_once':true}",
	                  key, parts, kcv);
}

static void begun(const char *key, int parts, const char *kcv, char id[ACTS_KIT_ID])
{
	CHECK_STR("begun", begin("key1", key, parts, kcv), "SUCCESS");
	acts_kit_keep(&site, "id", id, ACTS_KIT_ID);
}

static const char *give(const char *who, const char *id, const char *part)
{
	return kms_ask_as(&site.k, who, "{'command':'entry.give','id':%s,'part':'%s'}", id, part);
}

static const char *on(const char *who, const char *command, const char *id)
{
	return kms_ask_as(&site.k, who, "{'command':'%s','id':%s}", command, id);
}

/* The sum of two components. */
static const char *sum(const char *a, const char *b)
{
	return acts_kit_last_part(a, b, "00000000000000000000000000000000");
}

/* --- forming --- */

TEST(three_custodians_form_the_published_transport_keys)
{
	REQUIRE(open_site());
	acts_kit_zmks(&site); /* TV-03, TV-B7, TV-04: their check values are asked for there */
	CHECK_I64("each component has its line",
	          kms_kit_audited(&site.k, "KEY.COMPONENT", "OK", "key=C.KEK.ZMK"), 9);
	CHECK_I64("and each value",
	          kms_kit_audited(&site.k, "KEY.IMPORT", "OK", "label=C.KEK.ZMKB.01 kcv=D1D812"),
	          1);
	CHECK_STR("none is open", kms_ask_as(&site.k, "conf", "{'command':'entry.list'}"),
	          "SUCCESS");
	CHECK(strstr((const char *)site.k.answer.at, "\"entries\":[]") != NULL);
}

TEST(everybody_sees_who_gave_what_check_value_and_what_is_missing)
{
	char id[ACTS_KIT_ID];

	REQUIRE(open_site());
	begun(dpk, 2, TV_01_KCV, id);
	CHECK_STR("the first", give("key2", id, PART_A), "SUCCESS");
	CHECK_STR("its check value", kms_told(&site.k, "kcv"), "FB0975");
	CHECK_STR("", kms_told(&site.k, "given"), "1");
	kms_kit_log_out(&site.k, "key2"); /* he goes, the next one comes */
	kms_kit_pass(&site.k, 5 * 60);
	CHECK_STR("listed", kms_ask_as(&site.k, "conf", "{'command':'entry.list'}"), "SUCCESS");
	CHECK_STR("by whom", kms_told(&site.k, "custodian"), "key2");
	CHECK_STR("", kms_told(&site.k, "parts"), "2");
	KMS_REFUSED("one is missing", &site.k, on("key1", "entry.finish", id), "EXCHANGE_ENTRY");
	CHECK_STR("the second", give("key3", id, sum(TV_01, PART_A)), "SUCCESS");
	KMS_REFUSED("no custodian", &site.k, on("key1", "entry.finish", id), "EXCHANGE_CUSTODIAN");
	KMS_REFUSED("a third", &site.k, give("key1", id, PART_B), "EXCHANGE_CUSTODIAN");
	CHECK_STR("done", on("key3", "entry.finish", id), "SUCCESS");
	CHECK_STR("TV-01", kms_told(&site.k, "kcv"), TV_01_KCV);
	KMS_REFUSED("once", &site.k, on("key3", "entry.finish", id), "EXCHANGE_ENTRY");
	kms_kit_session(&site.k, "key2");
}

/* Typed from a letter: lines with check digits; a mistake is found in its line. */
TEST(a_component_is_typed_from_paper)
{
	char paper[128], id[ACTS_KIT_ID], made[EXCHANGE_PAPER_SIZE], kcv[KMS_KIT_TEXT];

	REQUIRE(open_site());
	begun(dpk, 2, "", id);
	CHECK_STR("made", on("key1", "entry.make", id), "SUCCESS");
	acts_kit_keep(&site, "paper", made, sizeof made);
	CHECK_I64("two lines", strlen(made), 2 * 23);
	acts_kit_keep(&site, "kcv", kcv, sizeof kcv);
	CHECK_STR("typed",
	          kms_ask_as(&site.k, "key1", "{'command':'entry.give','id':%s,'paper':'%s'}", id,
	                     acts_kit_escaped(made)),
	          "SUCCESS");
	CHECK_STR("the same", kms_told(&site.k, "kcv"), kcv);
	CHECK_STR("instead of the one before", kms_told(&site.k, "given"), "1");
	snprintf(paper, sizeof paper, "%s", made);
	paper[23] = paper[23] == 'A' ? 'B' : 'A'; /* the first digit of the second line */
	KMS_REFUSED("a typing error", &site.k,
	            kms_ask_as(&site.k, "key1", "{'command':'entry.give','id':%s,'paper':'%s'}", id,
	                       acts_kit_escaped(paper)),
	            "COMPONENT_FORM");
	CHECK_STR("its line", kms_told(&site.k, "line"), "2");
	CHECK_STR("over", on("key2", "entry.cancel", id), "SUCCESS");
}

TEST(components_that_the_device_makes_give_a_key_that_nobody_knows)
{
	char id[ACTS_KIT_ID], first[EXCHANGE_PAPER_SIZE], again[EXCHANGE_PAPER_SIZE];

	REQUIRE(open_site());
	begun(dpk, 3, "", id);
	CHECK_STR("made", on("key1", "entry.make", id), "SUCCESS");
	acts_kit_keep(&site, "paper", first, sizeof first);
	CHECK_STR("made", on("key2", "entry.make", id), "SUCCESS");
	acts_kit_keep(&site, "paper", again, sizeof again);
	CHECK(strcmp(first, again) != 0);
	CHECK_STR("typed", give("key3", id, PART_B), "SUCCESS");
	CHECK_STR("done", on("key1", "entry.finish", id), "SUCCESS");
	CHECK_I64("six digits", strlen(kms_told(&site.k, "kcv")), 6);
}

/* --- A3.1: the supplier's part and the customer's --- */

/* A ceremony: the supplier's part is entered by key1, the customer's by key2 and key3. */
static void ceremony(const char *own_one, const char *own_two, char kcv[KMS_KIT_TEXT])
{
	char id[ACTS_KIT_ID];

	begun(dpk, 3, "", id);
	CHECK_STR("the supplier's", give("key1", id, SUPPLIER), "SUCCESS");
	KMS_REFUSED("the supplier's alone", &site.k, on("key1", "entry.finish", id),
	            "EXCHANGE_ENTRY");
	CHECK_STR("own", give("key2", id, own_one), "SUCCESS");
	KMS_REFUSED("one officer's is missing", &site.k, on("key1", "entry.finish", id),
	            "EXCHANGE_ENTRY");
	CHECK_STR("own", give("key3", id, own_two), "SUCCESS");
	CHECK_STR("formed", on("key2", "entry.finish", id), "SUCCESS");
	acts_kit_keep(&site, "kcv", kcv, KMS_KIT_TEXT);
}

TEST(equal_parts_give_an_equal_key_and_the_supplier_alone_gives_none)
{
	char first[KMS_KIT_TEXT], second[KMS_KIT_TEXT], other[KMS_KIT_TEXT];

	REQUIRE(open_site());
	ceremony(PART_A, PART_B, first);
	ceremony(PART_A, PART_B, second);
	CHECK_STR("equal parts", first, second);
	/* Whatever key one likes fits to the supplier's part: it says nothing about the key. */
	ceremony(PART_A, acts_kit_last_part(TV_01, SUPPLIER, PART_A), other);
	CHECK_STR("another part", other, TV_01_KCV);
	CHECK(strcmp(first, other) != 0);
}

/* --- refusals --- */

static void check_refused_beginnings(void)
{
	char pair[ACTS_KIT_ID];

	acts_kit_define(&site, site.rsa, "PAIR", "S0", "R1024SN", pair);
	KMS_REFUSED("one custodian", &site.k, begin("key1", dpk, 1, ""), "JSON_FIELDS");
	KMS_REFUSED("four custodians", &site.k, begin("key1", dpk, 4, ""), "JSON_FIELDS");
	KMS_REFUSED("no such key", &site.k, begin("key1", "999", 2, ""), "CATALOG_NOT_FOUND");
	KMS_REFUSED("a pair", &site.k, begin("key1", pair, 2, ""), "KEY_LENGTH");
	KMS_REFUSED("no check value", &site.k, begin("key1", dpk, 2, "08D7"), "INVALID_HEX");
	KMS_REFUSED("a version that is there", &site.k,
	            kms_ask_as(&site.k, "key1",
	                       "{'command':'entry.begin','key':%s,'parts':2,'version':1}", dpk),
	            "KEY_EXISTS");
}

static void check_refused_parts(const char *id)
{
	static const struct {
		const char *label, *part, *code;
	} rows[] = {
		{ "equal", PART_A, "EXCHANGE_EQUAL" },
		{ "zeros", "00000000000000000000000000000000", "KEY_WEAK" },
		{ "one byte", "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A", "KEY_WEAK" },
		{ "short", "0123456789ABCDEF", "KEY_LENGTH" },
		{ "long", TV_01 "0123456789ABCDEF", "KEY_LENGTH" },
		{ "far too long", TV_01 TV_01 TV_01 TV_01 TV_01, "KEY_LENGTH" },
		{ "no hex", "0123456789ABCDEFFEDCBA987654321G", "INVALID_HEX" },
		{ "half a digit", "0123456789ABCDEFFEDCBA98765432101", "INVALID_HEX" },
		{ "nothing", "", "CATALOG_FIELD" },
	}, *row;

	EACH (row, rows)
		KMS_REFUSED(row->label, &site.k, give("key2", id, row->part), row->code);
	KMS_REFUSED("nobody's", &site.k, give("key2", "999", PART_B), "EXCHANGE_ENTRY");
	KMS_REFUSED("another role", &site.k, give("conf", id, PART_B), "OFFICER_ROLE_OTHER");
	CHECK_STR("still open", kms_ask_as(&site.k, "key1", "{'command':'entry.list'}"), "SUCCESS");
	CHECK_STR("as it was", kms_told(&site.k, "given"), "1");
}

/* The sum is what it must not be: seen at the end, mended by one of the custodians. */
static void check_refused_sums(const char *id)
{
	CHECK_STR("weak", give("key2", id, sum("0101010101010101FEFEFEFEFEFEFEFE", PART_A)),
	          "SUCCESS");
	KMS_REFUSED("weak halves", &site.k, on("key1", "entry.finish", id), "KEY_WEAK");
	CHECK_STR("equal", give("key2", id, sum("0123456789ABCDEF0123456789ABCDEF", PART_A)),
	          "SUCCESS");
	KMS_REFUSED("equal halves", &site.k, on("key1", "entry.finish", id), "KEY_WEAK");
	CHECK_STR("another", give("key2", id, PART_B), "SUCCESS");
	KMS_REFUSED("another check value", &site.k, on("key1", "entry.finish", id),
	            "KEY_CHECK_VALUE");
	CHECK_STR("mended", give("key2", id, sum(TV_01, PART_A)), "SUCCESS");
	CHECK_STR("done", on("key1", "entry.finish", id), "SUCCESS");
}

TEST(components_that_are_none_are_refused_and_the_entry_stays_as_it_was)
{
	char id[ACTS_KIT_ID];

	REQUIRE(open_site());
	check_refused_beginnings();
	begun(dpk, 2, TV_01_KCV, id);
	CHECK_STR("the first", give("key1", id, PART_A), "SUCCESS");
	check_refused_parts(id);
	check_refused_sums(id);
}

TEST(an_entry_ends_with_its_time_with_the_process_and_by_order)
{
	char id[ACTS_KIT_ID];

	REQUIRE(open_site());
	begun(dpk, 2, "", id);
	CHECK_STR("given", give("key1", id, PART_A), "SUCCESS");
	CHECK_STR("by order", on("key2", "entry.cancel", id), "SUCCESS");
	KMS_REFUSED("gone", &site.k, on("key2", "entry.cancel", id), "EXCHANGE_ENTRY");
	for (int i = 0; i < EXCHANGE_ENTRIES_MAX; i++)
		begun(dpk, 2, "", id);
	KMS_REFUSED("too many", &site.k, begin("key1", dpk, 2, ""), "EXCHANGE_ENTRIES");
	CHECK_STR("given", give("key1", id, PART_A), "SUCCESS");
	for (int i = 0; i < 2; i++) { /* nobody's session is idle too long meanwhile */
		kms_kit_pass(&site.k, EXCHANGE_ENTRY_S / 2 + 1);
		for (int n = 1; n <= 3; n++) {
			char who[] = "key1";

			who[3] = (char)('0' + n);
			CHECK_STR(who, kms_ask_as(&site.k, who, "{'command':'whoami'}"), "SUCCESS");
		}
	}
	KMS_REFUSED("its time is over", &site.k, give("key2", id, PART_B), "EXCHANGE_ENTRY");
	begun(dpk, 2, "", id);
	CHECK_STR("given", give("key1", id, PART_A), "SUCCESS");
	acts_site_stop(&site);
	REQUIRE(acts_site_start(&site));
	KMS_REFUSED("components are in no store", &site.k, give("key2", id, PART_B),
	            "EXCHANGE_ENTRY");
}

TEST(nothing_secret_goes_through_other_hands_in_clear)
{
	struct lines_client relay = { -1 };
	char id[ACTS_KIT_ID];

	REQUIRE(open_site());
	begun(dpk, 2, "", id);
	CHECK_OK(lines_connect(site.k.officer_socket, &relay));
	CHECK_STR("relay", kms_ask_on(&site.k, &relay, "{'command':'relay'}"), "SUCCESS");
	KMS_REFUSED("typed", &site.k,
	            kms_ask_on(&site.k, &relay,
	                       "{'session':'%s','command':'entry.give','id':%s,'part':'" PART_A
	                       "'}",
	                       kms_kit_session(&site.k, "key1"), id),
	            "SEAL_NEEDED");
	KMS_REFUSED("made", &site.k,
	            kms_ask_on(&site.k, &relay, "{'session':'%s','command':'entry.make','id':%s}",
	                       kms_kit_session(&site.k, "key1"), id),
	            "SEAL_NEEDED");
	KMS_REFUSED("taken", &site.k,
	            kms_ask_on(&site.k, &relay, "{'session':'%s','command':'letter.take','id':1}",
	                       kms_kit_session(&site.k, "key1")),
	            "SEAL_NEEDED");
	lines_disconnect(&relay);
	CHECK_STR("over", on("key1", "entry.cancel", id), "SUCCESS");
}

/* --- key letters --- */

static char letter_version[ACTS_KIT_ID], letter_kcv[KMS_KIT_TEXT];

static void make_letters(int parts, char id[ACTS_KIT_ID])
{
	char request[128];

	snprintf(request, sizeof request, "'command':'letter.make','version':%s,'parts':%d",
	         letter_version, parts);
	CHECK_STR("made", acts_kit_agreed(&site, "key1", "mk", request, ""), "SUCCESS");
	acts_kit_keep(&site, "id", id, ACTS_KIT_ID);
	CHECK_STR("whose", kms_told(&site.k, "label"), "C.EP.LETTER.01");
	CHECK(strstr((const char *)site.k.answer.at, "paper") == NULL);
}

/* Each gives what he took into another key's entry. */
static void join_again(const char *letters, const char *entry, int parts)
{
	for (int i = 1; i <= parts; i++) {
		char who[] = "key1", paper[EXCHANGE_PAPER_SIZE], kcv[KMS_KIT_TEXT];

		who[3] = (char)('0' + i);
		CHECK_STR(who, on(who, "letter.take", letters), "SUCCESS");
		acts_kit_keep(&site, "paper", paper, sizeof paper);
		acts_kit_keep(&site, "kcv", kcv, sizeof kcv);
		CHECK_STR("given",
		          kms_ask_as(&site.k, who, "{'command':'entry.give','id':%s,'paper':'%s'}",
		                     entry, acts_kit_escaped(paper)),
		          "SUCCESS");
		CHECK(strstr((const char *)site.k.answer.at, kcv) != NULL);
	}
}

TEST(letters_go_to_a_custodian_each_and_join_to_the_key_again)
{
	char key[ACTS_KIT_ID], id[ACTS_KIT_ID], entry[ACTS_KIT_ID];

	REQUIRE(open_site());
	acts_kit_define(&site, site.ep, "LETTER", "D0", "A192BE", key);
	acts_kit_generate(&site, key, letter_version, letter_kcv);
	for (int parts = EXCHANGE_PARTS_MIN; parts <= EXCHANGE_PARTS_MAX; parts++) {
		make_letters(parts, id);
		begun(key, parts, letter_kcv, entry);
		join_again(id, entry, parts);
		KMS_REFUSED("all are taken", &site.k, on("key1", "letter.take", id),
		            "EXCHANGE_LETTER");
		CHECK_STR("joined", on("key1", "entry.finish", entry), "SUCCESS");
		CHECK_STR("the same value", kms_told(&site.k, "kcv"), letter_kcv);
	}
	CHECK_I64("written down",
	          kms_kit_audited(&site.k, "KEY.LETTER.TAKE", "OK", "label=C.EP.LETTER.01"), 5);
}

TEST(nobody_gets_two_letters)
{
	char id[ACTS_KIT_ID], first[EXCHANGE_PAPER_SIZE];

	REQUIRE(open_site());
	make_letters(2, id);
	CHECK_STR("one", on("key1", "letter.take", id), "SUCCESS");
	acts_kit_keep(&site, "paper", first, sizeof first);
	CHECK_STR("the same again", on("key1", "letter.take", id), "SUCCESS");
	CHECK_STR("", kms_told(&site.k, "paper"), first);
	CHECK_STR("listed", kms_ask_as(&site.k, "conf", "{'command':'letter.list'}"), "SUCCESS");
	CHECK_STR("", kms_told(&site.k, "taken"), "1");
	CHECK_STR("", kms_told(&site.k, "custodian"), "key1");
	KMS_REFUSED("another role", &site.k, on("conf", "letter.take", id), "OFFICER_ROLE_OTHER");
	CHECK_STR("wiped", on("key2", "letter.cancel", id), "SUCCESS");
	KMS_REFUSED("gone", &site.k, on("key2", "letter.take", id), "EXCHANGE_LETTER");
	KMS_REFUSED("gone", &site.k, on("key2", "letter.cancel", id), "EXCHANGE_LETTER");
}

static const char *ask_letters(const char *who, const char *version, int parts)
{
	return kms_ask_as(&site.k, who, "{'command':'letter.make','version':%s,'parts':%d}",
	                  version, parts);
}

TEST(letters_need_a_second_officer_and_a_key_that_may_leave)
{
	char key[ACTS_KIT_ID], never[ACTS_KIT_ID], kcv[KMS_KIT_TEXT], id[ACTS_KIT_ID];

	REQUIRE(open_site());
	acts_kit_define(&site, site.ep, "NEVER", "60", "A128BN", key);
	acts_kit_generate(&site, key, never, kcv);
	KMS_REFUSED("never", &site.k, ask_letters("key1", never, 2), "EXCHANGE_EXPORTABILITY");
	KMS_REFUSED("one", &site.k, ask_letters("key1", letter_version, 1), "JSON_FIELDS");
	KMS_REFUSED("four", &site.k, ask_letters("key1", letter_version, 4), "JSON_FIELDS");
	KMS_REFUSED("no such key", &site.k, ask_letters("key1", "999", 2), "KEY_NOT_FOUND");
	CHECK_STR("asked", ask_letters("key1", letter_version, 2), "APPROVAL_NEEDED");
	acts_kit_keep(&site, "approval", id, sizeof id);
	KMS_REFUSED("by himself", &site.k, on("key1", "approval.agree", id), "APPROVAL_SELF");
	KMS_REFUSED("by conf", &site.k, on("conf", "approval.agree", id), "OFFICER_ROLE_OTHER");
	KMS_REFUSED("not agreed to", &site.k,
	            kms_ask_as(&site.k, "key1", "{'command':'letter.make','approval':'%s'}", id),
	            "APPROVAL_STATE");
	CHECK_STR("agreed", on("key2", "approval.agree", id), "SUCCESS");
	CHECK_STR("made",
	          kms_ask_as(&site.k, "key1", "{'command':'letter.make','approval':'%s'}", id),
	          "SUCCESS");
	KMS_REFUSED("twice", &site.k,
	            kms_ask_as(&site.k, "key1", "{'command':'letter.make','approval':'%s'}", id),
	            "APPROVAL_STATE");
}

/* --- the end --- */

/* What custodians typed is in no file of the key manager (keys 20.3 no. 5). */
static void check_file(const char *path)
{
	static const char *const parts[] = { PART_A, PART_B, SUPPLIER, TV_01 };
	static uint8_t content[8 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, content, sizeof content);

	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(parts) && len > 0; i++) {
		uint8_t bytes[16];

		CHECK_OK(hex_decode(str_of(parts[i]), bytes, sizeof bytes));
		CHECK(memmem(content, (size_t)len, bytes, sizeof bytes) == NULL);
		CHECK(memmem(content, (size_t)len, parts[i], 32) == NULL);
	}
}

TEST(no_component_is_in_a_file_and_the_chain_is_whole)
{
	char path[KMS_PATH_MAX + 16];

	REQUIRE(open_site());
	snprintf(path, sizeof path, "%s/kms.db", site.k.dir);
	check_file(path);
	snprintf(path, sizeof path, "%s/kms.db-wal", site.k.dir);
	check_file(path);
	CHECK(kms_kit_officer(&site.k, "auditor", "audit"));
	CHECK_STR("the chain", kms_ask_as(&site.k, "auditor", "{'command':'audit.verify'}"),
	          "SUCCESS");
	acts_site_close(&site);
}
