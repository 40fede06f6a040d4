/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_testkit.h — for tests: a key manager with the known authority's key (TV-40) and the
 * known issuer's key as a key version, on 2026-11-22, and the authority that answers. */
#pragma once

#include "domain/keys/certificate.h"
#include "domain/keys/ipk_testkit.h"
#include "domain/keys/key_snapshot_test.h"
#include "vectors/vectors.h"

#define CERTIFICATE_VECTORS "emv/emv.txt"

struct certificate_rig {
	struct key_fixture f;
	struct ipk_authority authority;
	struct ipk_issuer issuer;
	struct ca ca; /* CAMPUSCA, RID A000000999, takes every profile */
	struct ca_key ca_key;
	struct key_definition definition; /* CAMPUS01.EMV.IPK */
	struct key_version version;
};

/* Everything of certificates, and how many lines the audit has. */
extern const struct db_statement certificate_tables[];

/* false (and a failed check) when it is not to be had. Zero-initialise. */
bool certificate_rig_open(struct certificate_rig *r, enum db_engine engine,
                          enum product_place place);
void certificate_rig_close(struct certificate_rig *r);

/* The authority's key as an offer, with its checksum. */
struct ca_offer certificate_offer(const struct ipk_authority *a);
/* A version of a definition with that pair. */
struct key_version certificate_store_pair(struct certificate_rig *r, const struct key_definition *k,
                                          const struct rsa_key *pair);
/* BIN 62258800, expiry 1230, tracking 000123, index 000001, of the rig's key and authority. */
struct certificate_wish certificate_wish_of(const struct certificate_rig *r, const char *profile);
/* Made and sent. */
struct certificate_request certificate_sent(struct certificate_rig *r, const char *profile);
/* What the authority answers to it; see ipk_authority_answer. */
void certificate_answer(const struct ipk_authority *a, const struct certificate_request *q,
                        const char *serial, struct ipk_file *out);
/* The same with one value replaced. */
void certificate_answer_but(const struct ipk_authority *a, const struct certificate_request *q,
                            enum ipk_name name, struct str text, struct ipk_file *out);
/* Asked, answered and in use. */
struct certificate certificate_in_use(struct certificate_rig *r, const char *profile);

static inline struct bytes certificate_content(const struct ipk_file *f)
{
	return bytes_of(f->at, f->len);
}

/* The file's SHA-256 begins as the vector of that name. */
static inline void certificate_check_sha256(const char *name, const struct ipk_file *f)
{
	uint8_t hash[DIGEST_SIZE];

	digest_sha256(certificate_content(f), hash);
	CHECK_BYTES(name, bytes_of(hash, 16), vector(CERTIFICATE_VECTORS, name));
}

#define CERTIFICATE_REFUSED(label_, rig_, call_, code_)                                            \
	KEY_REFUSED(label_, &(rig_)->f, certificate_tables, call_, code_)
