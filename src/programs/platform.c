/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/platform.h"

#include <stdio.h>
#include <unistd.h>

enum { CARDS_ROOM = 4096 };

/* Everything that is read from the store once, in one snapshot. */
static result load_domain(struct platform *p, struct db_tx *tx)
{
	TRY(merchant_cache_load(&p->merchants, tx));
	TRY(terminal_cache_load(&p->terminals, tx));
	TRY(card_cache_load(tx, CARDS_ROOM, &p->cards));
	p->payments.cards = p->cards;
	p->payments.terminals = &p->terminals;
	p->payments.merchants = &p->merchants;
	return payments_load(&p->payments, tx);
}

static result open_store(struct platform *p, const struct site *site)
{
	char dsn[SITE_PATH_MAX];

	snprintf(p->owner, sizeof p->owner, "pid %ld", (long)getpid());
	return ledger_store_open(str_of(site_dsn(site, dsn)), STORE_OWNER, p->owner,
	                         clock_now(clock_system()), &p->store);
}

static result open_writer(struct platform *p, const struct site *site)
{
	struct ledger_config config = {
		.clock = p->clock,
		.cutover_s = (int)site->conf.cutover_minutes * 60,
		.queue_max = (uint32_t)site->conf.queue_max,
		.batch_max = (uint32_t)site->conf.batch_max,
	};

	return ledger_writer_open(p->store, &config, &p->writer);
}

static result open_parts(struct platform *p, const struct site *site)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(open_store(p, site));
	TRY(open_writer(p, site));
	TRY(db_begin(ledger_store_db(p->store), &tx));
	p->payments.config.ceiling_fen = site->conf.purse_ceiling_fen;
	return load_domain(p, tx);
}

result platform_open(const struct site *site, const struct clock *clock, struct platform *out)
{
	result r;

	*out = (struct platform){ .clock = clock,
		                  .root_version = (uint8_t)site->conf.root_version };
	r = open_parts(out, site);
	if (!is_ok(r))
		platform_close(out);
	return r;
}

void platform_close(struct platform *p)
{
	ledger_writer_close(p->writer);
	payments_deinit(&p->payments);
	card_cache_free(p->cards);
	terminal_cache_free(&p->terminals);
	merchant_cache_free(&p->merchants);
	ledger_store_close(p->store);
	*p = (struct platform){ 0 };
}
