/* SPDX-License-Identifier: Apache-2.0 */
/* platform.h — the inside of a site in one process: store, caches, payments, writer;
 * put together in one place. */
#pragma once

#include "domain/cards/card.h"
#include "domain/merchants/merchant.h"
#include "domain/payments/payments.h"
#include "domain/terminals/terminal.h"
#include "ledger/writer.h"
#include "programs/site.h"

struct platform {
	const struct clock *clock; /* borrowed */
	char owner[64];            /* of the store's lease: this process */
	uint8_t root_version;      /* of the terminal root that new terminals get */
	struct ledger_store *store;
	struct card_cache *cards;
	struct terminal_cache terminals;
	struct merchant_cache merchants;
	struct payments payments;
	struct ledger_writer *writer; /* open, its thread not started */
};

/* Open everything as the owner of the site's book. The platform must not move afterwards. What the
 * parts say. */
result platform_open(const struct site *site, const struct clock *clock, struct platform *out);
/* In the opposite order; a stopped writer has written back. Zero-initialised is fine. */
void platform_close(struct platform *p);
