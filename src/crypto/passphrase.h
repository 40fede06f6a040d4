/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase.h — a few secret bytes in a file that only a passphrase opens: argon2id, then
 * XChaCha20-Poly1305. */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"

enum {
	PASSPHRASE_MAGIC = 8, /* bytes that name the kind of file */
	PASSPHRASE_MIN = 8,   /* bytes of a passphrase */
	PASSPHRASE_MAX = 1024,
	PASSPHRASE_EXTRA =
	        72, /* sealed text is so much longer than what it holds: head 56, tag 16 */
	PASSPHRASE_BODY_MAX = 4096,
};

/* What guessing costs: argon2id passes and memory. Stored in the file. */
struct passphrase_cost {
	uint32_t passes;     /* 1…16 */
	uint32_t memory_kib; /* 8…262 144 */
};
extern const struct passphrase_cost passphrase_cost_default; /* 3 passes, 64 MiB: about 0.2 s */

/*
 * Append magic, cost, salt, nonce and the sealed body to `out`. INVALID_KEY (passphrase or cost out
 * of range), OUT_OF_MEMORY, BUFFER_FULL.
 */
result passphrase_seal(const char magic[PASSPHRASE_MAGIC], struct str passphrase,
                       struct passphrase_cost cost, struct random_source *random, struct bytes body,
                       struct writer *out);

/*
 * Open what passphrase_seal made; body holds exactly `size` bytes and is zeroed on failure.
 * PASSPHRASE_FORMAT (not such a file, or a body of another size), PASSPHRASE_WRONG (or a changed
 * file), OUT_OF_MEMORY.
 */
result passphrase_open(const char magic[PASSPHRASE_MAGIC], struct str passphrase, struct bytes file,
                       uint8_t *body, size_t size);
