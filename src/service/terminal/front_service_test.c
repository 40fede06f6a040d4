/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a node about itself: what it raises an alarm about, that it leaves. */
#include "service/terminal/front_fixture.h"

struct question {
	uint32_t terminal;
	int64_t alarms, audit_lines;
	enum terminal_state state;
};

static result work_question(struct ledger_tx *tx, void *arg)
{
	struct question *q = arg;
	struct terminal row;
	int64_t bad;

	TRY(terminal_alarm_count(tx->db, q->terminal, &q->alarms));
	TRY(terminal_load(tx->db, q->terminal, &row));
	q->state = row.state;
	return audit_verify(tx->db, &q->audit_lines, &bad);
}

static struct question stored(struct front_fixture *f)
{
	struct question q = { .terminal = FIXTURE_TILL };

	CHECK_OK(ledger_call(f->site.writer, true, work_question, &q));
	return q;
}

TEST(an_alarm_is_stored_once_before_it_is_answered)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	static const uint8_t alarm[] = { 0xDF, 0x78, 0x07, 0, 5, 2, 'P', 'a', 'p', '\n' };
	static const uint8_t broken[] = { 0xDF, 0x78, 0x02, 0, 5 };
	struct terminal_front_figures figures;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	node_begin(n, YTAP_ALARM, bytes_of(alarm, sizeof alarm));
	CHECK_STR("alarm", node_send(n), "00");
	CHECK_I64("stored", stored(&f).alarms, 1);
	n->stan--;
	node_begin(n, YTAP_ALARM, bytes_of(alarm, sizeof alarm));
	CHECK_STR("the same message again", node_send(n), "00");
	CHECK_I64("once", stored(&f).alarms, 1);
	node_begin(n, YTAP_ALARM, bytes_of(alarm, sizeof alarm));
	CHECK_STR("another", node_send(n), "00");
	node_begin(n, YTAP_ALARM, bytes_of(broken, sizeof broken));
	CHECK_STR("without severity", node_send(n), "30");
	CHECK_I64("two in all", stored(&f).alarms, 2);
	terminal_front_figures(f.front, &figures);
	CHECK_I64("figure", (int64_t)figures.alarms, 2);
	REQUIRE_OK(front_fixture_restart(&f));
	CHECK_I64("after a restart", stored(&f).alarms, 2);
}

TEST(a_node_that_deregisters_is_suspended_and_let_go)
{
	static const uint8_t session[] = { 0xDF, 0x20, 0x04, 0, 0, 0, 1 };
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	struct terminal_front_figures figures;
	size_t len;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sells", node_sell(n, 1, "180001", 100), "00");
	int64_t before = stored(&f).audit_lines;
	terminal_front_figures(f.front, &figures);
	CHECK_I64("sessions", figures.sessions, 1);
	n->plain = true;
	node_begin(n, YTAP_DEREGISTER, bytes_of(session, sizeof session));
	len = node_pack(n);
	n->frame[len - 1] ^= 1;
	CHECK_STR("unproven", node_send_frame(n, bytes_of(n->frame, len)), "A7");
	CHECK_I64("still active", stored(&f).state, TERMINAL_ACTIVE);
	n->plain = false;
	node_begin(n, YTAP_DEREGISTER, bytes_of(session, sizeof session));
	CHECK_STR("answered", node_send(n), "00");
	CHECK(n->reply_maced && n->reply_sealed);
	CHECK_OK(iso8583_check(iso8583_message_of(YTAP_DEREGISTER), &n->in));
	CHECK_I64("suspended", stored(&f).state, TERMINAL_SUSPENDED);
	CHECK_I64("audited", stored(&f).audit_lines, before + 1);
	CHECK_STR("closed", node_sell(n, 2, "180001", 100), "");
	terminal_front_figures(f.front, &figures);
	CHECK_I64("sessions", figures.sessions, 0);
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("not let in", node_hello(n), "58");
	CHECK_I64("one sale", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING - 100);
}
