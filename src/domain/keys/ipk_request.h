/* SPDX-License-Identifier: Apache-2.0 */
/* ipk_request.h — the request for an issuer certificate (发卡行公钥证书申请, keys 16.3), made and
 * checked. */
#pragma once

#include "codec/ipk/profile.h"
#include "crypto/emv_cert.h"

enum { IPK_FILE_MAX = 1024 };

struct ipk_file {
	char name[IPK_FILE_NAME_MAX];
	size_t len;
	uint8_t at[IPK_FILE_MAX];
};

struct ipk_request {
	struct ipk_values values; /* all that the request says; keep them for the answer */
	uint8_t hash[EMV_HASH];   /* shown to people: the scheme asks for it by another channel */
	struct ipk_file file, hash_file;
};

/*
 * Make both files. wish: IIN, EXP, and TRK, IDX, SVC as the profile wants them; its defaults fill
 * what is not set. The file is read back before it is given out.
 *
 * IPK_VALUE: a value is missing; INVALID_KEY: the signer's key is not `key`, or a block of the
 * profile does not fit it; and what the signer fails with.
 */
result ipk_request_make(const struct ipk_profile *profile, const struct ipk_values *wish,
                        const struct emv_key *key, struct emv_signer *issuer,
                        struct ipk_request *out);

/*
 * Read a request and check its signature with the public key inside. IPK_FILE: not the profile's
 * form; SIGNATURE_WRONG: block or hash; the detail names the check. A failure leaves *out
 * undefined.
 */
result ipk_request_read(const struct ipk_profile *profile, struct bytes file,
                        struct ipk_values *out);
