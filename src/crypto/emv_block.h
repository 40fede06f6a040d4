/* SPDX-License-Identifier: Apache-2.0 */
/* emv_block.h — the frame of every block that EMV signs: 6A, format, content, hash, BC; private to
 * this folder. */
#pragma once

#include "crypto/emv_cert.h"

enum {
	EMV_HEADER = 0x6A,
	EMV_TRAILER = 0xBC,
	EMV_PAD = 0xBB,
	EMV_SHA1 = 0x01, /* hash algorithm indicator */
	EMV_RSA = 0x01,  /* public key algorithm indicator */
	EMV_TAIL = EMV_HASH + 1,
};

/* What a hash covers behind the block: remainder, exponent, static data, or less. */
struct emv_beyond {
	struct bytes pieces[3];
};

/*
 * Sign: `content` holds format and what follows it, already padded to size - 22; header, hash and
 * trailer are added. out holds signer->size bytes.
 */
result emv_block_sign(struct emv_signer *signer, struct bytes content,
                      const struct emv_beyond *beyond, uint8_t *out);
/*
 * Recover with the public key and check length, header, trailer and format. `what` names the block
 * in the failure's detail. EMV_CERTIFICATE.
 */
result emv_block_open(const struct emv_key *k, struct bytes in, uint8_t format, const char *what,
                      uint8_t *block);
/* The hash of an opened block. EMV_CERTIFICATE. */
result emv_block_check_hash(struct bytes block, const struct emv_beyond *beyond, const char *what);
/* EMV_CERTIFICATE unless all of it is BB. */
result emv_block_check_pad(struct bytes pad, const char *what);
