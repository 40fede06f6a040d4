/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h — PIN blocks: ISO 9564 format 4 over AES or SM4, formats 0 and 3 over 3DES. */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "crypto/suite.h"

enum {
	PIN_DIGITS_MIN = 4,
	PIN_DIGITS_MAX = 12,
	PIN_CARD_MAX = 19,
	PIN_BLOCK_MAX = 16,
	PIN_BLOCK_FORMAT4 = 16,
	PIN_BLOCK_FORMAT0 = 8,
	PIN_CHANCE = 28, /* random bytes that fill a block */
};

/* Clear digits. Wipe with pin_wipe. */
struct pin {
	uint8_t digits[PIN_DIGITS_MAX]; /* values 0…9, not characters */
	uint8_t len;
};

void pin_wipe(struct pin *p);
result pin_parse(struct str text, struct pin *out); /* "4096": PIN_BLOCK_BAD unless 4…12 digits */

/* --- blocks in clear, for whose cipher is elsewhere --- */

/* ISO 9564-1 9.3.2, 9.3.5, 9.4.2. The number is the control nibble. */
enum pin_format { PIN_FORMAT_0 = 0, PIN_FORMAT_3 = 3, PIN_FORMAT_4 = 4 };

/* Bytes of a block and of its fields: 8, 16 of format 4; 0 of what is no format of these. */
size_t pin_format_size(unsigned format);
/*
 * The two fields that make a block. Formats 0 and 3: E(PIN field XOR card field); format 4:
 * E(E(PIN field) XOR card field). chance: random bytes, which fill formats 3 and 4; format 0
 * does not look at them. The caller wipes.
 */
void pin_field_make(enum pin_format format, const struct pin *pin, const uint8_t chance[PIN_CHANCE],
                    uint8_t out[PIN_BLOCK_MAX]);
/* PIN_BLOCK_BAD: not a PIN field of this format; it takes the same time whatever is wrong. */
result pin_field_read(enum pin_format format, const uint8_t *field, struct pin *out);
/* card_no: 1…19 digits. PIN_BLOCK_BAD. */
result pin_card_field(enum pin_format format, struct str card_no, uint8_t out[PIN_BLOCK_MAX]);

/* --- blocks of a suite --- */

/* Block size of a suite's format: 16 (suites 1 and 2, sent in DF28) or 8 (suites 3 and 4, sent in
 * F52). */
size_t pin_block_size(enum suite suite);

/* card_no: 1…19 digits. random fills format 4. INVALID_KEY, PIN_BLOCK_BAD. */
result pin_seal(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], const struct pin *pin,
                struct str card_no, struct random_source *random, uint8_t out[PIN_BLOCK_MAX]);
/* PIN_BLOCK_BAD when the block does not open to a PIN of that card (wrong key, wrong card, changed
 * block). */
result pin_open(enum suite suite, const uint8_t tpk[SUITE_KEY_SIZE], struct bytes block,
                struct str card_no, struct pin *out);
