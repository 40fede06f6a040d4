/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/certificate_print.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/evp.h"

/* A block of a PEM text, in OpenSSL's memory. */
struct block {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void block_free(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->data, (size_t)b->len);
	ERR_clear_error();
}

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void free_certificate(X509 **x)
{
	X509_free(*x);
	ERR_clear_error();
}

static void free_bytes(unsigned char **at)
{
	OPENSSL_free(*at);
}

static bool next_block(BIO *in, struct block *out)
{
	return PEM_read_bio(in, &out->name, &out->header, &out->data, &out->len) == 1;
}

static result read_block(BIO *in, struct block *out)
{
	SCOPED(block_free) struct block more = { 0 };

	if (!next_block(in, out) || strcmp(out->name, PEM_STRING_X509) != 0 || out->header[0])
		return FAIL(CERTIFICATE_PEM, "it does not begin with a certificate");
	if (next_block(in, &more))
		return FAIL(CERTIFICATE_PEM, "a second block, %.32s", more.name);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return FAIL(CERTIFICATE_PEM, "what follows the certificate is broken");
	return OK;
}

/* Only the very bytes that the certificate is made of have its fingerprint. */
static bool is_whole(X509 *x, const struct block *b)
{
	SCOPED(free_bytes) unsigned char *again = NULL;
	int len = i2d_X509(x, &again);

	return len > 0 && len == b->len && memcmp(again, b->data, (size_t)len) == 0;
}

static result read_subject(const X509 *x, struct certificate_print *out)
{
	const unsigned long form = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	SCOPED(free_bio) BIO *text = BIO_new(BIO_s_mem());
	struct str subject = { "", 0 };
	char *at;
	long len;

	if (!text || X509_NAME_print_ex(text, X509_get_subject_name(x), 0, form) < 0)
		return FAIL(CERTIFICATE_PEM, "subject");
	len = BIO_get_mem_data(text, &at);
	if (len > 0)
		subject = (struct str){ at, (size_t)len };
	if (!str_is_utf8(subject))
		return FAIL(CERTIFICATE_PEM, "subject");
	str_copy(subject, out->subject, sizeof out->subject);
	return OK;
}

static result read_expiry(const X509 *x, struct certificate_print *out)
{
	struct civil c;
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
		return FAIL(CERTIFICATE_PEM, "its last day");
	c = (struct civil){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		            tm.tm_hour,        tm.tm_min,     tm.tm_sec };
	if (!civil_is_valid(&c))
		return FAIL(CERTIFICATE_PEM, "its last day");
	out->expires = instant_of(c, 0);
	return OK;
}

result certificate_print_read(struct str pem, struct certificate_print *out)
{
	SCOPED(free_certificate) X509 *x = NULL;
	SCOPED(block_free) struct block b = { 0 };
	SCOPED(free_bio) BIO *in = NULL;
	const unsigned char *at;

	if (pem.len == 0 || pem.len > CERTIFICATE_PEM_MAX)
		return FAIL(CERTIFICATE_PEM, "a text of %zu bytes", pem.len);
	in = BIO_new_mem_buf(pem.at, (int)pem.len);
	if (!in)
		return FAIL(OUT_OF_MEMORY, "certificate");
	TRY(read_block(in, &b));
	at = b.data;
	x = d2i_X509(NULL, &at, b.len);
	if (!x || !is_whole(x, &b))
		return FAIL(CERTIFICATE_PEM, "its DER is not whole");
	digest_sha256(bytes_of(b.data, (size_t)b.len), out->sha256);
	TRY(read_subject(x, out));
	return read_expiry(x, out);
}
