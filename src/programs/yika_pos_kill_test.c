/* SPDX-License-Identifier: Apache-2.0 */
/* The real till, killed with SIGKILL at random moments of a busy day; afterwards counter and book
 * must agree. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/pos/pos_journal.h"
#include "device/pos/pos_test_host.h"
#include "harness/test.h"

enum { KILLS = 60, KILL_AFTER_MAX_MS = 250, MS = 1000 };

struct day {
	struct test_host *host;
	char program[512], sam[256], journal[256], out[256];
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ASSERT(f && fputs(text, f) >= 0);
	fclose(f);
}

static void begin(struct day *d)
{
	struct sam_identity id = { .sam_no = { 0x10, 0, 0x20, 0, 1, 0x23 },
		                   .node_id = "40010007",
		                   .merchant = "YKT300100000042",
		                   .key_version = 1,
		                   .suites = { 1 },
		                   .suite_count = 1 };
	struct secret tik = { .len = SAM_KEY_LEN, .at = { 9, 8, 7 } };
	const char *build = getenv("YIKA_BUILD");
	char pass[300];

	snprintf(d->program, sizeof d->program, "%s/src/programs/yika-pos",
	         build ? build : "build-dev");
	snprintf(d->sam, sizeof d->sam, "%s/till.sam", test_dir());
	snprintf(d->journal, sizeof d->journal, "%s/till.journal", test_dir());
	snprintf(d->out, sizeof d->out, "%s/till.out", test_dir());
	snprintf(pass, sizeof pass, "%s.pass", d->sam);
	CHECK_OK(sam_create(d->sam, &id, &tik, STR("correct horse"),
	                    (struct passphrase_cost){ 1, 8 }));
	write_file(pass, "correct horse\n");
	d->host = calloc(1, sizeof *d->host);
	ASSERT(d->host);
	test_host_start(d->host, &id, &tik);
}

static pid_t start(const struct day *d, const char *script)
{
	char path[300];
	pid_t pid;
	int fd;

	snprintf(path, sizeof path, "%s.script", d->journal);
	write_file(path, script);
	pid = fork();
	ASSERT(pid >= 0);
	if (pid > 0)
		return pid;
	fd = open(d->out, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	execl(d->program, d->program, "--sam", d->sam, "--host", d->host->address, "--journal",
	      d->journal, "--script", path, "--offline", "1000000:1000000", (char *)NULL);
	_exit(127);
}

static int finish(pid_t pid)
{
	int status = 0;

	ASSERT(waitpid(pid, &status, 0) == pid);
	return status;
}

static const char online[] =
        "limit 3\nwait online\nrepeat 100000 sale 0.01 card 9119623000100001\n";
static const char offline[] =
        "offline on\nrepeat 200 sale 0.01 card 9119623000100001\noffline off\n"
        "wait online\nupload\nrepeat 100000 sale 0.01 card 9119623000100001\n";

/* What the till said it sold, it sold once; a sale stored or approved is in the book, whatever
 * happened afterwards. */
static size_t check_said(const struct day *d)
{
	FILE *f = fopen(d->out, "r");
	char line[1024];
	size_t said = 0;

	ASSERT(f);
	while (fgets(line, sizeof line, f)) {
		struct test_host_key k;
		unsigned long long tsn;

		if (sscanf(line, "sale tsn=%llu", &tsn) != 1 ||
		    (!strstr(line, " approved ") && !strstr(line, " stored ")))
			continue;
		said++;
		if (!test_host_find(d->host, tsn, &k) || k.state != TEST_HOST_POSTED)
			CHECK_STR("in the book", line, "");
	}
	fclose(f);
	return said;
}

static void check_journal(const struct day *d, size_t said)
{
	struct pos_disk_file disk;
	struct pos_journal j;
	int64_t sold = 0;
	uint32_t count = 0;

	REQUIRE_OK(pos_disk_open(&disk, d->journal));
	REQUIRE_OK(pos_journal_open(&j, &disk.disk, "40010007"));
	for (size_t i = 0; i < j.total_count; i++) {
		sold += (int64_t)j.totals[i].sum_fen;
		count += j.totals[i].count;
	}
	CHECK_I64("nothing pending", j.pending, POS_PENDING_NONE);
	CHECK_I64("nothing held", j.held, 0);
	CHECK_I64("the book has what the counter sold", test_host_balance(d->host),
	          TEST_HOST_OPENING_FEN - sold);
	CHECK(count >= said);
	CHECK_I64("records are authentic", d->host->bad_records, 0);
	test_note("%d kills, %u sales durable at the till, %zu said, %u sign-ins", KILLS, count,
	          said, d->host->sign_ins);
	pos_journal_close(&j);
	pos_disk_close(&disk);
}

TEST(till_killed_at_random_moments_neither_loses_nor_doubles_a_sale)
{
	struct random_seeded random;
	struct day d;

	begin(&d);
	random_seeded_init(&random, 42);
	for (int i = 0; i < KILLS; i++) {
		pid_t pid = start(&d, i % 3 == 2 ? offline : online);

		usleep((unsigned)random_below(&random, (uint64_t)KILL_AFTER_MAX_MS * MS));
		kill(pid, SIGKILL);
		finish(pid);
	}
	CHECK_I64(
	        "a last, quiet run",
	        finish(start(&d,
	                     "limit 30\nwait online\nexpect online\nwait 1\nupload\nexpect held=0\n"
	                     "sale 1 card 9119623000100001\nexpect approved\nstatus\n"
	                     "expect pending=0\n")),
	        0);
	check_journal(&d, check_said(&d));
	test_host_stop(d.host);
	free(d.host);
}
