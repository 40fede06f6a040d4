/* SPDX-License-Identifier: Apache-2.0 */
/* key_audit_chain.h — whose key links a line of the audit; for the files of key_audit alone. */
#pragma once

#include "crypto/digest.h"
#include "domain/keys/key_audit.h"

/* A holder of an HMAC key. id as in kms_audit.lmk: of a master key, or 0, -1, … for the first,
 * second … device whose own key linked lines. */
struct audit_holder {
	int64_t id;
	const struct master *master; /* NULL: the device's own key */
	struct hsm_session *session; /* NULL: nobody here has that key */
};

/* The owner's HMAC, as key_audit_link wants it; `owner` is a struct audit_holder. */
result audit_holder_link(void *owner, const uint8_t previous[32], struct bytes text,
                         uint8_t out[32]);
/* Who links new lines: the active AES master key that the device has, else the SM4 one, else the
 * device's own key, which is noted in the store when it is the first time. */
result audit_holder_now(struct db_tx *tx, const struct master_ring *ring, struct audit_holder *out);
/* The holder of that id; without a session when its key is not here. */
result audit_holder_of(struct db_tx *tx, const struct master_ring *ring, int64_t id,
                       struct audit_holder *out);

/* SHA-256 over all lines so far, each hashed behind the hash before it. */
void audit_plain_add(uint8_t plain[DIGEST_SIZE], struct bytes text);
void audit_read_row(struct db_rows *rows, struct key_audit_line *l);

#define AUDIT_SWITCH "CHAIN.SWITCH"
