/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand in each field of a batch key file. */
#include "codec/ockx_lines.h"

/* --- what a field holds --- */

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.at[i]) && !(s.at[i] >= 'A' && s.at[i] <= 'F'))
			return false;
	return s.len % 2 == 0;
}

/* Letters, digits and, where asked for, one more. */
static bool is_word(struct str s, size_t most, char also)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_upper(s.at[i]) && !is_digit(s.at[i]) && s.at[i] != also)
			return false;
	return s.len >= 1 && s.len <= most;
}

static bool is_number(struct str s, size_t digits, uint64_t most)
{
	uint64_t n;

	return s.len <= digits && str_is_digits(s) && s.at[0] != '0' && is_ok(str_u64(s, &n)) &&
	       n <= most;
}

static bool is_magic(struct str s)
{
	return str_equal(s, STR("OCKX"));
}

static bool is_edition(struct str s)
{
	return str_equal(s, STR("1"));
}

static bool is_row_letter(struct str s)
{
	return str_equal(s, STR("K"));
}

static bool is_end_letter(struct str s)
{
	return str_equal(s, STR("E"));
}

static int two_digits(const char *at)
{
	return (at[0] - '0') * 10 + at[1] - '0';
}

/* "20261122T101500Z" */
static bool is_moment(struct str s)
{
	static const char shape[] = "00000000T000000Z";
	struct civil c;

	if (s.len != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (shape[i] == '0' ? !is_digit(s.at[i]) : s.at[i] != shape[i])
			return false;
	c = (struct civil){ two_digits(s.at) * 100 + two_digits(s.at + 2),
		            two_digits(s.at + 4),
		            two_digits(s.at + 6),
		            two_digits(s.at + 9),
		            two_digits(s.at + 11),
		            two_digits(s.at + 13) };
	return civil_is_valid(&c);
}

static bool is_code(struct str s)
{
	return is_word(s, OCKX_CODE_MAX, 'A');
}

static bool is_zmk(struct str s)
{
	return is_word(s, OCKX_ZMK_MAX, '.');
}

static bool is_check(struct str s)
{
	return is_hex(s) && s.len >= OCKX_CHECK_MIN && s.len <= OCKX_CHECK_MAX;
}

static bool is_block_version(struct str s)
{
	return s.len == 1 && (s.at[0] == 'B' || s.at[0] == 'D' || s.at[0] == '4');
}

static bool is_count(struct str s)
{
	return is_number(s, 5, OCKX_ROWS_MAX);
}

static bool is_key_version(struct str s)
{
	return s.len == 2 && str_is_digits(s) && !str_equal(s, STR("00"));
}

static bool is_usage(struct str s)
{
	return s.len == 2 && is_word(s, 2, 'A');
}

static bool is_algorithm(struct str s)
{
	return is_word(s, 1, 'A');
}

static bool is_bits(struct str s)
{
	return is_number(s, 4, 9999);
}

static bool is_day(struct str s)
{
	uint64_t n;

	if (s.len == 0)
		return true;
	return s.len == 8 && is_ok(str_u64(s, &n)) &&
	       bizdate_is_valid((struct bizdate){ (uint32_t)n });
}

static bool is_block(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~')
			return false;
	return s.len >= OCKX_BLOCK_MIN && s.len <= OCKX_BLOCK_MAX;
}

static bool is_mac(struct str s)
{
	return is_hex(s) && (s.len == OCKX_MAC_MAX || s.len == 2 * OCKX_MAC_MAX);
}

/* --- lines --- */

struct field {
	const char *name;
	bool (*fits)(struct str s);
	const char *rule;
};

static const char code_rule[] = "1 to 8 of A-Z and 0-9";
static const char check_rule[] = "6 to 16 hex digits in upper case";
static const char count_rule[] = "1 to 20000, without leading zeros";
static const char day_rule[] = "a day as yyyymmdd, or nothing";

static const struct field header_fields[] = {
	{ "mark", is_magic, "OCKX" },
	{ "edition", is_edition, "1" },
	{ "made", is_moment, "a moment as 20261122T101500Z" },
	{ "issuer", is_code, code_rule },
	{ "batch", is_code, code_rule },
	{ "zmk", is_zmk, "1 to 32 of A-Z, 0-9 and dots" },
	{ "zmk check value", is_check, check_rule },
	{ "block version", is_block_version, "B, D or 4" },
	{ "count", is_count, count_rule },
};
static const struct field row_fields[] = {
	{ "mark", is_row_letter, "K" },
	{ "number", is_count, count_rule },
	{ "product", is_code, code_rule },
	{ "key", is_code, code_rule },
	{ "version", is_key_version, "01 to 99" },
	{ "usage", is_usage, "two of A-Z and 0-9" },
	{ "algorithm", is_algorithm, "one of A-Z and 0-9" },
	{ "bits", is_bits, "1 to 9999, without leading zeros" },
	{ "check value", is_check, check_rule },
	{ "from", is_day, day_rule },
	{ "to", is_day, day_rule },
	{ "block", is_block, "16 to 9999 printable characters" },
};
static const struct field end_fields[] = {
	{ "mark", is_end_letter, "E" },
	{ "count", is_count, count_rule },
	{ "mac", is_mac, "16 or 32 hex digits in upper case" },
};
_Static_assert(ARRAY_LEN(row_fields) == OCKX_FIELDS_MAX, "rows have the most fields");

static const struct {
	const struct field *at;
	size_t count;
} lines[] = {
	[OCKX_HEADER] = { header_fields, ARRAY_LEN(header_fields) },
	[OCKX_ROW] = { row_fields, ARRAY_LEN(row_fields) },
	[OCKX_END] = { end_fields, ARRAY_LEN(end_fields) },
};

static result blame_line(const char *rule, struct ockx_fault *fault)
{
	fault->rule = rule;
	return FAIL(OCKX_FORM, "%s", rule);
}

result ockx_blame(enum ockx_kind kind, unsigned field, const char *rule, struct ockx_fault *fault)
{
	fault->field = field + 1;
	fault->name = lines[kind].at[field].name;
	fault->rule = rule ? rule : lines[kind].at[field].rule;
	return FAIL(OCKX_FORM, "%s", fault->rule);
}

result ockx_split(enum ockx_kind kind, struct str line, struct ockx_fields *out,
                  struct ockx_fault *fault)
{
	struct str rest = line;
	bool more = true;

	*out = (struct ockx_fields){ 0 };
	while (more && out->count < lines[kind].count)
		more = str_cut(rest, '|', &out->at[out->count++], &rest);
	if (more)
		return blame_line("more fields than the line has", fault);
	if (out->count < lines[kind].count)
		return blame_line("fewer fields than the line has", fault);
	for (unsigned i = 0; i < out->count; i++)
		if (!lines[kind].at[i].fits(out->at[i]))
			return ockx_blame(kind, i, NULL, fault);
	return OK;
}
