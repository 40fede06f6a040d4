/* SPDX-License-Identifier: Apache-2.0 */
/* yika-kms — the key manager's core: crypto devices, key blocks, officers. */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/json.h"
#include "base/log.h"
#include "programs/clock_file.h"
#include "programs/command.h"
#include "programs/harden.h"
#include "programs/kms/kms_harden.h"
#include "programs/kms/kms_setup.h"
#include "programs/launch.h"

enum { LOCK_MS = 10000, LOCK_STEP_MS = 100 };

struct arguments {
	const char *dir;
	bool check, show, ask_pin, with_parent;
};

static result read_arguments(int argc, char **argv, struct arguments *out)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;
		if (strcmp(argv[i], "--check-config") == 0)
			out->check = true;
		else if (strcmp(argv[i], "--show-config") == 0)
			out->show = true;
		else if (strcmp(argv[i], "--ask-pin") == 0)
			out->ask_pin = true;
		else if (strcmp(argv[i], "--with-parent") == 0)
			out->with_parent = true;
		else if (strcmp(argv[i], "--dir") == 0 && more)
			out->dir = argv[++i];
		else if (strcmp(argv[i], "--set") == 0 && more)
			i++; /* by launch_settings, over the file */
		else
			return FAIL(USAGE,
			            "yika-kms --dir DIR [--set section.key=value]… [--ask-pin] "
			            "[--check-config] [--show-config]");
	}
	return out->dir ? OK : FAIL(USAGE, "--dir is missing");
}

static void serve(const struct kms_home *home, const sigset_t *set)
{
	int caught;

	LOG_INFO("kms.ready", "dir=%s node=%s", home->dir, home->conf.node);
	while (sigwait(set, &caught) != 0 || caught == SIGHUP)
		continue;
	LOG_INFO("kms.stopping", "signal=%d", caught);
}

/* One that was told to end may still hold the store. */
static result start(const struct kms_core_config *config, struct kms_core **core)
{
	result r = kms_core_start(config, core);

	for (int waited = 0; r.code == DB_LOCKED && waited < LOCK_MS; waited += LOCK_STEP_MS) {
		poll(NULL, 0, LOCK_STEP_MS);
		r = kms_core_start(config, core);
	}
	return r;
}

static result run(const struct kms_home *home, bool ask_pin)
{
	struct clock_file clock;
	struct kms_setup setup = { 0 };
	struct kms_core *core = NULL;
	char path[KMS_HOME_PATH];
	sigset_t set;

	TRY(harden_memory(home->conf.user));
	jread_wipe_memory();
	launch_hold_signals(&set);
	TRY(clock_file_open(strcmp(home->conf.clock, "system") == 0
	                            ? NULL
	                            : kms_home_path(home, home->conf.clock, path),
	                    &clock));
	TRY(kms_setup_make(home, &clock.clock, ask_pin, &setup));
	result r = start(&setup.config, &core);
	secret_wipe(&setup.pin);
	if (is_ok(r))
		r = kms_harden_calls(KMS_REACH_WRITE |
		                     (home->conf.network_device ? KMS_REACH_NETWORK : 0u));
	if (is_ok(r))
		serve(home, &set);
	kms_core_stop(core);
	clock_file_close(&clock);
	return r;
}

int main(int argc, char **argv)
{
	static struct kms_home home;
	struct arguments a = { 0 };
	result r = harden_process();

	if (is_ok(r))
		r = read_arguments(argc, argv, &a);
	if (is_ok(r))
		r = kms_home_open(a.dir, &home);
	if (is_ok(r))
		r = launch_settings(argc, argv, kms_home_schema(), &home.conf);
	if (is_ok(r) && a.show)
		launch_show(kms_home_schema(), &home.conf);
	if (is_ok(r) && a.with_parent && prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		r = FAIL(SYSTEM_CALL, "prctl: %m");
	if (is_ok(r) && !a.check && !a.show)
		r = run(&home, a.ask_pin);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
