/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/kms/process_testkit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "harness/test.h"

enum { STEP_MS = 2 };

static const struct instant beginning = { 1772683200000000 }; /* 2026-03-05 12:00 +08:00 */

static bool make_clock(struct process_kit *p, struct instant now)
{
	int fd;

	snprintf(p->clock_path, sizeof p->clock_path, "%s.clock", p->dir);
	fd = open(p->clock_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &now.us, sizeof now.us) != (ssize_t)sizeof now.us)
		return false;
	p->time = mmap(NULL, sizeof *p->time, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p->time != MAP_FAILED && is_ok(clock_file_open(p->clock_path, &p->clock));
}

bool process_kit_at(struct process_kit *p, const char *dir, struct instant now)
{
	*p = (struct process_kit){ .dir = "" };
	log_set_level(LOG_LEVEL_ERROR);
	str_copy(str_of(dir), p->dir, sizeof p->dir);
	snprintf(p->log, sizeof p->log, "%s.log", p->dir);
	if (!CHECK(make_clock(p, now)))
		return false;
	result r = kms_home_open(p->dir, &p->home);
	CHECK_OK(r);
	kms_kit_of(&p->kit, p->dir, &p->clock.clock, p->time);
	return is_ok(r);
}

bool process_kit_open_with(struct process_kit *p, const char *store)
{
	static int count;
	char dir[KMS_PATH_MAX];
	struct kms_home_order order = {
		.dir = dir, .store = store, .test_keys = true, .day = { 20260305 }
	};

	snprintf(dir, sizeof dir, "%s/kms%d", test_dir(), ++count);
	result r = kms_home_create(&order, beginning);
	CHECK_OK(r);
	return is_ok(r) && process_kit_at(p, dir, beginning);
}

bool process_kit_open(struct process_kit *p)
{
	return process_kit_open_with(p, NULL);
}

/* The store is there: what is made is a directory with a configuration and a token. */
bool process_kit_beside(struct process_kit *p, const struct process_kit *first, const char *store,
                        const char *node)
{
	struct kms_home_order order = { .dir = p->dir, .store = store, .join = true };

	*p = (struct process_kit){ .shares_time = true, .node = node };
	snprintf(p->dir, sizeof p->dir, "%.400s-%s", first->dir, node);
	snprintf(p->log, sizeof p->log, "%s.log", p->dir);
	p->clock = first->clock;
	p->time = first->time;
	str_copy(str_of(first->clock_path), p->clock_path, sizeof p->clock_path);
	result r = kms_home_create(&order, clock_now(&p->clock.clock));
	CHECK_OK(r);
	if (is_ok(r))
		r = kms_home_open(p->dir, &p->home);
	CHECK_OK(r);
	kms_kit_of(&p->kit, p->dir, &p->clock.clock, p->time);
	return is_ok(r);
}

void process_kit_move_officers(const struct process_kit *from, struct process_kit *to)
{
	to->kit.officer_count = from->kit.officer_count;
	for (size_t i = 0; i < to->kit.officer_count; i++) {
		char session[KMS_KIT_TEXT];

		str_copy(str_of(to->kit.officers[i].session), session, sizeof session);
		to->kit.officers[i] = from->kit.officers[i];
		str_copy(str_of(session), to->kit.officers[i].session, sizeof session);
	}
}

void process_kit_close(struct process_kit *p)
{
	if (p->pid)
		process_kit_end(p, SIGKILL);
	kms_kit_close(&p->kit);
	if (p->shares_time)
		return;
	clock_file_close(&p->clock);
	if (p->time)
		munmap(p->time, sizeof *p->time);
}

void process_kit_officers(struct process_kit *p)
{
	char path[KMS_HOME_PATH], invitation[OFFICER_INVITE_SIZE] = "";
	int fd = open(kms_home_path(&p->home, "first-officer-invitation", path),
	              O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, invitation, sizeof invitation - 1) > 0);
	close(fd);
	CHECK(kms_kit_first(&p->kit, invitation));
	kms_kit_officers(&p->kit);
}

/* --- the process --- */

const char *process_kit_program(const char *name)
{
	static char whole[PATH_MAX];
	char path[KMS_PATH_MAX];
	const char *build = getenv("YIKA_BUILD");

	snprintf(path, sizeof path, "%s/src/programs/%s", build ? build : "build-asan", name);
	ASSERT(realpath(path, whole));
	return whole;
}

void process_kit_child(const char *log, const char *cwd)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct rlimit most;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a run that is killed leaves nothing behind */
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	/* The key manager's filter of system calls leaves the search for leaks no way to work. */
	setenv("ASAN_OPTIONS",
	       cwd ? "detect_leaks=0:handle_segv=0:disable_coredump=0"
	           : "detect_leaks=0:abort_on_error=1",
	       1);
	setenv("UBSAN_OPTIONS", "halt_on_error=1", 1);
	if (!cwd)
		return;
	getrlimit(RLIMIT_CORE, &most);
	most.rlim_cur = most.rlim_max;
	if (chdir(cwd) != 0 || setrlimit(RLIMIT_CORE, &most) != 0)
		_exit(126);
}

void process_kit_start(struct process_kit *p)
{
	const char *path = process_kit_program("yika-kms");
	char clock[KMS_PATH_MAX + 24], node[CONF_TEXT_MAX + 16];

	snprintf(node, sizeof node, "core.node=%s", p->node ? p->node : p->home.conf.node);
	snprintf(clock, sizeof clock, "core.clock=%s", p->clock_path);
	p->ready_us = monotonic_us();
	p->pid = fork();
	ASSERT(p->pid >= 0);
	if (p->pid > 0)
		return;
	process_kit_child(p->log, p->cwd);
	execl(path, path, "--dir", p->dir, "--set", clock, "--set", node, (char *)NULL);
	_exit(127);
}

/* The service's socket is the last that opens. */
static bool serves(const struct process_kit *p)
{
	struct lines_client line = { -1 };
	bool there = is_ok(lines_connect(p->kit.service_socket, &line));

	lines_disconnect(&line);
	return there;
}

bool process_kit_is_ready(struct process_kit *p)
{
	for (int waited = 0; waited < PROCESS_READY_MS; waited += STEP_MS) {
		if (waitpid(p->pid, NULL, WNOHANG) == p->pid) {
			p->pid = 0;
			return false;
		}
		if (serves(p) && kms_kit_meet(&p->kit)) {
			p->ready_us = monotonic_us() - p->ready_us;
			return true;
		}
		poll(NULL, 0, STEP_MS);
	}
	return false;
}

bool process_kit_is_sound(const struct process_kit *p)
{
	static const char *const bad[] = { "Sanitizer", "runtime error", "ASSERT" };
	FILE *f = fopen(p->log, "r");
	char line[2048];
	bool sound = f != NULL;

	while (f && fgets(line, sizeof line, f))
		for (size_t i = 0; i < ARRAY_LEN(bad); i++)
			if (strstr(line, bad[i]))
				sound = CHECK_STR("in the log", line, "");
	if (f)
		fclose(f);
	return sound;
}

int process_kit_end(struct process_kit *p, int signal_no)
{
	int status = 0;

	if (p->pid <= 0) /* it ended by itself, and a signal to 0 would go to ourselves as well */
		return -1;
	kill(p->pid, signal_no);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	p->pid = 0;
	kms_kit_stop(&p->kit);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* --- store and token --- */

static result look(struct process_look *l, const struct process_kit *p, bool writing)
{
	char dsn[KMS_HOME_PATH];
	size_t count;

	kms_home_devices(&p->home, l->addresses, &count);
	TRY(db_open(str_of(kms_home_dsn(&p->home, dsn)), DB_KMS | (writing ? 0 : DB_READ_ONLY),
	            &l->db));
	TRY(hsm_device_open(&l->addresses[0], NULL, &l->device));
	TRY(hsm_session_open(l->device, &l->session));
	l->ring.sessions[0] = l->session;
	l->random = hsm_random_source(l->session);
	l->act = (struct key_act){ .ring = &l->ring,
		                   .random = &l->random.source,
		                   .now = clock_now(&p->clock.clock),
		                   .actor = "test" };
	TRY(db_begin(l->db, &l->act.tx));
	if (writing)
		TRY(key_act_turn(l->act.tx));
	return master_ring_load(&l->ring, l->act.tx);
}

bool process_look_open(struct process_look *l, const struct process_kit *p, bool writing)
{
	*l = (struct process_look){ 0 };
	result r = look(l, p, writing);
	CHECK_OK(r);
	if (!is_ok(r))
		process_look_close(l);
	return is_ok(r);
}

void process_look_commit(struct process_look *l)
{
	CHECK_OK(db_commit(l->act.tx));
	l->act.tx = NULL;
}

void process_look_close(struct process_look *l)
{
	if (l->act.tx)
		db_rollback(l->act.tx);
	hsm_session_close(l->session);
	hsm_device_close(l->device);
	db_close(l->db);
	*l = (struct process_look){ 0 };
}
