/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sam_load.h — a key on its way into a SAM or a card (SAM 发卡, keys 17): the command WRITE KEY
 * (84 D4), enciphered and with a MAC under the control key, with the header that follows from the
 * key's block. Bytes in, bytes out. The bytes differ from one card's system to the other's
 * (uncertain point U7), so what is not the key's own is a style.
 */
#pragma once

#include "crypto/keyblock.h"
#include "crypto/pboc.h"

enum sam_load_form {
	SAM_LOAD_SAM,  /* PSAM, ISAM: usage with its levels, version, algorithm; P1 P2 00 00 */
	SAM_LOAD_CARD, /* user card, FMCOS style: type, access, access, and two bytes of the type */
};

struct sam_load_style {
	enum sam_load_form form;
	uint8_t tdes_id; /* algorithm byte of 3DES: 00, or 01 */
	/* Of cards only: who may use and change a key, the state after it was proven, and the
	 * counter of tries of keys that have one. */
	uint8_t use, change, state, tries;
};
extern const struct sam_load_style sam_load_sam;   /* card 4.7 */
extern const struct sam_load_style sam_load_fmcos; /* keys TV-30 */

/* Optional block 90 of a key (keys 9.2): "KI=01;KV=02;LV=1;UID=0A0B0C0D". */
struct sam_load_option {
	uint8_t index, version; /* of the key on the card */
	uint8_t levels;         /* of diversification below it, 0…3 */
};
/* INVALID KEYBLOCK_FORM; *out is then as it was. */
result sam_load_option_parse(struct str text, struct sam_load_option *out);

struct sam_load {
	const struct sam_load_style *style;
	const struct pboc_key *control;       /* the control key that is in force there */
	struct bytes challenge;               /* the random that the card answered: 4 or 8 bytes */
	const struct keyblock_header *header; /* of the key's block: usage, algorithm, option 90 */
	const struct pboc_key *key;
	bool replaces; /* cards: write over the key of this type and index, instead of adding it */
};

/*
 * The header in clear, 3 or 5 bytes, its length to *len. KEYBLOCK_FORM: no option 90 or a malformed
 * one; KEY_USE: this usage has no place there.
 */
result sam_load_header(const struct sam_load *l, uint8_t out[PBOC_KEY_HEADER_MAX], uint8_t *len);
/*
 * Append the whole command. Also KEY_USE: the block never lets the key go (exportability N), or is
 * of another algorithm than the key; INVALID_KEY: not 16 bytes; INVALID_BYTES (challenge),
 * BUFFER_FULL, CRYPTO_FAULT. Nothing clear of the key is left behind.
 */
result sam_load_command(const struct sam_load *l, struct writer *out);
