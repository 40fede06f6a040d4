/* SPDX-License-Identifier: Apache-2.0 */
/* service_job.h — one request of the computing service on its way from a line to a worker and back.
 */
#pragma once

#include "codec/kms_message.h"
#include "domain/keys/key_client.h"

enum {
	SERVICE_SMALL = 1024, /* bytes of a request or answer that need no memory of their own */
	SERVICE_JOBS = 4096,  /* under way in all; more are told busy */
	SERVICE_WAIT_US =
	        2000000, /* a request that waited longer is told busy: its sender gave up */
};

/* Who is at the other end of a line. */
enum service_peer {
	SERVICE_NOBODY,   /* has not said yet */
	SERVICE_PLATFORM, /* this machine's platform */
	SERVICE_CLIENT,   /* a certificate, which the TLS front has seen */
};

struct service_job {
	struct service_job *next;
	uint64_t line;
	enum service_peer peer;
	uint8_t certificate[KEY_CLIENT_CERTIFICATE];
	int64_t came_us;
	struct kms_message message; /* its body lies in `request` */
	uint8_t *request, *answer;  /* their own memory, or `small` and `small_answer` */
	size_t answer_len;
	uint8_t small[SERVICE_SMALL], small_answer[SERVICE_SMALL];
};

/* Copy a whole frame in; false when there is no memory. */
bool service_job_ask(struct service_job *job, struct bytes frame);
bool service_job_answer(struct service_job *job, struct bytes frame);
void service_job_clear(struct service_job *job); /* gives its memory back, wiped */
