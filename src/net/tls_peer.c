/* SPDX-License-Identifier: Apache-2.0 */
/* tls_peer.c — the other side's certificate: who it is, whether it was taken back, and whether it
 * still holds on a line that has been open for long. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_private.h"

/* RFC 2253, without the escapes of UTF-8; the fingerprint of what stands in the audit. */
static void describe(const X509 *peer, struct tls_peer_id *out)
{
	BIO *text = BIO_new(BIO_s_mem());
	unsigned len = 0;
	int n = 0;

	*out = (struct tls_peer_id){ .subject = "" };
	if (text && X509_NAME_print_ex(text, X509_get_subject_name(peer), 0,
	                               XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_read(text, out->subject, TLS_SUBJECT_SIZE - 1);
	out->subject[n > 0 ? n : 0] = '\0';
	BIO_free(text);
	if (X509_digest(peer, EVP_sha256(), out->fingerprint, &len) != 1)
		memset(out->fingerprint, 0, sizeof out->fingerprint);
	ERR_clear_error();
}

int tls_note_refused(int good, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_line *line = ssl ? SSL_get_app_data(ssl) : NULL;
	const X509 *peer = X509_STORE_CTX_get0_cert(store);

	if (good || !line || line->refused)
		return good;
	line->refused = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
	if (peer)
		describe(peer, &line->peer);
	return 0;
}

result tls_load_crl(SSL_CTX *ctx, const char *file)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

	if (!lookup || X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) < 1)
		return FAIL(TLS_SETUP, "revocation list %s: %s", file, tls_reason());
	/* RFC 5280 6.3: of the authorities between, too */
	if (X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
		return FAIL(TLS_SETUP, "revocation list %s: %s", file, tls_reason());
	return OK;
}

bool tls_line_peer(const struct tls_line *line, struct tls_peer_id *out)
{
	const X509 *peer = SSL_get0_peer_certificate(line->ssl);

	if (!peer || SSL_get_verify_result(line->ssl) != X509_V_OK)
		return false;
	describe(peer, out);
	return true;
}

const char *tls_line_refused(const struct tls_line *line, struct tls_peer_id *out)
{
	*out = line->peer;
	return line->refused;
}

/* As OpenSSL asks it of a client in the handshake. */
static int verify_again(const struct tls_line *line, X509_STORE_CTX *store,
                        const struct tls_context *t)
{
	X509 *peer = SSL_get0_peer_certificate(line->ssl);

	if (!peer || !X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(t->ctx), peer,
	                                  SSL_get_peer_cert_chain(line->ssl)))
		return X509_V_ERR_UNSPECIFIED;
	if (!X509_STORE_CTX_set_default(store, t->is_server ? "ssl_client" : "ssl_server"))
		return X509_V_ERR_UNSPECIFIED;
	return X509_verify_cert(store) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(store);
}

const char *tls_line_recheck(const struct tls_line *line, const struct tls_context *t)
{
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	int error = store ? verify_again(line, store, t) : X509_V_ERR_OUT_OF_MEM;

	X509_STORE_CTX_free(store);
	ERR_clear_error();
	return error == X509_V_OK ? NULL : X509_verify_cert_error_string(error);
}
