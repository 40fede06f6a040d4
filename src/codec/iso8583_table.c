/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/iso8583_table.h"

/* Bytes are hex in dialect A: two characters each, but no more than the prefix can count (4.2). */
#define ASCII_COUNT(length) ((length) == 2 ? 99 : (length) == 3 ? 999 : 9999)
#define ASCII_MAX(type, length, max)                                                               \
	((type) != ISO8583_TYPE_B                            ? (max)                               \
	 : (length) == 0 || 2 * (max) <= ASCII_COUNT(length) ? 2 * (max)                           \
	                                                     : ASCII_COUNT(length) - 1)

const struct iso8583_field iso8583_fields[ISO8583_FIELDS_MAX + 1] = {
#define ISO8583_FIELD(number, name, type_, length_, max_, side_, text_)                            \
	[number] = { .type = ISO8583_TYPE_##type_,                                                 \
		     .length = ISO8583_LENGTH_##length_,                                           \
		     .side = ISO8583_SIDE_##side_,                                                 \
		     .max = max_,                                                                  \
		     .max_ascii = ASCII_MAX(ISO8583_TYPE_##type_, ISO8583_LENGTH_##length_, max_), \
		     .text = text_ },
#include "ytap/fields.def"
#undef ISO8583_FIELD
};

const char *iso8583_field_text(unsigned field)
{
	return field <= ISO8583_FIELDS_MAX && iso8583_fields[field].text
	               ? iso8583_fields[field].text
	               : "";
}

enum { IN_AN = 1, IN_FIXED = 2, IN_VARIABLE = 4 };

static const uint8_t classes[256] = {
	[0x20] = IN_AN | IN_FIXED | IN_VARIABLE,
	[0x21 ... 0x2F] = IN_FIXED | IN_VARIABLE,
	['0' ... '9'] = IN_AN | IN_FIXED | IN_VARIABLE,
	[0x3A ... 0x40] = IN_FIXED | IN_VARIABLE,
	['A' ... 'Z'] = IN_AN | IN_FIXED | IN_VARIABLE,
	[0x5B ... 0x60] = IN_FIXED | IN_VARIABLE,
	['a' ... 'z'] = IN_AN | IN_FIXED | IN_VARIABLE,
	[0x7B ... 0x7E] = IN_FIXED | IN_VARIABLE,
	[0x80 ... 0xFF] = IN_VARIABLE,
};

bool iso8583_is_text(const struct iso8583_field *f, const uint8_t *at, size_t len)
{
	uint8_t all = f->type == ISO8583_TYPE_AN          ? IN_AN
	              : f->length == ISO8583_LENGTH_FIXED ? IN_FIXED
	                                                  : IN_VARIABLE;
	uint8_t common = all;

	for (size_t i = 0; i < len; i++)
		common &= classes[at[i]];
	return common == all;
}
