/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reports/reports.h"

#include <iconv.h>

#include "domain/reports/reports_initials.h"

enum { MASK_KEPT_MAX = 4 }; /* bytes of one UTF-8 character */

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

/* The letter of one character: itself when it is a Latin letter. */
static char letter_of(iconv_t gb, struct str c)
{
	unsigned char code[4] = { 0 };
	char from[MASK_KEPT_MAX];
	char *in = from, *out = (char *)code;
	size_t in_left = c.len, out_left = sizeof code;

	if (c.len == 1)
		return c.at[0] >= 'A' && c.at[0] <= 'Z' ? (char)(c.at[0] + ('a' - 'A')) : c.at[0];
	if (c.len > sizeof from)
		return '-';
	memcpy(from, c.at, c.len);
	if (iconv(gb, &in, &in_left, &out, &out_left) == (size_t)-1 || code[0] < 0xB0 ||
	    code[1] < 0xA1)
		return '-';
	return reports_initial_at(code[0] - 0xB0U, code[1] - 0xA1U);
}

bool reports_has_initials(struct str name, struct str wanted)
{
	static _Thread_local iconv_t gb;
	static _Thread_local bool open;

	if (!open)
		gb = iconv_open("GB2312", "UTF-8");
	open = gb != (iconv_t)-1;
	if (!open || wanted.len == 0)
		return false;
	for (size_t i = 0; i < wanted.len; i++) {
		struct str c = { name.at, character(name) };

		if (c.len == 0 || (letter_of(gb, c) != wanted.at[i] &&
		                   !(i == 0 && surname_letter(c) == wanted.at[i])))
			return false;
		name = (struct str){ name.at + c.len, name.len - c.len };
	}
	return true;
}
