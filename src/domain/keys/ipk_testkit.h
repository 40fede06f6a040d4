/* SPDX-License-Identifier: Apache-2.0 */
/* ipk_testkit.h — for tests: an authority that answers requests, and issuers that make them. */
#pragma once

#include "domain/keys/ipk_request.h"
#include "domain/keys/ipk_response.h"

/* An authority with the test key of tests/vectors/emv, or a fresh one. Zero-initialise. */
struct ipk_authority {
	struct rsa_key pair;
	struct emv_rsa_signer signer;
	struct ipk_ca ca;
};
void ipk_authority_init(struct ipk_authority *a, struct bytes p, struct bytes q);
void ipk_authority_fresh(struct ipk_authority *a, unsigned bits);
void ipk_authority_deinit(struct ipk_authority *a);

/* An issuer in the same way. */
struct ipk_issuer {
	struct rsa_key pair;
	struct emv_rsa_signer signer;
	struct emv_key key;
};
void ipk_issuer_init(struct ipk_issuer *i, struct bytes p, struct bytes q);
void ipk_issuer_fresh(struct ipk_issuer *i, unsigned bits, uint32_t exponent);
void ipk_issuer_deinit(struct ipk_issuer *i);

/* BIN 62258800, expiry 1230, tracking 000123, index 000001. */
void ipk_test_wish(struct ipk_values *wish);

/*
 * Answer what a request asked for: asked holds N, E, IIN, EXP, IDX and SVC of the certificate, SN
 * is added. The file is named as the schemes name theirs.
 */
void ipk_authority_answer(const struct ipk_authority *a, const struct ipk_profile *profile,
                          const struct ipk_values *asked, const char *serial, struct ipk_file *out);
/* Sign anew what the file says in front of its detached signature, after a change. */
void ipk_authority_sign(const struct ipk_authority *a, enum ipk_detach detach,
                        struct ipk_file *file);
