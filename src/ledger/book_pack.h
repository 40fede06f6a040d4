/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book_pack.h — accounts as a page stores them: only what their neighbour does not already tell.
 *
 * Each account is a mask of 16 bits (low byte first), one for each member, and for each set bit the
 * difference to what was to be expected, zigzag, seven bits a byte, lowest first. Expected is the
 * value of the account before (key1: one more), or of another member of the same account. A purse
 * takes some 12 to 18 bytes instead of 96, so a page of accounts fits into one page of the store.
 * Accounts have one packed form only: no other bytes unpack to them.
 */
#pragma once

#include "ledger/book.h"

enum { BOOK_PACKED_MAX = 128 }; /* bytes of one account, at most */

/* `count` accounts to `out`, which has room for count × BOOK_PACKED_MAX. */
struct bytes book_pack(const struct book_account *accounts, uint32_t count, uint8_t *out);

struct book_unpacking {
	const uint8_t *at, *end;
	struct book_account previous;
	bool bad; /* the bytes are not of packed accounts */
};

static inline struct book_unpacking book_unpacking_of(struct bytes packed)
{
	return (struct book_unpacking){ packed.at, packed.at + packed.len, { 0 }, false };
}

/* The next account; false at the end, and when the bytes are damaged (then u->bad). */
bool book_unpack(struct book_unpacking *u, struct book_account *out);
