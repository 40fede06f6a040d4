/* SPDX-License-Identifier: Apache-2.0 */
/* Real sockets, a real store: what a node sees of the host. */
#include <stdio.h>

#include "codec/record.h"
#include "service/terminal/front_fixture.h"

TEST(a_node_of_either_suite_signs_in_and_sells)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	static const struct {
		const char *name;
		int number;
		enum suite suite;
		const char *card;
	} rows[] = {
		{ "AES", 1, SUITE_AES, "180001" },
		{ "SM4", 4, SUITE_SM4, "180002" },
	}, *row;

	EACH (row, rows) {
		SCOPED(node_free) struct node *n = node_make(&f, row->number, row->suite);
		CHECK_STR(row->name, node_connect_and_sign_in(n), "00");
		CHECK_I64("a new memory starts at one", n->tsn_floor, 1);
		CHECK_STR(row->name, node_sell(n, 1, row->card, 1250), "00");
		CHECK(n->reply_sealed && n->reply_maced);
		CHECK_I64(row->name, node_balance(n), FIXTURE_OPENING - 1250);
		CHECK_OK(iso8583_check(iso8583_message_of(YTAP_PURCHASE), &n->in));
		CHECK_I64("mti", n->in.mti, 0x0210);
		CHECK_I64(row->name, payments_fixture_purse(&f.site, row->card),
		          FIXTURE_OPENING - 1250);
	}
}

TEST(a_repeat_is_answered_byte_for_byte_and_other_content_refused)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 5, .card = "180001", .amount = 700 };
	uint8_t first[FRAME_MAX];
	size_t len;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	node_begin_sale(n, &s);
	CHECK_STR("first", node_send(n), "00");
	len = n->in.mac_at;
	memcpy(first, n->in.bytes.at, len);
	payments_fixture_advance(&f.site, 3);
	s.repeat = true;
	s.off_s = -3; /* as it was sent */
	node_begin_sale(n, &s);
	CHECK_STR("again", node_send(n), "00");
	CHECK_BYTES("the same answer", bytes_of(n->in.bytes.at, n->in.mac_at),
	            bytes_of(first, len));
	s.amount = 701;
	node_begin_sale(n, &s);
	CHECK_STR("other content", node_send(n), "94");
	CHECK(n->reply_maced);
	CHECK_I64("once", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING - 700);
}

TEST(refusals_come_with_their_code_and_a_repeat_gets_the_same)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	static const struct {
		const char *name;
		struct sale sale;
		const char *want;
	} rows[] = {
		{ "unknown card", { YTAP_PURCHASE, 1, 0, "999999", 100 }, "14" },
		{ "lost card", { YTAP_PURCHASE, 2, 0, "180002", 100 }, "41" },
		{ "not enough", { YTAP_PURCHASE, 3, 0, "180001", FIXTURE_OPENING + 1 }, "51" },
		{ "nothing", { YTAP_PURCHASE, 4, 0, "180001", 0 }, "13" },
		{ "void of nothing", { YTAP_VOID, 5, 99, "180001", 100 }, "25" },
		{ "refund without supervisor", { YTAP_REFUND, 6, 1, "180001", 100, .reference = 1 }, "12" },
		{ "no cash here", { YTAP_TOP_UP, 7, 0, "180001", 100 }, "58" },
		{ "another merchant", { YTAP_PURCHASE, 8, 0, "180001", 100, .merchant = "M2             " }, "03" },
		{ "clock", { YTAP_PURCHASE, 9, 0, "180001", 100, .off_s = 601 }, "05" },
	}, *row;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_OK(payments_fixture_card(&f.site, "180002", card_report_lost));
	EACH (row, rows) {
		struct sale s = row->sale;
		node_begin_sale(n, &s);
		CHECK_STR(row->name, node_send(n), row->want);
		CHECK(n->reply_maced);
		s.repeat = true;
		node_begin_sale(n, &s);
		CHECK_STR(row->name, node_send(n), row->want);
	}
	CHECK_I64("untouched", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING);
}

TEST(pin_purchase_asks_says_why_and_accepts)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	static const struct payment_limits limits = { .purchase_fen = 1000 };
	SCOPED(node_free) struct node *n = node_make(&f, 4, SUITE_SM4);
	struct sale s = { .word = YTAP_PURCHASE, .tsn = 1, .card = "180001", .amount = 2000 };
	uint8_t token[PAYMENTS_PIN_TOKEN];
	struct tlv_map map;

	CHECK_OK(payments_fixture_limits(&f.site, &limits));
	CHECK(kms_kit_pin_token(&f.kms, "1357", token));
	CHECK_OK(payments_fixture_pin(&f.site, "180001", token));
	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	node_begin_sale(n, &s);
	CHECK_STR("above", node_send(n), "61");
	tlv_map_init(&map, iso8583_bytes(&n->in, F_DATA));
	CHECK_I64("why", tlv_u8(&map, YTAP_TAG_PIN_REASON), 1);
	s.tsn = 2;
	s.pin = "1358";
	node_begin_sale(n, &s);
	CHECK_STR("wrong", node_send(n), "55");
	s.tsn = 3;
	s.pin = "1357";
	node_begin_sale(n, &s);
	CHECK_STR("right", node_send(n), "00");
	s.tsn = 4;
	n->session_keys.tpk[0] ^= 1;
	node_begin_sale(n, &s);
	CHECK_STR("another key", node_send(n), "99");
}

TEST(undoing_over_the_line)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free)
	struct node *n = node_make(&f, 1, SUITE_AES), *desk = node_make(&f, 3, SUITE_AES);
	struct sale s;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 1250), "00");
	s = (struct sale){
		.word = YTAP_VOID, .tsn = 2, .original = 1, .card = "180001", .amount = 1250
	};
	node_begin_sale(n, &s);
	CHECK_STR("void", node_send(n), "00");
	CHECK_STR("sale", node_sell(n, 3, "180001", 800), "00");
	s = (struct sale){ .word = YTAP_REFUND,
		           .tsn = 4,
		           .original = 3,
		           .card = "180001",
		           .amount = 300,
		           .reference = node_reference(n),
		           .operator_name = "8001" };
	node_begin_sale(n, &s);
	CHECK_STR("refund", node_send(n), "00");
	CHECK_I64("balance", node_balance(n), FIXTURE_OPENING - 500);
	s = (struct sale){
		.word = YTAP_REVERSAL, .tsn = 6, .original = 5, .card = "180001", .amount = 100
	};
	node_begin_sale(n, &s);
	CHECK_STR("reversal of what never came", node_send(n), "00");
	CHECK_OK(iso8583_check(iso8583_message_of(YTAP_REVERSAL), &n->in));
	CHECK_STR("it comes late", node_sell(n, 5, "180001", 100), "22");
	s = (struct sale){ .word = YTAP_REVERSAL,
		           .tsn = 7,
		           .original = 3,
		           .card = "180001",
		           .amount = 800,
		           .off_s = -86400 }; /* repeated for a day: still heard */
	node_begin_sale(n, &s);
	CHECK_STR("reversal", node_send(n), "00");
	CHECK_I64("net zero", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING);

	CHECK_STR("sign-in", node_connect_and_sign_in(desk), "00");
	s = (struct sale){ .word = YTAP_TOP_UP, .tsn = 1, .card = "180001", .amount = 5000 };
	node_begin_sale(desk, &s);
	CHECK_STR("cash", node_send(desk), "00");
	CHECK_I64("told", node_balance(desk), FIXTURE_OPENING + 5000);
	s = (struct sale){ .word = YTAP_BALANCE, .tsn = 2, .card = "180001" };
	node_begin_sale(desk, &s);
	CHECK_STR("balance", node_send(desk), "00");
	CHECK_OK(iso8583_check(iso8583_message_of(YTAP_BALANCE), &desk->in));
	s = (struct sale){
		.word = YTAP_TOP_UP_VOID, .tsn = 3, .original = 1, .card = "180001", .amount = 5000
	};
	node_begin_sale(desk, &s);
	CHECK_STR("void of cash", node_send(desk), "00");
	CHECK_I64("as before", payments_fixture_purse(&f.site, "180001"), FIXTURE_OPENING);
}

/* A stored record, MACed by the node. */
static void make_record(struct node *n, uint64_t tsn, const char *card, uint32_t amount,
                        uint8_t out[RECORD_SIZE])
{
	struct record r = { .type = RECORD_STAND_IN,
		            .tsn = tsn,
		            .amount_fen = amount,
		            .local_time = 20260305115900,
		            .flags = RECORD_BY_STAND_IN };
	struct mac_key krec = { 0 };
	uint8_t mac[MAC_FULL_SIZE];

	memcpy(r.node, n->proof.ids.node, YTAP_NODE_SIZE);
	memcpy(r.sam, n->proof.ids.sam, sizeof r.sam);
	snprintf(r.card_no, sizeof r.card_no, "%s", card);
	CHECK_OK(record_encode(&r, out));
	CHECK_OK(mac_key_init_suite(&krec, n->suite, n->keys.krec));
	mac_once(&krec, record_mac_range(out), mac);
	record_finish(out, mac);
	mac_key_deinit(&krec);
}

static struct tlv_map upload(struct node *n, uint64_t sequence, uint8_t (*records)[RECORD_SIZE],
                             size_t count)
{
	static uint8_t bulk[9000];
	struct writer w = writer_of(bulk, sizeof bulk);
	struct tlv_map map;

	tlv_put_u64(&w, YTAP_TAG_UPLOAD_SEQUENCE, sequence);
	for (size_t i = 0; i < count; i++)
		tlv_put(&w, YTAP_TAG_RECORD, bytes_of(records[i], RECORD_SIZE));
	node_begin(n, YTAP_UPLOAD, writer_bytes(&w));
	CHECK_STR("upload", node_send(n), "00");
	tlv_map_init(&map, iso8583_bytes(&n->in, F_BULK));
	CHECK_I64("acknowledged", tlv_u64(&map, YTAP_TAG_UPLOAD_ACKNOWLEDGED), sequence);
	return map;
}

TEST(uploads_are_answered_record_by_record_and_never_twice_posted)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	static uint8_t records[80][RECORD_SIZE];

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	for (uint32_t i = 0; i < 80; i++)
		make_record(n, 100 + i, i == 3 ? "999999" : "180001", 10 + i, records[i]);
	records[5][RECORD_MAC_AT] ^= 1;
	record_finish(records[5], (uint8_t[8]){ 0 }); /* a right CRC over a wrong MAC */
	records[6][46] ^= 1;                          /* damaged on the way */
	struct tlv_map map = upload(n, 1, records, 80);
	struct bytes results = tlv_bytes(&map, YTAP_TAG_RECORD_RESULTS, 720);
	REQUIRE(results.len == 720);
	for (uint32_t i = 0; i < 80; i++) {
		CHECK_I64("number", load_be64(results.at + 9 * i), 100 + i);
		CHECK_I64("status", results.at[9 * i + 8], i == 3 || i == 5 ? 2 : i == 6 ? 3 : 0);
	}
	int64_t purse = payments_fixture_purse(&f.site, "180001");
	map = upload(n, 1, records, 80);
	results = tlv_bytes(&map, YTAP_TAG_RECORD_RESULTS, 720);
	for (uint32_t i = 0; i < 80; i++)
		CHECK_I64("again", results.at[9 * i + 8], i == 6 ? 3 : 1);
	CHECK_I64("once", payments_fixture_purse(&f.site, "180001"), purse);
}

TEST(settlement_compares_closes_and_gives_a_new_batch_at_the_next_sign_in)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	uint8_t bulk[32];
	struct writer w = writer_of(bulk, sizeof bulk);
	struct tlv_map map;

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 1250), "00");
	tlv_put_head(&w, YTAP_TAG_TOTALS, 13);
	writer_u8(&w, 0x22);
	writer_u32(&w, 2);
	writer_u64(&w, 2500);
	node_begin(n, YTAP_SETTLEMENT, writer_bytes(&w));
	CHECK_STR("unequal", node_send(n), "79");
	tlv_map_init(&map, iso8583_bytes(&n->in, F_BULK));
	CHECK_I64("digit", tlv_u8(&map, YTAP_TAG_REASON), 2);
	CHECK_I64("host's count", tlv_bytes(&map, YTAP_TAG_TOTALS, 13).at[4], 1);
	node_begin(n, YTAP_UPLOAD_END, writer_bytes(&w));
	CHECK_STR("end of upload", node_send(n), "00");
	CHECK_STR("sale", node_sell(n, 2, "180001", 50), "00");
	CHECK_I64("hint", n->directive, FRAME_SIGN_IN_AGAIN);
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("sign-in", node_sign_in(n), "00");
	CHECK_I64("new batch", n->batch, 2);
}

TEST(messages_without_a_book)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 1, SUITE_AES);
	static const uint8_t status[] = { 0xDF, 0x78, 0x0C, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 3 };
	static const uint8_t alarm[] = { 0xDF, 0x78, 0x07, 0, 5, 2, 'P', 'a', 'p', '\n' };

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	node_begin(n, YTAP_ECHO, bytes_of("", 0));
	CHECK_STR("echo before sign-in", node_send(n), "00");
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("sign-in", node_sign_in(n), "00");
	node_begin(n, YTAP_ECHO, bytes_of("", 0));
	CHECK_STR("echo", node_send(n), "00");
	CHECK(n->reply_maced);
	node_begin(n, YTAP_TIME, bytes_of("", 0));
	CHECK_STR("time", node_send(n), "00");
	CHECK_I64("business date", iso8583_bcd(&n->in, F_BUSINESS_DATE), 0x0305);
	node_begin(n, YTAP_STATUS, bytes_of(status, sizeof status));
	CHECK_STR("status", node_send(n), "00");
	node_begin(n, YTAP_ALARM, bytes_of(alarm, sizeof alarm));
	CHECK_STR("alarm", node_send(n), "00");
	node_begin(n, YTAP_LIST_MANIFEST, bytes_of(status, sizeof status));
	CHECK_STR("not spoken here", node_send(n), "12");
	node_begin(n, YTAP_SIGN_OFF, bytes_of("", 0));
	CHECK_STR("sign-off", node_send(n), "00");
	CHECK(n->reply_maced);
	CHECK_STR("over", node_sell(n, 1, "180001", 100), "77");
	CHECK(!n->reply_maced);
}

TEST(register_makes_an_authorised_node_active)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 5, SUITE_AES);

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("sign-in too early", node_sign_in(n), "97");
	REQUIRE_OK(node_connect(n, TERMINAL_PORT_B));
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("register", node_register(n), "00");
	CHECK(n->reply_maced); /* under the key it has just proven to know */
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("sign-in", node_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
}

TEST(old_dialects_and_bare_frames_on_loopback)
{
	SCOPED(front_fixture_close) struct front_fixture f = { 0 };
	REQUIRE_OK(front_fixture_make(&f));
	static const struct {
		const char *name;
		int number;
		enum terminal_port port;
	} rows[] = {
		{ "A", 1, TERMINAL_PORT_A },
		{ "bare", 2, TERMINAL_PORT_BARE },
	}, *row;
	uint64_t tsn = 1;

	EACH (row, rows) {
		SCOPED(node_free) struct node *n = node_make(&f, row->number, SUITE_AES);
		REQUIRE_OK(node_connect(n, row->port));
		CHECK_STR(row->name, node_hello(n), "00");
		CHECK_STR(row->name, node_sign_in(n), "00");
		CHECK_STR(row->name, node_sell(n, tsn++, "180001", 100), "00");
		CHECK(n->reply_maced);
	}
}

/* One TLS identity per node: the PSK follows from its TIK (3.3). */
TEST(tls_lines_take_a_node_by_its_own_key)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .tls = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free)
	struct node *n = node_make(&f, 1, SUITE_AES), *thief = node_make(&f, 2, SUITE_AES);

	REQUIRE_OK(node_connect(n, TERMINAL_PORT_TLS));
	CHECK_STR("hello", node_hello(n), "00");
	CHECK_STR("sign-in", node_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
	thief->keys.psk[0] ^= 1;
	CHECK(!is_ok(node_connect(thief, TERMINAL_PORT_TLS)) || node_hello(thief)[0] == '\0');
	thief->keys.psk[0] ^= 1;
	REQUIRE_OK(node_connect(thief, TERMINAL_PORT_TLS));
	memcpy(thief->proof.ids.node, "01010001", 8);
	thief->proof.ids.sam[5] = 1;
	CHECK_STR("another name than the line's", node_hello(thief), "97");
}

TEST(old_equipment_signs_in_only_where_it_is_switched_on)
{
	SCOPED(front_fixture_close) struct front_fixture f = { .legacy = true };
	REQUIRE_OK(front_fixture_make(&f));
	SCOPED(node_free) struct node *n = node_make(&f, 6, SUITE_3DES);

	CHECK_STR("sign-in", node_connect_and_sign_in(n), "00");
	CHECK_STR("sale", node_sell(n, 1, "180001", 100), "00");
	CHECK(n->reply_maced && !n->reply_sealed);
	terminal_front_stop(f.front);
	f.front = NULL;
	f.legacy = false;
	REQUIRE_OK(front_fixture_start(&f));
	CHECK_STR("switched off", node_connect_and_sign_in(n), "12");
}
