/* SPDX-License-Identifier: Apache-2.0 */
/*
 * officer_call.h — orders of key officers: a table of commands, each with who may give it, who
 * must agree, and what it takes; and what a command is handed when it runs. A request is one JSON
 * object: "command", "session", its fields; the answer is one, with "code", "zh", "en", "detail".
 * One with "progress":"yes" may have lines {"progress":DONE,"of":TOTAL} told ahead of its answer.
 *
 * The order of checks: login, role, fields, agreement, then the command in one transaction with
 * its audit line. A refusal is audited in a transaction of its own. What others agreed to and what
 * the domain audits itself has a line APPROVAL.USE besides.
 */
#pragma once

#include "base/json.h"
#include "crypto/seal.h"
#include "domain/keys/approval.h"
#include "domain/keys/catalog.h"
#include "domain/keys/key_audit.h"
#include "domain/keys/officer.h"
#include "net/lines.h"
#include "service/kms/keeper.h"
#include "service/kms/officer_session.h"

enum {
	OFFICER_ARGS_MAX = 1024,     /* bytes of a command's struct of arguments */
	OFFICER_FIELDS_MAX = 24,     /* of one command */
	OFFICER_TEXT_MAX = 8192,     /* bytes of an ordinary text field */
	OFFICER_FILE_MAX = 12 << 20, /* bytes of a file in a field */
	OFFICER_ANSWER_MAX = 24 << 20,
};

/* How a field is handed over. */
enum officer_field_kind {
	OFFICER_IS_PLAIN,
	OFFICER_IS_FILE,   /* what is agreed to holds its SHA-256 instead */
	OFFICER_IS_BINARY, /* the same for a file that is no text: comes in hex, arrives as bytes */
	OFFICER_IS_SECRET, /* sealed by browsers (seal.h), in hex; in clear from this machine's own
	                      users */
};

struct officer_field {
	struct jread_field field; /* offsets into the command's struct of arguments */
	enum officer_field_kind kind;
	bool chosen; /* a new secret: a person types it twice */
};

#define OFFICER_TEXT(struct_, member_, required_, max_)                                            \
	{                                                                                          \
		{ #member_,  JREAD_TEXT, offsetof(struct struct_, member_),                        \
		  required_, required_,  max_ },                                                   \
		        OFFICER_IS_PLAIN                                                           \
	}
#define OFFICER_NUMBER(struct_, member_, required_, min_, max_)                                    \
	{                                                                                          \
		{                                                                                  \
			#member_,  JREAD_INTEGER, offsetof(struct struct_, member_),               \
			required_, min_,          max_                                             \
		},                                                                                 \
		        OFFICER_IS_PLAIN                                                           \
	}
#define OFFICER_FLAG(struct_, member_)                                                             \
	{                                                                                          \
		{ #member_, JREAD_BOOL, offsetof(struct struct_, member_), false, 0, 0 },          \
		        OFFICER_IS_PLAIN                                                           \
	}
#define OFFICER_FILE_TEXT(struct_, member_, required_)                                             \
	{                                                                                          \
		{ #member_,  JREAD_TEXT, offsetof(struct struct_, member_),                        \
		  required_, required_,  OFFICER_FILE_MAX },                                       \
		        OFFICER_IS_FILE                                                            \
	}
/* max: bytes of the file */
#define OFFICER_FILE_BINARY(struct_, member_, required_, max_)                                     \
	{                                                                                          \
		{ #member_,  JREAD_TEXT, offsetof(struct struct_, member_),                        \
		  required_, required_,  2 * (max_) },                                             \
		        OFFICER_IS_BINARY                                                          \
	}
#define OFFICER_SECRET_TEXT(struct_, member_, required_)                                           \
	{                                                                                          \
		{ #member_,  JREAD_TEXT, offsetof(struct struct_, member_),                        \
		  required_, required_,  OFFICER_TEXT_MAX },                                       \
		        OFFICER_IS_SECRET                                                          \
	}

#define OFFICER_NEW_SECRET_TEXT(struct_, member_, required_)                                       \
	{                                                                                          \
		{ #member_,  JREAD_TEXT, offsetof(struct struct_, member_),                        \
		  required_, required_,  OFFICER_TEXT_MAX },                                       \
		        OFFICER_IS_SECRET, true                                                    \
	}

/* Who asks, and all a command works with. */
struct officer_call {
	struct officer_desk *desk;
	struct keeper *keeper;
	struct key_act *act;      /* the open transaction */
	const struct officer *by; /* NULL: nobody is logged in */
	struct officer_session *session;
	struct arena *arena; /* of the request; wiped */
	struct jwrite *answer;
	bool relayed;         /* through the platform: nothing secret goes in clear */
	struct str reply_key; /* hex of the point that secret answers are sealed for; "" in clear */
	const struct officer_command *command;
	const struct approval *agreed; /* what others agreed to; NULL: nobody had to */
	const struct lines_peer *peer; /* who wants to be told of progress; NULL: nobody */
	unsigned told_percent;
	char note[KEY_AUDIT_DETAIL_MAX]; /* detail of the audit line */
};

enum officer_flags {
	OFFICER_READS = 1,        /* changes nothing */
	OFFICER_NO_LOGIN = 2,     /* whoever reaches the socket */
	OFFICER_KEPT = 4,         /* committed even when it declines: errors are counted */
	OFFICER_TELLS_SECRET = 8, /* its answer holds one */
	OFFICER_MOVES_KEYS = 16,  /* workers must read anew */
};

struct officer_command {
	const char *name; /* "key.generate" */
	unsigned roles;   /* bits; 0: whoever is logged in */
	unsigned flags;
	const char
	        *audit; /* op of its audit line; NULL: the domain writes its own, or none is due */
	const struct officer_field *fields;
	size_t field_count, args_size;
	/* What was sent becomes what is agreed to and done: a certificate its fingerprint. Not for
	 * what was agreed to already. NULL: it is that. */
	result (*prepare)(struct officer_call *c, void *args);
	result (*run)(struct officer_call *c, const void *args);
	/* Who must agree (approval.h); NULL or a function that leaves "" : nobody. */
	const char *needs;
	result (*needs_of)(struct officer_call *c, const void *args,
	                   char needs[APPROVAL_NEEDED_MAX + 1]);
};

#define OFFICER_FIELDS(array_, struct_)                                                            \
	.fields = (array_), .field_count = ARRAY_LEN(array_), .args_size = sizeof(struct struct_)

/* The tables, each in a file of its own. */
struct officer_table {
	const struct officer_command *at;
	size_t count;
};
extern const struct officer_table officer_acts_login, officer_acts_people, officer_acts_approval,
        officer_acts_audit, officer_acts_device, officer_acts_master, officer_acts_ceremony,
        officer_acts_catalog, officer_acts_version, officer_acts_ca, officer_acts_certificate,
        officer_acts_stock, officer_acts_stock_list, officer_acts_client, officer_acts_site,
        officer_acts_authcard, officer_acts_exchange, officer_acts_batch, officer_acts_entry,
        officer_acts_letter;

/* --- for commands --- */

/* Add to the audit line: "label=%s kcv=%s". Never a value. */
void officer_note(struct officer_call *c, const char *format, ...) ATTR_PRINTF(2, 3);
/* Tell whoever asked how far it is, a hundred times at most. */
void officer_progress(struct officer_call *c, size_t done, size_t total);
/* Pairs are the part of role cert, secret keys that of role key (keys 12). OFFICER_ROLE_OTHER. */
bool officer_is_pair(char algorithm);
result officer_require_hand(const struct officer_call *c, const struct key_definition *k);
/* What stands in a request so that whoever agrees sees it: filled in, and right where it was said
 * already. CATALOG_FIELD naming what. */
result officer_show(struct officer_call *c, const char *what, const char *is, struct str *field);
/* A secret of the answer, sealed when the asker gave a key: then as "NAME_sealed" in hex. */
result officer_tell_secret(struct officer_call *c, const char *name, struct str text);
void officer_tell_hex(struct officer_call *c, const char *name, struct bytes b);
/* "2026-03-05"; "" for none. */
void officer_tell_day(struct jwrite *j, const char *name, struct bizdate day);
/* The strings of a "1 2 3" text field as numbers. INVALID_NUMBER. */
result officer_numbers(struct str text, int64_t *out, size_t max, size_t *count);
/* The place of a text in a NULL-ended list. CATALOG_FIELD naming what it was for. */
result officer_choose(struct str text, const char *const *names, const char *what, int *out);
/* "2026-03-05"; 0 when the text is empty. CATALOG_FIELD. */
result officer_day(struct str text, struct bizdate *out);
