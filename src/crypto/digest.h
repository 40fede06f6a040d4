/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h — SHA-256, SM3 and SHA-1, in one call or piece by piece. */
#pragma once

#include "base/bytes.h"

enum digest_kind {
	DIGEST_SHA256,
	DIGEST_SM3,
	DIGEST_SHA1, /* 20 bytes; where a standard names it, and nowhere else */
};

enum { DIGEST_SIZE = 32, DIGEST_SHA1_SIZE = 20, DIGEST_KINDS = DIGEST_SHA1 + 1 };

size_t digest_size(enum digest_kind kind); /* 32, of SHA-1 20 */

/* One call; any thread, no allocation after a thread's first use. */
void digest_once(enum digest_kind kind, struct bytes in, uint8_t out[DIGEST_SIZE]);

static inline void digest_sha256(struct bytes in, uint8_t out[DIGEST_SIZE])
{
	digest_once(DIGEST_SHA256, in, out);
}

static inline void digest_sm3(struct bytes in, uint8_t out[DIGEST_SIZE])
{
	digest_once(DIGEST_SM3, in, out);
}

/*
 * Piece by piece: init once, then begin, add…, end as often as wanted. Zero-initialise; one thread
 * at a time. Faults: CRYPTO_FAULT from init only.
 */
struct digest {
	void *context;
	enum digest_kind kind;
};

result digest_init(struct digest *d, enum digest_kind kind);
void digest_begin(struct digest *d);
void digest_add(struct digest *d, struct bytes in);
void digest_end(struct digest *d, uint8_t out[DIGEST_SIZE]);
void digest_deinit(struct digest *d);
