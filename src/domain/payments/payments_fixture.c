/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/payments/payments_fixture.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"

const struct instant payments_fixture_now = { 1772683200000000 };

static const char *const card_numbers[] = { "180001", "180002", "180003", "180004" };

/* --- first set-up --- */

static result add_merchants(struct db_tx *tx)
{
	struct merchant one = { .no = "M1", .name = "第一食堂", .park = 1 };
	struct merchant two = { .no = "M2", .name = "财务处", .park = 1 };

	TRY(merchant_add(tx, payments_fixture_now, &one));
	return merchant_add(tx, payments_fixture_now, &two);
}

static result add_terminal(struct db_tx *tx, int n, int64_t merchant, uint32_t suites,
                           uint32_t allow)
{
	struct terminal t = { .sam_no = { 0x10, 0, 0x20, 0, 0, (uint8_t)n },
		              .key_version = 1,
		              .sealed = true,
		              .suites = suites,
		              .allow = allow,
		              .merchant_id = merchant };

	snprintf(t.node_id, sizeof t.node_id, "0101%04d", n);
	if (suites & TERMINAL_SUITE_DES)
		snprintf(t.address_range, sizeof t.address_range, "%s",
		         n == 8 ? "10.9.0.0/16" : "127.0.0.0/8");
	TRY(terminal_add(tx, payments_fixture_now, &t));
	TRY(terminal_set_state(tx, payments_fixture_now, t.id, TERMINAL_AUTHORISED, &t));
	return n == 5 ? OK
	              : terminal_set_state(tx, payments_fixture_now, t.id, TERMINAL_ACTIVE, &t);
}

static result fill_store(struct payments_fixture *s)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;
	uint32_t both = TERMINAL_SUITE_AES | TERMINAL_SUITE_SM4;

	TRY(db_begin(ledger_store_db(s->store), &tx));
	TRY(add_merchants(tx));
	TRY(add_terminal(tx, 1, 1, both, TERMINAL_ALLOW_ALL & ~(uint32_t)TERMINAL_ALLOW_CASH));
	TRY(add_terminal(tx, 2, 1, TERMINAL_SUITE_AES, TERMINAL_ALLOW_ALL));
	TRY(add_terminal(tx, 3, 2, TERMINAL_SUITE_AES, TERMINAL_ALLOW_ALL));
	TRY(add_terminal(tx, 4, 1, TERMINAL_SUITE_SM4, TERMINAL_ALLOW_ALL));
	TRY(add_terminal(tx, 5, 1, TERMINAL_SUITE_AES, TERMINAL_ALLOW_ALL));
	TRY(add_terminal(tx, 6, 1, TERMINAL_SUITE_3DES, TERMINAL_ALLOW_ALL));
	TRY(add_terminal(tx, 7, 1, TERMINAL_SUITE_DES, TERMINAL_ALLOW_ALL));
	TRY(add_terminal(tx, 8, 1, TERMINAL_SUITE_DES, TERMINAL_ALLOW_ALL));
	return db_commit(tx);
}

/* Opening balances from the bank: 1010 / 2001; and money for subsidies: 1010 / 2501. */
static result post_opening(struct ledger_tx *tx, uint64_t number, uint32_t to)
{
	struct book_key bank = { .chart = CHART_BANK, .park = 1 };
	struct book_outcome done;
	uint32_t from;
	struct book_event e = { .source = 2,
		                .number = number,
		                .kind = KIND_OPENING,
		                .event_time = tx->now,
		                .leg_count = 1 };

	TRY(ledger_account_require(tx, &bank, BOOK_NO_FLOOR, &from));
	e.legs[0] = (struct book_leg){ from, to, FIXTURE_OPENING };
	return ledger_post(tx, &e, &done);
}

static result issue(struct ledger_tx *tx, struct payments_fixture *s, size_t n)
{
	struct person p = { .state = PERSON_ACTIVE, .class = 1, .park = 1 };
	struct card_order order = { .no = str_of(card_numbers[n]), .expires = { 20301231 } };
	struct card card;

	snprintf(p.no, sizeof p.no, "2018%04zu", n + 1);
	TRY(person_add(tx->db, tx->now, &p));
	order.person_id = p.id;
	TRY(card_issue(tx, s->cards, &order, &card));
	return post_opening(tx, n + 1, (uint32_t)card.purses.main);
}

static result work_cards(struct ledger_tx *tx, void *arg)
{
	struct payments_fixture *s = arg;
	struct book_key advance = { .chart = CHART_SUBSIDY_ADVANCE, .park = 1 };
	uint32_t no;

	for (size_t i = 0; i < ARRAY_LEN(card_numbers); i++)
		TRY(issue(tx, s, i));
	card_cache_keep(s->cards);
	TRY(ledger_account_require(tx, &advance, 0, &no));
	return post_opening(tx, 100, no);
}

/* --- open and close --- */

static result load(struct payments_fixture *s)
{
	SCOPED(db_rollback_scoped) struct db_tx *tx = NULL;

	TRY(db_begin(ledger_store_db(s->store), &tx));
	TRY(merchant_cache_load(&s->merchants, tx));
	TRY(terminal_cache_load(&s->terminals, tx));
	TRY(card_cache_load(tx, 64, &s->cards));
	s->payments = (struct payments){ .cards = s->cards,
		                         .terminals = &s->terminals,
		                         .merchants = &s->merchants,
		                         .config = { .ceiling_fen = 50000 } };
	return payments_load(&s->payments, tx);
}

static result open_store(struct payments_fixture *s)
{
	char dsn[600];

	snprintf(dsn, sizeof dsn, "sqlite:%s/yika.db", s->dir);
	return ledger_store_open(str_of(dsn), STORE_OWNER, "test", payments_fixture_now, &s->store);
}

static result open_writer(struct payments_fixture *s)
{
	struct ledger_config config = { .clock = &s->clock.clock };

	TRY(ledger_writer_open(s->store, &config, &s->writer));
	TRY(load(s));
	s->open = true;
	return ledger_writer_start(s->writer);
}

result payments_fixture_open(struct payments_fixture *s)
{
	TRY(open_store(s));
	return open_writer(s);
}

result payments_fixture_make_in(struct payments_fixture *s, const char *dir)
{
	log_set_level(LOG_LEVEL_ERROR);
	*s = (struct payments_fixture){ 0 };
	clock_manual_init(&s->clock, payments_fixture_now);
	str_copy(str_of(dir), s->dir, sizeof s->dir);
	mkdir(s->dir, 0700);
	TRY(open_store(s));
	TRY(fill_store(s));
	TRY(open_writer(s));
	return ledger_call(s->writer, true, work_cards, s);
}

void payments_fixture_close(struct payments_fixture *s)
{
	ledger_writer_close(s->writer);
	if (s->open) {
		payments_deinit(&s->payments);
		card_cache_free(s->cards);
		terminal_cache_free(&s->terminals);
		merchant_cache_free(&s->merchants);
	}
	ledger_store_close(s->store);
	s->writer = NULL;
	s->store = NULL;
	s->cards = NULL;
	s->open = false;
}

void payments_fixture_advance(struct payments_fixture *s, int64_t seconds)
{
	struct instant now = clock_now(&s->clock.clock);

	clock_manual_set(&s->clock, (struct instant){ now.us + seconds * SECOND_US });
}

/* --- looking and changing, through the writer --- */

struct errand {
	struct payments_fixture *s;
	struct str card;
	struct book_key key;
	int64_t fen;
	uint64_t lsn;
	uint32_t terminal;
	enum terminal_state state;
	const struct payment_limits *limits;
	uint8_t token[PAYMENTS_PIN_TOKEN];
	result (*change)(struct ledger_tx *, struct card_cache *, struct str, struct card *);
};

static result work_purse(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	const struct card_entry *card = card_cache_find(e->s->cards, e->card);

	if (!card)
		return FAIL(CARD_NOT_FOUND, "no card");
	e->fen = ledger_account(tx, (uint32_t)card->main)->balance_fen;
	return OK;
}

int64_t payments_fixture_purse(struct payments_fixture *s, const char *card_no)
{
	struct errand e = { .s = s, .card = str_of(card_no) };

	ASSERT(is_ok(ledger_call(s->writer, false, work_purse, &e)));
	return e.fen;
}

static result work_balance(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	uint32_t no = ledger_account_lookup(tx, &e->key);

	e->fen = no ? ledger_account(tx, no)->balance_fen : 0;
	e->lsn = book_last_lsn(tx->book);
	return OK;
}

int64_t payments_fixture_balance(struct payments_fixture *s, uint32_t chart, uint64_t key1,
                                 uint64_t key2)
{
	struct errand e = { .key = { .chart = chart, .park = 1, .key1 = key1, .key2 = key2 } };

	ASSERT(is_ok(ledger_call(s->writer, false, work_balance, &e)));
	return e.fen;
}

uint64_t payments_fixture_rows(struct payments_fixture *s)
{
	struct errand e = { 0 };

	ASSERT(is_ok(ledger_call(s->writer, false, work_balance, &e)));
	return e.lsn;
}

static result work_card(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	struct card card;

	TRY(e->change(tx, e->s->cards, e->card, &card));
	card_cache_keep(e->s->cards);
	return OK;
}

result payments_fixture_card(struct payments_fixture *s, const char *card_no,
                             result (*change)(struct ledger_tx *, struct card_cache *, struct str,
                                              struct card *))
{
	struct errand e = { .s = s, .card = str_of(card_no), .change = change };

	return ledger_call(s->writer, true, work_card, &e);
}

static result work_state(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	struct terminal t;

	TRY(terminal_set_state(tx->db, tx->now, e->terminal, e->state, &t));
	return terminal_cache_refresh(&e->s->terminals, tx->db, e->terminal);
}

result payments_fixture_state(struct payments_fixture *s, uint32_t terminal,
                              enum terminal_state state)
{
	struct errand e = { .s = s, .terminal = terminal, .state = state };

	return ledger_call(s->writer, true, work_state, &e);
}

static result work_limits(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;

	return payments_set_limits(tx, &e->s->payments, 1, e->limits);
}

result payments_fixture_limits(struct payments_fixture *s, const struct payment_limits *limits)
{
	struct errand e = { .s = s, .limits = limits };

	return ledger_call(s->writer, true, work_limits, &e);
}

static result work_pin(struct ledger_tx *tx, void *arg)
{
	struct errand *e = arg;
	static const uint8_t salt[16] = "sixteen bytes of";
	const struct card_entry *card = card_cache_find(e->s->cards, e->card);

	return card ? payment_pin_set(tx, card->person_id, e->token, salt)
	            : FAIL(CARD_NOT_FOUND, "no card");
}

result payments_fixture_pin(struct payments_fixture *s, const char *card_no,
                            const uint8_t token[PAYMENTS_PIN_TOKEN])
{
	struct errand e = { .s = s, .card = str_of(card_no) };

	memcpy(e.token, token, sizeof e.token);
	return ledger_call(s->writer, true, work_pin, &e);
}
