/* SPDX-License-Identifier: Apache-2.0 */
#include "device/pos/pos_screen.h"

#include <stdio.h>

#include "harness/test.h"

static const struct pos_screen_facts facts = {
	.school_zh = "示范大学",
	.school_en = "Demo University",
	.online = true,
	.fixed_fen = { 300, 500, 0 },
	.offline_allowed = true,
	.offline_cap_fen = 3000,
};

/*
 * A story: letters are inputs, a word in <> is the state expected then. Digits and . + * are keys;
 * b clear one, a clear all, e enter, f g h fixed prices, v void; A B a card laid down, _ card gone;
 * y paid, n refused (51), p over limit with PIN, r reversed; number in () waits so many ms; ! a
 * wish to pay, V to void, C to cancel follows.
 */
struct story {
	struct pos_screen s;
	int64_t now;
	enum pos_wish wish;
};

static void give(struct story *t, struct pos_input in)
{
	enum pos_wish wish = pos_screen_step(&t->s, &in, t->now);

	if (wish != POS_WISH_NONE)
		t->wish = wish;
}

static enum pos_key key_of(char c)
{
	static const char letters[] = "0123456789.+*baefghv";
	const char *at = strchr(letters, c);
	static const enum pos_key keys[] = {
		POS_KEY_0,       POS_KEY_1,         POS_KEY_2,         POS_KEY_3,
		POS_KEY_4,       POS_KEY_5,         POS_KEY_6,         POS_KEY_7,
		POS_KEY_8,       POS_KEY_9,         POS_KEY_POINT,     POS_KEY_PLUS,
		POS_KEY_TIMES,   POS_KEY_CLEAR_ONE, POS_KEY_CLEAR_ALL, POS_KEY_ENTER,
		POS_KEY_FIXED_1, POS_KEY_FIXED_2,   POS_KEY_FIXED_3,   POS_KEY_VOID,
	};

	ASSERT(at && *at);
	return keys[at - letters];
}

static void result_of(struct story *t, char c)
{
	struct pos_input in = { .kind = POS_INPUT_RESULT,
		                .pin_left = -1,
		                .outcome = { .code = "51" } };

	in.outcome.approved = c == 'y';
	in.reversed = c == 'r';
	in.pin_would_help = c == 'p';
	if (c == 'y')
		memcpy(in.outcome.code, "00", 3);
	if (c == 'p')
		memcpy(in.outcome.code, "61", 3);
	give(t, in);
}

static void one(struct story *t, char c, const char *name)
{
	if (c == 'A' || c == 'B') {
		struct pos_input in = { .kind = POS_INPUT_CARD };

		memset(in.card_no, c == 'A' ? '1' : '2', 16);
		give(t, in);
	} else if (c == '_') {
		give(t, (struct pos_input){ .kind = POS_INPUT_CARD_GONE });
	} else if (strchr("ynpr", c)) {
		result_of(t, c);
	} else if (c == '!' || c == 'V' || c == 'C') {
		CHECK_I64(name, t->wish,
		          c == '!'   ? POS_WISH_PAY
		          : c == 'V' ? POS_WISH_VOID
		                     : POS_WISH_CANCEL);
		t->wish = POS_WISH_NONE;
	} else {
		give(t, (struct pos_input){ .kind = POS_INPUT_KEY, .key = key_of(c) });
	}
}

static void run_story(const char *name, const char *text)
{
	struct story t = { .now = 1000000 };
	char want[32];
	int wait, used;

	pos_screen_init(&t.s, POS_ENGLISH, &facts);
	while (*text) {
		if (sscanf(text, "<%31[^>]>%n", want, &used) == 1) {
			CHECK_STR(name, pos_screen_state_name(t.s.state), want);
			text += used;
		} else if (sscanf(text, "(%d)%n", &wait, &used) == 1) {
			t.now += wait;
			give(&t, (struct pos_input){ .kind = POS_INPUT_TICK });
			text += used;
		} else {
			one(&t, *text++, name);
		}
	}
	CHECK_I64(name, t.wish, POS_WISH_NONE);
}

TEST(screen_goes_through_the_states_of_the_till)
{
	static const struct {
		const char *name, *story;
	} rows[] = {
		{ "a sale of 12.50 in six presses", "<idle>12.50e<armed>A!<reading>y<paid>_(3000)<idle>" },
		{ "paid is shown long enough", "5eA!y(1999)<paid>(1001)<idle>" },
		{ "clear one, clear all", "12b<amount>b<idle>12a<idle>" },
		{ "enter without an amount", "0e<amount>a<idle>" },
		{ "armed gives up after 30 s", "5e<armed>(29999)<armed>(1)<amount>e<armed>" },
		{ "no card is taken without an amount", "A<idle>5e!<reading>y" },
		{ "one card lying there is charged once", "5eA!y(3000)<idle>6e<armed>AAA<armed>_A" "<again>a" },
		{ "the same card within 5 s asks", "5eA!y_6eA<again>e!<reading>y" },
		{ "clearing the question", "5eA!y_6eA<again>a<idle>" },
		{ "another card does not ask", "5eA!y_6eB!<reading>y" },
		{ "the same card after 5 s", "5eA!y_(5000)6eA!y" },
		{ "fixed price: no press", "f<armed>A!y(3000)<armed>_B!y<paid>_A<reading>!y" },
		{ "fixed price, the card stays", "f<armed>A!y(3000)<armed>(1000)<armed>" },
		{ "fixed price key without a price", "h<idle>" },
		{ "fixed price cleared", "f<armed>a<idle>" },
		{ "refused, other card", "5eA!n<refused>_B!y<paid>" },
		{ "refused, cleared", "5eA!n<refused>a<idle>" },
		{ "refused, back to the amount", "5eA!n<refused>b<amount>e<armed>" },
		{ "PIN", "5eA!p<confirm>12<confirm>e<confirm>34e!<reading>y<paid>" },
		{ "PIN cancelled", "5eA!p<confirm>12a<idle>" },
		{ "PIN takes 90 s at most", "5eA!p(89999)<confirm>(1)<amount>" },
		{ "interrupted, same card", "5eA!r<interrupted>_A!<reading>y<paid>" },
		{ "interrupted, other card", "5eA!r<interrupted>_B<interrupted>(10000)<idle>" },
		{ "void", "5eA!yv<void>eV<reading>y<paid>(3000)<idle>" },
		{ "void refused", "v<void>eVn<refused>(3000)<idle>" },
		{ "void given up", "v<void>a<idle>" },
		{ "cancel while reading", "5eA!<reading>aC<reading>r<interrupted>" },
		{ "keys while reading do nothing", "5eA!<reading>123ev<reading>y" },
		{ "next amount during paid", "5eA!y<paid>7<amount>" },
	}, *row;

	EACH (row, rows)
		run_story(row->name, row->story);
}

TEST(screen_calculates_as_the_keyboard_does)
{
	static const struct {
		const char *keys;
		enum result_code code;
		int64_t fen;
	} rows[] = {
		{ "12.50", SUCCESS, 1250 },     { "12.5+3", SUCCESS, 1550 },   { "2.5*3", SUCCESS, 750 },
		{ "3*2.5+1", SUCCESS, 850 },    { "3*4", SUCCESS, 1200 },      { "0.01", SUCCESS, 1 },
		{ ".5", POS_AMOUNT, 0 },        { "", POS_AMOUNT, 0 },         { "0", POS_AMOUNT, 0 },
		{ "+", POS_AMOUNT, 0 },         { "5+", POS_AMOUNT, 0 },       { "1.5*1.5", POS_AMOUNT, 0 },
		{ "1.234", POS_AMOUNT, 0 },     { "99999.99", SUCCESS, 9999999 }, { "100000", POS_AMOUNT, 0 },
		{ "9999999*9999999*99999", POS_AMOUNT, 0 }, { "0*5+1", SUCCESS, 100 },
		{ "99999999999999999999", POS_AMOUNT, 0 },
	}, *row;

	EACH (row, rows) {
		int64_t fen = 0;

		CHECK_RESULT(row->keys, pos_calculate(str_of(row->keys), &fen), row->code);
		CHECK_I64(row->keys, fen, row->fen);
	}
}

TEST(screen_says_the_words_of_each_code)
{
	static const struct {
		const char *code, *zh, *en;
		enum pos_sound sound;
	} rows[] = {
		{ "00", "成功 余额 ¥87.50", "Paid. Balance ¥87.50", POS_SOUND_PAID },
		{ "51", "余额不足 差 3.20 元", "Not enough: 3.20 short", POS_SOUND_REFUSED },
		{ "41", "已挂失 请到卡务中心", "Card reported lost", POS_SOUND_ALARM },
		{ "55", "密码错误 还可试 2 次", "Wrong PIN, 2 left", POS_SOUND_REFUSED },
		{ "91", "脱机收款 上限 ¥30.00", "Offline sale, max ¥30.00", POS_SOUND_NOTICE },
		{ "Z9", "交易未成功 请到卡务中心", "Not done, see the card office", POS_SOUND_REFUSED },
	}, *row;

	EACH (row, rows) {
		struct pos_input in = { .kind = POS_INPUT_RESULT, .short_fen = 320, .pin_left = 2 };
		char text[POS_LINE_SIZE];

		in.outcome = (struct pos_outcome){ .balance_fen = 8750, .has_balance = true };
		snprintf(in.outcome.code, sizeof in.outcome.code, "%s", row->code);
		pos_text_customer(POS_CHINESE, &in, &facts, text);
		CHECK_STR(row->code, text, row->zh);
		pos_text_customer(POS_ENGLISH, &in, &facts, text);
		CHECK_STR(row->code, text, row->en);
		CHECK_I64(row->code, pos_text_sound(row->code), row->sound);
	}
}

TEST(screen_shows_each_side_its_own)
{
	struct pos_screen s;
	struct pos_view view;
	struct pos_input card = { .kind = POS_INPUT_CARD, .card_no = "9119623000100001" };

	pos_screen_init(&s, POS_CHINESE, &facts);
	pos_screen_view(&s, &view);
	CHECK_STR("customer", view.customer[0], "示范大学");
	CHECK(!view.orange && !view.light);
	pos_screen_step(&s, &(struct pos_input){ .kind = POS_INPUT_KEY, .key = POS_KEY_5 }, 0);
	pos_screen_step(&s, &(struct pos_input){ .kind = POS_INPUT_KEY, .key = POS_KEY_ENTER }, 0);
	pos_screen_view(&s, &view);
	CHECK_STR("customer", view.customer[1], "请刷卡");
	CHECK(view.light);
	pos_screen_step(&s, &card, 0);
	pos_screen_step(&s,
	                &(struct pos_input){ .kind = POS_INPUT_RESULT,
	                                     .outcome = { .code = "00", .approved = true } },
	                0);
	pos_screen_view(&s, &view);
	CHECK_STR("card is masked", view.clerk[3], "卡 ************0001");
	s.facts.online = false;
	s.facts.unsent = 7;
	pos_screen_view(&s, &view);
	CHECK_STR("offline bar", view.clerk[0], "■ 脱机 上限 ¥30.00  未上传 7");
	CHECK(view.orange);
	pos_screen_step(&s, &(struct pos_input){ .kind = POS_INPUT_FAULT, .reason = "journal" }, 0);
	pos_screen_view(&s, &view);
	CHECK_STR("fault", view.customer[0], "设备故障 请换窗口");
}

TEST(screen_forgets_the_pin)
{
	struct story t = { .now = 0 };

	pos_screen_init(&t.s, POS_ENGLISH, &facts);
	for (const char *c = "5eAp1234"; *c; c++)
		one(&t, *c, "");
	CHECK_STR("there while it is needed", t.s.pin, "1234");
	one(&t, 'e', "");
	one(&t, 'n', "");
	CHECK_STR("gone", t.s.pin, "");
}
