/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that arrive together are received as if each had come alone: what the one before changed
 * holds for the next. Each test writes several frames at once. */
#include "harness/test.h"

#include <unistd.h>

#include "service/terminal/front_fixture.h"

enum { PILE_MAX = 64 * 1024 };

/* Frames with LEN, for one write. */
struct pile {
	uint8_t bytes[PILE_MAX];
	size_t len, last; /* where the last one begins */
};

static void pile_up(struct pile *p, struct node *n)
{
	size_t len = node_pack(n);

	REQUIRE(p->len + len + 2 <= PILE_MAX);
	p->last = p->len;
	store_be16(p->bytes + p->len, (uint16_t)len);
	memcpy(p->bytes + p->len + 2, n->frame, len);
	p->len += len + 2;
}

static void pile_time(struct pile *p, struct node *n)
{
	node_begin(n, YTAP_TIME, bytes_of("", 0));
	pile_up(p, n);
}

static void pile_sale(struct pile *p, struct node *n, uint64_t tsn)
{
	node_begin_sale(
	        n, &(struct sale){
	                   .word = YTAP_PURCHASE, .tsn = tsn, .card = "180001", .amount = 10 });
	pile_up(p, n);
}

/* The last frame once more, as it is. */
static void pile_again(struct pile *p)
{
	size_t len = p->len - p->last;

	memcpy(p->bytes + p->len, p->bytes + p->last, len);
	p->last = p->len;
	p->len += len;
}

static void pile_spoil(struct pile *p)
{
	p->bytes[p->len - 1] ^= 1; /* of the tag */
}

static void pile_send(struct pile *p, struct node *n)
{
	CHECK_I64("written", write(frame_client_fd(n->line), p->bytes, p->len), p->len);
	p->len = p->last = 0;
}

/* The next reply on the line is n's. */
static const char *receive_on(struct node *line, struct node *n)
{
	struct frame_client *own = n->line;
	const char *code;

	n->line = line->line;
	code = node_receive(n, NODE_WAIT_US);
	n->line = own;
	return code;
}

/* Rows of the journal, once there are as many, or after a second. */
static uint64_t rows_at_last(struct front_fixture *f, uint64_t want)
{
	uint64_t rows = payments_fixture_rows(&f->site);

	for (int i = 0; i < 200 && rows < want; i++) {
		usleep(5000);
		rows = payments_fixture_rows(&f->site);
	}
	return rows;
}

static const struct kind {
	const char *name;
	int number;
	enum suite suite;
} kinds[] = { { "AES", 1, SUITE_AES }, { "SM4", 4, SUITE_SM4 } };

TEST(of_two_frames_with_one_counter_in_one_write_the_second_is_a_replay)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	const struct kind *k;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	EACH (k, kinds) {
		SCOPED(node_free) struct node *n = node_make(&f, k->number, k->suite);
		struct terminal_front_figures before, after;

		CHECK_STR(k->name, node_connect_and_sign_in(n), "00");
		CHECK_STR(k->name, node_sell(n, 1, "180001", 10), "00");
		terminal_front_figures(f.front, &before);
		uint64_t rows = payments_fixture_rows(&f.site);
		pile_sale(&p, n, 2);
		pile_again(&p);
		pile_sale(&p, n, 3);
		pile_again(&p);
		pile_again(&p);
		pile_send(&p, n);
		CHECK_STR(k->name, node_receive(n, NODE_WAIT_US), "00");
		CHECK_STR(k->name, node_receive(n, NODE_WAIT_US), "00");
		CHECK_STR("no more", node_receive(n, NODE_SHORT_WAIT_US), "");
		CHECK_I64("two sales", payments_fixture_rows(&f.site), rows + 2);
		terminal_front_figures(f.front, &after);
		CHECK_I64("replays", after.refused_replay - before.refused_replay, 3);
		CHECK_STR("the line lives", node_sell(n, 4, "180001", 10), "00");
	}
}

TEST(a_wrong_tag_in_the_middle_of_a_write_ends_the_line_there)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	const struct kind *k;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	EACH (k, kinds) {
		SCOPED(node_free) struct node *n = node_make(&f, k->number, k->suite);

		CHECK_STR(k->name, node_connect_and_sign_in(n), "00");
		CHECK_STR(k->name, node_sell(n, 1, "180001", 10), "00");
		uint64_t rows = payments_fixture_rows(&f.site);
		pile_sale(&p, n, 2);
		pile_time(&p, n);
		pile_spoil(&p);
		pile_sale(&p, n, 3);
		pile_time(&p, n);
		pile_send(&p, n);
		CHECK_STR("closed", node_receive(n, NODE_WAIT_US), "");
		CHECK_I64("only the first", rows_at_last(&f, rows + 1), rows + 1);
		REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
		CHECK_STR("the second is new", node_sell(n, 3, "180001", 10), "00");
		CHECK_I64("a row of its own", payments_fixture_rows(&f.site), rows + 2);
	}
}

TEST(a_session_taken_up_in_a_write_ends_the_old_one_within_it)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	const struct kind *k;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	EACH (k, kinds) {
		SCOPED(node_free)
		struct node *old = node_make(&f, k->number, k->suite),
		            *new = node_make(&f, k->number, k->suite);

		CHECK_STR(k->name, node_connect_and_sign_in(old), "00");
		CHECK_STR(k->name, node_sell(old, 1, "180001", 10), "00");
		CHECK_STR(k->name, node_connect_and_sign_in(new), "00");
		pile_time(&p, old);
		pile_time(&p, old);
		pile_time(&p, new);
		pile_time(&p, old);
		pile_time(&p, new);
		pile_send(&p, new);
		CHECK_STR("still under the old keys", receive_on(new, old), "00");
		CHECK(old->reply_maced && old->reply_sealed);
		CHECK_STR("and again", receive_on(new, old), "00");
		CHECK_STR("the new ones", node_receive(new, NODE_WAIT_US), "00");
		CHECK(new->reply_maced);
		CHECK_STR("now the old ones are over", receive_on(new, old), "77");
		CHECK(!old->reply_sealed);
		CHECK_STR("but not the new", node_receive(new, NODE_WAIT_US), "00");
	}
}

TEST(a_sign_off_in_a_write_is_the_last_word_of_its_session)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	const struct kind *k;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	EACH (k, kinds) {
		SCOPED(node_free) struct node *n = node_make(&f, k->number, k->suite);

		CHECK_STR(k->name, node_connect_and_sign_in(n), "00");
		pile_time(&p, n);
		node_begin(n, YTAP_SIGN_OFF, bytes_of("", 0));
		pile_up(&p, n);
		pile_sale(&p, n, 1);
		uint64_t rows = payments_fixture_rows(&f.site);
		pile_send(&p, n);
		CHECK_STR("time", node_receive(n, NODE_WAIT_US), "00");
		CHECK_STR("sign-off", node_receive(n, NODE_WAIT_US), "00");
		CHECK(n->reply_maced && n->reply_sealed);
		CHECK_STR("over", node_receive(n, NODE_WAIT_US), "77");
		CHECK_I64("nothing sold", payments_fixture_rows(&f.site), rows);
	}
}

TEST(a_suspended_terminal_is_refused_once_in_a_write)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	SCOPED(node_free) struct node *n = NULL;
	const char *code = "00";
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	n = node_make(&f, 1, SUITE_SM4);
	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_OK(payments_fixture_state(&f.site, FIXTURE_TILL, TERMINAL_SUSPENDED));
	terminal_front_changed(f.front, FIXTURE_TILL);
	/* Until the front has read the row again; then one refusal, and the end of the line. */
	for (int i = 0; i < 50 && strcmp(code, "00") == 0; i++) {
		for (int j = 0; j < 5; j++)
			pile_time(&p, n);
		pile_send(&p, n);
		for (int j = 0; j < 5 && strcmp(code, "00") == 0; j++)
			code = node_receive(n, NODE_WAIT_US);
	}
	CHECK_STR("out", code, "58");
	CHECK(n->reply_maced && n->reply_sealed);
	CHECK_STR("and off the line", node_receive(n, NODE_WAIT_US), "");
}

/* More frames than are worked on together, on a line that is new: each answered, in order. */
TEST(a_hundred_frames_in_one_write_are_answered_in_order)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	const struct kind *k;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	EACH (k, kinds) {
		SCOPED(node_free) struct node *n = node_make(&f, k->number, k->suite);

		CHECK_STR(k->name, node_connect_and_sign_in(n), "00");
		for (int round = 0; round < 2; round++) {
			uint32_t first = n->stan + 1;

			REQUIRE_OK(round ? front_fixture_restart(&f) : OK); /* without keys */
			REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
			for (int i = 0; i < 100; i++)
				pile_time(&p, n);
			pile_send(&p, n);
			for (uint32_t i = 0; i < 100; i++) {
				/* node_receive takes growing counters only */
				const char *code = node_receive(n, NODE_WAIT_US);

				CHECK_STR(k->name, code, "00");
				CHECK_I64("in order", iso8583_bcd(&n->in, F_STAN) & 0xFF,
				          ((first + i) / 10 % 10) << 4 | (first + i) % 10);
				CHECK(n->reply_maced);
			}
		}
	}
}

/* A gateway's line: sessions of both suites in turn, one of them wrong about its F64. */
TEST(sessions_of_both_suites_share_a_write)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	SCOPED(node_free) struct node *a = NULL, *b = NULL, *c = NULL;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	a = node_make(&f, 2, SUITE_AES);
	b = node_make(&f, 4, SUITE_SM4);
	c = node_make(&f, 1, SUITE_SM4);
	CHECK_STR("a", node_connect_and_sign_in(a), "00");
	CHECK_STR("b", node_connect_and_sign_in(b), "00");
	CHECK_STR("c", node_connect_and_sign_in(c), "00");
	CHECK_STR("a", node_sell(a, 1, "180001", 10), "00");
	CHECK_STR("b", node_sell(b, 1, "180001", 10), "00");
	mac_key_deinit(&c->mac);
	CHECK_OK(mac_key_init_suite(&c->mac, SUITE_SM4, c->session_keys.tdk));
	uint64_t rows = payments_fixture_rows(&f.site);
	pile_sale(&p, a, 2);
	pile_sale(&p, b, 2);
	pile_sale(&p, c, 1);
	pile_sale(&p, b, 3);
	pile_sale(&p, a, 3);
	pile_send(&p, a);
	CHECK_STR("c: at once, and as a hint", receive_on(a, c), "A0");
	CHECK_STR("a", receive_on(a, a), "00");
	CHECK_STR("b", receive_on(a, b), "00");
	CHECK_STR("b again", receive_on(a, b), "00");
	CHECK(b->reply_maced && b->reply_sealed);
	CHECK_STR("a again", receive_on(a, a), "00");
	CHECK_I64("four sales", payments_fixture_rows(&f.site), rows + 4);
	CHECK_STR("c moved nowhere", node_send(c), "A0");
}

TEST(what_was_asked_before_the_line_was_closed_is_done)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	const struct kind *k;
	static struct pile p;

	REQUIRE_OK(front_fixture_make(&f));
	EACH (k, kinds) {
		SCOPED(node_free) struct node *n = node_make(&f, k->number, k->suite);

		CHECK_STR(k->name, node_connect_and_sign_in(n), "00");
		CHECK_STR(k->name, node_sell(n, 1, "180001", 10), "00");
		uint64_t rows = payments_fixture_rows(&f.site);
		pile_sale(&p, n, 2);
		pile_sale(&p, n, 3);
		pile_send(&p, n);
		node_disconnect(n);
		CHECK_I64("both", rows_at_last(&f, rows + 2), rows + 2);
		REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
		CHECK_STR("asked again: as it was", node_sell(n, 3, "180001", 10), "00");
		CHECK_I64("no third", payments_fixture_rows(&f.site), rows + 2);
	}
}
