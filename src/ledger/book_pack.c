/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/book_pack.h"

/* Bits of the mask, in the order in which the members follow it. */
enum member {
	BALANCE,
	HELD,
	FLOOR,
	LAST_LSN,
	COUNTER_LSN,
	KEY1,
	KEY2,
	DAY_FEN,
	WINDOW_FEN,
	DAY,
	WINDOW,
	DAY_COUNT,
	WINDOW_COUNT,
	PARK,
	CHART,
	FLAGS,
	MEMBERS
};

enum { MASK_SIZE = 2, VARINT_BITS = 7, WIDE_MAX = 10, U32_MAX = 5, U16_MAX = 3 };

_Static_assert(MEMBERS == 8 * MASK_SIZE, "each member has its bit");
_Static_assert(MASK_SIZE + 9 * WIDE_MAX + 5 * U32_MAX + 2 * U16_MAX <= BOOK_PACKED_MAX,
               "the longest account fits");

/* Last row that counted: the newest of the account, or none when the account before has none. */
static uint64_t expected_counter_lsn(const struct book_account *previous, uint64_t last_lsn)
{
	return previous->counter_lsn ? last_lsn : 0;
}

/* ---- packing ---- */

struct packing {
	uint8_t *at;
	unsigned mask;
};

static void put(struct packing *p, enum member member, uint64_t value, uint64_t expected)
{
	uint64_t difference = value - expected;
	uint64_t zigzag = difference << 1 ^ (0 - (difference >> 63));

	if (difference == 0)
		return;
	p->mask |= 1U << member;
	for (; zigzag >> VARINT_BITS; zigzag >>= VARINT_BITS)
		*p->at++ = (uint8_t)(zigzag | 1U << VARINT_BITS);
	*p->at++ = (uint8_t)zigzag;
}

static uint8_t *pack_one(const struct book_account *a, const struct book_account *previous,
                         uint8_t *out)
{
	struct packing p = { out + MASK_SIZE, 0 };

	put(&p, BALANCE, (uint64_t)a->balance_fen, (uint64_t)previous->balance_fen);
	put(&p, HELD, (uint64_t)a->held_fen, (uint64_t)previous->held_fen);
	put(&p, FLOOR, (uint64_t)a->floor_fen, (uint64_t)previous->floor_fen);
	put(&p, LAST_LSN, a->last_lsn, previous->last_lsn);
	put(&p, COUNTER_LSN, a->counter_lsn, expected_counter_lsn(previous, a->last_lsn));
	put(&p, KEY1, a->key1, previous->key1 + 1);
	put(&p, KEY2, a->key2, previous->key2);
	put(&p, DAY_FEN, (uint64_t)a->day_fen, 0);
	put(&p, WINDOW_FEN, (uint64_t)a->window_fen, (uint64_t)a->day_fen);
	put(&p, DAY, a->day, previous->day);
	put(&p, WINDOW, a->window, previous->window);
	put(&p, DAY_COUNT, a->day_count, 0);
	put(&p, WINDOW_COUNT, a->window_count, a->day_count);
	put(&p, PARK, a->park, previous->park);
	put(&p, CHART, a->chart, previous->chart);
	put(&p, FLAGS, a->flags, previous->flags);
	out[0] = (uint8_t)p.mask;
	out[1] = (uint8_t)(p.mask >> 8);
	return p.at;
}

struct bytes book_pack(const struct book_account *accounts, uint32_t count, uint8_t *out)
{
	static const struct book_account none;
	uint8_t *at = out;

	for (uint32_t i = 0; i < count; i++)
		at = pack_one(&accounts[i], i ? &accounts[i - 1] : &none, at);
	return bytes_of(out, (size_t)(at - out));
}

/* ---- unpacking ---- */

struct unpacking {
	struct book_unpacking *u;
	unsigned mask;
};

static uint64_t read_varint(struct book_unpacking *u)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < WIDE_MAX && u->at < u->end; i++) {
		uint8_t byte = *u->at++;

		value |= (uint64_t)(byte & 0x7f) << (VARINT_BITS * i);
		if (byte >> VARINT_BITS)
			continue;
		/* Longer than it had to be, or more than 64 bits: nobody packed that. */
		if ((byte == 0 && i > 0) || (i + 1 == WIDE_MAX && byte > 1))
			break;
		return value;
	}
	u->bad = true;
	return 0;
}

/* At most `max`: what does not fit the member is no account's. */
static uint64_t take(const struct unpacking *p, enum member member, uint64_t expected, uint64_t max)
{
	uint64_t zigzag, value;

	if ((p->mask >> member & 1) == 0)
		return expected;
	zigzag = read_varint(p->u);
	value = expected + (zigzag >> 1 ^ (0 - (zigzag & 1)));
	if (zigzag == 0 || value > max)
		p->u->bad = true;
	return value;
}

static int64_t take_fen(const struct unpacking *p, enum member member, int64_t expected)
{
	return (int64_t)take(p, member, (uint64_t)expected, UINT64_MAX);
}

static uint32_t take_u32(const struct unpacking *p, enum member member, uint32_t expected)
{
	return (uint32_t)take(p, member, expected, UINT32_MAX);
}

static uint16_t take_u16(const struct unpacking *p, enum member member, uint16_t expected)
{
	return (uint16_t)take(p, member, expected, UINT16_MAX);
}

static void unpack_one(const struct unpacking *p, struct book_account *a)
{
	const struct book_account previous = *a;

	a->balance_fen = take_fen(p, BALANCE, previous.balance_fen);
	a->held_fen = take_fen(p, HELD, previous.held_fen);
	a->floor_fen = take_fen(p, FLOOR, previous.floor_fen);
	a->last_lsn = take(p, LAST_LSN, previous.last_lsn, UINT64_MAX);
	a->counter_lsn =
	        take(p, COUNTER_LSN, expected_counter_lsn(&previous, a->last_lsn), UINT64_MAX);
	a->key1 = take(p, KEY1, previous.key1 + 1, UINT64_MAX);
	a->key2 = take(p, KEY2, previous.key2, UINT64_MAX);
	a->day_fen = take_fen(p, DAY_FEN, 0);
	a->window_fen = take_fen(p, WINDOW_FEN, a->day_fen);
	a->day = take_u32(p, DAY, previous.day);
	a->window = take_u32(p, WINDOW, previous.window);
	a->day_count = take_u32(p, DAY_COUNT, 0);
	a->window_count = take_u32(p, WINDOW_COUNT, a->day_count);
	a->park = take_u32(p, PARK, previous.park);
	a->chart = take_u16(p, CHART, previous.chart);
	a->flags = take_u16(p, FLAGS, previous.flags);
}

bool book_unpack(struct book_unpacking *u, struct book_account *out)
{
	struct unpacking p = { u, 0 };

	if (u->at == u->end || u->bad)
		return false;
	if (u->end - u->at < MASK_SIZE) {
		u->bad = true;
		return false;
	}
	p.mask = u->at[0] | (unsigned)u->at[1] << 8;
	u->at += MASK_SIZE;
	unpack_one(&p, &u->previous);
	*out = u->previous;
	return !u->bad;
}
