/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "programs/command.h"
#include "programs/kms_beside.h"
#include "programs/replay/report.h"
#include "programs/requests.h"

/* The command line. */
struct replay_command {
	const char *site, *mode, *opening, *uploads, *refused, *events, *kill, *suite, *seed,
	        *report;
};

/* Everything a replay holds while it runs. */
struct replay {
	struct replay_command command;
	struct replay_host host;
	struct replay_data data;
	struct schedule schedule;
	struct replay_run run;
	struct platform platform;
	struct clock_file clock;
	struct kms_beside kms;
	struct verify_report verify;
	struct report_verdict verdict;
};

static volatile bool stopped;

static void on_signal(int signo)
{
	(void)signo;
	stopped = true;
}

static void show_progress(void *arg, uint32_t done, uint32_t total)
{
	static int64_t shown_us;
	int64_t now = monotonic_us();

	(void)arg;
	if (!isatty(STDERR_FILENO) || (now - shown_us < SECOND_US / 4 && done < total))
		return;
	shown_us = now;
	fprintf(stderr, "\r%" PRIu32 " of %" PRIu32 " rows%s", done, total,
	        done == total ? "\n" : "");
}

static result read_data(struct replay *r)
{
	TRY(replay_read_openings(&r->data, r->command.opening));
	TRY(replay_read_uploads(&r->data, r->command.uploads));
	if (r->command.refused)
		TRY(replay_read_attempts(&r->data, r->command.refused));
	if (r->command.events)
		TRY(replay_read_events(&r->data, r->command.events));
	return schedule_init(&r->schedule, &r->data, r->run.mode);
}

static result read_numbers(struct replay *r)
{
	uint64_t kills, seed;

	if (!is_ok(str_u64(str_of(r->command.kill), &kills)) || kills > 100000)
		return FAIL(USAGE, "--kill wants how often, 0 to 100000");
	if (!is_ok(str_u64(str_of(r->command.seed), &seed)))
		return FAIL(USAGE, "--seed wants a number");
	if (strcmp(r->command.mode, "online") != 0 && strcmp(r->command.mode, "upload") != 0)
		return FAIL(USAGE, "--mode is online or upload, not %s", r->command.mode);
	if (strcmp(r->command.suite, "aes") != 0 && strcmp(r->command.suite, "sm4") != 0)
		return FAIL(USAGE, "--suite is aes or sm4, not %s", r->command.suite);
	r->run.kills = (unsigned)kills;
	r->run.seed = seed;
	r->run.mode = strcmp(r->command.mode, "online") == 0 ? REPLAY_ONLINE : REPLAY_UPLOAD;
	r->run.suite = strcmp(r->command.suite, "aes") == 0 ? SUITE_AES : SUITE_SM4;
	return OK;
}

/* Online messages carry the time of the sale, and a host takes none that is far from its own
 * (terminal-protocol 8). */
static result refuse_going_back(const struct replay *r)
{
	if (r->run.mode == REPLAY_ONLINE && r->schedule.count > 0 &&
	    atomic_load(r->host.clock) > r->schedule.ops[0].row->at.us)
		return FAIL(REPLAY_DATA,
		            "the site was played to a later time: online wants a new site, "
		            "further uploads want --mode upload");
	return OK;
}

static result take_sams(struct replay *r)
{
	struct kms_link *link = calloc(1, sizeof *link);
	struct sam_source source = { &r->platform, link };
	result done;

	ASSERT(link);
	done = kms_beside_link(&r->host.site, link);
	for (size_t i = 0; is_ok(done) && i < r->data.terminal_count; i++)
		done = replay_sam(&source, r->data.terminals[i].number, &r->run.sams[i]);
	kms_link_close(link);
	free(link);
	return done;
}

/* Register everything, and take the SAMs of all terminals; then the daemon may have the store. */
static result prepare(struct replay *r)
{
	result done;

	TRY(refuse_going_back(r));
	if (r->schedule.count > 0)
		replay_host_clock(&r->host, r->schedule.ops[0].row->at);
	str_copy(STR("replay-clock"), r->host.site.conf.clock, sizeof r->host.site.conf.clock);
	TRY(site_clock_open(&r->host.site, &r->clock));
	TRY(kms_beside_start(&r->host.site, &r->kms));
	TRY(platform_open(&r->host.site, &r->clock.clock, &r->platform));
	done = replay_prepare(&r->platform, &r->data, r->command.opening);
	r->run.sams = calloc(r->data.terminal_count + 1, sizeof *r->run.sams);
	ASSERT(r->run.sams);
	if (is_ok(done))
		done = take_sams(r);
	platform_close(&r->platform);
	return done;
}

static result play(struct replay *r)
{
	r->run.host = &r->host;
	r->run.data = &r->data;
	r->run.schedule = &r->schedule;
	r->run.stop = &stopped;
	r->run.progress = show_progress;
	r->run.answers = calloc((size_t)r->schedule.count + 1, sizeof *r->run.answers);
	ASSERT(r->run.answers);
	TRY(replay_host_start(&r->host));
	TRY(replay_run(&r->run));
	return replay_host_stop(&r->host);
}

static result write_report(struct replay *r, struct ledger_store *reader, struct buf *text)
{
	struct report_input in = { &r->data, &r->schedule, &r->run,           &r->platform,
		                   reader,   &r->verify,   r->host.starts - 1 };
	FILE *f;
	bool ok;

	TRY(report_write(&in, text, &r->verdict));
	f = fopen(r->command.report, "we");
	if (!f)
		return FAIL(FILE_WRITE, "%s: %m", r->command.report);
	ok = fwrite(text->at, 1, text->len, f) == text->len && fputc('\n', f) != EOF;
	ok = fclose(f) == 0 && ok;
	return ok ? OK : FAIL(FILE_WRITE, "%s: %m", r->command.report);
}

static result verify_and_write(struct replay *r)
{
	SCOPED(buf_free) struct buf text = { .limit = 64 << 20 };
	struct ledger_store *reader;
	char dsn[SITE_PATH_MAX];
	result done;

	TRY(requests_catch_up(&r->platform));
	TRY(ledger_store_open(str_of(site_dsn(&r->host.site, dsn)), STORE_READER, "replay",
	                      clock_now(clock_system()), &reader));
	done = ledger_verify(reader, NULL, &r->verify);
	if (is_ok(done))
		done = write_report(r, reader, &text);
	ledger_store_close(reader);
	return done;
}

static result report(struct replay *r)
{
	result done;

	TRY(platform_open(&r->host.site, &r->clock.clock, &r->platform));
	done = verify_and_write(r);
	platform_close(&r->platform);
	return done;
}

static result whole(struct replay *r)
{
	TRY(read_numbers(r));
	TRY(replay_host_init(&r->host, r->command.site, "yikad"));
	TRY(read_data(r));
	TRY(prepare(r));
	TRY(play(r));
	return report(r);
}

static void release(struct replay *r)
{
	replay_host_deinit(&r->host);
	for (size_t i = 0; r->run.sams && i < r->data.terminal_count; i++)
		sam_close(r->run.sams[i]);
	free(r->run.sams);
	free(r->run.answers);
	schedule_free(&r->schedule);
	replay_data_free(&r->data);
	kms_beside_stop(&r->kms);
	clock_file_close(&r->clock);
}

static int verdict(const struct replay *r)
{
	const struct report_verdict *v = &r->verdict;

	printf("%s: %s; %" PRIu64 " unanswered, %" PRIu64 " unexpected, %" PRIu64
	       " balances unexplained; report in %s\n",
	       r->run.stopped ? "stopped early" : "played to the end",
	       r->verify.clean ? "verify clean" : "VERIFY FOUND A DIFFERENCE", v->unanswered,
	       v->unexpected_attempts, v->unexplained_balances, r->command.report);
	return r->verify.clean && !r->run.stopped &&
	                       v->unanswered + v->unexpected_attempts + v->unexplained_balances == 0
	               ? EXIT_DONE
	               : EXIT_REFUSED;
}

int command_replay(int argc, char **argv)
{
	struct replay *r = calloc(1, sizeof *r);
	struct replay_command *c = &r->command;
	struct command_option options[] = {
		{ "site", &c->site, NULL, true },        { "mode", &c->mode, NULL, true },
		{ "opening", &c->opening, NULL, true },  { "uploads", &c->uploads, NULL, true },
		{ "refused", &c->refused, NULL, false }, { "events", &c->events, NULL, false },
		{ "kill", &c->kill, NULL, false },       { "suite", &c->suite, NULL, false },
		{ "seed", &c->seed, NULL, false },       { "report", &c->report, NULL, true },
	};
	result done;
	int status;

	ASSERT(r);
	c->kill = "0";
	c->suite = "aes";
	c->seed = "1";
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	done = command_options(argc, argv, options, ARRAY_LEN(options), NULL);
	if (is_ok(done))
		done = whole(r);
	status = is_ok(done) ? verdict(r) : command_failed(done);
	release(r);
	free(r);
	return status;
}
