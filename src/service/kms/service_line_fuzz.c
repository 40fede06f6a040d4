/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes into the socket of the computing service, in pieces: what reaches a worker is whole
 * requests of a line that has said who it is, what comes back is whole answers, and the line ends.
 * The first byte says whether the line identifies itself as the platform's before, or as the
 * front's client, or leaves it to the rest; the second how long the pieces are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "service/kms/service_line.h"

enum { HELD_MAX = 5, ANSWERS_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct service_line *line;
static char dir[] = "/tmp/yika-line-XXXXXX", path[64];
static struct service_job *held[HELD_MAX];
static size_t held_count;

static void clean_up(void)
{
	unlink(path);
	rmdir(dir);
}

static void answer(struct service_job *job)
{
	uint8_t frame[KMS_HEAD + 8] = { 0 };
	struct kms_message m = job->message;

	m.type = KMS_RESPONSE;
	job->known = job->certificate[0] % 2 == 0;
	kms_frame_head(&m, 8, frame);
	ASSERT(service_job_answer(job, bytes_of(frame, sizeof frame)));
	job->next = NULL;
	service_line_answered(line, job, job);
}

/* On the socket's thread. Some are kept back, so that answers come in another order, or too late.
 */
static void work(void *owner, struct service_job *const *jobs, size_t count)
{
	(void)owner;
	for (size_t i = 0; i < count; i++) {
		const struct kms_message *m = &jobs[i]->message;

		ASSERT(jobs[i]->peer != SERVICE_NOBODY && m->type == KMS_REQUEST && m->status == 0);
		ASSERT(m->body.len <= KMS_BODY_MAX);
		ASSERT(!jobs[i]->identifies || m->op == KMS_IDENTIFY);
		held[held_count++] = jobs[i];
		while (held_count == HELD_MAX || (held_count && m->id % 2 == 0))
			answer(held[--held_count]);
	}
}

static void start(void)
{
	struct service_line_config config = {
		.path = path, .front_uid = geteuid(), .platform_uid = geteuid(), .work = work
	};

	log_set_level(LOG_LEVEL_ERROR); /* refused lines are what this is about */
	ASSERT(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	ASSERT(is_ok(service_line_start(&config, &line)));
	ASSERT(atexit(clean_up) == 0);
}

static int dial(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	str_copy(str_of(path), to.sun_path, sizeof to.sun_path);
	ASSERT(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
	return fd;
}

static bool put(int fd, struct bytes b)
{
	ssize_t n = send(fd, b.at, b.len, MSG_NOSIGNAL);

	ASSERT(n >= 0 || errno == EPIPE || errno == ECONNRESET);
	return n == (ssize_t)b.len;
}

static bool identify(int fd, unsigned how)
{
	uint8_t frame[KMS_HEAD + KMS_VALUE_HEAD + KEY_CLIENT_CERTIFICATE];
	uint8_t certificate[KEY_CLIENT_CERTIFICATE] = { (uint8_t)how };
	struct kms_message m = { .type = KMS_REQUEST, .op = KMS_IDENTIFY, .id = 2 };
	struct writer w = writer_of(frame + KMS_HEAD, sizeof frame - KMS_HEAD);

	if (how >= 4)
		kms_put(&w, KMS_TAG_DATA, bytes_of(certificate, sizeof certificate));
	return put(fd, bytes_of(frame, kms_frame_head(&m, w.len, frame)));
}

/* All that comes until the line ends; what is whole of it has to be answers. */
static void read_answers(int fd)
{
	static uint8_t got[KMS_FRAME_MAX];
	size_t len = 0, whole, all = 0;
	struct kms_message m;
	ssize_t n;

	while ((n = recv(fd, got + len, sizeof got - len, 0)) > 0 && all < ANSWERS_MAX) {
		all += (size_t)n;
		len += (size_t)n;
		while (is_ok(kms_frame_scan(bytes_of(got, len), &whole)) && whole) {
			ASSERT(is_ok(kms_frame_parse(bytes_of(got, whole), &m)));
			ASSERT(m.type == KMS_RESPONSE);
			memmove(got, got + whole, len - whole);
			len -= whole;
		}
		ASSERT(is_ok(kms_frame_scan(bytes_of(got, len), &whole)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool good = true;
	int fd;

	if (size < 2)
		return 0;
	if (!line)
		start();
	fd = dial();
	if (data[0] % 8)
		good = identify(fd, data[0] % 8);
	for (size_t at = 2, step; good && at < size; at += step) {
		step = (size_t)data[1] * 16 + 1;
		step = step < size - at ? step : size - at;
		good = put(fd, bytes_of(data + at, step));
	}
	shutdown(fd, SHUT_WR);
	read_answers(fd);
	close(fd);
	return 0;
}
