/* SPDX-License-Identifier: Apache-2.0 */
/* ca_key.h — the public keys of certification authorities that are believed (认证机构公钥, keys
 * 16.2). That a second person compared the checksum with the published one is the caller's to see
 * to. */
#pragma once

#include "domain/keys/ca.h"
#include "domain/keys/ca_offer.h"

enum { CA_KEYS_MAX = 256, CA_KEYS_OF_INDEX_MAX = 8 };

/* EXPIRED by the clock, REVOKED by somebody. */
enum ca_key_state { CA_KEY_ACTIVE, CA_KEY_EXPIRED, CA_KEY_REVOKED };
extern const char *const ca_key_state_names[];

struct ca_key {
	int64_t id, ca;
	struct ipk_ca public;
	uint8_t checksum[EMV_HASH]; /* SHA-1(RID || index || modulus || exponent) */
	bool has_source;
	uint8_t source[DIGEST_SIZE]; /* SHA-256 of the file it came in */
	enum ca_key_state state;
	struct instant created;
};

/* The business day of an act (+08:00), which expiry dates are compared with. */
struct bizdate ca_day(struct instant now);
enum ca_key_state ca_key_state_at(const struct ca_key *k, struct bizdate today);
/* CA_KEY_STATE unless it is ACTIVE by the clock. */
result ca_key_require_active(const struct ca_key *k, struct bizdate today);

/*
 * Take an offer as a key of the authority, ACTIVE. Everything is checked again: INVALID_KEY,
 * EMV_CERTIFICATE (checksum), CA_FIELD (the authority's RID is another); DECLINE CA_NOT_FOUND,
 * CA_KEY_EXISTS (index), CA_KEY_STATE (expired).
 */
result ca_key_import(struct key_act *act, int64_t ca, const struct ca_offer *offer,
                     struct ca_key *out);
/* All rows of a table, or none. */
result ca_key_import_all(struct key_act *act, int64_t ca, const struct ca_offer *offers,
                         size_t count);
result ca_key_load(struct db_tx *tx, int64_t id, struct ca_key *out); /* CA_NOT_FOUND */
/* Of one authority, or of all (0). */
result ca_key_list(struct db_tx *tx, int64_t ca, struct arena *a, struct ca_key **rows,
                   size_t *count);
/* All that a card can mean by RID and index: two authorities may share an RID. */
result ca_key_of_index(struct db_tx *tx, const uint8_t rid[EMV_RID], uint8_t index,
                       struct ca_key out[CA_KEYS_OF_INDEX_MAX], size_t *count);

/* Not believed any more, for good. CA_KEY_STATE when it was revoked before. */
result ca_key_revoke(struct key_act *act, int64_t id);
/* CA_IN_USE while requests or certificates refer to it. */
result ca_key_remove(struct key_act *act, int64_t id);
/* Write down which have expired since. */
result ca_key_follow_clock(struct key_act *act, size_t *moved);
