/* SPDX-License-Identifier: Apache-2.0 */
/* password.h — passwords and PINs at rest: argon2id, 64 MiB, 2 passes, at most two at a time. */
#pragma once

#include "base/bytes.h"
#include "crypto/passphrase.h"

enum {
	PASSWORD_HASH_SIZE = 128, /* text with NUL */
	PASSWORD_MAX = 256,       /* bytes of a password */
	PASSWORD_AT_ONCE = 2,     /* further callers wait, so memory stays below 2 × 64 MiB */
};

extern const struct passphrase_cost password_cost; /* 2 passes, 64 MiB */

/* Text "$argon2id$…" with its own salt. PASSWORD_TOO_LONG, OUT_OF_MEMORY. Takes about 0.1 s: never
 * on the writer. */
result password_hash(struct bytes password, char out[PASSWORD_HASH_SIZE]);
/* Does the password belong to the text? False too for a text that is no hash. */
bool password_matches(struct bytes password, const char *hash);
/* Was the text made with weaker parameters than today's? Then hash again at the next login. */
bool password_needs_rehash(const char *hash);
