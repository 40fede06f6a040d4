/* SPDX-License-Identifier: Apache-2.0 */
/* rand.h — randomness that is passed in: the operating system's, or a seeded generator for tests and simulation. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct random_source {
	void (*fill)(struct random_source *r, void *out, size_t len);
};

struct random_source *random_system(void); /* getrandom(2); any thread; aborts if the system has none */

/* xoshiro256**, seeded by splitmix64: same seed, same numbers, on every machine. Not for secrets. */
struct random_seeded {
	struct random_source source;
	uint64_t             s[4];
};
void     random_seeded_init(struct random_seeded *r, uint64_t seed);
uint64_t random_next(struct random_seeded *r);
uint64_t random_below(struct random_seeded *r, uint64_t bound); /* 0…bound-1, unbiased; bound > 0 */
bool     random_chance(struct random_seeded *r, uint32_t percent_x100); /* of 10 000 */

static inline void random_fill(struct random_source *r, void *out, size_t len)
{
	r->fill(r, out, len);
}
