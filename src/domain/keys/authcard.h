/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authcard.h — authorisation cards (授权卡, terminal-protocol 5.3, A1.3) as the key centre keeps
 * them: ordered by two officers for one node and one machine, written once, good for a day, burnt
 * by one registration. The initial key (TIK) is derived for the writing and stands nowhere.
 */
#pragma once

#include "crypto/auth_card.h"
#include "domain/keys/key_act.h"

enum { AUTHCARD_LISTED = 200 };

/* ISSUED: ordered, not written yet. USED: its node has registered. WITHDRAWN: also by the next card
 * for the same node. */
enum authcard_state {
	AUTHCARD_IS_ISSUED,
	AUTHCARD_IS_WRITTEN,
	AUTHCARD_IS_USED,
	AUTHCARD_IS_WITHDRAWN
};
extern const char *const authcard_state_names[];

struct authcard {
	int64_t id;
	enum authcard_state state;
	struct auth_card card; /* not its key */
	uint8_t transport[SEAL_POINT];
	char issued_by[KEY_ACTOR_MAX + 1];
	struct instant issued, used;
};

/*
 * Order one: node, SAM, key version (0: the newest root), merchant, suites, hosts and print of the
 * host in c->card, the SAM's transport point. Earlier cards of the node are withdrawn. A serial is
 * drawn. INVALID AUTHCARD_FIELD; DECLINE KEY_NOT_FOUND, KEY_STATE (no such terminal root in use).
 */
result authcard_issue(struct key_act *act, struct authcard *c);
/* The same without anything being done: what it would say. */
result authcard_try(struct key_act *act, struct authcard *c);
/*
 * Write it: derive the TIK, seal it for the SAM, the whole under the PIN, into `file` of
 * AUTH_CARD_FILE bytes; its day begins. DECLINE AUTHCARD_STATE (written, used, withdrawn, or
 * ordered longer than a day ago); AUTHCARD_NOT_FOUND, MASTER_NONE, HSM_*. Slow on purpose.
 */
struct authcard_writing {
	int64_t id;
	struct str pin;
	struct passphrase_cost cost;
};
result authcard_write(struct key_act *act, const struct authcard_writing *w, struct writer *file,
                      struct authcard *out);
/* DECLINE AUTHCARD_STATE unless it may still be used. */
result authcard_withdraw(struct key_act *act, int64_t id, struct authcard *out);

/* Who comes to register: serial, node, SAM and key version of the card it was set up with. */
struct authcard_user {
	uint8_t serial[AUTH_CARD_SERIAL];
	char node[AUTH_CARD_NODE + 1];
	uint8_t sam[AUTH_CARD_SAM];
	uint8_t key_version;
};
/*
 * Is that card good for it now? A card that was used is: whether its own node only asks again is
 * for the registry to say. DECLINE AUTHCARD_NOT_FOUND (also for another node's), AUTHCARD_EXPIRED,
 * AUTHCARD_STATE (withdrawn).
 */
result authcard_check(struct db_tx *tx, const struct authcard_user *u, struct instant now,
                      struct authcard *out);
/* It was used; again changes nothing. As authcard_check. */
result authcard_burn(struct key_act *act, const struct authcard_user *u);

result authcard_load(struct db_tx *tx, int64_t id, struct authcard *out); /* AUTHCARD_NOT_FOUND */
/* The newest of a node. AUTHCARD_NOT_FOUND. */
result authcard_of_node(struct db_tx *tx, const char *node, struct authcard *out);
/* Newest first; node "": of all. */
result authcard_list(struct db_tx *tx, const char *node, struct arena *a, struct authcard **rows,
                     size_t *count);
