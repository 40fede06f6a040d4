/* SPDX-License-Identifier: Apache-2.0 */
/* compute_target.h — under what a key leaves, and in which form; private to this folder. */
#pragma once

#include "crypto/keyblock.h"
#include "service/kms/compute_op.h"

enum { COMPUTE_CHILD_MAX = 32 };

/* Under what the keys go out, and how. */
struct compute_target {
	char form;     /* 'D' 'B' '4', BARE */
	bool standard; /* codes of X9.143 instead of our own */
	struct working_key *kek;
	struct keyblock_loaded *blocks; /* of a form that is a block */
	char check[KCV_TEXT_SIZE + 2];  /* its option KP */
	struct pboc_key card;           /* the card's own key; len 0: the KEK itself */
};

/* What goes out. */
struct compute_child {
	struct keyblock_header header;
	uint8_t value[COMPUTE_CHILD_MAX];
	size_t len;
	struct kcv kcv;
};

/* From KMS_TAG_KEK, KMS_TAG_FORMAT ('D', 'B', '4' a block, '0' bare; 'S' behind it: codes of
 * X9.143) and KMS_TAG_KEK_FACTOR. KMS_FIELD_WRONG, KEY_USE, HSM_UNSUPPORTED. */
result compute_target_open(struct compute_call *c, struct compute_target *t);
void compute_target_close(struct compute_target *t); /* for SCOPED */
/*
 * One key goes out, if its header and its strength let it: 0005 sealed | 0006 check value, which
 * k->kcv becomes. label, card: options LB and 90 of a block; may be NULL. KEY_USE.
 */
result compute_target_put(struct compute_call *c, const struct compute_target *t,
                          struct compute_child *k, const char *label, const char *card);
void compute_child_wipe(struct compute_child *k); /* for SCOPED */
