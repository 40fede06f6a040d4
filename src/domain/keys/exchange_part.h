/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_part.h — components of values: their length, check values and paper; what entries and
 * letters share. Private to domain/keys. */
#pragma once

#include "domain/keys/exchange_letter.h"

/* Bytes of a component: of the key itself. KEY_LENGTH for pairs. */
result exchange_part_size(const struct key_definition *k, size_t *size);
result exchange_part_kcv(const struct key_definition *k, const struct secret *part,
                         char out[KCV_TEXT_SIZE]);
/* What no component may be: of one value, or equal to another. */
bool exchange_part_is_one_byte(const struct secret *part);
bool exchange_part_equal(const struct secret *a, const struct secret *b);
/* The lines on paper. */
result exchange_part_print(const struct secret *part, char out[EXCHANGE_LETTER_TEXT]);
/* The whole, against its check value when that is known (empty: not). */
result exchange_part_store(struct key_act *act, const struct key_definition *k,
                           const struct key_order *o, const struct secret *value, struct str kcv,
                           struct key_version *out);
