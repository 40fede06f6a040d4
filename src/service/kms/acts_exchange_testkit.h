/* SPDX-License-Identifier: Apache-2.0 */
/* acts_exchange_testkit.h — for tests of keys out and in: a key manager with custodians, products
 * and transport keys of known value, and files in requests. */
#pragma once

#include "harness/test.h"
#include "service/kms/kms_testkit.h"

enum { ACTS_KIT_ID = 24, ACTS_KIT_FILE = 1 << 15 };

/* Transport keys of the published vectors: TV-03 (AES-256, blocks D), TV-B7 (TDES, B), TV-04 (SM4,
 * 4). */
#define ACTS_KIT_ZMK_D "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6"
#define ACTS_KIT_ZMK_B "89E88CF7931444F334BD7547FC3F380C"
#define ACTS_KIT_ZMK_4 "0123456789ABCDEFFEDCBA9876543210"

struct acts_site {
	struct kms_kit k;
	/* products of issuer C */
	char kek[ACTS_KIT_ID], ep[ACTS_KIT_ID], device[ACTS_KIT_ID], rsa[ACTS_KIT_ID];
	char zmk_d[ACTS_KIT_ID], zmk_b[ACTS_KIT_ID], zmk_4[ACTS_KIT_ID]; /* versions */
};

/* Officers key1, key2, key3 (key), conf, cert and mk; the products; nothing in them. */
bool acts_site_open(struct acts_site *s);
void acts_site_close(struct acts_site *s); /* for SCOPED */
/* Only one key manager runs at a time: this one again, everybody logged in. */
bool acts_site_start(struct acts_site *s);
void acts_site_stop(struct acts_site *s);

/* "T112XE": algorithm, bits, mode, exportability. The definition's number. */
void acts_kit_define(struct acts_site *s, const char *product, const char *code, const char *usage,
                     const char *what, char id[ACTS_KIT_ID]);
/* A generated value, ACTIVE. The version's number; its check value. */
void acts_kit_generate(struct acts_site *s, const char *key, char id[ACTS_KIT_ID],
                       char kcv[KMS_KIT_TEXT]);
/* A known value by three components of key1, key2, key3. */
void acts_kit_form(struct acts_site *s, const char *key, const char *value, const char *kcv,
                   char id[ACTS_KIT_ID]);
/* The three transport keys: the same at every site. */
void acts_kit_zmks(struct acts_site *s);
/* The last of three components whose sum is `value`. */
const char *acts_kit_last_part(const char *value, const char *first, const char *second);
/* Components of 8, 16 … 32 bytes: the first digits of these. */
extern const char acts_kit_first[], acts_kit_second[];

/* A member of the last answer, kept. */
void acts_kit_keep(struct acts_site *s, const char *member, char *out, size_t size);
/* Asked for, agreed to by `second`, done: the code. `first` asks with the fields; `files` come
 * again. */
const char *acts_kit_agreed(struct acts_site *s, const char *first, const char *second,
                            const char *request, const char *files);
/* A text as it stands in a request; its hex. Static, until the next call. */
const char *acts_kit_escaped(const char *text);
const char *acts_kit_hex(const char *text);
