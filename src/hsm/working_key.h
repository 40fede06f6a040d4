/* SPDX-License-Identifier: Apache-2.0 */
/*
 * working_key.h — a key in use (工作密钥): opened from its block under an LMK, inside the device
 * (device mode) or into locked memory of this process (envelope mode), and held to what its header
 * allows: use, mode, exportability (keys 3.1, 3.2). A version 3 block stays in the device; D and 4
 * open here.
 */
#pragma once

#include "crypto/emv_keys.h"
#include "crypto/kdf.h"
#include "crypto/kcv.h"
#include "crypto/mac.h"
#include "crypto/pboc.h"
#include "crypto/rsa.h"
#include "crypto/sm2.h"
#include "hsm/hsm_device.h"

enum {
	WORKING_BLOCK_MAX = 5400, /* characters: RSA 4096 as PKCS#8, in hex, with its options */
	WORKING_DATA_MAX = HSM_DATA_MAX,
};

/* One thread at a time; the session outlives it. */
struct working_key;

/* Which LMK slot, through whose session. */
struct working_place {
	struct hsm_session *session;
	unsigned slot;
};

/*
 * Open a block: form, MAC, then the key itself. KEYBLOCK_*, HSM_*, INVALID_KEY (what is inside is
 * no key of its algorithm), LOCKED_FULL.
 */
result working_key_open(const struct working_place *at, struct str block, struct working_key **out);
/*
 * The same into this process in any case, for the moment of an export: a version 3 block by way of
 * its device (hsm_object_reveal). KEY_USE for exportability N; HSM_UNSUPPORTED where the device
 * does not let a value go.
 */
result working_key_open_here(const struct working_place *at, struct str block,
                             struct working_key **out);
void working_key_close(struct working_key **k); /* wipes; for SCOPED */
const struct keyblock_header *working_key_header(const struct working_key *k);
bool working_key_in_device(const struct working_key *k);
/* In a software device, whose short calls do not run beside one another; not RSA. */
bool working_key_is_narrow(const struct working_key *k);
unsigned
working_key_bits(const struct working_key *k); /* of key material: 128 for double-length TDES */
result working_key_kcv(struct working_key *k, struct kcv *out);
/* RSA: SubjectPublicKeyInfo; SM2: x ‖ y. INVALID_KEY for others. */
result working_key_public(struct working_key *k, struct writer *out);

/* --- using it; KEY_USE when the header does not allow it --- */

/* ECB, CBC, CTR of A, T, 4. Header: mode B, E to encrypt, B, D to decrypt. */
result working_key_cipher(struct working_key *k, const struct hsm_cipher_call *call);

enum working_mac { WORKING_CMAC, WORKING_CBC_MAC, WORKING_RETAIL, WORKING_HMAC };
/* Header: mode C, G to make, C, V to verify. Length of the MAC to *len (at most 32). */
result working_key_mac(struct working_key *k, enum working_mac mac, bool verifying, struct bytes in,
                       uint8_t out[32], size_t *len);

/* KBKDF (SP 800-108, CMAC) from a key of mode X; AES and SM4. `out_len` 1…KDF_OUT_MAX. The caller
 * wipes. */
result working_key_kdf(struct working_key *k, const struct kdf_spec *spec, uint8_t *out,
                       size_t out_len);
/* The holder of its CMAC, for derivations that are written down elsewhere (ytap_keys.h). */
struct working_prf {
	struct kdf_prf prf;
	struct working_key *key;
};
result working_key_prf(struct working_key *k, struct working_prf *out);

/*
 * Diversify a TDES or SM4 root of mode X into a card's key in this process (the card's key, not the
 * root). In the device where the device cannot XOR or hide it.
 */
result working_key_diversify(struct working_key *k, const struct pboc_factors *factors,
                             struct pboc_key *child);
/* Diversify and MAC with the session key made of eight bytes (过程密钥), with nothing of it in this
 * process where the device can: PBOC MACs, four bytes each. */
enum { WORKING_SESSION_MACS = 3 };
struct working_session_mac {
	const struct pboc_factors *factors;
	enum pboc_ses_pad pad; /* SM4 */
	uint8_t session[8];
	struct bytes in[WORKING_SESSION_MACS];
	size_t count;
};
result working_key_session_mac(struct working_key *k, const struct working_session_mac *m,
                               uint8_t out[][PBOC_MAC_SIZE]);

/* RSA private operation on a whole block; header: mode S or N (EMV), D to decrypt. */
result working_key_rsa(struct working_key *k, struct bytes block, uint8_t *out);
/* The pair in this process, for paddings and SM2 work; NULL when it is in the device or of another
 * kind. */
const struct rsa_key *working_key_rsa_pair(const struct working_key *k);
const struct sm2_key *working_key_sm2_pair(const struct working_key *k);
/* The clear value, of a key that opened here: for exports and cards. Empty for keys in the device.
 */
struct bytes working_key_value(const struct working_key *k);

/* --- making blocks --- */

/* header->version decides the place; its options get "KP" and "KC" from here, in front of the
 * caller's own. */
struct working_order {
	const struct keyblock_header *header;
	const char *lmk_check; /* "01CC00BBC79C": option KP */
	unsigned bits;         /* of the new key: 112, 128, … (parity bits left out for TDES) */
	uint32_t exponent;     /* RSA */
	struct writer
	        *public; /* pairs: gets the public half as working_key_public has it; may be NULL */
};
/* A new key: random of the device; TDES of two or three different halves, odd parity, not weak. */
result working_key_generate(const struct working_place *at, const struct working_order *o,
                            char text[WORKING_BLOCK_MAX + 1], size_t *len, struct kcv *kcv);
/* A clear value, TDES parity set. KEY_WEAK, INVALID_KEY. The caller wipes it. */
result working_key_seal(const struct working_place *at, const struct working_order *o,
                        struct bytes value, char text[WORKING_BLOCK_MAX + 1], size_t *len,
                        struct kcv *kcv);
/* Where a key goes to. version: of blocks of keys that open here, 'D' or '4'; a version 3 block
 * stays one. */
struct working_target {
	struct working_place place;
	const char *lmk_check; /* option KP */
	char version;
};
/* The same key and header under another LMK; options kept, KP anew. HSM_UNSUPPORTED: a key that
 * never leaves its device goes to no other. */
result working_key_reseal(const struct working_place *from, const struct working_target *to,
                          struct str block, char text[WORKING_BLOCK_MAX + 1], size_t *len);
