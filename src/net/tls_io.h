/* SPDX-License-Identifier: Apache-2.0 */
/* tls_io.h — one TLS connection over a socket, for who frames lines himself: this folder and service/kms_front. */
#pragma once

#include "net/tls.h"

struct tls_line; /* one connection; used by one thread */

/* How a step ended. */
enum tls_step {
	TLS_DONE,       /* handshake complete, or *moved bytes read or written (at least one) */
	TLS_WANT_READ,  /* call again when the socket is readable */
	TLS_WANT_WRITE, /* … or writable */
	TLS_ENDED,      /* the other side closed the TLS connection properly */
	TLS_FAILED,     /* refused or broken; the detail is in result_last() */
};

/* The socket stays the caller's. OUT_OF_MEMORY. host: the name to verify and to send, NULL on the server's side. */
result        tls_line_open(struct tls_context *t, int fd, const char *host, struct tls_line **out);
void          tls_line_close(struct tls_line *line); /* says good-bye once, without waiting; NULL is fine */
enum tls_step tls_line_handshake(struct tls_line *line);
enum tls_step tls_line_read(struct tls_line *line, uint8_t *to, size_t size, size_t *moved);
/* After TLS_WANT_… the same bytes must be given again, at any address, and more may follow them. */
enum tls_step tls_line_write(struct tls_line *line, const uint8_t *from, size_t len, size_t *moved);
bool          tls_line_has_pending(const struct tls_line *line); /* bytes that the socket no longer shows */
/* CN of the verified certificate or the PSK identity, NUL-ended; "" for neither. After the handshake. */
void          tls_line_name(const struct tls_line *line, char out[TLS_NAME_SIZE]);

enum { TLS_FINGERPRINT = 32, TLS_SUBJECT_SIZE = 200 };

/* A certificate that the other side showed. */
struct tls_peer_id {
	uint8_t fingerprint[TLS_FINGERPRINT]; /* SHA-256 of its DER */
	char    subject[TLS_SUBJECT_SIZE];    /* RFC 2253; cut when longer */
};
/* The verified one; false when there is none. After the handshake. */
bool        tls_line_peer(const struct tls_line *line, struct tls_peer_id *out);
/* The one that was refused, and why ("certificate revoked"); NULL when none was. After TLS_FAILED. */
const char *tls_line_refused(const struct tls_line *line, struct tls_peer_id *out);
/* Would the line's certificate still be taken, by what `t` trusts and at this time? NULL, or why not. */
const char *tls_line_recheck(const struct tls_line *line, const struct tls_context *t);
