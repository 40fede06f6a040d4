/* SPDX-License-Identifier: Apache-2.0 */
/* sm4_cmac.h — an SM4-CMAC (RFC 4493) as a chain among many; private to this folder. */
#pragma once

#include "crypto/mac.h"
#include "crypto/sm4.h"

enum { SM4_CMAC_LEAD = 32 };

/* What a chain reads beside the message: lives until the chain has run. */
struct sm4_cmac {
	uint8_t lead[SM4_CMAC_LEAD], last[SM4_BLOCK];
};

/*
 * The job whose last block is CMAC(key, lead || data). lead: 0…31 bytes, copied; data: borrowed
 * until the job has run. key->sm4 is there.
 */
void sm4_cmac_job(struct sm4_cmac *c, const struct mac_key *key, struct bytes lead,
                  struct bytes data, struct sm4_job *out);
