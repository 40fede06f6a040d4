/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/service_job.h"

#include <stdlib.h>

#include "base/secret.h"

/* Room for a frame: the job's own, or new. */
static uint8_t *room(uint8_t small[SERVICE_SMALL], size_t len)
{
	return len <= SERVICE_SMALL ? small : malloc(len);
}

bool service_job_ask(struct service_job *job, struct bytes frame)
{
	job->request = room(job->small, frame.len);
	if (!job->request)
		return false;
	memcpy(job->request, frame.at, frame.len);
	return is_ok(kms_frame_parse(bytes_of(job->request, frame.len), &job->message));
}

bool service_job_answer(struct service_job *job, struct bytes frame)
{
	job->answer = room(job->small_answer, frame.len);
	if (!job->answer)
		return false;
	memcpy(job->answer, frame.at, frame.len);
	job->answer_len = frame.len;
	return true;
}

static void give_back(uint8_t *at, const uint8_t *small, size_t len)
{
	if (!at)
		return;
	secret_wipe_bytes(at, len);
	if (at != small)
		free(at);
}

void service_job_clear(struct service_job *job)
{
	give_back(job->request, job->small, KMS_HEAD + job->message.body.len);
	give_back(job->answer, job->small_answer, job->answer_len);
	job->request = job->answer = NULL;
}
