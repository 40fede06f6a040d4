/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_bench.c — durable purchases per second of the ledger alone, against the raw limit: the
 * same bytes appended with a checksum and fdatasync in the same batches.
 *
 *   engine_bench --dir DIR [--quick] [--accounts N] [--seconds S] [--growth]
 *   engine_bench --dir DIR [--seconds S] --only-accounts | --only-events   one part of the growth
 *
 * Prints "name value unit" lines. Prints nothing and fails when the store does not sync or when
 * verify finds a difference.
 */
#include "engine_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

/* ---- measuring ---- */

struct sample {
	double seconds, cpu_s;
	uint64_t done, written, batches;
	int64_t commit_us;
};

static void sample_take(struct bench *b, struct sample *s)
{
	struct ledger_figures f;
	struct rusage use;

	ledger_writer_figures(b->writer, &f);
	getrusage(RUSAGE_SELF, &use);
	*s = (struct sample){
		.seconds = (double)monotonic_us() / 1e6,
		.cpu_s = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
		.done = b->done,
		.written = engine_bytes_written(),
		.batches = f.batches,
		.commit_us = f.commit_us_total,
	};
}

/* Run at one queue length; *out is the difference over the time. */
static void run_load(struct bench *b, uint32_t queue, double seconds, struct sample *out)
{
	struct sample from, to;

	engine_start_load(b, queue);
	engine_sleep_ms(300);
	sample_take(b, &from);
	engine_sleep_ms((long)(seconds * 1000));
	sample_take(b, &to);
	engine_stop_load(b);
	*out = (struct sample){ to.seconds - from.seconds, to.cpu_s - from.cpu_s,
		                to.done - from.done,       to.written - from.written,
		                to.batches - from.batches, to.commit_us - from.commit_us };
}

static void print_sample(const char *what, uint32_t queue, const struct sample *s)
{
	double batches = (double)(s->batches ? s->batches : 1);
	double done = (double)(s->done ? s->done : 1);

	engine_named(what, "rate", queue, done / s->seconds, "1/s");
	engine_named(what, "batch", queue, done / batches, "purchases");
	engine_named(what, "commit", queue, (double)s->commit_us / batches, "us");
	engine_named(what, "cpu", queue, s->cpu_s * 1e6 / done, "us/purchase");
	engine_named(what, "written", queue, (double)s->written / done, "bytes/purchase");
}

/* The limit: as many bytes as the rows of a batch, checksum, append, fdatasync. */
static double raw_limit(const struct options *o, uint32_t queue, double seconds)
{
	static uint8_t rows[QUEUE_MAX * JOURNAL_ROW_SIZE];
	char path[450];
	size_t size = (size_t)queue * JOURNAL_ROW_SIZE;
	int64_t start = monotonic_us(), until = start + (int64_t)(seconds * SECOND_US);
	uint64_t done = 0;
	int file;

	snprintf(path, sizeof path, "%s/raw", o->dir);
	file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (file < 0)
		engine_stop("engine_bench: %s: %s", path, strerror(errno));
	while (monotonic_us() < until) {
		uint32_t sum = crc32c(bytes_of(rows, size));

		memcpy(rows, &sum, sizeof sum);
		if (write(file, rows, size) != (ssize_t)size || fdatasync(file) != 0)
			engine_stop("engine_bench: %s: %s", path, strerror(errno));
		done += queue;
	}
	close(file);
	unlink(path);
	return (double)done * 1e6 / (double)(monotonic_us() - start);
}

/* ---- after the load ---- */

/* Killed without write-back under load, then started again: what a crash costs. */
static void measure_restart(struct bench *b)
{
	struct ledger_figures f;
	pid_t child;
	int status;

	engine_close(b);
	child = fork();
	if (child == 0) {
		engine_open(b);
		engine_start_load(b, 256);
		engine_sleep_ms(5000);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	engine_open(b);
	ledger_writer_figures(b->writer, &f);
	engine_figure("restart.rows_replayed", (double)f.replayed, "rows");
	engine_figure("restart.time", (double)f.start_us / 1e6, "s");
}

/* How fast the views take rows when nothing else is to do; leaves the writer without a thread. */
static double views_rate(struct bench *b)
{
	struct ledger_proof proof;
	int64_t start;
	bool more = true;

	engine_close(b);
	b->config.no_views = false;
	engine_must(ledger_store_open(str_of(b->dsn), STORE_OWNER, "bench",
	                              clock_now(clock_system()), &b->store),
	            "store");
	engine_must(ledger_writer_open(b->store, &b->config, &b->writer), "writer");
	start = monotonic_us();
	while (more && monotonic_us() - start < 3 * SECOND_US)
		engine_must(ledger_idle(b->writer, &more), "idle");
	engine_must(ledger_idle(b->writer, &more), "idle");
	ledger_writer_proof(b->writer, &proof);
	return (double)proof.views_lsn * 1e6 / (double)(monotonic_us() - start);
}

static void memory_figure(struct bench *b)
{
	struct ledger_figures f;

	ledger_writer_figures(b->writer, &f);
	engine_figure("memory.per_account", (double)f.memory / (double)b->accounts, "bytes");
}

static void main_run(const struct options *o)
{
	static const uint32_t queues[] = { 16, 64, 256, 1024 };
	static struct bench b;
	const uint32_t *queue;
	struct sample s[ARRAY_LEN(queues)];
	double raw[ARRAY_LEN(queues)], views;

	engine_prepare(&b, o, o->accounts, "engine");
	EACH (queue, queues) { /* the limit before and after, so that both see the same disk */
		size_t i = (size_t)(queue - queues);

		raw[i] = raw_limit(o, *queue, o->seconds / 2.0) / 2;
		run_load(&b, *queue, o->seconds, &s[i]);
		raw[i] += raw_limit(o, *queue, o->seconds / 2.0) / 2;
	}
	measure_restart(&b);
	views = views_rate(&b);
	engine_require_clean(&b);
	engine_figure("views.rate", views, "rows/s");
	engine_figure("engine.accounts", o->accounts, "accounts");
	EACH (queue, queues) {
		engine_named("raw", "rate", *queue, raw[queue - queues], "1/s");
		print_sample("engine", *queue, &s[queue - queues]);
	}
	memory_figure(&b);
	engine_forget(&b);
}

/* ---- the command ---- */

static uint32_t number_of(const char *text)
{
	uint64_t v;

	if (!text || !is_ok(str_u64(str_of(text), &v)) || v == 0 || v > BOOK_ACCOUNTS_MAX - 1000)
		engine_stop("engine_bench: not a number: %s", text ? text : "");
	return (uint32_t)v;
}

static struct options read_options(int argc, char **argv)
{
	struct options o = { .accounts = 1000000, .seconds = 10 };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--dir") == 0)
			o.dir = argv[++i];
		else if (strcmp(argv[i], "--accounts") == 0)
			o.accounts = number_of(argv[++i]);
		else if (strcmp(argv[i], "--seconds") == 0)
			o.seconds = number_of(argv[++i]);
		else if (strcmp(argv[i], "--quick") == 0)
			o.quick = true;
		else if (strcmp(argv[i], "--only-accounts") == 0)
			o.only_accounts = true;
		else if (strcmp(argv[i], "--only-events") == 0)
			o.only_events = true;
		else if (strcmp(argv[i], "--growth") == 0)
			o.growth = true;
		else
			engine_stop("engine_bench: unknown option %s", argv[i]);
	}
	if (!o.dir)
		engine_stop("usage: engine_bench --dir DIR [--quick] [--accounts N] [--seconds S] "
		            "[--growth] [--only-accounts] [--only-events]");
	if (o.quick)
		o.seconds = 3;
	return o;
}

int main(int argc, char **argv)
{
	const struct options o = read_options(argc, argv);

	log_set_level(LOG_LEVEL_WARNING);
	if (mkdir(o.dir, 0700) != 0 && errno != EEXIST)
		engine_stop("engine_bench: %s: %s", o.dir, strerror(errno));
	if (o.only_accounts)
		engine_by_accounts(&o);
	if (o.only_events)
		engine_by_events(&o);
	if (o.only_accounts || o.only_events)
		return 0;
	main_run(&o);
	if (o.quick && !o.growth)
		return 0;
	engine_by_accounts(&o);
	engine_by_events(&o);
	return 0;
}
