/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate_print.h — what a certificate (X.509) is known by, from the text that people hand
 * over: its fingerprint (证书指纹), whose it is and until when. Nothing is said about who issued
 * it: that is for whoever meets it on a line.
 */
#pragma once

#include "base/time.h"
#include "crypto/digest.h"

enum {
	CERTIFICATE_PEM_MAX = 32 << 10, /* bytes of the text */
	CERTIFICATE_SUBJECT_MAX = 200,  /* bytes; a longer subject is cut */
};

struct certificate_print {
	uint8_t sha256[DIGEST_SIZE];               /* of the certificate in DER, as TLS sees it */
	char subject[CERTIFICATE_SUBJECT_MAX + 1]; /* RFC 2253, in UTF-8 */
	struct instant expires;
};

/*
 * One certificate in PEM (RFC 7468), other text around it or not. INVALID CERTIFICATE_PEM: none, a
 * second block of any kind, such as a private key, too long, or its DER is not whole. A failure
 * leaves *out undefined.
 */
result certificate_print_read(struct str pem, struct certificate_print *out);
