/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"

enum { START_TRIES = 300, START_PAUSE_US = 100000, PATH_SIZE = 300, MEMORY_MIN = 1 << 30 };

static struct {
	bool started, durable;
	char dir[PATH_SIZE]; /* of the cluster and its socket */
	pid_t server;
	int databases;
} cluster;

static const char bin[] = "/usr/lib/postgresql/15/bin";

/* The run cannot go on: say why and end it as failed. */
static void give_up(const char *why)
{
	printf("Bail out! PostgreSQL for tests: %s\n", why);
	fflush(stdout);
	exit(1);
}

/* PostgreSQL refuses to run as root: take the postgres user then. */
static void drop_root(void)
{
	if (geteuid() != 0)
		return;
	struct passwd *p = getpwnam("postgres");
	if (!p || setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0)
		_exit(126);
}

static pid_t start(char *const argv[])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	drop_root();
	prctl(PR_SET_PDEATHSIG, SIGQUIT); /* a run that is killed leaves no server behind */
	if (chdir(cluster.dir) != 0)
		_exit(126);
	int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(126);
	unsetenv("LD_PRELOAD");
	execv(argv[0], argv);
	_exit(127);
}

static int run(char *const argv[])
{
	int status = 0;
	pid_t pid = start(argv);

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool answers(void)
{
	char program[PATH_SIZE];
	char *argv[] = { program, "-q", "-h", cluster.dir, NULL };

	snprintf(program, sizeof program, "%s/pg_isready", bin);
	return run(argv) == 0;
}

static void start_server(void)
{
	char program[PATH_SIZE], data[PATH_SIZE + 8], sockets[PATH_SIZE + 40];
	char *fsync_setting = cluster.durable ? "fsync=on" : "fsync=off";
	char *argv[] = { program, "-D", data,          "-c", "listen_addresses=",  "-c",
		         sockets, "-c", fsync_setting, "-c", "max_connections=40", NULL };

	snprintf(program, sizeof program, "%s/postgres", bin);
	snprintf(data, sizeof data, "%s/data", cluster.dir);
	snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", cluster.dir);
	for (int i = 0; i < START_TRIES; i++) {
		/* After a crash the first start can find processes of the old server still ending.
		 */
		if (cluster.server <= 0 || waitpid(cluster.server, NULL, WNOHANG) == cluster.server)
			cluster.server = start(argv);
		if (answers())
			return;
		usleep(START_PAUSE_US);
	}
	give_up("the server does not answer");
}

static void make_cluster(void)
{
	char program[PATH_SIZE], data[PATH_SIZE + 8];
	char *argv[] = { program, "-D", data,   "-A",         "trust",     "-U",
		         "yika",  "-E", "UTF8", "--locale=C", "--no-sync", NULL };

	snprintf(program, sizeof program, "%s/initdb", bin);
	snprintf(data, sizeof data, "%s/data", cluster.dir);
	if (access(program, X_OK) != 0)
		give_up("package postgresql-15 is not installed (packaging/apt-test.txt)");
	if (run(argv) != 0)
		give_up("initdb failed");
}

static void end_server(int sig)
{
	int status;

	if (cluster.server <= 0)
		return;
	kill(cluster.server, sig);
	waitpid(cluster.server, &status, 0);
	cluster.server = 0;
}

static void remove_cluster(void)
{
	char *argv[] = { "/bin/rm", "-rf", cluster.dir, NULL };

	end_server(SIGINT);
	if (run(argv) != 0)
		fprintf(stderr, "could not remove %s\n", cluster.dir);
}

/* A database is three hundred files: a disk's file system needs most of the time for them, and it
 * is worth that only where what was written must be on the disk. A socket's path may be no longer
 * than 107 characters. */
static const char *base_folder(void)
{
	static const char memory[] = "/dev/shm";
	struct statfs fs;
	bool has_room = statfs(memory, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	                fs.f_bavail >= MEMORY_MIN / (uint64_t)fs.f_bsize;

	return has_room && !cluster.durable ? memory : "/tmp";
}

/* The folder must be the server's own. */
static void make_folder(void)
{
	snprintf(cluster.dir, sizeof cluster.dir, "%s/yika-pg-XXXXXX", base_folder());
	if (!mkdtemp(cluster.dir))
		give_up(strerror(errno));
	if (geteuid() == 0) {
		struct passwd *p = getpwnam("postgres");
		if (!p || chown(cluster.dir, p->pw_uid, p->pw_gid) != 0)
			give_up("no user postgres");
	}
}

static void ensure_started(bool durable)
{
	if (cluster.server > 0)
		return;
	if (!cluster.started) {
		cluster.durable = durable;
		make_folder();
		atexit(remove_cluster);
		make_cluster();
		cluster.started = true;
	}
	start_server();
}

const char *postgres_database(bool durable, char out[POSTGRES_DSN_MAX])
{
	char name[32], program[PATH_SIZE];
	char *argv[] = { program, "-h", cluster.dir, "-U", "yika", name, NULL };

	ensure_started(durable);
	snprintf(name, sizeof name, "t%d", ++cluster.databases);
	snprintf(program, sizeof program, "%s/createdb", bin);
	if (run(argv) != 0)
		give_up("createdb failed");
	snprintf(out, POSTGRES_DSN_MAX, "postgres:host=%s user=yika dbname=%s", cluster.dir, name);
	return out;
}

const char *postgres_folder(void)
{
	return cluster.dir;
}

/* Those that serve connections outlive the server for a moment, and might still commit. */
static void kill_children(void)
{
	char path[64];
	int child;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", cluster.server, cluster.server);
	FILE *f = fopen(path, "re");
	if (!f)
		give_up(path);
	while (fscanf(f, "%d", &child) == 1)
		kill(child, SIGKILL);
	fclose(f);
}

void postgres_crash(void)
{
	ASSERT(cluster.server > 0);
	kill(cluster.server, SIGSTOP); /* or it would start others in their place */
	kill_children();
	end_server(SIGKILL);
}

void postgres_restart(void)
{
	ensure_started(cluster.durable);
}
