/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h — TLS 1.3 for framed lines: certificates on either side, or an external PSK (terminal-protocol 3.3). */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

struct tls_context; /* shared by connections; read-only after open, any thread */

enum { TLS_NAME_SIZE = 65, TLS_PSK_SIZE = 32 };

/* Whether the other side must show a certificate signed by `ca_file`. */
enum tls_peer { TLS_PEER_NONE, TLS_PEER_OPTIONAL, TLS_PEER_REQUIRED };

struct tls_config {
	const char   *cert_file, *key_file; /* PEM, own chain and key; NULL when only PSK is used */
	const char   *ca_file;              /* PEM; NULL: nobody is trusted */
	enum tls_peer peer;                 /* a client takes any value but TLS_PEER_NONE as "verify the server" */
	/* PEM: a revocation list of each authority of a peer's chain, without which nobody passes. NULL: not asked. */
	const char   *crl_file;
	bool          tls12;    /* TLS 1.2 too, with ECDHE and AEAD ciphers */
	bool          keeps_buffers; /* a silent line keeps its record buffers: more memory, no allocation a record */

	/* Server: the TLS_PSK_SIZE bytes of `identity`; false when there is none. On the connection's thread. */
	bool (*psk_find)(void *owner, struct str identity, struct secret *out);
	void  *psk_owner;

	/* Client: what it proposes; identity NULL for none. Copied. */
	const char          *psk_identity;
	const struct secret *psk;
};

/* TLS_SETUP when a file is missing, does not parse, or key and certificate do not belong together. */
result tls_server_open(const struct tls_config *config, struct tls_context **out);
result tls_client_open(const struct tls_config *config, struct tls_context **out);
void   tls_close(struct tls_context *t); /* NULL is fine; connections in flight keep what they need */
