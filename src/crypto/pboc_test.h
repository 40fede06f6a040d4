/* SPDX-License-Identifier: Apache-2.0 */
/* pboc_test.h — what the tests of the purse share. In them TV-… are vectors of keys 19, P… and V…
 * of card 7. */
#pragma once

#include "harness/test.h"

#include "crypto/pboc.h"

/* The root of P3, and the key of the card in P4, P5 and P8. */
#define P3_KEY "00112233445566778899AABBCCDDEEFF"

enum { HEX_MAX = 64 };

static inline struct bytes hex(const char *text, uint8_t out[HEX_MAX])
{
	size_t len = strlen(text) / 2;

	ASSERT(len <= HEX_MAX && is_ok(hex_decode(str_of(text), out, len)));
	return bytes_of(out, len);
}

static inline struct pboc_key key_of(enum pboc_algorithm algorithm, const char *text)
{
	struct pboc_key k = { 0 };
	uint8_t at[HEX_MAX];

	CHECK_OK(pboc_key_init(&k, algorithm, hex(text, at)));
	return k;
}

static inline struct bytes bytes_of_key(const struct pboc_key *k)
{
	return bytes_of(k->at, k->len);
}
