/* SPDX-License-Identifier: Apache-2.0 */
/* keywrap.h — keys under keys: RFC 3394 over AES and SM4, RFC 5649 over AES, 3DES-ECB for suite 3,
 * key check values. */
#pragma once

#include "base/bytes.h"
#include "crypto/cipher.h"
#include "crypto/suite.h"

enum {
	KEYWRAP_EXTRA = 8, /* RFC 3394 adds this much */
	KEYWRAP_KEY_MAX = 64,
	KEYWRAP_KCV = 3,
	KEYWRAP_FIELD = 27,         /* DF21–DF23 at most: wrapped key, then its KCV */
	KEYWRAP_PAD_KEY_MAX = 2560, /* RFC 5649: PKCS#8 of RSA 4096 */
	KEYWRAP_PAD_MAX = KEYWRAP_PAD_KEY_MAX + KEYWRAP_EXTRA,
};

/* RFC 3394 over AES or SM4; key of 16…64 bytes in steps of 8; out holds key.len + 8. INVALID_KEY.
 */
result keywrap_wrap(enum cipher_kind kind, struct bytes wrapping, struct bytes key, uint8_t *out);
/* out holds in.len - 8. KEYWRAP_BROKEN when the integrity value is wrong (out is then zeros). */
result keywrap_unwrap(enum cipher_kind kind, struct bytes wrapping, struct bytes in, uint8_t *out);

/*
 * RFC 5649, wrapping with padding (AES-KWP): key of 1…KEYWRAP_PAD_KEY_MAX bytes of any length under
 * AES of 16, 24 or 32 bytes. `out` holds keywrap_pad_size(key.len). INVALID_KEY, CRYPTO_FAULT.
 */
result keywrap_pad_wrap(struct bytes wrapping, struct bytes key, uint8_t *out, size_t *out_len);
size_t keywrap_pad_size(size_t key_len); /* up to the next 8 bytes, and 8 */
/*
 * `out` holds in.len - 8, *out_len becomes the length of the key. KEYWRAP_BROKEN when the integrity
 * value or the padding is wrong (out is then zeros), INVALID_KEY for a length that cannot be.
 */
result keywrap_pad_unwrap(struct bytes wrapping, struct bytes in, uint8_t *out, size_t *out_len);

/* Key check value: CMAC(key, 16 zero bytes), suite 3 and 4: E(key, 8 zero bytes); left 3 bytes. */
result keywrap_kcv(enum suite suite, const uint8_t key[SUITE_KEY_SIZE], uint8_t out[KEYWRAP_KCV]);

/*
 * The content of DF21, DF22, DF23 (terminal-protocol 5.7): wrapped key || KCV. Suites 1 to 3; len
 * is 27, for suite 3 it is 19 (3DES-ECB adds nothing). keywrap_field_open checks both the integrity
 * value and the KCV: KEYWRAP_BROKEN.
 */
size_t keywrap_field_size(enum suite suite);
result keywrap_field_make(enum suite suite, const uint8_t kwrap[SUITE_KEY_SIZE],
                          const uint8_t key[SUITE_KEY_SIZE], uint8_t out[KEYWRAP_FIELD]);
result keywrap_field_open(enum suite suite, const uint8_t kwrap[SUITE_KEY_SIZE], struct bytes field,
                          uint8_t key[SUITE_KEY_SIZE]);
