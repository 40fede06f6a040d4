/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_rows.h — what the files of certificates share; private to them. */
#pragma once

#include "domain/keys/certificate.h"

/* Four columns from `column` on: the codes of issuer, product and key, and the version. */
void certificate_read_label(struct db_rows *rows, int column, char out[KEY_LABEL_SIZE]);
/* The certificate of a request, if it has one. */
result certificate_of_request(struct db_tx *tx, int64_t request, struct certificate *out,
                              bool *found);
result certificate_set_request(struct key_act *act, int64_t request, enum certificate_state to);
/* The audit line of an act on it. */
result certificate_note(struct key_act *act, const char *op, const struct certificate *c);
/* Is an MMYY over? */
bool certificate_is_past(const uint8_t expiry[2], struct instant now);
/* Does a PAN begin with the issuer's digits? Both with F behind (EMV Book 2, 5.3 step 7). */
bool certificate_covers(const uint8_t issuer[EMV_ISSUER_ID], const uint8_t pan[EMV_PAN]);
