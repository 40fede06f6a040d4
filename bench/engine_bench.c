/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_bench.c — durable purchases per second of the ledger alone, against the raw limit: the
 * same bytes appended with a checksum and fdatasync in the same batches.
 *
 *   engine_bench --dir DIR [--quick] [--accounts N] [--seconds S] [--growth]
 *
 * Prints "name value unit" lines. Prints nothing and fails when the store does not sync or when
 * verify finds a difference.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rand.h"
#include "engine_bench_sql.h"
#include "ledger/verify.h"
#include "ledger/writer.h"

enum {
	MERCHANTS = 40,
	TILLS = 4000,
	FIRST_TILL = 1000,
	PARK = 1,
	OPEN_AT_ONCE = 400, /* accounts opened by one request */
	QUEUE_MAX = 4096,
	OPENING_FEN = 100000000,
};

struct options {
	const char *dir;
	uint32_t accounts, seconds;
	bool quick, growth;
};

struct bench {
	char path[400], dsn[420];
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct ledger_config config;
	uint32_t accounts;
	uint32_t opened; /* purses opened so far */
	uint32_t bank, takings[MERCHANTS], first_purse;
	uint64_t number[TILLS]; /* last TSN of each till */
	uint64_t opening_number;
	struct random_seeded random;
	struct ledger_sink sink;
	_Atomic bool stopping;
	_Atomic uint64_t done, failed;
	_Atomic uint32_t outstanding;
};

struct purchase {
	struct ledger_request request;
	struct bench *bench;
	struct book_event event;
	struct book_outcome outcome;
};

static struct purchase purchases[QUEUE_MAX];

ATTR_NORETURN static void stop(const char *format, ...) ATTR_PRINTF(1, 2);

static void stop(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void must(result r, const char *what)
{
	if (!is_ok(r))
		stop("engine_bench: %s: %s (%s)", what, result_name(r), result_last()->text);
}

static void figure(const char *name, double value, const char *unit)
{
	printf("%s %.6g %s\n", name, value, unit);
	fflush(stdout);
}

/* ---- the store ---- */

static void require_sync(struct bench *b)
{
	struct db_tx *tx;
	int64_t level;

	must(db_begin(ledger_store_db(b->store), &tx), "begin");
	must(db_select_i64(tx, &sql_bench_sync_level, DB_NO_ARGS, &level), "sync level");
	db_rollback(tx);
	if (level < 2)
		stop("engine_bench: the store does not sync at commit: no figures");
}

static void open_ledger(struct bench *b)
{
	must(ledger_store_open(str_of(b->dsn), STORE_OWNER, "bench", clock_now(clock_system()),
	                       &b->store),
	     "store");
	require_sync(b);
	must(ledger_writer_open(b->store, &b->config, &b->writer), "writer");
	must(ledger_writer_start(b->writer), "start");
}

static void close_ledger(struct bench *b)
{
	ledger_writer_close(b->writer);
	ledger_store_close(b->store);
}

static result open_account(struct ledger_tx *tx, uint32_t chart, uint64_t key, int64_t floor_fen,
                           uint32_t *no)
{
	const struct book_key k = { chart, PARK, key, 0 };

	return ledger_account_require(tx, &k, floor_fen, no);
}

static result open_common(struct ledger_tx *tx, void *arg)
{
	struct bench *b = arg;

	TRY(open_account(tx, CHART_BANK, 1, BOOK_NO_FLOOR, &b->bank));
	for (uint32_t i = 0; i < MERCHANTS; i++)
		TRY(open_account(tx, CHART_MERCHANT_TAKINGS, i + 1, BOOK_NO_FLOOR, &b->takings[i]));
	return OK;
}

static result open_purse(struct ledger_tx *tx, struct bench *b)
{
	struct book_event e = {
		.source = 2, .number = b->opening_number + 1, .kind = KIND_OPENING, .leg_count = 1
	};
	struct book_outcome out;
	uint32_t no;

	TRY(open_account(tx, CHART_MAIN_PURSE, b->opened + 1, 0, &no));
	if (b->opened == 0)
		b->first_purse = no;
	e.event_time = tx->now;
	e.legs[0] = (struct book_leg){ b->bank, no, OPENING_FEN };
	TRY(ledger_post(tx, &e, &out));
	b->opening_number++;
	b->opened++;
	return OK;
}

static result open_some(struct ledger_tx *tx, void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < OPEN_AT_ONCE && b->opened < b->accounts; i++)
		TRY(open_purse(tx, b));
	return OK;
}

static void make_accounts(struct bench *b)
{
	must(ledger_call(b->writer, false, open_common, b), "accounts");
	while (b->opened < b->accounts)
		must(ledger_call(b->writer, false, open_some, b), "accounts");
}

/* ---- the load: a closed loop, each answer is the next request ---- */

static result buy(struct ledger_tx *tx, void *arg)
{
	struct purchase *p = arg;

	p->event.event_time = tx->now;
	return ledger_post(tx, &p->event, &p->outcome);
}

static void next_purchase(struct purchase *p)
{
	struct bench *b = p->bench;
	uint32_t till = (uint32_t)random_below(&b->random, TILLS);
	uint32_t purse = b->first_purse + (uint32_t)random_below(&b->random, b->accounts);
	uint32_t merchant = till % MERCHANTS;
	const struct journal_business of = { .card = purse,
		                             .merchant = merchant + 1,
		                             .terminal = FIRST_TILL + till };

	p->event = (struct book_event){
		.source = FIRST_TILL + till,
		.number = ++b->number[till],
		.digest = random_next(&b->random),
		.kind = KIND_PURCHASE,
		.legs = { { purse, b->takings[merchant],
		            1 + (int64_t)random_below(&b->random, 3000) } },
		.leg_count = 1,
		.counted = purse,
		.window = 1,
	};
	memcpy(p->event.business, &of, sizeof of);
}

static void answered(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	struct bench *b = (struct bench *)((char *)sink - offsetof(struct bench, sink));

	for (size_t i = 0; i < n; i++) {
		struct purchase *p = requests[i]->arg;

		if (!is_ok(p->request.result) || p->outcome.code != SUCCESS)
			b->failed++;
		next_purchase(p);
	}
	b->done += n;
	if (b->stopping || ledger_writer_submit(b->writer, requests, n) != n)
		b->outstanding -= (uint32_t)n;
}

static void sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void start_load(struct bench *b, uint32_t queue)
{
	struct ledger_request *requests[QUEUE_MAX];

	b->stopping = false;
	b->outstanding = queue;
	b->sink.deliver = answered;
	for (uint32_t i = 0; i < queue; i++) {
		purchases[i] = (struct purchase){ .bench = b };
		purchases[i].request = (struct ledger_request){ .work = buy,
			                                        .arg = &purchases[i],
			                                        .sink = &b->sink };
		next_purchase(&purchases[i]);
		requests[i] = &purchases[i].request;
	}
	if (ledger_writer_submit(b->writer, requests, queue) != queue)
		stop("engine_bench: the queue is full");
}

static void stop_load(struct bench *b)
{
	b->stopping = true;
	while (b->outstanding > 0)
		sleep_ms(1);
	if (b->failed)
		stop("engine_bench: %" PRIu64 " purchases failed", b->failed);
}

/* ---- measuring ---- */

struct sample {
	double seconds, cpu_s;
	uint64_t done, written, batches;
	int64_t commit_us;
};

static uint64_t bytes_written(void)
{
	char line[100];
	unsigned long long v = 0;
	FILE *file = fopen("/proc/self/io", "r");

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "write_bytes: %llu", &v) == 1)
			break;
	if (file)
		fclose(file);
	return v;
}

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
		.written = bytes_written(),
		.batches = f.batches,
		.commit_us = f.commit_us_total,
	};
}

/* Run at one queue length; *out is the difference over the time. */
static void run_load(struct bench *b, uint32_t queue, double seconds, struct sample *out)
{
	struct sample from, to;

	start_load(b, queue);
	sleep_ms(300);
	sample_take(b, &from);
	sleep_ms((long)(seconds * 1000));
	sample_take(b, &to);
	stop_load(b);
	*out = (struct sample){ to.seconds - from.seconds, to.cpu_s - from.cpu_s,
		                to.done - from.done,       to.written - from.written,
		                to.batches - from.batches, to.commit_us - from.commit_us };
}

/* "what.measure.queue value unit" */
static void named(const char *what, const char *measure, uint32_t queue, double value,
                  const char *unit)
{
	printf("%s.%s.%u %.6g %s\n", what, measure, queue, value, unit);
	fflush(stdout);
}

static void print_sample(const char *what, uint32_t queue, const struct sample *s)
{
	double batches = (double)(s->batches ? s->batches : 1);
	double done = (double)(s->done ? s->done : 1);

	named(what, "rate", queue, done / s->seconds, "1/s");
	named(what, "batch", queue, done / batches, "purchases");
	named(what, "commit", queue, (double)s->commit_us / batches, "us");
	named(what, "cpu", queue, s->cpu_s * 1e6 / done, "us/purchase");
	named(what, "written", queue, (double)s->written / done, "bytes/purchase");
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
		stop("engine_bench: %s: %s", path, strerror(errno));
	while (monotonic_us() < until) {
		uint32_t sum = crc32c(bytes_of(rows, size));

		memcpy(rows, &sum, sizeof sum);
		if (write(file, rows, size) != (ssize_t)size || fdatasync(file) != 0)
			stop("engine_bench: %s: %s", path, strerror(errno));
		done += queue;
	}
	close(file);
	unlink(path);
	return (double)done * 1e6 / (double)(monotonic_us() - start);
}

/* ---- after the load ---- */

static void require_clean(struct bench *b)
{
	struct ledger_store *reader;
	struct verify_report report;

	must(ledger_store_open(str_of(b->dsn), STORE_READER, "bench", clock_now(clock_system()),
	                       &reader),
	     "reader");
	must(ledger_verify(reader, NULL, &report), "verify");
	ledger_store_close(reader);
	if (!report.clean)
		stop("engine_bench: verify: %s row %" PRIu64 " %s: %s", report.first.table,
		     report.first.row, report.first.field, report.first.text);
	printf("# verify: clean, %" PRIu64 " rows, %" PRIu64 " accounts, %.1f s\n", report.rows,
	       report.accounts, (double)report.took_us / 1e6);
}

static void prepare(struct bench *b, const struct options *o, uint32_t accounts, const char *name)
{
	*b = (struct bench){ .accounts = accounts };
	b->config.clock = clock_system();
	b->config.no_views = true;
	b->config.limits.accounts_hint = accounts + 1000;
	snprintf(b->path, sizeof b->path, "%s/%s.db", o->dir, name);
	snprintf(b->dsn, sizeof b->dsn, "sqlite:%s", b->path);
	random_seeded_init(&b->random, 42);
	open_ledger(b);
	make_accounts(b);
}

static void forget(struct bench *b)
{
	char path[420];

	close_ledger(b);
	for (int i = 0; i < 4; i++) {
		static const char *const ends[] = { "", "-wal", "-shm", "-lock" };

		snprintf(path, sizeof path, "%s%s", b->path, ends[i]);
		unlink(path);
	}
}

/* Killed without write-back under load, then started again: what a crash costs. */
static void measure_restart(struct bench *b)
{
	struct ledger_figures f;
	pid_t child;
	int status;

	close_ledger(b);
	child = fork();
	if (child == 0) {
		open_ledger(b);
		start_load(b, 256);
		sleep_ms(5000);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	open_ledger(b);
	ledger_writer_figures(b->writer, &f);
	figure("restart.rows_replayed", (double)f.replayed, "rows");
	figure("restart.time", (double)f.start_us / 1e6, "s");
}

/* How fast the views take rows when nothing else is to do; leaves the writer without a thread. */
static double views_rate(struct bench *b)
{
	struct ledger_proof proof;
	int64_t start;
	bool more = true;

	close_ledger(b);
	b->config.no_views = false;
	must(ledger_store_open(str_of(b->dsn), STORE_OWNER, "bench", clock_now(clock_system()),
	                       &b->store),
	     "store");
	must(ledger_writer_open(b->store, &b->config, &b->writer), "writer");
	start = monotonic_us();
	while (more && monotonic_us() - start < 3 * SECOND_US)
		must(ledger_idle(b->writer, 100000, &more), "idle");
	must(ledger_idle(b->writer, 1, &more), "idle");
	ledger_writer_proof(b->writer, &proof);
	return (double)proof.views_lsn * 1e6 / (double)(monotonic_us() - start);
}

static void memory_figure(struct bench *b)
{
	struct ledger_figures f;

	ledger_writer_figures(b->writer, &f);
	figure("memory.per_account", (double)f.memory / (double)b->accounts, "bytes");
}

static void main_run(const struct options *o)
{
	static const uint32_t queues[] = { 16, 64, 256, 1024 };
	static struct bench b;
	const uint32_t *queue;
	struct sample s[ARRAY_LEN(queues)];
	double raw[ARRAY_LEN(queues)], views;

	prepare(&b, o, o->accounts, "engine");
	EACH (queue, queues) { /* the limit before and after, so that both see the same disk */
		size_t i = (size_t)(queue - queues);

		raw[i] = raw_limit(o, *queue, o->seconds / 2.0) / 2;
		run_load(&b, *queue, o->seconds, &s[i]);
		raw[i] += raw_limit(o, *queue, o->seconds / 2.0) / 2;
	}
	measure_restart(&b);
	views = views_rate(&b);
	require_clean(&b);
	figure("views.rate", views, "rows/s");
	figure("engine.accounts", o->accounts, "accounts");
	EACH (queue, queues) {
		named("raw", "rate", *queue, raw[queue - queues], "1/s");
		print_sample("engine", *queue, &s[queue - queues]);
	}
	memory_figure(&b);
	forget(&b);
}

/* ---- growth ---- */

static void grown(const struct options *o, uint32_t accounts)
{
	static struct bench b;
	struct sample s;
	char what[60];

	prepare(&b, o, accounts, "growth");
	run_load(&b, 256, o->seconds, &s);
	require_clean(&b);
	snprintf(what, sizeof what, "growth.accounts.%u", accounts);
	print_sample(what, 256, &s);
	forget(&b);
}

static void after_events(const struct options *o)
{
	static const uint64_t events[] = { 1000000, 20000000 };
	static struct bench b;
	const uint64_t *n;
	struct sample s[ARRAY_LEN(events)];

	prepare(&b, o, 1000000, "events");
	EACH (n, events) {
		start_load(&b, 1024);
		while (b.done < *n)
			sleep_ms(20);
		stop_load(&b);
		run_load(&b, 256, o->seconds, &s[n - events]);
	}
	require_clean(&b);
	EACH (n, events) {
		char what[60];

		snprintf(what, sizeof what, "growth.events.%" PRIu64, *n);
		print_sample(what, 256, &s[n - events]);
	}
	forget(&b);
}

/* ---- the command ---- */

static uint32_t number_of(const char *text)
{
	uint64_t v;

	if (!text || !is_ok(str_u64(str_of(text), &v)) || v == 0 || v > BOOK_ACCOUNTS_MAX - 1000)
		stop("engine_bench: not a number: %s", text ? text : "");
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
		else if (strcmp(argv[i], "--growth") == 0)
			o.growth = true;
		else
			stop("engine_bench: unknown option %s", argv[i]);
	}
	if (!o.dir)
		stop("usage: engine_bench --dir DIR [--quick] [--accounts N] [--seconds S] "
		     "[--growth]");
	if (o.quick)
		o.seconds = 3;
	return o;
}

int main(int argc, char **argv)
{
	const struct options o = read_options(argc, argv);

	log_set_level(LOG_LEVEL_WARNING);
	if (mkdir(o.dir, 0700) != 0 && errno != EEXIST)
		stop("engine_bench: %s: %s", o.dir, strerror(errno));
	main_run(&o);
	if (o.quick && !o.growth)
		return 0;
	grown(&o, 100000);
	grown(&o, 5000000);
	after_events(&o);
	return 0;
}
