/* SPDX-License-Identifier: Apache-2.0 */
/* The book of card stock as storekeepers, operators and auditors meet it (keys 12, 17, B6.28). */
#include <stdio.h>

#include "harness/test.h"
#include "service/kms/kms_testkit.h"

enum { FIELDS = 512 };

/* One for all tests here, the last of which closes it. */
static struct kms_kit shared;

static bool open_shared(void)
{
	static const char *const people[][2] = { { "store", "store" }, { "second", "store" },
		                                 { "oper", "oper" },   { "other", "oper" },
		                                 { "conf", "conf" },   { "auditor", "audit" } };

	if (shared.core)
		return true;
	if (!kms_kit_open(&shared, true))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(people); i++) {
		CHECK(kms_kit_officer(&shared, people[i][0], people[i][1]));
		kms_kit_session(&shared, people[i][0]);
	}
	kms_kit_session(&shared, "mk");
	return true;
}

/* Cards are written "A B": one a line. */
static const char *lines_of(const char *cards, char out[FIELDS])
{
	struct writer w = writer_of(out, FIELDS - 1);

	for (const char *c = cards; *c; c++)
		writer_str(&w, *c == ' ' ? STR("\\n") : (struct str){ c, 1 });
	CHECK_OK(writer_done(&w));
	out[w.len] = '\0';
	return out;
}

struct moving {
	const char *who, *number, *to, *giver, *taker, *cards, *reason;
};

static const char *move(const struct moving *m)
{
	char cards[FIELDS];

	return kms_ask_as(&shared, m->who,
	                  "{'command':'stock.move','number':'%s','kind':'PSAM','to':'%s',"
	                  "'giver':'%s','taker':'%s','reason':'%s','cards':'%s'}",
	                  m->number, m->to, m->giver, m->taker, m->reason ? m->reason : "",
	                  lines_of(m->cards, cards));
}

#define MOVE(...) move(&(struct moving){ __VA_ARGS__ })

static const char *ask(const char *who, const char *request)
{
	return kms_ask_as(&shared, who, "{%s}", request);
}

static const char *state_of(const char *chip)
{
	CHECK_STR(chip,
	          kms_ask_as(&shared, "auditor", "{'command':'stock.card','chip':'%s'}", chip),
	          "SUCCESS");
	return kms_told(&shared, "state");
}

static void check_told(const char *label, const char *text)
{
	if (!strstr((const char *)shared.answer.at, text))
		CHECK_STR(label, (const char *)shared.answer.at, text);
}

/* --- the store's part --- */

TEST(cards_come_into_the_book_by_a_voucher)
{
	REQUIRE(open_shared());
	CHECK_STR("received",
	          ask("store", "'command':'stock.receive','number':'R-1','kind':'PSAM',"
	                       "'giver':'厂家','taker':'store','place':'库房',"
	                       "'cards':'chip\\nC001\\nC002\\nC003\\nC004\\nC005\\nC006'"),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "count"), "6");
	KMS_REFUSED("its number", &shared,
	            ask("store", "'command':'stock.receive','number':'R-1','kind':'PSAM',"
	                         "'giver':'a','taker':'b','cards':'C007'"),
	            "STOCK_VOUCHER");
	KMS_REFUSED("a card that is here", &shared,
	            ask("store", "'command':'stock.receive','number':'R-2','kind':'PSAM',"
	                         "'giver':'a','taker':'b','cards':'C007\\nC001'"),
	            "STOCK_EXISTS");
	KMS_REFUSED("one person", &shared,
	            ask("store", "'command':'stock.receive','number':'R-2','kind':'PSAM',"
	                         "'giver':'store','taker':'store','cards':'C007'"),
	            "STOCK_PEOPLE");
	KMS_REFUSED("a kind that is none", &shared,
	            ask("store", "'command':'stock.receive','number':'R-2','kind':'SAM',"
	                         "'giver':'a','taker':'b','cards':'C007'"),
	            "CATALOG_FIELD");
	KMS_REFUSED("a day that is none", &shared,
	            ask("store", "'command':'stock.receive','number':'R-2','kind':'PSAM',"
	                         "'giver':'a','taker':'b','day':'5.3.2026','cards':'C007'"),
	            "CATALOG_FIELD");
	KMS_REFUSED("a day to come", &shared,
	            ask("store", "'command':'stock.receive','number':'R-2','kind':'PSAM',"
	                         "'giver':'a','taker':'b','day':'2026-12-31','cards':'C007'"),
	            "STOCK_DAY");
	KMS_REFUSED("no list", &shared,
	            ask("store", "'command':'stock.receive','number':'R-2','kind':'PSAM',"
	                         "'giver':'a','taker':'b','cards':'C007,1,2'"),
	            "STOCK_FIELD");
	CHECK_I64("audited", kms_kit_audited(&shared, "STOCK.RECEIVE", "OK", "voucher=R-1"), 1);
}

TEST(the_store_gives_cards_to_operators_and_to_nobody_else)
{
	REQUIRE(open_shared());
	CHECK_STR(
	        "into the store",
	        MOVE("store", "M-1", "IN_STORE", "store", "shelf", "C001 C002 C003 C004 C005 C006"),
	        "SUCCESS");
	KMS_REFUSED("somebody from outside", &shared,
	            MOVE("store", "M-2", "ISSUED_TO_OP", "store", "visitor", "C001"),
	            "STOCK_PEOPLE");
	KMS_REFUSED("another role", &shared,
	            MOVE("store", "M-2", "ISSUED_TO_OP", "store", "conf", "C001"), "STOCK_PEOPLE");
	KMS_REFUSED("to lie somewhere else", &shared,
	            ask("store", "'command':'stock.move','number':'M-2','kind':'PSAM',"
	                         "'to':'ISSUED_TO_OP','giver':'store','taker':'oper',"
	                         "'place':'room 3','cards':'C001'"),
	            "STOCK_FIELD");
	KMS_REFUSED("by the operator himself", &shared,
	            MOVE("oper", "M-2", "ISSUED_TO_OP", "oper", "oper", "C001"),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("in two steps at once", &shared,
	            MOVE("store", "M-2", "DELIVERED", "store", "oper", "C001"), "STOCK_MOVE");
	CHECK_STR("to one operator",
	          MOVE("store", "M-2", "ISSUED_TO_OP", "store", "oper", "C001 C002 C003"),
	          "SUCCESS");
	CHECK_STR("to the other", MOVE("store", "M-3", "ISSUED_TO_OP", "store", "other", "C004"),
	          "SUCCESS");
	CHECK_STR("", state_of("C001"), "ISSUED_TO_OP");
	CHECK_STR("with him", kms_told(&shared, "place"), "oper");
}

/* --- the operator's part --- */

TEST(an_operator_finishes_the_cards_he_was_given_and_no_others)
{
	REQUIRE(open_shared());
	KMS_REFUSED("the store runs no batches", &shared,
	            MOVE("store", "M-4", "FINISHED", "oper", "store", "C001,5000000001"),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("another operator's card", &shared,
	            MOVE("oper", "M-4", "FINISHED", "", "store", "C001,5000000001 C004,5000000002"),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("a card in the store", &shared,
	            MOVE("oper", "M-4", "WASTE", "", "store", "C005", "broken"),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("back into the store", &shared,
	            MOVE("oper", "M-4", "IN_STORE", "oper", "store", "C003"), "OFFICER_ROLE_OTHER");
	KMS_REFUSED("lost", &shared, MOVE("oper", "M-4", "LOST", "oper", "store", "C003", "gone"),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("in another's name", &shared,
	            MOVE("oper", "M-4", "FINISHED", "other", "store", "C001,5000000001"),
	            "STOCK_PEOPLE");
	KMS_REFUSED("to himself", &shared,
	            MOVE("oper", "M-4", "FINISHED", "", "oper", "C001,5000000001"), "STOCK_PEOPLE");
	KMS_REFUSED("without a number", &shared,
	            MOVE("oper", "M-4", "FINISHED", "", "store", "C001"), "STOCK_NUMBER");
	KMS_REFUSED("a card that is none", &shared,
	            MOVE("oper", "M-4", "FINISHED", "", "store", "C099,5000000001"),
	            "STOCK_NOT_FOUND");
	CHECK_STR("finished",
	          MOVE("oper", "M-4", "FINISHED", "", "store", "C001,5000000001 C002,5000000002"),
	          "SUCCESS");
	KMS_REFUSED("it is not his any more", &shared,
	            MOVE("oper", "M-5", "WASTE", "", "store", "C001", "second thoughts"),
	            "OFFICER_ROLE_OTHER");
	KMS_REFUSED("waste without a reason", &shared,
	            MOVE("oper", "M-5", "WASTE", "", "store", "C003"), "STOCK_REASON");
	CHECK_STR("waste", MOVE("oper", "M-5", "WASTE", "oper", "store", "C003", "no answer"),
	          "SUCCESS");
	CHECK_STR("", state_of("C002"), "FINISHED");
	CHECK_STR("", kms_told(&shared, "number"), "5000000002");
	check_told("who gave it", "\"voucher_number\":\"M-4\",\"giver\":\"oper\"");
	CHECK_STR("handed back unused, to the store",
	          MOVE("second", "M-6", "IN_STORE", "other", "second", "C004"), "SUCCESS");
}

/* --- shredding --- */

static const char *shred(const char *number, const char *fields)
{
	return kms_ask_as(&shared, "store",
	                  "{'command':'stock.shred','number':'%s','kind':'PSAM','giver':'store',"
	                  "'taker':'mill',%s}",
	                  number, fields);
}

TEST(waste_is_shredded_before_a_second_officer_who_signs)
{
	char id[KMS_KIT_TEXT];

	REQUIRE(open_shared());
	CHECK_STR("to the waste", MOVE("store", "M-7", "WASTE_STORE", "store", "bin", "C003"),
	          "SUCCESS");
	KMS_REFUSED("not by a move", &shared,
	            MOVE("store", "M-8", "SHREDDED", "store", "mill", "C003"), "STOCK_MOVE");
	KMS_REFUSED("another number of cards", &shared, shred("S-1", "'count':2,'cards':'C003'"),
	            "STOCK_FIELD");
	CHECK_STR("asked", shred("S-1", "'cards':'C003'"), "APPROVAL_NEEDED");
	CHECK_STR("", kms_told(&shared, "cards"), "1");
	str_copy(str_of(kms_told(&shared, "approval")), id, sizeof id);
	KMS_REFUSED("who asks", &shared,
	            kms_ask_as(&shared, "store", "{'command':'approval.agree','id':%s}", id),
	            "APPROVAL_SELF");
	KMS_REFUSED("an operator", &shared,
	            kms_ask_as(&shared, "oper", "{'command':'approval.agree','id':%s}", id),
	            "OFFICER_ROLE_OTHER");
	CHECK_STR("another storekeeper",
	          kms_ask_as(&shared, "second", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	CHECK_STR("what he signed for",
	          kms_ask_as(&shared, "second", "{'command':'approval.show','id':%s}", id),
	          "SUCCESS");
	check_told("", "\\\"count\\\":1");
	check_told("the list's SHA-256", "\\\"cards_sha256\\\":\\\"");
	CHECK_STR("shredded",
	          kms_ask_as(&shared, "store",
	                     "{'command':'stock.shred','approval':'%s','cards':'C003'}", id),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "signed_second"), "second");
	CHECK_STR("", state_of("C003"), "SHREDDED");
	CHECK_STR("a card that is not waste", shred("S-2", "'cards':'C001'"), "APPROVAL_NEEDED");
	str_copy(str_of(kms_told(&shared, "approval")), id, sizeof id);
	CHECK_STR("agreed", kms_ask_as(&shared, "mk", "{'command':'approval.agree','id':%s}", id),
	          "SUCCESS");
	KMS_REFUSED("a card that is not waste", &shared,
	            kms_ask_as(&shared, "store",
	                       "{'command':'stock.shred','approval':'%s','cards':'C001'}", id),
	            "STOCK_MOVE");
}

/* --- looking --- */

TEST(whoever_is_logged_in_may_look_into_the_book)
{
	REQUIRE(open_shared());
	CHECK_STR("where", ask("auditor", "'command':'stock.where'"), "SUCCESS");
	check_told("",
	           "{\"kind\":\"PSAM\",\"state\":\"FINISHED\",\"place\":\"store\",\"count\":2}");
	CHECK_STR("cards",
	          ask("auditor", "'command':'stock.list','kind':'PSAM','state':'IN_STORE'"),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "chip"), "C004");
	CHECK_STR("behind one",
	          ask("auditor",
	              "'command':'stock.list','kind':'PSAM','state':'IN_STORE','after':'C005'"),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "chip"), "C006");
	KMS_REFUSED("a state that is none", &shared,
	            ask("auditor", "'command':'stock.list','kind':'PSAM','state':'SHELF'"),
	            "CATALOG_FIELD");
	CHECK_STR("vouchers", ask("auditor", "'command':'stock.vouchers','limit':1"), "SUCCESS");
	CHECK_STR("newest first", kms_told(&shared, "number"), "S-1");
	CHECK_STR("", kms_told(&shared, "signed_first"), "store");
	CHECK_STR("of another year", ask("auditor", "'command':'stock.vouchers','to':'2025-12-31'"),
	          "SUCCESS");
	CHECK_STR("", kms_told(&shared, "number"), "");
	CHECK_STR("one", ask("auditor", "'command':'stock.voucher','id':1"), "SUCCESS");
	check_told("", "\"number\":\"R-1\"");
	check_told("its cards",
	           "\"chips\":[\"C001\",\"C002\",\"C003\",\"C004\",\"C005\",\"C006\"]");
	KMS_REFUSED("none", &shared, ask("auditor", "'command':'stock.voucher','id':99"),
	            "STOCK_NOT_FOUND");
	KMS_REFUSED("no card", &shared, ask("auditor", "'command':'stock.card','chip':'C099'"),
	            "STOCK_NOT_FOUND");
	CHECK_STR("a card's way", ask("auditor", "'command':'stock.card','chip':'C003'"),
	          "SUCCESS");
	check_told("", "\"from\":\"\",\"to\":\"RECEIVED\"");
	check_told("", "\"from\":\"WASTE_STORE\",\"to\":\"SHREDDED\"");
}

/* --- days --- */

TEST(a_day_closes_when_what_was_counted_is_what_the_book_says)
{
	REQUIRE(open_shared());
	CHECK_STR("the day", ask("auditor", "'command':'stock.day','day':'2026-03-05'"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "closed"), "false");
	check_told("", "{\"kind\":\"PSAM\",\"opening\":0,\"received\":6,\"returned\":0,"
	               "\"delivered\":0,\"shredded\":1,\"lost\":0,\"closing\":5,\"balanced\":true,"
	               "\"states\":{\"IN_STORE\":3,\"FINISHED\":2,\"SHREDDED\":1}}");
	KMS_REFUSED("miscounted", &shared,
	            ask("store", "'command':'stock.close','day':'2026-03-05',"
	                         "'counts':'PSAM:IN_STORE=4'"),
	            "STOCK_COUNT");
	KMS_REFUSED("no count", &shared,
	            ask("store", "'command':'stock.close','day':'2026-03-05','counts':'PSAM'"),
	            "STOCK_FIELD");
	KMS_REFUSED("a day to come", &shared,
	            ask("store", "'command':'stock.close','day':'2026-12-31'"), "STOCK_DAY");
	CHECK_STR("closed",
	          ask("store", "'command':'stock.close','day':'2026-03-05',"
	                       "'counts':'PSAM:IN_STORE=3 PSAM:FINISHED=2'"),
	          "SUCCESS");
	KMS_REFUSED("twice", &shared, ask("store", "'command':'stock.close','day':'2026-03-05'"),
	            "STOCK_DAY");
	KMS_REFUSED("a move in it", &shared,
	            MOVE("store", "M-9", "LOST", "store", "nobody", "C005", "gone"), "STOCK_DAY");
	CHECK_STR("days", ask("auditor", "'command':'stock.days','kind':'PSAM'"), "SUCCESS");
	CHECK_STR("", kms_told(&shared, "day"), "2026-03-05");
	CHECK_STR("", kms_told(&shared, "counted"), "IN_STORE=3 FINISHED=2");
	CHECK_STR("by whom", kms_told(&shared, "closed_by"), "store:store");
	CHECK_STR("the chain", ask("auditor", "'command':'audit.verify'"), "SUCCESS");
	kms_kit_close(&shared);
}
