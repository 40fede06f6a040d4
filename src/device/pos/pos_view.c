/* SPDX-License-Identifier: Apache-2.0 */
/* What the two sides of the till show in each state (ux 11.2). */
#include <stdarg.h>
#include <stdio.h>

#include "device/pos/pos_screen.h"

struct pane {
	char (*lines)[POS_LINE_SIZE];
	size_t count;
};

static void line(struct pane *p, const char *format, ...) ATTR_PRINTF(2, 3);

static void line(struct pane *p, const char *format, ...)
{
	va_list args;

	if (p->count == POS_LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(p->lines[p->count++], POS_LINE_SIZE, format, args);
	va_end(args);
}

static const char *say(const struct pos_screen *s, const char *zh, const char *en)
{
	return s->language == POS_CHINESE ? zh : en;
}

/* The customer never needs the whole number, and the queue must not read it. */
static const char *masked(const char *card_no, char out[POS_CARD_NO_SIZE])
{
	size_t len = strlen(card_no);

	for (size_t i = 0; i <= len; i++)
		out[i] = card_no[i] == '\0' || i + 4 >= len ? card_no[i] : '*';
	return out;
}

static void clerk_standing(const struct pos_screen *s, struct pane *p)
{
	const struct pos_screen_facts *f = &s->facts;
	char takings[MONEY_TEXT_SIZE], cap[MONEY_TEXT_SIZE], last[MONEY_TEXT_SIZE];

	if (f->online)
		line(p, "%s  %s %zu", say(s, "联机", "Online"), say(s, "未上传", "unsent"),
		     f->unsent);
	else
		line(p, "%s %s  %s %zu", say(s, "■ 脱机 上限", "■ OFFLINE max"),
		     f->offline_allowed ? money_text((struct money){ f->offline_cap_fen }, cap)
		                        : say(s, "不允许收款", "no sales"),
		     say(s, "未上传", "unsent"), f->unsent);
	line(p, "%s %s  %s %u  %s %s", say(s, "上笔", "Last"),
	     money_text((struct money){ s->last_sale_fen }, last), say(s, "笔数", "Count"),
	     f->sales, say(s, "营业额", "Takings"),
	     money_text((struct money){ f->takings_fen }, takings));
}

static void clerk(const struct pos_screen *s, struct pane *p)
{
	char amount[MONEY_TEXT_SIZE], balance[MONEY_TEXT_SIZE], card[POS_CARD_NO_SIZE],
	        words[POS_LINE_SIZE];

	clerk_standing(s, p);
	money_text((struct money){ s->amount_fen }, amount);
	switch (s->state) {
	case POS_SCREEN_CLOSED:
		line(p, "%s %s", say(s, "暂停营业", "Closed"), s->reason);
		break;
	case POS_SCREEN_IDLE:
		line(p, "%s", say(s, "请输入金额", "Key in an amount"));
		break;
	case POS_SCREEN_AMOUNT:
		line(p, "%s", s->keys);
		break;
	case POS_SCREEN_ARMED:
		line(p, "%s %s", say(s, "等待刷卡", "Waiting for a card"), amount);
		break;
	case POS_SCREEN_AGAIN:
		line(p, "%s %s",
		     say(s, "同一张卡刚付过, 确认再付?", "This card has just paid. Again?"),
		     amount);
		break;
	case POS_SCREEN_READING:
		line(p, "%s %s", say(s, "处理中", "In progress"), amount);
		break;
	case POS_SCREEN_PAID:
		line(p, "%s %s  %s %s", say(s, "成功", "Paid"), amount, say(s, "余额", "Balance"),
		     s->shown.outcome.has_balance
		             ? money_text((struct money){ s->shown.outcome.balance_fen }, balance)
		             : "–");
		line(p, "%s %s", say(s, "卡", "Card"), masked(s->last_card, card));
		break;
	case POS_SCREEN_REFUSED:
		pos_text_customer(s->language, &s->shown, &s->facts, words);
		line(p, "%s  [%s]", words, s->shown.outcome.code);
		line(p, "%s", pos_text_hint(s->language, s->shown.outcome.code));
		break;
	case POS_SCREEN_CONFIRM:
		line(p, "%s %s", say(s, "等待顾客输入密码", "Customer keys in the PIN"), amount);
		break;
	case POS_SCREEN_INTERRUPTED:
		line(p, "%s", say(s, "请重新放回同一张卡", "Same card again"));
		break;
	case POS_SCREEN_VOID:
		money_text((struct money){ s->last_sale_fen }, amount);
		line(p, "%s %s", say(s, "撤销上一笔, 确认?", "Void the last sale?"), amount);
		break;
	case POS_SCREEN_FAULT:
		line(p, "%s %s", say(s, "设备故障", "Fault"), s->reason);
		break;
	case POS_SCREEN_STATES:
		break;
	}
}

static void customer(const struct pos_screen *s, struct pane *p)
{
	char amount[MONEY_TEXT_SIZE], words[POS_LINE_SIZE];

	money_text((struct money){ s->amount_fen }, amount);
	switch (s->state) {
	case POS_SCREEN_CLOSED:
		line(p, "%s", say(s, "暂停营业", "Closed"));
		break;
	case POS_SCREEN_IDLE:
		line(p, "%s", say(s, s->facts.school_zh, s->facts.school_en));
		break;
	case POS_SCREEN_AMOUNT:
		line(p, "%s", s->keys);
		break;
	case POS_SCREEN_ARMED:
	case POS_SCREEN_AGAIN:
		line(p, "%s", amount);
		line(p, "%s", say(s, "请刷卡", "Please present your card"));
		break;
	case POS_SCREEN_READING:
		line(p, "%s", amount);
		line(p, "%s", say(s, "请勿移开", "Do not remove the card"));
		break;
	case POS_SCREEN_PAID:
	case POS_SCREEN_REFUSED:
		line(p, "%s", amount);
		pos_text_customer(s->language, &s->shown, &s->facts, words);
		line(p, "%s", words);
		break;
	case POS_SCREEN_CONFIRM:
		line(p, "%s", amount);
		line(p, "%s %.*s", say(s, "请输入密码", "Key in your PIN"), (int)s->pin_len,
		     "************");
		break;
	case POS_SCREEN_INTERRUPTED:
		line(p, "%s", say(s, "未完成 请重新放回同一张卡", "Not finished: same card again"));
		break;
	case POS_SCREEN_VOID:
		money_text((struct money){ s->last_sale_fen }, amount);
		line(p, "%s %s", say(s, "退款", "Refund"), amount);
		break;
	case POS_SCREEN_FAULT:
		line(p, "%s", say(s, "设备故障 请换窗口", "Out of order, please use another till"));
		break;
	case POS_SCREEN_STATES:
		break;
	}
	if (!s->facts.online && s->facts.offline_allowed && s->state != POS_SCREEN_FAULT)
		line(p, "%s", say(s, "脱机收款", "Offline sale"));
}

void pos_screen_view(const struct pos_screen *s, struct pos_view *out)
{
	struct pane left = { out->clerk, 0 }, right = { out->customer, 0 };

	memset(out, 0, sizeof *out);
	clerk(s, &left);
	customer(s, &right);
	out->sound = s->sound;
	out->light = s->state == POS_SCREEN_ARMED || s->state == POS_SCREEN_INTERRUPTED;
	out->orange = !s->facts.online;
}
