/* SPDX-License-Identifier: Apache-2.0 */
/* iso8583_table.h — the field table as the codec's own files see it; private to this folder. */
#pragma once

#include "codec/iso8583.h"

enum iso8583_type {
	ISO8583_TYPE_N,
	ISO8583_TYPE_Z,
	ISO8583_TYPE_AN,
	ISO8583_TYPE_ANS,
	ISO8583_TYPE_B
};

/* How many digits the length prefix has. */
enum iso8583_length {
	ISO8583_LENGTH_FIXED = 0,
	ISO8583_LENGTH_LL = 2,
	ISO8583_LENGTH_LLL = 3,
	ISO8583_LENGTH_LLLL = 4,
};

enum iso8583_side { ISO8583_SIDE_LEFT, ISO8583_SIDE_RIGHT };

enum {
	ISO8583_BCD_MAX = 16, /* digits that fit a 64-bit number four bits each */
};

struct iso8583_field {
	uint8_t type, length, side;
	uint16_t max;       /* 0: not in the table */
	uint16_t max_ascii; /* in characters of dialect A */
	const char *text;
};

extern const struct iso8583_field iso8583_fields[ISO8583_FIELDS_MAX + 1];

static inline bool iso8583_is_digits(const struct iso8583_field *f)
{
	return f->type <= ISO8583_TYPE_Z;
}

/* Bytes of the length prefix. */
static inline size_t iso8583_prefix_size(enum iso8583_dialect dialect,
                                         const struct iso8583_field *f)
{
	return dialect == ISO8583_B ? (f->length + 1u) / 2 : f->length;
}

/* Bytes a value of `len` (digits of N and Z, else bytes; dialect A: characters) takes in the
 * message. */
static inline size_t iso8583_value_size(enum iso8583_dialect dialect, const struct iso8583_field *f,
                                        size_t len)
{
	return dialect == ISO8583_B && iso8583_is_digits(f) ? (len + 1) / 2 : len;
}

/* Dialect B: does an odd number of digits stand right, its pad nibble first (4.1)? */
static inline bool iso8583_pads_first(const struct iso8583_field *f)
{
	return f->length == ISO8583_LENGTH_FIXED && f->side == ISO8583_SIDE_RIGHT && f->max % 2;
}

/* Has any of eight bytes a nibble above nine? Nine plus six stays below the next nibble's place. */
static inline bool iso8583_has_bad_nibble(uint64_t x)
{
	const uint64_t low = UINT64_C(0x0F0F0F0F0F0F0F0F), six = UINT64_C(0x0606060606060606);

	return ((((x & low) + six) | ((x >> 4 & low) + six)) & UINT64_C(0x1010101010101010)) != 0;
}

/* Characters of AN (letters, digits, space), of fixed ANS (printable ASCII) and of variable ANS
 * (UTF-8 or GB18030 too). */
bool iso8583_is_text(const struct iso8583_field *f, const uint8_t *at, size_t len);
