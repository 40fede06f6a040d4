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
