/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_testkit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/cards/card.h"
#include "domain/terminals/terminal.h"
#include "harness/postgres.h"
#include "harness/test.h"

enum { TERMINAL = TERMINAL_ID_FIRST, VIEWS_WAIT_MS = 5000 };

struct rest_kit rest_kit;

/* --- a small site --- */

static result add_operators(struct db_tx *tx, struct instant now)
{
	static const struct operator rows[] = {
		{ .name = "chief", .display = "系统管理员", .role = "administrator" },
		{ .name = "clerk", .display = "柜员", .role = "card officer" },
		{ .name = "keys", .display = "密钥管理", .role = "key officer" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t id;

		TRY(operator_add(tx, now, &rows[i], str_of(REST_KIT_FIRST_PASSWORD), &id));
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
	TRY(card_issue(tx, rest_kit.cards, &order, &card));
	card_cache_keep(rest_kit.cards);
	return trade(tx, &card);
}

static result load_cards(void)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(ledger_store_db(rest_kit.store), &tx));
	return card_cache_load(tx, 16, &rest_kit.cards);
}

/* A new empty store on either engine. */
static void choose_store(enum db_engine engine)
{
	static int count;

	if (engine == DB_POSTGRES)
		postgres_database(false, rest_kit.dsn);
	else
		snprintf(rest_kit.dsn, sizeof rest_kit.dsn, "sqlite:%s/rest-%d.db", test_dir(),
		         ++count);
}

result rest_kit_open(const struct rest_kit_order *order)
{
	struct ledger_config config = { .clock = &rest_kit.clock.clock };
	struct rest_config rest = { .address = "127.0.0.1:0",
		                    .clock = &rest_kit.clock.clock,
		                    .random = random_system(),
		                    .version = "test",
		                    .kms_socket = order->kms_socket,
		                    .kms_deadline_us = order->kms_deadline_us };

	clock_manual_init(&rest_kit.clock,
	                  (struct instant){ 1555992000000000 }); /* 2019-04-23 12:00 +08:00 */
	choose_store(order->engine);
	TRY(ledger_store_open(str_of(rest_kit.dsn), STORE_OWNER, "test",
	                      clock_now(&rest_kit.clock.clock), &rest_kit.store));
	TRY(ledger_writer_open(rest_kit.store, &config, &rest_kit.writer));
	TRY(load_cards());
	TRY(ledger_writer_start(rest_kit.writer));
	TRY(ledger_call(rest_kit.writer, true, fill, NULL));
	rest.writer = rest_kit.writer;
	rest.dsn = str_of(rest_kit.dsn);
	return rest_start(&rest, &rest_kit.rest);
}

void rest_kit_close(int *unused)
{
	(void)unused;
	rest_stop(rest_kit.rest);
	ledger_writer_close(rest_kit.writer);
	card_cache_free(rest_kit.cards);
	ledger_store_close(rest_kit.store);
	memset(&rest_kit, 0, sizeof rest_kit);
}

/* --- a small client --- */

int rest_kit_dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(rest_port(rest_kit.rest)),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Read until the text is there, the line ends, or five seconds are over. */
void rest_kit_receive(int fd, const char *until)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t len = 0;

	rest_kit.answer[0] = '\0';
	while (len + 1 < sizeof rest_kit.answer && poll(&p, 1, 5000) == 1) {
		ssize_t n = read(fd, rest_kit.answer + len, sizeof rest_kit.answer - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		rest_kit.answer[len] = '\0';
		if (until && strstr(rest_kit.answer, until))
			break;
	}
}

int rest_kit_ask(const char *method, const char *path, const char *headers, const char *body)
{
	char request[4096];
	int fd = rest_kit_dial();

	rest_kit.status = 0;
	if (fd < 0)
		return 0;
	snprintf(request, sizeof request,
	         "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nConnection: "
	         "close\r\n%s%s%s%s%sContent-Length: %zu\r\n\r\n%s",
	         method, path, rest_kit.cookie[0] ? "Cookie: yika_session=" : "", rest_kit.cookie,
	         rest_kit.cookie[0] ? "\r\n" : "",
	         body[0] ? "Content-Type: application/json\r\n" : "", headers, strlen(body), body);
	if (write(fd, request, strlen(request)) == (ssize_t)strlen(request))
		rest_kit_receive(fd, NULL);
	close(fd);
	sscanf(rest_kit.answer, "HTTP/1.1 %d", &rest_kit.status);
	return rest_kit.status;
}

int rest_kit_get(const char *path)
{
	return rest_kit_ask("GET", path, "", "");
}

bool rest_kit_says(const char *text)
{
	bool found = strstr(rest_kit.answer, text) != NULL;

	if (!found)
		test_note("no %s in: %.600s", text, rest_kit.answer);
	return found;
}

/* The value after `before` up to `end`. */
void rest_kit_cut(const char *before, char end, char *out, size_t size)
{
	const char *from = strstr(rest_kit.answer, before);
	size_t len = 0;

	out[0] = '\0';
	if (!from)
		return;
	from += strlen(before);
	while (from[len] && from[len] != end && len + 1 < size)
		len++;
	str_copy((struct str){ from, len }, out, size);
}

int rest_kit_sign_in(const char *login, const char *password)
{
	char body[256];

	rest_kit.cookie[0] = '\0';
	snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
	if (rest_kit_ask("POST", "/session", "", body) == 200) {
		rest_kit_cut("yika_session=", ';', rest_kit.cookie, sizeof rest_kit.cookie);
		rest_kit_cut("\"csrf_token\":\"", '"', rest_kit.csrf, sizeof rest_kit.csrf);
	}
	return rest_kit.status;
}

int rest_kit_write(const char *method, const char *path, const char *body)
{
	char header[192];

	snprintf(header, sizeof header, "X-CSRF-Token: %s\r\n", rest_kit.csrf);
	return rest_kit_ask(method, path, header, body);
}

/* Signed in with an own password. */
bool rest_kit_settle(const char *login)
{
	char body[256];

	snprintf(body, sizeof body, "{\"current_password\":\"%s\",\"new_password\":\"%s\"}",
	         REST_KIT_FIRST_PASSWORD, REST_KIT_PASSWORD);
	return CHECK_I64(login, rest_kit_sign_in(login, REST_KIT_FIRST_PASSWORD), 200) &&
	       CHECK_I64(login, rest_kit_write("PUT", "/session/password", body), 200);
}

/* The views follow the journal within moments. */
bool rest_kit_wait_for_views(uint64_t lsn)
{
	for (int ms = 0; ms < VIEWS_WAIT_MS; ms += 20) {
		struct ledger_proof p;

		ledger_writer_proof(rest_kit.writer, &p);
		if (p.views_lsn >= lsn && p.rows >= lsn)
			return true;
		usleep(20000);
	}
	test_note("the views did not follow");
	return CHECK(false);
}
