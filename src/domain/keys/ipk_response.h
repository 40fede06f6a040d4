/* SPDX-License-Identifier: Apache-2.0 */
/* ipk_response.h — the scheme's answer to a request: an issuer certificate (发卡行公钥证书),
 * checked whole or refused (keys 16.4). */
#pragma once

#include "base/buf.h"
#include "codec/ipk/profile.h"
#include "crypto/digest.h"
#include "domain/keys/ipk_ca.h"

/* What an answer is held against. All borrowed. */
struct ipk_expected {
	const struct ipk_profile *profile;
	const struct ipk_values
	        *request;         /* of ipk_request_make: N, E, IIN, EXP, and IDX, SVC, TRK */
	const struct ipk_ca *cas; /* the keys of the scheme's authority */
	size_t ca_count;
	struct bizdate today;
};

/* An issuer certificate that passed. */
struct ipk_issued {
	const struct ipk_ca *ca;            /* one of those expected; its index is tag 8F */
	struct emv_certificate certificate; /* tags 90, 92, 9F32 */
	struct emv_holder holder;    /* serial: unique for each CA, which the caller sees to */
	uint8_t hash[EMV_HASH];      /* in the certificate */
	uint8_t source[DIGEST_SIZE]; /* SHA-256 of the file */
};

/*
 * IPK_FILE: not the profile's form or length. EMV_CERTIFICATE: CA key unknown or expired; a check
 * of the certificate; issuer, service, key, its index or tracking not the request's; dates; the
 * detached signature. The detail names the check. A failure leaves *out undefined.
 */
result ipk_response_read(const struct ipk_expected *expected, struct bytes file,
                         struct ipk_issued *out);

/*
 * Append the certificate as XML (keys 16.4). issuer: our code of the issuer, scheme: the profile's
 * name. INVALID_TEXT: not UTF-8, or a control character in them; BUFFER_FULL.
 */
result ipk_response_xml(const struct ipk_issued *issued, struct str issuer, struct str scheme,
                        struct buf *out);
