/* SPDX-License-Identifier: Apache-2.0 */
/* The keyboard's arithmetic: sums of products, money times counts. */
#include "device/pos/pos_screen.h"

enum { AMOUNT_MAX_FEN = 9999999 }; /* 99,999.99 */

/* One product: at most one operand has a decimal point; without one the first is the money. */
static result product(struct str text, int64_t *fen)
{
	struct money value = { 0 };
	int64_t count = 1;
	bool have_money = false;
	struct str head, rest = text;

	for (bool more = true; more;) {
		uint64_t n;
		bool decimal;

		more = str_cut(rest, '*', &head, &rest);
		decimal = memchr(head.at, '.', head.len) != NULL;
		if (decimal && have_money)
			return FAIL(POS_AMOUNT, "two amounts in a product");
		if (decimal) {
			TRY(money_parse(head, &value));
			have_money = true;
			continue;
		}
		if (!is_ok(str_u64(head, &n)) || n > AMOUNT_MAX_FEN || count > AMOUNT_MAX_FEN)
			return FAIL(POS_AMOUNT, "not a number");
		count *= (int64_t)n;
	}
	if (!have_money)
		value.fen = 100;
	TRY(money_mul(value, count, &value));
	*fen = value.fen;
	return OK;
}

result pos_calculate(struct str keys, int64_t *fen)
{
	struct str head, rest = keys;
	int64_t sum = 0, one = 0;

	for (bool more = true; more;) {
		more = str_cut(rest, '+', &head, &rest);
		if (!is_ok(product(head, &one)) || one > AMOUNT_MAX_FEN)
			return FAIL(POS_AMOUNT, "\"" STR_FMT "\"", STR_ARG(keys));
		sum += one;
	}
	if (sum <= 0 || sum > AMOUNT_MAX_FEN)
		return FAIL(POS_AMOUNT, "out of range");
	*fen = sum;
	return OK;
}
