/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/prepare.h"

#include <stdio.h>

#include "crypto/suite.h"
#include "programs/import_file.h"
#include "programs/requests.h"

enum {
	CLASS_STUDENT = 1,
	SOURCE_IMPORT = 2,
	FUND_NUMBER = 1 << 30,         /* beyond every card index, which number the openings */
	SUBSIDY_FUND_FEN = 1000000000, /* what the funding unit pays in at the opening */
};

struct preparation {
	struct platform *platform;
	const struct replay_data *data;
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
	char node[TERMINAL_NODE_ID_LEN + 1];
	const struct terminal *t;

	replay_node_id(number, node);
	t = terminal_cache_find_node(&p->terminals, str_of(node));
	return t ? t->id : 0;
}

/* --- places and terminals --- */

static result require_merchant(struct ledger_tx *tx, struct platform *p, size_t place,
                               struct str name, int64_t *id)
{
	struct merchant m = { .park = REPLAY_PARK };
	bool found;

	snprintf(m.no, sizeof m.no, "2001%011u", (unsigned)place + 1);
	TRY(merchant_find_by_no(tx->db, str_of(m.no), &m, &found));
	if (!found) {
		str_copy(name, m.name, sizeof m.name);
		TRY(merchant_add(tx->db, tx->now, &m));
		TRY(merchant_cache_refresh(&p->merchants, tx->db, m.id));
	}
	*id = m.id;
	return OK;
}

static result require_terminal(struct ledger_tx *tx, struct platform *p,
                               const struct replay_terminal *r, int64_t merchant, struct str place)
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
	struct preparation *w = arg;
	const struct replay_data *d = w->data;
	int64_t merchants[REPLAY_PLACES_MAX];

	for (size_t i = 0; i < d->place_count; i++)
		TRY(require_merchant(tx, w->platform, i, d->places[i], &merchants[i]));
	for (size_t i = 0; i < d->terminal_count; i++) {
		const struct replay_terminal *t = &d->terminals[i];

		TRY(require_terminal(tx, w->platform, t, merchants[t->place], d->places[t->place]));
	}
	return OK;
}

/* The funding unit pays in advance what tills will hand out. */
static result prepare_fund(struct ledger_tx *tx, void *arg)
{
	struct book_key bank_key = { CHART_BANK, REPLAY_PARK, 0, 0 },
	                fund_key = { CHART_SUBSIDY_ADVANCE, REPLAY_PARK, 0, 0 };
	struct book_event e = {
		.source = SOURCE_IMPORT,
		.number = FUND_NUMBER,
		.kind = KIND_OPENING,
		.event_time = tx->now,
		.leg_count = 1,
	};
	struct book_outcome outcome;
	uint32_t bank, fund;

	(void)arg;
	TRY(ledger_account_require(tx, &bank_key, BOOK_NO_FLOOR, &bank));
	TRY(ledger_account_require(tx, &fund_key, 0, &fund));
	e.legs[0] = (struct book_leg){ bank, fund, SUBSIDY_FUND_FEN };
	TRY(ledger_post(tx, &e, &outcome));
	return outcome.code == SUCCESS ? OK : FAIL(outcome.code, "funding of subsidies");
}

/* One file gives both the people and their balances. */
static result import(struct platform *p, enum import_kind kind, const char *path)
{
	SCOPED(arena_free) struct arena arena = { 0 };
	struct import_order order = {
		.kind = kind,
		.path = path,
		.people = { .park = REPLAY_PARK, .class = CLASS_STUDENT },
		.report = { .arena = &arena },
	};

	return import_file(p, &order);
}

result replay_prepare(struct platform *p, const struct replay_data *d, const char *openings)
{
	struct preparation w = { p, d };

	TRY(requests_run(p, true, prepare_places, &w));
	TRY(import(p, IMPORT_PEOPLE, openings));
	TRY(requests_run(p, false, prepare_fund, &w));
	return import(p, IMPORT_OPENINGS, openings);
}

result replay_sam(const struct platform *p, uint32_t number, struct sam **out)
{
	SCOPED(secret_wipe) struct secret tik = { 0 };
	const struct terminal *t =
	        terminal_cache_find(&p->terminals, replay_terminal_id(p, number));
	const struct merchant *m = t ? merchant_cache_find(&p->merchants, t->merchant_id) : NULL;
	struct sam_identity id = { .suites = { SUITE_AES, SUITE_SM4 }, .suite_count = 2 };
	struct passphrase_cost cheap = { 1, 8 }; /* it never leaves this process */
	uint8_t file[SAM_FILE_MAX], passphrase[16];
	char text[2 * sizeof passphrase + 1];
	struct writer w = writer_of(file, sizeof file);

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
