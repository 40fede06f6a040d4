/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/views.h"
#include "programs/replay/tally.h"
#include "programs/requests.h"

/* --- from the answers --- */

static void write_tally(struct jwrite *j, const struct tally *t)
{
	jwrite_i64(j, "uploads", (int64_t)t->uploads);
	jwrite_i64(j, "posted", (int64_t)t->posted);
	jwrite_i64(j, "duplicates", (int64_t)t->duplicates);
	jwrite_i64(j, "exceptions", (int64_t)t->exceptions);
	jwrite_i64(j, "unanswered", (int64_t)t->unanswered);
	jwrite_object(j, "refused");
	for (size_t i = 0; i < t->refused_count; i++)
		jwrite_i64(j, t->refused[i].code, (int64_t)t->refused[i].count);
	jwrite_end(j);
	jwrite_object(j, "attempts");
	jwrite_i64(j, "count", (int64_t)t->attempts);
	jwrite_i64(j, "as_expected", (int64_t)t->attempts_as_expected);
	jwrite_i64(j, "explained", (int64_t)t->attempts_explained);
	jwrite_i64(j, "unexplained",
	           (int64_t)(t->attempts - t->attempts_as_expected - t->attempts_explained));
	jwrite_end(j);
	jwrite_i64(j, "card_events", (int64_t)t->events);
	jwrite_object(j, "balances");
	jwrite_i64(j, "compared", (int64_t)t->balances);
	jwrite_i64(j, "equal", (int64_t)t->balances_equal);
	jwrite_i64(j, "explained", (int64_t)t->balances_explained);
	jwrite_i64(j, "unexplained",
	           (int64_t)(t->balances - t->balances_equal - t->balances_explained));
	jwrite_end(j);
	jwrite_array(j, "deviations");
	for (size_t i = 0; i < t->deviation_count; i++) {
		const struct tally_deviation *d = &t->deviations[i];

		jwrite_object(j, NULL);
		jwrite_i64(j, "number", (int64_t)d->number);
		jwrite_text(j, "code", d->code);
		jwrite_i64(j, "expected_fen", d->expected_fen);
		jwrite_i64(j, "got_fen", d->got_fen);
		jwrite_bool(j, "explained", d->explained);
		jwrite_end(j);
	}
	jwrite_end_array(j);
}

/* --- from the book: sums --- */

/* A sum under one heading. */
struct heading {
	char name[MERCHANT_NAME_MAX + 24];
	char type[16];
	int64_t count, spent_fen, loaded_fen;
};

struct headings {
	struct heading rows[1024];
	size_t count;
};

static const char *type_of(enum event_kind kind)
{
	switch (kind) {
	case KIND_PURCHASE:
		return "消费";
	case KIND_TOPUP:
		return "存款";
	case KIND_SUBSIDY:
		return "补助";
	default:
		return NULL; /* openings and accounts are no uploads */
	}
}

static void add_heading(struct headings *h, const char *name, const struct day_total *t)
{
	const char *type = type_of(t->kind);
	size_t i = 0;

	if (!type)
		return;
	while (i < h->count &&
	       (strcmp(h->rows[i].name, name) != 0 || strcmp(h->rows[i].type, type) != 0))
		i++;
	if (i == ARRAY_LEN(h->rows))
		return;
	if (i == h->count) {
		str_copy(str_of(name), h->rows[i].name, sizeof h->rows[i].name);
		str_copy(str_of(type), h->rows[i].type, sizeof h->rows[i].type);
		h->count++;
	}
	h->rows[i].count += (int64_t)t->count;
	if (t->kind == KIND_PURCHASE)
		h->rows[i].spent_fen += t->sum.fen;
	else
		h->rows[i].loaded_fen += t->sum.fen;
}

static int by_name(const void *a, const void *b)
{
	const struct heading *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->type, y->type);
}

static void write_headings(struct jwrite *j, const char *name, struct headings *h)
{
	qsort(h->rows, h->count, sizeof *h->rows, by_name);
	jwrite_array(j, name);
	for (size_t i = 0; i < h->count; i++) {
		jwrite_object(j, NULL);
		if (h->rows[i].name[0])
			jwrite_text(j, "name", h->rows[i].name);
		jwrite_text(j, "type", h->rows[i].type);
		jwrite_i64(j, "count", h->rows[i].count);
		jwrite_i64(j, "spent_fen", h->rows[i].spent_fen);
		jwrite_i64(j, "loaded_fen", h->rows[i].loaded_fen);
		jwrite_end(j);
	}
	jwrite_end_array(j);
}

static void add_total(struct headings by[3], const struct platform *p, const struct day_total *t)
{
	const struct merchant *m = merchant_cache_find(&p->merchants, t->merchant);
	char day[16];

	snprintf(day, sizeof day, "%04u-%02u-%02u", t->event_date.yyyymmdd / 10000,
	         t->event_date.yyyymmdd / 100 % 100, t->event_date.yyyymmdd % 100);
	add_heading(&by[0], "", t);
	add_heading(&by[1], m ? m->name : "", t);
	add_heading(&by[2], day, t);
}

static result write_totals(struct jwrite *j, const struct report_input *in)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	SCOPED(arena_free) struct arena arena = { 0 };
	struct headings *by = calloc(3, sizeof *by);
	struct day_totals totals;
	result r;

	ASSERT(by);
	r = db_begin(ledger_store_db(in->reader), &tx);
	if (is_ok(r))
		r = views_day_totals(tx, (struct bizdate){ 19700101 }, (struct bizdate){ 99991231 },
		                     &arena, &totals);
	if (is_ok(r)) {
		for (size_t i = 0; i < totals.count; i++)
			add_total(by, in->platform, &totals.at[i]);
		jwrite_object(j, "totals");
		write_headings(j, "by_type", &by[0]);
		write_headings(j, "by_place", &by[1]);
		write_headings(j, "by_business_day", &by[2]);
		jwrite_end(j);
	}
	free(by);
	return r;
}

/* --- from the book: numbers that have not come --- */

static result missing_of(struct ledger_tx *tx, void *arg)
{
	const struct report_input *in = ((void **)arg)[0];
	struct jwrite *j = ((void **)arg)[1];

	jwrite_array(j, "missing");
	for (size_t i = 0; i < in->data->terminal_count; i++) {
		uint32_t number = in->data->terminals[i].number;
		struct book_source_state s;

		if (!book_source(tx->book, replay_terminal_id(in->platform, number), &s))
			continue;
		for (uint32_t g = 0; g < s.gap_count; g++)
			for (uint64_t tsn = s.gaps[g].from; tsn <= s.gaps[g].to; tsn++) {
				jwrite_object(j, NULL);
				jwrite_i64(j, "terminal", number);
				jwrite_i64(j, "serial",
				           (int64_t)schedule_serial(in->schedule, in->data, number,
				                                    tsn));
				jwrite_end(j);
			}
	}
	jwrite_end_array(j);
	return OK;
}

/* --- from the journal: chains of balances --- */

struct link_list {
	struct chain_link *at;
	size_t count, size;
};

static bool is_of_a_card(const struct journal_row *row, const struct journal_business *b)
{
	return row->kind != KIND_ACCOUNT_OPEN && row->kind != KIND_ACCOUNT_CHANGE &&
	       b->card_counter != 0 && row->code == 0;
}

static void add_link(struct link_list *l, const struct chain_link *link)
{
	if (l->count == l->size) {
		l->size = l->size ? 2 * l->size : 4096;
		l->at = realloc(l->at, l->size * sizeof *l->at);
		ASSERT(l->at);
	}
	l->at[l->count++] = *link;
}

/* Events that name the card's counter: openings and stored records. Legs of one event follow one
 * another. */
static result collect(void *arg, const struct journal_batch *batch)
{
	struct link_list *l = arg;

	for (size_t i = 0; i < journal_batch_rows(batch); i++) {
		const struct journal_row *row = &batch->rows[i];
		struct journal_business b;
		int64_t delta = row->kind == KIND_PURCHASE ? -row->amount_fen : row->amount_fen;

		memcpy(&b, row->business, sizeof b);
		if (!is_of_a_card(row, &b))
			continue;
		if (row->leg > 0) {
			l->at[l->count - 1].delta_fen += delta;
			continue;
		}
		add_link(l, &(struct chain_link){
		                    .order = row->lsn,
		                    .card = b.card,
		                    .counter = b.card_counter,
		                    .delta_fen = delta,
		                    /* What the terminal told the holder: payments keeps it in
		                       `reason` of stored records. */
		                    .after_fen = row->flags & JOURNAL_OFFLINE ? (int64_t)b.reason
		                                                              : row->answer_fen,
		            });
	}
	return OK;
}

static void write_chain(struct jwrite *j, const struct chain_report *c)
{
	jwrite_object(j, "card_chains");
	jwrite_i64(j, "cards", (int64_t)c->cards);
	jwrite_i64(j, "records", (int64_t)c->links);
	jwrite_i64(j, "missing_counters", (int64_t)c->missing);
	jwrite_i64(j, "breaks", (int64_t)c->count);
	jwrite_i64(j, "unexplained", (int64_t)(c->count - c->explained));
	jwrite_array(j, "list");
	for (size_t i = 0; i < c->count && i < 1000; i++) {
		jwrite_object(j, NULL);
		jwrite_i64(j, "card_id", c->breaks[i].card);
		jwrite_i64(j, "before", c->breaks[i].before);
		jwrite_i64(j, "after", c->breaks[i].after);
		jwrite_i64(j, "amount_fen", c->breaks[i].amount_fen);
		jwrite_bool(j, "explained", c->breaks[i].explained);
		jwrite_end(j);
	}
	jwrite_end_array(j);
	jwrite_end(j);
}

static result write_chains(struct jwrite *j, struct platform *p)
{
	struct link_list links = { 0 };
	struct chain_report report;
	result r = p->store->ops->look(p->store);

	if (!is_ok(r))
		return r;
	r = p->store->ops->batches(p->store, 1, collect, &links);
	p->store->ops->look_end(p->store);
	chain_check(links.at, links.count, &report);
	if (is_ok(r))
		write_chain(j, &report);
	chain_report_free(&report);
	free(links.at);
	return r;
}

/* --- the whole --- */

static void write_verify(struct jwrite *j, const struct verify_report *v)
{
	jwrite_object(j, "verify");
	jwrite_bool(j, "clean", v->clean);
	jwrite_i64(j, "rows", (int64_t)v->rows);
	jwrite_i64(j, "batches", (int64_t)v->batches);
	jwrite_i64(j, "accounts", (int64_t)v->accounts);
	jwrite_i64(j, "entries", (int64_t)v->entries);
	if (!v->clean) {
		jwrite_text(j, "table", v->first.table);
		jwrite_i64(j, "batch", (int64_t)v->first.batch);
		jwrite_i64(j, "row", (int64_t)v->first.row);
		jwrite_text(j, "field", v->first.field);
		jwrite_text(j, "text", v->first.text);
	}
	jwrite_end(j);
}

result report_write(const struct report_input *in, struct buf *out, struct report_verdict *verdict)
{
	struct jwrite j = { .out = out };
	struct tally *t = malloc(sizeof *t);
	void *arg[2] = { (void *)(uintptr_t)in, &j };
	result r;

	ASSERT(t);
	tally_count(in->run, t);
	jwrite_object(&j, NULL);
	jwrite_text(&j, "mode", in->run->mode == REPLAY_ONLINE ? "online" : "upload");
	jwrite_bool(&j, "stopped", in->run->stopped);
	write_tally(&j, t);
	*verdict = (struct report_verdict){
		.unanswered = t->unanswered,
		.unexpected_attempts =
		        t->attempts - t->attempts_as_expected - t->attempts_explained,
		.unexplained_balances = t->balances - t->balances_equal - t->balances_explained,
	};
	free(t);
	r = write_totals(&j, in);
	if (is_ok(r))
		r = requests_run(in->platform, false, missing_of, arg);
	if (is_ok(r) && in->run->mode == REPLAY_UPLOAD)
		r = write_chains(&j, in->platform);
	jwrite_i64(&j, "restarts", in->restarts);
	jwrite_i64(&j, "sign_ins", in->run->sign_ins);
	jwrite_i64(&j, "sent_again", in->run->resent);
	write_verify(&j, in->verify);
	jwrite_end(&j);
	return is_ok(r) ? buf_done(out) : r;
}
