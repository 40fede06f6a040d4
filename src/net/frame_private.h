/* SPDX-License-Identifier: Apache-2.0 */
/* frame_private.h — what the files of the framed server share. */
#pragma once

#include "net/address.h"
#include "net/frame_server.h"
#include "net/tls_io.h"

enum {
	FRAME_POOL_CLASSES  = 5,
	FRAME_LISTENERS_MAX = 8,
	FRAME_SCRATCH_SIZE  = 64 << 10, /* also the most that is buffered of one line's input */
};

/* A buffer on loan from the pool; at is NULL when there is none. */
struct frame_buffer {
	uint8_t *at;
	size_t   size;
	unsigned class;
};

/* Buffers in a few sizes, so that only lines with something unfinished hold memory. */
struct frame_pool {
	void  *free[FRAME_POOL_CLASSES]; /* each links to the next in its first bytes */
	size_t kept_bytes;               /* waiting in the lists */
	size_t all_bytes;                /* those and the ones on loan */
};

extern const size_t frame_pool_sizes[FRAME_POOL_CLASSES];

void frame_pool_take(struct frame_pool *p, size_t size, struct frame_buffer *out); /* at NULL: out of memory */
void frame_pool_give(struct frame_pool *p, struct frame_buffer *b);
void frame_pool_deinit(struct frame_pool *p);

enum frame_state {
	FRAME_STATE_CONNECTING,
	FRAME_STATE_HANDSHAKE,
	FRAME_STATE_OPEN,
	FRAME_STATE_FINISHING, /* sends what waits, reads nothing */
	FRAME_STATE_CLOSED,    /* waits for `closed` at the end of the round */
};

struct frame_conn {
	struct loop_watch    watch;
	struct frame_server *server;
	struct frame_conn   *next_dirty, *next_closed;
	uint64_t             id;
	void                *user;
	struct tls_line     *tls;
	enum frame_state     state;
	enum frame_close     why;
	int                  tag;
	uint16_t             frame_min, frame_max;
	bool                 is_outbound, is_authenticated, is_dirty, wants_write;
	int64_t              since_us; /* accepted; when finishing, since then */
	int64_t              heard_us;
	size_t               bytes_unauthenticated;
	struct frame_buffer  in;  /* an unfinished frame */
	size_t               in_len;
	struct frame_buffer  out; /* out.at[out_sent…out_len) waits */
	size_t               out_len, out_sent, reserved;
	char                 address[FRAME_ADDRESS_SIZE];
	char                 tls_name[TLS_NAME_SIZE];
};

struct frame_server;

struct frame_door {
	struct loop_watch     watch;
	struct frame_server  *server;
	struct frame_listener at;
};

struct frame_server {
	struct loop          *loop;
	struct frame_config   config;
	struct frame_handlers handlers;
	struct loop_wake      wake;
	struct loop_timer     sweep, reopen;
	struct frame_door     doors[FRAME_LISTENERS_MAX];
	size_t                door_count;
	struct frame_conn   **slots; /* config.connections_max of them */
	uint32_t             *generations;
	struct in6_addr      *sources; /* of the inbound lines; the unspecified address for the others */
	size_t                slot_from; /* where to look for a free one */
	struct frame_pool     pool;
	struct frame_conn    *dirty, *closed; /* of this round */
	bool                  has_frames;
	int64_t               tokens_us; /* of the accept rate: time that is paid for */
	int64_t               tokens_at_us;
	struct frame_stats    stats;
	uint8_t               scratch[FRAME_SCRATCH_SIZE];
};

/* frame_conn.c */
result frame_conn_new(struct frame_server *s, int fd, const struct frame_listener *at, const struct address *peer,
                      bool is_outbound, struct frame_conn **out);
void   frame_conn_end(struct frame_conn *c, enum frame_close why); /* closes the socket, `closed` follows */
void   frame_conn_free(struct frame_conn *c);
void   frame_conn_flush(struct frame_conn *c); /* one send */
