/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/cards/card_desk.h"

#include "base/log.h"

static void answered(struct ledger_sink *sink, struct ledger_request *const *requests, size_t n)
{
	(void)sink;
	(void)requests;
	(void)n;
}

static result load_cards(struct ledger_tx *tx, void *arg)
{
	struct card_desk *d = arg;

	return card_cache_load(tx->db, 100, &d->cache);
}

static result open_desk(struct card_desk *d, enum db_engine engine)
{
	struct ledger_config config = { .clock = &d->clock.clock, .no_views = true };

	TRY(ledger_store_open(str_of(fixture_dsn(engine)), STORE_OWNER, "desk", fixture_now,
	                      &d->store));
	TRY(ledger_writer_open(d->store, &config, &d->writer));
	return card_desk_run(d, load_cards, d);
}

bool card_desk_open(struct card_desk *d, enum db_engine engine)
{
	*d = (struct card_desk){ 0 };
	log_set_level(LOG_LEVEL_ERROR);
	clock_manual_init(&d->clock, fixture_now);
	CHECK_OK(open_desk(d, engine));
	return d->cache != NULL;
}

void card_desk_close(struct card_desk *d)
{
	if (d->writer)
		ledger_writer_close(d->writer);
	ledger_store_close(d->store);
	card_cache_free(d->cache);
}

result card_desk_run(struct card_desk *d, result (*work)(struct ledger_tx *tx, void *arg),
                     void *arg)
{
	struct ledger_sink sink = { .deliver = answered };
	struct ledger_request request = { .work = work, .arg = arg, .sql = true, .sink = &sink };
	struct ledger_request *one = &request;

	if (ledger_writer_submit(d->writer, &one, 1) != 1)
		return FAIL(LEDGER_BUSY, "desk");
	TRY(ledger_writer_run_once(d->writer, NULL));
	if (d->cache && is_ok(request.result))
		card_cache_keep(d->cache);
	else if (d->cache)
		card_cache_undo(d->cache);
	return request.result;
}
