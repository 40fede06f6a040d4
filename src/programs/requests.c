/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/requests.h"

static void nothing_to_deliver(struct ledger_sink *sink, struct ledger_request *const *requests,
                               size_t n)
{
	(void)sink;
	(void)requests;
	(void)n;
}

result requests_run(struct platform *p, bool sql, result (*work)(struct ledger_tx *tx, void *arg),
                    void *arg)
{
	struct ledger_sink sink = { .deliver = nothing_to_deliver };
	struct ledger_request request = { .work = work, .arg = arg, .sql = sql, .sink = &sink };
	struct ledger_request *one = &request;
	size_t n = 0;

	if (ledger_writer_submit(p->writer, &one, 1) != 1)
		return FAIL(LEDGER_BUSY, "the writer takes nothing");
	while (n == 0)
		TRY(ledger_writer_run_once(p->writer, &n));
	return request.result;
}

result requests_catch_up(struct platform *p)
{
	bool more = true;

	while (more)
		TRY(ledger_idle(p->writer, &more));
	return OK;
}

result requests_add_merchant(struct ledger_tx *tx, struct platform *p, struct merchant *m)
{
	TRY(merchant_add(tx->db, tx->now, m));
	return merchant_cache_refresh(&p->merchants, tx->db, m->id);
}

result requests_add_terminal(struct ledger_tx *tx, struct platform *p, struct terminal *t)
{
	TRY(terminal_add(tx->db, tx->now, t));
	TRY(terminal_set_state(tx->db, tx->now, t->id, TERMINAL_AUTHORISED, t));
	TRY(terminal_set_state(tx->db, tx->now, t->id, TERMINAL_ACTIVE, t));
	return terminal_cache_refresh(&p->terminals, tx->db, t->id);
}
