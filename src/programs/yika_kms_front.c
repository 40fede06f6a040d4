/* SPDX-License-Identifier: Apache-2.0 */
/* yika-kms-front — the TLS front of the secure computing service: client certificates outside, the
 * key manager's socket inside, no keys but its own. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/buf.h"
#include "base/log.h"
#include "programs/command.h"
#include "programs/harden.h"
#include "programs/kms/front_home.h"
#include "programs/kms/kms_harden.h"

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
			i++; /* by apply_settings, over the file */
		else
			return FAIL(USAGE, "yika-kms-front --dir DIR [--set section.key=value]… "
			                   "[--check-config] [--show-config]");
	}
	return out->dir ? OK : FAIL(USAGE, "--dir is missing");
}

static result apply_settings(int argc, char **argv, struct front_home *home)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--set") == 0)
			TRY(conf_set(front_home_schema(), str_of(argv[++i]), &home->conf));
	return OK;
}

static void show(const struct front_home *home)
{
	SCOPED(buf_free) struct buf out = { 0 };

	conf_print(front_home_schema(), &home->conf, false, &out);
	fwrite(out.at, 1, out.len, stdout);
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
		r = apply_settings(argc, argv, &home);
	if (is_ok(r) && a.show)
		show(&home);
	if (is_ok(r) && a.with_parent && prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		r = FAIL(SYSTEM_CALL, "prctl: %m");
	if (is_ok(r) && !a.show)
		r = run(&home, a.check);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
