/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/ipk/scan.h"

#include "codec/ipk/profile.h"

enum {
	QUOTE_MAX = 40,   /* bytes of the input that a message repeats */
	NUMBER_MAX = 999, /* in a slice */
	TERMS_MAX = 8,
};

static int quoted(struct str s)
{
	return (int)(s.len > QUOTE_MAX ? QUOTE_MAX : s.len);
}

/* --- words --- */

void scan_begin(struct scan *s, struct str line)
{
	s->line++;
	s->column = 1;
	s->text = line;
	s->at = 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool scan_word(struct scan *s, struct str *word)
{
	size_t from;

	while (s->at < s->text.len && is_blank(s->text.at[s->at]))
		s->at++;
	from = s->at;
	s->column = (int)from + 1;
	if (from == s->text.len || s->text.at[from] == '#')
		return false;
	while (s->at < s->text.len && !is_blank(s->text.at[s->at]))
		s->at++;
	*word = (struct str){ s->text.at + from, s->at - from };
	return true;
}

result scan_need(struct scan *s, const char *what, struct str *word)
{
	return scan_word(s, word) ? OK : SCAN_FAIL(s, "%s is missing", what);
}

result scan_word_is(struct scan *s, const char *want)
{
	struct str word;

	if (!scan_word(s, &word) || !str_equal(word, str_of(want)))
		return SCAN_FAIL(s, "%s is wanted here", want);
	return OK;
}

result scan_known(struct scan *s, struct str word, const char *const *known, size_t count,
                  size_t *number)
{
	const char *near;

	for (size_t i = 0; i < count; i++) {
		if (!str_equal(word, str_of(known[i])))
			continue;
		*number = i;
		return OK;
	}
	near = ipk_nearest(word, known, count);
	return SCAN_FAIL(s, "unknown name %.*s%s%s", quoted(word), word.at,
	                 near ? ", did you mean " : "", near ? near : "");
}

result scan_choice(struct scan *s, const char *const *known, size_t count, size_t *number)
{
	struct str word;

	TRY(scan_need(s, known[0], &word));
	return scan_known(s, word, known, count, number);
}

result scan_name(struct scan *s, struct str word, unsigned allowed, enum ipk_name *name)
{
	const char *known[IPK_NAMES];
	size_t number;

	for (unsigned i = 0; i < IPK_NAMES; i++)
		known[i] = ipk_name_text((enum ipk_name)i);
	TRY(scan_known(s, word, known, IPK_NAMES, &number));
	if (!(allowed >> number & 1))
		return SCAN_FAIL(s, "%s has no place here", known[number]);
	*name = (enum ipk_name)number;
	return OK;
}

/* --- fields --- */

/* One number or name of a sum, in front of the next sign. */
static result read_term(struct scan *s, struct str term, int sign, struct ipk_sum *out)
{
	uint64_t number;
	enum ipk_name name;

	if (str_is_digits(term)) {
		if (!is_ok(str_u64(term, &number)) || number > NUMBER_MAX)
			return SCAN_FAIL(s, "a number over %d", NUMBER_MAX);
		out->constant += sign * (int)number;
		return OK;
	}
	TRY(scan_name(s, term, 1u << IPK_NI | 1u << IPK_EL, &name));
	*(name == IPK_NI ? &out->ni : &out->el) += sign;
	return OK;
}

static result read_sum(struct scan *s, struct str text, struct ipk_sum *out)
{
	int sign = 1;

	*out = (struct ipk_sum){ 0 };
	for (size_t terms = 0; terms < TERMS_MAX; terms++) {
		size_t len = 0;

		while (len < text.len && text.at[len] != '+' && text.at[len] != '-')
			len++;
		TRY(read_term(s, (struct str){ text.at, len }, sign, out));
		if (len == text.len)
			return OK;
		sign = text.at[len] == '-' ? -1 : 1;
		text = (struct str){ text.at + len + 1, text.len - len - 1 };
	}
	return SCAN_FAIL(s, "a sum of more than %d", TERMS_MAX);
}

/* N[from:to] */
static result read_slice(struct scan *s, struct str name, struct str inside, struct ipk_field *out)
{
	struct str from, to;

	if (!inside.len || inside.at[inside.len - 1] != ']' ||
	    !str_cut((struct str){ inside.at, inside.len - 1 }, ':', &from, &to))
		return SCAN_FAIL(s, "%s", "a part is written N[from:to]");
	out->kind = IPK_SLICE;
	TRY(scan_name(s, name, 1u << IPK_N, &out->name));
	TRY(read_sum(s, from, &out->from));
	return read_sum(s, to, &out->to);
}

static bool read_literal(struct str word, struct ipk_field *out)
{
	out->kind = IPK_LITERAL;
	out->len = (uint8_t)(word.len / 2);
	return word.len && word.len / 2 <= IPK_LITERAL_MAX && ipk_name_of(word) == IPK_NAMES &&
	       is_ok(hex_decode(word, out->literal, word.len / 2));
}

static result read_field(struct scan *s, struct str word, unsigned allowed, unsigned forms,
                         struct ipk_field *out)
{
	struct str name, inside;

	if (read_literal(word, out))
		return OK;
	*out = (struct ipk_field){ .kind = IPK_WHOLE };
	if (forms & SCAN_SLICES && str_cut(word, '[', &name, &inside))
		return read_slice(s, name, inside, out);
	if (forms & SCAN_PARTS && str_equal(word, STR("plain"))) {
		out->kind = IPK_PLAIN;
		return OK;
	}
	if (forms & SCAN_PARTS && str_equal(word, STR("block-before-HASH"))) {
		out->kind = IPK_BLOCK;
		return OK;
	}
	return scan_name(s, word, allowed, &out->name);
}

result scan_fields(struct scan *s, unsigned allowed, unsigned forms, struct ipk_fields *out)
{
	bool is_joined = true; /* nothing is left open by a + */
	struct str word;

	while (scan_word(s, &word)) {
		is_joined = !(forms & SCAN_PARTS && out->count && str_equal(word, STR("+")));
		if (!is_joined)
			continue;
		if (out->count == IPK_FIELDS_MAX)
			return SCAN_FAIL(s, "more than %d fields", IPK_FIELDS_MAX);
		TRY(read_field(s, word, allowed, forms, &out->at[out->count]));
		out->count++;
	}
	return out->count && is_joined ? OK : SCAN_FAIL(s, "%s", "fields are missing");
}
