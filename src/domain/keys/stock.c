/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/stock.h"

#include <inttypes.h>

#include "domain/keys/kms_sql.h"
#include "domain/keys/stock_rows.h"

const char *const stock_kind_names[] = {
	"USER_CARD",     "PSAM",      "ISAM",           "VENDOR_AUTH", "ISSUE_MOTHER", "ISSUE_AUTH",
	"WASH_MOTHER",   "WASH_AUTH", "CONTROL_MOTHER", "TRANSPORT",   "ADMIN",        "OPERATOR",
	"AUTHORISATION", NULL
};
#define STATES                                                                                     \
	"RECEIVED", "IN_STORE", "ISSUED_TO_OP", "FINISHED", "DELIVERED", "INSTALLED", "RETURNED",  \
	        "LOST", "WASTE", "WASTE_STORE", "SHREDDED"

const char *const stock_state_names[] = { STATES, NULL };
const char *const stock_origin_names[] = { STATES, "", NULL };

/* --- the moves there are (keys 17) --- */

static const struct step {
	enum stock_state from, to;
	bool needs_reason;
} steps[] = {
	{ STOCK_IS_RECEIVED, STOCK_IS_IN_STORE, false },
	{ STOCK_IS_RECEIVED, STOCK_IS_WASTE, true },
	{ STOCK_IS_RECEIVED, STOCK_IS_LOST, true },
	{ STOCK_IS_IN_STORE, STOCK_IS_ISSUED_TO_OP, false },
	{ STOCK_IS_IN_STORE, STOCK_IS_WASTE, true },
	{ STOCK_IS_IN_STORE, STOCK_IS_LOST, true },
	{ STOCK_IS_ISSUED_TO_OP, STOCK_IS_FINISHED, false },
	{ STOCK_IS_ISSUED_TO_OP, STOCK_IS_IN_STORE, false }, /* handed back unused */
	{ STOCK_IS_ISSUED_TO_OP, STOCK_IS_WASTE, true },
	{ STOCK_IS_ISSUED_TO_OP, STOCK_IS_LOST, true },
	{ STOCK_IS_FINISHED, STOCK_IS_DELIVERED, false },
	{ STOCK_IS_FINISHED, STOCK_IS_WASTE, true },
	{ STOCK_IS_FINISHED, STOCK_IS_LOST, true },
	{ STOCK_IS_DELIVERED, STOCK_IS_INSTALLED, false },
	{ STOCK_IS_DELIVERED, STOCK_IS_RETURNED, false },
	{ STOCK_IS_DELIVERED, STOCK_IS_LOST, true },
	{ STOCK_IS_INSTALLED, STOCK_IS_RETURNED, false },
	{ STOCK_IS_INSTALLED, STOCK_IS_LOST, true },
	{ STOCK_IS_RETURNED, STOCK_IS_FINISHED, false }, /* good for another place */
	{ STOCK_IS_RETURNED, STOCK_IS_WASTE, true },
	{ STOCK_IS_RETURNED, STOCK_IS_LOST, true },
	{ STOCK_IS_LOST, STOCK_IS_RETURNED, true }, /* found again */
	{ STOCK_IS_WASTE, STOCK_IS_WASTE_STORE, false },
	{ STOCK_IS_WASTE, STOCK_IS_IN_STORE, true }, /* washed, 洗卡 */
	{ STOCK_IS_WASTE, STOCK_IS_LOST, true },
	{ STOCK_IS_WASTE_STORE, STOCK_IS_SHREDDED, false },
	{ STOCK_IS_WASTE_STORE, STOCK_IS_LOST, true },
};

static const struct step *find_step(enum stock_state from, enum stock_state to)
{
	const struct step *s;

	EACH (s, steps)
		if (s->from == from && s->to == to)
			return s;
	return NULL;
}

bool stock_may_move(enum stock_state from, enum stock_state to)
{
	return find_step(from, to) != NULL;
}

bool stock_needs_reason(enum stock_state from, enum stock_state to)
{
	const struct step *s = find_step(from, to);

	return s && s->needs_reason;
}

bool stock_is_inside(enum stock_state s)
{
	return s != STOCK_IS_DELIVERED && s != STOCK_IS_INSTALLED && s != STOCK_IS_LOST &&
	       s != STOCK_IS_SHREDDED;
}

/* --- cards --- */

static void read_card(struct db_rows *rows, struct stock_card *c)
{
	*c = (struct stock_card){
		.kind = (enum stock_kind)db_enum(rows, 1, stock_kind_names),
		.state = (enum stock_state)db_enum(rows, 2, stock_state_names),
		.day = { db_u32(rows, 5) },
		.changed = { db_i64(rows, 6) },
	};
	db_text(rows, 0, c->chip, sizeof c->chip);
	db_text(rows, 3, c->place, sizeof c->place);
	db_text(rows, 4, c->number, sizeof c->number);
}

result stock_card_find(struct db_tx *tx, struct str chip, struct stock_card *out, bool *found)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(tx, &sql_stock_card_by_chip, DB_ARGS(db_arg_str(chip)), &rows));
	*found = db_next(&rows);
	if (*found)
		read_card(&rows, out);
	return db_done(&rows);
}

result stock_card_load(struct db_tx *tx, struct str chip, struct stock_card *out)
{
	bool found;

	TRY(stock_card_find(tx, chip, out, &found));
	return found ? OK : FAIL(STOCK_NOT_FOUND, "chip " STR_FMT, STR_ARG(chip));
}

result stock_require(struct db_tx *tx, struct str chip, enum stock_kind kind,
                     enum stock_state state)
{
	struct stock_card c;

	TRY(stock_card_load(tx, chip, &c));
	if (c.kind != kind)
		return FAIL(STOCK_KIND, "%s is %s", c.chip, stock_kind_names[c.kind]);
	if (c.state != state)
		return FAIL(STOCK_MOVE, "%s is %s", c.chip, stock_state_names[c.state]);
	return OK;
}

result stock_card_list(struct db_tx *tx, const struct stock_shelf *shelf, struct arena *a,
                       struct stock_card **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, STOCK_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_stock_card_list,
	              DB_ARGS(db_arg_text(stock_kind_names[shelf->kind]),
	                      db_arg_text(stock_state_names[shelf->state]),
	                      db_arg_str(shelf->after), db_arg_i64(STOCK_ROWS_MAX)),
	              &rows));
	while (*count < STOCK_ROWS_MAX && db_next(&rows))
		read_card(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result stock_where(struct db_tx *tx, struct arena *a, struct stock_heap **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, STOCK_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_stock_where, DB_ARGS(db_arg_i64(STOCK_ROWS_MAX)), &rows));
	while (*count < STOCK_ROWS_MAX && db_next(&rows)) {
		struct stock_heap *h = &(*out)[(*count)++];

		h->kind = (enum stock_kind)db_enum(&rows, 0, stock_kind_names);
		h->state = (enum stock_state)db_enum(&rows, 1, stock_state_names);
		db_text(&rows, 2, h->place, sizeof h->place);
		h->count = db_i64(&rows, 3);
	}
	return db_done(&rows);
}

/* --- vouchers --- */

static void read_voucher(struct db_rows *rows, struct stock_voucher *v)
{
	*v = (struct stock_voucher){
		.id = db_i64(rows, 0),
		.kind = (enum stock_kind)db_enum(rows, 2, stock_kind_names),
		.to = (enum stock_state)db_enum(rows, 3, stock_state_names),
		.count = db_u32(rows, 4),
		.day = { db_u32(rows, 11) },
		.at = { db_i64(rows, 13) },
	};
	db_text(rows, 1, v->number, sizeof v->number);
	db_text(rows, 5, v->giver, sizeof v->giver);
	db_text(rows, 6, v->taker, sizeof v->taker);
	db_text(rows, 7, v->place, sizeof v->place);
	db_text(rows, 8, v->reason, sizeof v->reason);
	db_text(rows, 9, v->signed_first, sizeof v->signed_first);
	db_text(rows, 10, v->signed_second, sizeof v->signed_second);
	db_text(rows, 12, v->actor, sizeof v->actor);
}

result stock_voucher_list(struct db_tx *tx, const struct stock_filter *f, struct arena *a,
                          struct stock_voucher **out, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	size_t limit = f->limit < STOCK_ROWS_MAX ? f->limit : STOCK_ROWS_MAX;

	*out = arena_array(a, limit + 1, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_stock_voucher_list,
	              DB_ARGS(db_arg_i64(f->from.yyyymmdd),
	                      db_arg_i64(f->to.yyyymmdd ? f->to.yyyymmdd : STOCK_LAST_DAY),
	                      db_arg_i64(f->before ? f->before : INT64_MAX),
	                      db_arg_i64((int64_t)limit)),
	              &rows));
	while (*count < limit && db_next(&rows))
		read_voucher(&rows, &(*out)[(*count)++]);
	return db_done(&rows);
}

result stock_voucher_chips(struct db_tx *tx, int64_t id, struct arena *a, struct str **chips,
                           size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*chips = arena_array(a, STOCK_ITEMS_MAX, sizeof **chips);
	*count = 0;
	TRY(db_select(tx, &sql_stock_voucher_chips, DB_ARGS(db_arg_i64(id)), &rows));
	while (*count < STOCK_ITEMS_MAX && db_next(&rows))
		(*chips)[(*count)++] = db_str(&rows, 0, a);
	TRY(db_done(&rows));
	return *count ? OK : FAIL(STOCK_NOT_FOUND, "voucher %" PRId64, id);
}

result stock_history(struct db_tx *tx, struct str chip, struct arena *a, struct stock_step **out,
                     size_t *count)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	*out = arena_array(a, STOCK_ROWS_MAX, sizeof **out);
	*count = 0;
	TRY(db_select(tx, &sql_stock_history, DB_ARGS(db_arg_str(chip), db_arg_i64(STOCK_ROWS_MAX)),
	              &rows));
	while (*count < STOCK_ROWS_MAX && db_next(&rows)) {
		struct stock_step *s = &(*out)[(*count)++];
		int from = db_enum(&rows, 14, stock_origin_names);

		read_voucher(&rows, &s->voucher);
		db_text(&rows, 15, s->number, sizeof s->number);
		s->is_first = from == STOCK_STATES;
		s->from = s->is_first ? STOCK_IS_RECEIVED : (enum stock_state)from;
	}
	TRY(db_done(&rows));
	return *count ? OK : FAIL(STOCK_NOT_FOUND, "chip " STR_FMT, STR_ARG(chip));
}
