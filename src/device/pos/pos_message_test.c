/* SPDX-License-Identifier: Apache-2.0 */
/* What the till puts into its messages, read back by the codec; and replies, good and bad. */
#include "device/pos/pos_message.h"

#include "codec/record.h"
#include "codec/ytap_tags.h"
#include "crypto/pin.h"
#include "harness/test.h"

static struct iso8583_out out;
static struct iso8583 in;
static uint8_t bytes[LINE_FRAME_MAX];
static const struct instant now = { 1788264000000000 }; /* 2026-09-01 20:00 +08:00 */

static struct line line_of(const struct sam *sam)
{
	return (struct line){ .sam = sam,
		              .suite = SUITE_AES,
		              .tpk = { .at = { 7 }, .len = 16 },
		              .facts = { .batch = 12, .list_sequence = 9 } };
}

static struct sam *make_sam(void)
{
	struct sam_identity id = { .sam_no = { 0x10, 0, 0x20, 0, 1, 0x23 },
		                   .node_id = "40010007",
		                   .merchant = "M1",
		                   .key_version = 1,
		                   .suites = { 1 },
		                   .suite_count = 1 };
	struct secret tik = { .len = SAM_KEY_LEN, .at = { 1 } };
	uint8_t file[SAM_FILE_MAX];
	struct writer w = writer_of(file, sizeof file);
	struct sam *sam = NULL;

	CHECK_OK(sam_seal(&id, &tik, STR("correct horse"), (struct passphrase_cost){ 1, 8 },
	                  random_system(), &w));
	CHECK_OK(sam_unseal(writer_bytes(&w), STR("correct horse"), &sam));
	return sam;
}

/* Build what stands in `out` and read it back; the whole presence table must hold. */
static void read_back(void)
{
	const struct iso8583_message *row;
	size_t len;

	iso8583_set_str(&out, F_NODE, STR("40010007"));
	iso8583_set_str(&out, F_MERCHANT, STR("M1"));
	REQUIRE_OK(iso8583_build(&out, true, bytes, sizeof bytes, &len));
	REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(bytes, len), &in));
	row = iso8583_message_find(&in);
	REQUIRE(row != NULL);
	CHECK_OK(iso8583_check(row, &in));
}

TEST(message_of_each_kind_holds_what_the_table_wants)
{
	static const struct {
		enum pos_kind kind;
		enum ytap_message word;
		uint16_t mti;
	} rows[] = {
		{ POS_PURCHASE, YTAP_PURCHASE, 0x0200 },     { POS_VOID, YTAP_VOID, 0x0200 },
		{ POS_REFUND, YTAP_REFUND, 0x0220 },         { POS_BALANCE, YTAP_BALANCE, 0x0200 },
		{ POS_TOPUP, YTAP_TOP_UP, 0x0200 },          { POS_TOPUP_VOID, YTAP_TOP_UP_VOID, 0x0200 },
	}, *row;
	struct sam *sam = make_sam();
	struct line l = line_of(sam);

	EACH (row, rows) {
		struct pos_draft d = { .tsn = 5000007,
			               .kind = row->kind,
			               .amount_fen = 1250,
			               .card_no = "180001",
			               .at = now,
			               .day = { 20260901 },
			               .entry_mode = 0x72,
			               .original_tsn = 6,
			               .original_ref = "000000000009",
			               .cashier = "0042" };
		struct pos_txn t = { .draft = d, .reversal_tsn = 5000008, .reason = "98" };
		struct tlv_map map;

		CHECK_OK(pos_message_request(&l, &d, true, STR(""), random_system(), &out));
		read_back();
		CHECK_I64("repeat", in.mti, row->mti | 1);
		CHECK_I64("word", iso8583_message_find(&in)->word, row->word);
		CHECK_I64("STAN", iso8583_i64(&in, F_STAN), 7);
		CHECK_I64("batch", iso8583_control(&in).batch, 0x12);
		tlv_map_init(&map, iso8583_bytes(&in, F_DATA));
		CHECK_I64("TSN", tlv_u64(&map, YTAP_TAG_TSN), 5000007);
		CHECK_I64("list", tlv_u32(&map, YTAP_TAG_LIST_USED), 0);
		if (row->kind == POS_BALANCE)
			continue;
		pos_message_reversal(&l, &t, false, now, &out);
		read_back();
		CHECK_I64("reversal", iso8583_message_find(&in)->word, YTAP_REVERSAL);
		CHECK_I64("class of the original", iso8583_control(&in).class,
		          pos_kind_class(row->kind));
		tlv_map_init(&map, iso8583_bytes(&in, F_DATA));
		CHECK_I64("own number", tlv_u64(&map, YTAP_TAG_TSN), 5000008);
		CHECK_I64("original", tlv_u64(&map, YTAP_TAG_ORIGINAL_TSN), 5000007);
	}
	sam_close(sam);
}

TEST(message_carries_the_pin_only_sealed)
{
	struct sam *sam = make_sam();
	struct line l = line_of(sam);
	struct pos_draft d = { .tsn = 3,
		               .kind = POS_PURCHASE,
		               .amount_fen = 1,
		               .card_no = "180001",
		               .at = now,
		               .day = { 20260901 },
		               .entry_mode = 0x71 };
	struct tlv_map map;
	struct pin pin;

	CHECK_OK(pos_message_request(&l, &d, false, STR("4096"), random_system(), &out));
	read_back();
	tlv_map_init(&map, iso8583_bytes(&in, F_DATA));
	CHECK_OK(pin_open(SUITE_AES, l.tpk.at, tlv_bytes(&map, YTAP_TAG_PIN_BLOCK, 16),
	                  STR("180001"), &pin));
	CHECK_I64("digits", pin.len, 4);
	CHECK_RESULT("not a PIN",
	             pos_message_request(&l, &d, false, STR("40"), random_system(), &out),
	             PIN_BLOCK_BAD);
	sam_close(sam);
}

TEST(message_record_is_the_layout_of_the_protocol)
{
	struct sam *sam = make_sam();
	struct line l = line_of(sam);
	struct pos_draft d = { .tsn = 77,
		               .kind = POS_PURCHASE,
		               .amount_fen = 1250,
		               .card_no = "180001",
		               .at = now,
		               .list_sequence = 9,
		               .meal = 2,
		               .cashier = "0042" };
	uint8_t raw[POS_RECORD_SIZE];
	struct record r;

	REQUIRE_OK(pos_message_record(&l, &d, 5, RECORD_CLOCK_UNSURE, raw));
	REQUIRE_OK(record_decode(bytes_of(raw, sizeof raw), &r));
	CHECK_I64("type", r.type, RECORD_STAND_IN);
	CHECK_I64("number", r.tsn, 77);
	CHECK_STR("node", r.node, "40010007");
	CHECK_I64("SAM sequence", r.sam_sequence, 5);
	CHECK_STR("card", r.card_no, "180001");
	CHECK_I64("amount", r.amount_fen, 1250);
	CHECK_I64("time", r.local_time, 20260901200000);
	CHECK_I64("flags", r.flags, RECORD_BY_STAND_IN | RECORD_CLOCK_UNSURE);
	CHECK_I64("cashier", r.cashier, 42);
	sam_close(sam);
}

/* A reply to number 10 with this code; what it lacks is up to the test. */
static void begin_reply(uint16_t mti, const char *code)
{
	iso8583_begin_request(&out, ISO8583_B, YTAP_PURCHASE, 0);
	out.mti = mti;
	iso8583_set_i64(&out, F_STAN, 10);
	iso8583_set_local_time(&out, now);
	iso8583_set_str(&out, F_RESPONSE, str_of(code));
	iso8583_set_str(&out, F_NODE, STR("40010007"));
	iso8583_set_str(&out, F_MERCHANT, STR("M1"));
}

static void parse_reply(void)
{
	size_t len;

	REQUIRE_OK(iso8583_build(&out, true, bytes, sizeof bytes, &len));
	REQUIRE_OK(iso8583_parse(ISO8583_B, bytes_of(bytes, len), &in));
}

TEST(message_reply_is_matched_by_number_and_read)
{
	struct pos_txn t = { .state = POS_TXN_SENT, .draft = { .tsn = 3000010 } };
	struct iso8583_balance balance = { .account_type = 1,
		                           .amount_type = 2,
		                           .amount = { 8750 } };
	uint8_t f57[32];
	struct writer w = writer_of(f57, sizeof f57);
	struct pos_reply r;
	bool pin;

	begin_reply(0x0210, "61");
	tlv_put_u64(&w, YTAP_TAG_TSN, 3000010);
	tlv_put_u8(&w, YTAP_TAG_PIN_REASON, 1);
	iso8583_set_bytes(&out, F_DATA, writer_bytes(&w));
	iso8583_set_balances(&out, &balance, 1);
	iso8583_set_business_date(&out, (struct bizdate){ 20260901 });
	iso8583_set_str(&out, F_TEXT, STR("limit"));
	parse_reply();
	REQUIRE_OK(pos_message_reply(&in, now, &t, &r, &pin));
	CHECK(r.mac_ok && !r.to_reversal && pin);
	CHECK_I64("number", r.tsn, 3000010);
	CHECK_I64("balance", r.balance_fen, 8750);
	CHECK_I64("day", r.day.yyyymmdd, 20260901);
	CHECK_STR("text", r.text, "limit");

	begin_reply(0x0210, "91");
	parse_reply();
	REQUIRE_OK(pos_message_reply(&in, now, &t, &r, &pin));
	CHECK_I64("by F11", r.tsn, 3000010);
	t.draft.tsn = 3000011;
	REQUIRE_OK(pos_message_reply(&in, now, &t, &r, &pin));
	CHECK_I64("another's", r.tsn, 0);

	begin_reply(0x0210, "00");
	parse_reply();
	CHECK_RESULT("an approval says what it approves", pos_message_reply(&in, now, &t, &r, &pin),
	             POS_REPLY);
}

TEST(message_upload_reply_is_refused_when_malformed)
{
	static const struct {
		const char *name, *f62;
		enum result_code code;
	} rows[] = {
		{ "two rows", "DF71080000000000000005DF721200000000000000010000000000000000020" "3", SUCCESS },
		{ "no rows", "DF71080000000000000005DF7200", SUCCESS },
		{ "half a row", "DF71080000000000000005DF720400000000", POS_REPLY },
		{ "no acknowledgement", "DF7200", POS_REPLY },
		{ "not TLV", "DF71", POS_REPLY },
	}, *row;

	EACH (row, rows) {
		struct pos_upload_reply r;
		uint8_t f62[64];

		REQUIRE_OK(hex_decode(str_of(row->f62), f62, strlen(row->f62) / 2));
		iso8583_begin_request(&out, ISO8583_B, YTAP_UPLOAD, 0);
		out.mti = 0x0330;
		iso8583_set_bytes(&out, F_BULK, bytes_of(f62, strlen(row->f62) / 2));
		parse_reply();
		CHECK_RESULT(row->name, pos_message_uploaded(&in, &r), row->code);
		if (row->code == SUCCESS)
			CHECK_I64(row->name, r.acknowledged, 5);
	}
}

TEST(message_totals_tell_the_batch_and_what_is_held)
{
	struct sam *sam = make_sam();
	struct line l = line_of(sam);
	struct pos_journal j = { .held = 3, .total_count = 1, .totals = { { 0x22, 7, 12345 } } };
	struct tlv_map map;

	pos_message_totals(&l, YTAP_SETTLEMENT, &j, (struct pos_told){ now, 5 }, &out);
	read_back();
	tlv_map_init(&map, iso8583_bytes(&in, F_BULK));
	CHECK_I64("held", tlv_u32(&map, YTAP_TAG_RECORDS_HELD), 3);
	CHECK_HEX("totals", tlv_bytes(&map, YTAP_TAG_TOTALS, 13), "22000000070000000000003039");
	pos_message_status(&l, &(struct pos_status){ .uptime_s = 60 }, &j,
	                   (struct pos_told){ now, 6 }, &out);
	read_back();
	CHECK_I64("status", iso8583_message_find(&in)->word, YTAP_STATUS);
	pos_message_sign_off(&l, &j, (struct pos_told){ now, 7 }, &out);
	read_back();
	CHECK_I64("sign-off", iso8583_message_find(&in)->word, YTAP_SIGN_OFF);
	sam_close(sam);
}
