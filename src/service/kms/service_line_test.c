/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of the computing service: who may say whose certificate a line has, and what a line
 * that does not keep to it gets. Behind it, first a worker of the test's own, then a key manager.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "harness/test.h"
#include "service/kms/kms_testkit.h"
#include "service/kms/service_line.h"

enum { WAIT_S = 10 };

static const uint8_t known[KEY_CLIENT_CERTIFICATE] = { 1, 2, 3 };

/* --- a client of the socket --- */

static int dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	str_copy(str_of(path), to.sun_path, sizeof to.sun_path);
	CHECK(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0);
	return fd;
}

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void send_frame(int fd, uint16_t op, uint32_t id, struct bytes body)
{
	uint8_t frame[512];
	struct kms_message m = { .type = KMS_REQUEST, .op = op, .id = id };
	size_t len = kms_frame_head(&m, body.len, frame);

	if (body.len)
		memcpy(frame + KMS_HEAD, body.at, body.len);
	CHECK(send(fd, frame, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static void identify(int fd, struct bytes certificate)
{
	uint8_t body[64];
	struct writer w = writer_of(body, sizeof body);

	if (certificate.len)
		kms_put(&w, KMS_TAG_DATA, certificate);
	send_frame(fd, KMS_IDENTIFY, 0, writer_bytes(&w));
}

/* The status of the next answer; "closed", "silent". */
static const char *heard(int fd)
{
	uint8_t frame[KMS_HEAD + 256];
	struct kms_message m = { 0 };
	ssize_t n = recv(fd, frame, KMS_HEAD, MSG_WAITALL);

	if (n <= 0) /* reset: closed with bytes of ours unread */
		return n == 0 || errno == ECONNRESET ? "closed" : "silent";
	if (n < KMS_HEAD)
		return "cut off";
	size_t body = load_be32(frame + 12);
	if (body > 256 ||
	    (body && recv(fd, frame + KMS_HEAD, body, MSG_WAITALL) != (ssize_t)body) ||
	    !is_ok(kms_frame_parse(bytes_of(frame, KMS_HEAD + body), &m)))
		return "broken";
	return kms_status_name(m.status);
}

static const char *asked(int fd, uint16_t op)
{
	send_frame(fd, op, 7, bytes_of(NULL, 0));
	return heard(fd);
}

/* --- a worker of the test's own, on the socket's thread --- */

static struct service_line *own;
static _Atomic int jobs_done;

static void work(void *owner, struct service_job *const *jobs, size_t count)
{
	(void)owner;
	for (size_t i = 0; i < count; i++) {
		struct service_job *job = jobs[i];
		uint8_t frame[KMS_HEAD];
		struct kms_message answer = job->message;

		job->known = memcmp(job->certificate, known, sizeof known) == 0;
		answer.type = KMS_RESPONSE;
		answer.status = job->identifies && !job->known ? KMS_NOT_PERMITTED : KMS_OK;
		kms_frame_head(&answer, 0, frame);
		CHECK(service_job_answer(job, bytes_of(frame, sizeof frame)));
		job->next = NULL;
		jobs_done++;
		service_line_answered(own, job, job);
	}
}

static const char *path_of(char out[300])
{
	snprintf(out, 300, "%s/line.sock", test_dir());
	return out;
}

static bool open_own(uid_t front, uid_t platform, char path[300])
{
	struct service_line_config config = {
		.path = path_of(path), .front_uid = front, .platform_uid = platform, .work = work
	};
	result r = service_line_start(&config, &own);

	CHECK_OK(r);
	jobs_done = 0;
	return is_ok(r);
}

TEST(only_the_fronts_user_may_say_whose_certificate_a_line_has)
{
	uid_t me = geteuid();
	const struct {
		const char *name;
		uid_t front, platform;
		struct bytes certificate;
		const char *heard;
	} rows[] = {
		{ "the front", me, me + 1, { known, sizeof known }, "ok" },
		{ "the front as the platform", me, me + 1, { 0 }, "closed" },
		{ "the platform", me + 1, me, { 0 }, "ok" },
		{ "the platform as the front", me + 1, me, { known, sizeof known }, "closed" },
		{ "a stranger", me + 1, me + 2, { known, sizeof known }, "closed" },
		{ "a stranger as the platform", me + 1, me + 2, { 0 }, "closed" },
		{ "half a fingerprint", me, me, { known, sizeof known - 1 }, "closed" },
		{ "one user for both", me, me, { known, sizeof known }, "ok" },
	}, *row;
	char path[300];

	EACH (row, rows) {
		REQUIRE(open_own(row->front, row->platform, path));
		SCOPED(hang_up) int fd = dial(path);
		identify(fd, row->certificate);
		CHECK_STR(row->name, heard(fd), row->heard);
		if (strcmp(row->heard, "ok") == 0)
			CHECK_STR(row->name, asked(fd, KMS_PING), "ok");
		else
			CHECK_I64(row->name, jobs_done, 0);
		service_line_stop(own);
	}
}

TEST(a_line_that_does_not_say_first_who_it_is_is_closed)
{
	static const struct {
		const char *name;
		uint16_t op;
	} rows[] = { { "ping", KMS_PING }, { "random", KMS_RANDOM }, { "nothing", 0 } }, *row;
	char path[300];

	REQUIRE(open_own(geteuid(), geteuid(), path));
	EACH (row, rows) {
		SCOPED(hang_up) int fd = dial(path);

		CHECK_STR(row->name, asked(fd, row->op), "closed");
	}
	CHECK_I64("nobody worked", jobs_done, 0);
	service_line_stop(own);
}

TEST(whose_certificate_is_refused_is_told_so_and_the_line_is_closed)
{
	static const uint8_t other[KEY_CLIENT_CERTIFICATE] = { 9 };
	char path[300];

	REQUIRE(open_own(geteuid(), geteuid(), path));
	SCOPED(hang_up) int fd = dial(path);
	identify(fd, bytes_of(other, sizeof other));
	CHECK_STR("told", heard(fd), "not permitted");
	CHECK_STR("closed", heard(fd), "closed");
	service_line_stop(own);
}

TEST(a_client_cannot_say_a_second_time_who_it_is)
{
	static const uint8_t other[KEY_CLIENT_CERTIFICATE] = { 9 };
	char path[300];

	REQUIRE(open_own(geteuid(), geteuid(), path));
	SCOPED(hang_up) int fd = dial(path);
	identify(fd, bytes_of(known, sizeof known));
	CHECK_STR("first", heard(fd), "ok");
	identify(fd, bytes_of(other, sizeof other)); /* an operation like others, which is none */
	CHECK_STR("second", heard(fd), "ok");
	CHECK_STR("still the first", asked(fd, KMS_PING), "ok");
	CHECK_I64("jobs", jobs_done, 3);
	service_line_stop(own);
}

/* --- a key manager --- */

static const char *add_client(struct kms_kit *k, const char *name, const uint8_t *certificate)
{
	char hex[2 * KEY_CLIENT_CERTIFICATE + 1];

	hex_encode(bytes_of(certificate, KEY_CLIENT_CERTIFICATE), hex);
	kms_ask_as(k, "conf",
	           "{'command':'client.add','name':'%s','fingerprint':'%s','ops':'mac',"
	           "'usages':'all','labels':'*','rate':1000,'burst':1000}",
	           name, hex);
	return kms_agreed(k, "conf", "client.add", "mk");
}

TEST(a_line_is_served_as_long_as_its_client_is_active)
{
	static const uint8_t stranger[KEY_CLIENT_CERTIFICATE] = { 5, 5, 5 };
	SCOPED(kms_kit_close) struct kms_kit k;
	char id[32];

	REQUIRE(kms_kit_open(&k, true));
	CHECK(kms_kit_officer(&k, "conf", "conf"));
	CHECK_STR("added", add_client(&k, "bank", known), "SUCCESS");
	str_copy(str_of(kms_told(&k, "id")), id, sizeof id);
	SCOPED(hang_up) int fd = dial(k.service_socket);
	identify(fd, bytes_of(known, sizeof known));
	CHECK_STR("active", heard(fd), "ok");
	CHECK_STR("ping", asked(fd, KMS_PING), "ok");
	identify(fd, bytes_of(known, sizeof known));
	CHECK_STR("no operation for clients", heard(fd), "unknown operation");

	SCOPED(hang_up) int other = dial(k.service_socket);
	identify(other, bytes_of(stranger, sizeof stranger));
	CHECK_STR("nobody's", heard(other), "not permitted");
	CHECK_STR("nobody's", heard(other), "closed");

	CHECK_STR("stopped", kms_ask_as(&k, "conf", "{'command':'client.stop','id':%s}", id),
	          "SUCCESS");
	CHECK_STR("refused from now on", asked(fd, KMS_PING), "not permitted");
	SCOPED(hang_up) int again = dial(k.service_socket);
	identify(again, bytes_of(known, sizeof known));
	CHECK_STR("not let in again", heard(again), "not permitted");
	CHECK_STR("not let in again", heard(again), "closed");
	kms_kit_restart(&k);
	CHECK_I64("audited", kms_kit_audited(&k, "SERVICE.DENIED", "OK", "op=identify"), 2);
	CHECK_I64("audited", kms_kit_audited(&k, "SERVICE.DENIED", "OK", "op=ping"), 1);
}
