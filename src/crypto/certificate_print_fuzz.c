/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First byte even: a text in PEM; odd: the DER in it, which the target wraps. What passes has a
 * subject that is text, and passes again.
 */
#include <openssl/evp.h>

#include "base/buf.h"
#include "crypto/certificate_print.h"

enum { DER_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_text(struct str pem)
{
	struct certificate_print one, two;

	if (!is_ok(certificate_print_read(pem, &one)))
		return;
	ASSERT(str_is_utf8(str_of(one.subject)));
	ASSERT(is_ok(certificate_print_read(pem, &two)));
	ASSERT(memcmp(one.sha256, two.sha256, sizeof one.sha256) == 0);
}

static void wrap(struct bytes der)
{
	SCOPED(buf_free) struct buf text = { 0 };
	unsigned char base64[DER_MAX * 2];
	int len = EVP_EncodeBlock(base64, der.at, (int)der.len);

	buf_str(&text, STR("-----BEGIN CERTIFICATE-----\n"));
	for (int at = 0; at < len; at += 64) {
		buf_put(&text, bytes_of(base64 + at, (size_t)(len - at < 64 ? len - at : 64)));
		buf_str(&text, STR("\n"));
	}
	buf_str(&text, STR("-----END CERTIFICATE-----\n"));
	read_text(buf_text(&text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > DER_MAX)
		return 0;
	if (data[0] % 2)
		wrap(bytes_of(data + 1, size - 1));
	else
		read_text((struct str){ (const char *)data + 1, size - 1 });
	return 0;
}
