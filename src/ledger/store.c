/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/store.h"

void ledger_store_close(struct ledger_store *s)
{
	if (s)
		s->ops->close(s);
}

uint32_t store_page_crc(const struct store_page *page)
{
	const uint64_t parts[4] = { page->kind, page->no, page->lsn, crc32c(page->bytes) };

	return crc32c(bytes_of(parts, sizeof parts));
}

void store_day_of(struct db_rows *rows, struct store_day *out)
{
	out->business_date = db_u32(rows, 0);
	out->last_batch = (uint64_t)db_i64(rows, 1);
	out->last_lsn = (uint64_t)db_i64(rows, 2);
	out->turnover_fen = db_i64(rows, 3);
	out->sealed_at_us = db_i64(rows, 4);
	db_fixed(rows, 5, out->hash, JOURNAL_HASH_SIZE);
}
