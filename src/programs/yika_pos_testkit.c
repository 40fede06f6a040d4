/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/yika_pos_testkit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/pos/pos_journal.h"

const char pos_testkit_online[] = "limit 3\nwait online\nrepeat 100000 sale 0.01 card 180001\n";
const char pos_testkit_offline[] =
        "wait online\noffline on\nrepeat 200 sale 0.01 card 180001\noffline off\n"
        "wait online\nupload\nrepeat 100000 sale 0.01 card 180001\n";

void pos_testkit_init(struct pos_testkit *k, const char *name)
{
	*k = (struct pos_testkit){ .host = "" };
	snprintf(k->sam, sizeof k->sam, "%s/%s.sam", test_dir(), name);
	snprintf(k->journal, sizeof k->journal, "%s/%s.journal", test_dir(), name);
	snprintf(k->out, sizeof k->out, "%s/%s.out", test_dir(), name);
}

void pos_testkit_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ASSERT(f && fputs(text, f) >= 0);
	fclose(f);
}

const char *pos_testkit_program(const char *name)
{
	static char path[POS_TESTKIT_PATH];
	const char *build = getenv("YIKA_BUILD");

	snprintf(path, sizeof path, "%s/src/programs/%s", build ? build : "build-asan", name);
	return path;
}

pid_t pos_testkit_start(const char *const *argv, const char *out, bool quiet)
{
	pid_t pid = fork();
	int fd;

	ASSERT(pid >= 0);
	if (pid > 0)
		return pid;
	fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	if (quiet)
		dup2(fd, STDERR_FILENO);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int pos_testkit_wait(pid_t pid)
{
	int status = 0;

	ASSERT(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

unsigned pos_testkit_free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
	ASSERT(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	close(fd);
	return ntohs(at.sin_port);
}

void pos_testkit_run(const char *const *argv, const char *out)
{
	CHECK_I64(argv[1], pos_testkit_wait(pos_testkit_start(argv, out, true)), 0);
}

pid_t pos_testkit_till(const struct pos_testkit *k, const char *script)
{
	char path[POS_TESTKIT_PATH + 16];
	const char *const argv[] = { pos_testkit_program("yika-pos"),
		                     "--sam",
		                     k->sam,
		                     "--host",
		                     k->host,
		                     "--journal",
		                     k->journal,
		                     "--script",
		                     path,
		                     "--offline",
		                     "1000000:1000000",
		                     NULL };

	snprintf(path, sizeof path, "%s.script", k->journal);
	pos_testkit_write(path, script);
	return pos_testkit_start(argv, k->out, false);
}

void pos_testkit_day(const struct pos_testkit *k, const char *node_id, struct pos_testkit_day *out)
{
	struct pos_disk_file disk;
	struct pos_journal j;

	*out = (struct pos_testkit_day){ 0 };
	REQUIRE_OK(pos_disk_open(&disk, k->journal));
	REQUIRE_OK(pos_journal_open(&j, &disk.disk, node_id));
	for (size_t i = 0; i < j.total_count; i++) {
		out->sold_fen += (int64_t)j.totals[i].sum_fen;
		out->count += j.totals[i].count;
	}
	out->held = j.held;
	out->pending = j.pending != POS_PENDING_NONE;
	pos_journal_close(&j);
	pos_disk_close(&disk);
}
