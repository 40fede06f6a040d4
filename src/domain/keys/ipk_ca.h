/* SPDX-License-Identifier: Apache-2.0 */
/* ipk_ca.h — public keys of certification authorities (认证机构公钥, keys 16.2). */
#pragma once

#include "base/time.h"
#include "crypto/emv_cert.h"

struct ipk_ca {
	uint8_t rid[EMV_RID];
	uint8_t index;
	struct bizdate expiry; /* the last day */
	struct emv_key key;
};

/* As it is typed, or as a row of a table says it: hexadecimal digits; expiry as yyyymmdd. */
struct ipk_ca_text {
	struct str rid, index, modulus, exponent, expiry, checksum;
};

/*
 * INVALID_HEX, INVALID_KEY (size or exponent), TIME_SYNTAX, and EMV_CERTIFICATE when the published
 * checksum is another: the key is then not the authority's.
 */
result ipk_ca_read(const struct ipk_ca_text *text, struct ipk_ca *out);
