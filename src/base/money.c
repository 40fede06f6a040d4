/* SPDX-License-Identifier: Apache-2.0 */
#include "base/money.h"

#include <inttypes.h>
#include <stdio.h>

enum { RATE_WHOLE = 10000, RATE_MAX = 1000000 };

static result out_of_range(void)
{
	return FAIL(MONEY_OUT_OF_RANGE, "beyond 64 bits of fen");
}

result money_add(struct money a, struct money b, struct money *out)
{
	int64_t fen;

	if (__builtin_add_overflow(a.fen, b.fen, &fen))
		return out_of_range();
	out->fen = fen;
	return OK;
}

result money_sub(struct money a, struct money b, struct money *out)
{
	int64_t fen;

	if (__builtin_sub_overflow(a.fen, b.fen, &fen))
		return out_of_range();
	out->fen = fen;
	return OK;
}

result money_mul(struct money a, int64_t by, struct money *out)
{
	int64_t fen;

	if (__builtin_mul_overflow(a.fen, by, &fen))
		return out_of_range();
	out->fen = fen;
	return OK;
}

result money_mul_rate(struct money a, int64_t rate_bp, struct money *out)
{
	__int128 product, rounded;

	if (rate_bp < 0 || rate_bp > RATE_MAX)
		return FAIL(MONEY_OUT_OF_RANGE, "rate %" PRId64, rate_bp);
	product = (__int128)a.fen * rate_bp;
	rounded = (product + (product < 0 ? -RATE_WHOLE / 2 : RATE_WHOLE / 2)) / RATE_WHOLE;
	if (rounded > INT64_MAX || rounded < INT64_MIN)
		return out_of_range();
	out->fen = (int64_t)rounded;
	return OK;
}

/* Append `digits` to *fen, downwards when negative, so that INT64_MIN can be reached. */
static bool take_digits(struct str digits, bool is_negative, int64_t *fen)
{
	for (size_t i = 0; i < digits.len; i++) {
		int64_t digit = digits.at[i] - '0';

		if (__builtin_mul_overflow(*fen, 10, fen) ||
		    __builtin_add_overflow(*fen, is_negative ? -digit : digit, fen))
			return false;
	}
	return true;
}

result money_parse(struct str text, struct money *out)
{
	struct str yuan, cents, rest = text;
	bool       is_negative = text.len && text.at[0] == '-', has_point;
	int64_t    fen = 0;

	if (is_negative) {
		rest.at++;
		rest.len--;
	}
	has_point = str_cut(rest, '.', &yuan, &cents);
	if (!str_is_digits(yuan) || (has_point && (!str_is_digits(cents) || cents.len > 2)))
		return FAIL(MONEY_SYNTAX, "\"%.*s\"", (int)(text.len > 40 ? 40 : text.len), text.at);
	if (!take_digits(yuan, is_negative, &fen) || !take_digits(cents, is_negative, &fen))
		return out_of_range();
	for (size_t i = cents.len; i < 2; i++)
		if (__builtin_mul_overflow(fen, 10, &fen))
			return out_of_range();
	out->fen = fen;
	return OK;
}

static uint64_t magnitude(struct money m)
{
	return m.fen < 0 ? 0 - (uint64_t)m.fen : (uint64_t)m.fen;
}

const char *money_plain(struct money m, char out[MONEY_TEXT_SIZE])
{
	uint64_t fen = magnitude(m);

	snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%02" PRIu64, m.fen < 0 ? "-" : "", fen / 100, fen % 100);
	return out;
}

const char *money_text(struct money m, char out[MONEY_TEXT_SIZE])
{
	char     digits[24];
	uint64_t fen = magnitude(m);
	int      len = snprintf(digits, sizeof digits, "%" PRIu64, fen / 100), at;

	at = snprintf(out, MONEY_TEXT_SIZE, "%s\u00A5", m.fen < 0 ? "-" : "");
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	snprintf(out + at, (size_t)(MONEY_TEXT_SIZE - at), ".%02" PRIu64, fen % 100);
	return out;
}
