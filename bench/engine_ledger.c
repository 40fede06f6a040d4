/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger with funded purses, and tills that buy from it without a pause. */
#include "engine_bench.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine_bench_sql.h"
#include "ledger/verify.h"

void engine_stop(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void engine_must(result r, const char *what)
{
	if (!is_ok(r))
		engine_stop("engine_bench: %s: %s (%s)", what, result_name(r), result_last()->text);
}

void engine_figure(const char *name, double value, const char *unit)
{
	printf("%s %.6g %s\n", name, value, unit);
	fflush(stdout);
}

uint64_t engine_bytes_written(void)
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

void engine_named(const char *what, const char *measure, uint32_t queue, double value,
                  const char *unit)
{
	printf("%s.%s.%u %.6g %s\n", what, measure, queue, value, unit);
	fflush(stdout);
}

/* ---- the store ---- */

static void require_sync(struct bench *b)
{
	struct db_tx *tx;
	int64_t level;

	engine_must(db_begin(ledger_store_db(b->store), &tx), "begin");
	engine_must(db_select_i64(tx, &sql_bench_sync_level, DB_NO_ARGS, &level), "sync level");
	db_rollback(tx);
	if (level < 2)
		engine_stop("engine_bench: the store does not sync at commit: no figures");
}

/* Verify wants them to be there, if only empty. */
static void make_views(struct bench *b)
{
	struct ledger_store *journal;
	struct db *views;

	engine_must(ledger_store_views(b->store, clock_now(clock_system()), &journal, &views),
	            "views");
	ledger_store_close(journal);
	db_close(views);
}

void engine_open(struct bench *b)
{
	engine_must(ledger_store_open(str_of(b->dsn), STORE_OWNER, "bench",
	                              clock_now(clock_system()), &b->store),
	            "store");
	if (b->config.no_views)
		make_views(b);
	require_sync(b);
	engine_must(ledger_writer_open(b->store, &b->config, &b->writer), "writer");
	if (!b->driven)
		engine_must(ledger_writer_start(b->writer), "start");
}

void engine_close(struct bench *b)
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

static void nothing_to_deliver(struct ledger_sink *sink, struct ledger_request *const *requests,
                               size_t n)
{
	(void)sink;
	(void)requests;
	(void)n;
}

static void call(struct bench *b, result (*work)(struct ledger_tx *tx, void *arg))
{
	struct ledger_sink sink = { .deliver = nothing_to_deliver };
	struct ledger_request request = { .work = work, .arg = b, .sink = &sink };
	struct ledger_request *one = &request;

	if (!b->driven) {
		engine_must(ledger_call(b->writer, false, work, b), "accounts");
		return;
	}
	if (ledger_writer_submit(b->writer, &one, 1) != 1)
		engine_stop("engine_bench: the queue is full");
	engine_must(ledger_writer_run_once(b->writer, NULL), "accounts");
	engine_must(request.result, "accounts");
}

static void make_accounts(struct bench *b)
{
	call(b, open_common);
	while (b->opened < b->accounts)
		call(b, open_some);
}

/* ---- the load: a closed loop, each answer is the next request ---- */

static result buy(struct ledger_tx *tx, void *arg)
{
	struct purchase *p = arg;

	p->event.event_time = tx->now;
	return ledger_post(tx, &p->event, &p->outcome);
}

static void buy_soon(const struct ledger_tx *tx, const void *arg)
{
	const struct purchase *p = arg;

	ledger_soon_source(tx, p->event.source);
	ledger_soon_account(tx, p->event.legs[0].debit);
	ledger_soon_account(tx, p->event.legs[0].credit);
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

void engine_sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

void engine_start_load(struct bench *b, uint32_t queue)
{
	struct ledger_request *requests[QUEUE_MAX];

	b->stopping = false;
	b->outstanding = queue;
	b->sink.deliver = answered;
	for (uint32_t i = 0; i < queue; i++) {
		struct purchase *p = &b->purchases[i];

		*p = (struct purchase){ .bench = b };
		p->request = (struct ledger_request){
			.work = buy, .soon = buy_soon, .arg = p, .sink = &b->sink
		};
		next_purchase(p);
		requests[i] = &p->request;
	}
	if (ledger_writer_submit(b->writer, requests, queue) != queue)
		engine_stop("engine_bench: the queue is full");
}

void engine_stop_load(struct bench *b)
{
	b->stopping = true;
	while (b->outstanding > 0) {
		if (b->driven)
			engine_must(ledger_writer_run_once(b->writer, NULL), "batch");
		else
			engine_sleep_ms(1);
	}
	if (b->failed)
		engine_stop("engine_bench: %" PRIu64 " purchases failed", b->failed);
}

/* ---- from nothing to nothing ---- */

void engine_require_clean(struct bench *b)
{
	struct ledger_store *reader;
	struct verify_report report;

	engine_must(ledger_store_open(str_of(b->dsn), STORE_READER, "bench",
	                              clock_now(clock_system()), &reader),
	            "reader");
	engine_must(ledger_verify(reader, NULL, &report), "verify");
	ledger_store_close(reader);
	if (!report.clean)
		engine_stop("engine_bench: verify: %s row %" PRIu64 " %s: %s", report.first.table,
		            report.first.row, report.first.field, report.first.text);
	printf("# verify: clean, %" PRIu64 " rows, %" PRIu64 " accounts, %.1f s\n", report.rows,
	       report.accounts, (double)report.took_us / 1e6);
}

void engine_prepare(struct bench *b, const struct options *o, uint32_t accounts, const char *name)
{
	b->accounts = accounts;
	b->purchases = calloc(QUEUE_MAX, sizeof *b->purchases);
	if (!b->purchases)
		engine_stop("engine_bench: no memory");
	b->config.clock = clock_system();
	b->config.no_views = true;
	b->config.limits.accounts_hint = accounts + 1000;
	snprintf(b->path, sizeof b->path, "%s/%s.db", o->dir, name);
	snprintf(b->dsn, sizeof b->dsn, "sqlite:%s", b->path);
	random_seeded_init(&b->random, 42);
	engine_open(b);
	make_accounts(b);
}

void engine_forget(struct bench *b)
{
	static const char *const ends[] = { "",       "-wal",       "-shm",       ".lock",
		                            ".views", ".views-wal", ".views-shm", ".views.lock" };
	char path[420];

	engine_close(b);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		snprintf(path, sizeof path, "%s%s", b->path, ends[i]);
		unlink(path);
	}
	free(b->purchases);
}
