/* SPDX-License-Identifier: Apache-2.0 */
/* host.h — the daemon under a replay: started on a site, its clock driven, killed and started
 * again. */
#pragma once

#include <sys/types.h>

#include "base/time.h"
#include "programs/site.h"

struct replay_host {
	struct site site;
	pid_t pid; /* 0: not running */
	char program[SITE_PATH_MAX];
	char control[SITE_PATH_MAX]; /* its control socket */
	char address[64];            /* its line for tills, "127.0.0.1:port" */
	_Atomic int64_t *clock;      /* shared with it, microseconds */
	unsigned starts;
	bool real_time;      /* the daemon keeps the system's clock */
	const char *preload; /* LD_PRELOAD of the daemon; NULL: none */
};

enum { REPLAY_HOST_READY_MS = 60000 };

/* Prepare: the clock file and the path of yikad: `from_here` as seen from this program, "yikad"
 * when it lies beside it. FILE_WRITE, SITE_*. */
result replay_host_init(struct replay_host *h, const char *site_dir, const char *from_here);
/* Start and wait until it answers. REPLAY_HOST. */
result replay_host_start(struct replay_host *h);
void replay_host_kill(struct replay_host *h); /* SIGKILL, wait */
/* SIGTERM, wait; REPLAY_HOST when it does not end cleanly. */
result replay_host_stop(struct replay_host *h);
void replay_host_deinit(struct replay_host *h); /* kills what still runs */
/* The clock never goes back. */
void replay_host_clock(struct replay_host *h, struct instant now);
/* A command on its control socket: {"command":…,"card":…}. */
result replay_host_card(struct replay_host *h, const char *command, uint32_t card);
