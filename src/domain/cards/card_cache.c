/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All current cards in memory: open addressing on the printed number, at most half full. An entry
 * is 64 bytes, one cache line, so a purchase touches one line here. What a request changes is
 * remembered until it is kept or undone.
 */
#include <stdlib.h>

#include "domain/cards/card_row.h"
#include "domain/domain_sql.h"

_Static_assert(sizeof(struct card_entry) == 64, "one cache line");

enum {
	SLOTS_MIN = 1024,
	SLOTS_MAX = 1 << 27,
	LINE = 64,
	DIGITS_GONE =
	        255, /* a slot whose card was removed: free to use, but not the end of a chain */
};

struct change {
	struct card_entry before; /* digits 0: the number was not there */
	uint64_t number;
	uint8_t digits;
};

struct card_cache {
	struct card_entry *slots;
	size_t size, count, gone;
	struct change *changes;
	size_t change_count, change_size;
};

/* --- the table --- */

static uint64_t hash_of(uint64_t number, uint8_t digits)
{
	uint64_t h = number ^ (uint64_t)digits << 56;

	h ^= h >> 33;
	h *= 0xFF51AFD7ED558CCDu;
	h ^= h >> 33;
	h *= 0xC4CEB9FE1A85EC53u;
	return h ^ h >> 33;
}

static bool number_of(struct str no, uint64_t *number, uint8_t *digits)
{
	uint64_t n = 0;

	if (no.len == 0 || no.len > CARD_NO_MAX)
		return false;
	for (size_t i = 0; i < no.len; i++) {
		if (no.at[i] < '0' || no.at[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(no.at[i] - '0');
	}
	*number = n;
	*digits = (uint8_t)no.len;
	return true;
}

static struct card_entry *slot_of(const struct card_cache *c, uint64_t number, uint8_t digits)
{
	size_t mask = c->size - 1, at = hash_of(number, digits) & mask;

	while (c->slots[at].digits) {
		if (c->slots[at].number == number && c->slots[at].digits == digits)
			return &c->slots[at];
		at = (at + 1) & mask;
	}
	return NULL;
}

static struct card_entry *free_slot(struct card_cache *c, uint64_t number, uint8_t digits)
{
	size_t mask = c->size - 1, at = hash_of(number, digits) & mask;

	while (c->slots[at].digits && c->slots[at].digits != DIGITS_GONE)
		at = (at + 1) & mask;
	c->gone -= c->slots[at].digits == DIGITS_GONE;
	return &c->slots[at];
}

static result make_table(struct card_cache *c, size_t entries)
{
	size_t size = SLOTS_MIN;

	while (size < entries * 2 && size < SLOTS_MAX)
		size *= 2;
	if (entries * 2 > size)
		return FAIL(OUT_OF_MEMORY, "%zu cards", entries);
	c->slots = aligned_alloc(LINE, size * sizeof *c->slots);
	if (!c->slots)
		return FAIL(OUT_OF_MEMORY, "%zu cards", entries);
	memset(c->slots, 0, size * sizeof *c->slots);
	c->size = size;
	c->count = c->gone = 0;
	return OK;
}

static result grow(struct card_cache *c)
{
	struct card_cache old = *c;

	TRY(make_table(c, old.count * 2 + 1));
	for (size_t i = 0; i < old.size; i++) {
		const struct card_entry *e = &old.slots[i];
		if (e->digits && e->digits != DIGITS_GONE) {
			*free_slot(c, e->number, e->digits) = *e;
			c->count++;
		}
	}
	free(old.slots);
	return OK;
}

/* The entry of that number set to `e`, or taken away when e is NULL. */
static result set(struct card_cache *c, uint64_t number, uint8_t digits, const struct card_entry *e)
{
	struct card_entry *slot = slot_of(c, number, digits);

	if (!e) {
		if (slot) {
			*slot = (struct card_entry){ .digits = DIGITS_GONE };
			c->count--;
			c->gone++;
		}
		return OK;
	}
	if (!slot) {
		if ((c->count + c->gone + 1) * 2 > c->size)
			TRY(grow(c));
		slot = free_slot(c, number, digits);
		c->count++;
	}
	*slot = *e;
	return OK;
}

/* --- requests --- */

static result remember(struct card_cache *c, uint64_t number, uint8_t digits)
{
	if (c->change_count == c->change_size) {
		size_t size = c->change_size ? c->change_size * 2 : 16;
		struct change *more = reallocarray(c->changes, size, sizeof *more);
		if (!more)
			return FAIL(OUT_OF_MEMORY, "%zu changes", size);
		c->changes = more;
		c->change_size = size;
	}
	const struct card_entry *now = slot_of(c, number, digits);
	struct change *ch = &c->changes[c->change_count++];
	*ch = (struct change){ .number = number, .digits = digits };
	if (now)
		ch->before = *now;
	return OK;
}

static struct card_entry entry_of(const struct card *card, uint64_t number, uint8_t digits)
{
	return (struct card_entry){
		.number = number,
		.id = card->id,
		.person_id = card->person_id,
		.main = card->purses.main,
		.subsidy = card->purses.subsidy,
		.index = card->index,
		.expires = card->expires.yyyymmdd,
		.park = card->park,
		.digits = digits,
		.state = (uint8_t)card->state,
		.class = card->class,
		.sequence = card->sequence,
	};
}

result card_cache_put(struct card_cache *c, const struct card *card)
{
	uint64_t number;
	uint8_t digits;

	ASSERT(number_of(str_of(card->no), &number, &digits));
	struct card_entry e = entry_of(card, number, digits);
	TRY(remember(c, number, digits));
	return set(c, number, digits, &e);
}

result card_cache_remove(struct card_cache *c, struct str no)
{
	uint64_t number;
	uint8_t digits;

	if (!number_of(no, &number, &digits))
		return OK;
	TRY(remember(c, number, digits));
	return set(c, number, digits, NULL);
}

void card_cache_keep(struct card_cache *c)
{
	c->change_count = 0;
}

void card_cache_undo(struct card_cache *c)
{
	while (c->change_count > 0) {
		const struct change *ch = &c->changes[--c->change_count];
		/* It was there before, so there is room for it: only a new number can make the
		 * table grow. */
		ASSERT(is_ok(
		        set(c, ch->number, ch->digits, ch->before.digits ? &ch->before : NULL)));
	}
}

result card_cache_refresh(struct card_cache *c, struct db_tx *tx, struct str no)
{
	struct card card;
	uint64_t number;
	uint8_t digits;
	bool found;

	if (!number_of(no, &number, &digits))
		return OK;
	TRY(card_find_by(tx, &sql_card_by_no, DB_ARGS(db_arg_str(no)), &card, &found));
	if (!found)
		return set(c, number, digits, NULL);
	struct card_entry e = entry_of(&card, number, digits);
	return set(c, number, digits, &e);
}

/* --- all of it --- */

static result load_some(struct card_cache *c, struct db_tx *tx, int64_t *after)
{
	SCOPED(db_rows_close) struct db_rows rows = { 0 };
	struct card card = { 0 };
	uint64_t number;
	uint8_t digits;

	TRY(db_select(tx, &sql_card_current, DB_ARGS(db_arg_i64(*after)), &rows));
	while (db_next(&rows)) {
		card_read(&rows, &card);
		TRY(db_done(&rows));
		if (!number_of(str_of(card.no), &number, &digits))
			return FAIL(DB_COLUMN, "card %lld has no number", (long long)card.id);
		struct card_entry e = entry_of(&card, number, digits);
		TRY(set(c, number, digits, &e));
	}
	*after = card.id;
	return db_done(&rows);
}

result card_cache_load(struct db_tx *tx, size_t room, struct card_cache **out)
{
	struct card_cache *c = calloc(1, sizeof *c);
	int64_t after = 0;
	uint32_t high = 0;

	*out = NULL;
	if (!c)
		return FAIL(OUT_OF_MEMORY, "cards");
	result r = card_index_high(tx, &high);
	if (is_ok(r))
		r = make_table(c, high + room);
	do {
		if (is_ok(r))
			r = load_some(c, tx, &after);
	} while (is_ok(r) && after > 0);
	if (!is_ok(r)) {
		card_cache_free(c);
		return r;
	}
	*out = c;
	return OK;
}

void card_cache_free(struct card_cache *c)
{
	if (!c)
		return;
	free(c->slots);
	free(c->changes);
	free(c);
}

const struct card_entry *card_cache_find(const struct card_cache *c, struct str no)
{
	uint64_t number;
	uint8_t digits;

	return number_of(no, &number, &digits) ? slot_of(c, number, digits) : NULL;
}

size_t card_cache_count(const struct card_cache *c)
{
	return c->count;
}
