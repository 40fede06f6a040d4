/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come in (requirements A1.3, A1.4): one card, one machine; from its own address, with a
 * clock that is right, from one place at a time. */
#include "domain/keys/day_root.h"
#include "domain/terminals/subsystem.h"
#include "service/terminal/front.h"
#include "service/terminal/front_fixture.h"

/* --- what the store says --- */

struct question {
	uint32_t terminal;
	int64_t alarms;
	struct terminal row;
};

static result look(struct ledger_tx *tx, void *arg)
{
	struct question *q = arg;

	TRY(terminal_alarm_count(tx->db, q->terminal, &q->alarms));
	return terminal_load(tx->db, q->terminal, &q->row);
}

static struct question ask(struct front_fixture *f, uint32_t terminal)
{
	struct question q = { .terminal = terminal };

	CHECK_OK(ledger_call(f->site.writer, true, look, &q));
	return q;
}

/* Alarms are written behind the refusal. */
static int64_t alarms_of(struct front_fixture *f, uint32_t terminal, int64_t want)
{
	int64_t until = monotonic_us() + 2000000;

	while (ask(f, terminal).alarms != want && monotonic_us() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	return ask(f, terminal).alarms;
}

/* The next alarm is not held back for being the second in a minute. */
static void forget_alarm(struct front_fixture *f, const struct node *n)
{
	struct str id = { (const char *)n->proof.ids.node, YTAP_NODE_SIZE };
	struct live_node *node = live_node_find(&f->front->live, id);

	if (node)
		node->alarmed_us = 0;
}

static const char *connect_and_register(struct node *n)
{
	const char *code;

	if (!is_ok(node_connect(n, TERMINAL_PORT_B)))
		return "no line";
	code = node_hello(n);
	return strcmp(code, "00") == 0 ? node_register(n) : code;
}

/* --- cards --- */

TEST(a_card_lets_one_machine_register_and_is_burnt)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 5, SUITE_AES);

	CHECK_STR("without a card", connect_and_register(n), "97");
	CHECK_I64("as before", ask(&f, FIXTURE_NEW).row.state, TERMINAL_AUTHORISED);
	REQUIRE(node_authorise(n));
	n->card[0] ^= 1;
	CHECK_STR("a card that nobody made", connect_and_register(n), "97");
	CHECK_I64("as before", ask(&f, FIXTURE_NEW).row.state, TERMINAL_AUTHORISED);
	CHECK_I64("alarm", alarms_of(&f, FIXTURE_NEW, 1), 1);
	n->card[0] ^= 1;
	CHECK_STR("its own", connect_and_register(n), "00");
	CHECK(n->reply_maced);
	CHECK_I64("active", ask(&f, FIXTURE_NEW).row.state, TERMINAL_ACTIVE);
	CHECK_STR("which machine", ask(&f, FIXTURE_NEW).row.hardware, "PC-1");
	CHECK_I64("burnt at the key centre",
	          kms_kit_audited(&f.kms, "AUTHCARD.USE", "OK", "serial="), 1);
	CHECK_STR("the answer was lost, once more", connect_and_register(n), "00");
	CHECK_I64("burnt once", kms_kit_audited(&f.kms, "AUTHCARD.USE", "OK", "serial="), 1);
	forget_alarm(&f, n);
	n->machine = "PC-2";
	CHECK_STR("on another machine", connect_and_register(n), "97");
	CHECK_I64("alarm", alarms_of(&f, FIXTURE_NEW, 2), 2);
	CHECK_STR("still the first", ask(&f, FIXTURE_NEW).row.hardware, "PC-1");
	CHECK_STR("which works", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
}

TEST(a_card_is_refused_when_its_day_is_over)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 5, SUITE_AES);

	REQUIRE(node_authorise(n));
	payments_fixture_advance(&f.site, 25 * 3600);
	CHECK_STR("expired", connect_and_register(n), "97");
	CHECK_I64("as before", ask(&f, FIXTURE_NEW).row.state, TERMINAL_AUTHORISED);
	CHECK_I64("not burnt", kms_kit_audited(&f.kms, "AUTHCARD.USE", "OK", ""), 0);
}

/* --- sign-in --- */

TEST(a_sign_in_with_a_wrong_clock_is_refused)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	n->off_s = FRONT_CLOCK_WINDOW_S + 5;
	CHECK_STR("fast", node_connect_and_sign_in(n), "05");
	n->off_s = -FRONT_CLOCK_WINDOW_S - 5;
	CHECK_STR("slow", node_connect_and_sign_in(n), "05");
	CHECK_STR("no session", node_sell(n, 1, "180001", 100), "77");
	n->off_s = FRONT_CLOCK_WINDOW_S - 5;
	CHECK_STR("near enough", node_connect_and_sign_in(n), "00");
	n->off_s = 0;
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
}

TEST(a_second_place_is_refused_and_raises_an_alarm_while_the_first_is_alive)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	SCOPED(node_free) struct node *copy = node_make(&f, 1, SUITE_AES);

	copy->from = "127.0.0.2:0";
	CHECK_STR("first", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
	CHECK_STR("the copy", node_connect_and_sign_in(copy), "97");
	CHECK_I64("alarm", alarms_of(&f, FIXTURE_TILL, 1), 1);
	CHECK_STR("the copy cannot sell", node_sell(copy, 2, "180001", 100), "A7");
	CHECK_STR("the first goes on", node_sell(n, 2, "180001", 100), "00");
	CHECK_STR("the copy again", node_connect_and_sign_in(copy), "97");
	CHECK_I64("one alarm a minute", alarms_of(&f, FIXTURE_TILL, 1), 1);
	CHECK_I64("purse", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING - 200);
}

TEST(a_line_that_broke_locks_nobody_out)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	SCOPED(node_free) struct node *moved = node_make(&f, 1, SUITE_AES);
	struct live_node *node;

	moved->from = "127.0.0.2:0";
	CHECK_STR("first", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
	node = live_node_find(&f.front->live, STR("01010001"));
	REQUIRE(node);
	/* Its cable was pulled: no word came since, and none says that the line is gone. */
	node->heard_us -= FRONT_ALIVE_US + 1;
	CHECK_STR("from another place", node_connect_and_sign_in(moved), "00");
	CHECK_STR("sale", node_sell(moved, 2, "180001", 100), "00");
	CHECK_I64("no alarm", ask(&f, FIXTURE_TILL).alarms, 0);
	/* A machine that starts anew comes from its own address, and need not wait. */
	SCOPED(node_free) struct node *again = node_make(&f, 1, SUITE_AES);
	again->from = "127.0.0.2:0";
	CHECK_STR("the same machine", node_connect_and_sign_in(again), "00");
	CHECK_STR("sale", node_sell(again, 3, "180001", 100), "00");
	/* And a line that ended is no place at all. */
	node_disconnect(again);
	SCOPED(node_free) struct node *third = node_make(&f, 1, SUITE_AES);
	third->from = "127.0.0.3:0";
	int64_t until = monotonic_us() + 2000000;
	while (node->line && monotonic_us() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	CHECK_STR("after it has closed its line", node_connect_and_sign_in(third), "00");
}

/* --- a day root that was replaced inside the day --- */

static result change_root(struct key_act *act, void *arg)
{
	struct day_root *now = arg;

	return day_root_change(act, KMS_SITE, now);
}

/* The front hears of it, and looks at its sessions. */
static const struct live_session *await_change(const struct node *n)
{
	const struct live_session *s = live_find(&n->f->front->live, n->session);
	int64_t until = monotonic_us() + NODE_WAIT_US;

	while (s && s->renew_at.us > payments_fixture_now.us && monotonic_us() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	return s;
}

TEST(after_an_emergency_change_nodes_are_told_to_sign_in_again)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	const struct live_session *s;
	struct day_root now;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
	CHECK_I64("nothing to do", n->directive, FRAME_NO_DIRECTIVE);
	REQUIRE_OK(kms_kit_act(&f.kms, change_root, &now));
	CHECK_I64("sequence", now.seq, 2);
	s = await_change(n);
	REQUIRE(s);
	CHECK_I64("its keys end soon", s->valid_until.us - payments_fixture_now.us,
	          FRONT_EMERGENCY_S * (int64_t)SECOND_US);
	CHECK_STR("again", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 2, "180001", 100), "00");
	s = live_find(&f.front->live, n->session);
	REQUIRE(s);
	CHECK_I64("under the new root", s->key_seq, 2);
	CHECK_I64("nothing to do", n->directive, FRAME_NO_DIRECTIVE);
}

/* --- subsystems --- */

struct subsystem_change {
	struct front_fixture *f;
	const char *range;
	enum subsystem_state state;
	uint32_t allow;
};

static result work_subsystem(struct ledger_tx *tx, void *arg)
{
	struct subsystem_change *c = arg;
	struct actor by = actor_system("test");
	struct subsystem s = { .code = "01",
		               .processor = "01",
		               .name = "食堂",
		               .owner = "后勤处",
		               .allow = c->allow };

	str_copy(str_of(c->range), s.address_range, sizeof s.address_range);
	if (subsystem_load(tx->db, STR("01"), &s).code == SUBSYSTEM_NOT_FOUND)
		TRY(subsystem_add(tx->db, tx->now, &by, &s));
	TRY(subsystem_set_state(tx->db, tx->now, &by, STR("01"), c->state));
	for (uint32_t id = FIXTURE_TILL; id <= FIXTURE_NEW; id++)
		TRY(terminal_cache_refresh(&c->f->site.terminals, tx->db, id));
	return OK;
}

static void change_subsystem(struct front_fixture *f, const char *range, enum subsystem_state state,
                             uint32_t allow)
{
	struct subsystem_change c = { f, range, state, allow };
	struct question q;

	CHECK_OK(ledger_call(f->site.writer, true, work_subsystem, &c));
	terminal_front_changed(f->front, FIXTURE_TILL);
	q = ask(f, FIXTURE_TILL); /* behind the front's own reading */
	CHECK(q.row.has_subsystem);
	nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

TEST(a_blocked_subsystem_is_out_at_once_and_comes_back)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
	change_subsystem(&f, "", SUBSYSTEM_BLOCKED, 0);
	CHECK_STR("blocked", node_sell(n, 2, "180001", 100), "97");
	CHECK_STR("no sign-in", node_connect_and_sign_in(n), "97");
	CHECK_I64("one sale", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING - 100);
	change_subsystem(&f, "", SUBSYSTEM_ACTIVE, 0);
	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 2, "180001", 100), "00");
}

TEST(a_wrong_address_is_refused_and_so_is_what_the_subsystem_may_not)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	SCOPED(node_free) struct node *away = node_make(&f, 1, SUITE_AES);

	away->from = "127.0.0.2:0";
	CHECK_STR("known to the front", node_connect_and_sign_in(n), "00");
	change_subsystem(&f, "127.0.0.1", SUBSYSTEM_ACTIVE, TERMINAL_ALLOW_BALANCE);
	CHECK_STR("wrong address", node_connect_and_sign_in(away), "97");
	CHECK_I64("alarm", alarms_of(&f, FIXTURE_TILL, 1), 1);
	CHECK_STR("its own", node_connect_and_sign_in(n), "00");
	CHECK_STR("no sales", node_sell(n, 1, "180001", 100), "58");
	CHECK_I64("nothing sold", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING);
}
