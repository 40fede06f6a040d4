/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyblock_form.h"

/* X9.143 6.2, table 1: where what stands in the header. */
enum {
	AT_LENGTH = 1,
	AT_USAGE = 5,
	AT_ALGORITHM = 7,
	AT_MODE = 8,
	AT_KEY_VERSION = 9,
	AT_EXPORTABILITY = 11,
	AT_OPTIONS = 12,
	AT_CONTEXT = 14,
	AT_RESERVED = 15,
};

const struct keyblock_form *keyblock_form_of(char version)
{
	static const struct keyblock_form forms[] = {
		{ .version = 'A', .block = 8, .unit = 8, .mac_len = 4, .is_variant = true },
		{ .version = 'B', .block = 8, .unit = 8, .mac_len = 8 },
		{ .version = 'C', .block = 8, .unit = 8, .mac_len = 4, .is_variant = true },
		{ .version = 'D', .block = 16, .unit = 16, .mac_len = 16 },
		{ .version = '3', .block = 16, .unit = 8, .mac_len = 16, .is_wrapped = true },
		{ .version = '4', .block = 16, .unit = 16, .mac_len = 16 },
	}, *form;

	EACH (form, forms)
		if (form->version == version)
			return form;
	return NULL;
}

static struct str part(struct str text, size_t at, size_t len)
{
	return (struct str){ text.at + at, len };
}

static bool is_letters(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!keyblock_is_letter(s.at[i]))
			return false;
	return true;
}

/* Decimal digits that make the number. */
static bool says(struct str digits, uint64_t *number)
{
	return is_ok(str_u64(digits, number));
}

static result parse_header(struct str text, struct keyblock_header *h, uint64_t *count)
{
	uint64_t len;

	if (text.len < KEYBLOCK_HEADER || text.len > KEYBLOCK_TEXT_MAX ||
	    !is_letters(part(text, 0, KEYBLOCK_HEADER)))
		return FAIL(KEYBLOCK_FORM, "no header of a key block in %zu characters", text.len);
	if (!says(part(text, AT_LENGTH, 4), &len) || len != text.len)
		return FAIL(KEYBLOCK_FORM, "a key block of %zu characters says it has " STR_FMT,
		            text.len, STR_ARG(part(text, AT_LENGTH, 4)));
	if (!says(part(text, AT_OPTIONS, 2), count) || text.at[AT_CONTEXT] < '0' ||
	    text.at[AT_CONTEXT] > '2' || text.at[AT_RESERVED] != '0')
		return FAIL(KEYBLOCK_FORM, "end of a header: " STR_FMT,
		            STR_ARG(part(text, AT_OPTIONS, 4)));
	h->version = text.at[0];
	str_copy(part(text, AT_USAGE, 2), h->usage, sizeof h->usage);
	h->algorithm = text.at[AT_ALGORITHM];
	h->mode = text.at[AT_MODE];
	str_copy(part(text, AT_KEY_VERSION, 2), h->key_version, sizeof h->key_version);
	h->exportability = text.at[AT_EXPORTABILITY];
	h->context = text.at[AT_CONTEXT];
	return OK;
}

/* PB, which only fills, is checked and left out. */
static result parse_options(struct str text, uint64_t count, struct keyblock *out)
{
	struct str rest = part(text, KEYBLOCK_HEADER, text.len - KEYBLOCK_HEADER);
	struct keyblock_option o;
	size_t len = 0, ignored;

	for (uint64_t i = 0; i < count; i++) {
		TRY(keyblock_option_next(&rest, &o));
		if (!str_equal(o.id, STR("PB")))
			len += o.len;
		else if (i + 1 < count)
			return FAIL(KEYBLOCK_FORM, "PB is not the last optional block");
	}
	out->head_len = text.len - rest.len;
	if (len > KEYBLOCK_OPTIONS_MAX)
		return FAIL(KEYBLOCK_FORM, "optional blocks of %zu characters", len);
	str_copy(part(text, KEYBLOCK_HEADER, len), out->header.options, sizeof out->header.options);
	return keyblock_option_check(str_of(out->header.options), &ignored);
}

static result parse_rest(struct str text, const struct keyblock_form *form, struct keyblock *out)
{
	size_t left = text.len - out->head_len, mac = 2u * form->mac_len;
	size_t least = form->is_wrapped ? 2u * form->unit : form->unit; /* RFC 5649: 16 */
	size_t body = left > mac ? (left - mac) / 2 : 0;

	if (out->head_len % form->block || left % 2 || body < least || body % form->unit ||
	    body > KEYBLOCK_BODY_MAX)
		return FAIL(KEYBLOCK_FORM, "%zu characters behind a head of %zu", left,
		            out->head_len);
	if (!is_ok(hex_decode(part(text, out->head_len, 2 * body), out->body, body)) ||
	    !is_ok(hex_decode(part(text, text.len - mac, mac), out->mac, form->mac_len)))
		return FAIL(KEYBLOCK_FORM, "body or MAC is not hexadecimal");
	out->body_len = body;
	out->mac_len = form->mac_len;
	return OK;
}

static result parse(struct str text, struct keyblock *out)
{
	const struct keyblock_form *form;
	uint64_t count;

	TRY(parse_header(text, &out->header, &count));
	form = keyblock_form_of(out->header.version);
	if (!form)
		return FAIL(KEYBLOCK_FORM, "no version %c of key blocks", out->header.version);
	TRY(parse_options(text, count, out));
	return parse_rest(text, form, out);
}

result keyblock_parse(struct str text, struct keyblock *out)
{
	result r;

	memset(out, 0, sizeof *out);
	r = parse(text, out);
	if (!is_ok(r))
		memset(out, 0, sizeof *out);
	return r;
}
