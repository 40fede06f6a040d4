/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/sim_site.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "domain/people/person.h"
#include "harness/test.h"

static const struct instant made_at = { 1788200000000000 };

const char *sim_card_no(unsigned card)
{
	static const char *const numbers[SIM_CARDS] = { "180001", "180002", "180003", "180004" };

	return numbers[card];
}

static result add_merchant(struct db_tx *tx)
{
	struct merchant m = { .no = "M1", .name = "一食堂", .park = 1 };

	return merchant_add(tx, made_at, &m);
}

static result add_till(struct db_tx *tx, unsigned n)
{
	struct terminal t = { .sam_no = { 0x10, 0, 0x20, 0, 0, (uint8_t)(n + 1) },
		              .key_version = 1,
		              .sealed = true,
		              .suites = TERMINAL_SUITE_AES,
		              .allow = TERMINAL_ALLOW_ALL,
		              .merchant_id = 1 };

	snprintf(t.node_id, sizeof t.node_id, "0101%04u", n + 1);
	TRY(terminal_add(tx, made_at, &t));
	ASSERT(t.id == SIM_SOURCE_FIRST + n);
	TRY(terminal_set_state(tx, made_at, t.id, TERMINAL_AUTHORISED, &t));
	return terminal_set_state(tx, made_at, t.id, TERMINAL_ACTIVE, &t);
}

static result add_card(struct ledger_tx *tx, struct card_cache *cards, unsigned n)
{
	struct person p = { .state = PERSON_ACTIVE, .class = 1, .park = 1 };
	struct card_order order = { .no = str_of(sim_card_no(n)), .expires = { 20301231 } };
	struct card card;

	snprintf(p.no, sizeof p.no, "2018%04u", n + 1);
	TRY(person_add(tx->db, tx->now, &p));
	order.person_id = p.id;
	return card_issue(tx, cards, &order, &card);
}

static result fill(struct ledger_tx *tx, void *arg)
{
	struct sim_site *site = arg;

	TRY(add_merchant(tx->db));
	for (unsigned i = 0; i < SIM_TILLS_MAX; i++)
		TRY(add_till(tx->db, i));
	TRY(card_cache_load(tx->db, SIM_CARDS, &site->cards));
	for (unsigned i = 0; i < SIM_CARDS; i++)
		TRY(add_card(tx, site->cards, i));
	card_cache_keep(site->cards);
	TRY(merchant_cache_load(&site->merchants, tx->db));
	TRY(terminal_cache_load(&site->terminals, tx->db));
	site->account_count = book_account_count(tx->book);
	ASSERT(site->account_count <= SIM_ACCOUNTS_MAX);
	for (uint32_t i = 0; i < site->account_count; i++) {
		const struct book_account *a = book_account(tx->book, i + 1);

		site->accounts[i] = (struct book_key){ a->chart, a->park, a->key1, a->key2 };
		site->floors[i] = a->floor_fen;
	}
	return OK;
}

static result make(struct sim_site *site)
{
	struct clock_manual clock;
	struct ledger_config config = { .clock = &clock.clock };
	struct ledger_store *store;
	struct ledger_writer *writer;
	char dsn[600];
	result r;

	clock_manual_init(&clock, made_at);
	snprintf(dsn, sizeof dsn, "sqlite:%s/simulation.db", test_dir());
	TRY(ledger_store_open(str_of(dsn), STORE_OWNER, "simulation", made_at, &store));
	r = ledger_writer_open(store, &config, &writer);
	if (is_ok(r)) {
		r = ledger_writer_start(writer);
		if (is_ok(r))
			r = ledger_call(writer, true, fill, site);
		ledger_writer_close(writer);
	}
	ledger_store_close(store);
	return r;
}

static struct sim_site the_site;

static void release(void)
{
	card_cache_free(the_site.cards);
	terminal_cache_free(&the_site.terminals);
	merchant_cache_free(&the_site.merchants);
}

struct sim_site *sim_site(void)
{
	static bool made;
	result r;

	if (made)
		return &the_site;
	made = true;
	log_set_level(LOG_LEVEL_ERROR);
	r = make(&the_site);
	CHECK_OK(r);
	ASSERT(is_ok(r));
	atexit(release);
	return &the_site;
}
