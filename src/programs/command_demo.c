/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "device/pos/sam.h"
#include "programs/command.h"
#include "programs/demo/make.h"
#include "programs/kms_beside.h"
#include "programs/sam_file.h"

static void show_progress(void *arg, unsigned done, unsigned total)
{
	(void)arg;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rday %u of %u%s", done, total, done == total ? "\n" : "");
}

/* SAMs of the first till and the first desk, for whoever wants to try the reference till. */
static result write_sams(const struct site *site, const struct sam_source *source)
{
	static const unsigned which[] = { 0, DEMO_TERMINALS };
	static const char *names[] = { "till", "desk" };

	for (size_t i = 0; i < ARRAY_LEN(which); i++) {
		char node[TERMINAL_NODE_ID_LEN + 1], file[SITE_PATH_MAX], passphrase[SITE_PATH_MAX],
		        name[32];

		demo_node_id(which[i], node);
		snprintf(name, sizeof name, "demo-%s.sam", names[i]);
		site_path(site, name, file);
		snprintf(name, sizeof name, "demo-%s.passphrase", names[i]);
		site_path(site, name, passphrase);
		TRY(sam_file_passphrase(passphrase));
		TRY(sam_file_write(source, node, file, passphrase));
	}
	return OK;
}

static result hand_out_sams(const struct site *site, const struct platform *p)
{
	SCOPED(kms_beside_stop) struct kms_beside kms = { 0 };
	struct kms_link *link = calloc(1, sizeof *link);
	struct sam_source source = { p, link };
	result r;

	ASSERT(link);
	link->fd = -1;
	r = kms_beside_start(site, &kms);
	if (is_ok(r))
		r = kms_beside_link(site, link);
	if (is_ok(r))
		r = write_sams(site, &source);
	kms_link_close(link);
	free(link);
	return r;
}

static result make(const char *dir, uint64_t seed, unsigned days, struct demo_result *out)
{
	struct platform *p = calloc(1, sizeof *p);
	struct demo_order order = { seed, days, clock_now(clock_system()), show_progress, NULL };
	struct clock_manual clock;
	struct site site;
	result r;

	ASSERT(p);
	TRY(site_open(dir, &site));
	clock_manual_init(&clock, (struct instant){ order.until.us -
	                                            (int64_t)(days + 1) * 86400 * SECOND_US });
	r = platform_open(&site, &clock.clock, p);
	if (is_ok(r)) {
		r = demo_make(p, &clock, &order, out);
		if (is_ok(r))
			r = hand_out_sams(&site, p);
		platform_close(p);
	}
	free(p);
	return r;
}

int command_demo(int argc, char **argv)
{
	const char *dir = NULL, *seed_text = "1", *days_text = "90";
	struct command_option options[] = {
		{ "site", &dir, NULL, true },
		{ "seed", &seed_text, NULL, false },
		{ "days", &days_text, NULL, false },
	};
	struct demo_result done = { 0 };
	uint64_t seed = 1, days = DEMO_DAYS;
	result r = command_options(argc, argv, options, ARRAY_LEN(options), NULL);

	if (is_ok(r))
		r = str_u64(str_of(seed_text), &seed);
	if (is_ok(r))
		r = str_u64(str_of(days_text), &days);
	if (is_ok(r) && (days < 1 || days > DEMO_DAYS))
		r = FAIL(USAGE, "--days takes 1 to %d", DEMO_DAYS);
	if (is_ok(r))
		r = make(dir, seed, (unsigned)days, &done);
	if (!is_ok(r))
		return command_failed(r);
	printf("%" PRIu64 " purchases, %" PRIu64 " refused, %" PRIu64 " top-ups, %" PRIu64
	       " refunds, %" PRIu64 " voids\n",
	       done.purchases, done.declined, done.topups, done.refunds, done.voids);
	return EXIT_DONE;
}
