/* SPDX-License-Identifier: Apache-2.0 */
/* The interface over a real store and writer, asked over TCP. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "domain/access/access.h"
#include "domain/cards/card.h"
#include "domain/terminals/terminal.h"
#include "harness/postgres.h"
#include "harness/test.h"
#include "service/rest/rest.h"

enum { ANSWER_SIZE = 256 << 10, TERMINAL = TERMINAL_ID_FIRST, VIEWS_WAIT_MS = 5000 };

static const char first_password[] = "first-password-9";
static const char own_password[] = "a-better-password-7";

static struct {
	struct clock_manual clock;
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct card_cache *cards;
	struct rest *rest;
	char dsn[POSTGRES_DSN_MAX];
	char cookie[256], csrf[128];
	char answer[ANSWER_SIZE];
	int status;
} w;

/* --- a small site --- */

static result add_operators(struct db_tx *tx, struct instant now)
{
	static const struct operator rows[] = {
		{ .name = "chief", .display = "系统管理员", .role = "administrator" },
		{ .name = "clerk", .display = "柜员", .role = "card officer" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t id;

		TRY(operator_add(tx, now, &rows[i], str_of(first_password), &id));
	}
	return OK;
}

static result add_places(struct db_tx *tx, struct instant now)
{
	struct merchant m = { .no = "0001", .name = "一食堂", .state = MERCHANT_OPEN, .park = 1 };
	struct terminal t = { .node_id = "01010001",
		              .sam_no = { 1 },
		              .key_version = 1,
		              .type = TERMINAL_TILL,
		              .state = TERMINAL_DEFINED,
		              .sealed = true,
		              .suites = TERMINAL_SUITE_AES,
		              .allow = TERMINAL_ALLOW_ALL,
		              .location = "一号窗口",
		              .batch = 1 };

	TRY(merchant_add(tx, now, &m));
	t.merchant_id = m.id;
	return terminal_add(tx, now, &t);
}

/* A top-up of 100.00, a purchase of 12.50, one that is too dear, one of 3.00 that is reversed. */
static result trade(struct ledger_tx *tx, const struct card *card)
{
	struct journal_business b = {
		.card = (uint32_t)card->id, .merchant = 1, .terminal = TERMINAL, .meal = 2
	};
	struct book_key cash = { CHART_TILL_CASH, 1, 1, 0 },
	                takings = { CHART_MERCHANT_TAKINGS, 1, 1, TERMINAL };
	struct book_event e = { .source = TERMINAL, .event_time = tx->now, .park = 1 };
	struct book_outcome out;
	uint32_t till, shop, main = (uint32_t)card->purses.main;

	TRY(ledger_account_require(tx, &cash, BOOK_NO_FLOOR, &till));
	TRY(ledger_account_require(tx, &takings, 0, &shop));
	memcpy(e.business, &b, sizeof b);
	e.answer[0] = main;
	e.number = 1;
	e.kind = KIND_TOPUP;
	e.legs[0] = (struct book_leg){ till, main, 10000 };
	e.leg_count = 1;
	TRY(ledger_post(tx, &e, &out));
	e.number = 2;
	e.kind = KIND_PURCHASE;
	e.legs[0] = (struct book_leg){ main, shop, 1250 };
	TRY(ledger_post(tx, &e, &out));
	e.number = 3;
	e.legs[0].amount_fen = 999900;
	TRY(ledger_post(tx, &e, &out));
	e.number = 4;
	e.legs[0].amount_fen = 300;
	TRY(ledger_post(tx, &e, &out));
	e.number = 5;
	e.kind = KIND_REVERSAL;
	e.leg_count = 0;
	e.original_source = TERMINAL;
	e.original_number = 4;
	return ledger_post(tx, &e, &out);
}

static result fill(struct ledger_tx *tx, void *arg)
{
	struct person p = { .no = "2019000017",
		            .name = "张晓明",
		            .department = "软件技术",
		            .state = PERSON_ACTIVE,
		            .class = 1,
		            .park = 1 };
	struct card_order order = { .no = STR("180017") };
	struct card card;

	(void)arg;
	TRY(add_operators(tx->db, tx->now));
	TRY(add_places(tx->db, tx->now));
	TRY(person_add(tx->db, tx->now, &p));
	order.person_id = p.id;
	TRY(card_issue(tx, w.cards, &order, &card));
	card_cache_keep(w.cards);
	return trade(tx, &card);
}

static result load_cards(void)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(ledger_store_db(w.store), &tx));
	return card_cache_load(tx, 16, &w.cards);
}

/* A new empty store on either engine. */
static void choose_store(enum db_engine engine)
{
	static int count;

	if (engine == DB_POSTGRES)
		postgres_database(false, w.dsn);
	else
		snprintf(w.dsn, sizeof w.dsn, "sqlite:%s/rest-%d.db", test_dir(), ++count);
}

static result open_world(enum db_engine engine)
{
	struct ledger_config config = { .clock = &w.clock.clock };
	struct rest_config rest = { .address = "127.0.0.1:0",
		                    .clock = &w.clock.clock,
		                    .random = random_system(),
		                    .version = "test" };

	clock_manual_init(&w.clock,
	                  (struct instant){ 1555992000000000 }); /* 2019-04-23 12:00 +08:00 */
	choose_store(engine);
	TRY(ledger_store_open(str_of(w.dsn), STORE_OWNER, "test", clock_now(&w.clock.clock),
	                      &w.store));
	TRY(ledger_writer_open(w.store, &config, &w.writer));
	TRY(load_cards());
	TRY(ledger_writer_start(w.writer));
	TRY(ledger_call(w.writer, true, fill, NULL));
	rest.writer = w.writer;
	rest.dsn = str_of(w.dsn);
	return rest_start(&rest, &w.rest);
}

static void close_world(int *unused)
{
	(void)unused;
	rest_stop(w.rest);
	ledger_writer_close(w.writer);
	card_cache_free(w.cards);
	ledger_store_close(w.store);
	memset(&w, 0, sizeof w);
}

/* Each test has a site of its own. */
#define WORLD_ON(engine_)                                                                          \
	SCOPED(close_world) ATTR_UNUSED int world = 0;                                             \
	log_set_level(LOG_LEVEL_ERROR);                                                            \
	REQUIRE_OK(open_world(engine_))
#define WORLD() WORLD_ON(DB_SQLITE)

/* --- a small client --- */

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(rest_port(w.rest)),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Read until the text is there, the line ends, or five seconds are over. */
static void receive(int fd, const char *until)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t len = 0;

	w.answer[0] = '\0';
	while (len + 1 < sizeof w.answer && poll(&p, 1, 5000) == 1) {
		ssize_t n = read(fd, w.answer + len, sizeof w.answer - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		w.answer[len] = '\0';
		if (until && strstr(w.answer, until))
			break;
	}
}

static int ask(const char *method, const char *path, const char *headers, const char *body)
{
	char request[4096];
	int fd = dial();

	w.status = 0;
	if (fd < 0)
		return 0;
	snprintf(request, sizeof request,
	         "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nConnection: "
	         "close\r\n%s%s%s%s%sContent-Length: %zu\r\n\r\n%s",
	         method, path, w.cookie[0] ? "Cookie: yika_session=" : "", w.cookie,
	         w.cookie[0] ? "\r\n" : "", body[0] ? "Content-Type: application/json\r\n" : "",
	         headers, strlen(body), body);
	if (write(fd, request, strlen(request)) == (ssize_t)strlen(request))
		receive(fd, NULL);
	close(fd);
	sscanf(w.answer, "HTTP/1.1 %d", &w.status);
	return w.status;
}

static int get(const char *path)
{
	return ask("GET", path, "", "");
}

static bool says(const char *text)
{
	bool found = strstr(w.answer, text) != NULL;

	if (!found)
		test_note("no %s in: %.600s", text, w.answer);
	return found;
}

/* The value after `before` up to `end`. */
static void cut(const char *before, char end, char *out, size_t size)
{
	const char *from = strstr(w.answer, before);
	size_t len = 0;

	out[0] = '\0';
	if (!from)
		return;
	from += strlen(before);
	while (from[len] && from[len] != end && len + 1 < size)
		len++;
	str_copy((struct str){ from, len }, out, size);
}

static int sign_in(const char *login, const char *password)
{
	char body[256];

	w.cookie[0] = '\0';
	snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
	if (ask("POST", "/session", "", body) == 200) {
		cut("yika_session=", ';', w.cookie, sizeof w.cookie);
		cut("\"csrf_token\":\"", '"', w.csrf, sizeof w.csrf);
	}
	return w.status;
}

static int write_with_token(const char *method, const char *path, const char *body)
{
	char header[192];

	snprintf(header, sizeof header, "X-CSRF-Token: %s\r\n", w.csrf);
	return ask(method, path, header, body);
}

/* Signed in with an own password. */
static bool settle(const char *login)
{
	char body[256];

	snprintf(body, sizeof body, "{\"current_password\":\"%s\",\"new_password\":\"%s\"}",
	         first_password, own_password);
	return CHECK_I64(login, sign_in(login, first_password), 200) &&
	       CHECK_I64(login, write_with_token("PUT", "/session/password", body), 200);
}

/* The views follow the journal within moments. */
static bool wait_for_views(uint64_t lsn)
{
	for (int ms = 0; ms < VIEWS_WAIT_MS; ms += 20) {
		struct ledger_proof p;

		ledger_writer_proof(w.writer, &p);
		if (p.views_lsn >= lsn && p.rows >= lsn)
			return true;
		usleep(20000);
	}
	test_note("the views did not follow");
	return CHECK(false);
}

/* --- signing in --- */

TEST(nobody_sees_anything_without_a_session)
{
	static const char *const paths[] = { "/session",       "/home/today",   "/events",
		                             "/people",        "/transactions", "/transactions/1",
		                             "/proof",         "/merchants",    "/terminals",
		                             "/search?query=1" };

	WORLD();
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CHECK_I64(paths[i], get(paths[i]), 401);
		CHECK(says("\"code\":\"ACCESS_SESSION\""));
	}
	CHECK_I64("health", get("/health"), 200);
	CHECK(says("\"status\":\"ok\""));
}

TEST(the_first_password_must_be_changed_before_anything_else)
{
	WORLD();
	CHECK_I64("in", sign_in("chief", first_password), 200);
	CHECK(says("\"must_change_password\":true"));
	CHECK(says("HttpOnly"));
	CHECK(says("SameSite=Strict"));
	CHECK_I64("people", get("/people"), 403);
	CHECK(says("REST_PASSWORD_FIRST"));
	CHECK_I64("too short",
	          write_with_token(
	                  "PUT", "/session/password",
	                  "{\"current_password\":\"first-password-9\",\"new_password\":\"short\"}"),
	          422);
	CHECK(says("{\"field\":\"new_password\",\"what\":\"range\"}"));
	CHECK(settle("chief"));
	CHECK(says("\"must_change_password\":false"));
	CHECK_I64("people", get("/people"), 200);
}

TEST(a_wrong_password_an_unknown_name_and_a_malformed_body_are_refused)
{
	WORLD();
	CHECK_I64("password", sign_in("chief", "not-the-password"), 401);
	CHECK(says("ACCESS_LOGIN_FAILED"));
	CHECK_I64("name", sign_in("nobody", first_password), 401);
	CHECK(says("ACCESS_LOGIN_FAILED"));
	CHECK_I64("syntax", ask("POST", "/session", "", "{"), 400);
	CHECK_I64("missing", ask("POST", "/session", "", "{\"login\":\"chief\"}"), 422);
	CHECK(says("{\"field\":\"password\",\"what\":\"required\"}"));
	CHECK_I64("type", ask("POST", "/session", "", "{\"login\":1,\"password\":\"x\"}"), 422);
	CHECK_I64("unknown",
	          ask("POST", "/session", "", "{\"login\":\"a\",\"password\":\"b\",\"c\":1}"), 422);
	CHECK(says("{\"field\":\"c\",\"what\":\"unknown\"}"));
}

TEST(five_errors_lock_the_account_and_too_many_attempts_are_slowed)
{
	WORLD();
	for (int i = 0; i < 5; i++)
		CHECK_I64("wrong", sign_in("chief", "not-the-password"), 401);
	CHECK_I64("locked", sign_in("chief", first_password), 423);
	CHECK(says("ACCESS_LOCKED"));
	for (int i = 0; i < 5; i++)
		sign_in("chief", "not-the-password");
	CHECK_I64("slowed", sign_in("chief", first_password), 429);
	CHECK(says("REST_TOO_MANY"));
}

TEST(a_write_needs_the_token_of_its_session_and_a_right_its_role)
{
	WORLD();
	REQUIRE(settle("chief"));
	CHECK_I64("no token", ask("POST", "/proof/verify", "", ""), 403);
	CHECK(says("ACCESS_CSRF"));
	CHECK_I64("other token",
	          ask("POST", "/proof/verify", "X-CSRF-Token: 0123456789abcdef\r\n", ""), 403);
	CHECK_I64("out", write_with_token("DELETE", "/session", ""), 204);
	CHECK_I64("after", get("/session"), 401);
	REQUIRE(settle("clerk"));
	CHECK_I64("people", get("/people"), 200);
	CHECK_I64("proof", get("/proof"), 403);
	CHECK(says("ACCESS_DENIED"));
}

TEST(a_session_ends_when_it_is_idle)
{
	WORLD();
	REQUIRE(settle("chief"));
	clock_manual_set(&w.clock, (struct instant){ clock_now(&w.clock.clock).us +
	                                             (ACCESS_IDLE_S + 1) * (int64_t)SECOND_US });
	CHECK_I64("idle", get("/session"), 401);
}

/* --- looking --- */

TEST(people_are_found_by_number_name_initials_and_card)
{
	static const char *const queries[] = { "", "2019", "%E6%99%93", "zxm", "180017" };

	WORLD();
	REQUIRE(settle("chief"));
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		char path[64];

		snprintf(path, sizeof path, "/people?query=%s", queries[i]);
		CHECK_I64(queries[i], get(path), 200);
		CHECK(says("\"total\":1"));
		CHECK(says("\"name\":\"张*明\""));
	}
	CHECK_I64("nobody", get("/people?query=zzz"), 200);
	CHECK(says("\"items\":[]"));
	CHECK_I64("wildcard", get("/people?query=%25"), 200);
	CHECK(says("\"total\":0"));
	CHECK_I64("page", get("/people?page=0"), 422);
	CHECK_I64("unknown", get("/people/99"), 404);
	CHECK_I64("no number", get("/people/x"), 422);
	CHECK_I64("search", get("/search?query=zxm"), 200);
	CHECK(says("\"kind\":\"person\""));
	CHECK_I64("search without text", get("/search?query="), 422);
}

TEST(a_person_has_balances_cards_and_transactions)
{
	WORLD();
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	CHECK_I64("person", get("/people/1"), 200);
	CHECK(says("\"name\":\"张晓明\""));
	CHECK(says("\"purse\":\"main\""));
	CHECK(says("\"balance_fen\":8750"));
	CHECK(says("\"number\":\"180017\",\"state\":\"active\""));
	CHECK_I64("transactions", get("/people/1/transactions"), 200);
	CHECK(says("\"amount_fen\":1250"));
	CHECK(says("\"state\":\"refused\",\"code\":\"LEDGER_INSUFFICIENT\""));
	CHECK(says("\"state\":\"reversed\""));
}

TEST(transactions_are_filtered_and_paged)
{
	char next[32], path[96];

	WORLD();
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	CHECK_I64("all", get("/transactions?kind=purchase&state=done"), 200);
	CHECK(says("\"merchant\":{\"id\":\"1\",\"number\":\"0001\",\"name\":\"一食堂\"}"));
	CHECK(!strstr(w.answer, "LEDGER_INSUFFICIENT"));
	CHECK_I64("refused", get("/transactions?state=refused"), 200);
	CHECK(says("LEDGER_INSUFFICIENT"));
	CHECK(!strstr(w.answer, "\"amount_fen\":1250"));
	CHECK_I64("amount", get("/transactions?min_fen=1000&max_fen=2000"), 200);
	CHECK(says("\"amount_fen\":1250"));
	CHECK(!strstr(w.answer, "\"amount_fen\":10000"));
	CHECK_I64("other card", get("/transactions?card=1"), 200);
	CHECK(says("\"items\":[],\"next\":null"));
	CHECK_I64("other day", get("/transactions?from=2019-04-24"), 200);
	CHECK(says("\"items\":[]"));
	CHECK_I64("first page", get("/transactions?card=180017&limit=2"), 200);
	cut("\"next\":\"", '"', next, sizeof next);
	snprintf(path, sizeof path, "/transactions?card=180017&limit=50&before=%s", next);
	CHECK_I64("second page", get(path), 200);
	CHECK(says("\"amount_fen\":1250"));
	CHECK(says("\"next\":null"));
	CHECK_I64("day", get("/transactions?from=2019-02-30"), 422);
	CHECK_I64("kind", get("/transactions?kind=gift"), 422);
}

TEST(a_chain_names_both_accounts_the_reversal_and_the_batch)
{
	char lsn[32], path[64];

	WORLD();
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	CHECK_I64("reversal", get("/transactions?kind=reversal"), 200);
	cut("\"lsn\":\"", '"', lsn, sizeof lsn);
	snprintf(path, sizeof path, "/transactions/%s", lsn);
	CHECK_I64("chain", get(path), 200);
	CHECK(says("\"kind\":\"reversal\""));
	CHECK(says("\"original\":{\"lsn\":"));
	CHECK(says("\"chart\":\"2001\",\"name_zh\":\"持卡人主钱包\""));
	CHECK(says("\"chart\":\"2101\""));
	CHECK(says("\"owner\":\"张晓明\""));
	CHECK(says("\"batch\":{\"number\":"));
	CHECK_I64("unknown", get("/transactions/999999"), 404);
}

TEST(the_day_the_places_and_the_proof_add_up)
{
	WORLD();
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	CHECK_I64("today", get("/home/today"), 200);
	CHECK(says("\"business_date\":\"2019-04-23\""));
	CHECK(says("\"sales\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK(says("\"loads\":{\"count\":1,\"amount_fen\":10000}"));
	CHECK_I64("merchants", get("/merchants"), 200);
	CHECK(says("\"today\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK_I64("terminals", get("/terminals?query=0101"), 200);
	CHECK(says("\"signed_in\":false"));
	CHECK_I64("proof", get("/proof"), 200);
	CHECK(says("\"id\":\"I7\",\"holds\":true"));
	CHECK(!strstr(w.answer, "\"holds\":false"));
}

TEST(a_verification_runs_beside_the_service_and_is_clean)
{
	WORLD();
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	CHECK_I64("before", get("/proof/verify"), 200);
	CHECK(says("\"state\":\"never\""));
	CHECK_I64("start", write_with_token("POST", "/proof/verify", ""), 202);
	for (int i = 0; i < 250 && get("/proof/verify") == 200 && strstr(w.answer, "\"running\"");
	     i++)
		usleep(20000);
	CHECK(says("\"state\":\"clean\""));
}

TEST(events_begin_with_hello_and_bring_what_is_posted)
{
	char request[512];

	WORLD();
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	int fd = dial();
	REQUIRE(fd >= 0);
	snprintf(
	        request, sizeof request,
	        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: yika_session=%s\r\n\r\n",
	        w.cookie);
	CHECK_I64("ask", write(fd, request, strlen(request)), (int64_t)strlen(request));
	receive(fd, "event: heartbeat");
	CHECK(says("event: hello"));
	CHECK(says("\"body\":null"));
	close(fd);
}

TEST(what_is_not_in_the_table_is_refused_in_the_same_words)
{
	WORLD();
	CHECK_I64("path", get("/nothing"), 404);
	CHECK(says("application/problem+json"));
	CHECK(says("\"code\":\"REST_NOT_FOUND\""));
	CHECK_I64("method", ask("DELETE", "/people", "", ""), 405);
	CHECK(says("\"code\":\"REST_METHOD\""));
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

	WORLD_ON(DB_POSTGRES);
	REQUIRE(settle("chief"));
	REQUIRE(wait_for_views(9));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		CHECK_I64(paths[i], get(paths[i]), 200);
	CHECK_I64("today", get("/home/today"), 200);
	CHECK(says("\"sales\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK_I64("merchants", get("/merchants"), 200);
	CHECK(says("\"today\":{\"count\":1,\"amount_fen\":1250}"));
	CHECK_I64("person", get("/people/1"), 200);
	CHECK(says("\"balance_fen\":8750"));
}
