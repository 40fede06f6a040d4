/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load — terminals selling against a real daemon on this machine, sealed, MACed and signed in.
 *
 *   load prepare --site DIR --nodes N --cards N
 *   load run --site DIR --name WORD --nodes N [--links N] --cards N [--suite aes|sm4] [--seconds N]
 * [--rate N] [--slow-sync-us N]
 *
 * Prints lines "name value unit". Refuses to print when the store does not sync or the book is not
 * clean afterwards.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/load.h"
#include "ledger/verify.h"
#include "programs/command.h"
#include "programs/replay/host.h"
#include "service/control/control.h"

struct options {
	const char *site, *name, *nodes, *links, *cards, *suite, *seconds, *rate, *slow_sync_us;
};

static result number(const char *text, uint64_t max, unsigned *out)
{
	uint64_t v;

	if (!is_ok(str_u64(str_of(text), &v)) || v > max)
		return FAIL(USAGE, "%s is not a number up to %" PRIu64, text, max);
	*out = (unsigned)v;
	return OK;
}

static result prepare(const struct options *o)
{
	struct platform *p = calloc(1, sizeof *p);
	struct site site;
	unsigned nodes, cards;
	result r;

	ASSERT(p);
	TRY(number(o->nodes, LOAD_NODES_MAX, &nodes));
	TRY(number(o->cards, 10000000, &cards));
	TRY(site_open(o->site, &site));
	TRY(platform_open(&site, clock_system(), p));
	r = load_prepare(p, nodes, cards);
	platform_close(p);
	free(p);
	return r;
}

/* User and system time of a process, µs. */
static int64_t cpu_us(pid_t pid)
{
	char path[64];
	unsigned long user = 0, system = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	           &system) != 2)
		user = system = 0;
	fclose(f);
	return (int64_t)(user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}

static result take_sams(const struct site *site, struct load_plan *plan, struct platform *p,
                        struct kms_link *link)
{
	SCOPED(kms_beside_stop) struct kms_beside kms = { 0 };
	struct sam_source source = { p, link };
	result r;

	TRY(kms_beside_start(site, &kms));
	TRY(platform_open(site, clock_system(), p));
	r = kms_beside_link(site, link);
	for (unsigned i = 0; is_ok(r) && i < plan->nodes; i++)
		r = load_sam(&source, i, &plan->sams[i]);
	kms_link_close(link);
	platform_close(p);
	return r;
}

static result open_sams(const struct options *o, struct load_plan *plan)
{
	struct platform *p = calloc(1, sizeof *p);
	struct kms_link *link = calloc(1, sizeof *link);
	struct site site;
	result r;

	plan->sams = calloc(plan->nodes, sizeof *plan->sams);
	ASSERT(p && link && plan->sams);
	link->fd = -1;
	r = site_open(o->site, &site);
	if (is_ok(r))
		r = take_sams(&site, plan, p, link);
	free(link);
	free(p);
	return r;
}

static result read_plan(const struct options *o, struct load_plan *plan)
{
	unsigned seconds;

	TRY(number(o->nodes, LOAD_NODES_MAX, &plan->nodes));
	TRY(number(o->links, LOAD_NODES_MAX, &plan->links));
	TRY(number(o->cards, 10000000, &plan->cards));
	TRY(number(o->seconds, 3600, &seconds));
	TRY(number(o->rate, 10000000, &plan->rate));
	if (strcmp(o->suite, "aes") != 0 && strcmp(o->suite, "sm4") != 0)
		return FAIL(USAGE, "--suite is aes or sm4, not %s", o->suite);
	plan->suite = strcmp(o->suite, "aes") == 0 ? SUITE_AES : SUITE_SM4;
	plan->warm_us = 1000000;
	plan->run_us = (int64_t)seconds * 1000000;
	return OK;
}

static result is_clean(const struct replay_host *host)
{
	struct ledger_store *store = NULL;
	struct verify_report report;
	char dsn[SITE_PATH_MAX];
	result r;

	TRY(ledger_store_open(str_of(site_dsn(&host->site, dsn)), STORE_READER, "load",
	                      clock_now(clock_system()), &store));
	r = ledger_verify(store, NULL, &report);
	ledger_store_close(store);
	if (is_ok(r) && !report.clean)
		r = FAIL(LEDGER_CORRUPT, "%s batch %" PRIu64 " row %" PRIu64 ": %s",
		         report.first.table, report.first.batch, report.first.row,
		         report.first.text);
	return r;
}

static void print(const char *name, const struct load_outcome *o)
{
	double seconds = (double)o->took_us / 1e6, sales = (double)(o->approved + o->refused);

	printf("%s.rate %.0f 1/s\n", name, (double)o->approved / seconds);
	printf("%s.p50 %.2f ms\n", name, (double)histogram_quantile(&o->latency, 0.50) / 1e3);
	printf("%s.p99 %.2f ms\n", name, (double)histogram_quantile(&o->latency, 0.99) / 1e3);
	printf("%s.p99.9 %.2f ms\n", name, (double)histogram_quantile(&o->latency, 0.999) / 1e3);
	printf("%s.max %.2f ms\n", name, (double)o->latency.max_us / 1e3);
	printf("%s.server_cpu %.2f us/purchase\n", name,
	       sales > 0 ? (double)o->sampled / sales : 0);
	printf("%s.refused %" PRIu64 " purchases\n", name, o->refused);
	printf("%s.busy %" PRIu64 " answers\n", name, o->busy);
	printf("%s.sign_in %.2f s\n", name, (double)o->sign_in_us / 1e6);
}

/* How many purchases a commit held, on average since the daemon started; 0 when it does not say. */
static double commit_size(const struct replay_host *host)
{
	SCOPED(buf_free) struct buf answer = { 0 };
	int64_t requests = 0, batches = 0;
	const char *at;

	if (!is_ok(control_ask(host->control, STR("{\"command\":\"status\"}"), &answer)))
		return 0;
	buf_put(&answer, bytes_of("", 1));
	at = strstr((const char *)answer.at, "\"requests\":");
	if (!at ||
	    sscanf(at, "\"requests\":%" SCNd64 ",\"batches\":%" SCNd64, &requests, &batches) != 2 ||
	    batches == 0)
		return 0;
	return (double)requests / (double)batches;
}

static int64_t sample_cpu(void *arg)
{
	return cpu_us(((const struct replay_host *)arg)->pid);
}

static result measure(const struct options *o, struct load_plan *plan, struct replay_host *host)
{
	struct load_outcome outcome;
	double per_commit;

	TRY(replay_host_start(host));
	plan->address = host->address;
	plan->sample = sample_cpu;
	plan->sample_arg = host;
	TRY(load_run(plan, &outcome));
	per_commit = commit_size(host);
	TRY(replay_host_stop(host));
	TRY(is_clean(host));
	print(o->name, &outcome);
	printf("%s.commit %.1f purchases\n", o->name, per_commit);
	return OK;
}

static result run(const struct options *o)
{
	struct replay_host host;
	struct load_plan plan = { 0 };
	char preload[SITE_PATH_MAX] = "";
	ssize_t n;
	result r;

	TRY(read_plan(o, &plan));
	TRY(open_sams(o, &plan));
	TRY(replay_host_init(&host, o->site, "../src/programs/yikad"));
	host.real_time = true;
	if (o->slow_sync_us) {
		n = readlink("/proc/self/exe", preload, sizeof preload - 20);
		if (n <= 0)
			return FAIL(SYSTEM_CALL, "/proc/self/exe: %m");
		preload[n] = '\0';
		str_copy(STR("libslow_sync.so"), strrchr(preload, '/') + 1, 20);
		setenv("SLOW_SYNC_US", o->slow_sync_us, 1);
		host.preload = preload;
	}
	r = measure(o, &plan, &host);
	replay_host_deinit(&host);
	for (unsigned i = 0; i < plan.nodes; i++)
		sam_close(plan.sams[i]);
	free(plan.sams);
	return r;
}

int main(int argc, char **argv)
{
	struct options o = {
		.name = "load", .links = "0", .suite = "aes", .seconds = "5", .rate = "0"
	};
	struct command_option options[] = {
		{ "site", &o.site, NULL, true },
		{ "name", &o.name, NULL, false },
		{ "nodes", &o.nodes, NULL, true },
		{ "links", &o.links, NULL, false },
		{ "cards", &o.cards, NULL, true },
		{ "suite", &o.suite, NULL, false },
		{ "seconds", &o.seconds, NULL, false },
		{ "rate", &o.rate, NULL, false },
		{ "slow-sync-us", &o.slow_sync_us, NULL, false },
	};
	result r;

	if (argc < 2 || (strcmp(argv[1], "prepare") != 0 && strcmp(argv[1], "run") != 0)) {
		fprintf(stderr, "usage: load prepare|run --site DIR …\n");
		return EXIT_USAGE;
	}
	r = command_options(argc - 1, argv + 1, options, ARRAY_LEN(options), NULL);
	if (is_ok(r))
		r = strcmp(argv[1], "prepare") == 0 ? prepare(&o) : run(&o);
	return is_ok(r) ? EXIT_DONE : command_failed(r);
}
