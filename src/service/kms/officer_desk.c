/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/officer_desk.h"

#include <unistd.h>

enum { DESK_CLIENTS = 32, DESK_IDLE_US = 3600 * 1000000LL, MARK_RELAYED = 1 };

/* A request on its way to the keeper and back. */
struct errand {
	struct keeper_task task;
	struct officer_desk *desk;
	struct officer_request request;
	struct buf *out;
};

static void run(struct keeper *k, struct keeper_task *t)
{
	struct errand *e = (struct errand *)t;

	officer_answer(e->desk, k, &e->request, e->out);
}

/* {"command":"relay"}: what comes over this line from now on has passed through other hands. */
static bool is_relay(const char *line, size_t len)
{
	static const char relay[] = "{\"command\":\"relay\"}";

	return len == sizeof relay - 1 && memcmp(line, relay, len) == 0;
}

static void answer(void *owner, struct lines_peer *peer, char *line, size_t len, struct buf *out)
{
	struct officer_desk *desk = owner;
	bool other_user = desk->platform_uid != geteuid() && peer->uid == desk->platform_uid;
	struct errand e = {
		.task = { run },
		.desk = desk,
		.request = { { line, len }, other_user || peer->mark == MARK_RELAYED, peer },
		.out = out
	};

	if (is_relay(line, len)) {
		peer->mark = MARK_RELAYED;
		buf_str(out, STR("{\"code\":\"SUCCESS\"}"));
		return;
	}
	if (!keeper_call(desk->keeper, &e.task))
		buf_str(out, STR("{\"code\":\"KMS_BUSY\"}"));
}

static bool admits(void *owner, uid_t uid)
{
	const struct officer_desk *desk = owner;

	return uid == geteuid() || uid == 0 || uid == desk->platform_uid;
}

result officer_desk_open(struct officer_desk *desk, const char *path, bool for_group)
{
	struct lines_config lines = {
		.path = path,
		.for_group = for_group,
		.line_max = OFFICER_FILE_MAX + (1 << 20),
		.answer_max = OFFICER_ANSWER_MAX,
		.clients_max = DESK_CLIENTS,
		.idle_us = DESK_IDLE_US,
		.admits = admits,
		.answer = answer,
		.owner = desk,
	};

	TRY(seal_key_open(&desk->seal, random_system()));
	return path ? lines_start(&lines, &desk->lines) : OK;
}

void officer_desk_close(struct officer_desk *desk)
{
	lines_stop(desk->lines);
	desk->lines = NULL;
	seal_key_close(&desk->seal);
	secret_wipe_bytes(&desk->sessions, sizeof desk->sessions);
}

void officer_desk_tick(struct officer_desk *desk, struct instant now)
{
	officer_session_expire(&desk->sessions, now);
}
