/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_value.h — a value on its way out or in: held to its header, its definition and its check
 * value; what single keys, batches and letters share. Private to domain/keys. */
#pragma once

#include "domain/keys/exchange_zmk.h"

/* --- out --- */

struct exchange_source {
	struct key_version version;
	struct key_definition definition;
	struct working_key *key;
	char label[KEY_LABEL_SIZE];
};

/* Zero-initialise. KEY_NOT_FOUND, KEY_STATE, EXCHANGE_EXPORTABILITY (N), EXCHANGE_IN_DEVICE. */
result exchange_source_open(struct key_act *act, int64_t id, struct exchange_source *s);
void exchange_source_close(struct exchange_source *s); /* for SCOPED */
/* EXCHANGE_STRENGTH; KEY_USE for a key under itself. */
result exchange_source_require(struct key_act *act, const struct exchange_source *s,
                               const struct exchange_zmk *z);

/* What is written about a value. */
struct exchange_face {
	const struct keyblock_header *own; /* as it is kept; borrowed */
	struct kcv kcv;
	const char *label;
	bool foreign, bare;
};
/* A value under a transport key. *len: characters. */
result exchange_seal(struct exchange_zmk *z, const struct exchange_face *f, struct bytes value,
                     struct random_source *random, struct exchange_block *out);
result exchange_source_seal(struct key_act *act, struct exchange_zmk *z,
                            const struct exchange_source *s, const struct exchange_export *o,
                            struct exchange_block *out);

/* --- in --- */

/* One value in locked memory. */
struct exchange_value {
	struct keyblock block;
	uint8_t *at; /* KEYBLOCK_KEY_MAX */
	size_t len;
};

result exchange_value_open(struct exchange_value *v); /* LOCKED_FULL */
void exchange_value_close(struct exchange_value *v);  /* wipes; for SCOPED */
/* Open a block into it. EXCHANGE_CONTEXT (1, storage), EXCHANGE_VERSION, EXCHANGE_ZMK_OTHER (KP),
 * KEYBLOCK_*. */
result exchange_unseal(struct exchange_zmk *z, struct str text, struct exchange_value *v);
/* Its header says neither more nor less than the definition. EXCHANGE_DEFINITION,
 * EXCHANGE_EXPORTABILITY. */
result exchange_check_header(const struct key_definition *k, const struct keyblock_header *h);
/*
 * Fit to be a value of this definition, and the one whose check value was told: in the header (KC;
 * h NULL: no header) and by the sender (empty: not told). KEY_LENGTH, KEY_WEAK, INVALID_KEY,
 * KEY_CHECK_VALUE.
 */
result exchange_check_value(struct key_act *act, const struct key_definition *k, struct bytes value,
                            const struct keyblock_header *h, struct str told, struct kcv *out);
/* EXCHANGE_STRENGTH unless a carrier of this strength may carry a key of the definition. */
result exchange_require_strength(struct key_act *act, unsigned carrier,
                                 const struct key_definition *k);
/* Card key index and version of option 90 where the order has none, and its levels of
 * diversification; what it does not say is left as it was. */
void exchange_take_card(const struct keyblock_header *h, struct key_order *o, unsigned *levels);
