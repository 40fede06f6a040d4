/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms_beside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "service/kms_link/kms_link.h"

enum { LOOK_MS = 250, ANSWER_US = 1000000, STOP_MS = 10000 };

extern char **environ;

static bool is_there(const char *socket)
{
	struct kms_link *l = calloc(1, sizeof *l);
	bool there;

	ASSERT(l);
	there = is_ok(kms_link_open(l, socket, ANSWER_US));
	if (there)
		kms_link_close(l);
	free(l);
	return there;
}

/* The child begins with no signal blocked, whatever this program holds back. */
static result spawn(struct kms_beside *b)
{
	char *argv[] = { b->program, "--dir", b->dir, "--with-parent", b->clock[0] ? "--set" : NULL,
		         b->clock,   NULL };
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn(&b->child, b->program, NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	if (r == 0)
		return OK;
	b->child = 0;
	errno = r;
	return FAIL(SYSTEM_CALL, "%s: %m", b->program);
}

static void reap(struct kms_beside *b)
{
	int status;

	if (b->child == 0 || waitpid(b->child, &status, WNOHANG) != b->child)
		return;
	LOG_WARNING("kms_beside.ended", "pid=%ld status=%#x", (long)b->child, (unsigned)status);
	b->child = 0;
}

static void end_child(struct kms_beside *b)
{
	if (b->child == 0)
		return;
	kill(b->child, SIGTERM);
	for (int waited = 0; b->child && waited < STOP_MS; waited += 10) {
		if (waitpid(b->child, NULL, WNOHANG) == b->child)
			b->child = 0;
		else
			poll(NULL, 0, 10);
	}
	if (b->child) {
		kill(b->child, SIGKILL);
		waitpid(b->child, NULL, 0);
		b->child = 0;
	}
}

/* The thread that starts it lives as long as it shall: the child ends with its parent's thread. */
static void *beside_main(void *arg)
{
	struct kms_beside *b = arg;
	struct pollfd stop = { b->stop[0], POLLIN, 0 };

	do {
		reap(b);
		if (b->child == 0 && !is_there(b->socket)) {
			result r = spawn(b);
			if (!is_ok(r))
				LOG_ERROR("kms_beside.failed", "detail=\"%s\"",
				          result_last()->text);
		}
	} while (poll(&stop, 1, LOOK_MS) == 0);
	end_child(b);
	return NULL;
}

/* Beside this very program. */
static result find_program(char out[SITE_PATH_MAX])
{
	char here[SITE_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", here, sizeof here - 16);

	if (n <= 0)
		return FAIL(SYSTEM_CALL, "/proc/self/exe: %m");
	here[n] = '\0';
	str_copy(STR("yika-kms"), strrchr(here, '/') + 1, 16);
	str_copy(str_of(here), out, SITE_PATH_MAX);
	return OK;
}

result kms_beside_start(const struct site *site, struct kms_beside *b)
{
	char path[SITE_PATH_MAX];

	b->stop[0] = b->stop[1] = -1;
	if (!site->conf.kms_run)
		return OK;
	TRY(find_program(b->program));
	site_path(site, site->conf.kms_dir, b->dir);
	site_path(site, site->conf.kms_service, b->socket);
	if (strcmp(site->conf.clock, "system") != 0)
		snprintf(b->clock, sizeof b->clock, "core.clock=%s",
		         site_path(site, site->conf.clock, path));
	if (pipe2(b->stop, O_CLOEXEC) != 0)
		return FAIL(SYSTEM_CALL, "pipe: %m");
	if (pthread_create(&b->thread, NULL, beside_main, b) != 0)
		return FAIL(SYSTEM_CALL, "thread of the key manager beside");
	b->runs = true;
	for (int waited = 0; waited < KMS_BESIDE_MS && !is_there(b->socket); waited += 20)
		poll(NULL, 0, 20);
	return OK;
}

result kms_beside_link(const struct site *site, struct kms_link *link)
{
	char path[SITE_PATH_MAX];

	link->fd = -1;
	return kms_link_open(link, site_path(site, site->conf.kms_service, path), KMS_LINK_US);
}

void kms_beside_stop(struct kms_beside *b)
{
	if (b->runs) {
		close(b->stop[1]);
		b->stop[1] = -1;
		pthread_join(b->thread, NULL);
	}
	if (b->runs)
		close(b->stop[0]);
	b->runs = false;
}
