/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rest/rest_lists.h"

enum { PAGE_SIZE_DEFAULT = 20, PAGES_MAX = 100000, SEARCH_PEOPLE = 6 };

/* What all numbered lists ask. */
struct list_query {
	struct str query;
	int64_t page;
	struct reports_page rows;
};

static result read_list_query(struct rest_call *c, struct list_query *out)
{
	int64_t size = rest_query_i64(c, "page_size", 1, REPORTS_PAGE_MAX, PAGE_SIZE_DEFAULT);

	out->query = rest_query_text(c, "query", REPORTS_QUERY_MAX);
	out->page = rest_query_i64(c, "page", 1, PAGES_MAX, 1);
	out->rows = (struct reports_page){ .skip = (out->page - 1) * size, .limit = size };
	return rest_query_done(c);
}

static void write_list_end(struct jwrite *j, const struct list_query *q, int64_t total)
{
	jwrite_end_array(j);
	jwrite_i64(j, "page", q->page);
	jwrite_i64(j, "page_size", q->rows.limit);
	jwrite_i64(j, "total", total);
	jwrite_end(j);
}

/* --- people --- */

static void write_person(struct jwrite *j, const char *name, const struct reports_person *row,
                         bool masked)
{
	char shown[REPORTS_MASKED_SIZE];

	jwrite_object(j, name);
	jwrite_u64_text(j, "id", (uint64_t)row->person.id);
	jwrite_text(j, "number", row->person.no);
	jwrite_text(j, "name",
	            masked ? reports_mask(str_of(row->person.name), shown) : row->person.name);
	jwrite_text(j, "department", row->person.department);
	jwrite_i64(j, "class", row->person.class);
	rest_write_word(j, "state", person_state_names[row->person.state]);
	jwrite_text(j, "card_number", row->card_no[0] ? row->card_no : NULL);
	jwrite_end(j);
}

result rest_people_list(struct rest_call *c)
{
	struct list_query q;
	struct reports_people people;
	struct jwrite j;

	TRY(read_list_query(c, &q));
	TRY(reports_people(c->tx, q.query, q.rows, c->request->arena, &people));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	jwrite_array(&j, "items");
	for (size_t i = 0; i < people.count; i++)
		write_person(&j, NULL, &people.rows[i], true);
	write_list_end(&j, &q, people.total);
	return OK;
}

static result write_balance(struct rest_call *c, struct jwrite *j, const char *purse,
                            uint64_t account)
{
	struct account_view view = { 0 };
	result r;

	if (account == 0)
		return OK;
	r = views_account(c->tx, (uint32_t)account, &view);
	if (r.code !=
	    LEDGER_ACCOUNT_UNKNOWN) /* just opened and not in the views yet: nothing is in it */
		TRY(r);
	jwrite_object(j, NULL);
	jwrite_text(j, "purse", purse);
	jwrite_u64_text(j, "account", account);
	jwrite_i64(j, "balance_fen", view.balance.fen);
	jwrite_end(j);
	return OK;
}

static void write_cards(struct jwrite *j, const struct card *cards, size_t count)
{
	jwrite_array(j, "cards");
	for (size_t i = 0; i < count; i++) {
		jwrite_object(j, NULL);
		jwrite_u64_text(j, "id", (uint64_t)cards[i].id);
		jwrite_text(j, "number", cards[i].no);
		rest_write_word(j, "state", card_state_names[cards[i].state]);
		if (cards[i].expires.yyyymmdd)
			rest_write_day(j, "expires", cards[i].expires);
		else
			jwrite_null(j, "expires");
		jwrite_end(j);
	}
	jwrite_end_array(j);
}

result rest_person_get(struct rest_call *c)
{
	struct reports_person row;
	struct card *cards;
	struct jwrite j;
	uint64_t id;
	size_t count;

	TRY(rest_path_id(c, "id", &id));
	TRY(reports_person(c->tx, (int64_t)id, &row));
	TRY(card_list_of_person(c->tx, (int64_t)id, c->request->arena, &cards, &count));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	write_person(&j, "person", &row, false);
	jwrite_array(&j, "balances");
	if (count > 0) { /* every card of a person leads to the same purses */
		TRY(write_balance(c, &j, "main", cards[0].purses.main));
		TRY(write_balance(c, &j, "subsidy", cards[0].purses.subsidy));
	}
	jwrite_end_array(&j);
	write_cards(&j, cards, count);
	jwrite_end(&j);
	return OK;
}

/* --- places --- */

result rest_merchants_list(struct rest_call *c)
{
	struct list_query q;
	struct reports_merchants list;
	struct ledger_proof proof;
	struct jwrite j;

	TRY(read_list_query(c, &q));
	ledger_writer_proof(c->rest->config.writer, &proof);
	TRY(reports_merchants(c->tx, q.query, proof.business_date, q.rows, c->request->arena,
	                      &list));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	jwrite_array(&j, "items");
	for (size_t i = 0; i < list.count; i++) {
		const struct reports_merchant *m = &list.rows[i];

		jwrite_object(&j, NULL);
		jwrite_u64_text(&j, "id", (uint64_t)m->merchant.id);
		jwrite_text(&j, "number", m->merchant.no);
		jwrite_text(&j, "name", m->merchant.name);
		rest_write_word(&j, "state", merchant_state_names[m->merchant.state]);
		rest_write_figure(&j, "today", m->sales, m->takings);
		jwrite_end(&j);
	}
	write_list_end(&j, &q, list.total);
	return OK;
}

static void write_terminal(struct jwrite *j, const struct reports_terminal *t)
{
	jwrite_object(j, NULL);
	jwrite_u64_text(j, "id", t->id);
	jwrite_text(j, "number", t->node_id);
	jwrite_text(j, "name", t->location);
	rest_write_word(j, "type", terminal_type_names[t->type]);
	jwrite_object(j, "merchant");
	jwrite_u64_text(j, "id", (uint64_t)t->merchant_id);
	jwrite_text(j, "number", t->merchant_no);
	jwrite_text(j, "name", t->merchant_name);
	jwrite_end(j);
	rest_write_word(j, "state", terminal_state_names[t->state]);
	jwrite_bool(j, "signed_in", t->is_signed_in);
	rest_write_instant(j, "last_seen_at", t->seen);
	jwrite_end(j);
}

result rest_terminals_list(struct rest_call *c)
{
	struct list_query q;
	struct reports_terminals list;
	struct jwrite j;

	TRY(read_list_query(c, &q));
	TRY(reports_terminals(c->tx, q.query, c->now, q.rows, c->request->arena, &list));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	jwrite_array(&j, "items");
	for (size_t i = 0; i < list.count; i++)
		write_terminal(&j, &list.rows[i]);
	write_list_end(&j, &q, list.total);
	return OK;
}

/* --- search --- */

static void write_hit(struct jwrite *j, const char *kind, uint64_t id, struct str label,
                      struct str detail)
{
	jwrite_object(j, NULL);
	jwrite_text(j, "kind", kind);
	jwrite_u64_text(j, "id", id);
	jwrite_str(j, "label", label);
	jwrite_str(j, "detail", detail);
	jwrite_end(j);
}

static void write_person_hit(struct rest_call *c, struct jwrite *j, struct str query,
                             const struct reports_person *row)
{
	struct arena *a = c->request->arena;
	char shown[REPORTS_MASKED_SIZE];

	reports_mask(str_of(row->person.name), shown);
	if (str_equal(query, str_of(row->card_no)))
		write_hit(j, "card", (uint64_t)row->person.id, query,
		          str_of(row->person.name[0] ? shown : row->person.no));
	else
		write_hit(j, "person", (uint64_t)row->person.id,
		          str_of(row->person.name[0] ? shown : row->person.no),
		          arena_printf(a, "%s %s", row->person.no, row->person.department));
}

/* A number may be a row of the journal too, for those who may see it. */
static result write_transaction_hit(struct rest_call *c, struct jwrite *j, struct str query)
{
	struct reports_chain chain;
	uint64_t lsn;
	char money[MONEY_TEXT_SIZE];
	result r;

	if (!str_is_digits(query) || !is_ok(str_u64(query, &lsn)) || lsn == 0 ||
	    !is_ok(access_require(&c->session.actor, PERMISSION_TRANSACTIONS_READ)))
		return OK;
	r = reports_chain(c->tx, lsn, c->request->arena, &chain);
	if (r.code == LEDGER_ROW_UNKNOWN)
		return OK;
	TRY(r);
	money_text(chain.self.amount, money);
	write_hit(j, "transaction", chain.self.first.lsn, query, str_of(money));
	return OK;
}

result rest_search(struct rest_call *c)
{
	struct reports_people people;
	struct jwrite j;
	struct str query = rest_query_text(c, "query", REPORTS_QUERY_MAX);

	if (query.len == 0 && c->report.count == 0)
		rest_complain(c, "query", "required");
	TRY(rest_query_done(c));
	TRY(reports_people(c->tx, query, (struct reports_page){ 0, SEARCH_PEOPLE },
	                   c->request->arena, &people));
	j = rest_json(c);
	jwrite_object(&j, NULL);
	jwrite_array(&j, "hits");
	for (size_t i = 0; i < people.count; i++)
		write_person_hit(c, &j, query, &people.rows[i]);
	TRY(write_transaction_hit(c, &j, query));
	jwrite_end_array(&j);
	jwrite_end(&j);
	return OK;
}
