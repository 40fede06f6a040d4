/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "service/terminal/live.h"

enum { NODES = 4 };

static struct live_node *add_node(struct live *l, const char *id, uint32_t number)
{
	struct terminal row = { .id = number, .state = TERMINAL_ACTIVE };

	str_copy(str_of(id), row.node_id, sizeof row.node_id);
	return live_node_put(l, &row, STR("M1"));
}

static struct live_session *add_session(struct live *l, struct live_node *n, uint32_t id,
                                        enum terminal_session_state state)
{
	struct terminal_session stored = { .id = id,
		                           .state = state,
		                           .suite = SUITE_AES,
		                           .send_reserved = TERMINAL_COUNTER_STEP,
		                           .valid_until = { 1000 } };

	return live_open(l, n, &stored);
}

static void drop(struct live *l)
{
	live_deinit(l);
}

TEST(live_tables_have_an_end_and_names_find_their_node)
{
	SCOPED(drop) struct live l;
	char id[16] = "01010000";

	REQUIRE_OK(live_init(&l, NODES));
	for (int i = 0; i < NODES; i++) {
		id[7] = (char)('0' + i);
		CHECK(add_node(&l, id, 1000 + (uint32_t)i));
	}
	CHECK(!add_node(&l, "01010009", 1009));
	CHECK(add_node(&l, "01010001", 1001)); /* the same one again */
	CHECK_I64("found", live_node_find(&l, STR("01010003"))->row.id, 1003);
	CHECK(!live_node_find(&l, STR("01010009")));
	CHECK(!live_node_find(&l, STR("0101")));
}

TEST(live_counters_only_grow_and_stop_at_what_is_reserved)
{
	SCOPED(drop) struct live l;
	uint64_t counter;

	REQUIRE_OK(live_init(&l, NODES));
	struct live_session *s =
	        add_session(&l, add_node(&l, "01010001", 1000), 7, TERMINAL_SESSION_PENDING);
	CHECK(!live_accept(s, 0)); /* a sender's first is one */
	CHECK(live_accept(s, 1) && live_accept(s, 9));
	CHECK(!live_accept(s, 9) && !live_accept(s, 8));
	CHECK(live_take_counter(s, &counter));
	CHECK_I64("first sent", counter, 1);
	s->sent = TERMINAL_COUNTER_STEP - LIVE_RESERVE_AHEAD - 1;
	CHECK(!live_wants_step(s));
	s->sent++;
	CHECK(live_wants_step(s));
	CHECK(!live_wants_step(s)); /* asked for already */
	s->sent = TERMINAL_COUNTER_STEP;
	CHECK(!live_take_counter(s, &counter));
	live_reserved(s, 2 * TERMINAL_COUNTER_STEP);
	CHECK(live_take_counter(s, &counter));
	CHECK_I64("goes on", counter, TERMINAL_COUNTER_STEP);
	live_reserved(s, 5); /* an older answer never lowers it */
	CHECK_I64("bound", s->reserved, 2 * TERMINAL_COUNTER_STEP);
}

TEST(live_sessions_are_pending_until_used_and_one_at_a_time)
{
	SCOPED(drop) struct live l;

	REQUIRE_OK(live_init(&l, NODES));
	struct live_node *n = add_node(&l, "01010001", 1000);
	struct live_session *old = add_session(&l, n, 7, TERMINAL_SESSION_ACTIVE);
	struct live_session *lost = add_session(&l, n, 8, TERMINAL_SESSION_PENDING);
	CHECK(n->active == old && n->pending == lost);
	struct live_session *new = add_session(&l, n, 9, TERMINAL_SESSION_PENDING);
	CHECK(n->pending == new && !live_find(&l, 8));
	CHECK_I64("ended", live_activate(&l, new), 7);
	CHECK(n->active == new && !n->pending && !live_find(&l, 7) && live_find(&l, 9) == new);
	live_close_node(&l, n);
	CHECK(!n->active && !live_find(&l, 9));
	for (uint32_t id = 10; id < 100; id++)
		CHECK(add_session(&l, n, id, TERMINAL_SESSION_PENDING)); /* places come back */
}

TEST(live_sessions_end_by_time_and_by_messages)
{
	SCOPED(drop) struct live l;

	REQUIRE_OK(live_init(&l, NODES));
	struct live_node *n = add_node(&l, "01010001", 1000);
	struct live_session *s = add_session(&l, n, 7, TERMINAL_SESSION_ACTIVE);
	s->renew_at.us = 500;
	CHECK(live_is_usable(s, (struct instant){ 1000 }));
	CHECK(!live_is_usable(s, (struct instant){ 1001 }));
	CHECK(!live_is_late(s, (struct instant){ 499 }));
	CHECK(live_is_late(s, (struct instant){ 500 }));
	s->messages = LIVE_MESSAGES_WARN;
	CHECK(live_is_late(s, (struct instant){ 0 }));
	s->messages = LIVE_MESSAGES_MAX;
	CHECK(!live_is_usable(s, (struct instant){ 0 }));
}

TEST(live_sessions_from_before_a_lock_do_not_come_back)
{
	SCOPED(drop) struct live l;
	struct terminal row;

	REQUIRE_OK(live_init(&l, NODES));
	struct live_node *n = add_node(&l, "01010001", 1000);
	add_session(&l, n, 7, TERMINAL_SESSION_ACTIVE);
	row = n->row;
	row.state = TERMINAL_SUSPENDED;
	live_node_put(&l, &row, STR("M1"));
	CHECK(n->active); /* so that the node is told under its own key */
	row.state = TERMINAL_ACTIVE;
	live_node_put(&l, &row, STR("M1"));
	CHECK(!n->active);
}
