/* SPDX-License-Identifier: Apache-2.0 */
/* report.h — what a replay did and what the site's book now holds, as JSON. Reference:
 * docs/replay.md. */
#pragma once

#include "base/json.h"
#include "ledger/verify.h"
#include "programs/platform.h"
#include "programs/replay/run.h"

/* Everything a report is made of; borrowed. */
struct report_input {
	const struct replay_data *data;
	const struct schedule *schedule;
	const struct replay_run *run;
	struct platform *platform;   /* of the site, the daemon being stopped */
	struct ledger_store *reader; /* query-only: the views */
	const struct verify_report *verify;
	unsigned restarts;
};

/* How the run went, in short: for the command's exit status. */
struct report_verdict {
	uint64_t unanswered;          /* rows without a definite answer */
	uint64_t unexpected_attempts; /* refused attempts that were not refused as the data says and
	                                 that nothing explains */
	uint64_t unexplained_balances;
};

result report_write(const struct report_input *in, struct buf *out, struct report_verdict *verdict);
