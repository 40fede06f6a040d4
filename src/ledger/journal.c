/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/journal.h"

#include "crypto/digest.h"

#include <stdatomic.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are stored as they lie in memory");
_Static_assert(sizeof(struct journal_row) == JOURNAL_ROW_SIZE, "no padding in a row");
_Static_assert(offsetof(struct journal_row, source) == 104, "layout of a row");
_Static_assert(offsetof(struct journal_row, business) == 144, "layout of a row");
_Static_assert(offsetof(struct journal_row, kind) == 184, "layout of a row");
_Static_assert(offsetof(struct journal_row, crc) == JOURNAL_ROW_SIZE - 4, "the CRC comes last");
_Static_assert(sizeof(struct journal_business) == JOURNAL_BUSINESS_SIZE, "business record");
_Static_assert(sizeof(struct journal_account) == JOURNAL_BUSINESS_SIZE, "account record");

static uint32_t crc_of(const struct journal_row *row)
{
	return crc32c(bytes_of(row, offsetof(struct journal_row, crc)));
}

void journal_row_seal(struct journal_row *row)
{
	row->crc = crc_of(row);
}

bool journal_row_is_intact(const struct journal_row *row)
{
	return row->crc == crc_of(row);
}

static void put_u64(uint8_t **at, uint64_t v)
{
	memcpy(*at, &v, sizeof v);
	*at += sizeof v;
}

void journal_batch_hash(const struct journal_batch *b, uint8_t out[JOURNAL_HASH_SIZE])
{
	uint8_t record[JOURNAL_HASH_SIZE + 5 * sizeof(uint64_t) + JOURNAL_HASH_SIZE];
	uint8_t *at = record;

	memcpy(at, b->previous, JOURNAL_HASH_SIZE);
	at += JOURNAL_HASH_SIZE;
	put_u64(&at, b->no);
	put_u64(&at, b->first_lsn);
	put_u64(&at, b->last_lsn);
	put_u64(&at, (uint64_t)b->posted_at_us);
	put_u64(&at, b->epoch);
	digest_sha256(bytes_of(b->rows, journal_batch_rows(b) * JOURNAL_ROW_SIZE), at);
	digest_sha256(bytes_of(record, sizeof record), out);
}

result journal_batch_rows_of(struct journal_batch *b, struct bytes stored)
{
	if (b->first_lsn == 0 || b->last_lsn < b->first_lsn || stored.len % JOURNAL_ROW_SIZE != 0 ||
	    stored.len / JOURNAL_ROW_SIZE != journal_batch_rows(b))
		return FAIL(LEDGER_CORRUPT, "batch %llu holds %zu bytes for rows %llu to %llu",
		            (unsigned long long)b->no, stored.len, (unsigned long long)b->first_lsn,
		            (unsigned long long)b->last_lsn);
	b->rows = (const struct journal_row *)(const void *)stored.at;
	return OK;
}

static uint32_t fnv1a(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619U;
	return hash;
}

uint32_t journal_code(enum result_code code)
{
	static _Atomic uint32_t
	        numbers[RESULT_CODE_COUNT]; /* worked out at first use; same for every thread */
	uint32_t number;

	if (code == SUCCESS)
		return 0;
	number = atomic_load_explicit(&numbers[code], memory_order_relaxed);
	if (number == 0) {
		number = fnv1a(result_name((result){ code }));
		atomic_store_explicit(&numbers[code], number, memory_order_relaxed);
	}
	return number;
}

enum result_code journal_code_find(uint32_t number)
{
	for (unsigned code = 0; code < RESULT_CODE_COUNT; code++)
		if (journal_code((enum result_code)code) == number)
			return (enum result_code)code;
	return RESULT_CODE_COUNT;
}
