/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyblock_form.h"

enum { OPTION_HEAD = 4 }; /* id, then the length in hex */

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~')
			return false;
	return true;
}

static bool is_id(const char *at)
{
	return keyblock_is_letter(at[0]) && keyblock_is_letter(at[1]);
}

/* X9.143 6.2 table 1: id, length of the whole in two hex digits (00: an extended length, not known
 * here), data. */
result keyblock_option_next(struct str *rest, struct keyblock_option *out)
{
	uint8_t len;

	if (rest->len < OPTION_HEAD || !is_id(rest->at) ||
	    !is_ok(hex_decode((struct str){ rest->at + 2, 2 }, &len, 1)))
		return FAIL(KEYBLOCK_FORM, "no optional block where one is announced");
	if (len < OPTION_HEAD || len > rest->len)
		return FAIL(KEYBLOCK_FORM, "an optional block of %u characters", len);
	out->id = (struct str){ rest->at, 2 };
	out->data = (struct str){ rest->at + OPTION_HEAD, (size_t)len - OPTION_HEAD };
	out->len = len;
	if (!is_printable(out->data))
		return FAIL(KEYBLOCK_FORM, "an optional block is not printable");
	*rest = (struct str){ rest->at + len, rest->len - len };
	return OK;
}

static bool find(struct str options, struct str id, struct str *data)
{
	struct keyblock_option o;

	while (options.len && is_ok(keyblock_option_next(&options, &o))) {
		if (!str_equal(o.id, id))
			continue;
		*data = o.data;
		return true;
	}
	return false;
}

result keyblock_option_check(struct str options, size_t *count)
{
	struct str rest = options, ignored;
	struct keyblock_option o;

	for (*count = 0; rest.len; ++*count) {
		struct str before = { options.at, options.len - rest.len };

		if (*count == KEYBLOCK_OPTIONS_COUNT)
			return FAIL(KEYBLOCK_FORM, "more than %zu optional blocks", *count);
		TRY(keyblock_option_next(&rest, &o));
		if (str_equal(o.id, STR("PB")) || find(before, o.id, &ignored))
			return FAIL(KEYBLOCK_FORM, "optional block " STR_FMT " stands twice",
			            STR_ARG(o.id));
	}
	return OK;
}

static struct str options_of(const struct keyblock_header *h)
{
	return (struct str){ h->options, strnlen(h->options, KEYBLOCK_OPTIONS_MAX) };
}

result keyblock_option_add(struct keyblock_header *h, const char *id, struct str data)
{
	static const char digits[] = "0123456789ABCDEF";
	struct str have = options_of(h), ignored;
	size_t count, len = OPTION_HEAD + data.len;
	char *at = h->options + have.len;

	TRY(keyblock_option_check(have, &count));
	if (strlen(id) != 2 || !is_id(id) || str_equal(str_of(id), STR("PB")) ||
	    !is_printable(data))
		return FAIL(KEYBLOCK_FORM, "not an optional block");
	if (data.len > KEYBLOCK_OPTION_MAX - OPTION_HEAD || have.len + len > KEYBLOCK_OPTIONS_MAX ||
	    count == KEYBLOCK_OPTIONS_COUNT)
		return FAIL(KEYBLOCK_FORM, "no room for an optional block of %zu", data.len);
	if (find(have, str_of(id), &ignored))
		return FAIL(KEYBLOCK_FORM, "optional block %s is there already", id);
	memcpy(at, id, 2);
	at[2] = digits[len >> 4];
	at[3] = digits[len & 15];
	if (data.len)
		memcpy(at + OPTION_HEAD, data.at, data.len);
	at[len] = 0;
	return OK;
}

result keyblock_option_copy(struct keyblock_header *h, const struct keyblock_header *from)
{
	struct str rest = options_of(from), ignored;
	struct keyblock_option o;
	char id[3] = { 0 };

	while (rest.len) {
		TRY(keyblock_option_next(&rest, &o));
		memcpy(id, o.id.at, 2);
		if (!keyblock_option_find(h, id, &ignored))
			TRY(keyblock_option_add(h, id, o.data));
	}
	return OK;
}

bool keyblock_option_find(const struct keyblock_header *h, const char *id, struct str *data)
{
	return find(options_of(h), str_of(id), data);
}
