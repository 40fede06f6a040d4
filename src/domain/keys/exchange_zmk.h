/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_zmk.h — a transport key in use, and the keys that follow from it: as protector of key
 * blocks, and for the MAC of a batch. Inside a device it stays there: what follows from it is
 * derived by its own cipher (keys 4; SP 800-38B of one block). Private to domain/keys.
 */
#pragma once

#include "crypto/cipher.h"
#include "crypto/lmk.h"
#include "domain/keys/exchange.h"

struct exchange_protector {
	struct keyblock_protector protector; /* first */
	struct cipher_cbc cbc;               /* under KBEK */
	struct mac_key cmac;                 /* under KBAK */
};

struct exchange_zmk {
	struct key_version version;
	struct key_definition definition;
	struct working_key *key;
	char label[KEY_LABEL_SIZE];
	char block_version; /* of blocks under it: 'B' 'D' '4' */
	size_t block;       /* bytes of its cipher's block */
	/* private */
	struct keyblock_loaded *loaded;    /* of a key that is here */
	char loaded_version;               /* 0: none */
	struct exchange_protector derived; /* of a key in a device */
};

/* Zero-initialise. deed: KEY_TO_PROTECT to export, KEY_TO_PROCESS to import. KEY_NOT_FOUND,
 * KEY_STATE, EXCHANGE_ZMK; what opening says. */
result exchange_zmk_open(struct key_act *act, int64_t id, enum key_deed deed,
                         struct exchange_zmk *z);
void exchange_zmk_close(struct exchange_zmk *z); /* wipes; for SCOPED */
unsigned exchange_zmk_strength(const struct exchange_zmk *z);
/* Its check value of either type. */
result exchange_zmk_kcv(struct exchange_zmk *z, enum kcv_type type, struct kcv *out);
/* Is it the key of this check value? Either type, the shorter length. EXCHANGE_ZMK_OTHER. */
result exchange_zmk_require(struct exchange_zmk *z, struct str check);
/* As protector of blocks of that version; lives until the next call with another, and the close.
 * EXCHANGE_VERSION, EXCHANGE_IN_DEVICE. */
result exchange_zmk_protector(struct exchange_zmk *z, char version,
                              struct keyblock_protector **out);
/* MAC of a batch file: CMAC under the key of usage 8002. */
result exchange_zmk_mac(struct exchange_zmk *z, struct str covered, uint8_t out[MAC_FULL_SIZE],
                        size_t *len);
