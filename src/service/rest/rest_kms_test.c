/* SPDX-License-Identifier: Apache-2.0 */
/* Orders through the interface to a stand-in that listens where the key manager would. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/test.h"
#include "net/lines.h"
#include "service/rest/rest_testkit.h"

enum { LINE_MAX_TEST = 64 << 10, DEADLINE_MS = 200 };

#define RELAY "{\"command\":\"relay\"}"
#define DONE  "{\"code\":\"SUCCESS\"}"
#define ORDER "{\"command\":\"hello\"}"

/* What it was asked last, how often, and what it answers. */
static struct {
	struct lines *lines;
	char path[256];
	char asked[LINE_MAX_TEST];
	const char *answer;
	_Atomic int relays, orders, out_of_order;
	_Atomic int sleep_ms;
} m;

static void manager_answer(void *owner, struct lines_peer *peer, char *line, size_t len,
                           struct buf *out)
{
	(void)owner;
	if (len == sizeof RELAY - 1 && memcmp(line, RELAY, len) == 0) {
		peer->mark = 1;
		m.relays++;
		buf_str(out, STR(DONE));
		return;
	}
	m.orders++;
	m.out_of_order += peer->mark != 1;
	usleep((useconds_t)m.sleep_ms * 1000);
	str_copy((struct str){ line, len }, m.asked, sizeof m.asked);
	buf_str(out, str_of(m.answer));
}

static void manager_stop(int *unused)
{
	(void)unused;
	lines_stop(m.lines);
	m.lines = NULL;
}

/* At the place where it was before, or at a new one. */
static void manager_listen(void)
{
	struct lines_config config = { .path = m.path,
		                       .line_max = LINE_MAX_TEST,
		                       .answer_max = LINE_MAX_TEST,
		                       .clients_max = 8,
		                       .idle_us = 60 * (int64_t)SECOND_US,
		                       .answer = manager_answer };

	CHECK_OK(lines_start(&config, &m.lines));
}

static void manager_start(const char *answer)
{
	static int count;

	memset(m.asked, 0, sizeof m.asked);
	m.relays = m.orders = m.out_of_order = m.sleep_ms = 0;
	m.answer = answer;
	snprintf(m.path, sizeof m.path, "%.200s/kms%d.sock", test_dir(), ++count);
	manager_listen();
}

#define MANAGER(answer_)                                                                           \
	SCOPED(manager_stop) ATTR_UNUSED int manager = 0;                                          \
	manager_start(answer_);                                                                    \
	REST_KIT(.kms_socket = m.path, .kms_deadline_us = DEADLINE_MS * 1000)

static int order(const char *body)
{
	return rest_kit_write("POST", "/kms", body);
}

TEST(an_order_goes_through_unchanged_and_so_does_its_answer)
{
	MANAGER("{\"seal_for\":\"04AB\",\"code\":\"SUCCESS\",\"zh\":\"成功\"}");
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("status", order("{\"command\":\"hello\", \"x\" : [1]}"), 200);
	CHECK(rest_kit_says(
	        "\r\n\r\n{\"seal_for\":\"04AB\",\"code\":\"SUCCESS\",\"zh\":\"成功\"}"));
	CHECK_STR("asked", m.asked, "{\"command\":\"hello\", \"x\" : [1]}");
	for (int i = 0; i < 5; i++)
		CHECK_I64("again", order(ORDER), 200);
	CHECK_I64("one line is enough", m.relays, 1);
	CHECK_I64("each order once", m.orders, 6);
	CHECK_I64("relay came first", m.out_of_order, 0);
}

TEST(the_status_is_that_of_the_code)
{
	static const struct {
		const char *answer, *says;
		int status;
	} rows[] = {
		{ "{\"code\":\"APPROVAL_NEEDED\",\"approval\":7}", "\"approval\":7", 403 },
		{ "{\"code\":\"OFFICER_LOGIN\"}", "OFFICER_LOGIN", 401 },
		{ "{\"code\":\"CEREMONY_NOT_ALONE\",\"detail\":\"so2\"}", "so2", 409 },
		{ "{\"code\":\"REKEY_ROW\"}", "REKEY_ROW", 500 },
		{ "{\"code\":\"no such code\"}", "REST_KMS_SILENT", 504 },
		{ "{}", "REST_KMS_SILENT", 504 },
		{ "nonsense", "REST_KMS_SILENT", 504 },
	}, *row;

	MANAGER(DONE);
	REQUIRE(rest_kit_settle("keys"));
	EACH (row, rows) {
		m.answer = row->answer;
		CHECK_I64(row->answer, order(ORDER), row->status);
		CHECK(rest_kit_says(row->says));
	}
}

TEST(nobody_gives_orders_without_session_token_and_right)
{
	MANAGER(DONE);
	CHECK_I64("nobody", rest_kit_ask("POST", "/kms", "", ORDER), 401);
	CHECK_I64("nobody looks", rest_kit_get("/kms/status"), 401);
	REQUIRE(rest_kit_settle("clerk"));
	CHECK_I64("no right", order(ORDER), 403);
	CHECK(rest_kit_says("ACCESS_DENIED"));
	CHECK_I64("but may look", rest_kit_get("/kms/status"), 200);
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("no token", rest_kit_ask("POST", "/kms", "", ORDER), 403);
	CHECK(rest_kit_says("ACCESS_CSRF"));
	CHECK_I64("one order: the status", m.orders, 1);
	REQUIRE(rest_kit_settle("chief"));
	CHECK_I64("the administrator may", order(ORDER), 200);
}

TEST(what_is_no_line_of_json_is_refused_here)
{
	MANAGER(DONE);
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("two lines", order(ORDER "\n" ORDER), 400);
	CHECK(rest_kit_says("JSON_SYNTAX"));
	CHECK_I64("a line feed inside", order("{\"command\":\n\"hello\"}"), 400);
	CHECK_I64("nothing", order(""), 415);
	CHECK_I64("no order came", m.orders, 0);
	CHECK_I64("the line still stands", order(ORDER), 200);
}

TEST(a_key_manager_that_is_not_there_or_went_away_is_named)
{
	MANAGER(DONE);
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("there", order(ORDER), 200);
	lines_stop(m.lines);
	m.lines = NULL;
	CHECK_I64("gone", order(ORDER), 503);
	CHECK(rest_kit_says("REST_KMS_ABSENT"));
	CHECK(rest_kit_says("密钥管理服务没有运行"));
	CHECK_I64("gone", rest_kit_get("/kms/status"), 503);
}

TEST(a_new_key_manager_at_the_same_place_is_found)
{
	MANAGER(DONE);
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("the first", order(ORDER), 200);
	lines_stop(m.lines);
	manager_listen();
	CHECK_I64("the second", order(ORDER), 200);
	CHECK_I64("told anew that it is a relay", m.relays, 2);
	CHECK_I64("relay came first", m.out_of_order, 0);
}

TEST(one_that_does_not_answer_in_time_is_let_alone_for_a_while)
{
	MANAGER(DONE);
	REQUIRE(rest_kit_settle("keys"));
	m.sleep_ms = 2 * DEADLINE_MS;
	CHECK_I64("silent", order(ORDER), 504);
	CHECK(rest_kit_says("REST_KMS_SILENT"));
	m.sleep_ms = 0;
	CHECK_I64("not asked again at once", order(ORDER), 503);
	CHECK(rest_kit_says("REST_KMS_ABSENT"));
	CHECK_I64("one order", m.orders, 1);
}

TEST(the_status_is_asked_for_once_in_a_while)
{
	MANAGER("{\"test\":true,\"code\":\"SUCCESS\"}");
	REQUIRE(rest_kit_settle("clerk"));
	for (int i = 0; i < 5; i++) {
		CHECK_I64("status", rest_kit_get("/kms/status"), 200);
		CHECK(rest_kit_says("{\"test\":true,\"code\":\"SUCCESS\"}"));
	}
	CHECK_I64("once", m.orders, 1);
	CHECK_STR("asked", m.asked, "{\"command\":\"status\"}");
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("an order", order(ORDER), 200);
	CHECK_I64("status", rest_kit_get("/kms/status"), 200);
	CHECK_I64("asked anew after an order", m.orders, 3);
}

TEST(a_site_without_a_key_manager_says_so)
{
	REST_KIT(0);
	REQUIRE(rest_kit_settle("keys"));
	CHECK_I64("order", order(ORDER), 503);
	CHECK_I64("status", rest_kit_get("/kms/status"), 503);
	CHECK(rest_kit_says("REST_KMS_ABSENT"));
}
