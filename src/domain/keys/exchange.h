/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h — key values in and out, one at a time (密钥导入导出, keys 13): key blocks and bare
 * ciphertext under a transport key (传输密钥, ZMK), values that were encrypted for an import key
 * pair. Batches of them: exchange_batch.h; components of custodians: exchange_entry.h; key letters:
 * exchange_letter.h.
 *
 * A transport key is a version of usage K0 or K1: ACTIVE and of mode B or E to export under it,
 * processable and of mode B or D to import. It may be in a device; only versions A and C, and mode
 * D, need it here. What a block's header says is believed before what the store says.
 *
 * A value that is exported passes through locked memory of this process for that moment, one in a
 * device (block version 3) under a key that the device is given for it alone; the audit says
 * path=host. EXCHANGE_IN_DEVICE where a device does not let it.
 */
#pragma once

#include "domain/keys/key_version.h"

enum {
	EXCHANGE_RAW_MAX = 32, /* bytes of bare ciphertext */
};
extern const char exchange_strict_setting[]; /* "strict_strength": "on" unless set to "off" */

/*
 * Strength in bits (SP 800-57 part 1, 5.6.1; `bits` of key material, parity counted): TDES of 128
 * 80, of 192 112; AES, SM4, HMAC their length, 256 at most; SM2 128; RSA below 2048 80, below 3072
 * 112, else 128. With strict_strength on nothing carries what is stronger than itself:
 *
 *   TDES 2 keys, RSA below 2048   TDES of two keys, RSA below 2048
 *   TDES 3 keys, RSA below 3072   all TDES, RSA below 3072
 *   AES-128, SM4, SM2, other RSA  those, AES-128, SM4, HMAC of 128, all RSA, SM2
 *   AES-192, AES-256              those, AES-192; with AES-256 everything
 */
unsigned exchange_strength(char algorithm, unsigned bits);

/*
 * The use that stands for ours where our codes are not known (keys 9.3, last column), in h. A use
 * of X9.143 stays as it is. The mode of use goes with it:
 *
 *   ours                               X9.143   mode
 *   20…26, 28, 29, 33, 34, 35          B3       X
 *   27                                 E2       X
 *   30, 31                             E5       X
 *   36, 53, 61 (HMAC keys: M7)         M6       C
 *   40, 41, 42, 50, 55, 62             K0       B
 *   54                                 D0       B
 *
 * Algorithm 4 (SM4) and 2 (SM2) have no code of X9.143 and keep ours. EXCHANGE_FOREIGN: 51 and 60,
 * which never leave.
 */
result exchange_foreign_use(struct keyblock_header *h);

/* --- out --- */

struct exchange_export {
	int64_t zmk, version; /* ids of versions */
	bool foreign;         /* uses by codes of X9.143 */
	bool bare;            /* no optional blocks; else KP, KC, LB, and what the key has of 90 */
};

/* What would refuse an export that others are asked to agree to; nothing leaves. raw: as bare
 * ciphertext. As the two below. */
result exchange_export_check(struct key_act *act, const struct exchange_export *o, bool raw);

struct exchange_block {
	char text[KEY_VERSION_BLOCK_MAX + 1];
	size_t len;
	char kcv[KCV_TEXT_SIZE];
};

/*
 * A key block of version B, D or 4, as the transport key's algorithm has it, context 2, padded so
 * that the key's length does not show. KEY_NOT_FOUND, KEY_STATE (neither PRE, ACTIVE nor
 * DEACTIVATED; a transport key that is not ACTIVE), EXCHANGE_ZMK, EXCHANGE_EXPORTABILITY (N),
 * EXCHANGE_STRENGTH, EXCHANGE_IN_DEVICE, EXCHANGE_FOREIGN.
 */
result exchange_export_block(struct key_act *act, const struct exchange_export *o,
                             struct exchange_block *out);

struct exchange_raw {
	uint8_t at[EXCHANGE_RAW_MAX];
	size_t len;
	char kcv[KCV_TEXT_SIZE]; /* nothing else tells the receiver that it is right */
};
/* Bare ECB: of exportability S alone, of secret keys whose length is whole blocks of the transport
 * key's cipher (else KEY_LENGTH). As above; needs an approval of the caller's. */
result exchange_export_raw(struct key_act *act, const struct exchange_export *o,
                           struct exchange_raw *out);

/* --- in --- */

struct exchange_import {
	int64_t carrier;        /* version id of the transport key, or of the import key pair */
	int64_t key;            /* definition */
	struct key_order order; /* origin is set here */
	struct str kcv;         /* as the sender says, 6 to 16 hex digits; empty: not told */
	bool check_only;        /* everything but storing; *out then has its check value alone */
};

/*
 * A key block of version A, B, C, D or 4 under a transport key, of any padding. Its usage and mode
 * must be the definition's own or what stands for it (exchange_foreign_use), its algorithm and
 * length equal, its exportability not narrower than the definition's, its context not storage. Its
 * MAC, the check values in it (KP, KC) and the one told must be right. EXCHANGE_ZMK,
 * EXCHANGE_ZMK_OTHER, EXCHANGE_VERSION, EXCHANGE_CONTEXT, EXCHANGE_DEFINITION,
 * EXCHANGE_EXPORTABILITY, EXCHANGE_STRENGTH, KEYBLOCK_*, KEY_WEAK, KEY_LENGTH, KEY_CHECK_VALUE,
 * KEY_EXISTS.
 */
result exchange_import_block(struct key_act *act, const struct exchange_import *o, struct str block,
                             struct key_version *out);
/* Bare ECB under a transport key of exportability S. The check value must be told: nothing else
 * holds the value together. EXCHANGE_CHECK_MISSING. */
result exchange_import_raw(struct key_act *act, const struct exchange_import *o,
                           struct bytes sealed, struct key_version *out);

/* OAEP of RSA without label; ciphertext of SM2 as the sequence of GM/T 0009 7.2. */
enum exchange_sealing { EXCHANGE_OAEP_SHA1, EXCHANGE_OAEP_SHA256, EXCHANGE_SM2 };
/*
 * A value encrypted for an import key pair: a version of usage K2, mode B or D, algorithm R or 2,
 * in a product of host mode. Whoever has the public half can make one, so the check value must be
 * told. CIPHERTEXT_BROKEN, EXCHANGE_CHECK_MISSING.
 */
result exchange_import_sealed(struct key_act *act, const struct exchange_import *o,
                              enum exchange_sealing how, struct bytes sealed,
                              struct key_version *out);
