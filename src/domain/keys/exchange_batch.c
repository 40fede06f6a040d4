/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/exchange_batch_row.h"

#include "domain/keys/kms_sql.h"

const char *const exchange_direction_names[] = { "out", "in", NULL };

static void read_row(struct db_rows *rows, struct exchange_batch *b)
{
	b->id = db_i64(rows, 0);
	b->direction = (enum exchange_direction)db_enum(rows, 1, exchange_direction_names);
	db_text(rows, 2, b->code, sizeof b->code);
	db_text(rows, 3, b->zmk, sizeof b->zmk);
	db_fixed(rows, 4, b->sha256, sizeof b->sha256);
	b->count = db_u32(rows, 5);
	b->created.us = db_i64(rows, 6);
}

result exchange_batch_find(struct db_tx *tx, enum exchange_direction d, const char *code,
                           struct exchange_batch *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_exchange_batch_by_code,
	              DB_ARGS(db_arg_text(exchange_direction_names[d]), db_arg_text(code)), &rows));
	*found = db_next(&rows);
	if (*found)
		read_row(&rows, out);
	return db_done(&rows);
}

result exchange_batch_add(struct key_act *act, struct exchange_batch *b)
{
	b->created = act->now;
	return db_select_i64(act->tx, &sql_exchange_batch_add,
	                     DB_ARGS(db_arg_text(exchange_direction_names[b->direction]),
	                             db_arg_text(b->code), db_arg_text(b->zmk),
	                             db_arg_bytes(bytes_of(b->sha256, sizeof b->sha256)),
	                             db_arg_i64((int64_t)b->count), db_arg_i64(b->created.us)),
	                     &b->id);
}

result exchange_batch_list(struct db_tx *tx, struct arena *a, struct exchange_batch **out,
                           size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, EXCHANGE_BATCHES_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_exchange_batch_list, DB_ARGS(db_arg_i64(EXCHANGE_BATCHES_MAX)),
	              &rows));
	while (*count < EXCHANGE_BATCHES_MAX && db_next(&rows))
		read_row(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result exchange_go_on(const struct exchange_progress *p, size_t done, size_t total)
{
	if (p->step && !p->step(p->owner, done, total))
		return FAIL(EXCHANGE_STOPPED, "after %zu of %zu", done, total);
	return OK;
}
