/* SPDX-License-Identifier: Apache-2.0 */
/* engine_bench.h — a ledger under a load of purchases: what the parts of engine_bench share. */
#pragma once

#include <stdatomic.h>
#include <stdio.h>

#include "base/attrs.h"
#include "base/rand.h"
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
	bool quick, growth, only_accounts, only_events;
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
	struct purchase *purchases; /* QUEUE_MAX */
	bool driven;                /* its writer has no thread: the bench runs its batches */
	_Atomic bool stopping;
	_Atomic uint64_t done, failed;
	_Atomic uint32_t outstanding;
};

/* A till buys, again and again. */
struct purchase {
	struct ledger_request request;
	struct bench *bench;
	struct book_event event;
	struct book_outcome outcome;
};

ATTR_NORETURN void engine_stop(const char *format, ...) ATTR_PRINTF(1, 2);
void engine_must(result r, const char *what);
void engine_figure(const char *name, double value, const char *unit);
/* "what.measure.queue value unit" */
void engine_named(const char *what, const char *measure, uint32_t queue, double value,
                  const char *unit);
uint64_t engine_bytes_written(void); /* by this process, to disks */
void engine_sleep_ms(long ms);

/* engine_ledger.c: a new ledger with so many purses, each funded; `*b` is zero but for `driven`. */
void engine_prepare(struct bench *b, const struct options *o, uint32_t accounts, const char *name);
void engine_forget(struct bench *b);
void engine_open(struct bench *b);
void engine_close(struct bench *b);
void engine_require_clean(struct bench *b); /* verify finds nothing */
/* A closed loop: `queue` purchases under way, each answer is the next request. */
void engine_start_load(struct bench *b, uint32_t queue);
void engine_stop_load(struct bench *b);

/* engine_growth.c */
void engine_by_accounts(const struct options *o);
void engine_by_events(const struct options *o);
