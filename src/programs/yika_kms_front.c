/* SPDX-License-Identifier: Apache-2.0 */
/* yika-kms-front — the TLS front of the secure computing service: client certificates outside, the
 * key manager's socket inside, no keys but its own. */
#include <signal.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "programs/command.h"
#include "programs/harden.h"
#include "programs/kms/front_home.h"
#include "programs/kms/kms_harden.h"
#include "programs/launch.h"

struct arguments {
	const char *dir;
	bool check, show, with_parent;
};

static result read_arguments(int argc, char **argv, struct arguments *out)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;
		if (strcmp(argv[i], "--check-config") == 0)
			out->check = true;
		else if (strcmp(argv[i], "--show-config") == 0)
			out->show = true;
		else if (strcmp(argv[i], "--with-parent") == 0)
			out->with_parent = true;
		else if (strcmp(argv[i], "--dir") == 0 && more)
			out->dir = argv[++i];
		else if (strcmp(argv[i], "--set") == 0 && more)
			i++; /* by launch_settings, over the file */
		else
			return FAIL(USAGE, "yika-kms-front --dir DIR [--set section.key=value]… "
			                   "[--check-config] [--show-config]");
	}
	return out->dir ? OK : FAIL(USAGE, "--dir is missing");
}

/* check: open everything, and leave it at that. */
static result run(struct front_home *home, bool check)
{
	struct gate_config config;
	struct gate *gate = NULL;
	result r;

	signal(SIGPIPE, SIG_IGN);
	TRY(harden_user(home->conf.user));
	TRY(front_home_gate(home, &config));
	r = gate_open(&config, &gate);
	if (is_ok(r))
		r = gate_on_signals(gate);
	if (is_ok(r))
		r = kms_harden_calls(KMS_REACH_READ);
	if (is_ok(r) && !check) {
		LOG_INFO("front.ready", "dir=%s port=%u core=%s", home->dir,
		         (unsigned)gate_port(gate), config.core);
		r = gate_run(gate);
	}
	gate_close(gate);
	return r;
}

int main(int argc, char **argv)
{
	static struct front_home home;
	struct arguments a = { 0 };
	result r = harden_process();

	if (is_ok(r))
		r = read_arguments(argc, argv, &a);
	if (is_ok(r))
		r = front_home_open(a.dir, &home);
	if (is_ok(r))
		r = launch_settings(argc, argv, front_home_schema(), &home.conf);
	if (is_ok(r) && a.show)
		launch_show(front_home_schema(), &home.conf);
	if (is_ok(r) && a.with_parent && prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		r = FAIL(SYSTEM_CALL, "prctl: %m");
	if (is_ok(r) && !a.show)
		r = run(&home, a.check);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
