/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/replay/prepare.h"

#include <stdio.h>

#include "programs/import_file.h"
#include "programs/requests.h"
#include "programs/sam_file.h"

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
		TRY(requests_add_merchant(tx, p, &m));
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
	return requests_add_terminal(tx, p, &t);
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

result replay_sam(const struct sam_source *s, uint32_t number, struct sam **out)
{
	char node[TERMINAL_NODE_ID_LEN + 1];

	replay_node_id(number, node);
	return sam_in_memory(s, node, out);
}
