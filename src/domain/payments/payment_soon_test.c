/* SPDX-License-Identifier: Apache-2.0 */
/* What is fetched ahead of a request moves nothing, whatever the request names. */
#include "domain/payments/payments.h"

#include <stdio.h>

#include "domain/payments/payments_fixture.h"
#include "harness/test.h"

struct foretold {
	const struct payments *payments;
	struct payment_request request;
};

static result foretell(struct ledger_tx *tx, void *arg)
{
	struct foretold *f = arg;

	payment_soon(tx, f->payments, &f->request);
	return OK;
}

TEST(to_foretell_a_request_moves_nothing_whatever_it_names)
{
	static const struct {
		uint32_t source;
		const char *card;
	} rows[] = {
		{ FIXTURE_TILL, "180001" },
		{ FIXTURE_TILL, "999999" },
		{ 0, "180001" },
		{ TERMINAL_ID_FIRST - 1, "" },
		{ UINT32_MAX, "no number" },
	}, *row;
	SCOPED(payments_fixture_close) struct payments_fixture s;
	char dir[512];

	snprintf(dir, sizeof dir, "%s/soon", test_dir());
	REQUIRE_OK(payments_fixture_make_in(&s, dir));
	uint64_t before = payments_fixture_rows(&s);

	EACH (row, rows) {
		struct foretold f = { .payments = &s.payments, .request.source = row->source };

		snprintf(f.request.card_no, sizeof f.request.card_no, "%s", row->card);
		CHECK_OK(ledger_call(s.writer, false, foretell, &f));
	}
	CHECK_I64("rows", payments_fixture_rows(&s), before);
	CHECK_I64("purse", payments_fixture_purse(&s, "180001"), FIXTURE_OPENING);
}
