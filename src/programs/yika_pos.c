/* SPDX-License-Identifier: Apache-2.0 */
/* yika_pos.c — the reference till: a keyboard machine on a terminal screen, or a script. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "device/pos/pos_curses.h"
#include "device/pos/pos_script.h"
#include "programs/yika_pos_options.h"

enum { EXIT_USAGE = 2, EXIT_FAULT = 70 };

static result run_script(struct pos_till *till, struct pos_script *script, const char *path)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	result r;

	if (!in)
		return FAIL(FILE_READ, "%s cannot be opened", path);
	script->till = till;
	pos_script_boot(script);
	r = pos_script_run(script, in);
	if (in != stdin)
		fclose(in);
	return r;
}

/* What is logged must not be written over the till's screen; returns the descriptor to give back.
 */
static int divert_log(const char *journal)
{
	char path[POS_PATH_MAX + 8];
	int saved = dup(STDERR_FILENO), fd;

	snprintf(path, sizeof path, "%s.log", journal);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return saved;
	dup2(fd, STDERR_FILENO);
	close(fd);
	return saved;
}

static result run_screen(struct pos_till *till, const char *journal)
{
	int saved = divert_log(journal);
	result r = pos_curses_run(till);

	dup2(saved, STDERR_FILENO);
	close(saved);
	return r;
}

static result run_till(struct yika_pos_options *a, struct pos_journal *journal)
{
	struct pos_till *till = calloc(1, sizeof *till);
	struct pos_script script;
	result r;

	if (!till)
		return FAIL(OUT_OF_MEMORY, "%zu bytes", sizeof *till);
	pos_script_init(&script, till, stdout);
	if (a->script) {
		a->till.done = pos_script_done;
		a->till.arg = &script;
	}
	r = pos_till_open(till, &a->till, journal);
	if (is_ok(r))
		r = a->script ? run_script(till, &script, a->script) : run_screen(till, a->journal);
	pos_till_close(till);
	free(till);
	return r;
}

static result run(struct yika_pos_options *a)
{
	struct pos_disk_file disk;
	struct pos_journal journal;
	struct sam *sam;
	char passphrase[POS_PATH_MAX];
	result r;

	snprintf(passphrase, sizeof passphrase, "%s.pass", a->sam);
	TRY(sam_open(a->sam, a->passphrase ? a->passphrase : passphrase, &sam));
	a->till.node.sam = sam;
	r = pos_disk_open(&disk, a->journal);
	if (is_ok(r)) {
		r = pos_journal_open(&journal, &disk.disk, sam_identity(sam)->node_id);
		if (is_ok(r)) {
			r = run_till(a, &journal);
			pos_journal_close(&journal);
		}
		pos_disk_close(&disk);
	}
	sam_close(sam);
	return r;
}

int main(int argc, char **argv)
{
	struct yika_pos_options a;
	result r;

	if (!yika_pos_options(argc, argv, &a)) {
		fputs(yika_pos_usage, stderr);
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	a.till.node.host = a.host;
	a.till.node.clock = clock_system();
	a.till.node.random = random_system();
	a.till.node.software = "yika-pos 0.1.0";
	r = run(&a);
	if (is_ok(r))
		return EXIT_SUCCESS;
	fprintf(stderr, "yika-pos: %s: %s (%s)\n", result_text_en(r), result_last()->text,
	        result_name(r));
	return result_kind(r) == RESULT_FAULT ? EXIT_FAULT : EXIT_FAILURE;
}
