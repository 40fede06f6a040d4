/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include <errno.h>
#include <sys/random.h>

static void system_fill(struct random_source *r, void *out, size_t len)
{
	uint8_t *at = out;

	(void)r;
	while (len) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		ASSERT(got > 0);
		at += got;
		len -= (size_t)got;
	}
}

struct random_source *random_system(void)
{
	static struct random_source source = { system_fill };

	return &source;
}

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static uint64_t rotate_left(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

uint64_t random_next(struct random_seeded *r)
{
	uint64_t *s = r->s, out = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return out;
}

/* Little-endian bytes of successive numbers, so that a seed gives the same bytes on every machine. */
static void seeded_fill(struct random_source *source, void *out, size_t len)
{
	struct random_seeded *r = (struct random_seeded *)source; /* `source` is its first member */
	uint8_t              *at = out;
	uint64_t              v = 0;

	for (size_t i = 0; i < len; i++) {
		v = i % 8 ? v >> 8 : random_next(r);
		at[i] = (uint8_t)v;
	}
}

void random_seeded_init(struct random_seeded *r, uint64_t seed)
{
	r->source.fill = seeded_fill;
	for (size_t i = 0; i < ARRAY_LEN(r->s); i++)
		r->s[i] = splitmix64(&seed);
}

uint64_t random_below(struct random_seeded *r, uint64_t bound)
{
	uint64_t refuse, v;

	ASSERT(bound > 0);
	refuse = (0 - bound) % bound; /* numbers below it would favour the small remainders */
	do {
		v = random_next(r);
	} while (v < refuse);
	return v % bound;
}

bool random_chance(struct random_seeded *r, uint32_t percent_x100)
{
	return random_below(r, 10000) < percent_x100;
}
