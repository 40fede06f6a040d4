/* SPDX-License-Identifier: Apache-2.0 */
/* sdf_blob.h — the file of an LMK slot of an SDF device (keys 3.4, choice 1): its keys, each for
 * the device's eyes only; private to hsm/. */
#pragma once

#include "crypto/sm2.h"
#include "hsm/hsm_driver.h"

enum {
	SDF_KEY = 16,                 /* bytes of an SM4 key */
	SDF_LOCAL = HSM_SLOTS,        /* number of the device's own keys, which are of no LMK */
	SDF_SLOTS = HSM_SLOTS + 1,    /* all of them */
	SDF_ENVELOPES = HSM_PART_AUK, /* KBEK, KBAK, KWK */
	SDF_ENVELOPE = 3 * SM2_FIELD + SDF_KEY, /* x, y, hash, text */
	SDF_BLOB_HEAD = 55,                     /* characters of the first line */
	SDF_BLOB_LINES = SDF_ENVELOPES * (2 * SDF_ENVELOPE + 3) + (2 * 2 * SDF_KEY + 3),
	SDF_BLOB_SIGNED = SDF_BLOB_HEAD + SDF_BLOB_LINES, /* characters under the MAC */
	SDF_BLOB_TEXT = SDF_BLOB_SIGNED + 2 * SDF_KEY + 3,
};

struct sdf_blob {
	unsigned slot;               /* 0…HSM_SLOTS-1, or SDF_LOCAL */
	uint8_t check[HSM_PROOF];    /* check value of the LMK; of KBAK for SDF_LOCAL */
	uint8_t device[SM2_KEY_KCV]; /* check value of the key pair that opens the envelopes */
	uint8_t envelopes[SDF_ENVELOPES][SDF_ENVELOPE];
	uint8_t audit[2 * SDF_KEY]; /* initial value, then AUK in CBC under KBEK */
	uint8_t mac[16];            /* CMAC under KBAK over the text before it */
};

/*
 * The text, of one form only: upper-case hex, lines of fixed length.
 *
 *   YIKA-SDF/1|slot=03|alg=4|check=45445F9CEA|key=9F0A1B2C
 *   E|…   M|…   W|…    envelopes of KBEK, KBAK, KWK
 *   A|…                AUK
 *   T|…                MAC
 */
void sdf_blob_write(const struct sdf_blob *b, char text[SDF_BLOB_TEXT + 1]);
/* INVALID_TEXT: not such a text; *out is then zeros. Nothing is believed of it until its MAC was
 * checked. */
result sdf_blob_parse(struct str text, struct sdf_blob *out);
