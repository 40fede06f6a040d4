/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h — how a scheme's request and answer files look, as data (keys 16.3, D10): the official
 * documents are confidential and partly unknown, so a layout is a text that can be changed. */
#pragma once

#include "codec/ipk/fields.h"

enum {
	IPK_PROFILE_TEXT_MAX = 4096,
	IPK_PROFILE_NAME_MAX = 32,
	IPK_PATTERN_MAX = 48,
	IPK_FILE_NAME_MAX = 64,
};

/* What stands behind a certificate, under the CA's key: 00 01 FF… 00, then this (keys 16.4). */
enum ipk_detach {
	IPK_DETACH_NONE,
	IPK_DETACH_DIGESTINFO, /* DigestInfo of SHA-1, hash */
	IPK_DETACH_RAW01,      /* 01, hash */
};

/*
 * One scheme. A text, a word of a key and its words a line, # begins a comment:
 *
 *   profile NAME
 *   request.name    {TRK}.INP                 name of the request file
 *   request.plain   22 NI N EL E TRK          its open part
 *   request.block   23 … HASH                 what follows, under the issuer's private key: NI
 * bytes request.hash    sha1 plain + block-before-HASH      what HASH covers; + is for the reader
 *   hashfile        {TRK}.TXT hex HASH        the hash for the other channel: hex or raw
 *   response.plain  24 … CAI                  the answer's open part
 *   response.cert   NCA                       then the certificate
 *   response.detach none | pkcs1-digestinfo sha1 plain + recovered-cert | pkcs1-raw01 sha1 …
 *   defaults        SVC=10100000 EL=1 E=03
 *
 * A field is a name of values.h, a part N[from:to] with sums of numbers, NI and EL, or hexadecimal
 * digits.
 */
struct ipk_profile {
	char name[IPK_PROFILE_NAME_MAX];
	char request_name[IPK_PATTERN_MAX];
	struct ipk_fields plain, block, hash;
	char hash_name[IPK_PATTERN_MAX];
	bool hash_is_hex;
	struct ipk_fields hash_file;
	struct ipk_fields response;
	enum ipk_detach detach;
	struct ipk_values defaults;
};

/* IPK_PROFILE; the detail begins "line L, column C: ". A failure leaves *out undefined. */
result ipk_profile_parse(struct str text, struct ipk_profile *out);

/* The profiles that come with the platform: api/ipk. */
struct ipk_builtin {
	const char *name, *text;
};
extern const struct ipk_builtin ipk_builtins[];
extern const size_t ipk_builtin_count;

/* A built-in one. IPK_PROFILE: no such name; the detail proposes the nearest. */
result ipk_profile_load(struct str name, struct ipk_profile *out);

/* A file's name from its pattern, NUL-ended; an issuer's number without its F. IPK_VALUE: a value
 * is not set. */
result ipk_profile_file_name(const char *pattern, const struct ipk_values *v,
                             char out[IPK_FILE_NAME_MAX]);

/* The word of `known` that is most like `word`, or NULL when none is near. */
const char *ipk_nearest(struct str word, const char *const *known, size_t count);
