/* SPDX-License-Identifier: Apache-2.0 */
/* money.h — whole fen (分), checked arithmetic, one rounding rule. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct money {
	int64_t fen;
};

enum {
	MONEY_TEXT_SIZE = 32, /* for money_text */
};

/* Checked; MONEY_OUT_OF_RANGE and *out untouched on overflow. */
result money_add(struct money a, struct money b, struct money *out);
result money_sub(struct money a, struct money b, struct money *out);
result money_mul(struct money a, int64_t by, struct money *out);

/*
 * a × rate ÷ 10 000, half up to the fen (away from zero for negative amounts): the one rounding of the
 * house (reconciled.md, 10). rate in hundredths of a percent, 0…1 000 000.
 */
result money_mul_rate(struct money a, int64_t rate_bp, struct money *out);

/* "12", "12.5", "-0.07": what people write, at most two decimals. MONEY_SYNTAX, MONEY_OUT_OF_RANGE. */
result money_parse(struct str text, struct money *out);

/* "12.50", "-0.07": plain, for files. Returns out. */
const char *money_plain(struct money m, char out[MONEY_TEXT_SIZE]);
/* "¥1,234.50": for people, both languages. Returns out. */
const char *money_text(struct money m, char out[MONEY_TEXT_SIZE]);
