/* SPDX-License-Identifier: Apache-2.0 */
/* The words a till says, by code (ux section 7). */
#include "device/pos/pos_screen.h"

#include <inttypes.h>
#include <stdio.h>

struct text_row {
	char code[POS_CODE_SIZE];
	const char *zh, *en; /* to the customer; {b} balance, {d} short by, {n} tries, {x} cap */
	const char *hint_zh, *hint_en; /* to the clerk */
	enum pos_sound sound;
};

static const struct text_row rows[] = {
	{ "00", "成功 余额 {b}", "Paid. Balance {b}", "", "", POS_SOUND_PAID },
	{ "51", "余额不足 差 {d} 元", "Not enough: {d} short", "可到自助机或手机充值",
	  "Load at kiosk or phone", POS_SOUND_REFUSED },
	{ "41", "已挂失 请到卡务中心", "Card reported lost", "保持冷静 不要自行扣卡",
	  "Keep calm, do not seize the card", POS_SOUND_ALARM },
	{ "43", "请到卡务中心", "Please see the card office", "保持冷静 不要自行扣卡",
	  "Keep calm, do not seize the card", POS_SOUND_ALARM },
	{ "54", "卡已过期", "Card expired", "请到卡务中心办理", "Counter", POS_SOUND_REFUSED },
	{ "62", "此处不可使用", "Not valid here", "人员类别或终端规则限制",
	  "Group or terminal rule", POS_SOUND_REFUSED },
	{ "57", "此处不可使用", "Not valid here", "卡不允许此交易", "Not allowed for this card",
	  POS_SOUND_REFUSED },
	{ "58", "此处不可使用", "Not valid here", "终端不允许此交易", "Not allowed for this till",
	  POS_SOUND_REFUSED },
	{ "61", "超过单笔/当日限额", "Over limit", "可输入密码或手机确认",
	  "Password or phone confirm", POS_SOUND_REFUSED },
	{ "65", "次数已满", "Meal count used", "", "", POS_SOUND_REFUSED },
	{ "55", "密码错误 还可试 {n} 次", "Wrong PIN, {n} left", "", "", POS_SOUND_REFUSED },
	{ "75", "密码已锁定 请到卡务中心", "PIN locked, see the card office", "", "",
	  POS_SOUND_REFUSED },
	{ "94", "重复刷卡 未再扣款", "Repeated, not charged again", "查看上一笔",
	  "Show previous sale", POS_SOUND_NOTICE },
	{ "14", "无法识别的卡", "Unknown card", "重试 或按照片核对",
	  "Try again, then look up by photo", POS_SOUND_REFUSED },
	{ "90", "暂停营业", "Not open now", "非营业时段", "Meal period", POS_SOUND_NONE },
	{ "91", "脱机收款 上限 {x}", "Offline sale, max {x}", "未上传笔数见屏幕",
	  "Count of unsent is shown", POS_SOUND_NOTICE },
	{ "96", "未完成 请重新放回同一张卡", "Not finished: same card again", "10 秒后自动作废",
	  "Voided after 10 s", POS_SOUND_REPEAT },
};

static const struct text_row other = {
	"", "交易未成功 请到卡务中心", "Not done, see the card office", "", "", POS_SOUND_REFUSED
};

static const struct text_row *find(const char *code)
{
	const struct text_row *row;

	EACH (row, rows)
		if (strcmp(row->code, code) == 0)
			return row;
	return &other;
}

static void put(char *out, size_t *len, struct str s)
{
	size_t room = POS_LINE_SIZE - 1 - *len, n = s.len < room ? s.len : room;

	memcpy(out + *len, s.at, n);
	*len += n;
	out[*len] = '\0';
}

static void put_value(char name, const struct pos_input *in, const struct pos_screen_facts *facts,
                      char *out, size_t *len)
{
	char text[MONEY_TEXT_SIZE] = "";

	if (name == 'b' && in->outcome.has_balance)
		money_text((struct money){ in->outcome.balance_fen }, text);
	else if (name == 'd' && in->short_fen > 0)
		money_plain((struct money){ in->short_fen }, text);
	else if (name == 'x')
		money_text((struct money){ facts->offline_cap_fen }, text);
	else if (name == 'n' && in->pin_left >= 0)
		snprintf(text, sizeof text, "%d", in->pin_left);
	put(out, len, *text ? str_of(text) : STR("–"));
}

void pos_text_customer(enum pos_language language, const struct pos_input *in,
                       const struct pos_screen_facts *facts, char out[POS_LINE_SIZE])
{
	const struct text_row *row = find(in->outcome.code);
	const char *from = language == POS_CHINESE ? row->zh : row->en;
	size_t len = 0;

	*out = '\0';
	while (*from) {
		size_t plain = strcspn(from, "{");

		put(out, &len, (struct str){ from, plain });
		from += plain;
		if (*from == '{') {
			put_value(from[1], in, facts, out, &len);
			from += 3;
		}
	}
}

const char *pos_text_hint(enum pos_language language, const char *code)
{
	const struct text_row *row = find(code);

	return language == POS_CHINESE ? row->hint_zh : row->hint_en;
}

enum pos_sound pos_text_sound(const char *code)
{
	return find(code)->sound;
}
