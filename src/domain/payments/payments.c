/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/payments/payments.h"

#include <stdlib.h>

#include "domain/payments/payment_parts.h"
#include "domain/payments/payment_sql.h"

static result load_limits(struct payments *p, struct db_tx *db)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };

	TRY(db_select(db, &sql_payment_limit_list, DB_NO_ARGS, &rows));
	while (db_next(&rows)) {
		int64_t class = db_i64(&rows, 0);
		if (class < 0 || class > PERSON_CLASS_MAX)
			continue;
		p->limits[class] = (struct payment_limits){
			.cap_fen = db_i64(&rows, 1),
			.purchase_fen = db_i64(&rows, 2),
			.window_fen = db_i64(&rows, 3),
			.day_fen = db_i64(&rows, 4),
			.window_count = db_u32(&rows, 5),
			.day_count = db_u32(&rows, 6),
			.refuse_above = db_bool(&rows, 7),
		};
	}
	return db_done(&rows);
}

result payments_load(struct payments *p, struct db_tx *db)
{
	p->till_count = p->terminals->size + PAYMENTS_TILLS_ROOM;
	p->tills = calloc(p->till_count, sizeof *p->tills);
	if (!p->tills)
		return FAIL(OUT_OF_MEMORY, "totals of %zu terminals", p->till_count);
	return db ? load_limits(p, db) : OK;
}

void payments_deinit(struct payments *p)
{
	free(p->tills);
	p->tills = NULL;
	p->till_count = 0;
}

result payments_set_limits(struct ledger_tx *tx, struct payments *p, uint8_t class,
                           const struct payment_limits *limits)
{
	if (class == 0 || limits->cap_fen < 0 || limits->purchase_fen < 0 ||
	    limits->window_fen < 0 || limits->day_fen < 0)
		return FAIL(PAYMENT_CLASS_INVALID, "class %u", class);
	TRY(db_execute(tx->db, &sql_payment_limit_set,
	               DB_ARGS(db_arg_i64(class), db_arg_i64(limits->cap_fen),
	                       db_arg_i64(limits->purchase_fen), db_arg_i64(limits->window_fen),
	                       db_arg_i64(limits->day_fen), db_arg_i64(limits->window_count),
	                       db_arg_i64(limits->day_count), db_arg_i64(limits->refuse_above),
	                       db_arg_i64(tx->now.us)),
	               NULL));
	p->limits[class] = *limits;
	return OK;
}

/* --- ahead of the work --- */

void payment_soon(const struct ledger_tx *tx, const struct payments *p,
                  const struct payment_request *r)
{
	const struct card_entry *card =
	        r->card_no[0] ? card_cache_find(p->cards, str_of(r->card_no)) : NULL;

	ledger_soon_source(tx, r->source);
	if (r->source >= TERMINAL_ID_FIRST && r->source - TERMINAL_ID_FIRST < p->till_count)
		ledger_soon_account(tx, p->tills[r->source - TERMINAL_ID_FIRST].takings);
	if (!card)
		return;
	ledger_soon_account(tx, (uint32_t)card->main);
	ledger_soon_account(tx, (uint32_t)card->subsidy);
}

/* --- as text --- */

enum limit_type { LIMIT_YUAN, LIMIT_TIMES, LIMIT_ABOVE };

static const struct limit_word {
	const char *name;
	enum limit_type type;
	size_t offset;
} limit_words[] = {
	{ "cap", LIMIT_YUAN, offsetof(struct payment_limits, cap_fen) },
	{ "purchase", LIMIT_YUAN, offsetof(struct payment_limits, purchase_fen) },
	{ "window", LIMIT_YUAN, offsetof(struct payment_limits, window_fen) },
	{ "day", LIMIT_YUAN, offsetof(struct payment_limits, day_fen) },
	{ "window-count", LIMIT_TIMES, offsetof(struct payment_limits, window_count) },
	{ "day-count", LIMIT_TIMES, offsetof(struct payment_limits, day_count) },
	{ "above", LIMIT_ABOVE, offsetof(struct payment_limits, refuse_above) },
};

static result read_limit(const struct limit_word *word, struct str value,
                         struct payment_limits *out)
{
	void *place = (char *)out + word->offset;
	struct money amount;
	uint64_t times;

	if (word->type == LIMIT_YUAN && is_ok(money_parse(value, &amount)) && amount.fen >= 0) {
		*(int64_t *)place = amount.fen;
		return OK;
	}
	if (word->type == LIMIT_TIMES && is_ok(str_u64(value, &times)) && times <= UINT32_MAX) {
		*(uint32_t *)place = (uint32_t)times;
		return OK;
	}
	if (word->type == LIMIT_ABOVE &&
	    (str_equal(value, STR("refuse")) || str_equal(value, STR("pin")))) {
		*(bool *)place = value.at[0] == 'r';
		return OK;
	}
	return FAIL(PAYMENT_LIMITS_SYNTAX, "%s=" STR_FMT, word->name, STR_ARG(value));
}

result payment_limits_parse(struct str text, struct payment_limits *out)
{
	struct payment_limits limits = { 0 };
	struct str item, name, value;

	for (text = str_trim(text); text.len; text = str_trim(text)) {
		const struct limit_word *word, *found = NULL;

		str_cut(text, ' ', &item, &text);
		if (!str_cut(item, '=', &name, &value))
			return FAIL(PAYMENT_LIMITS_SYNTAX, STR_FMT, STR_ARG(item));
		EACH (word, limit_words)
			if (str_equal(name, str_of(word->name)))
				found = word;
		if (!found)
			return FAIL(PAYMENT_LIMITS_SYNTAX, "there is no limit " STR_FMT,
			            STR_ARG(name));
		TRY(read_limit(found, value, &limits));
	}
	*out = limits;
	return OK;
}

/* --- cases --- */

static void read_case(struct db_rows *rows, struct payment_case *out)
{
	char reason[64];

	*out = (struct payment_case){
		.id = db_i64(rows, 0),
		.terminal_id = db_u32(rows, 1),
		.tsn = (uint64_t)db_i64(rows, 2),
		.lsn = (uint64_t)db_i64(rows, 3),
		.amount_fen = db_i64(rows, 6),
		.event_time = { db_i64(rows, 7) },
		.filed_at = { db_i64(rows, 8) },
	};
	db_text(rows, 4, reason, sizeof reason);
	out->reason = result_by_name(reason);
	db_text(rows, 5, out->card_no, sizeof out->card_no);
}

result payment_case_list(struct db_tx *db, int64_t before, size_t limit, struct arena *a,
                         struct payment_case **rows, size_t *count)
{
	SCOPED(db_rows_close) struct db_rows found = { 0 };

	if (limit == 0 || limit > PAYMENT_CASES_MAX)
		limit = PAYMENT_CASES_MAX;
	*rows = arena_array(a, limit, sizeof **rows);
	*count = 0;
	TRY(db_select(db, &sql_payment_case_list,
	              DB_ARGS(db_arg_i64(before), db_arg_i64((int64_t)limit)), &found));
	while (*count < limit && db_next(&found))
		read_case(&found, &(*rows)[(*count)++]);
	return db_done(&found);
}
