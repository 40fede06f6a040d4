/* SPDX-License-Identifier: Apache-2.0 */
/* compute_target.h — under what a key leaves, and in which form; private to this folder. */
#pragma once

#include "domain/keys/exchange_value.h"
#include "service/kms/compute_op.h"

enum { COMPUTE_CHILD_MAX = 32 };

/* Under what the keys go out, and how. */
struct compute_target {
	char form;    /* 'D' 'B' '4' a block; '0' bare */
	bool foreign; /* codes of X9.143 instead of our own */
	struct hsm_random random;
	struct key_act act;      /* reading only */
	struct exchange_zmk zmk; /* of a block */
	struct working_key *kek; /* of a bare key */
	struct pboc_key card;    /* bare, under the card's own key; len 0: under the KEK itself */
	unsigned strength;
};

/* What goes out. */
struct compute_child {
	struct keyblock_header
	        header; /* as it is kept; option 90 says where it belongs on a card */
	uint8_t value[COMPUTE_CHILD_MAX];
	size_t len;
	struct kcv kcv;
};

/* From KMS_TAG_KEK, KMS_TAG_FORMAT (a form; 'S' behind it: codes of X9.143) and KMS_TAG_KEK_FACTOR.
 * KMS_FIELD_WRONG, KEY_USE, EXCHANGE_*. Zero-initialise. */
result compute_target_open(struct compute_call *c, struct compute_target *t);
void compute_target_close(struct compute_target *t); /* for SCOPED */
/*
 * One key goes out, if its header and its strength let it: 0005 sealed | 0006 check value, which
 * k->kcv becomes. label, card: options LB and 90 of a block; NULL: none. KEY_USE, EXCHANGE_*.
 */
result compute_target_put(struct compute_call *c, struct compute_target *t, struct compute_child *k,
                          const char *label, const char *card);
void compute_child_wipe(struct compute_child *k); /* for SCOPED */
/* Option 90 of a key below that many levels of its root: "KI=01;KV=02;LV=0", index and version on
 * the card, levels still to come (keys 9.2). */
enum { COMPUTE_CARD_OPTION = 32 };
void compute_card_option(const struct key_entry *e, unsigned levels, char out[COMPUTE_CARD_OPTION]);
/* 0006: type ‖ check value */
void compute_put_kcv(struct writer *out, const struct kcv *kcv);
