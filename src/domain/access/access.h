/* SPDX-License-Identifier: Apache-2.0 */
/* access.h — operators of the platform: who may log in, what they may do, and their sessions. */
#pragma once

#include "base/rand.h"
#include "db/db.h"

enum {
	ACCESS_NAME_MAX = 32, /* login name */
	ACCESS_DISPLAY_MAX = 64,
	ACCESS_ROLE_MAX = 32,
	ACCESS_PASSWORD_MIN = 10,   /* characters */
	ACCESS_PASSWORD_MAX = 128,  /* bytes */
	ACCESS_GENERATED_SIZE = 21, /* a generated password, NUL-ended */
	ACCESS_HASH_MAX = 128,      /* argon2id in its text form */
	ACCESS_WORKSTATION_MAX = 64,
	ACCESS_TOKEN_SIZE = 32,      /* bytes of a session token and of a CSRF token */
	ACCESS_TOKEN_TEXT_SIZE = 65, /* the same as hex, NUL-ended */
	ACCESS_LOCK_ERRORS =
	        5, /* wrong passwords in a row that lock for ACCESS_LOCK_S (finance 9.2) */
	ACCESS_STOP_ERRORS = 10, /* … that lock until an administrator resets */
	ACCESS_LOCK_S = 15 * 60,
	ACCESS_IDLE_S = 30 * 60,
	ACCESS_SESSION_S = 12 * 3600,
	ACCESS_DORMANT_DAYS = 30, /* without login: locked */
};

/* What an operator may do. Stored by name; a role is a set of them. */
enum permission {
	PERMISSION_OPERATORS, /* make and change operators */
	PERMISSION_PEOPLE_READ,
	PERMISSION_PEOPLE_WRITE,
	PERMISSION_CARD_ISSUE,
	PERMISSION_CARD_REPORT_LOST,
	PERMISSION_CARD_REPLACE,
	PERMISSION_MERCHANTS,
	PERMISSION_TERMINALS,
	PERMISSION_TRANSACTIONS_READ,
	PERMISSION_PROOF, /* see identities, run verify */
	PERMISSION_CASH,  /* cash top-up and its reversal */
	PERMISSION_IMPORT,
	PERMISSION_AUDIT_READ,
	PERMISSION_KEYS,
	PERMISSION_KEYS_PAGES, /* reach the key manager, where officers prove themselves again */
	PERMISSION_COUNT
};
extern const char *const permission_names[]; /* "operators", "people.read" …; NULL-ended */

/* Who acts, from where: handed down to everything that is audited. */
struct actor {
	int64_t operator_id; /* 0: the program itself (import, jobs) */
	char name[ACCESS_NAME_MAX + 1];
	char workstation[ACCESS_WORKSTATION_MAX + 1];
	uint64_t permissions; /* bit n = enum permission n */
};

/* The program itself, all permissions; `what` becomes the actor's name: "import", "init". */
struct actor actor_system(const char *what);
/* DECLINE ACCESS_DENIED naming the permission. */
result access_require(const struct actor *by, enum permission p);

enum operator_state { OPERATOR_ACTIVE, OPERATOR_STOPPED };

struct operator
{
	int64_t id;
	char name[ACCESS_NAME_MAX + 1];
	char display[ACCESS_DISPLAY_MAX + 1];
	char role[ACCESS_ROLE_MAX + 1];
	enum operator_state state;
	bool must_change;            /* password, before anything else */
	uint32_t errors;             /* wrong passwords in a row */
	struct instant locked_until; /* 0: not locked */
	struct instant last_login;   /* 0: never */
};

/* Make an operator with a one-time password that must be changed at first login. INVALID
 * ACCESS_NAME, ACCESS_ROLE; DECLINE OPERATOR_EXISTS. */
result operator_add(struct db_tx *tx, struct instant now, const struct operator* o,
                    struct str password, int64_t *id);
result operator_load(struct db_tx *tx, int64_t id, struct operator* out); /* OPERATOR_NOT_FOUND */
result operator_load_by_name(struct db_tx *tx, struct str name,
                             struct operator* out); /* OPERATOR_NOT_FOUND */
result operator_list(struct db_tx *tx, struct arena *a, struct operator** rows, size_t *count);
result operator_stop(struct db_tx *tx, struct instant now, int64_t id); /* ends all sessions too */
/* A new one-time password; clears lock and errors, ends sessions. */
result operator_reset(struct db_tx *tx, struct instant now, int64_t id, struct str password);
/* 20 characters without look-alikes, about 100 bits. */
void access_generate_password(struct random_source *random, char out[ACCESS_GENERATED_SIZE]);
/* INVALID ACCESS_NAME: small letters, digits and .-_, a letter first. */
result access_check_name(struct str name);
/* INVALID ACCESS_PASSWORD_WEAK: too short, too long, the name inside, one repeated character. */
result access_check_password(struct str name, struct str password);

/* Roles. The built-in ones ("administrator", "card officer", "cashier", "finance", "auditor",
 * "key officer") come with the schema. */
result access_role_permissions(struct db_tx *tx, const char *role, uint64_t *out); /* ACCESS_ROLE */

/*
 * Login in two steps, because the hash takes 70 ms and must not hold the writer:
 * 1. any thread, its own connection: access_login_prepare reads the hash, then verifies the
 * password (slow);
 * 2. writer: access_login_finish records success or failure, and on success opens the session.
 * An unknown name costs the same time and gives the same answer, ACCESS_LOGIN_FAILED.
 */
struct login {
	char name[ACCESS_NAME_MAX + 1];
	char workstation[ACCESS_WORKSTATION_MAX + 1];
	bool matched;               /* the password was right */
	int64_t operator_id;        /* 0: no such name */
	char hash[ACCESS_HASH_MAX]; /* the one it was compared with; finish refuses when it has
	                               changed since */
};
result access_login_prepare(struct db_tx *tx, struct str name, struct str password,
                            struct str workstation, struct login *out);

struct session {
	int64_t id, operator_id;
	char token[ACCESS_TOKEN_TEXT_SIZE]; /* for the cookie; only its SHA-256 is stored; empty
	                                       when found */
	char csrf[ACCESS_TOKEN_TEXT_SIZE];
	struct actor actor;
	bool must_change;
	struct instant opened, seen, ends;
	struct instant last_login; /* the one before, to be shown */
};

/* *out is set only on OK. DECLINE ACCESS_LOGIN_FAILED, ACCESS_LOCKED. The failure count is kept in
 * `tx`: COMMIT IT EVEN WHEN THIS DECLINES. */
result access_login_finish(struct db_tx *tx, struct instant now, struct random_source *random,
                           const struct login *login, struct session *out);
/*
 * The session of a token, when neither idle, nor too old, nor revoked. Reads only (any connection).
 * DECLINE ACCESS_SESSION. The caller sends access_touch through the writer when `seen` is older
 * than a minute.
 */
result access_session_find(struct db_tx *tx, struct instant now, struct str token,
                           struct session *out);
result access_touch(struct db_tx *tx, struct instant now, int64_t session_id);
result access_logout(struct db_tx *tx, int64_t session_id);
result access_revoke_all(struct db_tx *tx, int64_t operator_id, int64_t except_session);
/* Equal to the session's CSRF token, in constant time. DECLINE ACCESS_CSRF. */
result access_require_csrf(const struct session *s, struct str token);

/*
 * Change of password, in two steps like login: prepare (any thread) verifies the old and hashes the
 * new one; finish (writer) stores it, clears must_change and ends the operator's other sessions.
 * ACCESS_LOGIN_FAILED, ACCESS_PASSWORD_WEAK, ACCESS_PASSWORD_SAME.
 */
struct password_change {
	int64_t operator_id, session_id;
	char old_hash[ACCESS_HASH_MAX], new_hash[ACCESS_HASH_MAX];
};
result access_change_prepare(struct db_tx *tx, const struct session *s, struct str old_password,
                             struct str new_password, struct password_change *out);
result access_change_finish(struct db_tx *tx, struct instant now, const struct password_change *c);
