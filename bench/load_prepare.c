/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "bench/load.h"
#include "programs/requests.h"
#include "programs/sam_file.h"

enum { PARK = 1, CLASS = 1, ROWS_A_REQUEST = 500, MERCHANTS = 40, SOURCE_IMPORT = 2 };

struct work {
	struct platform *platform;
	unsigned next, count;
	int64_t merchants[MERCHANTS];
};

static void node_id(unsigned n, char out[TERMINAL_NODE_ID_LEN + 1])
{
	snprintf(out, TERMINAL_NODE_ID_LEN + 1, "90%06u", n % 1000000);
}

static result add_merchants(struct ledger_tx *tx, void *arg)
{
	struct work *w = arg;

	for (unsigned i = 0; i < MERCHANTS; i++) {
		struct merchant m = { .park = PARK };

		snprintf(m.no, sizeof m.no, "9001%011u", i);
		snprintf(m.name, sizeof m.name, "window %u", i);
		TRY(requests_add_merchant(tx, w->platform, &m));
		w->merchants[i] = m.id;
	}
	return OK;
}

static result add_terminals(struct ledger_tx *tx, void *arg)
{
	struct work *w = arg;
	unsigned end = w->next + ROWS_A_REQUEST;

	for (; w->next < end && w->next < w->count; w->next++) {
		struct terminal t = {
			.key_version = 1,
			.type = TERMINAL_TILL,
			.sealed = true,
			.suites = TERMINAL_SUITE_AES | TERMINAL_SUITE_SM4,
			.allow = TERMINAL_ALLOW_ALL,
			.merchant_id = w->merchants[w->next % MERCHANTS],
			.batch = 1,
		};
		unsigned rest = w->next;

		node_id(w->next, t.node_id);
		t.sam_no[0] = 0x90;
		for (size_t i = TERMINAL_SAM_NO_LEN - 1; i > 0; i--, rest /= 100)
			t.sam_no[i] = (uint8_t)(rest % 100 / 10 << 4 | rest % 10);
		TRY(requests_add_terminal(tx, w->platform, &t));
	}
	return OK;
}

static result add_card(struct ledger_tx *tx, struct work *w, uint32_t bank, unsigned n)
{
	struct person person = { .class = CLASS, .park = PARK };
	struct card_order order = { 0 };
	struct card card;
	struct book_event e = { .source = SOURCE_IMPORT,
		                .number = n + 1,
		                .kind = KIND_OPENING,
		                .leg_count = 1,
		                .event_time = tx->now };
	struct book_outcome done;
	char no[CARD_NO_MAX + 1];

	snprintf(person.no, sizeof person.no, "B%07u", n);
	TRY(person_add(tx->db, tx->now, &person));
	snprintf(no, sizeof no, "%u", LOAD_CARD_FIRST + n);
	order.person_id = person.id;
	order.no = str_of(no);
	TRY(card_issue(tx, w->platform->cards, &order, &card));
	e.legs[0] = (struct book_leg){ bank, (uint32_t)card.purses.main, LOAD_CARD_BALANCE_FEN };
	TRY(ledger_post(tx, &e, &done));
	return done.code == SUCCESS ? OK : FAIL(done.code, "opening of card %s", no);
}

static result add_cards(struct ledger_tx *tx, void *arg)
{
	struct work *w = arg;
	struct book_key key = { CHART_BANK, PARK, 0, 0 };
	unsigned end = w->next + ROWS_A_REQUEST;
	uint32_t bank;

	TRY(ledger_account_require(tx, &key, BOOK_NO_FLOOR, &bank));
	for (; w->next < end && w->next < w->count; w->next++)
		TRY(add_card(tx, w, bank, w->next));
	return OK;
}

result load_prepare(struct platform *p, unsigned nodes, unsigned cards)
{
	struct work w = { .platform = p, .count = nodes };

	TRY(requests_run(p, true, add_merchants, &w));
	while (w.next < w.count)
		TRY(requests_run(p, true, add_terminals, &w));
	w.next = 0;
	w.count = cards;
	while (w.next < w.count)
		TRY(requests_run(p, true, add_cards, &w));
	return requests_catch_up(p);
}

result load_sam(const struct sam_source *source, unsigned n, struct sam **out)
{
	char node[TERMINAL_NODE_ID_LEN + 1];

	node_id(n, node);
	return sam_in_memory(source, node, out);
}
