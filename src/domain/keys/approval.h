/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approval.h — acts that need more than one person (双人控制, keys 12): what exactly is asked, who
 * asked, who agreed. An approval binds the SHA-256 of the payload, lives 24 hours and is used once.
 */
#pragma once

#include "domain/keys/officer.h"

enum {
	APPROVAL_OP_MAX = 40,
	APPROVAL_PAYLOAD_MAX = 16000,
	APPROVAL_PEOPLE_MAX = 4, /* besides the one who asks */
	APPROVAL_NEEDED_MAX = 64,
	APPROVAL_HOURS = 24,
	APPROVAL_LIST_MAX = 200,
};

enum approval_state {
	APPROVAL_PENDING,
	APPROVAL_APPROVED,
	APPROVAL_USED,
	APPROVAL_REFUSED,
	APPROVAL_EXPIRED
};
extern const char *const approval_state_names[];

struct approval {
	int64_t id, initiator;
	char op[APPROVAL_OP_MAX + 1];
	char payload[APPROVAL_PAYLOAD_MAX + 1]; /* JSON; nothing secret */
	uint8_t digest[32];                     /* SHA-256 of op, a zero byte, payload */
	int64_t approvers[APPROVAL_PEOPLE_MAX];
	size_t approver_count;
	/* Who has to agree, one after another: roles parted by '|', people by blanks: "key|mk",
	 * "SO1 SO2 SO3". */
	char needed[APPROVAL_NEEDED_MAX + 1];
	enum approval_state state;
	struct instant created, expires;
};

/* Ask. The payload is what will be carried out, to the byte. INVALID APPROVAL_PAYLOAD. */
result approval_ask(struct key_act *act, const struct officer *by, const char *op,
                    struct str payload, const char *needed, struct approval *out);
/*
 * Agree, or refuse (then nobody can use it any more). DECLINE APPROVAL_STATE (used, refused,
 * expired, complete), APPROVAL_SELF (the one who asked, or has agreed already), OFFICER_ROLE_OTHER
 * (not the next one that is needed).
 */
result approval_agree(struct key_act *act, const struct officer *by, int64_t id,
                      struct approval *out);
result approval_refuse(struct key_act *act, const struct officer *by, int64_t id,
                       struct approval *out);
/* Use it, in the transaction of the act: by the one who asked, when all have agreed.
 * APPROVAL_STATE, APPROVAL_OTHER (not the one who asked; another op or payload than was agreed to).
 */
result approval_use(struct key_act *act, const struct officer *by, int64_t id,
                    struct approval *out);
result approval_load(struct db_tx *tx, struct instant now, int64_t id,
                     struct approval *out); /* APPROVAL_NOT_FOUND */
/* Newest first; open_only: those that wait for somebody. Payloads too. */
result approval_list(struct db_tx *tx, struct instant now, bool open_only, struct arena *a,
                     struct approval **rows, size_t *count);
/* Roles of the next one who has to agree, as bits; 0: nobody any more. */
unsigned approval_next(const struct approval *a);
