/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal from before YTAP: suite 04, frames of class 60, no F57. */
#include <stdio.h>

#include "crypto/cipher.h"
#include "domain/payments/payment_compat.h"
#include "service/terminal/front_fixture.h"

enum { WRAPPED = 20, NODE_OLD = 7, NODE_ELSEWHERE = 8 };

/* One of the keys in F62, as the terminal opens it under its master key. */
static void open_key(struct node *n, struct bytes f62, size_t at, uint8_t key[SUITE_KEY_SIZE])
{
	SCOPED(cipher_key_deinit) struct cipher_key master = { 0 };
	SCOPED(cipher_key_deinit) struct cipher_key working = { 0 };
	uint8_t zeros[8] = { 0 };

	CHECK_OK(cipher_key_init(&master, CIPHER_3DES, bytes_of(n->keys.kwrap, SUITE_KEY_SIZE)));
	cipher_decrypt(&master, f62.at + at * WRAPPED, SUITE_KEY_SIZE, key);
	CHECK_OK(cipher_key_init(&working, CIPHER_3DES, bytes_of(key, SUITE_KEY_SIZE)));
	cipher_encrypt(&working, zeros, sizeof zeros, zeros);
	CHECK_BYTES("check value", bytes_of(f62.at + at * WRAPPED + SUITE_KEY_SIZE, 4),
	            bytes_of(zeros, 4));
}

static const char *send_old(struct node *n)
{
	size_t len = node_pack(n);

	n->frame[FRAME_TPDU_SIZE] = 0x60;
	return node_send_frame(n, bytes_of(n->frame, len));
}

static const char *sign_in_old(struct node *n, enum ytap_message word)
{
	const char *code;

	mac_key_deinit(&n->mac);
	n->mac = (struct mac_key){ 0 };
	n->session = 0;
	n->plain = true;
	node_begin(n, word, bytes_of("", 0));
	code = send_old(n);
	if (strcmp(code, "00") != 0)
		return code;
	CHECK(!iso8583_has(&n->in, F_MAC));
	CHECK_OK(iso8583_check(iso8583_message_of(word), &n->in));
	struct bytes f62 = iso8583_bytes(&n->in, F_BULK);
	CHECK_I64("three keys", (int64_t)f62.len, 3 * WRAPPED);
	if (f62.len != 3 * WRAPPED)
		return "?";
	open_key(n, f62, 0, n->session_keys.tpk);
	open_key(n, f62, 1, n->session_keys.tak);
	open_key(n, f62, 2, n->session_keys.tdk);
	CHECK_I64("batch", iso8583_control(&n->in).batch, 1);
	CHECK_OK(mac_key_init_suite(&n->mac, SUITE_UNIONPAY, n->session_keys.tak));
	n->session = 1; /* it knows no number of it: only that F64 is due */
	return code;
}

static const char *come_and_sign_in(struct node *n)
{
	return is_ok(node_connect(n, TERMINAL_PORT_B)) ? sign_in_old(n, YTAP_COMPAT_SIGN_IN_3)
	                                               : "no line";
}

/* Without F57; F61 when there is an original. The fixture's STAN is its number and one. */
static void begin_old(struct node *n, const struct sale *s, const char *original)
{
	node_begin_sale(n, s);
	n->out.bitmap &= ~iso8583_bit(F_DATA);
	if (original)
		iso8583_set_str(&n->out, F_ORIGINAL, str_of(original));
}

static const char *sell_old(struct node *n, const struct sale *s, const char *original)
{
	begin_old(n, s, original);
	return send_old(n);
}

static int64_t purse(struct front_fixture *f)
{
	return payments_fixture_purse(&f->site, "180001");
}

TEST(an_old_terminal_signs_in_buys_repeats_and_reverses)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 11, .card = "180001", .amount = 700 };
	uint8_t first[FRAME_MAX];
	size_t len;

	CHECK_STR("sign-in", come_and_sign_in(n), "00");
	CHECK_STR("purchase", sell_old(n, &s, NULL), "00");
	CHECK(n->reply_maced && !n->reply_sealed);
	CHECK(!iso8583_has(&n->in, F_DATA));
	CHECK_I64("its class of frame", n->got[FRAME_TPDU_SIZE], 0x60);
	CHECK_I64("balance", node_balance(n), FIXTURE_OPENING - 700);
	len = n->in.mac_at;
	memcpy(first, n->in.bytes.at, len);
	payments_fixture_advance(&f.site, 3);
	s.repeat = true;
	s.off_s = -3;
	CHECK_STR("again", sell_old(n, &s, NULL), "00");
	CHECK_BYTES("the same answer", bytes_of(n->in.bytes.at, n->in.mac_at),
	            bytes_of(first, len));
	s.amount = 701;
	CHECK_STR("other content", sell_old(n, &s, NULL), "94");
	CHECK_I64("once", purse(&f), FIXTURE_OPENING - 700);

	struct sale back = { .word = YTAP_REVERSAL, .tsn = 11, .card = "180001", .amount = 700 };
	CHECK_STR("of what", sell_old(n, &back, NULL), "30");
	CHECK_STR("no such day", sell_old(n, &back, "0000010000120231"), "30");
	CHECK_STR("under the STAN of its original", sell_old(n, &back, "0000010000120305"), "00");
	CHECK_I64("given back", purse(&f), FIXTURE_OPENING);
	back.repeat = true;
	CHECK_STR("again", sell_old(n, &back, "0000010000120305"), "00");
	CHECK_I64("once", purse(&f), FIXTURE_OPENING);
	s = (struct sale){ .word = YTAP_PURCHASE, .tsn = 12, .card = "180001", .amount = 100 };
	CHECK_STR("and on", sell_old(n, &s, NULL), "00");
	s = (struct sale){ .word = YTAP_VOID, .tsn = 13, .card = "180001", .amount = 100 };
	CHECK_STR("void", sell_old(n, &s, "0000010000130305"), "00");
	CHECK_I64("all back", purse(&f), FIXTURE_OPENING);
}

TEST(an_old_terminals_numbers_hold_over_a_restart_and_a_day)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 3, .card = "180001", .amount = 500 };

	CHECK_STR("sign-in", come_and_sign_in(n), "00");
	CHECK_STR("purchase", sell_old(n, &s, NULL), "00");
	REQUIRE_OK(front_fixture_restart(&f));
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	s.repeat = true;
	CHECK_STR("its session holds, and the answer is known", sell_old(n, &s, NULL), "00");
	CHECK_I64("once", purse(&f), FIXTURE_OPENING - 500);
	payments_fixture_advance(&f.site, 86400);
	CHECK_STR("sign-in of the day", come_and_sign_in(n), "00");
	s.repeat = false;
	CHECK_STR("the same STAN on another day", sell_old(n, &s, NULL), "00");
	CHECK_I64("is another sale", purse(&f), FIXTURE_OPENING - 1000);
	s = (struct sale){ .word = YTAP_REVERSAL, .tsn = 4, .card = "180001", .amount = 500 };
	CHECK_STR("of yesterday's", sell_old(n, &s, "0000010000040305"), "00");
	CHECK_I64("one is left", purse(&f), FIXTURE_OPENING - 500);
}

TEST(the_old_sign_in_is_refused_unless_all_allow_it)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	static const struct {
		const char *name;
		int node;
		const char *want;
	} rows[] = {
		{ "without the bit", 1, "12" },
		{ "suite 3 is not suite 4", 6, "12" },
		{ "from elsewhere", NODE_ELSEWHERE, "97" },
		{ "not active", 5, "97" },
		{ "unknown", 9, "97" },
		{ "allowed", NODE_OLD, "00" },
	}, *row;

	EACH (row, rows) {
		SCOPED(node_free) struct node *n = node_make(&f, row->node, SUITE_UNIONPAY);
		CHECK_STR(row->name, come_and_sign_in(n), row->want);
	}
	SCOPED(node_free) struct node *n = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	CHECK_STR("hello offers it no suite", node_connect_and_sign_in(n), "12");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("001", sign_in_old(n, YTAP_COMPAT_SIGN_IN_1), "00");
	CHECK_STR("004", sign_in_old(n, YTAP_COMPAT_SIGN_IN_4), "00");
	terminal_front_stop(f.front);
	f.front = NULL;
	f.legacy = false;
	REQUIRE_OK(front_fixture_start(&f));
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 100 };
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("with a session from before", sell_old(n, &s, NULL), "77");
	CHECK_STR("switched off", come_and_sign_in(n), "12");
}

TEST(only_who_opens_the_keys_speaks_as_an_old_terminal)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	SCOPED(node_free) struct node *thief = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 100 };
	size_t len;

	CHECK_STR("sign-in", come_and_sign_in(n), "00");
	CHECK_STR("purchase", sell_old(n, &s, NULL), "00");
	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_B));
	node_begin(thief, YTAP_COMPAT_SIGN_IN_3, bytes_of("", 0));
	CHECK_STR("anybody there may ask", node_send(thief), "00");
	s.tsn = 2;
	begin_old(thief, &s, NULL);
	CHECK_STR("without MAC", node_send(thief), "A0");
	begin_old(n, &s, NULL);
	len = node_pack(n);
	n->frame[len - 1] ^= 1;
	CHECK_STR("with a wrong MAC", node_send_frame(n, bytes_of(n->frame, len)), "A0");
	s.tsn = 3;
	CHECK_STR("the node itself goes on", sell_old(n, &s, NULL), "00");
	CHECK_I64("two sales", purse(&f), FIXTURE_OPENING - 200);
}

TEST(numbers_without_tsn_are_distinct_and_in_order)
{
	static const struct payment_compat_key keys[] = {
		{ { 20260304 }, 999999, 999999, false }, { { 20260305 }, 1, 7, true },
		{ { 20260305 }, 999999, 999999, true },  { { 20260305 }, 0, 0, false },
		{ { 20260305 }, 0, 999999, false },      { { 20260305 }, 1, 0, false },
		{ { 20260305 }, 999999, 999999, false }, { { 20260306 }, 0, 0, true },
		{ { 21490606 }, 999999, 999999, false },
	};
	uint64_t before = PAYMENTS_COMPAT_FIRST;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		uint64_t number = payment_compat_number(&keys[i]);
		CHECK(number > before && number <= PAYMENTS_COMPAT_LAST);
		CHECK(payment_is_compat_number(number));
		before = number;
	}
	CHECK(!payment_is_compat_number(PAYMENTS_COMPAT_FIRST - 1));
	CHECK(!payment_is_compat_number(PAYMENTS_COMPAT_LAST + 1));
}

TEST(a_tsn_may_not_lie_among_numbers_without_tsn)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("among", node_sell(n, PAYMENTS_COMPAT_FIRST + 5, "180001", 100), "30");
	CHECK_STR("below", node_sell(n, PAYMENTS_COMPAT_FIRST - 1, "180001", 100), "00");
	CHECK_STR("above", node_sell(n, PAYMENTS_COMPAT_LAST + 1, "180001", 100), "00");
	CHECK_I64("two sales", purse(&f), FIXTURE_OPENING - 200);
}

/* More jumps of the STAN than the book keeps intervals for. */
TEST(an_old_terminal_that_skips_numbers_is_still_answered_right)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	struct sale s = { .word = YTAP_PURCHASE, .card = "180001", .amount = 1 };
	const uint64_t sales = 1100;

	CHECK_STR("sign-in", come_and_sign_in(n), "00");
	for (uint64_t i = 1; i <= sales; i++) {
		s.tsn = 2 * i;
		REQUIRE(strcmp(sell_old(n, &s, NULL), "00") == 0);
	}
	int64_t left = FIXTURE_OPENING - (int64_t)sales;
	CHECK_I64("all sold", purse(&f), left);
	s.repeat = true;
	s.tsn = 2;
	CHECK_STR("the first again", sell_old(n, &s, NULL), "00");
	CHECK_I64("once", purse(&f), left);
	s.repeat = false;
	s.tsn = 3;
	CHECK_STR("one that was skipped", sell_old(n, &s, NULL), "00");
	CHECK_I64("is new", purse(&f), left - 1);
	struct sale back = { .word = YTAP_REVERSAL, .tsn = 2, .card = "180001", .amount = 1 };
	for (int i = 0; i < 2; i++) {
		CHECK_STR("the first is reversed", sell_old(n, &back, "0000010000030305"), "00");
		CHECK_I64("once", purse(&f), left);
	}
}

static result work_modernise(struct ledger_tx *tx, void *arg)
{
	struct front_fixture *f = arg;
	struct terminal row;

	TRY(terminal_load_by_node(tx->db, STR("01010007"), &row));
	row.suites |= TERMINAL_SUITE_AES;
	TRY(terminal_save(tx->db, tx->now, &row));
	TRY(terminal_cache_refresh(&f->site.terminals, tx->db, row.id));
	terminal_front_changed(f->front, row.id);
	return OK;
}

TEST(a_terminal_that_was_modernised_goes_on_above_its_old_numbers)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *old = node_make(&f, NODE_OLD, SUITE_UNIONPAY);
	SCOPED(node_free) struct node *new = node_make(&f, NODE_OLD, SUITE_AES);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 5, .card = "180001", .amount = 100 };

	CHECK_STR("sign-in", come_and_sign_in(old), "00");
	CHECK_STR("purchase", sell_old(old, &s, NULL), "00");
	CHECK_OK(ledger_call(f.site.writer, true, work_modernise, &f));
	REQUIRE_OK(front_fixture_restart(&f));
	CHECK_STR("sign-in with AES", node_connect_and_sign_in(new), "00");
	CHECK(new->tsn_floor == PAYMENTS_COMPAT_LAST + 1);
	CHECK_STR("purchase", node_sell(new, new->tsn_floor, "180001", 100), "00");
	CHECK_I64("two sales", purse(&f), FIXTURE_OPENING - 200);
}
