/* SPDX-License-Identifier: Apache-2.0 */
/*
 * officer.h — people who may act on keys (密钥管理人员): roles, password and one-time code, what
 * one person may hold (keys 12). They are the key manager's own; operators of the platform are no
 * officers.
 */
#pragma once

#include "crypto/passphrase.h"
#include "crypto/totp.h"
#include "domain/keys/key_act.h"

enum {
	OFFICER_NAME_MAX = 32,
	OFFICER_DISPLAY_MAX = 64,
	OFFICER_PERSON_MAX = 32,
	OFFICER_ERRORS_MAX = 5,
	OFFICER_LOCK_S = 15 * 60,
	OFFICER_SECRET = TOTP_SECRET_SIZE,
	OFFICER_INVITE_SIZE = 21, /* a generated invitation, NUL-ended */
	OFFICER_BOX_MAX = OFFICER_SECRET + PASSPHRASE_EXTRA,
	OFFICERS_MAX = 200,
};

/* Bits 1 << role. */
enum officer_role {
	OFFICER_MK, /* master key slots, renewal */
	OFFICER_SO1,
	OFFICER_SO2,
	OFFICER_SO3, /* one component each */
	OFFICER_CONF,
	OFFICER_KEY,
	OFFICER_CERT, /* definitions, values, certificates */
	OFFICER_OPER,
	OFFICER_STORE, /* runs card batches; card stock */
	OFFICER_AUDIT,
	OFFICER_ROLES
};
extern const char *const officer_role_names[]; /* "mk", "SO1" … */

enum { OFFICER_ANY_SO = 1 << OFFICER_SO1 | 1 << OFFICER_SO2 | 1 << OFFICER_SO3 };

enum officer_state { OFFICER_INVITED, OFFICER_ACTIVE, OFFICER_STOPPED };
extern const char *const officer_state_names[];

struct officer {
	int64_t id;
	char name[OFFICER_NAME_MAX + 1]; /* login */
	char display[OFFICER_DISPLAY_MAX + 1];
	char person[OFFICER_PERSON_MAX +
	            1]; /* who it is: staff number or the like; one person, one set of roles */
	unsigned roles; /* bits */
	enum officer_state state;
	uint8_t box[OFFICER_BOX_MAX]; /* secret of the one-time code under the password; INVITED:
	                                 zeros under the invitation */
	size_t box_len;
	int64_t code_step; /* of the last code that was used: it is not taken again */
	uint32_t errors;
	struct instant locked_until, created, last_login; /* 0: not, never */
};

bool officer_has(const struct officer *o, enum officer_role role);
/* "mk", "conf key". Returns out. */
enum { OFFICER_ROLES_TEXT = 64 };
const char *officer_roles_text(unsigned roles, char out[OFFICER_ROLES_TEXT]);
result officer_roles_parse(struct str text, unsigned *out); /* INVALID OFFICER_ROLE */

/*
 * May one person hold these together? With strict roles exactly one; without, conf, key and cert
 * may be joined. SO1 to SO3, mk and audit always stand alone. DECLINE OFFICER_ROLES_TOGETHER.
 */
result officer_check_roles(unsigned roles, bool strict);

/* Make one, INVITED: the invitation is what proves it is them, once. INVALID ACCESS_NAME,
 * OFFICER_ROLE; DECLINE OFFICER_EXISTS (name), OFFICER_PERSON (the person is an officer already),
 * OFFICER_ROLES_TOGETHER. */
result officer_add(struct key_act *act, struct officer *o, struct str invite);
void officer_invitation(struct random_source *random, char out[OFFICER_INVITE_SIZE]);
result officer_load(struct db_tx *tx, int64_t id, struct officer *out); /* OFFICER_NOT_FOUND */
result officer_find(struct db_tx *tx, struct str name, struct officer *out, bool *found);
result officer_list(struct db_tx *tx, struct arena *a, struct officer **rows, size_t *count);
/* How many ACTIVE ones hold one of these roles, other than `but`. */
result officer_count(struct db_tx *tx, unsigned roles, int64_t but, size_t *count);
result officer_stop(struct key_act *act, int64_t id); /* for good */
result officer_reset(struct key_act *act, int64_t id,
                     struct str invite); /* INVITED again; lock and errors cleared */

/*
 * Proving who one is, in two steps, because the first takes 0.2 s and needs no transaction:
 * officer_prove compares password and code with a row that was read (`row` NULL: an unknown name,
 * same time); officer_proven writes what follows from it, a lock after OFFICER_ERRORS_MAX errors
 * too: COMMIT IT EVEN WHEN IT DECLINES. OFFICER_LOGIN (one answer for every cause), OFFICER_LOCKED.
 */
struct officer_proof {
	bool matched;
	int64_t step; /* of the code */
};
void officer_prove(const struct officer *row, struct str password, struct str code,
                   struct instant now, struct officer_proof *out);
result officer_proven(struct key_act *act, const struct officer *row,
                      const struct officer_proof *proof);

/*
 * Taking an invitation up: the invitation opens the row's box; then password and the code's secret
 * are set and the row is ACTIVE. OFFICER_LOGIN, ACCESS_PASSWORD_WEAK, OFFICER_CODE (the code does
 * not belong to the secret).
 */
struct officer_entry {
	struct str invite, password, code;
	struct secret secret; /* of OFFICER_SECRET bytes, as it was shown */
};
bool officer_is_invited(const struct officer *row, struct str invite); /* slow */
result officer_enter(struct key_act *act, struct officer *row, const struct officer_entry *e);
