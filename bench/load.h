/* SPDX-License-Identifier: Apache-2.0 */
/* load.h — many terminals selling at once: what the load generator measures and how. */
#pragma once

#include "bench/histogram.h"
#include "device/line/line.h"
#include "programs/kms_beside.h"
#include "programs/sam_file.h"

enum { LOAD_NODES_MAX = 65536 };

struct load_plan {
	const char *address; /* of the daemon */
	unsigned nodes;      /* terminals that sell */
	unsigned links;      /* 0: a line of its own for each; else they share so many */
	unsigned cards;      /* numbers LOAD_CARD_FIRST … */
	enum suite suite;
	int64_t warm_us, run_us;
	unsigned rate; /* 0: each asks again when answered; else so many a second in all */
	struct sam **sams;
	int64_t (*sample)(void *arg); /* read when measuring begins and ends, e.g. the daemon's
	                                 processor time; may be NULL */
	void *sample_arg;
};

struct load_outcome {
	struct histogram latency;
	uint64_t approved, refused, busy, resent;
	int64_t took_us, sign_in_us;
	int64_t sampled; /* by how much the sample grew */
};

enum { LOAD_CARD_FIRST = 50000001, LOAD_CARD_BALANCE_FEN = 100000000 };

/* Sign everybody in, then sell. The daemon runs on the system's clock. */
result load_run(const struct load_plan *plan, struct load_outcome *out);

/* Register terminals and cards in a new site. */
result load_prepare(struct platform *p, unsigned nodes, unsigned cards);
/* SAM of terminal number n (0…). */
result load_sam(const struct sam_source *source, unsigned n, struct sam **out);
