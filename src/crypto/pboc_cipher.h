/* SPDX-License-Identifier: Apache-2.0 */
/* pboc_cipher.h — the purse's ciphers under one name: DES, 3DES and SM4 by the key; private to this
 * folder. */
#pragma once

#include "crypto/pboc.h"

/* 16 with SM4, else 8. */
size_t pboc_cipher_block(const struct pboc_key *k);

/* ECB of whole blocks; in and out may be the same. CRYPTO_FAULT. */
result pboc_cipher_encrypt(const struct pboc_key *k, const uint8_t *in, size_t len, uint8_t *out);

/* Padding 80 00… up to whole blocks, which `at` has room for; the new length. */
size_t pboc_cipher_pad(size_t block, uint8_t *at, size_t len);

/* MAC of whole blocks, which become worthless. iv: a block, or NULL for zeros. CRYPTO_FAULT. */
result pboc_cipher_mac(const struct pboc_key *k, const uint8_t *iv, uint8_t *blocks, size_t len,
                       uint8_t mac[PBOC_MAC_SIZE]);
