/* SPDX-License-Identifier: Apache-2.0 */
/* tls_private.h — what the files of TLS share; private to this folder. */
#pragma once

#include <openssl/ssl.h>

#include "net/tls_io.h"

struct tls_context {
	SSL_CTX *ctx;
	bool is_server, verifies;
	bool (*psk_find)(void *owner, struct str identity, struct secret *out);
	void *psk_owner;
	char identity[TLS_NAME_SIZE]; /* client: what it proposes, "" for none */
	struct secret psk;
};

struct tls_line {
	SSL *ssl;
	bool is_broken; /* no good-bye after a failure */
	char identity[TLS_NAME_SIZE];
	const char *refused; /* why the peer's certificate was; NULL: it was not */
	struct tls_peer_id peer;
};

/* The oldest reason in OpenSSL's queue, which is emptied. */
const char *tls_reason(void);
/* OpenSSL's verify callback: who is refused, and why, for the log. */
int tls_note_refused(int good, X509_STORE_CTX *store);
result tls_load_crl(SSL_CTX *ctx, const char *file); /* TLS_SETUP */
