/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_offer.h — public keys of certification authorities as they are offered (keys 16.2): typed,
 * listed in a table, or in a scheme's own file. Each is held to its published checksum before it is
 * one; ca_key.h takes them into the store.
 */
#pragma once

#include "base/arena.h"
#include "crypto/digest.h"
#include "domain/keys/ipk_ca.h"

enum {
	CA_OFFERS_MAX = 64,           /* rows of one table */
	CA_OFFER_TABLE_MAX = 1 << 17, /* bytes of it */
	CA_OFFER_FILE_MAX = 1024,     /* bytes of a scheme's file */
};

struct ca_offer {
	struct ipk_ca key;
	uint8_t published[EMV_HASH]; /* the checksum that the key was found to have */
	bool has_source;
	uint8_t source[DIGEST_SIZE]; /* SHA-256 of the file it came in */
};

/* As it is typed. As ipk_ca_read. */
result ca_offer_read(const struct ipk_ca_text *text, struct ca_offer *out);

/*
 * A table in CSV: RID, index, modulus, exponent, expiry (yyyymmdd), checksum; a first line that
 * begins with "RID" is its header. All rows or none. CA_FIELD: too many rows, none, or not six
 * columns; IPK_CA's and CSV_*; the detail begins "line L: ".
 */
result ca_offer_read_table(struct bytes table, struct arena *a, struct ca_offer **rows,
                           size_t *count);

/* A scheme's file, and what is known of the key otherwise. Content borrowed. */
struct ca_offer_file {
	struct bytes content;
	uint8_t rid[EMV_RID];
	uint8_t published[EMV_HASH];
	struct bizdate expiry;
};
/*
 * The self-signed file of a scheme: begins with 20 (open part) or 21 (signed part). Where its
 * fields stand is not published (uncertain point U3), so no place is believed: modulus, exponent
 * and index are those bytes near its beginning that have the published checksum together. CA_FIELD:
 * no such header, or too long; EMV_CERTIFICATE: no key in it has that checksum; TIME_SYNTAX.
 */
result ca_offer_read_file(const struct ca_offer_file *f, struct ca_offer *out);
