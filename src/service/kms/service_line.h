/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_line.h — where requests of the computing service come in: one Unix socket for the
 * platform of this machine and for the TLS front, which brings a line for each of its clients. One
 * thread takes frames and sends answers; workers compute. A line with KMS_IN_FLIGHT_MAX requests
 * under way is not read any further until one is answered.
 *
 * Its first frame says who it is: operation 00F1, KMS_TAG_DATA with the SHA-256 of the client's
 * certificate (only the front's user may), or empty for the platform (only the platform's user).
 * Anything else before it closes the line. A worker answers it: of a certificate that no active
 * client has with 0003, and the line is closed. Later requests are asked about one by one, so that
 * a client who is stopped meanwhile is refused from then on.
 */
#pragma once

#include <sys/types.h>

#include "net/loop.h"
#include "service/kms/service_job.h"

enum {
	SERVICE_LINES_MAX = 4096,
	SERVICE_ROUND = 256, /* jobs given to workers at once, at most */
};

struct service_line_config {
	const char *path;
	bool for_group;
	uid_t front_uid, platform_uid;
	/* Give jobs to workers; what comes back does by service_line_answered. On the thread of the
	 * socket. */
	void (*work)(void *owner, struct service_job *const *jobs, size_t count);
	void *owner;
};

struct service_line;

/* *out is set before its thread calls `work`. CONTROL_SOCKET, OUT_OF_MEMORY, SYSTEM_CALL. */
result service_line_start(const struct service_line_config *config, struct service_line **out);
/* Take no more, answer what is under way, close all. NULL is fine. */
void service_line_stop(struct service_line *s);
/* Answered jobs, linked by `next`. Any thread. */
void service_line_answered(struct service_line *s, struct service_job *first,
                           struct service_job *last);

struct service_figures {
	uint64_t requests, busy, refused; /* lines that were refused */
	uint32_t lines, jobs;
};
void service_line_figures(const struct service_line *s, struct service_figures *out);
