/* SPDX-License-Identifier: Apache-2.0 */
/* kdf.h — key derivation: NIST SP 800-108 counter mode with CMAC as its function. */
#pragma once

#include "crypto/mac.h"

enum {
	KDF_OUT_MAX = 64, /* bytes */
	KDF_LABEL_MAX = 32,
	KDF_CONTEXT_MAX = 128,
	KDF_INPUT_MAX = 4 + KDF_LABEL_MAX + 1 + KDF_CONTEXT_MAX + 4,
};

/* What is derived: input of step i is u32(i) || label || 00 || context || u32(8 × out_len). */
struct kdf_spec {
	const char *label; /* ASCII */
	struct bytes context;
};

/* CMAC of somebody who holds the key, such as a token. */
struct kdf_prf {
	result (*cmac)(struct kdf_prf *self, struct bytes in, uint8_t out[MAC_FULL_SIZE]);
};

/*
 * Derive out_len (1…KDF_OUT_MAX) bytes. kind: MAC_AES_CMAC or MAC_SM4_CMAC.
 * INVALID_KEY, CRYPTO_FAULT. Out-of-range label, context or length: a broken promise of the program
 * (ASSERT).
 */
result kdf_counter(enum mac_kind kind, struct bytes key, const struct kdf_spec *spec, uint8_t *out,
                   size_t out_len);
/* A key that is loaded in this process as such a holder. Keep the mac_key as long as the struct. */
struct kdf_loaded {
	struct kdf_prf prf;
	struct mac_key *key;
};
struct kdf_loaded kdf_loaded(struct mac_key *k); /* AES-CMAC or SM4-CMAC */

/* The same with a key that is loaded already. */
void kdf_counter_loaded(struct mac_key *k, const struct kdf_spec *spec, uint8_t *out,
                        size_t out_len);
/* The same with a key that lives elsewhere; the errors of the holder. */
result kdf_counter_prf(struct kdf_prf *prf, const struct kdf_spec *spec, uint8_t *out,
                       size_t out_len);
