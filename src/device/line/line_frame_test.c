/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of many lines at once are what each would be alone. */
#include "harness/test.h"

#include "device/line/line_frame.h"

enum { LINES = 45 };

static const struct passphrase_cost cheap = { 1, 8 };

struct lines {
	struct sam *sam;
	struct line line[LINES];
	struct line_packed packed[LINES];
	struct line_frame frames[LINES];
	uint8_t bytes[LINES][LINE_FRAME_ROOM];
	struct iso8583_out out;
	struct iso8583 in;
};

static struct lines *open_lines(void)
{
	static struct lines l;
	struct sam_identity id = { .sam_no = { 1 },
		                   .node_id = "40010007",
		                   .merchant = "YKT300100000042",
		                   .key_version = 1,
		                   .suites = { SUITE_AES, SUITE_SM4 },
		                   .suite_count = 2 };
	struct secret tik = { .len = SAM_KEY_LEN };
	uint8_t file[SAM_FILE_MAX];
	struct writer w = writer_of(file, sizeof file);

	l = (struct lines){ 0 };
	CHECK_OK(sam_seal(&id, &tik, STR("words enough"), cheap, random_system(), &w));
	CHECK_OK(sam_unseal(writer_bytes(&w), STR("words enough"), &l.sam));
	for (uint32_t i = 0; i < LINES; i++) {
		struct line *line = &l.line[i];
		uint8_t key[SUITE_KEY_SIZE] = { (uint8_t)i };

		line_init(line, l.sam, i % 3 ? SUITE_SM4 : SUITE_AES, random_system());
		line->session = 100 + i;
		line->state = LINE_READY;
		line->plain = i % 11 == 10;
		CHECK_OK(mac_key_init_suite(&line->mac, line->suite, key));
		key[1] = 1;
		CHECK_OK(envelope_key_init(&line->envelope, line->suite, key, line->session));
	}
	return &l;
}

static void close_lines(struct lines *l)
{
	for (size_t i = 0; i < LINES; i++)
		line_deinit(&l->line[i]);
	sam_close(l->sam);
}

static void begin_sale(struct lines *l, size_t i)
{
	struct line_request r = { .word = YTAP_PURCHASE,
		                  .tsn = i + 1,
		                  .card_no = STR("180001"),
		                  .amount = { (int64_t)i * 1000 },
		                  .at = { 1788235501000000 },
		                  .day = { 20260901 },
		                  .entry_mode = 0x072 };

	line_request(&l->line[i], &r, false, &l->out);
}

TEST(line_packs_many_as_it_packs_one)
{
	struct lines *l = open_lines();
	uint8_t alone[LINE_FRAME_ROOM];
	size_t len;

	for (size_t i = 0; i < LINES; i++) {
		begin_sale(l, i);
		CHECK_OK(line_pack_later(&l->line[i], &l->out, l->bytes[i], LINE_FRAME_ROOM,
		                         &l->packed[i]));
	}
	line_finish_many(l->packed, LINES);
	for (size_t i = 0; i < LINES; i++) {
		CHECK_I64("counter", l->line[i].send_counter, !l->line[i].plain);
		l->line[i].send_counter = 0;
		begin_sale(l, i);
		CHECK_OK(line_pack(&l->line[i], &l->out, alone, sizeof alone, &len));
		CHECK_BYTES("", bytes_of(l->bytes[i], l->packed[i].len), bytes_of(alone, len));
	}
	close_lines(l);
}

enum reply_kind { RIGHT, WRONG_TAG, WRONG_MAC, NO_MAC, OTHER_SESSION, RECORDED, KINDS };

static enum line_event expected(const struct line *line, enum reply_kind kind)
{
	static const enum line_event events[KINDS] = { LINE_REPLY, LINE_NOTHING, LINE_NOTHING,
		                                       LINE_HINT,  LINE_NOTHING, LINE_NOTHING };

	return line->plain ? LINE_NOTHING : events[kind];
}

/* The host's answer. */
static void make_reply(struct lines *l, size_t i, enum reply_kind kind)
{
	struct line *line = &l->line[i];
	uint8_t *at = l->bytes[i], *body = at + LINE_HEAD, f64[F64_SIZE];
	size_t len;

	iso8583_begin(&l->out, ISO8583_B, 0x0210);
	iso8583_set_i64(&l->out, F_STAN, (int64_t)i + 1);
	iso8583_set_str(&l->out, F_RESPONSE, STR("00"));
	CHECK_OK(iso8583_build(&l->out, kind != NO_MAC, body + ENVELOPE_SEC, 900, &len));
	mac_f64(&line->mac, bytes_of(body + ENVELOPE_SEC, len - F64_SIZE), f64);
	f64[0] ^= kind == WRONG_MAC;
	if (kind != NO_MAC)
		memcpy(body + ENVELOPE_SEC + len - F64_SIZE, f64, F64_SIZE);
	l->frames[i] = (struct line_frame){
		.line = line,
		.at = at,
		.len = line_put_head(line, FRAME_SEALED, len + ENVELOPE_EXTRA, at),
	};
	envelope_seal(&line->envelope, ENVELOPE_TO_NODE, kind == RECORDED ? 5 : 6,
	              body - FRAME_HDR_SIZE, body, len);
	body[ENVELOPE_SEC + len] ^= kind == WRONG_TAG;
	body[7] ^= kind == OTHER_SESSION;
	line->receive_counter = 5;
}

TEST(line_opens_many_and_each_by_its_own_merit)
{
	struct lines *l = open_lines();
	struct line_greeting g = { .software = STR("test") };
	uint8_t reply[LINE_FRAME_ROOM];

	for (size_t i = 0; i < LINES; i++)
		make_reply(l, i, (enum reply_kind)(i % KINDS));
	for (int alone = 0; alone < 2; alone++) {
		struct writer out = writer_of(reply, sizeof reply);

		if (!alone)
			line_open_many(l->frames, LINES);
		for (size_t i = 0; i < LINES; i++) {
			struct line_input in;

			if (alone)
				make_reply(l, i, (enum reply_kind)(i % KINDS));
			in = alone ? line_receive(&l->line[i], &g, l->bytes[i], l->frames[i].len,
			                          &l->in, &out)
			           : line_receive_opened(&l->frames[i], &g, &l->in, &out);
			CHECK_I64(alone ? "alone" : "together", in.event,
			          expected(&l->line[i], (enum reply_kind)(i % KINDS)));
		}
	}
	close_lines(l);
}

/* The same frame twice, and a session that ended in between. */
TEST(line_takes_frames_opened_together_one_after_the_other)
{
	struct lines *l = open_lines();
	struct line_greeting g = { .software = STR("test") };
	uint8_t reply[LINE_FRAME_ROOM];
	struct writer out = writer_of(reply, sizeof reply);

	make_reply(l, 1, RIGHT);
	l->frames[2] = l->frames[1];
	l->frames[2].at = l->bytes[2];
	memcpy(l->bytes[2], l->bytes[1], sizeof l->bytes[2]);
	make_reply(l, 4, RIGHT);
	l->frames[3] = l->frames[4];
	line_open_many(l->frames + 1, 3);
	CHECK_I64("first", line_receive_opened(&l->frames[1], &g, &l->in, &out).event, LINE_REPLY);
	CHECK_I64("again", line_receive_opened(&l->frames[2], &g, &l->in, &out).event,
	          LINE_NOTHING);
	l->line[4].session++;
	CHECK_I64("of another session", line_receive_opened(&l->frames[3], &g, &l->in, &out).event,
	          LINE_NOTHING);
	close_lines(l);
}
