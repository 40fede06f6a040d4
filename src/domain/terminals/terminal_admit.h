/* SPDX-License-Identifier: Apache-2.0 */
/* terminal_admit.h — how a node comes in: authorised by a card, registered once by its machine, and
 * from where (terminal-protocol 6, requirements A1.2 to A1.4). */
#pragma once

#include "domain/terminals/terminal.h"

/*
 * An authorisation card was written for it: AUTHORISED until the card's time is over, under the
 * root version of the card. From DEFINED, again from AUTHORISED, and from SUSPENDED, when it gets a
 * new SAM. PERMISSION_TERMINALS. DECLINE TERMINAL_STATE, TERMINAL_CARD (of another SAM, over,
 * burnt), TERMINAL_NO_SUBSYSTEM (not registered, or blocked).
 */
struct terminal_card {
	struct str node_id;
	uint8_t sam_no[TERMINAL_SAM_NO_LEN], key_version;
	char serial[TERMINAL_CARD_LEN + 1];
	struct instant until;
};
result terminal_authorise(struct db_tx *tx, struct instant now, const struct actor *by,
                          const struct terminal_card *card, struct terminal *out);
/*
 * Who has proven to hold the node's key registers with its card: ACTIVE, and the card is burnt. The
 * same machine again changes nothing. DECLINE TERMINAL_CARD (no card, another one, its time is
 * over), TERMINAL_CARD_USED (burnt, by another machine), PAYMENT_TERMINAL_*.
 */
struct terminal_registration {
	uint32_t id;
	char serial[TERMINAL_CARD_LEN + 1];
	char hardware[TERMINAL_HARDWARE_MAX + 1];
	uint8_t software_hash[TERMINAL_HASH_LEN];
};
result terminal_register(struct db_tx *tx, struct instant now,
                         const struct terminal_registration *r, struct terminal *out);

/* May it sign in from there? DECLINE FRONT_ADDRESS. Its own range stands before its subsystem's. */
result terminal_require_address(const struct terminal *t, struct str address);
/* DECLINE PAYMENT_TERMINAL_SUSPENDED, PAYMENT_TERMINAL_INACTIVE, TERMINAL_BLOCKED. */
result terminal_require_active(const struct terminal *t);
