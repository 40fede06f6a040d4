/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h — PIN blocks: ISO 9564 format 4 over AES or SM4, format 0 over 3DES. */
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
};

/* Clear digits. Wipe with pin_wipe. */
struct pin {
	uint8_t digits[PIN_DIGITS_MAX]; /* values 0…9, not characters */
	uint8_t len;
};

void pin_wipe(struct pin *p);
result pin_parse(struct str text, struct pin *out); /* "4096": PIN_BLOCK_BAD unless 4…12 digits */

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
