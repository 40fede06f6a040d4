/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/stock_testkit.h"

#include <stdio.h>

#define CARD                                                                                       \
	"SELECT chip || '|' || kind || '|' || state || '|' || place || '|' || number || '|' || "   \
	"day FROM kms_stock_card ORDER BY chip"
#define VOUCHER                                                                                    \
	"SELECT id || '|' || number || '|' || to_state || '|' || count FROM kms_stock_voucher "    \
	"ORDER BY id"
#define MOVE                                                                                       \
	"SELECT id || '|' || chip || '|' || from_state || '|' || to_state FROM kms_stock_move "    \
	"ORDER BY id"
#define DAY   "SELECT day || '|' || kind || '|' || counts FROM kms_stock_day ORDER BY day, kind"
#define AUDIT "SELECT 'audit ' || count(*) FROM kms_audit"

const struct db_statement stock_tables[] = {
	{ "card", CARD, CARD, 0 }, { "voucher", VOUCHER, VOUCHER, 0 }, { "move", MOVE, MOVE, 0 },
	{ "day", DAY, DAY, 0 },    { "audit", AUDIT, AUDIT, 0 },       { 0 },
};

struct stock_voucher stock_voucher_of(const char *number, enum stock_kind kind, enum stock_state to)
{
	struct stock_voucher v = { .kind = kind, .to = to };

	str_copy(str_of(number), v.number, sizeof v.number);
	str_copy(STR("张三"), v.giver, sizeof v.giver);
	str_copy(STR("李四"), v.taker, sizeof v.taker);
	str_copy(STR("月度处理"), v.reason, sizeof v.reason);
	if (to == STOCK_IS_SHREDDED) {
		str_copy(STR("王五"), v.signed_first, sizeof v.signed_first);
		str_copy(STR("赵六"), v.signed_second, sizeof v.signed_second);
	}
	return v;
}

const struct stock_item *stock_items(size_t first, size_t count, bool with_numbers)
{
	static struct stock_item items[STOCK_ITEMS_MAX + 1];
	static char chips[STOCK_ITEMS_MAX + 1][16], numbers[STOCK_ITEMS_MAX + 1][16];

	ASSERT(count <= ARRAY_LEN(items));
	for (size_t i = 0; i < count; i++) {
		snprintf(chips[i], sizeof chips[i], "CHIP%04u", (unsigned)(first + i) % 10000);
		snprintf(numbers[i], sizeof numbers[i], "5%09u", (unsigned)(first + i));
		items[i] = (struct stock_item){ str_of(chips[i]),
			                        str_of(with_numbers ? numbers[i] : "") };
	}
	return items;
}

static bool wants_numbers(const struct stock_voucher *v)
{
	return v->to == STOCK_IS_FINISHED && (v->kind == STOCK_PSAM || v->kind == STOCK_ISAM);
}

result stock_test_post(struct key_fixture *f, struct stock_voucher *v, size_t first, size_t count)
{
	const struct stock_item *items = stock_items(first, count, wants_numbers(v));

	if (v->to == STOCK_IS_RECEIVED)
		return KEY_CHANGE(f, stock_receive(act, v, items, count));
	if (v->to == STOCK_IS_SHREDDED)
		return KEY_CHANGE(f, stock_shred(act, v, items, count));
	return KEY_CHANGE(f, stock_move(act, v, items, count));
}
