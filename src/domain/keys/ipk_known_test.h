/* SPDX-License-Identifier: Apache-2.0 */
/* ipk_known_test.h — the known keys and the request at hand, for both halves of the tests. */
#pragma once

#include "harness/test.h"
#include "vectors/vectors.h"

#include "domain/keys/ipk_testkit.h"

#define EMV "emv/emv.txt"

#define AUTHORITY(name_) SCOPED(ipk_authority_deinit) struct ipk_authority name_ = { 0 }
#define ISSUER(name_)    SCOPED(ipk_issuer_deinit) struct ipk_issuer name_ = { 0 }

/* The known keys, and a request of one profile. */
ATTR_UNUSED static struct ipk_profile profile;
ATTR_UNUSED static struct ipk_request request;

static inline void known_issuer(struct ipk_issuer *i)
{
	ipk_issuer_init(i, vector(EMV, "issuer-p"), vector(EMV, "issuer-q"));
}

static inline void known_authority(struct ipk_authority *a)
{
	ipk_authority_init(a, vector(EMV, "ca-p"), vector(EMV, "ca-q"));
}

static inline void make_request(const char *name, struct ipk_issuer *issuer)
{
	struct ipk_values wish;

	CHECK_OK(ipk_profile_load(str_of(name), &profile));
	ipk_test_wish(&wish);
	CHECK_OK(ipk_request_make(&profile, &wish, &issuer->key, &issuer->signer.signer, &request));
}

static inline struct bytes content(const struct ipk_file *f)
{
	return bytes_of(f->at, f->len);
}

static inline void check_sha256(const char *name, struct bytes file)
{
	uint8_t hash[DIGEST_SIZE];

	digest_sha256(file, hash);
	CHECK_BYTES(name, bytes_of(hash, 16), vector(EMV, name));
}

/* The last refusal's detail has this in it. */
static inline void check_says(const char *words)
{
	const char *text = result_last()->text;

	CHECK_STR(words, strstr(text, words) ? words : text, words);
}
