/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subsystem.h — application subsystems (应用系统, requirements A1.1, A1.2): who owns a family of
 * nodes, from where they may sign in, what they may ask for. A node belongs to the subsystem whose
 * code and processor number (处理机号) its id begins with.
 */
#pragma once

#include "domain/terminals/terminal_admit.h"

enum { SUBSYSTEM_TEXT_MAX = 64, SUBSYSTEM_LIST_MAX = 200 };

enum subsystem_state { SUBSYSTEM_ACTIVE, SUBSYSTEM_BLOCKED };
extern const char *const subsystem_state_names[];

struct subsystem {
	int64_t id;
	char code[TERMINAL_CODE_LEN + 1], processor[TERMINAL_CODE_LEN + 1];
	char name[SUBSYSTEM_TEXT_MAX + 1], owner[SUBSYSTEM_TEXT_MAX + 1];
	enum subsystem_state state;
	char address_range[TERMINAL_RANGE_MAX + 1]; /* empty: from anywhere */
	uint32_t allow;                             /* of enum terminal_allow; 0: all of them */
	/* A new range that waits for a second person; proposed_by 0: none does. */
	char proposed_range[TERMINAL_RANGE_MAX + 1];
	int64_t proposed_by;
	int64_t version;
};

/* Words for bits of enum terminal_allow, apart by blanks: "purchase void refund balance cash
 * subsidy upload merchant"; "" is all of them. INVALID SUBSYSTEM_INVALID names the word. */
enum { SUBSYSTEM_ALLOW_TEXT = 64 };
result subsystem_allow_read(struct str words, uint32_t *out);
const char *subsystem_allow_text(uint32_t allow, char out[SUBSYSTEM_ALLOW_TEXT]);

/* All of these ask for PERMISSION_TERMINALS and write their audit line. */

/* INVALID SUBSYSTEM_INVALID; DECLINE SUBSYSTEM_EXISTS (its code or processor number is taken). */
result subsystem_add(struct db_tx *tx, struct instant now, const struct actor *by,
                     struct subsystem *s);
/* Block it, let it in again; the same again changes nothing. SUBSYSTEM_NOT_FOUND. */
result subsystem_set_state(struct db_tx *tx, struct instant now, const struct actor *by,
                           struct str code, enum subsystem_state to);
/*
 * Another address range: proposed by one person, in force when a second says the same. DECLINE
 * SUBSYSTEM_PERSON (the program itself is nobody; the proposer may not agree), SUBSYSTEM_PROPOSAL
 * (nothing was proposed, or something else). An agreement to what is proposed replaces it at once.
 */
struct subsystem_address {
	struct str code, range;
};
result subsystem_propose_address(struct db_tx *tx, struct instant now, const struct actor *by,
                                 const struct subsystem_address *a);
result subsystem_agree_address(struct db_tx *tx, struct instant now, const struct actor *by,
                               const struct subsystem_address *a);

result subsystem_load(struct db_tx *tx, struct str code,
                      struct subsystem *out); /* SUBSYSTEM_NOT_FOUND */
result subsystem_list(struct db_tx *tx, struct arena *a, struct subsystem **rows, size_t *count);
