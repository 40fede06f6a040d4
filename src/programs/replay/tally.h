/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h — the answers of a replay counted and compared with what the data says. Pure. */
#pragma once

#include "programs/replay/chain.h"
#include "programs/replay/run.h"

enum { TALLY_CODES_MAX = 64, TALLY_EXAMPLES_MAX = 100 };

struct tally_code {
	char code[3];
	uint64_t count;
};

/* A balance, or an answer to an attempt, that is not what the data says. */
struct tally_deviation {
	uint64_t number; /* Index or AttemptNo */
	int64_t expected_fen, got_fen;
	char code[3];
	bool explained; /* by a record of that card which never arrived */
};

struct tally {
	uint64_t uploads, posted, duplicates, exceptions, unanswered;
	struct tally_code refused[TALLY_CODES_MAX];
	size_t refused_count;
	uint64_t attempts, attempts_as_expected, attempts_explained;
	uint64_t events;
	uint64_t balances, balances_equal, balances_explained;
	struct tally_deviation deviations[TALLY_EXAMPLES_MAX]; /* unexplained ones first come, first
	                                                          kept; then explained */
	size_t deviation_count;
};

/* Aborts when memory is out. */
void tally_count(const struct replay_run *run, struct tally *out);
