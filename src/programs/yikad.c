/* SPDX-License-Identifier: Apache-2.0 */
/* yikad — the platform: terminal lines, the console and the writer of one site's book. */
#include "programs/yikad.h"

#include <signal.h>

#include "base/log.h"
#include "crypto/locked.h"
#include "programs/command.h"
#include "programs/harden.h"
#include "programs/launch.h"

/* What the command line says. */
struct arguments {
	const char *site;
	bool check, show;
};

static result read_arguments(int argc, char **argv, struct arguments *out)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;
		if (strcmp(argv[i], "--check-config") == 0)
			out->check = true;
		else if (strcmp(argv[i], "--show-config") == 0)
			out->show = true;
		else if (strcmp(argv[i], "--site") == 0 && more)
			out->site = argv[++i];
		else if (strcmp(argv[i], "--set") == 0 && more)
			i++; /* by launch_settings, over the file */
		else
			return FAIL(USAGE, "yikad --site DIR [--set section.key=value]… "
			                   "[--check-config] [--show-config]");
	}
	return out->site ? OK : FAIL(USAGE, "--site is missing");
}

static result start(struct daemon *d)
{
	TRY(harden_memory(""));
	TRY(site_clock_open(&d->site, &d->clock));
	TRY(kms_beside_start(&d->site, &d->kms));
	TRY(platform_open(&d->site, &d->clock.clock, &d->platform));
	TRY(ledger_writer_start(d->platform.writer));
	TRY(yikad_front_start(d));
	TRY(yikad_web_start(d));
	return yikad_control_start(d);
}

/* From the outside in: nobody asks any more, what was asked is answered, then the book is written
 * back. */
static void stop(struct daemon *d)
{
	control_stop(d->control);
	rest_stop(d->web);
	terminal_front_stop(d->front);
	if (d->platform.writer)
		ledger_writer_stop(d->platform.writer);
	platform_close(&d->platform);
	kms_beside_stop(&d->kms);
	clock_file_close(&d->clock);
}

static void serve(struct daemon *d, const sigset_t *set)
{
	int caught;

	if (locked_pages_missed())
		LOG_WARNING("yikad.memory",
		            "bytes=%zu text=\"keys of terminals are not locked against swapping; "
		            "raise RLIMIT_MEMLOCK\"",
		            locked_pages_missed());
	LOG_INFO("yikad.ready", "site=%s terminal_port=%u", d->site.dir,
	         terminal_front_port(d->front, TERMINAL_PORT_B));
	while (sigwait(set, &caught) != 0 || caught == SIGHUP)
		continue;
	LOG_INFO("yikad.stopping", "signal=%d", caught);
}

int main(int argc, char **argv)
{
	static struct daemon d;
	struct arguments a = { 0 };
	sigset_t set;
	result r = harden_process();

	if (is_ok(r))
		r = read_arguments(argc, argv, &a);
	if (is_ok(r))
		r = site_open(a.site, &d.site);
	if (is_ok(r))
		r = launch_settings(argc, argv, site_schema(), &d.site.conf);
	if (is_ok(r) && a.show)
		launch_show(site_schema(), &d.site.conf);
	if (!is_ok(r) || a.check || a.show)
		return is_ok(r) ? EXIT_DONE : command_failed(r);
	launch_hold_signals(&set);
	r = start(&d);
	int status = is_ok(r) ? EXIT_DONE : command_failed(r);
	if (is_ok(r))
		serve(&d, &set);
	stop(&d);
	return status;
}
