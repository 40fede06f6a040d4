/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_choice.h — which keys go into a batch (密钥选择, keys 13): by their numbers, or all of
 * an issuer, product or key that may leave; and a hash of them, so that what was agreed to is what
 * goes. */
#pragma once

#include "codec/ockx.h"
#include "crypto/digest.h"
#include "domain/keys/exchange.h"

/* One way: versions, or one of issuer, product and key. */
struct exchange_wanted {
	int64_t issuer, product, key; /* 0: not by it */
	const int64_t *versions;      /* ids, in the order of the file */
	size_t version_count;
	int64_t zmk; /* never goes under itself */
};

struct exchange_chosen {
	int64_t version; /* id */
	char label[KEY_LABEL_SIZE], kcv[KCV_TEXT_SIZE];
	char algorithm;
};

struct exchange_choice {
	struct exchange_chosen *rows;
	size_t count;
	/* Versions of the issuer, product or key that do not go: pairs, of exportability N,
	 * suspended, compromised, destroyed, the transport key itself. */
	size_t left_out;
	uint8_t sha256[DIGEST_SIZE]; /* over "LABEL KCV" and LF of each */
};

/* Rows of the arena. EXCHANGE_SELECTION (nothing is chosen, more than OCKX_ROWS_MAX, in two ways,
 * of two issuers), EXCHANGE_DUPLICATE, KEY_NOT_FOUND for a number. What may not leave is chosen by
 * its number all the same: the export says why it is refused. */
result exchange_choose(struct db_tx *tx, const struct exchange_wanted *w, struct arena *a,
                       struct exchange_choice *out);
