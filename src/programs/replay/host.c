/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/host.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "service/control/control.h"

enum { POLL_MS = 20 };

static const char clock_file[] = "replay-clock";

static result map_clock(struct replay_host *h)
{
	char path[SITE_PATH_MAX];
	int fd = open(site_path(&h->site, clock_file, path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *at;

	if (fd < 0 || ftruncate(fd, sizeof(int64_t)) != 0)
		return FAIL(FILE_WRITE, "%s: %m", path);
	at = mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return FAIL(FILE_WRITE, "%s: %m", path);
	h->clock = at;
	return OK;
}

static result find_program(struct replay_host *h, const char *from_here)
{
	ssize_t n = readlink("/proc/self/exe", h->program, sizeof h->program - 64);
	char *slash;

	if (n <= 0)
		return FAIL(SYSTEM_CALL, "/proc/self/exe: %m");
	h->program[n] = '\0';
	slash = strrchr(h->program, '/');
	str_copy(str_of(from_here), slash + 1,
	         sizeof h->program - (size_t)(slash + 1 - h->program));
	if (access(h->program, X_OK) != 0)
		return FAIL(REPLAY_HOST, "%s is not there", h->program);
	return OK;
}

result replay_host_init(struct replay_host *h, const char *site_dir, const char *from_here)
{
	*h = (struct replay_host){ 0 };
	TRY(site_open(site_dir, &h->site));
	TRY(find_program(h, from_here));
	site_path(&h->site, "yikad.sock", h->control);
	return map_clock(h);
}

void replay_host_clock(struct replay_host *h, struct instant now)
{
	if (now.us > atomic_load(h->clock))
		atomic_store(h->clock, now.us);
}

/* The child: the daemon with its own ports, so that several can run beside one another. */
ATTR_NORETURN static void become(struct replay_host *h)
{
	char log[SITE_PATH_MAX], clock[SITE_PATH_MAX];
	char *argv[] = { h->program,
		         "--site",
		         h->site.dir,
		         "--set",
		         clock,
		         "--set",
		         "terminal.listen=127.0.0.1:0",
		         "--set",
		         "terminal.per_address=20000",
		         "--set",
		         "terminal.sign_ins_per_second=100000",
		         "--set",
		         "web.listen=",
		         NULL };
	int fd = open(site_path(&h->site, "yikad.log", log), O_WRONLY | O_CREAT | O_APPEND, 0600);

	snprintf(clock, sizeof clock, "book.clock=%s", h->real_time ? "system" : clock_file);
	if (h->preload)
		setenv("LD_PRELOAD", h->preload, 1);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	execv(h->program, argv);
	_exit(127);
}

/* Ready when the control socket answers; the answer names the port. */
static result wait_ready(struct replay_host *h)
{
	for (int waited = 0; waited < REPLAY_HOST_READY_MS; waited += POLL_MS) {
		SCOPED(buf_free) struct buf answer = { 0 };
		const char *at;
		int status;

		if (waitpid(h->pid, &status, WNOHANG) == h->pid) {
			h->pid = 0;
			return FAIL(REPLAY_HOST, "yikad ended with status %d; see %s/yikad.log",
			            WEXITSTATUS(status), h->site.dir);
		}
		if (is_ok(control_ask(h->control, STR("{\"command\":\"status\"}"), &answer))) {
			buf_put(&answer, bytes_of("", 1));
			at = strstr((const char *)answer.at, "\"terminal\":\"");
			if (at && sscanf(at, "\"terminal\":\"%63[^\"]\"", h->address) == 1)
				return OK;
			return FAIL(REPLAY_HOST, "yikad does not say where its tills' line is");
		}
		poll(NULL, 0, POLL_MS);
	}
	return FAIL(REPLAY_HOST, "yikad is not ready after %d ms; see %s/yikad.log",
	            REPLAY_HOST_READY_MS, h->site.dir);
}

result replay_host_start(struct replay_host *h)
{
	unlink(h->control); /* a killed one leaves its socket */
	h->pid = fork();
	if (h->pid < 0)
		return FAIL(SYSTEM_CALL, "fork: %m");
	if (h->pid == 0)
		become(h);
	h->starts++;
	return wait_ready(h);
}

void replay_host_kill(struct replay_host *h)
{
	if (h->pid <= 0)
		return;
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
	h->pid = 0;
}

result replay_host_stop(struct replay_host *h)
{
	int status = 0;

	if (h->pid <= 0)
		return OK;
	kill(h->pid, SIGTERM);
	waitpid(h->pid, &status, 0);
	h->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return FAIL(REPLAY_HOST, "yikad did not end cleanly (status %#x); see %s/yikad.log",
		            (unsigned)status, h->site.dir);
	return OK;
}

void replay_host_deinit(struct replay_host *h)
{
	replay_host_kill(h);
	if (h->clock)
		munmap(h->clock, sizeof *h->clock);
	h->clock = NULL;
}

result replay_host_card(struct replay_host *h, const char *command, uint32_t card)
{
	SCOPED(buf_free) struct buf answer = { 0 };
	char request[96];

	snprintf(request, sizeof request, "{\"command\":\"%s\",\"card\":\"%u\"}", command, card);
	return control_ask(h->control, str_of(request), &answer);
}
