/* SPDX-License-Identifier: Apache-2.0 */
/* frame_server.h — many framed TCP lines in one loop thread: frames in, one send per line and round out. */
#pragma once

#include "net/loop.h"
#include "net/tls.h"

/*
 * A frame is LEN (2 bytes, big-endian) and LEN bytes. In each round of the loop every line that has input is
 * read once and `frame` is called for each whole frame; then `round_end` once if there were any, so that the
 * owner hands all of them on together; then all that was committed is sent, one send per line; then `closed`
 * is called for what ended. All calls are on the loop's thread, except frame_server_wake.
 */
struct frame_server;
struct frame_conn; /* valid until `closed` returns; keep frame_conn_id for later */

enum {
	FRAME_PREFIX_SIZE  = 2,
	FRAME_PAYLOAD_MAX  = 16383,
	FRAME_ADDRESS_SIZE = 56, /* "[v6]:port" */
};

enum frame_close {
	FRAME_CLOSE_PEER,            /* the other side ended it */
	FRAME_CLOSE_OWNER,           /* frame_conn_close or frame_conn_finish */
	FRAME_CLOSE_LENGTH,          /* LEN out of range */
	FRAME_CLOSE_UNAUTHENTICATED, /* too long or too many bytes without frame_conn_authenticated */
	FRAME_CLOSE_IDLE,            /* silent for idle_us */
	FRAME_CLOSE_SLOW,            /* does not read its replies */
	FRAME_CLOSE_ERROR,           /* socket error, or no connection */
	FRAME_CLOSE_TLS,             /* handshake or record refused */
	FRAME_CLOSE_STOP,            /* the server closes */
	FRAME_CLOSE_COUNT
};

/* Zero takes the default in brackets. */
struct frame_config {
	size_t   connections_max;       /* [4096] */
	size_t   per_address_max;       /* [256] of one source address (IPv6: of one /64) */
	uint32_t accepts_per_s;         /* [2000] more wait in the backlog */
	int64_t  unauthenticated_us;    /* [20 s] */
	size_t   unauthenticated_bytes; /* [4096] */
	int64_t  idle_us;               /* [90 s] */
	size_t   send_max;              /* [262144] bytes that may wait for a reader */
};

struct frame_handlers {
	void (*opened)(void *owner, struct frame_conn *c); /* accepted (TLS done) or connected; may be NULL */
	void (*frame)(void *owner, struct frame_conn *c, struct bytes payload); /* borrowed for the call */
	void (*round_end)(void *owner);                    /* may be NULL */
	void (*woken)(void *owner);                        /* after frame_server_wake; may be NULL */
	/* Last call for c; also when `opened` never came. May be NULL. */
	void (*closed)(void *owner, struct frame_conn *c, enum frame_close why);
	void *owner;
};

struct frame_listener {
	const char         *address;  /* "127.0.0.1:8583", "[::]:8583"; port 0 lets the kernel choose */
	struct tls_context *tls;      /* NULL: plain; outlives the server */
	int                 tag;      /* frame_conn_tag of its lines */
	uint16_t            frame_min, frame_max; /* LEN that is accepted */
};

struct frame_stats {
	uint64_t accepted, refused_full, refused_address, frames_in, frames_out, bytes_in, bytes_out, sends;
	uint64_t closed[FRAME_CLOSE_COUNT];
	size_t   open, open_max, buffer_bytes;
};

/* Raises the process's limit of open descriptors if connections_max needs it. OUT_OF_MEMORY, SYSTEM_CALL. */
result frame_server_open(struct loop *l, const struct frame_config *config, const struct frame_handlers *handlers,
                         struct frame_server **out);
/* LISTEN_FAILED; *port (may be NULL) is the port in use. */
result frame_server_listen(struct frame_server *s, const struct frame_listener *at, uint16_t *port);
/* An outbound line; address, tls, tag and limits as for a listener. `opened` or `closed` follows. It counts as
 * authenticated and has no idle limit. CONNECT_FAILED. */
result frame_server_connect(struct frame_server *s, const struct frame_listener *to, struct frame_conn **out);
void   frame_server_stop_listening(struct frame_server *s); /* lines stay */
void   frame_server_close(struct frame_server *s); /* closes all lines (FRAME_CLOSE_STOP); NULL is fine */
void   frame_server_wake(struct frame_server *s);  /* any thread: have `woken` called */
void   frame_server_stats(const struct frame_server *s, struct frame_stats *out);
const char *frame_close_name(enum frame_close why);

/* Never used twice, so that a late completion for a closed line finds nothing. Never 0. */
uint64_t           frame_conn_id(const struct frame_conn *c);
struct frame_conn *frame_server_find(struct frame_server *s, uint64_t id); /* NULL when gone */
void               frame_conn_set_user(struct frame_conn *c, void *user);
void              *frame_conn_user(const struct frame_conn *c);
int                frame_conn_tag(const struct frame_conn *c);
const char        *frame_conn_address(const struct frame_conn *c); /* "1.2.3.4:567"; lives with c */
/* CN of a verified client certificate, or the PSK identity; "" when there is neither. */
const char        *frame_conn_tls_name(const struct frame_conn *c);
void               frame_conn_authenticated(struct frame_conn *c); /* lifts the unauthenticated limits */

/*
 * Room for a payload of up to `size` bytes in the send buffer; NULL when the line is closing or its reader is
 * too slow (it is then closed). Write, then commit what was used; without a commit nothing is sent.
 */
uint8_t *frame_conn_reserve(struct frame_conn *c, size_t size);
void     frame_conn_commit(struct frame_conn *c, size_t len);
bool     frame_conn_send(struct frame_conn *c, struct bytes payload); /* reserve, copy, commit */
void     frame_conn_close(struct frame_conn *c);  /* now; what waits is dropped */
void     frame_conn_finish(struct frame_conn *c); /* send what waits, read no more, then close */
