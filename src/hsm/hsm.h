/* SPDX-License-Identifier: Apache-2.0 */
/* hsm.h — key handles and what may be done with them, over PKCS#11. Key bytes never leave the token
 * by these calls. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/rand.h"
#include "base/secret.h"
#include "hsm/token.h"

enum {
	HSM_CONTEXT_MAX = 64, /* context of one derivation */
	HSM_DERIVED_MAX = 48, /* bytes of one derivation */
	HSM_INPUT_MAX = 512,
};

/* An open token, logged in. One operation at a time; calls from several threads wait for one
 * another. */
struct hsm;

/* A secret key inside the token. */
struct hsm_key {
	uint64_t handle; /* 0 is "none" */
};

/* Where the token is. Paths only: never a PIN. */
struct hsm_place {
	const char *module;   /* PKCS#11 library */
	const char *label;    /* of the token */
	const char *pin_file; /* one line, mode 0600 or stricter */
	const char *conf;     /* SoftHSM's configuration file, "" when the module needs none */
};

/*
 * Open the token and log in. Faults: HSM_MODULE, HSM_TOKEN (no token with that label), HSM_PIN
 * (file unreadable or open to others, or the token refuses it), HSM_CALL.
 */
result hsm_open(const struct hsm_place *place, struct hsm **out);
void hsm_close(struct hsm *h); /* NULL is fine */
void hsm_close_scoped(struct hsm **h);

struct hsm_place hsm_place_of(const struct hsm_paths *paths); /* borrowed */

/* The key with this label. DECLINE HSM_KEY_NOT_FOUND; FAULT HSM_KEY_AMBIGUOUS when there are two.
 */
result hsm_key_find(struct hsm *h, const char *label, struct hsm_key *out);
/* A new AES key made inside the token, never extractable; bits 128 or 256. HSM_EXISTS when the
 * label is taken. */
result hsm_key_generate(struct hsm *h, const char *label, unsigned bits, struct hsm_key *out);
/* Store bytes as a key (never extractable afterwards): for keys that are derived from others, and
 * for test vectors. */
result hsm_key_store(struct hsm *h, const char *label, const struct secret *key,
                     struct hsm_key *out);
result hsm_key_destroy(struct hsm *h, struct hsm_key key);

/* AES-CMAC under the key (SP 800-38B). `in` at most HSM_INPUT_MAX. */
result hsm_cmac(struct hsm *h, struct hsm_key key, struct bytes in, uint8_t out[16]);
/*
 * SP 800-108 counter mode over AES-CMAC, computed in the token: u32(i) ‖ label ‖ 00 ‖ context ‖
 * u32(bits). bits 8…384, a multiple of 8. (terminal-protocol 5.1, keys 14)
 */
result hsm_derive(struct hsm *h, struct hsm_key key, const char *label, struct bytes context,
                  unsigned bits, struct secret *out);
/* Key check value: the first 5 bytes of CMAC over 16 zero bytes (keys 8). */
result hsm_check_value(struct hsm *h, struct hsm_key key, uint8_t out[5]);
