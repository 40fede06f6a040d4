/* SPDX-License-Identifier: Apache-2.0 */
/* officer_fields.h — fields of an officer's request: read by the command's table, secrets opened,
 * and written again as what others agree to; for the dispatcher alone. */
#pragma once

#include "service/kms/officer_call.h"

/* What every request has. Texts in the request's arena. */
struct officer_head {
	struct str command, session, reply_key;
	int64_t approval; /* 0: none */
	bool progress;    /* wants to be told how far it is */
};
result officer_read_head(struct str text, struct arena *a, struct officer_head *out);

struct officer_reading {
	const struct officer_command *command;
	const struct seal_key *seal;
	bool relayed;  /* then a secret must have been sealed */
	bool optional; /* fields are in what was agreed to */
};
/* The command's arguments into `args` (OFFICER_ARGS_MAX bytes, zeroed). JSON_*, SEAL_BROKEN,
 * SEAL_NEEDED. */
result officer_read_args(struct str text, const struct officer_reading *how, struct arena *a,
                         void *args, struct jread_report *report);
/* Arguments as others agree to them: one JSON object, fields in the table's order, those left out
 * that are empty, files by their hash. */
result officer_write_payload(const struct officer_command *c, const void *args, struct buf *out);
/* Does a request say again what it was agreed to, or only bring the files? */
bool officer_is_restated(const struct officer_command *c, const void *args);
/*
 * The arguments that were agreed to, over those of the request, which holds the files.
 * APPROVAL_OTHER when the request has other arguments or files.
 */
result officer_read_payload(const struct officer_command *c, struct str payload, struct arena *a,
                            void *args);
