/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/key_label.h"

#include <stdio.h>

static bool is_code_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool key_code_is_valid(struct str code)
{
	for (size_t i = 0; i < code.len; i++)
		if (!is_code_character(code.at[i]))
			return false;
	return code.len >= 1 && code.len <= KEY_CODE_MAX;
}

static bool take_code(struct str *rest, char out[KEY_CODE_MAX + 1])
{
	struct str head;

	if (!str_cut(*rest, '.', &head, rest) || !key_code_is_valid(head))
		return false;
	str_copy(head, out, KEY_CODE_MAX + 1);
	return true;
}

result key_label_parse(struct str text, struct key_label *out)
{
	struct key_label l = { 0 };
	struct str rest = text;
	bool good = take_code(&rest, l.issuer) && take_code(&rest, l.product) &&
	            take_code(&rest, l.key);

	if (!good || rest.len != 2 || !str_is_digits(rest))
		return FAIL(KEY_LABEL, "a key is named ISSUER.PRODUCT.KEY.VERSION");
	l.version = (unsigned)(rest.at[0] - '0') * 10 + (unsigned)(rest.at[1] - '0');
	*out = l;
	return OK;
}

const char *key_label_text(const struct key_label *l, char out[KEY_LABEL_SIZE])
{
	snprintf(out, KEY_LABEL_SIZE, "%s.%s.%s.%02u", l->issuer, l->product, l->key,
	         l->version % 100);
	return out;
}

bool key_pattern_is_valid(struct str pattern)
{
	for (size_t i = 0; i < pattern.len; i++)
		if (!is_code_character(pattern.at[i]) && pattern.at[i] != '.' &&
		    pattern.at[i] != '*' && pattern.at[i] != ' ')
			return false;
	return pattern.len >= 1 && pattern.len <= KEY_PATTERN_MAX;
}

/* Linear in the length of both: only the last star is ever gone back to. */
static bool matches_one(struct str pattern, struct str label)
{
	size_t p = 0, l = 0, star = SIZE_MAX, from = 0;

	while (l < label.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			from = l;
		} else if (p < pattern.len && pattern.at[p] == label.at[l]) {
			p++;
			l++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			l = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

bool key_pattern_matches(struct str pattern, struct str label)
{
	struct str one, rest = pattern;
	bool more;

	do {
		more = str_cut(rest, ' ', &one, &rest);
		if (one.len && matches_one(one, label))
			return true;
	} while (more);
	return false;
}
