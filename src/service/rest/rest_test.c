/* SPDX-License-Identifier: Apache-2.0 */
/* The interface over a real store and writer, asked over TCP. */
#include <stdio.h>
#include <unistd.h>

#include "harness/test.h"
#include "service/rest/rest_testkit.h"

/* --- signing in --- */

TEST(nobody_sees_anything_without_a_session)
{
	static const char *const paths[] = { "/session",       "/home/today",   "/events",
		                             "/people",        "/transactions", "/transactions/1",
		                             "/proof",         "/merchants",    "/terminals",
		                             "/search?query=1" };

	REST_KIT(0);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CHECK_I64(paths[i], rest_kit_get(paths[i]), 401);
		CHECK(rest_kit_says("\"code\":\"ACCESS_SESSION\""));
	}
	CHECK_I64("health", rest_kit_get("/health"), 200);
	CHECK(rest_kit_says("\"status\":\"ok\""));
}

TEST(the_REST_KIT_FIRST_PASSWORD_must_be_changed_before_anything_else)
{
	REST_KIT(0);
	CHECK_I64("in", rest_kit_sign_in("chief", REST_KIT_FIRST_PASSWORD), 200);
	CHECK(rest_kit_says("\"must_change_password\":true"));
	CHECK(rest_kit_says("HttpOnly"));
	CHECK(rest_kit_says("SameSite=Strict"));
	CHECK_I64("people", rest_kit_get("/people"), 403);
	CHECK(rest_kit_says("REST_PASSWORD_FIRST"));
	CHECK_I64("too short",
	          rest_kit_write(
	                  "PUT", "/session/password",
	                  "{\"current_password\":\"first-password-9\",\"new_password\":\"short\"}"),
	          422);
	CHECK(rest_kit_says("{\"field\":\"new_password\",\"what\":\"range\"}"));
	CHECK(rest_kit_settle("chief"));
	CHECK(rest_kit_says("\"must_change_password\":false"));
	CHECK_I64("people", rest_kit_get("/people"), 200);
}

TEST(a_wrong_password_an_unknown_name_and_a_malformed_body_are_refused)
{
	REST_KIT(0);
	CHECK_I64("password", rest_kit_sign_in("chief", "not-the-password"), 401);
	CHECK(rest_kit_says("ACCESS_LOGIN_FAILED"));
	CHECK_I64("name", rest_kit_sign_in("nobody", REST_KIT_FIRST_PASSWORD), 401);
	CHECK(rest_kit_says("ACCESS_LOGIN_FAILED"));
	CHECK_I64("syntax", rest_kit_ask("POST", "/session", "", "{"), 400);
	CHECK_I64("missing", rest_kit_ask("POST", "/session", "", "{\"login\":\"chief\"}"), 422);
	CHECK(rest_kit_says("{\"field\":\"password\",\"what\":\"required\"}"));
	CHECK_I64("type", rest_kit_ask("POST", "/session", "", "{\"login\":1,\"password\":\"x\"}"),
	          422);
	CHECK_I64("unknown",
	          rest_kit_ask("POST", "/session", "",
	                       "{\"login\":\"a\",\"password\":\"b\",\"c\":1}"),
	          422);
	CHECK(rest_kit_says("{\"field\":\"c\",\"what\":\"unknown\"}"));
}

TEST(five_errors_lock_the_account_and_too_many_attempts_are_slowed)
{
	REST_KIT(0);
	for (int i = 0; i < 5; i++)
		CHECK_I64("wrong", rest_kit_sign_in("chief", "not-the-password"), 401);
	CHECK_I64("locked", rest_kit_sign_in("chief", REST_KIT_FIRST_PASSWORD), 423);
	CHECK(rest_kit_says("ACCESS_LOCKED"));
	for (int i = 0; i < 5; i++)
		rest_kit_sign_in("chief", "not-the-password");
	CHECK_I64("slowed", rest_kit_sign_in("chief", REST_KIT_FIRST_PASSWORD), 429);
	CHECK(rest_kit_says("REST_TOO_MANY"));
}

TEST(a_write_needs_the_token_of_its_session_and_a_right_its_role)
{
	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	CHECK_I64("no token", rest_kit_ask("POST", "/proof/verify", "", ""), 403);
	CHECK(rest_kit_says("ACCESS_CSRF"));
	CHECK_I64("other token",
	          rest_kit_ask("POST", "/proof/verify", "X-CSRF-Token: 0123456789abcdef\r\n", ""),
	          403);
	CHECK_I64("out", rest_kit_write("DELETE", "/session", ""), 204);
	CHECK_I64("after", rest_kit_get("/session"), 401);
	REQUIRE(rest_kit_settle("clerk"));
	CHECK_I64("people", rest_kit_get("/people"), 200);
	CHECK_I64("proof", rest_kit_get("/proof"), 403);
	CHECK(rest_kit_says("ACCESS_DENIED"));
}

TEST(a_session_ends_when_it_is_idle)
{
	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	clock_manual_set(&rest_kit.clock,
	                 (struct instant){ clock_now(&rest_kit.clock.clock).us +
	                                   (ACCESS_IDLE_S + 1) * (int64_t)SECOND_US });
	CHECK_I64("idle", rest_kit_get("/session"), 401);
}

/* --- looking --- */

TEST(people_are_found_by_number_name_initials_and_card)
{
	static const char *const queries[] = { "", "2019", "%E6%99%93", "zxm", "180017" };

	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		char path[64];

		snprintf(path, sizeof path, "/people?query=%s", queries[i]);
		CHECK_I64(queries[i], rest_kit_get(path), 200);
		CHECK(rest_kit_says("\"total\":1"));
		CHECK(rest_kit_says("\"name\":\"张*明\""));
	}
	CHECK_I64("nobody", rest_kit_get("/people?query=zzz"), 200);
	CHECK(rest_kit_says("\"items\":[]"));
	CHECK_I64("wildcard", rest_kit_get("/people?query=%25"), 200);
	CHECK(rest_kit_says("\"total\":0"));
	CHECK_I64("page", rest_kit_get("/people?page=0"), 422);
	CHECK_I64("unknown", rest_kit_get("/people/99"), 404);
	CHECK_I64("no number", rest_kit_get("/people/x"), 422);
	CHECK_I64("search", rest_kit_get("/search?query=zxm"), 200);
	CHECK(rest_kit_says("\"kind\":\"person\""));
	CHECK_I64("search without text", rest_kit_get("/search?query="), 422);
}

TEST(a_person_has_balances_cards_and_transactions)
{
	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	CHECK_I64("person", rest_kit_get("/people/1"), 200);
	CHECK(rest_kit_says("\"name\":\"张晓明\""));
	CHECK(rest_kit_says("\"purse\":\"main\""));
	CHECK(rest_kit_says("\"balance_fen\":8750"));
	CHECK(rest_kit_says("\"number\":\"180017\",\"state\":\"active\""));
	CHECK_I64("transactions", rest_kit_get("/people/1/transactions"), 200);
	CHECK(rest_kit_says("\"amount_fen\":1250"));
	CHECK(rest_kit_says("\"state\":\"refused\",\"code\":\"LEDGER_INSUFFICIENT\""));
	CHECK(rest_kit_says("\"state\":\"reversed\""));
}

TEST(transactions_are_filtered_and_paged)
{
	char next[32], path[96];

	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	CHECK_I64("all", rest_kit_get("/transactions?kind=purchase&state=done"), 200);
	CHECK(rest_kit_says("\"merchant\":{\"id\":\"1\",\"number\":\"0001\",\"name\":\"一食堂\"}"));
	CHECK(!strstr(rest_kit.answer, "LEDGER_INSUFFICIENT"));
	CHECK_I64("refused", rest_kit_get("/transactions?state=refused"), 200);
	CHECK(rest_kit_says("LEDGER_INSUFFICIENT"));
	CHECK(!strstr(rest_kit.answer, "\"amount_fen\":1250"));
	CHECK_I64("amount", rest_kit_get("/transactions?min_fen=1000&max_fen=2000"), 200);
	CHECK(rest_kit_says("\"amount_fen\":1250"));
	CHECK(!strstr(rest_kit.answer, "\"amount_fen\":10000"));
	CHECK_I64("other card", rest_kit_get("/transactions?card=1"), 200);
	CHECK(rest_kit_says("\"items\":[],\"next\":null"));
	CHECK_I64("other day", rest_kit_get("/transactions?from=2019-04-24"), 200);
	CHECK(rest_kit_says("\"items\":[]"));
	CHECK_I64("first page", rest_kit_get("/transactions?card=180017&limit=2"), 200);
	rest_kit_cut("\"next\":\"", '"', next, sizeof next);
	snprintf(path, sizeof path, "/transactions?card=180017&limit=50&before=%s", next);
	CHECK_I64("second page", rest_kit_get(path), 200);
	CHECK(rest_kit_says("\"amount_fen\":1250"));
	CHECK(rest_kit_says("\"next\":null"));
	CHECK_I64("day", rest_kit_get("/transactions?from=2019-02-30"), 422);
	CHECK_I64("kind", rest_kit_get("/transactions?kind=gift"), 422);
}

TEST(a_chain_names_both_accounts_the_reversal_and_the_batch)
{
	char lsn[32], path[64];

	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	CHECK_I64("reversal", rest_kit_get("/transactions?kind=reversal"), 200);
	rest_kit_cut("\"lsn\":\"", '"', lsn, sizeof lsn);
	snprintf(path, sizeof path, "/transactions/%s", lsn);
	CHECK_I64("chain", rest_kit_get(path), 200);
	CHECK(rest_kit_says("\"kind\":\"reversal\""));
	CHECK(rest_kit_says("\"original\":{\"lsn\":"));
	CHECK(rest_kit_says("\"chart\":\"2001\",\"name_zh\":\"持卡人主钱包\""));
	CHECK(rest_kit_says("\"chart\":\"2101\""));
	CHECK(rest_kit_says("\"owner\":\"张晓明\""));
	CHECK(rest_kit_says("\"batch\":{\"number\":"));
	CHECK_I64("unknown", rest_kit_get("/transactions/999999"), 404);
}

TEST(the_day_the_places_and_the_proof_add_up)
{
	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	CHECK_I64("today", rest_kit_get("/home/today"), 200);
	CHECK(rest_kit_says("\"business_date\":\"2019-04-23\""));
	CHECK(rest_kit_says("\"sales\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK(rest_kit_says("\"loads\":{\"count\":1,\"amount_fen\":10000}"));
	CHECK_I64("merchants", rest_kit_get("/merchants"), 200);
	CHECK(rest_kit_says("\"today\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK_I64("terminals", rest_kit_get("/terminals?query=0101"), 200);
	CHECK(rest_kit_says("\"signed_in\":false"));
	CHECK_I64("proof", rest_kit_get("/proof"), 200);
	CHECK(rest_kit_says("\"id\":\"I7\",\"holds\":true"));
	CHECK(!strstr(rest_kit.answer, "\"holds\":false"));
}

TEST(a_verification_runs_beside_the_service_and_is_clean)
{
	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	CHECK_I64("before", rest_kit_get("/proof/verify"), 200);
	CHECK(rest_kit_says("\"state\":\"never\""));
	CHECK_I64("start", rest_kit_write("POST", "/proof/verify", ""), 202);
	for (int i = 0; i < 250 && rest_kit_get("/proof/verify") == 200 &&
	                strstr(rest_kit.answer, "\"running\"");
	     i++)
		usleep(20000);
	CHECK(rest_kit_says("\"state\":\"clean\""));
}

TEST(events_begin_with_hello_and_bring_what_is_posted)
{
	char request[512];

	REST_KIT(0);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	int fd = rest_kit_dial();
	REQUIRE(fd >= 0);
	snprintf(
	        request, sizeof request,
	        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: yika_session=%s\r\n\r\n",
	        rest_kit.cookie);
	CHECK_I64("ask", write(fd, request, strlen(request)), (int64_t)strlen(request));
	rest_kit_receive(fd, "event: heartbeat");
	CHECK(rest_kit_says("event: hello"));
	CHECK(rest_kit_says("\"body\":null"));
	close(fd);
}

TEST(what_is_not_in_the_table_is_refused_in_the_same_words)
{
	REST_KIT(0);
	CHECK_I64("path", rest_kit_get("/nothing"), 404);
	CHECK(rest_kit_says("application/problem+json"));
	CHECK(rest_kit_says("\"code\":\"REST_NOT_FOUND\""));
	CHECK_I64("method", rest_kit_ask("DELETE", "/people", "", ""), 405);
	CHECK(rest_kit_says("\"code\":\"REST_METHOD\""));
}

TEST(the_same_is_read_from_postgres)
{
	static const char *const paths[] = {
		"/home/today",
		"/people",
		"/people?query=zxm",
		"/people/1",
		"/people/1/transactions",
		"/merchants?query=%E9%A3%9F",
		"/terminals",
		"/transactions?card=180017",
		"/transactions?from=2019-04-23&to=2019-04-24",
		"/search?query=180017",
		"/proof",
	};

	REST_KIT(.engine = DB_POSTGRES);
	REQUIRE(rest_kit_settle("chief"));
	REQUIRE(rest_kit_wait_for_views(9));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		CHECK_I64(paths[i], rest_kit_get(paths[i]), 200);
	CHECK_I64("today", rest_kit_get("/home/today"), 200);
	CHECK(rest_kit_says("\"sales\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK_I64("merchants", rest_kit_get("/merchants"), 200);
	CHECK(rest_kit_says("\"today\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK_I64("person", rest_kit_get("/people/1"), 200);
	CHECK(rest_kit_says("\"balance_fen\":8750"));
}
