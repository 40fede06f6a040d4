/* SPDX-License-Identifier: Apache-2.0 */
/* Packed accounts come back as they were, take little room, and no other bytes unpack to them. */
#include "ledger/book_pack.h"

#include <string.h>

#include "base/rand.h"
#include "harness/test.h"
#include "ledger/book_page.h"

static struct book_account accounts[BOOK_PAGE_ACCOUNTS];
static uint8_t packed[BOOK_PAGE_ACCOUNTS * BOOK_PACKED_MAX];

/* false: the bytes are not of accounts. */
static bool unpack(struct bytes bytes, struct book_account *out, uint32_t *count)
{
	struct book_unpacking u = book_unpacking_of(bytes);
	struct book_account a;

	for (*count = 0; book_unpack(&u, &a); ++*count)
		if (*count < BOOK_PAGE_ACCOUNTS)
			out[*count] = a;
	return !u.bad;
}

static bool is_same(struct bytes bytes, uint32_t count)
{
	static struct book_account got[BOOK_PAGE_ACCOUNTS];
	uint32_t n;

	return unpack(bytes, got, &n) && n == count &&
	       memcmp(got, accounts, count * sizeof got[0]) == 0;
}

/* A campus in the afternoon: most have eaten today, some were just topped up. */
static void make_purses(struct random_seeded *r, uint32_t count)
{
	memset(accounts, 0, sizeof accounts);
	for (uint32_t i = 0; i < count; i++) {
		struct book_account *a = &accounts[i];
		bool has_eaten = random_below(r, 10) != 0;

		a->balance_fen = (int64_t)random_below(r, 50000);
		a->last_lsn = 900000000 + random_below(r, 4000000);
		a->counter_lsn = random_below(r, 10) ? a->last_lsn : a->last_lsn - 100000;
		a->key1 = 700000 + i;
		a->day = has_eaten ? 20261122 : 20261119;
		a->day_fen = (int64_t)random_below(r, 4000);
		a->day_count = 1 + (uint32_t)random_below(r, 3);
		a->window = a->day * 100 + 2;
		a->window_fen = a->day_count == 1 ? a->day_fen : a->day_fen / 2;
		a->window_count = 1;
		a->park = 1;
		a->chart = CHART_MAIN_PURSE;
	}
}

static uint64_t any_value(struct random_seeded *r)
{
	static const uint64_t edges[] = {
		0,   1,  UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT32_MAX, (uint64_t)1 << 32,
		127, 128
	};

	return random_below(r, 2) ? edges[random_below(r, ARRAY_LEN(edges))]
	                          : random_next(r) >> random_below(r, 64);
}

static void make_any(struct random_seeded *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		accounts[i] = (struct book_account){
			.balance_fen = (int64_t)any_value(r),
			.held_fen = (int64_t)any_value(r),
			.floor_fen = (int64_t)any_value(r),
			.last_lsn = any_value(r),
			.counter_lsn = any_value(r),
			.key1 = any_value(r),
			.key2 = any_value(r),
			.day_fen = (int64_t)any_value(r),
			.window_fen = (int64_t)any_value(r),
			.day = (uint32_t)any_value(r),
			.window = (uint32_t)any_value(r),
			.day_count = (uint32_t)any_value(r),
			.window_count = (uint32_t)any_value(r),
			.park = (uint32_t)any_value(r),
			.chart = (uint16_t)any_value(r),
			.flags = (uint16_t)any_value(r),
		};
}

TEST(accounts_come_back_as_they_were_packed)
{
	struct random_seeded r;

	random_seeded_init(&r, 11);
	for (int round = 0; round < 200; round++) {
		uint32_t count = (uint32_t)random_below(&r, BOOK_PAGE_ACCOUNTS + 1);

		make_any(&r, count);
		CHECK(is_same(book_pack(accounts, count, packed), count));
		make_purses(&r, count);
		CHECK(is_same(book_pack(accounts, count, packed), count));
	}
}

/* SQLite keeps a value of up to 4,061 bytes less its columns inside one page of 4,096. */
TEST(a_page_of_purses_fits_into_one_page_of_the_store)
{
	struct random_seeded r;

	random_seeded_init(&r, 12);
	make_purses(&r, BOOK_PAGE_ACCOUNTS);
	CHECK(book_pack(accounts, BOOK_PAGE_ACCOUNTS, packed).len < 4000);
}

TEST(no_other_bytes_unpack_to_the_same_accounts)
{
	struct random_seeded r;
	struct bytes bytes;
	uint32_t count = 40;

	random_seeded_init(&r, 13);
	make_purses(&r, count);
	bytes = book_pack(accounts, count, packed);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		packed[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(!is_same(bytes, count));
		packed[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++)
		CHECK(!is_same(bytes_of(packed, len), count));
	CHECK(is_same(bytes, count));
}

TEST(bytes_that_nobody_packed_are_refused)
{
	static const struct {
		const char *name;
		uint8_t bytes[14];
		size_t len;
	} rows[] = {
		{ "half a mask", { 1 }, 1 },
		{ "a member is missing", { 1, 0 }, 2 },
		{ "a number without end", { 1, 0, 0x80, 0x80 }, 4 },
		{ "a difference of nothing", { 1, 0, 0 }, 3 },
		{ "a longer form than needed", { 1, 0, 0x82, 0 }, 4 },
		{ "more than 64 bits",
		  { 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 },
		  12 },
		{ "a flag beyond 16 bits", { 0, 0x80, 0x80, 0x80, 0x08 }, 5 },
		{ "a negative day", { 0, 2, 1 }, 3 },
	}, *row;
	struct book_account out[BOOK_PAGE_ACCOUNTS];
	uint32_t count;

	EACH (row, rows)
		CHECK_I64(row->name, unpack(bytes_of(row->bytes, row->len), out, &count), false);
	CHECK_I64("nothing at all", unpack(bytes_of(packed, 0), out, &count), true);
	CHECK_I64("nothing at all", count, 0);
}
