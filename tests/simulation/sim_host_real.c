/* SPDX-License-Identifier: Apache-2.0 */
/* The product's host without its front: payments in the writer, over the store in memory and its
 * faults. */
#include <stdio.h>
#include <stdlib.h>

#include "simulation/sim.h"
#include "simulation/sim_site.h"

enum { REQUESTS_MAX = 16, BATCH_NO = 1, REASON_TIMEOUT = 0x98 };

struct real;

struct errand {
	struct real *host;
	const struct sim_message *in;
	struct sim_message *reply;
	/* of questions */
	unsigned till, card;
	uint64_t tsn, digest;
	int64_t answer;
	const char *wrong;
};

struct real {
	struct sim_host host;
	struct sim_site *site;
	struct clock_manual clock;
	struct ledger_config config;
	struct ledger_store *store;
	struct ledger_writer *writer;
	struct payments payments;
	struct ledger_sink sink;
	struct ledger_request requests[REQUESTS_MAX];
	size_t delivered;
	char note[256];
};

static struct real *real_of(struct sim_host *h)
{
	return (struct real *)(void *)h;
}

static void deliver(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	struct real *r = (struct real *)(void *)((char *)sink - offsetof(struct real, sink));

	(void)requests;
	r->delivered += n;
}

/* The store failed as it was told to; the restart comes. */
static void on_fatal(void *arg, result why)
{
	(void)arg;
	(void)why;
}

/* --- one batch --- */

/* Hand over n errands and run them in as few commits as there are; false when a commit failed. */
static bool run(struct real *r, result (*work)(struct ledger_tx *tx, void *arg),
                struct errand *errands, size_t n)
{
	struct ledger_request *list[REQUESTS_MAX] = { 0 };
	result done = OK;
	size_t ran;

	ASSERT(n <= REQUESTS_MAX);
	for (size_t i = 0; i < n; i++) {
		r->requests[i] = (struct ledger_request){ .work = work,
			                                  .arg = &errands[i],
			                                  .sink = &r->sink };
		list[i] = &r->requests[i];
	}
	r->delivered = 0;
	ASSERT(ledger_writer_submit(r->writer, list, n) == n);
	while (r->delivered < n && is_ok(done))
		done = ledger_writer_run_once(r->writer, &ran);
	for (size_t i = 0; i < n && is_ok(done); i++)
		if (!is_ok(r->requests[i].result) && !*r->note)
			snprintf(r->note, sizeof r->note, "a request failed: %s",
			         result_name(r->requests[i].result));
	return is_ok(done);
}

static uint64_t record_digest(uint64_t tsn)
{
	return tsn * 1099511628211u + 1;
}

static struct payment_request request_of(const struct ledger_tx *tx, const struct sim_message *m)
{
	struct payment_request q = {
		.source = SIM_SOURCE_FIRST + m->till,
		.tsn = m->tsn,
		.digest = m->digest,
		.merchant_no = "M1",
		.amount_fen = m->amount_fen,
		.original_tsn = m->original_tsn,
		.original_lsn = m->original_lsn,
		.made_at = tx->now,
		.node_date = { 20260901 },
		.batch = BATCH_NO,
		.class = pos_kind_class(m->what),
		.supervised = true,
	};

	snprintf(q.card_no, sizeof q.card_no, "%s", sim_card_no(m->card));
	if (m->kind == SIM_REVERSAL)
		q.reason = REASON_TIMEOUT;
	return q;
}

typedef result payment_function(struct ledger_tx *tx, struct payments *p,
                                const struct payment_request *r, struct payment_answer *out);

static payment_function *function_of(const struct sim_message *m)
{
	static payment_function *const functions[POS_KINDS] = {
		[POS_PURCHASE] = payment_purchase, [POS_VOID] = payment_void,
		[POS_REFUND] = payment_refund,     [POS_BALANCE] = payment_balance,
		[POS_TOPUP] = payment_top_up,      [POS_TOPUP_VOID] = payment_top_up_void,
	};

	return m->kind == SIM_REVERSAL ? payment_reversal : functions[m->what];
}

static result do_transaction(struct ledger_tx *tx, struct errand *e)
{
	struct payment_request q = request_of(tx, e->in);
	struct payment_answer a = { 0 };
	result r = function_of(e->in)(tx, &e->host->payments, &q, &a);

	if (r.code == LEDGER_CONFLICT)
		a.code = LEDGER_CONFLICT; /* 94: told, not recorded */
	else if (!is_ok(r))
		return r;
	snprintf(e->reply->code, sizeof e->reply->code, "%s", result_field39((result){ a.code }));
	e->reply->balance_fen = a.balance_fen;
	e->reply->lsn = a.lsn;
	return OK;
}

static result do_upload(struct ledger_tx *tx, struct errand *e)
{
	struct payment_upload u = { .source = SIM_SOURCE_FIRST + e->in->till,
		                    .batch = BATCH_NO,
		                    .count = (unsigned)e->in->record_count };

	for (size_t i = 0; i < e->in->record_count; i++) {
		const struct sim_record *from = &e->in->records[i];
		struct payment_record *to = &u.records[i];

		*to = (struct payment_record){ .type = PAYMENTS_CLASS_PURCHASE,
			                       .authentic = true,
			                       .tsn = from->tsn,
			                       .digest = record_digest(from->tsn),
			                       .amount_fen = from->amount_fen,
			                       .made_at = tx->now };
		store_be64(to->raw_hash, record_digest(from->tsn));
		snprintf(to->card_no, sizeof to->card_no, "%s", sim_card_no(from->card));
	}
	TRY(payment_store(tx, &e->host->payments, &u));
	for (size_t i = 0; i < e->in->record_count; i++)
		e->reply->records[i].status = (uint8_t)u.status[i];
	return OK;
}

static result do_message(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;

	if (e->in->kind == SIM_UPLOAD)
		return do_upload(tx, e);
	return e->in->kind == SIM_UPLOAD_END ? OK : do_transaction(tx, e);
}

static void real_batch(struct sim_host *h, struct instant now, const struct sim_message *in,
                       size_t n, enum sim_crash crash, struct sim_message *replies)
{
	struct real *r = real_of(h);
	struct errand errands[REQUESTS_MAX] = { 0 };
	struct store_faults *faults = ledger_store_memory_faults(r->store);
	bool more;

	clock_manual_set(&r->clock, now);
	faults->fail_commit = crash == SIM_CRASH_BEFORE_COMMIT || crash == SIM_CRASH_ANSWERED;
	faults->lose_reply = crash == SIM_CRASH_AFTER_COMMIT;
	for (size_t i = 0; i < n; i++) {
		replies[i] = in[i];
		errands[i] = (struct errand){ .host = r, .in = &in[i], .reply = &replies[i] };
	}
	/* A batch of repeats alone commits nothing, so a crash may find nothing to fail. */
	if (!run(r, do_message, errands, n) && crash == SIM_CRASH_NEVER && !*r->note)
		snprintf(r->note, sizeof r->note, "a commit failed by itself");
	/* Lazy write-back goes on between batches. */
	if (crash == SIM_CRASH_NEVER && !is_ok(ledger_idle(r->writer, &more)) && !*r->note)
		snprintf(r->note, sizeof r->note, "idle work failed");
}

/* --- beginning and restart --- */

static void open_writer(struct real *r)
{
	result opened = ledger_writer_open(r->store, &r->config, &r->writer);

	if (!is_ok(opened) && !*r->note)
		snprintf(r->note, sizeof r->note, "restart: %s: %.160s", result_name(opened),
		         result_last()->text);
	ASSERT(is_ok(opened));
	/* What the writer notes in a sink belongs to that writer. */
	r->sink = (struct ledger_sink){ .deliver = deliver };
	r->payments = (struct payments){ .cards = r->site->cards,
		                         .terminals = &r->site->terminals,
		                         .merchants = &r->site->merchants };
	ASSERT(is_ok(payments_load(&r->payments, NULL)));
}

static void close_writer(struct real *r)
{
	ledger_writer_close(r->writer);
	payments_deinit(&r->payments);
}

static void real_restart(struct sim_host *h, struct instant now)
{
	struct real *r = real_of(h);

	clock_manual_set(&r->clock, now);
	close_writer(r);
	ledger_store_memory_crash(r->store);
	*ledger_store_memory_faults(r->store) = (struct store_faults){ 0 };
	open_writer(r);
}

/* The accounts of the site in their order, and what each card holds at the beginning. */
static result open_books(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	struct sim_site *site = e->host->site;
	struct book_key bank = { .chart = CHART_BANK, .park = 1 };
	uint32_t no, from;

	for (uint32_t i = 0; i < site->account_count; i++) {
		TRY(ledger_account_open(tx, &site->accounts[i], site->floors[i], &no));
		ASSERT(no == i + 1);
	}
	TRY(ledger_account_require(tx, &bank, BOOK_NO_FLOOR, &from));
	for (unsigned c = 0; c < SIM_CARDS; c++) {
		const struct card_entry *card =
		        card_cache_find(site->cards, str_of(sim_card_no(c)));
		struct book_outcome done;
		struct book_event event = { .source = 2,
			                    .number = c + 1,
			                    .kind = KIND_OPENING,
			                    .event_time = tx->now,
			                    .leg_count = 1 };

		event.legs[0] = (struct book_leg){ from, (uint32_t)card->main, SIM_OPENING_FEN };
		TRY(ledger_post(tx, &event, &done));
	}
	return OK;
}

/* --- questions --- */

static result was_reversed(struct ledger_tx *tx, uint64_t lsn, bool *reversed)
{
	struct journal_row row;

	*reversed = false;
	for (uint64_t at = lsn + 1; at <= book_last_lsn(tx->book); at++) {
		TRY(ledger_row(tx, at, &row));
		if (row.kind == KIND_REVERSAL && row.original_lsn == lsn && row.amount_fen > 0)
			*reversed = true;
	}
	return OK;
}

static result ask_stands(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	struct book_outcome done;
	enum book_found found;
	bool reversed;

	TRY(ledger_find(tx, SIM_SOURCE_FIRST + e->till, e->tsn, e->digest, &found, &done));
	e->answer = found == BOOK_REPLAY && done.code == SUCCESS;
	if (found == BOOK_CONFLICT)
		e->wrong = "another content under the number";
	if (!e->answer)
		return OK;
	TRY(was_reversed(tx, done.lsn, &reversed));
	e->answer = !reversed;
	return OK;
}

static int real_stands(struct sim_host *h, unsigned till, uint64_t tsn, uint64_t digest)
{
	struct errand e = { .host = real_of(h),
		            .till = till,
		            .tsn = tsn,
		            .digest = digest ? digest : record_digest(tsn) };

	ASSERT(run(e.host, ask_stands, &e, 1));
	return e.wrong ? -1 : (int)e.answer;
}

static int64_t balance_under(struct ledger_tx *tx, uint32_t no)
{
	return no ? ledger_account(tx, no)->balance_fen : 0;
}

static result ask_balance(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	const struct card_entry *card =
	        card_cache_find(e->host->site->cards, str_of(sim_card_no(e->card)));
	struct book_key debt = { .chart = CHART_HOLDER_RECEIVABLE,
		                 .park = 1,
		                 .key1 = (uint64_t)card->person_id };

	e->answer = balance_under(tx, (uint32_t)card->main) +
	            balance_under(tx, (uint32_t)card->subsidy) -
	            balance_under(tx, ledger_account_lookup(tx, &debt));
	return OK;
}

static int64_t real_balance(struct sim_host *h, unsigned card)
{
	struct errand e = { .host = real_of(h), .card = card };

	ASSERT(run(e.host, ask_balance, &e, 1));
	return e.answer;
}

static result ask_floor(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;

	e->answer = (int64_t)payment_tsn_floor(tx, SIM_SOURCE_FIRST + e->till, true);
	return OK;
}

static uint64_t real_floor(struct sim_host *h, unsigned till)
{
	struct errand e = { .host = real_of(h), .till = till };

	ASSERT(run(e.host, ask_floor, &e, 1));
	return (uint64_t)e.answer;
}

/* Both sides of the book, from its accounts one by one and from its running totals. */
static result ask_wrong(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	int64_t accounts = 0, totals = 0;

	for (uint32_t no = 1; no <= book_account_count(tx->book); no++) {
		const struct book_account *a = book_account(tx->book, no);

		accounts += chart_is_credit(a->chart) ? a->balance_fen : -a->balance_fen;
	}
	for (uint32_t i = 0; i < book_total_count(tx->book); i++) {
		const struct book_total *t = book_total(tx->book, i);

		totals += chart_is_credit(t->chart) ? t->balance_fen : -t->balance_fen;
	}
	if (accounts != 0)
		e->wrong = "debits and credits differ";
	else if (totals != 0)
		e->wrong = "totals differ";
	return OK;
}

/* Restarts once more first: what is durable must give the same book. */
static const char *real_wrong(struct sim_host *h)
{
	struct real *r = real_of(h);
	struct errand e = { .host = r };
	int64_t before[SIM_CARDS];

	for (unsigned c = 0; c < SIM_CARDS; c++)
		before[c] = real_balance(h, c);
	real_restart(h, clock_now(&r->clock.clock));
	for (unsigned c = 0; c < SIM_CARDS; c++)
		if (real_balance(h, c) != before[c])
			return "a restart changes a balance";
	ASSERT(run(r, ask_wrong, &e, 1));
	return *r->note ? r->note : e.wrong;
}

static void real_close(struct sim_host *h)
{
	struct real *r = real_of(h);

	close_writer(r);
	ledger_store_close(r->store);
	free(r);
}

struct sim_host *sim_host_real(void)
{
	struct real *r = calloc(1, sizeof *r);
	struct errand e = { .host = r };

	ASSERT(r);
	r->host = (struct sim_host){ real_batch, real_restart, real_stands, real_balance,
		                     real_floor, real_wrong,   real_close };
	r->site = sim_site();
	clock_manual_init(&r->clock, (struct instant){ 1788263000000000 });
	r->config = (struct ledger_config){ .clock = &r->clock.clock,
		                            .queue_max = 64,
		                            .batch_max = REQUESTS_MAX,
		                            .rows_max = 256,
		                            .no_views = true,
		                            .fatal = on_fatal };
	ASSERT(is_ok(ledger_store_memory(&r->store)));
	open_writer(r);
	ASSERT(run(r, open_books, &e, 1));
	return &r->host;
}
