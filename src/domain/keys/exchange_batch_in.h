/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_batch_in.h — an import under way: what its two halves, checking and storing, share.
 * Private to domain/keys. */
#pragma once

#include "domain/keys/exchange_batch_row.h"
#include "domain/keys/exchange_value.h"

enum exchange_deed { EXCHANGE_ADD, EXCHANGE_SKIP };

/* What is to become of one row. */
struct exchange_step {
	struct ockx_row row;
	struct key_definition k; /* id 0: to be made */
	struct key_order order;
	enum exchange_deed deed;
};

struct exchange_run {
	struct key_act *act;
	const struct exchange_batch_wish *wish;
	struct exchange_batch_result *result;
	struct exchange_zmk *zmk;
	struct exchange_value *value; /* one at a time */
	struct exchange_step *steps;
	size_t count;
};

/* Everything that can be said of all rows without changing anything; steps then says what to do. A
 * row that is refused is named in result->fault. */
result exchange_batch_check(struct exchange_run *r, struct ockx *file);
/* Blame a row for a failure: its line goes into the result and the detail. Returns the failure. */
result exchange_batch_blame(struct exchange_run *r, const struct ockx_row *row, result of);
