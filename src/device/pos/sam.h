/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sam.h — a software security module: the till's identity and initial key in an encrypted file, and
 * the operations under keys derived from it. The initial key never leaves this module
 * (terminal-protocol 5.3).
 */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"
#include "base/secret.h"
#include "crypto/passphrase.h"

enum {
	SAM_FILE_MAX = 512,
	SAM_NO_LEN = 6, /* n 12 as BCD */
	SAM_NODE_LEN = 8,
	SAM_KEY_LEN = 16,
	SAM_CHALLENGE_LEN = 16,
	SAM_WRAPPED_LEN = 27, /* wrapped key 24, check value 3 */
	SAM_MAC_LEN = 8,
	SAM_SUITES_MAX = 4,
};

struct sam_identity {
	uint8_t sam_no[SAM_NO_LEN];
	char node_id[SAM_NODE_LEN + 1]; /* F41 */
	char merchant[16];              /* F42, blanks at the end removed */
	uint8_t key_version;
	uint8_t suites[SAM_SUITES_MAX]; /* offered, best first: 1 AES-128, 2 SM4 */
	size_t suite_count;
};

struct sam;

/*
 * Personalise: put identity and initial key into a file image. tik is SAM_KEY_LEN bytes; file holds
 * SAM_FILE_MAX. SAM_FORMAT (identity out of range), and what passphrase_seal may say.
 */
result sam_seal(const struct sam_identity *id, const struct secret *tik, struct str passphrase,
                struct passphrase_cost cost, struct random_source *random, struct writer *file);
/* The same into a new file, mode 0600, durable. FILE_WRITE when it exists. */
result sam_create(const char *path, const struct sam_identity *id, const struct secret *tik,
                  struct str passphrase, struct passphrase_cost cost);

/* Open a file image. SAM_FORMAT, and what passphrase_open may say.
 */
result sam_unseal(struct bytes file, struct str passphrase, struct sam **out);
/* Open a file with the passphrase in a second file (its first line). FILE_READ too. */
result sam_open(const char *path, const char *passphrase_path, struct sam **out);
void sam_close(struct sam *s); /* wipes; NULL is fine */

const struct sam_identity *sam_identity(const struct sam *s);

/* The host's answer to our challenge is right: it knows our key (terminal-protocol 7.1).
 * SAM_HOST_UNKNOWN. */
result sam_check_host(const struct sam *s, uint8_t suite, const uint8_t rt[SAM_CHALLENGE_LEN],
                      const uint8_t rh[SAM_CHALLENGE_LEN], struct bytes ch);
/* Our answer to the host's challenge (CT). */
result sam_prove(const struct sam *s, uint8_t suite, const uint8_t rt[SAM_CHALLENGE_LEN],
                 const uint8_t rh[SAM_CHALLENGE_LEN], uint8_t ct[SAM_CHALLENGE_LEN]);
/* F64 of the sign-in request, under the authentication key. */
result sam_sign(const struct sam *s, uint8_t suite, struct bytes message, uint8_t mac[SAM_MAC_LEN]);
/* A session key out of its wrapping; both the wrapping's own check and the check value are
 * verified. SAM_KEY. */
result sam_unwrap(const struct sam *s, uint8_t suite, struct bytes wrapped, struct secret *key);
/* MAC of a stored record's first 84 bytes. */
result sam_record_mac(const struct sam *s, uint8_t suite, struct bytes record,
                      uint8_t mac[SAM_MAC_LEN]);
