/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody may achieve: terminal-protocol 18.1, N1 and N2. After each attempt the book is as it
 * was. */
#include <stdio.h>

#include "net/frame_server.h"
#include "service/terminal/front_fixture.h"

/* Nothing was posted or noted since. */
static void check_untouched(struct front_fixture *f, uint64_t rows)
{
	CHECK_I64("rows of the journal", payments_fixture_rows(&f->site), rows);
}

TEST(a_changed_bit_anywhere_in_a_frame_changes_nothing)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	static const bool seals[] = { true, false };

	for (size_t k = 0; k < ARRAY_LEN(seals); k++) {
		SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
		REQUIRE_OK(node_connect(n, seals[k] ? TERMINAL_PORT_B : TERMINAL_PORT_BARE));
		CHECK_STR("hello", node_hello(n), "00");
		CHECK_STR("sign-in", node_sign_in(n), "00");
		CHECK_STR("sale", node_sell(n, 1 + k, "180001", 100), "00");
		node_begin_sale(n, &(struct sale){ .word = YTAP_PURCHASE,
		                                   .tsn = 50,
		                                   .card = "180001",
		                                   .amount = 100 });
		uint64_t rows = payments_fixture_rows(&f.site);
		size_t len = node_pack(n);
		/* The TPDU belongs to the network and is not protected; class and what follows is.
		 */
		for (size_t i = seals[k] ? 5 : 0; i < len; i++) {
			uint8_t changed[FRAME_MAX];
			memcpy(changed, n->frame, len);
			changed[i] ^= (uint8_t)(1u << (i % 8));
			const char *code = "";
			if (is_ok(frame_client_send(n->line, bytes_of(changed, len), NODE_WAIT_US)))
				code = node_receive(n, NODE_SHORT_WAIT_US / 20);
			CHECK(strcmp(code, "00") != 0);
			if (!code[0])
				REQUIRE_OK(node_connect(n, n->port)); /* closed, or silence */
		}
		check_untouched(&f, rows);
		REQUIRE_OK(node_connect(n, n->port));
		CHECK_STR("the service goes on", node_sell(n, 60 + k, "180001", 100), "00");
	}
}

TEST(a_recorded_frame_is_not_heard_again)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	uint8_t recorded[FRAME_MAX];
	size_t len;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	node_begin_sale(
	        n,
	        &(struct sale){ .word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 100 });
	len = node_pack(n);
	memcpy(recorded, n->frame, len);
	CHECK_STR("first", node_send_frame(n, bytes_of(recorded, len)), "00");
	uint64_t rows = payments_fixture_rows(&f.site);
	REQUIRE_OK(frame_client_send(n->line, bytes_of(recorded, len), NODE_WAIT_US));
	CHECK_STR("same line", node_receive(n, NODE_SHORT_WAIT_US), "");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	REQUIRE_OK(frame_client_send(n->line, bytes_of(recorded, len), NODE_WAIT_US));
	CHECK_STR("another line", node_receive(n, NODE_SHORT_WAIT_US), "");
	check_untouched(&f, rows);
	REQUIRE_OK(front_fixture_restart(&f));
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	REQUIRE_OK(frame_client_send(n->line, bytes_of(recorded, len), NODE_WAIT_US));
	CHECK_STR("another host", node_receive(n, NODE_SHORT_WAIT_US), "");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("the session itself lives on", node_sell(n, 2, "180001", 100), "00");
}

TEST(a_reflected_answer_is_no_request)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	struct bytes reply;
	uint8_t copy[FRAME_MAX];

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	node_begin_sale(
	        n,
	        &(struct sale){ .word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 100 });
	REQUIRE_OK(frame_client_send(n->line, bytes_of(n->frame, node_pack(n)), NODE_WAIT_US));
	REQUIRE_OK(frame_client_receive(n->line, NODE_WAIT_US, &reply));
	memcpy(copy, reply.at, reply.len);
	uint64_t rows = payments_fixture_rows(&f.site);
	REQUIRE_OK(frame_client_send(n->line, bytes_of(copy, reply.len), NODE_WAIT_US));
	CHECK_STR("silence", node_receive(n, NODE_SHORT_WAIT_US), "");
	check_untouched(&f, rows);
}

TEST(plain_is_refused_where_sealed_is_due_and_anything_before_sign_in)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	uint64_t rows = payments_fixture_rows(&f.site);
	CHECK_STR("not signed in", node_sell(n, 1, "180001", 100), "77");
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("sign-in", node_sign_in(n), "00");
	n->plain = true;
	CHECK_STR("plain", node_sell(n, 1, "180001", 100), "A7");
	check_untouched(&f, rows);
	n->plain = false;
	CHECK_STR("sealed", node_sell(n, 1, "180001", 100), "00");
	rows = payments_fixture_rows(&f.site);
	n->mac.kind = MAC_AES_CMAC;
	mac_key_deinit(&n->mac);
	n->mac = (struct mac_key){ 0 };
	CHECK_OK(mac_key_init_suite(&n->mac, SUITE_AES, n->session_keys.tdk));
	CHECK_STR("F64 under another key", node_sell(n, 2, "180001", 100), "A0");
	check_untouched(&f, rows);
}

TEST(sign_in_proves_both_sides_once_and_cannot_be_weakened)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free)
	struct node *n = node_make(&f, 1, SUITE_AES), *thief = node_make(&f, 1, SUITE_AES),
	            *other = node_make(&f, 2, SUITE_AES);

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("sign-in without hello", node_sign_in(n), "77");
	CHECK_STR("hello", node_hello(n), "00");
	struct ytap_handshake used = n->proof;
	CHECK_STR("sign-in", node_sign_in(n), "00");
	n->proof = used;
	CHECK_STR("the same challenge again", node_sign_in(n), "77");

	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_B));
	CHECK_STR("hello", node_hello(thief), "00");
	thief->keys.kauth[3] ^= 1;
	CHECK_STR("without the key", node_sign_in(thief), "A0");
	thief->keys.kauth[3] ^= 1;
	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_B));
	CHECK_STR("hello", node_hello(thief), "00");
	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_B));
	CHECK_STR("on another line", node_sign_in(thief), "77");
	thief->offer[1] = SUITE_SM4;
	thief->offer_count = 2;
	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_B));
	CHECK_STR("hello", node_hello(thief), "00");
	thief->offer_count = 1;
	CHECK_STR("another offer than before", node_sign_in(thief), "A0");
	thief->offer[0] = SUITE_3DES;
	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_B));
	CHECK_STR("only what is off", node_hello(thief), "12");
	other->offer[0] = SUITE_SM4;
	REQUIRE_OK(node_connect(other, TERMINAL_PORT_B));
	CHECK_STR("not allowed to this node", node_hello(other), "12");
	other->offer[0] = SUITE_AES;
	other->proof.ids.sam[5] = 9;
	REQUIRE_OK(node_connect(other, TERMINAL_PORT_B));
	CHECK_STR("another SAM", node_hello(other), "97");
	memcpy(other->proof.ids.node, "99999999", 8);
	REQUIRE_OK(node_connect(other, TERMINAL_PORT_B));
	CHECK_STR("nobody", node_hello(other), "97");
	CHECK_STR("the real one works on", node_sell(n, 1, "180001", 100), "00");
}

TEST(a_challenge_is_good_for_ten_seconds_by_its_own_clock)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .sign_ins_per_s = 2 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	struct tlv_map map;
	bool later = false;

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	for (int i = 0; i < 4 && !later; i++)
		later = strcmp(node_hello(n), "91") == 0;
	CHECK(later);
	tlv_map_init(&map, iso8583_bytes(&n->in, F_BULK));
	uint16_t retry = tlv_u16(&map, YTAP_TAG_RETRY_AFTER);
	CHECK(retry >= 1 && retry <= 30);
}

TEST(sizes_that_cannot_be_close_the_line)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	static uint8_t junk[FRAME_PAYLOAD_MAX];

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("twelve bytes", node_send_frame(n, bytes_of(junk, 12)), "");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("zeros", node_send_frame(n, bytes_of(junk, 200)), "");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("more than a stranger may send", node_send_frame(n, bytes_of(junk, sizeof junk)),
	          "");
	CHECK_STR("the service goes on", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
}

TEST(malformed_fields_from_a_sure_sender_are_answered_thirty)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 100 };

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	uint64_t rows = payments_fixture_rows(&f.site);
	node_begin_sale(n, &s);
	iso8583_unset(&n->out, F_AMOUNT);
	CHECK_STR("missing", node_send(n), "30");
	node_begin_sale(n, &s);
	iso8583_set_bytes(&n->out, F_BULK, bytes_of("\xDF\x01\x01\x00", 4));
	CHECK_STR("forbidden", node_send(n), "30");
	node_begin_sale(n, &s);
	iso8583_set_bytes(&n->out, F_DATA, bytes_of("\xDF\x01\x02\x00\x01", 5));
	CHECK_STR("a short TLV", node_send(n), "30");
	node_begin_sale(n, &s);
	iso8583_set_str(&n->out, F_CURRENCY, STR("840"));
	CHECK_STR("another currency", node_send(n), "30");
	s.tsn = 0;
	node_begin_sale(n, &s);
	CHECK_STR("number zero", node_send(n), "30");
	check_untouched(&f, rows);
}

TEST(a_restarted_host_keeps_sessions_and_never_uses_a_counter_twice)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	uint64_t last;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	for (uint64_t tsn = 1; tsn <= 3; tsn++)
		CHECK_STR("sale", node_sell(n, tsn, "180001", 10), "00");
	for (uint64_t round = 0; round < 3; round++) {
		last = n->received;
		node_begin(n, YTAP_TIME, bytes_of("", 0)); /* a counter the journal does not know */
		CHECK_STR("time", node_send(n), "00");
		REQUIRE_OK(front_fixture_restart(&f));
		REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
		CHECK_STR("same session", node_sell(n, 10 + round, "180001", 10), "00");
		CHECK(n->reply_maced &&
		      n->received > last); /* node_receive takes growing counters only */
	}
	n->plain = true;
	CHECK_STR("still sealed only", node_sell(n, 20, "180001", 10), "A7");
}

TEST(the_new_session_is_taken_up_by_its_first_message_and_ends_the_old)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free)
	struct node *old = node_make(&f, 1, SUITE_AES), *new = node_make(&f, 1, SUITE_AES);

	CHECK_STR("sign-in", node_connect_and_sign_in(old), "00");
	CHECK_STR("sale", node_sell(old, 1, "180001", 10), "00");
	CHECK_STR("second sign-in", node_connect_and_sign_in(new), "00");
	REQUIRE_OK(node_connect(old, TERMINAL_PORT_B));
	CHECK_STR("a lost answer locks nobody out", node_sell(old, 2, "180001", 10), "00");
	REQUIRE_OK(node_connect(new, TERMINAL_PORT_B));
	CHECK_STR("first message", node_sell(new, 3, "180001", 10), "00");
	CHECK_STR("the older line is closed", node_receive(old, NODE_WAIT_US), "");
	REQUIRE_OK(node_connect(old, TERMINAL_PORT_B));
	CHECK_STR("the older session too", node_sell(old, 4, "180001", 10), "77");
	REQUIRE_OK(front_fixture_restart(&f));
	REQUIRE_OK(node_connect(old, TERMINAL_PORT_B));
	CHECK_STR("also after a restart", node_sell(old, 5, "180001", 10), "77");
}

TEST(keys_outlive_the_business_day_by_their_grace_and_no_longer)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 10), "00");
	CHECK_I64("no hint", n->directive, FRAME_NO_DIRECTIVE);
	payments_fixture_advance(&f.site, 13 * 3600);
	CHECK_STR("after cut-over", node_sell(n, 2, "180001", 10), "00");
	CHECK_I64("hint", n->directive, FRAME_SIGN_IN_AGAIN);
	CHECK_I64("new day", iso8583_bcd(&n->in, F_BUSINESS_DATE), 0x0306);
	n->keep_low_water = true;
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("again", node_sign_in(n), "00");
	CHECK_I64("one above the highest seen", n->tsn_floor, 3);
	CHECK_STR("under the new day's keys", node_sell(n, 3, "180001", 10), "00");
	n->keep_low_water = false;
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("memory lost", node_sign_in(n), "00");
	CHECK_I64("far above", n->tsn_floor, 3 + PAYMENTS_TSN_MARGIN);
	payments_fixture_advance(&f.site, 30 * 3600);
	CHECK_STR("too late", node_sell(n, 4, "180001", 10), "77");
}

TEST(a_new_business_day_is_told_to_those_who_are_signed_in)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 10), "00");
	CHECK_STR("nothing yet", node_receive(n, NODE_SHORT_WAIT_US * 6), "");
	payments_fixture_advance(&f.site, 13 * 3600);
	node_receive(n, NODE_WAIT_US);
	CHECK(n->reply_sealed && n->reply_maced);
	CHECK_I64("a push", n->in.mti, 0x0822);
	CHECK_I64("which", iso8583_control(&n->in).code, 0x804);
	uint8_t bulk[8];
	struct writer w = writer_of(bulk, sizeof bulk);
	tlv_put_u16(&w, YTAP_TAG_RETRY_AFTER, 0);
	node_begin(n, YTAP_SIGN_IN_AGAIN, writer_bytes(&w));
	n->out.mti = 0x0832;
	iso8583_set_str(&n->out, F_RESPONSE, STR("00"));
	REQUIRE_OK(frame_client_send(n->line, bytes_of(n->frame, node_pack(n)), NODE_WAIT_US));
	CHECK_STR("heard, and the line lives", node_sell(n, 2, "180001", 10), "00");
}

TEST(a_suspended_terminal_is_out_at_once)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 10), "00");
	CHECK_OK(payments_fixture_state(&f.site, FIXTURE_TILL, TERMINAL_SUSPENDED));
	terminal_front_changed(f.front, FIXTURE_TILL);
	payments_fixture_rows(&f.site); /* the writer has passed it on */
	const char *code = node_sell(n, 2, "180001", 10);
	CHECK_STR("out", strcmp(code, "77") == 0 ? "58" : code, "58");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("hello", node_hello(n), "58");
	CHECK_OK(payments_fixture_state(&f.site, FIXTURE_TILL, TERMINAL_ACTIVE));
	terminal_front_changed(f.front, FIXTURE_TILL);
	payments_fixture_rows(&f.site);
	for (int i = 0; i < 50 && strcmp(code, "00") != 0; i++)
		code = node_connect_and_sign_in(n);
	CHECK_STR("back", code, "00");
}

TEST(five_attempts_are_all_a_stranger_gets)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	for (int i = 0; i < 5; i++)
		CHECK_STR("not signed in", node_sell(n, 1, "180001", 100), "77");
	CHECK_STR("closed", node_sell(n, 1, "180001", 100), "");
}
