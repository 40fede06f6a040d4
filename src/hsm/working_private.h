/* SPDX-License-Identifier: Apache-2.0 */
/* working_private.h — the inside of a working key, for the files that use it; private to hsm/. */
#pragma once

#include "crypto/cipher.h"
#include "crypto/hmac.h"
#include "hsm/working_key.h"

enum { WORKING_MACS = 3 }; /* the first of enum working_mac, HMAC apart */

struct working_key {
	struct working_place at;
	struct keyblock_header header;
	struct hsm_shape shape; /* bits of key material */
	/* in the device */
	bool in_device;
	struct hsm_object object;
	char *block; /* to bring it in again when the device was away */
	size_t block_len;
	/* here: the value in locked memory, and what was made of it so far */
	uint8_t *value;
	size_t value_len;
	struct cipher_key ecb;
	struct cipher_cbc cbc;
	struct cipher_ctr ctr;
	struct mac_key macs[WORKING_MACS];
	struct hmac_key hmac;
	bool has_hmac;
	struct rsa_key rsa;
	struct sm2_key sm2;
};

static inline bool working_is_pair(const struct working_key *k)
{
	return k->header.algorithm == 'R' || k->header.algorithm == '2';
}

/* DECLINE KEY_USE unless the header's mode of use is one of these. */
result working_require_mode(const struct working_key *k, const char *modes);
/* The object is in the device as it is now. */
result working_require_object(struct working_key *k);
/* Check value of an object that may encrypt and MAC. */
result working_kcv_of_object(const struct working_place *at, struct hsm_object object,
                             const struct hsm_shape *shape, struct kcv *out);
