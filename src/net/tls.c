/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_private.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* TLS_AES_128_GCM_SHA256: its hash is the one external PSKs are used with (RFC 8446 4.2.11). */
static const unsigned char psk_cipher[] = { 0x13, 0x01 };

/* The oldest reason in OpenSSL's queue, which is emptied. */
const char *tls_reason(void)
{
	unsigned long code = ERR_get_error();
	const char   *text = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return text ? text : "no reason given";
}

static result setup_failed(const char *what, const char *file)
{
	return FAIL(TLS_SETUP, "%s %s: %s", what, file ? file : "", tls_reason());
}

static SSL_SESSION *psk_session(SSL *ssl, const struct secret *psk)
{
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, psk_cipher);
	SSL_SESSION      *session = SSL_SESSION_new();

	if (session && cipher && SSL_SESSION_set1_master_key(session, psk->at, psk->len) &&
	    SSL_SESSION_set_cipher(session, cipher) && SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

/* Server: OpenSSL's question for a key; no session means "unknown", and the handshake goes on by certificate. */
static int find_psk(SSL *ssl, const unsigned char *identity, size_t identity_len, SSL_SESSION **session)
{
	SCOPED(secret_wipe) struct secret psk = { 0 };
	struct tls_context               *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls_line                  *line = SSL_get_app_data(ssl);
	struct str                        name = { (const char *)identity, identity_len };

	*session = NULL;
	if (name.len == 0 || name.len >= TLS_NAME_SIZE || !str_is_utf8(name))
		return 1;
	if (!t->psk_find(t->psk_owner, name, &psk) || psk.len != TLS_PSK_SIZE)
		return 1;
	*session = psk_session(ssl, &psk);
	if (*session)
		str_copy(name, line->identity, sizeof line->identity);
	return 1;
}

/* Client: the key to propose, when its hash suits. */
static int use_psk(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
	struct tls_context *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	*session = NULL;
	*id = NULL;
	*id_len = 0;
	if (md && !EVP_MD_is_a(md, "SHA256"))
		return 1;
	*session = psk_session(ssl, &t->psk);
	if (!*session)
		return 0;
	*id = (const unsigned char *)t->identity;
	*id_len = strlen(t->identity);
	return 1;
}

static result load_own(SSL_CTX *ctx, const struct tls_config *config)
{
	if (!config->cert_file)
		return OK;
	if (SSL_CTX_use_certificate_chain_file(ctx, config->cert_file) != 1)
		return setup_failed("certificate", config->cert_file);
	if (SSL_CTX_use_PrivateKey_file(ctx, config->key_file, SSL_FILETYPE_PEM) != 1)
		return setup_failed("key", config->key_file);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return setup_failed("key does not belong to", config->cert_file);
	return OK;
}

static result load_trust(SSL_CTX *ctx, const struct tls_config *config, bool is_server)
{
	int mode = SSL_VERIFY_NONE;

	if (config->ca_file && SSL_CTX_load_verify_file(ctx, config->ca_file) != 1)
		return setup_failed("certificate authority", config->ca_file);
	if (config->ca_file && is_server)
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(config->ca_file));
	if (config->peer != TLS_PEER_NONE) {
		if (!config->ca_file)
			return FAIL(TLS_SETUP, "verification asked for, but no certificate authority given");
		mode = SSL_VERIFY_PEER;
	}
	if (config->peer == TLS_PEER_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, tls_note_refused);
	return config->crl_file ? tls_load_crl(ctx, config->crl_file) : OK;
}

static result load_psk(struct tls_context *t, const struct tls_config *config)
{
	if (t->is_server) {
		t->psk_find = config->psk_find;
		t->psk_owner = config->psk_owner;
		if (t->psk_find)
			SSL_CTX_set_psk_find_session_callback(t->ctx, find_psk);
		return OK;
	}
	if (!config->psk_identity)
		return OK;
	if (strlen(config->psk_identity) >= TLS_NAME_SIZE || !config->psk || config->psk->len != TLS_PSK_SIZE)
		return FAIL(TLS_SETUP, "PSK of the wrong size");
	str_copy(str_of(config->psk_identity), t->identity, sizeof t->identity);
	t->psk = *config->psk;
	SSL_CTX_set_psk_use_session_callback(t->ctx, use_psk);
	return OK;
}

static result set_up(struct tls_context *t, const struct tls_config *config)
{
	const long     modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
	const uint64_t options = SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE;

	SSL_CTX_set_app_data(t->ctx, t);
	if (!SSL_CTX_set_min_proto_version(t->ctx, config->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) ||
	    !SSL_CTX_set_cipher_list(t->ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") ||
	    !SSL_CTX_set_ciphersuites(t->ctx, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
	                                      "TLS_AES_256_GCM_SHA384"))
		return setup_failed("TLS 1.3", NULL);
	SSL_CTX_set_options(t->ctx, options);
	SSL_CTX_set_num_tickets(t->ctx, 0);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	/* An idle line keeps no record buffers; bytes to send may have moved between two attempts. */
	SSL_CTX_set_mode(t->ctx, modes | (config->keeps_buffers ? 0 : SSL_MODE_RELEASE_BUFFERS));
	TRY(load_own(t->ctx, config));
	TRY(load_trust(t->ctx, config, t->is_server));
	return load_psk(t, config);
}

static result context_open(const struct tls_config *config, bool is_server, struct tls_context **out)
{
	struct tls_context *t = calloc(1, sizeof *t);
	result              r;

	if (!t)
		return FAIL(OUT_OF_MEMORY, "TLS context");
	t->is_server = is_server;
	t->verifies = config->peer != TLS_PEER_NONE;
	t->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
	r = t->ctx ? set_up(t, config) : setup_failed("context", NULL);
	if (!is_ok(r)) {
		tls_close(t);
		return r;
	}
	*out = t;
	return OK;
}

result tls_server_open(const struct tls_config *config, struct tls_context **out)
{
	if (!config->cert_file && !config->psk_find)
		return FAIL(TLS_SETUP, "neither certificate nor PSK");
	return context_open(config, true, out);
}

result tls_client_open(const struct tls_config *config, struct tls_context **out)
{
	return context_open(config, false, out);
}

void tls_close(struct tls_context *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	secret_wipe(&t->psk);
	free(t);
}

/* The name to be verified: an address or a host name. */
static bool expect_host(struct tls_line *line, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(line->ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return true;
	ERR_clear_error();
	return SSL_set1_host(line->ssl, host) == 1 && SSL_set_tlsext_host_name(line->ssl, (char *)(uintptr_t)host) == 1;
}

result tls_line_open(struct tls_context *t, int fd, const char *host, struct tls_line **out)
{
	struct tls_line *line = calloc(1, sizeof *line);

	if (!line)
		return FAIL(OUT_OF_MEMORY, "TLS line");
	line->ssl = SSL_new(t->ctx);
	if (!line->ssl || SSL_set_fd(line->ssl, fd) != 1) {
		SSL_free(line->ssl);
		free(line);
		return FAIL(OUT_OF_MEMORY, "TLS line: %s", tls_reason());
	}
	SSL_set_app_data(line->ssl, line);
	if (t->is_server)
		SSL_set_accept_state(line->ssl);
	else
		SSL_set_connect_state(line->ssl);
	if (t->verifies && host && !expect_host(line, host)) {
		tls_line_close(line);
		return FAIL(TLS_SETUP, "host name: %s", tls_reason());
	}
	if (!t->is_server && *t->identity)
		str_copy(str_of(t->identity), line->identity, sizeof line->identity);
	*out = line;
	return OK;
}

void tls_line_close(struct tls_line *line)
{
	if (!line)
		return;
	ERR_clear_error();
	if (!line->is_broken && SSL_is_init_finished(line->ssl))
		SSL_shutdown(line->ssl);
	ERR_clear_error();
	SSL_free(line->ssl);
	free(line);
}

static enum tls_step step_of(struct tls_line *line, int done, const char *what)
{
	int error = done > 0 ? SSL_ERROR_NONE : SSL_get_error(line->ssl, done);

	switch (error) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_ENDED;
	default:
		line->is_broken = true;
		(void)FAIL(NET_CLOSED, "TLS %s: %s", what, tls_reason());
		return TLS_FAILED;
	}
}

enum tls_step tls_line_handshake(struct tls_line *line)
{
	ERR_clear_error();
	return step_of(line, SSL_do_handshake(line->ssl), "handshake");
}

enum tls_step tls_line_read(struct tls_line *line, uint8_t *to, size_t size, size_t *moved)
{
	ERR_clear_error();
	return step_of(line, SSL_read_ex(line->ssl, to, size, moved), "read");
}

enum tls_step tls_line_write(struct tls_line *line, const uint8_t *from, size_t len, size_t *moved)
{
	ERR_clear_error();
	return step_of(line, SSL_write_ex(line->ssl, from, len, moved), "write");
}

bool tls_line_has_pending(const struct tls_line *line)
{
	return SSL_pending(line->ssl) > 0;
}

/* The one CN of a subject; "" when it is missing, too long, or holds bytes that no node id has. */
static void common_name(const X509 *peer, char out[TLS_NAME_SIZE])
{
	X509_NAME   *subject = X509_get_subject_name(peer);
	int          at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	ASN1_STRING *text;
	struct str   name;

	out[0] = '\0';
	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	name = (struct str){ (const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text) };
	if (name.len < TLS_NAME_SIZE && str_is_utf8(name))
		str_copy(name, out, TLS_NAME_SIZE);
}

void tls_line_name(const struct tls_line *line, char out[TLS_NAME_SIZE])
{
	X509 *peer = SSL_get0_peer_certificate(line->ssl);

	out[0] = '\0';
	if (peer && SSL_get_verify_result(line->ssl) == X509_V_OK && (SSL_get_verify_mode(line->ssl) & SSL_VERIFY_PEER))
		common_name(peer, out);
	else if (SSL_session_reused(line->ssl)) /* with tickets and cache off only a PSK makes it so */
		str_copy(str_of(line->identity), out, TLS_NAME_SIZE);
}
