/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reports/reports.h"

#include "domain/reports/reports_initials.h"

/* Length of the UTF-8 character at the start of s; 1 for what is none. */
static size_t character(struct str s)
{
	unsigned char c = s.len ? (unsigned char)s.at[0] : 0;
	size_t len = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	return len < s.len ? len : s.len;
}

static struct str last_character(struct str s)
{
	size_t at = s.len;

	while (at > 0) {
		at--;
		if (((unsigned char)s.at[at] & 0xC0) != 0x80)
			break;
	}
	return (struct str){ s.at + at, s.len - at };
}

const char *reports_mask(struct str name, char out[REPORTS_MASKED_SIZE])
{
	struct writer w = writer_of(out, REPORTS_MASKED_SIZE - 1);
	struct str first = { name.at, character(name) };
	struct str rest = { name.at + first.len, name.len - first.len };
	struct str last = last_character(rest);

	writer_str(&w, first);
	if (rest.len > 0)
		writer_u8(&w, '*');
	if (last.len < rest.len)
		writer_str(&w, last);
	out[w.len] = '\0';
	return out;
}

/* --- pinyin initials --- */

/* Surnames that are read otherwise than the character usually is. */
static const struct {
	const char *character;
	char letter;
} surnames[] = {
	{ "单", 's' }, { "曾", 'z' }, { "仇", 'q' }, { "解", 'x' }, { "查", 'z' },
	{ "区", 'o' }, { "乐", 'y' }, { "覃", 'q' }, { "尉", 'y' }, { "翟", 'z' },
	{ "种", 'c' }, { "员", 'y' }, { "秘", 'b' }, { "繁", 'p' },
};

static char surname_letter(struct str c)
{
	for (size_t i = 0; i < ARRAY_LEN(surnames); i++)
		if (str_equal(c, str_of(surnames[i].character)))
			return surnames[i].letter;
	return 0;
}

static uint32_t code_point(struct str c)
{
	static const uint8_t first[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 }; /* bits of the leading byte */
	uint32_t code;

	if (c.len == 0 || c.len >= sizeof first)
		return 0;
	code = (uint8_t)c.at[0] & first[c.len];
	for (size_t i = 1; i < c.len; i++)
		code = code << 6 | ((uint8_t)c.at[i] & 0x3F);
	return code;
}

/* The letter of one character: itself when it is a Latin letter. */
static char letter_of(struct str c)
{
	if (c.len == 1)
		return c.at[0] >= 'A' && c.at[0] <= 'Z' ? (char)(c.at[0] + ('a' - 'A')) : c.at[0];
	return reports_initial(code_point(c));
}

bool reports_has_initials(struct str name, struct str wanted)
{
	for (size_t i = 0; i < wanted.len; i++) {
		struct str c = { name.at, character(name) };
		bool surname = i == 0 && surname_letter(c) == wanted.at[i];

		if (c.len == 0 || (letter_of(c) != wanted.at[i] && !surname))
			return false;
		name = (struct str){ name.at + c.len, name.len - c.len };
	}
	return wanted.len > 0;
}
