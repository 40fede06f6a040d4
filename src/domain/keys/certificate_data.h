/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate_data.h — card data authentication (脱机数据认证, keys 16.5): what an issuer's key
 * signs for its cards, and the chain from an authority's key down to a card. Who asked for how much
 * is the caller's to put down: these functions write nothing.
 */
#pragma once

#include "domain/keys/certificate.h"
#include "domain/keys/certificate_key.h"

/* --- making --- */

/* Which key, and for which cards. */
struct certificate_ask {
	struct key_label label; /* version 0: the ACTIVE one */
	struct str number; /* digits of a PAN that its certificate must cover; empty: any will do */
	struct instant now;
};

/* An issuer's key with a certificate that is in use. */
struct certificate_signer {
	struct certificate_key key;
	struct certificate certificate; /* its tags and index go on the card */
	struct emv_holder issuer;       /* as certified */
};

/*
 * Open the key, with that one of its certificates IN_USE that covers the number and lives longest.
 * The certificate is recovered under its CA key again, so that no row is believed. DECLINE
 * KEY_NOT_FOUND, KEY_STATE (it may not protect), CERTIFICATE_KEY, CERTIFICATE_NONE; EMV_CERTIFICATE
 * (the rows do not belong together); as key_version_open. Zero-initialise; certificate_signer_close
 * when done.
 */
result certificate_signer_open(struct db_tx *tx, const struct master_ring *ring,
                               const struct certificate_ask *ask, struct certificate_signer *out);
void certificate_signer_close(struct certificate_signer *s);

/* Signed static application data, tag 93, as long as the key; it is verified before it is given
 * out. INVALID_BYTES: no static data. */
result certificate_sign_static(struct certificate_signer *s, const uint8_t dac[2],
                               struct bytes static_data, uint8_t out[EMV_KEY_MAX]);
/*
 * A card's certificate: tags 9F46, 9F48, 9F47. EMV_CERTIFICATE: the PAN is not the issuer's, the
 * card outlives the issuer's certificate or has expired; INVALID_KEY: its key is longer than the
 * issuer's. That serials differ is the caller's to see to.
 */
result certificate_sign_card(struct certificate_signer *s, const struct emv_holder *card,
                             const struct emv_key *key, struct bytes static_data,
                             struct instant now, struct emv_certificate *out);

/* --- verifying --- */

/* What a card shows. Borrowed. */
struct certificate_chain {
	uint8_t rid[EMV_RID], index;        /* tag 8F */
	struct emv_certificate issuer;      /* 90, 92, 9F32 */
	struct bytes pan;                   /* 10 bytes, F behind; may be empty without `card` */
	struct bytes static_data;           /* of the records that are signed */
	struct bytes ssad;                  /* 93; empty: not to be checked */
	const struct emv_certificate *card; /* 9F46, 9F48, 9F47; NULL: not to be checked */
	struct bytes sdad, terminal_data;   /* 9F4B, needs `card`, and the DDOL's; empty: not */
};

struct certificate_verdict {
	struct emv_holder issuer, card;
	uint8_t dac[2];    /* of 93 */
	uint8_t number[8]; /* ICC dynamic number of 9F4B */
	size_t number_len;
};

/*
 * Every link that is there: CA key ACTIVE, issuer certificate not revoked here, dates, PAN. DECLINE
 * CA_NOT_FOUND (no such key), CA_KEY_STATE; EMV_CERTIFICATE, the detail names the link;
 * INVALID_BYTES: a PAN of another length, or 9F4B without 9F46. A failure leaves *out undefined.
 */
result certificate_chain_verify(struct db_tx *tx, struct instant now,
                                const struct certificate_chain *c, struct certificate_verdict *out);
