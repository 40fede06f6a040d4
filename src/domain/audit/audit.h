/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h — who did what: append-only lines, each holding the hash of the one before. */
#pragma once

#include "domain/access/access.h"

enum {
	AUDIT_ACTION_MAX = 48,
	AUDIT_OBJECT_MAX = 64,
	AUDIT_TEXT_MAX = 2000, /* before, after: bytes each */
	AUDIT_REASON_MAX = 200,
	AUDIT_PAGE_MAX = 200,
};

/* One act. Borrowed for the call. Never put secrets or full card numbers of others into before or
 * after. */
struct audit_act {
	const char *action;      /* "card.report_lost": stable, lower case */
	const char *object_type; /* "card", "" when there is none */
	int64_t object_id;
	struct str before, after; /* what changed, as text "key=value key=value" */
	struct str reason;
	result result; /* OK, or why it was refused */
};

/* Append a line, in the transaction of the act itself. INVALID AUDIT_TEXT when something is too
 * long. */
result audit_record(struct db_tx *tx, struct instant now, const struct actor *by,
                    const struct audit_act *act);

struct audit_line {
	int64_t no; /* 1, 2, 3 … without a hole */
	struct instant at;
	int64_t operator_id;
	char operator_name[ACCESS_NAME_MAX + 1];
	char workstation[ACCESS_WORKSTATION_MAX + 1];
	char action[AUDIT_ACTION_MAX + 1];
	char object_type[AUDIT_OBJECT_MAX + 1];
	int64_t object_id;
	struct str before, after, reason; /* arena */
	char result[40];
	uint8_t previous[32], hash[32];
};

struct audit_page {
	struct audit_line *rows; /* arena; newest first */
	size_t count;
	int64_t next; /* for `before`; 0 at the end */
};

/* Filters that are empty or 0 match all. before: 0 first. limit 1…AUDIT_PAGE_MAX. */
struct audit_filter {
	int64_t operator_id, object_id;
	struct str action, object_type;
};
result audit_list(struct db_tx *tx, const struct audit_filter *f, int64_t before, size_t limit,
                  struct arena *a, struct audit_page *out);

/* Check the chain from the first line. AUDIT_BROKEN; *first_bad names the line (0 when sound),
 * *lines how many were read. */
result audit_verify(struct db_tx *tx, int64_t *lines, int64_t *first_bad);
