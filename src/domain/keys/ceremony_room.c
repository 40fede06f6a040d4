/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keys/ceremony_room.h"

#include "crypto/locked.h"

result ceremony_room_open(struct ceremony_room **out)
{
	*out = locked_alloc(sizeof **out);
	return *out ? OK : FAIL(LOCKED_FULL, "no locked memory for a ceremony");
}

void ceremony_room_close(struct ceremony_room *room)
{
	locked_free(room, sizeof *room);
}

void ceremony_room_clear(struct ceremony_room *room)
{
	secret_wipe_bytes(room, sizeof *room);
}

void ceremony_room_enter(struct ceremony_room *room, const struct ceremony *c,
                         struct random_source *random)
{
	if (room->ceremony == c->id)
		return;
	ceremony_room_clear(room);
	room->ceremony = c->id;
	random_fill(random, room->salt, sizeof room->salt);
}

static void expire(struct ceremony_held *h, struct instant now)
{
	if (h->value.len && now.us - h->since.us > CEREMONY_HELD_S * (int64_t)SECOND_US)
		secret_wipe_bytes(h, sizeof *h);
}

void ceremony_room_expire(struct ceremony_room *room, struct instant now)
{
	for (size_t i = 0; i < CEREMONY_OFFICERS; i++) {
		expire(&room->made[i], now);
		expire(&room->presented[i], now);
	}
	for (size_t i = 0; i < CEREMONY_SHARES_MAX; i++) {
		expire(&room->shares_in[i], now);
		expire(&room->shares_out[i], now);
	}
	if (room->shares_in_count && !room->shares_in[room->shares_in_count - 1].value.len)
		room->shares_in_count = 0;
}

unsigned ceremony_room_presented(const struct ceremony_room *room, int64_t ceremony)
{
	unsigned bits = 0;

	for (size_t i = 0; room->ceremony == ceremony && i < CEREMONY_OFFICERS; i++)
		if (room->presented[i].value.len)
			bits |= 1u << i;
	return bits;
}
