/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/demo/register.h"

#include <stdio.h>

#include "programs/requests.h"

enum { PEOPLE_A_REQUEST = 250, CLASS_STUDENT = 1, CLASS_STAFF = 2, PARK = 1 };

void demo_node_id(unsigned terminal, char out[TERMINAL_NODE_ID_LEN + 1])
{
	snprintf(out, TERMINAL_NODE_ID_LEN + 1, "10%02u%04u", terminal < DEMO_TERMINALS ? 1u : 2u,
	         terminal + 1);
}

uint32_t demo_terminal_id(unsigned terminal)
{
	return TERMINAL_ID_FIRST + terminal;
}

static result add_terminal(struct ledger_tx *tx, struct platform *p, unsigned number,
                           int64_t merchant, const char *place)
{
	struct terminal t = {
		.id = demo_terminal_id(number),
		.key_version = 1,
		.type = number < DEMO_TERMINALS ? TERMINAL_TILL : TERMINAL_DESK,
		.dialect = TERMINAL_DIALECT_B,
		.sealed = true,
		.suites = TERMINAL_SUITE_AES | TERMINAL_SUITE_SM4,
		.allow = TERMINAL_ALLOW_ALL,
		.merchant_id = merchant,
		.batch = 1,
	};

	demo_node_id(number, t.node_id);
	/* SAM number: 12 digits that end in the terminal's own number. */
	memcpy(t.sam_no, (const uint8_t[]){ 0x10, 0x00, 0x20, 0x00, 0, 0 }, sizeof t.sam_no);
	t.sam_no[4] = (uint8_t)((number + 1) / 1000 % 10 << 4 | (number + 1) / 100 % 10);
	t.sam_no[5] = (uint8_t)((number + 1) / 10 % 10 << 4 | (number + 1) % 10);
	str_copy(str_of(place), t.location, sizeof t.location);
	return requests_add_terminal(tx, p, &t);
}

static result add_places(struct ledger_tx *tx, void *arg)
{
	struct demo_registration *d = arg;
	struct merchant office = { .no = "100200000000099", .name = "财务处", .park = PARK };

	for (size_t i = 0; i < DEMO_MERCHANTS; i++) {
		const struct demo_merchant *plan = &d->campus->merchants[i];
		struct merchant m = { .park = PARK };

		snprintf(m.no, sizeof m.no, "10010000000%04zu", i + 1);
		str_copy(str_of(plan->name), m.name, sizeof m.name);
		TRY(requests_add_merchant(tx, d->platform, &m));
		for (unsigned t = plan->first_terminal;
		     t < plan->first_terminal + plan->terminal_count; t++)
			TRY(add_terminal(tx, d->platform, t, m.id, plan->name));
	}
	TRY(requests_add_merchant(tx, d->platform, &office));
	for (unsigned desk = 0; desk < DEMO_DESKS; desk++)
		TRY(add_terminal(tx, d->platform, DEMO_TERMINALS + desk, office.id, office.name));
	return OK;
}

static result add_person(struct ledger_tx *tx, struct platform *p, const struct demo_person *plan,
                         size_t index)
{
	struct person person = { .class = plan->is_staff ? CLASS_STAFF : CLASS_STUDENT,
		                 .park = PARK };
	struct card_order order = { 0 };
	struct card card;
	char no[CARD_NO_MAX + 1];

	snprintf(person.no, sizeof person.no, "%s%05zu", plan->is_staff ? "T" : "S", index + 1);
	str_copy(str_of(plan->name), person.name, sizeof person.name);
	str_copy(str_of(plan->department), person.department, sizeof person.department);
	TRY(person_add(tx->db, tx->now, &person));
	snprintf(no, sizeof no, "%llu", (unsigned long long)plan->card_no);
	order.person_id = person.id;
	order.no = str_of(no);
	return card_issue(tx, p->cards, &order, &card);
}

static result add_people(struct ledger_tx *tx, void *arg)
{
	struct demo_registration *d = arg;
	size_t end = d->next_person + PEOPLE_A_REQUEST;

	for (; d->next_person < end && d->next_person < DEMO_PEOPLE; d->next_person++)
		TRY(add_person(tx, d->platform, &d->campus->people[d->next_person],
		               d->next_person));
	return OK;
}

result demo_register(struct platform *p, const struct demo_campus *campus)
{
	struct demo_registration d = { p, campus, 0 };

	TRY(requests_run(p, true, add_places, &d));
	while (d.next_person < DEMO_PEOPLE)
		TRY(requests_run(p, true, add_people, &d));
	return OK;
}
