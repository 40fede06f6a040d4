/* SPDX-License-Identifier: Apache-2.0 */
/* officer_desk.h — where officers' requests come in: the socket's thread hands each to the keeper
 * and waits for the answer. */
#pragma once

#include "net/lines.h"
#include "service/kms/officer_call.h"

struct officer_desk {
	struct keeper *keeper;
	struct officer_sessions sessions; /* the keeper's thread only */
	struct seal_key seal;             /* what browsers seal for; new at every start */
	uid_t platform_uid;
	struct lines *lines;
	void *owner; /* of further state that commands reach: the core */
};

/* `desk` is zeroed but for keeper, platform_uid and owner. Listens at path when it is not NULL. */
result officer_desk_open(struct officer_desk *desk, const char *path, bool for_group);
void officer_desk_close(struct officer_desk *desk);
/* Every second, on the keeper's thread. */
void officer_desk_tick(struct officer_desk *desk, struct instant now);

/* Answer one request on the keeper's thread. */
struct officer_request {
	struct str text;
	bool relayed;
	const struct lines_peer *peer; /* who is told of progress; may be NULL */
};
void officer_answer(struct officer_desk *desk, struct keeper *k, const struct officer_request *r,
                    struct buf *out);
/* The command of a name; NULL. */
const struct officer_command *officer_command_find(struct str name);
/* All tables, NULL-ended; for help and for tests of roles. */
const struct officer_table *const *officer_tables(void);
