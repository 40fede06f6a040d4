/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h — the sealed envelope of a frame with class 63 (terminal-protocol 5.5), in place. */
#pragma once

#include "crypto/cipher.h"
#include "crypto/mac.h"

enum {
	ENVELOPE_SEC = 16, /* in front of the message */
	ENVELOPE_TAG = 16, /* behind it */
	ENVELOPE_EXTRA = ENVELOPE_SEC + ENVELOPE_TAG,
	ENVELOPE_HDR = 6, /* the frame's header, covered by the tag */
};

enum envelope_direction { ENVELOPE_TO_HOST = 0, ENVELOPE_TO_NODE = 1 };

/* SEC in clear: which session's key opens it, and the counter that must grow. */
struct envelope_sec {
	enum suite suite; /* SUITE_AES or SUITE_SM4 */
	enum envelope_direction direction;
	uint32_t session;
	uint64_t counter;
};

/* The key of one session, ready. Zero-initialise; deinit wipes; one thread at a time. */
struct envelope_key {
	enum suite suite;
	uint32_t session;
	struct cipher_gcm gcm; /* suite 1 */
	struct cipher_ctr ctr; /* suite 2 */
	struct mac_key mac;    /* suite 2 */
};

/* Suites 1 and 2. SUITE_UNSUPPORTED, CRYPTO_FAULT. */
result envelope_key_init(struct envelope_key *k, enum suite suite,
                         const uint8_t tdk[SUITE_KEY_SIZE], uint32_t session);
void envelope_key_deinit(struct envelope_key *k);

/* Read SEC of a body without opening it. ENVELOPE_BROKEN when it is shorter than an envelope or SEC
 * is malformed. */
result envelope_peek(struct bytes body, struct envelope_sec *out);

/*
 * Seal in place. body[0…15] is room for SEC, the message of len bytes starts at body[16], and 16
 * bytes behind it are room for the tag: the caller builds the message straight into its final
 * place. The body is then len + ENVELOPE_EXTRA bytes. hdr: the six bytes of the frame's header as
 * they will be sent. The caller never uses one counter twice for a key and direction.
 */
void envelope_seal(struct envelope_key *k, enum envelope_direction direction, uint64_t counter,
                   const uint8_t hdr[ENVELOPE_HDR], uint8_t *body, size_t len);

/*
 * Open in place: on OK *message is borrowed from body. The caller has peeked, found the key of
 * sec.session and checks the counter after this call. ENVELOPE_BROKEN when anything differs: suite,
 * session, direction, tag.
 */
result envelope_open(struct envelope_key *k, enum envelope_direction direction,
                     const uint8_t hdr[ENVELOPE_HDR], uint8_t *body, size_t body_len,
                     struct bytes *message);

/* One envelope of many. */
struct envelope_item {
	struct envelope_key *key;
	enum envelope_direction direction;
	uint64_t counter;   /* seal: in */
	const uint8_t *hdr; /* ENVELOPE_HDR bytes */
	uint8_t *body;
	size_t len; /* open: of the body; seal: of the message */
	/* open: out */
	bool right; /* false: ENVELOPE_BROKEN */
	struct bytes message;
};

/*
 * envelope_seal and envelope_open of each, with any mix of keys: SM4's are worked on side by side.
 * A wrong tag marks its own item only. Bodies do not overlap.
 */
void envelope_seal_many(struct envelope_item *items, size_t count);
void envelope_open_many(struct envelope_item *items, size_t count);
