/* SPDX-License-Identifier: Apache-2.0 */
/* The front in this process, between clients of our own TLS and the socket of the computing
 * service, with certificates that openssl makes. tests/scenario/kms-front meets it as a process. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "harness/test.h"
#include "net/address.h"
#include "net/tls_io.h"
#include "service/kms/service_line.h"
#include "service/kms_front/gate.h"

enum { PATH = 300, WAIT_S = 10, PINGS = 100 };

/* --- certificates --- */

static const char *file(const char *name)
{
	static char paths[16][PATH];
	static unsigned turn;
	char *path = paths[turn++ % 16];

	snprintf(path, PATH, "%.250s/%s", test_dir(), name);
	return path;
}

#define REQUEST "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
#define SIGN    "openssl ca -config ca.conf -batch -notext "

static bool make_files(void)
{
	static const char commands[] =
	        "set -e; umask 077; cd '%s'; exec 2>/dev/null\n"
	        "printf '[ca]\\ndefault_ca=c\\n[c]\\ndatabase=index\\nrand_serial=yes\\n"
	        "new_certs_dir=.\\ncertificate=ca.pem\\nprivate_key=ca.key\\ndefault_md=sha256\\n"
	        "default_days=9\\ndefault_crl_days=9\\npolicy=p\\n[p]\\ncommonName=supplied\\n' "
	        "> ca.conf; : > index\n" REQUEST
	        "-x509 -subj /CN=CA -keyout ca.key -out ca.pem\n" REQUEST
	        "-subj /CN=front -keyout front.key -out f.csr\n" SIGN
	        "-in f.csr -out front.pem\n" REQUEST
	        "-subj /CN=bank -keyout bank.key -out b.csr\n" SIGN "-in b.csr -out bank.pem\n"
	        "openssl ca -config ca.conf -gencrl -out crl.pem\n";
	char text[sizeof commands + PATH];
	static bool made;

	if (!made) {
		snprintf(text, sizeof text, commands, test_dir());
		made = system(text) == 0;
	}
	return made;
}

/* --- the service behind it --- */

static struct service_line *service;

static void work(void *owner, struct service_job *const *jobs, size_t count)
{
	(void)owner;
	for (size_t i = 0; i < count; i++) {
		struct service_job *job = jobs[i];
		struct kms_message answer = job->message;
		uint8_t head[KMS_HEAD];

		job->known = true;
		answer.type = KMS_RESPONSE;
		kms_frame_head(&answer, 0, head);
		CHECK(service_job_answer(job, bytes_of(head, sizeof head)));
		job->next = NULL;
		service_line_answered(service, job, job);
	}
}

/* --- all of it --- */

struct rig {
	struct gate *gate;
	pthread_t thread;
	struct tls_context *tls; /* of clients */
	result ended;
};

static struct gate_config config_of(void)
{
	return (struct gate_config){ .address = "127.0.0.1:0",
		                     .core = file("core.sock"),
		                     .certificate = file("front.pem"),
		                     .key = file("front.key"),
		                     .ca = file("ca.pem"),
		                     .crl = file("crl.pem"),
		                     .connections = 20,
		                     .per_certificate = 20,
		                     .per_address = 20,
		                     .handshake_us = GATE_US,
		                     .frame_us = GATE_US,
		                     .idle_us = 60 * GATE_US,
		                     .send_us = GATE_US,
		                     .answer_us = 60 * GATE_US };
}

static void *serve(void *arg)
{
	struct rig *r = arg;

	r->ended = gate_run(r->gate);
	return NULL;
}

static bool start_service(void)
{
	struct service_line_config line = { .path = file("core.sock"),
		                            .front_uid = geteuid(),
		                            .platform_uid = geteuid(),
		                            .work = work };
	result r = service_line_start(&line, &service);

	CHECK_OK(r);
	return is_ok(r);
}

static bool open_rig(struct rig *r)
{
	struct tls_config client = { .cert_file = file("bank.pem"),
		                     .key_file = file("bank.key"),
		                     .ca_file = file("ca.pem"),
		                     .peer = TLS_PEER_REQUIRED };
	struct gate_config config = config_of();

	*r = (struct rig){ 0 };
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	if (!make_files() || !start_service() || !is_ok(tls_client_open(&client, &r->tls)))
		return false;
	result opened = gate_open(&config, &r->gate);
	CHECK_OK(opened);
	return is_ok(opened) && pthread_create(&r->thread, NULL, serve, r) == 0;
}

static void close_rig(struct rig *r)
{
	gate_stop(r->gate);
	pthread_join(r->thread, NULL);
	CHECK_OK(r->ended);
	gate_close(r->gate);
	service_line_stop(service);
	service = NULL;
	tls_close(r->tls);
}

/* --- clients --- */

struct client {
	int fd;
	struct tls_line *tls;
};

static bool dial(const struct rig *r, struct client *c)
{
	struct timeval wait = { .tv_sec = WAIT_S };
	char text[ADDRESS_TEXT_SIZE];
	struct address to;

	snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)gate_port(r->gate));
	CHECK_OK(address_parse(text, &to));
	*c = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	return setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	       connect(c->fd, &to.any, to.len) == 0;
}

static bool enter(const struct rig *r, struct client *c)
{
	return dial(r, c) && is_ok(tls_line_open(r->tls, c->fd, NULL, &c->tls)) &&
	       tls_line_handshake(c->tls) == TLS_DONE;
}

static void leave(struct client *c)
{
	tls_line_close(c->tls);
	close(c->fd);
}

static bool say(struct client *c, struct bytes b)
{
	size_t moved = 0;

	for (; b.len; b = bytes_of(b.at + moved, b.len - moved))
		if (tls_line_write(c->tls, b.at, b.len, &moved) != TLS_DONE)
			return false;
	return true;
}

static bool ask(struct client *c, uint32_t id)
{
	struct kms_message m = { .type = KMS_REQUEST, .op = KMS_PING, .id = id };
	uint8_t head[KMS_HEAD];

	kms_frame_head(&m, 0, head);
	return say(c, bytes_of(head, sizeof head));
}

/* The next answer; false when the connection ends before. */
static bool hear(struct client *c, struct kms_message *out)
{
	static uint8_t head[KMS_HEAD];
	size_t moved = 0;

	for (size_t at = 0; at < KMS_HEAD; at += moved)
		if (tls_line_read(c->tls, head + at, KMS_HEAD - at, &moved) != TLS_DONE)
			return false;
	CHECK_OK(kms_frame_parse(bytes_of(head, KMS_HEAD), out));
	return true;
}

TEST(requests_go_through_and_answers_come_back)
{
	struct kms_message m = { 0 };
	struct rig r;
	struct client c;
	uint64_t sum = 0;

	REQUIRE(open_rig(&r));
	REQUIRE(enter(&r, &c));
	for (uint32_t id = 1; id <= PINGS; id++)
		CHECK(ask(&c, id));
	for (uint32_t i = 1; i <= PINGS && hear(&c, &m); i++) {
		CHECK_I64("status", m.status, KMS_OK);
		sum += m.id;
	}
	CHECK_I64("each once", sum, PINGS * (PINGS + 1) / 2);
	leave(&c);
	close_rig(&r);
}

TEST(clients_that_go_away_at_any_moment_leave_nothing_behind)
{
	static const uint8_t half[] = { 0x4F, 0x43, 1, 1, 0 };
	struct kms_message m;
	struct rig r;

	REQUIRE(open_rig(&r));
	for (int i = 0; i < 40; i++) {
		struct client c;

		REQUIRE(dial(&r, &c));
		if (i % 5 == 1)
			CHECK(send(c.fd, "\x16\x03\x01", 3, MSG_NOSIGNAL) == 3);
		close(c.fd);
		if (i % 5 < 2)
			continue;
		REQUIRE(enter(&r, &c));
		if (i % 5 == 2)
			CHECK(say(&c, bytes_of(half, sizeof half)));
		for (uint32_t id = 0; i % 5 == 3 && id < 50; id++)
			CHECK(ask(&c, id));
		leave(&c);
	}
	struct client last;
	REQUIRE(enter(&r, &last));
	CHECK(ask(&last, 1) && hear(&last, &m));
	leave(&last);
	close_rig(&r);
}

TEST(a_stop_is_a_good_bye)
{
	struct kms_message m;
	struct rig r;
	struct client c;

	REQUIRE(open_rig(&r));
	REQUIRE(enter(&r, &c));
	CHECK(ask(&c, 1) && hear(&c, &m));
	gate_stop(r.gate);
	size_t moved;
	uint8_t byte;
	CHECK_I64("closed as TLS closes", tls_line_read(c.tls, &byte, 1, &moved), TLS_ENDED);
	leave(&c);
	close_rig(&r);
}

TEST(files_that_do_not_do_are_refused_before_anybody_is_served)
{
	struct gate_config config;
	struct gate *gate = NULL;

	REQUIRE(make_files());
	static const struct {
		const char *name;
		size_t member;
		const char *file, *says;
	} rows[] = {
		{ "no certificate", offsetof(struct gate_config, certificate), "none.pem",
		  "[tls] certificate" },
		{ "no key", offsetof(struct gate_config, key), "none.key", "[tls] key" },
		{ "another's key", offsetof(struct gate_config, key), "bank.key",
		  "bank.key: key values mismatch" },
		{ "no authority", offsetof(struct gate_config, ca), "none.pem", "[tls] ca" },
		{ "an authority that is none", offsetof(struct gate_config, ca), "ca.conf",
		  "ca.conf" },
		{ "no list", offsetof(struct gate_config, crl), "none.pem", "[tls] crl" },
		{ "a list that is none", offsetof(struct gate_config, crl), "ca.pem", "ca.pem" },
	}, *row;

	EACH (row, rows) {
		const char *path = file(row->file);

		config = config_of();
		memcpy((char *)&config + row->member, &path, sizeof path);
		CHECK_RESULT(row->name, gate_open(&config, &gate), TLS_SETUP);
		if (!strstr(result_last()->text, row->says))
			CHECK_STR(row->name, result_last()->text, row->says);
		CHECK(gate == NULL);
	}
	config = config_of();
	CHECK(chmod(config.key, 0644) == 0);
	CHECK_RESULT("a key for all to read", gate_open(&config, &gate), TLS_SETUP);
	CHECK(strstr(result_last()->text, "chmod 600") != NULL);
	CHECK(chmod(config.key, 0600) == 0);
	config.address = "nowhere";
	CHECK_RESULT("no address", gate_open(&config, &gate), CONNECT_FAILED);
	CHECK(gate == NULL);
}
