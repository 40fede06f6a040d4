/* SPDX-License-Identifier: Apache-2.0 */
/* keyblock_form.h — what the parts of keyblock.h share; private to this folder. */
#pragma once

#include "crypto/keyblock.h"

/* What a version decides. */
struct keyblock_form {
	char version;
	uint8_t block;   /* bytes of the cipher's block: head and body are whole ones */
	uint8_t unit;    /* body is so many of these bytes: block; 8 for version 3 */
	uint8_t mac_len; /* bytes */
	bool is_variant; /* A and C: the MAC is over the cipher text, the IV is the header's
	                    beginning */
	bool is_wrapped; /* 3: the body is a device's */
};

const struct keyblock_form *keyblock_form_of(char version); /* NULL: no such version */

static inline bool keyblock_is_letter(char c) /* or digit */
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* One optional block. Borrowed. */
struct keyblock_option {
	struct str id, data;
	size_t len; /* of the whole */
};

/* The next one of a run of them; *rest moves behind it. KEYBLOCK_FORM. */
result keyblock_option_next(struct str *rest, struct keyblock_option *out);
/* All of a header, PB left out: well formed, none twice, none too many. KEYBLOCK_FORM. */
result keyblock_option_check(struct str options, size_t *count);
