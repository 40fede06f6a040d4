/* SPDX-License-Identifier: Apache-2.0 */
/* sdf_state.h — the inside of the SDF library for tests: what is open. */
#pragma once

#include <openssl/evp.h>
#include <stdbool.h>

#include "sdf/sdf_library.h"

enum { KEY_BYTES_MAX = 64, PIN_MIN = 8, PIN_SIZE = 64, KEY_INDEX = 1, FIELD = 32, HASH = 32 };

struct key {
	struct key *next;
	unsigned char at[KEY_BYTES_MAX];
	unsigned len;
};

struct session {
	struct session *next;
	struct device *device;
	struct key *keys;
	bool has_right;
	EVP_MD_CTX *hash; /* between SDF_HashInit and SDF_HashFinal */
};

struct device {
	struct device *next;
	struct session *sessions;
	EVP_PKEY *enc, *sign;
	char pin[PIN_SIZE]; /* empty: none wanted */
};

/* Both lock; whoever entered leaves, and returns what leaving gives. */
int state_enter(void *handle, struct session **out); /* SDR_COMMFAIL, SDR_INARGERR */
int state_leave(int rv);

struct key *state_find_key(struct session *s, void *handle);
/* SDR_NOBUFFER, SDR_OK: a key of the session; its bytes are copied. */
int state_add_key(struct session *s, const unsigned char *at, unsigned len, void **handle);
/* May this session use the private key? SDR_KEYNOTEXIST, SDR_PARDENY. */
int state_require_right(const struct session *s, unsigned index);
bool state_is_plain(void);

/* sdf_ecc.c: a pair from its file, which is made when it is not there; NULL: neither works. */
EVP_PKEY *ecc_pair(const char *path);
bool ecc_point(const EVP_PKEY *k, struct ECCrefPublicKey *out);
EVP_PKEY *ecc_public(const struct ECCrefPublicKey *k); /* NULL: no point of the curve */
