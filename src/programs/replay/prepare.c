/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/prepare.h"

#include <stdio.h>

#include "crypto/suite.h"
#include "programs/requests.h"

enum {
	ROWS_A_REQUEST = 200,
	CLASS_STUDENT  = 1,
	SOURCE_IMPORT  = 2,
	SUBSIDY_FUND_FEN = 1000000000, /* what the funding unit pays in at the opening */
};

/* Work on openings from `next` on, a run in each request. */
struct preparation {
	struct platform          *platform;
	const struct replay_data *data;
	size_t                    next;
};

void replay_node_id(uint32_t number, char out[TERMINAL_NODE_ID_LEN + 1])
{
	snprintf(out, TERMINAL_NODE_ID_LEN + 1, "20%06u", number);
}

static void sam_number(uint32_t number, uint8_t out[TERMINAL_SAM_NO_LEN])
{
	uint32_t rest = number;

	out[0] = 0x20;
	for (size_t i = TERMINAL_SAM_NO_LEN - 1; i > 0; i--, rest /= 100)
		out[i] = (uint8_t)(rest % 100 / 10 << 4 | rest % 10);
}

uint32_t replay_terminal_id(const struct platform *p, uint32_t number)
{
	char                   node[TERMINAL_NODE_ID_LEN + 1];
	const struct terminal *t;

	replay_node_id(number, node);
	t = terminal_cache_find_node(&p->terminals, str_of(node));
	return t ? t->id : 0;
}

/* --- places and terminals --- */

static result require_merchant(struct ledger_tx *tx, struct platform *p, size_t place, struct str name, int64_t *id)
{
	struct merchant m = { .park = REPLAY_PARK };
	bool            found;

	snprintf(m.no, sizeof m.no, "2001%011zu", place + 1);
	TRY(merchant_find_by_no(tx->db, str_of(m.no), &m, &found));
	if (!found) {
		str_copy(name, m.name, sizeof m.name);
		TRY(merchant_add(tx->db, tx->now, &m));
		TRY(merchant_cache_refresh(&p->merchants, tx->db, m.id));
	}
	*id = m.id;
	return OK;
}

static result require_terminal(struct ledger_tx *tx, struct platform *p, const struct replay_terminal *r, int64_t merchant,
                               struct str place)
{
	struct terminal t = {
		.key_version = 1,
		.type = r->is_desk ? TERMINAL_DESK : TERMINAL_TILL,
		.dialect = TERMINAL_DIALECT_B,
		.sealed = true,
		.suites = TERMINAL_SUITE_AES | TERMINAL_SUITE_SM4,
		.allow = TERMINAL_ALLOW_ALL,
		.merchant_id = merchant,
		.batch = 1,
	};
	bool found;

	replay_node_id(r->number, t.node_id);
	TRY(terminal_find_by_node(tx->db, str_of(t.node_id), &t, &found));
	if (found)
		return OK;
	sam_number(r->number, t.sam_no);
	str_copy(place, t.location, sizeof t.location);
	TRY(terminal_add(tx->db, tx->now, &t));
	TRY(terminal_set_state(tx->db, tx->now, t.id, TERMINAL_AUTHORISED, &t));
	TRY(terminal_set_state(tx->db, tx->now, t.id, TERMINAL_ACTIVE, &t));
	return terminal_cache_refresh(&p->terminals, tx->db, t.id);
}

static result prepare_places(struct ledger_tx *tx, void *arg)
{
	struct preparation       *w = arg;
	const struct replay_data *d = w->data;
	int64_t                   merchants[REPLAY_PLACES_MAX];

	for (size_t i = 0; i < d->place_count; i++)
		TRY(require_merchant(tx, w->platform, i, d->places[i], &merchants[i]));
	for (size_t i = 0; i < d->terminal_count; i++) {
		const struct replay_terminal *t = &d->terminals[i];

		TRY(require_terminal(tx, w->platform, t, merchants[t->place], d->places[t->place]));
	}
	return OK;
}

/* --- people and cards --- */

static result require_card(struct ledger_tx *tx, struct platform *p, const struct replay_opening *o)
{
	struct person     person = { .class = CLASS_STUDENT, .park = REPLAY_PARK };
	struct card_order order = { 0 };
	struct card       card;
	char              card_no[CARD_NO_MAX + 1];
	bool              found;

	snprintf(card_no, sizeof card_no, "%u", o->card);
	if (card_cache_find(p->cards, str_of(card_no)))
		return OK;
	snprintf(person.no, sizeof person.no, "%u", o->person);
	TRY(person_find_by_no(tx->db, str_of(person.no), &person, &found));
	if (!found)
		TRY(person_add(tx->db, tx->now, &person));
	order.person_id = person.id;
	order.no = str_of(card_no);
	return card_issue(tx, p->cards, &order, &card);
}

static result prepare_cards(struct ledger_tx *tx, void *arg)
{
	struct preparation *w = arg;
	size_t              end = w->next + ROWS_A_REQUEST;

	for (; w->next < end && w->next < w->data->opening_count; w->next++)
		TRY(require_card(tx, w->platform, &w->data->openings[w->next]));
	return OK;
}

/* --- opening balances --- */

/* Key of an opening: the card's number, so that a second file of openings can never meet the first by chance. */
static result post_opening(struct ledger_tx *tx, uint32_t bank, const struct card_entry *card,
                           const struct replay_opening *o)
{
	struct journal_business business = { .card = (uint32_t)card->id, .card_counter = o->card_count };
	struct book_event       e = {
		.source = SOURCE_IMPORT,
		.number = o->card,
		.digest = (uint64_t)o->balance_fen,
		.kind = KIND_OPENING,
		.event_time = tx->now,
		.legs = { { bank, (uint32_t)card->main, o->balance_fen } },
		.leg_count = o->balance_fen > 0,
		.park = REPLAY_PARK,
		.answer = { (uint32_t)card->main },
	};
	struct book_outcome outcome;

	memcpy(e.business, &business, sizeof business);
	TRY(ledger_post(tx, &e, &outcome));
	return outcome.code == SUCCESS ? OK : FAIL(outcome.code, "opening balance of card %u", o->card);
}

static result prepare_balances(struct ledger_tx *tx, void *arg)
{
	struct preparation *w = arg;
	struct book_key     key = { CHART_BANK, REPLAY_PARK, 0, 0 };
	size_t              end = w->next + ROWS_A_REQUEST;
	uint32_t            bank;

	TRY(ledger_account_require(tx, &key, BOOK_NO_FLOOR, &bank));
	for (; w->next < end && w->next < w->data->opening_count; w->next++) {
		const struct replay_opening *o = &w->data->openings[w->next];
		char                         card_no[CARD_NO_MAX + 1];
		const struct card_entry     *card;

		snprintf(card_no, sizeof card_no, "%u", o->card);
		card = card_cache_find(w->platform->cards, str_of(card_no));
		if (!card)
			return FAIL(CARD_NOT_FOUND, "card %s of the openings", card_no);
		TRY(post_opening(tx, bank, card, o));
	}
	return OK;
}

/* The funding unit pays in advance what tills will hand out. */
static result prepare_fund(struct ledger_tx *tx, void *arg)
{
	struct book_key     bank_key = { CHART_BANK, REPLAY_PARK, 0, 0 }, fund_key = { CHART_SUBSIDY_ADVANCE, REPLAY_PARK, 0, 0 };
	struct book_event   e = {
		.source = SOURCE_IMPORT,
		.number = UINT32_MAX,
		.kind = KIND_OPENING,
		.event_time = tx->now,
		.leg_count = 1,
	};
	struct book_outcome outcome;
	uint32_t            bank, fund;

	(void)arg;
	TRY(ledger_account_require(tx, &bank_key, BOOK_NO_FLOOR, &bank));
	TRY(ledger_account_require(tx, &fund_key, 0, &fund));
	e.legs[0] = (struct book_leg){ bank, fund, SUBSIDY_FUND_FEN };
	TRY(ledger_post(tx, &e, &outcome));
	return outcome.code == SUCCESS ? OK : FAIL(outcome.code, "funding of subsidies");
}

result replay_prepare(struct platform *p, const struct replay_data *d)
{
	struct preparation w = { p, d, 0 };

	TRY(requests_run(p, true, prepare_places, &w));
	while (w.next < d->opening_count)
		TRY(requests_run(p, true, prepare_cards, &w));
	TRY(requests_run(p, false, prepare_fund, &w));
	for (w.next = 0; w.next < d->opening_count;)
		TRY(requests_run(p, false, prepare_balances, &w));
	return OK;
}

result replay_sam(const struct platform *p, uint32_t number, struct sam **out)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };
	const struct terminal            *t = terminal_cache_find(&p->terminals, replay_terminal_id(p, number));
	const struct merchant            *m = t ? merchant_cache_find(&p->merchants, t->merchant_id) : NULL;
	struct sam_identity               id = { .suites = { SUITE_AES, SUITE_SM4 }, .suite_count = 2 };
	struct passphrase_cost                 cheap = { 1, 8 }; /* it never leaves this process */
	uint8_t                           file[SAM_FILE_MAX], passphrase[16];
	char                              text[2 * sizeof passphrase + 1];
	struct writer                     w = writer_of(file, sizeof file);

	if (!m)
		return FAIL(TERMINAL_NOT_FOUND, "terminal %u", number);
	memcpy(id.sam_no, t->sam_no, sizeof id.sam_no);
	str_copy(str_of(t->node_id), id.node_id, sizeof id.node_id);
	str_copy(str_of(m->no), id.merchant, sizeof id.merchant);
	id.key_version = t->key_version;
	TRY(keys_terminal_initial(&p->keys, t->sam_no, t->key_version, &tik));
	random_fill(random_system(), passphrase, sizeof passphrase);
	hex_encode(bytes_of(passphrase, sizeof passphrase), text);
	TRY(sam_seal(&id, &tik, str_of(text), cheap, random_system(), &w));
	return sam_unseal(writer_bytes(&w), str_of(text), out);
}
