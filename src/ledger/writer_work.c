/* SPDX-License-Identifier: Apache-2.0 */
/* What a request may do with the ledger, and waiting for one. */
#include "ledger/writer_state.h"

result ledger_find(struct ledger_tx *tx, uint32_t source, uint64_t number, uint64_t digest,
                   enum book_found *found, struct book_outcome *out)
{
	return book_find(tx->book, source, number, digest, found, out);
}

result ledger_post(struct ledger_tx *tx, const struct book_event *event, struct book_outcome *out)
{
	struct book_event e = *event;

	e.posted_at = tx->now;
	if (e.business_date.yyyymmdd == 0)
		e.business_date = tx->business_date;
	if (e.business_date.yyyymmdd > tx->business_date.yyyymmdd)
		return FAIL(LEDGER_EVENT, "business day %u has not begun",
		            e.business_date.yyyymmdd);
	return book_apply(tx->book, &e, out);
}

result ledger_decline(struct ledger_tx *tx, const struct book_event *event, enum result_code code,
                      struct book_outcome *out)
{
	struct book_event e = *event;

	ASSERT(code != SUCCESS);
	e.decline = code;
	return ledger_post(tx, &e, out);
}

const struct book_account *ledger_account(struct ledger_tx *tx, uint32_t no)
{
	return book_account(tx->book, no);
}

static struct book_event of_book(const struct ledger_tx *tx)
{
	return (struct book_event){ .business_date = tx->business_date,
		                    .event_time = tx->now,
		                    .posted_at = tx->now };
}

result ledger_account_open(struct ledger_tx *tx, const struct book_key *key, int64_t floor_fen,
                           uint32_t *no)
{
	const struct book_event by = of_book(tx);

	return book_account_open(tx->book, &by, key, floor_fen, no);
}

result ledger_account_change(struct ledger_tx *tx, uint32_t no, int64_t floor_fen, int64_t held_fen,
                             uint16_t flags)
{
	const struct book_event by = of_book(tx);

	return book_account_change(tx->book, &by, no, floor_fen, held_fen, flags);
}

uint32_t ledger_account_lookup(struct ledger_tx *tx, const struct book_key *key)
{
	return book_account_find(tx->book, key);
}

result ledger_account_require(struct ledger_tx *tx, const struct book_key *key, int64_t floor_fen,
                              uint32_t *no)
{
	*no = book_account_find(tx->book, key);
	return *no ? OK : ledger_account_open(tx, key, floor_fen, no);
}

result ledger_row(struct ledger_tx *tx, uint64_t lsn, struct journal_row *out)
{
	return book_row(tx->book, lsn, out);
}

void ledger_soon_account(const struct ledger_tx *tx, uint32_t no)
{
	book_soon_account(tx->book, no);
}

void ledger_soon_source(const struct ledger_tx *tx, uint32_t source)
{
	book_soon_source(tx->book, source);
}

size_t ledger_mark(struct ledger_tx *tx)
{
	return book_mark(tx->book);
}

void ledger_undo(struct ledger_tx *tx, size_t mark)
{
	book_undo(tx->book, mark);
}

/* ---- waiting for one ---- */

struct call {
	struct ledger_sink sink; /* first: the sink is the call */
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done;
	struct ledger_request request;
};

static void call_deliver(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	struct call *c = (struct call *)sink;

	(void)requests;
	(void)n;
	pthread_mutex_lock(&c->lock);
	c->done = true;
	pthread_cond_signal(
	        &c->answered); /* under the lock: the waiter may free the call right after */
	pthread_mutex_unlock(&c->lock);
}

result ledger_call(struct ledger_writer *w, bool sql,
                   result (*work)(struct ledger_tx *tx, void *arg), void *arg)
{
	struct call call = {
		.sink = { .deliver = call_deliver },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.answered = PTHREAD_COND_INITIALIZER,
		.request = { .work = work, .arg = arg, .sql = sql },
	};
	struct ledger_request *request = &call.request;

	request->sink = &call.sink;
	if (ledger_writer_submit(w, &request, 1) == 0)
		return queue_is_closed(&w->queue) ? FAIL(LEDGER_STOPPED, "the writer takes no more")
		                                  : FAIL(LEDGER_BUSY, "the queue is full");
	pthread_mutex_lock(&call.lock);
	while (!call.done)
		pthread_cond_wait(&call.answered, &call.lock);
	pthread_mutex_unlock(&call.lock);
	pthread_cond_destroy(&call.answered);
	pthread_mutex_destroy(&call.lock);
	return request->result;
}
