/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_lists.h"

#include <stdio.h>

enum { LIMIT_DEFAULT = 50 };

static const int64_t fen_max = 9007199254740991; /* what every JSON reader takes whole */

static result answer_page(struct rest_call *c, const struct reports_filter *filter)
{
	struct reports_transactions page;
	struct jwrite j;

	TRY(reports_transactions(c->tx, filter, c->request->arena, &page));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	jwrite_array(&j, "items");
	for (size_t i = 0; i < page.count; i++)
		rest_write_transaction(&j, NULL, &page.rows[i], true);
	jwrite_end_array(&j);
	if (page.next)
		jwrite_u64_text(&j, "next", page.next);
	else
		jwrite_null(&j, "next");
	jwrite_end(&j);
	return OK;
}

result rest_transactions_list(struct rest_call *c)
{
	static const char *const states[] = { "done", "refused", NULL };
	int kind = rest_query_choice(c, "kind", rest_kind_names);
	int state = rest_query_choice(c, "state", states);
	struct reports_filter f = {
		.from = rest_query_day(c, "from"),
		.to = rest_query_day(c, "to"),
		.kind = kind < 0 ? KIND_NONE : (enum event_kind)(kind + 1),
		.only_done = state == 0,
		.only_refused = state == 1,
		.merchant = (int64_t)rest_query_id(c, "merchant"),
		.terminal = (int64_t)rest_query_id(c, "terminal"),
		.person = (int64_t)rest_query_id(c, "person"),
		.card_no = rest_query_text(c, "card", CARD_NO_MAX),
		.code = rest_query_code(c, "code"),
		.min_fen = rest_query_i64(c, "min_fen", 0, fen_max, 0),
		.max_fen = rest_query_i64(c, "max_fen", 0, fen_max, 0),
		.before = rest_query_id(c, "before"),
		.limit = (uint32_t)rest_query_i64(c, "limit", 1, REPORTS_PAGE_MAX, LIMIT_DEFAULT),
	};

	if (f.merchant > UINT32_MAX)
		rest_complain(c, "merchant", "range");
	if (f.terminal > UINT32_MAX)
		rest_complain(c, "terminal", "range");
	TRY(rest_query_done(c));
	return answer_page(c, &f);
}

result rest_person_transactions(struct rest_call *c)
{
	struct reports_person row;
	struct reports_filter f = {
		.before = rest_query_id(c, "before"),
		.limit = (uint32_t)rest_query_i64(c, "limit", 1, REPORTS_PAGE_MAX, LIMIT_DEFAULT),
	};
	uint64_t id;

	TRY(rest_query_done(c));
	TRY(rest_path_id(c, "id", &id));
	TRY(reports_person(c->tx, (int64_t)id, &row));
	f.person = (int64_t)id;
	return answer_page(c, &f);
}

/* --- the chain of one --- */

static void write_account(struct jwrite *j, const char *name, const struct reports_account *a)
{
	char code[8];

	jwrite_object(j, name);
	jwrite_u64_text(j, "account", a->no);
	snprintf(code, sizeof code, "%04u", a->chart ? a->chart->code : 0U);
	jwrite_text(j, "chart", code);
	jwrite_text(j, "name_zh", a->chart ? a->chart->zh : "");
	jwrite_text(j, "name_en", a->chart ? a->chart->en : "");
	if (a->owner.id)
		jwrite_str(j, "owner", a->owner.name.len ? a->owner.name : a->owner.no);
	else
		jwrite_null(j, "owner");
	jwrite_end(j);
}

static void write_legs(struct jwrite *j, const struct reports_chain *chain)
{
	jwrite_array(j, "legs");
	for (size_t i = 0; i < chain->leg_count; i++) {
		jwrite_object(j, NULL);
		jwrite_u64_text(j, "lsn", chain->legs[i].lsn);
		write_account(j, "debit", &chain->legs[i].debit);
		write_account(j, "credit", &chain->legs[i].credit);
		jwrite_i64(j, "amount_fen", chain->legs[i].amount.fen);
		jwrite_end(j);
	}
	jwrite_end_array(j);
}

static void write_record(struct jwrite *j, const struct entry *e)
{
	jwrite_object(j, "record");
	jwrite_u64_text(j, "source", e->source);
	jwrite_u64_text(j, "number", e->number);
	jwrite_i64(j, "card_counter", e->card_counter);
	jwrite_u64_text(j, "operator", e->operator_id);
	jwrite_i64(j, "meal_period", e->meal);
	jwrite_i64(j, "mode", e->mode);
	jwrite_bool(j, "offline", e->flags & JOURNAL_OFFLINE);
	jwrite_bool(j, "forced", e->flags & JOURNAL_FORCED);
	jwrite_end(j);
}

result rest_transaction_get(struct rest_call *c)
{
	struct reports_chain chain;
	struct jwrite j;
	uint64_t lsn;

	TRY(rest_path_id(c, "lsn", &lsn));
	TRY(reports_chain(c->tx, lsn, c->request->arena, &chain));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	rest_write_transaction(&j, "transaction", &chain.self, false);
	if (chain.original)
		rest_write_transaction(&j, "original", chain.original, false);
	else
		jwrite_null(&j, "original");
	jwrite_array(&j, "later");
	for (size_t i = 0; i < chain.later_count; i++)
		rest_write_transaction(&j, NULL, &chain.later[i], false);
	jwrite_end_array(&j);
	write_legs(&j, &chain);
	write_record(&j, &chain.self.first);
	jwrite_object(&j, "place");
	rest_write_batch(&j, "batch", &chain.batch);
	rest_write_batch(&j, "previous", &chain.previous);
	rest_write_batch(&j, "next", &chain.next);
	jwrite_end(&j);
	jwrite_end(&j);
	return OK;
}
