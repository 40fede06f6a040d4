/* SPDX-License-Identifier: Apache-2.0 */
/* make.h — fill a new site with the invented campus of plan.h, every fen of it through the posting
 * path of real terminals. */
#pragma once

#include "programs/demo/plan.h"
#include "programs/platform.h"

struct demo_order {
	uint64_t seed;
	unsigned days;        /* of history, 1…DEMO_DAYS */
	struct instant until; /* history ends here; so many business days before it begins */
	void (*progress)(void *arg, unsigned done, unsigned total); /* days; may be NULL */
	void *arg;
};

struct demo_result {
	uint64_t purchases, declined, topups, refunds, voids;
	int64_t purchases_fen, topups_fen;
};

/*
 * The platform's clock is `clock` and is driven from here; its writer's thread is not started. The
 * site must be empty: DEMO_NOT_EMPTY. What the parts say.
 */
result demo_make(struct platform *p, struct clock_manual *clock, const struct demo_order *order,
                 struct demo_result *out);

/* Registry number of a till (0…DEMO_TERMINALS-1) or, from DEMO_TERMINALS on, of a desk; and its
 * node id. */
uint32_t demo_terminal_id(unsigned terminal);
void demo_node_id(unsigned terminal, char out[TERMINAL_NODE_ID_LEN + 1]);
